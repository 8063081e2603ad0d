//! What another process says of its nodes and its lab, as far as it is believed.
//!
//! Texts and numbers were bounded as they came in ([`heard`](super::heard)). Here is what only a lab knows: names are names, lists are as long as a node's, and what no node would
//! say is left out, so what is kept of another process is bounded as well.

use super::data::{About, NodeEvent, Opening};
use super::heard::HEIGHT_MAX;
use crate::bitcoin::Network;
use crate::lab::ask::Can;
use crate::lab::ask::verbs::NOTE_MAX;
use crate::lab::layout::{COLUMNS_MAX, HINT_MAX, NODES_MAX};
use crate::lab::observe::marks::MARKS_MAX;
use crate::lab::paper::names::parse_node_name;
use crate::lab::script::expr::TEXT_MAX as EXPR_MAX;
use crate::lab::script::step::{SPEAKER_MAX, STEPS_MAX, TITLE_MAX};
use crate::lab::view::{LabStatus, NodeStatus, TimeNews, TimeView};
use crate::node::foreign::{is_peer_name, peer_name};
use crate::node::io::{EventKind, LOST_MAX, Reply};
use crate::node::message::TEXT_MAX;
use crate::node::snapshot::{MEMPOOL_SHOWN, NodeSnapshot, PAYEES_SHOWN, PeerInfo, RECENT_BLOCKS};
use crate::node::store::BlockId;
use crate::node::wallets::{WALLETS_MAX, check_name};
use std::sync::Arc;
use std::time::Duration;

/// The longest command: as many bytes as a frame has for it.
const COMMAND_MAX: usize = 12;

/// The longest reason why payments wait, or why a node cannot do something: it is said in a few words.
const WHY_MAX: usize = 256;

/// A line that a program of others has written, cut and in words of at most four bytes a character.
const LINE_MAX: usize = 4_096;

/// The longest address of a wallet, or name of one.
const OWNER_MAX: usize = 128;

/// The most bytes of a message that are believed: four times the largest block that there can be.
const MESSAGE_MAX: usize = 16_000_000;

/// The most bytes of a mempool that are believed: as many as no machine has.
const BYTES_MAX: usize = 1 << 48;

/// Characters of a lab's name.
const LAB_NAME_MAX: usize = 64;

/// Breakpoints that are believed: more than one screen lists.
const BREAKPOINTS_MAX: usize = 100;

/// The fastest that a lab goes: a million times as fast as the clock on the wall.
const REACHED_MAX: u64 = 1_000_000;

/// The longest that a lab has gone on: a thousand years.
const TIME_MAX: Duration = Duration::from_secs(1_000 * 366 * 86_400);

/// What is wrong with a program of others: a stray peer is one, and there may be some.
const FAULTS_MAX: usize = 32;

/// Peers of a node: several times as many as it lets in.
const PEERS_MAX: usize = 1_000;

/// How a node looks; `None`: no node looks like this.
pub(super) fn status(mut status: NodeStatus) -> Option<NodeStatus> {
    parse_node_name(&status.node).ok()?;
    if let Some(seen) = status.snapshot.take() {
        status.snapshot = Some(Arc::new(snapshot(Arc::unwrap_or_clone(seen))?));
    }
    status.can = can(&status.can);
    Some(status)
}

/// What a node cannot do it does not do for a reason, which is a short one.
fn can(told: &Can) -> Can {
    let taken = told.taken().filter(|(_, why)| !why.trim().is_empty());
    let short = taken.map(|(ability, why)| {
        let mut why = Arc::clone(why);
        shorten_shared(&mut why, WHY_MAX);
        (ability, why)
    });
    short.collect()
}

fn snapshot(mut seen: NodeSnapshot) -> Option<NodeSnapshot> {
    seen.recent.truncate(RECENT_BLOCKS);
    let mut blocks = seen.recent.iter().map(|block| &block.id);
    if !blocks.all(is_height) || !is_height(&seen.tip) || seen.mempool.bytes > BYTES_MAX {
        return None;
    }
    seen.mempool.shown.truncate(MEMPOOL_SHOWN);
    for tx in &mut seen.mempool.shown {
        if tx.to.len() > PAYEES_SHOWN {
            tx.to = tx.to[..PAYEES_SHOWN].into();
        }
    }
    peers(&mut seen.peers);
    seen.wallets.truncate(WALLETS_MAX);
    let is_wallet = |name: &str, address: &str| check_name(name).is_ok() && is_owner(address);
    seen.wallets
        .retain(|wallet| is_wallet(&wallet.name, &wallet.address));
    if let Some(mining) = &mut seen.mining {
        mining.to.take_if(|to| check_name(to).is_err());
    }
    if let Some(program) = &mut seen.program {
        // There are few networks, and something is kept for each.
        program.network.parse::<Network>().ok()?;
        program.faults.truncate(FAULTS_MAX);
    }
    Some(seen)
}

