//! Looks at a data directory before fjall does, which deletes what it does not know.
//!
//! A keyspace without its `current` file is to fjall one that was never finished, a table that no
//! manifest names is left over, and a manifest is believed without its checksum: each of them ends
//! in files being deleted. So none is opened before all of that is there and fits.

use super::fault::{PROBE_FILE, damaged, failed, in_file};
use super::journal::{self, JournalError, Journals};
use crate::live::files::{Dir, Kind};
use crate::node::store::StoreFault;
use std::io::{self, ErrorKind::NotADirectory};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// fjall's list of keyspaces is 0; ours follow.
const KEYSPACE_IDS: std::ops::RangeInclusive<u32> = 0..=5;

/// The number of a manifest, its xxh3 of 128 bits, and a zero.
const CURRENT_LEN: usize = 8 + 16 + 1;

/// The largest manifest that is read, in bytes: of a hundred thousand tables.
const MANIFEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A file that others put beside the store: the password by which its node can be controlled.
pub const COOKIE_FILE: &str = "control.cookie";

/// What a store and its node make in a data directory; beside these there are only ends of journals.
pub(super) const OURS: [&str; 5] = ["lock", "creating", "chain", PROBE_FILE, COOKIE_FILE];

/// Whether there is something in a directory, and it is not a store.
pub(super) fn is_foreign(dir: &Dir) -> io::Result<bool> {
    let names = dir.names()?;
    let is_made = match dir.find("chain/keyspaces") {
        Err(error) if error.kind() == NotADirectory => false,
        found => found?.is_some_and(|found| found.kind == Kind::Dir),
    };
    // A file of ours may be lost, and other things may have been put there since.
    if is_made {
        return Ok(false);
    }
    // What a crash leaves while the store is made: an empty lock first of all. The cookie may be
    // there before.
    let lock = dir.find("lock")?;
    let is_ours = lock.is_some_and(|lock| lock.kind == Kind::File && lock.len == 0)
        && names
            .iter()
            .all(|name| OURS.iter().any(|ours| name == ours))
        || names.iter().all(|name| name == COOKIE_FILE);
    Ok(!names.is_empty() && !is_ours)
}

/// The names of all that a store and its node make in a data directory, be it there or not, and those
/// of the ends of journals that are there.
pub(super) fn own_names(dir: &Dir) -> io::Result<Vec<String>> {
    let found = dir.names()?.into_iter();
    let found = found.filter_map(|name| name.into_string().ok());
    let is_cut = |name: &str| name.starts_with("cut-") && name.ends_with(".jnl");
    let cut = found.filter(|name| is_cut(name));
    Ok(OURS.map(str::to_owned).into_iter().chain(cut).collect())
}

/// Sees to it that fjall finds nothing that makes it delete rows which are still good.
pub(super) fn inspect(dir: &Dir) -> Result<Journals, StoreFault> {
    let path = dir.path();
    let chain = dir.dir("chain").map_err(|e| in_file(path, "chain", &e))?;
    check_manifests(path, &chain)?;
    let journals = journal::read(&chain).map_err(|error| match error {
        JournalError::Io(e) => in_file(path, "its journal", &e),
        JournalError::Damaged(problem) => damaged(path, problem),
    })?;
    if let Some(cut) = &journals.cut {
        cut.apply(&chain, dir).map_err(|e| failed(path, &e))?;
    }
    Ok(journals)
}

/// Whether the manifests are as they were written; reads only.
fn check_manifests(dir: &Path, chain: &Dir) -> Result<(), StoreFault> {
    match chain.find("version") {
        Ok(Some(found)) if found.kind == Kind::File => {}
        Err(e) => return Err(in_file(dir, "chain/version", &e)),
        Ok(_) => return Err(damaged(dir, "the file chain/version is missing".to_owned())),
    }
    KEYSPACE_IDS
        .into_iter()
        .try_for_each(|id| check_keyspace(dir, id, chain))
}

fn check_keyspace(dir: &Path, id: u32, chain: &Dir) -> Result<(), StoreFault> {
    let read = |file: &str| {
        let bytes = chain.read(format!("keyspaces/{id}/{file}"), MANIFEST_BYTES_MAX);
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
