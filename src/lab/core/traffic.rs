//! Traffic: payments that a lab makes by itself, from any wallet to any other, so that there is
//! something in the mempools and in the blocks.
//!
//! Payments do not come by the clock: the time from one payment to the next is drawn as that of raindrops,
//! so many a second on average. Then a round amount is drawn, a wallet that can pay it, and another that
//! gets it. What no wallet can pay is left out, and counted. All draws are from one seed, so that in
//! virtual time the same payments come again.

use crate::chain::Amount;
use crate::lab::ask::TrafficChange;
use crate::lab::paper::units::show_tx_rate;
use crate::lab::spec::TrafficSpec;
use crate::lab::view::TrafficView;
use crate::node::NodeIx;
use crate::node::io::Payment;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Keeps the seed of payments from being the seed of anything else.
const DOMAIN: &[u8] = b"chainlab lab traffic";

/// A wallet that can take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance<'a> {
    /// Its name.
    pub name: &'a str,
    /// The node that has it.
    pub node: NodeIx,
    /// What its next payment can spend.
    pub spendable: Amount,
}

/// Makes payments.
#[derive(Clone, Debug)]
pub struct Generator {
    spec: TrafficSpec,
    draws: ChaCha8Rng,
    sent: u64,
    failed: u64,
}

/// What a lab with this seed draws its payments from.
pub fn seed(lab_seed: u64, openings: u64) -> [u8; 32] {
    let digest = Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(lab_seed.to_le_bytes())
        .chain_update(openings.to_le_bytes());
    digest.finalize().into()
}

impl Generator {
    /// One that has made none.
    pub fn new(spec: TrafficSpec, seed: [u8; 32]) -> Self {
        Self {
            spec,
            draws: ChaCha8Rng::from_seed(seed),
            sent: 0,
            failed: 0,
        }
    }

    /// Changes what is asked for; says how it is then.
    pub fn change(&mut self, change: TrafficChange) -> String {
        self.spec.is_on = change.on.unwrap_or(self.spec.is_on);
        self.spec.rate = change.rate.unwrap_or(self.spec.rate);
        words(Some(self.view()))
    }

    /// What there is to see.
    pub fn view(&self) -> TrafficView {
        TrafficView {
            is_on: self.spec.is_on,
            rate: self.spec.rate,
            sent: self.sent,
            failed: self.failed,
        }
    }

    /// Draws the time to the next payment.
    pub fn wait(&mut self) -> Duration {
        // Above zero: its logarithm is finite.
        let uniform = 1.0 - self.uniform();
        let seconds = -libm::log(uniform) / self.spec.rate;
        Duration::try_from_secs_f64(seconds).expect("some 37 times the mean at most")
    }

    /// Whether this wallet takes part.
    pub fn wants(&self, wallet: &str) -> bool {
        let wallets = &self.spec.wallets;
        wallets.is_empty() || wallets.iter().any(|name| name == wallet)
    }

    /// Draws a payment that one of these wallets can make, to another of them. `None`: none can,
    /// and that is counted.
    pub fn pick(&mut self, balances: &[Balance<'_>]) -> Option<(NodeIx, Payment)> {
        let payment = self.draw(balances);
        self.failed += u64::from(payment.is_none());
        payment
    }

    fn draw(&mut self, balances: &[Balance<'_>]) -> Option<(NodeIx, Payment)> {
        let steps = Steps::between(self.spec.amount);
        let amount = steps.amount(self.below(steps.count))?;
        let needs = amount.checked_add(self.spec.fee)?;
        let balances: Vec<_> = balances
            .iter()
            .filter(|balance| self.wants(balance.name))
            .collect();
        let can_pay = balances.iter().filter(|balance| balance.spendable >= needs);
        let can_pay: Vec<_> = can_pay.collect();
        let payer = *can_pay.get(self.place(can_pay.len())?)?;
        let others = balances.iter().filter(|balance| balance.name != payer.name);
        let others: Vec<_> = others.collect();
        let payee = *others.get(self.place(others.len())?)?;
        let payment = Payment {
            from: payer.name.to_owned(),
            to: payee.name.to_owned(),
            amount,
            fee: Some(self.spec.fee),
        };
        Some((payer.node, payment))
    }

    /// Counts what came of a payment.
    pub fn count(&mut self, is_sent: bool) {
        match is_sent {
            true => self.sent += 1,
            false => self.failed += 1,
        }
    }

    /// One of so many, each as likely as the others.
    fn place(&mut self, count: usize) -> Option<usize> {
        let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
        usize::try_from(self.below(count)).ok()
    }

    /// A number below this one, each as likely as the others but for one part in 2^64.
    fn below(&mut self, end: u64) -> u64 {
        let wide = (u128::from(self.draws.next_u64()) * u128::from(end)) >> 64;
        u64::try_from(wide).expect("it is below the end")
    }

    fn uniform(&mut self) -> f64 {
        // 53 bits are what a float holds exactly.
        (self.draws.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The amounts that are paid: round ones, which people can read and add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Steps {
    /// In units, a power of ten.
    step: u64,
    /// The least amount, in steps.
    first: u64,
    /// How many amounts there are.
    count: u64,
}

impl Steps {
    /// From one amount to another: the largest steps of which there are enough between them, down to
    /// single units.
    fn between((least, most): (Amount, Amount)) -> Self {
        /// With fewer different amounts they all look alike.
        const ENOUGH: u64 = 5;
        let mut step = 10_u64.pow(most.units().checked_ilog10().unwrap_or(0));
        loop {
            let first = least.units().div_ceil(step);
            let count = (most.units() / step + 1).saturating_sub(first);
            if count >= ENOUGH || step == 1 {
                return Self { step, first, count };
            }
            step /= 10;
        }
    }

    /// The nth of them.
    fn amount(self, nth: u64) -> Option<Amount> {
        Amount::from_units((self.first + nth) * self.step).ok()
    }
}

/// What is said of traffic.
pub fn words(traffic: Option<TrafficView>) -> String {
    match traffic.filter(|traffic| traffic.is_on) {
        Some(traffic) => format!("traffic is on: {}", show_tx_rate(traffic.rate)),
        None => "traffic is off".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_as_round_as_what_a_layout_asks_for_allows() {
        let coins = |text: &str| text.parse::<Amount>().expect("an amount");
        for (least, most, shown) in [
            (
                "0.01",
                "0.1",
                "0.01 0.02 0.03 0.04 0.05 0.06 0.07 0.08 0.09 0.1",
            ),
            ("1", "9", "1 2 3 4 5 6 7 8 9"),
            ("0.25", "0.75", "0.3 0.4 0.5 0.6 0.7"),
            ("0.5", "0.5", "0.5"),
            ("0.12345678", "0.12345679", "0.12345678 0.12345679"),
        ] {
            let steps = Steps::between((coins(least), coins(most)));
            let amounts = (0..steps.count).filter_map(|nth| steps.amount(nth));
            let amounts: Vec<_> = amounts.map(|amount| amount.to_string()).collect();
            assert_eq!(amounts.join(" "), shown, "{least} to {most}");
        }
        let all = Steps::between((coins("0.1"), coins("2")));
        assert_eq!((all.count, all.amount(19)), (20, Some(coins("2"))));
        let widest = Steps::between((Amount::ZERO, Amount::MAX));
        assert_eq!(widest.amount(widest.count - 1), Some(Amount::MAX));
    }
}
