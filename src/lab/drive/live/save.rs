//! Puts down what a lab is, so that it can go on after a crash.

use super::home::Home;
use super::kept::{SavedLinks, SavedTraffic};
use super::round::Round;
use super::saved::{Saved, SavedNode};
use crate::lab::drive::LabError;
use crate::node::Time;
use std::sync::Arc;
use std::time::Duration;

/// Time between two writings of `lab.json`: what the lab clock loses at most by a crash.
const SAVE_INTERVAL: Duration = Duration::from_secs(10);

/// Time between two looks whether links or payments have changed: what a crash takes back of that
/// at most.
const SAVE_LOOK: Duration = Duration::from_secs(1);

/// Puts it down again and again, until the round is over.
pub(super) async fn now_and_then(round: Arc<Round>) {
    let (mut saved, mut since) = (round.kept_edition(), Duration::ZERO);
    loop {
        tokio::select! {
            () = tokio::time::sleep(SAVE_LOOK) => since += SAVE_LOOK,
            () = round.over() => return,
        }
        let edition = round.kept_edition();
        if edition == saved && since < SAVE_INTERVAL {
            continue;
        }
        (saved, since) = (edition, Duration::ZERO);
        let saving = Arc::clone(&round);
        match round.runtime.spawn_blocking(move || saving.save()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("the lab cannot be put down: {error}"),
            Err(error) => tracing::error!("the lab cannot be put down: {error}"),
        }
    }
}

/// What is written down before its turn if it changes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct KeptEdition {
    links: u64,
    traffic: Option<SavedTraffic>,
}

impl Round {
    /// Which edition of links and traffic there is.
    fn kept_edition(&self) -> KeptEdition {
        let core = self.core();
        KeptEdition {
            links: core.links_edition(),
            traffic: core.own_traffic().map(SavedTraffic::from),
        }
    }
}

impl Round {
    /// Puts down what the lab is, if it still has a directory.
    pub(super) fn save(&self) -> Result<(), LabError> {
        match &*self.home() {
            // What comes late from a round that is over says nothing about the next one.
            Some(home) if !self.course().is_over() => self.save_into(home),
            _ => Ok(()),
        }
    }

    pub(super) fn save_into(&self, home: &Home) -> Result<(), LabError> {
        let (name, text) = (&self.layout.name, &self.layout_text);
        let mut saved = Saved::new(name, text, &self.key_seed, self.since);
        saved.seed = self.seed;
        saved.openings = self.openings;
        saved.clock = self.clock.now().max(Time(saved.since.0));
        {
            let core = self.core();
            // Those of other processes are not this lab's to start.
            let own = core.own_nodes().into_iter();
            saved.nodes = own.map(|ix| SavedNode::of(&core, ix)).collect();
            saved.links = Some(SavedLinks::of(&core));
            saved.traffic = core.own_traffic().map(SavedTraffic::from);
        }
        saved.write(home.path())
    }
}
