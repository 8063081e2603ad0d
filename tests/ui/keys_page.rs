//! The page about keys: its tables are the table in the program, row by row.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the page is a file"
)]

use chainlab::ui::keymap::{Group, TABLE};
use std::fs;
use std::path::Path;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    fs::read_to_string(path).expect("the page is there")
}

/// A heading of the page, without its mark.
fn heading(line: &str) -> Option<&str> {
    line.strip_prefix("## ")
}

/// The rows of tables below a heading: what is in their cells.
fn rows<'a>(page: &'a str, wanted: &str) -> Vec<Vec<&'a str>> {
    page.lines()
        .skip_while(|line| !heading(line).is_some_and(|title| title.eq_ignore_ascii_case(wanted)))
        .skip(1)
        .take_while(|line| heading(line).is_none())
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|row| row.split(" | ").collect())
        .collect()
}

#[test]
fn the_page_has_every_key_with_what_it_does_under_the_headings_of_the_help() {
    let page = page();
    for group in [Group::Act, Group::Look, Group::Time, Group::Program] {
        let written = rows(&page, group.title());
        assert_eq!(written[0], ["keys", "what it does", "name"]);
        let entries = TABLE.iter().filter(|entry| entry.group == group);
        let wanted: Vec<_> = entries
            .map(|entry| {
                let keys: Vec<_> = entry.keys.iter().map(|key| format!("`{key}`")).collect();
                let name = format!("`{}`", entry.id);
                vec![keys.join(" "), entry.does.to_owned(), name]
            })
            .collect();
        assert_eq!(written[1..], wanted, "under {:?}", group.title());
    }
}
