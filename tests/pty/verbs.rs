//! The verbs, as people type them: the real program on real nodes and labs, in other processes.

use crate::shell::{Said, Shell};
use crate::terminal::Screen;
use serde_json::{Value, json};
use std::fs;

/// The port at which a node listens.
fn addr(shell: &Shell, node: &str) -> String {
    let nodes = shell.done(&["status", "--node", node, "--json"]).json();
    nodes[0]["addr"].as_str().expect("it listens").to_owned()
}

/// Two nodes of one network, connected; the second has the first block.
fn two_nodes() -> Shell {
    let mut shell = Shell::new();
    shell.node("central", &["--wallet", "alice"]);
    let central = addr(&shell, "central");
    shell.node("wallet", &["--connect", &central, "--wallet", "bob"]);
    shell.done(&["mine", "now", "--node", "central"]);
    agree(&shell, "all 2 agree on #1 ");
    shell
}

fn agree(shell: &Shell, words: &str) -> Said {
    shell.until(&["status"], |said| said.out.contains(words))
}

/// A lab on a screen, that the shell can find; its miner rests.
fn lab(shell: &Shell) -> Screen {
    let runtime = shell.runtime_dir();
    let runtime = runtime.to_str().expect("text");
    let screen = Screen::with(&["--seed", "7"], (120, 36), &[("XDG_RUNTIME_DIR", runtime)]);
    shell.until(
        &["mine", "off", "--lab", "scenario", "--node", "miner"],
        |said| said.code == 0,
    );
    screen
}

#[test]
fn where_nothing_runs_every_verb_says_so() {
    let shell = Shell::new();
    let words = "chainlab: nothing runs here: start a lab with chainlab, or a node with chainlab \
                 node\n";
    for arguments in [
        &["status"][..],
        &["wallet", "list"],
        &["wallet", "new", "eve"],
        &["wallet", "balance", "eve", "--json"],
        &["send", "--from", "a", "--to", "b", "--amount", "1"],
        &["mine", "now"],
        &["chain"],
        &["peers"],
        &["link", "show"],
        &["link", "unite"],
        &["traffic"],
        &["script", "next"],
        &["script", "restart", "--json"],
        &["events"],
        &["rpc", "wallets"],
        &["status", "--lab", "mesh"],
        &["status", "--node", "central"],
    ] {
        assert_eq!(shell.refused(2, arguments), words, "{arguments:?}");
    }
    let nowhere = shell.refused(2, &["status", "--at", "127.0.0.1:1"]);
    let words = "chainlab: 127.0.0.1:1: nothing that runs here can be controlled there";
    assert!(nowhere.starts_with(words), "{nowhere}");
    // Neither list needs anybody.
    let presets = shell.done(&["link", "presets"]).out;
    assert!(
        presets.contains("latency 20 ms, jitter 5 ms, 2 MB/s, loss 0 %"),
        "{presets}"
    );
    let presets = shell.done(&["link", "presets", "--json"]).json();
    let names = presets.as_array().expect("a list").iter();
    let names: Vec<_> = names.map(|preset| &preset["name"]).collect();
    assert_eq!(names, ["lan", "dsl", "intercontinental", "3g", "satellite"]);
    let list = shell.done(&["rpc"]);
    assert!(
        list.out.contains("set_link from to [preset] [latency]"),
        "{}",
        list.out
    );
    let methods = shell.done(&["rpc", "--json"]).json();
    assert!(methods.as_array().is_some_and(|list| list.len() > 25));
}

