//! Draws zoom: the border, the tabs, and where the [`super::head`] and the
//! [list](super::body) go.

use super::level::{Content, Level};
use super::list::Target;
use super::subject::Subject;
use super::{Tab, Zoom, body, head, role};
use crate::lab::LabView;
use crate::lab::view::NodeState;
use crate::ui::lines;
use crate::ui::state::UiState;
use crate::ui::text::{Row, short_name};
use crate::ui::view::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

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
        Some(level) => body::opened(level, scene, subject, room, left),
        None => body::tab(zoom, scene, subject, room, left),
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
    if !subject.is_up() {
        frame.buffer_mut().set_style(inner, scene.theme.faint());
    }
    lines::put(frame.buffer_mut(), inner, lines);
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
        NodeState::Down | NodeState::Gone => ("DOWN", theme.bad()),
        NodeState::Failed(_) => ("FAILED", theme.bad()),
    };
    let name_style = if subject.is_up() {
        theme.focus()
    } else {
        theme.faint()
    };
    let name = short_name(&node.name, 20, theme.cut());
    let number = subject.ix.0 + 1;
    let port = node.addr.map(|addr| format!(":{}", addr.port()));
    let what = subject.snapshot.map(|snapshot| {
        let role = role(snapshot.role);
        match snapshot.wallets.len() {
            0 => role.to_owned(),
            1 => format!("{role} with a wallet"),
            count => format!("{role} with {count} wallets"),
        }
    });
    let mut title = Row::new().text(3, 0, " zoom", theme.dim()).text(
        0,
        0,
        format!(" {number} {name}"),
        name_style,
    );
    for (rank, words) in [(1, port.as_deref()), (2, what.as_deref())] {
        if let Some(words) = words {
            title = title.text(rank, usize::from(rank), words, theme.dim());
        }
    }
    let title = title
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
    let root = zoom.root.unwrap_or(zoom.tab.name());
    let mut row = Row::new().text(2, 0, format!(" {root} "), theme.chosen());
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
        (_, Target::Block(hash)) => match scene.lab.chips.find(hash) {
            Some(id) => vec![strong("block ".to_owned()), scene.chip(id)],
            None => vec![strong(format!("block ..{}", hash.short()))],
        },
        (_, Target::Tx(txid)) => vec![strong(format!("tx ..{}", txid.short()))],
        (_, Target::History(name)) => {
            let name = short_name(name, 20, scene.theme.cut());
            vec![strong(format!("what {name} did"))]
        }
    }
}
