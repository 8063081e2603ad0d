//! A layout with its script, played in virtual time: the same nodes, the same steps, no sockets and
//! no waiting.
//!
//! The script is looked at twenty times a second of that time, as it is in a lab that runs. An
//! answer that a node gives at once is there at once; a block that is asked for comes when it
//! comes.

mod act;
mod pay;
mod stage;

pub use self::stage::Stage;

use super::engine::{Cause, Script, Want};
use super::expr::{Expr, Facts, NodeFacts};
use super::view::ScriptView;
use crate::chain::{Address, Amount, BlockHash};
use crate::lab::ask::ScriptChange;
use crate::lab::layout::Layout;
use crate::lab::observe::ancestry::Ancestry;
use crate::lab::observe::propagation::Propagation;
use crate::lab::observe::stats::{Stats, Traffic};
use crate::lab::summary::Summary;
use crate::node::io::{Command, Event};
use crate::node::{BlockId, Node, NodeIx, Store, Time};
use crate::sim::SimStore;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Time between two looks at the script.
const LOOK: Duration = Duration::from_millis(50);

/// A lab in virtual time.
pub struct Rehearsal {
    name: String,
    stage: Stage,
    script: Script,
    began: Time,
    /// A command of the script that is not answered yet.
    pending: Option<act::Pending>,
    /// The first block is still to be asked for.
    wants_first: bool,
    caption: Option<String>,
    /// Payments that the lab makes by itself.
    payments: pay::Payments,
    /// Addresses of wallets that were ever seen, by name.
    addresses: BTreeMap<String, String>,
    stats: Stats,
    /// How blocks get through it.
    propagation: Propagation<BlockHash>,
    traffic: Vec<Traffic>,
    /// What has happened and is not told yet.
    untold: Vec<(NodeIx, Event)>,
    /// How nodes looked when they last ran.
    seen: Vec<NodeFacts>,
    /// Which block stands on which.
    ancestry: Ancestry,
}

/// Plays a layout with its script in virtual time, until the script is over or so much time has
/// passed.
///
/// # Errors
/// In words: the layout cannot be played.
pub fn rehearse(layout: &Layout, seed: u64, limit: Duration) -> Result<Rehearsal, String> {
    let mut rehearsal = Rehearsal::new(layout, seed)?;
    while !rehearsal.script().is_over() && rehearsal.elapsed() < limit {
        rehearsal.go_on(limit, |_, _| {});
    }
    Ok(rehearsal)
}

impl Rehearsal {
    /// A lab in which nothing has happened yet.
    ///
    /// # Errors
    /// In words: the layout cannot be played.
    pub fn new(layout: &Layout, seed: u64) -> Result<Self, String> {
        let stage = Stage::new(layout, seed)?;
        let mut rehearsal = Self {
            name: layout.name.clone(),
            began: stage.sim.now(),
            stage,
            script: Script::new(layout.steps.clone(), layout.pace),
            pending: None,
            wants_first: true,
            caption: None,
            payments: pay::Payments::new(layout, seed),
            addresses: BTreeMap::new(),
            stats: Stats::default(),
            propagation: Propagation::default(),
            traffic: Vec::new(),
            untold: Vec::new(),
            seen: Vec::new(),
            ancestry: Ancestry::default(),
        };
        rehearsal.look();
        rehearsal.play();
        Ok(rehearsal)
    }

    /// Goes on to the next look at the script, but not past `limit`, and tells what happened
    /// meanwhile.
    pub fn go_on(&mut self, limit: Duration, mut hear: impl FnMut(&str, &Event)) {
        let left = limit.saturating_sub(self.elapsed());
        self.run_and_pay(LOOK.min(left));
        self.look();
        self.hear(&mut hear);
        self.mine_first();
        self.play();
        self.hear(&mut hear);
    }

    fn hear(&mut self, hear: &mut impl FnMut(&str, &Event)) {
        self.observe();
        for (ix, event) in self.untold.drain(..) {
            hear(&self.seen[ix.0].name, &event);
        }
    }

