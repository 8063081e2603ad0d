//! What happened to a node, in words. There are two ways to say it: a sentence with all that there is to
//! know, for logs and for programs that tell people of events one by one, and a [line](EventKind::line) as short as
//! can be, for a list beside others.

mod line;

pub use line::{Names, Piece, Tone};

use super::{BlockStage, Direction, EventKind, PeerLabel, Reply, StrangerSums};
use crate::chain::{Amount, Txid};
use std::fmt;

impl EventKind {
    /// It in a sentence, with all that there is to know.
    pub fn words(&self) -> String {
        match self {
            Self::TipChanged {
                tip,
                blocks,
                txs,
                from,
            } => {
                let blocks = blocks_with(*blocks, *txs);
                format!("at {tip}: {blocks}{}", from_whom(from.as_ref()))
            }
            Self::Reorganised { .. } => self.reorganised(),
            Self::BecameInvalid { lost, lost_count } => {
                let invalid = became_invalid(lost, *lost_count);
                format!("of blocks that were left behind {invalid}")
            }
            Self::Mined { block, txs, reward } => {
                let txs = counted(*txs, "payment");
                format!("mined {block} with {txs}, which pays {reward}")
            }
            Self::BlockRefused { hash, from, why } => {
                let from = from_whom(from.as_ref());
                format!("refused block ..{}{from}: {why}", hash.short())
            }
            Self::BlockWaits { hash, from, why } => {
                let from = from_whom(from.as_ref());
                let comma = if from.is_empty() { "" } else { "," };
                format!("block ..{}{from}{comma} waits: {why}", hash.short())
            }
            Self::Withheld { block, count } => {
                let count = counted(*count, "block");
                format!("keeps {block} private, {count} by now")
            }
            Self::Released { tip, blocks } => {
                format!("released {} up to {tip}", counted(*blocks, "block"))
            }
            Self::GaveUp { blocks } => {
                let blocks = counted(*blocks, "private block");
                format!("gave up {blocks}: the public branch has more work")
            }
            Self::Mining(what) | Self::Seen(what) | Self::Wrote(what) | Self::Light(what) => {
                what.clone()
            }
            Self::BlockSeen {
                block,
                stage,
                by,
                txs,
            } => {
                let txs = txs.map(|txs| format!(" with {}", counted(txs, "payment")));
                format!("block {block}{} {stage}: {by}", txs.unwrap_or_default())
            }
            Self::TxAccepted { .. }
            | Self::TxRefused { .. }
            | Self::TxDropped { .. }
            | Self::Sent { .. }
            | Self::TxSeen { .. }
            | Self::WalletCreated { .. } => self.words_of_payments(),
            Self::PeerUp { .. }
            | Self::PeerDown { .. }
            | Self::ClockSkew { .. }
            | Self::DialFailed { .. }
            | Self::Banned { .. }
            | Self::MessageSent { .. }
            | Self::MessageReceived { .. }
            | Self::Strangers(_) => self.words_of_peers(),
        }
    }

    /// As [`EventKind::words`], of what is about payments and wallets; nothing about anything else.
    fn words_of_payments(&self) -> String {
        match self {
            Self::TxAccepted { txid, from } => {
                format!(
                    "payment ..{} waits{}",
                    txid.short(),
                    from_whom(from.as_ref())
                )
            }
            Self::TxRefused { txid, from, why } => {
                let from = from_whom(from.as_ref());
                format!("refused payment ..{}{from}: {why}", txid.short())
            }
            Self::TxDropped { txid, why } => format!("dropped payment ..{}: {why}", txid.short()),
            Self::TxSeen { txid, vsize, fee } => {
                let pays = fee_words(*fee, *vsize);
                format!("payment ..{} waits: {vsize} vB, {pays}", txid.short())
            }
            Self::Sent {
                txid,
                from,
                to,
                amount,
            } => format!("{from} paid {amount} to {to} in ..{}", txid.short()),
            Self::WalletCreated { name, address } => format!("wallet {name} has {address}"),
            _ => String::new(),
        }
    }

