//! What happened to a node, told in a line: short, because a pane is narrow. What matters most stands
//! in front, so that a pane of 40 columns shows it whole, beside the time; why it was comes after it.
//!
//! Not everything makes a line. Of a block that was found here the line is about the find, of a
//! reorganisation about that, and the news of the new tip in the same moment is left out. Messages
//! are for the view of messages, and who cannot be reached is told of once for each reason.

use super::view::{LogLine, Piece, Tone};
use crate::chain::Txid;
use crate::live::{Unreached, is_unknown, skew_words, strangers};
use crate::node::Time;
use crate::node::io::{CloseReason, Direction, Event, EventKind, PeerLabel};
use crate::node::store::BlockId;
use std::net::SocketAddr;

/// The longest reason in a line, in characters: two lines of a narrow pane.
const WHY_MAX: usize = 60;

/// Characters at either end of an address that nobody in the lab has.
const ADDRESS_ENDS: usize = 4;

/// Who is who in a lab.
pub trait Names {
    /// The node that listens here.
    fn node_at(&self, addr: SocketAddr) -> Option<&str>;
    /// The wallet that has this address.
    fn wallet_of(&self, address: &str) -> Option<&str>;
}

/// A node's story: what has been told matters for what is still to be told.
#[derive(Debug, Default)]
pub struct Story {
    /// The tip that a reorganisation led to.
    reorganised_to: Option<BlockId>,
    unreached: Unreached,
}

impl Story {
    /// The line that an event of the node `own` makes, if it makes one.
    pub fn line(&mut self, own: &str, event: &Event, names: &impl Names) -> Option<LogLine> {
        let (tone, pieces) = match &event.kind {
            EventKind::TipChanged {
                tip, blocks, from, ..
            } => (Tone::Plain, self.grown(*tip, *blocks, from.as_ref())?),
            EventKind::Reorganised {
                new,
                depth,
                returned,
                held,
                lost_count,
                ..
            } => {
                self.reorganised_to = Some(*new);
                let became = [*returned, *held, *lost_count];
                (Tone::Warn, reorganised(*new, *depth, became))
            }
            EventKind::BecameInvalid { lost_count, .. } => {
                let invalid = counted(*lost_count, "tx");
                (
                    Tone::Warn,
                    vec![text(format!("{invalid} invalid after a reorg"))],
                )
            }
            EventKind::Mined { block, txs, .. } => {
                let txs = text(format!("  {txs} tx"));
                let mined = vec![text("mined "), Piece::Block(*block), txs];
                (Tone::Good, mined)
            }
            EventKind::BlockRefused { hash, why, .. } => {
                let refused = format!("refused block: {} ..{}", brief(why), hash.short());
                (Tone::Bad, vec![text(refused)])
            }
            EventKind::TxAccepted { txid, from } => (Tone::Plain, with_tx(*txid, from.as_ref()?)),
            EventKind::TxRefused {
                txid,
                from: Some(_),
                why,
            } => (Tone::Warn, about_tx("refused ", *txid, why)),
            EventKind::TxDropped { txid, why } => (Tone::Warn, about_tx("dropped ", *txid, why)),
            EventKind::Sent {
                txid, to, amount, ..
            } => {
                let to = names.wallet_of(to).map_or_else(|| ends(to), str::to_owned);
                let sent = text(format!("sent {amount} to {to}  "));
                (Tone::Good, vec![sent, Piece::Tx(*txid)])
            }
            EventKind::Withheld { block, count } => {
                let kept = vec![text("kept "), Piece::Block(*block)];
                let so_far = text(format!(", {count} private"));
                (Tone::Plain, [kept, vec![so_far]].concat())
            }
            EventKind::Released { tip, blocks } => {
                let released = text(format!("released {} to ", counted(*blocks, "block")));
                (Tone::Warn, vec![released, Piece::Block(*tip)])
            }
            EventKind::GaveUp { blocks } => {
                let blocks = counted(*blocks, "private block");
                (Tone::Warn, vec![text(format!("gave up {blocks}"))])
            }
            EventKind::Mining(words) => (Tone::Plain, vec![text(mining(own, words))]),
            kind => self.about_peers(kind, names)?,
        };
        let at = event.at;
        Some(LogLine { at, tone, pieces })
    }

    fn grown(
        &mut self,
        tip: BlockId,
        blocks: usize,
        from: Option<&PeerLabel>,
    ) -> Option<Vec<Piece>> {
        if self.reorganised_to.take() == Some(tip) {
            return None;
        }
        let from = text(format!(" from {}", from?));
        let what = match blocks {
            0 | 1 => "block ".to_owned(),
            _ => format!("{blocks} blocks to "),
        };
        Some(vec![text(what), Piece::Block(tip), from])
    }

