//! A node that speaks Bitcoin's protocol, in virtual time: it mines by a plan, and says what a real one says.

use super::block::Block;
use super::testing::{REGTEST, block_on, coin, introduction, tx, version};
use super::tx::Transaction;
use super::wire::{CompactBlock, Frame, Frames, InvItem, InvKind, Message, Services};
use bytes::Bytes;
use chainlab::chain::BlockHash;
use chainlab::node::Time;
use chainlab::node::io::{CloseReason, ConnId, Input, Output};
use chainlab::sim::Actor;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How long it takes to check a block.
pub const CHECKS: Duration = Duration::from_millis(200);

/// What it does, in this order, [`EVERY`] each.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Mines a block with what waits.
    Mine,
    /// Makes a payment from the coinbase of the block at this height.
    Pay(usize),
    /// Goes over to a branch that begins so many blocks below the tip and is one longer.
    Reorganise(usize),
}

/// Time between two deeds.
pub const EVERY: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Peer {
    frames: Frames,
    wants_short: bool,
    wants_headers: bool,
    is_up: bool,
}

#[derive(Clone)]
pub struct PlayedNode {
    plan: VecDeque<Deed>,
    next: Time,
    /// When blocks that were announced in short are connected.
    connects: VecDeque<(Time, BlockHash)>,
    /// Its chain, from the first block after genesis on.
    chain: Vec<Block>,
    /// All blocks.
    blocks: BTreeMap<BlockHash, Block>,
    waiting: Vec<Transaction>,
    txs: BTreeMap<[u8; 32], Transaction>,
    peers: BTreeMap<ConnId, Peer>,
    out: VecDeque<(ConnId, Bytes)>,
    salt: u8,
}

impl PlayedNode {
    pub fn new(start: Time, plan: Vec<Deed>) -> Self {
        Self {
            plan: plan.into(),
            next: start + EVERY,
            connects: VecDeque::new(),
            chain: Vec::new(),
            blocks: BTreeMap::new(),
            waiting: Vec::new(),
            txs: BTreeMap::new(),
            peers: BTreeMap::new(),
            out: VecDeque::new(),
            salt: 0,
        }
    }

    pub fn tip(&self) -> BlockHash {
        self.chain
            .last()
            .map_or(REGTEST.genesis().hash(), Block::hash)
    }

    pub fn height(&self) -> usize {
        self.chain.len()
    }

    fn say(&mut self, conn: ConnId, message: &Message) {
        let bytes = message.to_frame().to_bytes(REGTEST.magic);
        self.out.push_back((conn, bytes));
    }

