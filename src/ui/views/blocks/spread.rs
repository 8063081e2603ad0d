//! Draws what is on its way: a list, and of the chosen one its path, who waits for it, and how long
//! things took over the whole run.

use super::path;
use super::shown::Shown;
use super::tab::Tab;
use crate::lab::view::Times;
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row};
use crate::ui::views::blocks::ways::{self, Way, What};
use crate::ui::widgets::lines;
use crate::ui::widgets::list::{Item, dim, plain, strong, window};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::table::{self, Column, number, words};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Nodes that are named in one place.
const NAMED: usize = 6;

/// Lines of a path that matter more than the times over the run.
const PATH: usize = 10;

const TIMES: [Column; 5] = [
    words("over the run", 0),
    number("p50", 0),
    number("p90", 1),
    number("p99", 2),
    number("counted", 3),
];

/// Draws the list, and what is chosen.
pub(super) fn render(shown: &Shown<'_>, frame: &mut Frame<'_>, scene: Scene<'_>) {
    let (theme, areas) = (scene.theme, shown.areas);
    let (items, chosen) = (&shown.items, shown.chosen);
    let network = scene.lab.network_of(scene.viewer.focus).cloned();
    let network = network.unwrap_or_default();
    let (columns, ways, times): (&[Column], _, _) = match shown.tab {
        Tab::Txs => (&ways::TXS, ways::txs(scene.lab), network.tx_times),
        _ => (&ways::BLOCKS, ways::blocks(scene.lab), network.block_times),
    };
    if items.is_empty() {
        let line = Line::styled(nothing(shown, scene), theme.dim());
        frame.render_widget(line, areas.list);
        return;
    }
    let seen = window(items.len(), chosen, usize::from(areas.list.height));
    let at = chosen - seen.start;
    let room = usize::from(areas.list.width);
    let (head, rows) = table::table(scene, columns, &items[seen], Some(at), room);
    frame.render_widget(head, areas.head);
    lines::put(frame.buffer_mut(), areas.list, rows);
    let target = items.get(chosen).and_then(|item| item.opens.clone());
    let way = ways.iter().find(|way| Some(way.target()) == target);
    if let (Some(detail), Some(way)) = (areas.detail, way) {
        if let Some(rule) = areas.rule {
            lines::put(frame.buffer_mut(), rule, rule_lines(scene, rule));
        }
        let lines = detail_lines(scene, way, times, detail);
        lines::put(frame.buffer_mut(), detail, lines);
    }
}

fn nothing(shown: &Shown<'_>, scene: Scene<'_>) -> String {
    let key = |action| scene.viewer.keymap.key_of(action);
    match (shown.filter, shown.tab) {
        (filter, _) if !filter.is_empty() => format!("nothing here has {filter:?} in it"),
        (_, Tab::Txs) => format!("none yet: {} sends coins", key(Action::Send)),
        _ => format!("none yet: {} mines a block", key(Action::MineNow)),
    }
}

/// What is between the list and what is chosen: a column of lines, or a line.
fn rule_lines(scene: Scene<'_>, area: Rect) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let sign = match (area.width, theme.ascii) {
        (1, true) => "|",
        (1, false) => "│",
        _ => theme.rule(),
    };
    let line = sign.repeat(usize::from(area.width));
    (0..area.height)
        .map(|_| Line::styled(line.clone(), theme.dim()))
        .collect()
}

/// The chosen one: who had it first, its path, who waits for it; and times over the whole run.
fn detail_lines(scene: Scene<'_>, way: &Way<'_>, times: Times, area: Rect) -> Vec<Line<'static>> {
    let (room, height) = (usize::from(area.width), usize::from(area.height));
    let mut lines = heading(scene, way, room);
    let mut end = missing(scene, way, room);
    let times_table = times_table(scene, times, room);
    let steps = path::lines(scene, way, ink(scene, way), room);
    // The times over the run go first where lines are few.
    let needed = lines.len() + steps.len().min(PATH) + end.len();
    if height > needed + times_table.len() {
        end.push(Line::raw(""));
        end.extend(times_table);
    } else if height > needed {
        end.extend(times_line(scene, times, room));
    }
    let left = height.saturating_sub(lines.len() + end.len());
    let hidden = match steps.len() <= left {
        true => 0,
        false => steps.len() - left.saturating_sub(1),
    };
    let shown = steps.len() - hidden;
    lines.extend(steps.into_iter().take(shown));
    if hidden > 0 {
        lines.push(Line::styled(format!("+{hidden} more"), scene.theme.dim()));
    }
    lines.extend(end);
    lines.truncate(height);
    lines
}

