//! How much was said over each link, by command, since the lab began.

use crate::lab::LabView;
use crate::lab::observe::transcript::{COMMANDS, Count};
use crate::ui::text;
use crate::ui::view::scene::Scene;
use crate::ui::zoom::list::{Cell, Item, Look, name, plain, strong};
use crate::ui::zoom::table::{self, Column, number, words};
use ratatui::text::Line;

/// From, to, messages, bytes, and a column for each command: those that carry something stay
/// longest.
const COLUMNS: [Column; 4 + COMMANDS.len()] = [
    words("from", 0),
    words("to", 0),
    number("messages", 1),
    number("size", 1),
    number("version", 8),
    number("verack", 9),
    number("ping", 7),
    number("pong", 7),
    number("getaddr", 9),
    number("addr", 8),
    number("inv", 3),
    number("getdata", 4),
    number("notfound", 6),
    number("getheaders", 6),
    number("headers", 5),
    number("getblocks", 6),
    number("block", 2),
    number("tx", 2),
    number("reject", 6),
    number("other", 9),
];

/// Lines that there are: one for all links together, and one for each way of each.
pub(super) fn len(lab: &LabView) -> usize {
    match lab.transcript.counts().len() {
        0 => 0,
        links => links + 1,
    }
}

/// The head, and those lines that are in sight.
pub(super) fn table(
    scene: Scene<'_>,
    skip: usize,
    height: usize,
    room: usize,
) -> (Line<'static>, Vec<Line<'static>>) {
    let counts = scene.lab.transcript.counts();
    let mut all = [Count::default(); COMMANDS.len()];
    for link in counts.values() {
        for (sum, count) in all.iter_mut().zip(link) {
            sum.messages = sum.messages.saturating_add(count.messages);
            sum.bytes = sum.bytes.saturating_add(count.bytes);
        }
    }
    let total = (!counts.is_empty()).then(|| {
        let cell = |words: &str| Cell::Words(words.to_owned(), Look::Dim);
        line([cell("all"), cell("all")], &all)
    });
    let mut links: Vec<_> = counts.iter().collect();
    links.sort_by_key(|(_, link)| std::cmp::Reverse(sum(*link).bytes));
    let links = links
        .into_iter()
        .map(|((from, to), link)| line([name(scene.name(*from)), name(scene.name(*to))], link));
    let lines = total.into_iter().chain(links);
    let lines: Vec<_> = lines.skip(skip).take(height).collect();
    table::table(scene, &COLUMNS, &lines, None, room)
}

fn sum(link: &[Count]) -> Count {
    let sum = |of: fn(&Count) -> u64| link.iter().map(of).fold(0, u64::saturating_add);
    Count {
        messages: sum(|count| count.messages),
        bytes: sum(|count| count.bytes),
    }
}

fn line(ends: [Cell; 2], link: &[Count]) -> Item {
    let sum = sum(link);
    let mut cells = ends.to_vec();
    cells.extend([strong(sum.messages), strong(text::size(sum.bytes))]);
    cells.extend(link.iter().map(|count| match count.messages {
        0 => plain(""),
        messages => plain(messages),
    }));
    Item::new(cells)
}
