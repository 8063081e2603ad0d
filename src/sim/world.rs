//! The whole: what there is, and how time goes on.

use super::agenda::{Agenda, Due};
use super::disk::Disk;
use super::ends::Net;
use super::host::{Actor, Host};
use super::log::Log;
use super::scale::Scale;
use super::seeds::derived;
use crate::chain::headers::Trunks;
use crate::chain::{Params, SigCache};
use crate::link::{Conditions, LinkState, NextMessage};
use crate::node::chainstate::OpenError;
use crate::node::io::{
    Command, CommandError, Event, Input, Output, Question, RefusalKind, Reply, RequestId,
};
use crate::node::peers::Neighbours;
use crate::node::{Config, NodeIx, Seeds, Time};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Hosts that have an address: all of 10.0.0.0/8 but the first.
pub const HOSTS_MAX: usize = (1 << 24) - 1;

/// The port at which nodes listen.
const PORT: u16 = 4747;

/// How long [`Sim::call`] waits for an answer.
const CALL_PATIENCE: Duration = Duration::from_secs(60);

/// The answer to a command or a question.
pub type Answer = Result<Reply, CommandError>;

/// Nodes, scripts, and the network between them.
///
/// A clone goes on as the original does, event for event, and neither is aware of the other: they share
/// only what neither changes, and two things that change nothing but the time and the memory that a run
/// takes: the cache of signatures, and what light nodes have in common of their headers. Events that are
/// [recorded](Sim::record_events) are copied: [take](Sim::take_events) them first, if the clone is not to
/// have them.
#[derive(Clone)]
pub struct Sim {
    pub(super) seed: u64,
    pub(super) draws: ChaCha8Rng,
    pub(super) params: Arc<Params>,
    pub(super) sigs: Arc<SigCache>,
    trunks: Arc<Trunks>,
    pub(super) agenda: Agenda,
    pub(super) hosts: Vec<Host>,
    pub(super) net: Net,
    /// The nodes that were ever started, by name: no script passes for one of them.
    pub(super) neighbours: Arc<Neighbours>,
    pub(super) scale: Scale,
    /// Messages travel as bytes.
    pub(super) encodes: bool,
    /// New nodes get disks.
    pub(super) has_disks: bool,
    pub(super) log: Log,
    pub(super) requests: u64,
    /// Answers that were not taken yet.
    pub(super) replies: BTreeMap<RequestId, Answer>,
    /// What a host just put out; kept to be used again.
    pub(super) outputs: Vec<Output>,
}

impl Sim {
    /// A network of these parameters, without hosts yet, at the time of its genesis block.
    pub fn new(seed: u64, params: Params) -> Self {
        Self {
            seed,
            draws: ChaCha8Rng::seed_from_u64(seed),
            agenda: Agenda::new(Time::from_block(params.genesis_time)),
            params: Arc::new(params),
            sigs: Arc::default(),
            trunks: Arc::default(),
            hosts: Vec::new(),
            net: Net::default(),
            neighbours: Arc::default(),
            scale: Scale::default(),
            encodes: false,
            has_disks: false,
            log: Log::new(),
            requests: 0,
            replies: BTreeMap::new(),
            outputs: Vec::new(),
        }
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.agenda.now()
    }

    /// The network's parameters.
    pub fn params(&self) -> &Arc<Params> {
        &self.params
    }

    /// Has nodes that are added from now on remember signatures there.
    pub fn share_signatures(&mut self, sigs: Arc<SigCache>) {
        self.sigs = sigs;
    }

