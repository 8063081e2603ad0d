//! One who shakes hands properly, claims any height, and then sends what is invalid, stale or out
//! of order. Some say outright lies, which soon get them banned; others only what might happen to
//! anybody, again and again.

use crate::common::{solve, units};
use chainlab::chain::key::SecretKey;
use chainlab::chain::tx::TxOut;
use chainlab::chain::{Block, BlockHash, Header, Params, Tx, Txid, merkle};
use chainlab::node::Time;
use chainlab::node::handshake::{Identity, PROTOCOL};
use chainlab::node::io::{ConnId, Input, Output};
use chainlab::node::message::{Item, Locator, Message, Role, Services, Text, Version};
use chainlab::sim::Actor;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Blocks, and transactions, that it remembers to make something of.
const REMEMBERED: usize = 64;

/// Longest time between two lies, in ms.
const PAUSE_MS_MAX: u64 = 4_000;

/// Of the lies, so many are no proof of malice; they come first.
const SUBTLE_LIES: usize = 12;
const LIES: usize = 18;

/// Addresses of one lie.
const NOWHERE_MAX: usize = 200;

/// What it may say of its height.
const CLAIMS: [u32; 4] = [0, 7, 1_000_000, u32::MAX];

#[derive(Clone)]
pub struct Liar {
    us: Identity,
    /// How many of the lies it tells.
    repertoire: usize,
    addr: SocketAddr,
    draws: ChaCha8Rng,
    /// Whether the handshake is done.
    peers: BTreeMap<ConnId, bool>,
    victims: Vec<SocketAddr>,
    blocks: Vec<Arc<Block>>,
    txs: Vec<Arc<Tx>>,
    /// What others said, to be said again.
    heard: Vec<Message>,
    next_lie: Time,
}

