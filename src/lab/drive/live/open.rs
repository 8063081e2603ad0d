//! How a lab begins: a new one, or one that was kept.

use super::home::Home;
use super::programs::{Begin, Programs};
use super::proxies::ProxyPorts;
use super::round::{Lasting, Round};
use super::rounds::Rounds;
use super::saved::{FILE, Kept, Saved, SavedNode};
use super::{bitcoin, nodes, perform, save};
use crate::lab::core::traffic;
use crate::lab::drive::{Answers, Consent, Control, LabError, LabOptions};
use crate::lab::layout::{Layout, key_seed};
use crate::lab::paper::network;
use crate::live::{LabClock, Links, Port, seeds};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

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
    let (control, consent) = (options.control, options.programs.clone());
    let outside = options.outside.clone();
    let opened = match found {
        Some(kept) => go_on(&options, kept, home.path()),
        None => begin(options),
    };
    let opened = opened.and_then(|plan| {
        // Before any port of a node: a port that was asked for is the one that is taken.
        let bound = control.bind()?;
        outside.tell(plan.saved.nodes.iter().map(|node| &node.spec));
        Ok((bound, start(plan, &home, &consent, runtime)?))
    });
    match opened {
        Ok((bound, (round, answers))) => {
            *round.home() = Some(home);
            let rounds = Rounds::new(Arc::clone(&round));
            if control != Control::Off {
                let opening = Arc::clone(&rounds);
                round.runtime.spawn_blocking(move || {
                    if let Err(error) = opening.open_endpoints(true, bound) {
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

/// Ports that were taken for a round.
pub(super) struct Ports {
    /// Of its nodes, in their order; `None`: a program of others.
    pub(super) listeners: Vec<Option<Port>>,
    pub(super) proxies: ProxyPorts,
}

type Started = (Arc<Round>, Answers);

/// Takes the ports, and puts down what the lab is.
fn start(plan: Plan, home: &Home, consent: &Consent, runtime: Handle) -> Result<Started, LabError> {
    let (saved, layout) = (plan.saved, plan.layout);
    let mut listeners = Vec::new();
    for node in &saved.nodes {
        // Programs of others listen by themselves.
        let listens = node.spec.bitcoin.is_none();
        let port = listens.then(|| nodes::listen(&node.spec, node.port));
        listeners.push(port.transpose()?);
    }
    let key_seed = saved.key_seed().expect("it was made or checked");
    let params = layout.params(&key_seed, saved.since.block_time());
    params.validate().map_err(|error| LabError::Unsound {
        layout: layout.name.clone(),
        problem: error.to_string(),
    })?;
    let (programs, proxies) = Programs::prepare(&Begin {
        specs: saved.nodes.iter().map(|node| &node.spec).collect(),
        home,
        key_seed: &key_seed,
        consent,
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
        programs,
        ..Lasting::around(
            layout,
            Arc::new(params),
            plan.clock,
            runtime,
            answered,
            draws,
        )
    };
    let ports = Ports { listeners, proxies };
    let round = Round::begin(Arc::new(lasting), 0, &saved, ports)?;
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
        ports: Ports,
    ) -> Result<Arc<Self>, LabError> {
        let mut core = lasting.core(number);
        let mut taken = BTreeMap::new();
        for (node, listener) in saved.nodes.iter().zip(ports.listeners) {
            let addr = match &listener {
                Some(listener) => {
                    let addr = listener.local_addr();
                    Some(addr.map_err(LabError::file(&lasting.dir))?)
                }
                None => lasting.programs.place_of(&node.spec),
            };
            let ix = core.enter(node.spec.clone(), &node.wallets, addr);
            core.limit(ix, bitcoin::can(&node.spec));
            taken.extend(listener.map(|port| (node.spec.name.clone(), port)));
        }
        let links = Links::default();
        let usual = links.set_default(lasting.layout.link);
        usual.map_err(|error| LabError::Unsound {
            layout: lasting.layout.name.clone(),
            problem: error.to_string(),
        })?;
        match &saved.links {
            Some(links) => links
                .restore(&mut core)
                .map_err(|problem| LabError::Damaged {
                    path: lasting.dir.join(FILE),
                    problem,
                })?,
            None => core.set_pairs(),
        }
        let round = Self::new(lasting, number, core, links);
        *round.listeners() = taken;
        round.start_proxies(ports.proxies)?;
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
        self.hear_proxies();
        self.perform();
        self.runtime.spawn(save::now_and_then(Arc::clone(self)));
    }

    /// From now on core is told the time.
    pub(in crate::lab::drive) fn goes(self: &Arc<Self>) {
        self.runtime.spawn(perform::tick(Arc::clone(self)));
    }
}
