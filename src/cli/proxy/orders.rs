//! What people write while a proxy runs, a line for each change of its link.

use crate::lab::ask::LinkChange;
use crate::lab::ask::params::Params;
use crate::lab::ask::verbs::link_change;
use crate::lab::paper::names::missing;
use crate::link::LinkState;
use crate::live::threads;
use serde_json::Map;
use std::io::{self, BufRead, Read, stdin};
use tokio::sync::mpsc;

/// The longest line, in bytes: more than any that means something.
const LINE_MAX: u64 = 200;

/// Lines that may wait to be done.
const WAITING: usize = 64;

/// What takes a value, and what does not.
const WORDS: [&str; 8] = [
    "latency",
    "jitter",
    "bandwidth",
    "loss",
    "preset",
    "cut",
    "hole",
    "open",
];

/// A change that is asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Order {
    pub(super) ways: Ways,
    pub(super) change: LinkChange,
}

/// Of which ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    Both,
    There,
    Back,
}

/// Reads a line; `None`: there is nothing on it.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn parse(line: &str) -> Result<Option<Order>, String> {
    let (ways, rest) = match first_word(line.trim()) {
        ("", _) => return Ok(None),
        ("there", rest) => (Ways::There, rest),
        ("back", rest) => (Ways::Back, rest),
        _ => (Ways::Both, line.trim()),
    };
    let change = change_of(rest)?;
    match (ways, change.state) {
        (Ways::There | Ways::Back, Some(LinkState::Cut)) => {
            Err("cut: a connection takes both ways; a hole can have one".to_owned())
        }
        _ => Ok(Some(Order { ways, change })),
    }
}

fn change_of(text: &str) -> Result<LinkChange, String> {
    let (word, value) = first_word(text);
    let state = match word {
        "cut" => Some(LinkState::Cut),
        "hole" => Some(LinkState::BlackHole),
        "open" => Some(LinkState::Open),
        word if WORDS.contains(&word) => None,
        word => return Err(missing("word", word, WORDS.into_iter())),
    };
    match (state, value) {
        (Some(state), "") => Ok(LinkChange::to_state(state)),
        (Some(_), value) => Err(format!("{word}: {value:?} is not wanted behind it")),
        (None, "") => Err(format!("{word}: a value is missing behind it")),
        (None, value) => {
            let given = Map::from_iter([(word.to_owned(), value.into())]);
            link_change(&mut Params::new(given)).map_err(|error| error.to_string())
        }
    }
}

fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

/// The lines of the input, as they come. Its end ends nothing.
///
/// # Errors
/// The system has no thread to give.
pub(super) fn read_input() -> io::Result<mpsc::Receiver<String>> {
    let (sender, lines) = mpsc::channel(WAITING);
    threads::spawn("input", move || {
        let mut input = stdin().lock();
        while let Ok(Some(line)) = next_line(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(lines)
}

/// A line without its end; of one that is too long the beginning, so that it is refused; `None`: there
/// is no more.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let mut is_whole = line.ends_with(b"\n");
    while !is_whole {
        let mut rest = Vec::new();
        let read = input.by_ref().take(LINE_MAX).read_until(b'\n', &mut rest)?;
        is_whole = read == 0 || rest.ends_with(b"\n");
    }
    Ok(Some(String::from_utf8_lossy(&line).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_changes_one_thing_of_both_ways_or_of_one() {
        let slow = LinkChange {
            latency: Some(Duration::from_millis(200)),
            ..LinkChange::default()
        };
        let both = |change| {
            Ok(Some(Order {
                ways: Ways::Both,
                change,
            }))
        };
        assert_eq!(parse(" latency  200ms\r"), both(slow));
        assert_eq!(parse("cut"), both(LinkChange::to_state(LinkState::Cut)));
        let hole = LinkChange::to_state(LinkState::BlackHole);
        let order = Order {
            ways: Ways::Back,
            change: hole,
        };
        assert_eq!(parse("back hole"), Ok(Some(order)));
        let wide = parse("bandwidth 1 MB/s")
            .expect("a rate")
            .expect("a change");
        assert_eq!(wide.change.bandwidth, Some(Some(1_000_000)));
        let any = parse("bandwidth unlimited")
            .expect("a word")
            .expect("a change");
        assert_eq!(any.change.bandwidth, Some(None));
        let dsl = parse("preset dsl").expect("a name").expect("a change");
        assert_eq!(dsl.change.latency, Some(Duration::from_millis(20)));
        assert_eq!(parse("  "), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = [
            ("latency", "latency: a value is missing behind it"),
            ("latency fast", "latency: \"fast\" is not a duration"),
            ("latency 61s", "latency: 61s is more than 60s"),
            ("loss 2", "loss: 2 is not between 0 and 0.9"),
            ("cut now", "cut: \"now\" is not wanted behind it"),
            ("there cut", "cut: a connection takes both ways"),
            ("preset dls", "dsl"),
            ("latencies 1s", "latency"),
            ("there", "word"),
        ];
        for (line, why) in wrong {
            let error = parse(line).expect_err(line);
            assert!(error.contains(why), "{line}: {error}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_one_line_and_the_last_needs_no_end() {
        let text = format!("cut\n{}\nopen", "x".repeat(1_000));
        let mut input = text.as_bytes();
        let mut next = || next_line(&mut input).expect("bytes");
        assert_eq!(next().as_deref(), Some("cut"));
        assert_eq!(next().map(|line| line.len()), Some(200));
        assert_eq!(next().as_deref(), Some("open"));
        assert_eq!(next(), None);
    }
}
