//! Payments out of wallets, and what is said when there is none.

use super::*;
use crate::bitcoin::pay;
use crate::bitcoin::script::PaysTo;
use crate::node::io::Payment;

pub fn request(from: &str, to: &str, amount: u64) -> Payment {
    Payment {
        from: from.to_owned(),
        to: to.to_owned(),
        amount: units(amount),
        fee: None,
    }
}

/// Pays, and tells that the mempool has it.
fn sent(wallets: &mut LabWallets, request: &Payment) -> (Planned, Transaction) {
    let (planned, payment) = wallets.pay(request).expect("it can be paid");
    let tx = read(&payment);
    wallets.waits(&tx, Time(1));
    (planned, tx)
}

pub fn read(payment: &pay::Payment) -> Transaction {
    let tx = Transaction::new(payment.bytes.clone().into()).expect("a transaction");
    assert_eq!(tx.txid(), payment.txid);
    tx
}

fn refused(wallets: &LabWallets, from: &str, amount: u64) -> String {
    let refused = wallets.plan(&request(from, "bob", amount));
    refused.expect_err("it cannot be paid").to_string()
}

#[test]
fn a_plan_is_what_the_payment_does() {
    let (mut wallets, mut chain) = mined(102);
    let request = request("alice", "bob", 70 * 100_000_000);
    let plan = wallets.plan(&request).expect("two coins are there");
    let (planned, tx) = sent(&mut wallets, &request);
    assert_eq!(planned, plan);
    assert_eq!(plan.address, key(2).address(&FORM));
    assert!(tx.bytes().len() as u64 <= plan.bytes);
    // 2 for each of 374 bytes.
    assert_eq!((plan.fee, plan.bytes), (units(748), 374));
    let inputs: Vec<OutPoint> = plan.inputs.iter().map(|coin| coin.outpoint).collect();
    let opened = tx.open();
    assert_eq!(opened.inputs.len(), 2);
    assert!(
        opened
            .inputs
            .iter()
            .all(|input| inputs.contains(&input.spends))
    );
    let [paid, change] = &opened.outputs[..] else {
        panic!("two outputs");
    };
    assert_eq!(
        (&paid.script[..], paid.value),
        (&key(2).script()[..], 7_000_000_000)
    );
    assert_eq!(
        (&change.script[..], units(change.value)),
        (&key(1).script()[..], plan.change)
    );
    let alice = wallets.balance("alice").unwrap();
    assert_eq!(alice.outgoing, units(7_000_000_748));
    // One more coin has matured and the change is spendable.
    assert_eq!(alice.spendable, units(MINED + change.value));
    assert_eq!(wallets.balance("bob").unwrap().spendable, Amount::ZERO);
    chain.mine(&foreign(), vec![tx]);
    chain.give_tip(&mut wallets);
    let entry = history(&wallets, "alice").remove(0);
    assert_eq!(
        (entry.spent, entry.fee),
        (units(7_000_000_748), Some(units(748)))
    );
    assert_eq!(entry.to, [(key(2).address(&FORM), units(7_000_000_000))]);
    let entry = history(&wallets, "bob").remove(0);
    assert_eq!(
        (entry.received, entry.fee, entry.to),
        (units(7_000_000_000), None, vec![])
    );
}

#[test]
fn an_address_in_any_form_of_the_network_is_paid_and_shown_in_the_nodes() {
    let (wallets, _) = mined(101);
    let program = PaysTo::Witness {
        version: 5,
        program: &[7; 12],
    }
    .script();
    for script in [key(9).script(), PaysTo::Taproot([3; 32]).script(), program] {
        let here = crate::bitcoin::address::of_script(&script, &FORM).expect("an address");
        let there = crate::bitcoin::address::of_script(&script, &AddressForm::BCOIN_REGTEST);
        for form in [&here, &there.expect("an address")] {
            let (plan, payment) = wallets.pay(&request("alice", form, 1_000)).expect("enough");
            assert_eq!(plan.address, here);
            assert_eq!(read(&payment).open().outputs[0].script, script);
        }
    }
}

