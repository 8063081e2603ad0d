//! A node's sockets without the node, and what they are tested with.

use super::super::Net;
use crate::chain::Params;
use crate::live::bend::Place;
use crate::live::conn::Conn;
use crate::live::entry::Entry;
use crate::live::inbox::Inbox;
use crate::live::wire::Frames;
use crate::live::{LabClock, Links};
use crate::node::io::{ConnId, Direction, Input};
use crate::node::message::{Item, Message};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// How long something may take that must happen.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// How long something is watched that must not happen.
pub(super) const A_WHILE: Duration = Duration::from_millis(200);

/// A node's sockets, and what its thread holds of them.
pub(super) struct Actor {
    pub(super) inbox: Arc<Inbox<Entry>>,
    pub(super) net: Net,
    pub(super) addr: SocketAddr,
    pub(super) conns: BTreeMap<ConnId, Conn>,
    pub(super) heard: Vec<Input>,
}

impl Actor {
    pub(super) fn new(runtime: &Runtime) -> Self {
        Self::on(runtime, Links::default())
    }

    pub(super) fn on(runtime: &Runtime, links: Links) -> Self {
        let inbox = Arc::new(Inbox::new());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port is free");
        let addr = listener.local_addr().expect("bound");
        let place = Place {
            own: addr,
            links,
            clock: LabClock::from_wall(),
            seed: 7,
        };
        let runtime = runtime.handle().clone();
        let net = Net::new(Arc::clone(&inbox), frames(), place, runtime);
        net.listen(listener);
        Self {
            inbox,
            net,
            addr,
            conns: BTreeMap::new(),
            heard: Vec::new(),
        }
    }

    /// Takes what comes, until something of it is what the test looks for.
    pub(super) fn until<T>(&mut self, wanted: impl Fn(&Input) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.heard.iter().position(|input| wanted(input).is_some()) {
                return wanted(&self.heard.remove(found)).expect("found");
            }
            assert!(Instant::now() < until, "heard {:?}", self.heard);
            self.listen(Duration::from_millis(20));
        }
    }

    /// Takes what comes within `time`, or is there.
    pub(super) fn listen(&mut self, time: Duration) {
        let inbox = Arc::clone(&self.inbox);
        for entry in inbox.wait(Some(time)) {
            match entry {
                Entry::Opened {
                    conn,
                    direction,
                    addr,
                    handle,
                    ..
                } => {
                    self.conns.insert(conn, handle);
                    self.heard.push(Input::Connected {
                        conn,
                        direction,
                        addr,
                    });
                }
                Entry::Input(input) => self.heard.push(input),
                _ => unreachable!("sockets bring nothing else"),
            }
        }
    }

    pub(super) fn connected(&mut self) -> (ConnId, Direction) {
        self.until(|input| match input {
            Input::Connected {
                conn, direction, ..
            } => Some((*conn, *direction)),
            _ => None,
        })
    }

    pub(super) fn message(&mut self) -> Message {
        self.until(|input| match input {
            Input::Received(_, message) => Some(message.clone()),
            _ => None,
        })
    }

    pub(super) fn disconnected(&mut self) -> String {
        self.until(|input| match input {
            Input::Disconnected(_, why) => Some(why.clone()),
            _ => None,
        })
    }
}

pub(super) fn frames() -> Frames {
    let params = Params::default();
    let network = params.genesis_block().hash();
    Frames::new(Arc::new(params), network)
}

pub(super) fn bytes_of(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames().append(message, &mut bytes);
    bytes
}

/// A message of about 72 kB.
pub(super) fn large() -> Message {
    let genesis = Params::default().genesis_block();
    Message::Inv(vec![Item::Block(genesis.hash()); 2_000])
}

pub(super) fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime")
}

/// What comes of something that must happen.
pub(super) fn soon<T>(runtime: &Runtime, work: impl Future<Output = T>) -> T {
    let within = async { timeout(PATIENCE, work).await };
    runtime.block_on(within).expect("in time")
}

pub(super) fn is_ended(runtime: &Runtime, stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    soon(runtime, stream.read(&mut byte)).map_or(true, |len| len == 0)
}

/// Somebody connects to Nora, who takes it.
pub(super) fn stranger(runtime: &Runtime, nora: &mut Actor) -> (TcpStream, ConnId) {
    let stream = runtime.block_on(TcpStream::connect(nora.addr));
    (stream.expect("she listens"), nora.connected().0)
}

pub(super) fn write(runtime: &Runtime, stream: &mut TcpStream, bytes: &[u8]) {
    runtime.block_on(stream.write_all(bytes)).expect("open");
}
