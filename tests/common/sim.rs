//! What simulations are watched and driven with: questions to nodes, and an actor who only notes
//! what happens to him.

use super::watched::Watched;
use chainlab::chain::params::Retarget;
use chainlab::chain::{Amount, BlockHash, KeyHash, Params};
use chainlab::lab::Layout;
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
use chainlab::lab::layout::shipped::shipped;
use chainlab::link::Conditions;
use chainlab::node::io::{CloseReason, Command, ConnId, Input, Output, Payment, Question, Reply};
use chainlab::node::message::{Message, Version};
use chainlab::node::snapshot::{CoinInfo, HistoryEntry, WalletInfo};
use chainlab::node::{NodeIx, Time};
use chainlab::sim::{self, Actor, Answer, Sim};
use std::net::SocketAddr;
use std::time::Duration;

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Those of a simulation, with the coins of the [small](super::params) network, and blocks that stay as hard as they are.
pub fn small() -> Params {
    Params {
        genesis: super::params().genesis,
        retarget: Retarget::Fixed,
        ..sim::params()
    }
}

pub fn latency(millis: u64) -> Conditions {
    Conditions::latency(ms(millis))
}

/// The address of the actor with this number, as a command names it.
pub fn address(params: &Params, owner: KeyHash) -> String {
    params.address(owner).to_string()
}

/// Gives a node the key of the actor with this number, in a wallet.
pub fn import(sim: &mut Sim, ix: NodeIx, name: &str, actor: u8) {
    let hex = super::key(actor)
        .to_bytes()
        .map(|byte| format!("{byte:02x}"));
    let import = Command::ImportWallet {
        name: name.to_owned(),
        secret: hex.concat(),
        birthday: None,
    };
    sim.call(ix, import).expect("a key");
}

pub fn wallets(sim: &mut Sim, ix: NodeIx) -> Vec<WalletInfo> {
    match sim.ask(ix, Question::Wallets) {
        Ok(Reply::Wallets(wallets)) => wallets,
        other => panic!("{other:?}"),
    }
}

/// The last hundred of what a wallet did.
pub fn history(sim: &mut Sim, ix: NodeIx, name: &str) -> Vec<HistoryEntry> {
    let question = Question::History {
        name: name.to_owned(),
        skip: 0,
        limit: 100,
    };
    match sim.ask(ix, question) {
        Ok(Reply::History(history)) => history,
        other => panic!("{other:?}"),
    }
}

pub fn wallet_address(sim: &mut Sim, ix: NodeIx, name: &str) -> String {
    let wallets = wallets(sim, ix);
    let wallet = wallets.into_iter().find(|wallet| wallet.name == name);
    wallet.expect("a wallet of this name").address
}

pub fn coins_of(sim: &mut Sim, ix: NodeIx, of: &str) -> Vec<CoinInfo> {
    match sim.ask(ix, Question::Coins { of: of.to_owned() }) {
        Ok(Reply::Coins(coins)) => coins,
        other => panic!("{other:?}"),
    }
}

/// What an address holds in blocks, as this node sees it.
pub fn balance(sim: &mut Sim, ix: NodeIx, of: &str) -> Amount {
    let coins = coins_of(sim, ix, of);
    let confirmed = coins.iter().filter(|coin| coin.height.is_some());
    Amount::checked_sum(confirmed.map(|coin| coin.amount)).expect("what exists is an amount")
}

pub fn pay(sim: &mut Sim, ix: NodeIx, from: &str, to: &str, amount: Amount, fee: Amount) -> Answer {
    let (from, to) = (from.to_owned(), to.to_owned());
    sim.call(
        ix,
        Command::Send(Payment {
            from,
            to,
            amount,
            fee: Some(fee),
        }),
    )
}

/// The tip of a node that runs.
pub fn tip(sim: &Sim, ix: NodeIx) -> BlockHash {
    sim.machine(ix).expect("it runs").tip().hash
}

/// Whether these nodes all run and have one tip.
pub fn agree(sim: &Sim, nodes: &[NodeIx]) -> bool {
    nodes
        .windows(2)
        .all(|two| tip(sim, two[0]) == tip(sim, two[1]))
}

