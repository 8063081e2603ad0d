//! Which running lab, or which nodes, a verb talks to.
//!
//! What runs is put into groups: every lab is one, and all single nodes of one network together are
//! one, for they make a network whatever processes they are in. Where there is one group it need
//! not be said which; where there are several, it must be.

use super::failure::Failure;
use super::group::Group;
use super::table::{Side, Table};
use crate::lab::control::{
    COOKIE_FILE, Client, ClientError, Cookie, Endpoint, EndpointAddr, EndpointKind,
};
use crate::lab::drive::registry::{self, Entry};
use crate::lab::paper::names::missing;
use crate::node::io::RefusalKind;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const HEADING: &str = "Which one";

/// How long what is not there is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Where a verb goes.
#[derive(Args)]
pub(super) struct Choice {
    /// The lab, by its name or its process id; needed where several labs run.
    #[arg(long, value_name = "NAME|PID", global = true, help_heading = HEADING)]
    lab: Option<String>,
    /// The node.
    #[arg(long, value_name = "NAME", global = true, help_heading = HEADING)]
    node: Option<String>,
    /// Where it can be controlled, for what is not found by itself; can be given several times.
    #[arg(
        long,
        value_name = "HOST:PORT|SOCKET",
        global = true,
        conflicts_with = "lab",
        help_heading = HEADING
    )]
    at: Vec<EndpointAddr>,
    /// The cookie for --at: its file, or the data directory that it is in [default: found by the
    /// address].
    #[arg(long, value_name = "FILE|DIR", global = true, help_heading = HEADING)]
    cookie: Option<PathBuf>,
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::refused(error.kind(), error)
    }
}

impl Choice {
    /// Finds what is meant, and connects to it.
    pub(super) async fn open(&self) -> Result<Group, Failure> {
        let until = Instant::now() + PATIENCE;
        // What was started a moment ago may be on its way up.
        while self.at.is_empty() && Instant::now() < until && self.is_nobody_there()? {
            sleep(LOOK_EVERY).await;
        }
        let endpoints = self.endpoints(&[])?;
        let mut members = Vec::new();
        for endpoint in &endpoints {
            members.push(Client::connect(endpoint).await?);
        }
        let group = Group::new(members, self.node.clone())?;
        if let Some(node) = &self.node {
            group.client(node)?;
        }
        Ok(group)
    }

    /// Whether nothing runs here, or not the node that is meant.
    fn is_nobody_there(&self) -> Result<bool, Failure> {
        let entries = registry::running().map_err(Failure::other)?;
        let has = |node: &String| {
            entries
                .iter()
                .flat_map(node_names)
                .any(|name| name == *node)
        };
        let is_meant_there = self.node.as_ref().is_none_or(has);
        Ok(entries.is_empty() || !is_meant_there)
    }

    /// The endpoints that are meant: these and those that were named; without any, those of the only
    /// lab or network.
    pub(super) fn endpoints(&self, at: &[EndpointAddr]) -> Result<Vec<Endpoint>, Failure> {
        let named: Vec<_> = at.iter().chain(&self.at).collect();
        if !named.is_empty() {
            return named.into_iter().map(|at| self.named(at)).collect();
        }
        if self.cookie.is_some() {
            return Err(Failure::input("--cookie goes with an address"));
        }
        let groups = into_groups(registry::running().map_err(Failure::other)?);
        let group = pick(groups, self.lab.as_deref(), self.node.as_deref())?;
        Ok(group.into_iter().map(|entry| entry.endpoint).collect())
    }

    /// The node that was chosen.
    pub(super) fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// An endpoint that was named, with its cookie.
    fn named(&self, at: &EndpointAddr) -> Result<Endpoint, Failure> {
        let Some(path) = &self.cookie else {
            return endpoint_at(at);
        };
        let path = match path.is_dir() {
            true => path.join(COOKIE_FILE),
            // A link that was named is meant; in a directory of ours none is followed.
            false => path.canonicalize().unwrap_or_else(|_| path.clone()),
        };
        Ok(Endpoint {
            at: at.clone(),
            cookie: Cookie::File(path),
        })
    }
}

