//! Payments of which no fee was said.

use super::super::io::Payment;
use super::error::WalletError;
use super::spend::{Draft, Packages};
use super::state::Wallets;
use crate::chain::Amount;

/// How often a fee is raised to what mempools want for the bytes that it takes to pay it.
const FEE_ROUNDS: usize = 8;

impl Wallets {
    /// A payment with its fee. Without one it is the `usual` one, or, if mempools want more for so many
    /// bytes, the `least` that they take.
    ///
    /// # Errors
    /// As [`Wallets::draft`], and those of `least`.
    pub fn draft_with_fee(
        &self,
        payment: &Payment,
        packages: &impl Packages,
        usual: Amount,
        least: impl Fn(usize) -> Result<Amount, WalletError>,
    ) -> Result<Draft, WalletError> {
        let is_given = payment.fee.is_some();
        let mut fee = payment.fee.unwrap_or(usual);
        let mut rounds = 0;
        loop {
            let payment = Payment {
                fee: Some(fee),
                ..payment.clone()
            };
            let draft = self.draft(&payment, packages)?;
            if is_given {
                return Ok(draft);
            }
            let least = least(draft.plan.bytes)?;
            rounds += 1;
            if fee >= least || rounds == FEE_ROUNDS {
                return Ok(draft);
            }
            // More to pay may take more coins, and these more bytes.
            fee = least;
        }
    }
}
