//! One connection: what is asked over it and what comes back, each answer to what it belongs to.

use super::ClientError;
use crate::lab::control::data::{EndpointAddr, Notice};
use crate::lab::control::rpc::{NO_REQUEST, RpcError, call_line};
use crate::lab::control::{believed, heard};
use crate::node::io::Reply;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split,
};
use tokio::sync::{mpsc, oneshot};

/// The longest line that is taken from the other side, in bytes: several times what the largest
/// lab says of itself at once.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;

/// Room for a line that stays taken when it is read.
const LINE_KEPT: usize = 1024 * 1024;

/// Requests that may wait to be sent.
const CALLS: usize = 64;

/// What is said over a connection.
pub(super) struct Line {
    calls: mpsc::Sender<String>,
    shared: Arc<Exchange>,
}

#[derive(Default)]
struct Exchange {
    last_id: AtomicU64,
    waiting: Mutex<Callers>,
}

#[derive(Default)]
struct Callers {
    answers: BTreeMap<u64, oneshot::Sender<Result<Value, RpcError>>>,
    subscriber: Option<mpsc::Sender<Notice>>,
    has_ended: bool,
}

impl Line {
    pub(super) fn over(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (read, mut write) = split(stream);
        let (calls, mut to_send) = mpsc::channel::<String>(CALLS);
        let shared = Arc::new(Exchange::default());
        let (reading, writing) = (Arc::clone(&shared), Arc::clone(&shared));
        let reader = tokio::spawn(async move {
            // Whatever went wrong, all that wait are told that it is over.
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
            // Nothing is asked any more, and nothing is answered.
            reader.abort();
            writing.end();
        });
        Self { calls, shared }
    }

    pub(super) async fn call(
        &self,
        at: &EndpointAddr,
        method: &str,
        params: Map<String, Value>,
    ) -> Result<Value, ClientError> {
        self.begin(at, method, params).await.answer().await
    }

    pub(super) async fn begin(
        &self,
        at: &EndpointAddr,
        method: &str,
        params: Map<String, Value>,
    ) -> Called {
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
            _calls: self.calls.clone(),
        };
        // If that fails, so does the answer.
        let _ = self.calls.send(call_line(id, method, &params)).await;
        called
    }
}

/// Something that was asked and is not answered yet.
pub struct Called {
    at: EndpointAddr,
    answer: oneshot::Receiver<Result<Value, RpcError>>,
    /// Its asker may stop waiting.
    _forgets: Forgets,
    /// The connection lasts until it is answered.
    _calls: mpsc::Sender<String>,
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
struct Forgets(Arc<Exchange>, u64);

impl Drop for Forgets {
    fn drop(&mut self) {
        self.0.lock().answers.remove(&self.1);
    }
}

impl Callers {
    /// Where answers are waited for, unless none comes any more.
    fn open(&mut self) -> Option<&mut BTreeMap<u64, oneshot::Sender<Result<Value, RpcError>>>> {
        (!self.has_ended).then_some(&mut self.answers)
    }
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, Callers> {
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
            // The asker may have gone.
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
            "time" => {
                let news = believed::time_news(serde_json::from_value(params)?);
                Some(Notice::Time(Box::new(news)))
            }
            "opening" => {
                let opening = believed::opening(serde_json::from_value(params)?);
                Some(Notice::Opening(Box::new(opening)))
            }
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
        *waiting = Callers {
            has_ended: true,
            ..Callers::default()
        };
    }
}

impl Line {
    /// From now on what the other side tells goes there; what was told before goes nowhere any more.
    pub(super) fn subscribe(&self, subscriber: Option<mpsc::Sender<Notice>>) {
        self.shared.lock().subscriber = subscriber;
    }
}

pub(super) fn understood<T: DeserializeOwned>(
    at: &EndpointAddr,
    mut value: Value,
) -> Result<T, ClientError> {
    heard::bound(&mut value);
    serde_json::from_value(value).map_err(|error| ClientError::Foreign {
        at: at.clone(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
