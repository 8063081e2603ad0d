//! The proxy: how late things are, what it tells, and how connections end.

mod flow;
mod program;
pub mod scene;

use chainlab::bitcoin::Network;
use chainlab::bitcoin::passing::Way;
use chainlab::link::{Conditions, LinkState};
use chainlab::live::proxy::{
    CONNS_MAX, ProxyConfig, ProxyEnd, ProxyEventKind, ProxyNews, Reach, start_proxy,
};
use chainlab::live::{LabClock, Links, Port};
use scene::*;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn each_way_takes_as_long_as_it_is_asked_to_and_a_change_holds_at_once() {
    let scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    let ping = message("ping", vec![1; 8]);
    for latency in [40, 0, 90].map(Duration::from_millis) {
        scene.bent.set(Conditions::latency(latency));
        let times = async |from: &mut TcpStream, to: &mut TcpStream| {
            let mut times = Vec::new();
            for _ in 0..10 {
                times.push(says(from, to, &ping).await);
            }
            times
        };
        takes(latency, async || times(&mut dialler, &mut dialled).await).await;
        takes(latency, async || times(&mut dialled, &mut dialler).await).await;
    }
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
async fn events_that_are_not_taken_are_counted() {
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
    scene.bent.set(Conditions::latency(Duration::from_secs(30)));
    dialler
        .write_all(&message("ping", vec![1; 8]))
        .await
        .expect("open");
    let begun = Instant::now();
    scene.bent.set(STRAIGHT.in_state(LinkState::Cut));
    assert!(is_closed(&mut dialler).await && is_closed(&mut dialled).await);
    assert!(begun.elapsed() < Duration::from_secs(10), "not at once");
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
    // Nothing is dialled before a connection comes.
    assert_eq!(start(here, elsewhere, Reach::Named), None);
}
