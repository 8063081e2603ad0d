//! Expressions: what they read as, when they hold, and what is said when they do not.

use chainlab::chain::{Amount, BlockHash};
use chainlab::lab::observe::ancestry::Ancestry;
use chainlab::lab::script::expr::{
    Expr, Facts, NESTING_MAX, Names, NodeFacts, Operand, Quantity, Relation, TEXT_MAX,
};
use chainlab::node::BlockId;
use chainlab::node::message::Kind;
use proptest::prelude::*;
use std::sync::Arc;

fn expr(text: &str) -> Expr {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn complaint(text: &str) -> String {
    let read = text.parse::<Expr>();
    read.expect_err(text).to_string()
}

fn node(name: &str, height: u32, tip: u8) -> NodeFacts {
    NodeFacts {
        network: "chainlab".into(),
        name: name.into(),
        is_running: true,
        height,
        tip: BlockHash([tip; 32]),
        target: None,
        mempool: 0,
        peers: 1,
        reorg_depth: 0,
    }
}

/// Two nodes agree, the miner is a block ahead. Alice has ten coins, the miner knows of nine.
fn facts() -> Facts {
    let mut facts = Facts {
        nodes: vec![
            node("central", 2, 0xab),
            node("wallet", 2, 0xab),
            node("miner", 3, 0xcd),
        ],
        ..Facts::default()
    };
    for (name, units) in [
        ("central", 1_000_000_000),
        ("wallet", 1_000_000_000),
        ("miner", 950_000_000),
    ] {
        let key = (Arc::from(name), Quantity::Balance("alice".to_owned()));
        facts.told.insert(key, Ok(units));
    }
    facts
}

fn holds(text: &str) -> bool {
    expr(text).judge(&facts()).holds
}

fn why(text: &str, facts: &Facts) -> Vec<String> {
    let verdict = expr(text).judge(facts);
    assert!(!verdict.holds, "{text}");
    verdict.why
}

#[test]
fn a_comparison_without_a_node_has_to_hold_on_every_node() {
    for (text, is_true) in [
        ("height >= 2", true),
        ("height >= 3", false),
        ("height@miner >= 3", true),
        ("height@miner == 3 and height@central == 2", true),
        ("height == height@central", false),
        ("height@wallet == height@central", true),
        ("tips == 2", true),
        ("tips == 1", false),
        ("tip@wallet == tip@central", true),
        ("tip@miner != tip@central", true),
        ("tip@miner == \"cdcd\"", true),
        ("tip@miner == \"CDCDCD\"", true),
        ("tip@miner == \"abab\"", false),
        ("tip@miner != \"abab\"", true),
        ("not height >= 3", true),
        ("not (height >= 2 and tips == 2)", false),
        ("height@miner > 2 or height@miner < 2 and tips == 7", true),
        (
            "(height@miner > 2 or height@miner < 2) and tips == 7",
            false,
        ),
        ("mempool == 0 and peers > 0 and reorg_depth == 0", true),
        ("3 <= height@miner", true),
    ] {
        assert_eq!(holds(text), is_true, "{text}");
    }
}

#[test]
fn balances_are_compared_exactly() {
    for (text, is_true) in [
        ("balance(\"alice\")@central == \"10\"", true),
        ("balance(\"alice\")@central == \"10.0\"", true),
        ("balance(\"alice\")@central == 10", true),
        ("balance(\"alice\")@miner == \"9.5\"", true),
        ("balance(\"alice\")@miner == \"9.50000001\"", false),
        ("balance(\"alice\")@miner == 9", false),
        ("balance(\"alice\")@miner > 9", true),
        ("balance(\"alice\") >= \"9.5\"", true),
        ("balance(\"alice\")@wallet > balance(\"alice\")@miner", true),
        ("balance(\"alice\") < 18446744073709551615", true),
    ] {
        assert_eq!(holds(text), is_true, "{text}");
    }
}

#[test]
fn what_is_false_is_told_with_its_values() {
    let facts = facts();
    for (text, told) in [
        (
            "height >= 3 and tips == 1 and mempool == 0",
            &[
                "height >= 3, it is 2 at central, wallet",
                "tips == 1, it is 2",
            ][..],
        ),
        (
            "balance(\"alice\")@miner == \"9\"",
            &["balance(\"alice\")@miner == \"9\", it is 9.5"],
        ),
        (
            "height@central == height@miner",
            &["height@central == height@miner, they are 2 and 3"],
        ),
        ("not tips == 2", &["not tips == 2, it is 2"]),
        (
            "tips == 1 or tips == 3",
            &["tips == 1, it is 2", "tips == 3, it is 2"],
        ),
        (
            "tip@miner == tip@wallet",
            &["tip@miner == tip@wallet, they are ..cdcdcdcd and ..abababab"],
        ),
        (
            "balance(\"bob\")@miner == 1",
            &["balance(\"bob\")@miner == 1, not known yet"],
        ),
    ] {
        assert_eq!(why(text, &facts), told, "{text}");
    }
    assert_eq!(expr("tips == 2").judge(&facts).why, Vec::<String>::new());
}

#[test]
fn a_node_that_is_behind_on_the_same_branch_is_on_another_tip_but_on_no_other_branch() {
    let mut ancestry = Ancestry::default();
    for (height, tip, parent) in [(3, 0xcd, 0xab), (3, 0xee, 0xab)] {
        let hash = BlockHash([tip; 32]);
        ancestry.learn(BlockId { height, hash }, BlockHash([parent; 32]));
    }
    let nodes = || {
        vec![
            node("central", 2, 0xab),
            node("wallet", 3, 0xcd),
            node("miner", 3, 0xee),
        ]
    };
    let fork = Facts::new(nodes(), &ancestry);
    assert!(expr("tips == 3 and branches == 2").judge(&fork).holds);
    assert_eq!(why("branches == 1", &fork), ["branches == 1, it is 2"]);
    let mut behind = nodes();
    behind[2].is_running = false;
    let behind = Facts::new(behind, &ancestry);
    assert!(expr("tips == 2 and branches == 1").judge(&behind).holds);
    assert_eq!(expr("branches != 1").to_string(), "branches != 1");
}

#[test]
fn of_many_nodes_those_at_fault_are_told() {
    let many = |height: fn(u32) -> u32| Facts {
        nodes: (0..40)
            .map(|at| node(&format!("n{at}"), height(at), 1))
            .collect(),
        ..Facts::default()
    };
    let one = many(|at| if at == 33 { 1 } else { 2 });
    assert_eq!(why("height == 2", &one), ["height == 2, it is 1 at n33"]);
    let all = many(|_| 1);
    assert_eq!(why("height == 2", &all), ["height == 2, it is 1"]);
    let most = many(|at| if at == 33 { 2 } else { at % 2 });
    let told = why("height == 2", &most).remove(0);
    let names = "n0, n2, n4, n6, n8, n10, n12, n14, n16, n18, n20, n22, and 27 more";
    assert_eq!(told, format!("height == 2, it is 0 at {names}"));
}

#[test]
fn a_node_that_is_down_makes_nothing_true() {
    let mut facts = facts();
    facts.nodes[2].is_running = false;
    for text in [
        "height@miner >= 0",
        "not height@miner >= 9",
        "tip@miner != tip@central",
    ] {
        let told = why(text, &facts).remove(0);
        assert!(told.ends_with(", miner is down"), "{text}: {told}");
    }
    // The others are all that run.
    assert!(expr("height == 2 and tips == 1").judge(&facts).holds);
    assert!(expr("height@miner == 3 or height == 2").judge(&facts).holds);
    facts
        .nodes
        .iter_mut()
        .for_each(|node| node.is_running = false);
    // Nor of the lab as a whole: that all have crashed is not what anybody expects.
    for text in [
        "height >= 0",
        "not height >= 9",
        "tips <= 1",
        "not tips == 1",
    ] {
        assert_eq!(why(text, &facts), [format!("{text}, no node runs")]);
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_column() {
    for (text, said) in [
        (
            "",
            "column 1: a quantity, a number or a text is wanted here, not the end",
        ),
        (
            "hieght >= 3",
            "column 1: there is no \"hieght\"; did you mean \"height\"?",
        ),
        (
            "tips == 1 and zebra > 1",
            "column 15: there is no \"zebra\"; there are: height, tip, mempool, peers, \
             reorg_depth, tips, branches, balance, confirmations, messages, propagated",
        ),
        (
            "height = 3",
            "column 8: '=' means nothing here; the sign is ==",
        ),
        (
            "height 3",
            "column 8: one of == != < <= > >= is wanted here, not 3",
        ),
        (
            "height >= 3 tips == 1",
            "column 13: `and` or `or` is wanted here, not tips",
        ),
        (
            "(height >= 3",
            "column 13: the bracket of column 1 is not closed: ) is wanted here, not the end",
        ),
        ("height >= 3)", "column 12: this bracket closes nothing"),
        (
            "height >= \"3\"",
            "column 11: height is a whole number: write the other side without quotes",
        ),
        (
            "tips@miner == 1",
            "column 5: tips counts the tips of all nodes: no @ can follow it",
        ),
        (
            "branches@miner == 1",
            "column 9: branches counts the branches of all nodes: no @ can follow it",
        ),
        ("height@ >= 1", "column 7: a name has 1 to 32 characters"),
        (
            "height@-x >= 1",
            "column 7: a name has letters, digits, and - _ . but not - or . first",
        ),
        (
            "tip < tip@miner",
            "column 5: hashes are the same or not: == or !=",
        ),
        (
            "tip == \"12\"",
            "column 8: \"12\" is no end of a hash: 4 to 64 hexadecimal digits",
        ),
        (
            "tip == height",
            "column 8: tip and height are of different kinds",
        ),
        ("tip == 3", "column 8: tip and 3 are of different kinds"),
        (
            "1 == 1",
            "column 1: neither side is anything of a lab, such as height",
        ),
        (
            "\"a\" == \"a\"",
            "column 1: neither side is anything of a lab, such as height",
        ),
        (
            "balance == 1",
            "column 9: balance(\"alice\") is how a balance is written, not with ==",
        ),
        (
            "balance(alice) == 1",
            "column 9: balance(\"alice\") is how a balance is written, not with alice",
        ),
        (
            "balance(\"alice\") == \"x\"",
            "column 21: \"x\" is not an amount: write digits and at most one point, as in 9.5",
        ),
        (
            "balance(\"alice\") == 1.5",
            "column 22: '.' means nothing here; an amount is in quotes, as in \"1.5\"",
        ),
        (
            "height >= 99999999999999999999",
            "column 11: 99999999999999999999 is no whole number",
        ),
        ("tip == \"abcd", "column 8: this quote is not closed"),
        (
            "ü == 1 && tips == 2",
            "column 8: '&' means nothing here; write `and`",
        ),
    ] {
        assert_eq!(complaint(text), said, "{text}");
    }
    let long = format!("tips == 1{}", " ".repeat(TEXT_MAX));
    assert_eq!(
        complaint(&long),
        "column 1001: an expression has at most 1000 characters"
    );
}

#[test]
fn brackets_within_each_other_are_bounded() {
    let nested = |depth: usize| format!("{}tips == 1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(expr(&nested(NESTING_MAX)), expr("tips == 1"));
    let said = complaint(&nested(NESTING_MAX + 1));
    assert_eq!(said, "column 33: more than 32 brackets within each other");
    let said = complaint(&format!("{}tips == 1", "not ".repeat(NESTING_MAX + 1)));
    assert_eq!(said, "column 129: more than 32 brackets within each other");
}

#[test]
fn names_of_nobody_are_refused_with_who_was_meant() {
    let check = |text| {
        expr(text).check(&Names {
            nodes: vec!["central", "miner"],
            wallets: vec!["alice"],
            labels: vec!["double spend"],
        })
    };
    assert_eq!(
        check("height@miner >= 1 and balance(\"alice\") > 0"),
        Ok(())
    );
    let said = r#"there is no node "minr"; did you mean "miner"?"#;
    assert_eq!(check("tips == 1 or height@minr > 1"), Err(said.to_owned()));
    let said = r#"there is no wallet "zebra"; there are: alice"#;
    assert_eq!(check("not balance(\"zebra\") > 1"), Err(said.to_owned()));
    assert_eq!(
        check("balance(\"alice\") + balance(\"zebra\") > 1"),
        Err(said.to_owned())
    );
    assert_eq!(check("confirmations(\"double spend\") == 0"), Ok(()));
    let said = r#"there is no payment labelled "dubel spend"; did you mean "double spend"?"#;
    assert_eq!(
        check("not confirmations(\"dubel spend\")@miner == 0"),
        Err(said.to_owned())
    );
}

#[test]
fn what_nodes_have_to_be_asked_for_is_known_beforehand() {
    let wanted = expr(
        "balance(\"bob\")@miner + 1 > 1 or not (confirmations(\"x\") == 2 or propagated(\"#7\")) \
         and messages(\"inv\") > messages(\"tx\")@miner and height > 1",
    );
    let needs: Vec<_> = wanted.needs().into_iter().collect();
    let (bob, x) = ("bob".to_owned(), "x".to_owned());
    assert_eq!(
        needs,
        [
            (&Quantity::Balance(bob), Some("miner")),
            (&Quantity::Confirmations(x), None),
            (&Quantity::Messages(Kind::Tx), Some("miner")),
        ]
    );
    assert!(wanted.message_kinds().into_iter().eq([Kind::Inv]));
    assert!(wanted.blocks().into_iter().eq([7]));
}

fn names() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,8}"
}

fn labels() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9@#+(ü]([a-z (.]{0,9}[a-z<])?"
}

fn kinds() -> impl Strategy<Value = Kind> {
    proptest::sample::select(&Kind::ALL)
}

fn quantities() -> impl Strategy<Value = Operand> {
    let about = prop_oneof![
        kinds().prop_map(Operand::Messages),
        (kinds(), names())
            .prop_map(|(kind, node)| { Operand::Of(Quantity::Messages(kind), Some(node)) }),
        of_node(labels().prop_map(Quantity::Confirmations)),
    ];
    prop_oneof![plain_quantities(), about]
}

fn plain_quantities() -> impl Strategy<Value = Operand> {
    let of = prop_oneof![
        Just(Quantity::Height),
        Just(Quantity::Mempool),
        Just(Quantity::Peers),
        Just(Quantity::ReorgDepth),
    ];
    let of = (of, proptest::option::of(names()));
    prop_oneof![
        Just(Operand::Tips),
        Just(Operand::Branches),
        of.prop_map(|(quantity, node)| Operand::Of(quantity, node)),
    ]
}

fn of_node(quantity: impl Strategy<Value = Quantity>) -> impl Strategy<Value = Operand> {
    (quantity, proptest::option::of(names()))
        .prop_map(|(quantity, node)| Operand::Of(quantity, node))
}

fn comparisons() -> impl Strategy<Value = Expr> {
    let every = prop_oneof![
        Just(Relation::Same),
        Just(Relation::Different),
        Just(Relation::Less),
        Just(Relation::AtMost),
        Just(Relation::More),
        Just(Relation::AtLeast),
    ];
    let equal = prop_oneof![Just(Relation::Same), Just(Relation::Different)];
    let number = || prop_oneof![any::<u64>().prop_map(Operand::Number), quantities()];
    let balance = || of_node(names().prop_map(Quantity::Balance));
    let amount = |units| Operand::Amount(Amount::from_units(units).expect("in range"));
    let coins = || {
        let units = 0..=Amount::MAX.units();
        prop_oneof![
            any::<u64>().prop_map(Operand::Number),
            units.prop_map(amount),
            balance(),
        ]
    };
    let numbers = sums(quantities(), number());
    let balances = sums(balance(), coins());
    let tip = || of_node(Just(Quantity::Tip));
    let hash = prop_oneof![tip(), "[0-9a-f]{4,64}".prop_map(Operand::HashEnd)];
    prop_oneof![
        (quantities(), every.clone(), number()),
        (balance(), every.clone(), coins()),
        (numbers, every.clone(), number()),
        (balances, every, sums(balance(), coins())),
        (tip(), equal, hash),
    ]
    .prop_flat_map(|(left, relation, right)| {
        prop_oneof![
            Just(Expr::Compare(left.clone(), relation, right.clone())),
            Just(Expr::Compare(right, relation, left)),
        ]
    })
}

/// Sums with one of these in front.
fn sums(
    first: impl Strategy<Value = Operand>,
    others: impl Strategy<Value = Operand>,
) -> impl Strategy<Value = Operand> {
    (first, proptest::collection::vec(others, 1..4)).prop_map(|(first, mut others)| {
        others.insert(0, first);
        Operand::Sum(others)
    })
}

fn leaves() -> impl Strategy<Value = Expr> {
    prop_oneof![
        4 => comparisons(),
        1 => any::<u32>().prop_map(Expr::Propagated),
    ]
}

fn exprs() -> impl Strategy<Value = Expr> {
    leaves().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
            inner.prop_map(|part| Expr::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn an_expression_reads_as_what_it_is_written_from(expr in exprs()) {
        let text = expr.to_string();
        prop_assume!(text.chars().count() <= TEXT_MAX);
        prop_assert_eq!(text.parse::<Expr>(), Ok(expr), "{}", text);
    }

    #[test]
    fn no_text_whatever_breaks_the_reader(text in ".{0,60}|[a-z()@\"<>=!+# 0-9]{0,60}") {
        if let Err(error) = text.parse::<Expr>() {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column));
        }
    }
}
