//! Scripts: the steps of layouts as they are read, played by an engine without IO, by a lab that
//! runs, and in virtual time.

use crate::common::running::{TEXT, kept_in, options, start, until};
use chainlab::chain::BlockHash;
use chainlab::lab::ask::Request;
use chainlab::lab::drive::play;
use chainlab::lab::layout::read;
use chainlab::lab::script::{Facts, NodeFacts, Pace, Script, ScriptView, Start, StepState, Want};
use chainlab::lab::{Lab, LabView, NodeState};
use std::time::Duration;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn with(steps: &str) -> String {
    format!("{TEXT}\n{steps}")
}

fn titles(text: &str) -> Vec<String> {
    let layout = read("lab.toml", &with(text)).unwrap_or_else(|error| panic!("{error}"));
    layout.steps.iter().map(|step| step.what()).collect()
}

/// What is said of steps that cannot be read: the line and column from the first step on.
fn complaint(steps: &str) -> String {
    let error = read("lab.toml", &with(steps)).expect_err(steps);
    let lines = TEXT.matches('\n').count() + 1;
    format!("{}:{}: {}", error.line - lines, error.column, error.problem)
}

#[test]
fn every_step_has_a_title_that_says_what_it_does() {
    let text = r#"
        [[step]]
        at = "2s"
        do = "send"
        from = "alice"
        to = "carol"
        amount = "1"
        fee = "0.001"
        [[step]]
        when = "mempool >= 1"
        do = "mine_now"
        node = "miner"
        note = "a block"
        expect = "height>=2"
        within = "1min"
        [[step]]
        do = "kill"
        node = "miner"
        [[step]]
        do = "cut"
        from = "central"
        to = "wallet"
        [[step]]
        do = "black_hole"
        from = "central"
        to = "wallet"
        one_way = true
        [[step]]
        do = "heal"
        [[step]]
        note = "all is well"
        [[step]]
        note = ""
        [[step]]
        do = "add_node"
        name = "zoe"
        connect = ["central"]
        wallets = ["purse"]
        [[step]]
        do = "create_wallet"
        node = "zoe"
        name = "other"
        [[step]]
        do = "send"
        from = "bob"
        to = "other"
        amount = "2"
        expect = 'balance("other")@zoe == "0" and height@zoe > 0'
        [[step]]
        do = "set_hashrate"
        node = "zoe"
        hashrate = "2 kH/s"
    "#;
    let said = [
        "send 1 from alice to carol",
        "mine a block on miner; expect height >= 2",
        "kill miner",
        "cut central - wallet",
        "black hole central > wallet",
        "heal all links",
        "note: all is well",
        "no caption",
        "add zoe",
        "make wallet other on zoe",
        "send 2 from bob to other; expect balance(\"other\")@zoe == \"0\" and height@zoe > 0",
        "mine at 2 kH/s on zoe",
    ];
    assert_eq!(titles(text), said);
    let layout = read("lab.toml", &with(text)).expect("a layout");
    let at_two = Start {
        at: Some(secs(2)),
        ..Start::default()
    };
    assert_eq!(layout.steps[0].start, at_two);
    let when = layout.steps[1].start.when.as_ref().map(ToString::to_string);
    assert_eq!(when.as_deref(), Some("mempool >= 1"));
    let within = |at: usize| layout.steps[at].expect.as_ref().map(|expect| expect.within);
    assert_eq!((within(1), within(10)), (Some(secs(60)), Some(secs(10))));
}

