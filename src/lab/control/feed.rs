//! What one subscriber is told, line after line.
//!
//! Nothing waits here for a subscriber that is slow: how nodes look is asked for when the
//! subscriber is ready for a line, so it sees the newest only; events wait in a ring that all
//! subscribers share, and a client that is a whole ring behind has missed some. What peers can cause as often as
//! they like has a ring of its own.
//!
//! When time goes back all begins again: the subscriber is told of it, and then how things are, as in the
//! answer to its `subscribe`. It has a new place in the ring then, so nothing of the time that was left comes
//! after that.

use super::bus::{BusEvent, Subscription, WantsMessages, WantsTime};
use super::controlled::{Controlled, Edition};
use super::data::{EventWish, Opening, Wish};
use super::rpc::notice_line;
use super::status_lines::StatusLines;
use crate::lab::view::{LabStatus, TimeNews};
use crate::node::NodeIx;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The least time between two looks at how time goes, however seldom nodes are to be looked at.
const TIME_LOOK: Duration = Duration::from_millis(33);

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
    /// What was told of time; `None`: it goes by itself.
    time: Option<TimeNews>,
    /// Lines that can go at once: at most one for each node and one for the whole.
    ready: VecDeque<Arc<str>>,
    looked: Instant,
    is_changed: bool,
    looked_at_time: Instant,
    is_time_changed: bool,
    _wants: Option<WantsMessages>,
    wants_time: Option<WantsTime>,
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
        let (opening, events) = open(&*endpoint, wish);
        let wants = (wish.events == EventWish::All).then(|| endpoint.want_messages());
        let wants_time = wish.waits.then(|| endpoint.want_time()).flatten();
        let feed = Self {
            round,
            told: editions.into_iter().collect(),
            lab: opening.lab.clone(),
            time: opening.time.clone(),
            endpoint,
            lines,
            wish,
            changes,
            events,
            ready: VecDeque::new(),
            looked: Instant::now(),
            is_changed: false,
            looked_at_time: Instant::now(),
            is_time_changed: false,
            _wants: wants,
            wants_time,
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
            let time_due = self.looked_at_time + self.wish.interval.min(TIME_LOOK);
            let is_noted = self.is_changed && self.is_time_changed;
            tokio::select! {
                biased;
                () = sleep_until(time_due), if self.is_time_changed => self.look_at_time(),
                () = sleep_until(due), if self.is_changed => self.look(),
                changed = self.changes.changed(), if !is_noted => match changed {
                    Ok(()) => {
                        self.is_changed = true;
                        self.is_time_changed = self.time.is_some();
                    }
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
            // It is one of those that are told anew.
            Ok(told) if self.events.is_before(&told) => self.begin_again(),
            Ok(told) => {
                if let Some(wants) = &self.wants_time {
                    wants.took(&told);
                }
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

    /// Tells how time goes, if that is another way than before.
    fn look_at_time(&mut self) {
        (self.is_time_changed, self.looked_at_time) = (false, Instant::now());
        let (Some(now), Some(before)) = (self.endpoint.time().map(TimeNews::from), &self.time)
        else {
            return;
        };
        if now.time.leaps != before.time.leaps {
            return self.begin_again();
        }
        if !now.is_same(before) {
            self.ready.push_back(notice_line("time", &now).into());
            self.time = Some(now);
        }
    }

    /// Time went back.
    fn begin_again(&mut self) {
        self.round = self.endpoint.round();
        self.told = self.endpoint.editions().into_iter().collect();
        let (opening, events) = open(&*self.endpoint, self.wish);
        if let Some(wants) = &mut self.wants_time {
            // What was left is not taken any more.
            if let Some(anew) = self.endpoint.want_time() {
                *wants = anew;
            }
        }
        self.events = events;
        self.ready
            .push_back(notice_line("time", &opening.time).into());
        self.ready
            .push_back(notice_line("opening", &opening).into());
        (self.lab, self.time) = (opening.lab, opening.time);
        self.looked = Instant::now();
    }

    fn look(&mut self) {
        // What nodes look like at an earlier time is none of their news.
        self.look_at_time();
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

/// How things are, and what happens from then on.
fn open(endpoint: &dyn Controlled, wish: Wish) -> (Opening, Subscription) {
    let (events, mut recent) = endpoint.events();
    if wish.events == EventWish::None {
        recent.clear();
    }
    let opening = Opening {
        nodes: endpoint.status(),
        events: recent,
        lab: endpoint.lab_status(),
        time: endpoint.time().map(TimeNews::from),
    };
    (opening, events)
}
