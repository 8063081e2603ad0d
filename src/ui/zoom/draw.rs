//! Draws zoom: the border, the head, the tabs, and the list below them.

use super::chain::{self, Heights};
use super::detail::{self, Section};
use super::level::{Content, Level};
use super::list::{self, Item, Target};
use super::subject::Subject;
use super::{Tab, Zoom, head, mempool, peers, role, wallets};
use crate::lab::LabView;
use crate::lab::view::{NodeState, chip_digits};
use crate::ui::state::UiState;
use crate::ui::text::{self, Row, short_name};
use crate::ui::view::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

/// Lines that the screen has around zoom's body: header, message, keys, and the border.
const AROUND: u16 = 5;

/// Lines of a list that a page key goes over, on a screen of this size.
pub(super) fn page(size: (u16, u16)) -> usize {
    let inner = size.1.saturating_sub(AROUND);
    let list = usize::from(inner).saturating_sub(head_lines(inner) + 2);
    list.saturating_sub(1).max(1)
}

/// Lines above the tabs, by those that there are within the border.
fn head_lines(inner: u16) -> usize {
    match inner {
        0..8 => 0,
        8..12 => 1,
        12..18 => 3,
        _ => 5,
    }
}

pub(super) fn render(zoom: &Zoom, frame: &mut Frame<'_>, area: Rect, lab: &LabView, ui: &UiState) {
    let scene = Scene::new(lab, ui);
    let Some(subject) = Subject::new(lab, zoom.node) else {
        return;
    };
    // A column of air on each side.
    let room = usize::from(area.width).saturating_sub(4);
    let height = area.height.saturating_sub(2);
    let mut lines = Vec::new();
    match zoom.levels.last() {
        None => {
            let most = head_lines(height);
            lines.extend(head::lines(zoom, scene, subject, room, most));
            lines.push(tabs(zoom, scene, subject, room));
        }
        Some(_) => lines.push(trail(zoom, scene, room)),
    }
    let left = usize::from(height).saturating_sub(lines.len());
    let body = match zoom.levels.last() {
        Some(level) => opened(level, scene, subject, room, left),
        None => tab(zoom, scene, subject, room, left),
    };
    lines.extend(body.lines);
    lines.truncate(usize::from(height));
    let block = border(zoom, scene, subject, area, &body.place);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let paragraph = Paragraph::new(lines);
    let paragraph = if subject.is_up() {
        paragraph
    } else {
        paragraph.style(scene.theme.faint())
    };
    frame.render_widget(paragraph, inner);
}

fn border(
    zoom: &Zoom,
    scene: Scene<'_>,
    subject: Subject<'_>,
    area: Rect,
    place: &str,
) -> Block<'static> {
    let (theme, node) = (scene.theme, subject.node);
    let room = usize::from(area.width).saturating_sub(4);
    let (state, style) = match &node.state {
        NodeState::Up => ("UP", theme.badge()),
        NodeState::Starting => ("STARTING", theme.warn()),
        NodeState::Stopping => ("STOPPING", theme.warn()),
        NodeState::Down => ("DOWN", theme.bad()),
        NodeState::Failed(_) => ("FAILED", theme.bad()),
    };
    let name_style = if subject.is_up() {
        theme.focus()
    } else {
        theme.faint()
    };
    let name = short_name(&node.name, 20, theme.cut());
    let port = node.addr.map(|addr| format!(":{}", addr.port()));
    let what = subject.snapshot.map(|snapshot| role(snapshot.role));
    let title = Row::new()
        .text(0, 0, format!(" {name}"), name_style)
        .text(1, 1, port.unwrap_or_default(), theme.dim())
        .text(2, 2, what.unwrap_or_default(), theme.dim())
        .text(0, 0, " ", theme.text())
        .fit(room.saturating_sub(state.len() + 3));
    let state = Line::styled(format!(" {state} "), style).right_aligned();
    let mut block = Block::bordered()
        .border_set(theme.border())
        .border_style(if subject.is_up() {
            theme.focus()
        } else {
            theme.faint()
        })
        .title(title)
        .title(state);
    if !zoom.filter().is_empty() {
        let filter = short_name(zoom.filter(), room / 2, theme.cut());
        let filter = Line::styled(format!(" filter: {filter} "), theme.warn());
        block = block.title_bottom(filter);
    }
    if !place.is_empty() {
        let place = Line::styled(format!(" {place} "), theme.dim()).right_aligned();
        block = block.title_bottom(place);
    }
    block
}

