//! Layouts: everything that is decided about a lab before it starts, as people write it.
//!
//! [`read()`] makes a [`Layout`] of a TOML file; [`mod@shipped`] has those that are built in. A layout
//! says who has which wallets, so the coins of its genesis block go to names; the
//! [parameters](Layout::params) of the network follow as soon as the lab's seed for keys is known.

pub mod groups;
mod params;
mod read;
pub mod regions;
pub mod resolve;
pub(in crate::lab) mod roster;
pub mod shipped;
pub mod topology;

pub(in crate::lab) use self::params::key_seed;
pub use self::read::{COLUMNS_MAX, HINT_MAX, read};
pub use self::shipped::shipped;

use crate::chain::{Amount, BlockTime, Params};
use crate::lab::script::{Pace, StepSpec};
use crate::lab::spec::{LinkSpec, NodeSpec, TrafficSpec, ViewSpec};
use crate::link::Conditions;
use crate::node::mempool::MempoolLimits;

/// Nodes of a lab: each has a database, a thread or two, and a line on the screen.
pub const NODES_MAX: usize = 128;

/// Bytes of a payment that spends one coin and makes two. A test holds this against the codec.
const PAYMENT_BYTES: usize = 213;

/// Everything that is decided about a lab before it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// What people call it: the file's name without its ending.
    pub name: String,
    /// The file, as it was called: for what is found to be wrong later.
    pub file: String,
    /// What the file says about itself: the comment that it opens with, without the `#`.
    pub about: Vec<String>,
    /// The chain.
    pub chain: ChainSpec,
    /// What every link is like, each way, unless a pair says otherwise.
    pub link: Conditions,
    /// Links that are different, one entry for each direction.
    pub pairs: Vec<LinkSpec>,
    /// The nodes, in the order of their panes. Who dials whom is worked out: see
    /// [`NodeSpec::connect`].
    pub nodes: Vec<NodeSpec>,
    /// What the screen shows first.
    pub view: ViewSpec,
    /// Payments that the lab makes by itself; `None`: it says nothing of any.
    pub traffic: Option<TrafficSpec>,
    /// What the lab does by itself, step by step.
    pub steps: Vec<StepSpec>,
    /// What brings the captions of those steps.
    pub pace: Pace,
}

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
}

impl ChainSpec {
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

impl Layout {
    /// What can be said of a lab that was not made of a layout.
    pub fn around(name: &str, params: &Params) -> Self {
        Self {
            name: name.to_owned(),
            file: name.to_owned(),
            about: Vec::new(),
            chain: ChainSpec {
                params: params.clone(),
                genesis_time: None,
                genesis: Vec::new(),
                fee: Amount::ZERO,
                min_fee_per_kb: Amount::ZERO,
            },
            link: Conditions::default(),
            pairs: Vec::new(),
            nodes: Vec::new(),
            view: ViewSpec::default(),
            traffic: None,
            steps: Vec::new(),
            pace: Pace::Script,
        }
    }

    /// The parameters of the network of a lab with this seed for wallets' keys that begins at
    /// `start`: the coins of the genesis block go to the wallets that were named.
    ///
    /// Everything that could make them unsound was refused when the layout was read.
    pub fn params(&self, key_seed: &[u8; 32], start: BlockTime) -> Params {
        params::resolve(&self.chain, key_seed, start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::hash::KeyHash;
    use crate::chain::key::{PublicKey, Signature};
    use crate::chain::tx::{TX_VERSION, Tx, TxIn, TxOut};
    use crate::chain::{OutPoint, Params};

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
        let mut chain = Layout::around("any", &Params::default()).chain;
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
