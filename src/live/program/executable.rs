//! Whether a file is a program, and which one this is.

use crate::live::files::Dir;
use rustix::fs::{Access, access};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What executables begin with: ELF, a script that names what runs it, and Mach-O for one kind of
/// processor or several. What begins otherwise the C library would hand to a shell.
const BEGINNINGS: [&[u8]; 4] = [b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];

/// Why a file is not started.
#[derive(Debug, Error)]
pub(super) enum NoProgram {
    #[error("there is no such file")]
    Missing,
    #[error("it is no file")]
    NoFile,
    #[error("it may not be executed")]
    NotExecutable,
    #[error("it begins neither as a program nor with #! and what runs it")]
    OtherKind,
    #[error("{0}")]
    System(io::Error),
}

/// Looks whether a file can be started.
pub(super) fn check(path: &Path) -> Result<(), NoProgram> {
    let found = path.metadata().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NoProgram::Missing,
        _ => NoProgram::System(error),
    })?;
    if !found.is_file() {
        return Err(NoProgram::NoFile);
    }
    if access(path, Access::EXEC_OK).is_err() {
        return Err(NoProgram::NotExecutable);
    }
    match begins_as_one(path) {
        Ok(false) => Err(NoProgram::OtherKind),
        // One that may be executed and not read is taken at its word.
        Ok(true) | Err(_) => Ok(()),
    }
}

fn begins_as_one(path: &Path) -> io::Result<bool> {
    // It may be there by a link: a person has put it on PATH.
    let path = path.canonicalize()?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(false);
    };
    let mut head = Vec::new();
    Dir::open(folder)?
        .file(name)?
        .take(4)
        .read_to_end(&mut head)?;
    Ok(BEGINNINGS.iter().any(|begin| head.starts_with(begin)))
}

/// This executable. On Linux that is the one that runs, also if another was put in its place.
///
/// # Errors
/// The system's.
pub(super) fn own() -> io::Result<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Ok(PathBuf::from("/proc/self/exe")),
        false => std::env::current_exe(),
    }
}
