//! A [`Store`] on disk: one fjall database for a node, in its data directory.
//!
//! ```text
//! DIR/lock        held while the store is open: a second process is refused at once
//! DIR/creating    there while the database is being made; if a crash leaves it, the database
//!                 holds nothing and is made anew
//! DIR/chain/      the database: keyspaces headers, blocks, undo, coins, meta
//! DIR/probe       there for a moment, after a fault: see `fault`
//! DIR/cut-1.jnl   what a crash left of a batch at the end of the journal, kept for the curious
//! ```
//!
//! A commit is one batch over all keyspaces in fjall's journal, which reaches the operating
//! system before [`Store::commit`] returns: the end of the process loses nothing, a power loss
//! what was committed since the last [`Store::sync`].
//!
//! fjall believes what it finds, and deletes the rest: see `inspect` and `journal`, which look
//! first. What they cannot see is rows of one keyspace that live on in its tables while older rows
//! of another are lost. So tables are written at no other time than [`DiskStore`] says, which seals
//! and syncs the journal and rotates all five keyspaces at once. The batch before that and the one
//! after it, an epoch's first, put their seal into every keyspace, and the first leaves a row
//! of its own there as well: tables that are ahead of the journal show, and so does a hole between
//! the two. Other batches carry theirs in `meta` alone, because fjall replays slowly by the row.

mod fault;
mod inspect;
mod journal;
mod memory;
mod place;
mod rows;

pub use place::{Access, access, copy};

use super::files::{Dir, Lock, MENDED};
use crate::node::store::{Store, StoreFault};
use fault::{damaged, failed, fault, guarded};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use journal::{Journals, Seal};
use memory::Share;
use place::{check_kinds, lock, own_place};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The layout of rows that this version writes and understands.
const SCHEMA: u32 = 1;

/// A file that others put beside the store: the password by which its node can be controlled.
pub const COOKIE_FILE: &str = "control.cookie";

const KEYSPACES: [&str; 5] = ["headers", "blocks", "undo", "coins", "meta"];

/// Rows of our own, in every keyspace. Shorter than any other key, and not a name in `meta`.
const SEQUENCE_KEY: &[u8] = b"\0seq";

/// Followed by a number: the first batch after a rotation or opening.
const EPOCH_PREFIX: &[u8] = b"\0epoch";

/// Epochs whose rows are kept: more than a journal spans.
const EPOCHS: u64 = 256;

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
    /// The number of the last batch, and of the last that survives a power loss.
    sequence: u64,
    synced: u64,
    /// The number of epochs so far, and whether the next batch begins another.
    epoch: u64,
    epoch_due: bool,
    /// Bytes of rows that are not in tables yet.
    unwritten_bytes: u64,
    share: Share,
    /// Something was committed since the store was opened.
    is_changed: bool,
    /// Held as long as the database is open; dropped last.
    _lock: Lock,
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
    /// It belongs to another user of the machine.
    #[error("{dir} is another user's directory", dir = .0.display())]
    AnotherUsers(PathBuf),
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

impl DiskStore {
    /// Opens the store in `dir`, which is made if it is not there. It is for its user alone: what
    /// others may do with an older one is taken from them.
    ///
    /// # Errors
    /// [`OpenDiskError`]; a foreign or unreadable directory is left as it is.
    pub fn open(dir: &Path) -> Result<Self, OpenDiskError> {
        let failed = |e: io::Error| failed(dir, &e);
        let place = own_place(dir)?;
        let lock = lock(&place, Dir::lock_file)?;
        check_kinds(&place)?;
        let ours = inspect::own_names(&place).map_err(failed)?;
        if place.protect(&ours).map_err(failed)? {
            tracing::warn!("{}: {MENDED}", dir.display());
        }
        // Until a moment ago others may have put a link there.
        check_kinds(&place)?;
        // What cannot be seen is not taken for what is not there.
        let is_there = |name: &str| place.find(name).map_err(failed).map(|it| it.is_some());
        let was_unfinished = is_there("creating")?;
        if was_unfinished && is_there("chain")? {
            fs::remove_dir_all(dir.join("chain")).map_err(failed)?;
        }
        let new = !is_there("chain")?;
        if new {
            let marked = match was_unfinished {
                true => Ok(()),
                false => place
                    .create_new("creating")
                    .and_then(|file| file.sync_all()),
            };
            marked.and_then(|()| place.sync()).map_err(failed)?;
        }
        let journals = if new {
            Journals::default()
        } else {
            inspect::inspect(&place)?
        };
        let opened = guarded(dir, || Self::open_database(dir, lock, new, &journals))?;
        if new {
            place
                .remove_if_there("creating")
                .and_then(|()| place.sync())
                .map_err(failed)?;
        }
        Ok(opened)
    }

