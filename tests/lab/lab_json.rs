//! A lab's directory may have come from elsewhere: what its `lab.json` says passes the checks that a
//! layout passes, is refused with its place, and is never a panic.

use crate::common::lab_json::{SCRAPS, judge_lab, mangled, read, values, whole};
use crate::common::running::{kept_in, start};
use chainlab::lab::LabError;
use chainlab::node::config::MiningMode;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

/// How many mangled labs are really opened; more with this variable.
const OPENED: usize = 30;
const OPENED_VAR: &str = "CHAINLAB_KEPT_LABS";

fn with(pointer: &str, value: Value) -> Vec<u8> {
    let mut lab = whole();
    let place = lab.pointer_mut(pointer);
    *place.unwrap_or_else(|| panic!("no {pointer}")) = value;
    serde_json::to_vec(&lab).expect("plain data")
}

#[test]
fn what_a_kept_lab_says_is_checked_as_a_layout_is_and_refused_with_its_place() {
    let name = "a name has letters, digits, and - _ . but not - or . first";
    let twice = "\"bob\" is there twice";
    let taken = "wallet has a wallet \"alice\" already: names are unique in a lab";
    let thousand: Vec<_> = (0..=1_000).map(|number| format!("w{number}")).collect();
    let no_wallet = |name: &str| format!("{name:?} is no name for a wallet");
    let cases: Vec<(&str, Value, String)> = vec![
        (
            "/nodes/0/spec/name",
            json!("../../x"),
            format!("nodes[0].spec.name: {name}"),
        ),
        (
            "/nodes/0/spec/name",
            json!("/tmp/x"),
            format!("nodes[0].spec.name: {name}"),
        ),
        (
            "/nodes/0/spec/name",
            json!("a\0b"),
            format!("nodes[0].spec.name: {name}"),
        ),
        (
            "/nodes/2/spec/name",
            json!("x".repeat(100_000)),
            "nodes[2].spec.name: a name has 1 to 32 characters".to_owned(),
        ),
        (
            "/nodes/1/spec/name",
            json!("central"),
            "nodes[1].spec.name: there is a node \"central\" already".to_owned(),
        ),
        (
            "/nodes/1/spec/connect",
            json!(["central", "centrl"]),
            "nodes[1].spec.connect[1]: there is no node \"centrl\"; did you mean".to_owned(),
        ),
        (
            "/nodes/1/spec/connect",
            json!(["wallet"]),
            "nodes[1].spec.connect[0]: wallet has no link to itself".to_owned(),
        ),
        (
            "/nodes/1/spec/port",
            json!(0),
            "nodes[1].spec.port: not between 1 and 65535".to_owned(),
        ),
        (
            "/nodes/1/port",
            json!(0),
            "nodes[1].port: not between 1 and 65535".to_owned(),
        ),
        (
            "/nodes/1/spec/port_required",
            json!(true),
            "nodes[1].spec.port_required: there is no port to insist on".to_owned(),
        ),
        (
            "/nodes/0/spec/discover",
            json!(128),
            "nodes[0].spec.discover: not between 0 and 127".to_owned(),
        ),
        (
            "/nodes/2/spec/mine/hashrate",
            json!(-1.0),
            "nodes[2].spec.mine.hashrate: a hash rate is between".to_owned(),
        ),
        (
            "/nodes/2/spec/mine/to",
            json!("alice"),
            "nodes[2].spec.mine.to: on this node there is no wallet \"alice\"".to_owned(),
        ),
        (
            "/nodes/2/spec/mine/strategy",
            json!({"withhold": {"depth": 0}}),
            "nodes[2].spec.mine.strategy: it takes one block at least".to_owned(),
        ),
        (
            "/nodes/1/spec/wallets",
            json!(["alice", "bob", "bob"]),
            format!("nodes[1].spec.wallets[2]: {twice}"),
        ),
        (
            "/nodes/1/spec/wallets/0",
            json!("a\0"),
            format!("nodes[1].spec.wallets[0]: {}", no_wallet("a\0")),
        ),
        (
            "/nodes/0/wallets",
            json!(["founder", "x".repeat(100_000)]),
            format!("nodes[0].wallets[1]: {}", &no_wallet(&"x".repeat(40))[..30]),
        ),
        (
            "/nodes/2/spec/wallets",
            json!(["founder"]),
            "nodes[2].spec.wallets[0]: central has a wallet \"founder\" already".to_owned(),
        ),
        (
            "/nodes/2/wallets",
            json!(["rewards", "alice"]),
            format!("nodes[2].wallets[1]: {taken}"),
        ),
        (
            "/nodes/2/wallets",
            json!(thousand),
            "nodes[2].wallets: a node has at most 1000".to_owned(),
        ),
        ("/nodes", json!([]), "nodes: there are none".to_owned()),
        (
            "/openings",
            json!(u64::MAX),
            "openings: 18446744073709551615 is more than 1000000000".to_owned(),
        ),
        (
            "/clock",
            json!(u64::MAX),
            "clock: 18446744073709551615 is after the year 9999".to_owned(),
        ),
        (
            "/since",
            json!(u64::MAX),
            "since: 18446744073709551615 is after the year 9999".to_owned(),
        ),
        ("/clock", json!(7), "clock: it is before since".to_owned()),
        (
            "/layout",
            json!("../x"),
            "layout: a layout's name is that of a file".to_owned(),
        ),
        (
            "/layout",
            json!("a\nb"),
            "layout: a layout's name is that of a file".to_owned(),
        ),
        (
            "/layout_text",
            json!("[[node]]\nname = \"a b\"\n"),
            "the lab's layout: scenario:2:8: name: a name has letters".to_owned(),
        ),
        (
            "/layout_text",
            json!("[[node]]\nname = \"other\"\n"),
            "nodes[0]: the layout has other here".to_owned(),
        ),
        (
            "/links/set/0/from",
            json!("nora"),
            "links.set[0].from: there is no node \"nora\"".to_owned(),
        ),
        (
            "/links/set/1/from",
            json!("127.0.0.1:9"),
            "links.set[1].to: 127.0.0.1:9 has no link to itself".to_owned(),
        ),
        (
            "/links/set/0/loss",
            json!(2.0),
            "this is no lab: loss: 2 is not between".to_owned(),
        ),
        (
            "/links/partition/groups",
            json!([]),
            "links.partition.groups: all nodes are in one group".to_owned(),
        ),
        (
            "/links/partition/groups",
            json!([["central"], ["central"]]),
            "links.partition.groups: central is there twice".to_owned(),
        ),
        (
            "/links/partition/before/0/to",
            json!("x"),
            "links.partition.before[0].to: there is no node \"x\"".to_owned(),
        ),
        ("/traffic/rate", json!(-1.0), "traffic.rate: ".to_owned()),
    ];
    assert!(read(&serde_json::to_vec(&whole()).expect("plain data")).is_ok());
    for (pointer, value, words) in cases {
        let said = read(&with(pointer, value)).expect_err(pointer);
        let wanted = format!("lab.json: {words}");
        assert!(
            said.starts_with(&wanted),
            "{pointer}: {said:?}, not {wanted:?}"
        );
        assert!(said.len() < 400, "{pointer}: {} bytes", said.len());
    }
}

