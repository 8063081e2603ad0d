//! What is started, and how, as plain data.

use super::wanted::Wanted;
use crate::bitcoin::Program;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Under which name a program's RPC is asked, where it wants one.
pub const RPC_USER: &str = "chainlab";

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

impl Wanted {
    /// A plan that does nothing yet but run the program.
    pub(super) fn bare(&self, program: &Path) -> Plan {
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
    pub(super) fn within(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// A port on this machine.
pub(super) const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// `name=value`, whatever is in the value.
pub(super) fn assigned(name: &str, value: impl Into<OsString>) -> OsString {
    let mut word = OsString::from(name);
    word.push("=");
    word.push(value.into());
    word
}
