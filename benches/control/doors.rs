//! Labs with endpoints, and whoever comes in with nothing but a socket.

use chainlab::lab::control::{Cookie, Endpoint, EndpointAddr};
use chainlab::lab::drive::registry::Entry;
use chainlab::lab::{Consent, Control, Lab, LabOptions, LabView, Outside, layout};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};
use tokio::runtime::Runtime;

/// How long something may take that must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at a lab.
const LOOK: Duration = Duration::from_millis(1);

/// A lab, on threads of its own.
pub struct Opened {
    pub runtime: Runtime,
    pub lab: Lab,
    pub entry: Entry,
}

impl Opened {
    /// Starts it, and waits until its endpoints are open and all nodes have the first block.
    pub fn start(text: &str) -> Self {
        let runtime = Runtime::new().expect("threads");
        let options = LabOptions {
            layout: layout::read("lab", text).expect("it is sound"),
            layout_text: text.to_owned(),
            is_layout_chosen: true,
            data_dir: None,
            seed: None,
            clock: None,
            control: Control::Anywhere,
            programs: Consent::Refused,
            outside: Outside::default(),
        };
        let lab = Lab::start(options, runtime.handle().clone()).expect("it starts");
        waits(&lab, |view| {
            let mut seen = view.nodes.iter().map(|node| node.snapshot.as_ref());
            lab.entry().is_some() && seen.all(|seen| seen.is_some_and(|seen| seen.tip.height > 0))
        });
        let entry = lab.entry().expect("its doors are open");
        Self {
            runtime,
            lab,
            entry,
        }
    }

    pub fn close(self) {
        self.runtime.block_on(self.lab.close()).expect("it closes");
    }
}

/// Waits until a lab looks like this.
pub fn waits(lab: &Lab, is_so: impl Fn(&LabView) -> bool) {
    let since = Instant::now();
    while !is_so(&lab.view()) {
        assert!(since.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(LOOK);
    }
}

/// Both kinds of sockets.
pub trait Socket: Read + Write {}

impl<S: Read + Write> Socket for S {}

/// Writes a line, and reads the next one.
pub struct Asker(BufReader<Box<dyn Socket>>);

impl Asker {
    pub fn tcp(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("an option");
        Self(BufReader::new(Box::new(stream)))
    }

    pub fn unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("a door");
        Self(BufReader::new(Box::new(stream)))
    }

    pub fn asks(&mut self, line: &str) -> String {
        let socket = self.0.get_mut();
        socket.write_all(line.as_bytes()).expect("it is read");
        let mut answer = String::new();
        self.0.read_line(&mut answer).expect("it is answered");
        answer
    }

    /// Comes in.
    pub fn greets(mut self, endpoint: &Endpoint) -> Self {
        let Cookie::File(path) = &endpoint.cookie else {
            panic!("a lab has its cookies in files")
        };
        let cookie = fs::read_to_string(path).expect("ours");
        let hello = json!({ "version": 1, "cookie": cookie });
        let answer = self.asks(&call("hello", hello));
        assert!(answer.contains("\"result\""), "{answer}");
        self
    }
}

pub fn at(endpoint: &Endpoint) -> std::net::SocketAddr {
    match endpoint.at {
        EndpointAddr::Tcp(addr) => addr,
        EndpointAddr::Unix(_) => panic!("a port"),
    }
}

pub fn call(method: &str, params: Value) -> String {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    format!("{request}\n")
}
