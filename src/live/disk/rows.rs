//! The rows of a [`DiskStore`]: how they are keyed and encoded, and the [`Store`] over them.

use super::{DiskStore, ROW_BYTES, TIP_KEY, guarded, is_own_key};
use crate::chain::codec::{self, DecodeError};
use crate::chain::coins::Undo;
use crate::chain::{Block, BlockHash, Coin, OutPoint, Txid};
use crate::node::store::{Batch, BlockId, HeaderRecord, Store, StoreFault};
use fjall::{Keyspace, PersistMode};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Fewer lookups than this are not worth a second thread.
const PARALLEL_LOOKUPS_MIN: usize = 64;

type OnRow<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreFault> + 'a;

impl DiskStore {
    pub(super) fn row(
        &self,
        keyspace: &Keyspace,
        key: &[u8],
    ) -> Result<Option<fjall::Slice>, StoreFault> {
        guarded(&self.dir, || keyspace.get(key).map_err(|e| self.fault(&e)))
    }

    fn decoded<T: DeserializeOwned>(
        &self,
        keyspace: &Keyspace,
        key: &[u8],
        what: &str,
    ) -> Result<Option<T>, StoreFault> {
        let row = self.row(keyspace, key)?;
        row.map(|bytes| self.decode(&bytes, what)).transpose()
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8], what: &str) -> Result<T, StoreFault> {
        codec::decode(bytes, codec::MAX_LEN)
            .map_err(|e: DecodeError| self.damaged(format!("{what}: {e}")))
    }

    pub(super) fn exact<const N: usize>(
        &self,
        bytes: &[u8],
        what: &str,
    ) -> Result<[u8; N], StoreFault> {
        bytes
            .try_into()
            .map_err(|_| self.damaged(format!("{what} has {} bytes, not {N}", bytes.len())))
    }

    fn each_row(&self, keyspace: &Keyspace, visit: &mut OnRow<'_>) -> Result<(), StoreFault> {
        guarded(&self.dir, || {
            for row in keyspace.iter() {
                let (key, value) = row.into_inner().map_err(|e| self.fault(&e))?;
                if !is_own_key(&key) {
                    visit(&key, &value)?;
                }
            }
            Ok(())
        })
    }

    fn block_id(&self, key: &[u8]) -> Result<BlockId, StoreFault> {
        let key: [u8; 36] = self.exact(key, "the key of a block")?;
        let (height, hash) = key.split_at(4);
        Ok(BlockId {
            height: u32::from_be_bytes(height.try_into().expect("split at 4")),
            hash: BlockHash(hash.try_into().expect("36 - 4")),
        })
    }
}

impl Store for DiskStore {
    fn place(&self) -> String {
        self.dir.display().to_string()
    }

    fn tip(&self) -> Result<Option<BlockId>, StoreFault> {
        let row = self.row(&self.meta, TIP_KEY)?;
        row.map(|key| self.block_id(&key)).transpose()
    }

    fn each_header(&self, visit: &mut dyn FnMut(BlockId, HeaderRecord)) -> Result<(), StoreFault> {
        self.each_row(&self.headers, &mut |key, value| {
            let id = self.block_id(key)?;
            let record: HeaderRecord = self.decode(value, "a header")?;
            if record.header.hash() != id.hash {
                return Err(self.damaged(format!("header {id} has another hash")));
            }
            visit(id, record);
            Ok(())
        })
    }

    fn body(&self, id: &BlockId) -> Result<Option<Arc<Block>>, StoreFault> {
        let block: Option<Block> = self.decoded(&self.blocks, &block_key(id), "a block")?;
        let Some(block) = block else {
            return Ok(None);
        };
        let as_stored =
            block.hash() == id.hash && block.merkle_root() == block.header().merkle_root;
        if !as_stored {
            return Err(self.damaged(format!("block {id} is not what was stored")));
        }
        Ok(Some(Arc::new(block)))
    }

    fn undo(&self, id: &BlockId) -> Result<Option<Undo>, StoreFault> {
        self.decoded(&self.undo, &block_key(id), "undo data")
    }

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, StoreFault> {
        let coin = |at: &OutPoint| self.decoded(&self.coins, &coin_key(at), "a coin");
        if outpoints.len() < PARALLEL_LOOKUPS_MIN {
            outpoints.iter().map(coin).collect()
        } else {
            outpoints.par_iter().map(coin).collect()
        }
    }

    fn each_coin(&self, visit: &mut dyn FnMut(OutPoint, Coin)) -> Result<(), StoreFault> {
        self.each_row(&self.coins, &mut |key, value| {
            let key: [u8; 36] = self.exact(key, "the key of a coin")?;
            let (txid, index) = key.split_at(32);
            let outpoint = OutPoint {
                txid: Txid(txid.try_into().expect("split at 32")),
                index: u32::from_be_bytes(index.try_into().expect("36 - 32")),
            };
            visit(outpoint, self.decode(value, "a coin")?);
            Ok(())
        })
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        let row = self.row(&self.meta, key.as_bytes())?;
        Ok(row.map(|bytes| bytes.to_vec()))
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        let mut bytes = 0;
        self.write_rows(batch.durable, false, |rows, store| {
            let mut put = |keyspace: &Keyspace, key: Vec<u8>, value: Option<Vec<u8>>| {
                bytes += ROW_BYTES + key.len() + value.as_ref().map_or(0, Vec::len);
                match value {
                    Some(value) => rows.insert(keyspace, key, value),
                    None => rows.remove(keyspace, key),
                }
            };
            for (id, record) in &batch.headers {
                let value = record.as_ref().map(codec::encode);
                put(&store.headers, block_key(id), value);
            }
            for (id, block) in &batch.bodies {
                let value = block.as_deref().map(codec::encode);
                put(&store.blocks, block_key(id), value);
            }
            for (id, undo) in &batch.undo {
                let value = undo.as_ref().map(codec::encode);
                put(&store.undo, block_key(id), value);
            }
            for (at, coin) in &batch.coins {
                let value = coin.as_ref().map(codec::encode);
                put(&store.coins, coin_key(at), value);
            }
            if let Some(tip) = &batch.tip {
                put(&store.meta, TIP_KEY.to_vec(), Some(block_key(tip)));
            }
            for (key, value) in batch.meta {
                put(&store.meta, key.into_bytes(), value);
            }
        })?;
        self.rotate_if_due(bytes)
    }

    fn sync(&mut self) -> Result<(), StoreFault> {
        guarded(&self.dir, || {
            let synced = self.db.persist(PersistMode::SyncAll);
            synced.map_err(|e| self.fault(&e))
        })?;
        self.synced = self.sequence;
        Ok(())
    }
}

/// Big-endian, so that rows are ordered by height.
fn block_key(id: &BlockId) -> Vec<u8> {
    [&id.height.to_be_bytes()[..], &id.hash.0].concat()
}

fn coin_key(at: &OutPoint) -> Vec<u8> {
    [&at.txid.0[..], &at.index.to_be_bytes()].concat()
}
