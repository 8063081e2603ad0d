//! A message in a few words.

use super::scene::Scene;
use crate::lab::LabView;
use crate::lab::observe::transcript::{Party, Spoken};
use crate::lab::view::InFlight;
use crate::node::Time;
use crate::node::io::EventKind;
use crate::node::message::{Item, Kind, MessageSummary};
use crate::ui::text::{self, counted};
use ratatui::style::Style;
use ratatui::text::Span;

/// Messages that are looked at for those that are like another.
const LOOKED_AT: usize = 2_048;

/// The time of a message, to the millisecond: `+00:39.120`.
pub(in crate::ui) fn moment(scene: Scene<'_>, at: Time) -> String {
    let us = match scene.viewer.is_wall_clock {
        false => at.0 - scene.lab.since.0.min(at.0),
        true => at.0.saturating_add_signed(-scene.lab.wall_offset_us),
    };
    format!("{}.{:03}", scene.moment(at), us / 1_000 % 1_000)
}

/// What a node is called, in so many columns.
pub(in crate::ui) fn name(scene: Scene<'_>, party: &Party, width: usize) -> String {
    text::short_name(name_of(scene.lab, party), width, scene.theme.cut())
}

/// What it is about: a block's height and chip, a transaction's end, or how much there is.
pub(in crate::ui) fn about(scene: Scene<'_>, said: &Spoken, style: Style) -> Vec<Span<'static>> {
    if let Some(item) = said.item() {
        return item_spans(scene, item, style);
    }
    let count = match summary_of(said) {
        Some(MessageSummary::Items { count, .. }) => counted(*count, "item"),
        Some(MessageSummary::Headers { count: 0, .. }) => "none".to_owned(),
        Some(MessageSummary::Headers { count, .. }) => counted(*count, "header"),
        Some(MessageSummary::Filters {
            count: Some(count), ..
        }) => counted(*count, "filter"),
        Some(MessageSummary::Filters { range, .. }) => format!("from #{}", range.start),
        Some(MessageSummary::Proofs {
            count: Some(count), ..
        }) => counted(*count, "proof"),
        Some(MessageSummary::Proofs { query, .. }) => format!("from #{}", query.from.height),
        Some(MessageSummary::Watch { count: 1, .. }) => "1 address".to_owned(),
        Some(MessageSummary::Watch { count, .. }) => format!("{count} addresses"),
        Some(MessageSummary::Fees(rates)) => format!("{} a kB", rates.next_block),
        Some(MessageSummary::Addrs { count: 1, .. }) => "1 address".to_owned(),
        Some(MessageSummary::Addrs { count, .. }) => format!("{count} addresses"),
        Some(MessageSummary::Version(version)) => format!("height {}", version.height),
        _ => return Vec::new(),
    };
    vec![Span::styled(count, style)]
}

fn item_spans(scene: Scene<'_>, item: Item, style: Style) -> Vec<Span<'static>> {
    match item {
        Item::Tx(txid) => {
            let short = txid.short();
            vec![Span::styled(short[short.len() - 4..].to_owned(), style)]
        }
        Item::Block(hash) => match scene.lab.chips.find(&hash) {
            Some(id) => vec![
                Span::styled(format!("#{} ", id.height), style),
                scene.chip(id),
            ],
            None => vec![Span::styled(format!("..{}", hash.short()), style)],
        },
    }
}

/// How long it took, or what became of it.
pub(in crate::ui) fn fate(said: &Spoken) -> String {
    match (said.took(), said.received) {
        (Some(took), _) => text::lapse(took),
        _ if said.is_lost => "lost".to_owned(),
        (None, Some(_)) => String::new(),
        (None, None) if said.to.node().is_none() => String::new(),
        (None, None) => "on its way".to_owned(),
    }
}

/// A message that is on its way in virtual time.
pub(in crate::ui) fn on_its_way<'a>(lab: &'a LabView, said: &Spoken) -> Option<&'a InFlight> {
    let is_under_way = |said: &Spoken| said.received.is_none() && !said.is_lost;
    lab.time.as_ref().filter(|_| is_under_way(said))?;
    let (from, to) = (said.from.node()?, said.to.node()?);
    let key = (said.kind()?, said.item());
    let is_alike = |other: &&Spoken| {
        (&other.from, &other.to) == (&said.from, &said.to)
            && (other.kind(), other.item()) == (Some(key.0), key.1)
            && other.number < said.number
            && is_under_way(other)
    };
    // Of several that are alike the first that was sent is the first that is on its way.
    let recent = lab.transcript.newest().take(LOOKED_AT);
    let before = recent.filter(is_alike).count();
    let mut alike = lab
        .in_flight
        .iter()
        .filter(|sent| (sent.from, sent.to) == (from, to) && (sent.kind, sent.item) == key);
    alike.nth(before)
}

/// Whether time stands still at the moment at which it was sent, or came in.
pub(in crate::ui) fn is_lit(scene: Scene<'_>, said: &Spoken) -> bool {
    let ends = scene.told().and_then(|told| told.node.zip(told.other));
    let Some((node, other)) = ends else {
        return false;
    };
    let now = Some(scene.lab.now);
    let said_by = (said.from.node(), said.to.node());
    let was_sent = said.sent == now && said_by == (Some(node), Some(other));
    was_sent || said.received == now && said_by == (Some(other), Some(node))
}

/// How its fate looks.
pub(in crate::ui) fn fate_style(scene: Scene<'_>, said: &Spoken) -> Style {
    match (said.is_lost, said.received) {
        (true, _) => scene.theme.bad(),
        (false, None) => scene.theme.warn(),
        (false, Some(_)) => scene.theme.strong(),
    }
}

/// How its command looks: what carries something stands out.
pub(in crate::ui) fn command_style(scene: Scene<'_>, said: &Spoken) -> Style {
    match said.kind() {
        Some(Kind::Block) => scene.theme.strong(),
        Some(Kind::Tx) => scene.theme.good(),
        Some(Kind::Reject | Kind::NotFound) => scene.theme.warn(),
        Some(Kind::Ping | Kind::Pong | Kind::Verack) => scene.theme.dim(),
        _ => scene.theme.text(),
    }
}

/// What a node is called.
pub(in crate::ui) fn name_of<'a>(lab: &'a LabView, party: &'a Party) -> &'a str {
    match party {
        Party::Node(ix) => lab.node(*ix).map_or("", |node| &node.name),
        Party::Stranger(name) => name,
    }
}

/// The blocks and transactions that a message is about, as far as they are known.
pub(in crate::ui) fn items(said: &Spoken) -> impl Iterator<Item = Item> + use<'_> {
    let first: &[Item] = match summary_of(said) {
        Some(MessageSummary::Items { first, .. }) => first,
        _ => &[],
    };
    let own = said.item().filter(|_| first.is_empty());
    own.into_iter().chain(first.iter().copied())
}

/// What a message says, in little.
pub(in crate::ui) fn summary_of(said: &Spoken) -> Option<&MessageSummary> {
    match said.told() {
        EventKind::MessageSent { summary, .. } | EventKind::MessageReceived { summary, .. } => {
            Some(summary)
        }
        _ => None,
    }
}

/// A hash, whole, as people read it.
pub(in crate::ui) fn item_hash(item: &Item) -> String {
    match item {
        Item::Tx(txid) => txid.to_string(),
        Item::Block(hash) => hash.to_string(),
    }
}
