//! A light node and full ones, all in memory; what full ones say to it may be bent on the way.

pub use crate::headers_alone::store::Watched;

use crate::common::*;
use chainlab::chain::{Amount, Block, Params, Txid};
use chainlab::node::io::{Command, CommandError, ConnId, Direction, Event, EventKind, Payment};
use chainlab::node::io::{Input, Output, Question, Reply, RequestId};
use chainlab::node::message::Message;
use chainlab::node::snapshot::{LightInfo, WalletInfo};
use chainlab::node::wallets::secret_hex;
use chainlab::node::{Config, LightNode, LightWay, Machine, NodeKind, Seeds, Time};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// From the genesis block to the beginning of a test: no block that a miner makes is too new.
const HEAD_START: Duration = Duration::from_secs(50_000);

/// What becomes of a message on its way to the light node; `None`: it is lost.
pub type Bend = Box<dyn Fn(Message) -> Option<Message>>;

/// Both ways, for what holds for both.
pub const WAYS: [LightWay; 2] = [LightWay::Filter, LightWay::Address];

/// The light node's place among all.
const LIGHT: usize = 0;

pub struct Stage {
    pub params: Params,
    pub now: Time,
    pub miner: Miner,
    way: LightWay,
    /// The light node first.
    nodes: Vec<Machine<Watched>>,
    names: Vec<&'static str>,
    /// By full node.
    bends: BTreeMap<usize, Bend>,
    /// By connection: which node, and the other end.
    wires: BTreeMap<ConnId, (usize, ConnId)>,
    next_conn: u64,
    next_request: u64,
    /// What happened at the light node.
    pub events: Vec<EventKind>,
    /// What the light node has said, with the node that it said it to.
    pub said: Vec<(&'static str, Message)>,
    replies: Vec<Result<Reply, CommandError>>,
}

fn config(name: &str, place: usize, params: &Params, kind: NodeKind) -> Config {
    let number = u8::try_from(place).expect("few nodes");
    let seeds = Seeds {
        keys: [100 + number; 32],
        run: [number + 1; 32],
    };
    Config {
        kind,
        outbound: 0,
        ..Config::new(name, Arc::new(params.clone()), seeds)
    }
}

impl Stage {
    /// A light node, and full ones with these names to which it is connected.
    pub fn with(names: &[&'static str]) -> Self {
        Self::by(LightWay::Filter, names)
    }

    /// The same, with the way in which the light node learns what concerns it.
    pub fn by(way: LightWay, names: &[&'static str]) -> Self {
        Self::with_config(way, names, |_| ())
    }

    /// The same, with a change of the light node's configuration.
    pub fn with_config(way: LightWay, names: &[&'static str], bend: impl Fn(&mut Config)) -> Self {
        let params = params();
        let miner = Miner::new(&params);
        let now = Time::from_block(params.genesis_time) + HEAD_START;
        let kind = NodeKind::Light(way);
        let mut light = config("light", LIGHT, &params, kind);
        bend(&mut light);
        let mut stage = Self {
            way,
            nodes: vec![Machine::open(light, Watched::default(), now).expect("it is empty")],
            names: vec!["light"],
            bends: BTreeMap::new(),
            wires: BTreeMap::new(),
            next_conn: 1,
            next_request: 1,
            events: Vec::new(),
            said: Vec::new(),
            replies: Vec::new(),
            params,
            now,
            miner,
        };
        for name in names {
            stage.add(name);
            stage.connects(name);
        }
        stage.settles();
        stage
    }

    /// A full node, not connected yet.
    pub fn add(&mut self, name: &'static str) {
        let config = config(name, self.nodes.len(), &self.params, NodeKind::Full);
        let node = Machine::open(config, Watched::default(), self.now);
        self.nodes.push(node.expect("it is empty"));
        self.names.push(name);
    }

    fn place(&self, name: &str) -> usize {
        let place = self.names.iter().position(|other| *other == name);
        place.expect("a name of a node")
    }

    /// What this full node says to the light one is bent from now on.
    pub fn bends(&mut self, name: &str, bend: impl Fn(Message) -> Option<Message> + 'static) {
        self.bends.insert(self.place(name), Box::new(bend));
    }

    /// The light node dials a full one.
    pub fn connects(&mut self, name: &str) {
        let place = self.place(name);
        let (ours, theirs) = (ConnId(self.next_conn), ConnId(self.next_conn + 1));
        self.next_conn += 2;
        self.wires.insert(ours, (place, theirs));
        self.wires.insert(theirs, (LIGHT, ours));
        let addr = |place: usize| {
            SocketAddr::from((
                [10, 0, 0, u8::try_from(place).expect("few nodes") + 1],
                4747,
            ))
        };
        let connected = |conn, direction, addr| Input::Connected {
            conn,
            direction,
            addr,
        };
        let dialled = connected(ours, Direction::Outbound, addr(place));
        let came = connected(theirs, Direction::Inbound, addr(LIGHT));
        let mut open = self.gives(LIGHT, dialled);
        open.extend(self.gives(place, came));
        self.carry(open);
    }

    /// Gives a node an input. Returns what is on its way because of that.
    fn gives(&mut self, place: usize, input: Input) -> VecDeque<(usize, Input)> {
        let mut under_way = VecDeque::new();
        let node = &mut self.nodes[place];
        node.handle(self.now, input).expect("in memory");
        while let Some(output) = node.poll_output() {
            match output {
                Output::Send(conn, message) => {
                    let sent = u64::try_from(message.wire_len()).expect("short");
                    under_way.push_back((place, Input::Sent(conn, sent)));
                    let Some((to, other)) = self.wires.get(&conn).copied() else {
                        continue;
                    };
                    if place == LIGHT {
                        self.said.push((self.names[to], message.clone()));
                    }
                    let bend = self.bends.get(&place).filter(|_| to == LIGHT);
                    let message = bend.map_or(Some(message.clone()), |bend| bend(message));
                    under_way.extend(message.map(|message| (to, Input::Received(other, message))));
                }
                Output::Close(conn, reason) => {
                    if let Some((to, other)) = self.wires.remove(&conn) {
                        self.wires.remove(&other);
                        let why = reason.to_string();
                        under_way.push_back((to, Input::Disconnected(other, why)));
                    }
                }
                Output::Event(Event { kind, .. }) if place == LIGHT && !kind.is_message() => {
                    self.events.push(kind);
                }
                Output::Reply(_, reply) => self.replies.push(reply),
                Output::Event(_) | Output::Dial(_) | Output::Mine(_) => {}
            }
        }
        under_way
    }

    /// Carries until nothing is under way any more.
    fn carry(&mut self, mut under_way: VecDeque<(usize, Input)>) {
        while let Some((place, input)) = under_way.pop_front() {
            under_way.extend(self.gives(place, input));
        }
    }

    /// Time passes, in steps of half a second.
    pub fn waits(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now = self.now + Duration::from_millis(500);
            for place in 0..self.nodes.len() {
                if self.nodes[place]
                    .deadline()
                    .is_some_and(|at| at <= self.now)
                {
                    let open = self.gives(place, Input::Tick);
                    self.carry(open);
                }
            }
        }
    }

    /// As long as it takes when all answer.
    pub fn settles(&mut self) {
        self.waits(Duration::from_secs(8));
    }

    /// A full node finds these blocks.
    pub fn finds(&mut self, name: &str, blocks: &[Block]) {
        let place = self.place(name);
        for block in blocks {
            let open = self.gives(place, Input::Solved(block.clone()));
            self.carry(open);
        }
    }

    /// All full nodes have these blocks.
    pub fn all_find(&mut self, blocks: &[Block]) {
        for name in self.names.clone().into_iter().skip(1) {
            self.finds(name, blocks);
        }
        self.settles();
    }

    /// The miner mines so many blocks, the first with these payments, and all full nodes have them.
    pub fn mines(&mut self, txs: Vec<chainlab::chain::Tx>, count: usize) -> Vec<Block> {
        let mut blocks = vec![self.miner.mine(txs)];
        blocks.extend(self.miner.mine_empty(count - 1));
        self.all_find(&blocks);
        let tips = self.nodes[1..].iter().map(|node| node.tip().height);
        let height = self.miner.next_height() - 1;
        assert!(tips.into_iter().all(|tip| tip == height), "a valid block");
        blocks
    }

    /// A full node says something to the light one. Returns what that says to it at once.
    pub fn hears_from(&mut self, name: &str, message: Message) -> Vec<Message> {
        let place = self.place(name);
        let wire = self.wires.iter().find(|(_, (to, _))| *to == place);
        let (ours, _) = wire.expect("connected");
        let said = self.said.len();
        let open = self.gives(LIGHT, Input::Received(*ours, message));
        self.carry(open);
        let answers = self.said[said..].iter().filter(|(to, _)| *to == name);
        answers.map(|(_, message)| message.clone()).collect()
    }

    /// All blocks of the chain that the first full node has, but the genesis block.
    pub fn mined(&self) -> Vec<Block> {
        let chain = self.nodes[1].full().expect("a full node").chain();
        let heights = 1..=chain.tip().height;
        let block = |height| {
            let id = chain.tree().active_at(height).expect("on the chain");
            let hash = chain.tree().entry(id).hash;
            let body = chain.body(&hash).expect("in memory").expect("it has it");
            (*body).clone()
        };
        heights.map(block).collect()
    }

    /// What waits at a full node, parents first.
    pub fn waiting_at(&self, name: &str) -> Vec<chainlab::chain::Tx> {
        let node = self.nodes[self.place(name)].full().expect("a full node");
        let mut waiting: Vec<_> = node.mempool().iter().collect();
        waiting.sort_by_key(|entry| (entry.ancestors.count, entry.txid));
        waiting.iter().map(|entry| (*entry.tx).clone()).collect()
    }

    pub fn light(&self) -> &LightNode<Watched> {
        self.nodes[LIGHT].light().expect("it is one")
    }

    pub fn info(&self) -> LightInfo {
        self.light().info()
    }

    /// The light node's wallet of this name.
    pub fn wallet(&self, name: &str) -> WalletInfo {
        of_name(self.light().wallet_infos(), name)
    }

    /// A full node's.
    pub fn wallet_at(&self, node: &str, name: &str) -> WalletInfo {
        of_name(self.nodes[self.place(node)].wallet_infos(), name)
    }

    fn commands(&mut self, place: usize, command: Command) -> Result<Reply, CommandError> {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        let open = self.gives(place, Input::Command(id, command));
        let reply = self.replies.pop().expect("it answers at once");
        self.carry(open);
        reply
    }

    /// The light node is told to do something.
    pub fn tells(&mut self, command: Command) -> Result<Reply, CommandError> {
        self.commands(LIGHT, command)
    }

    /// An actor's key is taken to a node.
    pub fn imports(&mut self, node: &str, name: &str, actor: u8) {
        let command = Command::ImportWallet {
            name: name.to_owned(),
            secret: secret_hex(&key(actor)),
            birthday: None,
        };
        self.commands(self.place(node), command).expect("a new key");
        self.settles();
    }

    /// The light node pays an actor.
    pub fn pays(&mut self, from: &str, to: u8, amount: Amount) -> Result<Txid, CommandError> {
        self.pays_at("light", from, to, amount)
    }

    /// A node pays an actor.
    pub fn pays_at(
        &mut self,
        node: &str,
        from: &str,
        to: u8,
        amount: Amount,
    ) -> Result<Txid, CommandError> {
        let payment = Payment {
            from: from.to_owned(),
            to: self.params.address(owner(to)).to_string(),
            amount,
            fee: None,
        };
        match self.commands(self.place(node), Command::Send(payment))? {
            Reply::Sent { txid, .. } => Ok(txid),
            other => panic!("{other:?}"),
        }
    }

    pub fn asks(&self, question: Question) -> Result<Reply, CommandError> {
        self.nodes[LIGHT]
            .ask(self.now, question)
            .expect("in memory")
    }

    /// The connection to a full node ends.
    pub fn parts_from(&mut self, name: &str) {
        let place = self.place(name);
        let wire = self.wires.iter().find(|(_, (to, _))| *to == place);
        let (ours, (_, theirs)) = wire.map(|(ours, to)| (*ours, *to)).expect("connected");
        self.wires.remove(&ours);
        self.wires.remove(&theirs);
        for (place, conn) in [(LIGHT, ours), (place, theirs)] {
            let open = self.gives(place, Input::Disconnected(conn, "reset".to_owned()));
            self.carry(open);
        }
        self.settles();
    }

    /// Whether the light node is connected to a full one.
    pub fn is_with(&self, name: &str) -> bool {
        let place = self.place(name);
        self.wires.values().any(|(to, _)| *to == place)
    }

    /// What the light node has found out, in words.
    pub fn found_out(&self) -> Vec<&str> {
        let words = self.events.iter().filter_map(|event| match event {
            EventKind::Light(words) => Some(words.as_str()),
            _ => None,
        });
        words.collect()
    }

    /// The light node is killed, and opened again over what this store holds; full nodes go on.
    pub fn begins_again_with(&mut self, store: Watched) {
        let gone: Vec<ConnId> = self
            .wires
            .iter()
            .filter(|(_, (to, _))| *to == LIGHT)
            .map(|(conn, _)| *conn)
            .collect();
        for theirs in gone {
            let (_, ours) = self.wires.remove(&theirs).expect("seen above");
            let (place, _) = self.wires.remove(&ours).expect("two ends");
            let open = self.gives(place, Input::Disconnected(theirs, "reset".to_owned()));
            self.carry(open);
        }
        let kind = NodeKind::Light(self.way);
        let mut config = config("light", LIGHT, &self.params, kind);
        config.seeds.run = [77; 32];
        self.nodes[LIGHT] = Machine::open(config, store, self.now).expect("a sound store");
        for name in self.names.clone().into_iter().skip(1) {
            self.connects(name);
        }
        self.settles();
    }

    /// What is on the light node's disk.
    pub fn disk(&self) -> &Watched {
        self.light().chain().store()
    }
}

fn of_name(infos: Vec<WalletInfo>, name: &str) -> WalletInfo {
    let info = infos.into_iter().find(|info| info.name == name);
    info.expect("a wallet of that name")
}
