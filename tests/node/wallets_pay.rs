//! Payments: which coins they spend, and what is said when they cannot be made.

use crate::common::*;
use crate::wallets::desk::*;
use chainlab::chain::tx::TxOut;
use chainlab::chain::{Amount, Params, Tx};
use chainlab::node::wallets::INPUTS_MAX;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where Alice has coins of these amounts, each made by a transaction of its own.
fn alice_with(amounts: &[u64], params: &Params) -> Desk {
    let mut desk = Desk::new(params, &["alice", "bob", "eve"]);
    for amount in amounts {
        let tx = desk.sends("bob", "alice", &amount.to_string(), "0");
        desk.mine(&[&tx]);
    }
    desk
}

fn rich_bob() -> Params {
    network_of(&[("bob", 1_000)])
}

#[test]
fn two_payments_in_a_row_never_pick_the_same_coin() {
    let mut desk = alice_with(&[4, 5], &rich_bob());
    let mut seen = BTreeSet::new();
    // The smallest that suffices, the other, then twice the change.
    let expected = ["4", "5", "2.9", "2.5"];
    for (round, input) in expected.into_iter().enumerate() {
        let (to, how_much) = [("bob", "1"), ("bob", "2.4"), ("eve", "2.8"), ("bob", "2")][round];
        let (tx, plan) = desk
            .send(&payment("alice", to, how_much, "0.1"))
            .expect("enough");
        assert_eq!(plan.inputs.len(), 1);
        assert_eq!(plan.inputs[0].amount, amount(input));
        assert_eq!(
            plan.inputs[0].height.is_none(),
            round > 1,
            "only change waits"
        );
        assert!(spends(&tx).all(|coin| seen.insert(coin)), "picked twice");
    }
    assert_eq!(desk.announced().len(), 4);
    let txs: Vec<Arc<Tx>> = desk
        .wallets
        .unconfirmed()
        .map(|(_, tx)| tx.clone())
        .collect();
    desk.mine(&txs.iter().collect::<Vec<_>>());
    assert_eq!(desk.shows("alice"), "0.4 ~0 +0 -0 =0.4");
    assert_eq!(desk.announced(), []);
}

#[test]
fn few_coins_are_spent_and_those_in_blocks_first() {
    let desk = alice_with(&[1, 2, 3, 5, 8], &rich_bob());
    let picked = |how_much: &str, fee: &str| -> Vec<String> {
        let plan = desk.draft(&payment("alice", "bob", how_much, fee));
        let inputs = plan.expect("enough").plan.inputs;
        inputs.iter().map(|coin| coin.amount.to_string()).collect()
    };
    assert_eq!(picked("2.5", "0.5"), ["3"], "exactly");
    assert_eq!(picked("4", "0.5"), ["5"], "the smallest that suffices");
    assert_eq!(picked("9", "0"), ["8", "5"], "the largest first");
    assert_eq!(picked("18", "1"), ["8", "5", "3", "2", "1"]);

    let mut desk = alice_with(&[3, 7], &rich_bob());
    desk.sends("alice", "bob", "2", "0.5");
    let plan = desk.draft(&payment("alice", "bob", "0.4", "0"));
    let inputs = plan.expect("enough").plan.inputs;
    assert_eq!(inputs[0].amount, coins(7), "not the change, which waits");
    let plan = desk.draft(&payment("alice", "bob", "7.4", "0"));
    let inputs = plan.expect("enough").plan.inputs;
    assert_eq!(
        inputs.iter().map(|c| c.height).collect::<Vec<_>>(),
        [Some(2), None]
    );
}