    /// As [`EventKind::words`], of what is about peers; nothing about anything else.
    fn words_of_peers(&self) -> String {
        match self {
            Self::PeerUp {
                peer,
                addr,
                direction: Direction::Outbound,
            } => format!("connected to {peer} at {addr}"),
            Self::PeerUp { peer, addr, .. } => format!("{peer} connected from {addr}"),
            Self::PeerDown { peer, addr, why } if peer.is_unknown(*addr) => {
                format!("no handshake with {addr}: {why}")
            }
            Self::PeerDown { peer, addr, why } => format!("lost {peer} at {addr}: {why}"),
            Self::ClockSkew { peer, ahead_ms } => match skew_words(*ahead_ms) {
                Some(skew) => format!("the clock of {peer} is {skew} this node's: check both"),
                None => format!("the clock of {peer} agrees with this node's again"),
            },
            Self::DialFailed { addr, why } => format!("nobody at {addr}: {why}"),
            Self::Banned { ip, why } => format!("banned {ip}: {why}"),
            Self::MessageSent {
                peer,
                command,
                bytes,
                item,
                ..
            } => {
                let item = item.map(|item| format!(" {item}")).unwrap_or_default();
                format!("{command}{item} to {peer}, {bytes} bytes")
            }
            Self::MessageReceived {
                peer,
                command,
                bytes,
                item,
                ..
            } => {
                let item = item.map(|item| format!(" {item}")).unwrap_or_default();
                format!("{command}{item} from {peer}, {bytes} bytes")
            }
            Self::Strangers(sums) => strangers(sums),
            _ => String::new(),
        }
    }

    /// As [`EventKind::words`], of a reorganisation; nothing about anything else.
    fn reorganised(&self) -> String {
        let Self::Reorganised {
            fork,
            old,
            new,
            depth,
            returned,
            held,
            held_why,
            lost,
            lost_count,
            ..
        } = self
        else {
            return String::new();
        };
        let depth = counted(*depth, "block");
        let mut words = format!("reorganised: left {depth} up to {old} for {new}, from {fork} on");
        if *returned > 0 {
            let returned = counted(*returned, "payment");
            words.push_str(&format!("; {returned} back in the mempool"));
        }
        if *held > 0 {
            let held = counted(*held, "payment");
            let why = held_why.as_deref().unwrap_or("not in the mempool");
            words.push_str(&format!("; {held} to be tried again: {why}"));
        }
        if *lost_count > 0 {
            words.push_str(&format!("; {}", became_invalid(lost, *lost_count)));
        }
        words
    }
}

/// What strangers did, in sums: those that are not nothing.
fn strangers(sums: &StrangerSums) -> String {
    let turned_away = match &sums.why {
        Some(why) => format!("turned away ({why})"),
        None => "turned away".to_owned(),
    };
    let all = [
        (sums.turned_away, "connection", turned_away.as_str()),
        (sums.turned_out, "connection", "made room for others"),
        (sums.no_handshake, "connection", "without a handshake"),
        (sums.came, "peer", "that came without being told of"),
        (sums.banned, "ban", "without being told of"),
    ];
    let told = all.into_iter().filter(|(count, ..)| *count > 0);
    let told = told.map(|(count, what, did)| {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        format!("{} {did}", counted(count, what))
    });
    let told: Vec<String> = told.collect();
    match sums.over_s {
        0 => format!("strangers: {}", told.join(", ")),
        over => format!("strangers, in {over} s: {}", told.join(", ")),
    }
}

impl Reply {
    /// What there is to say about it, in one line; nothing about one that is a table. A payment that
    /// no peer has heard of says so.
    pub fn words(&self) -> String {
        match self {
            Self::Done(what) => what.clone(),
            Self::Wallet(wallet) => format!("wallet {} has {}", wallet.name, wallet.address),
            Self::Mined { block, after } => match after.as_secs_f64() {
                seconds if seconds < 1.0 => format!("mined {block} in {:.0} ms", seconds * 1e3),
                seconds => format!("mined {block} in {seconds:.1} s"),
            },
            Self::Sent {
                txid,
                plan,
                announced_to,
                withheld,
            } => {
                let payment = &plan.payment;
                let (from, to, amount) = (&payment.from, &payment.to, payment.amount);
                let heard = match announced_to {
                    _ if *withheld => ", kept private until the next release".to_owned(),
                    0 => "; no peer has heard of it yet: it is announced as soon as one connects"
                        .to_owned(),
                    peers => format!(", announced to {}", counted(*peers, "peer")),
                };
                format!("{from} pays {amount} to {to} in ..{}{heard}", txid.short())
            }
            _ => String::new(),
        }
    }
}

