//! Answers what peers ask for, at the pace at which they take it.
//!
//! Requests wait in a queue for each peer and are answered while less than [`UNSENT_MAX`] bytes are
//! on their way to it, so a slow peer that asks for 500 blocks gets them one after the other, and
//! holds no more than that of our memory. A peer that asks for more than [`QUEUE_MAX`] things
//! before it has taken any is not slow.

use super::attack::Attack;
use super::chainstate::{ChainState, KeptFilter};
use super::ids::ConnId;
use super::mempool::Mempool;
use super::message::{
    FILTER_HEADERS_MAX, FILTERS_BYTES, FILTERS_MAX, FilterHeaders, FilterRange, Filters,
    GETBLOCKS_MAX, HEADERS_MAX, INV_MAX, Item, Locator, Message, Reject, Text,
};
use super::outbox::{MALICE, Outbox};
use super::private_chain::PrivateChain;
use super::store::{Store, StoreFault};
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::{Block, BlockHash, FilterHeader, Header, Tx};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Bytes on their way to a peer above which it gets no more answers for now.
pub const UNSENT_MAX: u64 = 2_000_000;

/// Things asked for that wait for an answer: five full messages, 0.4 MB. A locator counts for as many
/// as it has hashes.
pub const QUEUE_MAX: usize = 5 * INV_MAX;

/// Blocks kept in memory because everybody asks for them: the last ones.
const RECENT_MAX: usize = 8;

#[derive(Clone)]
enum Request {
    Item(Item),
    Headers(Locator),
    Blocks(Locator),
    FilterHeaders(FilterRange),
    Filters(FilterRange),
}

/// For how many things a request for filters counts: it is answered from as many rows as a small part of a
/// full `getdata`.
const FILTERS_SIZE: usize = 100;

impl Request {
    /// Hashes in it: what its memory grows with.
    fn size(&self) -> usize {
        match self {
            Self::Item(_) => 1,
            Self::Headers(locator) | Self::Blocks(locator) => 1 + locator.have.len(),
            Self::FilterHeaders(_) | Self::Filters(_) => FILTERS_SIZE,
        }
    }
}

/// What peers have asked for and is yet to be sent.
#[derive(Clone, Default)]
pub struct Serve {
    queues: BTreeMap<ConnId, VecDeque<Request>>,
    recent: VecDeque<Arc<Block>>,
}

/// What there is to serve, without what is private.
pub struct Shown<'a, S> {
    /// Headers and blocks.
    pub chain: &'a ChainState<S>,
    /// Transactions.
    pub mempool: &'a Mempool,
    /// What of them is left out.
    pub private: &'a PrivateChain,
    /// There on an attacker's node, which leaves out more.
    pub attack: Option<&'a Attack>,
}

impl<S> Clone for Shown<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Shown<'_, S> {}

impl<'a, S: Store> Shown<'a, S> {
    fn tree(self) -> &'a HeaderTree {
        self.chain.tree()
    }

    /// A block that may be shown, on whichever branch: not what was found invalid, nor what is private.
    pub fn find(self, hash: &BlockHash) -> Option<HeaderId> {
        let id = self.tree().find(hash)?;
        let is_shown = !self.tree().entry(id).failed && !self.private.hides(hash);
        is_shown.then_some(id)
    }

    /// Whether a transaction is shown to light peers whom it concerns; `height` is its block's, `None` if it
    /// waits.
    pub fn is_told(self, tx: &Tx, height: Option<u32>) -> bool {
        self.attack.is_none_or(|attack| !attack.hides(tx, height))
    }

    /// As [`ChainState::filters_up_to`].
    fn filters_up_to(
        self,
        start: u32,
        stop: HeaderId,
    ) -> Result<Option<(FilterHeader, Vec<KeptFilter>)>, StoreFault> {
        match self.attack.filter(|attack| attack.leaves_out()) {
            Some(attack) => attack.filters_up_to(self.chain, start, stop),
            None => self.chain.filters_up_to(start, stop),
        }
    }

    /// Height of the last block that is shown.
    fn end(self) -> u32 {
        let tree = self.tree();
        tree.entry(self.private.public_end(tree)).height
    }
}

