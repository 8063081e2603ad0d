//! Requests that make no sense, and clients that ask for too much at once or do not wait for the
//! answer. The connection goes on, and so does the lab.

use crate::common::control::*;
use crate::common::running::{TEXT, agree_on, all_up, begun, until};
use chainlab::lab::ask::params::Params;
use chainlab::lab::ask::verbs::verbs;
use chainlab::lab::control::limits::CALLS_MAX;
use chainlab::lab::control::rpc::{BAD_PARAMS, Call, NO_METHOD, NO_REQUEST, NOT_JSON, REFUSED};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_no_request_is_refused_and_the_next_one_is_read() {
    let (lab, entry) = open_lab(BUSY).await;
    let mut guest = Raw::greeted(&entry.endpoint).await;
    let deep = "[".repeat(10_000);
    for (line, id, code, words) in [
        ("{", json!(null), NOT_JSON, "not JSON: EOF"),
        ("", json!(null), NOT_JSON, "not JSON: EOF"),
        ("\u{0}", json!(null), NOT_JSON, "not JSON: expected value"),
        (&deep, json!(null), NOT_JSON, "not JSON: recursion limit"),
        ("[]", json!(null), NO_REQUEST, "one object a line"),
        (
            r#"[{"jsonrpc":"2.0","id":1,"method":"status"}]"#,
            json!(null),
            NO_REQUEST,
            "one object a line",
        ),
        ("7", json!(null), NO_REQUEST, "one object a line"),
        (
            r#"{"jsonrpc":"1.0","id":1,"method":"status"}"#,
            json!(1),
            NO_REQUEST,
            "jsonrpc: \"2.0\" is wanted here",
        ),
        (
            r#"{"id":1,"method":"status"}"#,
            json!(1),
            NO_REQUEST,
            "jsonrpc: \"2.0\" is wanted here",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1}"#,
            json!(1),
            NO_REQUEST,
            "method: a text is wanted here",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            json!(1),
            NO_REQUEST,
            "method: a text is wanted here",
        ),
        (
            r#"{"jsonrpc":"2.0","id":{},"method":"status"}"#,
            json!(null),
            NO_REQUEST,
            "id: a number or a text is wanted here",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"status","params":[]}"#,
            json!(1),
            BAD_PARAMS,
            "params: an object is wanted here, by names",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"status","parms":{}}"#,
            json!(1),
            NO_REQUEST,
            "parms: there is no such field",
        ),
    ] {
        guest.writes(line.as_bytes()).await.expect("it is read");
        guest.writes(b"\n").await.expect("it is read");
        let answer = guest.hears().await;
        let (found, said) = error(&answer);
        assert_eq!((&answer["id"], found), (&id, code), "{line}");
        assert!(said.starts_with(words), "{line}: {said}");
    }
    guest.writes(b"\xff\xfe\n").await.expect("it is read");
    assert_eq!(error(&guest.hears().await).0, NOT_JSON);
    assert!(guest.result("status", json!({})).await.is_array());
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_or_of_the_wrong_kind_is_named_with_what_was_meant() {
    let (lab, entry) = open_lab(BUSY).await;
    let mut guest = Raw::greeted(&entry.endpoint).await;
    let long = "x".repeat(50_000);
    let none = || json!({});
    for (method, params, code, words) in [
        (
            "walets",
            none(),
            NO_METHOD,
            "there is no method \"walets\"; did you mean \"wallets\"?",
        ),
        (
            "statsu",
            none(),
            NO_METHOD,
            "there is no method \"statsu\"; did you mean \"status\"?",
        ),
        (
            "frobnicate",
            none(),
            NO_METHOD,
            "there is no method \"frobnicate\"",
        ),
        (
            &long,
            none(),
            NO_METHOD,
            &format!("there is no method {:?}", &long[..40]),
        ),
        (
            "status",
            json!({ "node": "central" }),
            BAD_PARAMS,
            "node: there is no such parameter, and no other",
        ),
        (
            "wallets",
            json!({ "nod": "central" }),
            BAD_PARAMS,
            "nod: there is no such parameter; did you mean \"node\"?",
        ),
        (
            "wallets",
            none(),
            BAD_PARAMS,
            "node: is missing: say which of central, wallet, miner",
        ),
        (
            "wallets",
            json!({ "node": "centrall" }),
            BAD_PARAMS,
            "node: there is no node \"centrall\"; did you mean \"central\"?",
        ),
        (
            "send",
            json!({ "from": "alice", "to": "bob", "amount": 1.5 }),
            BAD_PARAMS,
            "amount: a text is wanted here, as in \"1.5\", not a number",
        ),
        (
            "chain",
            json!({ "node": "miner", "limit": -1 }),
            BAD_PARAMS,
            "limit: -1 is no whole number that fits here",
        ),
        (
            "set_link",
            json!({ "from": "central", "to": "miner", "loss": 2 }),
            BAD_PARAMS,
            "loss: 2 is not between 0 and 0.9",
        ),
        (
            "subscribe",
            json!({ "events": "some" }),
            BAD_PARAMS,
            "events: \"some\" is none of \"none\", \"news\", \"all\"",
        ),
        (
            "subscribe",
            json!({ "interval": "1ms" }),
            BAD_PARAMS,
            "interval: 20ms to 1h are possible",
        ),
        (
            "send",
            json!({ "from": "alice", "to": "bob", "amount": "1000" }),
            REFUSED,
            "",
        ),
    ] {
        let (found, said) = guest.refused(call(1, method, params)).await;
        assert_eq!(found, code, "{method}: {said}");
        assert!(said.starts_with(words), "{said}");
        assert!(said.len() < 500, "{said}");
    }
    goes_on(&lab, &entry).await;
}

