//! Directories for one user alone, which go with the process that made them.
//!
//! If the process dies instead, the next one that makes such a directory takes the old one away: it
//! removes every directory of the kind whose lock it can take. So a lock alone does not make a
//! directory ours: between the making of the directory and the lock another process may have come
//! along and removed it. So a directory is renamed before anything in it goes, and the process that
//! has a lock looks whether the file that it holds is still the one at that path, and else begins
//! again.

use crate::lab::drive::LabError;
use crate::live::files::{Dir, Lock, MENDED};
use std::fs::{self, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file in a directory that says that a process has it.
pub(in crate::lab::drive) const LOCK: &str = "lock";

/// What stands before the name of a directory that is being removed.
const GONE: &str = "gone-";

/// How often to begin again. Each time another process would have to start within the same
/// microseconds.
const TRIES: usize = 100;

/// Where this user's directories are, below one that everybody may write to.
///
/// # Errors
/// [`LabError::NotOurs`]: another user was first; or it cannot be made.
pub(in crate::lab::drive) fn parent_in(tmp: &Path) -> Result<PathBuf, LabError> {
    let uid = rustix::process::getuid().as_raw();
    let parent = tmp.join(format!("chainlab-{uid}"));
    Dir::make(&parent).map_err(LabError::file(&parent))?;
    check_ours(&parent)?;
    Ok(parent)
}

/// That a directory is this user's alone to write to. If others could read it, that ends here.
///
/// # Errors
/// [`LabError::NotOurs`], or it cannot be found out.
pub(in crate::lab::drive) fn check_ours(dir: &Path) -> Result<(), LabError> {
    let uid = rustix::process::getuid().as_raw();
    let found = fs::symlink_metadata(dir).map_err(LabError::file(dir))?;
    if !found.is_dir() || found.uid() != uid || found.mode() & 0o022 != 0 {
        return Err(LabError::NotOurs(dir.to_owned()));
    }
    let mended = Dir::open(dir).and_then(|dir| dir.protect(&[""; 0]));
    if mended.map_err(LabError::file(dir))? {
        tracing::warn!("{}: {MENDED}", dir.display());
    }
    Ok(())
}

/// A directory that goes with this; if the process dies instead, with the next of its kind.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// No other process takes the directory for that of a dead process while this is open.
    _lock: Lock,
}

impl Scratch {
    /// Makes one, among the temporary directories of this user. Its name begins with `prefix`.
    ///
    /// # Errors
    /// [`LabError`].
    pub fn new(prefix: &str) -> Result<Self, LabError> {
        let parent = parent_in(&std::env::temp_dir())?;
        let (path, lock) = claim(&parent, prefix)?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is swept by the next one.
        let _ = remove(&self.path);
    }
}

/// Makes a directory whose name begins with `prefix`, and takes its lock. What dead processes left
/// there under such names is removed.
///
/// # Errors
/// It cannot be made.
pub(in crate::lab::drive) fn claim(
    parent: &Path,
    prefix: &str,
) -> Result<(PathBuf, Lock), LabError> {
    living(parent, prefix);
    for _ in 0..TRIES {
        let random = getrandom::u32()
            .map_err(|error| LabError::Randomness(io::Error::other(error.to_string())))?;
        let path = parent.join(format!("{prefix}{}-{random:08x}", std::process::id()));
        let dir = match Dir::make(&path) {
            // It was swept before it was open.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            made => made.map_err(LabError::file(&path))?,
        };
        if let Ok(lock) = lock(&dir) {
            return Ok((path, lock));
        }
    }
    let busy = io::Error::from(ErrorKind::ResourceBusy);
    Err(LabError::file(parent)(busy))
}

/// The directories of this prefix that a process has. Those of the dead are removed; what cannot be
/// removed stays: it does no harm.
pub(in crate::lab::drive) fn living(parent: &Path, prefix: &str) -> Vec<Dir> {
    let Ok(parent) = Dir::open(parent) else {
        return Vec::new();
    };
    let mut living = Vec::new();
    for name in parent.names().unwrap_or_default() {
        let text = name.to_string_lossy();
        if let Some(rest) = text.strip_prefix(GONE)
            && rest.starts_with(prefix)
        {
            let _ = fs::remove_dir_all(parent.path().join(&name));
        }
        if !text.starts_with(prefix) {
            continue;
        }
        // Anything else than a directory is none of ours.
        let Ok(dir) = parent.dir(&name) else {
            continue;
        };
        match lock(&dir) {
            Ok(_lock) => {
                if let Err(error) = remove(dir.path()) {
                    tracing::warn!("{}: {error}", dir.path().display());
                }
            }
            Err(_) => living.push(dir),
        }
    }
    living
}

/// Removes a directory whose lock this process has, with all that is in it.
///
/// # Errors
/// It cannot be removed.
pub(in crate::lab::drive) fn remove(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let gone = path.with_file_name(format!("{GONE}{name}"));
    fs::rename(path, &gone)?;
    match fs::remove_dir_all(&gone) {
        // A sweep was faster, or has just put a lock there: it sees that the path leads elsewhere.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
            match fs::remove_dir_all(&gone) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        }
        removed => removed,
    }
}

/// Takes the lock of a directory, if the directory is still there then.
pub(in crate::lab::drive) fn lock(dir: &Dir) -> Result<Lock, TryLockError> {
    let file = dir.lock_file(LOCK).map_err(TryLockError::Error)?;
    let lock = Lock::take(file)?;
    let held = lock.metadata().map_err(TryLockError::Error)?;
    let there = fs::symlink_metadata(dir.path().join(LOCK)).map_err(TryLockError::Error)?;
    if (held.dev(), held.ino()) != (there.dev(), there.ino()) {
        return Err(TryLockError::WouldBlock);
    }
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each thread makes a directory and leaves it again.
    const TIMES: usize = 300;

    #[test]
    fn a_directory_that_was_claimed_is_swept_by_none() {
        let parent = tempfile::tempdir().expect("a directory");
        let claims = || {
            for _ in 0..TIMES {
                let (path, _lock) = claim(parent.path(), "lab-").expect("it is made");
                let dir = Dir::open(&path).expect("it is there");
                dir.write("file", b"here").expect("it is there");
                std::thread::yield_now();
                let again = Dir::open(&path).and_then(|dir| dir.read("file", 9));
                assert_eq!(again.expect("it is there"), b"here");
                remove(&path).expect("it is removed");
            }
        };
        std::thread::scope(|scope| {
            let at_work: Vec<_> = (0..4).map(|_| scope.spawn(claims)).collect();
            while at_work.iter().any(|thread| !thread.is_finished()) {
                living(parent.path(), "lab-");
            }
        });
        assert!(living(parent.path(), "lab-").is_empty());
        let left = fs::read_dir(parent.path()).expect("it is there").count();
        assert_eq!(left, 0);
    }
}
