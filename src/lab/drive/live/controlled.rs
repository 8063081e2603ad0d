//! What a lab shows and does for its control server: for all of its nodes, or for one of them as
//! if it were alone.

use super::round::Round;
use super::rounds::Rounds;
use crate::lab::ask::params::{BadParam, bad};
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Known, Named, Request, Scope};
use crate::lab::control::{
    About, Controlled, Edition, EndpointKind, Later, NodeEvent, Refusal, Subscription,
    WantsMessages,
};
use crate::lab::core::{Core, LinkEnd, Node};
use crate::lab::drive::endpoint;
use crate::lab::view::{LabStatus, LinkStatus, NodeStatus};
use crate::live::NodeHandle;
use crate::node::NodeIx;
use crate::node::io::{Command, Question, Reply};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::watch;

/// A lab, or one node of it. Clones are the same endpoint.
#[derive(Clone)]
pub(super) struct LabEndpoint {
    rounds: Arc<Rounds>,
    scope: Option<NodeIx>,
}

fn edition(node: &Node, round: u32) -> Edition {
    Edition {
        round,
        life: node.life(),
        state: node.state().clone(),
        seen: node.shown().map(|snapshot| snapshot.at),
    }
}

impl LabEndpoint {
    /// To all nodes.
    pub(super) fn new(rounds: Arc<Rounds>) -> Self {
        Self {
            rounds,
            scope: None,
        }
    }

    /// To one node.
    pub(super) fn to_node(rounds: Arc<Rounds>, ix: NodeIx) -> Self {
        Self {
            rounds,
            scope: Some(ix),
        }
    }

    fn status_with_handles(&self) -> Vec<(NodeStatus, Option<Arc<NodeHandle>>)> {
        let round = self.rounds.round();
        let all: Vec<_> = {
            let core = round.core();
            let nodes = self.nodes(&core);
            nodes.map(|(ix, node)| (ix, node.status())).collect()
        };
        let running = round.lanes();
        let handle = |ix: NodeIx| {
            running
                .nodes
                .get(&ix)
                .map(|running| Arc::clone(&running.handle))
        };
        let with = all.into_iter().map(|(ix, status)| (status, handle(ix)));
        with.collect()
    }

    fn resolve(&self, request: Request<Named>, round: &Round) -> Result<Request, BadParam> {
        let core = round.core();
        let Some(scope) = self.scope else {
            return request.resolve(&*core);
        };
        let name = core.name(scope);
        let request = request.resolve(&Only(name))?.of(|_| Ok(scope))?;
        match &request {
            // A client of this node may not have the keys of others.
            Request::Node(_, Command::ImportWallet { secret, .. })
                if key_holder(secret).is_some_and(|of| {
                    let owner = core.holder(of);
                    owner.is_some_and(|owner| owner != scope)
                }) =>
            {
                let words = format!("this is the door of {name}, and the wallet is another's");
                Err(bad("secret", words))
            }
            Request::Add(_) => {
                let words = "a node is added at the door of a lab, and this is the door of";
                Err(bad("name", format!("{words} {name}")))
            }
            // One that is alone has no links but its own.
            request
                if matches!(request.scope(), Scope::Lab | Scope::Time)
                    && core.nodes().len() > 1 =>
            {
                let words = format!("this is the door of {name}, and that is for the whole lab");
                Err(bad("node", words))
            }
            Request::Link(bend) if bend.from != name && bend.to != name => {
                let words = format!("this is the door of {name}, and the link is another's");
                Err(bad("from", words))
            }
            _ => Ok(request),
        }
    }

    fn nodes<'a>(&self, core: &'a Core) -> impl Iterator<Item = (NodeIx, &'a Node)> + use<'a> {
        let scope = self.scope;
        let nodes = (0..).map(NodeIx).zip(core.nodes());
        // Nodes of other processes have endpoints there.
        nodes.filter(move |(ix, node)| scope.map_or(node.host().is_none(), |scope| scope == *ix))
    }
}

impl Controlled for LabEndpoint {
    fn about(&self) -> About {
        let round = self.rounds.round();
        let core = round.core();
        let nodes: Vec<_> = self.nodes(&core).map(|(_, node)| node).collect();
        let whole = endpoint::about(&core, &round.params, round.clock.now());
        let (kind, name) = match (self.scope, nodes.first()) {
            (Some(_), Some(node)) => (EndpointKind::Node, node.name().to_string()),
            _ => (whole.kind, whole.name),
        };
        About {
            kind,
            name,
            nodes: nodes.iter().map(|node| node.name().to_string()).collect(),
            ..whole
        }
    }

    fn round(&self) -> u32 {
        self.rounds.round().number
    }

