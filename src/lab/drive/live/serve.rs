//! Opens and shuts the control endpoints of a lab: one to the whole, one to each node, and its entry
//! among all that run here.
//!
//! A lab that only shows what runs elsewhere has none: those who want in go there.

use super::controlled::LabEndpoint;
use super::course::Course;
use super::endpoints::Endpoints;
use super::home::Home;
use super::round::Round;
use super::rounds::Rounds;
use crate::lab::control::{Bound, EndpointKind, Server};
use crate::lab::drive::LabError;
use crate::lab::drive::endpoint::{self, WHOLE};
use crate::lab::drive::registry::{Entry, NodeEntry, Registered};
use crate::node::NodeIx;
use std::sync::Arc;

impl Rounds {
    /// Opens the endpoints: one to each node, and one to the whole unless the lab is there for a node alone.
    /// `bound` is that to the whole, or to that node, if its port was chosen.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn open_endpoints(
        self: &Arc<Self>,
        is_whole: bool,
        mut bound: Option<Bound>,
    ) -> Result<(), LabError> {
        let lasting = Arc::clone(&self.round().lasting);
        // Held meanwhile: the directories stay until the endpoints are put where they can be shut, and no
        // other round begins.
        let home = lasting.home();
        let round = self.round();
        if is_whole && home.is_none() {
            return Ok(());
        }
        let mut endpoints = Endpoints {
            of_node: {
                let rounds = Arc::clone(self);
                Box::new(move |ix| Arc::new(LabEndpoint::to_node(Arc::clone(&rounds), ix)))
            },
            whole: None,
            nodes: Vec::new(),
            registered: Registered::new()?,
        };
        if is_whole {
            let controlled = Arc::new(LabEndpoint::new(Arc::clone(self)));
            let (bound, socket) = (bound.take(), endpoints.registered.socket(WHOLE));
            let server = endpoint::open(controlled, bound, &round.dir, socket, &round.runtime)?;
            endpoints.whole = Some(server);
        }
        // Nodes of other processes have endpoints there.
        let own = round.core().own_nodes();
        for ix in own {
            let server = round.node_server(ix, home.as_ref(), &endpoints, bound.take())?;
            endpoints.nodes.push((ix, server));
        }
        endpoints.registered.write(&round.entry(&endpoints))?;
        // The lab may have ended meanwhile.
        if *round.course() != Course::Over {
            *round.endpoints() = Some(endpoints);
        }
        drop(home);
        round.changed();
        Ok(())
    }
}

impl Round {
    /// Opens the endpoint to a node that has just been added.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn open_node_endpoint(&self, ix: NodeIx) -> Result<(), LabError> {
        let home = self.home();
        // In the next round it is not there.
        if self.course().is_over() {
            return Ok(());
        }
        let mut place = self.endpoints();
        let Some(endpoints) = &mut *place else {
            return Ok(());
        };
        let server = self.node_server(ix, home.as_ref(), endpoints, None)?;
        endpoints.nodes.push((ix, server));
        endpoints.registered.write(&self.entry(endpoints))
    }

    /// Shuts the endpoints to all nodes from this one on.
    pub(super) fn close_endpoints_from(&self, first: usize) {
        let mut place = self.endpoints();
        let nodes = place.as_mut().map(|endpoints| &mut endpoints.nodes);
        let closed: Vec<_> = nodes
            .map(|nodes| nodes.extract_if(.., |(ix, _)| ix.0 >= first).collect())
            .unwrap_or_default();
        drop(place);
        drop(closed);
    }

    /// Tells other programs how things are with the endpoints that are open.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn write_entry(&self) -> Result<(), LabError> {
        let place = self.endpoints();
        let endpoints = place.as_ref();
        endpoints.map_or(Ok(()), |endpoints| {
            endpoints.registered.write(&self.entry(endpoints))
        })
    }

    /// What other programs are told, once the endpoints are open.
    pub(super) fn open_entry(&self) -> Option<Entry> {
        self.endpoints()
            .as_ref()
            .map(|endpoints| self.entry(endpoints))
    }

    /// Shuts all endpoints.
    pub(super) fn close_endpoints(&self) {
        // Taken out first: what goes with it may want to look here.
        let endpoints = self.endpoints().take();
        drop(endpoints);
    }

    fn node_server(
        &self,
        ix: NodeIx,
        home: Option<&Home>,
        endpoints: &Endpoints,
        bound: Option<Bound>,
    ) -> Result<Server, LabError> {
        let name = self.core().name(ix).to_owned();
        let dir = home.map_or_else(|| self.dir.clone(), |home| home.node(&name));
        let socket = endpoints.registered.socket(&name);
        let controlled = (endpoints.of_node)(ix);
        endpoint::open(controlled, bound, &dir, socket, &self.runtime)
    }

    fn entry(&self, endpoints: &Endpoints) -> Entry {
        let core = self.core();
        let nodes = endpoints.nodes.iter().map(|(ix, server)| NodeEntry {
            name: core.name(*ix).to_owned(),
            endpoint: server.endpoint(),
            socket: server.socket(),
        });
        let nodes: Vec<_> = nodes.collect();
        let (kind, name, server) = match &endpoints.whole {
            Some(server) => (EndpointKind::Lab, self.layout.name.clone(), server),
            None => {
                let (ix, server) = endpoints.nodes.first().expect("one node was adopted");
                (EndpointKind::Node, core.name(*ix).to_owned(), server)
            }
        };
        Entry {
            nodes,
            ..endpoint::entry(server, kind, name, &self.params, self.dir.clone())
        }
    }

    fn endpoints(&self) -> std::sync::MutexGuard<'_, Option<Endpoints>> {
        let endpoints = self.endpoints.lock();
        endpoints.unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
