#![allow(
    clippy::disallowed_methods,
    reason = "a test reads on a thread of its own"
)]

use super::*;
use std::io::{Read, pipe};
use std::thread;

/// More than a pipe takes, in lines of 10 bytes.
const LINES: usize = 20_000;

fn put_all(report: &Report) -> Result<(), Failure> {
    (0..LINES).try_for_each(|_| report.put("123456789\n"))
}

#[test]
fn a_live_run_does_not_wait_for_its_reader_but_ends_and_says_why() {
    let (_reader, writer) = pipe().expect("a pipe");
    let out = Output::to(writer, "a pipe", 1_000).expect("a thread");
    let told = put_all(&Report::on(out, false, Reader::MayBeLate));
    let told = told.expect_err("it is not read");
    assert!(
        told.words.starts_with("its output is not read: "),
        "{told:?}"
    );
    assert_eq!(told.code, 1);
}

#[test]
fn a_run_in_virtual_time_waits_for_its_reader_until_it_is_asked_to_end() {
    let (mut reader, writer) = pipe().expect("a pipe");
    let (signals, signalled) = watch::channel(0);
    let out = Output::to(writer, "a pipe", 1_000).expect("a thread");
    let report = Report::on(out, false, Reader::WaitedFor(signalled));
    let reading = thread::spawn(move || {
        let mut read = vec![0; LINES * 10];
        reader.read_exact(&mut read).expect("all of it");
        (reader, read)
    });
    put_all(&report).expect("it is read");
    let (_reader, read) = reading.join().expect("it reads");
    assert_eq!(read, "123456789\n".repeat(LINES).as_bytes());
    signals.send_replace(1);
    put_all(&report).expect_err("it is not read, and is to end");
}
