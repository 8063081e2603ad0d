//! A real node, bcoin, started for a test and gone with it.

use chainlab::bitcoin::program::BCOIN_SCRIPT;
use chainlab::bitcoin::rpc::{Dialect, Request, dialect};
use chainlab::bitcoin::{Network, Program};
use chainlab::live::rpc::{ClientError, Login, RpcClient};
use chainlab::node::Time;
use std::env;
use std::fs::{File, write};
use std::io::{Write, stderr};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::time::sleep;

/// Long, as other tests and builds may have the machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

const TRIES: usize = 5;

pub const PASSWORD: &str = "not-to-be-seen-1729";

/// How bcoin is asked.
pub fn bcoin() -> &'static dyn Dialect {
    dialect(Program::Bcoin)
}

pub fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    Time(u64::try_from(since.as_micros()).expect("before the end of time"))
}

/// The folder with the package; without one the test says that it is skipped.
pub fn package() -> Option<PathBuf> {
    let folder = env::var_os("CHAINLAB_BCOIN").map(PathBuf::from);
    if folder.is_none() {
        let thread = thread::current();
        let test = thread.name().unwrap_or("a test");
        let why = "CHAINLAB_BCOIN does not name a folder with bcoin";
        // Not by a macro, whose words are shown of tests that fail alone.
        writeln!(stderr(), "{test} was skipped: {why}").expect("stderr is open");
    }
    folder
}

/// A node that runs.
pub struct Node {
    child: Child,
    dir: TempDir,
    pub at: SocketAddr,
    pub client: RpcClient,
    pub rpc: SocketAddr,
    pub wallet: SocketAddr,
}

impl Node {
    /// Starts one that dials these, and waits until it answers. It answers `mempool` as well.
    pub async fn start(package: &PathBuf, only: &[SocketAddr]) -> Self {
        Self::start_with(package, only, &["--bip37"]).await
    }

    /// The same, with these arguments.
    pub async fn start_with(package: &PathBuf, only: &[SocketAddr], args: &[&str]) -> Self {
        for _ in 0..TRIES {
            let mut node = Self::spawn(package, only, args);
            // If it has ended, one of its ports was taken in between.
            if node.is_ready().await {
                return node;
            }
        }
        panic!("no bcoin came up");
    }

    fn spawn(package: &PathBuf, only: &[SocketAddr], args: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let [at, rpc, wallet] = free_ports();
        let file = |name: &str| dir.path().join(name);
        write(file("bcoin.js"), BCOIN_SCRIPT).expect("a script");
        write(file("key"), PASSWORD).expect("a password");
        let log = File::create(file("log")).expect("a log");
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        let child = Command::new("node")
            .arg(file("bcoin.js"))
            .arg("--package")
            .arg(package)
            .args(["--port", &at.port().to_string()])
            .args(["--rpc-port", &rpc.port().to_string()])
            .args(["--wallet-port", &wallet.port().to_string()])
            .args(args)
            .args(["--only", &only.join(","), "--ends-with-input", "--key-file"])
            .arg(file("key"))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("node is there");
        let client = client_of(rpc, file("key"))
            .with_wallet(wallet)
            .expect("on this machine");
        Self {
            child,
            dir,
            at,
            client,
            rpc,
            wallet,
        }
    }

    async fn is_ready(&mut self) -> bool {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.client.tell_apart().await.is_ok() {
                // Its wallet may open later, and its peers even later.
                return self.until_ready_line().await;
            }
            if self.child.try_wait().expect("a child").is_some() {
                return false;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("bcoin has not answered: {}", self.log());
    }

    async fn until_ready_line(&mut self) -> bool {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.log().lines().any(|line| line == "ready") {
                return true;
            }
            if self.child.try_wait().expect("a child").is_some() {
                return false;
            }
            sleep(Duration::from_millis(20)).await;
        }
        false
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Asks, and it answers.
    pub async fn ask<T>(&mut self, request: &Request<T>) -> T {
        self.try_ask(request).await.expect("an answer")
    }

    pub async fn try_ask<T>(&mut self, request: &Request<T>) -> Result<T, ClientError> {
        self.client.ask(request, now()).await
    }

    /// Asks until the answer is as wanted.
    pub async fn until<T>(&mut self, request: &Request<T>, is_it: impl Fn(&T) -> bool) -> T {
        let since = Instant::now();
        loop {
            let answer = self.ask(request).await;
            if is_it(&answer) {
                return answer;
            }
            assert!(since.elapsed() < PATIENCE, "{}", self.log());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The file with its password.
    pub fn key_file(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    /// An address of its wallet.
    pub async fn address(&mut self) -> String {
        let request = bcoin().new_address(None).expect("it has a wallet");
        self.ask(&request).await
    }

    pub async fn height(&mut self) -> u32 {
        self.ask(&bcoin().chain_info()).await.blocks
    }

    /// A client of its own, with another password.
    pub fn client_with(&self, password: &str) -> (RpcClient, PathBuf) {
        let file = self.dir.path().join("other");
        write(&file, password).expect("a password");
        (client_of(self.rpc, file.clone()), file)
    }

    pub async fn network(&mut self) -> Network {
        let info = self.ask(&bcoin().chain_info()).await;
        let first = self.ask(&bcoin().block_hash(0)).await;
        info.network_with(first).expect("one network")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What asks a node by JSON-RPC.
pub fn client_of(rpc: SocketAddr, password_file: PathBuf) -> RpcClient {
    let user = "chainlab".to_owned();
    RpcClient::new(
        rpc,
        Login::User {
            user,
            password_file,
        },
    )
    .expect("on this machine")
}

/// Ports that were free a moment ago: for peers, for JSON-RPC, and two above that for the wallet, where it
/// is looked for.
fn free_ports() -> [SocketAddr; 3] {
    let take = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok();
    for _ in 0..100 {
        let [at, rpc] = [0, 0].map(|any| take(any).expect("a port"));
        let rpc_port = rpc.local_addr().expect("an address").port();
        let wallet = rpc_port.checked_add(2).and_then(take);
        if let Some(wallet) = wallet {
            return [at, rpc, wallet].map(|port| port.local_addr().expect("an address"));
        }
    }
    panic!("no two ports are free");
}
