//! What a node says when it is asked by JSON-RPC, beside what it says as a peer: which block is its tip,
//! also if that has less work than another, what waits, what that pays, and what is gone.
//!
//! An answer may be older than what the peer has told meanwhile. So what only its absence tells, a
//! transaction that is gone or a tip that went back, counts once two answers in a row say it.

use super::Watcher;
use super::blocks::ConnectedBy;
use super::event::{Gone, Role, WatchEventKind};
use super::monitor::ToldTx;
use crate::bitcoin::rpc::{ChainInfo, Entry, Listed, Tip, TipStatus};
use crate::chain::{BlockHash, Txid};
use crate::node::Time;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// Time between two rounds of questions.
const EVERY: Duration = Duration::from_secs(1);

/// After a question that was not answered.
const AFTER_A_FAULT: Duration = Duration::from_secs(5);

/// Transactions of a round that are asked about one by one. More are asked about in later rounds.
const ENTRIES_EACH: usize = 50;

/// What a node is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcQuestion {
    /// Which network it is on, and its tip.
    Chain,
    /// The tips of all branches that it has.
    Tips,
    /// What waits.
    Mempool,
    /// What this transaction pays for itself.
    Entry(Txid),
}

/// What it answers.
#[derive(Clone, Debug, PartialEq)]
pub enum RpcAnswer {
    /// To [`RpcQuestion::Chain`].
    Chain(ChainInfo),
    /// To [`RpcQuestion::Tips`].
    Tips(Listed<Tip>),
    /// To [`RpcQuestion::Mempool`].
    Mempool(Listed<Txid>),
    /// To [`RpcQuestion::Entry`]; `None`: it does not wait any more, or the program does not tell.
    Entry(Txid, Option<Entry>),
}

/// Questions, one at a time.
#[derive(Clone)]
pub(super) struct Asking {
    queue: VecDeque<RpcQuestion>,
    /// One is with the node.
    waits: bool,
    next: Time,
    /// Why the last one was not answered, in words.
    fault: Option<String>,
    best: Option<BlockHash>,
    /// A tip below the one that is known, as the last answer said.
    lower: Option<BlockHash>,
    /// Transactions that the last answer left out.
    absent: BTreeSet<Txid>,
    /// Branches that are not the node's chain, as it says.
    stale: Option<usize>,
    /// It is another network's, so nothing is asked any more.
    is_over: bool,
}

impl Asking {
    pub(super) fn new(now: Time) -> Self {
        Self {
            queue: VecDeque::new(),
            waits: false,
            next: now,
            fault: None,
            best: None,
            lower: None,
            absent: BTreeSet::new(),
            stale: None,
            is_over: false,
        }
    }

    pub(super) const fn stale(&self) -> Option<usize> {
        self.stale
    }

    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        (!self.waits && !self.is_over).then_some(self.next)
    }

    /// What is asked now.
    pub(super) fn question(&mut self, now: Time) -> Option<RpcQuestion> {
        if self.waits || self.is_over || self.next > now {
            return None;
        }
        if self.queue.is_empty() {
            self.queue
                .extend([RpcQuestion::Chain, RpcQuestion::Mempool]);
        }
        self.waits = true;
        self.queue.pop_front()
    }

    /// An answer came, or none: the next question is due at once, the next round later.
    fn answered(&mut self, is_good: bool, now: Time) {
        self.waits = false;
        if !is_good {
            self.queue.clear();
        }
        self.next = match (is_good, self.queue.is_empty()) {
            (false, _) => now + AFTER_A_FAULT,
            (true, true) => now + EVERY,
            (true, false) => now,
        };
    }
}

impl Watcher {
    /// The node has answered, or has not.
    pub(super) fn answered(&mut self, answer: Result<RpcAnswer, String>, now: Time) {
        let is_good = answer.is_ok();
        match answer {
            Ok(RpcAnswer::Chain(info)) => self.chain_told(&info, now),
            Ok(RpcAnswer::Tips(tips)) => self.tips_told(&tips),
            Ok(RpcAnswer::Mempool(ids)) => self.mempool_told(&ids, now),
            Ok(RpcAnswer::Entry(txid, entry)) => self.entry_told(txid, entry, now),
            Err(why) => self.not_answered(why, now),
        }
        if let Some(asking) = &mut self.asking {
            asking.fault = asking.fault.take().filter(|_| !is_good || asking.is_over);
            asking.answered(is_good, now);
        }
    }

