//! The page about security: every test that it names is there.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the page is a file"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names of all functions in the files below a directory.
fn functions(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("text");
            let names = text.split("fn ").skip(1);
            let name = |rest: &str| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                rest[..end.unwrap_or(rest.len())].to_owned()
            };
            found.extend(names.map(name));
        }
    }
}

#[test]
fn every_test_that_the_page_about_security_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut there = BTreeSet::new();
    for dir in ["src", "tests"] {
        functions(&root.join(dir), &mut there);
    }
    let page = fs::read_to_string(root.join("SECURITY.md")).expect("the page");
    let is_test = |word: &&str| {
        word.contains('_')
            && word
                .chars()
                .all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 100, "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !there.contains(**name))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
