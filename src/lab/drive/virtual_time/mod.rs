//! Virtual time: nodes in a [`Sim`], one agenda, no waiting.
//!
//! ```
//! use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
//! use chainlab::lab::layout::shipped;
//! use std::time::Duration;
//!
//! let layout = shipped("scenario").expect("it is built in");
//! let mut lab = VirtualLab::new(&layout, &VirtualOptions::default())?;
//! let until = lab.now() + Duration::from_secs(60);
//! lab.run_until(until, || true);
//! assert!(lab.facts().nodes.iter().all(|node| node.height > 0));
//! # Ok::<(), String>(())
//! ```

mod asked;
mod hosts;
mod perform;
mod view;

use self::hosts::Hosts;
use crate::chain::SigCache;
use crate::lab::ask::{Answer, Ticket, TimeChange};
use crate::lab::core::summary::Summary;
use crate::lab::core::{
    Answers, Begin, CallId, Core, JustSeen, Level, Seen, Sight, Unknown, traffic,
};
use crate::lab::layout::Layout;
use crate::lab::script::{Expr, Facts, ScriptView};
use crate::lab::spec::OpeningTime;
use crate::node::io::{CommandError, Event, Question, RequestId};
use crate::node::snapshot::NodeSnapshot;
use crate::node::{BlockId, Node, NodeIx, Time};
use crate::sim::{Sim, SimStore};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a clone of a lab takes of its own, and what each node of it does, in bytes: a little more than
/// was measured (`tests/memory`), also where checkpoints are far apart, as on a machine that is busy, and so
/// have less in common.
const WEIGHT: usize = 290_000;
const NODE_WEIGHT: usize = 82_000;

/// How much of what was told last a lab keeps, and each node of it, and what each thing takes, about.
const TOLD_KEPT: usize = 8_192;
const NODE_TOLD_KEPT: usize = 128;
const TOLD_WEIGHT: usize = 250;

/// What grows is kept in rows of which each event makes so many bytes. They are in the order of hashes, so an
/// event changes rows among so many others, which two clones then do not share: those that are far apart share
/// none of them.
const ROWS_WEIGHT: usize = 60;
const ROWS_BESIDE: usize = 5;

/// How a lab in virtual time is to be.
#[derive(Clone, Default)]
pub struct VirtualOptions {
    /// The same seed makes the same history.
    pub seed: u64,
    /// Where its clock begins; `None`: where the layout says, or at a time that is always the same.
    pub begins: Option<Time>,
    /// What is observed.
    pub level: Level,
    /// How often its story was begun anew.
    pub round: u32,
    /// How time goes, for those who set its pace.
    pub time: OpeningTime,
    /// Where its nodes remember which signatures hold: that costs time or saves it, and nothing else.
    pub sigs: Arc<SigCache>,
}

/// A lab in virtual time: plain data, with no thread and no clock. A clone goes on as the original does.
#[derive(Clone)]
pub struct VirtualLab {
    core: Core,
    hosts: Hosts,
    began: Time,
    /// Turns of core's so far, and all that it said.
    ticks: u64,
    said: Sha256,
    nodes: Vec<Life>,
    /// Commands that a node has not answered yet.
    open: BTreeMap<RequestId, (NodeIx, CallId)>,
    /// There are such, and the nodes have not had the time to answer.
    has_called: bool,
    answers: Vec<(Ticket, Result<Answer, CommandError>)>,
    /// What nodes have said to those who look on: no decision rests on it.
    heard: Answers,
    /// What the script says of time, for those who set its pace.
    time_changes: Vec<TimeChange>,
    /// What happened and was not taken yet, if it is kept; what happened at the very beginning is, until
    /// time goes on.
    events: Vec<(NodeIx, Arc<Event>)>,
    keeps_events: bool,
}

/// Plays a layout with its script, until the script is over or so much time has passed.
///
/// # Errors
/// In words: the layout cannot be played.
pub fn play(layout: &Layout, seed: u64, limit: Duration) -> Result<VirtualLab, String> {
    let mut lab = VirtualLab::seeded(layout, seed)?;
    while !lab.is_over() && lab.elapsed() < limit {
        lab.go_on(limit);
    }
    Ok(lab)
}

/// A node that was started.
#[derive(Clone, Default)]
struct Life {
    number: u64,
    runs: bool,
    /// How it looked when it was killed.
    last: Option<Arc<NodeSnapshot>>,
}

