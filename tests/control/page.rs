//! The page about the control protocol: it has every method with its parameters and no others, its
//! limits and codes are those of the program, and its examples are played over a real connection.

use crate::common::control::*;
use crate::common::running::{TEXT, agree_on, begun, until};
use chainlab::lab::ask::Scope;
use chainlab::lab::ask::verbs::{BASICS, NOTE_MAX, Param, verbs};
use chainlab::lab::control::{NodeEvent, Opening, limits, rpc};
use chainlab::lab::drive::run_file::RunHead;
use chainlab::lab::drive::{Level, RunOptions, VirtualOptions};
use chainlab::lab::paper::units::show_duration;
use chainlab::lab::spec::OpeningTime;
use chainlab::lab::view::{LabStatus, NodeStatus, TimeNews};
use chainlab::lab::{Control, Lab, LabView, layout};
use chainlab::node::snapshot::PAGE_MAX;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tokio::runtime::Handle;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/control.md");
    fs::read_to_string(path).expect("the page is there")
}

/// What is below a heading, up to the next one that is as high.
fn below<'a>(page: &'a str, heading: &str) -> &'a str {
    let marks = heading.split(' ').next().expect("marks");
    let (_, rest) = page.split_once(&format!("\n{heading}\n")).expect(heading);
    rest.split(&format!("\n{marks} ")).next().expect("a part")
}

/// The cells of the tables in a part.
fn rows(part: &str) -> Vec<Vec<&str>> {
    let lines = part.lines().filter_map(|line| {
        let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some(row.split(" | ").collect())
    });
    lines.collect()
}

/// The parts of a part, by their headings.
fn methods(part: &str) -> BTreeMap<&str, &str> {
    let parts = part.split("\n### `").skip(1);
    let parts = parts.map(|part| part.split_once("`\n").expect("a name"));
    parts.collect()
}