#[test]
fn a_bad_step_is_refused_at_its_place() {
    for (step, said) in [
        (
            "at = \"1s\"",
            "1:1: do: is missing, and so are note and expect",
        ),
        (
            "at = 5\nnote = \"x\"",
            "2:6: at: a text in quotes, as in \"5s\", is wanted here, not a value of type integer",
        ),
        (
            "at = \"1s\"\nwhen = \"tips == 1\"\nnote = \"x\"",
            "3:1: when: at says when already: leave one out",
        ),
        (
            "do = \"mine_noww\"",
            "2:6: do: there is no method \"mine_noww\"; did you mean \"mine_now\"?",
        ),
        (
            "do = \"mine_now\"",
            "1:1: node: is missing: say which of central, wallet, miner",
        ),
        (
            "do = \"mine_now\"\nnode = \"minr\"",
            "3:8: node: there is no node \"minr\"; did you mean \"miner\"?",
        ),
        (
            "do = \"mine_now\"\nnode = \"miner\"\nexpct = \"x\"",
            "4:1: unknown key \"expct\"; did you mean \"expect\"?",
        ),
        (
            "do = \"send\"\nfrom = \"alice\"\nto = \"bob\"\nammount = \"1\"",
            "5:1: unknown key \"ammount\"; did you mean \"amount\"?",
        ),
        (
            "do = \"send\"\nfrom = \"alice\"\nto = \"bob\"",
            "1:1: amount: is missing",
        ),
        (
            "do = \"send\"\nfrom = \"alice\"\nto = \"bob\"\namount = 1",
            "5:10: amount: a text is wanted here, as in \"1.5\", not a number",
        ),
        (
            "do = \"send\"\nfrom = \"alise\"\nto = \"bob\"\namount = \"1\"\nnode = \"wallet\"",
            "3:8: from: there is no wallet \"alise\"; did you mean \"alice\"?",
        ),
        (
            "do = \"send\"\nfrom = \"alice\"\nto = \"bob\"\namount = \"1\"\nnode = \"miner\"",
            "3:8: from: \"alice\" is a wallet of wallet, not of miner",
        ),
        (
            "do = \"send\"\nfrom = \"alice\"\nto = \"zebra-crossing\"\namount = \"1\"",
            "4:6: to: there is no wallet \"zebra-crossing\"; there are: alice, bob, carol, dave, founder, rewards",
        ),
        (
            "do = \"cut\"\nfrom = \"central\"\nto = \"mine\"",
            "4:6: to: there is no node \"mine\"; did you mean \"miner\"?",
        ),
        (
            "do = \"kill\"\nnode = { a = 1 }",
            "3:8: node: a text, a number, true or false, or a list of those is wanted here, not a value of type table",
        ),
        (
            "do = \"add_node\"\nname = \"miner\"",
            "3:8: name: there is a node \"miner\" already",
        ),
        (
            "do = \"create_wallet\"\nnode = \"miner\"\nname = \"bob\"",
            "4:8: name: wallet has a wallet \"bob\" already: names are unique in a lab",
        ),
        (
            "do = \"set_hashrate\"\nnode = \"miner\"\nhashrate = 0",
            "4:12: hashrate: a hash rate is between",
        ),
        (
            "expect = \"hieght >= 3\"",
            "2:10: expect: column 1: there is no \"hieght\"; did you mean \"height\"?",
        ),
        (
            "expect = \"height@minr >= 3\"",
            "2:10: expect: there is no node \"minr\"; did you mean \"miner\"?",
        ),
        (
            "when = 'balance(\"alise\") > 1'\nnote = \"x\"",
            "2:8: when: there is no wallet \"alise\"; did you mean \"alice\"?",
        ),
        (
            "note = \"x\"\nwithin = \"1s\"",
            "3:1: within: has a meaning only with expect",
        ),
        (
            "note = \"a\\nb\"",
            "2:8: note: one line of at most 200 characters is wanted here",
        ),
        (
            "nota = \"a\"",
            "2:1: unknown key \"nota\"; did you mean \"note\"?",
        ),
        (
            "do = \"heal\"\nafte = \"1s\"",
            "3:1: unknown key \"afte\"; did you mean \"after\"?",
        ),
        (
            "at = \"1s\"\nafter = \"1s\"\nnote = \"x\"",
            "3:1: after: at says when already: leave one out",
        ),
        (
            "at_latest = \"1s\"\nnote = \"x\"",
            "2:1: at_latest: has a meaning only with when",
        ),
        (
            "after = \"2s\"\nwhen = \"tips == 1\"\nat_latest = \"1s\"\nnote = \"x\"",
            "4:1: at_latest: is before after",
        ),
        (
            "note = \"x\"\ntitle = \"A title of many more letters\"",
            "3:9: title: one line of at most 26 letters is wanted here",
        ),
        (
            "do = \"heal\"\ntitle = \"A title\"",
            "3:1: title: has a meaning only above a note",
        ),
        (
            "do = \"heal\"\nhold = \"3s\"",
            "3:1: hold: has a meaning only with note",
        ),
    ] {
        let complaint = complaint(&format!("[[step]]\n{step}\n"));
        assert!(complaint.starts_with(said), "{step}\n{complaint}\n{said}");
    }
    let many = "[[step]]\nnote = \"x\"\n".repeat(201);
    assert_eq!(
        complaint(&many),
        "401:1: step: a script has at most 200 steps"
    );
    // A node is known from the step on that adds it.
    let early =
        "[[step]]\nexpect = \"height@zoe > 0\"\n[[step]]\ndo = \"add_node\"\nname = \"zoe\"\n";
    assert!(complaint(early).contains("there is no node \"zoe\""));
}

