//! What peers say that filters hash to: a chain of filter headers beside that of headers.
//!
//! One peer is asked for all of them, 2 000 at a time; they are *taken*. Of a second one the last alone is
//! asked, since it commits to all before it: if it is the same, all are *compared*. If not, halving finds the
//! first block of which the two say different things, in some dozen short questions, and the block itself
//! tells who lied. So it does where a filter is not what it is said to hash to. If no peer sends that block, neither is believed: what was taken goes, up to below it.
//!
//! They are kept by block hash, so a branch that was left costs nothing when it comes back, and goes with
//! the rows of its blocks.

use super::ask::{ANSWER_MAX, Asked, Peers, Tools, late_at};
use crate::chain::filter::BlockFilter;
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::{Block, BlockHash, FilterHeader, codec};
use crate::node::chainstate::HeaderChain;
use crate::node::ids::ConnId;
use crate::node::message::{FILTER_HEADERS_MAX, FilterHeaders, FilterRange, Message};
use crate::node::outbox::MALICE;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::{Time, earlier};
use crate::node::wallets::Rows;
use std::time::Duration;

/// The row that says how far they are taken, and how far compared.
const PLACES: &str = "light/filter_headers";

/// After a block that no peer sent, so long nothing is asked: the peers that know of it may change.
pub(super) const REST: Duration = Duration::from_secs(30);

/// A filter header and its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub id: BlockId,
    pub header: FilterHeader,
}

/// A second peer is asked whether it has heard the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Compare {
    asked: Asked,
    /// The height that was asked for first.
    top: u32,
    /// The highest at which both are known to say the same, and the lowest at which they do not.
    low: u32,
    high: u32,
}

/// Two say different things of one block; it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dispute {
    pub block: BlockId,
    /// Who says this, against what was taken; `None`: it is gone.
    other: Option<ConnId>,
    theirs: FilterHeader,
    ours: FilterHeader,
    before: Place,
}

/// What came of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing to do.
    Nothing,
    /// These are to be written.
    Rows(Rows),
    /// The block is to be fetched.
    Disputed(BlockId),
}

/// All of it.
#[derive(Clone)]
pub(super) struct Words {
    pub peers: Peers,
    taken: Place,
    compared: Place,
    /// Who said what was taken last; `None`: it is gone, or said it in an earlier run.
    source: Option<ConnId>,
    asked: Option<Asked>,
    compare: Option<Compare>,
    dispute: Option<Dispute>,
    rest_until: Option<Time>,
}

