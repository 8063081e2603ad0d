//! A [`Store`] on disk: one fjall database for a node, in its data directory.
//!
//! ```text
//! DIR/lock        held while the store is open: a second process is refused at once
//! DIR/creating    there while the database is being made; if a crash leaves it, the database
//!                 holds nothing and is made anew
//! DIR/chain/      the database: keyspaces headers, blocks, undo, coins, meta
//! ```
//!
//! A commit is one batch over all keyspaces in fjall's journal, which reaches the operating
//! system before [`Store::commit`] returns: the end of the process loses nothing, a power loss
//! what was committed since the last [`Store::sync`].
//!
//! fjall drops the end of a journal that it cannot read. That is right for the batch that a crash
//! cut short, but rows of one keyspace can live on in its tables when the same damage takes
//! older rows of another. Every batch therefore writes its number into every keyspace, and
//! opening compares the five: if they differ, rows are lost, and the store is refused. For the
//! same reason tables are written only of what the journal holds safely: [`DiskStore`] syncs the
//! journal, then rotates all five keyspaces at once.

use crate::chain::codec::{self, DecodeError};
use crate::chain::coins::Undo;
use crate::chain::{Block, BlockHash, Coin, OutPoint, Txid};
use crate::node::store::{Batch, BlockId, HeaderRecord, Store, StoreFault};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use rayon::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::fs::{self, File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// The layout of rows that this version writes and understands.
const SCHEMA: u32 = 1;

/// Cache of a node, in bytes: a lab runs many.
const CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes committed between two rotations: bounds what reopening has to replay.
const ROTATE_BYTES: u64 = 4 * 1024 * 1024;

/// What a row costs beyond its key and value, in bytes, for [`ROTATE_BYTES`].
const ROW_BYTES: usize = 32;

/// Fewer lookups than this are not worth a second thread.
const PARALLEL_LOOKUPS_MIN: usize = 64;

const KEYSPACES: [&str; 5] = ["headers", "blocks", "undo", "coins", "meta"];

/// Rows of our own, in every keyspace. Shorter than any other key, and not a name in `meta`.
const SEQUENCE_KEY: &[u8] = b"\0seq";

const SCHEMA_KEY: &[u8] = b"\0schema";
const TIP_KEY: &[u8] = b"\0tip";

/// The store of one node, in its directory.
pub struct DiskStore {
    dir: PathBuf,
    db: Database,
    headers: Keyspace,
    blocks: Keyspace,
    undo: Keyspace,
    coins: Keyspace,
    meta: Keyspace,
    sequence: u64,
    unrotated_bytes: u64,
    /// Held as long as the database is open; dropped last.
    _lock: File,
}

/// Why a data directory cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenDiskError {
    /// Another process, or another node of this one, has it open.
    #[error("{dir} is in use by another node", dir = .0.display())]
    InUse(PathBuf),
    /// There are files in it, and they are not ours.
    #[error("{dir} holds other files and no chain: choose an empty directory", dir = .0.display())]
    Foreign(PathBuf),
    /// Written by a version with another layout of rows.
    #[error(
        "{dir} was written by another version of chainlab (schema {found}, this is {SCHEMA})",
        dir = .dir.display()
    )]
    Schema {
        /// The data directory.
        dir: PathBuf,
        /// The schema found there.
        found: u32,
    },
    /// The system refused, or the database is damaged.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

type OnRow<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreFault> + 'a;

