//! A light node from a shell, beside two full nodes: it receives, pays, is stopped and killed, and has what it had.

use crate::shell::{Said, Shell};

const WAYS: [&str; 2] = ["--light=filter", "--light=address"];

/// The port at which a node listens.
fn addr(shell: &Shell, node: &str) -> String {
    let nodes = shell.done(&["status", "--node", node, "--json"]).json();
    nodes[0]["addr"].as_str().expect("it listens").to_owned()
}

/// What a wallet has in blocks, once it is as much as that.
fn has(shell: &Shell, wallet: &str, amount: &str) {
    let is_so = |said: &Said| said.code == 0 && said.json()["balance"] == amount;
    shell.until(&["wallet", "balance", wallet, "--json"], is_so);
}

fn pays(shell: &Shell, from: &str, to: &str, amount: &str) {
    shell.done(&["send", "--from", from, "--to", to, "--amount", amount]);
    let waits = |said: &Said| {
        let nodes = said.json();
        nodes[0]["snapshot"]["mempool"]["count"] == 1
    };
    shell.until(&["status", "--node", "central", "--json"], waits);
    shell.done(&["mine", "now", "--node", "central"]);
}

fn plays(way: &str) {
    let mut shell = Shell::new();
    shell.node("central", &["--wallet", "shop"]);
    let central = addr(&shell, "central");
    shell.node("relay", &["--connect", &central]);
    let relay = addr(&shell, "relay");
    let data = shell.home().join("phone");
    let phone = ["--connect", &central, "--connect", &relay, way];
    let place = [
        "--data-dir",
        data.to_str().expect("text"),
        "--wallet",
        "alice",
    ];
    let phone = [&phone[..], &place].concat();
    let pid = shell.node("phone", &phone);
    shell.done(&["mine", "now", "--node", "central", "--blocks", "2"]);
    shell.until(&["status"], |said| said.out.contains("all 3 agree on #2 "));
    pays(&shell, "shop", "alice", "5");
    has(&shell, "alice", "5");
    // What was killed has what it had, and what came meanwhile.
    shell.kill(pid);
    pays(&shell, "shop", "shop", "1");
    let pid = shell.node("phone", &phone);
    has(&shell, "alice", "5");
    pays(&shell, "alice", "shop", "2");
    has(&shell, "alice", "3");
    let text = shell.done(&["wallet", "history", "alice", "--json"]).json();
    assert_eq!(text.as_array().map(Vec::len), Some(2), "{way}: {text}");
    let txid = text[0]["txid"].as_str().expect("an id").to_owned();
    let tx = ["chain", "--tx", &txid, "--node", "phone", "--json"];
    let tx = shell.done(&tx).json();
    let proof = &tx["tx"]["proof"];
    assert_eq!(proof["holds"], true, "{way}: {proof}");
    assert_eq!(proof["count"], 2, "{way}");
    assert_eq!(proof["steps"].as_array().map(Vec::len), Some(1), "{way}");
    shell.kill(pid);
    shell.node("phone", &phone);
    has(&shell, "alice", "3");
    let refused = shell.refused(1, &["mine", "now", "--node", "phone"]);
    assert!(
        refused.contains("a light node has no blocks to build on"),
        "{refused}"
    );
}

#[test]
fn from_a_shell_it_receives_pays_and_is_killed() {
    for way in WAYS {
        plays(way);
    }
}
