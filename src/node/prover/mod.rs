//! Looks for the payments of light nodes that name their addresses, and proves what it finds.
//!
//! 1. A peer names addresses in `watch`, [`WATCH_MAX`] at most over all that it says. It is told of what waits and
//!    pays one of them or spends from it, and from then on of what comes.
//! 2. It asks with `getproofs` for what of that stands in the blocks of a branch. The blocks' filters say which of
//!    them to read, so most are not.
//! 3. An answer is a part: it ends after [`PROOF_BLOCKS_MAX`](super::message::PROOF_BLOCKS_MAX) blocks, where a
//!    message is full, or where the [`Budget`] is used up, and says where. The peer asks on from there.
//!
//! A search is cheap to ask for and dear to answer. So each peer has a budget, and all of them together have one; who
//! waits for it has its turn after the one that was answered last. No peer can keep others from their turn, nor
//! the node from its own work, of which a search takes little at a time ([`LEAST`]).

mod budget;
mod search;
#[cfg(test)]
mod tests;

pub use budget::Budget;
pub use search::{BYTES_FOR_A_LOOK, OWNERS_FOR_A_LOOK, concerns, looks_at};

use super::ids::ConnId;
use super::message::{Item, Message, ProofQuery, Reject, Text, WATCH_MAX};
use super::outbox::{MALICE, Outbox};
use super::serve::Shown;
use super::store::{Store, StoreFault};
use super::time::{Time, earlier};
use crate::chain::{KeyHash, Tx, Txid};
use std::collections::{BTreeMap, VecDeque};

/// Looks that one peer has each second: a fortieth of a processor's time. One is a short filter held
/// against a hundred addresses, a quarter of a kilobyte of a longer one, or half a kilobyte of a block that is
/// read: 5 µs, and measured less (`benches/chain/proof.rs`).
pub const LOOKS_OF_PEER: u32 = 5_000;

/// Looks that all have together: a tenth of a processor's time.
pub const LOOKS_OF_ALL: u32 = 20_000;

/// Looks that must be left for a search to begin: the steps in which a budget is used, 2.5 ms each.
pub const LEAST: u32 = 500;

/// Questions of a peer that wait. One that waits for each answer has one; more than this many were never
/// meant to be read.
pub const WAITING_MAX: usize = 16;

/// Transactions that wait here, for one look.
const WAITING_FOR_A_LOOK: usize = 4;

/// What is looked for, on behalf of whom.
#[derive(Clone)]
pub struct Prover {
    clients: BTreeMap<ConnId, Client>,
    all: Budget,
    /// Who was answered last: the next in order is next.
    last: Option<ConnId>,
}

/// A peer that asks.
#[derive(Clone)]
struct Client {
    /// In their order, each once.
    owners: Vec<KeyHash>,
    wanted: VecDeque<Wanted>,
    budget: Budget,
}

/// What a peer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// What waits in the mempool.
    Waiting,
    /// What is in blocks.
    Proofs(ProofQuery),
}

/// What came of a turn.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Transactions to be announced to that peer.
    pub found: Vec<Txid>,
}

impl Default for Prover {
    fn default() -> Self {
        Self {
            clients: BTreeMap::new(),
            all: Budget::new(LOOKS_OF_ALL),
            last: None,
        }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self {
            owners: Vec::new(),
            wanted: VecDeque::new(),
            budget: Budget::new(LOOKS_OF_PEER),
        }
    }
}

impl Prover {
    /// A peer names addresses.
    pub fn received_watch(&mut self, conn: ConnId, owners: &[KeyHash], out: &mut Outbox) {
        let client = self.clients.entry(conn).or_default();
        let known = client.owners.len();
        client.owners.extend_from_slice(owners);
        client.owners.sort_unstable();
        client.owners.dedup();
        if client.owners.len() > WATCH_MAX {
            client.owners.truncate(WATCH_MAX);
            let why = format!("names more than {WATCH_MAX} addresses to look for");
            return out.blame(conn, MALICE, why);
        }
        if client.owners.len() > known && !client.wanted.contains(&Wanted::Waiting) {
            client.wanted.push_back(Wanted::Waiting);
        }
    }

