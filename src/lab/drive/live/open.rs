//! How a lab begins: a new one, or one that was kept.

use super::home::Home;
use super::kept::{SavedLinks, SavedTraffic};
use super::round::{Lasting, Round};
use super::rounds::Rounds;
use super::saved::{Kept, Saved, SavedNode};
use super::{Control, nodes, perform};
use crate::lab::core::traffic;
use crate::lab::drive::LabError;
use crate::lab::drive::{Answers, LabOptions};
use crate::lab::layout::{Layout, key_seed};
use crate::lab::paper::network;
use crate::lab::spec::NodeSpec;
use crate::live::{LabClock, Links, seeds};
use crate::node::Time;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Time between two writings of `lab.json`: what the lab clock loses at most by a crash.
const SAVE_INTERVAL: Duration = Duration::from_secs(10);

/// Time between two looks whether links or payments have changed: what a crash takes back of that
/// at most.
const SAVE_LOOK: Duration = Duration::from_secs(1);

/// What a lab begins with.
struct Plan {
    layout: Layout,
    saved: Saved,
    clock: LabClock,
}

/// Opens a lab.
pub(in crate::lab) fn open(
    options: LabOptions,
    runtime: Handle,
) -> Result<(Arc<Rounds>, Answers), LabError> {
    let (home, found) = match &options.data_dir {
        None => (Home::temporary()?, None),
        Some(dir) => Home::kept(dir)?,
    };
    let control = options.control;
    let opened = match found {
        Some(kept) => go_on(&options, kept, home.path()),
        None => begin(options),
    };
    let opened = opened.and_then(|plan| {
        // Before any port of a node: whoever asks for a port gets that one.
        let bound = control.bind()?;
        Ok((bound, start(plan, &home, runtime)?))
    });
    match opened {
        Ok((bound, (round, answers))) => {
            *round.home() = Some(home);
            let rounds = Rounds::new(Arc::clone(&round));
            if control != Control::Off {
                let opening = Arc::clone(&rounds);
                round.runtime.spawn_blocking(move || {
                    if let Err(error) = opening.open_doors(true, bound) {
                        tracing::warn!("other programs cannot control this lab: {error}");
                    }
                });
            }
            round.run();
            Ok((rounds, answers))
        }
        Err(error) => {
            // The first error is the one to be told.
            let _ = home.leave();
            Err(error)
        }
    }
}

/// A new lab.
fn begin(options: LabOptions) -> Result<Plan, LabError> {
    let clock = options.clock;
    let clock = clock.map_or_else(LabClock::from_wall, LabClock::starting_at);
    let key_seed = match options.seed {
        Some(seed) => key_seed(seed),
        None => seeds().map_err(LabError::Randomness)?.keys,
    };
    let layout = options.layout;
    let start = clock.now();
    let (name, text) = (&layout.file, &options.layout_text);
    let params = layout.params(&key_seed, start.block_time());
    network::check_begun(name, text, &params, start.block_time()).map_err(LabError::Begins)?;
    let mut saved = Saved::new(&layout.name, &options.layout_text, &key_seed, start);
    saved.seed = options.seed;
    saved.nodes = layout.nodes.iter().map(SavedNode::new).collect();
    Ok(Plan {
        layout,
        saved,
        clock,
    })
}

/// A lab that was kept, with its own layout, nodes and time.
fn go_on(options: &LabOptions, kept: Kept, dir: &Path) -> Result<Plan, LabError> {
    let Kept { saved, layout } = kept;
    let decided = |what| LabError::Decided {
        dir: dir.to_owned(),
        what,
    };
    if options.seed.is_some() && options.seed != saved.seed {
        return Err(decided("seed"));
    }
    if options.clock.is_some() {
        return Err(decided("clock"));
    }
    if options.is_layout_chosen && options.layout_text != saved.layout_text {
        return Err(decided("layout"));
    }
    Ok(Plan {
        layout,
        clock: LabClock::starting_at(saved.clock),
        saved,
    })
}

type Started = (Arc<Round>, Answers);