fn script(text: &str) -> Script {
    Script::new(
        read("lab.toml", &with(text)).expect("a layout").steps,
        Pace::Script,
    )
}

pub fn at_height(height: u32) -> Facts {
    let node = NodeFacts {
        network: "chainlab".into(),
        name: "miner".into(),
        is_running: true,
        height,
        tip: BlockHash::ZERO,
        target: None,
        mempool: 0,
        peers: 0,
        reorg_depth: 0,
    };
    Facts {
        nodes: vec![node],
        ..Facts::default()
    }
}

fn states(view: &ScriptView) -> Vec<&str> {
    view.steps.iter().map(|step| step.state.name()).collect()
}

#[test]
fn steps_go_one_after_the_other_in_their_time() {
    let mut script = script(
        "[[step]]\nat = \"5s\"\nnote = \"now\"\ndo = \"kill\"\nnode = \"miner\"\n\
         [[step]]\nat = \"3s\"\nwhen = \"height >= 2\"\ndo = \"heal\"\n\
         [[step]]\nexpect = \"height >= 3\"\nwithin = \"4s\"\n"
            .replace("at = \"3s\"\nwhen", "when")
            .as_str(),
    );
    assert_eq!(script.next(secs(1)), Want::Until(secs(5)));
    assert_eq!(states(script.view()), ["waiting", "waiting", "waiting"]);
    let note = Want::Do(Request::Note(Some("now".to_owned())));
    assert_eq!(script.next(secs(5)), note);
    assert_eq!(states(script.view()), ["running", "waiting", "waiting"]);
    script.did(secs(5), Ok(()));
    assert_eq!(
        script.next(secs(5)),
        Want::Do(Request::Kill(Some("miner".to_owned())))
    );
    script.did(secs(6), Ok(()));
    let Want::Facts(expr, None) = script.next(secs(6)) else {
        panic!("it waits for its condition");
    };
    assert_eq!(expr.to_string(), "height >= 2");
    assert!(!script.judge(secs(7), &at_height(1)));
    assert_eq!(
        script.view().waits_for.as_deref(),
        Some("height >= 2, it is 1")
    );
    assert!(script.judge(secs(8), &at_height(2)));
    assert_eq!(script.next(secs(8)), Want::Do(Request::HealAll));
    script.did(secs(9), Ok(()));
    let Want::Facts(_, until) = script.next(secs(9)) else {
        panic!("it expects something");
    };
    assert_eq!(until, Some(secs(13)));
    assert!(!script.judge(secs(12), &at_height(2)));
    assert!(script.judge(secs(12), &at_height(3)));
    assert_eq!(script.next(secs(12)), Want::Nothing);
    assert_eq!(states(script.view()), ["done", "done", "done"]);
    assert!(script.is_over() && script.view().failure().is_none());
}

#[test]
fn what_is_not_true_in_time_ends_the_script_with_the_values() {
    let mut script =
        script("[[step]]\nexpect = \"height >= 3\"\nwithin = \"4s\"\n[[step]]\nnote = \"x\"\n");
    assert!(matches!(script.next(secs(1)), Want::Facts(..)));
    assert!(script.judge(secs(5), &at_height(2)));
    assert_eq!(script.next(secs(5)), Want::Nothing);
    assert_eq!(states(script.view()), ["failed", "waiting"]);
    let said = "step 1, expect height >= 3: not true after 4s: height >= 3, it is 2";
    assert_eq!(script.view().failure().as_deref(), Some(said));
}