#[test]
fn a_plan_says_what_the_payment_then_does() {
    let mut desk = alice_with(&[4], &rich_bob());
    let wish = payment("alice", "bob", "1.5", "0.0001");
    let plan = desk.draft(&wish).expect("enough").plan;
    assert_eq!(
        (plan.change, plan.fee),
        (amount("2.4999"), amount("0.0001"))
    );
    assert_eq!(plan.address, desk.info("bob").address);
    let (tx, again) = desk.send(&wish).expect("enough");
    assert_eq!(plan, again);
    assert_eq!(plan.bytes, tx.encoded_len());
    let out = |name, text| TxOut {
        amount: amount(text),
        owner: named(name),
    };
    assert_eq!(tx.outputs, [out("bob", "1.5"), out("alice", "2.4999")]);
    assert_eq!(desk.shows("alice"), "4 ~0 +0 -1.5001 =2.4999");
    assert_eq!(desk.shows("bob"), "996 ~0 +1.5 -0 =996");

    // By address, all of it, so that nothing comes back.
    let carol = desk.params.address(owner(CAROL)).to_string();
    let all = desk.sends("alice", &carol, "2.4998", "0.0001");
    assert_eq!(all.outputs.len(), 1);
    assert_eq!(desk.shows("alice"), "4 ~0 +0 -4 =0");
    desk.mine(&[&tx, &all]);
    assert_eq!(desk.shows("alice"), "0 ~0 +0 -0 =0");
    let [last, first, _] = &desk.history("alice")[..] else {
        panic!("three entries");
    };
    assert_eq!(last.to, [(carol, amount("2.4998"))]);
    assert_eq!(
        (last.spent, last.fee),
        (amount("2.4999"), Some(amount("0.0001")))
    );
    assert_eq!(first.to, [(desk.info("bob").address, amount("1.5"))]);
    assert_eq!(
        (first.spent, first.received),
        (amount("1.5001"), Amount::ZERO)
    );
}

#[test]
fn paying_oneself_costs_the_fee() {
    let mut desk = alice_with(&[4], &rich_bob());
    let tx = desk.sends("alice", "alice", "1", "0.5");
    assert_eq!(desk.shows("alice"), "4 ~0 +0 -0.5 =3.5");
    desk.mine(&[&tx]);
    assert_eq!(desk.shows("alice"), "3.5 ~0 +0 -0 =3.5");
    let entry = &desk.history("alice")[0];
    assert_eq!((entry.received, entry.spent), (Amount::ZERO, amount("0.5")));
    assert_eq!(entry.fee, Some(amount("0.5")));
    let own = desk.info("alice").address;
    assert_eq!(entry.to, [(own, amount("1"))], "and not the change");
    assert!(entry.is_to_itself());
    let paid = desk.sends("alice", "bob", "1", "0.5");
    assert!(!desk.history("alice")[0].is_to_itself());
    desk.mine(&[&paid]);
    assert!(!desk.history("bob")[0].is_to_itself());
}

#[test]
fn a_payment_that_cannot_be_made_says_what_is_missing() {
    let params = Params {
        maturity: 10,
        ..rich_bob()
    };
    let mut desk = alice_with(&[4, 5], &params);
    let says = |desk: &Desk, how_much, fee| desk.refused("alice", "bob", how_much, fee);
    assert_eq!(says(&desk, "10", "0.0001"), "alice has 9, needs 10.0001");
    assert_eq!(desk.refused("eve", "bob", "1", "0"), "wallet eve is empty");
    assert_eq!(says(&desk, "0", "1"), "a payment of 0 pays nobody");
    let most = Amount::MAX.to_string();
    assert_eq!(
        says(&desk, &most, "0.00000001"),
        "amount and fee together are more than 90000000000 coins, which is all that can exist"
    );
    assert_eq!(
        says(&desk, &most, "0"),
        format!("alice has 9, needs {most}")
    );
    assert_eq!(
        desk.refused("mallory", "bob", "1", "0"),
        "no wallet \"mallory\" on this node (there are: alice, bob, eve)"
    );
    let unknown = "no wallet of that name on this node (there are: alice, bob, eve)";
    assert_eq!(
        desk.refused("alice", "bbo", "1", "0"),
        format!(
            "cannot pay \"bbo\": {unknown}, and an address has 25 bytes behind its digits, this text has 3"
        )
    );
    let mut address = desk.info("bob").address;
    let last = address.pop().expect("long");
    address.push(if last == 'z' { 'y' } else { 'z' });
    let typo = desk.refused("alice", &address, "1", "0");
    assert!(
        typo.ends_with("typing error: its checksum does not match"),
        "{typo}"
    );

    // Others' payments count only once a block has them.
    let lent = desk.sends("bob", "alice", "5", "0");
    assert_eq!(
        says(&desk, "10", "0"),
        "alice has 14, of which 9 can be spent now: 5 wait for a block"
    );
    assert_eq!(desk.shows("alice"), "9 ~0 +5 -0 =9");
    desk.import("rewards", &secret_of(MINER))
        .expect("a new key");
    let reward = desk.refused("rewards", "bob", "1", "0");
    assert_eq!(
        reward,
        "rewards has 20, of which 0 can be spent now: 20 mature at height 11"
    );
    assert_eq!(desk.shows("rewards"), "0 ~20 +0 -0 =0");
    desk.mine(&[&lent]);
    desk.sends("alice", "bob", "14", "0");
    assert_eq!(
        desk.refused("alice", "bob", "1", "0"),
        "wallet alice is empty"
    );
}