fn peers(peers: &mut Vec<PeerInfo>) {
    peers.truncate(PEERS_MAX);
    for peer in peers {
        if !is_peer_name(&peer.name) {
            peer.name = peer_name(&peer.name);
        }
        shorten(&mut peer.user_agent, TEXT_MAX);
    }
}

/// What a node answers; `None`: no node answers that.
pub(super) fn reply(reply: Reply) -> Option<Reply> {
    match reply {
        Reply::Peers(mut told) => {
            peers(&mut told);
            Some(Reply::Peers(told))
        }
        Reply::Snapshot(seen) => Some(Reply::Snapshot(Box::new(snapshot(*seen)?))),
        other => Some(other),
    }
}

/// How all nodes look.
pub(super) fn statuses(all: Vec<NodeStatus>) -> Vec<NodeStatus> {
    let all = all.into_iter().take(NODES_MAX);
    all.filter_map(status).collect()
}

/// What a subscription begins with.
pub(super) fn opening(opening: Opening) -> Opening {
    Opening {
        nodes: statuses(opening.nodes),
        events: opening.events.into_iter().filter_map(event).collect(),
        lab: lab(opening.lab),
        time: opening.time.map(time_news),
    }
}

/// What is told of time.
pub(super) fn time_news(news: TimeNews) -> TimeNews {
    TimeNews {
        time: TimeView {
            marks: Arc::default(),
            ..time(news.time)
        },
        marked: news.marked.min(MARKS_MAX),
    }
}

/// How time goes.
pub(super) fn time(mut time: TimeView) -> TimeView {
    for since in [&mut time.at, &mut time.newest] {
        *since = (*since).min(TIME_MAX);
    }
    if let Some(told) = &mut time.told {
        shorten_shared(&mut told.words, NOTE_MAX);
    }
    time.reached = time.reached.map(|times| times.min(REACHED_MAX));
    if let Some(words) = &mut time.on_its_way {
        shorten_shared(words, NOTE_MAX);
    }
    let breakpoints = Arc::make_mut(&mut time.breakpoints);
    breakpoints.truncate(BREAKPOINTS_MAX);
    for expr in breakpoints {
        shorten(expr, EXPR_MAX);
    }
    let marks = Arc::make_mut(&mut time.marks);
    marks.truncate(MARKS_MAX);
    marks
        .iter_mut()
        .for_each(|mark| mark.at = mark.at.min(TIME_MAX));
    time
}

/// What is behind an endpoint.
pub(super) fn about(mut about: About) -> About {
    shorten(&mut about.name, LAB_NAME_MAX);
    about.nodes.truncate(NODES_MAX);
    about.nodes.retain(|name| parse_node_name(name).is_ok());
    let view = &mut about.view;
    view.columns = view.columns.map(|columns| columns.clamp(1, COLUMNS_MAX));
    if let Some(hint) = &mut view.hint {
        shorten(hint, HINT_MAX);
    }
    about
}

/// What happened; `None`: that does not happen to a node.
pub(super) fn event(mut told: NodeEvent) -> Option<NodeEvent> {
    let event = Arc::make_mut(&mut told.event);
    if let Some(peer) = event.kind.peer_mut()
        && !is_peer_name(&peer.name)
    {
        peer.name = peer_name(&peer.name).into();
    }
    is_likely(&event.kind).then_some(told)
}

/// Whether an event can be one of a node.
fn is_likely(event: &EventKind) -> bool {
    match event {
        EventKind::MessageSent {
            command,
            bytes,
            summary,
            ..
        }
        | EventKind::MessageReceived {
            command,
            bytes,
            summary,
            ..
        } => command.len() <= COMMAND_MAX && *bytes <= MESSAGE_MAX && summary.is_bounded(),
        EventKind::TipChanged { tip, .. } => is_height(tip),
        EventKind::Mined { block, .. } | EventKind::Withheld { block, .. } => is_height(block),
        EventKind::Released { tip, .. } => is_height(tip),
        EventKind::BlockSeen { block, by, .. } => is_height(block) && by.len() <= WHY_MAX,
        EventKind::Seen(words) | EventKind::Wrote(words) | EventKind::Light(words) => {
            words.len() <= LINE_MAX
        }
        EventKind::Reorganised {
            fork,
            old,
            new,
            held_why,
            lost,
            ..
        } => {
            let is_short = held_why.as_ref().is_none_or(|why| why.len() <= WHY_MAX);
            is_short && lost.len() <= LOST_MAX && [fork, old, new].into_iter().all(is_height)
        }
        EventKind::BecameInvalid { lost, .. } => lost.len() <= LOST_MAX,
        EventKind::WalletCreated { name, address } => check_name(name).is_ok() && is_owner(address),
        EventKind::Sent { from, to, .. } => is_owner(from) && is_owner(to),
        EventKind::Strangers(sums) => sums.why.as_ref().is_none_or(|why| why.len() <= WHY_MAX),
        EventKind::BlockRefused { .. }
        | EventKind::BlockWaits { .. }
        | EventKind::TxAccepted { .. }
        | EventKind::TxRefused { .. }
        | EventKind::TxDropped { .. }
        | EventKind::PeerUp { .. }
        | EventKind::PeerDown { .. }
        | EventKind::ClockSkew { .. }
        | EventKind::DialFailed { .. }
        | EventKind::Banned { .. }
        | EventKind::GaveUp { .. }
        | EventKind::TxSeen { .. }
        | EventKind::Mining(_) => true,
    }
}

