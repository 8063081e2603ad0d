//! Blocks that are fetched whole, each from a peer that is drawn at random, so that no single one sees
//! all that concerns the wallets. Who does not send it in time, or does not have it, is not asked for it
//! again until all have been.

use super::ask::{ANSWER_MAX, Tools};
use crate::chain::{Block, BlockHash};
use crate::node::ids::ConnId;
use crate::node::message::{Item, Message};
use crate::node::store::BlockId;
use crate::node::time::{Time, earlier};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// All were asked for a block, and none has sent it: after this they are asked again.
const REST: Duration = Duration::from_secs(30);

/// Names of peers that are kept of those who have learnt something: as many as there are seats.
pub(super) const NAMES_MAX: usize = 128;

#[derive(Clone, Debug)]
struct Wanted {
    id: BlockId,
    asked: Option<(ConnId, Time)>,
    tried: BTreeSet<ConnId>,
    rest_until: Option<Time>,
    body: Option<Arc<Block>>,
}

/// Blocks that are wanted, and who was asked for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies {
    peers: BTreeSet<ConnId>,
    wanted: BTreeMap<BlockHash, Wanted>,
    /// What peers were asked for and have not answered.
    owed: BTreeSet<(ConnId, BlockHash)>,
    fetched: BTreeMap<String, u64>,
}

impl Bodies {
    pub fn add(&mut self, conn: ConnId) {
        self.peers.insert(conn);
        // It may have what others do not.
        for wanted in self.wanted.values_mut() {
            wanted.rest_until = None;
        }
    }

    /// These are wanted, and no others.
    pub fn want(&mut self, ids: impl IntoIterator<Item = BlockId>) {
        let ids: BTreeMap<BlockHash, BlockId> = ids.into_iter().map(|id| (id.hash, id)).collect();
        self.wanted.retain(|hash, _| ids.contains_key(hash));
        for (hash, id) in ids {
            self.wanted.entry(hash).or_insert_with(|| Wanted {
                id,
                asked: None,
                tried: BTreeSet::new(),
                rest_until: None,
                body: None,
            });
        }
    }

    /// Asks for what is wanted. Returns blocks that no peer has sent, each time all were asked.
    pub fn pump(&mut self, tools: &mut Tools<'_>) -> Vec<BlockId> {
        let mut unserved = Vec::new();
        let now = tools.now;
        for (hash, wanted) in &mut self.wanted {
            let rests = wanted.rest_until.is_some_and(|until| now < until);
            if wanted.asked.is_some() || wanted.body.is_some() || rests {
                continue;
            }
            let free = self.peers.difference(&wanted.tried).copied();
            let mut free: Vec<ConnId> = free.collect();
            tools.random.draw(&mut free, 1);
            if let [conn] = free[..] {
                wanted.asked = Some((conn, now));
                wanted.tried.insert(conn);
                self.owed.insert((conn, *hash));
                tools
                    .out
                    .send(conn, Message::GetData(vec![Item::Block(*hash)]));
            } else if !self.peers.is_empty() {
                wanted.tried.clear();
                wanted.rest_until = Some(now + REST);
                unserved.push(wanted.id);
            }
        }
        unserved
    }

    /// Whether a peer was asked for a block; then it owes it no longer.
    pub fn was_asked(&mut self, conn: ConnId, hash: &BlockHash) -> bool {
        self.owed.remove(&(conn, *hash))
    }

    /// A block came in that a peer was asked for, and it is what its header commits to. `by` is the peer's
    /// name.
    pub fn received(&mut self, conn: ConnId, block: &Arc<Block>, by: &str) {
        let hash = block.hash();
        let Some(wanted) = self.wanted.get_mut(&hash) else {
            return;
        };
        wanted.asked.take_if(|(asked, _)| *asked == conn);
        if wanted.body.is_none() {
            wanted.body = Some(Arc::clone(block));
            if self.fetched.len() < NAMES_MAX || self.fetched.contains_key(by) {
                *self.fetched.entry(by.to_owned()).or_default() += 1;
            }
        }
    }

    /// A peer does not have a block, or sent another. Whether it was asked for it.
    pub fn has_not(&mut self, conn: ConnId, hash: &BlockHash) -> bool {
        let was_asked = self.was_asked(conn, hash);
        if let Some(wanted) = self.wanted.get_mut(hash) {
            wanted.asked.take_if(|(asked, _)| *asked == conn);
        }
        was_asked
    }

    /// A block that has come.
    pub fn body(&self, hash: &BlockHash) -> Option<Arc<Block>> {
        self.wanted.get(hash)?.body.clone()
    }

    /// Blocks that a peer owes.
    pub fn owed_by(&self, conn: ConnId) -> usize {
        self.owed.iter().filter(|(of, _)| *of == conn).count()
    }

    /// A block that no peer sends, the lowest.
    pub fn unserved(&self) -> Option<BlockId> {
        let rests = self
            .wanted
            .values()
            .filter(|wanted| wanted.rest_until.is_some());
        rests
            .filter(|wanted| wanted.body.is_none())
            .map(|wanted| wanted.id)
            .min()
    }

    /// How many blocks each peer has sent.
    pub fn fetched(&self) -> Vec<(String, u64)> {
        self.fetched
            .iter()
            .map(|(name, count)| (name.clone(), *count))
            .collect()
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.peers.remove(&conn);
        self.owed.retain(|(of, _)| *of != conn);
        for wanted in self.wanted.values_mut() {
            wanted.tried.remove(&conn);
            wanted.asked.take_if(|(asked, _)| *asked == conn);
        }
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        let knows = |wanted: &Wanted| {
            wanted.tried.contains(&conn) || wanted.asked.is_some_and(|(asked, _)| asked == conn)
        };
        !self.peers.contains(&conn)
            && self.owed.iter().all(|(of, _)| *of != conn)
            && !self.wanted.values().any(knows)
    }

    /// Time has passed: what does not come is asked of others.
    pub fn tick(&mut self, now: Time) {
        for wanted in self.wanted.values_mut() {
            wanted.asked.take_if(|(_, at)| now - *at >= ANSWER_MAX);
            wanted.rest_until.take_if(|until| *until <= now);
        }
    }

    /// Nothing could come in for so long.
    pub fn stood_still(&mut self, time: Duration) {
        let asked = self
            .wanted
            .values_mut()
            .filter_map(|wanted| wanted.asked.as_mut());
        for (_, at) in asked {
            *at = *at + time;
        }
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        let missing = self.wanted.values().filter(|wanted| wanted.body.is_none());
        let due = missing.map(|wanted| match wanted.asked {
            Some((_, at)) => Some(at + ANSWER_MAX),
            None => wanted.rest_until,
        });
        due.fold(None, earlier)
    }
}
