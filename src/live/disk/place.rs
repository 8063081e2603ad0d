//! The directory of a store before it is opened: whose it is, what is in it, who has it open, and
//! whether it can be written.

use super::error::OpenDiskError;
use super::fault::{failed, in_file};
use super::inspect;
use crate::live::files::{Dir, Lock};
use crate::node::store::StoreFault;
use std::fs::TryLockError;
use std::io::{self, ErrorKind};
use std::path::Path;

/// What is copied of a store: all but what belongs to the node that was there.
const COPIED: [&str; 3] = ["lock", "creating", "chain"];

/// What can be done with the directory of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Why nothing can be written there, in words.
    pub unwritable: Option<String>,
    /// Other users may do something with it.
    pub is_open_to_others: bool,
}

/// What can be done with the directory of a store. Nothing is changed.
///
/// # Errors
/// [`OpenDiskError`].
pub fn access(dir: &Path) -> Result<Access, OpenDiskError> {
    let failed = |e: io::Error| failed(dir, &e);
    let place = Dir::open(dir).map_err(failed)?;
    refuse_foreign(&place)?;
    let unwritable = match place.is_ours().map_err(failed)? {
        true => {
            let ours = inspect::own_names(&place).map_err(failed)?;
            let why = place.why_not_writable(&ours).map_err(failed)?;
            why.map(|why| why.to_string())
        }
        false => Some("it is another user's".to_owned()),
    };
    Ok(Access {
        unwritable,
        is_open_to_others: place.is_open_to_others().map_err(failed)?,
    })
}

/// Copies a store that no node has open to a directory that is not there: for a look at one that
/// cannot be written. It may be another user's, who may have made it as large as can be, so it takes
/// half of the room that there is at most.
///
/// # Errors
/// [`OpenDiskError`].
pub fn copy(dir: &Path, to: &Path) -> Result<(), OpenDiskError> {
    let failed = |e: io::Error| failed(dir, &e);
    let place = Dir::open(dir).map_err(failed)?;
    refuse_foreign(&place)?;
    let _lock = lock(&place, false)?;
    check_kinds(&place)?;
    let room = Dir::make(to).and_then(|to| to.room()).map_err(failed)?;
    Ok(place.copy(&COPIED, to, room / 2).map_err(failed)?)
}

/// A directory for a store, which is made if it is not there. Nothing else is changed.
pub(super) fn own_place(dir: &Path) -> Result<Dir, OpenDiskError> {
    let failed = |e: io::Error| failed(dir, &e);
    let place = match Dir::open(dir) {
        // Another user may make it first, so it is looked at like one that was there.
        Err(e) if e.kind() == ErrorKind::NotFound => Dir::make(dir).map_err(failed)?,
        opened => opened.map_err(failed)?,
    };
    if !place.is_ours().map_err(failed)? {
        return Err(OpenDiskError::AnotherUsers(dir.to_owned()));
    }
    refuse_foreign(&place)?;
    Ok(place)
}

fn refuse_foreign(place: &Dir) -> Result<(), OpenDiskError> {
    let dir = place.path();
    match inspect::is_foreign(place).map_err(|e| failed(dir, &e))? {
        true => Err(OpenDiskError::Foreign(dir.to_owned())),
        false => Ok(()),
    }
}

/// That there is nothing which must not be opened.
pub(super) fn check_kinds(place: &Dir) -> Result<(), StoreFault> {
    let checked = place.check(&inspect::OURS);
    checked.map_err(|e| in_file(place.path(), "", &e))
}

/// Takes the lock of a data directory, whose file is made if it is not there and may be.
pub(super) fn lock(place: &Dir, is_made: bool) -> Result<Lock, OpenDiskError> {
    let dir = place.path();
    let file = match is_made {
        true => place.lock_file("lock"),
        false => place.file("lock"),
    };
    let file = file.map_err(|e| in_file(dir, "lock", &e))?;
    Lock::take(file).map_err(|error| match error {
        TryLockError::WouldBlock => OpenDiskError::InUse(dir.to_owned()),
        TryLockError::Error(e) => failed(dir, &e).into(),
    })
}
