//! What verbs print: columns that stand under each other, and JSON.

use super::failure::Failure;
use super::output::print;
use crate::node::Time;
use crate::node::foreign::plain;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, Write, stdout};
use std::time::Duration;

/// Which side of its column a cell keeps to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows of cells under a heading. Nothing is cut: a column is as wide as its widest cell.
pub(super) struct Table {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns with their names.
    pub(super) fn new(columns: &[(&str, Side)]) -> Self {
        Self {
            sides: columns.iter().map(|(_, side)| *side).collect(),
            rows: vec![columns.iter().map(|(name, _)| (*name).into()).collect()],
        }
    }

    /// One more row.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Whether there is nothing but the heading.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// All of it, a line a row.
    pub(super) fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..self.sides.len()).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, side), width) in row.iter().zip(&self.sides).zip(&widths) {
                let _ = match side {
                    Side::Left => write!(line, "{cell:<width$}  "),
                    Side::Right => write!(line, "{cell:>width$}  "),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Prints data as one line of JSON.
pub(super) fn print_json(data: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(data).expect("plain data");
    print(&format!("{text}\n"))
}

/// Prints a line at once; `false`: its reader has gone.
pub(super) fn put_line(line: &str) -> Result<bool, Failure> {
    let (line, mut out) = (format!("{}\n", plain(line)), stdout());
    match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::other(error)),
    }
}

/// What is printed of events that were not told.
pub(super) fn missed(count: u64, json: bool) -> String {
    match json {
        true => format!("{{\"missed\":{count}}}"),
        false => format!("({count} events were too fast to be told)"),
    }
}

/// Prints what was done, in words or as one line of JSON.
pub(super) fn print_done(answer: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(answer);
    }
    let words = answer.get("done").and_then(Value::as_str);
    print(&format!("{}\n", words.unwrap_or_default()))
}

/// A time since something began: `+MM:SS.mmm`, with as many minutes as it takes.
pub(super) fn offset(after: Duration) -> String {
    let (seconds, ms) = (after.as_secs(), after.subsec_millis());
    format!("+{:02}:{:02}.{ms:03}", seconds / 60, seconds % 60)
}

/// A moment, to the second.
pub(super) fn show_time(at: Time) -> String {
    let seconds = i64::try_from(at.0 / 1_000_000).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.to_string(),
        Err(_) => "never".to_owned(),
    }
}

#[cfg(test)]
mod tests;