/// Runs until something is so.
///
/// # Panics
/// If it is not in time.
pub fn until(sim: &mut Sim, limit: Duration, what: &str, is_so: impl Fn(&Sim) -> bool) {
    let end = sim.now() + limit;
    while !is_so(sim) {
        assert!(sim.now() < end, "not within {limit:?}: {what}");
        sim.run_for(ms(50));
    }
}

/// Somebody who does nothing by himself and notes what happens to him.
#[derive(Clone)]
pub struct Puppet {
    pub ix: NodeIx,
    pub addr: SocketAddr,
    seen: Seen,
}

/// What happened, each with its time.
type Seen = Watched<Vec<(Time, Input)>>;

struct Notes(Seen);

impl Actor for Notes {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        self.0.borrow_mut().push((now, input));
        Vec::new()
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(Self(self.0.apart()))
    }
}

impl Puppet {
    pub fn new(sim: &mut Sim) -> Self {
        let seen = Seen::default();
        let ix = sim.add_actor(Box::new(Notes(seen.clone())));
        let addr = sim.address(ix.0);
        Self { ix, addr, seen }
    }

    pub fn dials(&self, sim: &mut Sim, addr: SocketAddr) {
        sim.act(self.ix, Output::Dial(addr));
    }

    pub fn sends(&self, sim: &mut Sim, conn: ConnId, message: Message) {
        sim.act(self.ix, Output::Send(conn, message));
    }

    pub fn closes(&self, sim: &mut Sim, conn: ConnId) {
        sim.act(self.ix, Output::Close(conn, CloseReason::Asked));
    }

    /// What happened since this was last called, in words, with the time since `start` in ms.
    pub fn saw(&self, start: Time) -> Vec<(u64, String)> {
        let seen = std::mem::take(&mut *self.seen.borrow_mut());
        let told = |(at, input): (Time, Input)| {
            let since = u64::try_from((at - start).as_millis()).expect("soon");
            (since, words(&input))
        };
        seen.into_iter().map(told).collect()
    }

    /// The connection that came about since this was last called.
    pub fn connected(&self) -> ConnId {
        let seen = std::mem::take(&mut *self.seen.borrow_mut());
        let conn = seen.into_iter().find_map(|(_, input)| match input {
            Input::Connected { conn, .. } => Some(conn),
            _ => None,
        });
        conn.expect("a connection")
    }
}

impl Puppet {
    /// Who came about since this was last called, by what it says of itself.
    pub fn greeted(&self) -> (ConnId, Box<Version>) {
        let seen = std::mem::take(&mut *self.seen.borrow_mut());
        let version = seen.into_iter().find_map(|(_, input)| match input {
            Input::Received(conn, Message::Version(version)) => Some((conn, version)),
            _ => None,
        });
        version.expect("a version")
    }
}

fn words(input: &Input) -> String {
    match input {
        Input::Connected {
            direction, addr, ..
        } => format!("{direction:?} {}", addr.ip()),
        Input::DialFailed { addr, why } => format!("{}: {why}", addr.ip()),
        Input::Received(_, Message::Ping(number)) => format!("ping {number}"),
        Input::Received(_, message) => message.command().to_owned(),
        Input::Progress(_) => "part".to_owned(),
        Input::BadFrame(_, why) => format!("bad frame: {why}"),
        Input::Sent(_, bytes) => format!("sent {bytes}"),
        Input::Disconnected(_, why) => format!("disconnected: {why}"),
        other => format!("{other:?}"),
    }
}

/// The shipped layout `world`, of which all is observed.
pub fn world(layout: &Layout) -> VirtualLab {
    let options = VirtualOptions {
        seed: 1,
        level: Level::All,
        ..VirtualOptions::default()
    };
    VirtualLab::new(layout, &options).expect("it can be played")
}

/// `world` without its script and payments, once all of its nodes have so many blocks.
pub fn quiet_world(blocks: u32) -> VirtualLab {
    let layout = Layout {
        steps: Vec::new(),
        traffic: None,
        ..shipped("world").expect("it is built in")
    };
    let mut lab = world(&layout);
    while lab.facts().nodes.iter().any(|node| node.height < blocks) {
        let until = lab.now() + ms(1_000);
        lab.run_until(until, || true);
    }
    lab
}