    fn say_all(&mut self, message: &Message, wants: impl Fn(&Peer) -> bool) {
        let peers = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.is_up && wants(peer));
        let conns: Vec<_> = peers.map(|(conn, _)| *conn).collect();
        conns.into_iter().for_each(|conn| self.say(conn, message));
    }

    fn does(&mut self, deed: &Deed, now: Time) {
        match deed {
            Deed::Mine => self.mine(now),
            Deed::Pay(height) => {
                let coinbase = self.chain[height - 1].txs().next().expect("a coinbase");
                let payment = tx(&[coin(&coinbase)], &[4_999_990_000]);
                let hash = payment.txid().0;
                self.txs.insert(hash, payment.clone());
                self.waiting.push(payment);
                let kind = InvKind::Tx;
                self.say_all(&Message::Inv(vec![InvItem { kind, hash }]), |peer| {
                    !peer.wants_headers
                });
            }
            Deed::Reorganise(depth) => {
                self.chain.truncate(self.chain.len() - depth);
                self.salt += 1;
                (0..=*depth).for_each(|_| self.mine(now));
            }
        }
    }

    fn mine(&mut self, now: Time) {
        let parent = self
            .chain
            .last()
            .map_or(REGTEST.genesis(), |block| *block.header());
        let height = u32::try_from(self.chain.len() + 1).expect("few");
        let block = block_on(
            &parent,
            height,
            self.salt,
            &std::mem::take(&mut self.waiting),
        );
        let coinbase = block.txs().next().expect("a coinbase");
        let short = CompactBlock {
            header: *block.header(),
            nonce: 0,
            short_ids: vec![[1; 6]; block.len() - 1],
            prefilled: vec![(0, coinbase)],
        };
        self.say_all(&Message::CmpctBlock(Box::new(short)), |peer| {
            peer.wants_short
        });
        self.connects.push_back((now + CHECKS, block.hash()));
        self.blocks.insert(block.hash(), block.clone());
        self.chain.push(block);
    }

    fn connected(&mut self, hash: BlockHash) {
        let header = *self.blocks[&hash].header();
        self.say_all(&Message::Headers(vec![header]), |peer| peer.wants_headers);
    }

    fn hears(&mut self, conn: ConnId, message: Message) {
        match message {
            Message::Version(_) => {
                for message in introduction(version(Services(0b1001))) {
                    self.say(conn, &message);
                }
            }
            Message::Verack => self.peer(conn).is_up = true,
            Message::SendCmpct { announce, .. } => self.peer(conn).wants_short = announce,
            Message::SendHeaders => self.peer(conn).wants_headers = true,
            Message::Ping(number) => self.say(conn, &Message::Pong(number)),
            Message::GetHeaders(locator) => {
                let known =
                    |hash: &BlockHash| self.chain.iter().position(|block| block.hash() == *hash);
                let from = locator.hashes.iter().find_map(known).map_or(0, |at| at + 1);
                let headers = self.chain[from..]
                    .iter()
                    .map(|block| *block.header())
                    .collect();
                self.say(conn, &Message::Headers(headers));
            }
            Message::GetData(items) => items.into_iter().for_each(|item| self.serve(conn, item)),
            _ => {}
        }
    }

    fn serve(&mut self, conn: ConnId, item: InvItem) {
        let block = self
            .blocks
            .get(&BlockHash(item.hash))
            .cloned()
            .map(Message::Block);
        let found = block.or_else(|| self.txs.get(&item.hash).cloned().map(Message::Tx));
        self.say(conn, &found.unwrap_or(Message::NotFound(vec![item])));
    }

    fn peer(&mut self, conn: ConnId) -> &mut Peer {
        self.peers.get_mut(&conn).expect("it is connected")
    }
}

impl Actor for PlayedNode {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        match input {
            Input::Connected { conn, .. } => {
                let peer = Peer {
                    frames: Frames::new(REGTEST.magic),
                    wants_short: false,
                    wants_headers: false,
                    is_up: false,
                };
                self.peers.insert(conn, peer);
            }
            Input::Disconnected(conn, _) => drop(self.peers.remove(&conn)),
            _ => {}
        }
        while self.connects.front().is_some_and(|(at, _)| *at <= now) {
            let (_, hash) = self.connects.pop_front().expect("it is there");
            self.connected(hash);
        }
        while self.next <= now {
            self.next = self.next + EVERY;
            if let Some(deed) = self.plan.pop_front() {
                self.does(&deed, now);
            }
        }
        Vec::new()
    }

    fn deadline(&self) -> Option<Time> {
        let connects = self.connects.front().map(|(at, _)| *at);
        let next = (!self.plan.is_empty()).then_some(self.next);
        connects.into_iter().chain(next).min()
    }

    fn received_bytes(&mut self, _: Time, conn: ConnId, bytes: &[u8]) -> Vec<Output> {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Vec::new();
        };
        peer.frames.push(bytes);
        loop {
            let next = self
                .peers
                .get_mut(&conn)
                .map(|peer| peer.frames.next_frame());
            match next {
                Some(Ok(Some(frame))) => self.heard(conn, &frame),
                Some(Ok(None)) | None => return Vec::new(),
                Some(Err(_)) => {
                    self.peers.remove(&conn);
                    return vec![Output::Close(conn, CloseReason::Asked)];
                }
            }
        }
    }

    fn poll_bytes(&mut self) -> Option<(ConnId, Bytes)> {
        self.out.pop_front()
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}

impl PlayedNode {
    fn heard(&mut self, conn: ConnId, frame: &Frame) {
        let message = Message::read(frame).expect("a watcher speaks well");
        self.hears(conn, message);
    }
}
