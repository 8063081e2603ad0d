//! What is wrong with a layout is said with its file, its line and its column, in words that name
//! the key and what would be right.

use chainlab::lab::layout::read;
use chainlab::lab::spec::{Captions, Speed, TimeSpec};
use std::time::Duration;

/// Two nodes, beneath the text that is tried.
const NODES: &str = "
[[node]]
name = \"central\"
wallets = [\"alice\", \"bob\"]
[[node]]
name = \"miner\"
";

fn refused(text: &str) -> String {
    let refused = read("lab.toml", text).expect_err(text).to_string();
    let place = refused.strip_prefix("lab.toml:");
    place.expect("the file comes first").to_owned()
}

/// Each text is wrong, with two nodes beneath it.
fn all_refused(cases: &[(&str, &str)]) {
    for (text, words) in cases {
        assert_eq!(refused(&format!("{text}\n{NODES}")), *words, "{text}");
    }
}

#[test]
fn a_layout_without_nodes_or_with_too_many_is_refused() {
    let none = "1:1: node: a lab has at least one: write [[node]], and below it name = \"...\"";
    assert_eq!(refused(""), none);
    assert_eq!(refused("[chain]\nmaturity = 1\n"), none);
    let group = |count| format!("[[node]]\nname = \"n\"\ncount = {count}\n");
    assert!(read("lab.toml", &group(128)).is_ok());
    assert_eq!(refused(&group(129)), "3:9: count: not between 1 and 128");
    assert_eq!(refused(&group(0)), "3:9: count: not between 1 and 128");
    let more = format!("{}[[node]]\nname = \"m\"\n", group(128));
    assert_eq!(refused(&more), "5:8: name: a lab has at most 128 nodes");
}

#[test]
fn what_is_wrong_with_time_is_said_with_its_place() {
    all_refused(&[
        (
            "[time]\nvirtaul = true",
            "2:1: unknown key \"virtaul\"; did you mean \"virtual\"?",
        ),
        (
            "[time]\nvirtual = 1",
            "2:11: virtual: true or false is wanted here, not a value of type integer",
        ),
        (
            "[time]\nspeed = 101",
            "2:9: speed: a speed is a number from 1 to 100, 1/2 to 1/100, or max; not \"101\"",
        ),
        (
            "[time]\n  speed = 0.5",
            "2:11: speed: a speed is a number from 1 to 100, 1/2 to 1/100, or max; not \"0.5\"",
        ),
        (
            "[time]\nspeed = \"fast\"",
            "2:9: speed: a speed is a number from 1 to 100, 1/2 to 1/100, or max; not \"fast\"",
        ),
        (
            "[time]\nlimit = 24",
            "2:9: limit: a text in quotes, as in \"24h\", is wanted here, not a value of type integer",
        ),
        (
            "[time]\nlimit = \"0s\"",
            "2:1: limit: no time at all is left: leave it out",
        ),
        (
            "[time]\nmemory = \"64\"",
            "2:10: memory: \"64\" is no amount of memory: write a number and one of kB, MB, GB, as in 64 MB",
        ),
        (
            "[time]\nmemory = \"1 kB\"",
            "2:10: memory: not between 1 MB and 64 GB",
        ),
        (
            "[time]\ncaptions = \"slow\"",
            "2:12: captions: \"slow\" is none of \"go\", \"wait\"",
        ),
    ]);
}

#[test]
fn time_is_read_as_it_is_written_and_is_live_where_nothing_is_said() {
    let time = |text: &str| read("lab.toml", &format!("{text}\n{NODES}")).map(|lab| lab.time);
    let usual = TimeSpec::default();
    assert!(!usual.is_virtual && !usual.is_paused && usual.memory == 128_000_000);
    assert_eq!(time(""), Ok(usual.clone()));
    assert_eq!(time("[time]"), Ok(usual));
    let all = "virtual = true\nspeed = \"1/10\"\npaused = true\nlimit = \"24h\"\nmemory = \"1.5 GB\"\ncaptions = \"wait\"";
    let wanted = TimeSpec {
        is_virtual: true,
        speed: Speed::Over(10),
        is_paused: true,
        limit: Some(Duration::from_secs(86_400)),
        memory: 1_500_000_000,
        captions: Captions::Wait,
    };
    assert_eq!(time(&format!("[time]\n{all}")), Ok(wanted));
    let speed = |text: &str| time(&format!("[time]\nspeed = {text}")).map(|time| time.speed);
    assert_eq!(speed("50"), Ok(Speed::Times(50)));
    assert_eq!(speed("\"50\""), Ok(Speed::Times(50)));
    assert_eq!(speed("\"max\""), Ok(Speed::Max));
}

#[test]
fn what_is_no_part_of_a_layout_is_refused_with_what_was_meant() {
    all_refused(&[
        (
            "[chian]",
            "1:2: unknown key \"chian\"; did you mean \"chain\"?",
        ),
        (
            "[nodes]",
            "1:2: unknown key \"nodes\"; did you mean \"node\"?",
        ),
        (
            "[colours]",
            "1:2: unknown key \"colours\"; known here: chain, link, topology, node, view, traffic, script, time, step",
        ),
        (
            "[link]\nlatencie = \"1s\"",
            "2:1: unknown key \"latencie\"; did you mean \"latency\"?",
        ),
        (
            "[[link.pairs]]",
            "1:8: unknown key \"pairs\"; did you mean \"pair\"?",
        ),
        (
            "[topology]\nkid = \"ring\"",
            "2:1: unknown key \"kid\"; did you mean \"kind\"?",
        ),
        (
            "[view]\ncolums = 3",
            "2:1: unknown key \"colums\"; did you mean \"columns\"?",
        ),
        (
            "[[node]]\nnam = \"x\"",
            "2:1: unknown key \"nam\"; did you mean \"name\"?",
        ),
        (
            "[[node]]\nname = \"x\"\nmine = { rate = \"1 kH/s\" }",
            "3:10: unknown key \"rate\"; known here: mode, at, hashrate, to, first, strategy, release",
        ),
        (
            "chain = 1",
            "1:9: chain: a table, under [chain], is wanted here, not a value of type integer",
        ),
        (
            "view = true",
            "1:8: view: a table, under [view], is wanted here, not a value of type boolean",
        ),
        ("[chain", "1:7: unclosed table, expected `]`"),
    ]);
    assert_eq!(
        refused("[node]\nname = \"x\"\n"),
        "1:1: node: a list of tables, each under [[node]], is wanted here, not a value of type table"
    );
}

#[test]
fn a_chain_that_cannot_be_is_refused() {
    all_refused(&[
        (
            "[chain]\nsubsidy = 10.5",
            "2:11: subsidy: a text in quotes, as in \"10\", is wanted here, not a value of type float",
        ),
        (
            "[chain]\nfee = 0.001",
            "2:7: fee: a text in quotes, as in \"0.001\", is wanted here, not a value of type float",
        ),
        (
            "[chain]\nmin_fee_per_kb = \"-1\"",
            "2:18: min_fee_per_kb: \"-1\" is not an amount: write digits and at most one point, as \
             in 9.5",
        ),
        (
            "[chain]\ndifficulty = \"hard\"",
            "2:14: difficulty: a whole number or \"auto\" is wanted here, not \"hard\"",
        ),
        (
            "[chain]\ndifficulty = 0.5",
            "2:14: difficulty: a whole number or \"auto\" is wanted here, not a value of type float",
        ),
        (
            "[chain]\ndifficulty = 1",
            "2:1: difficulty: easier than limit_bits allows",
        ),
        (
            "[chain]\ndifficulty = \"auto\"\ngenesis_bits = \"0x207fffff\"",
            "2:1: difficulty: genesis_bits says the same: leave out one of them",
        ),
        (
            "[chain]\nlimit_bits = \"0x00000000\"",
            "2:1: limit_bits: a target of zero is met by no hash",
        ),
        (
            "[chain]\nmaturity = 2_000_000",
            "2:1: maturity: 2000000 is not between 1 and 1000000",
        ),
        (
            "[chain]\nblock_interval = \"2d\"",
            "2:1: block_interval: 172800000 is not between 1 and 86400000 (ms)",
        ),
        (
            "[chain]\nfuture_drift = \"1d\"",
            "2:1: future_drift: 86400000 is not between 0 and 49999 (ms)",
        ),
        (
            "[chain]\ngenesis_time_ms = 100_000_000_000_001",
            "2:1: genesis_time_ms: 100000000000001 is not between 0 and 100000000000000",
        ),
    ]);
}

#[test]
fn coins_of_the_genesis_block_belong_to_wallets_that_there_are() {
    all_refused(&[
        (
            "[chain.genesis]\nalise = \"10\"",
            "2:1: alise: there is no wallet \"alise\"; did you mean \"alice\"?",
        ),
        (
            "[chain.genesis]\nfounder = \"10\"",
            "2:1: founder: there is no wallet \"founder\"; there are: alice, bob",
        ),
        (
            "[chain.genesis]\nalice = 10.0",
            "2:9: alice: a text in quotes, as in \"10\", is wanted here, not a value of type float",
        ),
        (
            "[chain.genesis]\nbob = \"0\"",
            "2:7: bob: an allocation of nothing",
        ),
        (
            "[chain.genesis]\nbob = \"0.000000001\"",
            "2:7: bob: \"0.000000001\" has more than 8 digits after the point",
        ),
        (
            "[[chain.genesis]]\nname = \"alice\"",
            "1:1: genesis: a table, under [chain.genesis], is wanted here, not a value of type array",
        ),
        (
            "[chain]\nsubsidy = \"1000000\"\n[chain.genesis]\nalice = \"1\"",
            "2:1: subsidy: with this subsidy and halving_interval more than 90000000000 coins \
             would come to exist",
        ),
    ]);
    let nobody = "[chain.genesis]\na = \"1\"\n[[node]]\nname = \"n\"\n";
    assert_eq!(
        refused(nobody),
        "2:1: a: there is no wallet \"a\", and no other"
    );
}

#[test]
fn a_link_that_cannot_be_is_refused() {
    all_refused(&[
        (
            "[link]\nlatency = 80",
            "2:11: latency: a text in quotes, as in \"80ms\", is wanted here, not a value of type \
             integer",
        ),
        (
            "[link]\npreset = \"dls\"",
            "2:10: preset: there is no preset \"dls\"; did you mean \"dsl\"?",
        ),
        (
            "[link]\nlatency = \"61s\"",
            "2:1: latency: 61s is more than 60s",
        ),
        (
            "[link]\njitter = \"70000ms\"",
            "2:1: jitter: 70s is more than 60s",
        ),
        (
            "[link]\nbandwidth = \"1 MB\"",
            "2:13: bandwidth: \"1 MB\" is not a bandwidth: write a number and one of B/s, kB/s, \
             MB/s, GB/s, kbit/s, Mbit/s, Gbit/s, as in 1 MB/s",
        ),
        (
            "[link]\nbandwidth = \"10 B/s\"",
            "2:1: bandwidth: 10 bytes a second is not between 100 and 1000000000",
        ),
        (
            "[link]\nloss = 1",
            "2:1: loss: 1 is not between 0 and 0.9; for a link on which nothing arrives set state = \
             \"black-hole\"",
        ),
        (
            "[link]\nloss = \"10 %\"",
            "2:8: loss: a number, as in 0.1, is wanted here, not a value of type string",
        ),
        (
            "[link]\nstate = \"shut\"",
            "2:9: state: \"shut\" is none of \"open\", \"cut\", \"black-hole\"",
        ),
    ]);
    for loss in ["nan", "-0.1", "inf", "0.91"] {
        let said = refused(&format!("[link]\nloss = {loss}\n{NODES}"));
        assert!(said.contains("is not between 0 and 0.9"), "{said}");
    }
}

#[test]
fn a_pair_is_two_nodes_and_said_once() {
    let pair = |text: &str| refused(&format!("[[link.pair]]\n{text}\n{NODES}"));
    for (text, words) in [
        (
            "loss = 0.1",
            "1:1: between: is missing: write between = [\"a\", \"b\"], or for one direction from = \
             \"a\" and to = \"b\"",
        ),
        ("from = \"central\"", "1:1: to: is missing"),
        ("to = \"central\"", "1:1: from: is missing"),
        (
            "between = [\"central\", \"miner\"]\nfrom = \"miner\"",
            "2:1: between: from and to say the same: leave them out",
        ),
        (
            "between = [\"central\"]",
            "2:1: between: two nodes are wanted here",
        ),
        (
            "between = \"central\"",
            "2:11: between: a list of texts in quotes, as in [\"a\", \"b\"], is wanted here, not a \
             value of type string",
        ),
        (
            "between = [\"central\", 7]",
            "2:23: between: a list of texts in quotes, as in [\"a\", \"b\"], is wanted here, not a \
             value of type integer",
        ),
        (
            "between = [\"central\", \"minor\"]",
            "2:23: between: there is no node \"minor\"; did you mean \"miner\"?",
        ),
        (
            "from = \"miner\"\nto = \"miner\"",
            "3:6: to: miner has no link to itself",
        ),
        (
            "from = \"x\"\nto = \"miner\"",
            "2:8: from: there is no node \"x\"; there are: central, miner",
        ),
        (
            "between = [\"central\", \"miner\"]\nloss = 2",
            "3:1: loss: 2 is not between 0 and 0.9; for a link on which nothing arrives set state = \"black-hole\"",
        ),
        (
            "between = [\"central\", \"miner\"]\n[[link.pair]]\nfrom = \"miner\"\nto = \"central\"",
            "4:1: from: the way from miner to central is described twice",
        ),
    ] {
        assert_eq!(pair(text), words, "{text}");
    }
}

#[test]
fn a_topology_says_only_what_its_kind_has() {
    all_refused(&[
        (
            "[topology]\nkind = \"cube\"",
            "2:8: kind: \"cube\" is none of \"ring\", \"star\", \"line\", \"mesh\", \"random\"",
        ),
        (
            "[topology]\nkind = \"ring\"\ndegree = 4",
            "3:1: degree: has a meaning only with kind = \"random\"",
        ),
        (
            "[topology]\nseed = 4",
            "2:1: seed: has a meaning only with kind = \"random\"",
        ),
        (
            "[topology]\nkind = \"random\"\ncenter = \"miner\"",
            "3:1: center: has a meaning only with kind = \"star\"",
        ),
        (
            "[topology]\nkind = \"star\"\ncenter = \"centre\"",
            "3:10: center: there is no node \"centre\"; did you mean \"central\"?",
        ),
        (
            "[topology]\nkind = \"random\"\ndegree = 1",
            "3:10: degree: not between 2 and 127",
        ),
        (
            "[topology]\ndiscover = 128",
            "2:12: discover: not between 0 and 127",
        ),
    ]);
}

#[test]
fn a_view_of_what_is_not_there_is_refused() {
    let long = format!("[view]\nhint = \"{}\"", "x".repeat(201));
    all_refused(&[
        ("[view]\ncolumns = 0", "2:11: columns: not between 1 and 16"),
        (
            "[view]\ntable = 1",
            "2:9: table: true or false is wanted here, not a value of type integer",
        ),
        (
            "[view]\nfocus = \"minerr\"",
            "2:9: focus: there is no node \"minerr\"; did you mean \"miner\"?",
        ),
        (
            "[view]\nopen = \"map\"",
            "2:8: open: \"map\" is none of \"lab\", \"network\", \"blocks\", \"messages\", \"log\", \"zoom\"",
        ),
        (
            "[view]\nhint = \"\\u001b[2J\"",
            "2:8: hint: U+001B is a character that cannot be seen: leave it out",
        ),
        (
            &long,
            "2:8: hint: one line of at most 200 characters is wanted here",
        ),
    ]);
}
