//! Layout files: what they say is what a lab gets, and what nobody says is the default.

use chainlab::chain::params::Retarget;
use chainlab::chain::{Amount, BlockTime, Params};
use chainlab::lab::ask::Request;
use chainlab::lab::layout::shipped::{self, DEFAULT, SHIPPED};
use chainlab::lab::layout::{Layout, read};
use chainlab::lab::spec::{Lines, LinkSpec, MineSpec, NodeSpec, OpeningView, ViewSpec};
use chainlab::link::{Conditions, LinkState, Preset};
use chainlab::node::SyncMethod;
use chainlab::node::config::MiningMode;
use chainlab::node::config::{Release, Strategy};
use chainlab::node::io::Command;
use chainlab::node::message::Role;
use chainlab::node::wallets::wallet_key;
use std::collections::BTreeSet;
use std::time::Duration;

fn layout(text: &str) -> Layout {
    read("lab.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn built_in(name: &str) -> Layout {
    shipped::shipped(name).expect("it is built in")
}

fn coins(text: &str) -> Amount {
    text.parse().expect("an amount")
}

/// Hashes that a block of the beginning takes on average.
fn hashes(layout: &Layout) -> u128 {
    let target = layout.chain.params.genesis_bits.to_target().expect("sound");
    u128::try_from(target.work().to_u256()).expect("small")
}

/// Pairs of nodes with a link: who dials, and who is dialled.
fn links(layout: &Layout) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    for node in &layout.nodes {
        let names = node.connect.iter().map(String::as_str);
        links.extend(names.map(|other| (node.name.as_str(), other)));
    }
    links
}

/// Nodes that can be reached from the first over links that were made beforehand.
fn reached(layout: &Layout) -> usize {
    let mut reached = BTreeSet::from([layout.nodes[0].name.as_str()]);
    loop {
        let before = reached.len();
        for (a, b) in links(layout) {
            if reached.contains(a) || reached.contains(b) {
                reached.extend([a, b]);
            }
        }
        if reached.len() == before {
            return before;
        }
    }
}

#[test]
fn the_scenario_is_three_nodes_as_its_file_says() {
    let lab = built_in("scenario");
    assert_eq!(lab.name, "scenario");
    assert_eq!(
        lab.about,
        [
            "scenario: the three nodes of \"Building Blockchain in Go, part 7\".",
            "Try: s (alice pays carol 1), s (bob pays dave 1); watch the block walk.",
            "Then: 3 K (kill the miner), 1 b, 3 K (restart): it catches up.",
        ]
    );
    let params = &lab.chain.params;
    assert_eq!(params.block_interval_ms, 5_000);
    assert_eq!(params.retarget, Retarget::Fixed);
    assert!((70_000..70_010).contains(&hashes(&lab)), "{}", hashes(&lab));
    assert_eq!(params.subsidy, coins("10"));
    assert_eq!(params.maturity, 1);
    assert_eq!(lab.chain.genesis_time, None);
    let genesis = ["founder", "alice", "bob"].map(|name| (name.to_owned(), coins("10")));
    assert_eq!(lab.chain.genesis, genesis);
    assert_eq!(lab.chain.fee, Amount::ZERO);
    assert_eq!(lab.chain.min_fee_per_kb, Amount::ZERO);
    assert_eq!(lab.link, Conditions::latency(Duration::from_millis(80)));
    assert_eq!(lab.pairs, []);

    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let central = NodeSpec {
        role: Role::Wallet,
        port: Some(3_000),
        wallets: owned(&["founder"]),
        ..NodeSpec::new("central")
    };
    let wallet = NodeSpec {
        role: Role::Wallet,
        port: Some(3_001),
        connect: owned(&["central"]),
        wallets: owned(&["alice", "bob", "carol", "dave"]),
        ..NodeSpec::new("wallet")
    };
    let miner = NodeSpec {
        role: Role::Miner,
        port: Some(3_002),
        connect: owned(&["central"]),
        wallets: owned(&["rewards"]),
        mine: MineSpec {
            mode: MiningMode::On,
            hashrate: 14_000.0,
            to: Some("rewards".to_owned()),
            first_at_once: true,
            strategy: Strategy::Honest,
        },
        ..NodeSpec::new("miner")
    };
    assert_eq!(lab.nodes, [central, wallet, miner]);
    let view = ViewSpec {
        focus: Some("wallet".to_owned()),
        hint: Some("try: s sends alice's coins, b mines a block now".to_owned()),
        ..ViewSpec::default()
    };
    assert_eq!(lab.view, view);
}

