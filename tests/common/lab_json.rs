//! Files that labs were kept in, mangled: each is read or refused in words, and what is read is as
//! sound as a layout. The fuzz target of this name does the same for longer. What else a program
//! leaves to be read again, it reads in the same way: give [`judge`] its reader.

use super::running::TEXT;
use chainlab::lab::paper::names::parse_node_name;
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Kept, LabError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// What stands in the place of a value.
pub const SCRAPS: [&str; 24] = [
    "null",
    "0",
    "-1",
    "1e999",
    "1e308",
    "18446744073709551615",
    "9007199254740993",
    "true",
    "\"\"",
    "\"central\"",
    "\"..\"",
    "\"../../x\"",
    "\"/tmp/x\"",
    "\"a/b\"",
    "\"\\u0000\"",
    "\"a\\nb\"",
    "\"127.0.0.1:9\"",
    "\"black-hole\"",
    "[]",
    "[\"central\", \"central\"]",
    "{}",
    "{\"on_tx\": 0}",
    "{\"OnTx\": 0}",
    "{\"withhold\": {\"depth\": 0}}",
];

/// A lab of three nodes with links that were set, a split, and payments, as it was left.
pub fn whole() -> Value {
    let node = |name: &str, connect: &[&str], wallets: &[&str], port: u16| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut spec = NodeSpec::new(name);
        (spec.connect, spec.wallets) = (owned(connect), owned(wallets));
        spec.mine.to = spec.wallets.first().cloned();
        json!({"spec": spec, "port": port, "wallets": wallets})
    };
    let way = |from: &str, to: &str| {
        json!({
            "from": from, "to": to, "latency": "80ms", "jitter": "0s", "bandwidth": null,
            "loss": 0.1, "state": "open",
        })
    };
    json!({
        "version": 1,
        "layout": "scenario",
        "layout_text": TEXT,
        "key_seed": "ab".repeat(32),
        "seed": null,
        "openings": 3,
        "since": 1_800_000_000_000_000_u64,
        "clock": 1_800_000_100_000_000_u64,
        "nodes": [
            node("central", &[], &["founder"], 23_000),
            node("wallet", &["central"], &["alice", "bob", "carol", "dave"], 23_001),
            node("miner", &["central"], &["rewards"], 23_002),
        ],
        "links": {
            "set": [way("central", "wallet"), way("miner", "127.0.0.1:9")],
            "partition": {
                "groups": [["central"], ["wallet", "miner"]],
                "before": [{"from": "central", "to": "miner", "was": "open"}],
            },
        },
        "traffic": {"on": false, "rate": 2.0},
    })
}

/// The values in it, however deep, in order.
pub fn values(of: &mut Value) -> Vec<&mut Value> {
    let mut found = Vec::new();
    let mut left = vec![of];
    while let Some(next) = left.pop() {
        match next {
            Value::Array(rows) => left.extend(rows),
            Value::Object(rows) => left.extend(rows.values_mut()),
            leaf => found.push(leaf),
        }
    }
    found
}

/// Replaces, doubles or takes away what the bytes choose, three bytes for each.
pub fn mangled(choices: &[u8]) -> Value {
    let mut lab = whole();
    for choice in choices.chunks_exact(3) {
        let [what, at, with] = [choice[0], choice[1], choice[2]].map(usize::from);
        match what % 4 {
            0 => change_list(&mut lab, at, with),
            _ => {
                let mut values = values(&mut lab);
                if values.is_empty() {
                    return lab;
                }
                let at = at % values.len();
                let scrap = SCRAPS[with % SCRAPS.len()];
                *values[at] = serde_json::from_str(scrap).unwrap_or(Value::Null);
            }
        }
    }
    lab
}

/// Has one row of a list there twice, or not at all.
fn change_list(lab: &mut Value, at: usize, with: usize) {
    let paths = [
        "/nodes",
        "/links/set",
        "/links/partition/groups",
        "/nodes/1/wallets",
    ];
    let list = lab.pointer_mut(paths[at % paths.len()]);
    let Some(rows) = list.and_then(Value::as_array_mut) else {
        return;
    };
    if rows.is_empty() {
        return;
    }
    let row = rows.remove(with % rows.len());
    match with % 2 {
        0 => {}
        _ => rows.extend([row.clone(), row]),
    }
}

/// What was read is written so that the same is read again; what was refused is refused in one line.
pub fn judge<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Result<T, String>,
    write: impl Fn(&T) -> Vec<u8>,
    is_sound: impl Fn(&T),
) {
    match read(bytes) {
        Ok(found) => {
            is_sound(&found);
            assert_eq!(read(&write(&found)).as_ref(), Ok(&found));
        }
        Err(words) => {
            assert!(!words.contains('\n'), "{words}");
            assert!(words.len() < 2_000, "{words}");
        }
    }
}

/// Reads a kept lab's file, and says what is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Kept, String> {
    Kept::parse(Path::new("lab.json"), bytes).map_err(|error| {
        assert!(LabError::is_input(&error), "{error}");
        error.to_string()
    })
}

/// Judges the file of a kept lab.
pub fn judge_lab(bytes: &[u8]) {
    judge(bytes, read, Kept::text, |lab| {
        let names: Vec<_> = lab.node_names().collect();
        for name in &names {
            assert_eq!(parse_node_name(name).as_deref(), Ok(*name));
        }
        assert_eq!(BTreeSet::from_iter(&names).len(), names.len());
    });
}