/// What was sent to a peer.
#[derive(Debug, Default)]
pub struct Served {
    /// Blocks and transactions.
    pub items: Vec<Item>,
}

impl Serve {
    /// A block that everybody is going to ask for.
    pub fn keep(&mut self, block: &Arc<Block>) {
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(Arc::clone(block));
    }

    /// A peer asks for blocks and transactions.
    pub fn received_getdata(&mut self, conn: ConnId, items: Vec<Item>, out: &mut Outbox) {
        let requests = items.into_iter().map(Request::Item);
        self.queue(conn, requests, out);
    }

    /// A peer asks for headers.
    pub fn received_getheaders(&mut self, conn: ConnId, locator: Locator, out: &mut Outbox) {
        self.queue(conn, std::iter::once(Request::Headers(locator)), out);
    }

    /// A peer asks for an `inv` of blocks.
    pub fn received_getblocks(&mut self, conn: ConnId, locator: Locator, out: &mut Outbox) {
        self.queue(conn, std::iter::once(Request::Blocks(locator)), out);
    }

    /// A peer asks what filters hash to.
    pub fn received_getcfheaders(&mut self, conn: ConnId, range: FilterRange, out: &mut Outbox) {
        self.queue(conn, std::iter::once(Request::FilterHeaders(range)), out);
    }

    /// A peer asks for filters.
    pub fn received_getcfilters(&mut self, conn: ConnId, range: FilterRange, out: &mut Outbox) {
        self.queue(conn, std::iter::once(Request::Filters(range)), out);
    }

    fn queue(&mut self, conn: ConnId, requests: impl Iterator<Item = Request>, out: &mut Outbox) {
        let queue = self.queues.entry(conn).or_default();
        queue.extend(requests);
        if queue.iter().map(Request::size).sum::<usize>() > QUEUE_MAX {
            queue.clear();
            out.blame(conn, MALICE, "asks for more and takes nothing");
        }
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.queues.remove(&conn);
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.queues.contains_key(&conn)
    }

    /// Answers a peer on whose connection `unsent` bytes are on their way.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn answer<S: Store>(
        &mut self,
        conn: ConnId,
        mut unsent: u64,
        shown: Shown<'_, S>,
        out: &mut Outbox,
    ) -> Result<Served, StoreFault> {
        let mut served = Served::default();
        let mut missing = Vec::new();
        let Some(mut queue) = self.queues.remove(&conn) else {
            return Ok(served);
        };
        while unsent < UNSENT_MAX
            && let Some(request) = queue.pop_front()
        {
            let answer = match request {
                Request::Headers(locator) => Some(headers(shown.tree(), shown.end(), &locator)),
                Request::Blocks(locator) => Some(blocks(shown.tree(), shown.end(), &locator)),
                Request::FilterHeaders(range) => Some(filter_headers(shown, range)?),
                Request::Filters(range) => Some(filters(shown, range)?),
                Request::Item(item) => {
                    let found = self.find(&item, shown)?;
                    match found {
                        Some(_) => served.items.push(item),
                        None => missing.push(item),
                    }
                    found
                }
            };
            if let Some(message) = answer {
                unsent += u64::try_from(message.wire_len()).unwrap_or(u64::MAX);
                out.send(conn, message);
            }
        }
        for missing in missing.chunks(INV_MAX) {
            out.send(conn, Message::NotFound(missing.to_vec()));
        }
        if !queue.is_empty() {
            self.queues.insert(conn, queue);
        }
        Ok(served)
    }

    fn find<S: Store>(
        &self,
        item: &Item,
        shown: Shown<'_, S>,
    ) -> Result<Option<Message>, StoreFault> {
        let chain = shown.chain;
        match item {
            Item::Tx(txid) if shown.private.hides_tx(txid) => Ok(None),
            Item::Block(hash) if shown.private.hides(hash) => Ok(None),
            Item::Tx(txid) => {
                let entry = shown.mempool.get(txid);
                Ok(entry.map(|entry| Message::Tx(Arc::clone(&entry.tx))))
            }
            Item::Block(hash) => {
                let recent = self.recent.iter().find(|block| block.hash() == *hash);
                if let Some(block) = recent {
                    return Ok(Some(Message::Block(Arc::clone(block))));
                }
                // What was found invalid is sent to no peer.
                let id = chain.tree().find(hash);
                if id.is_none_or(|id| chain.tree().entry(id).failed) {
                    return Ok(None);
                }
                Ok(chain.body(hash)?.map(Message::Block))
            }
        }
    }
}

