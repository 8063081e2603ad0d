//! How a lab begins: a new one, or one that was kept.

use super::home::Home;
use super::model::{Model, Node};
use super::rounds::Rounds;
use super::saved::{Kept, Saved, SavedNode};
use super::{Control, Lasting, Shared, Standing, first, nodes, script};
use crate::lab::control::EventBus;
use crate::lab::handle::{Answers, LabOptions};
use crate::lab::layout::roster::reward_wallet;
use crate::lab::layout::{Layout, key_seed};
use crate::lab::spec::NodeSpec;
use crate::lab::{LabError, network};
use crate::live::{LabClock, seeds};
use crate::node::{NodeIx, Time};

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

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
        Ok((bound, (shared, listeners, answers))) => {
            *shared.home() = Some(home);
            let rounds = Rounds::new(Arc::clone(&shared));
            if control != Control::Off {
                let opening = Arc::clone(&rounds);
                shared.runtime.spawn_blocking(move || {
                    if let Err(error) = opening.open_doors(bound) {
                        tracing::warn!("other programs cannot control this lab: {error}");
                    }
                });
            }
            run(&shared, listeners);
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

type Started = (Arc<Shared>, Vec<TcpListener>, Answers);

/// Takes the ports, and puts down what the lab is.
fn start(plan: Plan, home: &Home, runtime: Handle) -> Result<Started, LabError> {
    let (saved, layout) = (plan.saved, plan.layout);
    let (mut listeners, mut known) = (Vec::new(), Vec::new());
    for node in &saved.nodes {
        let listener = nodes::listen(&node.spec, node.port)?;
        let addr = listener.local_addr().map_err(LabError::file(home.path()))?;
        known.push(Node::new(node.spec.clone(), addr));
        listeners.push(listener);
    }
    let key_seed = saved.key_seed().expect("it was made or checked");
    let params = layout.params(&key_seed, saved.since.block_time());
    params.validate().map_err(|error| LabError::Unsound {
        layout: layout.name.clone(),
        problem: error.to_string(),
    })?;
    let (answered, answers) = mpsc::unbounded_channel();
    let lasting = Lasting {
        standing: Standing::Own,
        dir: home.path().to_owned(),
        layout,
        layout_text: saved.layout_text.clone(),
        params: Arc::new(params),
        key_seed,
        seed: saved.seed,
        openings: saved.openings + 1,
        since: saved.since,
        runtime,
        clock: plan.clock,
        changes: watch::Sender::new(0),
        home: Mutex::new(None),
        answered,
        bus: EventBus::default(),
        doors: Mutex::new(None),
    };
    let model = model(known, &saved.nodes, home);
    let shared = Shared::of(Arc::new(lasting), 0, model);
    match &saved.links {
        Some(links) => shared.restore_links(links)?,
        None => shared.set_pairs(&shared.lock().nodes)?,
    }
    shared.save_into(home)?;
    home.make_nodes()?;
    Ok((Arc::new(shared), listeners, answers))
}

/// What is known of nodes that have not started.
pub(super) fn model(nodes: Vec<Node>, saved: &[SavedNode], home: &Home) -> Model {
    let mut wallets = BTreeMap::new();
    for (ix, node) in saved.iter().enumerate() {
        let names = node.spec.wallets.iter().chain(&node.wallets);
        let names = names.map(String::as_str);
        let names = names.chain(reward_wallet(&node.spec, &node.wallets));
        wallets.extend(names.map(|name| (name.to_owned(), NodeIx(ix))));
    }
    Model {
        nodes,
        wallets,
        is_temporary: home.is_temporary(),
        ..Model::default()
    }
}

/// Sets everything going.
pub(super) fn run(shared: &Arc<Shared>, listeners: Vec<TcpListener>) {
    for node in &shared.lock().nodes {
        shared.clock.reserve(&node.spec.name);
    }
    for (ix, listener) in listeners.into_iter().enumerate() {
        let opening = Arc::clone(shared).open(NodeIx(ix), Some(listener));
        // If it fails, the node's state says so.
        shared.runtime.spawn(opening);
    }
    shared.runtime.spawn(first::mine_first(Arc::clone(shared)));
    if shared.playing.is_some() {
        shared.runtime.spawn(script::play(Arc::clone(shared)));
    }
    if let Some(spec) = &shared.layout.traffic {
        shared.begin_traffic(spec.clone());
    }
    shared.runtime.spawn(save_now_and_then(Arc::clone(shared)));
}

async fn save_now_and_then(shared: Arc<Shared>) {
    let (mut saved, mut since) = (shared.kept_edition(), Duration::ZERO);
    loop {
        tokio::select! {
            () = tokio::time::sleep(SAVE_LOOK) => since += SAVE_LOOK,
            () = shared.over() => return,
        }
        let edition = shared.kept_edition();
        if edition == saved && since < SAVE_INTERVAL {
            continue;
        }
        (saved, since) = (edition, Duration::ZERO);
        let saving = Arc::clone(&shared);
        match shared.runtime.spawn_blocking(move || saving.save()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("the lab cannot be put down: {error}"),
            Err(error) => tracing::error!("the lab cannot be put down: {error}"),
        }
    }
}

impl SavedNode {
    /// One that was never started.
    pub(super) fn new(spec: &NodeSpec) -> Self {
        Self {
            spec: spec.clone(),
            port: None,
            wallets: Vec::new(),
        }
    }
}

impl Shared {
    /// Puts down what the lab is, if it still has a directory.
    pub(super) fn save(&self) -> Result<(), LabError> {
        match &*self.home() {
            // What comes late from a round that is over says nothing about the next one.
            Some(home) if !self.lock().course.is_over() => self.save_into(home),
            _ => Ok(()),
        }
    }

    pub(super) fn save_into(&self, home: &Home) -> Result<(), LabError> {
        let (name, text) = (&self.layout.name, &self.layout_text);
        let mut saved = Saved::new(name, text, &self.key_seed, self.since);
        saved.seed = self.seed;
        saved.openings = self.openings;
        saved.clock = self.clock.now().max(Time(saved.since.0));
        let model = self.lock();
        let nodes = model.nodes.iter().enumerate();
        // Those of other processes are not this lab's to start.
        saved.nodes = nodes
            .filter(|(_, node)| node.host.is_none())
            .map(|(ix, node)| SavedNode {
                spec: model.spec_to_keep(node),
                port: Some(node.addr.port()),
                wallets: model.wallets_of(NodeIx(ix)).map(str::to_owned).collect(),
            })
            .collect();
        saved.links = Some(self.links_to_keep(&model));
        saved.traffic = model.traffic_to_keep(&self.layout);
        drop(model);
        saved.write(home.path())
    }

    /// Returns when nothing starts any more.
    pub(super) async fn over(&self) {
        let mut changes = self.changes.subscribe();
        while !self.lock().course.is_over() && changes.changed().await.is_ok() {}
    }
}
