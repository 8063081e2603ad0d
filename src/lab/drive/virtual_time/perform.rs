//! Does what core says in virtual time, and tells it what happens.

use super::{Life, VirtualLab};
use crate::lab::core::{End, Input, LinkEnd, Moment, Output, Seen};
use crate::node::NodeIx;
use sha2::Digest;
use std::sync::Arc;

/// Things that core may say in one go. A script of two hundred steps that are all due at once is far below
/// it; a core that answers itself, for ever, is not.
const SAID_MAX: u64 = 1_000_000;

impl VirtualLab {
    pub(super) fn moment(&self) -> Moment {
        Moment {
            at: self.now(),
            ran: self.elapsed(),
        }
    }

    pub(super) fn handle(&mut self, input: Input) {
        self.core.handle(self.moment(), input);
    }

    pub(super) fn tick(&mut self) {
        self.ticks += 1;
        self.handle(Input::Tick);
        self.perform();
    }

    /// Does all that is due at this moment.
    pub(in crate::lab::drive) fn finish_instant(&mut self) {
        self.run_until(self.now(), || true);
    }

    /// Does what core says, in its order. What is asked has its effect before what is said next is done.
    ///
    /// # Panics
    /// If core never comes to an end.
    pub(super) fn perform(&mut self) {
        let mut said = 0;
        loop {
            while let Some(output) = self.core.poll() {
                said += 1;
                assert!(said < SAID_MAX, "core comes to no end at {:?}", self.now());
                self.act(output);
            }
            if !self.has_called {
                return;
            }
            self.answer_calls();
        }
    }

    fn act(&mut self, output: Output) {
        self.note(&output);
        let is_quiet = matches!(output, Output::Call { .. } | Output::Answer(..));
        if self.has_called && !is_quiet {
            self.answer_calls();
        }
        let sim = &mut self.hosts.sim;
        match output {
            Output::Call { node, id, command } => {
                self.open.insert(sim.command(node, command), (node, id));
                self.has_called = true;
            }
            Output::Ask { node, id, question } => {
                let reply = sim.ask(node, question);
                self.handle(Input::Reply(id, reply));
            }
            Output::Look(ix) => {
                if let Some(node) = sim.machine(ix) {
                    let seen = Seen::of(node, self.core.level(), |block| self.core.knows(block));
                    self.handle(Input::Facts(ix, seen));
                }
            }
            Output::Start { node, life, spec } => {
                let started = self.hosts.start(node, &spec);
                self.started(node, life, started);
            }
            // It may have ended by itself just now.
            Output::Kill(ix) if !self.nodes[ix.0].runs => {}
            Output::Kill(ix) => {
                let now = sim.now();
                let last = sim.machine(ix).map(|node| node.snapshot(now));
                sim.crash(ix);
                self.nodes[ix.0].last = last.map(Arc::new);
                self.ended(ix, End::Killed);
            }
            Output::SetLinks(set) => {
                for (from, to, conditions) in set {
                    // What has no node at both ends is nowhere.
                    if let (LinkEnd::Node(from), LinkEnd::Node(to)) = (from, to) {
                        sim.set_link(from, to, conditions);
                    }
                }
            }
            Output::Meddle(from, to, next) => {
                if let (LinkEnd::Node(from), LinkEnd::Node(to)) = (from, to) {
                    sim.meddle(from, to, next);
                }
            }
            // No node of another process is in virtual time.
            Output::Forward { .. } => {}
            Output::Time(change) => self.time_changes.push(change),
            Output::Answer(ticket, answer) => self.answers.push((ticket, answer)),
        }
    }

    /// Puts down what core has said, but for what it only asked. Numbers by which answers are known follow from
    /// who asked how much.
    fn note(&mut self, output: &Output) {
        match output {
            Output::Look(_) | Output::Ask { .. } => {}
            Output::Call { node, command, .. } => {
                self.said.update(format!("{node:?} {command:?}"));
            }
            Output::Answer(_, answer) => self.said.update(format!("{answer:?}")),
            said => self.said.update(format!("{said:?}")),
        }
    }

    fn started(&mut self, node: NodeIx, life: u64, started: Result<(), String>) {
        if self.nodes.len() <= node.0 {
            self.nodes.resize(node.0 + 1, Life::default());
        }
        let its = &mut self.nodes[node.0];
        (its.number, its.runs) = (life, started.is_ok());
        let input = match started {
            Ok(()) => Input::Started {
                node,
                life,
                addr: Some(self.hosts.sim.address(node.0)),
            },
            Err(why) => Input::Failed {
                node,
                life,
                why: why.into(),
            },
        };
        self.handle(input);
    }

    fn ended(&mut self, node: NodeIx, end: End) {
        let its = &mut self.nodes[node.0];
        its.runs = false;
        let life = its.number;
        // It answers nothing more.
        self.open.retain(|_, (of, _)| *of != node);
        self.handle(Input::Ended { node, life, end });
    }

    /// Nodes do what they were called for, as far as that takes no time.
    fn answer_calls(&mut self) {
        self.has_called = false;
        let now = self.now();
        self.hosts.sim.run_until(now);
        self.hear();
    }

    /// Tells core what nodes tell of. That decides nothing, so it may be in the middle of an instant.
    pub(super) fn hear_events(&mut self) {
        for (node, event) in self.hosts.sim.take_events() {
            let (event, life) = (Arc::new(event), self.nodes[node.0].number);
            let now = Moment {
                at: event.at,
                ran: event.at.since(self.began),
            };
            if self.keeps_events {
                self.events.push((node, Arc::clone(&event)));
            }
            self.core.handle(now, Input::Event { node, life, event });
        }
    }

    /// Tells core what has happened, at the end of an instant.
    pub(super) fn hear(&mut self) {
        self.hear_events();
        let sim = &mut self.hosts.sim;
        let answered = self.open.iter();
        let answered = answered.filter_map(|(request, (_, call))| {
            let reply = sim.take_reply(*request)?;
            Some((*request, *call, reply))
        });
        for (request, call, reply) in answered.collect::<Vec<_>>() {
            self.open.remove(&request);
            self.handle(Input::Reply(call, reply));
        }
        for ix in (0..self.nodes.len()).map(NodeIx) {
            if self.nodes[ix.0].runs && self.hosts.sim.machine(ix).is_none() {
                let halt = self.hosts.sim.halted(ix);
                let words = halt.map_or_else(|| "it has stopped".to_owned(), ToString::to_string);
                self.ended(ix, End::Failed(words.into()));
            }
        }
    }

    /// Has core see all nodes as they are now.
    pub(super) fn look(&mut self) {
        if self.core.is_fresh(self.moment()) {
            return;
        }
        for ix in (0..self.nodes.len()).map(NodeIx) {
            if let Some(node) = self.hosts.sim.machine(ix) {
                let seen = Seen::of(node, self.core.level(), |block| self.core.knows(block));
                self.handle(Input::Facts(ix, seen));
            }
        }
    }
}
