//! What the machine gives a process: randomness, open files, and what a directory holds.

use super::disk::{DiskStore, OpenDiskError};
use crate::chain::{Params, codec};
use crate::node::chainstate::{ATTACKER_PARAMS_KEY, LIGHT_PARAMS_KEY, PARAMS_KEY};
use crate::node::{Seeds, Store, StoreFault};
use std::io;
use std::path::Path;

/// The parameters of the network whose chain is in `data_dir`, whatever node's it is; `None`:
/// there is none yet. Nothing is written.
///
/// # Errors
/// [`OpenDiskError`], also if a node runs there.
pub fn stored_params(data_dir: &Path) -> Result<Option<Params>, OpenDiskError> {
    match data_dir.read_dir().map(|mut dir| dir.next().is_none()) {
        Ok(true) => return Ok(None),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        // Opening it says what is wrong with it.
        Ok(false) | Err(_) => {}
    }
    let store = DiskStore::open(data_dir)?;
    let mut stored = None;
    for key in [PARAMS_KEY, LIGHT_PARAMS_KEY, ATTACKER_PARAMS_KEY] {
        if stored.is_none() {
            stored = store.meta(key)?;
        }
    }
    let Some(bytes) = stored else {
        return Ok(None);
    };
    let damaged = |error: String| -> StoreFault {
        store.damaged(format!("the network's parameters: {error}"))
    };
    let params: Params =
        codec::decode(&bytes, codec::MAX_LEN).map_err(|error| damaged(error.to_string()))?;
    // The directory may have come from elsewhere.
    params
        .validate()
        .map_err(|error| damaged(error.to_string()))?;
    Ok(Some(params))
}

/// Seeds that cannot be guessed, from the system.
///
/// # Errors
/// The system has no randomness to give.
pub fn seeds() -> io::Result<Seeds> {
    let mut seeds = Seeds {
        keys: [0; 32],
        run: [0; 32],
    };
    for seed in [&mut seeds.keys, &mut seeds.run] {
        getrandom::fill(seed).map_err(|error| io::Error::other(error.to_string()))?;
    }
    Ok(seeds)
}

/// Raises the number of files and sockets that this process may have open as far as the system
/// allows, and says how far that is. A lab of 64 nodes needs some thousands.
///
/// # Errors
/// The system's.
pub fn raise_open_files() -> io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}
