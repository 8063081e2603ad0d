//! The other side of an endpoint: what a shell or an attached screen holds of a lab or a node that runs
//! in another process.
//!
//! A task reads what comes, one sends what is to go. Answers find their askers by number;
//! what was not asked for goes to the subscriber, through a queue: when it is full nothing more is
//! read, and the other side leaves out what is old.

mod error;
mod line;

pub use self::error::ClientError;
pub use self::line::Called;

use self::line::{Line, understood};

use super::data::{About, Cookie, Endpoint, EndpointAddr, Notice, Opening, VERSION, Wish};
use super::{believed, cookie};
use crate::lab::ask::{Named, Request, write};
use crate::lab::paper::units::show_duration;
use crate::lab::view::{LinkStatus, NodeStatus, TimeView};
use crate::node::io::{Command, Question, Reply};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Things that may wait for the subscriber.
const NOTICES: usize = 1_024;

/// Tries to come in, and the time between two: an endpoint under a flood may close a connection unheard.
const TRIES_MAX: usize = 40;

/// See [`TRIES_MAX`].
const AGAIN: Duration = Duration::from_millis(5);

/// A connection. Clones are the same one; it ends with the last of them.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    at: EndpointAddr,
    about: About,
    line: Line,
}

impl Client {
    /// Connects to an endpoint.
    ///
    /// # Errors
    /// [`ClientError`]: there is no answer, the cookie is wrong, or it is another protocol.
    ///
    /// # Panics
    /// Outside a runtime.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let cookie = match &endpoint.cookie {
            Cookie::Text(text) => text.clone(),
            Cookie::File(path) => cookie::read(path).map_err(|error| ClientError::NoCookie {
                path: path.clone(),
                why: error.to_string(),
            })?,
        };
        let unreachable = |why: String| ClientError::Unreachable {
            at: endpoint.at.clone(),
            why,
        };
        let opening = timeout(CONNECT_MAX, async {
            for _ in 1..TRIES_MAX {
                match Self::open(endpoint, &cookie).await {
                    // Others may have come in such numbers that this one was turned out.
                    Err(ClientError::Ended(_)) => sleep(AGAIN).await,
                    done => return done,
                }
            }
            Self::open(endpoint, &cookie).await
        });
        let late = || unreachable(format!("nothing within {}", show_duration(CONNECT_MAX)));
        opening.await.map_err(|_| late())?
    }

    async fn open(endpoint: &Endpoint, cookie: &str) -> Result<Self, ClientError> {
        let unreachable = |error: io::Error| ClientError::Unreachable {
            at: endpoint.at.clone(),
            why: error.to_string(),
        };
        let line = match &endpoint.at {
            EndpointAddr::Tcp(addr) => {
                let stream = TcpStream::connect(addr).await.map_err(unreachable)?;
                // Requests are small, and a caller waits for each.
                stream.set_nodelay(true).map_err(unreachable)?;
                Line::over(stream)
            }
            EndpointAddr::Unix(path) => {
                Line::over(UnixStream::connect(path).await.map_err(unreachable)?)
            }
        };
        let client = concat!("chainlab ", env!("CARGO_PKG_VERSION"));
        let params = json!({ "version": VERSION, "cookie": cookie, "client": client });
        let about = line.call(&endpoint.at, "hello", object(params)).await?;
        let about = believed::about(understood(&endpoint.at, about)?);
        Ok(Self(Arc::new(Inner {
            at: endpoint.at.clone(),
            about,
            line,
        })))
    }

    /// What is behind the endpoint.
    pub fn about(&self) -> &About {
        &self.0.about
    }

    /// Where the endpoint is.
    pub fn place(&self) -> &EndpointAddr {
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
        self.0.line.begin(&self.0.at, method, params).await
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

    /// How its time goes; `None`: by itself.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn time(&self) -> Result<Option<TimeView>, ClientError> {
        let time = self.call("time", Map::new()).await?;
        let time: Option<TimeView> = understood(&self.0.at, time)?;
        Ok(time.map(believed::time))
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
        self.0.line.subscribe(Some(sender));
        let params = json!({
            "events": wish.events.name(),
            "interval": show_duration(wish.interval),
            "wait": wish.waits.then_some(true),
        });
        let opening = self.call("subscribe", object(params)).await?;
        let opening = understood(&self.0.at, opening)?;
        Ok((believed::opening(opening), receiver))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Its tasks hold the streams; without a subscriber and without calls they end.
        self.line.subscribe(None);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.at).finish()
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
