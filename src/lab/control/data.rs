//! What goes over the wire of the control protocol, besides requests and their answers.

use crate::chain::Amount;
use crate::lab::spec::ViewSpec;
use crate::lab::view::{LabStatus, NodeStatus, TimeNews};
use crate::node::Time;
use crate::node::io::Event;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The newest version of the protocol. Fields and methods may be added to it; anything else makes another.
pub const VERSION: u32 = 2;

/// The oldest that is spoken, where time goes on by itself: what was told there stays true.
pub const VERSION_BEFORE: u32 = 1;

/// What is behind an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointKind {
    /// A lab, with all of its nodes.
    #[default]
    Lab,
    /// One node.
    Node,
}

/// The answer to `hello`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// See [`VERSION`].
    pub version: u32,
    /// The program and its version.
    pub program: String,
    /// What is behind the endpoint.
    pub kind: EndpointKind,
    /// What people call it.
    pub name: String,
    /// The hash of the genesis block, which names the network.
    pub network: String,
    /// The network, as `chainlab node --network` reads it.
    pub network_file: String,
    /// The fee that is proposed here.
    pub fee: Amount,
    /// When it began, on its clock.
    pub since: Time,
    /// What time it is there.
    pub now: Time,
    /// The nodes.
    pub nodes: Vec<String>,
    /// What a screen shows first.
    pub view: ViewSpec,
}

/// Something that happened to a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeEvent {
    /// Its name.
    pub node: String,
    /// What happened, and when.
    #[serde(flatten)]
    pub event: Arc<Event>,
}

/// What a subscriber wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which events.
    pub events: EventWish,
    /// The least time between two looks at the nodes.
    pub interval: Duration,
    /// Time is to wait for this subscriber.
    pub waits: bool,
}

/// Which events a subscriber wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventWish {
    /// None.
    None,
    /// All but messages; of those only the ones that bring a block.
    News,
    /// All.
    All,
}

impl EventWish {
    /// By name.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("none", Self::None),
        ("news", Self::News),
        ("all", Self::All),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        let mut names = Self::NAMES.into_iter();
        names
            .find(|(_, wish)| *wish == self)
            .map_or("", |(name, _)| name)
    }
}

impl Default for Wish {
    /// What a screen wants.
    fn default() -> Self {
        Self {
            events: EventWish::News,
            interval: Duration::from_millis(33),
            waits: false,
        }
    }
}

/// The answer to `subscribe`: how things are, and what happened last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// All nodes.
    pub nodes: Vec<NodeStatus>,
    /// The last events, oldest first, as far as they are remembered and wanted.
    pub events: Vec<NodeEvent>,
    /// The whole.
    pub lab: LabStatus,
    /// How time goes; left out: by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeNews>,
}

/// What a subscriber is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A node looks different now.
    Node(Box<NodeStatus>),
    /// Something happened to a node.
    Event(NodeEvent),
    /// The whole looks different now.
    Lab(LabStatus),
    /// Time goes otherwise.
    Time(Box<TimeNews>),
    /// Time went back: all is like this now, and what was told of later does not hold any more.
    Opening(Box<Opening>),
    /// So many events were left out, because they were not read fast enough.
    Missed(u64),
}

/// Where a lab or a node can be controlled, and the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Where.
    pub at: EndpointAddr,
    /// With what.
    pub cookie: Cookie,
}

/// Where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointAddr {
    /// A TCP port.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

/// The password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cookie {
    /// In this file.
    File(PathBuf),
    /// This.
    Text(String),
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(..)"),
        }
    }
}

impl fmt::Display for EndpointAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(addr) => addr.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

impl FromStr for EndpointAddr {
    type Err = String;

    /// `HOST:PORT` of an IP address, or a path with a `/` in it.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            return Ok(Self::Unix(PathBuf::from(text)));
        }
        let text = text.replace("localhost:", "127.0.0.1:");
        let addr = text.parse().map_err(|_| {
            format!("{text:?} is no address: write HOST:PORT, as in 127.0.0.1:7000, or a path")
        })?;
        Ok(Self::Tcp(addr))
    }
}
