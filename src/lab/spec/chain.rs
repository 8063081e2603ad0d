//! What a chain is to be.

use crate::chain::{Amount, BlockTime, Params};
use crate::node::config::{Config, MempoolLimits};

/// Bytes of a payment that spends one coin and makes two. A test holds this against the codec.
const PAYMENT_BYTES: usize = 213;

/// What a layout says of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainSpec {
    /// All that does not depend on the lab's seed. Of its genesis coins there are none yet, and
    /// unless the layout set them, `genesis_time` is the lab's beginning and `genesis_bits` fit
    /// its hash rates.
    pub params: Params,
    /// The layout says when the chain began; otherwise it begins with the lab.
    pub genesis_time: Option<BlockTime>,
    /// Coins of the genesis block, by the name of a wallet in the lab.
    pub genesis: Vec<(String, Amount)>,
    /// What a payment pays if nothing else is said; see [`ChainSpec::proposed_fee`].
    pub fee: Amount,
    /// The least fee for 1 000 bytes that mempools take.
    pub min_fee_per_kb: Amount,
    /// What a light node pays at most if nothing else is said; `None`: as much as its peers want.
    pub max_fee: Option<Amount>,
    /// Confirmations from which on a light node shows a payment as confirmed.
    pub confirmed_after: u32,
}

impl ChainSpec {
    /// Sets what all nodes of the chain have in common.
    pub fn configure(&self, config: &mut Config) {
        config.mempool.min_fee_per_kb = self.min_fee_per_kb;
        (config.fee, config.max_fee) = (self.fee, self.max_fee);
        config.confirmed_after = self.confirmed_after;
    }

    /// What is proposed for a payment: never less than the least fee of one that spends a coin and
    /// gets change back. If it takes more coins the node may propose more.
    pub fn proposed_fee(&self) -> Amount {
        let limits = MempoolLimits {
            min_fee_per_kb: self.min_fee_per_kb,
            ..MempoolLimits::default()
        };
        self.fee.max(limits.least_fee(PAYMENT_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::OutPoint;
    use crate::chain::hash::KeyHash;
    use crate::chain::key::{PublicKey, Signature};
    use crate::chain::tx::{TX_VERSION, Tx, TxIn, TxOut};

    #[test]
    fn a_fee_is_never_proposed_that_mempools_refuse() {
        let payment = Tx {
            version: TX_VERSION,
            inputs: vec![TxIn {
                outpoint: OutPoint::NONE,
                key: PublicKey::NONE,
                signature: Signature::NONE,
            }],
            outputs: vec![
                TxOut {
                    amount: Amount::MAX,
                    owner: KeyHash([0; 20]),
                };
                2
            ],
            lock_time: 0,
        };
        assert_eq!(payment.encoded_len(), PAYMENT_BYTES);
        let amount = |text: &str| text.parse::<Amount>().expect("an amount");
        let mut chain = ChainSpec {
            params: Params::default(),
            genesis_time: None,
            genesis: Vec::new(),
            fee: Amount::ZERO,
            min_fee_per_kb: Amount::ZERO,
            max_fee: None,
            confirmed_after: 1,
        };
        for (fee, min_fee_per_kb, proposed) in [
            ("0", "0", "0"),
            ("0.001", "0", "0.001"),
            ("0.001", "0.001", "0.001"),
            ("0", "0.001", "0.000213"),
            ("0.0002", "0.001", "0.000213"),
        ] {
            (chain.fee, chain.min_fee_per_kb) = (amount(fee), amount(min_fee_per_kb));
            assert_eq!(chain.proposed_fee(), amount(proposed));
        }
    }
}
