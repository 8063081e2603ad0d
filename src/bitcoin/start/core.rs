//! Bitcoin Core.
//!
//! `-bind` and not `-port`: two nodes would collide on the port for onion services. `-whitebind` is a
//! port for the watcher alone: permissions by address would go to the other nodes as well, as all of
//! them come from 127.0.0.1. A chain whose tip is a day old takes no transactions, hence `-maxtipage`.

use super::parts::{Content, Plan, PlannedFile, RpcAccess, RpcLogin, assigned, local};
use super::wanted::Wanted;
use std::ffi::OsString;
use std::path::Path;

const CONFIG: &str = "bitcoin.conf";

/// Ten years, in seconds.
const MAX_TIP_AGE: &str = "315360000";

pub(super) fn plan(wanted: &Wanted, bitcoind: &Path) -> Plan {
    let cookie = wanted.within("cookie");
    let mut plan = wanted.bare(bitcoind);
    plan.arguments = arguments(wanted, &cookie);
    plan.files = vec![PlannedFile {
        name: CONFIG,
        content: Content::Text("# All settings are in its arguments.\n".to_owned()),
        about: "settings: none",
    }];
    plan.listens
        .push(("the watcher", local(wanted.ports.watch)));
    plan.listens.push(("RPC", local(wanted.ports.rpc)));
    plan.watch = local(wanted.ports.watch);
    plan.rpc = Some(RpcAccess {
        at: local(wanted.ports.rpc),
        wallet: None,
        login: RpcLogin::Cookie(cookie),
    });
    plan
}

fn arguments(wanted: &Wanted, cookie: &Path) -> Vec<OsString> {
    let ports = wanted.ports;
    let mut words = vec![
        "-regtest".into(),
        assigned("-datadir", &wanted.folder),
        assigned("-conf", wanted.within(CONFIG)),
        "-listen=1".into(),
        assigned("-bind", local(ports.peers).to_string()),
        whitebind(ports.watch),
    ];
    words.extend(connects(wanted));
    let nothing_outside = [
        "-dnsseed=0",
        "-fixedseeds=0",
        "-discover=0",
        "-listenonion=0",
        "-natpmp=0",
        // It would not be understood by what lies between.
        "-v2transport=0",
    ];
    words.extend(nothing_outside.map(OsString::from));
    words.extend([
        "-server=1".into(),
        assigned("-rpcbind", local(ports.rpc).to_string()),
        "-rpcallowip=127.0.0.1".into(),
        assigned("-rpccookiefile", cookie),
        // There is no market here to learn a fee from.
        "-fallbackfee=0.0002".into(),
        assigned("-maxtipage", MAX_TIP_AGE),
        "-printtoconsole=1".into(),
        "-daemon=0".into(),
    ]);
    words
}

fn whitebind(port: u16) -> OsString {
    let permissions = "noban,mempool,download,addr";
    assigned("-whitebind", format!("{permissions}@{}", local(port)))
}

fn connects(wanted: &Wanted) -> Vec<OsString> {
    let connect = |peer: &std::net::SocketAddr| assigned("-connect", peer.to_string());
    match wanted.peers.is_empty() {
        true => vec!["-connect=0".into()],
        false => wanted.peers.iter().map(connect).collect(),
    }
}
