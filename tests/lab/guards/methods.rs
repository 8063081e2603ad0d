//! The methods of the control protocol and the steps of layouts: what each was read as, written as
//! the program writes it, whatever its types are called.

use super::hold_all;
use crate::common::running::TEXT;
use chainlab::lab::ask::verbs::{BASICS, verb, verbs};
use chainlab::lab::ask::{Scope, write};
use chainlab::lab::layout::read;
use chainlab::lab::paper::units::show_duration;
use chainlab::lab::script::StepSpec;
use serde_json::{Map, Value, json};
use std::time::Duration;

#[test]
fn every_method_and_parameter_is_still_one() {
    let basics = BASICS.iter().map(|basic| (basic.name, basic.params));
    let methods = verbs().map(|verb| (verb.name, verb.params));
    let of_nodes = verbs().filter(|verb| verb.scope == Scope::Node);
    let mut lines: Vec<_> = of_nodes
        .map(|method| format!("{} node", method.name))
        .collect();
    for (name, params) in basics.chain(methods) {
        lines.push(name.to_owned());
        lines.extend(params.iter().map(|param| format!("{name} {}", param.name)));
    }
    lines.sort();
    hold_all("methods.txt", &lines);
}

/// Each method with parameters, as a program writes them or as a command line does.
const CALLS: &[(&str, &str)] = &[
    ("create_wallet", r#"{"name": "eve", "node": "miner"}"#),
    (
        "import_wallet",
        r#"{"name": "eve", "secret": "alice", "node": "miner"}"#,
    ),
    ("export_wallet", r#"{"name": "alice"}"#),
    (
        "plan_send",
        r#"{"from": "alice", "to": "bob", "amount": "1.5"}"#,
    ),
    ("send", r#"{"from": "alice", "to": "bob", "amount": "1.5"}"#),
    (
        "send",
        r#"{"from": "alice", "to": "bob", "amount": "1.5", "fee": "0.01", "node": "wallet"}"#,
    ),
    ("wallets", r#"{"node": "wallet"}"#),
    ("history", r#"{"name": "alice"}"#),
    ("history", r#"{"name": "alice", "skip": "3", "limit": 4}"#),
    ("coins", r#"{"of": "alice"}"#),
    ("mine", r#"{"node": "miner"}"#),
    ("mine", r#"{"mode": "on"}"#),
    ("mine", r#"{"mode": "off"}"#),
    ("mine", r#"{"mode": "on-tx"}"#),
    ("mine", r#"{"mode": "on-tx", "txs": "2"}"#),
    ("set_hashrate", r#"{"hashrate": "14 kH/s"}"#),
    ("set_hashrate", r#"{"hashrate": 14000.5}"#),
    ("mine_to", r#"{"wallet": "rewards"}"#),
    ("mine_now", r#"{"node": "miner"}"#),
    ("set_strategy", r#"{"strategy": "honest"}"#),
    ("set_strategy", r#"{"strategy": "withhold"}"#),
    (
        "set_strategy",
        r#"{"strategy": "withhold", "release": "asked"}"#,
    ),
    (
        "set_strategy",
        r#"{"strategy": "withhold", "release": "depth 6"}"#,
    ),
    (
        "set_strategy",
        r#"{"strategy": "withhold", "release": "lead 2"}"#,
    ),
    ("release", r#"{"node": "miner"}"#),
    ("add_peer", r#"{"addr": "127.0.0.1:3000", "node": "miner"}"#),
    ("drop_peer", r#"{"addr": "127.0.0.1:3000"}"#),
    ("ban", r#"{"ip": "192.0.2.1"}"#),
    ("ban", r#"{"ip": "192.0.2.1", "for": "10min"}"#),
    ("unban", r#"{"ip": "192.0.2.1"}"#),
    ("invalidateblock", r#"{"height": 7}"#),
    (
        "reconsiderblock",
        r#"{"hash": "00000000000000000000000000000000000000000000000000000000000000a7"}"#,
    ),
    ("snapshot", r#"{"node": "miner"}"#),
    ("peers", r#"{"node": "miner"}"#),
    ("chain", r#"{}"#),
    ("chain", r#"{"from": 7, "to": "2", "limit": 8}"#),
    ("block", r#"{"height": 9}"#),
    (
        "block",
        r#"{"hash": "00000000000000000000000000000000000000000000000000000000000000a7"}"#,
    ),
    (
        "tx",
        r#"{"txid": "00000000000000000000000000000000000000000000000000000000000000a8"}"#,
    ),
    ("mempool", r#"{}"#),
    ("mempool", r#"{"limit": 5}"#),
    ("kill", r#"{"node": "miner"}"#),
    ("kill", r#"{}"#),
    ("restart", r#"{"node": "miner"}"#),
    ("add_node", r#"{"name": "eve"}"#),
    (
        "add_node",
        r#"{"name": "eve", "connect": ["central"], "wallets": "a, b", "mine": "on-tx", "hashrate": "2 kH/s"}"#,
    ),
    (
        "set_link",
        r#"{"from": "a", "to": "b", "preset": "satellite"}"#,
    ),
    (
        "set_link",
        r#"{"from": "a", "to": "b", "preset": "dsl", "latency": "1s", "one_way": "true"}"#,
    ),
    (
        "set_link",
        r#"{"from": "a", "to": "b", "latency": "80ms", "jitter": "20ms", "bandwidth": "1 MB/s", "loss": 0.1, "state": "black-hole"}"#,
    ),
    (
        "set_link",
        r#"{"from": "a", "to": "b", "bandwidth": "unlimited", "state": "open"}"#,
    ),
    ("cut", r#"{"from": "a", "to": "b"}"#),
    ("cut", r#"{"from": "a", "to": "b", "one_way": true}"#),
    ("black_hole", r#"{"from": "a", "to": "b"}"#),
    ("heal", r#"{}"#),
    ("heal", r#"{"from": "a", "to": "b", "one_way": true}"#),
    ("partition", r#"{}"#),
    ("partition", r#"{"groups": [["a", "b"], ["c"]]}"#),
    ("partition", r#"{"groups": "a,b c"}"#),
    ("unite", r#"{}"#),
    ("traffic", r#"{}"#),
    ("traffic", r#"{"on": false}"#),
    ("traffic", r#"{"on": "true", "rate": "2 tx/s"}"#),
    ("note", r#"{}"#),
    ("note", r#"{"text": "the miner is gone"}"#),
    ("script_next", r#"{}"#),
    ("script_auto", r#"{}"#),
    ("script_pause", r#"{}"#),
    ("script_resume", r#"{}"#),
    ("script_restart", r#"{}"#),
    ("time_pause", r#"{}"#),
    ("time_resume", r#"{}"#),
    ("time_toggle", r#"{}"#),
    ("time_step", r#"{}"#),
    ("time_back", r#"{}"#),
    ("time_next", r#"{}"#),
    ("time_prev", r#"{}"#),
    (
        "forge",
        r#"{"node": "dark", "to": "alice", "amount": "100"}"#,
    ),
    ("leave_out", r#"{"node": "dark", "of": "alice"}"#),
    (
        "next_message",
        r#"{"from": "central", "to": "miner", "kind": "block", "what": "delay", "for": "5s"}"#,
    ),
    ("set_clock", r#"{"node": "miner", "by": "-30s"}"#),
    ("fail_disk", r#"{"node": "miner", "what": "full"}"#),
    (
        "send_raw",
        r#"{"node": "miner", "from": "central", "kind": "tx", "hex": "00ff"}"#,
    ),
    ("time_speed", r#"{"speed": 5}"#),
    ("time_speed", r#"{"speed": "1/10"}"#),
    ("time_speed", r#"{"speed": "max"}"#),
    ("time_faster", r#"{}"#),
    ("time_slower", r#"{}"#),
    ("time_go", r#"{"to": "+01:23"}"#),
    ("time_go", r#"{"to": "83s"}"#),
    ("time_go", r##"{"to": "#7"}"##),
    ("time_until", r#"{"expr": "height >= 3"}"#),
    ("time_pause_when", r#"{"expr": "tips == 2"}"#),
    ("time_pause_when", r#"{}"#),
    ("time_undo", r#"{}"#),
    ("time_switch", r#"{"timeline": "B"}"#),
    ("time_drop", r#"{"timeline": "B"}"#),
    ("time_drop_later", r#"{}"#),
    ("time_compare", r#"{"timeline": "B"}"#),
    ("time_compare", r#"{}"#),
    ("time_export", r#"{}"#),
    ("time_save", r#"{}"#),
    ("time_save", r#"{"with_secrets": true}"#),
];

/// What a call or a step is, as it is written for other programs. What is null is as good as missing.
fn written((name, params): (&str, Map<String, Value>)) -> String {
    format!("{name} {}", without_nulls(params))
}

fn without_nulls(all: Map<String, Value>) -> Value {
    all.into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

#[test]
fn every_method_is_read_as_it_was() {
    for method in verbs() {
        let is_called = CALLS.iter().any(|(name, _)| *name == method.name);
        assert!(is_called, "no call of {} here", method.name);
    }
    let lines = CALLS.iter().map(|(name, params)| {
        let read = serde_json::from_str(params).expect("an object");
        let request = verb(name).map(|verb| verb.read(read));
        let is = match request {
            Some(Ok(request)) => written(write(&request)),
            Some(Err(error)) => format!("refused: {error}"),
            None => "no method".to_owned(),
        };
        format!("{name} {params} is {is}")
    });
    hold_all("calls.txt", &lines.collect::<Vec<_>>());
}

/// Steps with all keys that are not a method's.
const STEPS: &[&str] = &[
    r#"at = "2s"; do = "mine_now"; node = "miner""#,
    r#"after = "3s"; when = "height >= 1 and tips == 1"; at_latest = "8s"; do = "kill"; node = "miner""#,
    r#"title = "A title"; note = "A caption."; speaker = "What is said."; hold = "4s""#,
    r#"note = """#,
    r#"expect = 'balance("alice") == "10"'"#,
    r#"expect = "height@miner >= 3 or mempool == 0"; within = "1min""#,
    r#"do = "send"; from = "alice"; to = "carol"; amount = "1"; fee = "0.001""#,
    r#"do = "partition"; groups = [["central"], ["wallet", "miner"]]"#,
    r#"do = "unite""#,
    r#"do = "heal""#,
    r#"do = "add_node"; name = "eve"; connect = ["central"]; wallets = ["eve"]; mine = "on""#,
    r#"do = "set_link"; from = "central"; to = "miner"; preset = "3g""#,
    r#"do = "traffic"; rate = "2 tx/s""#,
    r#"do = "time_pause""#,
    r#"do = "time_speed"; speed = "1/10""#,
    r#"do = "time_speed"; speed = 5"#,
];

fn as_it_is(step: &StepSpec) -> String {
    let time = |time: Option<Duration>| time.map(show_duration);
    let start = &step.start;
    let expect = step.expect.as_ref();
    let all = json!({
        "is": step.what(),
        "at": time(start.at),
        "after": time(start.after),
        "when": start.when.as_ref().map(ToString::to_string),
        "at_latest": time(start.at_latest),
        "title": step.title,
        "note": step.note,
        "speaker": step.speaker,
        "hold": time(step.hold),
        "does": step.request.as_ref().map(|request| written(write(request))),
        "expect": expect.map(|expect| expect.expr.to_string()),
        "within": time(expect.map(|expect| expect.within)),
    });
    match all {
        Value::Object(all) => without_nulls(all).to_string(),
        _ => unreachable!("an object was written"),
    }
}

#[test]
fn every_step_of_a_script_is_read_as_it_was() {
    let lines = STEPS.iter().map(|step| {
        let text = format!("{TEXT}\n[[step]]\n{}\n", step.replace("; ", "\n"));
        let is = match read("lab.toml", &text) {
            Ok(layout) => as_it_is(&layout.steps[0]),
            Err(error) => format!("refused: {error}"),
        };
        format!("{step} is {is}")
    });
    let mut lines: Vec<_> = lines.collect();
    for manual in [true, false] {
        let script = format!("[script]\nmanual = {manual}\n");
        let layout = read("lab.toml", &format!("{TEXT}\n{script}")).expect("it is one");
        lines.push(format!("manual = {manual} is {}", json!(layout.pace)));
    }
    hold_all("steps.txt", &lines);
}
