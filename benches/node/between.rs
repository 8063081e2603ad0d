//! What a message costs that goes from one Bitcoin node to another through a straight proxy, beside
//! bare TCP: there and back one at a time, and many in a row.

use crate::ratio::{Harness, Target, timed};
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
    let [bare, bent] = harness.interleave(
        rounds,
        [&mut || sides.bare.asks(&ping, ping.len()), &mut || {
            sides.bent.asks(&ping, ping.len())
        }],
    );
    let beside = ("bare TCP", &bare);
    let target = Target::TimesAtMost(PING_TIMES);
    harness.report(
        "a ping and its pong through a straight proxy",
        &bent,
        beside,
        target,
    );

    let inv = message("inv", &[1; 37]);
    let many = inv.repeat(harness.size(MANY, 100));
    let mut sides = self::sides(&runtime, many.len(), &inv);
    let rounds = harness.size(60, 1);
    let [bare, bent] = harness.interleave(
        rounds,
        [&mut || sides.bare.asks(&many, inv.len()), &mut || {
            sides.bent.asks(&many, inv.len())
        }],
    );
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

/// The same node, straight and through a proxy.
struct Sides {
    bare: Asker,
    bent: Asker,
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
        bent: Asker::to(at),
    }
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