#[test]
fn what_cannot_be_done_ends_the_script_with_the_reason() {
    let mut script = script("[[step]]\ndo = \"restart\"\nnode = \"miner\"\n");
    script.next(secs(1));
    script.did(secs(1), Err("miner runs already".to_owned()));
    assert_eq!(script.next(secs(2)), Want::Nothing);
    let said = "step 1, restart miner: miner runs already";
    assert_eq!(script.view().failure().as_deref(), Some(said));
}

/// All that can be done to a net: a kill, a cut, a payment, blocks on both sides, and the end of
/// all that.
const STORY: &str = r#"
[[step]]
when = "height == 1"
note = "The miner goes."
do = "kill"
node = "miner"

[[step]]
do = "create_wallet"
node = "central"
name = "zoe"

[[step]]
do = "send"
from = "alice"
to = "zoe"
amount = "1.5"
expect = "mempool@central == 1 and mempool@wallet == 1"

[[step]]
do = "mine_now"
node = "central"
expect = 'balance("zoe")@wallet == "1.5" and balance("zoe")@central == "1.5"'

[[step]]
do = "cut"
from = "central"
to = "wallet"
expect = "peers@wallet == 0"

[[step]]
do = "restart"
node = "miner"
expect = "height@miner == 2 and height@central == 2"

[[step]]
do = "mine_now"
node = "wallet"

[[step]]
do = "mine_now"
node = "miner"
expect = "tips == 2"

[[step]]
do = "mine_now"
node = "miner"

[[step]]
note = ""
do = "heal"
expect = "tips == 1 and height == 4 and tip@wallet == tip@miner and reorg_depth@wallet == 1"
within = "20s"
"#;

