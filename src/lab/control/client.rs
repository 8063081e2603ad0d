//! The other side of a door: what a shell or an attached screen holds of a lab or a node that runs
//! in another process.
//!
//! A task reads what comes, one sends what is to go. Answers find whoever asked by their number;
//! what nobody asked for goes to the subscriber, through a queue: when it is full nothing more is
//! read, and the other side leaves out what is old.

mod error;

pub use self::error::ClientError;

use super::data::{
    About, Cookie, Door, LinkStatus, NodeStatus, Notice, Opening, Place, VERSION, Wish,
};
use super::rpc::{NO_REQUEST, RpcError, call_line};
use super::{believed, cookie, heard};
use crate::lab::ask::verbs::write;
use crate::lab::ask::{Named, Request};
use crate::lab::units::show_duration;
use crate::node::io::{Command, Question, Reply};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split,
};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// How long a door may take to open.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Things that may wait for the subscriber.
const NOTICES: usize = 1_024;

/// The longest line that is taken from the other side, in bytes: several times what the largest
/// lab says of itself at once.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;

/// Room for a line that stays taken when it is read.
const LINE_KEPT: usize = 1024 * 1024;

/// Tries to come in, and the time between two: a door under a flood may close a connection unheard.
const TRIES_MAX: usize = 40;

/// See [`TRIES_MAX`].
const AGAIN: Duration = Duration::from_millis(5);

/// Requests that may wait to be sent.
const CALLS: usize = 64;

/// A connection. Clones are the same one; it ends with the last of them.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    at: Place,
    about: About,
    line: Line,
}

/// What is said over a connection.
struct Line {
    calls: mpsc::Sender<String>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    last_id: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    answers: BTreeMap<u64, oneshot::Sender<Result<Value, RpcError>>>,
    subscriber: Option<mpsc::Sender<Notice>>,
    has_ended: bool,
}

impl Client {
    /// Opens a door.
    ///
    /// # Errors
    /// [`ClientError`]: nobody is there, the cookie is wrong, or it is another protocol.
    ///
    /// # Panics
    /// Outside a runtime.
    pub async fn connect(door: &Door) -> Result<Self, ClientError> {
        let cookie = match &door.cookie {
            Cookie::Text(text) => text.clone(),
            Cookie::File(path) => cookie::read(path).map_err(|error| ClientError::NoCookie {
                path: path.clone(),
                why: error.to_string(),
            })?,
        };
        let unreachable = |why: String| ClientError::Unreachable {
            at: door.at.clone(),
            why,
        };
        let opening = timeout(CONNECT_MAX, async {
            for _ in 1..TRIES_MAX {
                match Self::open(door, &cookie).await {
                    // Others may have come in such numbers that this one was turned out.
                    Err(ClientError::Ended(_)) => sleep(AGAIN).await,
                    done => return done,
                }
            }
            Self::open(door, &cookie).await
        });
        let late = || unreachable(format!("nothing within {}", show_duration(CONNECT_MAX)));
        opening.await.map_err(|_| late())?
    }

    async fn open(door: &Door, cookie: &str) -> Result<Self, ClientError> {
        let unreachable = |error: io::Error| ClientError::Unreachable {
            at: door.at.clone(),
            why: error.to_string(),
        };
        let line = match &door.at {
            Place::Tcp(addr) => {
                let stream = TcpStream::connect(addr).await.map_err(unreachable)?;
                // Requests are small, and somebody waits for each.
                stream.set_nodelay(true).map_err(unreachable)?;
                Line::over(stream)
            }
            Place::Unix(path) => Line::over(UnixStream::connect(path).await.map_err(unreachable)?),
        };
        let client = concat!("chainlab ", env!("CARGO_PKG_VERSION"));
        let params = json!({ "version": VERSION, "cookie": cookie, "client": client });
        let about = line.call(&door.at, "hello", object(params)).await?;
        let about = believed::about(understood(&door.at, about)?);
        Ok(Self(Arc::new(Inner {
            at: door.at.clone(),
            about,
            line,
        })))
    }

    /// What is behind the door.
    pub fn about(&self) -> &About {
        &self.0.about
    }

    /// Where the door is.
    pub fn place(&self) -> &Place {
        &self.0.at
    }

