//! bcoin, by a script of ours: see `bcoin.js` for what it takes and why.

use super::parts::{Content, Plan, PlannedFile, RpcAccess, RpcLogin, local};
use super::wanted::Wanted;
use crate::bitcoin::program::BCOIN_SCRIPT;
use std::ffi::OsString;
use std::path::Path;

const SCRIPT: &str = "bcoin.js";
const PASSWORD: &str = "password";

pub(super) fn plan(wanted: &Wanted, node: &Path, package: &Path) -> Plan {
    let (ports, password) = (wanted.ports, wanted.within(PASSWORD));
    let mut plan = wanted.bare(node);
    plan.arguments = arguments(wanted, package, &password);
    plan.files = files();
    plan.listens.push(("RPC", local(ports.rpc)));
    plan.listens.push(("its wallet's RPC", local(ports.wallet)));
    plan.rpc = Some(RpcAccess {
        at: local(ports.rpc),
        wallet: Some(local(ports.wallet)),
        login: RpcLogin::Password(password),
    });
    // On disk its database would answer questions for more than one thing with nothing.
    plan.is_kept = false;
    plan
}

fn files() -> Vec<PlannedFile> {
    vec![
        PlannedFile {
            name: SCRIPT,
            content: Content::Text(BCOIN_SCRIPT.to_owned()),
            about: "the script by which bcoin is run; it is part of chainlab",
        },
        PlannedFile {
            name: PASSWORD,
            content: Content::Password {
                before: "",
                after: "\n",
            },
            about: "the password of its RPC, made anew for each start",
        },
    ]
}

fn arguments(wanted: &Wanted, package: &Path, password: &Path) -> Vec<OsString> {
    let peers: Vec<String> = wanted.peers.iter().map(ToString::to_string).collect();
    let ports = wanted.ports;
    let pairs: [(&str, OsString); 6] = [
        ("--package", package.into()),
        ("--port", ports.peers.to_string().into()),
        ("--rpc-port", ports.rpc.to_string().into()),
        ("--wallet-port", ports.wallet.to_string().into()),
        ("--key-file", password.into()),
        ("--only", peers.join(",").into()),
    ];
    let mut words = vec![wanted.within(SCRIPT).into_os_string()];
    for (name, value) in pairs {
        words.extend([name.into(), value]);
    }
    // Its input ends with its guard.
    words.extend(["--bip37", "--ends-with-input"].map(OsString::from));
    words
}
