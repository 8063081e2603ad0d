//! What a message costs that goes from one Bitcoin node to another through a straight proxy, beside
//! bare TCP: there and back one at a time, and many in a row. Beside them stands a relay of the same
//! runtime that only copies: what sockets and wake-ups cost, which differs much between machines, and
//! what reading and telling costs.

use crate::ratio::{Harness, Samples, Target, timed};
use chainlab::bitcoin::Network;
use chainlab::bitcoin::wire::{CommandName, Frame};
use chainlab::live::proxy::{ProxyConfig, ProxyHandle, Reach, start_proxy};
use chainlab::live::{LabClock, Links, Port};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use tokio::runtime::Runtime;

const NETWORK: Network = Network::Regtest;

/// Reading one message and telling of it, beside two sockets more.
const RELAY_TIMES: f64 = 1.5;

/// Messages in a row: `inv` with one entry, as most are.
const MANY: usize = 20_000;

/// Three sockets where there was one, so three times; and some for telling of it.
const PING_TIMES: f64 = 4.0;

/// Each message is read, told and copied, where bare TCP only counts bytes.
const MANY_TIMES: f64 = 8.0;

pub fn between(harness: &mut Harness) {
    let runtime = Runtime::new().expect("threads");
    let ping = message("ping", &[1; 8]);
    let mut sides = sides(&runtime, ping.len(), &ping);
    let rounds = harness.size(3_000, 10);
    let [bare, copied, bent] = sides.ask(harness, rounds, (&ping, ping.len()));
    let name = "a ping and its pong through a straight proxy";
    let target = Target::TimesAtMost(PING_TIMES);
    harness.report(name, &bent, ("bare TCP", &bare), target);
    let target = Target::TimesAtMost(RELAY_TIMES);
    harness.report(name, &bent, ("a relay that only copies", &copied), target);

    let inv = message("inv", &[1; 37]);
    let many = inv.repeat(harness.size(MANY, 100));
    let mut sides = self::sides(&runtime, many.len(), &inv);
    let rounds = harness.size(60, 1);
    let [bare, _, bent] = sides.ask(harness, rounds, (&many, inv.len()));
    let name = format!("{} messages in a row through it", many.len() / inv.len());
    harness.report(
        &name,
        &bent,
        ("bare TCP", &bare),
        Target::TimesAtMost(MANY_TIMES),
    );
}

fn message(command: &str, payload: &[u8]) -> Vec<u8> {
    let frame = Frame {
        command: CommandName::new(command),
        payload: payload.to_vec().into(),
    };
    frame.to_bytes(NETWORK.params().magic).to_vec()
}

/// The same node, straight, through a relay and through a proxy.
struct Sides {
    bare: Asker,
    copied: Asker,
    bent: Asker,
}

impl Sides {
    /// How long all this and so many bytes of answer take, each way.
    fn ask(
        &mut self,
        harness: &Harness,
        rounds: usize,
        (bytes, answer): (&[u8], usize),
    ) -> [Samples; 3] {
        let Self { bare, copied, bent } = self;
        harness.interleave(
            rounds,
            [
                &mut || bare.asks(bytes, answer),
                &mut || copied.asks(bytes, answer),
                &mut || bent.asks(bytes, answer),
            ],
        )
    }
}

struct Asker(TcpStream);

impl Asker {
    fn to(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).expect("it listens");
        stream.set_nodelay(true).expect("an option");
        Self(stream)
    }

    /// How long it takes to say all this and hear the answer.
    fn asks(&mut self, bytes: &[u8], answer: usize) -> Duration {
        let mut heard = vec![0; answer];
        let (took, ()) = timed(|| {
            self.0.write_all(bytes).expect("it is read");
            self.0.read_exact(&mut heard).expect("it answers");
        });
        took
    }
}

/// A node that answers each time it has heard so many bytes.
fn sides(runtime: &Runtime, heard: usize, answer: &[u8]) -> Sides {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("bound");
    let answer = answer.to_vec();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let answer = answer.clone();
            thread::spawn(move || answers(stream, heard, &answer));
        }
    });
    let proxy = runtime.block_on(async { proxy(addr) });
    let at = proxy.addr;
    // What happens is looked at, as it is in a lab.
    runtime.spawn(async move {
        let mut whole = proxy;
        while whole.events.recv().await.is_some() {}
    });
    Sides {
        bare: Asker::to(addr),
        copied: Asker::to(runtime.block_on(relay(addr))),
        bent: Asker::to(at),
    }
}

/// Passes on what comes, and looks at nothing.
async fn relay(to: SocketAddr) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a port");
    let at = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let (mut from, _) = listener.accept().await.expect("it dials");
        let mut there = tokio::net::TcpStream::connect(to)
            .await
            .expect("it listens");
        for stream in [&from, &there] {
            stream.set_nodelay(true).expect("an option");
        }
        // The end of one is the end of the measure.
        let _ = tokio::io::copy_bidirectional(&mut from, &mut there).await;
    });
    at
}

fn answers(mut stream: TcpStream, heard: usize, answer: &[u8]) {
    stream.set_nodelay(true).expect("an option");
    let mut bytes = vec![0; heard];
    while stream.read_exact(&mut bytes).is_ok() {
        stream.write_all(answer).expect("it is read");
    }
}

fn proxy(to: SocketAddr) -> ProxyHandle {
    let port = Port::take(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port");
    let link = (port.local_addr().expect("bound"), to);
    let config = ProxyConfig {
        to,
        reach: Reach::Loopback,
        link,
        links: Links::default(),
        network: NETWORK,
        seed: 1,
    };
    start_proxy(port, config, LabClock::from_wall()).expect("on this machine")
}