#[test]
fn a_fee_that_is_named_is_paid() {
    let (wallets, _) = mined(101);
    let request = Payment {
        fee: Some(units(12_345)),
        ..request("alice", "alice", 1_000)
    };
    let (plan, payment) = wallets.pay(&request).expect("enough");
    assert_eq!((plan.fee, payment.fee), (units(12_345), units(12_345)));
    let mistake = Payment {
        fee: Some(units(100_000_000)),
        ..request
    };
    let refused = wallets.plan(&mistake).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a fee of 1 for 226 bytes would be taken for a mistake: 0.0226 is the most"
    );
}

#[test]
fn a_wallet_that_pays_itself_names_itself() {
    let (mut wallets, _) = mined(101);
    let (plan, _) = sent(&mut wallets, &request("alice", "alice", 1_000));
    let entry = history(&wallets, "alice").remove(0);
    assert_eq!((entry.spent, entry.received), (plan.fee, Amount::ZERO));
    let own = key(1).address(&FORM);
    assert!(entry.to.iter().all(|(to, _)| *to == own), "{:?}", entry.to);
    assert_eq!(entry.to.len(), 2);
}

#[test]
fn own_change_pays_again_as_far_as_nodes_let_payments_build_on_it() {
    let (mut wallets, _) = mined(100);
    for count in 1..=25 {
        let (plan, _) = sent(&mut wallets, &request("alice", "bob", 1_000));
        assert_eq!(plan.inputs[0].height.is_none(), count > 1, "the {count}th");
    }
    let alice = wallets.balance("alice").unwrap();
    assert_eq!((alice.spendable, alice.unconfirmed), (Amount::ZERO, 25));
    let words = refused(&wallets, "alice", 1_000);
    assert!(
        words.ends_with(" for a block, 4950 mature at height 199"),
        "{words}"
    );
}

#[test]
fn what_others_pay_is_spent_only_from_a_block() {
    let (mut wallets, mut chain) = mined(100);
    let (_, tx) = sent(&mut wallets, &request("alice", "bob", 100_000_000));
    let words = wallets.plan(&request("bob", "alice", 1_000)).unwrap_err();
    assert_eq!(
        words.to_string(),
        "bob has 1, of which 0 can be spent now: 1 waits for a block"
    );
    chain.mine(&foreign(), vec![tx]);
    chain.give_tip(&mut wallets);
    assert!(wallets.plan(&request("bob", "alice", 1_000)).is_ok());
}

#[test]
fn what_cannot_be_paid_is_said_in_words() {
    let (wallets, _) = mined(100);
    assert_eq!(refused(&wallets, "bob", 1_000), "wallet bob is empty");
    assert_eq!(
        refused(&wallets, "carol", 1_000),
        "no wallet \"carol\" on this node (there are alice, bob)"
    );
    assert_eq!(refused(&wallets, "alice", 0), "a payment of 0 pays no one");
    assert_eq!(
        refused(&wallets, "alice", 600_000_000_000),
        "alice has 5000, needs 6000.00000384"
    );
    assert_eq!(
        refused(&wallets, "alice", 60 * 100_000_000),
        "alice has 5000, of which 50 can be spent now: 4950 mature at height 199"
    );
    assert!(refused(&wallets, "alice", 545).starts_with("0.00000545 is dust"));
    assert_eq!(
        refused(&wallets, "alice", u64::from(u32::MAX) * 1_000_000),
        "there are never more than 21000000 coins"
    );
}

#[test]
fn many_small_coins_are_paid_in_parts() {
    let mut wallets = wallets(&["alice", "bob"]);
    let mut chain = Made::new();
    let small = vec![(10_000, key(1).script()); 700];
    let tx = spends(&[(foreign_coin(3), None)], &small);
    chain.mine(&foreign(), vec![tx]);
    chain.give_tip(&mut wallets);
    assert_eq!(
        refused(&wallets, "alice", 5_900_000),
        "alice has 0.07 in small coins: 600 of them fit one transaction, 0.06 at most with the fee; \
         pay in parts"
    );
    assert_eq!(
        wallets.balance("alice").unwrap().spendable,
        units(6_000_000)
    );
    assert_eq!(wallets.coins("alice").len(), 700);
}
