//! What an error of the database library means: the system failed, or what is stored is damaged.
//!
//! - What the system refuses is told in the system's words, from wherever in the library it comes.
//! - What the system says about a file that should be there, or that should be longer, is damage.
//! - After a failed write, also one of a thread of the library's own that tells no caller, the library
//!   says [`Poisoned`](fjall::Error::Poisoned) to everything. Why, has to be found out: see
//!   [`refusal`] and [`DiskStore`](super::DiskStore).
//! - The library asserts some of what a damaged file can break, and of what a failed call leaves, so
//!   a panic in it is either. What the system refuses at that moment decides.

use super::memory::UNWRITTEN_BYTES_MAX;
use crate::live::files::Dir;
use crate::node::store::StoreFault;
use fjall::LsmError;
use std::any::Any;
use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// There for a moment, while it is tried what the system refuses.
pub(super) const PROBE_FILE: &str = "probe";

/// Bytes that are written at a time to see whether that can be done.
const PROBE_BYTES: usize = 64 * 1024;

/// What the system refuses at the moment of what a database needs: to open files and to fill them.
pub(super) fn refusal(dir: &Path) -> Option<io::Error> {
    let chunks = usize::try_from(UNWRITTEN_BYTES_MAX).map_or(1, |bytes| bytes / PROBE_BYTES);
    let probe = || {
        let dir = Dir::open(dir)?;
        let written = dir.write(PROBE_FILE, b"").and_then(|mut file| {
            let chunk = vec![b'-'; PROBE_BYTES];
            (0..chunks).try_for_each(|_| file.write_all(&chunk))?;
            file.sync_all()
        });
        // If it cannot be removed, it was not made.
        let _ = dir.remove_if_there(PROBE_FILE);
        written
    };
    probe().err()
}

/// The system's complaint about the directory.
pub(super) fn failed(dir: &Path, error: &io::Error) -> StoreFault {
    StoreFault::Failed {
        place: dir.display().to_string(),
        problem: error.to_string(),
    }
}

pub(super) fn damaged(dir: &Path, problem: String) -> StoreFault {
    StoreFault::Damaged {
        place: dir.display().to_string(),
        problem,
    }
}

/// What an error means that the system, or the library, found in a file of the database.
pub(super) fn in_file(dir: &Path, file: &str, error: &io::Error) -> StoreFault {
    let problem = match file {
        "" => error.to_string(),
        file => format!("{file}: {error}"),
    };
    match is_about_data(error) {
        true => damaged(dir, problem),
        false => StoreFault::Failed {
            place: dir.display().to_string(),
            problem,
        },
    }
}

/// Whether an error shows that a file is missing, too short, or says where nothing can be.
fn is_about_data(error: &io::Error) -> bool {
    use ErrorKind::{
        InvalidData, InvalidInput, IsADirectory, NotADirectory, NotFound, UnexpectedEof,
    };
    matches!(
        error.kind(),
        NotFound | NotADirectory | IsADirectory | UnexpectedEof | InvalidData | InvalidInput
    )
}

pub(super) fn fault(dir: &Path, error: &fjall::Error) -> StoreFault {
    use fjall::Error;
    match error {
        Error::Io(e) | Error::Storage(LsmError::Io(e)) => in_file(dir, "", e),
        Error::Poisoned | Error::Locked => match refusal(dir) {
            Some(refused) => failed(dir, &refused),
            None => StoreFault::Failed {
                place: dir.display().to_string(),
                problem: format!("the database cannot be opened: {error:?}"),
            },
        },
        Error::Storage(inner) => damaged(dir, format!("{inner:?}")),
        other => damaged(dir, format!("{other:?}")),
    }
}

/// Runs a call into the database and turns a panic in it into a fault that names the directory.
pub(super) fn guarded<T, E: From<StoreFault>>(
    dir: &Path,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let fault = match refusal(dir) {
            Some(refused) => failed(dir, &refused),
            None => damaged(dir, panic_words(&*panic)),
        };
        Err(fault.into())
    })
}

fn panic_words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the database library gave up".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: fjall::Error) -> String {
        let dir = tempfile::tempdir().expect("a directory");
        let words = fault(dir.path(), &error).to_string();
        words.replace(&dir.path().display().to_string(), "DIR")
    }

    /// The error that the system numbers so, at both places where the library may meet it.
    fn everywhere(number: i32) -> [String; 2] {
        let error = || io::Error::from_raw_os_error(number);
        [
            told(fjall::Error::Io(error())),
            told(fjall::Error::Storage(LsmError::Io(error()))),
        ]
    }

    #[test]
    fn what_the_system_refuses_is_told_in_its_words_wherever_it_was_met() {
        for (number, words) in [
            (28, "No space left on device"),
            (122, "Disk quota exceeded"),
            (24, "Too many open files"),
            (23, "Too many open files in system"),
            (30, "Read-only file system"),
            (13, "Permission denied"),
            (27, "File too large"),
            (12, "Cannot allocate memory"),
            (5, "Input/output error"),
        ] {
            let wanted = format!("DIR: {words} (os error {number})");
            assert_eq!(everywhere(number), [wanted.clone(), wanted]);
        }
    }

    #[test]
    fn a_file_that_is_missing_or_too_short_is_damage() {
        for told in everywhere(2) {
            assert!(
                told.starts_with("the database in DIR is damaged: "),
                "{told}"
            );
        }
        let short = io::Error::from(ErrorKind::UnexpectedEof);
        let told = told(fjall::Error::Storage(LsmError::Io(short)));
        assert!(
            told.starts_with("the database in DIR is damaged: "),
            "{told}"
        );
    }

    #[test]
    fn a_table_that_makes_no_sense_is_damage() {
        for error in [
            fjall::Error::Storage(LsmError::InvalidTrailer),
            fjall::Error::InvalidTrailer,
            fjall::Error::Unrecoverable,
        ] {
            let told = told(error);
            assert!(
                told.starts_with("the database in DIR is damaged: "),
                "{told}"
            );
        }
    }

    #[test]
    fn a_panic_is_told_by_what_the_system_refuses_at_that_moment() {
        let dir = tempfile::tempdir().expect("a directory");
        let told = |dir: &Path| {
            let call = || -> Result<(), StoreFault> { panic!("lock is poisoned") };
            guarded(dir, call).expect_err("it panics").to_string()
        };
        let here = told(dir.path());
        assert!(here.ends_with("is damaged: lock is poisoned"), "{here}");
        // Where nothing can be written.
        let full = told(Path::new("/proc/self"));
        assert!(!full.contains("damaged"), "{full}");
    }
}
