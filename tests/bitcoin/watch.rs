//! A real node, watched.

use crate::node::{Node, PASSWORD, PATIENCE, bcoin, package};
use crate::real::{MATURE, pay};
use chainlab::bitcoin::Network;
use chainlab::bitcoin::watcher::{
    AnnouncedBy, ConnectedBy, Gone, Role, WatchConfig, WatchEvent, WatchEventKind, WatchSnapshot,
};
use chainlab::chain::{BlockHash, Txid};
use chainlab::live::rpc::RpcClient;
use chainlab::live::{LabClock, WatchHandle, WatchNews, watch_node};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::time::timeout;

/// A watcher, and what it has told.
struct Watched {
    handle: WatchHandle,
    told: Vec<WatchEvent>,
}

impl Watched {
    fn new(at: SocketAddr, mempool: bool) -> Self {
        Self::with(at, mempool, None)
    }

    fn with(at: SocketAddr, mempool: bool, rpc: Option<RpcClient>) -> Self {
        let config = WatchConfig {
            network: Network::Regtest,
            addr: at,
            user_agent: "/chainlab:test/".to_owned(),
            mempool,
            rpc: false,
            seed: [3; 32],
        };
        Self {
            handle: watch_node(config, LabClock::from_wall().of_the_world(), rpc),
            told: Vec::new(),
        }
    }

    /// The next event of a kind, and what is wanted of it.
    async fn until<T>(&mut self, wanted: impl Fn(&WatchEventKind) -> Option<T>) -> T {
        loop {
            let news = timeout(PATIENCE, self.handle.events.recv()).await;
            let news = news.unwrap_or_else(|_| panic!("{:#?}", self.told));
            let WatchNews::Event(event) = news.expect("it goes on") else {
                panic!("nothing is missed here");
            };
            let found = wanted(&event.kind);
            self.told.push(event);
            if let Some(found) = found {
                return found;
            }
        }
    }

    async fn until_up(&mut self, wanted: Role) {
        let is_it = |kind: &WatchEventKind| match kind {
            WatchEventKind::Up { role, .. } if *role == wanted => Some(()),
            _ => None,
        };
        self.until(is_it).await;
    }

    async fn until_connected(&mut self, wanted: BlockHash) -> (Option<u32>, ConnectedBy) {
        self.until(|kind| match kind {
            WatchEventKind::Connected { block, height, by } if *block == wanted => {
                Some((*height, *by))
            }
            _ => None,
        })
        .await
    }

    fn place(&self, is_it: impl Fn(&WatchEventKind) -> bool) -> usize {
        let found = self.told.iter().position(|event| is_it(&event.kind));
        found.unwrap_or_else(|| panic!("{:#?}", self.told))
    }
}

#[tokio::test]
async fn a_block_of_a_real_node_is_seen_at_each_stage() {
    let Some(package) = package() else {
        return;
    };
    let mut node = Node::start(&package, &[]).await;
    let address = node.address().await;
    node.ask(&bcoin().mine(2, &address)).await;
    let mut watched = Watched::new(node.at, false);
    watched.until_up(Role::Headers).await;
    // What it is asked for first is answered, and it knows that its tip is here.
    let is_tip = |kind: &WatchEventKind| match kind {
        WatchEventKind::Ping {
            role: Role::Headers,
            ..
        } => Some(()),
        _ => None,
    };
    watched.until(is_tip).await;
    for height in 3..6 {
        let mined = node.ask(&bcoin().mine(1, &address)).await.items[0];
        let connected = watched.until_connected(mined).await;
        assert_eq!(connected, (Some(height), ConnectedBy::Headers));
        let announced = watched.place(|kind| {
            matches!(kind, WatchEventKind::Announced { block, by: AnnouncedBy::CmpctBlock, .. } if *block == mined)
        });
        let connected = watched.place(
            |kind| matches!(kind, WatchEventKind::Connected { block, .. } if *block == mined),
        );
        assert!(announced < connected, "{:#?}", watched.told);
    }
    let tip = node.ask(&bcoin().chain_info()).await.best;
    let is_complete = |kind: &WatchEventKind| match kind {
        WatchEventKind::Complete { block, txs: 1, .. } if *block == tip => Some(()),
        _ => None,
    };
    if !watched
        .told
        .iter()
        .any(|event| is_complete(&event.kind).is_some())
    {
        watched.until(is_complete).await;
    }
    let shows = |snapshot: &WatchSnapshot| {
        snapshot
            .tip
            .is_some_and(|shown| shown.hash == tip && shown.height == Some(5))
    };
    let shown = watched
        .handle
        .snapshots
        .wait_for(|snapshot| shows(snapshot));
    timeout(PATIENCE, shown)
        .await
        .expect("in time")
        .expect("it goes on");
}

