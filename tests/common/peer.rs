//! Scripted peers that can do the real handshake, and the stage on which they meet a node: the
//! node, an honest peer that stays through every attack, and a miner who works for that peer.
//!
//! The network is that of [`common::params`](super::params): blocks cost two hashes, and Alice and
//! Bob have coins. Its clock begins late enough for every block of a test.

use super::watched::Watched;
use super::{Miner, key};
use chainlab::chain::{Block, BlockHash, Header, Params};
use chainlab::node::config::Config;
use chainlab::node::handshake::{Identity, PROTOCOL};
use chainlab::node::io::{CloseReason, ConnId, Event, EventKind, Input, Output};
use chainlab::node::message::{HEADERS_MAX, Item, Locator, Message, Role, Services, Text, Version};
use chainlab::node::snapshot::PeerInfo;
use chainlab::node::{Node, NodeIx, NodeSnapshot, Time};
use chainlab::sim::{Actor, Sim, SimStore};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// From the genesis block to the beginning of a test: no block that a miner makes is too new.
const HEAD_START: Duration = Duration::from_secs(20_000);

/// Long enough for any message to be answered on a link without latency.
const MOMENT: Duration = Duration::from_millis(100);

/// The key of the honest peer.
const HONEST: u8 = 77;

/// What a fake does by itself.
#[derive(Clone)]
pub struct Manners {
    /// Whether it does its part of the handshake.
    pub handshakes: bool,
    /// After how long it answers a ping; `None`: never.
    pub pong_after: Option<Duration>,
    /// The chain that it shows, lowest first, from height 1 on.
    pub chain: Vec<Arc<Block>>,
    /// Whether it answers `getheaders` from its chain.
    pub shows_headers: bool,
    /// What it does about a `getdata` for a block of its chain.
    pub bodies: Bodies,
    /// The height that it claims.
    pub claims: u32,
    /// Where it says that it listens.
    pub listen: Option<SocketAddr>,
    /// What it calls itself.
    pub user_agent: Text,
    /// What it says that it does for others.
    pub services: Services,
    /// Whether it wants to hear of transactions.
    pub wants_txs: bool,
}

/// What a fake does about a `getdata` for a block of its chain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// Nothing: the test does.
    Ignored,
    /// It sends them.
    Sent,
    /// It sends them, last first.
    LastFirst,
    /// It sends them with a transaction list that is not the header's.
    Mutated,
    /// It says that it does not have them.
    NotFound,
    /// It sends so many, and then leaves.
    LeavesAfter(usize),
    /// It sends one now and then, and not in order: the last first.
    OneEach(Duration),
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            handshakes: true,
            pong_after: Some(Duration::ZERO),
            chain: Vec::new(),
            shows_headers: true,
            bodies: Bodies::Ignored,
            claims: 0,
            listen: None,
            user_agent: Text::new("/fake/"),
            services: Services::BLOCKS,
            wants_txs: true,
        }
    }
}

impl Manners {
    /// Shows a chain, and sends or does not send its blocks.
    pub fn with_chain(chain: &[Arc<Block>], bodies: Bodies) -> Self {
        Self {
            chain: chain.to_vec(),
            bodies,
            claims: u32::try_from(chain.len()).expect("a short chain"),
            ..Self::default()
        }
    }
}

/// A peer that does what a test says.
#[derive(Clone)]
pub struct Fake {
    pub ix: NodeIx,
    pub addr: SocketAddr,
    state: Watched<State>,
}

#[derive(Clone)]
struct State {
    identity: Identity,
    nonce: u64,
    manners: Manners,
    seen: Vec<(Time, Input)>,
    /// The connections that are up: two for a moment, when a node that it dialled dials it.
    conns: Vec<ConnId>,
    met: Option<Box<Version>>,
    later: BTreeMap<(Time, u64), Output>,
    bodies_sent: usize,
    connections: usize,
    /// What the next one of the slow ones may leave at.
    free_at: Time,
}

struct Script(Watched<State>);

impl Actor for Script {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        self.0.borrow_mut().handle(now, input)
    }

    fn deadline(&self) -> Option<Time> {
        let state = self.0.borrow();
        state.later.keys().next().map(|(at, _)| *at)
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(Self(self.0.apart()))
    }
}

