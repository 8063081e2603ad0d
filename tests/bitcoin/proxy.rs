//! The proxy between two ends that are the test's own: what passes, when, and in which order.

use chainlab::bitcoin::Network;
use chainlab::bitcoin::passing::Way;
use chainlab::bitcoin::wire::{CommandName, Frame};
use chainlab::link::{Conditions, LinkState};
use chainlab::live::proxy::{
    CONNS_MAX, ProxyConfig, ProxyConn, ProxyEnd, ProxyEventKind, ProxyHandle, ProxyNews, Reach,
    start_proxy,
};
use chainlab::live::{LabClock, Links, Port};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(60);

/// How long a sender makes no headway that is stopped.
const STOPPED: Duration = Duration::from_millis(500);

const MAGIC: [u8; 4] = Network::Regtest.params().magic;

const STRAIGHT: Conditions = Conditions {
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
        let is_it = |all: &std::collections::BTreeMap<u64, ProxyConn>| {
            is_it(&all.values().collect::<Vec<_>>())
        };
        let seen = soon(self.proxy.conns.wait_for(is_it)).await;
        seen.expect("it runs").values().cloned().collect()
    }

    /// The first event from here on that the test looks for.
    async fn event<T>(&mut self, wanted: impl Fn(&ProxyEventKind) -> Option<T>) -> T {
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
struct Scene {
    bent: Bent,
    target: TcpListener,
}

impl Scene {
    async fn new() -> Self {
        let target = TcpListener::bind(any()).await.expect("a port");
        let bent = Bent::to(target.local_addr().expect("bound"));
        Self { bent, target }
    }

    /// Both ends of a connection: of who dials, and of who is dialled.
    async fn connect(&self) -> (TcpStream, TcpStream) {
        let dialler = dial(&self.bent).await;
        let (dialled, _) = soon(self.target.accept()).await.expect("it is dialled");
        dialled.set_nodelay(true).expect("an option");
        (dialler, dialled)
    }
}

async fn dial(bent: &Bent) -> TcpStream {
    let dialler = TcpStream::connect(bent.proxy.addr)
        .await
        .expect("it listens");
    dialler.set_nodelay(true).expect("an option");
    dialler
}

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("in time")
}

fn message(command: &str, payload: Vec<u8>) -> Vec<u8> {
    let frame = Frame {
        command: CommandName::new(command),
        payload: payload.into(),
    };
    frame.to_bytes(MAGIC).to_vec()
}

/// Bytes as good as chance, the same each time.
fn chance(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..len).map(next).collect()
}

async fn says(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) -> Duration {
    let begun = Instant::now();
    from.write_all(bytes).await.expect("open");
    hears(to, bytes).await;
    begun.elapsed()
}

async fn hears(stream: &mut TcpStream, bytes: &[u8]) {
    let mut heard = vec![0; bytes.len()];
    soon(stream.read_exact(&mut heard)).await.expect("it comes");
    assert!(heard == bytes, "{} other bytes came", bytes.len());
}

/// Whether it is closed, in order or not, and nothing came before.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(soon(stream.read(&mut byte)).await, Ok(0) | Err(_))
}

/// Insists that these are the times of a link that was asked to take so long: the middle one within 5 ms
/// and 5 % of it, and none shorter.
pub fn are_about(mut times: Vec<Duration>, wanted: Duration) {
    times.sort();
    let (least, median) = (times[0], times[times.len() / 2]);
    assert!(least >= wanted, "{least:?} is less than {wanted:?}");
    let most = wanted.mul_f64(1.05) + Duration::from_millis(5);
    assert!(median <= most, "{median:?} instead of {wanted:?}");
}

/// Writes until it is stopped, and how much that was by then; the rest goes on behind.
async fn until_stopped(
    mut stream: tokio::net::tcp::OwnedWriteHalf,
    bytes: Vec<u8>,
) -> (usize, tokio::task::JoinHandle<()>) {
    let written = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&written);
    let writing = tokio::spawn(async move {
        for piece in bytes.chunks(10_000) {
            stream.write_all(piece).await.expect("open");
            counted.fetch_add(piece.len(), Ordering::Relaxed);
        }
        stream.shutdown().await.expect("open");
    });
    let mut before = 0;
    loop {
        sleep(STOPPED).await;
        let now = written.load(Ordering::Relaxed);
        if now == before {
            return (now, writing);
        }
        before = now;
    }
}