#[tokio::test]
async fn what_waits_at_a_real_node_is_seen_with_its_fee_and_so_is_what_comes() {
    let Some(package) = package() else {
        return;
    };
    let mut node = Node::start(&package, &[]).await;
    let address = node.address().await;
    node.ask(&bcoin().mine(MATURE + 1, &address)).await;
    let before: Txid = pay(&mut node, &address).await.parse().expect("an id");
    let mut watched = Watched::new(node.at, false);
    let seen = |id: Txid| {
        move |kind: &WatchEventKind| match kind {
            WatchEventKind::Tx { txid, vsize, .. } if *txid == id => Some(*vsize),
            _ => None,
        }
    };
    let vsize = watched.until(seen(before)).await;
    let entry = node
        .ask(&bcoin().mempool_entry(before).expect("it tells"))
        .await;
    assert_eq!(u64::from(entry.vsize), vsize);
    let after: Txid = pay(&mut node, &address).await.parse().expect("an id");
    watched.until(seen(after)).await;
    // The chain is read from its beginning: then it is known what both spend.
    let known = watched
        .handle
        .snapshots
        .wait_for(|snapshot| snapshot.fees_known == 2);
    timeout(PATIENCE, known)
        .await
        .expect("in time")
        .expect("it goes on");
    let block = node.ask(&bcoin().mine(1, &address)).await.items[0];
    watched.until(gone(before, block)).await;
}

