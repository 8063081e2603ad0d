//! How far filter headers are taken and compared, and what is open.

use super::kinds::{Compare, Dispute, Place};
use crate::chain::filter::BlockFilter;
use crate::chain::headers::HeaderId;
use crate::chain::{BlockHash, FilterHeader, codec};
use crate::node::chainstate::HeaderChain;
use crate::node::ids::ConnId;
use crate::node::light::ask::{ANSWER_MAX, Asked, Peers, late_at};
use crate::node::light::stored::stored;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::{Time, earlier};
use crate::node::wallets::Rows;
use std::time::Duration;

/// The row that says how far they are taken, and how far compared.
const PLACES: &str = "light/filter_headers";

/// All of it.
#[derive(Clone)]
pub(in crate::node::light) struct Words {
    pub peers: Peers,
    pub(super) taken: Place,
    pub(super) compared: Place,
    /// Who said what was taken last; `None`: it is gone, or said it in an earlier run.
    pub(super) source: Option<ConnId>,
    pub(super) asked: Option<Asked>,
    pub(super) compare: Option<Compare>,
    pub(super) dispute: Option<Dispute>,
    pub(super) rest_until: Option<Time>,
}

pub(super) fn row(hash: &BlockHash) -> String {
    format!("light/filter_header/{hash}")
}

