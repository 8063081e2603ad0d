//! Blocks in short, BIP 152: the header, six bytes for each transaction, and those that the receiver
//! will not have.

use super::super::header::{HEADER_LEN, Header};
use super::super::tx::Transaction;
use super::kind::BLOCK_TXS_MAX;
use super::payload::read_tx;
use super::reader::{PayloadError, Reader, put_compact, put_list};
use crate::chain::BlockHash;

/// A `cmpctblock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactBlock {
    /// The block's header.
    pub header: Header,
    /// What the short ids are made with.
    pub nonce: u64,
    /// Ids of transactions, the first six bytes of their SipHash.
    pub short_ids: Vec<[u8; 6]>,
    /// Those that are sent along, with their place in the block.
    pub prefilled: Vec<(u32, Transaction)>,
}

/// A `getblocktxn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockTxnRequest {
    /// The block.
    pub block: BlockHash,
    /// Places of the transactions that are asked for, in order.
    pub indexes: Vec<u32>,
}

/// A `blocktxn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockTxn {
    /// The block.
    pub block: BlockHash,
    /// What was asked for.
    pub txs: Vec<Transaction>,
}

impl CompactBlock {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        let header = Header::from_bytes(&reader.array::<HEADER_LEN>("the header")?);
        let nonce = reader.u64("the nonce")?;
        let short_ids = reader.list("short ids", BLOCK_TXS_MAX, |r| r.array("a short id"))?;
        let count = reader.count("transactions", BLOCK_TXS_MAX)?;
        let mut places = Places::default();
        let mut prefilled = Vec::new();
        for _ in 0..count {
            prefilled.push((places.read(reader)?, read_tx(reader)?));
        }
        Ok(Self {
            header,
            nonce,
            short_ids,
            prefilled,
        })
    }

    pub(super) fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.header.to_bytes());
        to.extend_from_slice(&self.nonce.to_le_bytes());
        put_list(&self.short_ids, to, |id, to| to.extend_from_slice(id));
        put_compact(self.prefilled.len() as u64, to);
        let mut places = Places::default();
        for (place, tx) in &self.prefilled {
            places.put(*place, to);
            to.extend_from_slice(tx.bytes());
        }
    }

    /// How many transactions the block has.
    pub fn tx_count(&self) -> usize {
        self.short_ids.len() + self.prefilled.len()
    }
}

impl BlockTxnRequest {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        let block = BlockHash(reader.array("a block's hash")?);
        let count = reader.count("transactions", BLOCK_TXS_MAX)?;
        let mut places = Places::default();
        let indexes = (0..count)
            .map(|_| places.read(reader))
            .collect::<Result<_, _>>()?;
        Ok(Self { block, indexes })
    }

    pub(super) fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.block.0);
        let mut places = Places::default();
        put_compact(self.indexes.len() as u64, to);
        self.indexes.iter().for_each(|place| places.put(*place, to));
    }
}

impl BlockTxn {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        Ok(Self {
            block: BlockHash(reader.array("a block's hash")?),
            txs: reader.list("transactions", BLOCK_TXS_MAX, read_tx)?,
        })
    }

    pub(super) fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.block.0);
        put_list(&self.txs, to, |tx, to| to.extend_from_slice(tx.bytes()));
    }
}

/// Places in a block, each as how many are between it and the one before.
#[derive(Default)]
struct Places {
    next: u64,
}

impl Places {
    fn read(&mut self, reader: &mut Reader) -> Result<u32, PayloadError> {
        let place = self.next.saturating_add(reader.compact("a place")?);
        let (what, max) = ("places", BLOCK_TXS_MAX);
        let is_near = usize::try_from(place).is_ok_and(|place| place < max);
        let fits = u32::try_from(place).ok().filter(|_| is_near);
        self.next = place.saturating_add(1);
        fits.ok_or(PayloadError::TooMany {
            what,
            got: place,
            max,
        })
    }

    fn put(&mut self, place: u32, to: &mut Vec<u8>) {
        put_compact(u64::from(place) - self.next, to);
        self.next = u64::from(place) + 1;
    }
}
