//! The form of a payment: from its first key to the message that it is sent, and all that can be
//! wrong with it.

use crate::common::desk::{Desk, three_nodes};
use crate::common::lab_view::{address, amount};
use chainlab::chain::{Amount, OutPoint, Txid};
use chainlab::lab::{Answer, LabView, NodeState, Request};
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, Payment, Question, Reply, SendPlan};
use chainlab::node::snapshot::CoinInfo;
use std::sync::Arc;

fn plan(payment: &Payment) -> SendPlan {
    let coin = |holds| CoinInfo {
        outpoint: OutPoint {
            txid: Txid([1; 32]),
            index: 0,
        },
        amount: amount(holds),
        owner: address("alice"),
        height: Some(3),
        coinbase: false,
    };
    SendPlan {
        payment: payment.clone(),
        address: address(&payment.to),
        inputs: vec![coin("10"), coin("1")],
        change: amount("0.9999"),
        fee: amount("0.0001"),
        bytes: 226,
        chosen_by_node: false,
    }
}

/// A payment of this much to dave, as alice makes it.
fn payment(fee: &str) -> Payment {
    Payment {
        from: "alice".to_owned(),
        to: "dave".to_owned(),
        amount: amount("2.5"),
        fee: Some(amount(fee)),
    }
}

#[test]
fn a_payment_goes_from_s_to_its_plan_and_to_the_message_that_it_is_sent() {
    let mut desk = Desk::new();
    desk.press("s");
    desk.says("From alice 9 to spend");
    desk.type_("dave").press("Tab").type_("2.5").press("Tab");
    desk.type_("0.0001").press("Enter");
    let (request, purpose) = desk.asked();
    let payment = payment("0.0001");
    let wanted = Request::Ask(NodeIx(1), Question::PlanSend(payment.clone()));
    assert_eq!(request, wanted);
    desk.says("working it out...");
    let reply = Reply::Plan(plan(&payment));
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), reply)));
    desk.says("spends 2 coins (10, 1), change 0.9999 back to alice, fee 0.0001, 226 bytes");
    desk.says("Enter sends Esc goes back");
    desk.press("Enter");
    let (request, purpose) = desk.asked();
    let wanted = Request::Node(NodeIx(1), Command::Send(payment.clone()));
    assert_eq!(request, wanted);
    desk.press("Enter");
    assert_eq!(desk.effects, [], "it is paid once");
    let reply = Reply::Sent {
        txid: Txid([0x93; 32]),
        plan: plan(&payment),
        announced_to: 1,
        withheld: false,
    };
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), reply)));
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.message(), "sent 2.5 to dave, tx 9393");
}

#[test]
fn an_edit_drops_the_plan_and_an_answer_to_an_older_question_changes_nothing() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, first) = desk.asked();
    desk.press("Backspace");
    let answer = Answer::Node(NodeIx(1), Reply::Plan(plan(&payment("0"))));
    desk.answer(&first, Ok(answer.clone()));
    desk.says("Enter shows what happens");
    desk.type_("6").press("Enter");
    let (request, second) = desk.asked();
    let Request::Ask(_, Question::PlanSend(asked)) = request else {
        panic!("no question for a plan: {request:?}");
    };
    assert_eq!(asked.amount, amount("2.6"));
    desk.answer(&second, Ok(answer));
    desk.says("Enter sends Esc goes back");
    desk.press("Esc");
    desk.says("Enter shows what happens");
    desk.press("Esc");
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.effects, []);
}

#[test]
fn what_a_node_says_against_a_payment_stands_in_the_form() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, purpose) = desk.asked();
    desk.answer(&purpose, Err("bob has 10, of which 0 can be spent now"));
    desk.says("bob has 10, of which 0 can be spent now");
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    let answer = Answer::Node(NodeIx(1), Reply::Plan(plan(&payment("0"))));
    desk.answer(&purpose, Ok(answer));
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    desk.answer(&purpose, Err("wallet is down"));
    desk.says("wallet is down");
}

#[test]
fn a_payment_that_was_left_to_itself_is_told_of_on_the_message_line() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, purpose) = desk.asked();
    let answer = Answer::Node(NodeIx(1), Reply::Plan(plan(&payment("0"))));
    desk.answer(&purpose, Ok(answer));
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    desk.type_("x").press("Esc w");
    desk.answer(&purpose, Err("the disk is full"));
    assert_eq!(desk.title(), "new wallet on wallet");
    assert_eq!(desk.message(), "the disk is full");
}