#[test]
fn what_makes_no_sense_is_refused_before_anybody_is_asked() {
    let shell = Shell::new();
    for (arguments, words) in [
        (
            &["send", "--from", "a", "--to", "b", "--amount", "-1"][..],
            "--amount",
        ),
        (
            &[
                "send",
                "--from",
                "a",
                "--to",
                "b",
                "--amount",
                "1.000000001",
            ],
            "--amount",
        ),
        (&["send", "--from", "a", "--to", "b"], "--amount <AMOUNT>"),
        (&["mine", "now", "--blocks", "0"], "0 is not in 1..=1000"),
        (&["mine", "on", "--hashrate", "fast"], "is not a hash rate"),
        (&["peers", "add", "127.0.0.1"], "the port is missing"),
        (&["peers", "ban", "localhost"], "'localhost' for '<IP>'"),
        (&["link", "cut", "central"], "<B>"),
        (&["traffic", "fast"], "\"fast\" is no rate"),
        (&["traffic", "0"], "0 is not between 0.01 and 1000 tx/s"),
        (&["rpc", "nonsense"], "there is no method \"nonsense\""),
        (&["rpc", "coin"], "did you mean \"coins\"?"),
        (&["rpc", "coins", "alice"], "write KEY=VALUE"),
        (&["rpc", "coins", "of=a", "of=b"], "of: is there twice"),
        (&["wallet", "import", "eve", "zz"], "not these 2 characters"),
        (&["wallet", "import", "eve"], "the key is missing"),
        (
            &["chain", "--tx", "aaaa", "--block", "3"],
            "cannot be used with",
        ),
        (
            &["status", "--cookie", "x"],
            "--cookie goes with an address",
        ),
        (
            &["network", "show", "--genesis", "somebody=1"],
            "--genesis somebody=1: ",
        ),
        (
            &[
                "network",
                "show",
                "--genesis",
                "1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d",
            ],
            "write ADDRESS=AMOUNT",
        ),
    ] {
        let said = shell.refused(2, arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn wallets_are_made_paid_and_read_on_nodes_in_several_processes() {
    let shell = two_nodes();
    let made = shell.done(&["wallet", "new", "carol", "--node", "wallet"]);
    let carol = made.last().to_owned();
    assert_eq!(made.out, format!("wallet carol has {carol}\n"));
    let again = shell.refused(2, &["wallet", "new", "carol", "--node", "central"]);
    assert_eq!(again, "chainlab: wallet has a wallet carol already\n");
    let which = shell.refused(2, &["wallet", "new", "dave"]);
    assert_eq!(
        which,
        "chainlab: --node is needed: say which of central, wallet\n"
    );

    let balance = |of: &str| shell.done(&["wallet", "balance", of]).out;
    assert_eq!(
        (balance("alice"), balance("carol")),
        ("10\n".into(), "0\n".into())
    );
    let send = [
        "send",
        "--from",
        "alice",
        "--to",
        "carol",
        "--amount",
        "1.00000001",
    ];
    let sent = shell.done(
        &[
            &send[..],
            &["--fee", "0.5", "--mine", "--wait", "confirmed"],
        ]
        .concat(),
    );
    let lines: Vec<_> = sent.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", sent.out);
    assert!(
        lines[1].starts_with("alice pays 1.00000001 to carol in .."),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("mined #2 ..") && lines[3].starts_with("in #2 .."),
        "{lines:?}"
    );
    agree(&shell, "all 2 agree on #2 ");
    assert_eq!(balance("carol"), "1.00000001\n");
    assert_eq!(balance(&carol), "1.00000001\n");
    // The reward with the fee, and what came back.
    assert_eq!(balance("alice"), "18.99999999\n");
    let told = shell
        .done(&["wallet", "balance", "carol", "--node", "central", "--json"])
        .json();
    assert_eq!(
        (&told["balance"], &told["node"]),
        (&json!("1.00000001"), &json!("central"))
    );

    let list = shell.done(&["wallet", "list"]).out;
    let rows: Vec<Vec<_>> = list
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[0],
        ["node", "wallet", "address", "balance", "spendable"]
    );
    assert_eq!(
        rows[3],
        ["wallet", "carol", &carol, "1.00000001", "1.00000001"]
    );
    let history = shell.done(&["wallet", "history", "alice", "--json"]).json();
    let entries = history.as_array().expect("a list");
    let paid: Vec<_> = entries
        .iter()
        .filter(|entry| entry["to"] != json!([]))
        .collect();
    assert_eq!(paid.len(), 1, "{history}");
    assert_eq!(paid[0]["to"], json!([[carol, "1.00000001"]]));
    assert_eq!(paid[0]["fee"], json!("0.5"));
    let history = shell.done(&["wallet", "history", "carol"]).out;
    assert!(
        history
            .lines()
            .nth(1)
            .is_some_and(|row| row.contains("received")),
        "{history}"
    );

    let key = shell.done(&["wallet", "export", "carol"]).out;
    assert_eq!(key.trim().len(), 64);
    let import = ["wallet", "import", "carols-key", "--node", "central"];
    let imported = shell.run_with(&key, &import);
    assert_eq!(
        imported.out,
        format!("wallet carols-key has {carol}\n"),
        "{imported:?}"
    );
    let of = [
        "wallet", "import", "bobs", "--of", "bob", "--node", "central",
    ];
    let bob = shell.done(&["wallet", "export", "bob"]).out;
    let same = shell.done(&of).out;
    assert!(same.starts_with("wallet bobs has "), "{same}");
    assert_eq!(shell.done(&["wallet", "export", "bobs"]).out, bob);

    for (code, to, words) in [
        (
            2,
            "caroll",
            "there is no wallet \"caroll\"; did you mean \"carol\"?",
        ),
        (
            2,
            &format!("{carol}x"),
            "is neither a wallet nor an address",
        ),
    ] {
        let said = shell.refused(
            code,
            &["send", "--from", "alice", "--to", to, "--amount", "1"],
        );
        assert!(said.contains(words), "{said}");
    }
    let poor = ["send", "--from", "bob", "--to", "alice", "--amount", "1"];
    assert_eq!(shell.refused(1, &poor), "chainlab: wallet bob is empty\n");
    let wait = ["--wait", "confirmed", "--timeout", "200ms"];
    let late = shell.run(&[&send[..], &wait].concat());
    assert_eq!(late.code, 1);
    assert!(
        late.err.contains("is in no block of central after 200ms"),
        "{late:?}"
    );
}

#[test]
fn a_chain_is_listed_opened_and_judged() {
    let shell = two_nodes();
    let send = [
        "send", "--from", "alice", "--to", "bob", "--amount", "3", "--mine", "--json",
    ];
    let sent = shell.done(&send).json();
    let txid = sent["sent"]["sent"]["txid"]
        .as_str()
        .expect("an id")
        .to_owned();
    agree(&shell, "all 2 agree on #2 ");

    let list = shell.done(&["chain", "--node", "wallet"]).out;
    let rows: Vec<Vec<_>> = list
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(rows.len(), 4);
    let (height, hash) = (rows[1][0], rows[1][1].to_owned());
    assert_eq!((height, rows[1][3], rows[1][4]), ("2", "1", "alice"));
    let one = shell
        .done(&["chain", "--from", "1", "--limit", "1", "--json"])
        .json();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
    assert_eq!(one[0]["id"]["height"], json!(1));

    let by_height = shell
        .done(&["chain", "--block", "2", "--node", "wallet"])
        .out;
    for wanted in [
        &*hash,
        "proof of work  holds: the hash must not be above 0",
        "merkle root    holds: 2 transactions give ",
        "transaction 2 of 2",
        &format!("  {txid}  "),
        "(alice), made in ",
        "out  3 to ",
        "on the chain, 1 confirmation\n",
    ] {
        assert!(by_height.contains(wanted), "{wanted}: {by_height}");
    }
    // Enough digits of an end that no block and no transaction shares.
    for end in [
        &hash[..],
        &hash[..16],
        &hash[48..],
        &format!("..{}", &hash[52..]),
    ] {
        let opened = shell
            .done(&["chain", "--block", end, "--node", "wallet"])
            .out;
        assert_eq!(opened, by_height, "{end}");
    }
    let data = shell.done(&["chain", "--block", &hash, "--json"]).json();
    assert_eq!(data["proof_of_work"]["holds"], Value::Bool(true));
    assert_eq!(data["merkle_root"]["holds"], Value::Bool(true));

    for end in [&txid[..], &txid[..16], &txid[48..]] {
        let opened = shell.done(&["chain", "--tx", end]).out;
        let verdict = "merkle root  holds: 1 hash leads from transaction 2 of 2 to ";
        assert!(
            opened.contains(&txid) && opened.contains(verdict),
            "{opened}"
        );
    }
    for (arguments, code, words) in [
        (
            &["chain", "--block", "9"][..],
            1,
            "no block 9 here: the chain ends at 2",
        ),
        (
            &["chain", "--block", "xyz"],
            2,
            "\"xyz\" is no block: write its 64",
        ),
        (
            &["chain", "--block", "fffff0"],
            2,
            "begins or ends with fffff0",
        ),
        (&["chain", "--tx", "abc"], 2, "\"abc\" is no transaction"),
        (&["chain", "--tx", &"0".repeat(64)], 1, "no transaction 000"),
    ] {
        let said = shell.refused(code, arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn miners_peers_links_and_events_of_single_nodes_obey() {
    let shell = two_nodes();
    let which = "chainlab: --node is needed: say which of central, wallet\n";
    assert_eq!(shell.refused(2, &["mine", "now"]), which);
    let on = [
        "mine",
        "on",
        "--node",
        "central",
        "--to",
        "alice",
        "--hashrate",
        "5",
        "--txs",
        "3",
    ];
    let on = shell.done(&on).out;
    let line = "central mines for alice when 3 transactions wait, with 5 H/s\n";
    assert_eq!(on, line, "one line says it all");
    let status = shell.until(&["status"], |said| said.out.contains("5 H/s"));
    assert!(
        status
            .out
            .contains("for alice, 5 H/s, when 3 payments wait"),
        "{status:?}"
    );
    // The only one that mines needs no name.
    let now = shell
        .done(&["mine", "now", "--blocks", "2", "--json"])
        .json();
    assert_eq!(now[1]["mined"]["block"]["height"], json!(3));
    assert_eq!(shell.done(&["mine", "off"]).out, "central does not mine\n");

    agree(&shell, "all 2 agree on #3 ");
    let (central, wallet) = (addr(&shell, "central"), addr(&shell, "wallet"));
    let peers = shell.done(&["peers"]).out;
    assert_eq!(peers.lines().count(), 3, "{peers}");
    let alone = |said: &Said| said.out == "nobody is connected\n";
    let drop = ["peers", "drop", &central, "--node", "wallet"];
    assert_eq!(shell.done(&drop).out, format!("wallet left {central}\n"));
    shell.until(&["peers"], alone);
    shell.done(&["peers", "add", &wallet, "--node", "central"]);
    shell.until(&["peers", "list", "--node", "central"], |said| {
        said.out.contains("wallet")
    });
    shell.done(&[
        "peers",
        "ban",
        "192.0.2.1",
        "--for",
        "10min",
        "--node",
        "central",
    ]);
    let unban = ["peers", "unban", "192.0.2.1", "--node", "central"];
    assert_eq!(shell.done(&unban).out, "192.0.2.1 is no longer banned\n");
    assert_eq!(
        shell.refused(1, &unban),
        "chainlab: 192.0.2.1 was not banned\n"
    );

    let state = |said: &Said, state: &str| {
        let links = said.json();
        let links = links.as_array().expect("a list");
        links.len() == 2 && links.iter().all(|link| link["state"] == json!(state))
    };
    let show = ["link", "show", "--json"];
    shell.until(&show, |said| state(said, "open"));
    let set = [
        "link",
        "set",
        "central",
        "wallet",
        "--latency",
        "5ms",
        "--one-way",
    ];
    shell.done(&set);
    let links = shell.done(&show).json();
    let latency = |from: &str| {
        let mut links = links.as_array().expect("a list").iter();
        links
            .find(|link| link["from"] == json!(from))
            .expect("a link")["latency"]
            .clone()
    };
    assert_eq!(
        (latency("central"), latency("wallet")),
        (json!("5ms"), json!("0s"))
    );
    shell.done(&["link", "cut", "central", "wallet"]);
    shell.until(&["peers"], alone);
    assert!(state(&shell.done(&show), "cut"));
    shell.done(&["link", "heal", "central", "wallet"]);
    shell.until(&["peers"], |said| !alone(said));
    let bad = ["link", "set", "central", "wallet", "--loss", "2"];
    assert!(shell.refused(2, &bad).starts_with("chainlab: loss: "));
    let nobody = ["link", "cut", "central", "walet"];
    assert!(
        shell
            .refused(2, &nobody)
            .contains("did you mean \"wallet\"?")
    );

    let events = shell.done(&["events", "--node", "central"]).out;
    let mined = events.lines().find(|line| line.contains(" mined #3 .."));
    let mined = mined.unwrap_or_else(|| panic!("{events}"));
    assert!(
        mined.starts_with('+') && mined.contains(" central  mined #3 .."),
        "{mined}"
    );
    let events = shell.done(&["events", "--json"]).json();
    assert!(events.as_array().is_some_and(|events| events.len() > 5));
    let coins = shell.done(&["rpc", "coins", "of=alice", "--node", "central"]);
    assert!(
        coins.out.starts_with("{\n  \"coins\": [\n"),
        "{}",
        coins.out
    );
    assert_eq!(coins.json()["coins"].as_array().map(Vec::len), Some(3));
    let bad = shell.refused(2, &["rpc", "coins", "off=alice", "--node", "central"]);
    assert!(bad.starts_with("chainlab: of: is missing"), "{bad}");
}

#[test]
fn a_lab_is_driven_from_another_terminal_and_several_are_told_apart() {
    let mut shell = Shell::new();
    let mut screen = lab(&shell);
    let status = shell.until(&["status"], |said| said.out.contains("all 3 agree on"));
    assert!(status.out.starts_with("lab scenario\n"), "{}", status.out);
    shell.done(&["mine", "now", "--node", "central", "--to", "founder"]);
    let paid = shell.run(&[
        "send", "--from", "founder", "--to", "bob", "--amount", "1", "--mine",
    ]);
    assert_eq!(paid.code, 0, "{paid:?}");
    screen.sees("sent 1 to bob");

    let cut = ["link", "cut", "central", "miner"];
    assert_eq!(
        shell.done(&cut).out,
        "the link between central and miner is cut\n"
    );
    let links = shell.done(&["link", "show"]).out;
    assert!(links.contains("cut"), "{links}");
    assert_eq!(shell.done(&["link", "heal"]).out, "every link is open\n");
    let split = shell.done(&["link", "partition", "miner", "central,wallet"]);
    assert_eq!(
        split.out,
        "the network is partitioned: miner | central, wallet\n"
    );
    let nobody = shell.refused(2, &["link", "partition", "minr"]);
    assert_eq!(
        nobody,
        "chainlab: there is no node \"minr\"; did you mean \"miner\"?\n"
    );
    let whole = shell.done(&["link", "unite", "--json"]).json();
    assert_eq!(whole, json!({ "done": "the network is whole again" }));
    shell.done(&[
        "link", "set", "central", "miner", "--preset", "dsl", "--loss", "0.5",
    ]);
    let links = shell.done(&["link", "show"]).out;
    assert!(links.contains("20ms"), "{links}");
    shell.done(&["link", "set", "central", "miner", "--preset", "lan"]);
    assert_eq!(shell.done(&["traffic"]).out, "traffic is off\n");
    let on = shell.done(&["traffic", "20 tx/s"]).out;
    assert_eq!(on, "traffic is on: 20 tx/s\n");
    let off = shell.done(&["traffic", "off", "--json"]).json();
    assert_eq!(off, json!({ "done": "traffic is off" }));
    shell.done(&["rpc", "kill", "--node", "wallet"]);
    let down = ["send", "--from", "alice", "--to", "bob", "--amount", "1"];
    let words = "chainlab: wallet has wallet alice, and does not run\n";
    assert_eq!(shell.refused(1, &down), words);
    assert!(shell.done(&["status"]).out.contains("wallet   down"));
    shell.done(&["rpc", "restart", "node=wallet"]);

    let pid = shell.node("nora", &["--wallet", "zoe"]);
    let several = shell.refused(2, &["status"]);
    let lines: Vec<_> = several.lines().collect();
    assert_eq!(
        lines[0],
        "chainlab: several networks run here: say which is meant"
    );
    assert!(
        lines[2].contains("scenario") && lines[2].ends_with("--lab scenario"),
        "{several}"
    );
    assert!(lines[2].contains("central, wallet, miner"), "{several}");
    assert!(
        lines[3].contains("nora") && lines[3].ends_with(&format!("--lab {pid}")),
        "{several}"
    );
    let nora = shell.done(&["status", "--lab", &pid.to_string()]).out;
    assert!(nora.ends_with("nora is at #0 ..d8cdfced\n"), "{nora}");
    assert_eq!(
        shell
            .done(&["wallet", "balance", "zoe", "--node", "nora"])
            .out,
        "0\n"
    );
    let lab = shell
        .done(&["wallet", "balance", "bob", "--lab", "scenario"])
        .out;
    assert!(lab.ends_with('\n'));
    let wrong = shell.refused(2, &["status", "--lab", "scenery"]);
    assert!(wrong.contains("did you mean \"scenario\"?"), "{wrong}");
    let wrong = shell.refused(2, &["status", "--node", "norah"]);
    assert!(
        wrong.contains("there is no node \"norah\"; did you mean \"nora\"?"),
        "{wrong}"
    );
    // What is gone is not offered any more.
    screen.child.kill().expect("it runs");
    shell.until(&["status"], |said| {
        said.out.ends_with("nora is at #0 ..d8cdfced\n")
    });
}

#[test]
fn coins_that_a_network_file_gives_are_there_from_the_start() {
    let mut shell = Shell::new();
    let first = shell.node("first", &["--wallet", "alice"]);
    let wallets = shell.done(&["wallet", "list", "--json"]).json();
    let address = wallets[0]["wallet"]["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    let key = shell.done(&["wallet", "export", "alice"]).out;
    shell.kill(first);
    let file = shell
        .done(&["network", "show", "--genesis", &format!("{address}=12.5")])
        .out;
    fs::write(shell.home().join("net.toml"), file).expect("room on disk");
    shell.node("second", &["--network", "net.toml"]);
    assert_eq!(shell.done(&["wallet", "balance", &address]).out, "12.5\n");
    let imported = shell.run_with(&key, &["wallet", "import", "alice", "-"]);
    assert_eq!(imported.code, 0, "{imported:?}");
    assert_eq!(shell.done(&["wallet", "balance", "alice"]).out, "12.5\n");
}
