//! A node in a process of its own, which a test asks, kills, stops and starts again: the test's own
//! program, started once more with orders in its environment.
//!
//! A test binary that uses it has one test at its root, ignored and named [`CHILD`], that calls
//! [`live`]. Orders come as lines on its input, `number line` with a command or a question in JSON, and
//! answers go out as lines `answer number reply`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

use super::live::PATIENCE;
use chainlab::chain::Params;
use chainlab::live::{self, End, LabClock};
use chainlab::node::Config;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, CommandError, Question, Reply};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use std::{env, thread};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// The name of the test that is the child.
pub const CHILD: &str = "a_node_in_a_process_of_its_own";

const ORDERS_VAR: &str = "CHAINLAB_TEST_NODE";

/// How long a child waits for its port: of a child that was killed it is free at once, or soon.
const PORT_PATIENCE: Duration = Duration::from_secs(10);

/// What the node is to be.
#[derive(Clone, Serialize, Deserialize)]
pub struct Orders {
    pub name: String,
    pub dir: PathBuf,
    pub at: SocketAddr,
    pub connect: Vec<SocketAddr>,
    pub wallets: Vec<String>,
    /// It mines at this rate.
    pub hashrate: Option<f64>,
    pub params: Params,
}

type Answer = Result<Reply, CommandError>;

/// A line to the child, after its number.
#[derive(Debug, Serialize, Deserialize)]
enum Line {
    Command(Command),
    Question(Question),
}

/// The child's whole life, until its input ends.
pub fn live() {
    let orders = env::var(ORDERS_VAR).expect("started by another test, not by hand");
    let orders: Orders = serde_json::from_str(&orders).expect("orders");
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("threads");
    let seeds = live::seeds().expect("the system has randomness");
    let mut config = Config::new(&orders.name, Arc::new(orders.params), seeds);
    config.outbound = 0;
    config.connect = orders.connect;
    config.wallets = orders.wallets;
    if let Some(hashrate) = orders.hashrate {
        (config.mining, config.hashrate) = (MiningMode::On, hashrate);
    }
    let node = runtime.block_on(async {
        let listener = Some(bind(orders.at).await);
        live::spawn(config, &orders.dir, listener, LabClock::from_wall()).await
    });
    let node = node.expect("opens without repair");
    for line in stdin().lines() {
        let line = line.expect("text");
        let (number, line) = line.split_once(' ').expect("a number and a line");
        let answer: Answer = match serde_json::from_str(line).expect("a command or a question") {
            Line::Command(command) => node.command_blocking(command),
            Line::Question(question) => node.ask_blocking(question),
        };
        let answer = serde_json::to_string(&answer).expect("plain data");
        let mut out = stdout().lock();
        // Nobody may read on.
        let _ = writeln!(out, "\nanswer {number} {answer}").and_then(|()| out.flush());
    }
    assert_eq!(runtime.block_on(node.stop()), End::Stopped);
}

async fn bind(at: SocketAddr) -> TcpListener {
    let until = Instant::now() + PORT_PATIENCE;
    loop {
        match TcpListener::bind(at).await {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < until, "{at}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A node's process. Killed when the test is done with it.
pub struct Process {
    name: String,
    child: Child,
    /// Ends the child when it is dropped.
    orders: Option<ChildStdin>,
    answers: Receiver<(u64, Answer)>,
    asked: u64,
}

impl Process {
    pub fn start(orders: &Orders) -> Self {
        let text = serde_json::to_string(orders).expect("plain data");
        let mut child = std::process::Command::new(env::current_exe().expect("running"))
            .args(["--exact", CHILD, "--ignored", "--nocapture"])
            .env(ORDERS_VAR, text)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("this program starts");
        Self {
            name: orders.name.clone(),
            orders: child.stdin.take(),
            answers: follow(child.stdout.take().expect("piped")),
            child,
            asked: 0,
        }
    }

    /// Gives a command, and does not wait. Returns its number.
    pub fn tell(&mut self, command: &Command) -> u64 {
        self.write(&Line::Command(command.clone()))
    }

    /// Gives a command, and waits for the answer.
    pub fn call(&mut self, command: &Command) -> Answer {
        self.answer_to(&Line::Command(command.clone()))
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, question: &Question) -> Answer {
        self.answer_to(&Line::Question(question.clone()))
    }

    fn answer_to(&mut self, line: &Line) -> Answer {
        let number = self.write(line);
        let answer = self.answer(number, PATIENCE);
        answer.unwrap_or_else(|| panic!("{} has no answer to {line:?}", self.name))
    }

    fn write(&mut self, line: &Line) -> u64 {
        self.asked += 1;
        let line = serde_json::to_string(line).expect("plain data");
        let mut orders = self.orders.as_ref().expect("not told to end");
        let told = writeln!(orders, "{} {line}", self.asked);
        told.unwrap_or_else(|error| panic!("{} is gone: {error}", self.name));
        self.asked
    }

    /// The answer to a line; `None`: it did not come in time, or the process is gone.
    pub fn answer(&mut self, number: u64, patience: Duration) -> Option<Answer> {
        let until = Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (answered, answer) = self.answers.recv_timeout(left).ok()?;
            if answered == number {
                return Some(answer);
            }
        }
    }

    /// SIGKILL. Answers that had left can still be read.
    pub fn kill(&mut self) {
        let ended = self.child.try_wait().expect("ours");
        assert_eq!(ended, None, "{} ended before it was killed", self.name);
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ran");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", name, &pid])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Lets it stop as it should.
    pub fn stop(mut self) -> ExitStatus {
        drop(self.orders.take());
        self.child.wait().expect("ours")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what a child says until it is gone.
fn follow(out: ChildStdout) -> Receiver<(u64, Answer)> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines() {
            let Ok(line) = line else { return };
            let Some(rest) = line.strip_prefix("answer ") else {
                continue;
            };
            // A child that is killed may leave half a line behind.
            let Some((number, answer)) = rest.split_once(' ') else {
                continue;
            };
            if let (Ok(number), Ok(answer)) = (number.parse(), serde_json::from_str(answer)) {
                // The test may have seen enough.
                let _ = sender.send((number, answer));
            }
        }
    });
    receiver
}

/// Ports that are free, below those from which the system takes its own: one of those could be taken
/// by a dial while its node is down.
pub fn ports(count: usize) -> Vec<SocketAddr> {
    const FIRST: u16 = 20_000;
    const LAST: u16 = 32_000;
    let span = u32::from(LAST - FIRST);
    let start = u16::try_from(std::process::id() * 64 % span).expect("below 2^16");
    let ports = (0..LAST - FIRST).map(|offset| FIRST + (start + offset) % (LAST - FIRST));
    let addrs = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let free = addrs.filter(|addr| std::net::TcpListener::bind(addr).is_ok());
    let found: Vec<SocketAddr> = free.take(count).collect();
    assert_eq!(found.len(), count, "ports are free");
    found
}
