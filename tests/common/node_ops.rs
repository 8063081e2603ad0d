//! Arbitrary sequences of inputs to one node: peers that come and go, with or without a handshake,
//! and say whatever bytes make them say, mixed with time, commands and solved blocks. After every
//! input the node must have kept its contract; at the end everybody leaves, and nothing of them may
//! be left.

use super::*;
use chainlab::chain::key::Signature;
use chainlab::node::config::MiningMode;
use chainlab::node::handshake::{Identity, PROTOCOL};
use chainlab::node::io::Job;
use chainlab::node::io::{Command, ConnId, Direction, Input, Output, Payment, Question, RequestId};
use chainlab::node::message::{
    Item, Kind, Locator, Message, Reject, Role, Services, Text, Version,
};
use chainlab::node::{Config, EventKind, MemStore, Node, Seeds, SyncMethod, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

/// Connections at a time.
const CONNS_MAX: usize = 6;

/// What attackers have at hand: made once, as blocks must be solved.
struct Stock {
    params: Params,
    /// Two branches from the genesis block, the second one longer.
    branches: [Vec<Arc<Block>>; 2],
    /// Blocks that break a rule, each in its own way.
    bad: Vec<Arc<Block>>,
    /// Payments: one after the other, one twice, one unsigned.
    txs: Vec<Arc<Tx>>,
}

static STOCK: LazyLock<Stock> = LazyLock::new(Stock::new);

impl Stock {
    fn new() -> Self {
        let params = params();
        let purse = genesis_coin(&params, ALICE);
        let first = pay(&params, ALICE, &[purse], &[(BOB, 400), (ALICE, 300)]);
        let coin = |tx: &Tx, index: u32| -> Spend {
            let outpoint = OutPoint {
                txid: tx.txid(),
                index,
            };
            let out = tx.outputs[usize::try_from(index).expect("small")];
            let coin = Coin {
                amount: out.amount,
                owner: out.owner,
                height: 1,
                coinbase: false,
            };
            (outpoint, coin)
        };
        let second = pay(
            &params,
            BOB,
            &[coin(&first, 0)],
            &[(CAROL, 200), (BOB, 100)],
        );
        let third = pay(&params, CAROL, &[coin(&second, 0)], &[(ALICE, 150)]);
        let rival = pay(&params, ALICE, &[purse], &[(CAROL, 100)]);
        let forged = unsigned(&[genesis_coin(&params, BOB)], &[(ALICE, 1_000)]);

        let mut ours = Miner::new(&params);
        let mut theirs = ours.rival(7);
        let mut short = vec![ours.mine(vec![first.clone()])];
        short.extend(ours.mine_empty(19));
        let mut long = vec![theirs.mine(vec![rival.clone()])];
        long.extend(theirs.mine_empty(24));
        let at_start = Miner::new(&params).rival(9);
        let bad = vec![
            at_start.block(vec![forged.clone()], |_| {}),
            at_start.block(vec![first.clone(), rival.clone()], |_| {}),
            at_start.block(vec![], |txs| txs.push(txs[0].clone())),
            Block::new(*short[0].header(), long[0].txs().to_vec()),
            ours.block(vec![third.clone()], |_| {}),
        ];
        let shared = |blocks: Vec<Block>| blocks.into_iter().map(Arc::new).collect::<Vec<_>>();
        Self {
            params,
            branches: [shared(short), shared(long)],
            bad: shared(bad),
            txs: [first, second, third, rival, forged].map(Arc::new).to_vec(),
        }
    }

    fn block(&self, choice: u8) -> &Arc<Block> {
        let [short, long] = &self.branches;
        let at = usize::from(choice) % (short.len() + long.len() + self.bad.len());
        let mut all = short.iter().chain(long).chain(&self.bad);
        all.nth(at).expect("within")
    }

    fn tx(&self, choice: u8) -> &Arc<Tx> {
        &self.txs[usize::from(choice) % self.txs.len()]
    }

    fn headers(&self, choice: u8, count: u8) -> Vec<Header> {
        let branch = &self.branches[usize::from(choice % 2)];
        let from = usize::from(choice / 2) % branch.len();
        let headers = branch[from..].iter().map(|block| *block.header());
        let mut headers: Vec<Header> = headers.take(usize::from(count % 40)).collect();
        if count >= 200 {
            headers.reverse();
        }
        headers
    }

    fn item(&self, choice: u8, other: u8) -> Item {
        match choice % 4 {
            0 => Item::Tx(self.tx(other).txid()),
            1 => Item::Tx(chainlab::chain::Txid([other; 32])),
            2 => Item::Block(BlockHash([other; 32])),
            _ => Item::Block(self.block(other).hash()),
        }
    }
}

/// One who talks to the node.
struct Talker {
    identity: Identity,
    met: Option<Box<Version>>,
    unsent: u64,
    /// What the node wants from it: some of it comes.
    asked: Vec<Item>,
    headers_asked: bool,
}

/// How far a run came: random bytes must not only be refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reached {
    pub height: u32,
    pub ready: usize,
    pub mempool: usize,
    pub reorganised: bool,
}

