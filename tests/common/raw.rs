//! A node that really runs, and a peer of it that writes bytes of its own making.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

use super::*;
use bytes::{BufMut, BytesMut};
use chainlab::chain::{Params, hash};
use chainlab::live::wire::Frames;
use chainlab::live::{LabClock, NodeHandle, spawn};
use chainlab::node::handshake::{Identity, PROTOCOL};
use chainlab::node::message::{Message, Role, Services, Text, Version};
use chainlab::node::{Config, Question, Reply, Seeds, Time};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_util::codec::Decoder;

/// How long anything may take on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Lab seconds in a real one, in tests that wait for a node's time-outs.
pub const HASTE: u32 = 20;

/// A node that really runs, and the runtime under it.
pub struct Stage {
    pub node: NodeHandle,
    pub addr: SocketAddr,
    pub params: Arc<Params>,
    runtime: Runtime,
    over: Arc<AtomicBool>,
    _home: tempfile::TempDir,
}

/// A connection, byte by byte.
pub struct Raw {
    pub stream: TcpStream,
    frames: Frames,
    buffer: BytesMut,
    pub params: Arc<Params>,
}

impl Stage {
    pub fn new(params: Params) -> Self {
        Self::with_haste(params, 1)
    }

    /// On a clock that goes so many times as fast as others do.
    pub fn with_haste(params: Params, haste: u32) -> Self {
        let params = Arc::new(params);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let home = tempfile::tempdir().expect("a temporary directory");
        let seeds = Seeds {
            keys: [1; 32],
            run: [2; 32],
        };
        let config = Config::new("node", Arc::clone(&params), seeds);
        let begun = Instant::now();
        let start = Time::from_block(params.genesis_time) + Duration::from_secs(1_000);
        let clock = LabClock::over(start, move || begun.elapsed() * haste);
        let over = Arc::new(AtomicBool::new(false));
        let (beating, ended) = (clock.clone(), Arc::clone(&over));
        // A clock that nobody reads would take it that the process was stopped.
        thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                beating.now();
                thread::sleep(Duration::from_millis(5));
            }
        });
        let node = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            spawn(config, home.path(), Some(listener), clock).await
        });
        let node = node.expect("it starts");
        Self {
            addr: node.addr().expect("it listens"),
            node,
            params,
            runtime,
            over,
            _home: home,
        }
    }

    pub fn dial(&self) -> Raw {
        let stream = TcpStream::connect(self.addr).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Raw {
            stream,
            frames: Frames::new(Arc::clone(&self.params), network(&self.params)),
            buffer: BytesMut::new(),
            params: Arc::clone(&self.params),
        }
    }

    /// Somebody who has shaken hands.
    pub fn meet(&self, actor: u8) -> Raw {
        let mut raw = self.dial();
        assert!(raw.shakes_hands(actor), "the node takes it");
        raw
    }

    pub fn peers(&self) -> Vec<chainlab::node::snapshot::PeerInfo> {
        let reply = self.node.ask_blocking(Question::Peers);
        match reply.expect("it runs") {
            Reply::Peers(peers) => peers,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.runtime.block_on(self.node.stop());
    }
}

impl Raw {
    pub fn writes(&mut self, bytes: &[u8]) {
        // It may be closed already, which the test finds out when it reads.
        let _ = self.stream.write_all(bytes);
    }

    pub fn bytes_of(&self, message: &Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.frames.append(message, &mut bytes);
        bytes
    }

    pub fn sends(&mut self, message: &Message) {
        let bytes = self.bytes_of(message);
        self.writes(&bytes);
    }

    /// The next message; `None`: the connection has ended.
    pub fn hears(&mut self) -> Option<Message> {
        loop {
            if let Some((message, _)) = self.frames.decode(&mut self.buffer).expect("a node") {
                return Some(message);
            }
            let mut bytes = [0; 4_096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(len) => self.buffer.put_slice(&bytes[..len]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came in {PATIENCE:?}: {error}"),
            }
        }
    }

    /// Whether the node ends the connection, in time.
    pub fn is_closed(&mut self) -> bool {
        while self.hears().is_some() {}
        true
    }

    pub fn version(&self, identity: &Identity) -> Message {
        Message::Version(Box::new(Version {
            protocol: PROTOCOL,
            network: network(&self.params),
            nonce: 7,
            id: identity.id,
            listen: None,
            height: 0,
            role: Role::Full,
            user_agent: Text::new("/raw/"),
            services: Services::BLOCKS,
            wants_txs: true,
        }))
    }

    /// Whether the node takes it.
    pub fn shakes_hands(&mut self, actor: u8) -> bool {
        let identity = Identity::new(key(actor), network(&self.params));
        let version = self.version(&identity);
        self.sends(&version);
        while let Some(message) = self.hears() {
            match message {
                Message::Version(theirs) => self.sends(&Message::Verack(identity.prove(&theirs))),
                Message::GetAddr => return true,
                _ => {}
            }
        }
        false
    }

    /// The node answers it.
    pub fn is_served(&mut self, number: u64) {
        self.sends(&Message::Ping(number));
        while let Some(message) = self.hears() {
            match message {
                Message::Pong(answer, _) if answer == number => return,
                Message::Ping(asked) => self.sends(&Message::Pong(asked, Time::default())),
                _ => {}
            }
        }
        panic!("the node ended the connection of an honest peer");
    }
}

pub fn frame(
    magic: [u8; 4],
    command: &[u8; 12],
    len: u32,
    sum: [u8; 4],
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&magic);
    bytes.extend_from_slice(command);
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(&sum);
    bytes.extend_from_slice(payload);
    bytes
}

pub fn sum(payload: &[u8]) -> [u8; 4] {
    hash::sha256d(payload)[..4].try_into().expect("four bytes")
}
