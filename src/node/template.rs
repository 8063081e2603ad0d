//! The next block, before it is solved.
//!
//! What is built here is what [`ChainState::accept_block`] takes once a nonce is found: the header
//! that the rules ask for on top of the tip, the best paying transactions of the mempool that fit,
//! each after those that it spends from, and a coinbase that takes exactly what it may.
//!
//! A miner's block has the time at which it was found. A block that is asked for by hand is found at
//! once, at any cost, and with that time ten of them would look like ten times the hash rate:
//! the target would fall for every miner, and as much for the next that is asked for. So it has the
//! time at which it would have been due, a block interval after the latest before it, as far as the
//! rules allow: see [`time_by_hand`].

use super::chainstate::ChainState;
use super::io::Job;
use super::mempool::Mempool;
use super::store::Store;
use super::time::{ClockOff, Time};
use crate::chain::block::HEADER_VERSION;
use crate::chain::params::Retarget;
use crate::chain::tx::TxOut;
use crate::chain::{Amount, BlockTime, Cursor, Header, KeyHash, Params, Tx, Txid, merkle, rules};
use std::sync::Arc;

/// Who mines, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Miner {
    /// Who gets subsidy and fees.
    pub owner: KeyHash,
    /// What no other job has: it makes the coinbase, and with it the block, differ from what
    /// others build on the same tip, and from what this miner built before.
    pub tag: [u8; 64],
    /// Hashes per second to try; `None`: as many as the machine can, for a block that was asked for
    /// by hand.
    pub hashrate: Option<f64>,
}

/// Blocks for which a block by hand leaves room, in intervals before now, on a chain that has stood
/// still for as long: as many as are asked for in a tutorial.
pub const ROOM_BY_HAND: u64 = 100;

/// The block to solve on the chain's tip. The mempool must have followed the chain there; payments that an
/// attacker has forged come before what waits in it.
///
/// # Panics
/// On a chain that cannot grow: at the largest height that there is.
pub fn job<S: Store>(
    chain: &ChainState<S>,
    (mempool, forged): (&Mempool, &[Arc<Tx>]),
    miner: &Miner,
    now: Time,
) -> Job {
    let params = chain.params();
    let tip = chain.tree().cursor(chain.tree().tip());
    let height = tip.height.checked_add(1).expect("the chain can grow");
    let mut room = rules::room_for_txs(params);
    let forged = fitting(forged, &mut room);
    let chosen = mempool.select(room);
    let fees = Amount::checked_sum(chosen.iter().map(|entry| entry.fee));
    let fees = fees.expect("fees are parts of the coins that exist");
    let coinbase = coinbase(params, height, fees, miner);

    let len = 1 + forged.len() + chosen.len();
    let mut txids: Vec<Txid> = Vec::with_capacity(len);
    let mut txs: Vec<Tx> = Vec::with_capacity(len);
    txids.push(coinbase.txid());
    txs.push(coinbase);
    for tx in forged {
        txids.push(tx.txid());
        txs.push(Tx::clone(tx));
    }
    for entry in chosen {
        txids.push(entry.txid);
        txs.push(Tx::clone(&entry.tx));
    }
    let header = Header {
        version: HEADER_VERSION,
        previous: tip.hash,
        merkle_root: merkle::commitment(&txids),
        time: match miner.hashrate {
            Some(_) => now.block_time().max(tip.earliest_time()),
            None => time_by_hand(&tip, params, now.block_time()),
        },
        bits: tip.next_bits(params),
        nonce: 0,
    };
    Job {
        header,
        txs,
        height,
        fees,
        hashrate: miner.hashrate,
        clock: ClockOff::default(),
    }
}

/// The time of a block that is asked for by hand on this tip: a block interval after the latest time
/// on its branch, so that the difficulty stays as it is. But
///
/// - not more than [`ROOM_BY_HAND`] intervals ago: a chain that was not mined for a month goes on near
///   the present, where it leaves room for as many blocks more;
/// - not further ahead than half of what a block may be. No node refuses it then whose clock is right
///   to within the other half, which is where nodes say that their clocks differ. Beyond that blocks
///   by hand do count as hash rate: a chain at the present can get ahead of its schedule only so far.
///
/// Where the difficulty is fixed there is nothing to keep, and it has the time of the clock.
pub fn time_by_hand(tip: &Cursor, params: &Params, now: BlockTime) -> BlockTime {
    let wanted = match params.retarget {
        Retarget::Fixed => now,
        Retarget::Asert => {
            let interval = params.block_interval_ms;
            let due = tip.clock.latest().saturating_add_ms(interval);
            let first = now.0.saturating_sub(ROOM_BY_HAND * interval);
            let last = now.saturating_add_ms(params.future_drift_ms / 2);
            due.max(BlockTime(first)).min(last)
        }
    };
    wanted.max(tip.earliest_time())
}

/// The first of these, as many as there is room for, which they take.
fn fitting<'a>(txs: &'a [Arc<Tx>], room: &mut usize) -> &'a [Arc<Tx>] {
    let fits = |tx: &&Arc<Tx>| {
        let left = room.checked_sub(tx.encoded_len());
        *room = left.unwrap_or(*room);
        left.is_some()
    };
    let count = txs.iter().take_while(fits).count();
    &txs[..count]
}

fn coinbase(params: &Params, height: u32, fees: Amount, miner: &Miner) -> Tx {
    let subsidy = params.subsidy_at(height);
    let amount = subsidy.checked_add(fees);
    let reward = TxOut {
        // Fees are coins that exist, and all that can ever exist are an amount.
        amount: amount.expect("coins that can exist"),
        owner: miner.owner,
    };
    // Outputs of nothing are refused: after the last halving, without fees, there is none.
    let outputs = if reward.amount.is_zero() {
        Vec::new()
    } else {
        vec![reward]
    };
    Tx::coinbase(height, outputs, miner.tag)
}
