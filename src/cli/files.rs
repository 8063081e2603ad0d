//! Files that people name.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what a person names may be a link, or a pipe"
)]

use super::failure::Failure;
use crate::node::foreign::one_line;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

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
