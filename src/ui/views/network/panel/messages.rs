//! What was said last: over a link, or by a node and to it.

use super::words::name;
use crate::lab::observe::transcript::Spoken;
use crate::node::NodeIx;
use crate::node::message::Kind;
use crate::ui::text::{self, Row};
use crate::ui::views::network::sight::{Ends, Sight};
use crate::ui::widgets::message;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Messages that are looked at.
const LOOKED_AT: usize = 2_048;

/// What was sent longer ago and has not come in is not waited for.
const ON_THE_WAY: Duration = Duration::from_secs(30);

/// Columns of a name.
const NAME: usize = 9;

/// Between two nodes, or of one with any other.
#[derive(Clone, Copy)]
pub enum Between {
    /// These, both ways.
    Both(Ends),
    /// This one and all others.
    Any(NodeIx),
}

/// A message between nodes.
struct Heard<'a> {
    from: NodeIx,
    to: NodeIx,
    said: &'a Spoken,
}

fn heard<'a>(sight: Sight<'a>, between: Between) -> impl Iterator<Item = Heard<'a>> {
    let newest = sight.scene.lab.transcript.newest().take(LOOKED_AT);
    newest.filter_map(move |said| {
        let (from, to) = (said.from.node()?, said.to.node()?);
        let is_meant = match between {
            Between::Both(ends) => (from.min(to), from.max(to)) == ends,
            Between::Any(ix) => from == ix || to == ix,
        };
        is_meant.then_some(Heard { from, to, said })
    })
}

/// How many messages are on their way from one node to another just now.
pub fn on_the_way(sight: Sight<'_>, from: NodeIx, to: NodeIx) -> usize {
    let lab = sight.scene.lab;
    if lab.time.is_some() {
        let sent = lab.in_flight.iter();
        return sent
            .filter(|sent| (sent.from, sent.to) == (from, to))
            .count();
    }
    let ends = (from.min(to), from.max(to));
    let now = lab.now;
    let on_the_way = heard(sight, Between::Both(ends)).filter(|heard| {
        let said = heard.said;
        let is_fresh = said.sent.is_some_and(|at| now.since(at) < ON_THE_WAY);
        (heard.from, heard.to) == (from, to) && is_fresh && said.received.is_none() && !said.is_lost
    });
    on_the_way.count()
}

/// The last messages, newest first, a line each. Pings are left out: the round trip says all that
/// they do.
pub fn last(sight: Sight<'_>, between: Between, count: usize, room: usize) -> Vec<Line<'static>> {
    let worth = heard(sight, between);
    let worth = worth.filter(|heard| !matches!(heard.said.kind(), Some(Kind::Ping | Kind::Pong)));
    let lines = worth.take(count).map(|heard| {
        let scene = sight.scene;
        let theme = scene.theme;
        let said = heard.said;
        let (way, other) = match between {
            Between::Any(ix) if heard.to == ix => ("from", heard.from),
            Between::Any(_) | Between::Both(_) => ("to", heard.to),
        };
        let other = format!("{way} {}", name(sight, other, NAME));
        let columns = NAME
            + if matches!(between, Between::Both(_)) {
                3
            } else {
                5
            };
        let mut what = vec![Span::styled(
            said.command().to_owned(),
            message::command_style(scene, said),
        )];
        let about = message::about(scene, said, theme.text());
        if !about.is_empty() {
            what.push(Span::raw(" "));
            what.extend(about);
        }
        let what = text::clip(what, room.saturating_sub(8 + columns), theme.cut());
        Row::new()
            .text(1, 0, scene.moment(said.at()), theme.dim())
            .text(0, 1, format!("{other:<columns$}"), theme.text())
            .part(0, 1, what)
            .part(2, 2, fate(sight, said))
            .fit(room)
    });
    lines.collect()
}

/// A title and so many lines below it, whatever was said: what stands below them stays there.
pub fn section(
    sight: Sight<'_>,
    between: Between,
    count: usize,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = sight.scene.theme;
    let mut lines = vec![Line::styled("last messages", theme.dim())];
    lines.extend(last(sight, between, count, room));
    if lines.len() == 1 {
        lines.push(Line::styled("none yet", theme.faint()));
    }
    lines.resize(count + 1, Line::default());
    lines
}

/// What became of it, if it did not simply come in.
fn fate(sight: Sight<'_>, said: &Spoken) -> Vec<Span<'static>> {
    match said.received {
        Some(_) => Vec::new(),
        None => {
            let style = message::fate_style(sight.scene, said);
            vec![Span::styled(message::fate(said), style)]
        }
    }
}