/// A node, and those who talk to it.
pub struct Scene {
    reached: Reached,
    node: Node<MemStore>,
    now: Time,
    conns: BTreeMap<ConnId, Talker>,
    gone: Vec<ConnId>,
    dialled: BTreeSet<SocketAddr>,
    job: Option<Arc<Job>>,
    numbers: u64,
}

impl Scene {
    pub fn new(method: SyncMethod) -> Self {
        let stock = &*STOCK;
        let seeds = Seeds {
            keys: [3; 32],
            run: [4; 32],
        };
        let mut config = Config::new("target", Arc::new(stock.params.clone()), seeds);
        config.sync = method;
        config.listen = Some(SocketAddr::from(([10, 0, 0, 1], 3000)));
        config.wallets = vec!["purse".to_owned()];
        config.inbound_max = CONNS_MAX;
        let now = Time::from_block(LATE);
        let node = Node::open(config, MemStore::new(), now).expect("an empty store");
        Self {
            reached: Reached::default(),
            node,
            now,
            conns: BTreeMap::new(),
            gone: Vec::new(),
            dialled: BTreeSet::new(),
            job: None,
            numbers: 0,
        }
    }

    /// Does what the bytes say, then has everybody leave.
    pub fn run(mut self, mut bytes: &[u8]) -> Reached {
        self.give(Input::Tick);
        while let Some((op, rest)) = bytes.split_first_chunk::<4>() {
            bytes = rest;
            self.step(*op, &mut bytes);
        }
        for conn in self.conns.keys().copied().collect::<Vec<_>>() {
            self.leave(conn);
        }
        let left = self
            .gone
            .iter()
            .find(|conn| !self.node.knows_nothing_of(**conn));
        assert_eq!(left, None, "something of a connection is left");
        sound(self.node.chain());
        self.node.close().expect("memory does not fail");
        self.reached
    }

    fn step(&mut self, [op, a, b, c]: [u8; 4], bytes: &mut &[u8]) {
        match op % 16 {
            0 => self.connect(a, b),
            1 => self.with(a, |scene, conn| scene.leave(conn)),
            2 => self.pass(Duration::from_millis(u64::from(a) * 10)),
            3 => self.pass(Duration::from_secs(u64::from(a))),
            4 => self.with(a, |scene, conn| scene.greet(conn)),
            5 => self.with(a, |scene, conn| scene.prove(conn)),
            6 => {
                let len = usize::from(c).min(bytes.len());
                let (payload, rest) = bytes.split_at(len);
                *bytes = rest;
                let kind = Kind::ALL[usize::from(b) % Kind::ALL.len()];
                let decoded = Message::decode(kind, payload, &STOCK.params);
                if let Ok(message) = decoded {
                    self.say(a, message);
                }
            }
            7 if b < 200 => self.with(a, |scene, conn| scene.answer(conn, c)),
            7 => self.say(a, Message::Block(Arc::clone(STOCK.block(b)))),
            8 => self.say(a, Message::Tx(Arc::clone(STOCK.tx(b)))),
            9 => self.say(a, Message::Headers(STOCK.headers(b, c))),
            10 => {
                let items = (0..c % 8).map(|at| STOCK.item(b, c.wrapping_add(at)));
                let items: Vec<Item> = items.collect();
                self.say(
                    a,
                    match b / 4 % 3 {
                        0 => Message::Inv(items),
                        1 => Message::GetData(items),
                        _ => Message::NotFound(items),
                    },
                );
            }
            11 => self.say(a, small_message(b, c)),
            12 => self.with(a, |scene, conn| scene.take(conn, u64::from(b) * 100)),
            13 => self.command(b, c),
            14 => self.solve(),
            _ => self.give(Input::BadFrame(self.some_conn(a), "nonsense".to_owned())),
        }
    }

