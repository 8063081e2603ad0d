//! How much was said over each link, by kind, since the lab began.

use crate::lab::LabView;
use crate::lab::observe::transcript::{Count, KINDS};
use crate::node::message::Kind;
use crate::ui::text;
use crate::ui::widgets::list::{Cell, Item, Look, name, plain, strong};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::table::{self, Column, number, words};
use ratatui::text::Line;

/// From, to, messages, bytes, and a column for each kind.
const COLUMNS: [Column; 4 + KINDS] = {
    // What is of no kind comes last.
    let mut all = [number("other", 9); 4 + KINDS];
    all[0] = words("from", 0);
    all[1] = words("to", 0);
    all[2] = number("messages", 1);
    all[3] = number("size", 1);
    let mut at = 0;
    while at < Kind::ALL.len() {
        let kind = Kind::ALL[at];
        all[4 + at] = number(kind.name(), rank(kind));
        at += 1;
    }
    all
};

/// How soon a kind's column is left out: those that carry something stay longest.
const fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Block | Kind::Tx => 2,
        Kind::Inv => 3,
        Kind::GetData => 4,
        Kind::Headers => 5,
        Kind::NotFound | Kind::GetHeaders | Kind::GetBlocks | Kind::Reject => 6,
        Kind::Ping | Kind::Pong => 7,
        Kind::Version | Kind::Addr => 8,
        Kind::Verack | Kind::GetAddr => 9,
        Kind::GetCFHeaders | Kind::CFHeaders | Kind::GetCFilters | Kind::CFilters => 10,
        Kind::Watch | Kind::GetProofs | Kind::Proofs | Kind::FeeFilter => 10,
    }
}

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
    let mut all = [Count::default(); KINDS];
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
