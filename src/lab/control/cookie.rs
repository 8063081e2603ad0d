//! The password of an endpoint: 32 random bytes, in a file that only its user can read, as bitcoind does
//! it. A program that can read the file may do everything.

use crate::live::files::Dir;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The file's name, in the data directory of what it opens.
pub use crate::live::disk::COOKIE_FILE as FILE;

/// The longest cookie that is read, in bytes.
const BYTES_MAX: usize = 1_024;

/// A cookie that is valid as long as this is there; then its file is removed.
pub(in crate::lab) struct Issued {
    path: PathBuf,
    text: String,
}

impl Issued {
    /// Makes one in `dir`.
    ///
    /// # Errors
    /// The file cannot be written, or there is no randomness.
    pub(in crate::lab) fn new(dir: &Path) -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = dir.join(FILE);
        Dir::open(dir)?.write(FILE, text.as_bytes())?;
        Ok(Self { path, text })
    }

    /// Its file.
    pub(in crate::lab) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this is the one. How long that takes tells nothing about where it differs: hashes
    /// are compared.
    pub(super) fn is(&self, text: &str) -> bool {
        Sha256::digest(text.as_bytes()) == Sha256::digest(self.text.as_bytes())
    }
}

impl Drop for Issued {
    fn drop(&mut self) {
        // Another process may have issued one since.
        if read(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Reads a cookie's file.
///
/// # Errors
/// The system's, or it is no such file.
pub fn read(path: &Path) -> io::Result<String> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(ErrorKind::IsADirectory.into());
    };
    let here = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let bytes = Dir::open(here)?.read(name, BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| ErrorKind::InvalidData)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_cookie_is_its_users_alone_opens_one_endpoint_and_goes_with_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let cookie = Issued::new(dir.path()).expect("room on disk");
        let path = cookie.path().to_owned();
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = read(&path).expect("readable");
        assert_eq!(text.len(), 64);
        assert!(cookie.is(&text) && !cookie.is(&text[1..]) && !cookie.is(""));
        let newer = Issued::new(dir.path()).expect("room on disk");
        assert!(!newer.is(&text));
        drop(cookie);
        assert!(path.exists(), "the newer one's file");
        drop(newer);
        assert!(!path.exists());
    }
}
