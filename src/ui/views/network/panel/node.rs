//! The focused node in figures, what its links are doing, what it said and heard last, and what the
//! signs of the graph mean.

use super::link::{peer, round_trip};
use super::messages::{self, Between};
use super::words::{GAP, LABEL, name};
use crate::lab::spec::Lines;
use crate::lab::view::LinkView;
use crate::node::NodeIx;
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row};
use crate::ui::views::network::look::{Kind, Light};
use crate::ui::views::network::sight::Sight;
use ratatui::text::{Line, Span};

/// Its number and name.
pub fn title(sight: Sight<'_>) -> String {
    let ix = sight.scene.viewer.focus;
    format!("{} {}", ix.0 + 1, name(sight, ix, 20))
}

/// The focused node: what each figure is called, and the figure.
fn node_figures(sight: Sight<'_>) -> Vec<(&'static str, Vec<Span<'static>>)> {
    let (scene, ix) = (sight.scene, sight.scene.viewer.focus);
    let theme = scene.theme;
    let Some(node) = scene.lab.node(ix) else {
        return Vec::new();
    };
    let words = |words: String| vec![Span::styled(words, theme.text())];
    let mut figures = Vec::new();
    if !node.state.is_up() {
        let state = Span::styled(node.state.to_string(), theme.bad());
        figures.push(("state", vec![state]));
    }
    if let Some(snapshot) = &node.snapshot {
        if snapshot.attack.is_some() {
            let words = Span::styled("attacker's", theme.bad());
            figures.push(("node", vec![words]));
        }
        figures.push(("height", scene.block(snapshot.tip)));
        figures.push(("mempool", words(format!("{} tx", snapshot.mempool.count))));
        if snapshot.shows_peers() {
            let peers = match node.state.is_up() {
                true => snapshot.ready_peers().count(),
                false => 0,
            };
            figures.push(("peers", words(peers.to_string())));
        }
        let mining = snapshot.mining.as_ref().filter(|_| node.state.is_up());
        if let Some((mining, height)) = mining.and_then(|mining| Some((mining, mining.height?))) {
            let rate = text::rate(mining.hashrate);
            figures.push(("mining", words(format!("#{height}  {rate}"))));
        }
    }
    let links = sight.links_of(ix).count();
    figures.push(("links", words(links.to_string())));
    if let Some(snapshot) = node.snapshot.as_ref().filter(|_| node.state.is_up()) {
        let unsent = snapshot.ready_peers().map(|peer| peer.unsent_bytes).sum();
        figures.push(("queue", words(text::size(unsent))));
    }
    if let Some(group) = sight.group(ix) {
        let words = format!("{group} of a partition");
        figures.push(("group", vec![Span::styled(words, theme.warn())]));
    }
    figures
}

/// Columns between signs of the table, of which all are to fit a line.
const SIGN_GAP: usize = 2;

/// Lines of the last messages: at least, and at most.
const LAST: (usize, usize) = (2, 8);

/// Beside the graph.
pub fn upright(sight: Sight<'_>, room: usize, height: u16) -> Vec<Line<'static>> {
    let (theme, focus) = (sight.scene.theme, sight.scene.viewer.focus);
    let figures = node_figures(sight).into_iter().map(|(label, figure)| {
        let mut spans = vec![Span::styled(format!("{label:<LABEL$}"), theme.dim())];
        spans.extend(figure);
        Line::from(spans)
    });
    let height = usize::from(height);
    let key = sight.scene.viewer.keymap.key_of(Action::NextLink);
    let title = |words: String| Line::styled(words, theme.dim());
    let mut lines: Vec<_> = figures.collect();
    let mut add = |section: Vec<Line<'static>>, least: usize| {
        let left = height.saturating_sub(lines.len() + 1);
        if section.len() > 1 && left >= section.len().min(least) {
            lines.push(Line::default());
            lines.extend(section.into_iter().take(left));
        }
        height.saturating_sub(lines.len() + 1)
    };
    let links = title(format!("its links ({key} chooses one)"));
    let links = std::iter::once(links).chain(its_links(sight, room));
    let left = add(links.collect(), 3);
    // The signs stay in sight if they find room below two messages.
    let signs: Vec<_> = signs(sight).into_iter().map(Line::from).collect();
    let beside_signs = left.saturating_sub(signs.len() + 2);
    let shown = match beside_signs < LAST.0 {
        true => left.saturating_sub(1).min(LAST.1),
        false => beside_signs.min(LAST.1),
    };
    add(
        messages::section(sight, Between::Any(focus), shown, room),
        2,
    );
    let all = signs.len();
    add(signs, all);
    lines
}

