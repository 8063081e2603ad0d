//! Real sockets on loopback; the test is what the node's thread would be.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

mod actor;

use self::actor::*;
use super::conn::PROGRESS_INTERVAL;
use super::lingering::LINGERING_MAX;
use super::net::UNSEEN_MAX;
use crate::live::conn::UNSENT_MAX;
use crate::node::Time;
use crate::node::io::{Direction, Input};
use crate::node::message::Message;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[test]
fn two_nodes_connect_talk_and_count_what_left() {
    let runtime = runtime();
    let (mut nora, mut otto) = (Actor::new(&runtime), Actor::new(&runtime));
    nora.net.dial(otto.addr);
    let (out, direction) = nora.connected();
    assert_eq!(direction, Direction::Outbound);
    let (back, direction) = otto.connected();
    assert_eq!(direction, Direction::Inbound);

    let messages = [Message::Ping(7), large(), Message::GetAddr];
    for message in &messages {
        assert!(nora.conns[&out].send(message.clone()));
    }
    for message in &messages {
        assert_eq!(otto.message(), *message);
    }
    let len: usize = messages.iter().map(Message::wire_len).sum();
    let (until, mut sent) = (Instant::now() + PATIENCE, 0);
    while sent < len as u64 && Instant::now() < until {
        sent += nora.conns[&out].take_sent();
    }
    assert_eq!(sent, len as u64);
    assert_eq!(nora.conns[&out].take_sent(), 0);

    assert!(otto.conns[&back].send(Message::Pong(7, Time(9))));
    assert_eq!(nora.message(), Message::Pong(7, Time(9)));
    drop(nora.conns.remove(&out));
    assert_eq!(otto.disconnected(), "the other end closed the connection");
}

#[test]
fn a_port_where_nobody_listens_is_reported() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let free = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let nobody = free.expect("free").local_addr().expect("bound");
    nora.net.dial(nobody);
    let why = nora.until(|input| match input {
        Input::DialFailed { addr, why } if *addr == nobody => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("refused"), "{why}");
}

#[test]
fn the_last_words_arrive_also_at_one_who_keeps_talking() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let (mut stream, conn) = stranger(&runtime, &mut nora);
    // So much that she has not read all of it when she closes.
    write(
        &runtime,
        &mut stream,
        &bytes_of(&Message::Ping(1)).repeat(1_000),
    );
    assert!(nora.conns[&conn].send(large()));
    drop(nora.conns.remove(&conn));
    let mut said = Vec::new();
    soon(&runtime, stream.read_to_end(&mut said)).expect("no reset");
    assert_eq!(said, bytes_of(&large()));
}

#[test]
fn a_bad_frame_is_reported_and_the_connection_ends_also_by_itself() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let (mut stream, conn) = stranger(&runtime, &mut nora);
    write(
        &runtime,
        &mut stream,
        b"GET / HTTP/1.1\r\nHost: nora\r\n\r\n",
    );
    let why = nora.until(|input| match input {
        Input::BadFrame(from, why) if *from == conn => Some(why.clone()),
        _ => None,
    });
    assert!(why.starts_with("the first bytes are"), "{why}");
    assert_eq!(nora.disconnected(), why);
    // She serves others as before.
    let (mut other, _) = stranger(&runtime, &mut nora);
    write(&runtime, &mut other, &bytes_of(&Message::Ping(9)));
    assert_eq!(nora.message(), Message::Ping(9));
}

#[test]
fn bytes_that_are_trickled_are_a_sign_of_life() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let (mut stream, conn) = stranger(&runtime, &mut nora);
    let bytes = bytes_of(&large());
    let (first, rest) = bytes.split_at(1_000);
    write(&runtime, &mut stream, first);
    std::thread::sleep(PROGRESS_INTERVAL + A_WHILE);
    write(&runtime, &mut stream, &rest[..1]);
    nora.until(|input| matches!(input, Input::Progress(from) if *from == conn).then_some(()));
    write(&runtime, &mut stream, &rest[1..]);
    assert_eq!(nora.message(), large());
}

