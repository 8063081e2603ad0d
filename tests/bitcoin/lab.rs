//! Labs with real nodes: started, parted, healed, ended.

use crate::node::{Node, PATIENCE, bcoin, client_of, now, package};
use crate::processes::{until, until_none_of, until_started_in, word_of};
use crate::proxy::scene::takes;
use chainlab::bitcoin::network::AddressForm;
use chainlab::bitcoin::pay::LabKey;
use chainlab::node::wallets::wallet_key;
use std::fs::{create_dir, write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::tempdir;
use tokio::time::sleep;

/// The program, in a home of its own.
fn chainlab(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
    let run = home.join("run");
    if !run.exists() {
        create_dir(&run).expect("a folder");
    }
    command.env("HOME", home).env("XDG_RUNTIME_DIR", run);
    // What a lab keeps for as long as it runs is below it as well.
    command.env("TMPDIR", home).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Three nodes of bcoin, a partition, blocks on both sides, a payment, and one chain in the end.
#[test]
fn a_reorganisation_of_real_nodes_has_its_true_depth_and_a_payment_in_it_is_made_after_all() {
    if package().is_none() {
        return;
    }
    let home = tempdir().expect("a folder");
    let output = chainlab(home.path())
        .args(["run", "regtest-partition", "--headless", "--json"])
        .arg("--allow-programs")
        .output()
        .expect("it runs");
    let (out, err) = said(&output);
    assert!(output.status.success(), "{err}\n{out}");
    let lines = || {
        out.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
    };
    let has = |node: &str, is_it: &dyn Fn(&serde_json::Value) -> bool| {
        lines().any(|line: serde_json::Value| line["node"] == node && is_it(&line["kind"]))
    };
    for stage in ["announced", "complete", "connected"] {
        let at_stage = |kind: &serde_json::Value| {
            let seen = &kind["block_seen"];
            seen["stage"] == stage && seen["block"]["height"] == 104
        };
        assert!(
            has("amber", &at_stage),
            "104 is not {stage} at amber\n{out}"
        );
    }
    let depth = |kind: &serde_json::Value| kind["reorganised"]["depth"] == 1;
    assert!(has("amber", &depth), "{out}");
    let paid = |kind: &serde_json::Value| kind["tx_seen"]["fee"].is_string();
    assert!(has("amber", &paid), "its fee is known\n{out}");
    until_none_of(home.path());
}

/// bcoin keeps nothing; it leaves a block that is marked; and a program of the lab dials nothing but its
/// proxies.
#[test]
fn a_real_node_that_was_killed_gets_its_chain_back_and_is_not_led_out_of_the_lab() {
    if package().is_none() {
        return;
    }
    let home = tempdir().expect("a folder");
    let layout = home.path().join("two.toml");
    let node = |name: &str, other: &str| {
        format!(
            "[[node]]\nname = \"{name}\"\nkind = \"bitcoin\"\nprogram = \"bcoin\"\nconnect = [\"{other}\"]\n"
        )
    };
    let step = |step: &str| format!("[[step]]\n{step}\n");
    let text = [
        node("amber", "birch"),
        node("birch", "amber"),
        step("expect = \"height >= 101\"\nwithin = \"2min\""),
        step("do = \"kill\"\nnode = \"birch\""),
        step("do = \"restart\"\nnode = \"birch\""),
        step("expect = \"height@birch >= 101 and tips == 1\"\nwithin = \"1min\""),
        step("do = \"invalidateblock\"\nnode = \"birch\"\nheight = 100"),
        step("expect = \"height@birch == 99 and height@amber >= 101\"\nwithin = \"30s\""),
        step("do = \"reconsiderblock\"\nnode = \"birch\"\nheight = 99"),
        step("do = \"add_peer\"\nnode = \"amber\"\naddr = \"192.0.2.1:18444\""),
    ];
    write(&layout, text.concat()).expect("a file");
    let output = chainlab(home.path())
        .arg("run")
        .arg(&layout)
        .args(["--headless", "--allow-programs"])
        .output()
        .expect("it runs");
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(3), "{err}\n{out}");
    assert!(
        err.contains("no link of this lab leads from it to 192.0.2.1:18444"),
        "the chain is back, and the last step is refused: {err}\n{out}"
    );
}

/// What lies between the programs of a lab takes as long as its layout says.
#[tokio::test(flavor = "multi_thread")]
async fn between_the_real_nodes_of_a_lab_a_ping_takes_what_the_layout_says() {
    if package().is_none() {
        return;
    }
    let home = tempdir().expect("a folder");
    let layout = home.path().join("pair.toml");
    let node = |name: &str, rest: &str| {
        format!("[[node]]\nname = \"{name}\"\nkind = \"bitcoin\"\nprogram = \"bcoin\"\n{rest}\n")
    };
    let text = [
        "[link]\nlatency = \"40ms\"\n".to_owned(),
        node("amber", "connect = [\"birch\"]"),
        node("birch", ""),
    ];
    write(&layout, text.concat()).expect("a file");
    let mut lab = chainlab(home.path())
        .arg("run")
        .arg(&layout)
        .args(["--headless", "--allow-programs"])
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    let word = |name| word_of(home.path(), "amber", name);
    let port: u16 = until(|| word("--rpc-port")?.parse().ok()).await;
    let password = until(|| word("--key-file")).await;
    let mut amber = client_of(([127, 0, 0, 1], port).into(), password.into());
    let mut ping = async || {
        // Until it answers, and again until its peer does.
        let _ = amber.ask(&bcoin().ping(), now()).await;
        sleep(Duration::from_millis(400)).await;
        let peers = amber.ask(&bcoin().peers(), now()).await.ok()?;
        let mut others = peers.items.into_iter();
        others
            .find(|peer| !peer.agent.starts_with("/chainlab"))?
            .ping
    };
    let since = Instant::now();
    // The first one comes on top of what the nodes say to get to know each other.
    while ping().await.is_none() {
        assert!(since.elapsed() < PATIENCE, "they do not meet");
    }
    takes(Duration::from_millis(80), async || {
        let mut pings = Vec::new();
        while pings.len() < 10 {
            pings.extend(ping().await);
        }
        pings
    })
    .await;
    lab.kill().expect("it is there");
    lab.wait().expect("it has ended");
    until_none_of(home.path());
}

/// A node that runs by itself has a wallet with coins: the lab pays from it, and mines for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_s_own_wallet_is_used_where_the_layout_names_none() {
    let Some(package) = package() else {
        return;
    };
    let mut node = Node::start(&package, &[]).await;
    let address = node.address().await;
    node.ask(&bcoin().mine(101, &address)).await;
    let home = tempdir().expect("a folder");
    let layout = home.path().join("own.toml");
    let payee = LabKey::new(wallet_key(&[7; 32], "payee")).address(&AddressForm::BCOIN_REGTEST);
    let step = |step: &str| format!("[[step]]\n{step}\n");
    let text = [
        "[[node]]\nname = \"own\"\nkind = \"bitcoin\"\n".to_owned(),
        format!(
            "address = \"{}\"\nrpc = \"{}\"\nuser = \"x\"\n",
            node.at, node.rpc
        ),
        format!(
            "password_file = {:?}\n",
            node.key_file().display().to_string()
        ),
        step("expect = 'balance(\"own\") >= 5000'\nwithin = \"1min\""),
        step(&format!(
            "do = \"send\"\nfrom = \"own\"\nto = \"{payee}\"\namount = \"4.5\""
        )),
        step("expect = 'mempool@own == 1'\nwithin = \"1min\""),
        step("do = \"mine_now\"\nnode = \"own\""),
        // Less what was paid, and with another reward.
        step("expect = 'mempool@own == 0 and balance(\"own\") > 5095'\nwithin = \"1min\""),
        step(&format!(
            "do = \"send\"\nfrom = \"own\"\nto = \"{payee}\"\namount = \"1\"\nfee = \"0.001\""
        )),
    ];
    write(&layout, text.concat()).expect("a file");
    let output = chainlab(home.path())
        .arg("run")
        .arg(&layout)
        .args(["--headless", "--json"])
        .output()
        .expect("it runs");
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(3), "{err}\n{out}");
    let words = "the node's own wallet chooses the fee: leave it out";
    assert!(
        err.contains(words),
        "the last step is refused: {err}\n{out}"
    );
    assert_eq!(node.height().await, 102);
    let paid = bcoin().balance(None).expect("it has a wallet");
    let left = node.ask(&paid).await.confirmed.to_string();
    // 102 rewards, the last with the fee of the payment, less 4.5.
    assert_eq!(left, "5095.5");
}