impl VirtualLab {
    /// The lab of a layout. Its nodes have started when this returns, and nothing has happened yet.
    ///
    /// # Errors
    /// In words: the parameters are not sound, or a node does not start.
    pub fn new(layout: &Layout, options: &VirtualOptions) -> Result<Self, String> {
        layout.check_virtual()?;
        let mut hosts = Hosts::new(layout, options.seed, options.begins)?;
        hosts.sim.share_signatures(Arc::clone(&options.sigs));
        let began = hosts.sim.now();
        let begin = Begin {
            layout,
            since: began,
            draws: traffic::seed(options.seed, 1),
            level: options.level,
            sight: Sight::Asked,
            round: options.round,
            plays: true,
        };
        let mut lab = Self {
            core: Core::of_layout(&begin),
            hosts,
            began,
            ticks: 0,
            said: Sha256::new(),
            nodes: Vec::new(),
            open: BTreeMap::new(),
            has_called: false,
            answers: Vec::new(),
            heard: Answers::default(),
            time_changes: Vec::new(),
            events: Vec::new(),
            keeps_events: true,
        };
        lab.perform();
        lab.tick();
        lab.keeps_events = false;
        match lab.core.failure() {
            Some(why) => Err(why),
            None => Ok(lab),
        }
    }

    /// As [`VirtualLab::new`], with nothing but a seed.
    ///
    /// # Errors
    /// As there.
    pub fn seeded(layout: &Layout, seed: u64) -> Result<Self, String> {
        let options = VirtualOptions {
            seed,
            ..VirtualOptions::default()
        };
        Self::new(layout, &options)
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        self.hosts.sim.now()
    }

    /// When it began.
    pub fn since(&self) -> Time {
        self.began
    }

    /// Things that were due and are done: by it moments are told apart that have the same time.
    pub fn steps(&self) -> u64 {
        self.hosts.sim.steps() + self.ticks
    }

    /// The hash of all that core has said, in its order, but for what it only asked: that is more where more is
    /// observed. Together with that of all events it is the same exactly if two runs are.
    pub fn outputs_hash(&self) -> [u8; 32] {
        self.said.clone().finalize().into()
    }

    /// How long it has gone on.
    pub fn elapsed(&self) -> Duration {
        self.now().since(self.began)
    }

    /// Its nodes, for reading.
    pub fn sim(&self) -> &Sim {
        &self.hosts.sim
    }

    /// The node of this name, if it runs.
    pub fn node(&self, name: &str) -> Option<&Node<SimStore>> {
        self.hosts.sim.node(self.core.position(name)?)
    }

    /// What all wallets' keys follow from.
    pub fn key_seed(&self) -> &[u8; 32] {
        &self.hosts.key_seed
    }

    /// What decides in it.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// When the next thing is due.
    pub fn next(&self) -> Time {
        let due = self.began + self.core.deadline();
        self.hosts.sim.next().map_or(due, |next| next.min(due))
    }

    /// Goes on up to a time, as long as `goes_on` says so between two things that are due; whether it
    /// got there.
    pub fn run_until(&mut self, until: Time, mut goes_on: impl FnMut() -> bool) -> bool {
        self.run(until, |_| goes_on())
    }

    /// As [`VirtualLab::run_until`], with a look at the lab as it is between two things. Where the last of them is
    /// in the middle of an instant, nodes have told of it, and what they answer comes at its end.
    pub fn watch_until(&mut self, until: Time, mut goes_on: impl FnMut(&Self) -> bool) -> bool {
        self.run(until, |lab| {
            lab.hear_events();
            goes_on(lab)
        })
    }

    fn run(&mut self, until: Time, mut goes_on: impl FnMut(&mut Self) -> bool) -> bool {
        if !self.keeps_events {
            self.events.clear();
        }
        loop {
            let due = self.began + self.core.deadline();
            let stop = due.min(until);
            while self.hosts.sim.step_until(stop) {
                if !goes_on(self) {
                    self.hear_events();
                    return false;
                }
            }
            self.hear();
            self.perform();
            if due > until {
                return true;
            }
            self.tick();
            if !goes_on(self) {
                return false;
            }
        }
    }

    /// Goes on to the next turn of its script, but not past this time since its beginning.
    pub fn go_on(&mut self, limit: Duration) {
        let next = self.core.next_turn().min(limit);
        self.run_until(self.began + next, || true);
    }