#[test]
fn the_tutorial_is_the_scenario_with_a_miner_that_waits_for_two_payments() {
    let mut lab = built_in("tutorial");
    let scenario = built_in("scenario");
    for node in &mut lab.nodes {
        assert_eq!(node.sync, SyncMethod::BlocksFirst, "{}", node.name);
        node.sync = SyncMethod::default();
    }
    let mine = &mut lab.nodes[2].mine;
    assert_eq!(mine.mode, MiningMode::OnTx(2));
    assert!(!mine.first_at_once, "the miner sleeps at first");
    (mine.mode, mine.first_at_once) = (MiningMode::On, true);
    assert_eq!(lab.nodes, scenario.nodes);
    assert_eq!(lab.chain, scenario.chain);
    assert_eq!(lab.link, scenario.link);
}

#[test]
fn the_mesh_has_no_centre_and_finds_itself() {
    let lab = built_in("mesh");
    assert_eq!(lab.nodes.len(), 5);
    assert_eq!(links(&lab).len(), 4);
    assert_eq!(reached(&lab), 5);
    for (before, node) in lab.nodes.iter().zip(&lab.nodes[1..]) {
        assert_eq!(node.connect, [before.name.as_str()]);
    }
    assert!(lab.nodes.iter().all(|node| node.discover == 4));
    let miners = lab.nodes.iter().filter(|node| node.role == Role::Miner);
    assert_eq!(miners.count(), 2);
}

#[test]
fn the_slow_ring_has_links_that_take_most_of_a_second_and_three_miners() {
    let lab = built_in("slow");
    assert_eq!(lab.link, Conditions::latency(Duration::from_millis(800)));
    assert_eq!(lab.chain.params.block_interval_ms, 4_000);
    assert_eq!((lab.nodes.len(), links(&lab).len()), (6, 6));
    for node in &lab.nodes {
        let name = node.name.as_str();
        let mine = links(&lab)
            .into_iter()
            .filter(|(a, b)| [*a, *b].contains(&name));
        assert_eq!(mine.count(), 2, "{name}");
    }
    let mines = |node: &&NodeSpec| node.mine.mode == MiningMode::On;
    assert_eq!(lab.nodes.iter().filter(mines).count(), 3);
}

#[test]
fn the_swarm_is_twenty_four_nodes_with_four_links_on_average() {
    let lab = built_in("swarm");
    assert_eq!(lab.nodes.len(), 24);
    assert_eq!(links(&lab).len(), 24 * 4 / 2);
    assert_eq!(reached(&lab), 24);
    let names: Vec<_> = lab.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names[1..4], ["bob", "miner1", "miner2"]);
    assert_eq!(names[22..], ["relay17", "relay18"]);
    assert_eq!(lab.nodes[2].wallets, ["miner1"]);
    assert_eq!(lab.view.table, Some(true));
}