    /// Calls any method.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn call(
        &self,
        method: &str,
        params: Map<String, Value>,
    ) -> Result<Value, ClientError> {
        self.0.line.call(&self.0.at, method, params).await
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn request(&self, request: &Request<Named>) -> Result<Value, ClientError> {
        self.begin(request).await.answer().await
    }

    /// Asks for something, which has its place in the order of what is asked here when this returns. The
    /// answer comes later.
    pub async fn begin(&self, request: &Request<Named>) -> Called {
        let (method, params) = write(request);
        let called = self.0.line.begin(&self.0.at, method, params).await;
        Called {
            _client: Some(self.clone()),
            ..called
        }
    }

    /// Has one of the nodes do something.
    ///
    /// # Errors
    /// [`ClientError`]; the node's own refusal is [`ClientError::Refused`].
    pub async fn command(&self, node: &str, command: &Command) -> Result<Reply, ClientError> {
        self.reply(Request::Node(Some(node.to_owned()), command.clone()))
            .await
    }

    /// Asks one of the nodes something.
    ///
    /// # Errors
    /// As of [`Client::command`].
    pub async fn ask(&self, node: &str, question: &Question) -> Result<Reply, ClientError> {
        self.reply(Request::Ask(Some(node.to_owned()), question.clone()))
            .await
    }

    async fn reply(&self, request: Request<Named>) -> Result<Reply, ClientError> {
        self.begin(&request).await.reply().await
    }

    /// All nodes, as they were last seen.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn status(&self) -> Result<Vec<NodeStatus>, ClientError> {
        let nodes = self.call("status", Map::new()).await?;
        understood(&self.0.at, nodes).map(believed::statuses)
    }

    /// What links are like.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn links(&self) -> Result<Vec<LinkStatus>, ClientError> {
        let links = self.call("links", Map::new()).await?;
        understood(&self.0.at, links)
    }

    /// Hears from now on what happens; a subscription before this one ends.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn subscribe(
        &self,
        wish: Wish,
    ) -> Result<(Opening, mpsc::Receiver<Notice>), ClientError> {
        let (sender, receiver) = mpsc::channel(NOTICES);
        self.0.line.shared.lock().subscriber = Some(sender);
        let params = json!({
            "events": wish.events.name(),
            "interval": show_duration(wish.interval),
        });
        let opening = self.call("subscribe", object(params)).await?;
        let opening = understood(&self.0.at, opening)?;
        Ok((believed::opening(opening), receiver))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Its tasks hold the streams; without a subscriber and without calls they end.
        self.line.shared.lock().subscriber = None;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.at).finish()
    }
}

impl Line {
    fn over(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (read, mut write) = split(stream);
        let (calls, mut to_send) = mpsc::channel::<String>(CALLS);
        let shared = Arc::new(Shared::default());
        let reading = Arc::clone(&shared);
        let reader = tokio::spawn(async move {
            // Whatever went wrong, whoever waits is told that it is over.
            let _ = reading.read(BufReader::new(read)).await;
            reading.end();
        });
        tokio::spawn(async move {
            while let Some(line) = to_send.recv().await {
                if write.write_all(line.as_bytes()).await.is_err() {
                    break;
                }
            }
            let _ = write.shutdown().await;
            // Nobody asks anything any more.
            reader.abort();
        });
        Self { calls, shared }
    }

    async fn call(
        &self,
        at: &Place,
        method: &str,
        params: Map<String, Value>,
    ) -> Result<Value, ClientError> {
        self.begin(at, method, params).await.answer().await
    }

    async fn begin(&self, at: &Place, method: &str, params: Map<String, Value>) -> Called {
        let id = self.shared.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, answer) = oneshot::channel();
        // One that goes at once is an answer that never comes.
        if let Some(answers) = self.shared.lock().open() {
            answers.insert(id, sender);
        }
        let called = Called {
            at: at.clone(),
            answer,
            _forgets: Forgets(Arc::clone(&self.shared), id),
            _client: None,
        };
        // If that fails, so does the answer.
        let _ = self.calls.send(call_line(id, method, &params)).await;
        called
    }
}

/// Something that was asked and is not answered yet.
pub struct Called {
    at: Place,
    answer: oneshot::Receiver<Result<Value, RpcError>>,
    /// Its asker may stop waiting.
    _forgets: Forgets,
    /// The connection lasts until it is answered.
    _client: Option<Client>,
}