/// However a lab ends, so do its nodes.
#[test]
fn of_a_lab_that_is_killed_no_real_node_is_left() {
    if package().is_none() {
        return;
    }
    let home = tempdir().expect("a folder");
    let mut lab = chainlab(home.path())
        .args(["run", "regtest", "--headless", "--allow-programs"])
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    until_started_in(home.path(), 3);
    lab.kill().expect("it is there");
    lab.wait().expect("it has ended");
    until_none_of(home.path());
}

#[test]
fn real_nodes_are_not_started_without_a_yes() {
    if package().is_none() {
        return;
    }
    let home = tempdir().expect("a folder");
    let output = chainlab(home.path())
        .args(["run", "regtest", "--headless", "--for", "1s"])
        .output()
        .expect("it runs");
    let (_, err) = said(&output);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("--allow-programs"), "{err}");
}

/// A node that nothing answers for is shown as such, and no key acts on it.
#[test]
fn a_node_that_is_not_there_is_away_and_says_why() {
    let home = tempdir().expect("a folder");
    let layout = home.path().join("away.toml");
    let text = "[[node]]\nname = \"core\"\nkind = \"bitcoin\"\naddress = \"127.0.0.1:1\"\n\
                [[step]]\nafter = \"1s\"\nexpect = \"height@core >= 0\"\nwithin = \"1s\"\n";
    write(&layout, text).expect("a file");
    let output = chainlab(home.path())
        .arg("run")
        .arg(&layout)
        .args(["--headless", "--json"])
        .output()
        .expect("it runs");
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(3), "{err}\n{out}");
    assert!(out.contains("it does not answer"), "{out}");
}
