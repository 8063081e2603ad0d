//! A script that is being played, and what it waits for.

use super::answers::{Answers, Standing};
use super::io::CallId;
use crate::lab::layout::Layout;
use crate::lab::script::{Quantity, Script, ScriptView};
use crate::node::NodeIx;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A script, and what it waits for.
#[derive(Clone)]
pub(super) struct Play {
    pub(super) script: Script,
    /// What it wanted done, and what came of that as soon as it is known.
    pub(super) pending: Option<Option<Result<(), String>>>,
    /// When nodes that show themselves have shown what was done.
    pub(super) settles: Option<Duration>,
    /// It is played at this moment, until it wants nothing more that can be had now.
    pub(super) on: Option<Duration>,
    /// What was asked for at this moment.
    pub(super) asking: BTreeSet<CallId>,
    /// What was asked for, where the node stood then, and when: if nothing came of that, it is asked for
    /// again later.
    pub(super) asked: BTreeMap<(NodeIx, Quantity), (Standing, Duration)>,
    pub(super) answers: Answers,
}

/// What to do after a part of the script.
pub(super) enum Next {
    /// Go on.
    On,
    /// Wait for what was asked for: it is there before time goes on.
    Asked,
    /// Nothing more for now.
    Rest,
}

impl Play {
    pub(super) fn new(layout: &Layout, round: u32, plays: bool) -> Self {
        let steps = if plays { &layout.steps[..] } else { &[] };
        Self {
            script: Script::new(steps.to_vec(), layout.pace).again(round),
            pending: None,
            settles: None,
            on: None,
            asking: BTreeSet::new(),
            asked: BTreeMap::new(),
            answers: Answers::default(),
        }
    }

    pub(super) fn view(&self) -> &Arc<ScriptView> {
        self.script.view()
    }

    /// It is played at this moment.
    pub(super) fn begin(&mut self, now: Duration) {
        self.on = Some(now);
        self.asking.clear();
    }

    /// Another moment has come: what it still waits for it is told the next time that it is played.
    pub(super) fn leave_behind(&mut self, now: Duration) {
        self.on = self.on.filter(|on| *on == now);
    }

    pub(super) fn is_on(&self) -> bool {
        self.on.is_some()
    }

    /// Whether it has asked for something that it goes on by.
    pub(super) fn asks(&self) -> bool {
        self.is_on() && !self.asking.is_empty()
    }

    /// What it wanted done is done, or was refused.
    pub(super) fn done(&mut self, result: Result<(), String>) {
        self.pending = Some(Some(result));
    }
}
