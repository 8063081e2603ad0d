//! What happened to a node, in words: for its log, and for whoever shows events to people.

use super::log::is_unknown;
use crate::chain::Txid;
use crate::node::io::{Direction, EventKind, PeerLabel, Reply, StrangerSums};
use tracing::Level;

/// An event in one line.
pub fn words(event: &EventKind) -> String {
    match event {
        EventKind::TipChanged {
            tip,
            blocks,
            txs,
            from,
        } => {
            let blocks = counted(*blocks, "block");
            let txs = counted(*txs, "payment");
            format!("at {tip}: {blocks} with {txs}{}", from_whom(from.as_ref()))
        }
        EventKind::Reorganised {
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
        } => {
            let depth = counted(*depth, "block");
            let mut words =
                format!("reorganised: left {depth} up to {old} for {new}, from {fork} on");
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
        EventKind::BecameInvalid { lost, lost_count } => {
            let invalid = became_invalid(lost, *lost_count);
            format!("of blocks that were left behind {invalid}")
        }
        EventKind::Mined { block, txs, reward } => {
            let txs = counted(*txs, "payment");
            format!("mined {block} with {txs}, which pays {reward}")
        }
        EventKind::BlockRefused { hash, from, why } => {
            let from = from_whom(from.as_ref());
            format!("refused block ..{}{from}: {why}", hash.short())
        }
        EventKind::BlockWaits { hash, from, why } => {
            let from = from_whom(from.as_ref());
            let comma = if from.is_empty() { "" } else { "," };
            format!("block ..{}{from}{comma} waits: {why}", hash.short())
        }
        EventKind::TxAccepted { txid, from } => {
            format!(
                "payment ..{} waits{}",
                txid.short(),
                from_whom(from.as_ref())
            )
        }
        EventKind::TxRefused { txid, from, why } => {
            let from = from_whom(from.as_ref());
            format!("refused payment ..{}{from}: {why}", txid.short())
        }
        EventKind::TxDropped { txid, why } => format!("dropped payment ..{}: {why}", txid.short()),
        EventKind::PeerUp {
            peer,
            addr,
            direction: Direction::Outbound,
        } => format!("connected to {peer} at {addr}"),
        EventKind::PeerUp { peer, addr, .. } => format!("{peer} connected from {addr}"),
        EventKind::PeerDown { peer, addr, why } if is_unknown(peer, *addr) => {
            format!("no handshake with {addr}: {why}")
        }
        EventKind::PeerDown { peer, addr, why } => format!("lost {peer} at {addr}: {why}"),
        EventKind::ClockSkew { peer, ahead_ms } => match skew_words(*ahead_ms) {
            Some(skew) => format!("the clock of {peer} is {skew} this node's: check both"),
            None => format!("the clock of {peer} agrees with this node's again"),
        },
        EventKind::DialFailed { addr, why } => format!("nobody at {addr}: {why}"),
        EventKind::Banned { ip, why } => format!("banned {ip}: {why}"),
        EventKind::MessageSent {
            peer,
            command,
            bytes,
            item,
            ..
        } => {
            let item = item.map(|item| format!(" {item}")).unwrap_or_default();
            format!("{command}{item} to {peer}, {bytes} bytes")
        }
        EventKind::MessageReceived {
            peer,
            command,
            bytes,
            item,
            ..
        } => {
            let item = item.map(|item| format!(" {item}")).unwrap_or_default();
            format!("{command}{item} from {peer}, {bytes} bytes")
        }
        EventKind::Sent {
            txid,
            from,
            to,
            amount,
        } => format!("{from} paid {amount} to {to} in ..{}", txid.short()),
        EventKind::WalletCreated { name, address } => format!("wallet {name} has {address}"),
        EventKind::Withheld { block, count } => {
            let count = counted(*count, "block");
            format!("keeps {block} private, {count} by now")
        }
        EventKind::Released { tip, blocks } => {
            format!("released {} up to {tip}", counted(*blocks, "block"))
        }
        EventKind::GaveUp { blocks } => {
            let blocks = counted(*blocks, "private block");
            format!("gave up {blocks}: the public branch has more work")
        }
        EventKind::Mining(what) => what.clone(),
        EventKind::Strangers(sums) => strangers(sums),
    }
}

/// What strangers did, in sums: those that are not nothing.
pub fn strangers(sums: &StrangerSums) -> String {
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

/// What there is to say about the answer to a command, in one line; nothing about one that is a
/// table. A payment that no peer has heard of says so.
pub fn reply_words(reply: &Reply) -> String {
    match reply {
        Reply::Done(what) => what.clone(),
        Reply::Wallet(wallet) => format!("wallet {} has {}", wallet.name, wallet.address),
        Reply::Mined { block, after } => match after.as_secs_f64() {
            seconds if seconds < 1.0 => format!("mined {block} in {:.0} ms", seconds * 1e3),
            seconds => format!("mined {block} in {seconds:.1} s"),
        },
        Reply::Sent {
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

/// How loud an event is told: what people wait for as information, every message as a trace.
pub(super) fn level_of(event: &EventKind) -> Level {
    match event {
        EventKind::MessageSent { .. } | EventKind::MessageReceived { .. } => Level::TRACE,
        // A block that was found here is told as that.
        EventKind::TipChanged { from: None, .. }
        | EventKind::TxRefused { .. }
        | EventKind::BlockWaits { .. }
        | EventKind::DialFailed { .. } => Level::DEBUG,
        EventKind::BlockRefused { .. }
        | EventKind::Banned { .. }
        | EventKind::Strangers(_)
        | EventKind::ClockSkew {
            ahead_ms: 1.. | ..=-1,
            ..
        } => Level::WARN,
        _ => Level::INFO,
    }
}

/// Writes an event of another process to the log.
pub fn log_event(event: &EventKind) {
    match level_of(event) {
        Level::TRACE => tracing::trace!("{}", Lazily(event)),
        Level::DEBUG => tracing::debug!("{}", Lazily(event)),
        Level::WARN => tracing::warn!("{}", Lazily(event)),
        _ => tracing::info!("{}", Lazily(event)),
    }
}

/// Finds the words only if somebody reads them.
struct Lazily<'a>(&'a EventKind);

impl std::fmt::Display for Lazily<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&words(self.0))
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

/// A number of things: `1 block`, `2 blocks`.
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
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
            words(&tip),
            "at #7 ..abababab: 1 block with 2 payments, from nora"
        );
        let mined = EventKind::Mined {
            block: id(8, 0xcd),
            txs: 0,
            reward: Amount::from_coins(10).expect("small"),
        };
        assert_eq!(
            words(&mined),
            "mined #8 ..cdcdcdcd with 0 payments, which pays 10"
        );
        let up = EventKind::PeerUp {
            peer: nora,
            addr: "127.0.0.1:3000".parse().expect("an address"),
            direction: Direction::Inbound,
        };
        assert_eq!(words(&up), "nora connected from 127.0.0.1:3000");
    }
    #[test]
    fn what_strangers_did_is_told_in_sums_and_what_none_did_is_not() {
        let mut sums = StrangerSums {
            turned_away: 1,
            why: Some("banned".to_owned()),
            ..StrangerSums::default()
        };
        let told = |sums: &StrangerSums| words(&EventKind::Strangers(sums.clone()));
        assert_eq!(told(&sums), "strangers: 1 connection turned away (banned)");
        (sums.over_s, sums.no_handshake) = (60, 52_000);
        assert_eq!(
            told(&sums),
            "strangers, in 60 s: 1 connection turned away (banned), 52000 connections without a handshake"
        );
    }
}
