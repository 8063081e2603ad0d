//! The programs of others that a lab starts. Before any node runs they are found, given ports, planned, and
//! agreed to; the plans then hold until the lab is closed, however often a node is started again.
//!
//! A program dials no other one: it is told a port of ours for each, where a proxy passes on what it says,
//! bent as links between nodes are (`proxies`).

use super::home::Home;
use super::proxies::{ProxyPorts, Way};
use crate::bitcoin::Network;
use crate::bitcoin::pay::LabKey;
use crate::bitcoin::start::{Choice, Found, Plan, Ports, Wanted, plan};
use crate::lab::drive::LabError;
use crate::lab::drive::consent::{Consent, Planned};
use crate::lab::layout::roster::kind::check_programs;
use crate::lab::spec::{NodeSpec, Source};
use crate::live::Port;
use crate::live::program::{Search, choose_ports, find_program, taken};
use crate::node::wallets::wallet_key;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::absolute;
use std::sync::Arc;

/// How often ports are chosen for one program: some may be another one's, which does not listen yet.
const CHOICES: usize = 100;

/// The programs of a lab.
#[derive(Default)]
pub(super) struct Programs {
    /// By the nodes' names.
    plans: BTreeMap<String, Arc<Plan>>,
    /// Where a node is to dial to reach another one.
    ways: BTreeMap<Way, SocketAddr>,
}

/// What the programs of a lab depend on.
pub(super) struct Begin<'a> {
    pub(super) specs: Vec<&'a NodeSpec>,
    pub(super) home: &'a Home,
    pub(super) key_seed: &'a [u8; 32],
    pub(super) consent: &'a Consent,
}

/// Where nodes dial to reach others, and where programs are looked for.
type Around<'a> = (&'a BTreeMap<Way, SocketAddr>, &'a Search);

/// A node with a program.
type Started<'a> = (&'a NodeSpec, &'a Choice);

impl Programs {
    /// Those of a lab that is about to start, and the ports of the proxies between them.
    ///
    /// # Errors
    /// [`LabError`]: one is not found, or they may not be started.
    pub(super) fn prepare(begin: &Begin<'_>) -> Result<(Self, ProxyPorts), LabError> {
        let started = begin.specs.iter();
        let started: Vec<Started<'_>> = started
            .filter_map(|spec| Some((*spec, spec.bitcoin.as_ref()?.program()?)))
            .collect();
        if started.is_empty() {
            return Ok(Default::default());
        }
        if matches!(begin.consent, Consent::Refused) {
            let names = started.iter().map(|(spec, _)| spec.name.clone());
            return Err(LabError::ProgramsRefused(names.collect()));
        }
        let search = Search::of_this_user();
        let found = find(&started, &search)?;
        check_links(&started, &found)?;
        let (ways, proxies) = take_proxies(&started)?;
        // While a person thinks, another program can take a port. What starts then is not what was agreed
        // to, so that is asked for once more.
        for _ in 0..CHOICES {
            let planned = begin.plan(&started, &found, (&ways, &search))?;
            if !begin.consent.allows(&planned) {
                return Err(LabError::ProgramsDeclined);
            }
            if planned.iter().all(|(_, plan)| taken(plan).is_none()) {
                let plans = planned.into_iter().collect();
                return Ok((Self { plans, ways }, proxies));
            }
        }
        Err(no_port(&started[0].0.name)(none_is_free()))
    }

    /// How the program of this node is started; `None`: none is.
    pub(super) fn plan(&self, node: &str) -> Option<&Arc<Plan>> {
        self.plans.get(node)
    }

    /// Where a node that is a program of others listens for its peers.
    pub(super) fn place_of(&self, spec: &NodeSpec) -> Option<SocketAddr> {
        match &spec.bitcoin.as_ref()?.source {
            Source::At { addr, .. } => Some(*addr),
            Source::Program(_) => {
                // The first of them is for peers.
                let listens = &self.plan(&spec.name)?.listens;
                listens.first().map(|(_, at)| *at)
            }
        }
    }

    /// Where nodes are to dial to reach others.
    pub(super) fn ways(&self) -> &BTreeMap<Way, SocketAddr> {
        &self.ways
    }
}