    fn status(&self) -> Vec<NodeStatus> {
        let round = self.rounds.round();
        let core = round.core();
        self.nodes(&core).map(|(_, node)| node.status()).collect()
    }

    fn fresh_status(&self) -> Later<'static, Vec<NodeStatus>> {
        let endpoint = self.clone();
        Box::pin(async move {
            let mut all = Vec::new();
            for (mut status, own) in endpoint.status_with_handles() {
                if let Some(handle) = own
                    && let Ok(Reply::Snapshot(now)) = handle.ask(Question::Snapshot).await
                {
                    status.snapshot = Some(now.into());
                }
                all.push(status);
            }
            all
        })
    }

    fn status_of(&self, ix: NodeIx) -> Option<(Edition, NodeStatus)> {
        let round = self.rounds.round();
        let core = round.core();
        let node = core.nodes().get(ix.0)?;
        Some((edition(node, round.number), node.status()))
    }

    fn editions(&self) -> Vec<(NodeIx, Edition)> {
        let round = self.rounds.round();
        let core = round.core();
        let nodes = self.nodes(&core);
        nodes
            .map(|(ix, node)| (ix, edition(node, round.number)))
            .collect()
    }

    fn lab_status(&self) -> LabStatus {
        self.rounds.round().core().status()
    }

    fn links(&self) -> Vec<LinkStatus> {
        let round = self.rounds.round();
        let core = round.core();
        let (mut names, mut ways) = (BTreeMap::new(), BTreeSet::new());
        for (ix, node) in self.nodes(&core) {
            let own = LinkEnd::Node(ix);
            let seen = node.shown().filter(|_| node.state().is_up());
            for peer in seen.into_iter().flat_map(|seen| seen.ready_peers()) {
                if let Some(listen) = peer.listen {
                    names.insert(listen, peer.name.as_str());
                    let end = core.end_at(listen);
                    ways.extend([(own, end), (end, own)]);
                }
            }
        }
        ways.extend(core.ways_set().map(|(from, to, _)| (from, to)));
        if let Some(own) = self.scope.map(LinkEnd::Node) {
            ways.retain(|(from, to)| [*from, *to].contains(&own));
        }
        // What is not connected any more, because the link is cut, has no name but its address.
        let name = |end| match end {
            LinkEnd::Node(ix) => core.name(ix).to_owned(),
            LinkEnd::Addr(addr) => {
                let name = names.get(&addr).map(|name| (*name).to_owned());
                name.unwrap_or_else(|| addr.to_string())
            }
        };
        let is_node = |end: &LinkEnd| matches!(end, LinkEnd::Node(_));
        ways.retain(|(from, to)| is_node(from) || is_node(to));
        let links = ways.into_iter().map(|(from, to)| LinkStatus {
            from: name(from),
            to: name(to),
            conditions: core.conditions(from, to),
        });
        links.collect()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.rounds.round().changes.subscribe()
    }

    fn events(&self) -> (Subscription, Vec<NodeEvent>) {
        let round = self.rounds.round();
        // Under the lock under which events are told: none is told twice or left out.
        let (receiver, recent) = {
            let recent = round.recent();
            let copied = recent
                .iter()
                .map(|(ix, of)| (*ix, of.iter().cloned().collect::<Vec<_>>()));
            (round.bus.listen(), copied.collect::<Vec<_>>())
        };
        let core = round.core();
        let shown: BTreeSet<_> = self.nodes(&core).map(|(ix, _)| ix).collect();
        let mut events = Vec::new();
        for (ix, of) in recent.into_iter().filter(|(ix, _)| shown.contains(ix)) {
            let name = core.name(ix);
            events.extend(of.into_iter().map(|event| NodeEvent {
                node: name.to_owned(),
                event,
            }));
        }
        drop(core);
        events.sort_by_key(|event| event.event.at);
        (receiver, events)
    }

    fn shows(&self, ix: NodeIx) -> bool {
        self.scope.is_none_or(|scope| scope == ix)
    }

    fn want_messages(&self) -> WantsMessages {
        self.rounds.round().bus.want_messages()
    }

    fn serve(&self, request: Request<Named>) -> Later<'static, Result<Value, Refusal>> {
        let round = self.rounds.round();
        let request = self.resolve(request, &round);
        let begun = request.map(|request| self.rounds.begin(&round, request));
        Box::pin(async move {
            let answer = begun.map_err(Refusal::Request)?.await;
            let answer = answer.map_err(Refusal::Failed)?;
            let core = round.core();
            Ok(answer.shown(|ix| core.name(ix)))
        })
    }
}

/// A lab in which there is one node.
struct Only<'a>(&'a str);

impl Known for Only<'_> {
    fn node_names(&self) -> Vec<&str> {
        vec![self.0]
    }

    fn holder(&self, _: &str) -> Option<NodeIx> {
        None
    }
}
