//! What is chosen, in figures: a link with both of its directions, or else the focused node, with
//! what the signs mean.

use super::look::{Kind, percent, state};
use super::{Ends, Sight};
use crate::lab::NodeIx;
use crate::lab::talk::Count;
use crate::lab::units::{show_bandwidth, show_duration};
use crate::lab::view::LinkView;
use crate::link::{Conditions, LinkState, PRESETS};
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row, short_name};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use std::time::Duration;

/// Columns of the names of figures.
const LABEL: usize = 10;

/// Columns between figures that stand side by side.
const GAP: usize = 3;

/// The figures of a direction: what each is called, and how soon it is left out.
const FIGURES: [(&str, u8); 7] = [
    ("state", 0),
    ("latency", 1),
    ("jitter", 4),
    ("bandwidth", 3),
    ("loss", 2),
    ("messages", 5),
    ("bytes", 6),
];

/// Draws it, upright or lying.
pub fn render(frame: &mut Frame<'_>, area: Rect, sight: Sight<'_>, is_upright: bool) {
    let theme = sight.scene.theme;
    let (title, link) = match sight.chosen_link() {
        Some(link) => (ends_words(sight, link.ends, 12), Some(link)),
        None => (node_title(sight), None),
    };
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(format!(" {title} "), theme.strong()));
    let inner = block.inner(area);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    frame.render_widget(block, area);
    let room = usize::from(inner.width);
    let lines = match (link, is_upright) {
        (Some(link), true) => link_upright(sight, link, room),
        (Some(link), false) => link_lying(sight, link, room),
        (None, true) => node_upright(sight, room, inner.height),
        (None, false) => node_lying(sight, room),
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The chosen link in one line, where there is no room for more.
pub fn brief(sight: Sight<'_>, room: usize) -> Option<Vec<Span<'static>>> {
    let link = sight.chosen_link()?;
    let (theme, ways) = (sight.scene.theme, ways(sight, link));
    let mut row = Row::new();
    for (rank, way) in (0..).zip(&ways) {
        let words = format!("{}: {}, {}", way.name, way.figures[0], way.figures[1]);
        row = row.text(rank, 3, words, theme.focus());
    }
    Some(row.fit_spans(room))
}

fn name(sight: Sight<'_>, ix: NodeIx, room: usize) -> String {
    short_name(sight.scene.name(ix), room, sight.scene.theme.cut())
}

fn ends_words(sight: Sight<'_>, ends: Ends, room: usize) -> String {
    format!(
        "link {} - {}",
        name(sight, ends.0, room),
        name(sight, ends.1, room)
    )
}

/// A direction of a link.
struct Way {
    name: String,
    figures: [String; FIGURES.len()],
    is_shut: bool,
}

fn ways(sight: Sight<'_>, link: &LinkView) -> [Way; 2] {
    let (a, b) = link.ends;
    [(a, b, &link.there), (b, a, &link.back)].map(|(from, to, way)| {
        let counts = sight.scene.lab.talk.counts().get(&(from, to));
        let counts = counts.into_iter().flatten();
        let said = counts.fold(Count::default(), |sum, count| Count {
            messages: sum.messages + count.messages,
            bytes: sum.bytes + count.bytes,
        });
        let arrow = sight.scene.theme.arrow();
        Way {
            name: format!("{} {arrow} {}", name(sight, from, 12), name(sight, to, 12)),
            figures: figures(way, said),
            is_shut: way.state != LinkState::Open,
        }
    })
}

fn figures(way: &Conditions, said: Count) -> [String; FIGURES.len()] {
    [
        state(way.state).to_owned(),
        delay(way.latency),
        delay(way.jitter),
        way.bandwidth
            .map_or_else(|| "unlimited".to_owned(), show_bandwidth),
        percent(way.loss),
        said.messages.to_string(),
        text::size(said.bytes),
    ]
}

/// A time as it is set: `80 ms`, `0`.
fn delay(delay: Duration) -> String {
    if delay.is_zero() {
        return "0".to_owned();
    }
    let text = show_duration(delay);
    let unit = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(unit.unwrap_or(text.len()));
    format!("{number} {unit}")
}

/// Whether both ends are connected, how long a word and its answer took, and what it is like.
fn besides(sight: Sight<'_>, link: &LinkView, room: usize) -> Line<'static> {
    let theme = sight.scene.theme;
    let connected = match link.is_connected {
        true => Span::styled("connected", theme.good()),
        false => Span::styled("not connected", theme.warn()),
    };
    let mut row = Row::new().part(0, 0, vec![connected]);
    if let Some(time) = round_trip(sight, link).filter(|_| link.is_connected) {
        row = row.part(
            1,
            GAP,
            vec![
                Span::styled("round trip ", theme.dim()),
                Span::styled(text::lapse(time), theme.text()),
            ],
        );
    }
    if let Some(preset) = preset(link) {
        row = row.text(2, GAP, format!("as {preset}"), theme.dim());
    }
    row.fit(room)
}

fn round_trip(sight: Sight<'_>, link: &LinkView) -> Option<Duration> {
    let (a, b) = link.ends;
    let seen = |from: NodeIx, to: NodeIx| {
        let to = sight.scene.name(to);
        let snapshot = sight.scene.lab.node(from)?.snapshot.as_ref()?;
        let mut peers = snapshot.ready_peers();
        peers.find(|peer| peer.name == to)?.round_trip
    };
    seen(a, b).or_else(|| seen(b, a))
}

/// The preset that both directions are like.
fn preset(link: &LinkView) -> Option<&'static str> {
    let open = |way: Conditions| way.in_state(LinkState::Open);
    let (there, back) = (open(link.there), open(link.back));
    let like = PRESETS
        .iter()
        .find(|preset| preset.conditions == there && there == back);
    like.map(|preset| preset.name)
}

fn link_upright(sight: Sight<'_>, link: &LinkView, room: usize) -> Vec<Line<'static>> {
    let theme = sight.scene.theme;
    let each = room.saturating_sub(LABEL) / 2;
    let ways = ways(sight, link);
    let (a, b) = link.ends;
    let to = |ix| format!("to {}", name(sight, ix, each.saturating_sub(4)));
    let row = |label: &str, there: Span<'static>, back: Span<'static>| {
        let gap = each.saturating_sub(there.width());
        let label = Span::styled(format!("{label:<LABEL$}"), theme.dim());
        Line::from(vec![label, there, Span::raw(" ".repeat(gap)), back])
    };
    let head = |words: String| Span::styled(words, theme.strong());
    let mut lines = vec![row("", head(to(b)), head(to(a)))];
    for (at, (label, _)) in FIGURES.iter().enumerate() {
        let figure = |way: &Way| {
            let style = match at == 0 && way.is_shut {
                true => theme.bad(),
                false => theme.text(),
            };
            Span::styled(way.figures[at].clone(), style)
        };
        lines.push(row(label, figure(&ways[0]), figure(&ways[1])));
    }
    lines.push(besides(sight, link, room));
    lines.push(Line::default());
    lines.extend(keys(sight).map(|(key, does)| {
        let does = Span::styled(format!(" {does}"), theme.dim());
        Line::from(vec![Span::styled(key, theme.key()), does])
    }));
    lines
}

fn link_lying(sight: Sight<'_>, link: &LinkView, room: usize) -> Vec<Line<'static>> {
    let theme = sight.scene.theme;
    let ways = ways(sight, link);
    let names = ways.iter().map(|way| way.name.chars().count()).max();
    let names = names.unwrap_or_default();
    let width = |at: usize| {
        let figures = ways.iter().map(|way| way.figures[at].chars().count());
        figures.max().unwrap_or_default().max(FIGURES[at].0.len())
    };
    let mut shown: Vec<_> = (0..FIGURES.len()).collect();
    let all = |shown: &[usize]| names + shown.iter().map(|at| width(*at) + GAP).sum::<usize>();
    while all(&shown) > room {
        let Some(worst) = shown.iter().position(|at| {
            let rank = FIGURES[*at].1;
            shown.iter().all(|other| FIGURES[*other].1 <= rank)
        }) else {
            break;
        };
        shown.remove(worst);
    }
    let gap = " ".repeat(GAP);
    let mut head = vec![Span::raw(" ".repeat(names))];
    for at in &shown {
        let words = format!("{gap}{:<1$}", FIGURES[*at].0, width(*at));
        head.push(Span::styled(words, theme.dim()));
    }
    let mut lines = vec![Line::from(head)];
    for way in &ways {
        let mut spans = vec![Span::styled(
            format!("{:<names$}", way.name),
            theme.strong(),
        )];
        for at in &shown {
            let style = match *at == 0 && way.is_shut {
                true => theme.bad(),
                false => theme.text(),
            };
            let words = format!("{gap}{:<1$}", way.figures[*at], width(*at));
            spans.push(Span::styled(words, style));
        }
        lines.push(Line::from(spans));
    }
    lines.push(besides(sight, link, room));
    lines
}

/// What can be done with a chosen link.
fn keys(sight: Sight<'_>) -> impl Iterator<Item = (String, &'static str)> {
    let keymap = &sight.scene.ui.keymap;
    let keys = [
        (Action::EditLink, "changes its figures"),
        (Action::CutLink, "cuts it, or opens it"),
        (Action::HoleLink, "makes it a black hole, or opens it"),
        (Action::NextLink, "goes to the next link"),
    ];
    keys.into_iter()
        .map(|(action, does)| (keymap.key_of(action), does))
}

fn node_title(sight: Sight<'_>) -> String {
    let ix = sight.scene.ui.focus;
    format!("{} {}", ix.0 + 1, name(sight, ix, 20))
}

/// The focused node: what each figure is called, and the figure.
fn node_figures(sight: Sight<'_>) -> Vec<(&'static str, Vec<Span<'static>>)> {
    let (scene, ix) = (sight.scene, sight.scene.ui.focus);
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
        figures.push(("height", scene.block(snapshot.tip)));
        figures.push(("mempool", words(format!("{} tx", snapshot.mempool.count))));
        let peers = snapshot.ready_peers().count();
        figures.push(("peers", words(peers.to_string())));
        if let Some(height) = snapshot.mining.height.filter(|_| node.state.is_up()) {
            let rate = text::rate(snapshot.mining.hashrate);
            figures.push(("mining", words(format!("#{height}  {rate}"))));
        }
    }
    let links = sight.links_of(ix).count();
    figures.push(("links", words(links.to_string())));
    if let Some(group) = sight.group(ix) {
        let words = format!("{group} of a split network");
        figures.push(("group", vec![Span::styled(words, theme.warn())]));
    }
    figures
}

fn node_upright(sight: Sight<'_>, room: usize, height: u16) -> Vec<Line<'static>> {
    let theme = sight.scene.theme;
    let figures = node_figures(sight).into_iter().map(|(label, figure)| {
        let mut spans = vec![Span::styled(format!("{label:<LABEL$}"), theme.dim())];
        spans.extend(figure);
        Line::from(spans)
    });
    let key = sight.scene.ui.keymap.key_of(Action::NextLink);
    let title = |words: String| Line::styled(words, theme.dim());
    let mut lines: Vec<_> = figures.collect();
    let sections = [
        signs(sight).into_iter().map(Line::from).collect(),
        std::iter::once(title(format!("its links ({key} chooses one)")))
            .chain(its_links(sight, room))
            .collect(),
        std::iter::once(title("links with a name".to_owned()))
            .chain(presets(sight, room))
            .collect(),
    ];
    let sections: [Vec<Line<'static>>; 3] = sections;
    for section in sections {
        if lines.len() + 1 + section.len() <= usize::from(height) {
            lines.push(Line::default());
            lines.extend(section);
        }
    }
    lines
}

/// The focused node's links, a line each.
fn its_links(sight: Sight<'_>, room: usize) -> impl Iterator<Item = Line<'static>> {
    let (theme, focus) = (sight.scene.theme, sight.scene.ui.focus);
    sight.links_of(focus).map(move |link| {
        let other = match link.ends.0 == focus {
            true => link.ends.1,
            false => link.ends.0,
        };
        let kind = Kind::of(link, sight.usual);
        let words = match kind.label(link, sight.usual) {
            Some((words, Some("x" | "o"))) if kind != Kind::OneWay => {
                format!("{words} {}", kind.words())
            }
            Some((words, _)) => words,
            None if kind == Kind::Plain => text::lapse(link.there.latency),
            None => kind.words().to_owned(),
        };
        let name = name(sight, other, 16);
        Row::new()
            .text(0, 0, format!("{name:<17}"), theme.text())
            .text(1, 0, words, kind.style(theme))
            .fit(room)
    })
}

fn presets(sight: Sight<'_>, room: usize) -> impl Iterator<Item = Line<'static>> {
    let theme = sight.scene.theme;
    PRESETS.iter().map(move |preset| {
        let like = &preset.conditions;
        let bandwidth = like.bandwidth.map(show_bandwidth).unwrap_or_default();
        Row::new()
            .text(0, 0, format!("{:<17}", preset.name), theme.text())
            .text(1, 0, format!("{:<8}", delay(like.latency)), theme.dim())
            .text(2, 0, bandwidth, theme.dim())
            .fit(room)
    })
}

/// What the signs of the graph mean.
fn signs(sight: Sight<'_>) -> Vec<Vec<Span<'static>>> {
    let theme = sight.scene.theme;
    let sign = |kind: Kind| {
        vec![
            Span::styled(kind.sign(), kind.style(theme)),
            Span::styled(format!(" {}", kind.words()), theme.dim()),
        ]
    };
    let join = |kinds: &[Kind]| {
        let mut spans = Vec::new();
        for kind in kinds {
            if !spans.is_empty() {
                spans.push(Span::raw(" ".repeat(GAP)));
            }
            spans.extend(sign(*kind));
        }
        spans
    };
    if sight.is_table {
        return vec![
            join(&[Kind::Plain, Kind::Slow]),
            join(&[Kind::Cut, Kind::Hole]),
            join(&[Kind::Poor, Kind::OneWay]),
            join(&[Kind::Apart]),
        ];
    }
    let mut flying = Vec::new();
    if let Some(tip) = sight.scene.lab.tips().first() {
        flying.push(sight.scene.chip(tip.tip));
        flying.push(Span::styled(" a block", theme.dim()));
        flying.push(Span::raw(" ".repeat(GAP)));
    }
    flying.push(Span::styled(theme.payment(), theme.badge()));
    flying.push(Span::styled(" a payment", theme.dim()));
    let dots = theme.waiting().repeat(3);
    let apart = vec![
        Span::styled(dots, theme.faint()),
        Span::styled(" not connected", theme.dim()),
    ];
    vec![join(&[Kind::Cut, Kind::Hole]), apart, flying]
}

fn node_lying(sight: Sight<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = sight.scene.theme;
    let mut row = Row::new();
    for (rank, (label, figure)) in (0..).zip(node_figures(sight)) {
        let mut spans = vec![Span::styled(format!("{label} "), theme.dim())];
        spans.extend(figure);
        row = row.part(rank, GAP, spans);
    }
    let mut legend = Row::new();
    for (rank, sign) in (0..).zip(signs(sight)) {
        legend = legend.part(rank, GAP, sign);
    }
    let keymap = &sight.scene.ui.keymap;
    let mut hints = Row::new();
    for (rank, (action, does)) in (0..).zip([
        (Action::NextLink, "chooses a link"),
        (Action::Partition, "splits the network in two"),
        (Action::Zoom, "shows the node alone"),
    ]) {
        let key = Span::styled(keymap.key_of(action), theme.key());
        let does = Span::styled(format!(" {does}"), theme.dim());
        hints = hints.part(rank, GAP, vec![key, does]);
    }
    let mut links = Row::new().text(0, 0, "links with a name", theme.dim());
    for (rank, preset) in (1..).zip(PRESETS) {
        let words = format!("{} {}", preset.name, delay(preset.conditions.latency));
        links = links.text(rank, GAP, words, theme.dim());
    }
    [row, legend, hints, links]
        .into_iter()
        .map(|row| row.fit(room))
        .collect()
}