impl State {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        let outputs = match &input {
            Input::Connected { conn, .. } => self.connected(*conn),
            Input::Disconnected(conn, _) => {
                self.conns.retain(|up| up != conn);
                Vec::new()
            }
            Input::Received(conn, message) => self.received(*conn, message, now),
            Input::Tick => return self.due(now),
            _ => Vec::new(),
        };
        self.seen.push((now, input));
        outputs
    }

    fn connected(&mut self, conn: ConnId) -> Vec<Output> {
        self.conns.push(conn);
        self.met = None;
        self.connections += 1;
        match self.manners.handshakes {
            true => vec![Output::Send(conn, self.version())],
            false => Vec::new(),
        }
    }

    fn version(&self) -> Message {
        Message::Version(Box::new(Version {
            protocol: PROTOCOL,
            network: self.identity.network,
            nonce: self.nonce,
            id: self.identity.id,
            listen: self.manners.listen,
            height: self.manners.claims,
            role: Role::Full,
            user_agent: self.manners.user_agent.clone(),
            services: self.manners.services,
            wants_txs: self.manners.wants_txs,
        }))
    }

    fn received(&mut self, conn: ConnId, message: &Message, now: Time) -> Vec<Output> {
        let sends = |messages: Vec<Message>| -> Vec<Output> {
            let sends = messages.into_iter();
            sends.map(|message| Output::Send(conn, message)).collect()
        };
        match message {
            Message::Version(version) => {
                self.met = Some(version.clone());
                if !self.manners.handshakes {
                    return Vec::new();
                }
                sends(vec![Message::Verack(self.identity.prove(version))])
            }
            Message::Ping(number) => {
                if let Some(after) = self.manners.pong_after {
                    self.do_at(now + after, Output::Send(conn, Message::Pong(*number, now)));
                }
                Vec::new()
            }
            Message::GetHeaders(locator) if self.manners.shows_headers => {
                sends(vec![Message::Headers(self.headers(locator))])
            }
            Message::GetData(items) => self.serve(conn, items, now),
            _ => Vec::new(),
        }
    }

    fn headers(&self, locator: &Locator) -> Vec<Header> {
        let chain = &self.manners.chain;
        let known = |block: &Arc<Block>| locator.have.contains(&block.hash());
        let after = chain.iter().rposition(known).map_or(0, |at| at + 1);
        let headers = chain[after..].iter().take(HEADERS_MAX);
        headers.map(|block| *block.header()).collect()
    }

    fn serve(&mut self, conn: ConnId, items: &[Item], now: Time) -> Vec<Output> {
        let chain = &self.manners.chain;
        let asked: Vec<Arc<Block>> = items
            .iter()
            .filter_map(|item| match item {
                Item::Block(hash) => chain.iter().find(|block| block.hash() == *hash).cloned(),
                Item::Tx(_) => None,
            })
            .collect();
        let body = |block: &Arc<Block>| Output::Send(conn, Message::Block(Arc::clone(block)));
        match self.manners.bodies {
            Bodies::Ignored => Vec::new(),
            Bodies::Sent => asked.iter().map(body).collect(),
            Bodies::LastFirst => asked.iter().rev().map(body).collect(),
            Bodies::Mutated => asked.iter().map(|b| body(&Arc::new(mutated(b)))).collect(),
            Bodies::NotFound => {
                vec![Output::Send(conn, Message::NotFound(items.to_vec()))]
            }
            Bodies::LeavesAfter(count) => {
                let left = count.saturating_sub(self.bodies_sent);
                self.bodies_sent += asked.len().min(left);
                let mut outputs: Vec<Output> = asked.iter().take(left).map(body).collect();
                if self.bodies_sent == count {
                    outputs.push(Output::Close(conn, CloseReason::Asked));
                    self.conns.retain(|up| *up != conn);
                }
                outputs
            }
            Bodies::OneEach(pause) => {
                for block in asked.iter().rev() {
                    self.free_at = self.free_at.max(now) + pause;
                    self.do_at(self.free_at, body(block));
                }
                Vec::new()
            }
        }
    }

    fn do_at(&mut self, at: Time, output: Output) {
        let sequence = u64::try_from(self.later.len()).expect("few");
        let last = self.later.keys().next_back().map_or(0, |(_, last)| *last);
        self.later.insert((at, last.max(sequence) + 1), output);
    }

    fn due(&mut self, now: Time) -> Vec<Output> {
        let rest = self.later.split_off(&(now, u64::MAX));
        std::mem::replace(&mut self.later, rest)
            .into_values()
            .collect()
    }
}

