//! Programs that a lab starts: from what is wanted to the exact arguments, variables and files.
//!
//! All of it is plain data that can be shown to a person before anything is started, and has no secret
//! in it: a password is made when its file is written, and stands nowhere else. What is asked for here
//! keeps a node on this machine: it listens on loopback, dials the given peers and no others, asks no
//! name, and has its home in its own folder.

mod bcoin;
mod btcd;
mod command;
mod core;
mod show;
#[cfg(test)]
mod tests;

use super::Program;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// Under which name a program's RPC is asked, where it wants one.
pub const RPC_USER: &str = "chainlab";

/// Which program is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
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

/// What is started, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which program that is; `None`: a command of the person.
    pub kind: Option<Program>,
    /// The executable, absolute.
    pub program: PathBuf,
    /// What it is given.
    pub arguments: Vec<OsString>,
    /// All variables that it is given.
    pub environment: Vec<(&'static str, OsString)>,
    /// Where it runs. Only its user can read what is there.
    pub folder: PathBuf,
    /// What is written there before it starts.
    pub files: Vec<PlannedFile>,
    /// Where it is to listen, and for what.
    pub listens: Vec<(&'static str, SocketAddr)>,
    /// Where the watcher dials it.
    pub watch: SocketAddr,
    /// Whom it dials.
    pub peers: Vec<SocketAddr>,
    /// How its RPC is asked; `None`: that is not known.
    pub rpc: Option<RpcAccess>,
    /// Whether it has its chain when it is started again.
    pub is_kept: bool,
}

/// A file of a [`Plan`], in its folder, for its user alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub content: Content,
    /// What it is for.
    pub about: &'static str,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This.
    Text(String),
    /// The same new password in all files of a plan that have one, between these words.
    Password {
        /// Before it.
        before: &'static str,
        /// After it.
        after: &'static str,
    },
}

/// How the RPC of a program is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcAccess {
    /// Where.
    pub at: SocketAddr,
    /// Where its wallet is asked, if that is elsewhere.
    pub wallet: Option<SocketAddr>,
    /// What opens it.
    pub login: RpcLogin,
}

/// What opens an RPC. No secret: where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RpcLogin {
    /// A cookie, which the program writes there.
    Cookie(PathBuf),
    /// [`RPC_USER`], and the password that is in the first line of this file.
    Password(PathBuf),
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

/// What has to be done to start what is wanted.
///
/// # Errors
/// [`PlanError`].
pub fn plan(wanted: &Wanted) -> Result<Plan, PlanError> {
    check(wanted)?;
    match &wanted.found {
        Found::Core { bitcoind } => Ok(core::plan(wanted, bitcoind)),
        Found::Btcd { btcd } => btcd::plan(wanted, btcd),
        Found::Bcoin { node, package } => Ok(bcoin::plan(wanted, node, package)),
        Found::Command { program, words } => command::plan(wanted, program, words),
    }
}

fn check(wanted: &Wanted) -> Result<(), PlanError> {
    let elsewhere = |peer: &&SocketAddr| !peer.ip().to_canonical().is_loopback();
    if let Some(peer) = wanted.peers.iter().find(elsewhere) {
        return Err(PlanError::PeerElsewhere(*peer));
    }
    let distinct: BTreeSet<u16> = wanted.ports.all().into_iter().collect();
    if distinct.len() < wanted.ports.all().len() || distinct.contains(&0) {
        return Err(PlanError::Ports);
    }
    let mut paths = wanted.found.paths();
    paths.push(&wanted.folder);
    match paths.into_iter().find(|path| !path.is_absolute()) {
        Some(path) => Err(PlanError::Relative(path.to_owned())),
        None => Ok(()),
    }
}

impl Wanted {
    /// A plan that does nothing yet but run the program.
    fn bare(&self, program: &Path) -> Plan {
        Plan {
            kind: self.found.program(),
            program: program.to_owned(),
            arguments: Vec::new(),
            environment: self.environment(),
            folder: self.folder.clone(),
            files: Vec::new(),
            listens: vec![("peers", local(self.ports.peers))],
            watch: local(self.ports.peers),
            peers: self.peers.clone(),
            rpc: None,
            is_kept: true,
        }
    }

    /// HOME, so that what looks there finds its own folder and not what this user has for the same
    /// program; PATH, by which a program that is a script finds what runs it. Nothing else: what a
    /// shell has set for other programs changes none of these.
    fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("HOME", self.folder.clone().into_os_string()),
            ("PATH", self.search.clone()),
        ]
    }

    /// A name in its folder.
    fn within(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
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

    fn paths(&self) -> Vec<&Path> {
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

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

fn place_names() -> String {
    PLACES.map(|(name, _)| name).join(", ")
}

/// `name=value`, whatever is in the value.
fn assigned(name: &str, value: impl Into<OsString>) -> OsString {
    let mut word = OsString::from(name);
    word.push("=");
    word.push(value.into());
    word
}
