//! The rules of the chain. Pure: no clock, no socket, no file, no thread of its own.
//!
//! Names are Bitcoin's wherever Bitcoin has a name for the thing. The layers of validation, from
//! what can be said of a thing by itself to what needs the whole chain behind it:
//!
//! 1. *by itself*: [`rules::check_tx`], [`rules::check_block`], [`block::Header::meets_target`];
//! 2. *in its context*: [`cursor::Cursor::check_next`] holds all that a header's ancestors decide
//!    (height, target, earliest time), [`rules::check_block_context`] the same for a body;
//! 3. *when connected*: [`rules::connect_block`] spends coins from a [`coins::CoinView`] and
//!    returns the undo data that takes the block off again.
//!
//! For a reader who has headers alone there are [`merkle::MerkleProof`] and [`filter`].

pub mod address;
pub mod amount;
pub mod asert;
pub mod block;
pub mod codec;
pub mod coins;
pub mod cursor;
pub mod filter;
pub mod hash;
pub mod headers;
pub mod key;
pub mod merkle;
pub mod params;
pub mod pow;
pub mod rules;
pub mod scan;
pub(crate) mod shared;
pub mod sigcache;
pub mod tx;

pub use address::Address;
pub use amount::Amount;
pub use block::{Block, BlockTime, Header};
pub use coins::{Coin, OutPoint};
pub use cursor::Cursor;
pub use filter::BlockFilter;
pub use hash::{BlockHash, FilterHash, FilterHeader, KeyHash, MerkleRoot, Txid};
pub use params::Params;
pub use pow::{CompactTarget, Target, Work};
pub use rules::RuleError;
pub use sigcache::SigCache;
pub use tx::Tx;
