//! The block that a node builds: whatever waits, the chain takes it once it is solved.

use crate::common::*;
use crate::mempool_common::*;
use chainlab::chain::{Amount, Params, Tx, rules};
use chainlab::node::config::MempoolLimits;
use chainlab::node::{Time, template};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Duration;

fn tagged(first: u8) -> template::Miner {
    template::Miner {
        owner: owner(MINER),
        tag: [first; 64],
        hashrate: Some(5.0),
    }
}

#[test]
fn a_template_is_the_next_block_and_takes_its_fees() {
    let mut desk = Desk::new();
    desk.takes_all(&desk.chain_of(desk.coin(0), &[10, 20, 30]));
    desk.mine(vec![]);
    let job = template::job(&desk.chain, (&desk.pool, &[]), &tagged(1), Time(0));
    let tip = desk.chain.tree().cursor(desk.chain.tree().tip());
    assert_eq!(
        (job.height, job.fees, job.hashrate),
        (2, units(60), Some(5.0))
    );
    assert_eq!(job.header.previous, tip.hash);
    assert_eq!(job.header.bits, tip.next_bits(&desk.params));
    // A clock that is behind does not make a block too old; one that runs is followed.
    assert_eq!(job.header.time, tip.earliest_time());
    let later = Time::from_block(tip.time) + Duration::from_secs(3);
    let next = template::job(&desk.chain, (&desk.pool, &[]), &tagged(1), later);
    assert_eq!(next.header.time, later.block_time());
    let paid = job.txs[0].outputs[0].amount;
    assert_eq!(Some(paid), desk.params.subsidy_at(2).checked_add(units(60)));
    // No two jobs are alike, whatever else they have in common.
    let other = template::job(&desk.chain, (&desk.pool, &[]), &tagged(2), Time(0));
    assert_ne!(job.header.merkle_root, other.header.merkle_root);
    desk.mine_template(0);
    assert_eq!(desk.pool.len(), 0);
    sound(&desk.chain);
}

#[test]
fn a_block_that_earns_nothing_has_a_coinbase_without_outputs() {
    let params = Params {
        subsidy: Amount::ZERO,
        ..rich(3)
    };
    let mut desk = Desk::of(&params, MempoolLimits::default());
    assert_eq!(desk.mine_template(0).txs()[0].outputs, []);
    desk.takes(&desk.tx(&[desk.coin(0)], 7, 1));
    let block = desk.mine_template(1);
    assert_eq!(block.txs()[0].outputs[0].amount, units(7));
    sound(&desk.chain);
}

#[test]
fn a_package_too_large_for_what_is_left_makes_way_for_smaller_ones() {
    let params = Params {
        max_block_bytes: 1_000,
        ..rich(10)
    };
    let mut desk = Desk::of(&params, MempoolLimits::default());
    let best = desk.tx(&[desk.coin(0)], 900, 1);
    // 717 bytes are too many beside the best; its poor parent alone would fit.
    let parent = desk.tx(&[desk.coin(1)], 0, 1);
    let child = desk.tx(&[out(&parent, 0)], 1_000, 13);
    let small = desk.tx(&[desk.coin(2)], 1, 1);
    desk.takes_all(&[best.clone(), parent.clone(), child.clone(), small.clone()]);
    let block = desk.mine_template(0);
    assert_eq!(txids(&block.txs()[1..]), txids(&[best, small, parent]));
    let block = desk.mine_template(1);
    assert_eq!(txids(&block.txs()[1..]), [child.txid()]);
    sound(&desk.chain);
}

/// Random payments: chains, joins and fans of unconfirmed coins, with mixed fees.
fn fill(desk: &mut Desk, draws: &mut ChaCha8Rng, coins: &mut Vec<Spend>, count: usize) {
    for _ in 0..count {
        let mut draw = |below: usize| usize::try_from(draws.next_u32()).expect("fits") % below;
        let mut spends = Vec::new();
        for _ in 0..1 + draw(3).min(coins.len().saturating_sub(1)) {
            // Mostly late ones, so that lines grow long.
            let last = coins.len().min(12);
            let at = if draw(3) > 0 {
                coins.len() - 1 - draw(last)
            } else {
                draw(coins.len())
            };
            spends.push(coins.swap_remove(at));
        }
        let fee = [0, 1, draw(50), draw(5_000)][draw(4)];
        let outputs = 1 + draw(4);
        let amount: u64 = spends.iter().map(|(_, coin)| coin.amount.units()).sum();
        let (fee, outputs) = (fee as u64, outputs as u64);
        if amount < fee + outputs {
            coins.extend(spends);
            continue;
        }
        let tx: Tx = desk.tx(&spends, fee, outputs);
        match desk.send(&tx) {
            Ok(_) => {
                let made = 0..u32::try_from(outputs).expect("few");
                coins.extend(made.map(|index| out(&tx, index)));
            }
            // A package is full: another time.
            Err(_) => coins.extend(spends),
        }
        if coins.is_empty() {
            return;
        }
    }
}

#[test]
fn the_chain_takes_every_template_also_when_blocks_are_nearly_full() {
    for seed in 0..6 {
        println!("seed {seed}");
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let params = Params {
            max_block_bytes: [1_000, 4_000, 20_000][usize::try_from(seed % 3).expect("small")],
            ..rich(100)
        };
        let mut desk = Desk::of(&params, MempoolLimits::default());
        let mut coins: Vec<Spend> = (0..100).map(|n| desk.coin(n)).collect();
        let max = rules::max_block_len(&params);
        let mut fullest = 0;
        for extra in 0..12 {
            fill(&mut desk, &mut draws, &mut coins, 10 + max / 120);
            let block = desk.mine_template(extra);
            fullest = fullest.max(block.encoded_len());
        }
        // Less than the smallest transaction is left over.
        assert!(fullest > max - 185, "{fullest} of {max} bytes");
        for extra in 100..500 {
            if desk.pool.is_empty() {
                break;
            }
            desk.mine_template(extra);
        }
        assert!(desk.pool.is_empty(), "all is mined in the end");
        sound(&desk.chain);
    }
}