/// The endpoint at this address, of something that runs here.
pub(super) fn endpoint_at(at: &EndpointAddr) -> Result<Endpoint, Failure> {
    let entries = registry::running().map_err(Failure::other)?;
    let mut endpoints = entries.iter().flat_map(Entry::endpoints);
    let found = endpoints.find(|listed| listed.is_at(at));
    let missing = || {
        let words = "nothing that runs here can be controlled there";
        Failure::input(format!(
            "{at}: {words}; --cookie FILE goes with other machines"
        ))
    };
    Ok(Endpoint {
        at: at.clone(),
        cookie: found.ok_or_else(missing)?.endpoint.cookie.clone(),
    })
}

/// Every lab by itself, single nodes by their networks.
fn into_groups(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut groups = Vec::new();
    let mut networks: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        match entry.kind {
            EndpointKind::Lab => groups.push(vec![entry]),
            EndpointKind::Node => networks
                .entry(entry.network.clone())
                .or_default()
                .push(entry),
        }
    }
    for (_, mut nodes) in networks {
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        groups.push(nodes);
    }
    groups
}

/// The one group that can be meant.
fn pick(
    groups: Vec<Vec<Entry>>,
    lab: Option<&str>,
    node: Option<&str>,
) -> Result<Vec<Entry>, Failure> {
    if groups.is_empty() {
        let words = "nothing runs here: start a lab with chainlab, or a node with chainlab node";
        return Err(Failure::input(words));
    }
    let names: Vec<String> = groups.iter().flatten().flat_map(label_of).collect();
    let mut left = groups;
    if let Some(lab) = lab {
        let is_meant = |entry: &Entry| {
            entry.pid.to_string() == lab || entry.kind == EndpointKind::Lab && entry.name == lab
        };
        left.retain(|group| group.iter().any(is_meant));
        if left.is_empty() {
            let names = names.iter().map(String::as_str);
            return Err(Failure::input(missing("lab", lab, names)));
        }
    } else if let Some(node) = node {
        let all: Vec<String> = left.iter().flatten().flat_map(node_names).collect();
        let has = |entry: &Entry| node_names(entry).iter().any(|name| name == node);
        left.retain(|group| group.iter().any(has));
        if left.is_empty() {
            let all = all.iter().map(String::as_str);
            let words = missing("node", node, all);
            return Err(Failure::refused(RefusalKind::NoSuchNode, words));
        }
    }
    match <[_; 1]>::try_from(left) {
        Ok([group]) => Ok(group),
        Err(left) => Err(Failure::input(ambiguous(&left))),
    }
}

/// A lab's name, by which it can be chosen.
fn label_of(entry: &Entry) -> Option<String> {
    (entry.kind == EndpointKind::Lab).then(|| entry.name.clone())
}

fn node_names(entry: &Entry) -> Vec<String> {
    match entry.kind {
        EndpointKind::Lab => entry.nodes.iter().map(|node| node.name.clone()).collect(),
        EndpointKind::Node => vec![entry.name.clone()],
    }
}

/// All that could be meant, and how to say which is.
fn ambiguous(groups: &[Vec<Entry>]) -> String {
    let mut table = Table::new(&[
        ("kind", Side::Left),
        ("name", Side::Left),
        ("pid", Side::Right),
        ("nodes", Side::Left),
        ("choose with", Side::Left),
    ]);
    for entry in groups.iter().flatten() {
        let is_alone = |name: &str| {
            let labs = groups.iter().flatten().flat_map(label_of);
            labs.filter(|label| label == name).count() == 1
        };
        let (kind, choose) = match entry.kind {
            EndpointKind::Lab if is_alone(&entry.name) => ("lab", format!("--lab {}", entry.name)),
            EndpointKind::Lab => ("lab", format!("--lab {}", entry.pid)),
            EndpointKind::Node => ("node", format!("--lab {}", entry.pid)),
        };
        table.row([
            kind.to_owned(),
            entry.name.clone(),
            entry.pid.to_string(),
            node_names(entry).join(", "),
            choose,
        ]);
    }
    let table = table.text();
    format!(
        "several networks run here: say which is meant\n{}",
        table.trim_end()
    )
}