#[test]
fn every_built_in_layout_can_be_played_at_once() {
    let names: Vec<_> = shipped::names().collect();
    assert_eq!(
        names,
        [
            "scenario",
            "tutorial",
            "mesh",
            "partition",
            "double-spend",
            "majority",
            "light",
            "light-fooled",
            "world",
            "slow",
            "swarm",
            "bitcoin",
            "regtest",
            "regtest-partition"
        ]
    );
    for (name, text) in SHIPPED {
        let lab = built_in(name);
        assert_eq!(lab.name, name);
        assert!(lab.about[0].starts_with(&format!("{name}: ")), "{name}");
        assert!(text.contains("# Try: "), "{name}");
        assert!(lab.view.hint.is_some(), "{name}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{name}"
        );
        assert_eq!(reached(&lab), lab.nodes.len(), "{name}");
    }
    for lab in shipped::playable() {
        let name = &lab.name;
        let mines = |node: &&NodeSpec| node.mine.mode != MiningMode::Off;
        let miners = lab.nodes.iter().filter(mines);
        let rate: f64 = miners.map(|node| node.mine.hashrate).sum();
        // A story may start the miners itself.
        let starts = lab.steps.iter().filter(|step| {
            let request = step.request.as_ref();
            matches!(
                request,
                Some(Request::Node(_, Command::Mine(MiningMode::On)))
            )
        });
        assert!(rate > 0.0 || starts.count() > 0, "{name}: nobody mines");
        assert!(rate < 60_000.0, "{name}: {rate}");
        assert!(!lab.chain.genesis.is_empty(), "{name}");
    }
    assert!(shipped::shipped(DEFAULT).is_some());
    assert!(shipped::shipped("nothing").is_none());
}

#[test]
fn genesis_coins_belong_to_the_wallets_that_are_named() {
    let text = "[chain.genesis]\nzoe = \"2.5\"\nadam = \"1\"\n\
                [[node]]\nname = \"n\"\nwallets = [\"adam\", \"zoe\"]\n";
    let (seed, start) = ([7; 32], BlockTime(1_800_000_000_000));
    let params = layout(text).params(&seed, start);
    assert_eq!(params.genesis_time, start);
    assert_eq!(params.validate(), Ok(()));
    // In the order of the file, by the keys that the node will have.
    let owners = ["zoe", "adam"].map(|name| wallet_key(&seed, name).public_key().hash());
    let given: Vec<_> = params
        .genesis
        .iter()
        .map(|row| (row.owner, row.amount))
        .collect();
    assert_eq!(given, [(owners[0], coins("2.5")), (owners[1], coins("1"))]);

    let dated = format!("[chain]\ngenesis_time_ms = 1_700_000_000_000\n{text}");
    let params = layout(&dated).params(&seed, start);
    assert_eq!(params.genesis_time, BlockTime(1_700_000_000_000));
}

#[test]
fn what_is_not_said_is_the_default() {
    let lab = layout("[[node]]\nname = \"n\"\n");
    assert_eq!(lab.name, "lab");
    assert_eq!(lab.about, Vec::<String>::new());
    let params = Params {
        // Nobody mines: as easy as can be.
        genesis_bits: Params::default().limit_bits,
        ..Params::default()
    };
    assert_eq!(lab.chain.params, params);
    assert_eq!(lab.chain.genesis_time, None);
    assert_eq!(lab.chain.genesis, []);
    assert_eq!(
        (lab.chain.fee, lab.chain.min_fee_per_kb),
        (Amount::ZERO, Amount::ZERO)
    );
    assert_eq!(lab.link, Conditions::default());
    assert_eq!(lab.pairs, []);
    assert_eq!(lab.nodes, [NodeSpec::new("n")]);
    assert_eq!(lab.view, ViewSpec::default());
    assert_eq!(lab.view.open, OpeningView::Lab);

    let mine = |text: &str| {
        let lab = layout(&format!("[[node]]\nname = \"n\"\nmine = {text}\n"));
        let node = lab.nodes[0].clone();
        assert_eq!(
            node.wallets,
            if node.role == Role::Miner {
                vec!["n"]
            } else {
                vec![]
            }
        );
        node.mine
    };
    let on = MineSpec {
        mode: MiningMode::On,
        ..MineSpec::default()
    };
    assert_eq!(mine("{}"), on);
    assert_eq!(
        (on.hashrate, on.to.as_deref(), on.first_at_once),
        (14_000.0, None, false)
    );
    assert_eq!(mine("{ mode = \"on-tx\" }").mode, MiningMode::OnTx(1));
    assert_eq!(mine("{ mode = \"off\" }"), MineSpec::default());
}

