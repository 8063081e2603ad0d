//! The processes with nodes that are shown here.

use super::io::HostId;
use super::work::Asker;
use crate::lab::script::ScriptView;
use crate::lab::view::{TimeNews, TimeView, TrafficView};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The processes with nodes that are shown here.
#[derive(Clone, Default)]
pub(super) struct Hosts {
    pub(super) all: BTreeMap<HostId, Process>,
    /// The script that one of them plays, and the payments that it makes.
    pub(super) script: Option<Arc<ScriptView>>,
    pub(super) traffic: Option<TrafficView>,
    /// Nodes that were added there and do not show yet, and until when they are waited for.
    pub(super) expected: BTreeMap<String, (Asker, Duration)>,
}

/// What is known of one of them.
#[derive(Clone)]
pub(super) struct Process {
    pub(super) is_lab: bool,
    /// It answers.
    pub(super) is_there: bool,
    /// How its time goes; `None`: by itself.
    time: Option<FarTime>,
}

/// How time goes elsewhere.
#[derive(Clone)]
struct FarTime {
    /// With marks, as far as they were told.
    told: TimeView,
    /// How long this lab had gone on then.
    ran: Duration,
}

impl Process {
    pub(super) fn new(is_lab: bool) -> Self {
        Self {
            is_lab,
            is_there: true,
            time: None,
        }
    }

    /// Time goes otherwise from now on.
    pub(super) fn goes(&mut self, ran: Duration, news: TimeNews) {
        let marks = self.time.take().map(|time| time.told.marks);
        let told = TimeView {
            marks: marks.unwrap_or_default(),
            ..news.time
        };
        self.time = Some(FarTime { told, ran });
    }

    /// It was asked for its time. That it goes otherwise is told in its order: an answer which says so may be
    /// of before.
    pub(super) fn went(&mut self, ran: Duration, time: TimeView) {
        let Some(known) = &mut self.time else { return };
        let marks = Arc::clone(&time.marks);
        let now = TimeNews::from(time);
        if now.time.leaps != known.told.leaps {
            return;
        }
        known.told.marks = marks;
        let (marked, before) = (now.marked, TimeNews::from(known.told.clone()));
        if now.is_same(&TimeNews { marked, ..before }) {
            let (at, newest, reached) = (now.time.at, now.time.newest, now.time.reached);
            (known.told.at, known.told.newest, known.told.reached) = (at, newest, reached);
            known.ran = ran;
        }
    }

    /// How its time goes, as far as that can be said from here: since it was told it has gone on.
    pub(super) fn time(&self, ran: Duration) -> Option<TimeView> {
        let FarTime { told, ran: then } = self.time.as_ref()?;
        let mut time = told.clone();
        if self.is_there && !told.is_paused {
            time.at += told.passes(ran.saturating_sub(*then));
            time.newest = time.newest.max(time.at);
        }
        Some(time)
    }
}

impl Hosts {
    pub(super) fn script(&self) -> Option<&Arc<ScriptView>> {
        self.script.as_ref()
    }

    pub(super) fn traffic(&self) -> Option<TrafficView> {
        self.traffic
    }

    /// Until when the first node is waited for that is to show.
    pub(super) fn due(&self) -> Option<Duration> {
        self.expected.values().map(|(_, until)| *until).min()
    }
}
