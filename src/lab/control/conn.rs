//! One connection: the greeting, then requests and answers, and what a subscriber is told.
//!
//! The end of what a client says is not the end of the conversation: it may have shut down its
//! writing side and read on. What it has asked is answered; then the connection ends.

use super::controlled::Refusal;
use super::data::{About, EventWish, VERSION, VERSION_BEFORE, Wish};
use super::feed::Feed;
use super::guests::Context;
use super::limits::{
    CALLS_MAX, CLIENTS_MAX, GREETING_MAX, INTERVALS, LAST_ANSWERS_MAX, UNREAD_MAX, WRONG_PAUSE,
};
use super::reader::LineReader;
use super::rpc::{Call, NO_METHOD, RpcError, TOO_MANY, UNGREETED, answer_line};
use crate::lab::ask::params::{Params, bad, required};
use crate::lab::ask::verbs::{unknown, verb};
use crate::lab::ask::{Named, Request};
use crate::lab::paper::units::parse_duration;
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, split};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

/// Serves a client until one of both ends it.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    ctx: &Arc<Context>,
    number: u64,
) {
    let (read, write) = split(stream);
    let mut reader = LineReader::new(read);
    let mut writer = Writer(write);
    // That the other side is gone is no news.
    let _ = converse(&mut reader, &mut writer, ctx, number).await;
    let _ = timeout(UNREAD_MAX, writer.0.shutdown()).await;
}

async fn converse(
    reader: &mut LineReader<impl AsyncRead + Unpin>,
    writer: &mut Writer<impl AsyncWrite + Unpin>,
    ctx: &Arc<Context>,
    number: u64,
) -> io::Result<()> {
    let Some(line) = first_line(reader, writer, ctx, number).await? else {
        return Ok(());
    };
    let (id, greeting) = match Call::read(&line) {
        Ok(call) => (call.id.clone().unwrap_or(Value::Null), greet(call, ctx)),
        Err((id, error)) => (id, Err(error)),
    };
    let version = match greeting {
        Ok(version) => version,
        Err(error) => {
            ctx.spoke(number);
            if error.code == UNGREETED {
                sleep(WRONG_PAUSE).await;
            }
            return writer.refuse(&id, error).await;
        }
    };
    let Ok(_seat) = ctx.seats.try_acquire() else {
        ctx.spoke(number);
        let words = format!("{CLIENTS_MAX} clients are connected already");
        return writer.refuse(&id, RpcError::new(TOO_MANY, words)).await;
    };
    ctx.greeted(number);
    writer.answer(&id, &Ok(about(ctx, version))).await?;
    Session {
        ctx,
        version,
        calls: JoinSet::new(),
        feed: None,
    }
    .run(reader, writer)
    .await
}

/// The line that is to greet, within the time for that; `None`: there is none, and that was said.
async fn first_line(
    reader: &mut LineReader<impl AsyncRead + Unpin>,
    writer: &mut Writer<impl AsyncWrite + Unpin>,
    ctx: &Context,
    number: u64,
) -> io::Result<Option<Vec<u8>>> {
    let greeting = timeout(GREETING_MAX, async {
        reader.begin().await?;
        // What is whole is judged below without a pause: it does not lose its seat meanwhile.
        if !reader.has_line() {
            ctx.spoke(number);
        }
        reader.next().await
    });
    let error = match greeting.await {
        Ok(Ok(line)) => return Ok(line),
        Ok(Err(error)) => error.into(),
        Err(_) => RpcError::new(UNGREETED, "no hello came in time"),
    };
    writer.refuse(&Value::Null, error).await?;
    Ok(None)
}

/// What `hello` answers where this version is spoken.
fn about(ctx: &Context, version: u32) -> Value {
    json!(About {
        version,
        ..ctx.endpoint.about()
    })
}