    /// Whether the script has said something of time that was not taken.
    pub fn has_time_changes(&self) -> bool {
        !self.time_changes.is_empty()
    }

    /// What the script has said of time since this was last called.
    pub fn take_time_changes(&mut self) -> Vec<TimeChange> {
        std::mem::take(&mut self.time_changes)
    }

    /// Keeps what happens from now on, and at the very beginning if it is just made, for
    /// [`VirtualLab::take_events`].
    pub fn record_events(&mut self) {
        self.keeps_events = true;
    }

    /// What happened since this was last called, in its order.
    pub fn take_events(&mut self) -> Vec<(NodeIx, Arc<Event>)> {
        std::mem::take(&mut self.events)
    }

    /// The steps, as they are; `None`: there are none.
    pub fn script(&self) -> Option<&Arc<ScriptView>> {
        self.core.script()
    }

    /// Whether its story is over, or there is none.
    pub fn is_over(&self) -> bool {
        self.core.steps().is_over()
    }

    /// The nodes as they are now, without what is asked for by itself.
    pub fn facts(&mut self) -> Facts {
        self.look();
        self.core.facts()
    }

    /// What an expression is judged by, as things are now.
    pub fn facts_for(&mut self, expr: &Expr) -> Facts {
        self.look();
        let mut answers = std::mem::take(&mut self.heard);
        let facts = self.filled_in(self.core.facts_for(expr), &mut answers);
        self.heard = answers;
        facts
    }

    /// As [`VirtualLab::facts_for`], by how nodes were just looked at: nothing in the lab is another by it.
    pub fn facts_seen(&self, expr: &Expr, seen: &mut JustSeen) -> Facts {
        let facts = self.core.facts_seen(expr, seen);
        self.filled_in(facts, &mut seen.answers)
    }

    /// Asks for what is not known.
    fn filled_in(
        &self,
        (mut facts, unknown): (Facts, Vec<Unknown>),
        answers: &mut Answers,
    ) -> Facts {
        for unknown in unknown {
            let (ix, quantity) = (unknown.node, unknown.quantity.clone());
            let told = answers.get(&unknown).cloned().or_else(|| {
                let reply = self.hosts.sim.ask(ix, unknown.question.clone());
                let told = unknown.said(reply)?;
                answers.keep(unknown, told.clone());
                Some(told)
            });
            if let Some(told) = told {
                self.core.put_down(&mut facts, ix, &quantity, told);
            }
        }
        facts
    }

    /// How a node looks; `None`: it does not run. Nothing is another by it.
    pub fn look_at(&self, ix: NodeIx, knows: impl Fn(BlockId) -> bool) -> Option<Seen> {
        let node = self.hosts.sim.machine(ix)?;
        Some(Seen::of(node, Level::Stats, knows))
    }

    /// What a node answers, as it is at this moment. Nothing is another by it.
    ///
    /// # Errors
    /// What the node says, or that there is no such node, or that it does not run.
    pub fn read(&self, ix: NodeIx, question: Question) -> Result<Answer, CommandError> {
        let question = self.core.to_ask(ix, question)?;
        let reply = self.hosts.sim.ask(ix, question)?;
        Ok(Answer::Node(ix, reply))
    }

    /// What happened since [`VirtualLab::take_events`] was last called, in its order.
    pub fn events(&self) -> &[(NodeIx, Arc<Event>)] {
        &self.events
    }

    /// How much memory a clone takes beside one of an earlier moment, in bytes, about. What grows is shared as far
    /// as nothing beside it was changed; of what was said last, which is forgotten in time, only that which was
    /// said before both is.
    pub fn weight_beside(&self, earlier: &Self) -> usize {
        let nodes = self.nodes.len();
        let events = |lab: &Self| usize::try_from(lab.hosts.sim.events()).unwrap_or(usize::MAX);
        let told = events(self).saturating_sub(events(earlier));
        let apart = told.min(TOLD_KEPT + nodes * NODE_TOLD_KEPT);
        let rows = told.saturating_mul(ROWS_BESIDE).min(events(self));
        WEIGHT + nodes * NODE_WEIGHT + apart * TOLD_WEIGHT + rows.saturating_mul(ROWS_WEIGHT)
    }

    /// What it comes to so far.
    pub fn summary(&mut self) -> Summary {
        self.look();
        self.core.summary(self.elapsed())
    }
}
