//! The floors of the house: a floor may use only floors below it. Every path in src/ that starts
//! at the crate or climbs with `super` is resolved, also inside macros and grouped imports, and
//! an arrow that points up, or across between drivers, fails here.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up. What stands side by side must not know each other.
const FLOORS: [&[&str]; 7] = [
    &["chain"],
    &["node"],
    &["link"],
    &["live", "sim"],
    &["lab"],
    &["ui"],
    &["cli"],
];

/// The roots of the two crates: above everything.
const TOP: [&str; 2] = ["lib", "main"];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// What is wrong with a module of the first name using one of the second.
fn objection(from: &str, to: &str) -> Option<String> {
    if TOP.contains(&from) || from == to {
        return None;
    }
    let (Some(below), Some(above)) = (floor(from), floor(to)) else {
        return Some(format!("{from} or {to} stands on no floor"));
    };
    match above.cmp(&below) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some(format!("{from} and {to} stand side by side")),
        std::cmp::Ordering::Greater => Some(format!("{to} is above {from}")),
    }
}

/// Top-level modules that a source text names, given the module that it is.
fn uses(source: &str, module: &[String]) -> Vec<String> {
    let tokens: TokenStream = source.parse().expect("Rust source");
    let mut found = Vec::new();
    collect(tokens, module, &mut found);
    found
}

fn collect(tokens: TokenStream, module: &[String], found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(name) = inline_module(&tokens[at..]) {
            let inner = [module, &[name]].concat();
            if let TokenTree::Group(body) = &tokens[at + 2] {
                collect(body.stream(), &inner, found);
            }
            at += 3;
        } else if let Some((base, rest)) = path_start(&tokens[at..], module) {
            heads(&tokens[at + rest..], &base, found);
            at += rest;
        } else {
            if let TokenTree::Group(group) = &tokens[at] {
                collect(group.stream(), module, found);
            }
            at += 1;
        }
    }
}

/// The name in `mod name { … }`.
fn inline_module(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [
            TokenTree::Ident(keyword),
            TokenTree::Ident(name),
            TokenTree::Group(body),
            ..,
        ] if keyword == "mod" && body.delimiter() == Delimiter::Brace => Some(name.to_string()),
        _ => None,
    }
}

/// Where `crate::`, `chainlab::` or `super::super::` leads, and how many tokens that takes.
fn path_start(tokens: &[TokenTree], module: &[String]) -> Option<(Vec<String>, usize)> {
    let TokenTree::Ident(first) = tokens.first()? else {
        return None;
    };
    let mut base = match first.to_string().as_str() {
        "crate" | "chainlab" => Vec::new(),
        "super" => module.split_last()?.1.to_vec(),
        _ => return None,
    };
    let mut at = 1;
    while is_separator(&tokens[at..]) {
        at += 2;
        match tokens.get(at) {
            Some(TokenTree::Ident(next)) if next == "super" => {
                base.pop();
                at += 1;
            }
            _ => return Some((base, at)),
        }
    }
    None
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(tokens.first()) && colon(tokens.get(1))
}

/// The top-level module of each path that begins with `base` and goes on with these tokens.
fn heads(tokens: &[TokenTree], base: &[String], found: &mut Vec<String>) {
    if let Some(top) = base.first() {
        found.push(top.clone());
        return;
    }
    match tokens.first() {
        Some(TokenTree::Ident(name)) => found.push(name.to_string()),
        Some(TokenTree::Group(group)) => {
            let mut first_of_item = true;
            for token in group.stream() {
                match &token {
                    TokenTree::Ident(name) if first_of_item => {
                        found.push(name.to_string());
                        first_of_item = false;
                    }
                    TokenTree::Punct(comma) if comma.as_char() == ',' => first_of_item = true,
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("src/ is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// `chain/headers/side.rs` is the module chain::headers::side.
fn module_of(path: &Path) -> Vec<String> {
    let names = path.with_extension("");
    let names = names.components().map(|part| part.as_os_str().to_str());
    let mut names: Vec<String> = names.map(|name| name.expect("ASCII").to_owned()).collect();
    if names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    names
}

/// Items that lib.rs itself offers to all, by name.
fn is_root_item(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase) || name == "self"
}

#[test]
fn no_arrow_points_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let (mut arrows, mut objections) = (0, Vec::new());
    for file in &files {
        let module = module_of(file.strip_prefix(&root).expect("below src/"));
        let source = fs::read_to_string(file).expect("readable");
        for used in uses(&source, &module) {
            if is_root_item(&used) {
                continue;
            }
            arrows += 1;
            if let Some(objection) = objection(&module[0], &used) {
                objections.push(format!("{}: {objection}", file.display()));
            }
        }
    }
    assert!(
        files.len() > 20 && arrows > 50,
        "{} files, {arrows} arrows",
        files.len()
    );
    assert_eq!(objections, Vec::<String>::new());
}

#[test]
fn paths_are_resolved_wherever_they_hide() {
    let module = ["node".to_owned(), "store".to_owned()];
    let named = |source: &str| uses(source, &module);
    assert_eq!(named("use crate::live::disk;"), ["live"]);
    assert_eq!(
        named("use crate::{chain::Tx, lab::{a, b}, ui};"),
        ["chain", "lab", "ui"]
    );
    assert_eq!(named("fn f() { vec![crate::ui::x()] }"), ["ui"]);
    assert_eq!(
        named("use super::io::A; use super::super::sim::B;"),
        ["node", "sim"]
    );
    assert_eq!(
        named("mod tests { use super::super::super::lab::C; }"),
        ["lab"]
    );
    assert_eq!(named("use chainlab::cli;"), ["cli"]);
    assert_eq!(
        named("// crate::ui\n/// crate::ui\nlet s = \"crate::ui\";"),
        Vec::<String>::new()
    );
}

#[test]
fn the_floors_object_to_arrows_that_point_up_or_across() {
    assert_eq!(objection("node", "chain"), None);
    assert_eq!(objection("lab", "chain"), None);
    assert_eq!(objection("main", "ui"), None);
    assert_eq!(
        objection("chain", "node"),
        Some("node is above chain".to_owned())
    );
    assert_eq!(
        objection("node", "link"),
        Some("link is above node".to_owned())
    );
    let across = Some("live and sim stand side by side".to_owned());
    assert_eq!(objection("live", "sim"), across);
    assert!(objection("chain", "surprise").is_some());
}