fn gone(id: Txid, block: BlockHash) -> impl Fn(&WatchEventKind) -> Option<()> {
    move |kind| match kind {
        WatchEventKind::TxGone { txid, why } if *txid == id => {
            assert_eq!(*why, Gone::Mined(block));
            Some(())
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_real_node_that_does_not_offer_it_is_not_asked_what_waits_and_hangs_up_if_it_is() {
    let Some(package) = package() else {
        return;
    };
    let node = Node::start_with(&package, &[], &[]).await;
    let mut watched = Watched::new(node.at, false);
    let not_asked = |kind: &WatchEventKind| match kind {
        WatchEventKind::MempoolNotAsked => Some(()),
        _ => None,
    };
    watched.until(not_asked).await;
    watched.until_up(Role::Headers).await;

    let mut forced = Watched::new(node.at, true);
    let down = |kind: &WatchEventKind| match kind {
        WatchEventKind::Down { why, .. } => Some(why.clone()),
        _ => None,
    };
    let why = forced.until(down).await;
    assert!(
        why.contains("after it was asked what waits: it does not answer `mempool`"),
        "{why}"
    );
}

/// `chainlab bitcoin`, and the objects that it prints.
struct Printed(Child, BufReader<std::process::ChildStdout>);

impl Printed {
    fn new(at: SocketAddr, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chainlab"))
            .args(["bitcoin", &at.to_string(), "--network", "regtest"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = child.stdout.take().expect("a pipe");
        Self(child, BufReader::new(out))
    }

    /// The next line with these words.
    fn until(&mut self, words: &[&str]) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(
                self.1.read_line(&mut line).expect("text") > 0,
                "it has ended"
            );
            if words.iter().all(|words| line.contains(words)) {
                return line;
            }
        }
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_what_happens_at_a_real_node_line_by_line() {
    let Some(package) = package() else {
        return;
    };
    let mut node = Node::start(&package, &[]).await;
    let address = node.address().await;
    let mut json = Printed::new(node.at, &["--json"]);
    let mut words = Printed::new(node.at, &[]);
    let version = json.until(&["\"version\"", "\"headers\""]);
    let version: serde_json::Value = serde_json::from_str(&version).expect("JSON");
    let agent = version["kind"]["version"]["peer"]["user_agent"]
        .as_str()
        .expect("words");
    assert!(agent.starts_with("\"/bcoin:"), "{agent}");
    json.until(&["\"ping\"", "\"headers\""]);
    words.until(&["headers: ping "]);

    let mined = node.ask(&bcoin().mine(MATURE, &address)).await.items;
    let last = mined.last().expect("some").to_string();
    json.until(&["\"connected\"", &last]);
    words.until(&["block #101", &last, "connected"]);
    let paid = pay(&mut node, &address).await;
    json.until(&["\"inv\""]);
    json.until(&["\"tx\"", &paid]);
    words.until(&["transaction", &paid, "sat/vB"]);
    drop(node);
    json.until(&["\"peer_lost\""]);
    words.until(&["no connection: "]);
}

#[tokio::test]
async fn a_real_node_that_is_asked_shows_what_no_peer_is_told() {
    let Some(package) = package() else {
        return;
    };
    // Without bit 4: what waits shows by RPC alone.
    let mut node = Node::start_with(&package, &[], &[]).await;
    let address = node.address().await;
    node.ask(&bcoin().mine(MATURE, &address)).await;
    let waits: Txid = pay(&mut node, &address).await.parse().expect("an id");
    let (client, _) = node.client_with(PASSWORD);
    let mut watched = Watched::with(node.at, false, Some(client));
    let (wtxid, fee) = watched
        .until(|kind| match kind {
            WatchEventKind::Tx {
                txid, wtxid, fee, ..
            } if *txid == waits => Some((*wtxid, *fee)),
            _ => None,
        })
        .await;
    let entry = node
        .ask(&bcoin().mempool_entry(waits).expect("it tells"))
        .await;
    assert_eq!((wtxid, fee), (None, Some(entry.fee.amount())));

    // A tip that went back has less work than what the peer has told: only the node itself says so.
    let tip = node.ask(&bcoin().chain_info()).await.best;
    let at_height = |height: u32| {
        move |snapshot: &Arc<WatchSnapshot>| {
            snapshot.tip.is_some_and(|tip| tip.height == Some(height))
        }
    };
    let shown = watched
        .handle
        .snapshots
        .wait_for(at_height(u32::from(MATURE)));
    timeout(PATIENCE, shown)
        .await
        .expect("in time")
        .expect("it goes on");
    node.ask(&bcoin().invalidate(tip)).await;
    let shown = watched
        .handle
        .snapshots
        .wait_for(at_height(u32::from(MATURE) - 1));
    timeout(PATIENCE, shown)
        .await
        .expect("in time")
        .expect("it goes on");
}

#[test]
fn what_is_missing_on_the_command_line_is_said_before_anything_is_dialled() {
    for (args, words) in [
        (
            &["127.0.0.1:1"][..],
            "--network is needed: 1 is no network's usual port",
        ),
        (
            &["127.0.0.1:18444", "--network", "moonnet"],
            "there is no Bitcoin network of this name",
        ),
        (
            &["127.0.0.1:18444", "--rpc", "127.0.0.1:18443"],
            "--rpc needs --cookie FILE, or --user NAME with --password-file FILE",
        ),
        (
            &[
                "127.0.0.1:18444",
                "--rpc",
                "192.0.2.1:18443",
                "--cookie",
                "c",
            ],
            "is not on this machine, and RPC is spoken over loopback only",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        let output = command
            .arg("bitcoin")
            .args(args)
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && output.stdout.is_empty(), "{said}");
    }
}
