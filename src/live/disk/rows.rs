//! The rows of a [`DiskStore`]: how they are keyed and encoded, and the [`Store`] over them.

use super::fault::guarded;
use super::memory::ROW_BYTES;
use super::store::{DiskStore, TIP_KEY, is_own_key};
use crate::chain::codec::{self, DecodeError};
use crate::chain::coins::Undo;
use crate::chain::{Block, BlockHash, Coin, OutPoint, Txid};
use crate::node::store::{Batch, BlockId, HeaderRecord, Store, StoreFault};
use fjall::{Keyspace, PersistMode};
use rayon::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
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

    pub(super) fn each_row(
        &self,
        keyspace: &Keyspace,
        visit: &mut OnRow<'_>,
    ) -> Result<(), StoreFault> {
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

    fn each_meta(
        &self,
        prefix: &str,
        visit: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), StoreFault> {
        guarded(&self.dir, || {
            for row in self.meta.prefix(prefix) {
                let (key, value) = row.into_inner().map_err(|e| self.fault(&e))?;
                let name = std::str::from_utf8(&key)
                    .map_err(|_| self.damaged("a name in meta is not text".to_owned()))?;
                visit(name, &value);
            }
            Ok(())
        })
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        let mut bytes = 0;
        self.write_rows(batch.durable, false, |rows, store| {
            let mut rows = Rows::new(rows);
            for (id, record) in &batch.headers {
                rows.put(&store.headers, &block_key(id), record.as_ref());
            }
            for (id, block) in &batch.bodies {
                rows.put(&store.blocks, &block_key(id), block.as_deref());
            }
            for (id, undo) in &batch.undo {
                rows.put(&store.undo, &block_key(id), undo.as_ref());
            }
            for (at, coin) in &batch.coins {
                rows.put(&store.coins, &coin_key(at), coin.as_ref());
            }
            if let Some(tip) = &batch.tip {
                rows.put_bytes(&store.meta, TIP_KEY, Some(&block_key(tip)));
            }
            for (key, value) in &batch.meta {
                rows.put_bytes(&store.meta, key.as_bytes(), value.as_deref());
            }
            bytes = rows.bytes;
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

/// The rows of one commit, which can be thousands.
struct Rows<'a> {
    rows: &'a mut fjall::OwnedWriteBatch,
    /// What they take in memory until they are in tables.
    bytes: usize,
    /// For one encoded value after the other: the database copies it.
    value: Vec<u8>,
}

impl<'a> Rows<'a> {
    fn new(rows: &'a mut fjall::OwnedWriteBatch) -> Self {
        Self {
            rows,
            bytes: 0,
            value: Vec::new(),
        }
    }

    fn put<T: Serialize>(&mut self, keyspace: &Keyspace, key: &[u8], value: Option<&T>) {
        let mut bytes = std::mem::take(&mut self.value);
        bytes.clear();
        if let Some(value) = value {
            codec::encode_into(value, &mut bytes);
        }
        self.put_bytes(keyspace, key, value.map(|_| bytes.as_slice()));
        self.value = bytes;
    }

    fn put_bytes(&mut self, keyspace: &Keyspace, key: &[u8], value: Option<&[u8]>) {
        self.bytes += ROW_BYTES + key.len() + value.map_or(0, <[u8]>::len);
        match value {
            Some(value) => self.rows.insert(keyspace, key, value),
            None => self.rows.remove(keyspace, key),
        }
    }
}

/// Big-endian, so that rows are ordered by height.
fn block_key(id: &BlockId) -> [u8; 36] {
    let mut key = [0; 36];
    key[..4].copy_from_slice(&id.height.to_be_bytes());
    key[4..].copy_from_slice(&id.hash.0);
    key
}

fn coin_key(at: &OutPoint) -> [u8; 36] {
    let mut key = [0; 36];
    key[..32].copy_from_slice(&at.txid.0);
    key[32..].copy_from_slice(&at.index.to_be_bytes());
    key
}
