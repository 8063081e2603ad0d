//! A link in figures, both of its directions.

use super::messages::{self, Between};
use super::words::{GAP, LABEL, delay, name};
use crate::lab::observe::transcript::Count;
use crate::lab::paper::units::show_bandwidth;
use crate::lab::view::LinkView;
use crate::link::{Conditions, LinkState, PRESETS};
use crate::node::NodeIx;
use crate::node::snapshot::PeerInfo;
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row};
use crate::ui::views::network::look::{percent, state};
use crate::ui::views::network::sight::Sight;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// The figures of a direction: what each is called, and how soon it is left out.
const FIGURES: [(&str, u8); 9] = [
    ("state", 0),
    ("latency", 1),
    ("jitter", 6),
    ("bandwidth", 5),
    ("loss", 4),
    ("on the way", 3),
    ("queue", 2),
    ("messages", 7),
    ("bytes", 8),
];
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

/// A direction of a link.
struct Direction {
    name: String,
    figures: [String; FIGURES.len()],
    is_shut: bool,
}

fn ways(sight: Sight<'_>, link: &LinkView) -> [Direction; 2] {
    let (a, b) = link.ends;
    [(a, b, &link.there), (b, a, &link.back)].map(|(from, to, way)| {
        let counts = sight.scene.lab.transcript.counts().get(&(from, to));
        let counts = counts.into_iter().flatten();
        let said = counts.fold(Count::default(), |sum, count| Count {
            messages: sum.messages + count.messages,
            bytes: sum.bytes + count.bytes,
        });
        let arrow = sight.scene.theme.arrow();
        Direction {
            name: format!("{} {arrow} {}", name(sight, from, 12), name(sight, to, 12)),
            figures: figures(sight, (from, to), way, said),
            is_shut: way.state != LinkState::Open,
        }
    })
}

fn figures(
    sight: Sight<'_>,
    (from, to): (NodeIx, NodeIx),
    way: &Conditions,
    said: Count,
) -> [String; FIGURES.len()] {
    let peer = peer(sight, from, to);
    [
        state(way.state).to_owned(),
        delay(way.latency),
        delay(way.jitter),
        way.bandwidth
            .map_or_else(|| "unlimited".to_owned(), show_bandwidth),
        percent(way.loss),
        messages::on_the_way(sight, from, to).to_string(),
        peer.map_or_else(|| "-".to_owned(), |peer| text::size(peer.unsent_bytes)),
        said.messages.to_string(),
        text::size(said.bytes),
    ]
}
/// Whether both ends are connected, how long a word and its answer took, and what it is like.
fn besides(sight: Sight<'_>, link: &LinkView) -> Row {
    let theme = sight.scene.theme;
    let connected = match link.is_connected {
        true => Span::styled("connected", theme.good()),
        false => Span::styled(waits(sight, link), theme.warn()),
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
    row
}

/// Of a link that has no connection, which of its ends is to dial if nothing is in the way.
fn waits(sight: Sight<'_>, link: &LinkView) -> String {
    let (a, b) = link.ends;
    let is_up = |ix| {
        sight
            .scene
            .lab
            .node(ix)
            .is_some_and(|node| node.state.is_up())
    };
    let dials = [(a, link.dials.0), (b, link.dials.1)];
    let dials = dials.into_iter().filter(|(_, dials)| *dials);
    let dials: Vec<_> = dials.map(|(ix, _)| name(sight, ix, 12)).collect();
    if dials.is_empty() || !link.is_wholly_open() || !is_up(a) || !is_up(b) {
        return "not connected".to_owned();
    }
    let again = if link.has_met { " again" } else { "" };
    format!("waits for {} to dial{again}", dials.join(" or "))
}

/// How long a ping and its answer took, as the one end or else the other measured it.
pub fn round_trip(sight: Sight<'_>, link: &LinkView) -> Option<Duration> {
    let (a, b) = link.ends;
    let seen = |from, to| peer(sight, from, to)?.round_trip;
    seen(a, b).or_else(|| seen(b, a))
}

/// One end of a connection, as the other sees it.
pub fn peer<'a>(sight: Sight<'a>, from: NodeIx, to: NodeIx) -> Option<&'a PeerInfo> {
    let to = sight.scene.name(to);
    let node = sight
        .scene
        .lab
        .node(from)
        .filter(|node| node.state.is_up())?;
    let mut peers = node.snapshot.as_ref()?.ready_peers();
    peers.find(|peer| peer.name == to)
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

