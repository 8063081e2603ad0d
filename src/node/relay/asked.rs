//! Transactions that a peer was asked for and that are yet to come, by their ids and by their times.

use crate::chain::Txid;
use crate::node::ids::ConnId;
use crate::node::time::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// A transaction that was asked for and does not come is asked of another peer after this.
pub const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Other peers remembered that announced what one was asked for.
const OTHERS_MAX: usize = 8;

/// Who was asked for a transaction.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) of: ConnId,
    pub(super) at: Time,
    /// Who has announced it, too.
    pub(super) others: VecDeque<ConnId>,
}

impl Asked {
    pub(super) fn new(of: ConnId, at: Time) -> Self {
        let others = VecDeque::new();
        Self { of, at, others }
    }
}

/// All that were asked for: for each peer as many as it may be asked for at a time.
#[derive(Clone, Default)]
pub(super) struct AllAsked {
    by_txid: BTreeMap<Txid, Asked>,
    by_time: BTreeSet<(Time, Txid)>,
}

impl AllAsked {
    pub(super) fn insert(&mut self, txid: Txid, asked: Asked) {
        self.by_time.insert((asked.at, txid));
        self.by_txid.insert(txid, asked);
    }

    pub(super) fn remove(&mut self, txid: &Txid) -> Option<Asked> {
        let asked = self.by_txid.remove(txid)?;
        self.by_time.remove(&(asked.at, *txid));
        Some(asked)
    }

    pub(super) fn contains(&self, txid: &Txid) -> bool {
        self.by_txid.contains_key(txid)
    }

    /// Who was asked.
    pub(super) fn of(&self, txid: &Txid) -> Option<ConnId> {
        self.by_txid.get(txid).map(|asked| asked.of)
    }

    /// Another peer has it, and may be asked if the first does not send it.
    pub(super) fn add_other(&mut self, txid: &Txid, conn: ConnId) {
        let Some(asked) = self.by_txid.get_mut(txid) else {
            return;
        };
        let is_new = asked.of != conn && !asked.others.contains(&conn);
        if is_new && asked.others.len() < OTHERS_MAX {
            asked.others.push_back(conn);
        }
    }

    /// A connection is gone. Returns what was asked of it.
    pub(super) fn disconnected(&mut self, conn: ConnId) -> Vec<Txid> {
        for asked in self.by_txid.values_mut() {
            asked.others.retain(|other| *other != conn);
        }
        let owed = self.by_txid.iter().filter(|(_, asked)| asked.of == conn);
        owed.map(|(txid, _)| *txid).collect()
    }

    /// What does not come, and who was asked for it.
    pub(super) fn late(&self, now: Time) -> Vec<(Txid, ConnId)> {
        let late = self.by_time.iter();
        let late = late.take_while(|(at, _)| now - *at >= ANSWER_MAX);
        late.filter_map(|(_, txid)| Some((*txid, self.of(txid)?)))
            .collect()
    }

    /// When the first is late.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.by_time.first().map(|(at, _)| *at + ANSWER_MAX)
    }

    /// Nothing is left of a connection.
    pub(super) fn knows_nothing_of(&self, conn: ConnId) -> bool {
        let knows = |asked: &Asked| asked.of == conn || asked.others.contains(&conn);
        !self.by_txid.values().any(knows)
    }
}