    /// Gives an input and looks at all that comes out.
    fn give(&mut self, input: Input) {
        let ticks = matches!(input, Input::Tick);
        self.node
            .handle(self.now, input)
            .expect("memory does not fail");
        while let Some(output) = self.node.poll_output() {
            self.act(output);
        }
        let reached = &mut self.reached;
        reached.height = reached.height.max(self.node.chain().tip().height);
        reached.ready = reached.ready.max(self.node.peers().ready().count());
        reached.mempool = reached.mempool.max(self.node.mempool().len());
        let due = self.node.deadline().expect("it always announces again");
        assert!(
            !ticks || due > self.now,
            "a tick leaves something due: the driver would spin"
        );
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Dial(addr) => {
                self.dialled.insert(addr);
            }
            Output::Send(conn, message) => {
                let len = u64::try_from(message.wire_len()).expect("small");
                let talker = self
                    .conns
                    .get_mut(&conn)
                    .expect("who left is not spoken to");
                talker.unsent += len;
                assert!(talker.unsent < 12_000_000, "unsent bytes are bounded");
                match message {
                    Message::Version(version) => talker.met = Some(version),
                    Message::GetData(items) => talker.asked.extend(items),
                    Message::GetHeaders(_) => talker.headers_asked = true,
                    _ => {}
                }
            }
            Output::Close(conn, _) => {
                assert!(self.conns.remove(&conn).is_some(), "it was open");
                self.gone.push(conn);
            }
            Output::Mine(job) => self.job = job,
            Output::Event(event) => {
                self.reached.reorganised |= matches!(event.kind, EventKind::Reorganised { .. });
            }
            Output::Reply(..) => {}
        }
    }

    fn connect(&mut self, a: u8, b: u8) {
        if self.conns.len() >= CONNS_MAX {
            return;
        }
        self.numbers += 1;
        let conn = ConnId(self.numbers);
        let dialled = self.dialled.pop_first();
        if let Some(addr) = dialled
            && b.is_multiple_of(2)
        {
            let why = "refused".to_owned();
            return self.give(Input::DialFailed { addr, why });
        }
        let key = key(100 + a % 8);
        let network = network(&STOCK.params);
        let talker = Talker {
            identity: Identity::new(key, network),
            met: None,
            unsent: 0,
            asked: Vec::new(),
            headers_asked: false,
        };
        self.conns.insert(conn, talker);
        let port = u16::try_from(self.numbers % 60_000).expect("below") + 1_000;
        let ip = if a >= 128 {
            [127, 0, 0, 1]
        } else {
            [10, 0, 1, a]
        };
        let (direction, addr) = match dialled {
            Some(addr) => (Direction::Outbound, addr),
            None => (Direction::Inbound, SocketAddr::from((ip, port))),
        };
        self.give(Input::Connected {
            conn,
            direction,
            addr,
        });
        if b >= 64 {
            self.greet(conn);
            self.prove(conn);
        }
    }

    fn greet(&mut self, conn: ConnId) {
        let Some(talker) = self.conns.get(&conn) else {
            return;
        };
        let version = Version {
            protocol: PROTOCOL,
            network: talker.identity.network,
            nonce: conn.0,
            id: talker.identity.id,
            listen: Some(SocketAddr::from(([10, 9, 9, 9], 4_000))),
            height: u32::try_from(conn.0 * 7 % 60).expect("small"),
            role: Role::Miner,
            user_agent: Text::new("/talker/"),
            services: Services::BLOCKS,
            wants_txs: true,
        };
        let version = Message::Version(Box::new(version));
        self.give(Input::Received(conn, version));
    }

    fn prove(&mut self, conn: ConnId) {
        let Some(talker) = self.conns.get(&conn) else {
            return;
        };
        let signature = talker.met.as_ref().map(|met| talker.identity.prove(met));
        let verack = Message::Verack(signature.unwrap_or(Signature::NONE));
        self.give(Input::Received(conn, verack));
    }

    fn some_conn(&self, choice: u8) -> ConnId {
        let at = usize::from(choice) % self.conns.len().max(1);
        let conn = self.conns.keys().nth(at).copied();
        // With nobody there: a number from the past or the future.
        conn.unwrap_or(ConnId(u64::from(choice)))
    }

    fn with(&mut self, choice: u8, act: impl FnOnce(&mut Self, ConnId)) {
        let conn = self.some_conn(choice);
        act(self, conn);
    }

    fn say(&mut self, choice: u8, message: Message) {
        let conn = self.some_conn(choice);
        self.give(Input::Received(conn, message));
    }

    /// A talker does what it was asked for, more or less.
    fn answer(&mut self, conn: ConnId, most: u8) {
        let Some(talker) = self.conns.get_mut(&conn) else {
            return;
        };
        let asked: Vec<Item> = talker.asked.drain(..).take(usize::from(most)).collect();
        if std::mem::take(&mut talker.headers_asked) {
            let branch = &STOCK.branches[usize::from(most % 2)];
            let headers = branch.iter().map(|block| *block.header()).collect();
            self.give(Input::Received(conn, Message::Headers(headers)));
        }
        let blocks = || STOCK.branches.iter().flatten().chain(&STOCK.bad);
        for item in asked {
            let tx = STOCK.txs.iter().find(|tx| Item::Tx(tx.txid()) == item);
            let block = blocks().find(|block| Item::Block(block.hash()) == item);
            if let Some(tx) = tx {
                self.give(Input::Received(conn, Message::Tx(Arc::clone(tx))));
            } else if let Some(block) = block {
                self.give(Input::Received(conn, Message::Block(Arc::clone(block))));
            }
        }
    }

    fn leave(&mut self, conn: ConnId) {
        if self.conns.remove(&conn).is_some() {
            self.gone.push(conn);
        }
        self.give(Input::Disconnected(conn, "left".to_owned()));
    }

    /// Bytes for a peer have left.
    fn take(&mut self, conn: ConnId, bytes: u64) {
        let Some(talker) = self.conns.get_mut(&conn) else {
            return;
        };
        let bytes = bytes.min(talker.unsent);
        talker.unsent -= bytes;
        self.give(Input::Sent(conn, bytes));
    }

    /// Time goes by, with a tick whenever the node wants one.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.node.deadline().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.give(Input::Tick);
        }
        self.now = until;
    }

    fn command(&mut self, choice: u8, other: u8) {
        self.numbers += 1;
        let name = |n: u8| format!("w{}", n % 4);
        let payment = Payment {
            from: name(other),
            to: name(other / 4),
            amount: units(u64::from(other) * 1_000_000),
            fee: Some(units(u64::from(other % 3))),
        };
        let peer = SocketAddr::from(([10, 0, 0, other], 3000));
        match choice % 12 {
            0 => self.told(Command::CreateWallet { name: name(other) }),
            1 => self.told(Command::ImportWallet {
                name: name(other),
                secret: format!("{:064x}", u32::from(other) % 3),
                birthday: None,
            }),
            2 => self.told(Command::Send(payment)),
            3 => self.asked(Question::PlanSend(payment)),
            4 => self.told(Command::Mine(MiningMode::OnTx(usize::from(other % 3)))),
            5 => self.told(Command::Mine(MiningMode::On)),
            6 => self.told(Command::MineNow),
            7 => self.told(Command::AddPeer(peer)),
            8 => self.told(Command::DropPeer(peer)),
            9 => self.asked(Question::Block {
                hash: STOCK.block(other).hash(),
            }),
            10 => self.asked(Question::Tx {
                txid: STOCK.tx(other).txid(),
            }),
            _ => self.asked(Question::History {
                name: name(other),
                skip: usize::from(other),
                limit: 5,
            }),
        }
        let snapshot = self.node.snapshot(self.now);
        assert_eq!(snapshot.tip, self.node.chain().tip());
        assert!(snapshot.peers.len() <= CONNS_MAX);
    }

    fn told(&mut self, command: Command) {
        self.give(Input::Command(RequestId(self.numbers), command));
    }

    fn asked(&self, question: Question) {
        let answer = self.node.ask(self.now, question);
        // It may be refused.
        drop(answer.expect("nothing fails it"));
    }

    fn solve(&mut self) {
        if let Some(job) = self.job.take() {
            let block = job.solved(solve(job.header));
            let before = self.node.chain().tip();
            self.give(Input::Solved(block));
            let after = self.node.chain().tip();
            assert!(after.height >= before.height, "our own work is never lost");
        }
    }
}

fn small_message(choice: u8, other: u8) -> Message {
    let locator = Locator {
        have: vec![STOCK.block(other).hash(), BlockHash([other; 32])],
        stop: BlockHash::ZERO,
    };
    match choice % 7 {
        0 => Message::Ping(u64::from(other)),
        1 => Message::Pong(u64::from(other), Time(u64::from(choice))),
        2 => Message::GetAddr,
        3 => Message::Addr(vec![SocketAddr::from((
            [10, 0, 2, other],
            u16::from(choice),
        ))]),
        4 => Message::GetHeaders(locator),
        5 => Message::GetBlocks(locator),
        _ => Message::Reject(Box::new(Reject {
            command: Text::new("tx"),
            item: Some(STOCK.item(choice, other)),
            why: Text::new("because"),
        })),
    }
}
