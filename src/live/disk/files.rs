//! Looks at a data directory before fjall does, which deletes what it does not know.
//!
//! A keyspace without its `current` file is to fjall one that was never finished, a table that no
//! manifest names is left over, and a manifest is believed without its checksum: each of them ends
//! in files being deleted. So none is opened before all of that is there and fits.

use super::journal::{self, JournalError, Journals};
use super::{damaged, failed};
use crate::node::store::StoreFault;
use std::fs;
use std::io;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// fjall's list of keyspaces is 0; ours follow.
const KEYSPACE_IDS: std::ops::RangeInclusive<u32> = 0..=5;

/// The number of a manifest, its xxh3 of 128 bits, and a zero.
const CURRENT_LEN: usize = 8 + 16 + 1;

/// Whether there is something in a directory, and it is not a store.
pub(super) fn is_foreign(dir: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    let names: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<_>>()?;
    if dir.join("chain/keyspaces").is_dir() {
        // A file of ours may be lost, and other things may have been put there since.
        return Ok(false);
    }
    // What a crash leaves while the store is made: an empty lock first of all. The cookie may be
    // there before.
    let lock = fs::metadata(dir.join("lock"));
    let is_ours = lock.is_ok_and(|lock| lock.is_file() && lock.len() == 0)
        && names.iter().all(|name| {
            ["lock", "creating", "chain", super::COOKIE_FILE]
                .iter()
                .any(|ours| name == ours)
        })
        || names.iter().all(|name| name == super::COOKIE_FILE);
    Ok(!names.is_empty() && !is_ours)
}

/// Sees to it that fjall finds nothing that makes it delete rows which are still good.
pub(super) fn inspect(dir: &Path) -> Result<Journals, StoreFault> {
    let chain = dir.join("chain");
    if let Some(problem) = manifest_problem(&chain) {
        return Err(damaged(dir, problem));
    }
    let journals = journal::read(&chain).map_err(|error| match error {
        JournalError::Io(e) => failed(dir, &e),
        JournalError::Damaged(problem) => damaged(dir, problem),
    })?;
    if let Some(cut) = &journals.cut {
        let unused = (1..)
            .map(|number: u64| dir.join(format!("cut-{number}.jnl")))
            .find(|path| !path.exists())
            .expect("there are more numbers than files");
        cut.apply(&unused).map_err(|e| failed(dir, &e))?;
    }
    Ok(journals)
}

/// What is wrong with the manifests; reads only.
fn manifest_problem(chain: &Path) -> Option<String> {
    if !chain.join("version").is_file() {
        return Some("the file chain/version is missing".to_owned());
    }
    KEYSPACE_IDS.into_iter().find_map(|id| {
        let problem = keyspace_problem(&chain.join("keyspaces").join(id.to_string()))?;
        Some(format!("keyspace {id}: {problem}"))
    })
}

fn keyspace_problem(keyspace: &Path) -> Option<String> {
    let current = match fs::read(keyspace.join("current")) {
        Ok(current) => current,
        Err(e) => return Some(format!("current: {e}")),
    };
    if current.len() != CURRENT_LEN {
        return Some(format!("current has {} bytes", current.len()));
    }
    let (id, checksum) = current.split_at(8);
    let id = u64::from_le_bytes(id.try_into().expect("split at 8"));
    let checksum = u128::from_le_bytes(checksum[..16].try_into().expect("16 bytes"));
    match fs::read(keyspace.join(format!("v{id}"))) {
        Ok(manifest) if xxh3_128(&manifest) == checksum => None,
        Ok(_) => Some(format!("the manifest v{id} is not what was written")),
        Err(e) => Some(format!("v{id}: {e}")),
    }
}
