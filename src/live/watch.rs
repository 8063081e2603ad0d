//! A [`Watcher`] over TCP: a task that gives it what comes in and does what it wants done.
//!
//! What a node sends is read no faster than the watcher takes it, and a node that does not read what it
//! is sent is left. Events that are not taken in time are counted and dropped: nothing waits for a reader.

use super::clock::LabClock;
use super::news::NewsSender;
use super::rpc::{ClientError, RpcClient};
use crate::bitcoin::rpc::{Dialect, RpcError};
use crate::bitcoin::watcher::{
    Role, RpcAnswer, RpcQuestion, WatchConfig, WatchEvent, WatchInput, WatchOutput, WatchSnapshot,
    Watcher,
};
use crate::node::{ConnId, Time};
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long a node is waited for that does not answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// What one read takes at most, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// Reads that may wait for the watcher, of both connections: 2 MB.
const INBOX: usize = 32;

/// Messages that may wait for the node to read.
const UNSENT: usize = 256;

/// Events that may wait for their reader.
const EVENTS: usize = 4_096;

/// How often a picture is taken at most, where something happens all the time.
const PICTURE_EVERY: Duration = Duration::from_millis(33);

/// How long what was said last may take to leave.
const LINGER: Duration = Duration::from_secs(1);

/// A node that is watched. Dropped, it is left.
pub struct WatchHandle {
    /// What happens.
    pub events: mpsc::Receiver<WatchNews>,
    /// The node as it is seen.
    pub snapshots: watch::Receiver<Arc<WatchSnapshot>>,
    _guard: DropGuard,
}

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchNews {
    /// Something happened.
    Event(WatchEvent),
    /// So many events were not taken in time.
    Missed(u64),
}

/// Begins to watch a node, which is asked by JSON-RPC as well if there is a client.
///
/// # Panics
/// Outside a runtime.
pub fn watch_node(config: WatchConfig, clock: LabClock, rpc: Option<RpcClient>) -> WatchHandle {
    let config = WatchConfig {
        rpc: rpc.is_some(),
        ..config
    };
    let token = CancellationToken::new();
    let watcher = Watcher::new(config, clock.now());
    let (news, events) = NewsSender::new(EVENTS, WatchNews::Missed);
    let (picture, snapshots) = watch::channel(Arc::new(watcher.snapshot()));
    let (sender, inbox) = mpsc::channel(INBOX);
    let (asked, questions) = mpsc::unbounded_channel();
    if let Some(client) = rpc {
        tokio::spawn(answer_all(client, questions, sender.clone(), clock.clone()));
    }
    let driver = Driver {
        watcher,
        clock,
        sender,
        asked,
        conns: BTreeMap::new(),
        next: 0,
        news,
        picture,
        taken: None,
    };
    tokio::spawn(driver.run(inbox, token.clone()));
    WatchHandle {
        events,
        snapshots,
        _guard: token.drop_guard(),
    }
}

struct Driver {
    watcher: Watcher,
    clock: LabClock,
    sender: mpsc::Sender<FromTask>,
    /// One waits at most.
    asked: mpsc::UnboundedSender<RpcQuestion>,
    conns: BTreeMap<ConnId, Conn>,
    next: u64,
    news: NewsSender<WatchNews>,
    picture: watch::Sender<Arc<WatchSnapshot>>,
    /// When the last picture was taken; `None`: what happened since is on it.
    taken: Option<Time>,
}

/// The driver's end of a connection.
struct Conn {
    unsent: mpsc::Sender<Bytes>,
    reader: AbortHandle,
}

/// What a connection's tasks say.
enum FromTask {
    Dialled(Role, Result<TcpStream, String>),
    Input(WatchInput),
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::Receiver<FromTask>, token: CancellationToken) {
        self.handle(WatchInput::Tick);
        loop {
            let deadline = self.watcher.deadline();
            let tick = deadline.map_or(LINGER, |deadline| self.clock.until(deadline));
            let picture = self.until_picture();
            tokio::select! {
                () = token.cancelled() => return,
                Some(said) = inbox.recv() => self.heard(said),
                () = sleep(tick) => self.handle(WatchInput::Tick),
                () = sleep(picture.unwrap_or_default()), if picture.is_some() => self.show(),
            }
        }
    }

    fn heard(&mut self, said: FromTask) {
        match said {
            FromTask::Input(input) => self.handle(input),
            FromTask::Dialled(role, Err(why)) => self.handle(WatchInput::DialFailed { role, why }),
            FromTask::Dialled(role, Ok(stream)) => {
                let conn = self.open(stream);
                self.handle(WatchInput::Connected { role, conn });
            }
        }
    }

    fn handle(&mut self, input: WatchInput) {
        let now = self.clock.now();
        self.watcher.handle(now, input);
        self.perform();
        self.taken.get_or_insert(now);
    }

    fn perform(&mut self) {
        while let Some(output) = self.watcher.poll_output() {
            match output {
                WatchOutput::Dial(role) => self.dial(role),
                WatchOutput::Send(conn, bytes) => self.send(conn, bytes),
                WatchOutput::Close(conn) => drop(self.conns.remove(&conn)),
                // Without a client nothing is asked.
                WatchOutput::Ask(question) => drop(self.asked.send(question)),
                WatchOutput::Event(event) => self.news.tell(WatchNews::Event(event)),
            }
        }
    }

    fn dial(&self, role: Role) {
        let (addr, sender) = (self.watcher.config().addr, self.sender.clone());
        tokio::spawn(async move {
            let dialled = dial(addr).await;
            // The driver may be gone.
            let _ = sender.send(FromTask::Dialled(role, dialled)).await;
        });
    }

    fn open(&mut self, stream: TcpStream) -> ConnId {
        let id = ConnId(self.next);
        self.next += 1;
        let (reader, writer) = stream.into_split();
        let (unsent, queue) = mpsc::channel(UNSENT);
        let reader = tokio::spawn(read_all(id, reader, self.sender.clone()));
        tokio::spawn(write_all(writer, queue));
        let reader = reader.abort_handle();
        self.conns.insert(id, Conn { unsent, reader });
        id
    }

    fn send(&mut self, conn: ConnId, bytes: Bytes) {
        let sent = self
            .conns
            .get(&conn)
            .map(|conn| conn.unsent.try_send(bytes));
        if let Some(Err(mpsc::error::TrySendError::Full(_))) = sent {
            self.conns.remove(&conn);
            let why = "it does not read what it is sent".to_owned();
            let (now, gone) = (self.clock.now(), WatchInput::Disconnected(conn, why));
            self.watcher.handle(now, gone);
        }
    }

    /// How long until the next picture; `None`: nothing has happened.
    fn until_picture(&self) -> Option<Duration> {
        let since = self.taken?;
        Some(PICTURE_EVERY.saturating_sub(self.clock.now().since(since)))
    }

    fn show(&mut self) {
        self.taken = None;
        self.picture.send_replace(Arc::new(self.watcher.snapshot()));
    }
}

