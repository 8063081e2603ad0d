//! What happened to a node in a line: short, because it stands in a narrow list. What matters most
//! stands in front, so that a list of 36 columns shows it whole, beside the time; why it was comes after
//! it.

use super::super::{BlockStage, CloseReason, Direction, EventKind, PeerLabel};
use super::{counted, fee_words, skew_words, strangers};
use crate::chain::Txid;
use crate::node::store::BlockId;
use std::net::SocketAddr;

/// The longest reason in a line, in characters: two lines of a narrow pane.
const WHY_MAX: usize = 60;

/// Characters at either end of an address that no node of the lab has.
const ADDRESS_ENDS: usize = 4;

/// How a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As everything.
    Plain,
    /// Something good: a block was found, a payment made.
    Good,
    /// Something that people should look at.
    Warn,
    /// Something went wrong.
    Bad,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// A block, shown as `#12` and its chip.
    Block(BlockId),
    /// A transaction, shown as `tx` and the end of its id.
    Tx(Txid),
}

/// Who is who among nodes that are shown together.
pub trait Names {
    /// The node that listens here.
    fn node_at(&self, addr: SocketAddr) -> Option<&str>;
    /// The wallet that has this address.
    fn wallet_of(&self, address: &str) -> Option<&str>;
}

impl EventKind {
    /// Whether it makes a line. Messages do not, nor what follows from another event of the same moment:
    /// the new tip of a block that was found here is told with the find.
    pub fn makes_line(&self) -> bool {
        match self {
            Self::TipChanged { from, .. }
            | Self::TxAccepted { from, .. }
            | Self::TxRefused { from, .. } => from.is_some(),
            // Two nodes that dial each other at once keep one of the connections.
            Self::PeerDown { why, .. } => !why.contains(&CloseReason::Duplicate.to_string()),
            Self::BlockWaits { .. } | Self::MessageSent { .. } | Self::MessageReceived { .. } => {
                false
            }
            Self::Reorganised { .. }
            | Self::BecameInvalid { .. }
            | Self::Mined { .. }
            | Self::BlockRefused { .. }
            | Self::TxDropped { .. }
            | Self::PeerUp { .. }
            | Self::ClockSkew { .. }
            | Self::DialFailed { .. }
            | Self::Banned { .. }
            | Self::Sent { .. }
            | Self::WalletCreated { .. }
            | Self::Withheld { .. }
            | Self::Released { .. }
            | Self::GaveUp { .. }
            | Self::Mining(_)
            | Self::Strangers(_)
            | Self::BlockSeen { .. }
            | Self::TxSeen { .. }
            | Self::Seen(_)
            | Self::Wrote(_)
            | Self::Light(_) => true,
        }
    }

