//! How a lab goes on: what happened is taken in, and what is due is done.

use super::io::{CallId, Input, Level, Moment, Output, Sight};
use super::script_state::Next;
use super::state::Core;
use super::work::{Asker, Work};
use crate::lab::view::NodeState;
use crate::node::NodeIx;
use crate::node::io::{Command, Question};
use std::time::Duration;

/// Time between two turns.
const TURN: Duration = Duration::from_millis(50);

impl Core {
    /// Takes in what happened, and what follows from it.
    pub fn handle(&mut self, now: Moment, input: Input) {
        let now = self.as_there(now);
        match input {
            Input::Event { node, life, event } => return self.happened(node, life, &event),
            Input::Missed { node, events } => return self.missed(node, events),
            Input::Request(ticket, request) => self.request(now, Asker::Ticket(ticket), request),
            Input::Started { node, life, addr } => self.started(now, node, life, addr),
            Input::Failed { node, life, why } => self.failed(now, node, life, why),
            Input::Facts(node, seen) => self.see(now, node, seen),
            Input::Shown {
                node,
                life,
                snapshot,
            } => return self.shown(node, life, snapshot),
            Input::Far(host, far) => self.far(now, host, far),
            Input::Forwarded(call, told) => self.forwarded(now, call, told),
            Input::Closing(why) => self.close(why),
            Input::Reply(call, reply) => self.replied(now, call, reply),
            Input::Ended { node, life, end } => self.ended(now, node, life, &end),
            Input::Tick => {}
        }
        self.has_begun |= !self.is_starting();
        self.give_up(now);
        if self.has_begun && self.closing.is_none() {
            self.go_on(now);
        }
    }

    /// Whether all nodes that were there at the beginning have come up, or have failed to: from then on
    /// time counts.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether a node of this process is on its way up.
    pub fn is_starting(&self) -> bool {
        let mut own = self.nodes.iter().filter(|node| node.host.is_none());
        own.any(|node| node.state == NodeState::Starting)
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether there is something to do.
    pub fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// When it is to be told that it is so late, as long as it has gone on then. While something is
    /// looked for at this moment, that comes first.
    pub fn deadline(&self) -> Duration {
        let due = [self.payments.due(), self.hosts.due()];
        let due = due.into_iter().flatten().min().unwrap_or(Duration::MAX);
        due.min(self.turn_at)
    }

    /// When its next turn comes, at which the script goes on.
    pub fn next_turn(&self) -> Duration {
        self.turn_at
    }

    /// What is to be done at this moment, in its order: payments, then its turn: the first block, and
    /// the script. Each waits for what it has asked for.
    fn go_on(&mut self, now: Moment) {
        self.play.leave_behind(now.ran);
        loop {
            if self.is_waiting() {
                return;
            }
            let is_pay_due = self.payments.is_due(now.ran);
            let is_turn_due = now.ran >= self.turn_at;
            if !is_pay_due && !is_turn_due && !self.play.is_on() {
                break;
            }
            let is_wanted = is_pay_due || is_turn_due && self.wants_look(now);
            if self.needs_look(now, is_wanted) {
                continue;
            }
            if is_pay_due {
                self.pay(now);
            } else if is_turn_due {
                self.take_turn(now);
            } else {
                match self.play_on(now) {
                    Next::On => {}
                    Next::Asked => return,
                    Next::Rest => break,
                }
            }
        }
        self.payments.settle(now.ran);
    }

    /// Whether it cannot go on before something that it asked for is there.
    fn is_waiting(&self) -> bool {
        !self.looking.is_empty() || self.play.asks()
    }

    /// Whether all nodes are to be looked at in this turn, beside what the script asks for by itself.
    fn wants_look(&self, now: Moment) -> bool {
        self.sight == Sight::Asked
            && (self.wants_first || self.level == Level::All && self.is_worth_a_look(now))
    }

    /// Whether a screen would show something else: a chain has changed, a node catches up, or a second is
    /// over, after which one may have begun to.
    fn is_worth_a_look(&self, now: Moment) -> bool {
        let seen = || self.nodes.iter().filter_map(|node| node.seen.as_ref());
        self.has_moved || now.ran >= self.figures_at || seen().any(|seen| seen.target.is_some())
    }

    /// Looks at all nodes, if they were not seen at this moment. Whether it waits for them now.
    pub(super) fn needs_look(&mut self, now: Moment, is_wanted: bool) -> bool {
        if !is_wanted || self.sight == Sight::Shown || self.is_fresh(now) {
            return false;
        }
        self.look(now);
        true
    }

    fn look(&mut self, now: Moment) {
        let up = self.nodes.up();
        self.outputs.extend(up.iter().copied().map(Output::Look));
        self.looking.extend(up);
        self.seen_all(now);
    }

    /// Twenty times a second, with all nodes in sight as far as that is wanted.
    fn take_turn(&mut self, now: Moment) {
        while self.turn_at <= now.ran {
            self.turn_at += TURN;
        }
        if self.level == Level::All && now.ran >= self.figures_at {
            self.sum_up(now);
        }
        // At the very beginning no node has had the time to be connected.
        if !now.ran.is_zero() {
            self.mine_first();
        }
        self.play.begin(now.ran);
    }

    pub(super) fn call(&mut self, node: NodeIx, command: Command, work: Work) {
        let id = self.next_call(node, work);
        self.outputs.push_back(Output::Call { node, id, command });
    }

    pub(super) fn ask(&mut self, node: NodeIx, question: Question, work: Work) {
        let id = self.next_call(node, work);
        self.outputs.push_back(Output::Ask { node, id, question });
    }

    fn next_call(&mut self, node: NodeIx, work: Work) -> CallId {
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.calls.insert(id, (node, work));
        id
    }
}
