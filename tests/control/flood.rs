//! Floods of connections to an endpoint: a client that says its `hello` gets in, every time.

use crate::common::control::*;
use crate::common::live::soon;
use chainlab::lab::control::limits::{SILENT_MAX, UNGREETED_MAX};
use chainlab::lab::control::{Client, Endpoint, EndpointAddr};
use std::collections::VecDeque;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// Clients that come in one after the other.
const CLIENTS: usize = 30;

/// Connections that each attacker holds at a time: all together hold more than there are seats.
const HELD: usize = 100;

/// Attackers.
const ATTACKERS: usize = 3;

/// What an attacker writes on each of its connections.
#[derive(Clone, Copy, Debug)]
enum Says {
    Nothing,
    AByte,
    WrongCookie,
    HalfAHello,
}

/// Those who connect as fast as they can, until this is dropped.
struct Flood {
    is_over: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    attackers: Vec<JoinHandle<()>>,
}

impl Flood {
    fn begin(at: SocketAddr, says: &[Says]) -> Self {
        let (is_over, connections) = (Arc::default(), Arc::default());
        let attackers = (0..ATTACKERS).map(|nth| {
            let (is_over, connections) = (Arc::clone(&is_over), Arc::clone(&connections));
            let says = says[nth % says.len()];
            thread::spawn(move || attack(at, says, &is_over, &connections))
        });
        Self {
            attackers: attackers.collect(),
            is_over,
            connections,
        }
    }

    fn count(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        for attacker in self.attackers.drain(..) {
            attacker.join().expect("it only connects");
        }
    }
}

fn attack(at: SocketAddr, says: Says, is_over: &AtomicBool, connections: &AtomicUsize) {
    let mut held = VecDeque::new();
    while !is_over.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(at) else {
            continue;
        };
        let line = hello("no cookie").to_string();
        // It may have been turned out already.
        let _ = match says {
            Says::Nothing => Ok(()),
            Says::AByte => stream.write_all(b"{"),
            Says::WrongCookie => stream.write_all(format!("{line}\n").as_bytes()),
            Says::HalfAHello => stream.write_all(&line.as_bytes()[..line.len() / 2]),
        };
        held.push_back(stream);
        if held.len() > HELD {
            held.pop_front();
        }
        connections.fetch_add(1, Ordering::Relaxed);
    }
}

fn tcp(endpoint: &Endpoint) -> SocketAddr {
    match endpoint.at {
        EndpointAddr::Tcp(addr) => addr,
        EndpointAddr::Unix(_) => panic!("a TCP port"),
    }
}

/// Whatever a flood says, one after the other gets in and is answered.
async fn everybody_gets_in(says: &[Says]) {
    let (lab, entry) = open_lab(BUSY).await;
    let flood = Flood::begin(tcp(&entry.endpoint), says);
    while flood.count() < 2 * (SILENT_MAX + UNGREETED_MAX) {
        tokio::task::yield_now().await;
    }
    let before = flood.count();
    for nth in 0..CLIENTS {
        // More have come before each of them, however the machine shares its time.
        let seen = flood.count();
        while flood.count() == seen {
            tokio::task::yield_now().await;
        }
        let client = soon(Client::connect(&entry.endpoint)).await;
        let client = client.unwrap_or_else(|error| panic!("{says:?}, client {nth}: {error}"));
        let nodes = soon(client.status()).await.expect("it keeps its seat");
        assert_eq!(nodes.len(), 3);
    }
    assert!(flood.count() > before, "it went on all the time");
    println!("{says:?}: {} came meanwhile", flood.count() - before);
    drop(flood);
    goes_on(&lab, &entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_in_while_thousands_connect_and_say_nothing() {
    everybody_gets_in(&[Says::Nothing]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_in_while_thousands_connect_and_send_a_byte() {
    everybody_gets_in(&[Says::AByte]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_in_while_thousands_show_a_wrong_cookie() {
    everybody_gets_in(&[Says::WrongCookie]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_in_under_all_kinds_of_connections_at_once() {
    everybody_gets_in(&[Says::Nothing, Says::HalfAHello, Says::WrongCookie]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_sent_something_is_not_turned_out_by_those_who_have_not() {
    let (lab, entry) = open_lab(BUSY).await;
    let line = format!("{}\n", hello(&cookie(&entry.endpoint)));
    let (first, rest) = line.split_at(line.len() / 2);
    let mut slow = Raw::at(&entry.endpoint.at).await;
    slow.writes(first.as_bytes())
        .await
        .expect("the door is open");
    let mut silent = Vec::new();
    for _ in 0..3 * SILENT_MAX {
        silent.push(Raw::at(&entry.endpoint.at).await);
    }
    // The first of them had to go, so all those before the last ones were taken in.
    silent.remove(0).is_let_go().await;
    slow.writes(rest.as_bytes()).await.expect("it has its seat");
    let answer = slow.hears().await;
    assert!(answer["result"]["version"].is_u64(), "{answer}");
    goes_on(&lab, &entry).await;
}
