//! What a lab shows and does for its control server: for all of its nodes, or for one of them as
//! if it were alone.

use super::Shared;
use super::hand::Hand;
use super::model::{Model, Node};
use super::rounds::Rounds;
use crate::lab::ask::params::{BadParam, bad};
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Known, Named, Request, Scope};
use crate::lab::control::{
    About, Controlled, Edition, Kind, LabStatus, Later, LinkStatus, NodeEvent, NodeStatus, Refusal,
    Subscription, VERSION, WantsMessages,
};
use crate::lab::network;
use crate::live::NodeHandle;
use crate::node::NodeIx;
use crate::node::io::{Command, Question, Reply};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::watch;

/// A lab, or one node of it. Clones are the same door.
#[derive(Clone)]
pub(super) struct LabDoor {
    rounds: Arc<Rounds>,
    scope: Option<NodeIx>,
}

impl Node {
    fn edition(&self, round: u32) -> Edition {
        Edition {
            round,
            life: self.life,
            state: self.state.clone(),
            seen: self.snapshot.as_ref().map(|snapshot| snapshot.at),
        }
    }

    fn status(&self) -> NodeStatus {
        NodeStatus {
            node: self.name.to_string(),
            state: self.state.clone(),
            addr: Some(self.addr),
            snapshot: self.snapshot.clone(),
        }
    }
}

impl LabDoor {
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
        let shared = self.rounds.round();
        let model = shared.lock();
        let nodes = self.nodes(&model).map(|(_, node)| {
            let own = node.handle.as_ref().and_then(Hand::own);
            (node.status(), own)
        });
        nodes.collect()
    }

    fn resolve(&self, request: Request<Named>, shared: &Shared) -> Result<Request, BadParam> {
        let model = shared.lock();
        let Some(scope) = self.scope else {
            return request.resolve(&*model);
        };
        let name = model.node(scope).map_or("", |node| &node.name);
        let request = request.resolve(&Only(name))?.of(|_| Ok(scope))?;
        match &request {
            // A client of this node may not have the keys of others.
            Request::Node(_, Command::ImportWallet { secret, .. })
                if key_holder(secret).is_some_and(|of| {
                    let owner = model.holder(of);
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
                if matches!(request.scope(), Scope::Lab | Scope::Time) && model.nodes.len() > 1 =>
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

    fn nodes<'a>(&self, model: &'a Model) -> impl Iterator<Item = (NodeIx, &'a Node)> + use<'a> {
        let scope = self.scope;
        let nodes = model.nodes.iter().enumerate();
        nodes
            .map(|(ix, node)| (NodeIx(ix), node))
            // Those of other processes have doors there.
            .filter(move |(ix, node)| scope.map_or(node.host.is_none(), |scope| scope == *ix))
    }
}

impl Controlled for LabDoor {
    fn about(&self) -> About {
        let shared = self.rounds.round();
        let model = shared.lock();
        let nodes: Vec<_> = self.nodes(&model).map(|(_, node)| node).collect();
        let (kind, name) = match (self.scope, nodes.first()) {
            (Some(_), Some(node)) => (Kind::Node, node.name.to_string()),
            _ => (Kind::Lab, shared.layout.name.clone()),
        };
        let names = nodes.iter().map(|node| node.name.to_string()).collect();
        About {
            version: VERSION,
            program: concat!("chainlab ", env!("CARGO_PKG_VERSION")).to_owned(),
            kind,
            name,
            network: shared.params.genesis_block().hash().to_string(),
            network_file: network::write(&shared.params),
            fee: shared.layout.chain.proposed_fee(),
            since: shared.since,
            now: shared.clock.now(),
            nodes: names,
            view: shared.layout.view.clone(),
        }
    }

    fn round(&self) -> u32 {
        self.rounds.round().round
    }

    fn status(&self) -> Vec<NodeStatus> {
        let shared = self.rounds.round();
        let model = shared.lock();
        self.nodes(&model).map(|(_, node)| node.status()).collect()
    }

    fn fresh_status(&self) -> Later<'static, Vec<NodeStatus>> {
        let door = self.clone();
        Box::pin(async move {
            let mut all = Vec::new();
            for (mut status, own) in door.status_with_handles() {
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
        let shared = self.rounds.round();
        let model = shared.lock();
        model
            .node(ix)
            .map(|node| (node.edition(shared.round), node.status()))
    }

    fn editions(&self) -> Vec<(NodeIx, Edition)> {
        let shared = self.rounds.round();
        let model = shared.lock();
        let nodes = self.nodes(&model);
        nodes
            .map(|(ix, node)| (ix, node.edition(shared.round)))
            .collect()
    }

    fn lab_status(&self) -> LabStatus {
        let shared = self.rounds.round();
        let model = shared.lock();
        LabStatus {
            caption: model.caption.clone(),
            script: model.script.clone(),
            partition: model.groups_by_name(),
            traffic: model.traffic_view(),
        }
    }

    fn links(&self) -> Vec<LinkStatus> {
        let shared = self.rounds.round();
        let model = shared.lock();
        let (mut names, mut pairs) = (BTreeMap::new(), BTreeSet::new());
        for (_, node) in self.nodes(&model) {
            let seen = node.snapshot.iter().filter(|_| node.state.is_up());
            for peer in seen.flat_map(|snapshot| snapshot.ready_peers()) {
                if let Some(listen) = peer.listen {
                    names.insert(listen, peer.name.as_str());
                    pairs.extend([(node.addr, listen), (listen, node.addr)]);
                }
            }
        }
        names.extend(model.nodes.iter().map(|node| (node.addr, &*node.name)));
        let set = shared.links.all();
        pairs.extend(set.into_iter().map(|(from, to, _)| (from, to)));
        if let Some(own) = self.scope.and_then(|scope| model.node(scope)) {
            pairs.retain(|(from, to)| [*from, *to].contains(&own.addr));
        }
        // Who is not connected any more, because the link is cut, has no name but its address.
        let name = |addr| {
            let name = names.get(&addr).map(|name| (*name).to_owned());
            name.unwrap_or_else(|| addr.to_string())
        };
        pairs.retain(|(from, to)| names.contains_key(from) || names.contains_key(to));
        let links = pairs.into_iter().map(|(from, to)| LinkStatus {
            from: name(from),
            to: name(to),
            conditions: shared.links.get(from, to),
        });
        links.collect()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.rounds.round().changes.subscribe()
    }

    fn events(&self) -> (Subscription, Vec<NodeEvent>) {
        // Under the lock under which events are put down: none is told twice or left out.
        let shared = self.rounds.round();
        let model = shared.lock();
        let receiver = shared.bus.listen();
        let mut events = Vec::new();
        for (_, node) in self.nodes(&model) {
            let name = node.name.to_string();
            events.extend(node.recent.iter().map(|event| NodeEvent {
                node: name.clone(),
                event: Arc::clone(event),
            }));
        }
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
        let shared = self.rounds.round();
        let request = self.resolve(request, &shared);
        let begun = request.map(|request| self.rounds.begin(&shared, request));
        Box::pin(async move {
            let answer = begun.map_err(Refusal::Request)?.await;
            let answer = answer.map_err(Refusal::Failed)?;
            let model = shared.lock();
            let name = |ix: NodeIx| model.node(ix).map_or("", |node| &node.name);
            Ok(answer.shown(name))
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