    fn not_answered(&mut self, why: String, now: Time) {
        let Some(asking) = &mut self.asking else {
            return;
        };
        if asking.fault.as_ref() != Some(&why) {
            asking.fault = Some(why.clone());
            self.tell(now, WatchEventKind::NotAnswered { why });
        }
    }

    fn chain_told(&mut self, info: &ChainInfo, now: Time) {
        let network = self.config.network;
        if info.network != Some(network) {
            let said = crate::node::foreign::quoted(&info.chain, 40);
            let why = format!(
                "it says that it is on {said}, and not on {network}: it is not asked any more"
            );
            self.not_answered(why, now);
            if let Some(asking) = &mut self.asking {
                asking.is_over = true;
            }
            return;
        }
        self.blocks.set_height(&info.best, info.blocks);
        let Some(asking) = &mut self.asking else {
            return;
        };
        if asking.best.replace(info.best) != Some(info.best) {
            asking.queue.push_front(RpcQuestion::Tips);
        }
        self.best_told(info.best, now);
    }

    /// The node says which block is its tip.
    fn best_told(&mut self, best: BlockHash, now: Time) {
        if !self.blocks.has(&best) {
            if let Some((conn, _)) = self.asks_on(Role::Announcements) {
                self.ask_headers(conn, now);
            }
            return;
        }
        let is_connected = self
            .blocks
            .seen(&best)
            .is_some_and(|seen| seen.is_connected);
        let is_tip = self.blocks.tip() == Some(best);
        if !is_connected && !is_tip {
            return self.block_connected(best, Some((now, ConnectedBy::Rpc)), now);
        }
        let asking = self.asking.as_mut().expect("it was asked");
        let was_lower = std::mem::take(&mut asking.lower);
        if is_tip {
            return;
        }
        asking.lower = Some(best);
        if was_lower == Some(best) {
            let tip = self.blocks.set_tip(best);
            self.tip_changed(tip, now);
            self.go_on(now);
        }
    }

    fn tips_told(&mut self, tips: &Listed<Tip>) {
        let is_stale =
            |tip: &&Tip| !matches!(tip.status, TipStatus::Active | TipStatus::HeadersOnly);
        if let Some(asking) = &mut self.asking {
            asking.stale = Some(tips.items.iter().filter(is_stale).count() + tips.left_out);
        }
    }

    fn mempool_told(&mut self, ids: &Listed<Txid>, now: Time) {
        let told: BTreeSet<Txid> = ids.items.iter().copied().collect();
        let Some(asking) = &mut self.asking else {
            return;
        };
        let unknown = told.iter().filter(|txid| self.monitor.fee(txid).is_none());
        let questions = unknown
            .take(ENTRIES_EACH)
            .map(|txid| RpcQuestion::Entry(*txid));
        asking.queue.extend(questions);
        // Of a list that was cut nothing can be said to be absent.
        let absent = match ids.left_out {
            0 => self
                .monitor
                .iter()
                .map(|tx| tx.txid)
                .filter(|txid| !told.contains(txid))
                .collect(),
            _ => BTreeSet::new(),
        };
        let before = std::mem::replace(&mut asking.absent, absent);
        let twice: Vec<_> = asking.absent.intersection(&before).copied().collect();
        for txid in twice {
            if self.monitor.dropped(&txid) {
                let why = Gone::Dropped;
                self.tell(now, WatchEventKind::TxGone { txid, why });
            }
        }
    }

    fn entry_told(&mut self, txid: Txid, entry: Option<Entry>, now: Time) {
        let Some(entry) = entry else {
            return;
        };
        let told = ToldTx {
            txid,
            vsize: entry.vsize.into(),
            fee: entry.fee.amount(),
            since: Time(entry.time.saturating_mul(1_000_000)).min(now),
        };
        if self.monitor.told(told) {
            self.tell_tx(&txid, now);
        }
    }
}
