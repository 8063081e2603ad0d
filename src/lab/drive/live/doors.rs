//! The doors of a lab: one to the whole, one to each node, and its entry among all that run here.
//!
//! A lab that only shows what runs elsewhere has none: those who want in go there.

use super::door::LabDoor;
use super::home::Home;
use super::round::Round;
use super::rounds::{Course, Rounds};
use crate::lab::LabError;
use crate::lab::control::{Bound, Kind, Server};
use crate::lab::drive::registry::{Entry, NodeEntry, Registered};
use crate::live::files::Dir;
use crate::node::NodeIx;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Any port of this machine, for this machine alone.
pub(in crate::lab) const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The name of the Unix socket to a whole lab. No node has it: names do not begin with a dot.
pub(in crate::lab) const WHOLE: &str = ".lab";

/// Whether and where a lab can be controlled by other programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Not at all.
    Off,
    /// Anywhere on loopback.
    #[default]
    Anywhere,
    /// Here.
    At {
        /// Where.
        addr: SocketAddr,
        /// Other machines may come, too.
        allows_remote: bool,
    },
}

/// The doors, open until this is dropped.
pub(super) struct Doors {
    /// What is behind them.
    rounds: Arc<Rounds>,
    whole: Option<Server>,
    nodes: Vec<(NodeIx, Server)>,
    /// Dropped last: the sockets are in its directory.
    registered: Registered,
}

impl Control {
    /// That nobody from elsewhere can come in by mistake; for whoever wants to know before
    /// anything is started.
    ///
    /// # Errors
    /// [`LabError::Remote`].
    pub fn check(self) -> Result<(), LabError> {
        match self {
            Self::At {
                addr,
                allows_remote: false,
            } if !addr.ip().is_loopback() => Err(LabError::Remote(addr)),
            _ => Ok(()),
        }
    }

    /// Takes the port that was asked for, if one was.
    ///
    /// # Errors
    /// [`LabError::Remote`], [`LabError::Control`].
    pub(in crate::lab) fn bind(self) -> Result<Option<Bound>, LabError> {
        self.check()?;
        let Self::At { addr, .. } = self else {
            return Ok(None);
        };
        let bound = Bound::new(addr);
        let refused = |source| LabError::Control { at: addr, source };
        bound.map(Some).map_err(refused)
    }
}

impl Rounds {
    /// Opens the doors: one to each node, and one to the whole unless the lab is there for a node alone.
    /// `bound` is that to the whole, or to that node, if its port was chosen.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn open_doors(
        self: &Arc<Self>,
        is_whole: bool,
        mut bound: Option<Bound>,
    ) -> Result<(), LabError> {
        let lasting = Arc::clone(&self.round().lasting);
        // Held meanwhile: the directories stay until the doors are put where they can be shut, and no
        // other round begins.
        let home = lasting.home();
        let round = self.round();
        if is_whole && home.is_none() {
            return Ok(());
        }
        let mut doors = Doors {
            rounds: Arc::clone(self),
            whole: None,
            nodes: Vec::new(),
            registered: Registered::new()?,
        };
        if is_whole {
            let door = LabDoor::new(Arc::clone(self));
            let socket = doors.registered.socket(WHOLE);
            doors.whole = Some(round.server(door, &round.dir, bound.take(), socket)?);
        }
        // Those of other processes have doors there.
        let own = round.core().own_nodes();
        for ix in own {
            let server = round.node_server(ix, home.as_ref(), &doors, bound.take())?;
            doors.nodes.push((ix, server));
        }
        doors.registered.write(&round.entry(&doors))?;
        // The lab may have ended meanwhile.
        if *round.course() != Course::Over {
            *round.doors() = Some(doors);
        }
        drop(home);
        round.changed();
        Ok(())
    }
}

impl Round {
    /// Opens the door to a node that has just been added.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn open_node_door(&self, ix: NodeIx) -> Result<(), LabError> {
        let home = self.home();
        // In the next round it is not there.
        if self.course().is_over() {
            return Ok(());
        }
        let mut place = self.doors();
        let Some(doors) = &mut *place else {
            return Ok(());
        };
        let server = self.node_server(ix, home.as_ref(), doors, None)?;
        doors.nodes.push((ix, server));
        doors.registered.write(&self.entry(doors))
    }

    /// Shuts the doors to all nodes from this one on.
    pub(super) fn close_doors_from(&self, first: usize) {
        let mut place = self.doors();
        let nodes = place.as_mut().map(|doors| &mut doors.nodes);
        let closed: Vec<_> = nodes
            .map(|nodes| nodes.extract_if(.., |(ix, _)| ix.0 >= first).collect())
            .unwrap_or_default();
        drop(place);
        drop(closed);
    }

    /// Tells other programs how things are with the doors that are open.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn write_entry(&self) -> Result<(), LabError> {
        let place = self.doors();
        let doors = place.as_ref();
        doors.map_or(Ok(()), |doors| doors.registered.write(&self.entry(doors)))
    }

    /// What other programs are told, once the doors are open.
    pub(super) fn open_entry(&self) -> Option<Entry> {
        self.doors().as_ref().map(|doors| self.entry(doors))
    }

    /// Shuts all doors.
    pub(super) fn close_doors(&self) {
        // Taken out first: what goes with it may want to look here.
        let doors = self.doors().take();
        drop(doors);
    }

    fn node_server(
        &self,
        ix: NodeIx,
        home: Option<&Home>,
        doors: &Doors,
        bound: Option<Bound>,
    ) -> Result<Server, LabError> {
        let name = self.core().name(ix).to_owned();
        let dir = home.map_or_else(|| self.dir.clone(), |home| home.node(&name));
        let socket = doors.registered.socket(&name);
        let door = LabDoor::to_node(Arc::clone(&doors.rounds), ix);
        self.server(door, &dir, bound, socket)
    }

    fn server(
        &self,
        door: LabDoor,
        dir: &Path,
        bound: Option<Bound>,
        socket: Option<PathBuf>,
    ) -> Result<Server, LabError> {
        Dir::make(dir).map_err(LabError::file(dir))?;
        let opened = match bound {
            Some(bound) => Ok(bound),
            None => Bound::new(ANYWHERE),
        };
        let opened = opened.and_then(|bound| {
            Server::open(
                bound.with_socket(socket),
                Arc::new(door),
                dir,
                &self.runtime,
            )
        });
        opened.map_err(LabError::file(dir))
    }

    fn entry(&self, doors: &Doors) -> Entry {
        let core = self.core();
        let nodes = doors.nodes.iter().map(|(ix, server)| NodeEntry {
            name: core.name(*ix).to_owned(),
            door: server.door(),
            socket: server.socket(),
        });
        let nodes: Vec<_> = nodes.collect();
        let (kind, name, server) = match &doors.whole {
            Some(server) => (Kind::Lab, self.layout.name.clone(), server),
            None => {
                let (ix, server) = doors.nodes.first().expect("one node was adopted");
                (Kind::Node, core.name(*ix).to_owned(), server)
            }
        };
        Entry {
            kind,
            name,
            pid: std::process::id(),
            network: self.params.genesis_block().hash().to_string(),
            data_dir: self.dir.clone(),
            door: server.door(),
            socket: server.socket(),
            nodes,
        }
    }

    fn doors(&self) -> std::sync::MutexGuard<'_, Option<Doors>> {
        let doors = self.doors.lock();
        doors.unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
