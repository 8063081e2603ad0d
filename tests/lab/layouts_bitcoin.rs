//! Bitcoin nodes of layouts as they are read, and what leaves them alone.

use chainlab::bitcoin::start::Choice;
use chainlab::bitcoin::{Network, Program};
use chainlab::lab::Layout;
use chainlab::lab::drive::VirtualLab;
use chainlab::lab::layout::read;
use chainlab::lab::layout::shipped::{playable, shipped};
use chainlab::lab::spec::{BitcoinSpec, LoginSpec, NodeSpec, RpcSpec, Source};
use std::path::PathBuf;

fn layout(text: &str) -> Layout {
    read("lab.toml", text).expect(text)
}

fn one(lines: &str) -> NodeSpec {
    let text = format!("[[node]]\nname = \"x\"\nkind = \"bitcoin\"\n{lines}\n");
    layout(&text).nodes.remove(0)
}

fn bitcoin(lines: &str) -> BitcoinSpec {
    one(lines).bitcoin.expect("that is its kind")
}

fn names(layout: &Layout) -> Vec<&str> {
    layout.nodes.iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn a_node_that_runs_is_read_with_its_rpc() {
    let plain = BitcoinSpec {
        network: Network::Regtest,
        source: Source::At {
            addr: "127.0.0.1:18444".parse().expect("one"),
            rpc: None,
        },
        mempool: false,
        act: false,
    };
    assert_eq!(bitcoin("address = \"127.0.0.1:18444\""), plain);
    let all = "network = \"testnet4\"\naddress = \"[::1]:48333\"\nrpc = \"127.0.0.1:48332\"\n\
               user = \"me\"\npassword_file = \"secret\"\nmempool = true\nact = true\nwallets = [\"alice\"]";
    let wanted = BitcoinSpec {
        network: Network::Testnet4,
        source: Source::At {
            addr: "[::1]:48333".parse().expect("one"),
            rpc: Some(RpcSpec {
                at: "127.0.0.1:48332".parse().expect("one"),
                login: LoginSpec::User {
                    user: "me".to_owned(),
                    password_file: PathBuf::from("secret"),
                },
            }),
        },
        mempool: true,
        act: true,
    };
    let node = one(all);
    assert_eq!(
        (node.bitcoin, node.wallets),
        (Some(wanted), vec!["alice".to_owned()])
    );
    let with_cookie = bitcoin("address = \"127.0.0.1:1\"\nrpc = \"127.0.0.1:2\"\ncookie = \"/c\"");
    assert!(with_cookie.may_act(), "regtest is nobody's money");
    let Source::At { rpc: Some(rpc), .. } = with_cookie.source else {
        panic!("it has an address and RPC");
    };
    assert_eq!(rpc.login, LoginSpec::Cookie(PathBuf::from("/c")));
}

#[test]
fn where_a_lab_may_act_follows_from_network_rpc_and_a_word() {
    let rpc = "address = \"127.0.0.1:1\"\nrpc = \"127.0.0.1:2\"\ncookie = \"c\"\n";
    for (lines, may) in [
        ("program = \"btcd\"".to_owned(), true),
        ("address = \"127.0.0.1:1\"".to_owned(), false),
        (format!("{rpc}network = \"simnet\""), true),
        (format!("{rpc}network = \"signet\""), false),
        (format!("{rpc}network = \"signet\"\nact = true"), true),
        (format!("{rpc}network = \"mainnet\""), false),
    ] {
        assert_eq!(bitcoin(&lines).may_act(), may, "{lines}");
    }
}

#[test]
fn programs_are_named_or_spelled_out_and_a_group_of_them_is_numbered() {
    let choice = |lines: &str| bitcoin(lines).program().cloned();
    assert_eq!(choice("program = \"auto\""), Some(Choice::Auto));
    let core = Some(Choice::Known(Program::Core));
    assert_eq!(choice("program = \"bitcoind\""), core);
    let words = ["./node", "--at={port}", "{peer}"].map(str::to_owned);
    let command = Some(Choice::Command(words.to_vec()));
    assert_eq!(
        choice("program = [\"./node\", \"--at={port}\", \"{peer}\"]"),
        command
    );
    let lab = layout(
        "[[node]]\nname = \"n\"\nkind = \"bitcoin\"\nprogram = \"auto\"\ncount = 3\n\
         connect = [\"n1\", \"n2\"]\nwallets = [\"w\"]\n",
    );
    assert_eq!(names(&lab), ["n1", "n2", "n3"]);
    assert_eq!(lab.nodes[0].connect, ["n2"]);
    assert_eq!(lab.nodes[2].connect, ["n1", "n2"]);
    assert_eq!(lab.nodes[2].wallets, ["w3"]);
}

/// What is said of all nodes or links holds for those that it can hold for.
#[test]
fn rules_for_a_whole_lab_leave_bitcoin_nodes_as_they_are() {
    let lab = layout(
        "[topology]\nkind = \"ring\"\ndiscover = 4\n[[link.pair]]\nbetween = [\"a*\", \"a*\"]\nlatency = \"1s\"\n\
         [[node]]\nname = \"a-real\"\nkind = \"bitcoin\"\nprogram = \"auto\"\n\
         [[node]]\nname = \"a1\"\nmine = {}\n[[node]]\nname = \"a2\"\nwallets = [\"w\"]\n[[node]]\nname = \"a3\"\n\
         [[node]]\nname = \"a-other\"\nkind = \"bitcoin\"\nprogram = \"auto\"\nconnect = [\"a-real\"]\n",
    );
    let real = &lab.nodes[0];
    assert_eq!((real.discover, real.connect.len()), (0, 0));
    assert_eq!(lab.nodes[2].connect, ["a1"]);
    assert_eq!(lab.nodes[3].connect, ["a1", "a2"]);
    assert_eq!(lab.nodes[4].connect, ["a-real"]);
    let ways: Vec<_> = lab
        .pairs
        .iter()
        .map(|pair| (&*pair.from, &*pair.to))
        .collect();
    assert_eq!(
        ways.len(),
        8,
        "six between three nodes, two between programs: {ways:?}"
    );
    assert!(ways.contains(&("a-other", "a-real")) && !ways.contains(&("a-real", "a1")));
}

#[test]
fn a_layout_says_which_of_its_nodes_are_real_and_virtual_time_has_none_of_them() {
    let real = |name: &str| -> Vec<String> {
        let layout = shipped(name).expect("it is built in");
        layout.real_nodes().map(str::to_owned).collect()
    };
    assert_eq!(real("scenario"), [""; 0]);
    assert_eq!(real("bitcoin"), ["core"]);
    assert_eq!(real("regtest"), ["amber", "birch", "cedar"]);
    assert_eq!(real("regtest-partition"), ["amber", "birch", "cedar"]);
    assert!(playable().all(|layout| layout.real_nodes().count() == 0));
    assert_eq!(playable().count(), 11);
    let said = VirtualLab::seeded(&shipped("bitcoin").expect("it is built in"), 1);
    let wanted = "core is a real Bitcoin node, and its time is that of the wall: it has no place in virtual time";
    assert_eq!(said.map(drop), Err(wanted.to_owned()));
}

#[test]
fn a_payment_between_bitcoin_nodes_is_read_with_addresses_of_theirs() {
    let nodes = "[[node]]\nname = \"x\"\nkind = \"bitcoin\"\nprogram = \"auto\"\nwallets = [\"alice\"]\n\
                 [[node]]\nname = \"y\"\nkind = \"bitcoin\"\nprogram = \"auto\"\nwallets = [\"bob\"]\n";
    let pays = |to: &str| {
        let step =
            format!("[[step]]\ndo = \"send\"\nfrom = \"alice\"\nto = {to:?}\namount = \"1\"\n");
        read("lab.toml", &format!("{step}{nodes}")).map(|lab| lab.steps.len())
    };
    assert_eq!(pays("bob"), Ok(1));
    assert_eq!(pays("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"), Ok(1));
    let foreign = pays("1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d");
    assert!(foreign.is_err(), "mainnet's, as chainlab's own are");
}

#[test]
fn payments_by_itself_are_between_wallets_of_chainlabs_own_nodes() {
    let nodes = "[[node]]\nname = \"own\"\nwallets = [\"alice\", \"bob\"]\n\
                 [[node]]\nname = \"real\"\nkind = \"bitcoin\"\nprogram = \"auto\"\nwallets = [\"carol\"]\n";
    let traffic = layout(&format!("[traffic]\n{nodes}")).traffic;
    assert_eq!(traffic.expect("it was said").wallets, ["alice", "bob"]);
}

/// A Bitcoin node that may be told to act has a wallet, whether the layout names one or not: of the lab, or
/// the node's own.
#[test]
fn the_wallet_that_is_named_after_a_bitcoin_node_can_be_named() {
    let node = |rest: &str| format!("[[node]]\nname = \"real\"\nkind = \"bitcoin\"\n{rest}\n");
    let step = "[[step]]\nexpect = 'balance(\"real\") >= 1'\n";
    let rpc = "rpc = \"127.0.0.1:18443\"\ncookie = \"c\"";
    let running = |rest: &str| node(&format!("address = \"127.0.0.1:18444\"\n{rest}"));
    for fits in [node("program = \"auto\""), running(rpc)] {
        read("lab.toml", &(fits + step)).expect("it has a wallet");
    }
    let looked_at = running("");
    let elsewhere = running(&format!("network = \"signet\"\n{rpc}"));
    let named = node("program = \"auto\"\nwallets = [\"alice\"]");
    for lacks in [looked_at, elsewhere, named] {
        let error = read("lab.toml", &(lacks + step)).expect_err("there is none of that name");
        assert!(
            error.to_string().contains("there is no wallet \"real\""),
            "{error}"
        );
    }
}
