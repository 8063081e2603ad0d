//! A network that is split and united again: by a lab that runs, by a script in virtual time, and by
//! a screen that is attached.

use crate::common::control::open_lab;
use crate::common::running::{agree_on, all_up, begun, done, mine, options, refused, start, until};
use chainlab::lab::ask::{Bend, LinkChange};
use chainlab::lab::drive::play;
use chainlab::lab::layout::read;
use chainlab::lab::observe::transcript::Spoken;
use chainlab::lab::script::StepState;
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Answer, Lab, LabView, Request};
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::io::Command;
use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

const A: NodeIx = NodeIx(0);
const B: NodeIx = NodeIx(1);
const C: NodeIx = NodeIx(2);
const D: NodeIx = NodeIx(3);

/// All connected with all. Blocks come when a test asks for them, but for the first.
const MESH: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"

[topology]
kind = "mesh"

[[node]]
name = "a"
wallets = ["gold"]
mine = { mode = "off", hashrate = "1 kH/s", to = "gold", first = "at once" }

[[node]]
name = "b"

[[node]]
name = "c"

[[node]]
name = "d"
wallets = ["silver"]
mine = { mode = "off", hashrate = "1 kH/s", to = "silver" }
"#;

fn lab() -> Lab {
    start(options(MESH)).expect("it starts")
}

fn groups(text: &str) -> Vec<Vec<String>> {
    let group = |group: &str| group.split(',').map(str::to_owned).collect();
    text.split_whitespace().map(group).collect()
}

async fn split(lab: &Lab, text: &str) -> String {
    words(done(lab, Request::Partition(groups(text))).await)
}

async fn unite(lab: &Lab) -> String {
    words(done(lab, Request::Unite).await)
}

fn words(answer: Answer) -> String {
    match answer {
        Answer::Done(words) => words,
        other => panic!("{other:?}"),
    }
}

fn heights(view: &LabView) -> Vec<u32> {
    let seen = view.nodes.iter().flat_map(|node| &node.snapshot);
    seen.map(|seen| seen.tip.height).collect()
}

/// With how many each node is connected.
fn peers(view: &LabView) -> Vec<usize> {
    let seen = view.nodes.iter().flat_map(|node| &node.snapshot);
    seen.map(|seen| seen.ready_peers().count()).collect()
}

fn change(from: &str, to: &str, is_both_ways: bool, state: LinkState) -> Request {
    Request::Link(Bend {
        from: from.to_owned(),
        to: to.to_owned(),
        is_both_ways,
        change: LinkChange::to_state(state),
    })
}

