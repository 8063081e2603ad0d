//! A client of a lab's endpoint that has no cookie, or no manners: refused in words, and no other
//! notices. Real sockets, while the lab's miner goes on.

use crate::common::control::*;
use crate::common::live::soon;
use chainlab::lab::control::limits::{
    CLIENTS_MAX, GREETING_MAX, LINE_MAX, UNGREETED_MAX, WRONG_PAUSE,
};
use chainlab::lab::control::rpc::{
    BAD_LINE, BAD_PARAMS, NO_REQUEST, NOT_JSON, TOO_MANY, UNGREETED,
};
use chainlab::lab::drive::registry::Entry;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What whoever comes in says first, and what is wrong with that.
async fn first_words(entry: &Entry, line: &str) -> (i64, String) {
    let mut stranger = Raw::at(&entry.endpoint.at).await;
    let written = stranger.writes(format!("{line}\n").as_bytes()).await;
    written.expect("the door is open");
    let refused = error(&stranger.hears().await);
    stranger.is_let_go().await;
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_before_a_hello() {
    let (lab, entry) = open_lab(BUSY).await;
    for (line, code, words) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#,
            UNGREETED,
            "say hello first, with the cookie",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"hello","params":{"version":1}}"#,
            BAD_PARAMS,
            "cookie: is missing",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"hello","params":{"cookie":7,"version":1}}"#,
            BAD_PARAMS,
            "cookie: a text is wanted here, as in \"0f3a...\", not a number",
        ),
        (
            r#"{"jsonrpc":"2.0","method":"hello"}"#,
            BAD_PARAMS,
            "version: is missing",
        ),
        ("GET / HTTP/1.1", NOT_JSON, "not JSON: "),
        ("[]", NO_REQUEST, "one object a line is wanted here"),
        ("", NOT_JSON, "not JSON: "),
    ] {
        let (found, said) = first_words(&entry, line).await;
        assert_eq!(found, code, "{line}: {said}");
        assert!(said.starts_with(words), "{line}: {said}");
    }
    // Who has the cookie is told that it speaks another language.
    let mut newer = hello(&cookie(&entry.endpoint));
    newer["params"]["version"] = json!(99);
    let (code, said) = first_words(&entry, &newer.to_string()).await;
    assert_eq!(code, BAD_PARAMS);
    assert_eq!(
        said,
        "version: version 99 is asked for, and this is version 2, which speaks 1 as well"
    );
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_cookie_is_refused_late_and_each_door_has_its_own() {
    let (lab, entry) = open_lab(BUSY).await;
    let whole = cookie(&entry.endpoint);
    let central = cookie(&entry.nodes[0].endpoint);
    let miner = cookie(&entry.nodes[2].endpoint);
    let longer = format!("{whole}0");
    for (endpoint, wrong) in [
        (&entry.endpoint, "guessed"),
        (&entry.endpoint, ""),
        (&entry.endpoint, &whole[1..]),
        (&entry.endpoint, &longer),
        (&entry.endpoint, &central),
        (&entry.nodes[0].endpoint, &whole),
        (&entry.nodes[0].endpoint, &miner),
    ] {
        let since = Instant::now();
        let mut guest = Raw::at(&endpoint.at).await;
        let (code, words) = guest.refused(hello(wrong)).await;
        assert!(since.elapsed() >= WRONG_PAUSE.mul_f64(0.9));
        assert_eq!(code, UNGREETED);
        assert_eq!(words, "that is not the cookie of this door");
        guest.is_let_go().await;
    }
    let mut at_one = Raw::greeted(&entry.nodes[0].endpoint).await;
    let nodes = at_one.result("status", json!({})).await;
    assert_eq!(nodes.as_array().map(Vec::len), Some(1));
    assert_eq!(nodes[0]["node"], "central");
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_too_long_is_refused_whether_it_ends_or_not() {
    let (lab, entry) = open_lab(BUSY).await;
    for is_greeted in [false, true] {
        for (len, ends) in [
            (LINE_MAX + 1, true),
            (LINE_MAX + 1, false),
            (2 * LINE_MAX, true),
            (100 * LINE_MAX, false),
        ] {
            let mut guest = Raw::at(&entry.endpoint.at).await;
            if is_greeted {
                guest.greets(&entry.endpoint).await;
            }
            let mut line = vec![b'7'; len];
            line.extend(ends.then_some(b'\n'));
            // The endpoint is shut before the last of it.
            let _ = guest.writes(&line).await;
            let (code, words) = error(&guest.hears().await);
            assert_eq!(code, BAD_LINE, "{len}: {words}");
            assert_eq!(words, "a line has at most 65536 bytes");
            guest.is_let_go().await;
        }
    }
    // The longest that there can be is read.
    let mut guest = Raw::greeted(&entry.endpoint).await;
    let mut line = call(1, "status", json!({})).to_string();
    line.push_str(&" ".repeat(LINE_MAX - line.len()));
    line.push('\n');
    guest.writes(line.as_bytes()).await.expect("it is read");
    assert!(guest.hears().await["result"].is_array());
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_line_is_not_waited_for_for_ever() {
    let (lab, entry) = open_lab(BUSY).await;
    let since = Instant::now();
    let mut stranger = Raw::at(&entry.endpoint.at).await;
    let mut silent = Raw::at(&entry.endpoint.at).await;
    let mut guest = Raw::greeted(&entry.endpoint).await;
    let mut resting = Raw::greeted(&entry.endpoint).await;
    for half in [&mut stranger, &mut guest] {
        half.writes(b"{\"jsonrpc\":").await.expect("it is read");
    }
    for late in [&mut stranger, &mut silent] {
        let (code, words) = error(&late.hears().await);
        assert_eq!((code, &*words), (UNGREETED, "no hello came in time"));
        late.is_let_go().await;
    }
    assert!(since.elapsed() >= GREETING_MAX);
    let (code, words) = error(&guest.hears().await);
    assert_eq!(code, BAD_LINE);
    assert_eq!(words, "a line began and did not end in time");
    guest.is_let_go().await;
    // One who says nothing at all may stay.
    assert!(resting.result("status", json!({})).await.is_array());
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_at_a_time_is_slow_but_well() {
    let (lab, entry) = open_lab(BUSY).await;
    let mut slow = Raw::at(&entry.endpoint.at).await;
    let lines = format!(
        "{}\n{}\n",
        hello(&cookie(&entry.endpoint)),
        call(1, "status", json!({}))
    );
    for byte in lines.bytes() {
        slow.writes(&[byte]).await.expect("it is read");
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(slow.hears().await["result"]["version"], 2);
    assert!(slow.hears().await["result"].is_array());
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_who_say_nothing_keep_nobody_out() {
    let (lab, entry) = open_lab(BUSY).await;
    let since = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..1_000 {
        silent.push(Raw::at(&entry.endpoint.at).await);
    }
    let at = Instant::now();
    let mut guest = Raw::greeted(&entry.endpoint).await;
    assert!(guest.result("status", json!({})).await.is_array());
    // At once: before any of them would have gone by itself.
    assert!(at.elapsed() < GREETING_MAX, "{:?}", at.elapsed());
    println!(
        "1 000 came in {:?}, and one was answered in {:?}",
        at - since,
        at.elapsed()
    );
    // The oldest went when others came, without a word.
    silent
        .drain(..)
        .next()
        .expect("a thousand")
        .is_let_go()
        .await;
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_seats_are_taken_the_next_is_told_so_until_one_is_free() {
    let (lab, entry) = open_lab(BUSY).await;
    let mut guests = Vec::new();
    for _ in 0..CLIENTS_MAX {
        guests.push(Raw::greeted(&entry.endpoint).await);
    }
    // More than may wait without a hello: they do not crowd each other out.
    assert!(guests.len() > UNGREETED_MAX);
    let mut next = Raw::at(&entry.endpoint.at).await;
    let (code, words) = next.refused(hello(&cookie(&entry.endpoint))).await;
    assert_eq!(code, TOO_MANY);
    assert_eq!(words, "128 clients are connected already");
    next.is_let_go().await;
    for guest in &mut guests {
        assert!(guest.result("links", json!({})).await.is_array());
    }
    // The endpoints of nodes have seats of their own.
    Raw::greeted(&entry.nodes[0].endpoint).await;
    guests.pop();
    let seat = async {
        loop {
            let mut next = Raw::at(&entry.endpoint.at).await;
            let answer = next.asks(hello(&cookie(&entry.endpoint))).await;
            match answer.get("error") {
                None => return next,
                Some(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let mut next = soon(seat).await;
    assert!(next.result("status", json!({})).await.is_array());
    drop(guests);
    goes_on(&lab, &entry).await;
}
