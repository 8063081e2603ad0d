//! Mining in virtual time: the time of a find is drawn, and then the block is really solved.
//!
//! How long a miner needs for a block is exponentially distributed, with expected hashes / hash
//! rate as its mean. The distribution has no memory, so when the job changes the time is simply
//! drawn anew. One hash that is made here stands for K that the miner is said to make, so that a
//! block costs about [`REAL_HASHES`](super::REAL_HASHES) whatever the hash rate is.

use super::agenda::Due;
use super::host::Work;
use super::world::Sim;
use crate::chain::Block;
use crate::chain::block::Midstate;
use crate::node::NodeIx;
use crate::node::io::{Input, Job};
use rand_core::Rng;
use std::sync::Arc;
use std::time::Duration;

/// The hash rate of a miner that makes as many hashes as the machine can.
const FULL_SPEED: f64 = 1_000_000.0;

/// The longest wait for a block, a year: what floats make of a hash rate near nothing must fit.
const WAIT_MAX: Duration = Duration::from_secs(365 * 24 * 3_600);

impl Sim {
    /// Puts a host's miner to this work instead of what it did.
    pub(super) fn set_job(&mut self, ix: NodeIx, job: Option<Arc<Job>>) {
        if let Some(work) = self.hosts[ix.0].work.take() {
            self.agenda.cancel(work.find);
        }
        let Some(job) = job else { return };
        let hashes = expected_hashes(&job) * self.scale.0;
        let mean = hashes / job.hashrate.unwrap_or(FULL_SPEED);
        // 53 bits are what a float holds exactly; never 0, whose logarithm is no number.
        let uniform = ((self.draws.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        let wait = Duration::try_from_secs_f64(-libm::log(uniform) * mean);
        let at = self.now() + wait.unwrap_or(WAIT_MAX).min(WAIT_MAX);
        let find = self.agenda.enter(at, Due::Find(ix));
        self.hosts[ix.0].work = Some(Work { job, find });
    }

    /// The block is found.
    pub(super) fn find(&mut self, ix: NodeIx) {
        if let Some(work) = self.hosts[ix.0].work.take() {
            let block = self.solve(&work.job);
            self.give(ix, Input::Solved(block));
        }
    }

    fn solve(&self, job: &Job) -> Block {
        let mut header = job.header;
        header.time = job.time_at(self.now());
        let target = header.bits.to_target().expect("a job has a valid target");
        let mut midstate = Midstate::new(&header);
        header.nonce = (0..=u64::MAX)
            .find(|nonce| target.is_met_by(&midstate.hash(*nonce)))
            .expect("a target that 2^64 hashes meet");
        job.solved(header)
    }
}

/// Real hashes that the job takes on average.
fn expected_hashes(job: &Job) -> f64 {
    let target = job
        .header
        .bits
        .to_target()
        .expect("a job has a valid target");
    let work = target.work().to_u256();
    u128::try_from(work).map_or(f64::MAX, |hashes| hashes as f64)
}