fn shown_groups(view: &LabView) -> Option<Vec<Vec<NodeIx>>> {
    view.partition.as_deref().cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_block_passes_a_split_and_all_agree_when_it_is_over() {
    let lab = lab();
    begun(&lab).await;
    assert_eq!(shown_groups(&lab.view()), None);
    assert_eq!(
        split(&lab, "a,b c,d").await,
        "the network is partitioned: a, b | c, d"
    );
    assert_eq!(
        shown_groups(&lab.view()),
        Some(vec![vec![A, B], vec![C, D]])
    );
    until(&lab, |view| peers(view) == [1, 1, 1, 1]).await;
    let since = lab.clock().now();
    mine(&lab, A).await;
    mine(&lab, D).await;
    mine(&lab, D).await;
    let view = until(&lab, |view| heights(view) == [2, 2, 3, 3]).await;
    let is_across = |said: &&Spoken| {
        let sides = [&said.from, &said.to].map(|party| party.node().map(|node| node <= B));
        said.at() >= since && sides[0] != sides[1]
    };
    let across: Vec<_> = view.transcript.newest().filter(is_across).collect();
    assert!(across.is_empty(), "each side is on its own: {across:?}");

    // Where it listens stays the same, and with it what is cut.
    done(&lab, Request::Kill(B)).await;
    done(&lab, Request::Restart(B)).await;
    until(&lab, |view| all_up(view) && peers(view) == [1, 1, 1, 1]).await;

    assert_eq!(unite(&lab).await, "the network is whole again");
    assert_eq!(shown_groups(&lab.view()), None);
    until(&lab, |view| {
        agree_on(view, 3) && peers(view) == [3, 3, 3, 3]
    })
    .await;
    assert_eq!(unite(&lab).await, "the network is whole already");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_split_has_cut_is_open_again() {
    let lab = lab();
    begun(&lab).await;
    done(&lab, change("a", "c", true, LinkState::Cut)).await;
    split(&lab, "a,b c,d").await;
    // Somebody means this one to stay cut.
    done(&lab, change("b", "d", true, LinkState::Cut)).await;
    until(&lab, |view| peers(view) == [1, 1, 1, 1]).await;
    unite(&lab).await;
    // a - b, a - d, b - c, c - d.
    let view = until(&lab, |view| peers(view) == [2, 2, 2, 2]).await;
    let shut = view.links.iter().filter(|link| !link.is_open());
    let shut: Vec<_> = shut.map(|link| link.ends).collect();
    assert_eq!(shut, [(A, C), (B, D)]);

    split(&lab, "a").await;
    until(&lab, |view| peers(view)[A.0] == 0).await;
    done(&lab, Request::HealAll).await;
    assert_eq!(shown_groups(&lab.view()), None, "the split is forgotten");
    until(&lab, |view| peers(view) == [3, 3, 3, 3]).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_split_takes_the_place_of_the_first_and_new_nodes_are_on_one_side() {
    let lab = lab();
    begun(&lab).await;
    split(&lab, "a,b c,d").await;
    until(&lab, |view| peers(view) == [1, 1, 1, 1]).await;
    assert_eq!(
        split(&lab, "a,d b,c").await,
        "the network is partitioned: a, d | b, c"
    );
    mine(&lab, A).await;
    until(&lab, |view| heights(view) == [2, 1, 1, 2]).await;
    until(&lab, |view| peers(view) == [1, 1, 1, 1]).await;

    let mut spec = NodeSpec::new("e");
    spec.connect = vec!["b".to_owned(), "a".to_owned()];
    done(&lab, Request::Add(Box::new(spec))).await;
    let view = until(&lab, |view| peers(view) == [1, 2, 1, 1, 1]).await;
    let sides = vec![vec![A, D], vec![B, C, NodeIx(4)]];
    assert_eq!(shown_groups(&view), Some(sides));
    // By nobody's names, halves: whoever is near to the first is with it.
    assert_eq!(
        split(&lab, "").await,
        "the network is partitioned: a, b, c | d, e"
    );
    unite(&lab).await;
    until(&lab, |view| {
        agree_on(view, 2) && peers(view) == [4, 4, 3, 3, 2]
    })
    .await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_are_none_are_refused_and_nothing_is_cut() {
    let lab = lab();
    begun(&lab).await;
    for (text, said) in [
        (
            "a,b c,zed",
            "there is no node \"zed\"; there are: a, b, c, d",
        ),
        ("a,b b,c", "b is there twice, and can be in one group only"),
        (
            "a,b,c,d",
            "all nodes are in one group: name two, or leave some nodes out",
        ),
    ] {
        assert_eq!(refused(&lab, Request::Partition(groups(text))).await, said);
    }
    assert_eq!(shown_groups(&lab.view()), None);
    mine(&lab, D).await;
    until(&lab, |view| agree_on(view, 2)).await;
    lab.close().await.expect("it closes");
}

/// Whether what is shown as split is cut, and what is shown as whole is open.
fn is_as_shown(view: &LabView) -> bool {
    let groups = shown_groups(view).unwrap_or_default();
    let side = |ix: NodeIx| groups.iter().position(|group| group.contains(&ix));
    view.links.iter().all(|link| {
        let (one, other) = link.ends;
        let wanted = match side(one) == side(other) {
            true => LinkState::Open,
            false => LinkState::Cut,
        };
        link.there.state == wanted && link.back.state == wanted
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_while_somebody_opens_every_link_comes_before_that_or_after_it() {
    let lab = lab();
    begun(&lab).await;
    let both = Barrier::new(2);
    for round in 0..3_000 {
        std::thread::scope(|threads| {
            threads.spawn(|| {
                both.wait();
                lab.request(Request::HealAll);
            });
            threads.spawn(|| {
                both.wait();
                lab.request(Request::Partition(groups("a,b c,d")));
            });
        });
        let view = lab.view();
        let shown = shown_groups(&view);
        assert!(is_as_shown(&view), "round {round}: {shown:?}");
    }
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_attached_splits_the_lab_and_sees_how_it_is_split() {
    let (lab, entry) = open_lab(MESH).await;
    begun(&lab).await;
    let far = Lab::attach(vec![entry.endpoint]).await.expect("it answers");
    let said = split(&far, "d a,b,c").await;
    assert_eq!(said, "the network is partitioned: d | a, b, c");
    let sides = Some(vec![vec![D], vec![A, B, C]]);
    assert_eq!(shown_groups(&lab.view()), sides);
    until(&far, |view| shown_groups(view) == sides).await;
    let later = Lab::attach(vec![lab.entry().expect("it is open").endpoint]).await;
    let later = later.expect("it answers");
    assert_eq!(shown_groups(&later.view()), sides, "from the beginning");
    assert_eq!(unite(&far).await, "the network is whole again");
    until(&far, |view| shown_groups(view).is_none()).await;
    later.close().await.expect("it closes");
    // At the endpoint of one node there is no network to split.
    let node = lab.entry().expect("it is open").nodes[0].endpoint.clone();
    let node = Lab::attach(vec![node]).await.expect("it answers");
    let said = refused(&node, Request::Partition(groups("a"))).await;
    assert!(said.contains("not of one lab"), "{said}");
    for lab in [node, far, lab] {
        lab.close().await.expect("it closes");
    }
}

#[test]
fn a_script_partitions_and_heals_the_network_in_virtual_time() {
    let steps = r#"
[[step]]
when = "height >= 1"
do = "partition"
groups = [["a", "b"], ["c"]]
[[step]]
do = "mine_now"
node = "a"
expect = "tips == 2 and height@d == 1 and height@b == 2"
[[step]]
do = "mine_now"
node = "d"
[[step]]
do = "mine_now"
node = "d"
expect = "height@d == 3 and height@c == 1"
[[step]]
do = "partition"
expect = "height@d == height@c and height@a == height@b"
[[step]]
do = "unite"
expect = "tips == 1"
within = "30s"
"#;
    let layout = read("lab.toml", &format!("{MESH}{steps}")).expect("a layout");
    let titles: Vec<_> = layout.steps.iter().map(|step| step.what()).collect();
    assert!(titles[0].starts_with("partition a, b | c"), "{titles:?}");
    assert!(
        titles[4].starts_with("partition into halves;"),
        "{titles:?}"
    );
    assert!(titles[5].starts_with("heal the partition;"), "{titles:?}");
    let played = play(&layout, 7, Duration::from_secs(120)).expect("it can be played");
    for step in &played.core().steps().steps {
        assert_eq!(step.state, StepState::Done, "{}", step.what);
    }
}

#[test]
fn a_step_that_splits_badly_is_refused_where_it_stands() {
    let step = "[[step]]\ndo = \"partition\"\ngroups = [[\"a\"], [\"zed\"]]\n";
    let lines = MESH.matches('\n').count();
    let error = read("lab.toml", &format!("{MESH}{step}")).expect_err("nobody is zed");
    assert_eq!((error.line, error.column), (lines + 3, 10));
    let words = "groups: there is no node \"zed\"; there are: a, b, c, d";
    assert_eq!(error.problem, words);
}

/// Two wallets with one key, on both sides of a split.
const DOUBLE: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"

[chain.genesis]
mallory = "10"

[[node]]
name = "east"
wallets = ["gold", "mallory", "alice"]

[[node]]
name = "west"
connect = ["east"]
wallets = ["spoils", "bob"]

[[step]]
do = "import_wallet"
node = "west"
name = "mallory-west"
secret = "mallory"
expect = 'balance("mallory-west") == "10"'

[[step]]
do = "partition"
groups = [["east"], ["west"]]

[[step]]
do = "send"
from = "mallory"
to = "alice"
amount = "10"

[[step]]
do = "send"
from = "mallory-west"
to = "bob"
amount = "10"

[[step]]
do = "mine_now"
node = "east"

[[step]]
do = "mine_now"
node = "west"

[[step]]
do = "mine_now"
node = "west"
expect = 'balance("alice")@east == "10" and balance("bob")@west == "10"'

[[step]]
do = "unite"
expect = 'tips == 1 and balance("alice") == "0" and balance("bob") == "10"'
within = "30s"
"#;

#[test]
fn one_coin_is_paid_on_both_sides_and_only_the_longer_one_counts_in_virtual_time() {
    let layout = read("lab.toml", DOUBLE).expect("a layout");
    let title = layout.steps[0].what();
    assert!(
        title.starts_with("import wallet mallory-west of mallory on west"),
        "{title}"
    );
    let played = play(&layout, 7, Duration::from_secs(120)).expect("it can be played");
    for step in &played.core().steps().steps {
        assert_eq!(step.state, StepState::Done, "{}", step.what);
    }
    let nobody = DOUBLE.replace("secret = \"mallory\"", "secret = \"malory\"");
    let said = read("lab.toml", &nobody)
        .expect_err("nobody is malory")
        .problem;
    assert_eq!(
        said,
        "secret: there is no wallet \"malory\"; did you mean \"mallory\"?"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_coin_is_paid_on_both_sides_and_only_the_longer_one_counts() {
    let lab = start(options(DOUBLE)).expect("it starts");
    let view = until(&lab, |view| {
        view.script.as_ref().is_some_and(|script| script.is_over())
    })
    .await;
    for step in &view.script.as_ref().expect("it was played").steps {
        assert_eq!(step.state, StepState::Done, "{}", step.what);
    }
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_door_of_a_node_keys_of_others_are_not_to_be_had() {
    let (lab, entry) = open_lab(MESH).await;
    begun(&lab).await;
    let far = Lab::attach(vec![entry.nodes[0].endpoint.clone()]).await;
    let far = far.expect("it answers");
    let import = |of: &str| {
        let (name, secret) = (format!("{of}-too"), of.to_owned());
        let birthday = None;
        Request::Node(
            A,
            Command::ImportWallet {
                name,
                secret,
                birthday,
            },
        )
    };
    let said = refused(&far, import("silver")).await;
    assert!(said.contains("the wallet is another's"), "{said}");
    let said = refused(&far, import("gold")).await;
    assert_eq!(said, "the wallet \"gold\" has this key already");
    // At the endpoint of the whole lab they are.
    done(&lab, import("silver")).await;
    let view = until(&lab, |view| view.wallets().count() == 3).await;
    let addresses: BTreeSet<_> = view.wallets().map(|(_, wallet)| &wallet.address).collect();
    assert_eq!(addresses.len(), 2, "of three wallets");
    far.close().await.expect("it closes");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn heal_opens_links_that_were_cut_from_the_beginning() {
    let text = MESH.replace("[topology]", "[link]\nstate = \"cut\"\n\n[topology]");
    let lab = start(options(&text)).expect("it starts");
    until(&lab, all_up).await;
    done(&lab, Request::HealAll).await;
    until(&lab, |view| peers(view) == [3, 3, 3, 3]).await;
    lab.close().await.expect("it closes");
}