impl Liar {
    pub fn new(
        seed: u64,
        params: &Params,
        addr: SocketAddr,
        victims: Vec<SocketAddr>,
        now: Time,
    ) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        draws.set_stream(2);
        let genesis = Arc::new(params.genesis_block());
        let is_subtle = draws.next_u64().is_multiple_of(2);
        Self {
            repertoire: if is_subtle { SUBTLE_LIES } else { LIES },
            us: Identity::new(SecretKey::generate(&mut draws), genesis.hash()),
            addr,
            draws,
            peers: BTreeMap::new(),
            victims,
            blocks: vec![genesis],
            txs: Vec::new(),
            heard: Vec::new(),
            next_lie: now,
        }
    }

    fn draw(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("64 bits");
        usize::try_from(self.draws.next_u64() % limit).expect("64 bits")
    }

    fn random_hash(&mut self) -> BlockHash {
        let mut hash = BlockHash::ZERO;
        self.draws.fill_bytes(&mut hash.0);
        hash
    }

    fn version(&mut self) -> Message {
        let height = CLAIMS[self.draw(CLAIMS.len())];
        Message::Version(Box::new(Version {
            protocol: PROTOCOL,
            network: self.us.network,
            nonce: self.draws.next_u64(),
            id: self.us.id,
            listen: Some(self.addr),
            height,
            role: Role::Full,
            user_agent: Text::new("/chainlab:0.1.0(liar)/"),
            services: Services::BLOCKS,
            wants_txs: true,
        }))
    }

    fn received(&mut self, conn: ConnId, message: Message) -> Vec<Message> {
        if !matches!(message, Message::Version(_) | Message::Verack(_)) {
            remember(&mut self.heard, message.clone());
        }
        match message {
            Message::Version(theirs) => vec![Message::Verack(self.us.prove(&theirs))],
            Message::Verack(_) => {
                self.peers.insert(conn, true);
                let locator = Locator {
                    have: Vec::new(),
                    stop: BlockHash::ZERO,
                };
                vec![Message::GetBlocks(locator)]
            }
            Message::Ping(number) => vec![Message::Pong(number, Time::default())],
            Message::Inv(items) => vec![Message::GetData(items)],
            Message::Block(block) => {
                remember(&mut self.blocks, block);
                vec![]
            }
            Message::Tx(tx) => {
                remember(&mut self.txs, tx);
                vec![]
            }
            Message::GetData(_) | Message::GetHeaders(_) | Message::GetBlocks(_) => {
                self.answer(message)
            }
            _ => vec![],
        }
    }

    /// To a question: what is not here, what was not asked for, or nothing at all.
    fn answer(&mut self, question: Message) -> Vec<Message> {
        match (self.draw(4), question) {
            (0, Message::GetData(items)) => vec![Message::NotFound(items)],
            (1, _) => vec![self.headers_reversed()],
            (2, _) => vec![self.some_block()],
            _ => vec![],
        }
    }

    /// Tells a lie to one peer, or finds one to tell.
    fn lie(&mut self) -> Vec<Output> {
        let ready = self.peers.iter().filter(|(_, ready)| **ready);
        let ready: Vec<ConnId> = ready.map(|(conn, _)| *conn).collect();
        if ready.is_empty() || self.draw(8) == 0 {
            let victim = self.draw(self.victims.len());
            return vec![Output::Dial(self.victims[victim])];
        }
        let peer = ready[self.draw(ready.len())];
        let lies = self.some_lie();
        lies.into_iter()
            .map(|lie| Output::Send(peer, lie))
            .collect()
    }

    fn some_lie(&mut self) -> Vec<Message> {
        let header = *self.block().header();
        match self.draw(self.repertoire) {
            0 => vec![self.headers_reversed()],
            1 => vec![self.some_block(), self.some_block()],
            2 => {
                // Not known to anybody, and never to be had.
                let block = Item::Block(self.random_hash());
                let tx = Item::Tx(Txid(self.random_hash().0));
                vec![Message::Inv(vec![block, tx])]
            }
            3 => vec![Message::GetData(vec![Item::Block(self.random_hash())])],
            4 => vec![Message::Headers(vec![solve(Header {
                time: header.time.saturating_add_ms(3_600_000),
                ..header
            })])],
            5 => vec![Message::Addr(vec![
                self.addr,
                SocketAddr::from(([10, 200, 0, 1], 4_747)),
            ])],
            6 => vec![Message::Headers(vec![solve(Header {
                previous: self.random_hash(),
                ..header
            })])],
            7 => vec![Message::Headers(vec![self.sibling()])],
            8 => vec![Message::Inv(vec![Item::Block(self.sibling().hash())])],
            9 => vec![self.nowhere()],
            10 => vec![self.heard_before()],
            11 => vec![self.orphan()],
            12 => vec![self.greedy_block()],
            13 => vec![self.mutated_body()],
            14 => vec![self.bad_signature()],
            15 => vec![Message::Headers(vec![Header {
                nonce: header.nonce ^ 1,
                ..header
            }])],
            16 => vec![Message::Inv(vec![Item::Block(BlockHash::ZERO); 50_000])],
            _ => vec![self.version()],
        }
    }

    fn block(&mut self) -> Arc<Block> {
        let at = self.draw(self.blocks.len());
        Arc::clone(&self.blocks[at])
    }

    /// An honest block that nobody asked for, and that may be long known or come too early.
    fn some_block(&mut self) -> Message {
        Message::Block(self.block())
    }

    /// A header with all its work beside an honest one: a branch too short to be followed. Its body
    /// nobody ever sees.
    fn sibling(&mut self) -> Header {
        let header = *self.block().header();
        solve(Header {
            time: header.time.saturating_add_ms(1),
            ..header
        })
    }

    /// Addresses where nobody is, and some that cannot be anybody's.
    fn nowhere(&mut self) -> Message {
        let mut addrs: Vec<SocketAddr> = vec![
            SocketAddr::from(([0, 0, 0, 0], 4_747)),
            SocketAddr::from(([127, 0, 0, 1], 4_747)),
            SocketAddr::from(([224, 0, 0, 1], 4_747)),
            SocketAddr::from(([10, 0, 0, 1], 0)),
        ];
        for _ in 0..self.draw(NOWHERE_MAX) {
            let [a, b, ..] = self.random_hash().0;
            addrs.push(SocketAddr::from(([10, 99, a, b], 4_747)));
        }
        Message::Addr(addrs)
    }

    fn heard_before(&mut self) -> Message {
        if self.heard.is_empty() {
            return Message::GetAddr;
        }
        let at = self.draw(self.heard.len());
        self.heard[at].clone()
    }

    /// A transaction whose parent does not exist.
    fn orphan(&mut self) -> Message {
        if self.txs.is_empty() {
            return Message::GetAddr;
        }
        let at = self.draw(self.txs.len());
        let mut tx = Tx::clone(&self.txs[at]);
        tx.inputs[0].outpoint.txid = Txid(self.random_hash().0);
        Message::Tx(Arc::new(tx))
    }

    /// Another block at the place of an honest one, with all the work and too large a reward.
    fn greedy_block(&mut self) -> Message {
        let (mut header, mut txs) = Block::clone(&self.block()).into_parts();
        let one = units(1);
        let reward = TxOut {
            amount: one,
            owner: crate::common::owner(99),
        };
        txs[0].outputs.push(reward);
        let txids: Vec<_> = txs.iter().map(Tx::txid).collect();
        header.merkle_root = merkle::commitment(&txids);
        Message::Block(Arc::new(Block::new(solve(header), txs)))
    }

    /// An honest header over a body that is not its own.
    fn mutated_body(&mut self) -> Message {
        let (header, mut txs) = Block::clone(&self.block()).into_parts();
        txs.push(txs[txs.len() - 1].clone());
        Message::Block(Arc::new(Block::new(header, txs)))
    }

    fn headers_reversed(&mut self) -> Message {
        let headers = self.blocks.iter().rev().map(|block| *block.header());
        Message::Headers(headers.collect())
    }

    fn bad_signature(&mut self) -> Message {
        if self.txs.is_empty() {
            return Message::GetAddr;
        }
        let at = self.draw(self.txs.len());
        let mut tx = Tx::clone(&self.txs[at]);
        tx.inputs[0].signature.0[10] ^= 1;
        Message::Tx(Arc::new(tx))
    }
}

fn remember<T>(things: &mut Vec<T>, thing: T) {
    if things.len() == REMEMBERED {
        things.remove(0);
    }
    things.push(thing);
}

impl Actor for Liar {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        match input {
            Input::Connected { conn, .. } => {
                self.peers.insert(conn, false);
                vec![Output::Send(conn, self.version())]
            }
            Input::Disconnected(conn, _) => {
                self.peers.remove(&conn);
                vec![]
            }
            Input::Received(conn, message) => {
                let answers = self.received(conn, message);
                let send = |answer| Output::Send(conn, answer);
                answers.into_iter().map(send).collect()
            }
            Input::Tick => {
                let pause = self.draws.next_u64() % PAUSE_MS_MAX;
                self.next_lie = now + Duration::from_millis(pause);
                self.lie()
            }
            _ => vec![],
        }
    }

    fn deadline(&self) -> Option<Time> {
        Some(self.next_lie)
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}
