//! The lives of nodes: how they come to the lab, start, end, and start again.

use super::io::{End, Moment, Output};
use super::node::Node;
use super::state::Core;
use super::work::{Asker, NOT_OURS, Outcome, fault};
use crate::lab::ask::{Ability, Answer, Can, Request};
use crate::lab::layout::roster::{Roster, reward_wallet};
use crate::lab::spec::NodeSpec;
use crate::lab::view::NodeState;
use crate::node::NodeIx;
use crate::node::io::words::Tone;
use crate::node::io::{CommandError, RefusalKind};
use std::net::SocketAddr;
use std::sync::Arc;

impl Core {
    /// A node is there from now on, with wallets that were made by hand beside those of its description.
    pub fn enter(&mut self, spec: NodeSpec, made: &[String], addr: Option<SocketAddr>) -> NodeIx {
        let ix = NodeIx(self.nodes.len());
        let wallets = spec.wallets.iter().chain(made).map(String::as_str);
        for wallet in wallets.chain(reward_wallet(&spec, made)) {
            self.wallets.insert(wallet.to_owned(), ix);
        }
        self.nodes.push(Node::new(spec, addr))
    }

    /// A node that was started by other code runs, and this lab looks after it from now on.
    pub fn adopt(&mut self, spec: NodeSpec, addr: SocketAddr) -> NodeIx {
        let ix = self.nodes.push(Node::new(spec, Some(addr)));
        self.limit(ix, Can::default().without(Ability::Restart, NOT_OURS));
        let node = &mut self.nodes[ix.0];
        (node.life, node.state, node.is_adopted) = (1, NodeState::Up, true);
        self.has_begun = true;
        ix
    }

    /// A node can do just this from now on.
    pub fn limit(&mut self, ix: NodeIx, can: Can) {
        self.nodes[ix.0].can = can;
    }

    /// A node is to start.
    pub fn start(&mut self, ix: NodeIx) {
        let node = &mut self.nodes[ix.0];
        node.life += 1;
        node.state = NodeState::Starting;
        let start = Output::Start {
            node: ix,
            life: node.life,
            spec: Arc::clone(&node.spec),
        };
        self.outputs.push_back(start);
    }

    pub(super) fn kill(
        &mut self,
        asker: Asker,
        ix: NodeIx,
    ) -> Result<Option<String>, CommandError> {
        self.check_running(ix)?;
        if self.forward_node(asker, ix, Outcome::Killed(ix), Request::Kill) {
            return Ok(None);
        }
        self.nodes[ix.0].state = NodeState::Stopping;
        self.killers.entry(ix).or_default().push(asker);
        self.outputs.push_back(Output::Kill(ix));
        Ok(None)
    }

    pub(super) fn restart(
        &mut self,
        asker: Asker,
        ix: NodeIx,
    ) -> Result<Option<String>, CommandError> {
        if self.forward_node(asker, ix, Outcome::Restarted(ix), Request::Restart) {
            return Ok(None);
        }
        let node = self.at(ix)?;
        match node.state {
            NodeState::Up => Err(format!("{} runs already", node.name).into()),
            NodeState::Starting | NodeState::Stopping | NodeState::Gone => {
                let words = node.absence().unwrap_or_default();
                Err(CommandError::new(RefusalKind::NotRunning, words))
            }
            NodeState::Down | NodeState::Failed(_) => {
                if let Some(why) = &self.closing {
                    return Err(fault(why));
                }
                self.starters.insert(ix, (asker, Answer::Restarted(ix)));
                self.start(ix);
                Ok(None)
            }
        }
    }

    pub(super) fn add(
        &mut self,
        asker: Asker,
        spec: NodeSpec,
    ) -> Result<Option<String>, CommandError> {
        let is_ours = |node: &Node| node.host.is_none() && !node.is_adopted;
        if !self.nodes.iter().any(is_ours) {
            return self.add_far(asker, spec);
        }
        self.check_new(&spec)?;
        let ix = self.enter(spec, &[], None);
        self.admit(ix);
        self.starters.insert(ix, (asker, Answer::Added(ix)));
        self.start(ix);
        Ok(None)
    }