async fn over(lab: &Lab) -> LabView {
    until(lab, |view| {
        view.script.as_ref().is_some_and(|script| script.is_over())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_plays_its_script_to_the_end() {
    let lab = start(options(&with(STORY))).expect("it starts");
    assert!(lab.view().script.is_some(), "seen from the first view on");
    let view = until(&lab, |view| view.caption.is_some()).await;
    assert_eq!(view.caption.as_deref(), Some("The miner goes."));
    until(&lab, |view| view.nodes[2].state == NodeState::Down).await;
    let view = over(&lab).await;
    let script = view.script.expect("it has one");
    assert_eq!(script.failure(), None, "{script:?}");
    assert_eq!(view.caption, None);
    let summary = lab.summary();
    assert_eq!((summary.tips, summary.nodes[2].height), (1, 4));
    let mined: Vec<_> = summary.nodes.iter().map(|node| node.mined).collect();
    assert_eq!(mined, [1, 1, 3]);
    assert!(
        summary
            .nodes
            .iter()
            .all(|node| node.messages > 5 && node.bytes > 500)
    );
    assert!(summary.propagation.blocks >= 2 && summary.propagation.p50_ms > Some(0.0));
    let depths: Vec<_> = summary
        .reorganisations
        .iter()
        .map(|reorg| (&*reorg.node, reorg.depth))
        .collect();
    assert_eq!(depths, [("wallet", 1)]);
    lab.close().await.expect("it closes");
}

#[test]
fn the_same_script_holds_in_virtual_time_and_every_run_is_the_same() {
    let layout = read("story.toml", &with(STORY)).expect("a layout");
    let mut first = play(&layout, 7, secs(600)).expect("it can be played");
    let script = first.core().steps();
    assert_eq!(script.failure(), None, "{script:?}");
    let summary = first.summary();
    assert_eq!(summary.nodes[2].mined, 3);
    assert!(summary.propagation.blocks >= 2 && summary.nodes[0].bytes > 500);
    let mut again = play(&layout, 7, secs(600)).expect("it can be played");
    assert_eq!(summary, again.summary());
}

/// A miner that is told to withhold, and then is started again.
const WITHHOLDS: &str = r#"
[[step]]
when = "height@miner == 1 and tips == 1"
do = "set_strategy"
node = "miner"
strategy = "withhold"

[[step]]
do = "kill"
node = "miner"

[[step]]
do = "restart"
node = "miner"
expect = "peers@miner == 1"

[[step]]
do = "mine_now"
node = "miner"

[[step]]
after = "2s"
expect = "height@miner == 2 and height@central == 1"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_miner_that_was_told_to_withhold_does_so_when_it_is_started_again() {
    let layout = read("lab.toml", &with(WITHHOLDS)).expect("a layout");
    let lab = play(&layout, 7, secs(60)).expect("it can be played");
    let script = lab.core().steps();
    assert!(script.is_over() && script.failure().is_none(), "{script:?}");
    // And where time is real it is the same.
    let lab = start(options(&with(WITHHOLDS))).expect("it starts");
    let view = over(&lab).await;
    let script = view.script.expect("it has one");
    assert_eq!(script.failure(), None, "{script:?}");
    lab.close().await.expect("it closes");
}

#[test]
fn the_example_in_the_documentation_comes_true_whoever_finds_the_blocks() {
    let page = include_str!("../../docs/layout.md");
    let (_, rest) = page.split_once("# a-fork:").expect("it is there");
    let (text, _) = rest.split_once("```").expect("it ends");
    let layout = read("a-fork.toml", &format!("# a-fork:{text}")).expect("a layout");
    for seed in 0..10 {
        let lab = play(&layout, seed, secs(600)).expect("it can be played");
        assert_eq!(lab.core().steps().failure(), None, "seed {seed}");
    }
}

#[test]
fn nothing_is_true_of_tips_while_no_node_runs() {
    let steps = "[[step]]\ndo = \"kill\"\nnode = \"central\"\n[[step]]\ndo = \"kill\"\nnode = \
                 \"wallet\"\n[[step]]\ndo = \"kill\"\nnode = \"miner\"\nexpect = \"not tips == \
                 1\"\nwithin = \"2s\"\n";
    let layout = read("lab.toml", &with(steps)).expect("a layout");
    let lab = play(&layout, 1, secs(60)).expect("it can be played");
    let failure = lab.core().steps().failure().expect("it failed");
    assert!(failure.contains("no node runs"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_fails_says_which_step_and_why_and_stops_there() {
    let steps = "[[step]]\nexpect = \"height >= 9 and tips == 1\"\nwithin = \"300ms\"\n\
                 [[step]]\ndo = \"kill\"\nnode = \"miner\"\n";
    let lab = start(options(&with(steps))).expect("it starts");
    let view = over(&lab).await;
    let script = view.script.expect("it has one");
    let failure = script.failure().expect("it failed");
    let said =
        "step 1, expect height >= 9 and tips == 1: not true after 300ms: height >= 9, it is ";
    assert!(failure.starts_with(said), "{failure}");
    assert_eq!(script.steps[1].state, StepState::Waiting);
    lab.close().await.expect("it closes");
    let layout = read("lab.toml", &with(steps)).expect("a layout");
    let lab = play(&layout, 1, secs(60)).expect("it can be played");
    let failure = lab.core().steps().failure().expect("it failed");
    assert!(failure.starts_with(said), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_is_opened_again_does_not_play_its_script_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let steps = "[[step]]\ndo = \"mine_now\"\nnode = \"central\"\n";
    let mut options = kept_in(dir.path());
    options.layout_text = with(steps);
    options.layout = read("scenario", &options.layout_text).expect("a layout");
    let lab = start(options.clone()).expect("it starts");
    assert_eq!(over(&lab).await.script.expect("it has one").failure(), None);
    lab.close().await.expect("it closes");
    let lab = start(options).expect("it starts again");
    assert_eq!(lab.view().script, None);
    lab.close().await.expect("it closes");
}

/// Nothing else happens in this lab, so what looks is woken by the script or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn each_caption_wakes_what_looks_at_the_lab_though_it_stands_for_a_moment() {
    let captions = ["one", "two", "three", "four"];
    let steps = captions.map(|note| format!("[[step]]\nnote = \"{note}\"\nhold = \"200ms\"\n"));
    let text = format!("[[node]]\nname = \"alone\"\n{}", steps.concat());
    let lab = start(options(&text)).expect("it starts");
    let mut changes = lab.changes();
    let mut seen: Vec<String> = Vec::new();
    loop {
        let view = lab.view();
        let caption = view.caption.map(|caption| caption.to_string());
        seen.extend(caption.filter(|caption| seen.last() != Some(caption)));
        if view.script.is_some_and(|script| script.is_over()) {
            break;
        }
        let woken = tokio::time::timeout(secs(60), changes.changed()).await;
        woken.expect("in time").expect("the lab goes on");
    }
    assert_eq!(seen, captions);
    lab.close().await.expect("it closes");
}