/// What is no amount, or more than there is, by what is wrong with it.
fn amounts() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "-1",
        "+1",
        "1e3",
        "0x10",
        "NaN",
        "inf",
        "1,5",
        "1_000",
        ".5",
        "5.",
        "1.2.3",
        " 1",
        "1 ",
        "\u{0661}",
        "0",
        "0.000000001",
        "90000000000.00000001",
        "184467440737.09551617",
        "99999999999999999999999",
    ];
    let texts = texts.into_iter().map(Value::from);
    texts
        .chain([json!(1), json!(1e300), json!(["1"])])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_four_amounts_that_are_none_pay_nothing() {
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    let mut guest = Raw::greeted(&entry.endpoint).await;
    let wallets = json!({ "node": "wallet" });
    let before = guest.result("wallets", wallets.clone()).await;
    let amounts = amounts();
    assert_eq!(amounts.len(), 24);
    for amount in amounts {
        let payment = json!({ "from": "alice", "to": "bob", "amount": amount });
        for method in ["plan_send", "send"] {
            let (code, said) = guest.refused(call(1, method, payment.clone())).await;
            assert!([BAD_PARAMS, REFUSED].contains(&code), "{amount}: {said}");
            assert!(said.len() < 200, "{said}");
        }
    }
    assert_eq!(guest.result("wallets", wallets).await, before);
    let paid = json!({ "from": "alice", "to": "bob", "amount": "1.5" });
    guest.result("send", paid).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_the_id_of_its_request_and_without_one_there_is_none() {
    let (lab, entry) = open_lab(BUSY).await;
    let mut guest = Raw::greeted(&entry.endpoint).await;
    for id in [
        json!(0),
        json!(-7),
        json!(9_007_199_254_740_993_u64),
        json!(1.5),
        json!("seven"),
        json!(""),
        json!(null),
    ] {
        for method in ["status", "peers", "nothing"] {
            let mut request = call(0, method, json!({}));
            request["id"] = id.clone();
            guest.says(&request).await;
            assert_eq!(guest.hears().await["id"], id, "{method}");
        }
    }
    let note = json!({ "jsonrpc": "2.0", "method": "note", "params": { "text": "silence" } });
    guest.says(&note).await;
    for quiet in ["status", "wallets", "nothing"] {
        guest
            .says(&json!({ "jsonrpc": "2.0", "method": quiet }))
            .await;
    }
    guest.says(&call(8, "status", json!({}))).await;
    assert_eq!(guest.hears().await["id"], 8);
    until(&lab, |view| view.caption.as_deref() == Some("silence")).await;
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_at_once_are_all_answered() {
    let (lab, entry) = open_lab(BUSY).await;
    until(&lab, all_up).await;
    let mut eager = Raw::greeted(&entry.endpoint).await;
    let request = |id| match id % 3 {
        0 => call(id, "status", json!({})),
        1 => call(id, "chain", json!({ "node": "central", "limit": 2 })),
        _ => call(id, "wallets", json!({ "node": "wallet" })),
    };
    let lines: String = (1..=1_000).map(|id| format!("{}\n", request(id))).collect();
    eager.writes(lines.as_bytes()).await.expect("they are read");
    let mut ids = BTreeSet::new();
    while ids.len() < 1_000 {
        let answer = eager.hears().await;
        assert!(answer.get("error").is_none(), "{answer}");
        assert!(ids.insert(answer["id"].as_u64()), "twice: {answer}");
    }
    goes_on(&lab, &entry).await;
}

/// Nobody ever finds a block here.
const HARD: &str = r#"
[chain]
retarget = "fixed"
difficulty = 1_000_000_000_000_000

[[node]]
name = "left"
wallets = ["lola"]

[[node]]
name = "right"
connect = ["left"]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn of_one_client_so_many_requests_are_done_at_a_time_and_others_do_not_wait_for_them() {
    let (lab, entry) = open_lab(HARD).await;
    until(&lab, all_up).await;
    let mut eager = Raw::greeted(&entry.endpoint).await;
    let count = u64::try_from(CALLS_MAX).expect("small");
    for id in 1..=count {
        eager
            .says(&call(id, "mine_now", json!({ "node": "left" })))
            .await;
    }
    eager.says(&call(100, "status", json!({}))).await;
    let early = timeout(Duration::from_secs(1), eager.line()).await;
    assert!(early.is_err(), "{early:?}");
    let mut other = Raw::greeted(&entry.endpoint).await;
    assert!(other.result("status", json!({})).await.is_array());
    let killed = other.result("kill", json!({ "node": "left" })).await;
    assert_eq!(killed, json!({ "killed": "left" }));
    let mut ids = BTreeSet::new();
    for _ in 0..=count {
        let answer = eager.hears().await;
        let id = answer["id"].as_u64().expect("a number");
        match id {
            100 => assert!(answer["result"].is_array()),
            _ => assert_eq!(error(&answer).0, REFUSED),
        }
        ids.insert(id);
    }
    assert_eq!(ids, (1..=count).chain([100]).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_asked_for_is_done_though_it_has_gone() {
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    let mut hasty = Raw::greeted(&entry.endpoint).await;
    hasty
        .says(&call(1, "mine_now", json!({ "node": "wallet" })))
        .await;
    // Read, but not answered yet: whoever is gone before that has asked for nothing.
    let busy = |view: &chainlab::lab::LabView| {
        let wallet = view.nodes[1].snapshot.as_ref();
        wallet.is_some_and(|seen| {
            seen.mining.as_ref().expect("its own").now
                || seen.mining.as_ref().expect("its own").found > 0
        })
    };
    until(&lab, busy).await;
    drop(hasty);
    until(&lab, |view| agree_on(view, 2)).await;
    let mut other = Raw::greeted(&entry.endpoint).await;
    let mined = other.result("mine_now", json!({ "node": "miner" })).await;
    assert_eq!(mined["mined"]["block"]["height"], 3);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,60}".prop_map(Value::from),
        "[0-9a-f]{64}".prop_map(Value::from),
        "[0-9.eE+-]{1,30} ?(ms|s|min|d|kH/s|MB/s)?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::with_cases(256)
    })]

    #[test]
    fn no_bytes_make_the_reader_of_requests_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Call::read(&bytes);
    }

    #[test]
    fn no_request_with_some_bytes_changed_makes_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut line = call(7, "send", json!({ "from": "a", "to": "b", "amount": "1.5" }))
            .to_string()
            .into_bytes();
        for (at, byte) in changes {
            let at = at.index(line.len());
            line[at] = byte;
        }
        if let Ok(call) = Call::read(&line) {
            let _ = Params::new(call.params).finish();
        }
    }

    #[test]
    fn no_parameters_make_any_method_panic(values in prop::collection::vec(value(), 8)) {
        for verb in verbs() {
            let names = verb.params.iter().map(|param| param.name);
            let params: Map<_, _> = names
                .chain(["node"])
                .map(str::to_owned)
                .zip(values.iter().cloned())
                .collect();
            let _ = verb.read(params.clone());
            // One of them alone, so that others are not refused before it.
            for (name, value) in params {
                let _ = verb.read(Map::from_iter([(name, value)]));
            }
        }
    }
}