impl Words {
    /// As far as an earlier run has come, on what is left of its chain.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open<S: Store>(chain: &HeaderChain<S>) -> Result<Self, StoreFault> {
        let genesis = BlockFilter::of(&chain.params().genesis_block());
        let start = Place {
            id: chain.id(chain.tree().genesis()),
            header: genesis.header(FilterHeader::ZERO),
        };
        let mut words = Self {
            peers: Peers::default(),
            taken: start,
            compared: start,
            source: None,
            asked: None,
            compare: None,
            dispute: None,
            rest_until: None,
        };
        let places: Option<(BlockId, BlockId)> = stored(chain.store(), PLACES)?;
        if let Some((taken, compared)) = places {
            words.taken = words.left_of(taken, chain)?;
            words.compared = words.left_of(compared, chain)?;
        }
        Ok(words)
    }

    /// The highest block below or at this one that is on the chain.
    fn left_of<S: Store>(&self, id: BlockId, chain: &HeaderChain<S>) -> Result<Place, StoreFault> {
        let tree = chain.tree();
        let fork = tree
            .find(&id.hash)
            .map_or(tree.genesis(), |id| tree.fork_point(id, tree.tip()));
        self.place(tree.entry(fork).height, chain)
    }

    /// What was taken of the block at a height.
    pub(super) fn place<S: Store>(
        &self,
        height: u32,
        chain: &HeaderChain<S>,
    ) -> Result<Place, StoreFault> {
        let tree = chain.tree();
        let id = tree
            .active_at(height)
            .map_or(self.taken.id, |id| chain.id(id));
        Ok(Place {
            id,
            header: self.header(id, chain)?,
        })
    }

    /// The filter header of a block that was taken.
    ///
    /// # Errors
    /// [`StoreFault`], also if it is not there.
    pub fn header<S: Store>(
        &self,
        id: BlockId,
        chain: &HeaderChain<S>,
    ) -> Result<FilterHeader, StoreFault> {
        if id.height == 0 {
            let genesis = BlockFilter::of(&chain.params().genesis_block());
            return Ok(genesis.header(FilterHeader::ZERO));
        }
        if id == self.taken.id {
            return Ok(self.taken.header);
        }
        let bytes = chain.store().meta(&row(&id.hash))?;
        let header = bytes.and_then(|bytes| bytes.try_into().ok());
        let problem = || format!("the filter header of block {id} is missing, or makes no sense");
        header
            .map(FilterHeader)
            .ok_or_else(|| chain.store().damaged(problem()))
    }

    /// The height up to which they were taken.
    pub fn taken(&self) -> u32 {
        self.taken.id.height
    }

    /// The height up to which two peers have said the same.
    pub fn compared(&self) -> u32 {
        self.compared.id.height
    }

    /// Whether there is no peer to compare with: one word has to do.
    pub fn is_one_word(&self) -> bool {
        self.peers.count() < 2
    }

    /// The height up to which filters may be judged by them.
    pub fn usable(&self) -> u32 {
        let heard = match self.is_one_word() {
            true => self.taken(),
            false => self.compared(),
        };
        let dispute = self.dispute.as_ref();
        dispute.map_or(heard, |dispute| heard.min(dispute.before.id.height))
    }

    /// The chain has left the blocks above this one.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn chain_left<S: Store>(
        &mut self,
        fork: BlockId,
        left: &[BlockId],
        chain: &HeaderChain<S>,
    ) -> Result<Rows, StoreFault> {
        if self.taken() <= fork.height {
            return Ok(Rows::new());
        }
        let header = self.header(fork, chain)?;
        let gone = left.iter().filter(|id| id.height <= self.taken());
        let mut rows: Rows = gone.map(|id| (row(&id.hash), None)).collect();
        self.cut(Place { id: fork, header });
        self.note_places(&mut rows);
        Ok(rows)
    }

    pub(super) fn roll_back<S: Store>(
        &mut self,
        to: Place,
        chain: &HeaderChain<S>,
    ) -> Result<Rows, StoreFault> {
        let tree = chain.tree();
        let hash = |id: HeaderId| tree.entry(id).hash;
        let gone = (to.id.height + 1..=self.taken()).filter_map(|height| tree.active_at(height));
        let mut rows: Rows = gone.map(|id| (row(&hash(id)), None)).collect();
        self.cut(to);
        self.note_places(&mut rows);
        Ok(rows)
    }

    /// Nothing above a place is taken, and what was asked about that is of no use.
    fn cut(&mut self, to: Place) {
        self.taken = to;
        if self.compared() > to.id.height {
            self.compared = to;
        }
        self.source = None;
        self.dispute = None;
        let open = self.asked.take().into_iter();
        let open = open.chain(self.compare.take().map(|compare| compare.asked));
        for asked in open {
            self.peers.is_stale(asked.conn);
        }
    }

    pub(super) fn note_places(&self, rows: &mut Rows) {
        let places = (self.taken.id, self.compared.id);
        rows.insert(PLACES.to_owned(), Some(codec::encode(&places)));
    }

    /// A peer does not have what it was asked for. Whether that was about filter headers.
    pub fn received_notfound(&mut self, conn: ConnId, hash: &BlockHash, now: Time) -> bool {
        let is_it = |asked: &Asked| asked.conn == conn && asked.range.stop == *hash;
        let was_asked = self.asked.take_if(|asked| is_it(asked)).is_some();
        let compare = self.compare.take_if(|compare| is_it(&compare.asked));
        let is_ours = was_asked || compare.is_some();
        if is_ours {
            self.peers.has_not(conn, now);
        }
        is_ours
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.peers.remove(conn);
        self.source.take_if(|source| *source == conn);
        self.asked.take_if(|asked| asked.conn == conn);
        self.compare.take_if(|compare| compare.asked.conn == conn);
        if let Some(dispute) = &mut self.dispute {
            dispute.other.take_if(|other| *other == conn);
        }
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        let asked = self.asked.iter();
        let asked = asked.chain(self.compare.iter().map(|compare| &compare.asked));
        let other = self.dispute.as_ref().and_then(|dispute| dispute.other);
        self.peers.knows_nothing_of(conn)
            && asked.into_iter().all(|asked| asked.conn != conn)
            && self.source != Some(conn)
            && other != Some(conn)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time) {
        let is_late = |asked: &Asked| now - asked.at >= ANSWER_MAX;
        let late = self.asked.take_if(|asked| is_late(asked)).into_iter();
        let compare = self.compare.take_if(|compare| is_late(&compare.asked));
        for asked in late.chain(compare.map(|compare| compare.asked)) {
            self.peers.is_silent(asked.conn, now);
        }
        self.peers.tick(now);
        self.rest_until.take_if(|until| *until <= now);
    }

    /// Nothing could come in for so long.
    pub fn stood_still(&mut self, time: Duration) {
        let compare = self.compare.iter_mut().map(|compare| &mut compare.asked);
        for asked in self.asked.iter_mut().chain(compare) {
            asked.at = asked.at + time;
        }
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        let compare = self.compare.iter().map(|compare| &compare.asked);
        let late = late_at(self.asked.iter().chain(compare));
        let more = earlier(self.peers.deadline(), self.rest_until);
        earlier(late, more)
    }
}
