//! Why something could not be had from another process, in words.

use crate::lab::control::data::EndpointAddr;
use crate::lab::control::rpc::RpcError;
use crate::node::io::{CommandError, RefusalKind};
use std::path::PathBuf;
use thiserror::Error;

/// Why something could not be had from another process.
#[derive(Clone, Debug, Error)]
pub enum ClientError {
    /// No node is there.
    #[error("{at} does not answer: {why}")]
    Unreachable {
        /// Where.
        at: EndpointAddr,
        /// What the system said.
        why: String,
    },
    /// The cookie cannot be read.
    #[error("{}: the cookie cannot be read: {why}", path.display())]
    NoCookie {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The other side refuses, and says why.
    #[error("{}", .0.message)]
    Refused(RpcError),
    /// The other side says something that makes no sense.
    #[error("{at} does not speak this protocol: {why}")]
    Foreign {
        /// Where.
        at: EndpointAddr,
        /// What was wrong.
        why: String,
    },
    /// The connection has ended.
    #[error("the connection with {0} has ended")]
    Ended(EndpointAddr),
}

impl ClientError {
    /// What kind of reason it is.
    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::Refused(error) => error.kind(),
            Self::Unreachable { .. } | Self::Ended(_) => RefusalKind::NotRunning,
            Self::NoCookie { .. } => RefusalKind::Refused,
            Self::Foreign { .. } => RefusalKind::Fault,
        }
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        Self::new(error.kind(), error)
    }
}