    /// The name of whom a line knows by an address alone: of a node, or of a wallet.
    pub fn named<'a>(&self, names: &'a impl Names) -> Option<&'a str> {
        match self {
            Self::Sent { to, .. } => names.wallet_of(to),
            Self::PeerDown { addr, .. } | Self::DialFailed { addr, .. } => names.node_at(*addr),
            _ => None,
        }
    }

    /// The line that it makes for the node `own`. `name` is what was [`named`](Self::named).
    pub fn line(&self, own: &str, name: Option<&str>) -> (Tone, Vec<Piece>) {
        match self {
            Self::TipChanged {
                tip, blocks, from, ..
            } => (Tone::Plain, grown(*tip, *blocks, from.as_ref())),
            Self::Reorganised {
                new,
                depth,
                returned,
                held,
                lost_count,
                ..
            } => {
                let became = [*returned, *held, *lost_count];
                (Tone::Warn, reorganised(*new, *depth, became))
            }
            Self::BecameInvalid { lost_count, .. } => {
                let invalid = counted(*lost_count, "tx");
                let after = text(format!("{invalid} invalid after a reorg"));
                (Tone::Warn, vec![after])
            }
            Self::Mined { block, txs, .. } => (Tone::Good, mined(*block, *txs)),
            Self::BlockRefused { hash, why, .. } => {
                let refused = format!("refused block: {} ..{}", brief(why), hash.short());
                (Tone::Bad, vec![text(refused)])
            }
            Self::TxAccepted { txid, from } => {
                let from = text(from_whom(from.as_ref()));
                (Tone::Plain, vec![Piece::Tx(*txid), from])
            }
            Self::TxRefused { txid, why, .. } => (Tone::Warn, about_tx("refused ", *txid, why)),
            Self::TxDropped { txid, why } => (Tone::Warn, about_tx("dropped ", *txid, why)),
            Self::Sent {
                txid, to, amount, ..
            } => {
                let to = name.map_or_else(|| ends(to), str::to_owned);
                let sent = text(format!("sent {amount} to {to}  "));
                (Tone::Good, vec![sent, Piece::Tx(*txid)])
            }
            Self::BlockSeen {
                block, stage, txs, ..
            } => (Tone::Plain, block_seen(*block, *stage, *txs)),
            Self::TxSeen { txid, vsize, fee } => {
                let pays = text(format!("  {}", fee_words(*fee, *vsize)));
                (Tone::Plain, vec![Piece::Tx(*txid), pays])
            }
            Self::Withheld { block, count } => (Tone::Plain, kept(*block, *count)),
            Self::Released { tip, blocks } => (Tone::Warn, released(*tip, *blocks)),
            kind => {
                let (tone, words) = kind.in_words(own, name);
                (tone, vec![text(words)])
            }
        }
    }

    /// As [`EventKind::line`], of what names neither a block nor a transaction.
    fn in_words(&self, own: &str, name: Option<&str>) -> (Tone, String) {
        match self {
            Self::GaveUp { blocks } => {
                let blocks = counted(*blocks, "private block");
                (Tone::Warn, format!("gave up {blocks}"))
            }
            Self::Mining(words) => (Tone::Plain, mining(own, words)),
            Self::PeerUp {
                peer, direction, ..
            } => {
                let words = match direction {
                    Direction::Inbound => format!("{peer} connected"),
                    Direction::Outbound => format!("connected to {peer}"),
                };
                (Tone::Plain, words)
            }
            Self::PeerDown { peer, addr, why } => {
                let who = name.unwrap_or(&peer.name);
                let words = match peer.is_unknown(*addr) {
                    true => format!("no handshake, {who}: {}", brief(why)),
                    false => format!("lost {who}: {}", brief(why)),
                };
                (Tone::Warn, words)
            }
            Self::DialFailed { addr, .. } => {
                let who = name.map_or_else(|| addr.to_string(), str::to_owned);
                (Tone::Warn, format!("{who} does not answer"))
            }
            Self::ClockSkew { peer, ahead_ms } => match skew_words(*ahead_ms) {
                Some(skew) => (Tone::Warn, format!("clock of {peer} {skew} own")),
                None => (Tone::Plain, format!("clock of {peer} agrees")),
            },
            Self::Banned { ip, why } => (Tone::Bad, format!("banned {ip}: {}", brief(why))),
            Self::Strangers(sums) => (Tone::Warn, strangers(sums)),
            Self::WalletCreated { name, .. } => (Tone::Good, format!("wallet {name} made")),
            kind => (Tone::Plain, kind.words()),
        }
    }
}

fn text(words: impl Into<String>) -> Piece {
    Piece::Text(words.into())
}

fn mined(block: BlockId, txs: usize) -> Vec<Piece> {
    let txs = text(format!("  {txs} tx"));
    vec![text("mined "), Piece::Block(block), txs]
}

fn block_seen(block: BlockId, stage: BlockStage, txs: Option<usize>) -> Vec<Piece> {
    let txs = txs.filter(|_| stage == BlockStage::Connected);
    let txs = txs.map(|txs| format!("  {txs} tx")).unwrap_or_default();
    vec![text(format!("{stage} ")), Piece::Block(block), text(txs)]
}

fn kept(block: BlockId, count: usize) -> Vec<Piece> {
    let so_far = text(format!(", {count} private"));
    vec![text("kept "), Piece::Block(block), so_far]
}

fn released(tip: BlockId, blocks: usize) -> Vec<Piece> {
    let released = text(format!("released {} to ", counted(blocks, "block")));
    vec![released, Piece::Block(tip)]
}

fn grown(tip: BlockId, blocks: usize, from: Option<&PeerLabel>) -> Vec<Piece> {
    let what = match blocks {
        0 | 1 => "block ".to_owned(),
        _ => format!("{blocks} blocks to "),
    };
    vec![text(what), Piece::Block(tip), text(from_whom(from))]
}

fn from_whom(peer: Option<&PeerLabel>) -> String {
    peer.map(|peer| format!(" from {peer}")).unwrap_or_default()
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