fn tabs(zoom: &Zoom, scene: Scene<'_>, subject: Subject<'_>, room: usize) -> Line<'static> {
    let count = |tab: Tab| -> Option<usize> {
        let snapshot = subject.snapshot?;
        match tab {
            Tab::Chain | Tab::Log => None,
            Tab::Mempool => Some(snapshot.mempool.count),
            Tab::Peers => Some(snapshot.peers.len()),
            Tab::Wallets => Some(snapshot.wallets.len()),
        }
    };
    let row = Tab::ALL.into_iter().fold(Row::new(), |row, tab| {
        let name = match count(tab) {
            Some(count) if room >= 70 => format!(" {} {count} ", tab.name()),
            _ => format!(" {} ", tab.name()),
        };
        let style = if tab == zoom.tab {
            scene.theme.chosen()
        } else {
            scene.theme.text()
        };
        row.text(u8::from(tab != zoom.tab), 1, name, style)
    });
    row.fit(room)
}

/// What is opened upon what, the last whole.
fn trail(zoom: &Zoom, scene: Scene<'_>, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let last = zoom.levels.len();
    let mut row = Row::new().text(2, 0, format!(" {} ", zoom.tab.name()), theme.chosen());
    for (nth, level) in zoom.levels.iter().enumerate() {
        let mut spans = Vec::new();
        spans.push(Span::styled(format!("{} ", theme.arrow()), theme.dim()));
        spans.extend(level_name(scene, level));
        // The oldest go first.
        let rank = u8::try_from(last - 1 - nth).unwrap_or(u8::MAX);
        row = row.part(rank, 1, spans);
    }
    row.fit(room)
}

fn level_name(scene: Scene<'_>, level: &Level) -> Vec<Span<'static>> {
    let strong = |words: String| Span::styled(words, scene.theme.strong());
    match (&level.content, &level.target) {
        (Content::Block(block), _) => {
            let id = block.info.id;
            vec![strong(format!("block #{} ", id.height)), scene.chip(id)]
        }
        (_, Target::Block(hash)) => vec![strong(format!("block [{}]", chip_digits(hash)))],
        (_, Target::Tx(txid)) => vec![strong(format!("tx ..{}", txid.short()))],
        (_, Target::History(name)) => {
            let name = short_name(name, 20, scene.theme.cut());
            vec![strong(format!("what {name} did"))]
        }
    }
}

/// A list as it is drawn.
#[derive(Default)]
struct Body {
    lines: Vec<Line<'static>>,
    /// Where the chosen line is, in words, for the border.
    place: String,
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

fn tab(zoom: &Zoom, scene: Scene<'_>, subject: Subject<'_>, room: usize, height: usize) -> Body {
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
    let (head, rows) = list::table(scene, columns, &items[seen], Some(at), room);
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
    use crate::ui::keymap::Action;
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
    let (head, rows) = list::table(scene, &chain::COLUMNS, &items, Some(at), room);
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
            Some(list::Cell::Log(line)) => scene.log_line(line, room),
            _ => Vec::new(),
        };
        list::finish(scene, spans, first + nth == chosen, room)
    });
    Body {
        lines: lines.collect(),
        place: format!("{} of {}", chosen + 1, items.len()),
    }
}

/// Something that was opened: its sections one below the other, the chosen line among them in sight.
fn opened(
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
        let (head, rows) = list::table(scene, &wallets::HISTORY, &all[seen], Some(at), room);
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
            let line = |(nth, item)| list::field(scene, item, within == Some(nth), room);
            items.map(line).collect()
        } else {
            let (head, rows) = list::table(scene, section.columns, &section.items, within, room);
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
