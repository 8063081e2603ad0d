//! Who runs here: every lab and every node that can be controlled puts down where, so that people need
//! type no addresses.
//!
//! ```text
//! RUNTIME/run-PID-.../lock         held while the process lives
//! RUNTIME/run-PID-.../entry.json   an `Entry`
//! RUNTIME/run-PID-.../NAME.sock    the Unix sockets
//! ```
//!
//! RUNTIME is `$XDG_RUNTIME_DIR/chainlab`, or a private directory under the temporary one. What a
//! dead process left is removed by the next process that looks.

use super::LabError;
use super::directories::{places, private};
use crate::lab::control::{Endpoint, EndpointAddr, EndpointKind};
use crate::live::files::{Dir, Lock};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

const PREFIX: &str = "run-";
const FILE: &str = "entry.json";
const NEW_FILE: &str = "entry.json.new";

/// The longest entry that is read, in bytes: ten times that of a lab of 128 nodes.
const BYTES_MAX: usize = 1_000_000;

/// The longest path of a Unix socket that every system takes, in bytes.
const SOCKET_PATH_MAX: usize = 100;

/// A lab or a node that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is.
    pub kind: EndpointKind,
    /// What people call it.
    pub name: String,
    /// Its process.
    pub pid: u32,
    /// The hash of the genesis block.
    pub network: String,
    /// Where its data is.
    pub data_dir: PathBuf,
    /// Where it can be controlled, over TCP.
    #[serde(rename = "door")]
    pub endpoint: Endpoint,
    /// The same as a Unix socket.
    pub socket: Option<PathBuf>,
    /// Its nodes, each with an endpoint of its own.
    pub nodes: Vec<NodeEntry>,
}

/// An endpoint of something that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listed<'a> {
    /// What is behind it.
    pub kind: EndpointKind,
    /// What people call that.
    pub name: &'a str,
    /// The endpoint, over TCP.
    pub endpoint: &'a Endpoint,
    /// The same as a Unix socket.
    pub socket: Option<&'a Path>,
}

/// A node that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeEntry {
    /// Its name.
    pub name: String,
    /// Where it alone can be controlled, over TCP.
    #[serde(rename = "door")]
    pub endpoint: Endpoint,
    /// The same as a Unix socket.
    pub socket: Option<PathBuf>,
}

impl Entry {
    /// Every endpoint that is there, once: that of a single node is the endpoint of its only node.
    pub fn endpoints(&self) -> impl Iterator<Item = Listed<'_>> {
        let whole = (self.kind == EndpointKind::Lab).then_some(Listed {
            kind: EndpointKind::Lab,
            name: &self.name,
            endpoint: &self.endpoint,
            socket: self.socket.as_deref(),
        });
        let nodes = self.nodes.iter().map(|node| Listed {
            kind: EndpointKind::Node,
            name: &node.name,
            endpoint: &node.endpoint,
            socket: node.socket.as_deref(),
        });
        whole.into_iter().chain(nodes)
    }
}

impl Listed<'_> {
    /// Whether this is where it is.
    pub fn is_at(&self, place: &EndpointAddr) -> bool {
        match place {
            EndpointAddr::Tcp(_) => self.endpoint.at == *place,
            EndpointAddr::Unix(path) => self.socket == Some(path),
        }
    }
}

/// All that run, in the order in which their directories are named.
///
/// # Errors
/// [`LabError`]: the directory is not this user's alone.
pub fn running() -> Result<Vec<Entry>, LabError> {
    Ok(running_in(&parent()?))
}

fn running_in(parent: &Path) -> Vec<Entry> {
    let living = private::living(parent, PREFIX).into_iter();
    // One that is just about to start or to end has no entry.
    let entries = living.filter_map(|dir| {
        let text = dir.read(FILE, BYTES_MAX).ok()?;
        serde_json::from_slice(&text).ok()
    });
    entries.collect()
}

fn parent() -> Result<PathBuf, LabError> {
    let Some(dir) = places::runtime() else {
        return private::parent_in(&std::env::temp_dir());
    };
    // After su, or in a container, it may not be there.
    let made = Dir::make(&dir).map_err(LabError::file(&dir));
    match made.and_then(|_| private::check_ours(&dir)) {
        Ok(()) => Ok(dir),
        Err(_) => private::parent_in(&std::env::temp_dir()),
    }
}

/// This process's place among those that run; given up when this is dropped.
pub(in crate::lab) struct Registered {
    dir: PathBuf,
    _lock: Lock,
}

impl Registered {
    /// Takes a place, where nothing stands yet.
    ///
    /// # Errors
    /// [`LabError`].
    pub(in crate::lab) fn new() -> Result<Self, LabError> {
        let (dir, lock) = private::claim(&parent()?, PREFIX)?;
        Ok(Self { dir, _lock: lock })
    }

    /// Where a Unix socket of this name goes; `None`: the path would be too long for one.
    pub(in crate::lab) fn socket(&self, name: &str) -> Option<PathBuf> {
        let path = self.dir.join(format!("{name}.sock"));
        (path.as_os_str().len() <= SOCKET_PATH_MAX).then_some(path)
    }

    /// Puts down what is here.
    ///
    /// # Errors
    /// [`LabError`].
    pub(in crate::lab) fn write(&self, entry: &Entry) -> Result<(), LabError> {
        // A path may have bytes that are no text.
        let text = serde_json::to_vec_pretty(entry).map_err(io::Error::from);
        let written = text.and_then(|text| Dir::open(&self.dir)?.replace(FILE, NEW_FILE, &text));
        written.map_err(LabError::file(&self.dir.join(FILE)))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        // What stays is swept by the next one.
        let _ = private::remove(&self.dir);
    }
}
