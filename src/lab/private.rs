//! Directories for one user alone, which go with the process that made them.
//!
//! If the process dies instead, the next one that makes such a directory takes the old one away: it
//! removes every directory of the kind whose lock it can take. So a lock alone does not make a
//! directory ours: between the making of the directory and the lock somebody may have come along
//! and removed it. Whoever has the lock looks whether the file that it holds is still the one in
//! the directory, and else begins again.

use super::run::LabError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The file in a directory that says that somebody has it.
pub(super) const LOCK: &str = "lock";

/// How often to begin again. Each time another process would have to start within the same
/// microseconds.
const TRIES: usize = 10;

/// Where this user's directories are, below one that everybody may write to.
///
/// # Errors
/// [`LabError::NotOurs`]: somebody else was first; or it cannot be made.
pub(super) fn parent_in(tmp: &Path) -> Result<PathBuf, LabError> {
    let uid = rustix::process::getuid().as_raw();
    let parent = tmp.join(format!("chainlab-{uid}"));
    make_private(&parent).map_err(LabError::file(&parent))?;
    check_ours(&parent)?;
    Ok(parent)
}

/// That a directory is this user's alone to write to.
///
/// # Errors
/// [`LabError::NotOurs`], or nobody can tell.
pub(super) fn check_ours(dir: &Path) -> Result<(), LabError> {
    let uid = rustix::process::getuid().as_raw();
    let found = fs::symlink_metadata(dir).map_err(LabError::file(dir))?;
    if !found.is_dir() || found.uid() != uid || found.mode() & 0o022 != 0 {
        return Err(LabError::NotOurs(dir.to_owned()));
    }
    Ok(())
}

/// Makes a directory whose name begins with `prefix`, and takes its lock. What dead processes left
/// there under such names is removed.
///
/// # Errors
/// It cannot be made.
pub(super) fn claim(parent: &Path, prefix: &str) -> Result<(PathBuf, File), LabError> {
    living(parent, prefix);
    for _ in 0..TRIES {
        let random = getrandom::u32()
            .map_err(|error| LabError::Randomness(io::Error::other(error.to_string())))?;
        let path = parent.join(format!("{prefix}{}-{random:08x}", std::process::id()));
        make_private(&path).map_err(LabError::file(&path))?;
        if let Ok(lock) = lock(&path) {
            return Ok((path, lock));
        }
    }
    let busy = io::Error::from(ErrorKind::ResourceBusy);
    Err(LabError::file(parent)(busy))
}

/// The directories of this prefix that somebody has. Those of the dead are removed; what cannot be
/// removed stays: it harms nobody.
pub(super) fn living(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut living = Vec::new();
    for entry in entries.flatten() {
        let is_such = entry.file_name().to_string_lossy().starts_with(prefix);
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !(is_such && is_dir) {
            continue;
        }
        match lock(&entry.path()) {
            Ok(_lock) => {
                if let Err(error) = fs::remove_dir_all(entry.path()) {
                    tracing::warn!("{}: {error}", entry.path().display());
                }
            }
            Err(_) => living.push(entry.path()),
        }
    }
    living.sort();
    living
}

/// Makes a directory for its user alone, if it is not there.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Takes the lock of a directory, if the directory is still there then.
pub(super) fn lock(dir: &Path) -> Result<File, TryLockError> {
    let path = dir.join(LOCK);
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(false).write(true).mode(0o600);
    let file = options.open(&path).map_err(TryLockError::Error)?;
    file.try_lock()?;
    let held = file.metadata().map_err(TryLockError::Error)?;
    let there = fs::metadata(&path).map_err(TryLockError::Error)?;
    if (held.dev(), held.ino()) != (there.dev(), there.ino()) {
        return Err(TryLockError::WouldBlock);
    }
    Ok(file)
}

/// Writes a file for its user alone, in place of what may be there. It is not on disk yet.
///
/// # Errors
/// The system's.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<File> {
    use std::io::Write as _;
    // One that a crash left may have other permissions.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    Ok(file)
}
