//! Where words go beside the output: to stderr, which may be a terminal under Ctrl-S or a pipe that is
//! not read. No thread waits for that, and the program ends all the same.

use super::failure::Failure;
use crate::live::Output;
use crate::node::foreign::plain;
use std::io::{self, Write as _, stderr, stdout};
use std::sync::OnceLock;
use std::time::Duration;

/// Bytes of lines that may wait for a reader.
const LINES_MAX: usize = 1024 * 1024;

/// How long the program waits at its end for a reader of its last words, while none are read.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// There from the first word on; `None`: the system had no thread for it.
static ERRORS: OnceLock<Option<Output>> = OnceLock::new();

fn errors() -> Option<&'static Output> {
    let opened = ERRORS.get_or_init(|| Output::to(stderr(), "stderr", LINES_MAX).ok());
    opened.as_ref()
}

/// Writes a line of the log, or drops it, as [`Output::put_line`] does.
pub(super) fn log(line: &str, note: impl FnOnce(u64) -> String) {
    match errors() {
        Some(errors) => errors.put_line(line, note),
        // The terminal may be gone.
        None => drop(stderr().write_all(line.as_bytes())),
    }
}

/// Says something beside the output, and gives it time to be read.
pub(super) fn say(words: &str) {
    log(&format!("{}\n", plain(words)), dropped);
    finish();
}

/// Draws over the line that was drawn last, in a terminal, if that is read.
pub(super) fn draw(text: &str) {
    if let Some(errors) = errors()
        && errors.is_settled()
        && errors.put(text.as_bytes()).is_ok()
    {
        errors.settle(LAST_WORDS);
    }
}

/// Prints what a program leaves that had taken signals and the terminal over, and gives it time to be
/// read.
pub(super) fn print_last(text: &str) {
    if let Ok(output) = Output::to(stdout(), "stdout", LINES_MAX) {
        // The terminal may be gone.
        let _ = output.put(plain(text).as_bytes());
        output.settle(LAST_WORDS);
    }
}

/// Waits for what was said to be read, for a moment.
pub(super) fn finish() {
    if let Some(Some(errors)) = ERRORS.get() {
        errors.note_dropped(dropped);
        errors.settle(LAST_WORDS);
    }
}

fn dropped(count: u64) -> String {
    format!("{count} lines were dropped here: they were not read\n")
}

/// Prints what was asked for. A reader that has gone is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    match stdout()
        .write_all(plain(text).as_bytes())
        .and_then(|()| stdout().flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}
