//! The list below the tabs, or what was opened over it.

use super::chain::{self, Heights};
use super::detail::{self, Section};
use super::level::{Content, Level};
use super::list::{self, Item};
use super::subject::Subject;
use super::table;
use super::{Tab, Zoom, mempool, peers, wallets};
use crate::lab::view::NodeState;
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::view::scene::Scene;
use ratatui::text::{Line, Span};

/// A list as it is drawn.
#[derive(Default)]
pub(super) struct Body {
    pub lines: Vec<Line<'static>>,
    /// Where the chosen line is, in words, for the border.
    pub place: String,
}

impl Body {
    fn words(scene: Scene<'_>, room: usize, words: &str, is_bad: bool) -> Self {
        let style = if is_bad {
            scene.theme.bad()
        } else {
            scene.theme.dim()
        };
        let mut lines = vec![Line::raw("")];
        lines.extend(
            wrapped(words, room)
                .into_iter()
                .map(|line| Line::styled(line, style)),
        );
        Self {
            lines,
            place: String::new(),
        }
    }
}

/// Words on as many lines as they take.
fn wrapped(words: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let last = lines.last_mut().expect("there is one from the start");
        let width = Span::raw(last.as_str()).width() + 1 + Span::raw(word).width();
        if last.is_empty() {
            last.push_str(word);
        } else if width <= room {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// What the tab has.
pub(super) fn tab(
    zoom: &Zoom,
    scene: Scene<'_>,
    subject: Subject<'_>,
    room: usize,
    height: usize,
) -> Body {
    if let (NodeState::Failed(why), None) = (&subject.node.state, subject.snapshot) {
        return Body::words(scene, room, why, true);
    }
    let (columns, failed): (&[_], _) = match zoom.tab {
        Tab::Chain => return chain_body(zoom, scene, subject, room, height),
        Tab::Log => return log_body(zoom, scene, subject, room, height),
        Tab::Mempool => (&mempool::COLUMNS, zoom.mempool.failed.as_deref()),
        Tab::Peers => (&peers::COLUMNS, None),
        Tab::Wallets => (&wallets::COLUMNS, None),
    };
    if let Some(why) = failed.filter(|_| subject.is_up()) {
        return Body::words(scene, room, why, true);
    }
    let items = zoom.items(subject);
    if items.is_empty() {
        return Body::words(scene, room, &nothing(zoom, scene), false);
    }
    let chosen = zoom.cursor().index(&items);
    let seen = list::window(items.len(), chosen, height.saturating_sub(1));
    let at = chosen - seen.start;
    let (head, rows) = table::table(scene, columns, &items[seen], Some(at), room);
    let mut place = format!("{} of {}", chosen + 1, items.len());
    let waiting = subject
        .snapshot
        .map_or(0, |snapshot| snapshot.mempool.count);
    if zoom.tab == Tab::Mempool && zoom.filter().is_empty() && waiting > items.len() {
        place += &format!(" shown, {waiting} wait");
    }
    body(head, rows, place)
}

fn body(head: Line<'static>, rows: Vec<Line<'static>>, place: String) -> Body {
    let mut lines = vec![head];
    lines.extend(rows);
    Body { lines, place }
}

/// Why a list is empty.
fn nothing(zoom: &Zoom, scene: Scene<'_>) -> String {
    let key = |action| scene.ui.keymap.key_of(action);
    if !zoom.filter().is_empty() {
        return format!("nothing here has {:?} in it", zoom.filter());
    }
    match zoom.tab {
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

fn chain_body(
    zoom: &Zoom,
    scene: Scene<'_>,
    subject: Subject<'_>,
    room: usize,
    height: usize,
) -> Body {
    let (heights, chosen) = zoom.chain.heights(subject);
    let mut place = format!("{} of {}", chosen + 1, heights.len());
    if let Heights::Some(_) = heights {
        let searched = zoom.chain.searched(subject);
        place += &searched.map_or_else(String::new, |words| format!(" found {words}"));
    }
    if heights.len() == 0 {
        return Body::words(scene, room, &nothing(zoom, scene), false);
    }
    let seen = list::window(heights.len(), chosen, height.saturating_sub(1));
    let at = chosen - seen.start;
    let shown: Vec<u32> = seen.filter_map(|nth| heights.nth(nth)).collect();
    let is_missing = shown.iter().any(|height| !zoom.chain.knows(*height));
    if let Some(why) = zoom
        .chain
        .failed
        .as_deref()
        .filter(|_| is_missing && subject.is_up())
    {
        return Body::words(scene, room, why, true);
    }
    let items: Vec<Item> = shown
        .iter()
        .map(|height| zoom.chain.line(subject, *height))
        .collect();
    let (head, rows) = table::table(scene, &chain::COLUMNS, &items, Some(at), room);
    body(head, rows, place)
}

fn log_body(
    zoom: &Zoom,
    scene: Scene<'_>,
    subject: Subject<'_>,
    room: usize,
    height: usize,
) -> Body {
    let items = zoom.items(subject);
    if items.is_empty() {
        return Body::words(scene, room, &nothing(zoom, scene), false);
    }
    let chosen = zoom.cursor().index(&items);
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

/// Something that was opened: its sections one below the other, the chosen line among them in sight.
pub(super) fn opened(
    level: &Level,
    scene: Scene<'_>,
    subject: Subject<'_>,
    room: usize,
    height: usize,
) -> Body {
    match &level.content {
        Content::Waiting if subject.is_up() => {
            return Body::words(scene, room, "on its way", false);
        }
        Content::Waiting => {
            let words = format!("{} is down and cannot be asked", subject.node.name);
            return Body::words(scene, room, &words, false);
        }
        Content::Failed(why) => return Body::words(scene, room, why, true),
        Content::Block(_) | Content::Tx(_) | Content::History(_) => {}
    }
    let sections: Vec<Section> = detail::sections(subject, &level.content)
        .into_iter()
        .map(|section| Section {
            items: level.cursor.filtered(section.items),
            ..section
        })
        .collect();
    let all = sections
        .iter()
        .flat_map(|section| section.items.iter().cloned());
    let all: Vec<Item> = all.collect();
    if all.is_empty() {
        return Body::words(scene, room, "nothing here", false);
    }
    let chosen = level.cursor.index(&all);
    let place = format!("{} of {}", chosen + 1, all.len());
    if let Content::History(_) = level.content {
        let seen = list::window(all.len(), chosen, height.saturating_sub(1));
        let at = chosen - seen.start;
        let (head, rows) = table::table(scene, &wallets::HISTORY, &all[seen], Some(at), room);
        return body(head, rows, place);
    }
    let (lines, at) = laid_out(scene, &sections, chosen, room);
    let seen = list::window(lines.len(), at, height);
    Body {
        lines: lines[seen].to_vec(),
        place,
    }
}

/// All lines, and the place of the chosen one among them.
fn laid_out(
    scene: Scene<'_>,
    sections: &[Section],
    chosen: usize,
    room: usize,
) -> (Vec<Line<'static>>, usize) {
    let (mut lines, mut at, mut first) = (Vec::new(), 0, 0);
    for section in sections.iter().filter(|section| !section.items.is_empty()) {
        let within = chosen
            .checked_sub(first)
            .filter(|nth| *nth < section.items.len());
        if !section.title.is_empty() {
            let sign = scene.theme.rule();
            let title = format!("{} {} ", sign.repeat(2), section.title);
            let rest = room.saturating_sub(text::width(&[Span::raw(title.as_str())]));
            lines.push(Line::styled(title + &sign.repeat(rest), scene.theme.dim()));
        }
        let rows = if section.columns.is_empty() {
            let items = section.items.iter().enumerate();
            let line = |(nth, item)| table::field(scene, item, within == Some(nth), room);
            items.map(line).collect()
        } else {
            let (head, rows) = table::table(scene, section.columns, &section.items, within, room);
            lines.push(head);
            rows
        };
        if let Some(nth) = within {
            at = lines.len() + nth;
        }
        lines.extend(rows);
        first += section.items.len();
    }
    (lines, at)
}
