use super::*;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(20);

/// Something that is read when the test wants, a byte after the other.
struct Pipe(SyncSender<u8>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(bytes[0]);
        sent.map(|()| 1).map_err(|_| ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pipe(max: usize) -> (Output, Receiver<u8>) {
    let (sender, receiver) = sync_channel(0);
    let output = Output::start(Pipe(sender), "a pipe", max).expect("a thread");
    (output, receiver)
}

fn note(count: u64) -> String {
    format!("({count} lines)\n")
}

fn read(receiver: &Receiver<u8>, count: usize) -> String {
    let bytes = (0..count).map(|_| receiver.recv_timeout(LONG).expect("written"));
    String::from_utf8(bytes.collect()).expect("text")
}

#[test]
fn what_is_put_is_written_in_order_and_then_nothing_waits() {
    let (output, receiver) = pipe(100);
    output.put(b"one ").expect("room");
    output.put(b"two").expect("room");
    assert!(!output.is_settled());
    assert!(!output.settle(SHORT), "it is not read");
    assert_eq!(read(&receiver, 7), "one two");
    assert!(output.settle(LONG));
}

#[test]
fn nothing_is_taken_beyond_the_room_until_it_is_read() {
    let (output, receiver) = pipe(10);
    output.put(b"0123456").expect("room");
    let refused = output.put(b"789a").expect_err("no room");
    assert!(matches!(refused, OutputError::Full { .. }), "{refused}");
    assert_eq!(read(&receiver, 7), "0123456");
    assert!(output.wait_for_room(LONG) && output.settle(LONG));
    output.put(&[b'x'; 20]).expect("it is alone");
    assert_eq!(read(&receiver, 20), "x".repeat(20));
}

#[test]
fn lines_beyond_the_room_are_dropped_and_counted_where_they_are_missing() {
    let (output, receiver) = pipe(10);
    for line in ["one\n", "two\n", "three\n", "4\n"] {
        output.put_line(line, note);
    }
    assert_eq!(read(&receiver, 8), "one\ntwo\n");
    assert!(output.settle(LONG));
    output.put_line("5\n", note);
    assert_eq!(read(&receiver, 12), "(2 lines)\n5\n");
    assert!(output.settle(LONG));
    output.put_line("0123456789", note);
    output.put_line("6\n", note);
    output.note_dropped(note);
    assert_eq!(read(&receiver, 20), "0123456789(1 lines)\n");
}

#[test]
fn once_it_breaks_nothing_waits_and_what_is_put_is_told_why() {
    let (output, receiver) = pipe(100);
    output.put(b"one").expect("room");
    drop(receiver);
    assert!(output.settle(LONG));
    let told = output.put(b"two").expect_err("it is gone");
    let OutputError::Broken(error) = told else {
        panic!("{told}");
    };
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    output.put_line("three\n", note);
    assert!(output.is_settled());
}

#[test]
fn waiting_goes_on_as_long_as_it_is_read() {
    // Much more than a pipe holds, in as many reads as it has pages.
    const ALL: usize = 4 * 1024 * 1024;
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let output = Output::to(writer, "a pipe", ALL).expect("a thread");
    output.put(&vec![b'x'; ALL]).expect("room");
    let begun = Stopwatch::start();
    let reading = threads::spawn("reader", move || {
        let mut page = [0; 4 * 1024];
        for _ in 0..ALL / page.len() {
            threads::rest(Duration::from_millis(1));
            reader.read_exact(&mut page).expect("written");
        }
        reader
    })
    .expect("a thread");
    let patience = Duration::from_millis(500);
    assert!(output.settle(patience), "it is read all the time");
    assert!(begun.elapsed() > patience, "the whole takes longer");
    reading.join().expect("it reads");
}
