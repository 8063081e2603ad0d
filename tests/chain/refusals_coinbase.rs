//! Coins from nothing: the one transaction of a block that may make them, how many, and when they
//! can be spent.

use crate::common::lab::Lab;
use crate::common::*;
use chainlab::chain::rules::TxError;
use chainlab::chain::tx::TxOut;
use chainlab::chain::{Block, Coin, Params, RuleError, Tx};

/// The next block, whose coinbase takes these amounts.
fn claiming(lab: &Lab, txs: Vec<Tx>, amounts: &[u64]) -> Block {
    let reward = |amount: &u64| TxOut {
        amount: units(*amount),
        owner: owner(MINER),
    };
    lab.miner.block(txs, |txs| {
        txs[0].outputs = amounts.iter().map(reward).collect();
    })
}

fn takes_too_much(claimed: u64, allowed: u64) -> RuleError {
    RuleError::CoinbaseAmount {
        claimed: units(claimed),
        allowed: units(allowed),
    }
}

#[test]
fn a_coinbase_above_subsidy_and_fees_is_refused() {
    let subsidy = coins(10).units();
    let mut lab = Lab::new();
    let greedy = claiming(&lab, vec![], &[subsidy, 1]);
    lab.refuses_when_connected(&greedy, takes_too_much(subsidy + 1, subsidy));
    lab.takes(&claiming(&lab, vec![], &[subsidy]));
    assert_eq!(lab.is_sound(), coins(20 + 10));

    // Alice leaves 300 units and Bob 44 to the miner.
    let all = coins(10).units();
    let fees = |lab: &Lab| {
        let alices = lab.pay(ALICE, &[lab.purse(ALICE)], &[(CAROL, all - 300)]);
        let bobs = lab.pay(BOB, &[lab.purse(BOB)], &[(BOB, 9), (CAROL, all - 53)]);
        vec![alices, bobs]
    };
    let due = subsidy + 300 + 44;
    let greedy = claiming(&lab, fees(&lab), &[due - 5, 6]);
    lab.refuses_when_connected(&greedy, takes_too_much(due + 1, due));
    lab.takes(&claiming(&lab, fees(&lab), &[due - 5, 5]));
    assert_eq!(lab.is_sound(), coins(20 + 2 * 10));
}

#[test]
fn a_coinbase_that_takes_less_than_its_due_destroys_the_rest() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let generous = lab.pay(ALICE, &[purse], &[(BOB, 1)]);
    lab.takes(&claiming(&lab, vec![generous], &[2]));
    assert_eq!(lab.is_sound(), units(coins(10).units() + 1 + 2));
}

#[test]
fn a_coinbase_above_the_subsidy_is_refused_at_every_halving() {
    let mut lab = Lab::of(Params {
        subsidy: units(5),
        halving_interval: 3,
        ..params()
    });
    let schedule = [5, 5, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0];
    for subsidy in schedule {
        let greedy = claiming(&lab, vec![], &[subsidy + 1]);
        lab.refuses_when_connected(&greedy, takes_too_much(subsidy + 1, subsidy));
        let due: &[u64] = if subsidy == 0 { &[] } else { &[subsidy] };
        lab.takes(&claiming(&lab, vec![], due));
    }
    let mined: u64 = schedule.iter().sum();
    assert_eq!(lab.is_sound(), units(coins(20).units() + mined));
}

/// A shift by 64 or more once meant a shift by nothing.
#[test]
fn after_sixty_four_halvings_there_is_no_subsidy_again() {
    let mut lab = Lab::of(Params {
        subsidy: units(1 << 60),
        halving_interval: 1,
        ..params()
    });
    for height in 1..=130_u32 {
        let subsidy = if height <= 60 { 1 << (60 - height) } else { 0 };
        assert_eq!(lab.params.subsidy_at(height), units(subsidy));
        if height % 64 < 2 {
            let greedy = claiming(&lab, vec![], &[subsidy + 1]);
            lab.refuses_when_connected(&greedy, takes_too_much(subsidy + 1, subsidy));
        }
        let block = lab.miner.mine(vec![]);
        accept(&mut lab.chain, &block).expect("valid");
    }
    assert_eq!(lab.is_sound(), units(coins(20).units() + ((1 << 60) - 1)));
}

#[test]
fn two_coinbases_are_refused() {
    let mut lab = Lab::new();
    let another = lab.miner.rival(1).coinbase();
    let second = lab.miner.block(vec![another.clone()], |_| {});
    lab.refuses_body(&second, RuleError::ExtraCoinbase { index: 1 });
    let third = vec![lab.bobs_payment(), another];
    let third = lab.miner.block(third, |_| {});
    lab.refuses_body(&third, RuleError::ExtraCoinbase { index: 2 });
    lab.serves(vec![lab.bobs_payment()]);
}

#[test]
fn a_coinbase_that_is_not_first_is_refused() {
    let mut lab = Lab::new();
    let second = lab
        .miner
        .block(vec![lab.bobs_payment()], |txs| txs.swap(0, 1));
    lab.refuses_body(&second, RuleError::NoCoinbase);
    let without = lab
        .miner
        .block(vec![lab.bobs_payment()], |txs| drop(txs.remove(0)));
    lab.refuses_body(&without, RuleError::NoCoinbase);
    lab.serves(vec![lab.bobs_payment()]);
}

