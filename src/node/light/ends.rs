//! Whether full nodes have the end of the chain that this node is on.
//!
//! A branch with true work that breaks other rules looks sound to who has headers alone (section 8 of the Bitcoin
//! paper). Full nodes do not take it, and say so when they are asked for its end. What follows is for people to
//! judge: one may just be late.

use super::ask::{Peers, Tools};
use crate::chain::BlockHash;
use crate::node::ids::ConnId;
use crate::node::message::{FilterRange, Message};
use crate::node::store::BlockId;
use crate::node::time::{Time, earlier};
use std::collections::BTreeMap;
use std::time::Duration;

/// As long as this, who has not announced a block may just be late.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who does not have it is asked again after this.
const AGAIN: Duration = Duration::from_secs(30);

/// What is known of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Asked(Time),
    Has,
    HasNot(Time),
}

/// All of it.
#[derive(Clone, Default)]
pub(super) struct Ends {
    pub peers: Peers,
    tip: Option<(BlockId, Time)>,
    words: BTreeMap<ConnId, Word>,
}

impl Ends {
    /// This is the end of the chain now.
    pub fn is(&mut self, tip: BlockId, now: Time) {
        if self.tip.is_some_and(|(known, _)| known == tip) {
            return;
        }
        for (conn, word) in std::mem::take(&mut self.words) {
            if matches!(word, Word::Asked(_)) {
                self.peers.is_stale(conn);
            }
        }
        self.tip = Some((tip, now));
    }

    /// Asks those who have not announced it. `announced` tells who has.
    pub fn pump(&mut self, announced: impl Fn(ConnId) -> bool, tools: &mut Tools<'_>) {
        let Some((tip, since)) = self.tip.filter(|(tip, _)| tip.height > 0) else {
            return;
        };
        for conn in self.peers.all() {
            let word = self.words.get(&conn).copied();
            if word != Some(Word::Has) && announced(conn) {
                if let Some(Word::Asked(_)) = word {
                    self.peers.is_stale(conn);
                }
                self.words.insert(conn, Word::Has);
                continue;
            }
            if due(word, since).is_some_and(|at| at <= tools.now) {
                self.words.insert(conn, Word::Asked(tools.now));
                let (start, stop) = (tip.height, tip.hash);
                let range = FilterRange { start, stop };
                tools.out.send(conn, Message::GetCFHeaders(range));
            }
        }
    }

    /// A peer serves this. Whether it was asked here for it.
    pub fn received(&mut self, conn: ConnId, range: FilterRange) -> bool {
        let is_tip = self.is_tip(&range.stop) && self.starts_at(range.start);
        is_tip && self.hears(conn, Word::Has)
    }

    /// A peer does not have this. Whether it was asked here for it.
    pub fn received_notfound(&mut self, conn: ConnId, hash: &BlockHash, now: Time) -> bool {
        self.is_tip(hash) && self.hears(conn, Word::HasNot(now))
    }

    fn is_tip(&self, hash: &BlockHash) -> bool {
        self.tip.is_some_and(|(tip, _)| tip.hash == *hash)
    }

    fn starts_at(&self, height: u32) -> bool {
        self.tip.is_some_and(|(tip, _)| tip.height == height)
    }

    fn hears(&mut self, conn: ConnId, said: Word) -> bool {
        let word = self.words.get_mut(&conn);
        let asked = word.filter(|word| matches!(word, Word::Asked(_)));
        asked.map(|word| *word = said).is_some()
    }

    /// How many full nodes have it, and how many have said that they do not.
    pub fn counts(&self) -> (usize, usize) {
        let has = |word: &&Word| **word == Word::Has;
        let has_not = |word: &&Word| matches!(word, Word::HasNot(_));
        let count = |is: &dyn Fn(&&Word) -> bool| self.words.values().filter(is).count();
        (count(&has), count(&has_not))
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.peers.remove(conn);
        self.words.remove(&conn);
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.peers.knows_nothing_of(conn) && !self.words.contains_key(&conn)
    }

    /// When one is to be asked.
    pub fn deadline(&self) -> Option<Time> {
        let (_, since) = self.tip.filter(|(tip, _)| tip.height > 0)?;
        let words = self.peers.all().into_iter();
        let words = words.map(|conn| due(self.words.get(&conn).copied(), since));
        words.fold(None, earlier)
    }
}

/// When a peer is to be asked of whom this is known.
fn due(word: Option<Word>, since: Time) -> Option<Time> {
    match word {
        None => Some(since + PATIENCE),
        Some(Word::HasNot(at)) => Some(at + AGAIN),
        Some(Word::Has | Word::Asked(_)) => None,
    }
}
