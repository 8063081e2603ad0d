//! What a preview promises is sent, and what it refuses is not: previews, what can be spent and
//! sending ask the same rules, those of the mempool included.

use crate::common::sim::{import, pay, wallets};
use crate::common::{ALICE, BOB, coins, owner, units};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params};
use chainlab::node::io::{Command, Payment, Question, Reply};
use chainlab::node::mempool::PACKAGE_MAX;
use chainlab::node::{Config, NodeIx};
use chainlab::sim::{self, Sim};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One node with Alice's and Bob's wallets; Alice has coins of these amounts.
fn alone(amounts: &[u64], change: impl Fn(&mut Config)) -> (Sim, NodeIx) {
    let coin = |amount: &u64| Allocation {
        owner: owner(ALICE),
        amount: coins(*amount),
    };
    let params = Params {
        genesis: amounts.iter().map(coin).collect(),
        ..sim::params()
    };
    let mut sim = Sim::new(1, params);
    let mut config = sim.config("node");
    config.mine_to = Some("miner".to_owned());
    change(&mut config);
    let node = sim.add_node(config).expect("sound parameters");
    import(&mut sim, node, "alice", ALICE);
    import(&mut sim, node, "bob", BOB);
    (sim, node)
}

fn payment(from: &str, to: &str, amount: Amount, fee: Amount) -> Payment {
    Payment {
        from: from.to_owned(),
        to: to.to_owned(),
        amount,
        fee: Some(fee),
    }
}

fn spendable(sim: &mut Sim, node: NodeIx, name: &str) -> Amount {
    let all = wallets(sim, node);
    let wallet = all.iter().find(|wallet| wallet.name == name);
    wallet.expect("a wallet").spendable
}

/// Asks for a preview and then sends, which must agree to the letter. Whether it was sent.
fn agrees(sim: &mut Sim, node: NodeIx, payment: &Payment) -> Result<(), String> {
    let preview = sim.ask(node, Question::PlanSend(payment.clone()));
    let sent = sim.call(node, Command::Send(payment.clone()));
    match (preview, sent) {
        (Ok(Reply::Plan(promised)), Ok(Reply::Sent { plan, .. })) => {
            assert_eq!(promised, plan);
            Ok(())
        }
        (Err(promised), Err(error)) => {
            assert_eq!(promised, error, "{payment:?}");
            Err(error.to_string())
        }
        (promised, sent) => panic!("{payment:?}: {promised:?}, and then {sent:?}"),
    }
}

#[test]
fn a_payment_that_would_build_on_too_many_is_promised_by_nobody() {
    let (mut sim, node) = alone(&[100], |_| ());
    for _ in 0..PACKAGE_MAX {
        let paid = pay(&mut sim, node, "alice", "bob", coins(1), Amount::ZERO);
        paid.expect("no more than wait in a row");
    }
    assert_eq!(spendable(&mut sim, node, "alice"), Amount::ZERO);
    let next = payment("alice", "bob", coins(1), Amount::ZERO);
    let refused = agrees(&mut sim, node, &next).expect_err("one too many");
    assert_eq!(
        refused,
        "alice has 75, of which 0 can be spent now: 75 wait for a block"
    );
    sim.call(node, Command::MineNow).expect("a block");
    assert_eq!(spendable(&mut sim, node, "alice"), coins(75));
    agrees(&mut sim, node, &next).expect("nothing waits below it");
}

#[test]
fn two_rows_that_are_too_long_together_are_not_spent_together() {
    let (mut sim, node) = alone(&[100, 40], |_| ());
    // Whichever coin each builds on: together more than one package.
    for _ in 0..PACKAGE_MAX {
        let amount = spendable(&mut sim, node, "alice");
        let most = amount.units() / 2;
        let paid = payment("alice", "alice", units(most), Amount::ZERO);
        agrees(&mut sim, node, &paid).expect("half of what can be spent");
    }
    let can = spendable(&mut sim, node, "alice");
    let above = units(can.units() + 1);
    let too_much = payment("alice", "bob", above, Amount::ZERO);
    agrees(&mut sim, node, &too_much).expect_err("more than can be spent");
    let all = payment("alice", "bob", can, Amount::ZERO);
    agrees(&mut sim, node, &all).expect("what can be spent");
}

#[test]
fn a_fee_below_the_minimum_and_a_full_mempool_are_told_by_the_preview() {
    let (mut sim, node) = alone(&[10, 10, 10], |config| {
        config.mempool.min_fee_per_kb = units(10_000);
        config.mempool.bytes_max = 500;
    });
    let cheap = payment("alice", "bob", coins(9), units(10));
    let refused = agrees(&mut sim, node, &cheap).expect_err("too cheap");
    assert!(refused.contains("is the least for its size"), "{refused}");
    let dear = payment("alice", "bob", coins(9), units(100_000));
    for _ in 0..2 {
        agrees(&mut sim, node, &dear).expect("there is room");
    }
    let refused = agrees(&mut sim, node, &dear).expect_err("no room");
    assert!(refused.contains("the mempool is full"), "{refused}");
}

/// Whatever waits: what can be spent can be sent, and not a unit more.
#[test]
fn what_can_be_spent_is_what_can_be_sent_to_the_unit() {
    let mut full = 0;
    for seed in 0..8 {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = |below: u32| draws.next_u32() % below;
        let (mut sim, node) = alone(&[60, 30], |_| ());
        for _ in 0..120 {
            let from = ["alice", "bob"][usize::from(draw(4) == 0)];
            let to = ["alice", "bob"][usize::from(draw(3) > 0)];
            let can = spendable(&mut sim, node, from);
            let above = payment(from, to, units(can.units() + 1), Amount::ZERO);
            agrees(&mut sim, node, &above).expect_err("more than can be spent");
            if draw(60) == 0 {
                sim.call(node, Command::MineNow).expect("a block");
            }
            let waiting = sim.node(node).expect("it runs").mempool();
            full += waiting
                .iter()
                .filter(|entry| entry.ancestors.count == PACKAGE_MAX)
                .count();
            let can = spendable(&mut sim, node, from);
            if can.is_zero() {
                continue;
            }
            let part = [3, 300, 1_000][usize::try_from(draw(3)).expect("few")];
            let part = if draw(30) == 0 { 1 } else { part };
            let amount = (can.units() / part).max(1);
            let fee = (can.units() - amount).min(1_000);
            let paid = payment(from, to, units(amount), units(fee));
            agrees(&mut sim, node, &paid).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        }
    }
    assert!(full > 100, "rows were as long as may be {full} times");
}