/// Two coinbases with one txid: the second would overwrite, and so destroy, the coins of the
/// first. A coinbase therefore commits to its height.
#[test]
fn a_coinbase_of_another_height_is_refused() {
    let mut lab = Lab::new();
    let first = lab.serves(vec![]);
    let coinbase = first.txs()[0].clone();
    let copy = lab.miner.block(vec![], |txs| txs[0] = coinbase.clone());
    assert_eq!(copy.txids()[0], first.txids()[0]);
    let wrong = |got| RuleError::CoinbaseHeight { height: 2, got };
    lab.refuses_body(&copy, wrong(1));
    for height in [0, 3, u32::MAX] {
        let block = lab.miner.block(vec![], |txs| txs[0].lock_time = height);
        lab.refuses_body(&block, wrong(height));
    }
    // With its own height the rest may be the same: the ids differ, and both are there to spend.
    let same_but_height = lab.miner.block(vec![], |txs| {
        txs[0] = Tx {
            lock_time: 2,
            ..coinbase
        }
    });
    lab.takes(&same_but_height);
    let rewards = [made_by(&first, 0, 1)[0], made_by(&same_but_height, 0, 2)[0]];
    for (at, coin) in rewards {
        assert_eq!(lab.chain.coin(&at), Ok(Some(coin)));
    }
    assert_eq!(lab.is_sound(), coins(20 + 2 * 10));
}

#[test]
fn an_immature_coinbase_spent_is_refused() {
    for maturity in [1, 2, 5] {
        let mut lab = Lab::of(Params {
            maturity,
            ..params()
        });
        lab.serves(vec![]);
        let reward = made_by(&lab.serves(vec![]), 0, 2)[0];
        let matures = 2 + maturity;
        let spend = lab.pay(MINER, &[reward], &[(CAROL, 1_000)]);
        // What the genesis block hands out is nobody's reward: it needs no age.
        let behind = lab.pay(MINER, &[lab.purse(ALICE), reward], &[(CAROL, 1_000)]);
        while lab.miner.next_height() < matures {
            let tx = lab.miner.block(vec![spend.clone()], |_| {});
            let immature = |input| RuleError::Tx {
                index: 1,
                error: TxError::Immature { input, matures },
            };
            lab.refuses_when_connected(&tx, immature(0));
            let tx = lab.miner.block(vec![behind.clone()], |_| {});
            lab.refuses_when_connected(&tx, immature(1));
            lab.serves(vec![]);
        }
        assert_eq!(lab.miner.next_height(), matures);
        lab.serves(vec![spend]);
    }
}

/// Even with the shortest maturity a block cannot spend its own reward.
#[test]
fn a_block_that_spends_its_own_coinbase_is_refused() {
    let mut lab = Lab::new();
    let coinbase = lab.miner.block(vec![], |_| {});
    let reward = made_by(&coinbase, 0, 1)[0];
    let own = lab.pay(MINER, &[reward], &[(CAROL, 1_000)]);
    let block = lab.miner.block(vec![own.clone()], |_| {});
    let error = TxError::MissingOrSpent { input: 0 };
    lab.refuses_when_connected(&block, RuleError::Tx { index: 1, error });
    lab.takes(&coinbase);
    lab.serves(vec![own]);
}

#[test]
fn a_partial_spend_of_a_multi_output_tx_leaves_the_rest_in_place() {
    let mut lab = Lab::new();
    let shares = [(ALICE, 100), (BOB, 200), (CAROL, 300), (BOB, 400)];
    let all: u64 = shares.iter().map(|(_, amount)| amount).sum();
    let burnt = coins(10).units() - all;
    let split = lab.pay(ALICE, &[lab.purse(ALICE)], &shares);
    let block = lab.serves(vec![split]);
    let made = made_by(&block, 1, 1);
    // The fee was nobody's: the miner claims the subsidy only.
    assert_eq!(lab.is_sound(), units(coins(20 + 10).units() - burnt));
    lab.serves(vec![lab.pay(BOB, &[made[1], made[3]], &[(CAROL, 600)])]);
    let left = |lab: &Lab| -> Vec<Option<Coin>> {
        let coin = |(at, _): &Spend| lab.chain.coin(at).expect("readable");
        made.iter().map(coin).collect()
    };
    assert_eq!(left(&lab), [Some(made[0].1), None, Some(made[2].1), None]);
    assert_eq!(made[2].0.index, 2);
    assert_eq!(made[2].1.amount, units(300));
    assert_eq!(lab.is_sound(), units(coins(20 + 20).units() - burnt));
    // The neighbour of a spent output is not spent, and the spent one does not come back.
    let again = lab.pay(BOB, &[made[1]], &[(BOB, 200)]);
    lab.refuses_spend(&again, TxError::MissingOrSpent { input: 0 });
    lab.serves(vec![lab.pay(CAROL, &[made[2]], &[(CAROL, 300)])]);
    assert_eq!(left(&lab), [Some(made[0].1), None, None, None]);
    assert_eq!(lab.is_sound(), units(coins(20 + 30).units() - burnt));
}
