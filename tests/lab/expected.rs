//! More to expect: confirmations of payments with labels, messages, how far a block has come, and sums;
//! judged of facts, in virtual time, by real nodes, and where time is stopped by them.

use crate::common::running::{TEXT, options, start, until};
use chainlab::chain::BlockHash;
use chainlab::lab::ask::TimeChange;
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions, play};
use chainlab::lab::layout::{Layout, read};
use chainlab::lab::observe::propagation::Spread;
use chainlab::lab::script::{Expr, Facts, NodeFacts, Quantity};
use chainlab::lab::{Control, Lab, Request};
use chainlab::node::message::Kind;
use std::time::Duration;
use tokio::runtime::Handle;

fn expr(text: &str) -> Expr {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn complaint(text: &str) -> String {
    text.parse::<Expr>().expect_err(text).to_string()
}

fn with(steps: &str) -> Layout {
    read("scenario", &format!("{TEXT}\n{steps}")).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(steps: &str) -> String {
    let text = format!("{TEXT}\n{steps}");
    let lines = TEXT.matches('\n').count() + 1;
    let error = read("scenario", &text).expect_err(steps);
    format!("{}: {}", error.line - lines, error.problem)
}

fn node(name: &str, height: u32) -> NodeFacts {
    NodeFacts {
        network: "chainlab".into(),
        name: name.into(),
        is_running: true,
        height,
        tip: BlockHash([1; 32]),
        target: None,
        mempool: 0,
        peers: 1,
        reorg_depth: 0,
    }
}

/// Two nodes: one has the payment three blocks deep, one cannot tell; one has sent more than was heard.
fn facts() -> Facts {
    let mut facts = Facts {
        nodes: vec![node("east", 7), node("west", 6)],
        ..Facts::default()
    };
    let confirmations = || Quantity::Confirmations("rent".to_owned());
    let balance = |wallet: &str| Quantity::Balance(wallet.to_owned());
    for (name, quantity, told) in [
        ("east", confirmations(), Ok(3)),
        ("west", confirmations(), Err("it cannot tell".to_owned())),
        ("east", Quantity::Messages(Kind::Inv), Ok(12)),
        ("east", balance("alice"), Ok(650_000_000)),
        ("east", balance("bob"), Ok(350_000_000)),
        ("west", balance("alice"), Ok(0)),
        ("west", balance("bob"), Ok(2_100_000_000_000_000)),
    ] {
        facts.told.insert((name.into(), quantity), told);
    }
    facts.messages.insert(Kind::Inv, Ok(20));
    facts.messages.insert(Kind::Tx, Err("not known".to_owned()));
    facts.blocks = [
        (5, Spread::Forgotten),
        (6, Spread::Everywhere),
        (7, Spread::OnItsWay { at: 1, of: 2 }),
        (8, Spread::None),
    ]
    .into();
    facts
}

#[test]
fn what_is_known_is_true_or_false_and_what_is_not_is_neither() {
    let facts = facts();
    for (text, truth) in [
        ("confirmations(\"rent\")@east == 3", Some(true)),
        ("confirmations(\"rent\")@east < 3", Some(false)),
        ("confirmations(\"rent\")@west == 0", None),
        ("confirmations(\"rent\") == 3", None),
        ("confirmations(\"rent\") == 4", Some(false)),
        ("messages(\"inv\") == 20", Some(true)),
        (
            "messages(\"inv\")@east + 8 == messages(\"inv\")",
            Some(true),
        ),
        ("messages(\"tx\") == 0", None),
        ("propagated(\"#6\")", Some(true)),
        ("propagated(\"#6\") and not propagated(\"#7\")", Some(true)),
        ("propagated(\"#8\")", Some(false)),
        ("propagated(\"#5\")", None),
        (
            "balance(\"alice\")@east + balance(\"bob\")@east == \"10\"",
            Some(true),
        ),
        ("balance(\"alice\")@east + \"3.5\" == 10", Some(true)),
        ("balance(\"alice\") + balance(\"bob\") >= 10", Some(true)),
        (
            "balance(\"alice\") + balance(\"bob\") == \"10\"",
            Some(false),
        ),
        ("height@east == height@west + 1", Some(true)),
        ("height + 1 > tips + 5 + 1", Some(false)),
        (
            "18446744073709551615 + 18446744073709551615 > balance(\"bob\")",
            Some(true),
        ),
    ] {
        let (is, not) = (expr(text), expr(&format!("not ({text})")));
        let judged = (is.holds(&facts), not.holds(&facts));
        let wanted = (truth == Some(true), truth == Some(false));
        assert_eq!(judged, wanted, "{text}");
    }
}

#[test]
fn what_is_not_so_is_told_with_its_values() {
    let facts = facts();
    for (text, told) in [
        (
            "confirmations(\"rent\") >= 3",
            "confirmations(\"rent\") >= 3, it cannot tell at west",
        ),
        ("messages(\"inv\") < 9", "messages(\"inv\") < 9, it is 20"),
        (
            "propagated(\"#7\")",
            "propagated(\"#7\"), it is at 1 of 2 nodes",
        ),
        (
            "propagated(\"#8\")",
            "propagated(\"#8\"), there is no such block yet",
        ),
        (
            "not propagated(\"#6\")",
            "not propagated(\"#6\"), it has reached all nodes",
        ),
        (
            "propagated(\"#5\")",
            "propagated(\"#5\"), it is not followed any more",
        ),
        ("propagated(\"#99\")", "propagated(\"#99\"), not known yet"),
        (
            "balance(\"alice\") + balance(\"bob\") < \"9.5\"",
            "balance(\"alice\") + balance(\"bob\") < \"9.5\", it is 10 at east, it is 21000000 at west",
        ),
        (
            "balance(\"bob\")@west + \"0.5\" == 1",
            "balance(\"bob\")@west + \"0.5\" == 1, it is 21000000.5",
        ),
    ] {
        assert_eq!(expr(text).judge(&facts).why, [told], "{text}");
    }
    let nothing = Facts::default();
    for text in ["propagated(\"#1\")", "messages(\"inv\") == 0"] {
        assert_eq!(
            expr(text).judge(&nothing).why,
            [format!("{text}, no node runs")]
        );
    }
}

#[test]
fn what_cannot_be_read_of_it_is_refused_at_its_column() {
    for (text, said) in [
        (
            "confirmations == 1",
            "column 15: confirmations(\"double spend\") is how confirmations are written, not with ==",
        ),
        (
            "confirmations(\"\") == 1",
            "column 15: a label has 1 to 32 characters, none of them a quote, on one line",
        ),
        (
            "messages(\"invs\") == 1",
            "column 10: there is no kind of message \"invs\"; did you mean \"inv\"?",
        ),
        (
            "propagated(7)",
            "column 12: propagated(\"#7\") is how the spread of a block is written, not with 7",
        ),
        (
            "propagated(\"7\")",
            "column 12: a block is wanted here by its height, as in \"#7\", not \"7\"",
        ),
        (
            "propagated(\"#99999999999\")",
            "column 12: a block is wanted here by its height, as in \"#7\", not \"#99999999999\"",
        ),
        (
            "1 + propagated(\"#7\") == 2",
            "column 5: propagated is true or false: it stands by itself",
        ),
        (
            "propagated(\"#7\") == 1",
            "column 18: `and` or `or` is wanted here, not ==",
        ),
        (
            "tip@a + tip@b == \"abcd\"",
            "column 1: hashes cannot be added",
        ),
        (
            "height + balance(\"alice\") == 2",
            "column 10: height and balance(\"alice\") are of different kinds",
        ),
        (
            "height + 1 == balance(\"alice\")",
            "column 15: height + 1 and balance(\"alice\") are of different kinds",
        ),
        (
            "1 + 1 == 2",
            "column 1: neither side is anything of a lab, such as height",
        ),
        (
            "height + == 2",
            "column 10: a quantity, a number or a text is wanted here, not ==",
        ),
        (
            "height - 1 == 2",
            "column 8: '-' means nothing here; bring it to the other side, with +",
        ),
    ] {
        assert_eq!(complaint(text), said, "{text}");
    }
}

/// A payment with a label is confirmed, undone by a longer branch, and confirmed again.
const STORY: &str = r##"
[[step]]
when = 'height >= 1 and propagated("#1")'
do = "cut"
from = "central"
to = "wallet"

[[step]]
do = "send"
from = "alice"
to = "bob"
amount = "1.5"
fee = "0.5"
label = "the rent"
expect = 'confirmations("the rent") == 0 and balance("alice") + balance("bob") == "20"'

[[step]]
do = "mine_now"
node = "wallet"
expect = 'confirmations("the rent")@wallet == 1 and confirmations("the rent")@miner == 0'

[[step]]
expect = 'messages("tx") == 0 and branches == 1 and tips == 2 and not propagated("#2")'

[[step]]
do = "mine_now"
node = "miner"

[[step]]
do = "mine_now"
node = "miner"
expect = "height@central == 3"

[[step]]
do = "heal"
expect = 'tips == 1 and confirmations("the rent") == 0 and propagated("#3")'
within = "30s"

[[step]]
when = "mempool == 1"
do = "mine_now"
node = "miner"
expect = 'confirmations("the rent") == 1 and confirmations("the rent") + 3 == height and branches == 1'
within = "30s"

[[step]]
do = "mine_now"
node = "central"
expect = 'confirmations("the rent") >= 2 and messages("tx")@wallet >= 1 and messages("tx") >= messages("tx")@wallet + messages("tx")@central'
within = "30s"
"##;

/// The same payment, on a straight way.
const SHORT: &str = r##"
[[step]]
when = "height >= 1"
do = "send"
from = "alice"
to = "bob"
amount = "1.5"
fee = "0.5"
label = "the rent"
expect = 'mempool == 1 and confirmations("the rent") == 0'

[[step]]
do = "mine_now"
node = "miner"
expect = 'confirmations("the rent") == 1 and propagated("#2") and not propagated("#3")'

[[step]]
do = "mine_now"
node = "miner"
expect = 'confirmations("the rent") + 1 == height and messages("tx") == 2 and messages("tx")@miner == 0'
"##;

#[test]
fn a_payment_is_followed_by_its_label_through_a_reorganisation() {
    for seed in 0..8 {
        let lab = play(&with(STORY), seed, Duration::from_secs(120)).expect("it plays");
        let script = lab.script().expect("it has one");
        assert_eq!(script.failure(), None, "seed {seed}: {script:?}");
        assert!(lab.is_over(), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_followed_by_its_label_among_real_nodes() {
    let lab = start(options(&format!("{TEXT}\n{SHORT}"))).expect("it starts");
    let over =
        |view: &chainlab::lab::LabView| view.script.as_ref().is_some_and(|script| script.is_over());
    let view = until(&lab, over).await;
    let script = view.script.expect("it has one");
    assert_eq!(script.failure(), None, "{script:?}");
    // Who asks from outside sees the same.
    let known = expr("confirmations(\"the rent\") == 2 and propagated(\"#3\")");
    assert_eq!(lab.check(&known), Ok(()));
    let said = r#"there is no payment labelled "the rend"; did you mean "the rent"?"#;
    let meant = expr("confirmations(\"the rend\") == 2");
    assert_eq!(lab.check(&meant), Err(said.to_owned()));
    assert_eq!(known.judge(&lab.facts_for(&known).await).why, [""; 0]);
    lab.close().await.expect("it closes");
}

#[test]
fn looking_changes_nothing_and_a_payment_that_was_not_made_is_not_known() {
    let layout = with(STORY);
    let plain = play(&layout, 3, Duration::from_secs(120)).expect("it plays");
    let mut lab = VirtualLab::seeded(&layout, 3).expect("it starts");
    let watched = expr(
        "confirmations(\"the rent\") >= 2 and messages(\"inv\") > 0 and propagated(\"#4\") \
         and balance(\"alice\") + balance(\"bob\") < 20",
    );
    let unmade = "confirmations(\"the rent\") == 0, it was not made yet";
    let first = expr("confirmations(\"the rent\") == 0");
    assert_eq!(first.judge(&lab.facts_for(&first)).why, [unmade]);
    let mut held = false;
    while !lab.is_over() && lab.elapsed() < Duration::from_secs(120) {
        lab.go_on(Duration::from_secs(120));
        held = watched.holds(&lab.facts_for(&watched));
    }
    assert!(held, "{:?}", watched.judge(&lab.facts_for(&watched)).why);
    let told = |lab: &VirtualLab| (lab.sim().log_hash(), lab.outputs_hash());
    assert_eq!(told(&lab), told(&plain));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_stands_still_where_a_payment_is_confirmed() {
    let layout = with(STORY);
    let options = VirtualOptions {
        level: Level::All,
        ..VirtualOptions::default()
    };
    let lab = Lab::start_virtual(layout, options, Control::Off, Handle::current());
    let lab = lab.expect("it starts");
    let go = |text: &str| lab.request(Request::Time(TimeChange::Until(text.to_owned())));
    go("confirmations(\"the rent\")@miner >= 1");
    lab.answer().await.1.expect("it comes true");
    let view = lab.view();
    let here: Vec<_> = view.running().map(|(_, node)| node.tip.height).collect();
    assert!(
        here.contains(&4) && here.iter().all(|height| (3..=4).contains(height)),
        "{here:?}"
    );
    go("confirmations(\"the rend\") >= 1");
    let refusal = lab.answer().await.1.expect_err("no such label");
    assert!(refusal.contains("did you mean \"the rent\"?"), "{refusal}");
    lab.close().await.expect("it closes");
}

#[test]
fn labels_are_known_from_their_step_on_and_each_is_one_payment() {
    let send = |label: &str| {
        format!(
            "[[step]]\ndo = \"send\"\nfrom = \"alice\"\nto = \"bob\"\namount = \"1\"\nlabel = \"{label}\"\n"
        )
    };
    let expect = |label: &str| format!("[[step]]\nexpect = 'confirmations(\"{label}\") >= 1'\n");
    let rent = send("rent");
    with(&format!("{rent}{}", expect("rent")));
    with(&format!("{rent}expect = 'confirmations(\"rent\") == 0'\n"));
    for (steps, said) in [
        (
            format!("{}{rent}", expect("rent")),
            "2: expect: there is no payment labelled \"rent\", and no other",
        ),
        (
            format!("{rent}when = 'confirmations(\"rent\") == 0'\n"),
            "7: when: there is no payment labelled \"rent\", and no other",
        ),
        (
            format!("{rent}{}", expect("rant")),
            "8: expect: there is no payment labelled \"rant\"; did you mean \"rent\"?",
        ),
        (
            format!("{rent}{rent}"),
            "12: label: another payment is labelled \"rent\"",
        ),
        (
            send(""),
            "6: label: a label has 1 to 32 characters, none of them a quote, on one line",
        ),
        (
            "[[step]]\ndo = \"mine_now\"\nnode = \"miner\"\nlabel = \"rent\"\n".to_owned(),
            "4: unknown key \"label\"; known here, with do = \"mine_now\": node, at, after, when, \
             at_latest, do, note, title, speaker, hold, expect, within",
        ),
    ] {
        let told = refused(&steps);
        assert!(told.starts_with(said) || told == said, "{steps}: {told}");
    }
}
