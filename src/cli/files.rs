//! Files that people name.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what a person names may be a link, or a pipe"
)]

use super::failure::Failure;
use crate::live::files::Dir;
use crate::node::foreign::one_line;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

/// The text of a file that people write, of at most `max` bytes and one, by which its reader sees
/// that it is too large.
pub(super) fn read_file(path: &Path, max: usize) -> Result<String, Failure> {
    let name = path.display().to_string();
    let named = |problem: &dyn fmt::Display| format!("{}: {problem}", one_line(&name));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| Failure::input(named(&error)))?;
    file.take(max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::other(named(&error)))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // A character that the limit cut in two is no fault of the text's.
        Err(error) if error.as_bytes().len() > max => Ok(" ".repeat(max + 1)),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good]
                .split(|byte| *byte == b'\n')
                .count();
            let words = format!("{}:{line}: not text in UTF-8", one_line(&name));
            Err(Failure::input(words))
        }
    }
}

/// A file that is to be made, in a place where nothing is yet.
pub(super) struct NewFile {
    dir: Dir,
    path: PathBuf,
}

impl NewFile {
    /// That there is a place for it; `option` has asked for it. Nothing is made.
    pub(super) fn at(option: &str, path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let refused = |problem: &dyn fmt::Display| {
            Failure::input(format!("{option}: {}: {problem}", one_line(&name)))
        };
        let file = path.file_name().ok_or_else(|| refused(&"no file's name"))?;
        let parent = path.parent().filter(|parent| *parent != Path::new(""));
        let dir = Dir::open(parent.unwrap_or(Path::new("."))).map_err(|error| refused(&error))?;
        match dir.find(file) {
            Ok(None) => {}
            Ok(Some(_)) => return Err(refused(&"is there already, and is not written over")),
            Err(error) => return Err(refused(&error)),
        }
        match dir.why_not_writable(&[""; 0]) {
            Ok(None) => Ok(Self {
                dir,
                path: path.to_owned(),
            }),
            Ok(Some(error)) | Err(error) => Err(refused(&error)),
        }
    }

    /// Makes it, for its user alone.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let written = || {
            let name = self.path.file_name().unwrap_or_default();
            self.dir.create_new(name)?.write_all(text.as_bytes())
        };
        written().map_err(|error: io::Error| {
            let name = self.path.display().to_string();
            Failure::other(format!("{}: {error}", one_line(&name)))
        })
    }
}
