//! What is asked of an attached lab and is not about one node: it goes to the processes that have
//! the nodes.

use super::Shared;
use super::ask::{fault, no_such_node};
use super::hand::Host;
use super::model::{Model, Node};
use crate::lab::ask::{Answer, Bend, Named, Request};
use crate::lab::control::Kind;
use crate::lab::core::no_script;
use crate::lab::names::missing;
use crate::lab::spec::NodeSpec;
use crate::node::NodeIx;
use crate::node::io::CommandError;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a node that was added elsewhere may take to show here.
const SHOWN_MAX: Duration = Duration::from_secs(10);

/// What became of a request.
pub(super) enum Forwarded {
    /// It was done elsewhere.
    Done(Answer),
    /// It is to be done here.
    Here(Request),
}

impl Shared {
    /// Has others do what they can do better.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub(super) async fn forward(&self, request: Request) -> Result<Forwarded, CommandError> {
        let hosts = match &request {
            Request::Node(..) | Request::Ask(..) | Request::Kill(_) | Request::Restart(_) => {
                return Ok(Forwarded::Here(request));
            }
            Request::Add(spec) => return self.add_far_node(spec.clone()).await,
            Request::Link(bend) => self.lock().hosts_of_link(bend)?,
            Request::HealAll => self.lock().hosts(),
            Request::Partition(_) | Request::Unite => vec![self.only_lab()?],
            Request::Script(_) => vec![self.lab_with_script()?],
            // Nodes that run alone have no screen of their own to show a note on, and make no
            // payments by themselves: this lab asks them to.
            Request::Note(_) | Request::Traffic(_) => match self.labs() {
                none if none.is_empty() => return Ok(Forwarded::Here(request)),
                labs => labs,
            },
            Request::Keep => return Err("these nodes run elsewhere, and stay".into()),
        };
        // None of these is about a node.
        tell(&hosts, request.of(|_| Ok::<_, CommandError>(None))?).await
    }

    /// Those processes that have a lab.
    fn labs(&self) -> Vec<Arc<Host>> {
        let hosts = self.lock().hosts();
        hosts.into_iter().filter(is_lab).collect()
    }

    /// The lab that all nodes are of: nobody else can cut what is between them at one moment.
    fn only_lab(&self) -> Result<Arc<Host>, CommandError> {
        let mut hosts = self.lock().hosts();
        match (hosts.pop(), hosts.is_empty()) {
            (Some(lab), true) if is_lab(&lab) => Ok(lab),
            _ => Err("these nodes are not of one lab: cut their links one by one".into()),
        }
    }

    /// The lab whose script is meant.
    fn lab_with_script(&self) -> Result<Arc<Host>, CommandError> {
        let mut labs = self.labs();
        match (labs.pop(), labs.is_empty()) {
            (None, _) => Err(no_script()),
            (Some(lab), true) => Ok(lab),
            _ => Err("these nodes are of several labs: lead each script in its own lab".into()),
        }
    }

    async fn add_far_node(&self, spec: Box<NodeSpec>) -> Result<Forwarded, CommandError> {
        let name = spec.name.clone();
        let [lab] = &self.labs()[..] else {
            let words = "a node can be added to a lab; start this one with chainlab node";
            return Err(words.into());
        };
        lab.client()?.request(&Request::Add(spec)).await?;
        let mut changes = self.changes.subscribe();
        let shown = async {
            loop {
                if let Some(ix) = self.lock().position(&name) {
                    return ix;
                }
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let shown = timeout(SHOWN_MAX, shown).await;
        let late = || fault(format!("{name} was added, and does not show"));
        Ok(Forwarded::Done(Answer::Added(shown.map_err(|_| late())?)))
    }
}

/// Tells each of them; what the last says is the answer.
async fn tell(hosts: &[Arc<Host>], request: Request<Named>) -> Result<Forwarded, CommandError> {
    let mut said = String::new();
    for host in hosts {
        said = words(&host.client()?.request(&request).await?);
    }
    Ok(Forwarded::Done(Answer::Done(said)))
}

fn words(done: &Value) -> String {
    done["done"].as_str().unwrap_or_default().to_owned()
}

fn is_lab(host: &Arc<Host>) -> bool {
    let client = host.client();
    client.is_ok_and(|client| client.about().kind == Kind::Lab)
}

/// The processes of these nodes, each once.
pub(super) fn distinct<'a>(nodes: impl Iterator<Item = &'a Node>) -> Vec<Arc<Host>> {
    let mut hosts: Vec<Arc<Host>> = Vec::new();
    for host in nodes.filter_map(|node| node.host.as_ref()) {
        if !hosts.iter().any(|known| Arc::ptr_eq(known, host)) {
            hosts.push(Arc::clone(host));
        }
    }
    hosts
}

impl Model {
    /// All processes, each once.
    fn hosts(&self) -> Vec<Arc<Host>> {
        distinct(self.nodes.iter())
    }

    /// Those that have one end of a link or both.
    fn hosts_of_link(&self, bend: &Bend) -> Result<Vec<Arc<Host>>, CommandError> {
        let names = || self.nodes.iter().map(|node| &*node.name);
        let find = |end: &String| {
            let found = self.named(end);
            found.ok_or_else(|| no_such_node(missing("node", end, names())))
        };
        Ok(distinct([find(&bend.from)?, find(&bend.to)?].into_iter()))
    }

    /// The place of the node of this name.
    pub(super) fn position(&self, name: &str) -> Option<NodeIx> {
        let at = self.nodes.iter().position(|node| &*node.name == name);
        at.map(NodeIx)
    }
}
