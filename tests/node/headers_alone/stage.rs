//! A chain with the sync that gets headers for it, and a full node's chain that answers.

use crate::common::*;
use chainlab::chain::headers::{HeaderTree, Origin};
use chainlab::chain::{Block, BlockHash, Header, Params};
use chainlab::node::chainstate::{HeaderChain, TakesHeaders, TipChange};
use chainlab::node::config::{MempoolLimits, Strategy};
use chainlab::node::mempool::Mempool;
use chainlab::node::message::{Item, Message};
use chainlab::node::outbox::{Blame, Outbox};
use chainlab::node::private_chain::PrivateChain;
use chainlab::node::serve::{Serve, Shown};
use chainlab::node::sync::{Context, Sync};
use chainlab::node::time::ClockOff;
use chainlab::node::{ChainState, ConnId, MemStore, Store, SyncMethod, Time};
use std::sync::Arc;
use std::time::Duration;

/// From the genesis block to the beginning of a test: no block that a miner makes is too new.
const HEAD_START: Duration = Duration::from_secs(50_000);

/// The peers of a test.
pub const ALICE_CONN: ConnId = ConnId(1);
pub const BOB_CONN: ConnId = ConnId(2);

/// A full node's chain or a light one's.
pub trait Kind: TakesHeaders {
    /// Whether it has headers alone.
    const IS_LIGHT: bool;

    fn fresh(params: &Params) -> Self;
    fn sync() -> Sync;
    /// Takes blocks of our own, which become the chain if they have most work.
    fn grow(&mut self, blocks: &[Block]);
}

impl Kind for ChainState<MemStore> {
    const IS_LIGHT: bool = false;

    fn fresh(params: &Params) -> Self {
        new_chain(params)
    }

    fn sync() -> Sync {
        Sync::new(SyncMethod::HeadersFirst)
    }

    fn grow(&mut self, blocks: &[Block]) {
        for block in blocks {
            let block = Arc::new(block.clone());
            self.accept_block(Origin::Own, &block, LATE).expect("valid");
        }
    }
}

impl Kind for HeaderChain<MemStore> {
    const IS_LIGHT: bool = true;

    fn fresh(params: &Params) -> Self {
        light(MemStore::new(), params)
    }

    fn sync() -> Sync {
        Sync::headers_alone()
    }

    fn grow(&mut self, blocks: &[Block]) {
        let taken = self.accept_headers(Origin::Own, &headers(blocks), LATE);
        assert_eq!(taken.expect("in memory").refused, None);
    }
}

/// Opens a light node's chain.
pub fn light<S: Store>(store: S, params: &Params) -> HeaderChain<S> {
    HeaderChain::open(store, Arc::new(params.clone()), Arc::default()).expect("a sound store")
}

pub fn headers(blocks: &[Block]) -> Vec<Header> {
    blocks.iter().map(|block| *block.header()).collect()
}

pub fn inv(hashes: &[BlockHash]) -> Message {
    Message::Inv(hashes.iter().map(|hash| Item::Block(*hash)).collect())
}

/// One node: what it has of the chain, and what it gets.
pub struct Follower<C> {
    pub chain: C,
    pub sync: Sync,
    pub now: Time,
    out: Outbox,
}

impl<C: Kind> Follower<C> {
    pub fn new() -> Self {
        let params = params();
        Self {
            chain: C::fresh(&params),
            sync: C::sync(),
            now: Time::from_block(params.genesis_time) + HEAD_START,
            out: Outbox::default(),
        }
    }

    /// One that has so many blocks, and the miner who made them at each height.
    pub fn with_blocks(count: usize) -> (Self, Vec<Miner>) {
        let mut follower = Self::new();
        let mut miners = vec![Miner::new(&params())];
        for _ in 0..count {
            let mut miner = miners.last().expect("some").clone();
            let block = miner.mine(Vec::new());
            follower.chain.grow(&[block]);
            miners.push(miner);
        }
        (follower, miners)
    }

    pub fn tree(&self) -> &HeaderTree {
        self.chain.tree()
    }

    /// The end of the chain.
    pub fn tip(&self) -> BlockHash {
        self.tree().entry(self.tree().tip()).hash
    }

    /// The best header.
    pub fn best(&self) -> BlockHash {
        self.tree().entry(self.tree().best()).hash
    }

    /// A peer has come that claims a height.
    pub fn meets(&mut self, conn: ConnId, claimed_height: u32) {
        self.sync.peer_ready(conn, claimed_height, self.now);
        let (sync, mut context) = self.parts();
        sync.pump(&mut context);
    }

