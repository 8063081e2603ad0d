//! The list below the tabs.

use super::rates::Rates;
use super::shown::Shown;
use super::tab::Tab;
use super::{mempool, peers, wallets};
use crate::lab::view::NodeState;
use crate::ui::keymap::Action;
use crate::ui::widgets::chain::{self, Heights};
use crate::ui::widgets::list::{self, Item};
use crate::ui::widgets::opened::Body;
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::table;

/// What the tab has.
pub(super) fn body(shown: &Shown<'_>, scene: Scene<'_>, room: usize, height: usize) -> Body {
    let subject = shown.subject;
    if let (NodeState::Failed(why), None) = (&subject.node.state, subject.snapshot) {
        return Body::words(scene, room, why, true);
    }
    let (columns, failed): (&[_], _) = match shown.tab {
        Tab::Chain => return chain_body(shown, scene, room, height),
        Tab::Log => return log_body(shown, scene, room, height),
        Tab::Mempool => (&mempool::COLUMNS, shown.mempool.failed.as_deref()),
        Tab::Peers => (&peers::COLUMNS, None),
        Tab::Wallets => (&wallets::COLUMNS, None),
    };
    if let Some(why) = failed.filter(|_| subject.is_up()) {
        return Body::words(scene, room, why, true);
    }
    let items = &shown.items;
    if items.is_empty() {
        return Body::words(scene, room, &nothing(shown, scene), false);
    }
    let chosen = shown.chosen;
    let is_all = shown.tab == Tab::Mempool && shown.filter.is_empty();
    let rates = is_all.then(|| Rates::of(shown.mempool.txs(subject), height));
    let left = height - rates.as_ref().map_or(0, Rates::height);
    let seen = list::window(items.len(), chosen, left.saturating_sub(1));
    let at = chosen - seen.start;
    let (head, rows) = table::table(scene, columns, &items[seen], Some(at), room);
    let mut place = format!("{} of {}", chosen + 1, items.len());
    let waiting = subject
        .snapshot
        .map_or(0, |snapshot| snapshot.mempool.count);
    if is_all && waiting > items.len() {
        place += &format!(" shown, {waiting} wait");
    }
    let mut body = Body::table(head, rows, place);
    let bars = rates.map(|rates| rates.lines(scene, waiting, room));
    body.lines.extend(bars.into_iter().flatten());
    body
}

/// Why a list is empty.
fn nothing(shown: &Shown<'_>, scene: Scene<'_>) -> String {
    let key = |action| scene.viewer.keymap.key_of(action);
    if !shown.filter.is_empty() {
        return format!("nothing here has {:?} in it", shown.filter);
    }
    match shown.tab {
        Tab::Chain => "no block was seen yet".to_owned(),
        Tab::Mempool => format!(
            "nothing waits for a block: {} sends coins",
            key(Action::Send)
        ),
        Tab::Peers => "nobody is connected".to_owned(),
        Tab::Wallets => format!("no wallets: {} makes one", key(Action::NewWallet)),
        Tab::Log => "nothing happened yet".to_owned(),
    }
}

fn chain_body(shown: &Shown<'_>, scene: Scene<'_>, room: usize, height: usize) -> Body {
    let (subject, chain) = (shown.subject, shown.chain);
    let (heights, chosen) = chain.heights(subject);
    let mut place = format!("{} of {}", chosen + 1, heights.len());
    if let Heights::Some(_) = heights {
        let searched = chain.searched(subject);
        place += &searched.map_or_else(String::new, |words| format!(" found {words}"));
    }
    if heights.len() == 0 {
        return Body::words(scene, room, &nothing(shown, scene), false);
    }
    let seen = list::window(heights.len(), chosen, height.saturating_sub(1));
    let at = chosen - seen.start;
    let shown: Vec<u32> = seen.filter_map(|nth| heights.nth(nth)).collect();
    let is_missing = shown.iter().any(|height| !chain.knows(*height));
    if let Some(why) = chain
        .failed
        .as_deref()
        .filter(|_| is_missing && subject.is_up())
    {
        return Body::words(scene, room, why, true);
    }
    let items: Vec<Item> = shown
        .iter()
        .map(|height| chain.line(subject, *height))
        .collect();
    let (head, rows) = table::table(scene, &chain::COLUMNS, &items, Some(at), room);
    Body::table(head, rows, place)
}

fn log_body(shown: &Shown<'_>, scene: Scene<'_>, room: usize, height: usize) -> Body {
    let items = &shown.items;
    if items.is_empty() {
        return Body::words(scene, room, &nothing(shown, scene), false);
    }
    let chosen = shown.chosen;
    let seen = list::window(items.len(), chosen, height);
    let first = seen.start;
    let lines = items[seen].iter().enumerate().map(|(nth, item)| {
        let spans = match item.cells.first() {
            Some(list::Cell::Log(line, _)) => scene.log_line(line, room),
            _ => Vec::new(),
        };
        table::finish(scene, spans, first + nth == chosen, room)
    });
    Body {
        lines: lines.collect(),
        place: format!("{} of {}", chosen + 1, items.len()),
    }
}