impl Called {
    /// The answer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn answer(self) -> Result<Value, ClientError> {
        let ended = |_| ClientError::Ended(self.at.clone());
        let answer = self.answer.await.map_err(ended)?;
        answer.map_err(ClientError::Refused)
    }

    /// The answer of a node.
    ///
    /// # Errors
    /// [`ClientError`]; the node's own refusal is [`ClientError::Refused`].
    pub async fn reply(self) -> Result<Reply, ClientError> {
        let at = self.at.clone();
        let reply = believed::reply(understood(&at, self.answer().await?)?);
        reply.ok_or_else(|| ClientError::Foreign {
            at,
            why: "no node looks like that".to_owned(),
        })
    }
}

impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Called").field(&self.at).finish()
    }
}

/// The answer is not waited for any more, when this goes.
struct Forgets(Arc<Shared>, u64);

impl Drop for Forgets {
    fn drop(&mut self) {
        self.0.lock().answers.remove(&self.1);
    }
}

impl Waiting {
    /// Where answers are waited for, unless none comes any more.
    fn open(&mut self) -> Option<&mut BTreeMap<u64, oneshot::Sender<Result<Value, RpcError>>>> {
        (!self.has_ended).then_some(&mut self.answers)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No panic can leave it half changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, mut stream: BufReader<impl AsyncRead + Unpin>) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = (&mut stream).take(ANSWER_MAX);
            if limited.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            if line.last() != Some(&b'\n') {
                // It is cut off, or longer than anything that this protocol says.
                return Err(io::ErrorKind::InvalidData.into());
            }
            if !heard::is_readable(&line) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let value: Value = serde_json::from_slice(&line)?;
            let Value::Object(mut object) = value else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            heard::mend_texts(&mut object);
            // The room of a line that was long is not kept for the next one.
            line.clear();
            line.shrink_to(LINE_KEPT);
            if let Some(method) = object.remove("method") {
                let mut params = object.remove("params").unwrap_or_default();
                heard::bound(&mut params);
                self.notice(method.as_str().unwrap_or_default(), params)
                    .await?;
            } else {
                self.answer(object);
            }
        }
    }

    fn answer(&self, mut object: Map<String, Value>) {
        let id = object.get("id").and_then(Value::as_u64);
        let error = object.remove("error").map(serde_json::from_value);
        let answer = match error {
            Some(Ok(error)) => Err(error),
            Some(Err(error)) => Err(RpcError::new(NO_REQUEST, format!("no error: {error}"))),
            None => Ok(object.remove("result").unwrap_or_default()),
        };
        let mut waiting = self.lock();
        // What is refused before it was read, such as too many clients, has no number.
        let sender = match id {
            Some(id) => waiting.answers.remove(&id),
            None => waiting.answers.pop_first().map(|(_, sender)| sender),
        };
        if let Some(sender) = sender {
            // Whoever asked may have gone.
            let _ = sender.send(answer);
        }
    }

    async fn notice(&self, method: &str, params: Value) -> io::Result<()> {
        let notice = match method {
            "node" => {
                let status = believed::status(serde_json::from_value(params)?);
                status.map(|status| Notice::Node(Box::new(status)))
            }
            "event" => believed::event(serde_json::from_value(params)?).map(Notice::Event),
            "lab" => Some(Notice::Lab(believed::lab(serde_json::from_value(params)?))),
            "missed" => {
                let events = params["events"].as_u64().unwrap_or_default();
                Some(Notice::Missed(events))
            }
            // A later version of the program may tell more.
            _ => None,
        };
        let Some(notice) = notice else {
            return Ok(());
        };
        let subscriber = self.lock().subscriber.clone();
        if let Some(subscriber) = subscriber
            && subscriber.send(notice).await.is_err()
        {
            self.lock().subscriber = None;
        }
        Ok(())
    }

    fn end(&self) {
        let mut waiting = self.lock();
        *waiting = Waiting {
            has_ended: true,
            ..Waiting::default()
        };
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn understood<T: DeserializeOwned>(at: &Place, mut value: Value) -> Result<T, ClientError> {
    heard::bound(&mut value);
    serde_json::from_value(value).map_err(|error| ClientError::Foreign {
        at: at.clone(),
        why: error.to_string(),
    })
}
