//! The page about layout files: its examples can be read, and it has every key that the reader knows.

use chainlab::chain::Params;
use chainlab::lab::ask::Scope;
use chainlab::lab::ask::verbs::verbs;
use chainlab::lab::layout::read;
use chainlab::lab::spec::MineSpec;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/layout.md");
    fs::read_to_string(path).expect("the page is there")
}

#[test]
fn the_examples_of_the_documentation_are_layouts() {
    let page = page();
    let blocks: Vec<_> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().expect("a block ends"))
        .collect();
    assert!(blocks.len() >= 3, "{}", blocks.len());
    let labs: Vec<_> = blocks
        .into_iter()
        .map(|text| read("lab.toml", text))
        .collect();
    let labs: Vec<_> = labs.into_iter().map(|lab| lab.expect("a layout")).collect();
    assert_eq!(labs[0].about[0], "my-lab: two nodes, one of them mines.");
    assert_eq!(labs[1].real_nodes().count(), 2);
    assert_eq!(labs[2].steps.len(), 5);
    assert!(labs[3].time.is_virtual && labs[3].time.is_paused);
    assert_eq!(labs[5].nodes.len(), 32);
}

/// The keys that the reader knows in a part, by its own words: it lists them when it meets one that
/// is like none of them.
fn known_keys(before: &str, after: &str) -> Vec<String> {
    let stranger = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";
    let text = format!("{before}{stranger} = 1{after}");
    let error = read("lab.toml", &text)
        .expect_err("nobody knows it")
        .to_string();
    let (_, known) = error.split_once("; known here").expect(&error);
    let (_, known) = known.split_once(": ").expect(&error);
    known.split(", ").map(str::to_owned).collect()
}

#[test]
fn a_step_that_does_something_knows_the_keys_of_every_step_and_each_for_one_thing() {
    let every = known_keys("\n[[node]]\nname = \"n\"\n[[step]]\n", "");
    for key in ["at", "after", "when", "at_latest", "do", "note", "expect"] {
        assert!(every.iter().any(|known| known == key), "{key}: {every:?}");
    }
    for verb in verbs() {
        let step = format!("\n[[node]]\nname = \"n\"\n[[step]]\ndo = {:?}\n", verb.name);
        let known = known_keys(&step, "");
        let once: BTreeSet<_> = known.iter().collect();
        assert_eq!(once.len(), known.len(), "{}: {known:?}", verb.name);
        let missing = every.iter().find(|key| !once.contains(key));
        assert_eq!(missing, None, "{}: {known:?}", verb.name);
        let params = verb.params.iter().map(|param| param.name);
        let wanted = every.len() + params.count() + usize::from(verb.scope == Scope::Node);
        assert_eq!(known.len(), wanted, "{}: {known:?}", verb.name);
    }
}

#[test]
fn the_documentation_has_a_row_for_every_key_and_none_for_others() {
    let page = page();
    let node = "\n[[node]]\nname = \"n\"\n";
    let pair = "[[link.pair]]\nbetween = [\"a\", \"b\"]\n";
    for (heading, keys) in [
        ("`[chain]`", known_keys("[chain]\n", node)),
        ("`[link]`", known_keys("[link]\n", node)),
        (
            "`[[link.pair]]`",
            known_keys(pair, "\n[[node]]\nname = \"a\"\n[[node]]\nname = \"b\""),
        ),
        ("`[topology]`", known_keys("[topology]\n", node)),
        ("`[[node]]`", known_keys(node, "")),
        (
            "`kind = \"bitcoin\"`",
            known_keys(&format!("{node}kind = \"bitcoin\"\n"), ""),
        ),
        ("`mine`", known_keys(&format!("{node}mine = {{ "), " }")),
        ("`[view]`", known_keys("[view]\n", node)),
        ("`[traffic]`", known_keys("[traffic]\n", node)),
        ("`[script]`", known_keys("[script]\n", node)),
        ("`[time]`", known_keys("[time]\n", node)),
        ("`[[step]]`", known_keys("[[step]]\n", node)),
    ] {
        let (_, part) = page
            .split_once(&format!("\n## {heading}\n"))
            .expect(heading);
        let part = part.split("\n## ").next().expect("a part");
        let rows = part.lines().filter_map(|line| line.strip_prefix("| `"));
        let documented: BTreeSet<_> = rows
            .flat_map(|row| row.split(" |").next().expect("a cell").split(", "))
            .map(|key| key.trim_matches('`').to_owned())
            .collect();
        assert!(!keys.is_empty(), "{heading}");
        assert_eq!(documented, BTreeSet::from_iter(keys), "{heading}");
    }
    let parts = known_keys("", node);
    let all = [
        "chain", "link", "topology", "node", "view", "traffic", "script", "time", "step",
    ];
    assert_eq!(parts, all);
}

#[test]
fn the_documentation_names_the_defaults_that_there_are() {
    let page = page();
    let params = Params::default();
    let mine = MineSpec::default();
    for (key, default) in [
        ("half_life", params.half_life_intervals.to_string()),
        ("halving_interval", params.halving_interval.to_string()),
        ("maturity", params.maturity.to_string()),
        ("max_block_bytes", params.max_block_bytes.to_string()),
        ("address_version", params.address_version.to_string()),
        ("subsidy", format!("\"{}\"", params.subsidy)),
        (
            "block_interval",
            format!("\"{}s\"", params.block_interval_ms / 1_000),
        ),
        ("limit_bits", format!("\"{:#010x}\"", params.limit_bits.0)),
        ("hashrate", format!("\"{} kH/s\"", mine.hashrate / 1e3)),
    ] {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{key}` |")));
        let cell = row.expect(key).split(" | ").nth(1).expect("a default");
        assert_eq!(cell.replace('_', ""), format!("`{default}`"), "{key}");
    }
}
