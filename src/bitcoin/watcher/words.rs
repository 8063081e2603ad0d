//! What a watcher tells, in words.

use super::event::{Gone, PeerFacts, WatchEventKind};
use crate::chain::Amount;
use crate::chain::hash::BlockHash;
use crate::node::io::words::{counted, fee_words};
use std::fmt;
use std::time::Duration;

impl WatchEventKind {
    /// As a sentence for people. Words of the node are in quotes.
    pub fn words(&self) -> String {
        match self {
            Self::Up { role, peer } => format!("{role}: connected with {peer}"),
            Self::Down { role, why } => format!("{role}: no connection: {why}"),
            Self::Ping { role, time } => format!("{role}: ping {}", milliseconds(*time)),
            Self::Inv { txs, blocks } => {
                format!(
                    "inv: {}, {}",
                    counted(*txs, "transaction"),
                    counted(*blocks, "block")
                )
            }
            Self::Announced { block, height, by } => {
                format!("block {} announced by {by}", named(block, *height))
            }
            Self::Complete {
                block,
                height,
                txs,
                bytes,
            } => {
                let (name, txs) = (named(block, *height), counted(*txs, "transaction"));
                format!("block {name} complete: {txs}, {bytes} bytes")
            }
            Self::Connected { block, height, by } => {
                format!("block {} connected, as {by} show", named(block, *height))
            }
            Self::Reorganised {
                fork,
                old,
                new,
                depth,
                ..
            } => {
                let left = counted(*depth as usize, "block");
                format!("reorganisation: {left} left behind, from {old} to {new}; both have {fork}")
            }
            Self::Tx {
                txid,
                vsize,
                pays,
                fee,
                ..
            } => format!(
                "transaction {txid}: {vsize} vB{}, {}",
                paid(*pays),
                fee_words(*fee, *vsize)
            ),
            Self::TxGone { txid, why } => format!("transaction {txid} {why}"),
            Self::TxBack { txid } => {
                format!("transaction {txid} waits again: its block was left behind")
            }
            Self::Addresses { new, known } => {
                format!("addresses: {new} that were not known, {known} in all")
            }
            Self::MempoolNotAsked => {
                "not asked what waits: the node does not offer it (BIP 35; service bit 4)"
                    .to_owned()
            }
            Self::NotAnswered { why } => format!("RPC: {why}"),
            Self::Message {
                role,
                is_ours,
                command,
                bytes,
            } => {
                let way = if *is_ours { "->" } else { "<-" };
                format!("{role}: {way} {command}, {bytes} bytes")
            }
        }
    }
}

impl fmt::Display for PeerFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = match self.services.names() {
            names if names.is_empty() => "nothing".to_owned(),
            names => names.join(", "),
        };
        let (agent, protocol, height) = (&self.user_agent, self.protocol, self.height);
        write!(
            f,
            "{agent}, protocol {protocol}, height {height} as it says, serves {services}"
        )
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mined(block) => write!(f, "is in block {block}"),
            Self::Replaced(by) => write!(f, "was replaced by {by}"),
            Self::Conflict(block) => {
                write!(f, "is lost: block {block} spends the same coins otherwise")
            }
            Self::Dropped => f.write_str("is gone: the node does not have it any more"),
            Self::Expired => f.write_str("has waited for two weeks: nodes forget it"),
        }
    }
}

fn paid(pays: Option<Amount>) -> String {
    pays.map_or(String::new(), |pays| format!(", pays {pays}"))
}

fn named(block: &BlockHash, height: Option<u32>) -> String {
    match height {
        Some(height) => format!("#{height} {block}"),
        None => block.to_string(),
    }
}

/// As in `0.21 ms`.
fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Txid;

    #[test]
    fn that_one_was_forgotten_is_told_in_words() {
        let gone = WatchEventKind::TxGone {
            txid: Txid::ZERO,
            why: Gone::Expired,
        };
        assert!(
            gone.words()
                .ends_with("has waited for two weeks: nodes forget it")
        );
    }
}
