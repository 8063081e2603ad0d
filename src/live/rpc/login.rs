//! What opens a node's RPC: a name and a password, from files.

use crate::live::files::Dir;
use crate::node::foreign::one_line;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// More than any cookie or password has, in bytes.
const SECRET_MAX: usize = 4_096;

/// Where a name and a password are found.
#[derive(Clone)]
pub enum Login {
    /// A file that Bitcoin Core writes each time it starts: `name:password`.
    Cookie(PathBuf),
    /// A name, and a file whose first line is the password. To bcoin any name will do.
    User {
        /// The name.
        user: String,
        /// Where the password is.
        password_file: PathBuf,
    },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cookie(_) => "Cookie",
            Self::User { .. } => "User",
        })
    }
}

/// A name and a password, as HTTP takes them. Shown nowhere.
pub(super) struct Secret(String);

impl Secret {
    /// The value of the header `Authorization` (RFC 7617).
    pub(super) fn header(&self) -> &str {
        &self.0
    }

    fn new(pair: &str) -> Self {
        Self("Basic ".to_owned() + &STANDARD.encode(pair))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Login {
    /// Reads the file.
    ///
    /// # Errors
    /// Words that name it, without what is in it.
    pub(super) async fn read(&self) -> Result<Secret, String> {
        let login = self.clone();
        // A file may be on a disk that is slow, or on another machine.
        let read = spawn_blocking(move || login.read_now());
        read.await
            .unwrap_or_else(|_| Err("the password cannot be read".to_owned()))
    }

    fn read_now(&self) -> Result<Secret, String> {
        let (Self::Cookie(path)
        | Self::User {
            password_file: path,
            ..
        }) = self;
        let named = |error: Error| {
            let path = path.display().to_string();
            format!("{}: {error}", one_line(&path))
        };
        let line = first_line(path).map_err(named)?;
        match self {
            Self::User { user, .. } if user.contains(':') => {
                Err("the name of the user has a : in it, which HTTP does not allow".to_owned())
            }
            Self::User { user, .. } => Ok(Secret::new(&format!("{user}:{line}"))),
            Self::Cookie(_) if line.contains(':') => Ok(Secret::new(&line)),
            Self::Cookie(_) => Err(named(invalid("this is no cookie: it has no : in it"))),
        }
    }
}

fn first_line(path: &Path) -> Result<String, Error> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let name = path.file_name().ok_or_else(|| invalid("this is no file"))?;
    let bytes = Dir::open(folder.unwrap_or(Path::new(".")))?.read(name, SECRET_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("not text in UTF-8"))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(invalid("its first line is empty")),
    }
}

fn invalid(words: &str) -> Error {
    Error::new(ErrorKind::InvalidData, words)
}
