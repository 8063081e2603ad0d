//! The end of a chain, in constant size: everything that the rules ask of the *next* header's
//! ancestors. A cursor that walks a chain of any length needs no more memory than at its start,
//! so a branch can be measured before a single header of it is kept.

use super::asert::Clock;
use super::block::{BlockTime, HEADER_VERSION, Header};
use super::hash::BlockHash;
use super::params::Params;
use super::pow::{CompactTarget, Work};
use super::rules::RuleError;

/// How many ancestors the median time is taken of (BIP 113).
pub const MEDIAN_TIME_SPAN: usize = 11;

/// Where a chain stands after a header.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The last header's hash.
    pub hash: BlockHash,
    /// Its height.
    pub height: u32,
    /// Work of the chain up to and with it; the genesis block, which took no work, counts 0.
    pub work: Work,
    /// The difficulty clock.
    pub clock: Clock,
    /// Its time.
    pub time: BlockTime,
    /// Times of the last headers, latest first; as many as there are, at most the span.
    recent: Vec<BlockTime>,
}

impl Cursor {
    /// At the genesis block.
    pub fn genesis(params: &Params, hash: BlockHash) -> Self {
        Self {
            hash,
            height: 0,
            work: Work::ZERO,
            clock: Clock::start(params.genesis_time),
            time: params.genesis_time,
            recent: vec![params.genesis_time],
        }
    }

    /// At a header of a known chain. `recent` gives the times from that header downwards.
    pub(super) fn at(
        hash: BlockHash,
        (height, work, clock): (u32, Work, Clock),
        recent: impl Iterator<Item = BlockTime>,
    ) -> Self {
        let recent: Vec<BlockTime> = recent.take(MEDIAN_TIME_SPAN).collect();
        let time = *recent.first().expect("the header itself has a time");
        Self {
            hash,
            height,
            work,
            clock,
            time,
            recent,
        }
    }

    /// Median of the times of the last 11 headers. The next header must be later.
    pub fn median_time(&self) -> BlockTime {
        let mut times = self.recent.clone();
        times.sort_unstable();
        times[times.len() / 2]
    }

    /// The earliest time that the next header may have.
    pub fn earliest_time(&self) -> BlockTime {
        self.median_time().saturating_add_ms(1)
    }

    /// The target that the next header must have.
    pub fn next_bits(&self, params: &Params) -> CompactTarget {
        let clock_ms = self.clock.ms_in(self.time, params.block_interval_ms);
        params.next_bits(self.height, clock_ms)
    }

    /// Checks `header` as the next one, at the time `now`, and returns its hash. Its link to this
    /// cursor is the caller's to check.
    ///
    /// # Errors
    /// The first [`RuleError`].
    pub fn check_next(
        &self,
        header: &Header,
        params: &Params,
        now: BlockTime,
    ) -> Result<BlockHash, RuleError> {
        debug_assert_eq!(header.previous, self.hash, "links to the cursor");
        if header.version != HEADER_VERSION {
            return Err(RuleError::Version(header.version));
        }
        if self.height == u32::MAX {
            return Err(RuleError::HeightLimit);
        }
        let expected = self.next_bits(params);
        if header.bits != expected {
            let got = header.bits;
            return Err(RuleError::Bits { expected, got });
        }
        let hash = header.hash();
        let target = expected.to_target();
        if !target.is_ok_and(|target| target.is_met_by(&hash)) {
            return Err(RuleError::ProofOfWork);
        }
        if header.time <= self.median_time() {
            return Err(RuleError::TimeTooOld);
        }
        let latest = now.saturating_add_ms(params.future_drift_ms);
        if header.time > latest {
            let ahead_ms = header.time.0 - now.0;
            return Err(RuleError::TimeTooNew { ahead_ms });
        }
        Ok(hash)
    }

    /// Moves on to a header that [`Cursor::check_next`] accepted.
    pub fn advance(&mut self, header: &Header, hash: BlockHash, params: &Params) {
        // check_next refuses the header after the last height.
        self.height += 1;
        let ceiling = params.schedule().clock_ceiling_ms(self.height);
        let interval = params.block_interval_ms;
        self.clock = self.clock.after(header.time, interval, ceiling);
        self.time = header.time;
        self.hash = hash;
        let target = header.bits.to_target().expect("checked");
        self.work = self.work.saturating_add(target.work());
        self.recent.truncate(MEDIAN_TIME_SPAN - 1);
        self.recent.insert(0, header.time);
    }
}