#[test]
fn one_who_does_not_read_never_blocks_the_node_and_is_given_up() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let (_stream, conn) = stranger(&runtime, &mut nora);
    let begun = Instant::now();
    let len = large().wire_len();
    let mut queued = 0;
    while nora.conns[&conn].send(large()) {
        queued += len;
        // What the sockets swallow on top is the system's, and bounded as well.
        assert!(queued < 10 * UNSENT_MAX);
    }
    assert!(queued >= UNSENT_MAX - len);
    assert!(begun.elapsed() < PATIENCE);
    // Whoever reads is still served.
    let (mut other, conn) = stranger(&runtime, &mut nora);
    assert!(nora.conns[&conn].send(Message::Ping(3)));
    let mut said = vec![0; Message::Ping(3).wire_len()];
    soon(&runtime, other.read_exact(&mut said)).expect("open");
    assert_eq!(said, bytes_of(&Message::Ping(3)));
}

#[test]
fn one_who_floods_waits_until_the_node_has_caught_up() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let (mut stream, _) = stranger(&runtime, &mut nora);
    let flood = bytes_of(&large());
    let count = 1_000;
    let flooding = runtime.spawn(async move {
        for _ in 0..count {
            stream.write_all(&flood).await?;
        }
        Ok::<_, io::Error>(stream)
    });
    std::thread::sleep(A_WHILE);
    // 72 MB do not fit into the inbox and the sockets' buffers.
    assert!(!flooding.is_finished());
    // Somebody else gets a turn, and nothing is lost of either.
    let stream = runtime.block_on(TcpStream::connect(nora.addr));
    let mut other = stream.expect("she listens");
    write(&runtime, &mut other, &bytes_of(&Message::Ping(5)));
    let (mut invs, mut pings) = (0, 0);
    let mut invs_before = None;
    while invs < count || pings < 1 {
        match nora.message() {
            Message::Ping(5) => {
                pings += 1;
                invs_before = Some(invs);
            }
            message => {
                assert_eq!(message, large());
                invs += 1;
            }
        }
    }
    assert!(
        invs_before.is_some_and(|before| before < count),
        "{invs_before:?}"
    );
    runtime.block_on(flooding).expect("no panic").expect("open");
}

#[test]
fn sockets_that_the_node_has_not_seen_are_few_and_none_is_refused() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let flood = 3 * UNSEEN_MAX;
    let addr = nora.addr;
    let dial = || runtime.block_on(TcpStream::connect(addr));
    let streams: Vec<_> = (0..flood).map(|_| dial().expect("room")).collect();
    // Nobody takes them: her thread sleeps.
    std::thread::sleep(A_WHILE);
    let inbox = Arc::clone(&nora.inbox);
    let unseen = inbox.wait(Some(Duration::ZERO)).collect::<Vec<_>>();
    assert_eq!(unseen.len(), UNSEEN_MAX);
    drop(unseen);
    // She looks at them, and hears of all others.
    while nora.conns.len() < flood - UNSEEN_MAX {
        nora.listen(A_WHILE);
    }
    // Meanwhile she can go to others herself.
    let elsewhere = Actor::new(&runtime);
    nora.net.dial(elsewhere.addr);
    nora.until(|input| {
        let dialled = |direction: &Direction| *direction == Direction::Outbound;
        matches!(input, Input::Connected { direction, .. } if dialled(direction)).then_some(())
    });
    drop(streams);
}

#[test]
fn connections_that_were_ended_linger_and_are_not_many() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let count = LINGERING_MAX + 3;
    let mut streams = Vec::new();
    for _ in 0..count {
        let (mut stream, conn) = stranger(&runtime, &mut nora);
        // It goes on talking, and never hangs up by itself.
        write(&runtime, &mut stream, &bytes_of(&Message::Ping(1)));
        assert!(nora.conns[&conn].send(Message::Ping(2)));
        drop(nora.conns.remove(&conn));
        streams.push(stream);
    }
    let queue = nora.net.0.lingering.0.lock().expect("no panic").len();
    assert_eq!(queue, LINGERING_MAX);
    // Whether or not they had to hurry, all have heard the last word.
    for mut stream in streams {
        let mut said = Vec::new();
        soon(&runtime, stream.read_to_end(&mut said)).expect("no reset");
        assert_eq!(said, bytes_of(&Message::Ping(2)));
    }
}

#[test]
fn killed_sockets_end_in_the_middle_and_leave_nothing_behind() {
    let runtime = runtime();
    let mut nora = Actor::new(&runtime);
    let (mut stream, _) = stranger(&runtime, &mut nora);
    nora.net.kill();
    assert!(is_ended(&runtime, &mut stream));
    // No task holds the inbox any more, but the one that listens.
    let until = Instant::now() + PATIENCE;
    while Arc::strong_count(&nora.net.0) > 2 {
        assert!(Instant::now() < until, "a task lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}
