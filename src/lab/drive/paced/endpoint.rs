//! The one control endpoint of a lab in virtual time: its nodes have none of their own, for none of them
//! can wait for a program while the others go on.

use super::PacedLab;
use super::pace::{Asker, Pace, status};
use crate::lab::ask::params::BadParam;
use crate::lab::ask::{Named, Request};
use crate::lab::control::{
    About, Bound, Controlled, Edition, Kind, Later, NodeEvent, Refusal, Server, Subscription,
    VERSION, WantsMessages,
};
use crate::lab::drive::LabError;
use crate::lab::drive::directories::private::Scratch;
use crate::lab::drive::live::{ANYWHERE, Control, WHOLE};
use crate::lab::drive::registry::{Entry, Registered};
use crate::lab::paper::network;
use crate::lab::view::{LabStatus, LinkStatus, NodeStatus};
use crate::lab::view::{LabView, LinkView};
use crate::node::{NodeIx, Time};
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// What names of directories of labs in virtual time begin with.
const PREFIX: &str = "virtual-";

/// Where the endpoint is to be; none: it cannot be controlled.
pub(super) struct Place(Option<(Option<Bound>, Scratch)>);

/// The endpoint, open until this is dropped.
pub(super) struct Opened {
    pub(super) entry: Entry,
    /// Dropped in this order: the sockets are in the directory of what is registered.
    _server: Server,
    _registered: Registered,
    _dir: Scratch,
}

/// Takes the port that was asked for, and makes a directory for the cookie.
///
/// # Errors
/// [`LabError`].
pub(super) fn place(control: Control) -> Result<Place, LabError> {
    let bound = control.bind()?;
    if control == Control::Off {
        return Ok(Place(None));
    }
    Ok(Place(Some((bound, Scratch::new(PREFIX)?))))
}

impl Place {
    /// Where the cookie is; nowhere: empty.
    pub(super) fn dir(&self) -> PathBuf {
        let dir = self.0.as_ref().map(|(_, dir)| dir.path().to_owned());
        dir.unwrap_or_default()
    }
}

impl PacedLab {
    /// Opens the endpoint in the background: the first frame does not wait for it.
    pub(super) fn open(self: &Arc<Self>, place: Place) {
        let Place(Some((bound, dir))) = place else {
            return;
        };
        let lab = Arc::clone(self);
        self.runtime.spawn_blocking(move || {
            if let Err(error) = lab.try_to_open(bound, dir) {
                tracing::warn!("other programs cannot control this lab: {error}");
            }
        });
    }

    fn try_to_open(self: &Arc<Self>, bound: Option<Bound>, dir: Scratch) -> Result<(), LabError> {
        let about = self.about();
        let registered = Registered::new()?;
        let failed = LabError::file(dir.path());
        let opened = match bound {
            Some(bound) => Ok(bound),
            None => Bound::new(ANYWHERE),
        };
        let door: Arc<dyn Controlled> = Arc::clone(self) as Arc<_>;
        let socket = registered.socket(WHOLE);
        let opened = opened.and_then(|bound| {
            Server::open(bound.with_socket(socket), door, dir.path(), &self.runtime)
        });
        let server = opened.map_err(failed)?;
        let entry = Entry {
            kind: Kind::Lab,
            name: about.name,
            pid: std::process::id(),
            network: about.network,
            data_dir: dir.path().to_owned(),
            door: server.door(),
            socket: server.socket(),
            nodes: Vec::new(),
        };
        registered.write(&entry)?;
        let mut place = self.opened();
        // The lab may have ended meanwhile, and then shuts nothing any more.
        if self.with(|_| ()).is_some() {
            *place = Some(Opened {
                entry,
                _server: server,
                _registered: registered,
                _dir: dir,
            });
        }
        drop(place);
        self.common.changed();
        Ok(())
    }

    /// Shuts the endpoint.
    pub(super) fn shut(&self) {
        // Taken out first: what goes with it may want to look here.
        let opened = self.opened().take();
        drop(opened);
    }

    pub(super) fn opened(&self) -> MutexGuard<'_, Option<Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lab as it is, or was at its end.
    fn seen(&self) -> LabView {
        use crate::lab::drive::Backend;
        self.view()
    }
}

