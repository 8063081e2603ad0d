//! Answers that were changed at random: read or refused, never more.

use crate::rpc_answers::{Said, read_all};
use chainlab::node::Time;
use proptest::prelude::*;
use std::fs::{read, read_dir};
use std::path::Path;
use std::sync::LazyLock;

static ANSWERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bitcoin/answers");
    let files = read_dir(folder)
        .expect("answers")
        .map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let text = |file| String::from_utf8(read(file).expect("an answer")).expect("text");
    files.into_iter().map(text).collect()
});

/// What is put in the place of something.
const PIECES: [&str; 12] = [
    "null",
    "-1",
    "1e400",
    "{}",
    "[]",
    "\"\\u001b[2J\"",
    "\"",
    "99999999999999999999",
    "[[[[",
    "é",
    "0.1",
    ",",
];

fn in_envelope(text: &str) -> Vec<u8> {
    format!(r#"{{"result":{text},"error":null,"id":"chainlab"}}"#).into_bytes()
}

#[test]
fn an_answer_that_was_not_changed_is_read_by_each_that_asks_for_it() {
    let now = Time(1_800_000_000_000_000);
    let readers = |text: &String| {
        let body = in_envelope(text);
        read_all(&Said {
            status: 200,
            body: &body,
            now,
        })
    };
    // Three take any answer for a yes.
    assert_eq!(readers(&"{".repeat(9)), 0);
    assert_eq!(readers(&"7".to_owned()), 3);
    assert!(ANSWERS.iter().filter(|text| readers(text) > 3).count() >= 20);
}

proptest! {
    #[test]
    fn a_changed_answer_is_read_or_refused(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..9_usize), 0..6),
        status in prop::sample::select(vec![200, 200, 200, 401, 404, 500, 503]),
        now in any::<u64>(),
    ) {
        let mut body = in_envelope(&ANSWERS[which.index(ANSWERS.len())]);
        for (at, piece, len) in changes {
            let at = at.index(body.len());
            let end = body.len().min(at + len);
            body.splice(at..end, PIECES[piece].bytes());
        }
        read_all(&Said { status, body: &body, now: Time(now) });
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300), status in any::<u16>()) {
        read_all(&Said { status, body: &body, now: Time(0) });
    }
}
