//! An endpoint behind which there is no lab, only what a test says.

use chainlab::lab::control::{Cookie, Endpoint, EndpointAddr};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// What it answers to a method: a result, or an error.
pub type Answers = dyn Fn(&str) -> Result<Value, Value> + Send + Sync;

/// An endpoint that tells its subscriber what the test hands it, line by line.
pub struct FakeEndpoint {
    pub endpoint: Endpoint,
    pub tells: mpsc::UnboundedSender<String>,
}

pub async fn open(
    answers: impl Fn(&str) -> Result<Value, Value> + Send + Sync + 'static,
) -> FakeEndpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let at = EndpointAddr::Tcp(listener.local_addr().expect("it is bound"));
    let cookie = Cookie::Text("any".to_owned());
    let (tells, told) = mpsc::unbounded_channel();
    let (answers, told) = (Arc::new(answers), Arc::new(Mutex::new(told)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&answers) as _, Arc::clone(&told)));
        }
    });
    FakeEndpoint {
        endpoint: Endpoint { at, cookie },
        tells,
    }
}

async fn serve(
    stream: TcpStream,
    answers: Arc<Answers>,
    told: Arc<Mutex<mpsc::UnboundedReceiver<String>>>,
) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut is_subscribed = false;
    loop {
        let mut told = told.lock().await;
        let line = tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => answer(&line, &*answers, &mut is_subscribed),
                _ => return,
            },
            Some(line) = told.recv(), if is_subscribed => format!("{line}\n"),
        };
        if write.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(line: &str, answers: &Answers, is_subscribed: &mut bool) -> String {
    let call: Value = serde_json::from_str(line).expect("our client speaks JSON");
    let method = call["method"].as_str().expect("a method");
    *is_subscribed |= method == "subscribe";
    let line = match answers(method) {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": call["id"], "error": error }),
    };
    format!("{line}\n")
}