impl Begin<'_> {
    /// How each is started, on ports that are free.
    fn plan(
        &self,
        started: &[Started<'_>],
        found: &[Found],
        around: Around<'_>,
    ) -> Result<Vec<Planned>, LabError> {
        let mut ports_of_others = BTreeSet::new();
        let plan_one = |((spec, _), found): (&Started<'_>, &Found)| {
            let ports = choose(&mut ports_of_others).map_err(no_port(&spec.name))?;
            let wanted = self.wanted(spec, (found.clone(), ports), around)?;
            let plan = plan(&wanted).map_err(|source| LabError::NoPlan {
                node: spec.name.clone(),
                source,
            })?;
            Ok((spec.name.clone(), Arc::new(plan)))
        };
        started.iter().zip(found).map(plan_one).collect()
    }

    fn wanted(
        &self,
        spec: &NodeSpec,
        (found, ports): (Found, Ports),
        (ways, search): Around<'_>,
    ) -> Result<Wanted, LabError> {
        let folder = self.home.node(&spec.name);
        let folder = absolute(&folder).map_err(LabError::file(&folder))?;
        let to = |name: &String| ways.get(&(spec.name.clone(), name.clone())).copied();
        Ok(Wanted {
            found,
            folder,
            ports,
            peers: spec.connect.iter().filter_map(to).collect(),
            search: search.path.clone(),
            mine_to: Some(reward_address(self.key_seed, spec)),
        })
    }
}

/// Where a node's rewards go: to the first of its wallets, or to one that is named after it. The lab has
/// the key.
fn reward_address(key_seed: &[u8; 32], spec: &NodeSpec) -> String {
    let wallet = spec.wallets.first().unwrap_or(&spec.name);
    key_of(key_seed, wallet).address(&Network::Regtest.params().addresses)
}

/// The key of a wallet of this name.
pub(super) fn key_of(key_seed: &[u8; 32], wallet: &str) -> LabKey {
    LabKey::new(wallet_key(key_seed, wallet))
}

/// Finds the program of each node. `auto` is the same for all of them.
fn find(started: &[Started<'_>], search: &Search) -> Result<Vec<Found>, LabError> {
    let mut auto: Option<Found> = None;
    let mut all = Vec::new();
    for (spec, choice) in started {
        let found = match (choice, &auto) {
            (Choice::Auto, Some(found)) => found.clone(),
            _ => find_program(choice, search).map_err(|error| LabError::NoProgram {
                node: spec.name.clone(),
                source: Box::new(error),
            })?,
        };
        if **choice == Choice::Auto {
            auto = Some(found.clone());
        }
        all.push(found);
    }
    Ok(all)
}

/// That those which are linked make one network: what `auto` is, no layout knows.
fn check_links(started: &[Started<'_>], found: &[Found]) -> Result<(), LabError> {
    let names = started.iter().map(|(spec, _)| spec.name.as_str());
    let programs: BTreeMap<_, _> = names.zip(found.iter().map(Found::program)).collect();
    let program = |name: &str| programs.get(name).copied().flatten();
    for (spec, _) in started {
        for other in &spec.connect {
            let fits = check_programs(program(&spec.name), program(other));
            fits.map_err(|problem| LabError::NoNetwork {
                nodes: format!("{} and {other}", spec.name),
                problem,
            })?;
        }
    }
    Ok(())
}

/// Ports that are free, and are not of a program which is to start as well.
fn choose(taken: &mut BTreeSet<u16>) -> io::Result<Ports> {
    for _ in 0..CHOICES {
        let ports = choose_ports()?;
        if ports.all().iter().all(|port| !taken.contains(port)) {
            taken.extend(ports.all());
            return Ok(ports);
        }
    }
    Err(none_is_free())
}

/// A port for each directed link, which is held from now on, and where that is.
fn take_proxies(
    started: &[Started<'_>],
) -> Result<(BTreeMap<Way, SocketAddr>, ProxyPorts), LabError> {
    let (mut ways, mut ports) = (BTreeMap::new(), ProxyPorts::new());
    for (spec, _) in started {
        for to in &spec.connect {
            let (at, port) = take_proxy().map_err(no_port(&spec.name))?;
            let way = (spec.name.clone(), to.clone());
            ways.insert(way.clone(), at);
            ports.insert(way, port);
        }
    }
    Ok((ways, ports))
}

/// Where programs have theirs, and no connection of another program goes out.
fn take_proxy() -> io::Result<(SocketAddr, Port)> {
    let mut last = none_is_free();
    for _ in 0..CHOICES {
        let at = (Ipv4Addr::LOCALHOST, choose_ports()?.peers).into();
        match Port::take(at) {
            Ok(port) => return Ok((at, port)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn none_is_free() -> io::Error {
    io::Error::other("no port on 127.0.0.1 is free")
}

fn no_port(node: &str) -> impl FnOnce(io::Error) -> LabError {
    let node = node.to_owned();
    |source| LabError::Port {
        node,
        port: 0,
        source,
    }
}

#[cfg(test)]
mod tests;
