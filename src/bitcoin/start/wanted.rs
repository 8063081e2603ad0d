//! What is wanted of a program, and what is wrong with that.

use crate::bitcoin::Program;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// Which program is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The first that is found of `bitcoind`, `btcd` and `bcoin`.
    #[default]
    Auto,
    /// This one.
    Known(Program),
    /// A command of the person, word by word; [`PLACES`] says what may stand in it.
    Command(Vec<String>),
}

/// A program that was found. The paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Bitcoin Core.
    Core {
        /// `bitcoind`.
        bitcoind: PathBuf,
    },
    /// btcd.
    Btcd {
        /// `btcd`.
        btcd: PathBuf,
    },
    /// bcoin.
    Bcoin {
        /// Node.js.
        node: PathBuf,
        /// The folder that has node_modules/bcoin, or is the package itself.
        package: PathBuf,
    },
    /// A command of the person.
    Command {
        /// Its first word, found.
        program: PathBuf,
        /// The others, as they were written.
        words: Vec<String>,
    },
}

/// What may stand in a command of the person, and what it becomes.
pub const PLACES: [(&str, &str); 9] = [
    ("{port}", "the port for its peers, on 127.0.0.1"),
    ("{rpc-port}", "the port for its RPC"),
    (
        "{watch-port}",
        "a second port for peers, which the lab's watcher dials if the command has it",
    ),
    ("{wallet-port}", "the port of a wallet's RPC"),
    ("{folder}", "its folder, which is its home as well"),
    (
        "{peer}",
        "an address that it is to dial: the word is there once for each, or not at all",
    ),
    ("{peers}", "all of them, with commas"),
    (
        "{password-file}",
        "a file whose first line is the password of its RPC, for the user chainlab",
    ),
    (
        "{cookie-file}",
        "where it writes the cookie of its RPC itself",
    ),
];

/// Ports on 127.0.0.1, for all that a program may listen with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// For its peers.
    pub peers: u16,
    /// For the watcher alone, at Bitcoin Core: who comes by it has permissions that peers have not.
    pub watch: u16,
    /// For its RPC.
    pub rpc: u16,
    /// For its wallet's RPC, at bcoin.
    pub wallet: u16,
}

/// What is wanted of a program. It runs on regtest.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The program.
    pub found: Found,
    /// A folder of its own, absolute.
    pub folder: PathBuf,
    /// Where it listens.
    pub ports: Ports,
    /// Whom it dials: proxies on this machine.
    pub peers: Vec<SocketAddr>,
    /// Its variable PATH.
    pub search: OsString,
    /// To which address blocks are mined by a program that wants to know that as it starts (btcd).
    pub mine_to: Option<String>,
}

/// Why there is no plan.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// A peer would be reached over a network.
    #[error("{0} is not on this machine: what a lab starts dials nothing else")]
    PeerElsewhere(SocketAddr),
    /// Two things would listen at one port.
    #[error("its ports have to be four different ones above 0")]
    Ports,
    /// It could be another one by the time it is used.
    #[error("{} is no absolute path", .0.display())]
    Relative(PathBuf),
    /// btcd puts variables in place of such words.
    #[error("btcd does not take the folder {} as it is: leave out the $", .0.display())]
    Dollar(PathBuf),
    /// A word of a command is not understood.
    #[error("there is no {word} for a command; there is {}", place_names())]
    NoPlace {
        /// As it was written.
        word: String,
    },
    /// Its peers would not find it.
    #[error("a command needs {{port}} in a word: where it is to listen for peers")]
    NoPort,
    /// Its RPC has two ways in.
    #[error("a command has {{password-file}} or {{cookie-file}}, not both")]
    TwoLogins,
}

impl Found {
    /// Which program that is; `None`: a command of the person.
    pub const fn program(&self) -> Option<Program> {
        match self {
            Self::Core { .. } => Some(Program::Core),
            Self::Btcd { .. } => Some(Program::Btcd),
            Self::Bcoin { .. } => Some(Program::Bcoin),
            Self::Command { .. } => None,
        }
    }

    pub(super) fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Core { bitcoind: path } | Self::Btcd { btcd: path } => vec![path],
            Self::Bcoin { node, package } => vec![node, package],
            Self::Command { program, .. } => vec![program],
        }
    }
}

impl Ports {
    /// All of them.
    pub const fn all(&self) -> [u16; 4] {
        [self.peers, self.watch, self.rpc, self.wallet]
    }
}

impl FromStr for Choice {
    type Err = String;

    /// Reads the name of a program, or `auto`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "bitcoind" => Ok(Self::Known(Program::Core)),
            "btcd" => Ok(Self::Known(Program::Btcd)),
            "bcoin" => Ok(Self::Known(Program::Bcoin)),
            _ => Err(
                "a program is \"auto\", \"bitcoind\", \"btcd\", \"bcoin\", or a command as a list of words"
                    .to_owned(),
            ),
        }
    }
}

fn place_names() -> String {
    PLACES.map(|(name, _)| name).join(", ")
}