#[test]
fn a_miner_is_honest_unless_the_layout_has_it_withhold() {
    let strategy = |text: &str| {
        let text = format!("[[node]]\nname = \"n\"\nmine = {{ {text} }}\n");
        layout(&text).nodes[0].mine.strategy
    };
    assert_eq!(strategy(""), Strategy::Honest);
    assert_eq!(strategy("strategy = \"honest\""), Strategy::Honest);
    let withhold = "strategy = \"withhold\"";
    assert_eq!(strategy(withhold), Strategy::Selfish(Release::Asked));
    for (text, release) in [
        ("asked", Release::Asked),
        ("depth 6", Release::Depth(6)),
        ("lead 2", Release::Lead(2)),
    ] {
        let text = format!("{withhold}, release = \"{text}\"");
        assert_eq!(strategy(&text), Strategy::Selfish(release));
    }
}

#[test]
fn the_difficulty_follows_from_whoever_mines_or_may() {
    let lab = |chain: &str, modes: &[&str]| {
        let mut text = format!("[chain]\n{chain}\n");
        for (at, mode) in modes.iter().enumerate() {
            let mine = format!("{{ mode = \"{mode}\", hashrate = \"{} kH/s\" }}", at + 1);
            text.push_str(&format!("[[node]]\nname = \"n{at}\"\nmine = {mine}\n"));
        }
        layout(&text)
    };
    let near = |lab: &Layout, wanted: u128| {
        let hashes = hashes(lab);
        assert!(
            hashes.abs_diff(wanted) * 10_000 <= wanted,
            "{hashes}, not {wanted}"
        );
    };
    near(
        &lab("block_interval = \"2s\"", &["on", "off", "on-tx"]),
        8_000,
    );
    near(&lab("difficulty = \"auto\"", &["on"]), 5_000);
    near(&lab("difficulty = 123_456", &["on"]), 123_456);
    let easiest = lab("block_interval = \"1ms\"", &["on"]);
    let limit = Params::default().limit_bits;
    assert_eq!(easiest.chain.params.genesis_bits, limit);
    let exact = lab("genesis_bits = \"0x1f00ffff\"", &["on"]);
    assert_eq!(exact.chain.params.genesis_bits.0, 0x1f00_ffff);
}

#[test]
fn links_differ_pair_by_pair() {
    let lab = layout(
        r#"
        [link]
        latency = "80ms"
        jitter = "5ms"
        bandwidth = "1 MB/s"

        [[link.pair]]
        between = ["a", "b"]
        loss = 0.25
        bandwidth = "unlimited"

        [[link.pair]]
        from = "c"
        to = "a"
        latency = "0"
        state = "black-hole"

        [[node]]
        name = "a"
        [[node]]
        name = "b"
        [[node]]
        name = "c"
        "#,
    );
    let ms = Duration::from_millis;
    let base = Conditions {
        latency: ms(80),
        jitter: ms(5),
        bandwidth: Some(1_000_000),
        ..Conditions::default()
    };
    assert_eq!(lab.link, base);
    let pair = |from: &str, to: &str, conditions| LinkSpec {
        from: from.to_owned(),
        to: to.to_owned(),
        conditions,
    };
    let lossy = Conditions {
        loss: 0.25,
        bandwidth: None,
        ..base
    };
    let hole = Conditions {
        latency: ms(0),
        state: LinkState::BlackHole,
        ..base
    };
    assert_eq!(
        lab.pairs,
        [
            pair("a", "b", lossy),
            pair("b", "a", lossy),
            pair("c", "a", hole)
        ]
    );
}

#[test]
fn a_link_with_a_name_is_what_others_say_it_is_not() {
    let lab = layout(
        r#"
        [link]
        preset = "dsl"
        loss = 0.1
        state = "black-hole"

        [[link.pair]]
        between = ["a", "b"]
        preset = "lan"
        latency = "1ms"

        [[node]]
        name = "a"
        [[node]]
        name = "b"
        "#,
    );
    let named = |name: &str| Preset::named(name).expect("it is there").conditions;
    let hole = named("dsl").in_state(LinkState::BlackHole);
    assert_eq!(lab.link, Conditions { loss: 0.1, ..hole });
    let near = Conditions {
        latency: Duration::from_millis(1),
        ..named("lan").in_state(LinkState::BlackHole)
    };
    assert_eq!(lab.pairs[0].conditions, near);
}

