//! By address: full nodes are told the wallets' addresses, and prove what of the chain pays or spends from them.
//!
//! What a peer shows it has to prove ([`check_proof`]), what it leaves out it need not: so two are told and asked, and
//! what either proves counts. They are drawn at random and stay as long as they answer, so that no more
//! learn the addresses than have to.
//!
//! Each has its own place on the chain. `by_two` is the height up to which two that are connected at
//! the same time have searched; who comes later begins above it.

use super::ask::{ANSWER_MAX, Peers, Tools};
use super::stored::stored;
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::rules::check_proof;
use crate::chain::{BlockHash, KeyHash, codec};
use crate::node::ids::ConnId;
use crate::node::message::{Message, ProofPlace, ProofQuery, Proofs, ProvenTx};
use crate::node::outbox::{MALICE, NUISANCE};
use crate::node::prover::concerns;
use crate::node::store::{Store, StoreFault};
use crate::node::time::{Time, earlier};
use crate::node::wallets::{Place, Rows};
use std::collections::BTreeMap;
use std::time::Duration;

/// So many are told, and asked: what one leaves out the other may show.
pub(super) const WATCHERS: usize = 2;

/// The row of the height up to which two have searched.
const BY_TWO: &str = "light/by_two";

/// A full node that was told addresses.
#[derive(Clone, Debug)]
struct Watcher {
    /// How many addresses, of all in their order.
    told: usize,
    /// Where it has yet to search.
    from: ProofPlace,
    asked: Option<(ProofQuery, Time)>,
}

/// All of it.
#[derive(Clone, Default)]
pub(super) struct Watchers {
    pub peers: Peers,
    watchers: BTreeMap<ConnId, Watcher>,
    by_two: u32,
    is_dirty: bool,
}

/// What a peer has proven, by place.
pub(super) type Found = Vec<(Place, ProvenTx)>;

impl Watchers {
    /// As an earlier run has left it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open(store: &impl Store) -> Result<Self, StoreFault> {
        Ok(Self {
            by_two: stored(store, BY_TWO)?.unwrap_or_default(),
            ..Self::default()
        })
    }

    /// Nothing above this height was searched: the chain has left it, or a new wallet looks for it.
    pub fn back_to(&mut self, height: u32) {
        let first = ProofPlace::block(height.saturating_add(1));
        for (conn, watcher) in &mut self.watchers {
            watcher.from = watcher.from.min(first);
            if watcher.asked.take().is_some() {
                self.peers.is_stale(*conn);
            }
        }
        self.set_by_two(self.by_two.min(height));
    }

    /// There is no wallet: nothing up to this height concerns any that comes.
    pub fn nothing_up_to(&mut self, height: u32) {
        self.set_by_two(height);
    }

    fn set_by_two(&mut self, height: u32) {
        self.is_dirty |= self.by_two != height;
        self.by_two = height;
    }

    /// The height up to which one has searched at least.
    pub fn searched(&self) -> u32 {
        let ends = self.watchers.values().map(Watcher::end);
        ends.max().unwrap_or(0).max(self.by_two)
    }

    /// The height up to which two have.
    pub fn by_two(&self) -> u32 {
        self.by_two
    }

    /// Who was told addresses, and looks for them.
    pub fn told(&self) -> impl Iterator<Item = ConnId> + '_ {
        let told = self.watchers.iter().filter(|(_, watcher)| watcher.told > 0);
        told.map(|(conn, _)| *conn)
    }

    /// Tells addresses, and asks for what concerns them.
    pub fn pump(&mut self, tree: &HeaderTree, owners: &[KeyHash], tools: &mut Tools<'_>) {
        if owners.is_empty() {
            return;
        }
        while self.watchers.len() < WATCHERS {
            let here: Vec<ConnId> = self.watchers.keys().copied().collect();
            let Some(conn) = self.peers.draw(&here, tools.random) else {
                break;
            };
            self.watchers.insert(conn, Watcher::above(self.by_two));
        }
        let tip = tree.entry(tree.tip());
        for (conn, watcher) in &mut self.watchers {
            if let Some(new) = owners.get(watcher.told..).filter(|new| !new.is_empty()) {
                watcher.told = owners.len();
                tools.out.send(*conn, Message::Watch(new.to_vec()));
            }
            let is_free = watcher.asked.is_none() && self.peers.may_be_asked(*conn);
            if is_free && watcher.from.height <= tip.height {
                let (from, stop) = (watcher.from, tip.hash);
                let query = ProofQuery { from, stop };
                watcher.asked = Some((query, tools.now));
                tools.out.send(*conn, Message::GetProofs(query));
            }
        }
    }

    /// Takes an answer. Returns what it proves.
    pub fn received(
        &mut self,
        (conn, said): (ConnId, &Proofs),
        tree: &HeaderTree,
        owners: &[KeyHash],
        tools: &mut Tools<'_>,
    ) -> Found {
        let is_it = |asked: &mut (ProofQuery, Time)| asked.0 == said.query;
        let watcher = self.watchers.get_mut(&conn);
        if watcher.is_none_or(|of| of.asked.take_if(is_it).is_none()) {
            if !self.peers.was_owed(conn) {
                let why = "proofs that it was not asked for";
                tools.out.blame(conn, NUISANCE, why);
            }
            return Found::new();
        }
        self.peers.answered(conn);
        let stop = tree.find(&said.query.stop);
        let Some(stop) = stop.filter(|stop| tree.is_active(*stop)) else {
            return Found::new();
        };
        match judge(said, (tree, stop), owners) {
            Ok((found, next)) => {
                if let Some(watcher) = self.watchers.get_mut(&conn) {
                    watcher.from = next;
                }
                self.note_by_two();
                found
            }
            Err(why) => {
                tools.out.blame(conn, MALICE, why);
                Found::new()
            }
        }
    }

    fn note_by_two(&mut self) {
        let ends = self.watchers.values().map(Watcher::end);
        if let Some(end) = ends.min().filter(|_| self.watchers.len() >= WATCHERS) {
            self.set_by_two(self.by_two.max(end));
        }
    }

    /// A peer does not have what it was asked for. Whether that was about proofs.
    pub fn received_notfound(&mut self, conn: ConnId, hash: &BlockHash, now: Time) -> bool {
        let Some(watcher) = self.watchers.get_mut(&conn) else {
            return false;
        };
        let asked = &mut watcher.asked;
        if asked.take_if(|(query, _)| query.stop == *hash).is_none() {
            return false;
        }
        self.peers.has_not(conn, now);
        // It gives way to another, if there is one.
        if self.peers.is_useless(conn) && self.peers.count() >= WATCHERS {
            self.watchers.remove(&conn);
        }
        true
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.peers.remove(conn);
        self.watchers.remove(&conn);
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.peers.knows_nothing_of(conn) && !self.watchers.contains_key(&conn)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time) {
        let is_late = |watcher: &Watcher| watcher.late_at().is_some_and(|at| at <= now);
        let late = self.watchers.iter().filter(|(_, watcher)| is_late(watcher));
        let late: Vec<ConnId> = late.map(|(conn, _)| *conn).collect();
        for conn in late {
            self.watchers.remove(&conn);
            self.peers.is_silent(conn, now);
        }
        self.peers.tick(now);
    }

    /// Nothing could come in for so long.
    pub fn stood_still(&mut self, time: Duration) {
        let asked = self
            .watchers
            .values_mut()
            .filter_map(|of| of.asked.as_mut());
        for (_, at) in asked {
            *at = *at + time;
        }
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        let late = self.watchers.values().map(Watcher::late_at);
        late.fold(self.peers.deadline(), earlier)
    }

    /// What is unwritten: it goes with the wallets' rows.
    pub fn flush(&mut self, rows: &mut Rows) {
        if std::mem::take(&mut self.is_dirty) {
            let bytes = codec::encode(&self.by_two);
            rows.insert(BY_TWO.to_owned(), Some(bytes));
        }
    }
}