#[tokio::test]
async fn each_way_takes_as_long_as_it_is_asked_to_and_a_change_holds_at_once() {
    let scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    let ping = message("ping", vec![1; 8]);
    for latency in [40, 0, 90].map(Duration::from_millis) {
        scene.bent.set(Conditions::latency(latency));
        let (mut there, mut back) = (Vec::new(), Vec::new());
        for _ in 0..10 {
            there.push(says(&mut dialler, &mut dialled, &ping).await);
            back.push(says(&mut dialled, &mut dialler, &ping).await);
        }
        are_about(there, latency);
        are_about(back, latency);
    }
}

#[tokio::test]
async fn a_long_message_comes_bit_by_bit_at_the_bandwidth() {
    let scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    let narrow = Conditions {
        bandwidth: Some(500_000),
        ..STRAIGHT
    };
    scene.bent.set(narrow);
    let block = message("block", vec![5; 250_000]);
    let begun = Instant::now();
    dialler.write_all(&block).await.expect("open");
    hears(&mut dialled, &block[..20_000]).await;
    let first = begun.elapsed();
    hears(&mut dialled, &block[20_000..]).await;
    let whole = begun.elapsed();
    assert!(first < Duration::from_millis(250), "{first:?}");
    are_about(vec![whole], Duration::from_millis(500));
}

#[tokio::test]
async fn it_says_who_came_what_passed_and_why_it_ended() {
    let mut scene = Scene::new().await;
    let dialler = dial(&scene.bent).await;
    let (mut dialled, seen_as) = soon(scene.target.accept()).await.expect("it is dialled");
    let mut dialler = dialler;
    let from = dialler.local_addr().expect("connected");
    let came = |kind: &ProxyEventKind| match kind {
        ProxyEventKind::Came { from } => Some(*from),
        _ => None,
    };
    assert_eq!(scene.bent.event(came).await, from);
    let conns = scene
        .bent
        .until(|all| all.iter().any(|one| one.local.is_some()))
        .await;
    assert_eq!((conns[0].from, conns[0].local), (from, Some(seen_as)));

    says(&mut dialler, &mut dialled, &message("verack", vec![])).await;
    says(&mut dialled, &mut dialler, &message("version", vec![0; 86])).await;
    assert!(
        !scene
            .bent
            .proxy
            .conns
            .borrow()
            .values()
            .any(|one| one.has_shaken_hands)
    );
    says(&mut dialled, &mut dialler, &message("verack", vec![])).await;
    let conns = scene
        .bent
        .until(|all| all.iter().any(|one| one.has_shaken_hands))
        .await;
    assert!(!conns[0].is_encrypted);

    // From here on it is no message.
    says(&mut dialler, &mut dialled, &chance(100, 3)).await;
    says(&mut dialler, &mut dialled, &message("ping", vec![1; 8])).await;
    let mut told = Vec::new();
    drop(dialler);
    assert!(is_closed(&mut dialled).await);
    drop(dialled);
    let ended = loop {
        let told_of = |kind: &ProxyEventKind| Some(kind.clone());
        match scene.bent.event(told_of).await {
            ProxyEventKind::Ended { why } => break why,
            ProxyEventKind::Message {
                way,
                command,
                bytes,
                ..
            } => {
                told.push(format!("{way:?} {command} {bytes}"));
            }
            ProxyEventKind::Handshake => told.push("handshake".to_owned()),
            ProxyEventKind::Encrypted { way, .. } => told.push(format!("{way:?} encrypted")),
            ProxyEventKind::Came { .. } | ProxyEventKind::Reached { .. } => {}
        }
    };
    let expected = [
        "There verack 24",
        "Back version 110",
        "Back verack 24",
        "handshake",
        "There encrypted",
    ];
    assert_eq!(told, expected);
    assert_eq!(ended, ProxyEnd::Closed(Way::There));
    scene.bent.until(|all| all.is_empty()).await;
}

#[tokio::test]
async fn events_that_nobody_takes_are_counted() {
    const MESSAGES: usize = 10_000;
    let mut scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    let stream = message("ping", vec![1; 8]).repeat(MESSAGES);
    says(&mut dialler, &mut dialled, &stream).await;
    sleep(Duration::from_millis(100)).await;
    let (mut told, mut missed) = (0, 0);
    // One more makes it say what was missed.
    while told + missed <= MESSAGES {
        let news = match scene.bent.proxy.events.try_recv() {
            Ok(news) => news,
            Err(_) => {
                says(&mut dialler, &mut dialled, &message("pong", vec![1; 8])).await;
                soon(scene.bent.proxy.events.recv()).await.expect("it runs")
            }
        };
        match news {
            ProxyNews::Event(event) => {
                let is_one = matches!(event.kind, ProxyEventKind::Message { .. });
                told += usize::from(is_one);
            }
            ProxyNews::Missed(count) => missed += usize::try_from(count).expect("few"),
        }
    }
    assert!(missed > 0 && told > 1_000, "{told} and {missed}");
}

