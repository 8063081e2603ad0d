//! Payments that a lab makes by itself: each comes just when it is due.

use super::requests::Work;
use super::{Core, Moment};
use crate::lab::ask::TrafficChange;
use crate::lab::layout::Layout;
use crate::lab::spec::TrafficSpec;
use crate::lab::traffic::{Generator, Purse, seed};
use crate::lab::view::TrafficView;
use crate::node::NodeIx;
use crate::node::io::{Command, Payment};
use std::time::Duration;

/// The payments of a lab.
#[derive(Clone)]
pub(super) struct Payments {
    generator: Generator,
    /// They were wanted at some time.
    is_wanted: bool,
    /// When the next one is made; `None`: that is not drawn yet, or there are none.
    due: Option<Duration>,
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
        }
    }

    /// When the next one is made, if any is.
    pub(super) fn due(&self) -> Option<Duration> {
        self.due
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// All else is done at this moment: the next one is drawn, if there is to be one.
    pub(super) fn settle(&mut self, now: Duration) {
        if !self.generator.view().is_on {
            self.due = None;
        } else if self.due.is_none() {
            // Moments of a lab are whole microseconds.
            let wait = self.generator.wait().as_micros();
            let wait = Duration::from_micros(u64::try_from(wait).unwrap_or(u64::MAX));
            self.due = Some(now + wait);
        }
    }

    pub(super) fn count(&mut self, is_sent: bool) {
        self.generator.count(is_sent);
    }

    /// Changes what is asked for; says how it is then.
    pub(super) fn change(&mut self, change: TrafficChange) -> String {
        self.is_wanted |= change.on == Some(true) || change.rate.is_some();
        self.due = None;
        self.generator.change(change)
    }

    /// As they are shown; `None`: they were never wanted.
    pub(super) fn view(&self) -> Option<TrafficView> {
        self.is_wanted.then(|| self.generator.view())
    }
}

impl Core {
    /// Makes one, with all nodes in sight.
    pub(super) fn pay(&mut self, now: Moment) {
        let picked = self.pick_payment();
        self.payments.due = None;
        self.payments.settle(now.ran);
        let Some((ix, mut payment)) = picked else {
            return;
        };
        if let Some(address) = self.address_of(&payment.to) {
            payment.to.clone_from(address);
        }
        self.call(ix, Command::Send(payment), Work::Payment);
        // It changes what can be spent, whenever it is answered.
        self.fresh = None;
    }

    fn pick_payment(&mut self) -> Option<(NodeIx, Payment)> {
        let nodes = (0..).map(NodeIx).zip(&self.nodes);
        let running = nodes.filter(|(_, node)| node.state.is_up());
        let seen = running.filter_map(|(ix, node)| Some((ix, node.seen.as_deref()?)));
        let purses = seen.flat_map(|(node, seen)| {
            let wallets = seen.wallets.iter();
            wallets.map(move |wallet| Purse {
                name: &wallet.name,
                node,
                spendable: wallet.spendable,
            })
        });
        self.payments.generator.pick(&purses.collect::<Vec<_>>())
    }
}