fn became_invalid(lost: &[Txid], count: usize) -> String {
    let first = lost.first().map(Txid::short).unwrap_or_default();
    let lost = counted(count, "payment");
    format!("{lost} became invalid, the first is ..{first}")
}

/// A difference of clocks, to be followed by whose clock it is measured from: `30.0 s behind`. `None`:
/// there is none.
pub fn skew_words(ahead_ms: i64) -> Option<String> {
    let (ms, side) = match ahead_ms {
        0 => return None,
        1.. => (ahead_ms.unsigned_abs(), "ahead of"),
        _ => (ahead_ms.unsigned_abs(), "behind"),
    };
    let (s, tenth) = (ms / 1_000, ms / 100 % 10);
    Some(format!("{s}.{tenth} s {side}"))
}

fn from_whom(peer: Option<&PeerLabel>) -> String {
    peer.map(|peer| format!(", from {peer}"))
        .unwrap_or_default()
}

/// A fee and its rate. Of one that is not known nothing is made up.
pub fn fee_words(fee: Option<Amount>, vsize: u64) -> String {
    let Some(fee) = fee else {
        return "fee unknown".to_owned();
    };
    let rate = fee.units() as f64 / vsize.max(1) as f64;
    format!("fee {} sat ({rate:.1} sat/vB)", fee.units())
}

impl fmt::Display for BlockStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Announced => "announced",
            Self::Complete => "complete",
            Self::Connected => "connected",
        })
    }
}

/// A number of things: `1 block`, `2 blocks`.
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// So many blocks, with so many payments if there are any.
pub fn blocks_with(blocks: usize, txs: usize) -> String {
    let blocks = counted(blocks, "block");
    match txs {
        0 => blocks,
        txs => format!("{blocks} with {}", counted(txs, "payment")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Amount, BlockHash};
    use crate::node::BlockId;
    use crate::node::io::ConnId;

    #[test]
    fn people_can_read_what_happened() {
        let id = |height, digit| BlockId {
            height,
            hash: BlockHash([digit; 32]),
        };
        let nora = PeerLabel {
            conn: ConnId(3),
            name: "nora".into(),
        };
        let tip = EventKind::TipChanged {
            tip: id(7, 0xab),
            blocks: 1,
            txs: 2,
            from: Some(nora.clone()),
        };
        assert_eq!(
            tip.words(),
            "at #7 ..abababab: 1 block with 2 payments, from nora"
        );
        let mined = EventKind::Mined {
            block: id(8, 0xcd),
            txs: 0,
            reward: Amount::from_coins(10).expect("small"),
        };
        assert_eq!(
            mined.words(),
            "mined #8 ..cdcdcdcd with 0 payments, which pays 10"
        );
        let up = EventKind::PeerUp {
            peer: nora,
            addr: "127.0.0.1:3000".parse().expect("an address"),
            direction: Direction::Inbound,
        };
        assert_eq!(up.words(), "nora connected from 127.0.0.1:3000");
    }
    #[test]
    fn what_strangers_did_is_told_in_sums_and_what_none_did_is_not() {
        let mut sums = StrangerSums {
            turned_away: 1,
            why: Some("banned".to_owned()),
            ..StrangerSums::default()
        };
        let told = |sums: &StrangerSums| EventKind::Strangers(sums.clone()).words();
        assert_eq!(told(&sums), "strangers: 1 connection turned away (banned)");
        (sums.over_s, sums.no_handshake) = (60, 52_000);
        assert_eq!(
            told(&sums),
            "strangers, in 60 s: 1 connection turned away (banned), 52000 connections without a handshake"
        );
    }

    #[test]
    fn a_fee_that_is_not_known_is_never_nought() {
        assert_eq!(fee_words(None, 141), "fee unknown");
        let fee = Amount::from_units(1_000).ok();
        assert_eq!(fee_words(fee, 141), "fee 1000 sat (7.1 sat/vB)");
    }
}