#[test]
fn a_group_has_numbers_in_its_names_its_wallets_and_its_ports() {
    let lab = layout(
        r#"
        [[node]]
        name = "m"
        count = 3
        port = 4000
        port_required = true
        connect = ["m1", "last"]
        wallets = ["gold", "tip"]
        mine = { to = "tip" }
        [[node]]
        name = "last"
        discover = 3
        role = "full"
        sync = "blocks-first"
        "#,
    );
    let rows: Vec<_> = lab.nodes[..3]
        .iter()
        .map(|node| {
            (
                node.name.as_str(),
                node.port,
                node.wallets.join(" "),
                node.connect.join(" "),
            )
        })
        .collect();
    let row = |name, port, wallets: &str, connect: &str| {
        (name, Some(port), wallets.to_owned(), connect.to_owned())
    };
    assert_eq!(
        rows,
        [
            row("m1", 4_000, "gold1 tip1", "last"),
            row("m2", 4_001, "gold2 tip2", "m1 last"),
            row("m3", 4_002, "gold3 tip3", "m1 last"),
        ]
    );
    assert_eq!(lab.nodes[2].mine.to.as_deref(), Some("tip3"));
    assert!(lab.nodes[2].port_required);
    let last = &lab.nodes[3];
    assert_eq!((last.discover, last.role), (3, Role::Full));
    assert_eq!(last.sync, SyncMethod::BlocksFirst);
}

#[test]
fn a_topology_adds_to_what_nodes_dial_by_themselves_but_not_twice() {
    let lab = |topology: &str| {
        layout(&format!(
            "[topology]\n{topology}\n[[node]]\nname = \"a\"\nconnect = [\"c\"]\n\
             [[node]]\nname = \"b\"\n[[node]]\nname = \"c\"\ndiscover = 0\n"
        ))
    };
    let dials = |lab: &Layout| {
        lab.nodes
            .iter()
            .map(|n| n.connect.join(""))
            .collect::<Vec<_>>()
    };
    assert_eq!(dials(&lab("")), ["c", "", ""]);
    assert_eq!(dials(&lab("kind = \"line\"")), ["c", "a", "b"]);
    assert_eq!(dials(&lab("kind = \"ring\"")), ["c", "a", "b"]);
    assert_eq!(dials(&lab("kind = \"mesh\"")), ["c", "a", "b"]);
    assert_eq!(dials(&lab("kind = \"star\"")), ["c", "a", ""]);
    assert_eq!(
        dials(&lab("kind = \"star\"\ncenter = \"b\"")),
        ["c", "a", "b"]
    );
    assert_eq!(
        dials(&lab("kind = \"random\"\ndegree = 2")),
        ["c", "a", "b"]
    );
    let found: Vec<_> = lab("discover = 5")
        .nodes
        .iter()
        .map(|n| n.discover)
        .collect();
    assert_eq!(found, [5, 5, 0]);
}

#[test]
fn the_view_is_as_it_is_pinned() {
    let text = "[view]\ncolumns = 2\ntable = false\nfocus = \"b\"\nopen = \"zoom\"\nhint = \"hi\"\n\
                lines = \"braille\"\n\
                [[node]]\nname = \"a\"\n[[node]]\nname = \"b\"\n";
    let view = ViewSpec {
        columns: Some(2),
        table: Some(false),
        focus: Some("b".to_owned()),
        open: OpeningView::Zoom,
        hint: Some("hi".to_owned()),
        lines: Lines::Braille,
    };
    assert_eq!(layout(text).view, view);
    assert_eq!(
        layout(&text.replace("zoom", "log")).view.open,
        OpeningView::Log
    );
}
