//! Payments that a lab makes by itself, in virtual time: each comes just when it is due.

use super::Rehearsal;
use crate::lab::ask::TrafficChange;
use crate::lab::layout::Layout;
use crate::lab::spec::TrafficSpec;
use crate::lab::traffic::{Generator, Purse, seed};
use crate::lab::view::TrafficView;
use crate::node::io::{Command, Payment, RequestId};
use crate::node::{NodeIx, Time};
use std::time::Duration;

/// The payments of a rehearsal.
pub(super) struct Payments {
    generator: Generator,
    /// Somebody wanted some.
    is_wanted: bool,
    /// When the next one is made; `None`: nobody has drawn that yet, or there are none.
    due: Option<Time>,
    /// Those that a node has not answered yet.
    open: Vec<(NodeIx, RequestId)>,
}

impl Payments {
    /// Those of a layout; the same come with the same seed.
    pub(super) fn new(layout: &Layout, from: u64) -> Self {
        let spec = layout.traffic.clone();
        let is_wanted = spec.is_some();
        let spec = spec.unwrap_or_else(|| TrafficSpec::usual(layout.chain.proposed_fee()));
        Self {
            generator: Generator::new(spec, seed(from, 1)),
            is_wanted,
            due: None,
            open: Vec::new(),
        }
    }

    /// When the next one is made, if any is.
    fn due(&mut self, now: Time) -> Option<Time> {
        if !self.generator.view().is_on {
            self.due = None;
        } else if self.due.is_none() {
            self.due = Some(now + self.generator.wait());
        }
        self.due
    }
}

impl Rehearsal {
    /// Payments that the lab makes by itself; `None`: nobody ever wanted any.
    pub fn traffic(&self) -> Option<TrafficView> {
        let payments = &self.payments;
        payments.is_wanted.then(|| payments.generator.view())
    }

    pub(super) fn change_payments(&mut self, change: TrafficChange) {
        self.payments.is_wanted |= change.on == Some(true) || change.rate.is_some();
        self.payments.generator.change(change);
        self.payments.due = None;
    }

    /// Time goes on for so long, and whatever payment is due meanwhile is made.
    pub(super) fn run_and_pay(&mut self, time: Duration) {
        let until = self.stage.sim.now() + time;
        while let Some(due) = self
            .payments
            .due(self.stage.sim.now())
            .filter(|due| *due <= until)
        {
            self.stage.sim.run_until(due);
            self.payments.due = None;
            self.pay();
        }
        self.stage.sim.run_until(until);
        self.count_answers();
    }

    fn pay(&mut self) {
        let Some((ix, payment)) = self.pick_payment() else {
            return;
        };
        let to = self.addresses.get(&payment.to).cloned();
        let payment = Payment {
            to: to.unwrap_or(payment.to),
            ..payment
        };
        let sim = &mut self.stage.sim;
        let id = sim.command(ix, Command::Send(payment));
        sim.run_until(sim.now());
        self.payments.open.push((ix, id));
        self.count_answers();
    }

    fn pick_payment(&mut self) -> Option<(NodeIx, Payment)> {
        let nodes = (0..self.stage.specs.len()).map(NodeIx);
        let running = nodes.filter_map(|ix| Some((ix, self.stage.sim.node(ix)?)));
        let wallets = running.flat_map(|(ix, node)| {
            let wallets = node.wallet_infos().into_iter();
            wallets.map(move |wallet| (ix, wallet))
        });
        let wallets: Vec<_> = wallets.collect();
        let purses = wallets.iter().map(|(node, wallet)| Purse {
            name: &wallet.name,
            node: *node,
            spendable: wallet.spendable,
        });
        self.payments.generator.pick(&purses.collect::<Vec<_>>())
    }

    /// Counts what came of payments. A node that was killed answers none.
    fn count_answers(&mut self) {
        let Self {
            payments, stage, ..
        } = self;
        let generator = &mut payments.generator;
        payments.open.retain(|(ix, id)| {
            let answer = stage.sim.take_reply(*id).map(|answer| answer.is_ok());
            let answer = answer.or(stage.sim.node(*ix).is_none().then_some(false));
            if let Some(is_sent) = answer {
                generator.count(is_sent);
            }
            answer.is_none()
        });
    }
}