    /// Takes note of what has happened.
    fn observe(&mut self) {
        let events = self.stage.sim.take_events();
        let seen = &self.seen;
        let up = || {
            let running = (0..).map(NodeIx).zip(seen);
            let running = running.filter(|(_, node)| node.is_running);
            running.map(|(ix, _)| ix).collect()
        };
        for (ix, event) in &events {
            self.traffic[ix.0].count(event);
            self.stats.happened(*ix, event);
            self.propagation.happened(*ix, event, |_| None, up);
        }
        self.untold.extend(events);
    }

    /// How long it has gone on.
    pub fn elapsed(&self) -> Duration {
        self.stage.sim.now().since(self.began)
    }

    /// When it began, on its clock.
    pub fn since(&self) -> Time {
        self.began
    }

    /// Events of all nodes so far.
    pub fn events(&self) -> u64 {
        self.stage.sim.events()
    }

    /// The network.
    pub fn sim(&self) -> &crate::sim::Sim {
        &self.stage.sim
    }

    /// The hash of all events of all nodes so far: see [`Sim::log_hash`](crate::sim::Sim::log_hash).
    pub fn log_hash(&self) -> [u8; 32] {
        self.stage.sim.log_hash()
    }

    /// The steps, as they are.
    pub fn script(&self) -> &Arc<ScriptView> {
        self.script.view()
    }

    /// What its script waits for, and in which step; `None`: it is over.
    pub fn waits(&self) -> Option<(usize, Cause)> {
        self.script.waits(self.elapsed())
    }

    /// Does what a presenter asks for; from the next look on it is seen.
    ///
    /// # Errors
    /// In words, why it cannot be done.
    pub fn change(&mut self, change: ScriptChange) -> Result<(), String> {
        let now = self.elapsed();
        self.script.change(now, change)
    }

    /// A node, for reading; `None`: there is none of this name, or it does not run.
    pub fn node(&self, name: &str) -> Option<&Node<SimStore>> {
        self.stage.sim.node(self.stage.find(name)?)
    }

    /// The caption that is shown.
    pub fn caption(&self) -> Option<&str> {
        self.caption.as_deref()
    }

    /// What an expression is judged by, now.
    pub fn facts_for(&mut self, expr: &Expr) -> Facts {
        self.look_at_nodes();
        let mut facts = Facts::new(self.seen.clone(), &self.ancestry);
        for (ix, node) in self.seen.iter().enumerate() {
            for (wallet, of) in expr.wallets() {
                if of.is_some_and(|name| name != &*node.name) {
                    continue;
                }
                if let Some(amount) = self.balance(NodeIx(ix), wallet) {
                    let key = (Arc::clone(&node.name), wallet.to_owned());
                    facts.balances.insert(key, amount);
                }
            }
        }
        facts
    }

    fn balance(&self, ix: NodeIx, wallet: &str) -> Option<Amount> {
        let node = self.stage.sim.node(ix)?;
        let address = self.addresses.get(wallet)?;
        let version = self.stage.sim.params().address_version;
        let owner = Address::parse(address, version).ok()?.owner;
        let mut sum = Some(Amount::ZERO);
        let store = node.chain().store();
        let read = store.each_coin(&mut |_, coin| {
            if coin.owner == owner {
                sum = sum.and_then(|sum| sum.checked_add(coin.amount));
            }
        });
        read.ok()?;
        sum
    }

    /// What it comes to so far.
    pub fn summary(&self) -> Summary {
        let facts = Facts::new(self.seen.clone(), &self.ancestry);
        let traffic: Vec<_> = self.traffic.iter().map(Traffic::sums).collect();
        let (stats, blocks) = (&self.stats, &self.propagation);
        let elapsed = self.elapsed();
        let mut summary = Summary::new(&self.name, elapsed, &facts, stats, blocks, &traffic);
        summary.tell_steps(Some(self.script.view()));
        summary
    }

    /// Plays the script as far as it goes at this moment.
    fn play(&mut self) {
        loop {
            if let Some(pending) = &self.pending {
                let Some(done) = act::answer(&mut self.stage, pending) else {
                    return;
                };
                self.pending = None;
                self.did(done);
            }
            let now = self.elapsed();
            match self.script.next(now) {
                Want::Nothing | Want::Until(_) | Want::Change => return,
                Want::Facts(expr, _) => {
                    let facts = self.facts_for(&expr);
                    if !self.script.judge(now, &facts) {
                        return;
                    }
                }
                Want::Do(request) => match self.act(request) {
                    Ok(Some(pending)) => self.pending = Some(pending),
                    Ok(None) => self.did(Ok(())),
                    Err(why) => self.did(Err(why)),
                },
            }
        }
    }

