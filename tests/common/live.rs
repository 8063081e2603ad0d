//! Nodes as they run, for tests that watch several: real sockets on loopback, directories that go
//! with the test, and questions to nodes.

use chainlab::chain::{Amount, Params, SigCache};
use chainlab::live::{self, LabClock, Links, NodeHandle};
use chainlab::node::io::{Command, CommandError, Event, Payment, Question, Reply};
use chainlab::node::snapshot::{CoinInfo, NodeSnapshot, WalletInfo};
use chainlab::node::{BlockId, Config, Time};
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// How long something may take that must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where the clocks begin that a test makes: after the genesis block, to whose time a node would
/// put its clock forward.
pub const LATER: Time = Time(2_000_000_000_000_000);

/// What the nodes of a test have in common.
pub struct Scene {
    pub params: Arc<Params>,
    pub clock: LabClock,
    pub links: Links,
    sigs: Arc<SigCache>,
    /// Each node's directory, by its name.
    dirs: TempDir,
}

impl Scene {
    pub fn new(params: Params) -> Self {
        Self::at(params, LabClock::from_wall())
    }

    pub fn at(params: Params, clock: LabClock) -> Self {
        Self {
            params: Arc::new(params),
            clock,
            links: Links::default(),
            sigs: Arc::default(),
            dirs: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// A node with a wallet of its name, which learns no addresses from others.
    pub fn config(&self, name: &str) -> Config {
        let seeds = live::seeds().expect("the system has randomness");
        let mut config = Config::new(name, Arc::clone(&self.params), seeds);
        config.sigs = Arc::clone(&self.sigs);
        config.outbound = 0;
        config.wallets = vec![name.to_owned()];
        config
    }

    /// Starts it at any port.
    pub async fn start(&self, config: Config) -> NodeHandle {
        let any = "127.0.0.1:0".parse().expect("an address");
        self.start_at(any, config).await
    }

    pub async fn start_at(&self, at: SocketAddr, config: Config) -> NodeHandle {
        let listener = TcpListener::bind(at).await.expect("the port is free");
        let (dir, clock) = (self.dir(&config.name), self.clock.clone());
        let links = self.links.clone();
        let node = live::spawn_on(links, config, &dir, Some(listener), clock).await;
        node.expect("a sound directory")
    }

    /// A node that stays connected to these.
    pub async fn join(&self, name: &str, known: &[&NodeHandle]) -> NodeHandle {
        let mut config = self.config(name);
        config.connect = known.iter().map(|node| addr(node)).collect();
        self.start(config).await
    }

    pub fn dir(&self, name: &str) -> std::path::PathBuf {
        Path::join(self.dirs.path(), name)
    }
}

pub fn addr(node: &NodeHandle) -> SocketAddr {
    node.addr().expect("it listens")
}

pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("in time")
}

pub async fn ask(node: &NodeHandle, question: Question) -> Reply {
    soon(node.ask(question)).await.expect("has an answer")
}

pub async fn call(node: &NodeHandle, command: Command) -> Reply {
    soon(node.command(command)).await.expect("can be done")
}

pub async fn mine(node: &NodeHandle) -> BlockId {
    match call(node, Command::MineNow).await {
        Reply::Mined { block, .. } => block,
        other => panic!("{other:?}"),
    }
}

/// The tip as the node has it now; a snapshot is only as new as somebody's looking.
pub async fn tip(node: &NodeHandle) -> BlockId {
    let top = Question::Chain {
        from: u32::MAX,
        to: 0,
        limit: 1,
    };
    match ask(node, top).await {
        Reply::Chain(blocks) => blocks.first().expect("the genesis block at least").id,
        other => panic!("{other:?}"),
    }
}

/// Pays, with no fee.
pub async fn pay(
    node: &NodeHandle,
    from: &str,
    to: &str,
    amount: Amount,
) -> Result<Reply, CommandError> {
    let payment = Payment {
        from: from.to_owned(),
        to: to.to_owned(),
        amount,
        fee: Some(Amount::ZERO),
    };
    soon(node.command(Command::Send(payment))).await
}

/// Gives a node the key of the actor with this number, in a wallet.
pub async fn import(node: &NodeHandle, name: &str, actor: u8) {
    let hex = super::key(actor)
        .to_bytes()
        .map(|byte| format!("{byte:02x}"));
    let import = Command::ImportWallet {
        name: name.to_owned(),
        secret: hex.concat(),
        birthday: None,
    };
    call(node, import).await;
}

pub async fn wallets(node: &NodeHandle) -> Vec<WalletInfo> {
    match ask(node, Question::Wallets).await {
        Reply::Wallets(wallets) => wallets,
        other => panic!("{other:?}"),
    }
}

pub async fn wallet_address(node: &NodeHandle, name: &str) -> String {
    let wallets = wallets(node).await;
    let wallet = wallets.into_iter().find(|wallet| wallet.name == name);
    wallet.expect("a wallet of this name").address
}

pub async fn coins_of(node: &NodeHandle, of: &str) -> Vec<CoinInfo> {
    match ask(node, Question::Coins { of: of.to_owned() }).await {
        Reply::Coins(coins) => coins,
        other => panic!("{other:?}"),
    }
}

/// What an address holds in blocks, as this node sees it.
pub async fn balance(node: &NodeHandle, of: &str) -> Amount {
    let coins = coins_of(node, of).await;
    let confirmed = coins.iter().filter(|coin| coin.height.is_some());
    Amount::checked_sum(confirmed.map(|coin| coin.amount)).expect("what exists is an amount")
}

/// The first snapshot with what the test waits for.
pub async fn until(
    node: &NodeHandle,
    wanted: impl FnMut(&Arc<NodeSnapshot>) -> bool,
) -> NodeSnapshot {
    let mut snapshots = node.snapshots();
    let found = soon(snapshots.wait_for(wanted)).await.expect("it runs");
    NodeSnapshot::clone(&found)
}

pub async fn at_tip(node: &NodeHandle, tip: BlockId) -> NodeSnapshot {
    until(node, |snapshot| snapshot.tip == tip).await
}

/// Waits until so many peers are through their handshakes.
pub async fn with_peers(node: &NodeHandle, count: usize) -> NodeSnapshot {
    until(node, |now| {
        now.peers.iter().filter(|peer| peer.ready).count() == count
    })
    .await
}

/// The first event that the test looks for, from where the receiver is.
pub async fn event<T>(events: &mut Receiver<Event>, wanted: impl Fn(&Event) -> Option<T>) -> T {
    soon(async {
        loop {
            let event = events.recv().await.expect("it runs, and we keep up");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    })
    .await
}

/// Insists that these times, sorted, are those of a link that was asked to take so long: none is
/// shorter, and the middle one is within 5 ms and 5 % of it.
pub fn is_about(times: &[Duration], wanted: Duration) {
    let (least, median) = (times[0], times[times.len() / 2]);
    assert!(least >= wanted, "{least:?} is less than {wanted:?}");
    let most = wanted.mul_f64(1.05) + Duration::from_millis(5);
    assert!(median <= most, "{median:?} instead of {wanted:?}");
}
