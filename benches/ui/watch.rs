//! What watching Bitcoin nodes takes of the processor, at as many transactions as Bitcoin has.

use crate::common::bitcoin::testing::{REGTEST, tx};
use crate::process::processor_time_of;
use crate::ratio::Harness;
use chainlab::bitcoin::tx::Transaction;
use chainlab::bitcoin::wire::{Frames, InvItem, InvKind, Message, Services, Version};
use chainlab::chain::{OutPoint, Txid};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Nodes, with two connections each.
const NODES: usize = 5;

/// Between two transactions of a node: seven a second, which is what Bitcoin has.
const EVERY: Duration = Duration::from_nanos(1_000_000_000 / 7);

/// Most of one core, for all of them.
const MOST: f64 = 0.02;

pub fn watch(harness: &mut Harness) {
    let served = Arc::new(AtomicUsize::new(0));
    let programs: Vec<_> = (0..NODES)
        .map(|_| Program::start(played(&served)))
        .collect();
    let (settles, watched) = match harness.quick {
        true => (Duration::from_millis(500), Duration::from_secs(1)),
        false => (Duration::from_secs(5), Duration::from_secs(30)),
    };
    thread::sleep(settles);
    let busy = || programs.iter().map(Program::busy).sum::<Duration>();
    let (before, at, told) = (busy(), Instant::now(), served.load(Ordering::Relaxed));
    thread::sleep(watched);
    let passed = at.elapsed().as_secs_f64();
    let share = (busy() - before).as_secs_f64() / passed;
    let rate = (served.load(Ordering::Relaxed) - told) as f64 / passed / NODES as f64;
    let verdict = harness.judge("watch", share < MOST && rate > 6.0);
    println!(
        "{} connections to Bitcoin nodes, {rate:.1} tx/s each node: {:.2} % of a core | under {} % | {verdict}",
        2 * NODES,
        share * 100.0,
        MOST * 100.0,
    );
}

/// `chainlab bitcoin`, whose output goes nowhere.
struct Program(Child);

impl Program {
    fn start(at: SocketAddr) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_chainlab"))
            .args(["bitcoin", &at.to_string(), "--network", "regtest"])
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("it starts"))
    }

    fn busy(&self) -> Duration {
        processor_time_of(self.0.id())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A node that announces transactions and hands them out.
fn played(served: &Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    let served = Arc::clone(served);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let served = Arc::clone(&served);
            thread::spawn(move || Peer::new(stream, served).plays());
        }
    });
    at
}

struct Peer {
    stream: TcpStream,
    announced: Arc<Mutex<Vec<Transaction>>>,
    served: Arc<AtomicUsize>,
}

impl Peer {
    fn new(stream: TcpStream, served: Arc<AtomicUsize>) -> Self {
        Self {
            stream,
            announced: Arc::default(),
            served,
        }
    }

    fn says(&mut self, message: &Message) {
        let bytes = message.to_frame().to_bytes(REGTEST.magic);
        // The program may have been ended.
        let _ = self.stream.write_all(&bytes);
    }

    fn plays(mut self) {
        let (mut frames, mut buffer) = (Frames::new(REGTEST.magic), [0; 65_536]);
        while let Ok(count @ 1..) = self.stream.read(&mut buffer) {
            frames.push(&buffer[..count]);
            while let Ok(Some(frame)) = frames.next_frame() {
                if let Ok(message) = Message::read(&frame) {
                    self.hears(message);
                }
            }
        }
    }

    fn hears(&mut self, message: Message) {
        match message {
            Message::Version(version) => {
                let own = Version {
                    services: Services::WITNESS,
                    nonce: 1,
                    ..(*version).clone()
                };
                self.says(&Message::Version(Box::new(own)));
                self.says(&Message::Verack);
                if version.relay {
                    self.announces();
                }
            }
            Message::Ping(number) => self.says(&Message::Pong(number)),
            Message::GetData(items) => items.into_iter().for_each(|item| self.hands_out(item)),
            _ => {}
        }
    }

    fn announces(&self) {
        let mut out = self.stream.try_clone().expect("a clone");
        let announced = Arc::clone(&self.announced);
        thread::spawn(move || {
            for nth in 0_u64.. {
                let mut id = [3; 32];
                id[..8].copy_from_slice(&nth.to_le_bytes());
                let spends = OutPoint {
                    txid: Txid(id),
                    index: 0,
                };
                let tx = tx(&[spends], &[1_000, 2_000]);
                let (kind, hash) = (InvKind::Wtx, tx.wtxid().0);
                announced.lock().expect("no panic").push(tx);
                let inv = Message::Inv(vec![InvItem { kind, hash }]);
                let bytes = inv.to_frame().to_bytes(REGTEST.magic);
                if out.write_all(&bytes).is_err() {
                    return;
                }
                thread::sleep(EVERY);
            }
        });
    }

    fn hands_out(&mut self, item: InvItem) {
        let mut announced = self.announced.lock().expect("no panic");
        let found = announced.iter().position(|tx| tx.wtxid().0 == item.hash);
        let tx = found.map(|at| announced.swap_remove(at));
        drop(announced);
        if let Some(tx) = tx {
            self.served.fetch_add(1, Ordering::Relaxed);
            self.says(&Message::Tx(tx));
        }
    }
}