fn is_height(id: &BlockId) -> bool {
    id.height < HEIGHT_MAX
}

/// Whether it can be a wallet's name or address.
fn is_owner(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
    !text.is_empty() && text.len() <= OWNER_MAX && text.bytes().all(is_plain)
}

/// What a lab shows beside its nodes.
pub(super) fn lab(mut status: LabStatus) -> LabStatus {
    if let Some(caption) = &mut status.caption {
        shorten_shared(caption, NOTE_MAX);
    }
    if let Some(script) = &mut status.script {
        let script = Arc::make_mut(script);
        script.steps.truncate(STEPS_MAX);
        for step in &mut script.steps {
            let texts = [
                (&mut step.title, TITLE_MAX),
                (&mut step.note, NOTE_MAX),
                (&mut step.speaker, SPEAKER_MAX),
            ];
            for (text, max) in texts {
                text.iter_mut().for_each(|text| shorten_shared(text, max));
            }
        }
    }
    if let Some(groups) = &mut status.partition {
        groups.truncate(NODES_MAX);
        groups
            .iter_mut()
            .for_each(|group| group.truncate(NODES_MAX));
    }
    status
}

fn shorten(text: &mut String, max: usize) {
    if let Some((end, _)) = text.char_indices().nth(max) {
        text.truncate(end);
    }
}

fn shorten_shared(text: &mut Arc<str>, max: usize) {
    if let Some((end, _)) = text.char_indices().nth(max) {
        *text = text[..end].into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{BlockHash, Txid};
    use crate::node::Time;
    use crate::node::io::{ConnId, Event, PeerLabel};
    use crate::node::message::{Item, MessageSummary};

    fn sent(name: &str, command: &str, bytes: usize, items: usize) -> EventKind {
        EventKind::MessageSent {
            peer: PeerLabel {
                conn: ConnId(1),
                name: name.into(),
            },
            command: command.to_owned(),
            bytes,
            item: None,
            summary: MessageSummary::Items {
                count: items,
                first: vec![Item::Tx(Txid([7; 32])); items],
            },
        }
    }

    #[test]
    fn events_that_no_node_would_tell_are_not_believed() {
        assert!(is_likely(&sent("bob", "inv", 68, 8)));
        assert!(!is_likely(&sent("bob", "inv", usize::MAX, 1)));
        assert!(!is_likely(&sent("bob", "inv", 68, 9)));
        assert!(!is_likely(&sent("bob", &"inv".repeat(5), 68, 1)));
        let id = |height| BlockId {
            height,
            hash: BlockHash([7; 32]),
        };
        let reorganised = |height, lost| EventKind::Reorganised {
            fork: id(1),
            old: id(2),
            new: id(height),
            depth: 1,
            returned: 0,
            confirmed: 0,
            held: 0,
            held_why: None,
            lost: vec![Txid([7; 32]); lost],
            lost_count: lost,
        };
        assert!(is_likely(&reorganised(3, LOST_MAX)));
        assert!(!is_likely(&reorganised(3, LOST_MAX + 1)));
        assert!(!is_likely(&reorganised(HEIGHT_MAX, 0)));
        let made = |name: &str| EventKind::WalletCreated {
            name: name.to_owned(),
            address: "Q".repeat(40),
        };
        assert!(is_likely(&made("bob")));
        assert!(!is_likely(&made("bob made, and mined #7")));
    }

    #[test]
    fn a_peer_of_another_process_is_called_by_a_name_or_in_quotes() {
        for (said, shown) in [
            ("bob", "bob"),
            ("10.0.0.1:3000", "10.0.0.1:3000"),
            (r#"peer "/Satoshi/" 2"#, r#"peer "/Satoshi/" 2"#),
            ("mined #7", r#"peer "mined #7""#),
        ] {
            let told = NodeEvent {
                node: "central".to_owned(),
                event: Arc::new(Event {
                    at: Time(1),
                    kind: sent(said, "inv", 68, 1),
                }),
            };
            let mut told = event(told).expect("it happens");
            let peer = Arc::make_mut(&mut told.event).kind.peer_mut();
            assert_eq!(
                peer.map(|peer| peer.name.to_string()).as_deref(),
                Some(shown)
            );
        }
    }
}