/// The block with a transaction list that its header does not commit to.
pub fn mutated(block: &Block) -> Block {
    let mut txs = block.txs().to_vec();
    txs[0].outputs.clear();
    Block::new(*block.header(), txs)
}

impl Fake {
    /// Somebody with this key, who is not connected to anybody.
    pub fn new(sim: &mut Sim, secret: u8, manners: Manners) -> Self {
        let network = sim.params().genesis_block().hash();
        let state = State {
            identity: Identity::new(key(secret), network),
            nonce: 1_000 + u64::from(secret),
            manners,
            seen: Vec::new(),
            conns: Vec::new(),
            met: None,
            later: BTreeMap::new(),
            bodies_sent: 0,
            connections: 0,
            free_at: Time(0),
        };
        let state = Watched::new(state);
        let ix = sim.add_actor(Box::new(Script(state.clone())));
        let addr = sim.address(ix.0);
        Self { ix, addr, state }
    }

    /// Opens a connection, and whatever its manners make of that.
    pub fn dials(&self, sim: &mut Sim, node: NodeIx) {
        let addr = sim.address(node.0);
        sim.act(self.ix, Output::Dial(addr));
        sim.run_for(MOMENT);
    }

    /// Somebody with good manners and a complete handshake.
    pub fn connect(sim: &mut Sim, node: NodeIx, secret: u8) -> Self {
        Self::connect_with(sim, node, secret, Manners::default())
    }

    /// The same with other manners.
    pub fn connect_with(sim: &mut Sim, node: NodeIx, secret: u8, manners: Manners) -> Self {
        let fake = Self::new(sim, secret, manners);
        fake.dials(sim, node);
        let conn = fake.at_node();
        let node = sim.node(node).expect("it runs");
        assert!(node.peers().get(conn).is_some_and(|peer| peer.is_ready()));
        fake.forgets();
        fake
    }

    /// Somebody who has a connection and keeps quiet on it.
    pub fn stranger(sim: &mut Sim, node: NodeIx, secret: u8) -> Self {
        let manners = Manners {
            handshakes: false,
            ..Manners::default()
        };
        let fake = Self::new(sim, secret, manners);
        fake.dials(sim, node);
        fake
    }

    /// Changes what it does by itself.
    pub fn change(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.state.borrow_mut().manners);
    }

    /// The `version` that it would send.
    pub fn version(&self) -> Version {
        match self.state.borrow().version() {
            Message::Version(version) => *version,
            _ => unreachable!("that is what it makes"),
        }
    }

    /// The node's `version`, if it came.
    pub fn met(&self) -> Option<Version> {
        self.state.borrow().met.as_deref().cloned()
    }

    /// Its proof of who it is, to a node that sent this `version`.
    pub fn verack(&self, to: &Version) -> Message {
        Message::Verack(self.state.borrow().identity.prove(to))
    }

    /// Its end of the connection, if that is up.
    pub fn conn(&self) -> Option<ConnId> {
        self.state.borrow().conns.first().copied()
    }

    pub fn is_connected(&self) -> bool {
        self.conn().is_some()
    }

    /// Connections that it ever had.
    pub fn connections(&self) -> usize {
        self.state.borrow().connections
    }

    /// The node's end of the connection.
    ///
    /// # Panics
    /// If there is none.
    pub fn at_node(&self) -> ConnId {
        ConnId(self.conn().expect("connected").0 ^ 1)
    }

    /// Sends a message, which is at the node at once if nothing slows the link.
    pub fn sends(&self, sim: &mut Sim, message: Message) {
        if let Some(conn) = self.conn() {
            sim.act(self.ix, Output::Send(conn, message));
        }
    }

    /// Sends a message, and waits a moment for what comes of it.
    pub fn says(&self, sim: &mut Sim, message: Message) {
        self.sends(sim, message);
        sim.run_for(MOMENT);
    }

    /// Sends a message on its newest connection, and waits a moment for what comes of it.
    pub fn says_last(&self, sim: &mut Sim, message: Message) {
        let conn = *self.state.borrow().conns.last().expect("connected");
        sim.act(self.ix, Output::Send(conn, message));
        sim.run_for(MOMENT);
    }

    /// Closes its oldest connection.
    pub fn closes_first(&self, sim: &mut Sim) {
        self.closes(sim, self.conn());
    }

    /// Closes its newest connection.
    pub fn closes_last(&self, sim: &mut Sim) {
        let conn = self.state.borrow().conns.last().copied();
        self.closes(sim, conn);
    }

    fn closes(&self, sim: &mut Sim, conn: Option<ConnId>) {
        let conn = conn.expect("connected");
        sim.act(self.ix, Output::Close(conn, CloseReason::Asked));
        self.state.borrow_mut().conns.retain(|up| *up != conn);
        sim.run_for(MOMENT);
    }

    /// Leaves.
    pub fn leaves(&self, sim: &mut Sim) {
        while let Some(conn) = self.conn() {
            sim.act(self.ix, Output::Close(conn, CloseReason::Asked));
            self.state.borrow_mut().conns.retain(|up| *up != conn);
        }
        sim.run_for(MOMENT);
    }

    /// What it was told since this was last asked, but for pings and pongs.
    pub fn is_told(&self) -> Vec<Message> {
        let seen = std::mem::take(&mut self.state.borrow_mut().seen);
        let told = seen.into_iter().filter_map(|(_, input)| match input {
            Input::Received(_, Message::Ping(_) | Message::Pong(..)) => None,
            Input::Received(_, message) => Some(message),
            _ => None,
        });
        told.collect()
    }

    /// The same, with all else that happened and when.
    pub fn saw(&self) -> Vec<(Time, Input)> {
        std::mem::take(&mut self.state.borrow_mut().seen)
    }

    fn forgets(&self) {
        self.state.borrow_mut().seen.clear();
    }
}