/// The focused node's links, a line each: how long it takes one way, how long a ping and its answer
/// took, and what waits to be sent.
fn its_links(sight: Sight<'_>, room: usize) -> impl Iterator<Item = Line<'static>> {
    let focus = sight.scene.viewer.focus;
    sight.links_of(focus).map(move |link| {
        let name = format!("{:<11}", name(sight, other(link, focus), 10));
        let row = Row::new().text(0, 0, name, sight.scene.theme.text());
        doing(row, sight, link).fit(room)
    })
}

fn other(link: &LinkView, ix: NodeIx) -> NodeIx {
    if link.ends.0 == ix {
        link.ends.1
    } else {
        link.ends.0
    }
}

/// What a link of the focused node is doing.
fn doing(row: Row, sight: Sight<'_>, link: &LinkView) -> Row {
    let (theme, focus) = (sight.scene.theme, sight.scene.viewer.focus);
    let kind = Kind::of(link, sight.usual);
    let words = match kind.label(link, sight.usual) {
        Some((words, _)) => words,
        None if kind == Kind::Plain => text::lapse(link.from(focus).latency),
        None => kind.words().to_owned(),
    };
    let mut row = row.text(0, 1, words, kind.style(theme));
    if let Some(time) = round_trip(sight, link).filter(|_| link.is_connected) {
        let words = format!("rtt {}", text::lapse(time));
        row = row.text(1, 2, words, theme.dim());
    }
    let unsent = peer(sight, focus, other(link, focus)).map_or(0, |peer| peer.unsent_bytes);
    if unsent > 0 {
        let words = format!("queue {}", text::size(unsent));
        row = row.text(2, 2, words, theme.warn());
    }
    row
}

/// What the signs of the graph or the table mean.
fn signs(sight: Sight<'_>) -> Vec<Vec<Span<'static>>> {
    match sight.is_table {
        true => table_signs(sight),
        false => graph_signs(sight),
    }
}

fn table_signs(sight: Sight<'_>) -> Vec<Vec<Span<'static>>> {
    let theme = sight.scene.theme;
    let join = |kinds: &[Kind]| {
        let mut spans = Vec::new();
        for kind in kinds {
            if !spans.is_empty() {
                spans.push(Span::raw(" ".repeat(SIGN_GAP)));
            }
            spans.push(Span::styled(kind.sign(), kind.style(theme)));
            spans.push(Span::styled(format!(" {}", kind.words()), theme.dim()));
        }
        spans
    };
    // Without it `x cut` reads like a key.
    let mut first = vec![Span::styled("signs ", theme.dim())];
    first.extend(join(&[Kind::Plain, Kind::Slow]));
    vec![
        first,
        join(&[Kind::Cut, Kind::Hole]),
        join(&[Kind::Poor, Kind::OneWay]),
        join(&[Kind::Apart]),
    ]
}

fn graph_signs(sight: Sight<'_>) -> Vec<Vec<Span<'static>>> {
    let theme = sight.scene.theme;
    let mut flying = Vec::new();
    if let Some(tip) = sight.scene.lab.tips().first() {
        flying.push(sight.scene.chip(tip.tip));
        flying.push(Span::styled(" a block", theme.dim()));
        flying.push(Span::raw(" ".repeat(GAP)));
    }
    flying.push(Span::styled(theme.payment(), theme.badge()));
    flying.push(Span::styled(" a payment", theme.dim()));
    if sight.scene.lab.time.is_some() {
        flying.push(Span::raw(" ".repeat(GAP)));
        flying.push(Span::styled(theme.word(), theme.text()));
        flying.push(Span::styled(" other", theme.dim()));
    }
    let mut lines = line_sign(sight, Kind::Plain, "connected");
    lines.push(Span::raw(" ".repeat(GAP)));
    lines.extend(line_sign(sight, Kind::Apart, "not connected"));
    if !sight.flights.shown.iter().any(|flight| flight.is_replay) {
        return vec![lines, flying];
    }
    let mut replay = vec![Span::styled(theme.replay(), theme.dim())];
    replay.push(Span::styled(" has arrived, shown slower", theme.dim()));
    vec![lines, flying, replay]
}

/// A piece of such a line, and what it stands for.
fn line_sign(sight: Sight<'_>, kind: Kind, words: &'static str) -> Vec<Span<'static>> {
    let theme = sight.scene.theme;
    let stroke = kind.stroke(theme, Light::Full);
    let is_braille = sight.scene.viewer.spec.lines == Lines::Braille;
    let sample = match (theme.ascii, is_braille, stroke.is_dashed) {
        (true, _, true) => "....",
        (true, _, false) => "----",
        (false, true, true) => "⠒ ⠒ ",
        (false, true, false) => "⠒⠒⠒⠒",
        (false, false, true) => "┄┄┄┄",
        (false, false, false) => "────",
    };
    vec![
        Span::styled(sample, stroke.style),
        Span::styled(format!(" {words}"), theme.dim()),
    ]
}

/// Below the graph.
pub fn lying(sight: Sight<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = sight.scene.theme;
    let mut row = Row::new();
    for (rank, (label, figure)) in (0..).zip(node_figures(sight)) {
        let mut spans = vec![Span::styled(format!("{label} "), theme.dim())];
        spans.extend(figure);
        row = row.part(rank, GAP, spans);
    }
    let mut legend = Row::new();
    let gap = if sight.is_table { SIGN_GAP } else { GAP };
    for (rank, sign) in (0..).zip(signs(sight)) {
        legend = legend.part(rank, gap, sign);
    }
    let mut links = Row::new();
    let focus = sight.scene.viewer.focus;
    for (rank, link) in (1..).zip(sight.links_of(focus)) {
        let words = doing(Row::new(), sight, link).fit_spans(room);
        let name = format!("{} ", name(sight, other(link, focus), 10));
        let mut spans = vec![Span::styled(name, sight.scene.theme.text())];
        spans.extend(words);
        links = links.part(rank, GAP, spans);
    }
    let last = messages::last(sight, Between::Any(focus), 1, room.saturating_sub(5)).pop();
    let last = last.map_or_else(Line::default, |last| {
        let mut spans = vec![Span::styled("last ", theme.dim())];
        spans.extend(last.spans);
        Line::from(spans)
    });
    vec![row.fit(room), links.fit(room), last, legend.fit(room)]
}
