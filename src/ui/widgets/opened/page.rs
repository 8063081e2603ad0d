//! What is known of one node, in a box of its own, and what was opened of it upon what.

use super::body::Body;
use super::level::{Content, Level};
use crate::lab::view::NodeState;
use crate::node::message::Role;
use crate::ui::text::{Row, short_name};
use crate::ui::widgets::lines;
use crate::ui::widgets::list::Target;
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::subject::Subject;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// Lines of the border.
const BORDER: u16 = 2;

/// Lines of a list that a page key goes over, in an area of this size.
pub(in crate::ui) fn page_lines(area: Rect) -> usize {
    let inner = area.height.saturating_sub(BORDER);
    let list = usize::from(inner).saturating_sub(head_lines(inner) + 2);
    list.saturating_sub(1).max(1)
}

/// Lines above the tabs, by those that there are within the border.
pub(in crate::ui) fn head_lines(inner: u16) -> usize {
    match inner {
        0..8 => 0,
        8..12 => 1,
        12..18 => 3,
        _ => 5,
    }
}

/// The size of what is within the border: a column of air on each side.
pub(in crate::ui) fn room(area: Rect) -> (usize, u16) {
    (
        usize::from(area.width).saturating_sub(4),
        area.height.saturating_sub(BORDER),
    )
}

/// Draws the box of a node: lines, and below them a list that is filtered like this.
pub(in crate::ui) fn render(
    frame: &mut Frame<'_>,
    area: Rect,
    scene: Scene<'_>,
    subject: Subject<'_>,
    filter: &str,
    (mut lines, body): (Vec<Line<'static>>, Body),
) {
    lines.extend(body.lines);
    lines.truncate(usize::from(room(area).1));
    let block = border(scene, subject, area, filter, &body.place);
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
    scene: Scene<'_>,
    subject: Subject<'_>,
    area: Rect,
    filter: &str,
    place: &str,
) -> Block<'static> {
    let theme = scene.theme;
    let room = usize::from(area.width).saturating_sub(4);
    let (state, style) = match &subject.node.state {
        NodeState::Up => ("UP", theme.badge()),
        NodeState::Starting => ("STARTING", theme.warn()),
        NodeState::Stopping => ("STOPPING", theme.warn()),
        NodeState::Down | NodeState::Gone => ("DOWN", theme.bad()),
        NodeState::Failed(_) => ("FAILED", theme.bad()),
    };
    let frame_style = if subject.is_up() {
        theme.focus()
    } else {
        theme.faint()
    };
    let name_style = match scene.is_lit(subject.ix) {
        true => theme.lit(),
        false => frame_style,
    };
    let title = title(scene, subject, name_style).fit(room.saturating_sub(state.len() + 3));
    let state = Line::styled(format!(" {state} "), style).right_aligned();
    let mut block = Block::bordered()
        .border_set(theme.border())
        .border_style(frame_style)
        .title(title)
        .title(state);
    if !filter.is_empty() {
        let filter = short_name(filter, room / 2, theme.cut());
        let filter = Line::styled(format!(" filter: {filter} "), theme.warn());
        block = block.title_bottom(filter);
    }
    if !place.is_empty() {
        let place = Line::styled(format!(" {place} "), theme.dim()).right_aligned();
        block = block.title_bottom(place);
    }
    block
}

/// Which node it is, and what it is.
fn title(scene: Scene<'_>, subject: Subject<'_>, name_style: Style) -> Row {
    let (theme, node) = (scene.theme, subject.node);
    let name = short_name(&node.name, 20, theme.cut());
    let number = subject.ix.0 + 1;
    let port = node.addr.map(|addr| format!(":{}", addr.port()));
    let what = subject.snapshot.map(|snapshot| {
        let role = match (&snapshot.program, &snapshot.light) {
            (Some(_), _) => "Bitcoin node",
            (None, Some(_)) => "light node",
            (None, None) if snapshot.attack.is_some() => "attacker's node",
            (None, None) => role(snapshot.role),
        };
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
    title.text(0, 0, " ", theme.text())
}

/// What is opened upon what, the last whole.
pub(super) fn trail(levels: &[Level], root: &str, scene: Scene<'_>, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let last = levels.len();
    let mut row = Row::new().text(2, 0, format!(" {root} "), theme.chosen());
    for (nth, level) in levels.iter().enumerate() {
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

/// What a node is, in words: also one that only keeps wallets is a full node, which checks every block.
pub(in crate::ui) fn role(role: Role) -> &'static str {
    match role {
        Role::Full | Role::Wallet => "full node",
        Role::Miner => "mining node",
    }
}
