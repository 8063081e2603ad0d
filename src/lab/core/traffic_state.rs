//! Payments that a lab makes by itself: when the next one comes.

use super::traffic::Generator;
use crate::lab::ask::TrafficChange;
use crate::lab::layout::Layout;
use crate::lab::spec::TrafficSpec;
use crate::lab::view::TrafficView;
use std::time::Duration;

/// How late a payment may be and the next one still come as if it were not.
const LATE_MAX: Duration = Duration::from_secs(1);

/// The payments of a lab.
#[derive(Clone)]
pub(super) struct Payments {
    pub(super) generator: Generator,
    /// They were wanted at some time.
    pub(super) is_wanted: bool,
    /// When the next one is made; `None`: that is not drawn yet, or there are none.
    pub(super) due: Option<Duration>,
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
    pub(super) fn made(&mut self, now: Duration) {
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
