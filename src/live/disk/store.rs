//! The database of a node, and what is committed to it.

use super::error::{OpenDiskError, SCHEMA};
use super::fault::{damaged, failed, fault, guarded, refusal};
use super::inspect;
use super::journal::{Journals, SEQUENCE_KEY, Seal};
use super::memory::{self, Share};
use super::place::{check_kinds, lock, own_place};
use crate::live::files::{Lock, MENDED};
use crate::node::store::{Store, StoreFault};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const KEYSPACES: [&str; 5] = ["headers", "blocks", "undo", "coins", "meta"];

/// Followed by a number: the first batch after a rotation or opening.
const EPOCH_PREFIX: &[u8] = b"\0epoch";

/// Epochs whose rows are kept: more than a journal spans.
const EPOCHS: u64 = 256;

const SCHEMA_KEY: &[u8] = b"\0schema";
pub(super) const TIP_KEY: &[u8] = b"\0tip";

/// The store of one node, in its directory.
pub struct DiskStore {
    pub(super) dir: PathBuf,
    pub(super) db: Database,
    pub(super) headers: Keyspace,
    pub(super) blocks: Keyspace,
    pub(super) undo: Keyspace,
    pub(super) coins: Keyspace,
    pub(super) meta: Keyspace,
    /// The number of the last batch, and of the last that survives a power loss.
    pub(super) sequence: u64,
    pub(super) synced: u64,
    /// The number of epochs so far, and whether the next batch begins another.
    pub(super) epoch: u64,
    pub(super) epoch_due: bool,
    /// Bytes of rows that are not in tables yet.
    pub(super) unwritten_bytes: u64,
    pub(super) share: Share,
    /// Something was committed since the store was opened.
    pub(super) is_changed: bool,
    /// Held as long as the database is open; dropped last.
    pub(super) _lock: Lock,
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
        let lock = lock(&place, true)?;
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
    pub(super) fn write_rows(
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

    pub(super) fn fault(&self, error: &fjall::Error) -> StoreFault {
        match error {
            fjall::Error::Poisoned => self.why_poisoned(),
            error => fault(&self.dir, error),
        }
    }

    /// Why the database takes nothing any more: the system still refuses, or there are rows that
    /// cannot be read.
    fn why_poisoned(&self) -> StoreFault {
        if let Some(refused) = refusal(&self.dir) {
            return failed(&self.dir, &refused);
        }
        let mut keyspaces = self.keyspaces().into_iter();
        let unread = keyspaces.find_map(|rows| self.each_row(rows, &mut |_, _| Ok(())).err());
        unread.unwrap_or_else(|| StoreFault::Failed {
            place: self.dir.display().to_string(),
            problem: "a write failed a moment ago, so no more is written; what is stored is whole"
                .to_owned(),
        })
    }

    /// Lets fjall write tables of all that the journal holds safely.
    pub(super) fn rotate_if_due(&mut self, bytes: usize) -> Result<(), StoreFault> {
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
        // There is no caller left to tell, and what was committed is safe from all but power loss.
        if self.is_changed && self.sync().is_ok() {
            let _ = self.write_rows(false, false, |_, _| ());
        }
    }
}

/// Whether a key, which is none of `meta`'s, is that of a row of our own.
pub(super) fn is_own_key(key: &[u8]) -> bool {
    key == SEQUENCE_KEY || key.starts_with(EPOCH_PREFIX) && key.len() == EPOCH_PREFIX.len() + 8
}

fn epoch_key(number: u64) -> Vec<u8> {
    [EPOCH_PREFIX, &number.to_be_bytes()[..]].concat()
}