#[test]
fn the_form_proposes_who_paid_last_there_and_before_that_the_first_wallet() {
    let mut desk = Desk::new();
    let mut pays = |node, from: &str| {
        desk.ui.viewer.focus = NodeIx(node);
        desk.press("s S-Tab C-u").type_(from).press("Tab");
        desk.type_("dave").press("Tab").type_("1").press("Enter");
        let (_, purpose) = desk.asked();
        let answer = Answer::Node(NodeIx(1), Reply::Plan(plan(&payment("0"))));
        desk.answer(&purpose, Ok(answer));
        desk.press("Enter");
        let _ = desk.asked();
        desk.press("Esc");
    };
    pays(1, "bob");
    pays(0, "bob@wallet");
    let from = |desk: &mut Desk, node| {
        desk.ui.viewer.focus = NodeIx(node);
        desk.press("s");
        let form = desk.dialog().join(" ");
        desk.press("Esc");
        form.split_whitespace()
            .skip_while(|word| *word != "From")
            .nth(1)
            .expect("a wallet")
            .to_owned()
    };
    assert_eq!(from(&mut desk, 1), "bob");
    assert_eq!(from(&mut desk, 0), "bob@wallet");
    assert_eq!(from(&mut desk, 2), "eve", "nobody has paid there");
    // Who cannot pay just now is not proposed.
    let mut lab = three_nodes();
    lab.nodes[1].state = NodeState::Down;
    desk.lab = lab;
    assert_eq!(from(&mut desk, 0), "founder");
}

#[test]
fn a_fee_that_was_left_as_proposed_is_the_nodes_to_raise_and_another_is_not() {
    for (typed, wanted) in [
        ("", None),
        ("0.002", None),
        ("0.003", Some(amount("0.003"))),
    ] {
        let mut lab = three_nodes();
        lab.fee = amount("0.002");
        let mut desk = Desk::at(lab, (80, 24));
        desk.press("s");
        desk.says("Fee 0.002");
        desk.type_("dave").press("Tab").type_("1").press("Tab");
        desk.type_(typed).press("Enter");
        let (request, _) = desk.asked();
        let Request::Ask(_, Question::PlanSend(payment)) = request else {
            panic!("no question for a plan: {request:?}");
        };
        assert_eq!(payment.fee, wanted, "{typed:?}");
    }
}

/// The form of a payment with these fields, after Enter.
fn refused(from: &str, to: &str, amount: &str, fee: &str) -> Desk {
    let mut desk = Desk::new();
    desk.press("s S-Tab");
    for text in [from, to, amount, fee] {
        desk.press("C-u").type_(text).press("Tab");
    }
    desk.press("Enter");
    assert_eq!(desk.effects, [], "nothing is asked for");
    desk
}

#[test]
fn each_field_says_in_words_what_is_wrong_with_it() {
    let desk = refused("alice", "dave", "10", "0.0001");
    desk.says("Amount 10 alice has 9, needs 10.0001");
    let desk = refused("bob", "davy", "1", "0");
    desk.says("To davy no wallet or address is called davy; did you mean dave?");
    let desk = refused("allice", "zzzzzzzz", "1", "0");
    desk.says("From allice no wallet is called allice; did you mean alice?");
    desk.says("no wallet or address is called zzzzzzzz");
    let desk = refused("bob", "dave", "ten", "x");
    desk.says("\"ten\" is not an amount: write digits and at most one point, as in 9.5");
    desk.says("\"x\" is not an amount: write digits and at most one point, as in 9.5");
    let desk = refused("bob", "dave", "0", "0.123456789");
    desk.says("Amount 0 a payment of 0 pays nobody");
    desk.says("\"0.123456789\" has more than 8 digits after the point");
    let desk = refused("", "", "", "");
    desk.says("From a wallet that pays is missing");
    desk.says("To a wallet or an address to pay is missing");
    desk.says("Amount an amount is missing, such as 9.5");
    desk.says("Fee a fee is missing; 0 is one");
    let most = Amount::MAX.to_string();
    let desk = refused("bob", "dave", &most, "1");
    desk.says("amount and fee together are more than 90000000000 coins");
}

#[test]
fn an_empty_wallet_says_how_it_gets_coins_if_a_key_here_gives_it_some() {
    let mut desk = refused("dave", "bob", "1", "0");
    desk.says("wallet dave is empty To");
    desk.press("Esc");
    desk.ui.viewer.focus = NodeIx(2);
    desk.press("s");
    desk.says("wallet eve is empty: b mines a block for it");
}

#[test]
fn an_address_is_taken_as_it_is_pasted_and_a_typing_error_in_it_is_named() {
    let stranger = address("stranger");
    let mut desk = Desk::new();
    desk.press("s").paste(&format!(" {stranger}\n"));
    desk.press("Tab").type_("1").press("Enter");
    let (request, _) = desk.asked();
    let Request::Ask(_, Question::PlanSend(payment)) = request else {
        panic!("no question for a plan: {request:?}");
    };
    assert_eq!(payment.to, stranger);
    let (most, last) = stranger.split_at(stranger.len() - 1);
    let wrong = format!("{most}{}", if last == "2" { "3" } else { "2" });
    let desk = refused("bob", &wrong, "1", "0");
    desk.says("the address has a typing error: its checksum does not match");
}