    fn did(&mut self, done: Result<(), String>) {
        self.look();
        let now = self.elapsed();
        self.script.did(now, done);
    }

    /// Sees how things are.
    fn look(&mut self) {
        self.look_at_nodes();
        for ix in 0..self.stage.specs.len() {
            if let Some(node) = self.stage.sim.node(NodeIx(ix)) {
                let wallets = node.wallet_infos().into_iter();
                let known = wallets.map(|wallet| (wallet.name, wallet.address));
                self.addresses.extend(known);
            }
        }
    }

    fn look_at_nodes(&mut self) {
        for ix in 0..self.stage.specs.len() {
            if self.seen.len() == ix {
                self.traffic.push(Traffic::default());
                self.seen.push(NodeFacts {
                    name: self.stage.specs[ix].name.as_str().into(),
                    is_running: true,
                    height: 0,
                    tip: BlockHash::ZERO,
                    target: None,
                    mempool: 0,
                    peers: 0,
                    reorg_depth: 0,
                });
            }
            let before = self.seen[ix].tip;
            node_facts(&self.stage, &self.stats, ix, &mut self.seen[ix]);
            if self.seen[ix].tip != before {
                self.learn(NodeIx(ix));
            }
        }
    }

    /// Takes note of what stands on what in a node's chain, down to what is known already.
    fn learn(&mut self, ix: NodeIx) {
        let Some(node) = self.stage.sim.node(ix) else {
            return;
        };
        let tree = node.chain().tree();
        let mut next = Some(tree.tip());
        while let Some(at) = next {
            let entry = tree.entry(at);
            let (height, hash) = (entry.height, entry.hash);
            let previous = entry.header.previous;
            let is_news = self.ancestry.learn(BlockId { height, hash }, previous);
            next = tree.find(&previous).filter(|_| is_news);
        }
    }

    /// The first block, where the layout wants it at once: as soon as everybody is connected to
    /// whom they should be.
    fn mine_first(&mut self) {
        let specs = self.stage.specs.iter().enumerate();
        let wanted = specs.filter(|(_, spec)| spec.mine.first_at_once);
        let miners: Vec<_> = wanted.map(|(ix, _)| NodeIx(ix)).collect();
        let has_chain = self.seen.iter().any(|node| node.height > 0);
        if !self.wants_first || has_chain || miners.is_empty() {
            self.wants_first = false;
            return;
        }
        if (0..self.stage.specs.len()).all(|ix| self.is_settled(ix)) {
            self.wants_first = false;
            for miner in miners {
                self.stage.sim.command(miner, Command::MineNow);
            }
        }
    }

    fn is_settled(&self, ix: usize) -> bool {
        let Some(node) = self.stage.sim.node(NodeIx(ix)) else {
            return true;
        };
        let mut connect = self.stage.specs[ix].connect.iter();
        connect.all(|name| {
            let other = self.stage.find(name);
            let is_gone = other.is_none_or(|other| self.stage.sim.node(other).is_none());
            let is_cut = other.is_some_and(|other| act::is_cut(&self.stage.sim, ix, other));
            let mut ready = node.peers().ready();
            is_gone || is_cut || ready.any(|(_, peer)| *peer.label.name == **name)
        })
    }
}

/// Updates what is known of a node; of one that is down all stays but that.
fn node_facts(stage: &Stage, stats: &Stats, ix: usize, facts: &mut NodeFacts) {
    let node = stage.sim.node(NodeIx(ix));
    facts.is_running = node.is_some();
    facts.reorg_depth = stats.deepest(NodeIx(ix));
    if let Some(node) = node {
        let tip = node.chain().tip();
        (facts.height, facts.tip) = (tip.height, tip.hash);
        facts.mempool = node.mempool().len();
        facts.peers = node.peers().ready().count();
    }
}