/// Takes the ports, and puts down what the lab is.
fn start(plan: Plan, home: &Home, runtime: Handle) -> Result<Started, LabError> {
    let (saved, layout) = (plan.saved, plan.layout);
    let mut listeners = Vec::new();
    for node in &saved.nodes {
        listeners.push(nodes::listen(&node.spec, node.port)?);
    }
    let key_seed = saved.key_seed().expect("it was made or checked");
    let params = layout.params(&key_seed, saved.since.block_time());
    params.validate().map_err(|error| LabError::Unsound {
        layout: layout.name.clone(),
        problem: error.to_string(),
    })?;
    let openings = saved.openings + 1;
    let draws = match saved.seed {
        Some(seed) => traffic::seed(seed, openings),
        None => seeds().map_err(LabError::Randomness)?.run,
    };
    let (answered, answers) = mpsc::unbounded_channel();
    let lasting = Lasting {
        dir: home.path().to_owned(),
        is_temporary: AtomicBool::new(home.is_temporary()),
        layout_text: saved.layout_text.clone(),
        key_seed,
        seed: saved.seed,
        openings,
        since: saved.since,
        ..Lasting::around(
            layout,
            Arc::new(params),
            plan.clock,
            runtime,
            answered,
            draws,
        )
    };
    let round = Round::begin(Arc::new(lasting), 0, &saved, listeners)?;
    round.save_into(home)?;
    home.make_nodes()?;
    Ok((round, answers))
}

impl Round {
    /// A round in which no node has started, with nodes and links as they were put down.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn begin(
        lasting: Arc<Lasting>,
        number: u32,
        saved: &Saved,
        listeners: Vec<TcpListener>,
    ) -> Result<Arc<Self>, LabError> {
        let mut core = lasting.core(number);
        let mut taken = BTreeMap::new();
        for (node, listener) in saved.nodes.iter().zip(listeners) {
            let addr = listener.local_addr();
            let addr = addr.map_err(LabError::file(&lasting.dir))?;
            core.enter(node.spec.clone(), &node.wallets, Some(addr));
            taken.insert(node.spec.name.clone(), listener);
        }
        let links = Links::default();
        let usual = links.set_default(lasting.layout.link);
        usual.map_err(|error| LabError::Unsound {
            layout: lasting.layout.name.clone(),
            problem: error.to_string(),
        })?;
        match &saved.links {
            Some(links) => links.restore(&mut core, &lasting.dir)?,
            None => core.set_pairs(),
        }
        let round = Self::new(lasting, number, core, links);
        *round.listeners() = taken;
        Ok(round)
    }

    /// Sets everything going.
    pub(in crate::lab::drive) fn run(self: &Arc<Self>) {
        {
            let mut core = self.core();
            for ix in core.own_nodes() {
                self.clock.reserve(core.name(ix));
                core.start(ix);
            }
        }
        self.goes();
        self.perform();
        self.runtime.spawn(save_now_and_then(Arc::clone(self)));
    }

    /// From now on core is told the time.
    pub(in crate::lab::drive) fn goes(self: &Arc<Self>) {
        self.runtime.spawn(perform::tick(Arc::clone(self)));
    }
}

async fn save_now_and_then(round: Arc<Round>) {
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

impl SavedNode {
    /// One that was never started.
    pub(in crate::lab::drive) fn new(spec: &NodeSpec) -> Self {
        Self {
            spec: spec.clone(),
            port: None,
            wallets: Vec::new(),
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

/// Labs for tests of this room.
#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lab::Lab;
    use crate::lab::layout::read;

    /// A temporary lab of this layout, held by both of its ends.
    pub(in crate::lab::drive::live) fn lab(text: &str) -> (Arc<Rounds>, Lab) {
        let options = LabOptions {
            layout: read("scenario", text).expect("sound"),
            layout_text: text.to_owned(),
            is_layout_chosen: false,
            data_dir: None,
            seed: Some(1),
            clock: None,
            control: Control::Off,
        };
        let (rounds, answers) = open(options, Handle::current()).expect("starts");
        let lab = Lab::of(Arc::clone(&rounds) as Arc<_>, answers);
        (rounds, lab)
    }
}
