//! A proxy between two ends that are the test's own.

use chainlab::bitcoin::Network;
use chainlab::bitcoin::wire::{CommandName, Frame};
use chainlab::link::{Conditions, LinkState};
use chainlab::live::proxy::{
    ProxyConfig, ProxyConn, ProxyEventKind, ProxyHandle, ProxyNews, Reach, start_proxy,
};
use chainlab::live::{LabClock, Links, Port};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long a sender makes no headway that is stopped.
pub const STOPPED: Duration = Duration::from_millis(500);

pub const MAGIC: [u8; 4] = Network::Regtest.params().magic;

pub const STRAIGHT: Conditions = Conditions {
    latency: Duration::ZERO,
    jitter: Duration::ZERO,
    bandwidth: None,
    loss: 0.0,
    state: LinkState::Open,
};

/// A proxy, and where it leads.
pub struct Bent {
    pub proxy: ProxyHandle,
    links: Links,
    link: (SocketAddr, SocketAddr),
}

impl Bent {
    pub fn to(to: SocketAddr) -> Self {
        let links = Links::default();
        let port = Port::take(any()).expect("a port");
        let link = (port.local_addr().expect("bound"), to);
        let config = ProxyConfig {
            to,
            reach: Reach::Loopback,
            link,
            links: links.clone(),
            network: Network::Regtest,
            seed: 7,
        };
        let proxy = start_proxy(port, config, LabClock::from_wall()).expect("on this machine");
        Self { proxy, links, link }
    }

    /// Bends both ways.
    pub fn set(&self, conditions: Conditions) {
        let (from, to) = self.link;
        let ways = [(from, to, conditions), (to, from, conditions)];
        self.links.set_all(ways).expect("in range");
    }

    /// Waits until the connections are as wanted.
    pub async fn until(&mut self, is_it: impl Fn(&[&ProxyConn]) -> bool) -> Vec<ProxyConn> {
        let is_it = |all: &BTreeMap<u64, ProxyConn>| is_it(&all.values().collect::<Vec<_>>());
        let seen = soon(self.proxy.conns.wait_for(is_it)).await;
        seen.expect("it runs").values().cloned().collect()
    }

    /// The first event from here on that the test looks for.
    pub async fn event<T>(&mut self, wanted: impl Fn(&ProxyEventKind) -> Option<T>) -> T {
        soon(async {
            loop {
                match self.proxy.events.recv().await.expect("it runs") {
                    ProxyNews::Event(event) => {
                        if let Some(found) = wanted(&event.kind) {
                            return found;
                        }
                    }
                    ProxyNews::Missed(_) => {}
                }
            }
        })
        .await
    }
}

/// A proxy, and the node that is dialled through it.
pub struct Scene {
    pub bent: Bent,
    pub target: TcpListener,
}

impl Scene {
    pub async fn new() -> Self {
        let target = TcpListener::bind(any()).await.expect("a port");
        let bent = Bent::to(target.local_addr().expect("bound"));
        Self { bent, target }
    }

    /// Both ends of a connection: of who dials, and of who is dialled.
    pub async fn connect(&self) -> (TcpStream, TcpStream) {
        let dialler = dial(&self.bent).await;
        let (dialled, _) = soon(self.target.accept()).await.expect("it is dialled");
        dialled.set_nodelay(true).expect("an option");
        (dialler, dialled)
    }
}

pub async fn dial(bent: &Bent) -> TcpStream {
    let dialler = TcpStream::connect(bent.proxy.addr)
        .await
        .expect("it listens");
    dialler.set_nodelay(true).expect("an option");
    dialler
}

pub fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("in time")
}

pub fn message(command: &str, payload: Vec<u8>) -> Vec<u8> {
    let frame = Frame {
        command: CommandName::new(command),
        payload: payload.into(),
    };
    frame.to_bytes(MAGIC).to_vec()
}

/// Bytes as good as chance, the same each time.
pub fn chance(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..len).map(next).collect()
}

pub async fn says(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) -> Duration {
    let begun = Instant::now();
    from.write_all(bytes).await.expect("open");
    hears(to, bytes).await;
    begun.elapsed()
}

pub async fn hears(stream: &mut TcpStream, bytes: &[u8]) {
    let mut heard = vec![0; bytes.len()];
    soon(stream.read_exact(&mut heard)).await.expect("it comes");
    assert!(heard == bytes, "{} other bytes came", bytes.len());
}

/// Whether it is closed, in order or not, and nothing came before.
pub async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(soon(stream.read(&mut byte)).await, Ok(0) | Err(_))
}

/// How often something is measured: a machine that has other work is late.
const TRIES: usize = 8;

/// Insists that what is measured is a link that was asked to take so long: no time is shorter, and the
/// middle one within 5 ms and 5 % of it, once at least.
pub async fn takes(wanted: Duration, mut measure: impl AsyncFnMut() -> Vec<Duration>) {
    let most = wanted.mul_f64(1.05) + Duration::from_millis(5);
    let mut medians = Vec::new();
    while medians.len() < TRIES {
        let mut times = measure().await;
        times.sort();
        let (least, median) = (times[0], times[times.len() / 2]);
        assert!(least >= wanted, "{least:?} is less than {wanted:?}");
        if median <= most {
            return;
        }
        medians.push(median);
    }
    panic!("{medians:?} instead of {wanted:?}");
}