    fn open_database(
        dir: &Path,
        lock: Lock,
        new: bool,
        journals: &Journals,
    ) -> Result<Self, OpenDiskError> {
        let fault = |e| fault(dir, &e);
        let db = Database::open(memory::config(&dir.join("chain"))).map_err(fault)?;
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
            synced: 0,
            epoch: 0,
            epoch_due: true,
            unwritten_bytes: 0,
            share: Share::take(),
            is_changed: false,
            _lock: lock,
        };
        if new {
            store.write_rows(true, true, |batch, store| {
                batch.insert(&store.meta, SCHEMA_KEY, SCHEMA.to_be_bytes());
            })?;
        } else {
            store.read_schema()?;
            store.read_sequence(journals)?;
            store.check_epochs()?;
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

    fn read_sequence(&mut self, journals: &Journals) -> Result<(), StoreFault> {
        let seal = |keyspace| -> Result<_, StoreFault> {
            let row = self.row(keyspace, SEQUENCE_KEY)?;
            let row = row.ok_or_else(|| self.damaged("a keyspace lost its rows".to_owned()))?;
            Ok(Seal::decode(&self.exact(&row, "a seal")?))
        };
        // What the tables hold was in a journal first, and the end of it still is.
        let in_meta = seal(&self.meta)?;
        let last = journals.last.unwrap_or(in_meta);
        for (name, keyspace) in KEYSPACES.iter().zip(self.keyspaces()) {
            let found = seal(keyspace)?;
            if found.epoch != last.epoch || found.number > last.number || in_meta != last {
                let (number, found) = (last.number, found.number);
                let problem = format!("rows are lost: {name} is at batch {found} of {number}");
                return Err(self.damaged(problem));
            }
        }
        // fjall has synced the journal a moment ago.
        (self.sequence, self.synced) = (last.number, last.number);
        self.epoch = last.epoch;
        Ok(())
    }

    fn check_epochs(&self) -> Result<(), StoreFault> {
        let kept = self.epoch.saturating_sub(EPOCHS) + 1..=self.epoch;
        for (name, keyspace) in KEYSPACES.iter().zip(self.keyspaces()) {
            let keys: Result<Vec<_>, _> =
                keyspace.prefix(EPOCH_PREFIX).map(|row| row.key()).collect();
            let keys = keys.map_err(|e| self.fault(&e))?;
            if !keys
                .iter()
                .map(|key| key.to_vec())
                .eq(kept.clone().map(epoch_key))
            {
                let problem = format!("rows of {name} are lost between its tables and the journal");
                return Err(self.damaged(problem));
            }
        }
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

    /// Commits what `fill` puts into the batch, with the batch's seal in `meta` or in every
    /// keyspace.
    fn write_rows(
        &mut self,
        durable: bool,
        everywhere: bool,
        fill: impl FnOnce(&mut fjall::OwnedWriteBatch, &Self),
    ) -> Result<(), StoreFault> {
        let mode = if durable {
            PersistMode::SyncAll
        } else {
            PersistMode::Buffer
        };
        let seal = Seal {
            number: self.sequence + 1,
            floor: self.db.seqno(),
            synced: self.synced,
            epoch: self.epoch + u64::from(self.epoch_due),
        };
        let mut rows = self.db.batch().durability(Some(mode));
        for (name, keyspace) in KEYSPACES.iter().zip(self.keyspaces()) {
            if *name == "meta" || self.epoch_due || everywhere {
                rows.insert(keyspace, SEQUENCE_KEY, seal.encode());
            }
            if self.epoch_due {
                rows.insert(keyspace, epoch_key(seal.epoch), []);
                if let Some(old) = seal.epoch.checked_sub(EPOCHS) {
                    rows.remove(keyspace, epoch_key(old));
                }
            }
        }
        fill(&mut rows, self);
        guarded(&self.dir, || rows.commit().map_err(|e| self.fault(&e)))?;
        (self.sequence, self.is_changed) = (seal.number, true);
        (self.epoch, self.epoch_due) = (seal.epoch, false);
        if durable {
            self.synced = self.sequence;
        }
        Ok(())
    }

    /// Lets fjall write tables of all that the journal holds safely.
    fn rotate_if_due(&mut self, bytes: usize) -> Result<(), StoreFault> {
        self.unwritten_bytes += bytes as u64;
        if self.unwritten_bytes < self.share.unwritten_bytes() {
            return Ok(());
        }
        self.unwritten_bytes = 0;
        self.write_rows(true, true, |_, _| ())?;
        for keyspace in self.keyspaces() {
            guarded(&self.dir, || {
                keyspace.rotate_memtable().map_err(|e| self.fault(&e))
            })?;
        }
        self.epoch_due = true;
        Ok(())
    }
}

impl Drop for DiskStore {
    /// A clean end also survives a power loss, and says so, which tells later damage from one.
    fn drop(&mut self) {
        // There is nobody left to tell, and what was committed is safe from all but power loss.
        if self.is_changed && self.sync().is_ok() {
            let _ = self.write_rows(false, false, |_, _| ());
        }
    }
}

/// Whether a key, which is none of `meta`'s, is that of a row of our own.
fn is_own_key(key: &[u8]) -> bool {
    key == SEQUENCE_KEY || key.starts_with(EPOCH_PREFIX) && key.len() == EPOCH_PREFIX.len() + 8
}

fn epoch_key(number: u64) -> Vec<u8> {
    [EPOCH_PREFIX, &number.to_be_bytes()[..]].concat()
}