#[test]
fn the_wallet_that_a_miner_would_make_is_free_if_it_has_others_and_taken_if_not() {
    let mut lab = whole();
    lab["nodes"][2]["spec"]["wallets"] = json!([]);
    lab["nodes"][2]["spec"]["mine"]["mode"] = json!(MiningMode::On);
    lab["nodes"][2]["spec"]["mine"]["to"] = Value::Null;
    // By hand, before it mined, so that it never made one.
    lab["nodes"][2]["wallets"] = json!(["rewards"]);
    lab["nodes"][1]["wallets"] = json!(["alice", "miner"]);
    let bytes = |lab: &Value| serde_json::to_vec(lab).expect("plain data");
    assert_eq!(read(&bytes(&lab)).map(|_| ()), Ok(()));
    lab["nodes"][2]["wallets"] = json!([]);
    let has = "wallet has a wallet \"miner\" already: names are unique in a lab";
    let said = read(&bytes(&lab)).expect_err("it would make one");
    assert_eq!(said, format!("lab.json: nodes[2].spec.name: {has}"));
    // The same in the other order.
    lab["nodes"][1]["wallets"] = json!(["alice"]);
    let mut late = lab["nodes"][1].clone();
    late["spec"]["name"] = json!("late");
    (late["spec"]["wallets"], late["wallets"]) = (json!(["miner"]), json!(["miner"]));
    late["spec"]["mine"]["to"] = json!("miner");
    lab["nodes"].as_array_mut().expect("a list").push(late);
    let said = read(&bytes(&lab)).expect_err("it would make one");
    let has = "miner has a wallet \"miner\" already: names are unique in a lab";
    assert_eq!(said, format!("lab.json: nodes[3].spec.wallets[0]: {has}"));
}

#[test]
fn six_hundred_nodes_are_too_many_for_a_kept_lab() {
    let mut nodes = whole()["nodes"].as_array().expect("a list").clone();
    for number in 3..600 {
        let mut node = nodes[0].clone();
        node["spec"]["name"] = json!(format!("n{number}"));
        node["spec"]["wallets"] = json!([]);
        node["spec"]["mine"]["to"] = Value::Null;
        node["wallets"] = json!([]);
        nodes.push(node);
    }
    let said = read(&with("/nodes", json!(nodes))).expect_err("too many");
    assert_eq!(
        said,
        "lab.json: nodes[128].spec.name: a lab has at most 128 nodes"
    );
}