impl Controlled for PacedLab {
    fn about(&self) -> About {
        let network = self.with(|pace| {
            let params = pace.lab.sim().params();
            (
                params.genesis_block().hash().to_string(),
                network::write(params),
            )
        });
        let (network, network_file) = network.unwrap_or_default();
        let view = self.seen();
        About {
            version: VERSION,
            program: concat!("chainlab ", env!("CARGO_PKG_VERSION")).to_owned(),
            kind: Kind::Lab,
            name: self.layout.name.clone(),
            network,
            network_file,
            fee: view.fee,
            since: view.since,
            now: view.now,
            nodes: names(&view),
            view: self.layout.view.clone(),
        }
    }

    fn round(&self) -> u32 {
        self.with(|pace| pace.round()).unwrap_or_default()
    }

    fn status(&self) -> Vec<NodeStatus> {
        self.seen().nodes.iter().map(status).collect()
    }

    fn fresh_status(&self) -> Later<'static, Vec<NodeStatus>> {
        let all = self.status();
        Box::pin(async move { all })
    }

    fn status_of(&self, ix: NodeIx) -> Option<(Edition, NodeStatus)> {
        self.with(move |pace| pace.status_of(ix)).flatten()
    }

    fn editions(&self) -> Vec<(NodeIx, Edition)> {
        self.with(Pace::editions).unwrap_or_default()
    }

    fn lab_status(&self) -> LabStatus {
        let view = self.seen();
        let group = |group: &Vec<NodeIx>| {
            let nodes = group.iter().filter_map(|ix| view.node(*ix));
            nodes.map(|node| node.name.to_string()).collect()
        };
        let groups = view.partition.as_ref();
        LabStatus {
            partition: groups.map(|groups| groups.iter().map(group).collect()),
            caption: view.caption,
            script: view.script,
            traffic: view.traffic,
        }
    }

    fn links(&self) -> Vec<LinkStatus> {
        let view = self.seen();
        let names = names(&view);
        let both = |link: &LinkView| {
            let (one, other) = link.ends;
            let way = |from: NodeIx, to: NodeIx| LinkStatus {
                from: names[from.0].clone(),
                to: names[to.0].clone(),
                conditions: *link.from(from),
            };
            [way(one, other), way(other, one)]
        };
        view.links.iter().flat_map(both).collect()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.common.changes.subscribe()
    }

    fn events(&self) -> (Subscription, Vec<NodeEvent>) {
        let common = Arc::clone(&self.common);
        // In the thread that tells: none is told twice or left out.
        let events = self.with(move |pace| {
            let mut events = Vec::new();
            for (ix, recent) in (0..).map(NodeIx).zip(&pace.recent) {
                events.extend(recent.iter().map(|event| NodeEvent {
                    node: pace.lab.core().name(ix).to_owned(),
                    event: Arc::clone(event),
                }));
            }
            events.sort_by_key(|event: &NodeEvent| -> Time { event.event.at });
            (common.bus.listen(), events)
        });
        events.unwrap_or_else(|| (self.common.bus.listen(), Vec::new()))
    }

    fn shows(&self, _: NodeIx) -> bool {
        true
    }

    fn want_messages(&self) -> WantsMessages {
        self.common.bus.want_messages()
    }

    fn serve(&self, request: Request<Named>) -> Later<'static, Result<serde_json::Value, Refusal>> {
        let (told, answer) = oneshot::channel();
        let begun = self.with(move |pace| -> Result<(), BadParam> {
            let request = request.resolve(pace.lab.core())?;
            pace.request(Asker::Program(told), request);
            Ok(())
        });
        let common = Arc::clone(&self.common);
        Box::pin(async move {
            match begun {
                None => Err(Refusal::Failed(common.over())),
                Some(Err(bad)) => Err(Refusal::Request(bad)),
                Some(Ok(())) => match answer.await {
                    Ok(answer) => answer.map_err(Refusal::Failed),
                    Err(_) => Err(Refusal::Failed(common.over())),
                },
            }
        })
    }
}

fn names(view: &LabView) -> Vec<String> {
    let names = view.nodes.iter().map(|node| node.name.to_string());
    names.collect()
}