/// Reads a `hello`: the version that is spoken from here on.
fn greet(call: Call, ctx: &Context) -> Result<u32, RpcError> {
    if call.method != "hello" {
        let words = "say hello first, with the cookie";
        return Err(RpcError::new(UNGREETED, words));
    }
    let mut params = Params::new(call.params);
    let version: u32 = required("version", params.number("version")?)?;
    let cookie = required("cookie", params.text("cookie", "0f3a...")?)?;
    // For people who look at what goes over the wire.
    params.text("client", "chainlab 0.1.0")?;
    params.finish()?;
    if !ctx.cookie.is(&cookie) {
        return Err(RpcError::new(
            UNGREETED,
            "that is not the cookie of this door",
        ));
    }
    if !(VERSION_BEFORE..=VERSION).contains(&version) {
        let words = format!(
            "version {version} is asked for, and this is version {VERSION}, which speaks {VERSION_BEFORE} as well"
        );
        return Err(bad("version", words).into());
    }
    if version < VERSION && ctx.endpoint.time().is_some() {
        return Err(bad("version", GOES_BACK).into());
    }
    Ok(version)
}

/// Why what is told here cannot be told to those who do not know that it may be taken back.
const GOES_BACK: &str = "this lab is in virtual time, which may go back, and version 1 cannot say so: ask for \
                         version 2, which tells by a notice time how it goes, and how all is by a notice \
                         opening when it went back";

type Done = (Option<Value>, Result<Value, RpcError>);

/// A client that has said hello.
struct Session<'a> {
    ctx: &'a Arc<Context>,
    version: u32,
    calls: JoinSet<Done>,
    feed: Option<Feed>,
}

/// What comes of a request.
enum CallOutcome {
    Answer(Result<Value, RpcError>),
    Later(Request<Named>),
    /// How all nodes look, which they are asked for.
    Status,
}

impl Session<'_> {
    async fn run(
        mut self,
        reader: &mut LineReader<impl AsyncRead + Unpin>,
        writer: &mut Writer<impl AsyncWrite + Unpin>,
    ) -> io::Result<()> {
        loop {
            let has_room = self.calls.len() < CALLS_MAX;
            tokio::select! {
                Some(done) = self.calls.join_next() => writer.answer_done(done).await?,
                line = reader.next(), if has_room => match line {
                    Ok(Some(line)) => self.take(&line, writer).await?,
                    Ok(None) => break,
                    Err(error) => {
                        writer.refuse(&Value::Null, error.into()).await?;
                        break;
                    }
                },
                line = next(&mut self.feed) => writer.write(line.as_bytes()).await?,
            }
        }
        // Nothing is begun any more. What has no answer by then is done to its end all the same:
        // see `begin`.
        let last = timeout(LAST_ANSWERS_MAX, answer_all(self.calls, writer));
        last.await.unwrap_or(Ok(()))
    }

    async fn take(
        &mut self,
        line: &[u8],
        writer: &mut Writer<impl AsyncWrite + Unpin>,
    ) -> io::Result<()> {
        let call = match Call::read(line) {
            Ok(call) => call,
            Err((id, error)) => return writer.answer(&id, &Err(error)).await,
        };
        let id = call.id.clone();
        match self.outcome(call) {
            Ok(CallOutcome::Later(request)) => {
                let doing = self.ctx.endpoint.serve(request);
                self.calls.spawn(async move {
                    let answer = doing.await.map_err(|refusal| match refusal {
                        Refusal::Request(bad) => bad.into(),
                        Refusal::Failed(refusal) => refusal.into(),
                    });
                    (id, answer)
                });
                Ok(())
            }
            Ok(CallOutcome::Status) => {
                let looking = self.ctx.endpoint.fresh_status();
                self.calls
                    .spawn(async move { (id, Ok(json!(looking.await))) });
                Ok(())
            }
            Ok(CallOutcome::Answer(answer)) => writer.answer_if(id, &answer).await,
            Err(error) => writer.answer_if(id, &Err(error)).await,
        }
    }

    fn outcome(&mut self, call: Call) -> Result<CallOutcome, RpcError> {
        let endpoint = &self.ctx.endpoint;
        let answer = match call.method.as_str() {
            "hello" => about(self.ctx, self.version),
            "status" => {
                Params::new(call.params).finish()?;
                return Ok(CallOutcome::Status);
            }
            "links" => {
                Params::new(call.params).finish()?;
                json!(endpoint.links())
            }
            "time" => {
                Params::new(call.params).finish()?;
                json!(endpoint.time())
            }
            "subscribe" => {
                let wish = read_wish(Params::new(call.params))?;
                if wish.waits && endpoint.time().is_none() {
                    let words = "time waits in a lab in virtual time alone: chainlab run --virtual";
                    return Err(bad("wait", words).into());
                }
                let (feed, opening) =
                    Feed::new(Arc::clone(endpoint), Arc::clone(&self.ctx.lines), wish);
                self.feed = Some(feed);
                json!(opening)
            }
            "unsubscribe" => {
                Params::new(call.params).finish()?;
                self.feed = None;
                json!({ "done": "nothing is told any more" })
            }
            name => {
                let found = verb(name);
                let verb = found.ok_or_else(|| RpcError::new(NO_METHOD, unknown(name)))?;
                return Ok(CallOutcome::Later(verb.read(call.params)?));
            }
        };
        Ok(CallOutcome::Answer(Ok(answer)))
    }
}

