//! btcd.
//!
//! `--connect` alone would turn listening off, hence `--listen`. Without `-C`, `--datadir` and the rest
//! it reads and writes the home of its user; where it was built with cgo it still makes an empty
//! `~/.btcd` there, as it asks the system and not HOME (config.go, `loadConfig`).
//!
//! With no `--connect` it dials addresses that its peers tell (server.go, `newAddressFunc`; the
//! reason by which loopback is not dialled does not hold for others). So one that is to dial none is
//! given a proxy at a port where nothing listens.

use super::parts::{Content, Plan, PlannedFile, RpcAccess, RpcLogin, assigned, local};
use super::wanted::{PlanError, Wanted};
use std::ffi::OsString;
use std::path::Path;

const CONFIG: &str = "btcd.conf";
const PASSWORD: &str = "password";

/// The port of the protocol `discard`, at which nothing listens.
const NOWHERE: u16 = 9;

pub(super) fn plan(wanted: &Wanted, btcd: &Path) -> Result<Plan, PlanError> {
    // It puts variables in place of words with a dollar, in every path.
    if wanted.folder.as_os_str().as_encoded_bytes().contains(&b'$') {
        return Err(PlanError::Dollar(wanted.folder.clone()));
    }
    let mut plan = wanted.bare(btcd);
    plan.arguments = arguments(wanted);
    plan.files = files();
    plan.listens.push(("RPC", local(wanted.ports.rpc)));
    plan.rpc = Some(RpcAccess {
        at: local(wanted.ports.rpc),
        wallet: None,
        login: RpcLogin::Password(wanted.within(PASSWORD)),
    });
    Ok(plan)
}

fn files() -> Vec<PlannedFile> {
    let config = Content::Password {
        before: "[Application Options]\nrpcuser=chainlab\nrpcpass=",
        after: "\n",
    };
    let password = Content::Password {
        before: "",
        after: "\n",
    };
    vec![
        PlannedFile {
            name: CONFIG,
            content: config,
            about: "the name and password of its RPC, made anew for each start",
        },
        PlannedFile {
            name: PASSWORD,
            content: password,
            about: "the same password, for the lab",
        },
    ]
}

fn arguments(wanted: &Wanted) -> Vec<OsString> {
    let ports = wanted.ports;
    let mut words = vec![
        assigned("--configfile", wanted.within(CONFIG)),
        assigned("--datadir", wanted.within("data")),
        assigned("--logdir", wanted.within("logs")),
        assigned("--rpccert", wanted.within("rpc.cert")),
        assigned("--rpckey", wanted.within("rpc.key")),
        "--regtest".into(),
        assigned("--listen", local(ports.peers).to_string()),
        assigned("--rpclisten", local(ports.rpc).to_string()),
        "--notls".into(),
        "--nobanning".into(),
        "--nodnsseed".into(),
    ];
    let connect = |peer: &std::net::SocketAddr| assigned("--connect", peer.to_string());
    words.extend(wanted.peers.iter().map(connect));
    if wanted.peers.is_empty() {
        words.push(assigned("--proxy", local(NOWHERE).to_string()));
    }
    if let Some(address) = &wanted.mine_to {
        words.push(assigned("--miningaddr", address));
    }
    words
}
