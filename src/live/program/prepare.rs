//! What is written before a program starts.

use crate::bitcoin::start::{Content, Plan};
use crate::live::files::Dir;
use std::fmt::Write as _;
use std::io;

/// Bytes of a password.
const PASSWORD_BYTES: usize = 24;

/// Makes the folder and writes the files, each for its user alone; what was there under their names is
/// replaced, also if it is a link.
///
/// # Errors
/// The system's, with the file's name.
pub(super) fn prepare(plan: &Plan) -> io::Result<()> {
    let folder = Dir::make(&plan.folder)?;
    // It may be an old one.
    folder.protect(&[""; 0])?;
    let password = new_password()?;
    for file in &plan.files {
        let text = match &file.content {
            Content::Text(text) => text.clone(),
            Content::Password { before, after } => format!("{before}{password}{after}"),
        };
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.name));
        folder.write(file.name, text.as_bytes()).map_err(named)?;
    }
    Ok(())
}

fn new_password() -> io::Result<String> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
