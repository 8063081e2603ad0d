//! What kind a refusal is of: for programs by its name, for shells by the exit code.

use crate::common::control::*;
use crate::common::running::{TEXT, begun};
use crate::shell::Shell;
use chainlab::lab::control::rpc::REFUSED;
use chainlab::node::io::RefusalKind;
use serde_json::{Value, json};
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_told_of_which_kind_a_refusal_is() {
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    let mut guest = Raw::greeted(&entry.endpoint).await;
    let zeros = "0".repeat(64);
    let pay = |from: &str, to: &str, amount: &str| json!({ "node": "wallet", "from": from, "to": to, "amount": amount });
    let cases = [
        ("send", pay("alice", "bob", "1000"), "not_enough"),
        ("plan_send", pay("carol", "bob", "1"), "not_enough"),
        ("send", pay("nora", "bob", "1"), "no_such_wallet"),
        ("send", pay("alice", "nora", "1"), "no_such_wallet"),
        ("send", pay("alice", "bob", "0"), "invalid"),
        (
            "history",
            json!({ "node": "wallet", "name": "nora" }),
            "no_such_wallet",
        ),
        (
            "export_wallet",
            json!({ "node": "wallet", "name": "nora" }),
            "no_such_wallet",
        ),
        (
            "coins",
            json!({ "node": "wallet", "of": "nora" }),
            "no_such_wallet",
        ),
        (
            "mine_to",
            json!({ "node": "miner", "wallet": "nora" }),
            "no_such_wallet",
        ),
        (
            "create_wallet",
            json!({ "node": "wallet", "name": "alice" }),
            "taken",
        ),
        (
            "create_wallet",
            json!({ "node": "miner", "name": "alice" }),
            "taken",
        ),
        (
            "create_wallet",
            json!({ "node": "miner", "name": "a b" }),
            "invalid",
        ),
        (
            "import_wallet",
            json!({ "node": "miner", "name": "new", "secret": zeros }),
            "invalid",
        ),
        (
            "drop_peer",
            json!({ "node": "wallet", "addr": "127.0.0.1:1" }),
            "no_such_peer",
        ),
        (
            "unban",
            json!({ "node": "wallet", "ip": "192.0.2.1" }),
            "refused",
        ),
        ("release", json!({ "node": "miner" }), "refused"),
        (
            "set_hashrate",
            json!({ "node": "miner", "hashrate": 0 }),
            "invalid",
        ),
        (
            "block",
            json!({ "node": "miner", "height": 99 }),
            "no_such_block",
        ),
        (
            "block",
            json!({ "node": "miner", "hash": zeros }),
            "no_such_block",
        ),
        (
            "tx",
            json!({ "node": "miner", "txid": zeros }),
            "no_such_tx",
        ),
        (
            "partition",
            json!({ "groups": [["nora"], ["miner"]] }),
            "no_such_node",
        ),
        (
            "partition",
            json!({ "groups": [["miner", "miner"]] }),
            "invalid",
        ),
        (
            "cut",
            json!({ "from": "nora", "to": "miner" }),
            "no_such_node",
        ),
        ("add_node", json!({ "name": "miner" }), "taken"),
        (
            "add_node",
            json!({ "name": "new", "connect": ["nora"] }),
            "no_such_node",
        ),
        ("restart", json!({ "node": "miner" }), "refused"),
    ];
    for (method, params, wanted) in cases {
        let answer = guest.asks(call(1, method, params)).await;
        assert_eq!(answer["error"]["code"], REFUSED, "{method}: {answer}");
        assert_eq!(kind(&answer), wanted, "{method}: {answer}");
    }
    guest.result("kill", json!({ "node": "miner" })).await;
    for method in ["peers", "mine_now", "kill"] {
        let answer = guest
            .asks(call(1, method, json!({ "node": "miner" })))
            .await;
        assert_eq!(kind(&answer), "not_running", "{method}: {answer}");
    }
    lab.close().await.expect("it closes");
}

#[test]
fn every_kind_is_on_the_page_with_its_meaning_and_no_other() {
    let page = fs::read_to_string("docs/control.md").expect("the page is there");
    let (_, part) = page
        .split_once("| kind | what it means |\n")
        .expect("the table");
    let rows = part
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let wanted = RefusalKind::ALL.map(|(kind, means)| {
        let name = json!(kind);
        format!("| `{}` | {means} |", name.as_str().expect("a text"))
    });
    assert_eq!(rows.collect::<Vec<_>>(), wanted);
    // The first ones are those where the request is wrong.
    let own: Vec<bool> = RefusalKind::ALL
        .iter()
        .map(|(kind, _)| kind.is_of_the_request())
        .collect();
    assert_eq!(own.iter().filter(|is_own| **is_own).count(), 5);
    assert!(own.is_sorted_by_key(|is_own| !is_own));
    // A kind that a later version may have is read as the last.
    let later: RefusalKind = serde_json::from_value(json!("melted")).expect("readable");
    assert_eq!(later, RefusalKind::Refused);
}

/// The object that a verb prints with `--json` when it is refused.
fn refusal(shell: &Shell, code: i32, arguments: &[&str]) -> Value {
    let said = shell.run(&[arguments, &["--json"]].concat());
    assert_eq!(said.code, code, "{arguments:?}: {said:?}");
    let error = said.json()["error"].clone();
    let words = error["message"].as_str().expect("in words");
    assert_eq!(said.err, format!("chainlab: {words}\n"), "{arguments:?}");
    // Without --json it says the same, and prints nothing.
    assert_eq!(shell.refused(code, arguments), said.err, "{arguments:?}");
    error["kind"].clone()
}

#[test]
fn a_verb_ends_with_2_where_the_request_was_wrong_and_with_1_where_it_could_not_be_done() {
    let mut shell = Shell::new();
    shell.node("central", &["--wallet", "alice", "--wallet", "bob"]);
    let zeros = "0".repeat(64);
    let send = |from, to, amount| ["send", "--from", from, "--to", to, "--amount", amount];
    for (code, arguments, kind) in [
        (1, &send("alice", "bob", "1")[..], "not_enough"),
        (2, &send("nora", "bob", "1"), "no_such_wallet"),
        (2, &send("alice", "nora", "1"), "no_such_wallet"),
        (2, &send("alice", "bob", "0"), "invalid"),
        (2, &["wallet", "new", "alice"], "taken"),
        (2, &["wallet", "new", "a b"], "invalid"),
        (2, &["wallet", "history", "nora"], "no_such_wallet"),
        (2, &["mine", "on", "--to", "nora"], "no_such_wallet"),
        (2, &["peers", "drop", "127.0.0.1:1"], "no_such_peer"),
        (1, &["peers", "unban", "192.0.2.1"], "refused"),
        (1, &["chain", "--block", "999"], "no_such_block"),
        (1, &["chain", "--tx", &zeros], "no_such_tx"),
        (2, &["chain", "--tx", "fffff0"], "invalid"),
        (1, &["mine", "release"], "refused"),
        (2, &["status", "--node", "nora"], "no_such_node"),
        (2, &["rpc", "mine_to", "wallet=nora"], "no_such_wallet"),
        (
            1,
            &["rpc", "send", "from=alice", "to=bob", "amount=5"],
            "not_enough",
        ),
        (
            2,
            &["rpc", "send", "from=alice", "to=bob", "amount=x"],
            "invalid",
        ),
    ] {
        assert_eq!(refusal(&shell, code, arguments), kind, "{arguments:?}");
    }
}