/// The blocks of the chain up to `end` that follow on a locator, as many as `max`.
fn following(tree: &HeaderTree, end: u32, locator: &Locator, max: usize) -> Vec<HeaderId> {
    let fork = tree.entry(tree.find_fork(&locator.have)).height;
    let after = (fork + 1..=end).map_while(|height| tree.active_at(height));
    let mut ids: Vec<HeaderId> = after.take(max).collect();
    let stop = ids
        .iter()
        .position(|id| tree.entry(*id).hash == locator.stop);
    if locator.stop != BlockHash::ZERO
        && let Some(stop) = stop
    {
        ids.truncate(stop + 1);
    }
    ids
}

/// The filters that are asked for with the filter header before them, or what to say instead: that they are not
/// here, or not all of them, or that they are too many for one request.
fn filters_of<S: Store>(
    shown: Shown<'_, S>,
    range: FilterRange,
    (command, most): (&str, usize),
) -> Result<Result<(FilterHeader, Vec<KeptFilter>), Message>, StoreFault> {
    let (tree, item) = (shown.tree(), Item::Block(range.stop));
    let missing = || Err(Message::NotFound(vec![item]));
    let Some(stop) = shown.find(&range.stop) else {
        return Ok(missing());
    };
    let height = tree.entry(stop).height;
    if range.start > height || (height - range.start) as usize >= most {
        let words = format!("from {} to {height}: {most} blocks at most", range.start);
        return Ok(Err(Message::Reject(Box::new(Reject {
            command: Text::new(command),
            item: Some(item),
            why: Text::new(&words),
        }))));
    }
    let kept = shown.filters_up_to(range.start, stop)?;
    Ok(kept.map_or_else(missing, Ok))
}

fn filter_headers<S: Store>(
    shown: Shown<'_, S>,
    range: FilterRange,
) -> Result<Message, StoreFault> {
    let found = filters_of(shown, range, ("getcfheaders", FILTER_HEADERS_MAX))?;
    Ok(
        found.map_or_else(std::convert::identity, |(previous, kept)| {
            Message::CFHeaders(Box::new(FilterHeaders {
                range,
                previous,
                hashes: kept.iter().map(|kept| kept.filter.hash()).collect(),
            }))
        }),
    )
}

/// The filters themselves, as many as fit into a message.
fn filters<S: Store>(shown: Shown<'_, S>, range: FilterRange) -> Result<Message, StoreFault> {
    let found = filters_of(shown, range, ("getcfilters", FILTERS_MAX))?;
    Ok(found.map_or_else(std::convert::identity, |(_, kept)| {
        let mut left = FILTERS_BYTES;
        let fits = kept.iter().enumerate().take_while(|(at, kept)| {
            // With its length before it.
            let len = kept.filter.bytes().len() + 5;
            let is_first = *at == 0;
            let fits = len <= left || is_first;
            left = left.saturating_sub(len);
            fits
        });
        let filters = fits.map(|(_, kept)| kept.filter.bytes().into()).collect();
        Message::CFilters(Box::new(Filters { range, filters }))
    }))
}

fn headers(tree: &HeaderTree, end: u32, locator: &Locator) -> Message {
    let ids = following(tree, end, locator, HEADERS_MAX);
    let headers: Vec<Header> = ids.iter().map(|id| tree.entry(*id).header).collect();
    Message::Headers(headers)
}

fn blocks(tree: &HeaderTree, end: u32, locator: &Locator) -> Message {
    let ids = following(tree, end, locator, GETBLOCKS_MAX);
    let item = |id: &HeaderId| Item::Block(tree.entry(*id).hash);
    Message::Inv(ids.iter().map(item).collect())
}