    /// A node runs.
    pub(super) fn started(&mut self, now: Moment, ix: NodeIx, life: u64, addr: Option<SocketAddr>) {
        if let Some(addr) = addr.filter(|_| self.in_life(ix, life).is_some()) {
            self.listens(ix, addr);
        }
        let is_closing = self.closing.is_some();
        let Some(node) = self.in_life(ix, life) else {
            return;
        };
        // It is stopped as soon as it is there.
        node.state = if is_closing {
            NodeState::Stopping
        } else {
            NodeState::Up
        };
        if life > 1 {
            node.say(now.at, Tone::Good, "started again");
        }
        (self.fresh, self.has_moved, self.is_stale) = (None, true, true);
        if let Some((asker, answer)) = self.starters.remove(&ix) {
            self.answer(asker, Ok(answer));
        }
    }

    /// A node does not start.
    pub(super) fn failed(&mut self, now: Moment, ix: NodeIx, life: u64, why: Arc<str>) {
        let Some(node) = self.in_life(ix, life) else {
            return;
        };
        node.say(now.at, Tone::Bad, format!("did not start: {why}"));
        let words = why.to_string();
        node.ended(NodeState::Failed(why));
        if let Some((asker, _)) = self.starters.remove(&ix) {
            self.answer(asker, Err(fault(&words)));
        }
    }

    /// All nodes are about to stop. Those of other processes go on without being looked at.
    pub(super) fn close(&mut self, why: Arc<str>) {
        self.closing = Some(why);
        for ix in (0..self.nodes.len()).map(NodeIx) {
            let node = &mut self.nodes[ix.0];
            match node.host {
                Some(_) => node.ended(NodeState::Down),
                None if node.state.is_up() => node.state = NodeState::Stopping,
                None => {}
            }
        }
    }

    /// A node does not run any more. What it was asked for it does not answer.
    pub(super) fn ended(&mut self, now: Moment, ix: NodeIx, life: u64, end: &End) {
        let has_ended = |node: &Node| matches!(node.state, NodeState::Down | NodeState::Failed(_));
        let Some(node) = self.in_life(ix, life).filter(|node| !has_ended(node)) else {
            return;
        };
        let state = match end {
            End::Stopped => NodeState::Down,
            End::Killed => {
                node.say(now.at, Tone::Bad, "killed");
                NodeState::Down
            }
            End::Failed(words) => {
                node.say(now.at, Tone::Bad, words.to_string());
                NodeState::Failed(Arc::clone(words))
            }
        };
        node.ended(state);
        let absence = node.absence().unwrap_or_default();
        self.left(now, ix);
        self.fresh = None;
        if self.looking.remove(&ix) {
            self.seen_all(now);
        }
        let lost = self.calls.iter().filter(|(_, (of, _))| *of == ix);
        for id in lost.map(|(id, _)| *id).collect::<Vec<_>>() {
            let refusal = CommandError::new(RefusalKind::NotRunning, &absence);
            self.replied(now, id, Err(refusal));
        }
        if let Some((asker, _)) = self.starters.remove(&ix) {
            self.answer(
                asker,
                Err(CommandError::new(RefusalKind::NotRunning, &absence)),
            );
        }
        for asker in self.killers.remove(&ix).unwrap_or_default() {
            self.answer(asker, Ok(Answer::Killed(ix)));
        }
    }

    pub(super) fn in_life(&mut self, ix: NodeIx, life: u64) -> Option<&mut Node> {
        let node = self.nodes.get_mut(ix.0)?;
        (node.life == life).then_some(node)
    }

    /// Whether a node like this can be added.
    fn check_new(&self, spec: &NodeSpec) -> Result<(), CommandError> {
        if let Some(why) = &self.closing {
            return Err((**why).into());
        }
        let mut roster = Roster::default();
        for node in self.nodes.iter() {
            roster.enter(&node.spec);
        }
        for (wallet, owner) in &self.wallets {
            roster.give(wallet, owner.0);
        }
        let fits = roster.admit(spec).and_then(|()| roster.dials(spec));
        fits.map_err(|wrong| CommandError::new(wrong.kind, wrong.problem))
    }
}
