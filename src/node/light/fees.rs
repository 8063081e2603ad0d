//! What peers say that their mempools ask for (`feefilter`, BIP 133).

use crate::chain::Amount;
use crate::node::fee::Rate;
use crate::node::ids::ConnId;
use crate::node::message::FeeRates;
use std::collections::BTreeMap;

/// The last word of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Fees(BTreeMap<ConnId, FeeRates>);

impl Fees {
    /// A peer has said something.
    pub fn said(&mut self, conn: ConnId, rates: FeeRates) {
        self.0.insert(conn, rates);
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.0.remove(&conn);
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.0.contains_key(&conn)
    }

    /// The least that peers take for so many bytes; `None`: none has said anything.
    pub fn floor(&self, bytes: usize) -> Option<Amount> {
        self.median(|rates| rates.floor, bytes)
    }

    /// What would get so many bytes into the next block, by what peers guess.
    pub fn next_block(&self, bytes: usize) -> Option<Amount> {
        self.median(|rates| rates.next_block, bytes)
    }

    /// Of an even number the lower one in the middle: a liar among two cannot make us pay more.
    fn median(&self, of: impl Fn(&FeeRates) -> Amount, bytes: usize) -> Option<Amount> {
        let mut rates: Vec<Amount> = self.0.values().map(of).collect();
        rates.sort_unstable();
        let middle = rates.get(rates.len().checked_sub(1)? / 2)?;
        let fee = Rate::new(*middle, 1_000).fee_for(bytes);
        Some(fee.unwrap_or(Amount::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_liar_among_two_or_three_peers_does_not_raise_the_fee() {
        let of = |units| Amount::from_units(units).expect("an amount");
        let rates = |floor, next_block| FeeRates {
            floor: of(floor),
            next_block: of(next_block),
        };
        let mut fees = Fees::default();
        assert_eq!(fees.floor(500), None);
        fees.said(ConnId(1), rates(10, 100));
        fees.said(ConnId(2), rates(1_000_000, 9_000_000));
        assert_eq!(fees.floor(500), Some(of(5)));
        assert_eq!(fees.next_block(500), Some(of(50)));
        fees.said(ConnId(3), rates(20, 200));
        assert_eq!(fees.next_block(500), Some(of(100)));
        fees.disconnected(ConnId(1));
        assert_eq!(fees.next_block(1), Some(of(1)), "rounded up");
    }
}
