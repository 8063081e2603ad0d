//! An attack over real sockets: tasks on a runtime of their own, each of which plays one part after the
//! other.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

use super::floods::Loot;
use super::{Attack, Behaviour, Move, PACE, Part, RENEW_AFTER, network};
use bytes::BytesMut;
use chainlab::chain::Params;
use chainlab::live::LabClock;
use chainlab::live::wire::Frames;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{interval, sleep};
use tokio_util::codec::Decoder;

/// What junk is: as long as a frame's header.
const JUNK: [u8; 24] = [0xa5; 24];

/// How long an attack may take to stand.
const PATIENCE: Duration = Duration::from_secs(60);

/// A crowd at work, until it is dropped.
pub struct Attackers {
    counts: Arc<Counts>,
    runtime: Option<Runtime>,
}

/// What an attack has come to so far.
#[derive(Default)]
pub struct Counts {
    /// Connections that stood.
    pub opened: AtomicUsize,
    /// Those that the node has taken as peers.
    pub taken: AtomicUsize,
    /// Those that have ended.
    pub ended: AtomicUsize,
    /// What the node said when it refused some.
    refusals: Mutex<BTreeMap<String, usize>>,
}

/// What the tasks share.
struct Crowd {
    attack: Attack,
    victim: SocketAddr,
    params: Arc<Params>,
    loot: Loot,
    counts: Arc<Counts>,
}

impl Attackers {
    /// Attacks whoever listens there.
    pub fn new(victim: SocketAddr, params: &Params, attack: Attack) -> Self {
        Self::with_loot(victim, params, attack, Loot::default())
    }

    /// The same, and they know what there is to be known of the chain.
    pub fn with_loot(victim: SocketAddr, params: &Params, attack: Attack, loot: Loot) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let counts = Arc::<Counts>::default();
        let crowd = Arc::new(Crowd {
            attack,
            victim,
            params: Arc::new(params.clone()),
            loot,
            counts: Arc::clone(&counts),
        });
        for _ in 0..attack.connections {
            runtime.spawn(Arc::clone(&crowd).one());
        }
        Self {
            counts,
            runtime: Some(runtime),
        }
    }

    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Waits until that many connections have stood.
    pub fn until_opened(&self, count: usize) {
        let until = Instant::now() + PATIENCE;
        while self.counts.opened.load(Ordering::Relaxed) < count {
            assert!(Instant::now() < until, "the attack does not stand");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn refusals(&self) -> BTreeMap<String, usize> {
        self.counts.refusals.lock().expect("no panic").clone()
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Crowd {
    /// One seat of the crowd.
    async fn one(self: Arc<Self>) {
        loop {
            if let Ok(stream) = TcpStream::connect(self.victim).await {
                self.counts.opened.fetch_add(1, Ordering::Relaxed);
                let mut part = Part::new(
                    self.attack.behaviour,
                    network(&self.params),
                    self.loot.clone(),
                );
                // However it ends, it has ended.
                let _ = self.play(stream, &mut part).await;
                self.counts.ended.fetch_add(1, Ordering::Relaxed);
                if let Some(why) = part.refused {
                    let mut refusals = self.counts.refusals.lock().expect("no panic");
                    *refusals.entry(why).or_default() += 1;
                }
                if !self.attack.renews {
                    return;
                }
            }
            sleep(RENEW_AFTER).await;
        }
    }

    async fn play(&self, mut stream: TcpStream, part: &mut Part) -> io::Result<()> {
        let clock = LabClock::from_wall();
        let mut frames = Frames::new(Arc::clone(&self.params), network(&self.params));
        let (mut buffer, mut drops) = (BytesMut::new(), Vec::new());
        let mut pace = interval(PACE);
        let mut moves = part.opens();
        let flows = matches!(
            self.attack.behaviour,
            Behaviour::Dripping | Behaviour::Floods(_)
        );
        loop {
            for one in std::mem::take(&mut moves) {
                match one {
                    Move::Says(message) => {
                        let mut bytes = Vec::new();
                        frames.append(&message, &mut bytes);
                        stream.write_all(&bytes).await?;
                    }
                    Move::Drips => frames.append(&part.version(), &mut drops),
                    Move::Junk => stream.write_all(&JUNK).await?,
                    Move::HangsUp => return Ok(()),
                }
            }
            while let Some((message, _)) = frames.decode(&mut buffer).map_err(io::Error::other)? {
                let was_in = part.is_in;
                moves.extend(part.hears(&message, clock.now()));
                if part.is_in && !was_in {
                    self.counts.taken.fetch_add(1, Ordering::Relaxed);
                }
            }
            if !moves.is_empty() {
                continue;
            }
            tokio::select! {
                read = stream.read_buf(&mut buffer) => {
                    if read? == 0 {
                        return Ok(());
                    }
                }
                _ = pace.tick(), if flows => {
                    // All but the last byte.
                    if drops.len() > 1 {
                        stream.write_all(&[drops.remove(0)]).await?;
                    }
                    moves = part.goes_on();
                }
            }
        }
    }
}