/// The last messages that are shown, at most.
const LAST: usize = 8;

/// Beside the graph.
pub fn upright(sight: Sight<'_>, link: &LinkView, room: usize, height: u16) -> Vec<Line<'static>> {
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
        let figure = |way: &Direction| {
            let style = match at == 0 && way.is_shut {
                true => theme.bad(),
                false => theme.text(),
            };
            Span::styled(way.figures[at].clone(), style)
        };
        lines.push(row(label, figure(&ways[0]), figure(&ways[1])));
    }
    lines.push(besides(sight, link).fit(room));
    let keys = keys(sight).map(|(key, does)| {
        let does = Span::styled(format!(" {does}"), theme.dim());
        Line::from(vec![Span::styled(key, theme.key()), does])
    });
    let keys: Vec<_> = keys.collect();
    // Two more lines for the title and the air above it, and one above the keys.
    let left = usize::from(height).saturating_sub(lines.len() + 2);
    let shown = left.saturating_sub(keys.len() + 1).min(LAST);
    let shown = if shown == 0 { left.min(LAST) } else { shown };
    if shown > 0 {
        lines.push(Line::default());
        lines.extend(messages::section(
            sight,
            Between::Both(link.ends),
            shown,
            room,
        ));
    }
    if lines.len() + 1 + keys.len() <= usize::from(height) {
        lines.push(Line::default());
        lines.extend(keys);
    }
    lines
}

/// Before the last message.
const LAST_WORD: &str = "last ";

/// Below the graph.
pub fn lying(sight: Sight<'_>, link: &LinkView, room: usize) -> Vec<Line<'static>> {
    let theme = sight.scene.theme;
    let ways = ways(sight, link);
    let names = ways.iter().map(|way| way.name.chars().count()).max();
    let names = names.unwrap_or_default();
    let width = |at: usize| {
        let figures = ways.iter().map(|way| way.figures[at].chars().count());
        figures.max().unwrap_or_default().max(FIGURES[at].0.len())
    };
    let shown = fitting(|at| width(at) + GAP, room.saturating_sub(names));
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
    lines.push(state_and_last(sight, link, room));
    lines
}

/// The figures that have room, of these widths: the least important are left out first.
fn fitting(width: impl Fn(usize) -> usize, room: usize) -> Vec<usize> {
    let mut shown: Vec<_> = (0..FIGURES.len()).collect();
    while shown.iter().map(|at| width(*at)).sum::<usize>() > room {
        let Some(worst) = shown.iter().position(|at| {
            let rank = FIGURES[*at].1;
            shown.iter().all(|other| FIGURES[*other].1 <= rank)
        }) else {
            break;
        };
        shown.remove(worst);
    }
    shown
}

/// What there is to say besides the figures, and the last message.
fn state_and_last(sight: Sight<'_>, link: &LinkView, room: usize) -> Line<'static> {
    let mut spans = besides(sight, link).fit_spans(room);
    let left = room.saturating_sub(text::width(&spans) + GAP + LAST_WORD.len());
    let last = messages::last(sight, Between::Both(link.ends), 1, left).pop();
    if let Some(last) = last {
        let words = format!("{}{LAST_WORD}", " ".repeat(GAP));
        spans.push(Span::styled(words, sight.scene.theme.dim()));
        spans.extend(last.spans);
    }
    Line::from(spans)
}

/// What can be done with a chosen link.
fn keys(sight: Sight<'_>) -> impl Iterator<Item = (String, &'static str)> {
    let keymap = &sight.scene.viewer.keymap;
    let keys = [
        (Action::EditLink, "changes its figures"),
        (Action::CutLink, "cuts it, or opens it"),
        (Action::HoleLink, "makes it a black hole, or opens it"),
        (Action::NextLink, "goes to the next link"),
    ];
    keys.into_iter()
        .map(|(action, does)| (keymap.key_of(action), does))
}
