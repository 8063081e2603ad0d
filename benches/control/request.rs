//! From a request to its answer, beside bytes that are only sent back and forth: a thread that
//! reads a line of the same length and writes as many bytes as the answer has.

use crate::doors::{Asker, Opened, at, call};
use crate::labs::SECONDLY;
use crate::ratio::{Harness, timed};
use crate::tail;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const ROUNDS: usize = 2_000;

/// The slowest of a hundred.
const MOST: Duration = Duration::from_millis(10);

pub fn request(harness: &mut Harness) {
    let opened = Opened::start(SECONDLY);
    let endpoint = &opened.entry.endpoint;
    let socket = opened.entry.socket.as_ref().expect("short enough");
    let tcp = TcpStream::connect(at(endpoint)).expect("a door");
    let mut tcp = Asker::tcp(tcp).greets(endpoint);
    let mut unix = Asker::unix(socket).greets(endpoint);
    for (name, line) in [
        ("status", call("status", json!({}))),
        ("wallets", call("wallets", json!({ "node": "miner" }))),
    ] {
        let bytes = tcp.asks(&line).len();
        let mut echo = echo(bytes);
        let ask = |asker: &mut Asker| {
            let (took, answer) = timed(|| asker.asks(&line));
            assert!(!answer.contains("\"error\""), "{answer}");
            took
        };
        let mut rival = || timed(|| echo.asks(&line)).0;
        let [by_tcp, by_unix, bare] = harness.interleave(
            ROUNDS,
            [
                &mut || ask(&mut tcp),
                &mut || timed(|| unix.asks(&line)).0,
                &mut rival,
            ],
        );
        let beside = (&*format!("an echo of {bytes} bytes over TCP"), &bare);
        tail::report(harness, &format!("{name} over TCP"), &by_tcp, beside, MOST);
        let figure = format!("{name} over a Unix socket");
        tail::report(harness, &figure, &by_unix, beside, MOST);
    }
    opened.close();
}

/// A thread that answers every line with so many bytes.
fn echo(bytes: usize) -> Asker {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("the other side");
        stream.set_nodelay(true).expect("an option");
        let mut answer = vec![b'7'; bytes - 1];
        answer.push(b'\n');
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|len| len > 0) {
            lines.get_mut().write_all(&answer).expect("it is read");
            line.clear();
        }
    });
    Asker::tcp(TcpStream::connect(addr).expect("it listens"))
}