    fn about_peers(&mut self, kind: &EventKind, names: &impl Names) -> Option<(Tone, Vec<Piece>)> {
        if !self.unreached.is_news(kind) {
            return None;
        }
        let (tone, words) = match kind {
            EventKind::PeerUp {
                peer,
                addr,
                direction,
            } => {
                let is_there = |at| at == *addr || names.node_at(at) == Some(&*peer.name);
                self.unreached.reached(is_there);
                let words = match direction {
                    Direction::Inbound => format!("{peer} connected"),
                    Direction::Outbound => format!("connected to {peer}"),
                };
                (Tone::Plain, words)
            }
            // Two nodes that dial each other at once keep one of the connections.
            EventKind::PeerDown { why, .. }
                if why.contains(&CloseReason::Duplicate.to_string()) =>
            {
                return None;
            }
            EventKind::PeerDown { peer, addr, why } => {
                let who = names.node_at(*addr).unwrap_or(&peer.name);
                let words = match is_unknown(peer, *addr) {
                    true => format!("no handshake, {who}: {}", brief(why)),
                    false => format!("lost {who}: {}", brief(why)),
                };
                (Tone::Warn, words)
            }
            EventKind::DialFailed { addr, .. } => {
                let who = names.node_at(*addr);
                let who = who.map_or_else(|| addr.to_string(), str::to_owned);
                (Tone::Warn, format!("{who} does not answer"))
            }
            EventKind::ClockSkew { peer, ahead_ms } => match skew_words(*ahead_ms) {
                Some(skew) => (Tone::Warn, format!("clock of {peer} {skew} own")),
                None => (Tone::Plain, format!("clock of {peer} agrees")),
            },
            EventKind::Banned { ip, why } => (Tone::Bad, format!("banned {ip}: {}", brief(why))),
            EventKind::Strangers(sums) => (Tone::Warn, strangers(sums)),
            EventKind::WalletCreated { name, .. } => (Tone::Good, format!("wallet {name} made")),
            _ => return None,
        };
        Some((tone, vec![text(words)]))
    }
}

/// A line of the lab's own about a node.
pub fn plain_line(at: Time, tone: Tone, words: impl Into<String>) -> LogLine {
    let pieces = vec![text(words)];
    LogLine { at, tone, pieces }
}

fn text(words: impl Into<String>) -> Piece {
    Piece::Text(words.into())
}

fn with_tx(txid: Txid, from: &PeerLabel) -> Vec<Piece> {
    vec![Piece::Tx(txid), text(format!(" from {from}"))]
}

fn about_tx(what: &str, txid: Txid, why: &str) -> Vec<Piece> {
    let why = text(format!(": {}", brief(why)));
    vec![text(what), Piece::Tx(txid), why]
}

/// How deep it went, what became of the payments in the blocks that were left behind, if it was
/// something, and where it led: those payments that the new branch has, too, have noticed nothing. Of
/// the others so many became invalid, so many are back in the mempool, and so many wait to be taken back.
fn reorganised(new: BlockId, depth: usize, [returned, held, lost]: [usize; 3]) -> Vec<Piece> {
    let became = [(lost, "invalid"), (returned, "back"), (held, "held back")];
    let some = became.into_iter().filter(|(count, _)| *count > 0);
    let parts = some.enumerate().map(|(nth, (count, words))| match nth {
        0 => format!(", {} {words}", counted(count, "tx")),
        _ => format!(", {count} {words}"),
    });
    let after: String = parts.collect();
    let to = if after.is_empty() { " to " } else { ", to " };
    let words = format!("reorg {depth} deep{after}{to}");
    vec![text(words), Piece::Block(new)]
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// As much of it as a line has room for.
fn brief(why: &str) -> String {
    if why.chars().count() <= WHY_MAX {
        return why.to_owned();
    }
    let kept: String = why.chars().take(WHY_MAX).collect();
    format!("{}..", kept.trim_end())
}

/// An address by its ends; what is none stays as it is.
fn ends(address: &str) -> String {
    let chars: Vec<char> = address.chars().collect();
    if chars.len() <= 4 * ADDRESS_ENDS {
        return address.to_owned();
    }
    let first: String = chars[..ADDRESS_ENDS].iter().collect();
    let last: String = chars[chars.len() - ADDRESS_ENDS..].iter().collect();
    format!("{first}..{last}")
}

/// The node's words for its miner, without its name, which is above the line already.
fn mining(own: &str, words: &str) -> String {
    let Some(said) = words.strip_prefix(own).map(str::trim_start) else {
        return words.to_owned();
    };
    match said.strip_prefix("mines for ") {
        _ if said == "does not mine" => "mining off".to_owned(),
        Some(to) => match to.split_once(" when ") {
            Some((to, when)) => {
                let least = when.split(' ').next().unwrap_or_default();
                format!("mining from {least} tx on, for {to}")
            }
            None => format!("mining on, for {to}"),
        },
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests;
