//! The focused node in figures, its links, and what the signs of the graph mean.

use super::{GAP, LABEL, delay, name};
use crate::lab::units::show_bandwidth;
use crate::link::PRESETS;
use crate::ui::keymap::Action;
use crate::ui::network::Sight;
use crate::ui::network::look::Kind;
use crate::ui::text::{self, Row};
use ratatui::text::{Line, Span};

/// Its number and name.
pub fn title(sight: Sight<'_>) -> String {
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
        let peers = match node.state.is_up() {
            true => snapshot.ready_peers().count(),
            false => 0,
        };
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

/// Beside the graph.
pub fn upright(sight: Sight<'_>, room: usize, height: u16) -> Vec<Line<'static>> {
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
    let dots = format!("{0}   {0}", theme.waiting());
    let apart = vec![
        Span::styled(dots, theme.faint()),
        Span::styled(" not connected", theme.dim()),
    ];
    vec![join(&[Kind::Cut, Kind::Hole]), apart, flying]
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
    for (rank, sign) in (0..).zip(signs(sight)) {
        legend = legend.part(rank, GAP, sign);
    }
    let keymap = &sight.scene.ui.keymap;
    let split = match sight.scene.lab.partition.is_some() {
        true => "unites the network",
        false => "splits the network in two",
    };
    let mut hints = Row::new();
    for (rank, (action, does)) in (0..).zip([
        (Action::NextLink, "chooses a link"),
        (Action::Partition, split),
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