    /// A peer says something. Returns how that moved the tip of a light node.
    pub fn hears(&mut self, conn: ConnId, message: Message) -> Option<TipChange> {
        let (sync, mut context) = self.parts();
        match message {
            Message::Headers(headers) => sync
                .received_headers(conn, headers, &mut context)
                .expect("in memory"),
            Message::Inv(items) | Message::NotFound(items) if items.is_empty() => {
                sync.received_inv(conn, &[], &mut context);
                None
            }
            Message::Inv(items) => {
                sync.received_inv(conn, &hashes(&items), &mut context);
                None
            }
            Message::NotFound(items) => {
                sync.received_notfound(conn, &hashes(&items), &mut context);
                None
            }
            other => panic!("no part of this: {other:?}"),
        }
    }

    /// Time passes. Returns whom it lets go.
    pub fn waits(&mut self, time: Duration) -> Vec<(ConnId, &'static str)> {
        self.now = self.now + time;
        let (sync, mut context) = self.parts();
        sync.tick(&mut context)
    }

    /// What it says to peers. A light node asks for no body, whatever happens.
    pub fn says(&mut self) -> Vec<(ConnId, Message)> {
        let said: Vec<(ConnId, Message)> = self.out.sends.drain(..).collect();
        for (_, message) in said.iter().filter(|_| C::IS_LIGHT) {
            assert!(matches!(message, Message::GetHeaders(_)), "{message:?}");
        }
        said
    }

    /// Whom it asks for headers.
    pub fn asks_for_headers(&mut self) -> Vec<ConnId> {
        let said = self.says().into_iter();
        let asks = said.filter(|(_, message)| matches!(message, Message::GetHeaders(_)));
        asks.map(|(conn, _)| conn).collect()
    }

    /// What it complains about.
    pub fn blames(&mut self) -> Vec<Blame> {
        std::mem::take(&mut self.out.blames)
    }

    fn parts(&mut self) -> (&mut Sync, Context<'_, C>) {
        let context = Context {
            chain: &mut self.chain,
            now: self.now,
            clock: ClockOff::default(),
            out: &mut self.out,
        };
        (&mut self.sync, context)
    }
}

fn hashes(items: &[Item]) -> Vec<BlockHash> {
    let block = |item: &Item| match item {
        Item::Block(hash) => Some(*hash),
        Item::Tx(_) => None,
    };
    items.iter().filter_map(block).collect()
}

/// A full node's chain that answers.
pub struct Source {
    pub chain: ChainState<MemStore>,
    serve: Serve,
    mempool: Mempool,
    private: PrivateChain,
}

impl Source {
    pub fn with(blocks: &[Block]) -> Self {
        let params = Arc::new(params());
        let (network, limits) = (network(&params), MempoolLimits::default());
        let mut chain = new_chain(&params);
        chain.grow(blocks);
        Self {
            chain,
            serve: Serve::default(),
            mempool: Mempool::new(limits, params, network, Arc::default()),
            private: PrivateChain::new(Strategy::Honest),
        }
    }

    pub fn height(&self) -> u32 {
        self.chain.tip().height
    }

    /// What it answers.
    fn answers(&mut self, conn: ConnId, question: Message) -> Vec<Message> {
        let mut out = Outbox::default();
        match question {
            Message::GetHeaders(locator) => self.serve.received_getheaders(conn, locator, &mut out),
            Message::GetData(items) => self.serve.received_getdata(conn, items, &mut out),
            other => panic!("nothing that it serves: {other:?}"),
        }
        let shown = Shown {
            chain: &self.chain,
            mempool: &self.mempool,
            private: &self.private,
            attack: None,
        };
        let served = self.serve.answer(conn, 0, shown, &mut out);
        served.expect("in memory");
        out.sends.into_iter().map(|(_, message)| message).collect()
    }

    /// Answers a node until it asks for no more. Returns how its tip moved, each time.
    pub fn talks_to<C: Kind>(
        &mut self,
        node: &mut Follower<C>,
        conn: ConnId,
        after_each: impl Fn(&Follower<C>),
    ) -> Vec<TipChange> {
        let mut changes = Vec::new();
        loop {
            let asked = node.says();
            if asked.is_empty() {
                return changes;
            }
            for (_, question) in asked.into_iter().filter(|(to, _)| *to == conn) {
                for answer in self.answers(conn, question) {
                    changes.extend(node.hears(conn, answer));
                    after_each(node);
                }
            }
        }
    }
}
