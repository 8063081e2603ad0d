//! What another process says, before it is believed: it may be anything, and is shown on a screen, in
//! a log, on stderr.
//!
//! Of every line the texts are mended: they have no characters that cannot be seen, are one line,
//! and no longer than a node's are ([`mend_texts`]). What is taken for data of ours, not only passed
//! on to a program, has no number and no list that is larger than a lab can come to either
//! ([`bound`]), so sums of them are still numbers.

use crate::node::foreign::{one_line, plain};
use serde_json::{Map, Number, Value};

/// Characters of a text: no reason, title or caption of a lab is as long.
const TEXT_MAX: usize = 1_000;

/// Texts that have lines: a network's file, and that of a run or a layout.
const FILES: [&str; 2] = ["network_file", "file_text"];

/// Characters of those.
const FILE_MAX: usize = crate::lab::paper::document::FILE_BYTES_MAX;

/// Values in a line, about: four times as many as the largest lab says at once. It takes more memory to
/// read than it has bytes.
const VALUES_MAX: usize = 2_000_000;

/// Entries of a list: all events that a lab of the most nodes remembers are fewer.
const LIST_MAX: usize = 20_000;

/// The largest whole number: a time beyond the year 2200 in microseconds, more bytes than machines
/// have.
const NUMBER_MAX: u64 = 1 << 53;

/// The largest other number.
const FRACTION_MAX: f64 = 1e18;

/// The highest block: at ten a second a lab takes six years to it.
pub(super) const HEIGHT_MAX: u32 = 2_000_000_000;

/// Fields that count blocks.
const HEIGHTS: [&str; 3] = ["height", "confirmations", "target"];

/// Fields whose numbers are drawn and never counted with, and may be any.
const DRAWN: [&str; 1] = ["nonce"];

/// Whether a line can be read without taking all memory.
pub(super) fn is_readable(line: &[u8]) -> bool {
    line.iter().filter(|byte| **byte == b',').count() <= VALUES_MAX
}

/// Mends all texts of a line.
pub(super) fn mend_texts(line: &mut Map<String, Value>) {
    visit(line, &mut |key, value| {
        let Value::String(text) = value else {
            return;
        };
        let mended = match key {
            key if FILES.contains(&key) => mended(text, plain(text), FILE_MAX),
            _ => mended(text, one_line(text), TEXT_MAX),
        };
        if let Some(mended) = mended {
            *text = mended;
        }
    });
}

/// Bounds all numbers and lists of what is taken for data.
pub(super) fn bound(value: &mut Value) {
    bound_at("", value);
    visit_value(value, &mut bound_at);
}

fn mended(text: &str, clean: std::borrow::Cow<'_, str>, max: usize) -> Option<String> {
    let is_long = text.len() > max && text.chars().nth(max).is_some();
    match (is_long, clean) {
        (true, clean) => Some(clean.chars().take(max).collect()),
        (false, std::borrow::Cow::Owned(clean)) => Some(clean),
        (false, std::borrow::Cow::Borrowed(_)) => None,
    }
}

fn bound_at(key: &str, value: &mut Value) {
    match value {
        Value::Array(list) => list.truncate(LIST_MAX),
        Value::Number(number) if !DRAWN.contains(&key) => {
            let max = match HEIGHTS.contains(&key) {
                true => u64::from(HEIGHT_MAX),
                false => NUMBER_MAX,
            };
            if let Some(bounded) = bounded(number, max) {
                *number = bounded;
            }
        }
        _ => {}
    }
}

/// What takes the place of a number that is too large; `None`: it is not.
fn bounded(number: &Number, max: u64) -> Option<Number> {
    let lowest = -i64::try_from(max).unwrap_or(i64::MAX);
    match (number.as_u64(), number.as_i64()) {
        (Some(whole), _) => (whole > max).then(|| max.into()),
        (None, Some(whole)) => (whole < lowest).then(|| lowest.into()),
        (None, None) => {
            let fraction = number.as_f64()?;
            let clamped = fraction.clamp(-FRACTION_MAX, FRACTION_MAX);
            let is_same = fraction.to_bits() == clamped.to_bits();
            Number::from_f64(clamped).filter(|_| !is_same)
        }
    }
}

/// Looks at all that is in an object, with its key; entries of a list have the list's. Keys are mended
/// on the way.
fn visit(object: &mut Map<String, Value>, look: &mut impl FnMut(&str, &mut Value)) {
    if object
        .keys()
        .any(|key| mended(key, one_line(key), TEXT_MAX).is_some())
    {
        let all = std::mem::take(object).into_iter();
        object.extend(all.map(|(key, value)| {
            let clean = mended(&key, one_line(&key), TEXT_MAX);
            (clean.unwrap_or(key), value)
        }));
    }
    for (key, value) in object {
        visit_at(key, value, look);
    }
}

fn visit_value(value: &mut Value, look: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(object) => visit(object, look),
        Value::Array(_) => visit_at("", value, look),
        _ => {}
    }
}

/// As deep as a line can be read: the reader has a limit.
fn visit_at(key: &str, value: &mut Value, look: &mut impl FnMut(&str, &mut Value)) {
    look(key, value);
    match value {
        Value::Object(object) => visit(object, look),
        Value::Array(list) => list.iter_mut().for_each(|entry| visit_at(key, entry, look)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mended(line: Value) -> Value {
        let Value::Object(mut object) = line else {
            panic!("an object")
        };
        mend_texts(&mut object);
        Value::Object(object)
    }

    #[test]
    fn texts_are_one_short_line_of_what_can_be_seen() {
        let said = mended(json!({
            "error": { "message": "no\nchainlab: all is well\u{1b}[2J\u{202e}" },
            "rows": [["a\u{2066}b"], "c\u{85}d"],
            "k\u{200b}ey": 1,
            "network_file": "a = 1\nb = 2\u{9b}\n",
            "long": "ü".repeat(1_200),
        }));
        assert_eq!(
            said,
            json!({
                "error": { "message": "no chainlab: all is well\u{fffd}[2J\u{fffd}" },
                "rows": [["a\u{fffd}b"], "c\u{fffd}d"],
                "k\u{fffd}ey": 1,
                "network_file": "a = 1\nb = 2\u{fffd}\n",
                "long": "ü".repeat(1_000),
            })
        );
    }

    #[test]
    fn numbers_and_lists_are_as_large_as_a_lab_can_make_them() {
        let mut said = json!({
            "at": u64::MAX, "ahead": i64::MIN, "hashrate": 1e300, "nonce": u64::MAX,
            "tip": { "height": u32::MAX }, "counts": [u64::MAX, 7], "list": vec![0; 30_000],
        });
        bound(&mut said);
        assert_eq!(said["at"], json!(NUMBER_MAX));
        assert_eq!(said["ahead"], json!(-(1_i64 << 53)));
        assert_eq!(said["hashrate"], json!(1e18));
        assert_eq!(said["nonce"], json!(u64::MAX));
        assert_eq!(said["tip"]["height"], json!(HEIGHT_MAX));
        assert_eq!(said["counts"], json!([NUMBER_MAX, 7]));
        assert_eq!(said["list"].as_array().map(Vec::len), Some(LIST_MAX));
    }

    #[test]
    fn a_line_of_more_values_than_a_lab_has_is_not_read() {
        let list = |count: usize| format!("[{}0]", "0,".repeat(count));
        assert!(is_readable(list(VALUES_MAX).as_bytes()));
        assert!(!is_readable(list(VALUES_MAX + 1).as_bytes()));
    }
}
