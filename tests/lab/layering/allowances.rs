//! What `clippy.toml` disallows stands in a few files, each of which is there for it.

use super::house::sources;
use super::tables::ALLOWANCES;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The lints of what `clippy.toml` lists.
const LINTS: [&str; 2] = ["clippy::disallowed_methods", "clippy::disallowed_types"];

/// An attribute that allows something, and whether it stands on a module or an item of tests.
fn allowances(source: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let allows = source.match_indices("allow(");
    for (at, _) in allows.chain(source.match_indices("expect(")) {
        let attribute = &source[at..];
        let end = attribute.find(")]").unwrap_or(attribute.len());
        let before = source[..at].trim_end_matches(['#', '!', '[']).trim_end();
        found.push((&attribute[..end], before.ends_with("#[cfg(test)]")));
    }
    let lists = |attribute: &str| LINTS.iter().any(|lint| attribute.contains(lint));
    found.retain(|(attribute, _)| lists(attribute));
    found
}

#[test]
fn what_is_disallowed_stands_in_few_files_each_with_its_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let mut real = BTreeMap::new();
    for path in paths {
        let source = fs::read_to_string(&path).expect("readable");
        let name = path.strip_prefix(&root).expect("below src/");
        let name = name.to_str().expect("ASCII").to_owned();
        if name.ends_with("/tests.rs") || name.contains("/tests/") {
            continue;
        }
        for (attribute, of_tests) in allowances(&source) {
            if !of_tests {
                let reason = attribute.split("reason = ").nth(1).unwrap_or_default();
                let reason = reason.trim_end().trim_end_matches(',').trim_matches('"');
                real.insert(name.clone(), reason.to_owned());
            }
        }
    }
    let named = ALLOWANCES.iter();
    let named = named.map(|(file, reason)| ((*file).to_owned(), (*reason).to_owned()));
    assert_eq!(real, named.collect::<BTreeMap<_, _>>());
}

#[test]
fn no_room_is_allowed_what_a_file_is() {
    let files = ALLOWANCES.iter().map(|(file, _)| *file);
    let rooms: Vec<&str> = files.filter(|file| file.ends_with("/mod.rs")).collect();
    assert_eq!(rooms, Vec::<&str>::new(), "it would hold for all below");
    assert!(ALLOWANCES.len() <= 10, "{} files", ALLOWANCES.len());
}

#[test]
fn allowances_of_tests_are_told_apart() {
    let source = "\
#![allow(
    clippy::disallowed_types,
    reason = \"here files are locked\"
)]
#[allow(clippy::cast_possible_truncation, reason = \"it fits\")]
fn any() {}
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = \"a test\")]
mod tests {}
";
    let found = allowances(source);
    let of_tests: Vec<bool> = found.iter().map(|(_, of_tests)| *of_tests).collect();
    assert_eq!(of_tests, [false, true]);
    assert!(found[0].0.contains("here files are locked"));
}
