//! A client of an endpoint that is not ours: lines over a socket, as any program in any language
//! writes and reads them.

#![allow(clippy::disallowed_methods, reason = "a test reads the cookie")]

use super::live::{PATIENCE, soon};
use super::running::{options, start, until};
use chainlab::lab::control::{Cookie, Endpoint, EndpointAddr};
use chainlab::lab::drive::registry::Entry;
use chainlab::lab::{Control, Lab, LabOptions};
use serde_json::{Value, json};
use std::path::Path;
use std::{fs, io};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf,
    WriteHalf, split,
};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// Both kinds of sockets.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

/// A connection, of which only lines are known.
pub struct Raw {
    read: BufReader<ReadHalf<Box<dyn Socket>>>,
    write: WriteHalf<Box<dyn Socket>>,
}

/// A lab with endpoints.
pub async fn open_lab(text: &str) -> (Lab, Entry) {
    let lab = start(LabOptions {
        control: Control::Anywhere,
        ..options(text)
    });
    let lab = lab.expect("it starts");
    let entry = opened(&lab).await;
    (lab, entry)
}

/// A lab whose miner does not wait to be asked: some five blocks a second.
pub const BUSY: &str = r#"
[chain]
block_interval = "200ms"
retarget = "fixed"
difficulty = "auto"
maturity = 1

[chain.genesis]
alice = "10"

[link]
latency = "5ms"

[[node]]
name = "central"

[[node]]
name = "wallet"
connect = ["central"]
wallets = ["alice", "bob"]

[[node]]
name = "miner"
connect = ["central"]
wallets = ["rewards"]
mine = { hashrate = "1 kH/s", to = "rewards", first = "at once" }
"#;

/// Whatever somebody did: blocks go on to come, and whoever behaves well is answered.
pub async fn goes_on(lab: &Lab, entry: &Entry) {
    let mut client = Raw::greeted(&entry.endpoint).await;
    let height = |nodes: &Value| {
        let height = &nodes[2]["snapshot"]["tip"]["height"];
        height.as_u64().unwrap_or_default()
    };
    let before = height(&client.result("status", json!({})).await);
    until(lab, |view| {
        let miner = view.nodes[2].snapshot.as_ref();
        miner.is_some_and(|seen| u64::from(seen.tip.height) > before)
    })
    .await;
    let after = height(&client.result("status", json!({})).await);
    assert!(after > before, "{after} after {before}");
}

/// Where its endpoints are, once they are open.
pub async fn opened(lab: &Lab) -> Entry {
    until(lab, |_| lab.entry().is_some()).await;
    lab.entry().expect("it has just been there")
}

pub fn cookie(endpoint: &Endpoint) -> String {
    match &endpoint.cookie {
        Cookie::File(path) => fs::read_to_string(path).expect("the cookie's file"),
        Cookie::Text(text) => text.clone(),
    }
}

pub fn hello(cookie: &str) -> Value {
    call(
        0,
        "hello",
        json!({ "version": 2, "cookie": cookie, "client": "a test" }),
    )
}

pub fn call(id: u64, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

impl Raw {
    pub fn over(socket: impl Socket + 'static) -> Self {
        let socket: Box<dyn Socket> = Box::new(socket);
        let (read, write) = split(socket);
        Self {
            read: BufReader::new(read),
            write,
        }
    }

    /// Comes to an endpoint and says nothing.
    pub async fn at(place: &EndpointAddr) -> Self {
        match place {
            EndpointAddr::Tcp(addr) => Self::over(TcpStream::connect(addr).await.expect("a door")),
            EndpointAddr::Unix(path) => Self::socket(path).await,
        }
    }

    pub async fn socket(path: &Path) -> Self {
        Self::over(UnixStream::connect(path).await.expect("a door"))
    }

    /// Comes in.
    pub async fn greeted(endpoint: &Endpoint) -> Self {
        let mut client = Self::at(&endpoint.at).await;
        client.greets(endpoint).await;
        client
    }

    pub async fn greets(&mut self, endpoint: &Endpoint) {
        let answer = self.asks(hello(&cookie(endpoint))).await;
        assert!(answer["result"]["version"].is_u64(), "{answer}");
    }

    /// Writes bytes; that nobody takes them any more is no mistake of the test.
    pub async fn writes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write.write_all(bytes).await
    }

    pub async fn says(&mut self, line: &Value) {
        let written = self.writes(format!("{line}\n").as_bytes()).await;
        written.expect("the door is open");
    }

    /// Says nothing any more, and reads on, as `nc -N` does.
    pub async fn falls_silent(&mut self) {
        self.write.shutdown().await.expect("the door is open");
    }

    /// The next line; `None`: the connection has ended.
    pub async fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = soon(self.read.read_line(&mut line)).await;
        match read {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(serde_json::from_str(&line).expect("every line is JSON")),
        }
    }

    pub async fn hears(&mut self) -> Value {
        self.line().await.expect("the connection is there")
    }

    /// Asks, and waits for the answer; what a subscriber is told meanwhile is left out.
    pub async fn asks(&mut self, request: Value) -> Value {
        self.says(&request).await;
        loop {
            let line = self.hears().await;
            if line.get("method").is_none() {
                assert_eq!(line["id"], request["id"], "{line}");
                return line;
            }
        }
    }

    /// What a method answers.
    pub async fn result(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.asks(call(1, method, params)).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Asks, and is refused: with which code and words.
    pub async fn refused(&mut self, request: Value) -> (i64, String) {
        error(&self.asks(request).await)
    }

    /// Nothing comes any more but the end.
    pub async fn is_let_go(&mut self) {
        let mut rest = Vec::new();
        let end = timeout(PATIENCE, self.read.read_to_end(&mut rest)).await;
        // Who is let go in the midst of a line may see that as a reset.
        let _ = end.expect("the connection ends");
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

/// The kind of a refusal.
pub fn kind(line: &Value) -> &str {
    let kind = line["error"]["data"]["kind"].as_str();
    kind.unwrap_or_else(|| panic!("no kind: {line}"))
}

/// Code and words of a refusal.
pub fn error(line: &Value) -> (i64, String) {
    let error = &line["error"];
    let code = error["code"].as_i64();
    let words = error["message"].as_str();
    match (code, words) {
        (Some(code), Some(words)) => (code, words.to_owned()),
        _ => panic!("no refusal: {line}"),
    }
}
