//! What passes: all of it, in order, and at what pace.

use super::scene::*;
use chainlab::link::{Conditions, LinkState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Writes until it is stopped, and how much that was by then; the rest goes on behind.
async fn until_stopped(mut stream: OwnedWriteHalf, bytes: Vec<u8>) -> (usize, JoinHandle<()>) {
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
async fn a_long_message_comes_bit_by_bit_at_the_bandwidth() {
    let scene = Scene::new().await;
    let (mut dialler, mut dialled) = scene.connect().await;
    let narrow = Conditions {
        bandwidth: Some(500_000),
        ..STRAIGHT
    };
    scene.bent.set(narrow);
    let block = message("block", vec![5; 250_000]);
    let mut firsts = Vec::new();
    takes(Duration::from_millis(500), async || {
        let begun = Instant::now();
        dialler.write_all(&block).await.expect("open");
        hears(&mut dialled, &block[..20_000]).await;
        firsts.push(begun.elapsed());
        hears(&mut dialled, &block[20_000..]).await;
        vec![begun.elapsed()]
    })
    .await;
    let first = firsts.iter().min().expect("one");
    assert!(*first < Duration::from_millis(250), "{firsts:?}");
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
    let carry = |mut from: OwnedWriteHalf, mut to: OwnedReadHalf, sent: Vec<u8>| async move {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_of_a_moment_ends_the_connection_and_leaves_no_gap() {
    let scene = Scene::new().await;
    let sent = chance(3_000_000, 9);
    for round in 0..30 {
        scene
            .bent
            .set(Conditions::latency(Duration::from_millis(2)));
        let (mut dialler, mut dialled) = scene.connect().await;
        let writing = tokio::spawn({
            let sent = sent.clone();
            // It may be closed in the middle.
            async move {
                let _ = dialler.write_all(&sent).await;
            }
        });
        sleep(Duration::from_millis(3 + round % 5)).await;
        scene.bent.set(STRAIGHT.in_state(LinkState::Cut));
        scene.bent.set(STRAIGHT);
        let mut heard = Vec::new();
        let _ = soon(dialled.read_to_end(&mut heard)).await;
        assert!(sent.starts_with(&heard), "a gap in {} bytes", heard.len());
        writing.await.expect("no panic");
    }
}