/// The items of all `getdata` among messages.
pub fn asked_for(told: &[Message]) -> Vec<Item> {
    let items = told.iter().filter_map(|message| match message {
        Message::GetData(items) => Some(items.clone()),
        _ => None,
    });
    items.flatten().collect()
}

/// Items of blocks.
pub fn items(blocks: &[Arc<Block>]) -> Vec<Item> {
    blocks.iter().map(|b| Item::Block(b.hash())).collect()
}

/// A name that nothing has.
pub fn nothing(number: u32) -> [u8; 32] {
    let mut hash = [0xee; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    hash
}

/// A node that is attacked, and an honest peer of its that must not notice.
pub struct Scene {
    pub sim: Sim,
    pub node: NodeIx,
    /// At the end of the node's chain.
    pub miner: Miner,
    /// The node's chain from height 1 on.
    pub chain: Vec<Arc<Block>>,
    pub honest: Fake,
    honest_conn: ConnId,
}

impl Scene {
    pub fn new() -> Self {
        Self::of(super::params(), |_| {})
    }

    /// With a node that has so many blocks.
    pub fn with_blocks(count: usize) -> Self {
        let mut scene = Self::new();
        scene.honest_brings(count);
        scene
    }

    /// On a network of other parameters, with a node that is otherwise configured.
    pub fn of(params: Params, configure: impl FnOnce(&mut Config)) -> Self {
        let miner = Miner::new(&params);
        let mut sim = Sim::new(1, params);
        sim.leap(HEAD_START);
        let mut config = sim.config("node");
        configure(&mut config);
        let node = sim.add_node(config).expect("a network");
        sim.run_for(MOMENT);
        let manners = Manners::with_chain(&[], Bodies::Sent);
        let honest = Fake::connect_with(&mut sim, node, HONEST, manners);
        sim.record_events();
        Self {
            honest_conn: honest.at_node(),
            sim,
            node,
            miner,
            chain: Vec::new(),
            honest,
        }
    }

    /// Another node, connected to the one that is attacked.
    pub fn add_node(&mut self, name: &str) -> NodeIx {
        let mut config = self.sim.config(name);
        config.connect = vec![self.sim.address(self.node.0)];
        self.sim.add_node(config).expect("a network")
    }

    pub fn node(&self) -> &Node<SimStore> {
        self.sim.node(self.node).expect("it runs")
    }

    /// Whether a node is at the end of this scene's chain.
    pub fn is_synced(&self, ix: NodeIx) -> bool {
        let tip = self.sim.node(ix).expect("it runs").chain().tip().hash;
        tip == self.tip()
    }

    /// The end of the honest chain.
    pub fn tip(&self) -> BlockHash {
        self.miner.cursor.hash
    }

    /// So many new blocks, which nobody has yet; the miner moves on to them.
    pub fn mines(&mut self, count: usize) -> Vec<Arc<Block>> {
        let blocks = self.miner.mine_empty(count);
        blocks.into_iter().map(Arc::new).collect()
    }

    /// The honest peer brings new blocks, and the node takes them.
    pub fn honest_brings(&mut self, count: usize) {
        let blocks = self.mines(count);
        self.honest_brings_these(&blocks);
    }

    /// The honest peer brings these blocks, which the miner has made, and the node takes them.
    pub fn honest_brings_these(&mut self, blocks: &[Arc<Block>]) {
        self.honest_shows(blocks);
        let tip = blocks.last().expect("some");
        self.honest
            .says(&mut self.sim, Message::Inv(vec![Item::Block(tip.hash())]));
        self.run_for(1_000);
        assert_eq!(self.node().chain().tip().hash, self.tip());
    }

    /// The honest peer has these on top of its chain.
    pub fn honest_shows(&mut self, blocks: &[Arc<Block>]) {
        self.chain.extend_from_slice(blocks);
        self.honest
            .change(|manners| manners.chain.extend_from_slice(blocks));
    }

    /// The node still does its work for the peer that was there all the time: takes a block of its,
    /// answers its questions.
    pub fn serves(&mut self) {
        assert_eq!(
            self.honest.conn().map(|c| c.0 ^ 1),
            Some(self.honest_conn.0)
        );
        self.honest_brings(1);
        self.honest.forgets();
        let (last, before) = (self.miner.cursor.hash, self.chain.len() - 1);
        let parent = self.chain[..before].last().map(|block| block.hash());
        let locator = Locator {
            have: parent.into_iter().collect(),
            stop: BlockHash::ZERO,
        };
        self.honest
            .says(&mut self.sim, Message::GetHeaders(locator));
        let told = self.honest.is_told();
        let is_answer = |message: &Message| matches!(message, Message::Headers(h) if h.last().map(Header::hash) == Some(last));
        assert!(told.iter().any(is_answer), "{told:?}");
        assert_eq!(self.score_of(self.honest_conn), Some(0));
        super::sound(self.node().chain());
    }

    /// The node ended a connection, for this reason, remembers nothing of it, and serves on.
    pub fn threw_out(&mut self, fake: &Fake, conn: ConnId, why: &str) {
        let reasons = self.reasons();
        let found = reasons.iter().find(|(of, _)| *of == conn);
        let told = found.unwrap_or_else(|| panic!("nobody was thrown out: {reasons:?}"));
        assert!(told.1.contains(why), "{} does not say {why:?}", told.1);
        assert_ne!(fake.conn(), Some(ConnId(conn.0 ^ 1)));
        assert!(self.node().knows_nothing_of(conn));
        self.serves();
    }

    /// A peer has left, the node remembers nothing of it, and serves on.
    pub fn outlives(&mut self, fake: &Fake) {
        let conn = fake.at_node();
        fake.leaves(&mut self.sim);
        self.run_for(1_000);
        assert!(self.node().knows_nothing_of(conn));
        self.serves();
    }

    /// Connections that ended at the node since this was last asked, and why.
    pub fn reasons(&mut self) -> Vec<(ConnId, String)> {
        let events = self.events_of(self.node);
        let downs = events.into_iter().filter_map(|event| match event.kind {
            EventKind::PeerDown { peer, why, .. } => Some((peer.conn, why)),
            _ => None,
        });
        downs.collect()
    }

    /// What happened at a node since events were last asked for; of others it is forgotten.
    pub fn events_of(&mut self, node: NodeIx) -> Vec<Event> {
        let events = self.sim.take_events().into_iter();
        let own = events.filter(|(ix, _)| *ix == node);
        own.map(|(_, event)| event).collect()
    }

    pub fn snapshot(&self) -> NodeSnapshot {
        self.node().snapshot(self.sim.now())
    }

    pub fn peer(&self, conn: ConnId) -> Option<PeerInfo> {
        self.node().peers().info(conn)
    }

    pub fn score_of(&self, conn: ConnId) -> Option<u32> {
        self.peer(conn).map(|peer| peer.score)
    }

    pub fn run_for(&mut self, ms: u64) {
        self.sim.run_for(Duration::from_millis(ms));
    }

    /// Runs until something holds, and says how long that took.
    ///
    /// # Panics
    /// If it takes more than `most`.
    pub fn until(&mut self, most: Duration, holds: impl Fn(&Self) -> bool) -> Duration {
        let start = self.sim.now();
        while !holds(self) {
            assert!(self.sim.now() - start < most, "not within {most:?}");
            self.run_for(100);
        }
        self.sim.now() - start
    }
}