fn check(heading: &str, wanted: Vec<(&str, &str, &[Param])>) {
    let page = page();
    let written = methods(below(&page, heading));
    let names: BTreeSet<_> = wanted.iter().map(|(name, ..)| *name).collect();
    assert_eq!(written.keys().copied().collect::<BTreeSet<_>>(), names);
    for (name, title, params) in wanted {
        let text = written[name].trim_start();
        let (first, rest) = title.split_at(1);
        let sentence = format!("{}{rest}.", first.to_uppercase());
        let opening = text.split("\n\n").next().expect("a paragraph");
        assert_eq!(opening.replace('\n', " "), sentence, "{name}");
        let rows = rows(text);
        let cells: Vec<_> = rows.iter().skip(1).map(|row| row.join(" | ")).collect();
        let wanted = params.iter().map(|param| {
            let needed = match param.is_optional {
                true => "no",
                false => "yes",
            };
            format!("`{}` | {needed} | {}", param.name, param.is)
        });
        assert_eq!(cells, wanted.collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn every_method_is_on_the_page_with_its_parameters_and_no_other() {
    let basics = BASICS.iter();
    check(
        "## Methods of every endpoint",
        basics
            .map(|method| (method.name, method.title, method.params))
            .collect(),
    );
    for (heading, is_of_node) in [
        ("## Methods of a node", true),
        ("## Methods of a lab", false),
    ] {
        let methods = verbs().filter(|verb| (verb.scope == Scope::Node) == is_of_node);
        check(
            heading,
            methods
                .map(|method| (method.name, method.title, method.params))
                .collect(),
        );
    }
    let parts = page().matches("\n### `").count();
    assert_eq!(parts, BASICS.len() + verbs().count(), "no method elsewhere");
}

#[test]
fn limits_and_codes_are_those_of_the_program() {
    let page = page();
    let limits: BTreeSet<_> = rows(below(&page, "## Limits"))
        .into_iter()
        .skip(1)
        .map(|row| row[1].to_owned())
        .collect();
    let (fast, slow) = limits::INTERVALS.into_inner();
    let wanted = [
        limits::LINE_MAX.to_string(),
        limits::CLIENTS_MAX.to_string(),
        limits::SILENT_MAX.to_string(),
        limits::UNGREETED_MAX.to_string(),
        limits::CALLS_MAX.to_string(),
        limits::BEHIND_MAX.to_string(),
        limits::RECENT_MAX.to_string(),
        PAGE_MAX.to_string(),
        NOTE_MAX.to_string(),
        show_duration(limits::GREETING_MAX),
        show_duration(limits::WRONG_PAUSE),
        show_duration(limits::LINE_TIME_MAX),
        show_duration(limits::UNREAD_MAX),
        show_duration(limits::LAST_ANSWERS_MAX),
        format!("{} to {}", show_duration(fast), show_duration(slow)),
    ];
    assert_eq!(limits, BTreeSet::from(wanted));
    let codes: Vec<_> = rows(below(&page, "## Errors"))
        .into_iter()
        .skip(1)
        .map(|row| row[0].parse::<i64>().expect("a code"))
        .collect();
    let wanted = [
        rpc::NOT_JSON,
        rpc::NO_REQUEST,
        rpc::NO_METHOD,
        rpc::BAD_PARAMS,
        rpc::REFUSED,
        rpc::UNGREETED,
        rpc::TOO_MANY,
        rpc::BAD_LINE,
    ];
    assert_eq!(codes, wanted);
}

/// Requests of the page with their answers, in order; `--> ` and `<-- ` are the arrows.
fn examples(page: &str) -> Vec<(Value, Value)> {
    let read = |text: &str| -> Value {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    let blocks = page.split("```text\n--> ").skip(1);
    let blocks = blocks.map(|rest| rest.split("\n```").next().expect("a block ends"));
    let pairs = blocks.map(|block| block.split_once("\n<-- ").expect("an answer"));
    pairs.map(|(ask, tell)| (read(ask), read(tell))).collect()
}

/// Fields that may be missing just now.
const NULLABLE: [&str; 15] = [
    "addr",
    "bandwidth",
    "block",
    "caption",
    "fee",
    "from",
    "height",
    "item",
    "listen",
    "miner",
    "round_trip",
    "script",
    "snapshot",
    "sync",
    "to",
];

/// That the answer has the shape of what is written: the same keys, the same kinds of values. Of
/// lists the page shows some elements only.
fn same_shape(written: &Value, answer: &Value, at: &str) -> Result<(), String> {
    let key = at.rsplit('.').next().expect("a part");
    match (written, answer) {
        (Value::Object(written), Value::Object(answer)) => {
            let keys =
                |map: &serde_json::Map<String, Value>| -> Vec<_> { map.keys().cloned().collect() };
            if keys(written) != keys(answer) {
                return Err(format!("{at}: {:?} and {:?}", keys(written), keys(answer)));
            }
            written.iter().try_for_each(|(key, value)| {
                same_shape(value, &answer[key], &format!("{at}.{key}"))
            })
        }
        (Value::Array(written), Value::Array(answer)) => {
            if written.is_empty() != answer.is_empty() {
                return Err(format!("{at}: {written:?} and {answer:?}"));
            }
            written.iter().try_for_each(|one| {
                let mut tries = answer.iter().map(|other| same_shape(one, other, at));
                let first = tries.next().expect("not empty");
                first.or_else(|why| tries.find_map(Result::ok).ok_or(why))
            })
        }
        (Value::Null, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => Ok(()),
        (Value::Null, _) | (_, Value::Null) if NULLABLE.contains(&key) => Ok(()),
        _ => Err(format!("{at}: {written} and {answer}")),
    }
}

/// Texts `<method.path>` stand for what an earlier answer has there.
fn filled(value: &Value, known: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::String(text) => {
            let path = text
                .strip_prefix('<')
                .and_then(|text| text.strip_suffix('>'));
            let Some(path) = path else {
                return value.clone();
            };
            let (name, rest) = path.split_once('.').unwrap_or((path, ""));
            let found = known.get(name).unwrap_or_else(|| panic!("{text}: not yet"));
            let pointer = match rest {
                "" => String::new(),
                rest => format!("/{}", rest.replace('.', "/")),
            };
            let found = found.pointer(&pointer);
            found.unwrap_or_else(|| panic!("{text}: not there")).clone()
        }
        Value::Array(values) => values.iter().map(|value| filled(value, known)).collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), filled(value, known)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// A story in which nothing comes by itself.
const STORY: &str = r#"
[[step]]
after = "1h"
note = "one"

[[step]]
after = "1h"
note = "two"
"#;

/// A lab in virtual time that stands still when its first block has come, with something done by hand at its
/// beginning.
async fn held_lab() -> (Lab, Raw) {
    let options = VirtualOptions {
        time: OpeningTime {
            is_paused: true,
            ..OpeningTime::default()
        },
        level: Level::All,
        ..VirtualOptions::default()
    };
    let layout = layout::read("scenario", TEXT).expect("it is sound");
    let run = RunOptions {
        head: Some(RunHead::new("scenario", TEXT, 0)),
        ..RunOptions::default()
    };
    let lab = Lab::start_run(layout, options, run, Control::Anywhere, Handle::current());
    let lab = lab.expect("it starts");
    let mut client = Raw::greeted(&opened(&lab).await.endpoint).await;
    client.result("note", json!({ "text": "look here" })).await;
    client.result("time_go", json!({ "to": "+10:00" })).await;
    client.result("note", json!({ "text": "later" })).await;
    // What is done in the past is done in another timeline.
    client.result("time_go", json!({ "to": "50ms" })).await;
    client.result("note", json!({ "text": "otherwise" })).await;
    let found = json!({ "expr": "height@wallet >= 1" });
    client.result("time_until", found).await;
    (lab, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_in_its_shape() {
    let page = page();
    let examples = examples(&page);
    let (lab, entry) = open_lab(&format!("{TEXT}{STORY}")).await;
    begun(&lab).await;
    let mut client = Raw::at(&entry.endpoint.at).await;
    let (held, mut of_time) = held_lab().await;
    // What the page shows of each method, and what it really answered.
    let mut shown = BTreeMap::new();
    let mut told = BTreeMap::from([("cookie".to_owned(), json!(cookie(&entry.endpoint)))]);
    let mut seen = BTreeSet::new();
    for (request, written) in &examples {
        let method = request["method"].as_str().expect("a name").to_owned();
        let asked = match method.starts_with("time") {
            true => &mut of_time,
            false => &mut client,
        };
        let answer = asked.asks(filled(request, &told)).await;
        let wanted = filled(written, &shown);
        same_shape(&wanted, &answer, &method).unwrap_or_else(|why| panic!("{why}\n{answer}"));
        assert_eq!(written["id"], request["id"], "{method}");
        // What follows looks at other nodes, too.
        if method == "send" {
            let waits_at = |view: &LabView| {
                let mut seen = view.nodes.iter().flat_map(|node| &node.snapshot);
                seen.all(|seen| seen.mempool.count == 1)
            };
            until(&lab, waits_at).await;
        }
        if method == "mine_now" {
            let height = answer["result"]["mined"]["block"]["height"].as_u64();
            let height = u32::try_from(height.expect("a height")).expect("few");
            until(&lab, |view| agree_on(view, height)).await;
        }
        if let (Some(result), Some(real)) = (wanted.get("result"), answer.get("result")) {
            shown.insert(method.clone(), result.clone());
            told.insert(method.clone(), real.clone());
            seen.insert(method);
        }
    }
    let names = BASICS.iter().map(|method| method.name);
    let names = names.chain(verbs().map(|verb| verb.name));
    // There is neither a program of others in this lab nor an attacker.
    let refused = BTreeSet::from(["invalidateblock", "reconsiderblock", "forge", "leave_out"]);
    let done = names.filter(|name| !refused.contains(name));
    let done: BTreeSet<_> = done.map(str::to_owned).collect();
    assert_eq!(seen, done, "each has an example that is done");
    for (request, written) in &examples {
        let is_refused = request["method"]
            .as_str()
            .is_some_and(|name| refused.contains(name));
        assert_eq!(is_refused, written.get("error").is_some(), "{request}");
    }
    held.close().await.expect("it closes");
    lab.close().await.expect("it closes");
}

/// With hashes in place of those that are shortened.
fn whole(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() == 11 && text.ends_with("...") => "0".repeat(64).into(),
        Value::Array(values) => values.iter().map(whole).collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), whole(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[test]
fn notices_on_the_page_are_what_subscribers_are_told() {
    let page = page();
    let part = below(&page, "## What a subscriber is told");
    let lines = part.lines().filter_map(|line| line.strip_prefix("<-- "));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let status = examples(&page)
        .into_iter()
        .find(|(request, _)| request["method"] == "status");
    let status = status.expect("it is there").1["result"].clone();
    let known = BTreeMap::from([("status".to_owned(), status)]);
    let mut told = BTreeSet::new();
    for line in &lines {
        let keys: Vec<_> = line.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["jsonrpc", "method", "params"]);
        let params = whole(&filled(&line["params"], &known));
        let method = line["method"].as_str().expect("a name");
        let again = match method {
            "node" => json!(serde_json::from_value::<NodeStatus>(params.clone()).expect("a node")),
            "event" => json!(serde_json::from_value::<NodeEvent>(params.clone()).expect("event")),
            "lab" => json!(serde_json::from_value::<LabStatus>(params.clone()).expect("a lab")),
            "time" => json!(serde_json::from_value::<TimeNews>(params.clone()).expect("time")),
            "opening" => json!(serde_json::from_value::<Opening>(params.clone()).expect("all")),
            "missed" => json!({ "events": params["events"].as_u64().expect("a count") }),
            other => panic!("nobody is told {other}"),
        };
        same_shape(&params, &again, method).expect("nothing else is in it");
        told.insert(method);
    }
    assert_eq!(
        told,
        BTreeSet::from(["event", "lab", "missed", "node", "opening", "time"])
    );
}
