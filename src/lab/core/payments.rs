//! Payments that a lab makes by itself: each comes just when it is due.

use super::requests::Work;
use super::{Core, Moment};
use crate::lab::ask::{Ability, TrafficChange};
use crate::lab::core::traffic::{Generator, Purse};
use crate::lab::layout::Layout;
use crate::lab::spec::TrafficSpec;
use crate::lab::view::TrafficView;
use crate::node::NodeIx;
use crate::node::io::{Command, Payment};
use std::collections::BTreeSet;
use std::time::Duration;

/// How late a payment may be and the next one still come as if it were not.
const LATE_MAX: Duration = Duration::from_secs(1);

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
    pub(super) fn new(layout: &Layout, draws: [u8; 32]) -> Self {
        let spec = layout.traffic.clone();
        let is_wanted = spec.is_some();
        let spec = spec.unwrap_or_else(|| TrafficSpec::usual(layout.chain.proposed_fee()));
        Self {
            generator: Generator::new(spec, draws),
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
            self.due = Some(now + self.wait());
        }
    }

    /// One is made: the next comes as long after the moment for which this one was meant, unless that is
    /// too long ago.
    fn made(&mut self, now: Duration) {
        let meant = self.due.unwrap_or(now);
        let is_late = now.saturating_sub(meant) > LATE_MAX;
        let from = if is_late { now } else { meant };
        self.due = Some(from + self.wait());
    }

    fn wait(&mut self) -> Duration {
        // Moments of a lab are whole microseconds.
        let wait = self.generator.wait().as_micros();
        Duration::from_micros(u64::try_from(wait).unwrap_or(u64::MAX))
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
        self.payments.made(now.ran);
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
        // One that has not answered is left alone until it has.
        let owing = self.calls.values();
        let owing = owing.filter(|(_, work)| matches!(work, Work::Payment));
        let owing: BTreeSet<_> = owing.map(|(of, _)| *of).collect();
        let running = self.nodes.numbered();
        let running = running.filter(|(ix, node)| {
            let may = node.state.is_up() && node.lacks(Ability::Send).is_none();
            may && !owing.contains(ix)
        });
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
