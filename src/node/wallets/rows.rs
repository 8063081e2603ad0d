//! What a wallet keeps in the store.
//!
//! | row | what it holds |
//! |---|---|
//! | `wallet/key/<name>` | the private key, 32 bytes |
//! | `wallet/made/<name>` | its number in the order in which wallets were made; one that has none was made before those that have |
//! | `wallet/tip` | the [`BlockId`](crate::node::BlockId) that the entries reflect |
//! | `wallet/tx/<height><index>` | a [`WalletEntry`]: a transaction in a block; both numbers are 8 hexadecimal digits |
//! | `wallet/sent/<txid>` | a [`SentRow`]: a payment that is in no block |

use super::super::store::{Store, StoreFault};
use super::super::time::Time;
use crate::chain::block::BlockTime;
use crate::chain::codec;
use crate::chain::key::SecretKey;
use crate::chain::tx::TxOut;
use crate::chain::{BlockHash, Coin, OutPoint, Tx, Txid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Small things to write by name, all or none; `None` takes one away.
pub type Rows = BTreeMap<String, Option<Vec<u8>>>;

/// Where the tip is kept that the entries reflect.
pub(super) const TIP_KEY: &str = "wallet/tip";

const KEYS: &str = "wallet/key/";
const MADE: &str = "wallet/made/";
const ENTRIES: &str = "wallet/tx/";
const SENT: &str = "wallet/sent/";

/// Height of a block, and a transaction's index in it.
pub type Place = (u32, u32);

/// A transaction in a block that touches wallets of this node, with all that it takes to undo it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WalletEntry {
    pub txid: Txid,
    pub block: BlockHash,
    pub time: BlockTime,
    /// When it was sent, or else the block's time: what it falls back to if the block goes.
    pub since: Time,
    pub kind: EntryKind,
    /// Coins of this node's wallets that it spent.
    pub spent: Vec<(OutPoint, Coin)>,
    /// Outputs that are coins of this node's wallets, by index.
    pub made: Vec<(u32, TxOut)>,
}

/// What a transaction in a block is to this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EntryKind {
    /// A block's coinbase.
    Reward,
    /// A payment from elsewhere.
    Received,
    /// It spends coins of this node. The whole transaction is kept: should its block leave the
    /// chain, it must be announced again, whether or not anybody still has the block.
    Paid(Arc<Tx>),
}

/// A payment that is in no block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SentRow {
    pub at: Time,
    /// What the inputs spend, in their order: the coins may be gone when they are asked for.
    pub spent: Vec<TxOut>,
    pub tx: Arc<Tx>,
}

pub(super) fn key_row(name: &str) -> String {
    format!("{KEYS}{name}")
}

pub(super) fn made_row(name: &str) -> String {
    format!("{MADE}{name}")
}

pub(super) fn entry_row(place: Place) -> String {
    place_row(ENTRIES, place)
}

/// The name of a row of this place: those of one prefix are in the order of the chain.
pub fn place_row(prefix: &str, (height, index): Place) -> String {
    format!("{prefix}{height:08x}{index:08x}")
}

/// The place that such a name ends with.
pub fn place_of(name: &str) -> Option<Place> {
    let (height, index) = name.split_at_checked(8)?;
    let number = |digits| u32::from_str_radix(digits, 16).ok();
    Some((number(height)?, number(index)?))
}

pub(super) fn sent_row(txid: &Txid) -> String {
    format!("{SENT}{txid}")
}

/// All rows, as far as each makes sense by itself.
#[derive(Default)]
pub(super) struct Stored {
    pub keys: BTreeMap<String, SecretKey>,
    /// When each was made, as a number; those of old stores have none.
    pub made: BTreeMap<String, u32>,
    pub entries: BTreeMap<Place, WalletEntry>,
    pub sent: BTreeMap<Txid, SentRow>,
}

impl Stored {
    /// Reads them.
    pub fn load(store: &impl Store) -> Result<Self, StoreFault> {
        let keys = read(store, KEYS, |name, bytes| {
            let bytes = bytes.try_into().ok()?;
            Some((name.to_owned(), SecretKey::from_bytes(bytes).ok()?))
        })?;
        let made = read(store, MADE, |name, bytes| {
            Some((name.to_owned(), decoded(bytes)?))
        })?;
        let entries = read(store, ENTRIES, |place, bytes| {
            Some((place_of(place)?, decoded(bytes)?))
        })?;
        let sent = read(store, SENT, |txid, bytes| {
            let row: SentRow = decoded(bytes)?;
            let txid: Txid = txid.parse().ok()?;
            let fits = row.tx.txid() == txid && row.spent.len() == row.tx.inputs.len();
            fits.then_some((txid, row))
        })?;
        Ok(Self {
            keys,
            made,
            entries,
            sent,
        })
    }
}

/// The rows under `prefix`, each read by `parse` from the rest of its name and its bytes.
///
/// # Errors
/// [`StoreFault`], also for a row that `parse` makes nothing of.
pub fn read<K: Ord, V>(
    store: &impl Store,
    prefix: &str,
    parse: impl Fn(&str, &[u8]) -> Option<(K, V)>,
) -> Result<BTreeMap<K, V>, StoreFault> {
    let (mut rows, mut bad) = (BTreeMap::new(), None);
    store.each_meta(
        prefix,
        &mut |name, bytes| match parse(&name[prefix.len()..], bytes) {
            Some((key, value)) => {
                rows.insert(key, value);
            }
            None => {
                bad.get_or_insert_with(|| name.to_owned());
            }
        },
    )?;
    match bad {
        Some(name) => Err(store.damaged(format!("the row {name} of a wallet makes no sense"))),
        None => Ok(rows),
    }
}

pub(super) fn decoded<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    codec::decode(bytes, codec::MAX_LEN).ok()
}
