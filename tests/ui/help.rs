//! The help: what is done here comes first, all on a page where there is room.

use crate::common::desk::{Desk, three_nodes};
use chainlab::ui::keymap::{Group, TABLE, ViewId, is_of_views};

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 36), (200, 60)];

/// The keys that lead to each view.
const VIEWS: [(ViewId, &str); 6] = [
    (ViewId::Lab, "1"),
    (ViewId::Network, "v"),
    (ViewId::Blocks, "v v"),
    (ViewId::Messages, "v v v"),
    (ViewId::Log, "V"),
    (ViewId::Zoom, "z"),
];

/// The help of a view, a page after the other.
fn pages(keys: &str, size: (u16, u16)) -> Vec<String> {
    let mut desk = Desk::at(three_nodes(), size);
    desk.press(keys).press("?");
    let mut pages = vec![desk.words()];
    for _ in 0..20 {
        desk.press("PgDn");
        let page = desk.words();
        if pages.last() == Some(&page) {
            break;
        }
        pages.push(page);
    }
    pages
}

#[test]
fn the_keys_of_the_view_come_first_and_the_others_have_a_line_each() {
    for (context, keys) in VIEWS {
        for size in SIZES {
            let all = pages(keys, size).join(" ");
            let title = format!("in this view: {}", context.name());
            assert!(all.starts_with(&title), "{all}");
            for other in ViewId::ALL.iter().filter(|other| **other != context) {
                let first = other.keys().iter().find(|key| !key.short.is_empty());
                let short = first.expect("each has one").short;
                let line = all.split_once("other views").expect("a heading").1;
                let line = line.split_once(other.name()).expect("a line").1;
                assert!(line.contains(short), "{other:?}: {line}");
            }
        }
    }
}

#[test]
fn it_is_one_page_at_120x36_in_every_view() {
    for (context, keys) in VIEWS {
        let pages = pages(keys, (120, 36));
        assert_eq!(pages.len(), 1, "{context:?}");
        assert!(!pages[0].contains("page 1"), "{context:?}");
    }
}

#[test]
fn it_has_pages_where_there_is_less_room() {
    let mut desk = Desk::at(three_nodes(), (80, 24));
    desk.press("?");
    desk.says("page 1 of 3");
    desk.says("PgUp PgDn other pages");
    let height = desk.dialog().len();
    desk.press("PgDn");
    desk.says("page 2 of 3");
    assert_eq!(desk.dialog().len(), height, "the box stays as it is");
    desk.press("End Down");
    desk.says("page 3 of 3");
    assert_eq!(desk.dialog().len(), height);
    desk.press("Up Home");
    desk.says("page 1 of 3");
    desk.press("d");
    assert!(desk.ui.dialog.is_none(), "any other key closes it");
}

#[test]
fn it_has_every_key() {
    for (_, keys) in VIEWS {
        for size in SIZES {
            let all = pages(keys, size).join(" ");
            // The lab is a live one: keys of time do nothing in it.
            let does_something = TABLE.iter().filter(|entry| entry.group != Group::Time);
            for entry in does_something {
                let first = match entry.keys.first() {
                    Some(key) => (*key).to_owned(),
                    None => format!(":{}", entry.id),
                };
                let is_there = all.split(' ').any(|word| word == first);
                // Keys of other views may be too many for their line.
                let is_elsewhere = is_of_views(entry.action);
                assert!(is_there || is_elsewhere, "{first} at {size:?}: {all}");
            }
            for what in [
                "Shift-drag selects",
                "wheel: scrolls",
                "click focuses",
                "chainlab config",
            ] {
                assert!(all.contains(what), "{what} at {size:?}");
            }
        }
    }
    for (context, keys) in VIEWS {
        let all = pages(keys, (80, 24)).join(" ");
        for key in context.keys() {
            assert!(all.contains(key.does), "{}: {all}", key.does);
        }
    }
}