fn row(hash: &BlockHash) -> String {
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
        if let Some(bytes) = chain.store().meta(PLACES)? {
            let read = codec::decode(&bytes, codec::MAX_LEN);
            let problem = |error| format!("the row {PLACES}: {error}");
            let (taken, compared): (BlockId, BlockId) =
                read.map_err(|error| chain.store().damaged(problem(error)))?;
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
    fn place<S: Store>(&self, height: u32, chain: &HeaderChain<S>) -> Result<Place, StoreFault> {
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

    /// A peer's filter of a block is not what was said before that it hashes to. Whether the block is to be
    /// fetched for that.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn contradicted<S: Store>(
        &mut self,
        conn: ConnId,
        (id, theirs): (BlockId, FilterHeader),
        chain: &HeaderChain<S>,
    ) -> Result<bool, StoreFault> {
        if self.dispute.is_some() || id.height == 0 {
            return Ok(false);
        }
        self.dispute = Some(Dispute {
            block: id,
            other: Some(conn),
            theirs,
            ours: self.header(id, chain)?,
            before: self.place(id.height - 1, chain)?,
        });
        Ok(true)
    }

    /// Asks what is to be asked.
    pub fn pump(&mut self, tree: &HeaderTree, tools: &mut Tools<'_>) {
        if self.dispute.is_some() || self.rest_until.is_some() {
            return;
        }
        let end = tree.entry(tree.tip()).height;
        if self.asked.is_none() && self.taken() < end {
            let start = self.taken() + 1;
            let most = u32::try_from(FILTER_HEADERS_MAX).unwrap_or(u32::MAX);
            let stop = end.min(self.taken().saturating_add(most));
            let busy: Vec<ConnId> = self.compare.iter().map(|of| of.asked.conn).collect();
            // Better who is not being asked already; but if there is one alone, that one.
            let conn = self.peers.draw(&busy, tools.random);
            if let Some(conn) = conn.or_else(|| self.peers.draw(&[], tools.random)) {
                self.asked = Some(ask(conn, (start, stop), tree, tools));
            }
        }
        if self.compare.is_none() && self.compared() < self.taken() {
            let not: Vec<ConnId> = self.source.into_iter().collect();
            if let Some(conn) = self.peers.draw(&not, tools.random) {
                let top = self.taken();
                self.compare_with(conn, (0, top), tree, tools);
            }
        }
    }

    /// Asks a peer for its filter header at the height `high`.
    fn compare_with(
        &mut self,
        conn: ConnId,
        (low, high): (u32, u32),
        tree: &HeaderTree,
        tools: &mut Tools<'_>,
    ) {
        self.compare = Some(Compare {
            asked: ask(conn, (high, high), tree, tools),
            top: high,
            low,
            high: high.saturating_add(1),
        });
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn received<S: Store>(
        &mut self,
        conn: ConnId,
        said: &FilterHeaders,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<Option<Heard>, StoreFault> {
        let is_it = |asked: &Asked| asked.conn == conn && asked.range == said.range;
        if self.asked.as_ref().is_some_and(is_it) {
            self.asked = None;
            self.peers.answered(conn);
            return self.take(conn, said, chain, tools).map(Some);
        }
        if let Some(compare) = self.compare.take_if(|compare| is_it(&compare.asked)) {
            self.peers.answered(conn);
            return self.compared_with(compare, said, chain, tools).map(Some);
        }
        Ok(self.peers.was_owed(conn).then_some(Heard::Nothing))
    }

    fn take<S: Store>(
        &mut self,
        conn: ConnId,
        said: &FilterHeaders,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<Heard, StoreFault> {
        let tree = chain.tree();
        let stop = tree.find(&said.range.stop);
        let Some(stop) = stop.filter(|id| tree.is_active(*id)) else {
            return Ok(Heard::Nothing);
        };
        let count = tree.entry(stop).height - self.taken();
        if u32::try_from(said.hashes.len()) != Ok(count) {
            tools
                .out
                .blame(conn, MALICE, "other filter headers than it was asked for");
            return Ok(Heard::Nothing);
        }
        if said.previous != self.taken.header {
            // It has heard other things of what was taken before: which of the two is right, shows.
            let top = self.taken();
            if top == 0 {
                tools
                    .out
                    .blame(conn, MALICE, "another filter of the genesis block");
            } else if self.compare.is_none() {
                self.compare_with(conn, (0, top), tree, tools);
            } else {
                self.peers.has_not(conn, tools.now);
            }
            return Ok(Heard::Nothing);
        }
        let mut rows = Rows::new();
        for (height, header) in (said.range.start..).zip(said.headers()) {
            let id = chain.id(tree.ancestor(stop, height));
            rows.insert(row(&id.hash), Some(header.0.to_vec()));
            self.taken = Place { id, header };
        }
        self.source = Some(conn);
        self.note_places(&mut rows);
        Ok(Heard::Rows(rows))
    }

    fn compared_with<S: Store>(
        &mut self,
        mut compare: Compare,
        said: &FilterHeaders,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<Heard, StoreFault> {
        let (conn, tree) = (compare.asked.conn, chain.tree());
        let height = said.range.start;
        let (Some(theirs), [_]) = (said.headers().next(), &said.hashes[..]) else {
            tools
                .out
                .blame(conn, MALICE, "other filter headers than it was asked for");
            return Ok(Heard::Nothing);
        };
        let ours = self.place(height, chain)?;
        if theirs == ours.header && height == compare.top {
            if height > self.compared() {
                self.compared = ours;
            }
            let mut rows = Rows::new();
            self.note_places(&mut rows);
            return Ok(Heard::Rows(rows));
        }
        if theirs == ours.header {
            compare.low = height;
        } else {
            compare.high = height;
            let before = self.place(height.saturating_sub(1), chain)?;
            if said.previous == before.header {
                let dispute = Dispute {
                    block: ours.id,
                    other: Some(conn),
                    theirs,
                    ours: ours.header,
                    before,
                };
                self.dispute = Some(dispute);
                return Ok(Heard::Disputed(ours.id));
            }
            if height <= 1 {
                tools
                    .out
                    .blame(conn, MALICE, "another filter of the genesis block");
                return Ok(Heard::Nothing);
            }
        }
        if compare.high <= compare.low + 1 {
            // What it says now is not what it said before.
            tools
                .out
                .blame(conn, MALICE, "filter headers that contradict each other");
            return Ok(Heard::Nothing);
        }
        let middle = compare.low + (compare.high - compare.low) / 2;
        compare.asked = ask(conn, (middle, middle), tree, tools);
        self.compare = Some(compare);
        Ok(Heard::Nothing)
    }

    /// The block is here of which two say different things: who lied is let go. Returns the rows to write,
    /// and the place up to which all holds if what was taken did not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn resolve<S: Store>(
        &mut self,
        block: &Block,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<(Rows, Option<BlockId>), StoreFault> {
        let is_it = |dispute: &mut Dispute| dispute.block.hash == block.hash();
        let Some(dispute) = self.dispute.take_if(is_it) else {
            return Ok((Rows::new(), None));
        };
        let truth = BlockFilter::of(block).header(dispute.before.header);
        let words = format!("it lied about the filter of block {}", dispute.block);
        if let Some(other) = dispute.other.filter(|_| dispute.theirs != truth) {
            tools.out.blame(other, MALICE, words.clone());
        }
        if dispute.ours == truth {
            return Ok((Rows::new(), None));
        }
        if let Some(source) = self.source {
            tools.out.blame(source, MALICE, words);
        }
        let rows = self.roll_back(dispute.before, chain)?;
        Ok((rows, Some(dispute.before.id)))
    }

    /// No peer sends the block of which two say different things: neither is believed.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn unresolved<S: Store>(
        &mut self,
        hash: &BlockHash,
        chain: &HeaderChain<S>,
        now: Time,
    ) -> Result<Option<(Rows, BlockId)>, StoreFault> {
        let Some(dispute) = self.dispute.take_if(|dispute| dispute.block.hash == *hash) else {
            return Ok(None);
        };
        let rows = self.roll_back(dispute.before, chain)?;
        self.rest_until = Some(now + REST);
        Ok(Some((rows, dispute.before.id)))
    }

    /// The block that is fetched because two say different things of it.
    pub fn disputed(&self) -> Option<BlockId> {
        self.dispute.as_ref().map(|dispute| dispute.block)
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

    fn roll_back<S: Store>(
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

    fn note_places(&self, rows: &mut Rows) {
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

fn ask(conn: ConnId, (start, stop): (u32, u32), tree: &HeaderTree, tools: &mut Tools<'_>) -> Asked {
    let stop = tree
        .active_at(stop)
        .map_or(BlockHash::ZERO, |id| tree.entry(id).hash);
    let range = FilterRange { start, stop };
    tools.out.send(conn, Message::GetCFHeaders(range));
    let at = tools.now;
    Asked { conn, range, at }
}
