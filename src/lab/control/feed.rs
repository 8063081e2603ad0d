//! What one subscriber is told, line after line.
//!
//! Nothing waits here for a subscriber that is slow: how nodes look is asked for when the
//! subscriber is ready for a line, so it sees the newest only; events wait in a ring that all
//! subscribers share, and a client that is a whole ring behind has missed some. What peers can cause as often as
//! they like has a ring of its own.

use super::bus::{BusEvent, Subscription, WantsMessages};
use super::controlled::{Controlled, Edition};
use super::data::{EventWish, Opening, Wish};
use super::rpc::notice_line;
use super::status_lines::StatusLines;
use crate::lab::view::LabStatus;
use crate::node::NodeIx;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// A subscription.
pub(super) struct Feed {
    endpoint: Arc<dyn Controlled>,
    lines: Arc<StatusLines>,
    wish: Wish,
    changes: watch::Receiver<u64>,
    events: Subscription,
    /// The round of the lab that is told of.
    round: u32,
    /// The last edition of each node that was told.
    told: BTreeMap<NodeIx, Edition>,
    lab: LabStatus,
    /// Lines that can go at once: at most one for each node and one for the whole.
    ready: VecDeque<Arc<str>>,
    looked: Instant,
    is_changed: bool,
    _wants: Option<WantsMessages>,
}

impl Feed {
    /// Begins, with how things are.
    pub(super) fn new(
        endpoint: Arc<dyn Controlled>,
        lines: Arc<StatusLines>,
        wish: Wish,
    ) -> (Self, Opening) {
        let mut changes = endpoint.changes();
        changes.mark_unchanged();
        // First: if another begins meanwhile, the first look finds that.
        let round = endpoint.round();
        let editions = endpoint.editions();
        let (events, mut recent) = endpoint.events();
        if wish.events == EventWish::None {
            recent.clear();
        }
        let opening = Opening {
            nodes: endpoint.status(),
            events: recent,
            lab: endpoint.lab_status(),
        };
        let wants = (wish.events == EventWish::All).then(|| endpoint.want_messages());
        let feed = Self {
            round,
            told: editions.into_iter().collect(),
            lab: opening.lab.clone(),
            endpoint,
            lines,
            wish,
            changes,
            events,
            ready: VecDeque::new(),
            looked: Instant::now(),
            is_changed: false,
            _wants: wants,
        };
        (feed, opening)
    }

    /// The next line. What was begun is not lost if the wait is given up.
    pub(super) async fn next(&mut self) -> Arc<str> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return line;
            }
            let due = self.looked + self.wish.interval;
            tokio::select! {
                biased;
                () = sleep_until(due), if self.is_changed => self.look(),
                changed = self.changes.changed(), if !self.is_changed => match changed {
                    Ok(()) => self.is_changed = true,
                    // The lab is gone, and this connection with it.
                    Err(_) => std::future::pending().await,
                },
                told = self.events.next() => self.hear(told),
            }
        }
    }

    fn hear(&mut self, told: Result<Arc<BusEvent>, RecvError>) {
        match told {
            // Of a round that is over, as was told.
            Ok(told) if told.round < self.round => {}
            Ok(told) => {
                if told.round > self.round {
                    self.look();
                }
                let wanted = match self.wish.events {
                    EventWish::None => false,
                    EventWish::News => !told.is_message,
                    EventWish::All => true,
                };
                if wanted && self.endpoint.shows(told.ix) {
                    let line = told.line(|event| notice_line("event", event));
                    self.ready.push_back(line);
                }
            }
            Err(RecvError::Lagged(missed)) if self.wish.events != EventWish::None => {
                let line = notice_line("missed", &json!({ "events": missed }));
                self.ready.push_back(line.into());
            }
            Err(RecvError::Lagged(_)) => {}
            // The endpoint holds a sender.
            Err(RecvError::Closed) => {}
        }
    }

    fn look(&mut self) {
        (self.is_changed, self.looked) = (false, Instant::now());
        let round = self.endpoint.round();
        if round != self.round {
            // The whole first: it says that all that follows is new.
            self.round = round;
            self.told.clear();
            self.lab = self.endpoint.lab_status();
            self.ready.push_back(notice_line("lab", &self.lab).into());
        }
        for (ix, edition) in self.endpoint.editions() {
            if self.told.get(&ix) == Some(&edition) {
                continue;
            }
            if let Some((edition, line)) = self.lines.line(&*self.endpoint, ix, &edition) {
                self.told.insert(ix, edition);
                self.ready.push_back(line);
            }
        }
        let lab = self.endpoint.lab_status();
        if lab != self.lab {
            self.ready.push_back(notice_line("lab", &lab).into());
            self.lab = lab;
        }
    }
}