impl Watcher {
    /// One that is to search what is above a height.
    const fn above(height: u32) -> Self {
        Self {
            told: 0,
            from: ProofPlace::block(height.saturating_add(1)),
            asked: None,
        }
    }

    /// The height up to which it has searched.
    const fn end(&self) -> u32 {
        self.from.height.saturating_sub(1)
    }

    fn late_at(&self) -> Option<Time> {
        let asked = self.asked.as_ref();
        asked.map(|(_, at)| *at + ANSWER_MAX)
    }
}

/// What an answer proves, and where the search goes on.
///
/// # Errors
/// In words, what is wrong with it.
fn judge(
    said: &Proofs,
    (tree, stop): (&HeaderTree, HeaderId),
    owners: &[KeyHash],
) -> Result<(Found, ProofPlace), String> {
    let (query, end) = (&said.query, tree.entry(stop).height);
    let rest = ProofPlace::block(end.saturating_add(1));
    let next = said.next.unwrap_or(rest);
    if next <= query.from || next > rest {
        return Err("proofs that lead to no other place".to_owned());
    }
    let mut sorted = owners.to_vec();
    sorted.sort_unstable();
    let (mut found, mut from) = (Found::new(), query.from);
    for proven in &said.proven {
        let block = tree.find(&proven.block).filter(|id| tree.is_active(*id));
        let Some(block) = block.map(|id| tree.entry(id)) else {
            return Err(format!("a proof of another chain's block {}", proven.block));
        };
        let (height, tx) = (block.height, proven.proof.index);
        let at = ProofPlace { height, tx };
        if at < from || at >= next {
            return Err("proofs that are not in the order of the chain".to_owned());
        }
        check_proof(&block.header, &proven.tx, &proven.proof)
            .map_err(|error| format!("the proof of a transaction in block {height}: {error}"))?;
        if !concerns(&proven.tx, &sorted) {
            return Err(format!(
                "a transaction of block {height} that concerns no address it was told"
            ));
        }
        found.push(((height, tx), proven.clone()));
        let tx = tx.saturating_add(1);
        from = ProofPlace { height, tx };
    }
    Ok((found, next))
}
