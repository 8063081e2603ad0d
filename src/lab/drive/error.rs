//! Why a lab does not start, or does not end as it should.

use crate::bitcoin::start::PlanError;
use crate::lab::control::{ClientError, EndpointAddr};
use crate::lab::paper::document::FileError;
use crate::live::program::FindError;
use crate::live::proxy::ProxyError;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Why a lab does not start, or does not end as it should.
#[derive(Debug, Error)]
pub enum LabError {
    /// A file or a directory cannot be made, read, or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another lab runs on the directory.
    #[error("{}: a lab runs here already", .0.display())]
    InUse(PathBuf),
    /// The directory holds something else.
    #[error(
        "{}: not empty, and no lab: {entry:?} is there; name a new directory or an empty one",
        dir.display()
    )]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// The first thing that is none of a lab's.
        entry: String,
    },
    /// The directory for temporary labs is another user's.
    #[error("{}: not a directory of this user alone: remove it, or set TMPDIR", .0.display())]
    NotOurs(PathBuf),
    /// The directory belongs to another user of the machine.
    #[error("{}: another user's directory", .0.display())]
    AnotherUsers(PathBuf),
    /// What a lab left to be read again makes no sense.
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The layout that a lab was made of cannot be read any more.
    #[error("{}: the lab's layout: {source}", path.display())]
    Layout {
        /// The file that has its text.
        path: PathBuf,
        /// What is wrong.
        source: FileError,
    },
    /// The chain of the layout begins later than the lab could.
    #[error(transparent)]
    Begins(FileError),
    /// Something was asked for that only a new lab can have.
    #[error("{}: the lab in it has its own {what}, which was decided when it was made", dir.display())]
    Decided {
        /// The directory.
        dir: PathBuf,
        /// What was asked for.
        what: &'static str,
    },
    /// A port that a node insists on is taken.
    #[error("node {node}: port {port}: {source}")]
    Port {
        /// The node.
        node: String,
        /// The port; 0: any.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// Another address than this machine's own was asked for without saying that this is meant.
    #[error(
        "control: {0} can be reached from other machines, by whoever has the cookie: \
         --control-allow-remote says that this is meant"
    )]
    Remote(SocketAddr),
    /// The control port cannot be opened.
    #[error("control: {at}: {source}")]
    Control {
        /// Where it was to be.
        at: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A lab or a node that runs elsewhere cannot be attached to.
    #[error(transparent)]
    Attach(#[from] ClientError),
    /// What it says about itself makes no sense.
    #[error("{at}: {problem}")]
    Strange {
        /// Where it is.
        at: EndpointAddr,
        /// What is wrong.
        problem: String,
    },
    /// What runs on a clock was to be shown in a lab in virtual time.
    #[error("real nodes cannot wait, and a lab in virtual time does: it is shown alone")]
    CannotWait,
    /// A layout starts programs of others, and that was not allowed.
    #[error("programs of others would be started, for {}: --allow-programs says that they may be", .0.join(", "))]
    ProgramsRefused(Vec<String>),
    /// It was asked for, and the answer was no.
    #[error("no program was started, as that was not wanted: there is no lab without them")]
    ProgramsDeclined,
    /// A program is not there.
    #[error("node {node}: {source}")]
    NoProgram {
        /// The node.
        node: String,
        /// Which, and how to get it.
        source: Box<FindError>,
    },
    /// A program cannot be started as it would have to be.
    #[error("node {node}: {source}")]
    NoPlan {
        /// The node.
        node: String,
        /// Why not.
        source: PlanError,
    },
    /// Programs that were found do not make one network.
    #[error("nodes {nodes}: {problem}")]
    NoNetwork {
        /// The nodes.
        nodes: String,
        /// Why not.
        problem: String,
    },
    /// What lies between two programs cannot be started.
    #[error("the link {link}: {source}")]
    Proxy {
        /// From where to where.
        link: String,
        /// Why not.
        source: ProxyError,
    },
    /// The layout cannot be.
    #[error("layout {layout}: {problem}")]
    Unsound {
        /// Which.
        layout: String,
        /// What is wrong.
        problem: String,
    },
    /// Nodes have not ended after so long.
    #[error("waited {} s in vain for nodes to end: {}", waited.as_secs(), nodes.join(", "))]
    NotClosed {
        /// Which, and what they are doing.
        nodes: Vec<String>,
        /// How long they were waited for.
        waited: Duration,
    },
    /// The system has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(io::Error),
}

impl LabError {
    /// Whether it is about what was asked for, rather than about the machine.
    pub fn is_input(&self) -> bool {
        match self {
            Self::InUse(_)
            | Self::Foreign { .. }
            | Self::AnotherUsers(_)
            | Self::Damaged { .. }
            | Self::Layout { .. }
            | Self::Begins(_)
            | Self::Decided { .. }
            | Self::Remote(_)
            | Self::CannotWait
            | Self::ProgramsRefused(_)
            | Self::ProgramsDeclined
            | Self::NoProgram { .. }
            | Self::NoPlan { .. }
            | Self::NoNetwork { .. }
            | Self::Unsound { .. } => true,
            // What was asked for cannot be had; or the system has no more sockets to give.
            Self::Port { source, .. } | Self::Control { source, .. } => matches!(
                source.kind(),
                ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable | ErrorKind::PermissionDenied
            ),
            // What is there is none of what it should be.
            Self::File { source, .. } => source.kind() == ErrorKind::InvalidData,
            Self::Attach(_)
            | Self::Strange { .. }
            | Self::NotOurs(_)
            | Self::NotClosed { .. }
            | Self::Proxy { .. }
            | Self::Randomness(_) => false,
        }
    }

    /// The system's complaint about `path`.
    pub(in crate::lab) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}
