//! When a node mines, and what its miner is given to do.
//!
//! The miner itself is the driver's: it gets a [`Job`](super::io::Job) and hands back a solved block. A new tip
//! replaces the job at once. So does a better template, but no more often than every
//! [`REFRESH_MIN`]: transactions may come in by the thousand.

use super::config::MiningMode;
use super::ids::RequestId;
use super::time::Time;
use crate::chain::BlockHash;
use std::collections::VecDeque;
use std::time::Duration;

/// The least time between two jobs on the same tip.
pub const REFRESH_MIN: Duration = Duration::from_millis(100);

/// The lowest hash rate that can be asked for, in H/s: a hash in a quarter of an hour.
pub const HASHRATE_MIN: f64 = 0.001;

/// The highest, in H/s: no machine has it.
pub const HASHRATE_MAX: f64 = 1e15;

/// Whether this is a hash rate that can be asked for, in H/s.
///
/// # Errors
/// Words that name the range.
pub fn check_hashrate(hashrate: f64) -> Result<f64, String> {
    if (HASHRATE_MIN..=HASHRATE_MAX).contains(&hashrate) {
        return Ok(hashrate);
    }
    Err(format!(
        "a hash rate is between {HASHRATE_MIN} and {HASHRATE_MAX:.0} H/s, not {hashrate}"
    ))
}

/// What a job was made of: another one is due when this changes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Basis {
    tip: BlockHash,
    /// Counts changes of the mempool.
    mempool: u64,
    hashrate: Option<f64>,
}

/// What is to be done about the miner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: it does what it should.
    Same,
    /// Let it stop.
    Stop,
    /// Give it a new job.
    Job,
}

/// Decides when a job is due.
#[derive(Clone)]
pub struct Mining {
    /// When to mine.
    pub mode: MiningMode,
    /// Hashes per second.
    pub hashrate: f64,
    /// The wallet that rewards go to.
    pub to: Option<String>,
    /// Who asked for a block at full speed, and when; each gets one.
    pub now: VecDeque<(RequestId, Time)>,
    /// Blocks found.
    pub found: u64,
    /// The height that is worked on.
    pub height: Option<u32>,
    basis: Option<Basis>,
    job_at: Time,
    /// Counts changes of the mempool.
    mempool: u64,
    is_due: bool,
}

impl Mining {
    /// As it is at the start.
    pub fn new(mode: MiningMode, hashrate: f64, to: Option<String>) -> Self {
        Self {
            mode,
            hashrate,
            to,
            now: VecDeque::new(),
            found: 0,
            height: None,
            basis: None,
            job_at: Time::default(),
            mempool: 0,
            is_due: false,
        }
    }

    /// The mempool is another one.
    pub fn mempool_changed(&mut self) {
        self.mempool += 1;
    }

    /// The speed that the next job asks for: `None` inside is full speed, outside is rest.
    fn speed(&self, pending: usize) -> Option<Option<f64>> {
        if !self.now.is_empty() {
            return Some(None);
        }
        let mines = match self.mode {
            MiningMode::Off => false,
            MiningMode::On => true,
            MiningMode::OnTx(least) => pending >= least.max(1),
        };
        mines.then_some(Some(self.hashrate))
    }

    /// Compares what the miner does with what it should, on this tip, with so many transactions
    /// pending. After [`Wanted::Job`] the caller makes one and [says so](Self::given).
    pub fn wanted(&mut self, tip: BlockHash, pending: usize, now: Time) -> Wanted {
        self.is_due = false;
        let Some(hashrate) = self.speed(pending) else {
            self.height = None;
            return match self.basis.take() {
                Some(_) => Wanted::Stop,
                None => Wanted::Same,
            };
        };
        let mempool = self.mempool;
        let basis = Basis {
            tip,
            mempool,
            hashrate,
        };
        match self.basis {
            Some(old) if old == basis => Wanted::Same,
            Some(old) if old.tip == tip && old.hashrate == hashrate => {
                if now - self.job_at < REFRESH_MIN {
                    self.is_due = true;
                    return Wanted::Same;
                }
                self.take(basis, now)
            }
            _ => self.take(basis, now),
        }
    }

    fn take(&mut self, basis: Basis, now: Time) -> Wanted {
        self.basis = Some(basis);
        self.job_at = now;
        Wanted::Job
    }

    /// The miner was given a job at this height.
    pub fn given(&mut self, height: u32) {
        self.height = Some(height);
    }

    /// The hash rate of the job that is due.
    pub fn job_hashrate(&self) -> Option<f64> {
        self.basis.and_then(|basis| basis.hashrate)
    }

    /// A block was found: the job is done, and another one is due even on the same tip.
    pub fn solved(&mut self) {
        self.basis = None;
    }

    /// When a better template is due.
    pub fn deadline(&self) -> Option<Time> {
        self.is_due.then_some(self.job_at + REFRESH_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIP: BlockHash = BlockHash([1; 32]);
    const NOW: Time = Time(1_000_000_000);

    fn mining(mode: MiningMode) -> Mining {
        Mining::new(mode, 1_000.0, None)
    }

    #[test]
    fn a_new_tip_and_a_new_rate_replace_the_job_at_once_a_better_template_after_a_moment() {
        let mut mining = mining(MiningMode::On);
        assert_eq!(mining.wanted(TIP, 0, NOW), Wanted::Job);
        assert_eq!(mining.wanted(TIP, 0, NOW), Wanted::Same);
        let tip = BlockHash([2; 32]);
        assert_eq!(mining.wanted(tip, 0, NOW), Wanted::Job);
        mining.hashrate *= 2.0;
        assert_eq!(mining.wanted(tip, 0, NOW), Wanted::Job);
        assert_eq!(mining.job_hashrate(), Some(2_000.0));
        mining.mempool_changed();
        assert_eq!(mining.wanted(tip, 1, NOW), Wanted::Same);
        assert_eq!(mining.deadline(), Some(NOW + REFRESH_MIN));
        assert_eq!(mining.wanted(tip, 1, NOW + REFRESH_MIN), Wanted::Job);
        assert_eq!(mining.deadline(), None);
    }

    #[test]
    fn on_tx_mines_while_enough_transactions_wait() {
        let mut mining = mining(MiningMode::OnTx(2));
        assert_eq!(mining.wanted(TIP, 1, NOW), Wanted::Same);
        assert_eq!(mining.wanted(TIP, 2, NOW), Wanted::Job);
        mining.solved();
        assert_eq!(mining.wanted(BlockHash([2; 32]), 0, NOW), Wanted::Same);
    }

    #[test]
    fn a_block_now_is_mined_at_full_speed_even_if_mining_is_off() {
        let mut mining = mining(MiningMode::Off);
        assert_eq!(mining.wanted(TIP, 0, NOW), Wanted::Same);
        mining.now.push_back((RequestId(1), NOW));
        assert_eq!(mining.wanted(TIP, 0, NOW), Wanted::Job);
        assert_eq!(mining.job_hashrate(), None);
        mining.now.clear();
        assert_eq!(mining.wanted(TIP, 0, NOW), Wanted::Stop);
    }

    #[test]
    fn hash_rates_out_of_range_are_refused_in_words() {
        assert_eq!(check_hashrate(14_000.0), Ok(14_000.0));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let refused = check_hashrate(bad).expect_err("refused");
            assert!(refused.starts_with("a hash rate is between"), "{refused}");
        }
    }
}