async fn dial(addr: SocketAddr) -> Result<TcpStream, String> {
    let dialled = timeout(DIAL_TIMEOUT, TcpStream::connect(addr)).await;
    let stream = match dialled {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(format!("it does not answer: {error}")),
        Err(_) => return Err("it has not answered for 10 s".to_owned()),
    };
    // Pings would wait for each other otherwise.
    stream
        .set_nodelay(true)
        .map_err(|error| error.to_string())?;
    Ok(stream)
}

async fn read_all(conn: ConnId, mut reader: OwnedReadHalf, sender: mpsc::Sender<FromTask>) {
    let why = loop {
        let mut bytes = BytesMut::with_capacity(READ_BYTES);
        match reader.read_buf(&mut bytes).await {
            Ok(0) => break "it closed the connection".to_owned(),
            Ok(_) => {
                let input = WatchInput::Received(conn, bytes.freeze());
                if sender.send(FromTask::Input(input)).await.is_err() {
                    return;
                }
            }
            Err(error) => break format!("the connection broke: {error}"),
        }
    };
    let gone = WatchInput::Disconnected(conn, why);
    // The driver may be gone.
    let _ = sender.send(FromTask::Input(gone)).await;
}

/// Ends when the driver lets go its end, after what was said has left. That it cannot leave shows to
/// the reader.
async fn write_all(mut writer: OwnedWriteHalf, mut queue: mpsc::Receiver<Bytes>) {
    while let Some(bytes) = queue.recv().await {
        if queue.is_closed() {
            let _ = timeout(LINGER, writer.write_all(&bytes)).await;
        } else if writer.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Answers questions, one at a time, until the driver is gone.
async fn answer_all(
    mut client: RpcClient,
    mut questions: mpsc::UnboundedReceiver<RpcQuestion>,
    sender: mpsc::Sender<FromTask>,
    clock: LabClock,
) {
    let mut dialect = None;
    while let Some(question) = questions.recv().await {
        let answer = answer(&mut client, &mut dialect, question, clock.now()).await;
        if answer.is_err() {
            // Another program may be there the next time.
            dialect = None;
        }
        let answer = answer.map_err(|error| error.to_string());
        let input = WatchInput::Answered(answer);
        if sender.send(FromTask::Input(input)).await.is_err() {
            return;
        }
    }
}

async fn answer(
    client: &mut RpcClient,
    known: &mut Option<&'static dyn Dialect>,
    question: RpcQuestion,
    now: Time,
) -> Result<RpcAnswer, ClientError> {
    let dialect = match known {
        Some(dialect) => *dialect,
        None => *known.insert(client.tell_apart().await?.dialect()),
    };
    Ok(match question {
        RpcQuestion::Chain => RpcAnswer::Chain(client.ask(&dialect.chain_info(), now).await?),
        RpcQuestion::Tips => RpcAnswer::Tips(client.ask(&dialect.tips(), now).await?),
        RpcQuestion::Mempool => RpcAnswer::Mempool(client.ask(&dialect.mempool(), now).await?),
        RpcQuestion::Entry(txid) => match dialect.mempool_entry(txid) {
            Ok(request) => match client.ask(&request, now).await {
                Ok(entry) => RpcAnswer::Entry(txid, Some(entry)),
                // It was mined or dropped meanwhile.
                Err(ClientError::Rpc {
                    error: RpcError::Node { .. },
                    ..
                }) => RpcAnswer::Entry(txid, None),
                Err(error) => return Err(error),
            },
            Err(_) => RpcAnswer::Entry(txid, None),
        },
    })
}