    /// The address of the host with this number, whether or not it was added yet.
    ///
    /// # Panics
    /// From [`HOSTS_MAX`] on.
    pub fn address(&self, number: usize) -> SocketAddr {
        assert!(number < HOSTS_MAX, "the network has no more addresses");
        let [_, a, b, c] = u32::try_from(number + 1).expect("24 bits").to_be_bytes();
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, a, b, c)), PORT)
    }

    /// What the next node is like by default: it listens at its address and knows no other.
    pub fn config(&self, name: &str) -> Config {
        let ix = NodeIx(self.hosts.len());
        let seeds = Seeds {
            keys: derived(self.seed, "keys", ix, 0),
            run: derived(self.seed, "run", ix, 0),
        };
        let mut config = Config::new(name, Arc::clone(&self.params), seeds);
        config.sigs = Arc::clone(&self.sigs);
        config.trunks = Arc::clone(&self.trunks);
        config.listen = Some(self.address(ix.0));
        config
    }

    /// Adds a node and starts it. `config` is best made from [`Sim::config`]; a node whose `listen`
    /// is not set takes no connections. Randomness of its runs follows from the sim's seed.
    ///
    /// # Errors
    /// [`OpenError`], when the parameters make no network.
    pub fn add_node(&mut self, config: Config) -> Result<NodeIx, OpenError> {
        let ix = NodeIx(self.hosts.len());
        let addr = config.listen.unwrap_or(self.address(ix.0));
        let disk = self
            .has_disks
            .then(|| Disk::new(self.seed, ix, &config.name));
        self.hosts.push(Host::node(addr, config, disk));
        match self.restart(ix) {
            Ok(()) => self.net.listen(addr, ix),
            Err(error) => {
                self.hosts.pop();
                return Err(error);
            }
        }
        Ok(ix)
    }

    /// Adds a script. It takes every connection to its address.
    pub fn add_actor(&mut self, actor: Box<dyn Actor>) -> NodeIx {
        let ix = NodeIx(self.hosts.len());
        let addr = self.address(ix.0);
        self.hosts.push(Host::script(addr, actor));
        self.net.listen(addr, ix);
        self.after(ix);
        ix
    }

    /// Sets what links are like that nothing else was said of. Connections that exist keep what
    /// they have.
    pub fn set_default_link(&mut self, conditions: Conditions) {
        self.net.default = conditions;
    }

    /// Changes what a link is like in one direction, at once.
    pub fn set_link(&mut self, from: NodeIx, to: NodeIx, conditions: Conditions) {
        self.change_link(from, to, conditions);
    }

    /// Has something become of the next message of a kind that one host sends another.
    pub fn meddle(&mut self, from: NodeIx, to: NodeIx, next: NextMessage) {
        self.net.fates.entry((from, to)).or_default().ask(next);
    }

    /// What a link is like in one direction.
    pub fn link(&self, from: NodeIx, to: NodeIx) -> Conditions {
        self.net.conditions(from, to)
    }

    /// Cuts, opens or swallows what is between two hosts, in both directions.
    pub fn set_link_state(&mut self, a: NodeIx, b: NodeIx, state: LinkState) {
        for (from, to) in [(a, b), (b, a)] {
            let conditions = self.link(from, to).in_state(state);
            self.change_link(from, to, conditions);
        }
    }

    /// Changes how much work stands for a hash rate, from the next job of each miner on.
    pub fn set_scale(&mut self, scale: Scale) {
        self.scale = scale;
    }

    /// Has messages travel as bytes, encoded and decoded again, as they do on a real network; what
    /// scripts send always does.
    pub fn encode_messages(&mut self, encodes: bool) {
        self.encodes = encodes;
    }

    /// Has a script do something, as if it had wanted to itself.
    ///
    /// # Panics
    /// If that host is a node.
    pub fn act(&mut self, ix: NodeIx, output: Output) {
        assert!(self.hosts[ix.0].is_script(), "a node acts for itself");
        self.perform(ix, output);
    }

    /// Gives a node a command. It gets it now, after what is due now already.
    pub fn command(&mut self, ix: NodeIx, command: Command) -> RequestId {
        self.requests += 1;
        let id = RequestId(self.requests);
        self.give_soon(ix, Input::Command(id, command));
        id
    }

    /// Takes the answer to a command, if it is there.
    pub fn take_reply(&mut self, id: RequestId) -> Option<Answer> {
        self.replies.remove(&id)
    }

    /// Gives a node a command and runs until it has answered.
    ///
    /// # Errors
    /// What the node says; or that it does not answer, because it is down or takes more than a
    /// minute.
    pub fn call(&mut self, ix: NodeIx, command: Command) -> Answer {
        let id = self.command(ix, command);
        let patience = self.now() + CALL_PATIENCE;
        while self.agenda.next().is_some_and(|at| at <= patience) {
            self.step();
            if let Some(answer) = self.take_reply(id) {
                return answer;
            }
        }
        Err(no_answer())
    }

    /// Asks a node something, which it answers as it is at this moment. Nothing in the lab is
    /// another afterwards: not the time, not what is due, not what is drawn next. Of a node that waits
    /// for its disk that is what the disk may not have yet; one whose store fails ends with its next input.
    ///
    /// # Errors
    /// What the node says; or that it is down.
    pub fn ask(&self, ix: NodeIx, question: Question) -> Answer {
        let node = self.machine(ix).ok_or_else(no_answer)?;
        let answer = node.ask(self.now(), question);
        answer.unwrap_or_else(|halt| Err(CommandError::new(RefusalKind::Fault, halt)))
    }

    /// When the next thing is due; `None`: nothing is.
    pub fn next(&self) -> Option<Time> {
        self.agenda.next()
    }

    /// Things that were due and are done.
    pub fn steps(&self) -> u64 {
        self.agenda.done()
    }

    /// Does the next thing that is due, and returns its time; `None`: nothing is.
    pub fn step(&mut self) -> Option<Time> {
        match self.agenda.pop()? {
            Due::Tick(ix) => self.tick(ix),
            Due::Disk(ix, starts) => self.disk_done(ix, starts),
            Due::Link(conn) => self.link_due(conn),
            Due::Find(ix) => self.find(ix),
            Due::GiveUp(conn) => self.give_up(conn),
            Due::Linger(conn) => self.linger(conn),
            Due::Input(ix, starts, input) => {
                if self.hosts[ix.0].starts == starts {
                    self.give(ix, *input);
                }
            }
        }
        Some(self.now())
    }

    /// Does the next thing that is due up to a time; if nothing is, stops the clock there, and
    /// returns `false`.
    pub fn step_until(&mut self, until: Time) -> bool {
        let is_due = self.agenda.next().is_some_and(|at| at <= until);
        if is_due {
            self.step();
        } else {
            self.agenda.skip_to(until);
        }
        is_due
    }

    /// Does all that is due up to a time, and stops the clock there.
    pub fn run_until(&mut self, until: Time) {
        while self.step_until(until) {}
    }

    /// Runs for so long.
    pub fn run_for(&mut self, time: Duration) {
        self.run_until(self.now() + time);
    }

    /// The clock goes on without anybody doing anything, as when the machine sleeps. What was due
    /// meanwhile is done late.
    pub fn leap(&mut self, time: Duration) {
        self.agenda.skip_to(self.now() + time);
    }

    /// Connections that are not gone at both ends.
    pub fn connections(&self) -> usize {
        self.net.connections()
    }

    /// Events of all nodes so far.
    pub fn events(&self) -> u64 {
        self.log.count()
    }

    /// The hash of all events of all nodes so far, in their order.
    pub fn log_hash(&self) -> [u8; 32] {
        self.log.hash()
    }

    /// Keeps events from now on, for [`Sim::take_events`].
    pub fn record_events(&mut self) {
        self.log.record();
    }

    /// Takes the events that were kept since this was last called.
    pub fn take_events(&mut self) -> Vec<(NodeIx, Event)> {
        self.log.take()
    }
}

fn no_answer() -> CommandError {
    CommandError::new(RefusalKind::NotRunning, "the node does not answer")
}