    /// A peer asks for proofs.
    pub fn received_getproofs(&mut self, conn: ConnId, query: ProofQuery, out: &mut Outbox) {
        let Some(client) = self.clients.get_mut(&conn) else {
            return out.send(
                conn,
                refusal(&query, "no addresses were named with `watch`"),
            );
        };
        client.wanted.push_back(Wanted::Proofs(query));
        if client.wanted.len() > WAITING_MAX {
            client.wanted.clear();
            out.blame(conn, MALICE, "asks for more proofs than it waits for");
        }
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.clients.remove(&conn);
        self.last = self.last.filter(|last| *last != conn);
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.clients.contains_key(&conn) && self.last != Some(conn)
    }

    /// Addresses that a peer has named.
    pub fn watched(&self, conn: ConnId) -> usize {
        self.clients.get(&conn).map_or(0, |of| of.owners.len())
    }

    /// Who is to be told of a transaction, of those that have named addresses.
    pub fn concerned(&self, tx: &Tx) -> impl Iterator<Item = ConnId> + '_ {
        // Without clients nothing is hashed.
        let parties: Vec<KeyHash> = match self.clients.is_empty() {
            true => Vec::new(),
            false => tx.parties().collect(),
        };
        let clients = self.clients.iter();
        clients.filter_map(move |(conn, client)| client.is_any(&parties).then_some(*conn))
    }

    /// Whose turn it is. `takes` tells peers to which something can be sent.
    pub fn next(&self, now: Time, takes: impl Fn(ConnId) -> bool) -> Option<ConnId> {
        if !self.all.has(LEAST, now) {
            return None;
        }
        let after = |conn: &ConnId| self.last.is_some_and(|last| *conn > last);
        let ready = |conn: &ConnId| {
            let client = &self.clients[conn];
            !client.wanted.is_empty() && client.budget.has(LEAST, now) && takes(*conn)
        };
        let mut later = self.clients.keys().filter(|conn| after(conn));
        let mut earlier = self.clients.keys().filter(|conn| !after(conn));
        let found = later.find(|conn| ready(conn));
        found.or_else(|| earlier.find(|conn| ready(conn))).copied()
    }

    /// Does the next thing that a peer waits for.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn turn<S: Store>(
        &mut self,
        conn: ConnId,
        shown: Shown<'_, S>,
        now: Time,
        out: &mut Outbox,
    ) -> Result<Turn, StoreFault> {
        self.last = Some(conn);
        let Some(client) = self.clients.get_mut(&conn) else {
            return Ok(Turn::default());
        };
        let mut turn = Turn::default();
        let spent = match client.wanted.pop_front() {
            None => 0,
            Some(Wanted::Waiting) => {
                turn.found = search::waiting(shown, &client.owners);
                let looks = 1 + shown.mempool.len() / WAITING_FOR_A_LOOK;
                u32::try_from(looks).unwrap_or(u32::MAX)
            }
            Some(Wanted::Proofs(query)) => {
                let left = client.budget.left(now).min(self.all.left(now));
                let (answer, spent) = search::blocks(shown, &client.owners, query, left)?;
                out.send(conn, answer);
                spent
            }
        };
        client.budget.spend(spent, now);
        self.all.spend(spent, now);
        Ok(turn)
    }

    /// When the next turn is due. `takes` tells peers to which something can be sent.
    pub fn deadline(&self, takes: impl Fn(ConnId) -> bool) -> Option<Time> {
        let waiting = self.clients.iter();
        let waiting = waiting.filter(|(conn, client)| !client.wanted.is_empty() && takes(**conn));
        let first = waiting.map(|(_, client)| Some(client.budget.has_at(LEAST)));
        let first = first.fold(None, earlier);
        first.map(|at| at.max(self.all.has_at(LEAST)))
    }
}

impl Client {
    fn is_any(&self, parties: &[KeyHash]) -> bool {
        let mut parties = parties.iter();
        parties.any(|party| self.owners.binary_search(party).is_ok())
    }
}

fn refusal(query: &ProofQuery, why: &str) -> Message {
    Message::Reject(Box::new(Reject {
        command: Text::new("getproofs"),
        item: Some(Item::Block(query.stop)),
        why: Text::new(why),
    }))
}