/// Every value of the file in turn, in the place of which every scrap is put.
#[test]
fn every_value_of_a_kept_lab_is_read_or_refused_whatever_stands_there() {
    let count = values(&mut whole()).len();
    for at in 0..count {
        for scrap in SCRAPS {
            let mut lab = whole();
            *values(&mut lab)[at] = serde_json::from_str(scrap).unwrap_or(Value::Null);
            judge_lab(&serde_json::to_vec(&lab).expect("plain data"));
        }
    }
}

proptest! {
    #[test]
    fn a_kept_lab_that_was_mangled_is_read_or_refused(
        choices in prop::collection::vec(any::<u8>(), 3..30),
        cut in any::<prop::sample::Index>(),
        is_cut: bool,
    ) {
        let text = serde_json::to_vec(&mangled(&choices)).expect("plain data");
        let len = if is_cut { cut.index(text.len()) } else { text.len() };
        judge_lab(&text[..len]);
    }
}

/// The words of a lab that does not start on this directory.
fn refused(dir: &Path) -> String {
    let error = start(kept_in(dir)).map(|_| ()).expect_err("refused");
    assert!(LabError::is_input(&error), "{error}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_lab_that_was_mangled_is_opened_and_closed_or_refused_unchanged() {
    let most = env::var(OPENED_VAR).map_or(OPENED, |most| most.parse().expect("a number"));
    let mut opened = 0;
    for number in 0..most {
        let home = TempDir::new().expect("a directory");
        let dir = home.path().join("lab");
        fs::create_dir(&dir).expect("room on disk");
        let first = u8::try_from(number % 256).expect("below 256");
        let choices = [1, first.wrapping_mul(7), first.wrapping_mul(11)];
        let text = serde_json::to_vec(&mangled(&choices)).expect("plain data");
        fs::write(dir.join("lab.json"), &text).expect("room on disk");
        match start(kept_in(&dir)) {
            Ok(lab) => {
                opened += 1;
                lab.close().await.expect("it closes");
            }
            Err(error) => {
                assert!(error.is_input(), "{error}");
                assert_eq!(fs::read(dir.join("lab.json")).expect("there"), text);
                assert_eq!(fs::read_dir(&dir).expect("there").count(), 1);
            }
        }
        let beside = fs::read_dir(home.path()).expect("there").count();
        assert_eq!(beside, 1, "something is outside of the lab");
    }
    assert!((1..most).contains(&opened), "{opened} of {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_s_directory_with_links_opens_nothing_outside() {
    let home = TempDir::new().expect("a directory");
    let dir = home.path().join("lab");
    let lab = start(kept_in(&dir)).expect("it starts");
    lab.close().await.expect("it closes");
    let outside = home.path().join("outside");
    fs::create_dir(&outside).expect("room on disk");
    let words = "a link, and links are not followed here";
    for name in ["nodes/central", "nodes/other", "lab.json", "nodes", "lock"] {
        for target in [
            outside.as_path(),
            Path::new("/dev/zero"),
            Path::new("nothing"),
        ] {
            let (path, aside) = (dir.join(name), home.path().join("aside"));
            let was_there = fs::rename(&path, &aside).is_ok();
            symlink(target, &path).expect("room on disk");
            let said = refused(&dir);
            assert_eq!(said, format!("{}: {words}", path.display()));
            fs::remove_file(&path).expect("it is still the link");
            if was_there {
                fs::rename(&aside, &path).expect("one file system");
            }
        }
    }
    assert_eq!(fs::read_dir(&outside).expect("there").count(), 0);
    // The directory itself may be one: a person named it.
    symlink("lab", home.path().join("link")).expect("room on disk");
    let lab = start(kept_in(&home.path().join("link"))).expect("it goes on");
    lab.close().await.expect("it closes");
}

/// A program is started because a layout says so, which was read with care, and for no other reason.
#[test]
fn a_kept_lab_starts_no_program_that_its_layout_does_not_have() {
    let mut spec = whole()["nodes"][2]["spec"].clone();
    spec["connect"] = json!([]);
    let command = json!({ "command": ["/bin/sh", "{port}"] });
    for source in [
        json!({ "program": command }),
        json!({ "at": { "addr": "192.0.2.1:8333" } }),
    ] {
        spec["bitcoin"] = json!({ "network": "regtest", "source": source });
        let refused = read(&with("/nodes/2/spec", spec.clone())).map(drop);
        let wanted = "lab.json: nodes[2].spec.bitcoin: the layout has another one";
        assert_eq!(refused, Err(wanted.to_owned()));
    }
}
