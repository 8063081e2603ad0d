//! The processes with nodes that are shown here.

use super::io::HostId;
use super::work::Asker;
use crate::lab::script::ScriptView;
use crate::lab::view::TrafficView;
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