/// Answers what was begun, as it is done.
async fn answer_all(
    mut calls: JoinSet<Done>,
    writer: &mut Writer<impl AsyncWrite + Unpin>,
) -> io::Result<()> {
    while let Some(done) = calls.join_next().await {
        writer.answer_done(done).await?;
    }
    Ok(())
}

fn read_wish(mut params: Params) -> Result<Wish, RpcError> {
    let usual = Wish::default();
    let events = params.read("events", "news", |text| {
        let found = EventWish::NAMES.into_iter().find(|(name, _)| *name == text);
        found
            .map(|(_, wish)| wish)
            .ok_or_else(|| format!("{text:?} is none of \"none\", \"news\", \"all\""))
    })?;
    let interval = params.read("interval", "100ms", parse_duration)?;
    let waits = params.flag("wait")?;
    params.finish()?;
    if interval.is_some_and(|interval| !INTERVALS.contains(&interval)) {
        return Err(bad("interval", "20ms to 1h are possible").into());
    }
    Ok(Wish {
        events: events.unwrap_or(usual.events),
        interval: interval.unwrap_or(usual.interval),
        waits: waits.unwrap_or(usual.waits),
    })
}

async fn next(feed: &mut Option<Feed>) -> Arc<str> {
    match feed {
        Some(feed) => feed.next().await,
        None => std::future::pending().await,
    }
}

/// Where lines go.
struct Writer<W>(W);

impl<W: AsyncWrite + Unpin> Writer<W> {
    async fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let written = timeout(UNREAD_MAX, self.0.write_all(line)).await;
        written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn answer(&mut self, id: &Value, answer: &Result<Value, RpcError>) -> io::Result<()> {
        self.write(answer_line(id, answer).as_bytes()).await
    }

    /// Answers what is done. What panicked has no answer.
    async fn answer_done(&mut self, done: Result<Done, JoinError>) -> io::Result<()> {
        match done {
            Ok((id, answer)) => self.answer_if(id, &answer).await,
            Err(_) => Ok(()),
        }
    }

    /// Answers, if an answer is wanted.
    async fn answer_if(
        &mut self,
        id: Option<Value>,
        answer: &Result<Value, RpcError>,
    ) -> io::Result<()> {
        match id {
            Some(id) => self.answer(&id, answer).await,
            None => Ok(()),
        }
    }

    async fn refuse(&mut self, id: &Value, error: RpcError) -> io::Result<()> {
        self.answer(id, &Err(error)).await
    }
}