impl DiskStore {
    /// Opens the store in `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// [`OpenDiskError`]; nothing in the directory was changed then, except by recovery.
    pub fn open(dir: &Path) -> Result<Self, OpenDiskError> {
        let failed = |e: io::Error| StoreFault::Failed {
            place: dir.display().to_string(),
            problem: e.to_string(),
        };
        if is_foreign(dir).map_err(failed)? {
            return Err(OpenDiskError::Foreign(dir.to_owned()));
        }
        fs::create_dir_all(dir).map_err(failed)?;
        let lock = File::create(dir.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenDiskError::InUse(dir.to_owned())),
            Err(TryLockError::Error(e)) => return Err(failed(e).into()),
        }
        let (chain, creating) = (dir.join("chain"), dir.join("creating"));
        if creating.exists() && chain.exists() {
            fs::remove_dir_all(&chain).map_err(failed)?;
        }
        let new = !chain.exists();
        if new {
            File::create(&creating)
                .and_then(|marker| marker.sync_all())
                .and_then(|()| sync_dir(dir))
                .map_err(failed)?;
        }
        // fjall asserts some of what a damaged file can break.
        let opened = guarded(dir, || Self::open_database(dir, lock, new))?;
        if new {
            fs::remove_file(&creating)
                .and_then(|()| sync_dir(dir))
                .map_err(failed)?;
        }
        Ok(opened)
    }

    fn open_database(dir: &Path, lock: File, new: bool) -> Result<Self, OpenDiskError> {
        let fault = |e| fault(dir, &e);
        let db = Database::builder(dir.join("chain"))
            .worker_threads(1)
            .cache_size(CACHE_BYTES)
            .open()
            .map_err(fault)?;
        if let Some(missing) = KEYSPACES.iter().find(|name| !db.keyspace_exists(name))
            && !new
        {
            let problem = format!("the keyspace {missing:?} is missing");
            return Err(damaged(dir, problem).into());
        }
        // Rotation is ours alone: see the module's text.
        let options = || KeyspaceCreateOptions::default().max_memtable_size(u64::MAX);
        let keyspace = |name: &str| db.keyspace(name, options).map_err(fault);
        let mut store = Self {
            headers: keyspace("headers")?,
            blocks: keyspace("blocks")?,
            undo: keyspace("undo")?,
            coins: keyspace("coins")?,
            meta: keyspace("meta")?,
            dir: dir.to_owned(),
            db,
            sequence: 0,
            unrotated_bytes: 0,
            _lock: lock,
        };
        if new {
            store.write_rows(true, |batch, store| {
                batch.insert(&store.meta, SCHEMA_KEY, SCHEMA.to_be_bytes());
            })?;
        } else {
            store.read_schema()?;
            store.read_sequence()?;
        }
        Ok(store)
    }

    fn read_schema(&self) -> Result<(), OpenDiskError> {
        let schema = self.row(&self.meta, SCHEMA_KEY)?;
        let schema = schema.ok_or_else(|| self.damaged("it has no schema version".to_owned()))?;
        let found = u32::from_be_bytes(self.exact(&schema, "the schema version")?);
        if found != SCHEMA {
            let dir = self.dir.clone();
            return Err(OpenDiskError::Schema { dir, found });
        }
        Ok(())
    }

    fn read_sequence(&mut self) -> Result<(), StoreFault> {
        let mut numbers = Vec::new();
        for (name, keyspace) in KEYSPACES.iter().zip(self.keyspaces()) {
            let row = self.row(keyspace, SEQUENCE_KEY)?;
            let row = row.ok_or_else(|| self.damaged(format!("{name} lost its rows")))?;
            numbers.push(u64::from_be_bytes(self.exact(&row, "a batch number")?));
        }
        if numbers.iter().any(|number| *number != numbers[0]) {
            let problem = format!(
                "rows are lost: the last batches of {} are {numbers:?}",
                KEYSPACES.join(", ")
            );
            return Err(self.damaged(problem));
        }
        self.sequence = numbers[0];
        Ok(())
    }

    fn keyspaces(&self) -> [&Keyspace; 5] {
        [
            &self.headers,
            &self.blocks,
            &self.undo,
            &self.coins,
            &self.meta,
        ]
    }

    /// Commits what `fill` puts into the batch, with the batch's number in every keyspace.
    fn write_rows(
        &mut self,
        durable: bool,
        fill: impl FnOnce(&mut fjall::OwnedWriteBatch, &Self),
    ) -> Result<(), StoreFault> {
        let mode = if durable {
            PersistMode::SyncAll
        } else {
            PersistMode::Buffer
        };
        let number = self.sequence + 1;
        let mut rows = self.db.batch().durability(Some(mode));
        for keyspace in self.keyspaces() {
            rows.insert(keyspace, SEQUENCE_KEY, number.to_be_bytes());
        }
        fill(&mut rows, self);
        guarded(&self.dir, || rows.commit().map_err(|e| self.fault(&e)))?;
        self.sequence = number;
        Ok(())
    }

    /// Lets fjall write tables of all that the journal holds safely.
    fn rotate_if_due(&mut self, bytes: usize) -> Result<(), StoreFault> {
        self.unrotated_bytes += bytes as u64;
        if self.unrotated_bytes < ROTATE_BYTES {
            return Ok(());
        }
        self.unrotated_bytes = 0;
        self.sync()?;
        for keyspace in self.keyspaces() {
            keyspace.rotate_memtable().map_err(|e| self.fault(&e))?;
        }
        Ok(())
    }

    fn row(&self, keyspace: &Keyspace, key: &[u8]) -> Result<Option<fjall::Slice>, StoreFault> {
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

    fn exact<const N: usize>(&self, bytes: &[u8], what: &str) -> Result<[u8; N], StoreFault> {
        bytes
            .try_into()
            .map_err(|_| self.damaged(format!("{what} has {} bytes, not {N}", bytes.len())))
    }

    fn each_row(&self, keyspace: &Keyspace, visit: &mut OnRow<'_>) -> Result<(), StoreFault> {
        guarded(&self.dir, || {
            for row in keyspace.iter() {
                let (key, value) = row.into_inner().map_err(|e| self.fault(&e))?;
                if *key != *SEQUENCE_KEY {
                    visit(&key, &value)?;
                }
            }
            Ok(())
        })
    }

    fn fault(&self, error: &fjall::Error) -> StoreFault {
        fault(&self.dir, error)
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
        self.write_rows(batch.durable, |rows, store| {
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
        let synced = self.db.persist(PersistMode::SyncAll);
        synced.map_err(|e| self.fault(&e))
    }
}

impl DiskStore {
    fn block_id(&self, key: &[u8]) -> Result<BlockId, StoreFault> {
        let key: [u8; 36] = self.exact(key, "the key of a block")?;
        let (height, hash) = key.split_at(4);
        Ok(BlockId {
            height: u32::from_be_bytes(height.try_into().expect("split at 4")),
            hash: BlockHash(hash.try_into().expect("36 - 4")),
        })
    }
}

impl Drop for DiskStore {
    /// A clean end also survives a power loss.
    fn drop(&mut self) {
        // There is nobody left to tell, and what was committed is safe from all but power loss.
        let _ = self.sync();
    }
}

/// The rows of one commit, which can be thousands.
struct Rows<'a> {
    rows: &'a mut fjall::OwnedWriteBatch,
    /// What they cost, for [`ROTATE_BYTES`].
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

/// Whether there is something in a directory, and it is not a store.
fn is_foreign(dir: &Path) -> io::Result<bool> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    let ours = ["lock", "chain", "creating"];
    let has_ours = ours.iter().any(|name| dir.join(name).exists());
    Ok(entries.next().is_some() && !has_ours)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn damaged(dir: &Path, problem: String) -> StoreFault {
    StoreFault::Damaged {
        place: dir.display().to_string(),
        problem,
    }
}

fn fault(dir: &Path, error: &fjall::Error) -> StoreFault {
    let problem = match error {
        fjall::Error::Io(e) => e.to_string(),
        other => return damaged(dir, format!("{other:?}")),
    };
    StoreFault::Failed {
        place: dir.display().to_string(),
        problem,
    }
}

/// Runs a call into the database and turns a panic in it, which a damaged file can cause, into a
/// fault that names the directory.
fn guarded<T, E: From<StoreFault>>(
    dir: &Path,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "the database library gave up".to_owned());
        Err(damaged(dir, text).into())
    })
}