fn ink(scene: Scene<'_>, way: &Way<'_>) -> Style {
    match way.what {
        What::Block(id) => scene.chip_ink(id),
        What::Tx(_) => scene.theme.focus(),
    }
}

fn heading(scene: Scene<'_>, way: &Way<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let name = match way.what {
        What::Block(id) => scene.block(id),
        What::Tx(txid) => {
            let words = format!("tx ..{}", txid.short());
            vec![Span::styled(words, theme.strong())]
        }
    };
    let reached = format!("{} nodes have it", way.reached());
    let mut row = Row::new()
        .part(0, 0, name)
        .text(1, 2, reached, theme.text());
    for (rank, label, time) in [(3, "half", way.half), (2, "all", way.all)] {
        if let Some(time) = time.filter(|time| !time.is_zero()) {
            let spans = vec![
                Span::styled(format!("{label} "), theme.dim()),
                Span::styled(text::lapse(time), theme.strong()),
            ];
            row = row.part(rank, 3, spans);
        }
    }
    let at = format!("first seen {}", scene.moment(way.at));
    vec![row.text(4, 3, at, theme.dim()).fit(room)]
}

/// Who does not have it.
fn missing(scene: Scene<'_>, way: &Way<'_>, room: usize) -> Vec<Line<'static>> {
    let mut names: Vec<&str> = way.missing().map(|ix| scene.name(ix)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let count = names.len();
    names.truncate(NAMED);
    let more = match count.saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (label, style) = match way.is_overtaken {
        true => ("not passed on to", scene.theme.dim()),
        false => ("not yet at", scene.theme.warn()),
    };
    let words = format!("{label} {}{more}", names.join(", "));
    let spans = vec![Span::styled(words, style)];
    vec![Line::from(text::clip(spans, room, scene.theme.cut()))]
}

/// Percentiles, of the times to half of the nodes and to all.
fn times_table(scene: Scene<'_>, times: Times, room: usize) -> Vec<Line<'static>> {
    let rows = [
        ("to half of the nodes", times.half),
        ("to all of them", times.all),
    ];
    let item = |(label, times): (&str, Option<crate::lab::observe::histogram::Percentiles>)| {
        let times = times?;
        Some(Item::new(vec![
            plain(label),
            strong(text::lapse(times.p50)),
            plain(text::lapse(times.p90)),
            plain(text::lapse(times.p99)),
            dim(times.count),
        ]))
    };
    let items: Vec<Item> = rows.into_iter().filter_map(item).collect();
    if items.is_empty() {
        return Vec::new();
    }
    let (head, rows) = table::table(scene, &TIMES, &items, None, room);
    std::iter::once(head).chain(rows).collect()
}

/// The same in a line, without what has no room.
fn times_line(scene: Scene<'_>, times: Times, room: usize) -> Option<Line<'static>> {
    let theme = scene.theme;
    let mut row = Row::new().text(0, 0, "over the run", theme.dim());
    for (label, times) in [("half", times.half?), ("all", times.all?)] {
        let all = [
            (times.p50, "p50", 0),
            (times.p90, "p90", 1),
            (times.p99, "p99", 2),
        ];
        row = row.text(0, 3, label, theme.dim());
        for (time, name, rank) in all {
            let spans = vec![
                Span::styled(format!("{name} "), theme.dim()),
                Span::styled(text::lapse(time), theme.strong()),
            ];
            row = row.part(rank, 1, spans);
        }
    }
    Some(row.fit(room))
}
