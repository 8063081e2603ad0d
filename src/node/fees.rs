//! Tells light peers what the mempool asks for, as the `feefilter` of BIP 133 does.
//!
//! A node that has a mempool of its own sees that by itself, so only who serves no blocks is told: when its handshake is
//! complete, and again when it has changed by much, every [`LOOKED_AT_EVERY`] at most.

use super::ids::ConnId;
use super::mempool::Mempool;
use super::message::{FeeRates, Message};
use super::outbox::Outbox;
use super::time::Time;
use crate::chain::{Amount, Params, rules};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is looked at. It is about blocks to come, which are seldom more frequent.
pub const LOOKED_AT_EVERY: Duration = Duration::from_secs(10);

/// What changes by less than this part of itself is not told.
const MUCH: u64 = 8;

/// Who is told, and what each was told last.
#[derive(Clone, Default)]
pub struct Fees {
    told: BTreeMap<ConnId, FeeRates>,
    /// What was found when it was last looked at, and when.
    seen: Option<(Time, FeeRates)>,
}

impl Fees {
    /// A light peer whose handshake is complete.
    pub fn peer_ready(
        &mut self,
        conn: ConnId,
        (mempool, params): (&Mempool, &Params),
        now: Time,
        out: &mut Outbox,
    ) {
        let recent = self.seen.filter(|(at, _)| now - *at < LOOKED_AT_EVERY);
        let (at, rates) = recent.unwrap_or_else(|| (now, rates(mempool, params)));
        self.seen = Some((at, rates));
        self.told.insert(conn, rates);
        out.send(conn, Message::FeeFilter(rates));
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.told.remove(&conn);
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.told.contains_key(&conn)
    }

    /// Time has passed.
    pub fn tick(&mut self, (mempool, params): (&Mempool, &Params), now: Time, out: &mut Outbox) {
        if self.deadline().is_none_or(|at| at > now) {
            return;
        }
        let rates = rates(mempool, params);
        self.seen = Some((now, rates));
        for (conn, told) in &mut self.told {
            if differs(told.floor, rates.floor) || differs(told.next_block, rates.next_block) {
                *told = rates;
                out.send(*conn, Message::FeeFilter(rates));
            }
        }
    }

    /// When it is looked at again.
    pub fn deadline(&self) -> Option<Time> {
        let (at, _) = self.seen.filter(|_| !self.told.is_empty())?;
        Some(at + LOOKED_AT_EVERY)
    }
}

/// What a mempool asks for.
pub fn rates(mempool: &Mempool, params: &Params) -> FeeRates {
    let floor = mempool.floor();
    let next_block = mempool.least_in_next_block(rules::room_for_txs(params));
    FeeRates {
        floor,
        next_block: next_block.map_or(floor, |least| least.max(floor)),
    }
}

fn differs(one: Amount, other: Amount) -> bool {
    let (one, other) = (one.units(), other.units());
    one.abs_diff(other) > one.min(other) / MUCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_changes_by_little_is_not_news() {
        let of = |units| Amount::from_units(units).expect("an amount");
        for (one, other, is_news) in [
            (0, 0, false),
            (0, 1, true),
            (1_000, 1_125, false),
            (1_000, 1_126, true),
            (1_126, 1_000, true),
            (u64::from(u32::MAX), 1, true),
        ] {
            assert_eq!(differs(of(one), of(other)), is_news, "{one} {other}");
        }
    }
}