#[test]
fn a_transaction_made_elsewhere_claims_its_coins() {
    let mut desk = alice_with(&[4, 5], &rich_bob());
    let five = desk.wallets.coins("alice").expect("a wallet")[0].outpoint;
    let theft = desk.elsewhere("alice", five, owner(CAROL), 0);
    assert!(desk.offer(&theft));
    assert_eq!(desk.shows("alice"), "9 ~0 +0 -5 =4");
    assert_eq!(
        desk.refused("alice", "bob", "5", "0"),
        "alice has 4, needs 5"
    );
    assert_eq!(desk.announced(), [], "not made here");
    assert_eq!(desk.wallets.coins("alice").expect("a wallet").len(), 1);
    // The mempool forgets it.
    desk.pool.remove(&theft.txid());
    desk.wallets.tx_removed(&theft.txid(), "gone".to_owned());
    assert_eq!(desk.shows("alice"), "9 ~0 +0 -0 =9");
    assert_eq!(desk.history("alice").len(), 2);
}

#[test]
fn a_payment_keeps_its_coins_when_the_mempool_drops_it() {
    let mut desk = alice_with(&[4], &rich_bob());
    let tx = desk.sends("alice", "bob", "1", "0");
    assert_eq!(desk.shows("alice"), "4 ~0 +0 -1 =3");
    desk.pool.clear();
    desk.wallets.tx_removed(&tx.txid(), "gone".to_owned());
    assert_eq!(desk.announced(), [tx.txid()]);
    // Its change is of no use while the mempool does not know where it comes from.
    assert_eq!(desk.shows("alice"), "4 ~0 +0 -1 =0");
    assert_eq!(
        desk.refused("alice", "bob", "2", "0"),
        "alice has 3, of which 0 can be spent now: 3 wait for a block"
    );
    assert!(desk.offer(&tx));
    assert_eq!(desk.shows("alice"), "4 ~0 +0 -1 =3");
}

#[test]
fn a_payment_fits_a_block_however_small_the_coins() {
    let params = Params {
        max_block_bytes: 1_000,
        ..rich_bob()
    };
    let mut desk = alice_with(&[1, 1, 2, 1, 1, 1], &params);
    assert_eq!(
        desk.refused("alice", "bob", "5", "0.5"),
        "alice has 7 in small coins: 4 of them fit one transaction, 5 at most with the fee; pay \
         in parts"
    );
    let tx = desk.sends("alice", "bob", "4.9", "0");
    assert_eq!((tx.inputs.len(), tx.outputs.len()), (4, 2));
    desk.mine(&[&tx]);
    assert_eq!(desk.shows("alice"), "2.1 ~0 +0 -0 =2.1");
}

#[test]
fn a_payment_spends_a_limited_number_of_coins() {
    let mut desk = alice_with(&[], &rich_bob());
    let purse = desk.wallets.coins("bob").expect("a wallet")[0].clone();
    // Bob pays Alice in small change, from another program.
    let count = INPUTS_MAX + 1;
    let coin = desk.coin(&purse.outpoint).expect("unspent");
    let mut tx = unsigned(&[(purse.outpoint, coin)], &[]);
    let small = TxOut {
        amount: coins(1),
        owner: named("alice"),
    };
    tx.outputs = vec![small; count];
    tx.sign(network(&desk.params), &[coin], &[&named_key("bob")]);
    desk.mine(&[&Arc::new(tx)]);
    let refused = desk.refused("alice", "bob", &count.to_string(), "0");
    assert!(
        refused.starts_with("alice has 501 in small coins: 500 of them fit"),
        "{refused}"
    );
    let tx = desk.sends("alice", "bob", &INPUTS_MAX.to_string(), "0");
    assert_eq!(tx.inputs.len(), INPUTS_MAX);
    desk.mine(&[&tx]);
    assert_eq!(desk.shows("alice"), "1 ~0 +0 -0 =1");
}
