//! `chainlab proxy` as people run it.

use super::scene::*;
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chainlab"))
            .arg("proxy")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was built");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let input = child.stdin.take();
        Self {
            child,
            input,
            lines,
        }
    }

    fn write(&mut self, line: &str) {
        let input = self.input.as_mut().expect("open");
        writeln!(input, "{line}").expect("it reads");
    }

    /// The next line of this kind, with what is in it.
    fn next(&mut self, kind: &str) -> Value {
        loop {
            let line = self.lines.next().expect("a line").expect("text");
            let line: Value = serde_json::from_str(&line).expect("JSON");
            if let Some(found) = line["kind"].get(kind) {
                return found.clone();
            }
            if line["kind"] == kind {
                return Value::Null;
            }
        }
    }

    /// Ends it; what it complained about.
    fn ends(mut self) -> String {
        self.child.kill().expect("it runs");
        let mut words = String::new();
        let mut errors = self.child.stderr.take().expect("a pipe");
        errors.read_to_string(&mut words).expect("text");
        self.child.wait().expect("it ran");
        words
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_change_the_link_while_it_runs_and_their_end_changes_nothing() {
    let target = TcpListener::bind(any()).await.expect("a port");
    let to = target.local_addr().expect("bound").to_string();
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--to",
        &to,
        "--network",
        "regtest",
        "--latency",
        "30ms",
        "--json",
    ];
    let mut program = Program::start(&[&args[..], &["--messages"]].concat());
    let at = program.next("listens");
    let at: SocketAddr = at["addr"].as_str().expect("one").parse().expect("one");
    let connect = || async {
        let dialler = TcpStream::connect(at).await.expect("it listens");
        let (dialled, _) = soon(target.accept()).await.expect("it is dialled");
        (dialler, dialled)
    };

    let (mut dialler, mut dialled) = connect().await;
    let ping = message("ping", vec![1; 8]);
    let took = says(&mut dialler, &mut dialled, &ping).await;
    assert!(took >= Duration::from_millis(30), "{took:?}");
    let told = program.next("message");
    assert_eq!(
        (&told["command"], &told["bytes"]),
        (&"ping".into(), &32.into())
    );

    program.write("back latency 200ms");
    let link = program.next("link");
    assert_eq!(link["there"]["latency"], "30ms");
    assert_eq!(link["back"]["latency"], "200ms");
    let took = says(&mut dialled, &mut dialler, &ping).await;
    assert!(took >= Duration::from_millis(200), "{took:?}");

    program.write("latncy 1s");
    let begun = Instant::now();
    program.write("cut");
    assert_eq!(program.next("link")["there"]["state"], "cut");
    assert!(is_closed(&mut dialler).await && is_closed(&mut dialled).await);
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(program.next("ended")["why"], "the link is cut");

    program.write("open");
    program.input = None;
    assert_eq!(program.next("link")["back"]["state"], "open");
    let (mut dialler, mut dialled) = connect().await;
    says(&mut dialler, &mut dialled, &ping).await;
    let complaint = program.ends();
    assert!(
        complaint.contains("there is no word \"latncy\"; did you mean \"latency\"?"),
        "{complaint}"
    );
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let refused = |args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_chainlab"))
            .arg("proxy")
            .args(args)
            .output()
            .expect("it was built");
        assert_eq!(done.status.code(), Some(2), "{args:?}");
        String::from_utf8(done.stderr).expect("text")
    };
    let both = ["--listen", "127.0.0.1:0", "--to", "127.0.0.1:18444"];
    let with = |more: &[&'static str]| refused(&[&both[..], more].concat());
    assert!(with(&["--latency", "80"]).contains("--latency: \"80\" is not a duration"));
    assert!(with(&["--loss", "1"]).contains("--loss: 1 is not between 0 and 0.9"));
    assert!(with(&["--preset", "dls"]).contains("did you mean \"dsl\"?"));
    let elsewhere = refused(&["--listen", "0.0.0.0:0", "--to", "127.0.0.1:18444"]);
    assert!(
        elsewhere.contains("a proxy listens on this machine alone"),
        "{elsewhere}"
    );
    let unknown = refused(&["--listen", "127.0.0.1:0", "--to", "127.0.0.1:5"]);
    assert!(
        unknown.contains("--network is needed: 5 is no network's usual port"),
        "{unknown}"
    );
}
