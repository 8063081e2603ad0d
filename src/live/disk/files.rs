//! Looks at a data directory before fjall does, which deletes what it does not know.
//!
//! A keyspace without its `current` file is to fjall one that was never finished, a table that no
//! manifest names is left over, and a manifest is believed without its checksum: each of them ends
//! in files being deleted. So none is opened before all of that is there and fits.

use super::fault::{PROBE_FILE, damaged, failed, in_file};
use super::journal::{self, JournalError, Journals};
use crate::node::store::StoreFault;
use std::fs;
use std::io::{self, ErrorKind::NotADirectory, ErrorKind::NotFound};
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
        Err(e) if e.kind() == NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    let names: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<_>>()?;
    match fs::metadata(dir.join("chain/keyspaces")) {
        // A file of ours may be lost, and other things may have been put there since.
        Ok(found) if found.is_dir() => return Ok(false),
        Err(e) if !matches!(e.kind(), NotFound | NotADirectory) => return Err(e),
        _ => {}
    }
    // What a crash leaves while the store is made: an empty lock first of all. The cookie may be
    // there before.
    let lock = fs::metadata(dir.join("lock"));
    let is_ours = lock.is_ok_and(|lock| lock.is_file() && lock.len() == 0)
        && names.iter().all(|name| {
            ["lock", "creating", "chain", PROBE_FILE, super::COOKIE_FILE]
                .iter()
                .any(|ours| name == ours)
        })
        || names.iter().all(|name| name == super::COOKIE_FILE);
    Ok(!names.is_empty() && !is_ours)
}

/// Sees to it that fjall finds nothing that makes it delete rows which are still good.
pub(super) fn inspect(dir: &Path) -> Result<Journals, StoreFault> {
    let chain = dir.join("chain");
    check_manifests(dir, &chain)?;
    let journals = journal::read(&chain).map_err(|error| match error {
        JournalError::Io(e) => in_file(dir, "its journal", &e),
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

/// Whether the manifests are as they were written; reads only.
fn check_manifests(dir: &Path, chain: &Path) -> Result<(), StoreFault> {
    match fs::metadata(chain.join("version")) {
        Ok(found) if found.is_file() => {}
        Err(e) if e.kind() != NotFound => return Err(in_file(dir, "chain/version", &e)),
        _ => return Err(damaged(dir, "the file chain/version is missing".to_owned())),
    }
    KEYSPACE_IDS.into_iter().try_for_each(|id| {
        let keyspace = chain.join("keyspaces").join(id.to_string());
        check_keyspace(dir, id, &keyspace)
    })
}

fn check_keyspace(dir: &Path, id: u32, keyspace: &Path) -> Result<(), StoreFault> {
    let read = |file: &str| {
        let bytes = fs::read(keyspace.join(file));
        bytes.map_err(|e| in_file(dir, &format!("keyspace {id}: {file}"), &e))
    };
    let damaged = |problem: String| Err(damaged(dir, format!("keyspace {id}: {problem}")));
    let current = read("current")?;
    if current.len() != CURRENT_LEN {
        return damaged(format!("current has {} bytes", current.len()));
    }
    let (manifest, checksum) = current.split_at(8);
    let manifest = u64::from_le_bytes(manifest.try_into().expect("split at 8"));
    let checksum = u128::from_le_bytes(checksum[..16].try_into().expect("16 bytes"));
    match xxh3_128(&read(&format!("v{manifest}"))?) == checksum {
        true => Ok(()),
        false => damaged(format!("the manifest v{manifest} is not what was written")),
    }
}