#[tokio::test]
async fn a_cut_ends_what_there_is_closes_what_comes_and_opens_again() {
    let mut scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    scene.bent.set(Conditions::latency(Duration::from_secs(1)));
    dialler
        .write_all(&message("ping", vec![1; 8]))
        .await
        .expect("open");
    let begun = Instant::now();
    scene.bent.set(STRAIGHT.in_state(LinkState::Cut));
    assert!(is_closed(&mut dialler).await && is_closed(&mut dialled).await);
    assert!(begun.elapsed() < Duration::from_millis(900), "not at once");
    let ended = |kind: &ProxyEventKind| match kind {
        ProxyEventKind::Ended { why } => Some(why.clone()),
        _ => None,
    };
    assert_eq!(scene.bent.event(ended).await, ProxyEnd::Cut);
    // It is accepted, and dials nowhere.
    for _ in 0..3 {
        assert!(is_closed(&mut dial(&scene.bent).await).await);
        assert_eq!(scene.bent.event(ended).await, ProxyEnd::Cut);
    }
    assert!(timeout(STOPPED, scene.target.accept()).await.is_err());
    scene.bent.set(STRAIGHT);
    let (mut dialler, mut dialled) = scene.connect().await;
    says(&mut dialled, &mut dialler, &message("ping", vec![1; 8])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_holds_little_stops_who_sends_and_loses_nothing() {
    let scene = Scene::new().await;
    let (dialler, mut dialled) = scene.connect().await;
    scene.bent.set(STRAIGHT.in_state(LinkState::BlackHole));
    let sent = chance(100_000_000, 11);
    let (_reads, writes) = dialler.into_split();
    let (held, writing) = until_stopped(writes, sent.clone()).await;
    // What the proxy holds, and what the buffers of two sockets take.
    assert!(held < 8_000_000 + 16_000_000, "{held} bytes");
    let mut byte = [0];
    assert!(timeout(STOPPED, dialled.read(&mut byte)).await.is_err());
    scene.bent.set(STRAIGHT);
    let mut heard = Vec::with_capacity(sent.len());
    soon(dialled.read_to_end(&mut heard))
        .await
        .expect("no reset");
    assert!(heard == sent, "{} of {} bytes", heard.len(), sent.len());
    writing.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn single_bytes_in_a_black_hole_are_not_lost() {
    let scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    scene.bent.set(STRAIGHT.in_state(LinkState::BlackHole));
    let sent = chance(20_000, 5);
    for byte in &sent {
        dialler.write_all(&[*byte]).await.expect("open");
        tokio::task::yield_now().await;
    }
    scene.bent.set(STRAIGHT);
    hears(&mut dialled, &sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_come_both_ways_at_once_in_order_whatever_the_link_is_like() {
    let scene = Scene::new().await;
    let (dialler, dialled) = scene.connect().await;
    let encrypted = chance(10_000_000, 1);
    let mut messages = Vec::new();
    while messages.len() < 10_000_000 {
        let len = messages.len() % 70_001;
        messages.extend(message("block", chance(len, 2)));
    }
    let carry = |mut from: tokio::net::tcp::OwnedWriteHalf,
                 mut to: tokio::net::tcp::OwnedReadHalf,
                 sent: Vec<u8>| async move {
        let writing = tokio::spawn({
            let sent = sent.clone();
            async move {
                for piece in sent.chunks(77_777) {
                    from.write_all(piece).await.expect("open");
                    sleep(Duration::from_millis(2)).await;
                }
                from.shutdown().await.expect("open");
            }
        });
        let mut heard = Vec::new();
        to.read_to_end(&mut heard).await.expect("no reset");
        assert!(heard == sent, "{} of {} bytes", heard.len(), sent.len());
        writing.await.expect("no panic");
    };
    let ((from_dialled, to_dialled), (from_dialler, to_dialler)) =
        (dialled.into_split(), dialler.into_split());
    let there = tokio::spawn(carry(to_dialler, from_dialled, messages));
    let back = tokio::spawn(carry(to_dialled, from_dialler, encrypted));
    let rough = Conditions {
        jitter: Duration::from_millis(8),
        bandwidth: Some(20_000_000),
        loss: 0.02,
        ..Conditions::latency(Duration::from_millis(3))
    };
    let changes = [
        rough,
        STRAIGHT,
        rough.in_state(LinkState::BlackHole),
        rough,
        STRAIGHT,
    ];
    for conditions in changes {
        scene.bent.set(conditions);
        sleep(Duration::from_millis(60)).await;
    }
    soon(there).await.expect("all of it");
    soon(back).await.expect("all of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_stops_who_sends_to_it_and_not_the_other_way() {
    let scene = Scene::new().await;
    for conditions in [STRAIGHT, Conditions::latency(Duration::from_millis(5))] {
        scene.bent.set(conditions);
        let (dialler, dialled) = scene.connect().await;
        let sent = chance(60_000_000, 3);
        let ((mut at_dialler, to_dialled), (mut at_dialled, mut to_dialler)) =
            (dialler.into_split(), dialled.into_split());
        let (held, writing) = until_stopped(to_dialled, sent.clone()).await;
        assert!(held < 8_000_000 + 32_000_000, "{held} bytes");
        let ping = message("ping", vec![1; 8]);
        to_dialler.write_all(&ping).await.expect("open");
        let mut heard = vec![0; ping.len()];
        soon(at_dialler.read_exact(&mut heard))
            .await
            .expect("it comes");
        assert_eq!(heard, ping);
        let mut heard = Vec::new();
        soon(at_dialled.read_to_end(&mut heard))
            .await
            .expect("no reset");
        assert!(heard == sent, "{} of {} bytes", heard.len(), sent.len());
        writing.await.expect("no panic");
    }
}

#[tokio::test]
async fn the_end_comes_behind_all_bytes_and_the_other_way_goes_on() {
    let scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    scene
        .bent
        .set(Conditions::latency(Duration::from_millis(60)));
    // The beginning of a message that never comes.
    let sent = [message("ping", vec![1; 8]), MAGIC.to_vec()].concat();
    let begun = Instant::now();
    dialler.write_all(&sent).await.expect("open");
    dialler.shutdown().await.expect("open");
    let mut heard = Vec::new();
    soon(dialled.read_to_end(&mut heard))
        .await
        .expect("no reset");
    assert_eq!(heard, sent);
    assert!(begun.elapsed() >= Duration::from_millis(60));
    says(&mut dialled, &mut dialler, &message("pong", vec![1; 8])).await;
    drop(dialled);
    assert!(is_closed(&mut dialler).await);
}

#[tokio::test]
async fn connections_are_not_many_and_a_node_that_is_not_there_is_named() {
    let mut scene = Scene::new().await;
    let mut all = Vec::new();
    for _ in 0..CONNS_MAX {
        all.push(scene.connect().await);
    }
    assert!(is_closed(&mut dial(&scene.bent).await).await);
    drop(all);
    scene.bent.until(|all| all.is_empty()).await;
    drop(scene.target);
    assert!(is_closed(&mut dial(&scene.bent).await).await);
    let no_answer = |kind: &ProxyEventKind| match kind {
        ProxyEventKind::Ended {
            why: ProxyEnd::NoAnswer(why),
        } => Some(why.clone()),
        _ => None,
    };
    let why = scene.bent.event(no_answer).await;
    assert!(why.contains("refused"), "{why}");
}

#[tokio::test]
async fn it_listens_on_loopback_and_goes_elsewhere_only_where_a_person_says_so() {
    let start = |at: [u8; 4], to: SocketAddr, reach| {
        let port = Port::take(SocketAddr::from((at, 0))).expect("a port");
        let link = (port.local_addr().expect("bound"), to);
        let config = ProxyConfig {
            to,
            reach,
            link,
            links: Links::default(),
            network: Network::Regtest,
            seed: 7,
        };
        let started = start_proxy(port, config, LabClock::from_wall());
        started.err().map(|error| error.to_string())
    };
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 8_333));
    let here = [127, 0, 0, 1];
    let why = start([0; 4], any(), Reach::Named).expect("refused");
    assert!(
        why.starts_with("a proxy listens on this machine alone"),
        "{why}"
    );
    let why = start(here, elsewhere, Reach::Loopback);
    assert_eq!(
        why.as_deref(),
        Some("192.0.2.1:8333 is not on this machine")
    );
    // Nothing is dialled before somebody comes.
    assert_eq!(start(here, elsewhere, Reach::Named), None);
}