#[test]
fn tab_completes_a_name_and_down_offers_who_else_can_pay() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("fo")
        .press("Tab")
        .type_("1")
        .press("Enter");
    let (request, _) = desk.asked();
    let Request::Ask(ix, Question::PlanSend(payment)) = request else {
        panic!("no question for a plan: {request:?}");
    };
    assert_eq!((ix, payment.to.as_str()), (NodeIx(1), "founder"));
    let mut desk = Desk::new();
    desk.press("s S-Tab");
    desk.says("From alice 9 to spend alice bob dave founder@central eve@miner");
    desk.press("Down Down Down");
    desk.says("From founder@central 3.5 to spend");
    desk.press("Tab")
        .type_("alice")
        .press("Tab")
        .type_("1")
        .press("Enter");
    let (request, _) = desk.asked();
    let payment = Payment {
        from: "founder".to_owned(),
        to: "alice".to_owned(),
        amount: amount("1"),
        fee: None,
    };
    let wanted = Request::Ask(NodeIx(0), Question::PlanSend(payment));
    assert_eq!(request, wanted, "sent through the node that holds it");
}

#[test]
fn wallets_of_another_network_are_not_offered() {
    let mut desk = Desk::new();
    desk.press("s");
    desk.says("founder");
    let mut lab = three_nodes();
    lab.nodes[0].network = "regtest".into();
    let mut desk = Desk::at(lab, (80, 24));
    desk.press("s");
    desk.says("dave");
    assert!(!desk.words().contains("founder"), "{}", desk.words());
}

#[test]
fn a_wallet_of_a_node_that_is_down_cannot_pay() {
    let mut lab = three_nodes();
    lab.nodes[0].state = NodeState::Down;
    founder_cannot_pay(lab, "founder is at central, which is down");
}

/// The founder's wallet is not offered as a payer, and where it is written nothing is asked.
pub fn founder_cannot_pay(lab: LabView, why: &str) {
    let mut desk = Desk::at(lab, (80, 24));
    desk.press("s S-Tab");
    assert!(!desk.words().contains("founder"), "it is not offered");
    desk.type_("founder")
        .press("Tab")
        .type_("dave")
        .press("Tab");
    desk.type_("1").press("Enter");
    desk.says(why);
    assert_eq!(desk.effects, []);
}

#[test]
fn a_form_full_of_errors_fits_the_smallest_screen_with_its_fields_and_keys() {
    let mut desk = Desk::at(three_nodes(), (60, 15));
    desk.press("s S-Tab");
    for text in ["nobody-at-all", &"9".repeat(50), "much", "1.2.3"] {
        desk.press("C-u").type_(text).press("Tab");
    }
    desk.press("Enter");
    desk.says("From nobody-at-all");
    desk.says("no wallet is called nobody-at-all");
    desk.says("To 9999999999");
    desk.says("Fee 1.2.3");
    desk.says("Enter shows what happens");
    let (rows, cursor) = desk.lines();
    let row = &rows[usize::from(cursor.y)];
    assert!(row.contains("> From"), "the cursor is where one types");
    desk.press("Tab");
    assert!(desk.dialog().iter().any(|line| line.starts_with("> To")));
}

#[test]
fn a_long_plan_fits_the_smallest_screen() {
    let mut desk = Desk::at(three_nodes(), (60, 15));
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, purpose) = desk.asked();
    let mut plan = plan(&payment("0"));
    let coin = plan.inputs[0].clone();
    plan.inputs = vec![coin; 40];
    let reply = Reply::Plan(plan);
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), reply)));
    desk.says("spends 40 coins (10, 10, 10, 10, 10, 10, 34 more), change 0.9999");
    desk.says("226 bytes");
    desk.says("Enter sends Esc goes back");
}

#[test]
fn rewards_that_are_too_young_are_left_to_the_node_to_explain() {
    let mut lab = three_nodes();
    let mut snapshot = lab.nodes[1].snapshot.as_deref().expect("seen").clone();
    snapshot.wallets[2].immature = amount("10");
    lab.nodes[1].snapshot = Some(Arc::new(snapshot));
    let mut desk = Desk::at(lab, (80, 24));
    desk.press("s S-Tab")
        .type_("dave")
        .press("Tab")
        .type_("bob")
        .press("Tab");
    desk.type_("1").press("Enter");
    let (request, _) = desk.asked();
    assert!(matches!(request, Request::Ask(_, Question::PlanSend(_))));
}
