//! Everything that is asked of bcoin, asked of bcoin.

use crate::node::{Node, PASSWORD, bcoin, package};
use chainlab::bitcoin::rpc::{Call, Door, Listed, Peer, TipStatus};
use chainlab::bitcoin::{Header, Network, Program};
use chainlab::live::rpc::{ClientError, Login, RpcClient};
use std::fs::write;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Blocks until the first one's coins can be spent.
const MATURE: u16 = 101;

#[tokio::test]
async fn a_real_node_is_told_apart_and_mines() {
    let Some(package) = package() else {
        return;
    };
    let mut node = Node::start(&package, &[]).await;
    let known = node.client.tell_apart().await.expect("it is known");
    assert_eq!(known.program, Program::Bcoin);
    assert!(known.agent.starts_with("/bcoin:"), "{}", known.agent);
    assert_eq!(node.network().await, Network::Regtest);

    let address = node.address().await;
    let mined = node.ask(&bcoin().mine(3, &address)).await;
    assert_eq!((mined.items.len(), mined.left_out), (3, 0));
    let info = node.ask(&bcoin().chain_info()).await;
    assert_eq!((info.blocks, info.best), (3, mined.items[2]));
    let tips = node.ask(&bcoin().tips()).await;
    assert_eq!(tips.items.len(), 1);
    assert_eq!(
        (tips.items[0].hash, tips.items[0].status),
        (info.best, TipStatus::Active)
    );
    let block = node.ask(&bcoin().block(info.best)).await;
    let header = Header::from_bytes(block[..80].try_into().expect("a header"));
    assert_eq!(
        (header.hash(), header.previous),
        (mined.items[2], mined.items[1])
    );

    let error = node
        .try_ask(&bcoin().mine(1, "nowhere"))
        .await
        .expect_err("no address");
    let words = format!("{}: it says \"Invalid address.\" (-5)", node.rpc);
    assert_eq!(error.to_string(), words);
}

#[tokio::test]
async fn a_payment_is_found_with_its_fee_and_sent_to_another_node() {
    let Some(package) = package() else {
        return;
    };
    let mut alice = Node::start(&package, &[]).await;
    let address = alice.address().await;
    alice.ask(&bcoin().mine(MATURE, &address)).await;
    let mut bob = Node::start(&package, &[alice.at]).await;
    bob.until(&bcoin().chain_info(), |info| {
        info.blocks == u32::from(MATURE)
    })
    .await;

    let id = pay(&mut alice, &address).await.parse().expect("an id");
    let ids = alice
        .until(&bcoin().mempool(), |ids| ids.items.contains(&id))
        .await;
    assert_eq!(ids.total(), 1);
    let entry = bcoin().mempool_entry(id).expect("it tells of one");
    let entry = alice.ask(&entry).await;
    assert!((190..400).contains(&entry.vsize), "{entry:?}");
    assert!((1_000..20_000).contains(&entry.fee.get()), "{entry:?}");
    assert_eq!((entry.ancestors, entry.descendants), (Some(1), Some(1)));
    let all = alice.ask(&bcoin().mempool_entries()).await;
    assert_eq!(all.items, [(id, entry)]);

    // Bob may hear of it from Alice as well; a node that dials none does not.
    let mut carol = Node::start(&package, &[]).await;
    copy_chain(&mut alice, &mut carol).await;
    let tx = alice.ask(&bcoin().transaction(id)).await;
    assert_eq!(carol.ask(&bcoin().send(&tx)).await, id);
    assert!(!bcoin().judges_before_it_answers());
    carol
        .until(&bcoin().mempool(), |ids| ids.items == [id])
        .await;
    let error = carol
        .try_ask(&bcoin().send(&[0]))
        .await
        .expect_err("no transaction");
    assert!(
        error.to_string().contains("it says \"Out of bounds read"),
        "{error}"
    );
}

#[tokio::test]
async fn two_nodes_see_each_other_and_part() {
    let Some(package) = package() else {
        return;
    };
    let mut alice = Node::start(&package, &[]).await;
    let mut bob = Node::start(&package, &[alice.at]).await;
    // A peer is told of before it has said who it is.
    let has_said = |peers: &Listed<Peer>| {
        let is_bcoin = |peer: &Peer| peer.agent.starts_with("/bcoin:");
        peers.total() == 1 && peers.items.iter().all(is_bcoin)
    };
    let of_alice = alice.until(&bcoin().peers(), has_said).await;
    assert!(of_alice.items[0].is_inbound);
    let of_bob = bob.until(&bcoin().peers(), has_said).await;
    assert_eq!(
        (of_bob.items[0].socket, of_bob.items[0].is_inbound),
        (Some(alice.at), false)
    );
    assert!(
        of_bob.items[0]
            .connected_for
            .is_some_and(|time| time < Duration::from_mins(3))
    );

    bob.ask(&bcoin().ping()).await;
    let ping = |peers: &Listed<Peer>| peers.items.first().and_then(|peer| peer.ping);
    let peers = bob
        .until(&bcoin().peers(), |peers| ping(peers).is_some())
        .await;
    assert!(
        ping(&peers).is_some_and(|ping| ping < Duration::from_secs(5)),
        "{peers:?}"
    );

    // Alice dials too, and hangs up again.
    alice.ask(&bcoin().connect(bob.at)).await;
    let is_bob = |peer: &Peer| peer.socket == Some(bob.at);
    alice
        .until(&bcoin().peers(), |peers| peers.items.iter().any(is_bob))
        .await;
    alice.ask(&bcoin().disconnect(bob.at)).await;
    alice
        .until(&bcoin().peers(), |peers| !peers.items.iter().any(is_bob))
        .await;
}

#[tokio::test]
async fn a_block_that_is_marked_is_left_and_its_mark_alone_is_forgotten() {
    let Some(package) = package() else {
        return;
    };
    let mut node = Node::start(&package, &[]).await;
    let address = node.address().await;
    let mined = node.ask(&bcoin().mine(4, &address)).await;
    node.ask(&bcoin().invalidate(mined.items[2])).await;
    assert_eq!(node.height().await, 2);
    node.ask(&bcoin().reconsider(mined.items[2])).await;
    assert_eq!(node.height().await, 2);
    assert!(bcoin().on_reconsider().is_some());
}

#[tokio::test]
async fn a_ban_is_told_and_cleared() {
    let Some(package) = package() else {
        return;
    };
    let mut node = Node::start(&package, &[]).await;
    let bans = bcoin().bans().expect("it tells");
    assert_eq!(node.ask(&bans).await.total(), 0);
    post(
        &mut node,
        Door::Node,
        "setban",
        &["127.0.0.1".into(), "add".into()],
    )
    .await;
    let told = node.ask(&bans).await;
    assert_eq!(told.items[0].address, "127.0.0.1");
    assert!(told.items[0].until > crate::node::now().0 / 1_000_000);
    node.ask(&bcoin().clear_bans().expect("it can")).await;
    assert_eq!(node.ask(&bans).await.total(), 0);
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_words_and_the_right_one_is_read_anew() {
    let Some(package) = package() else {
        return;
    };
    let node = Node::start(&package, &[]).await;
    let (mut client, file) = node.client_with("wrong");
    let error = client.tell_apart().await.expect_err("refused");
    let words = format!(
        "{}: it refuses the name and password that it was given",
        node.rpc
    );
    assert_eq!(error.to_string(), words);
    write(&file, PASSWORD).expect("a password");
    client
        .tell_apart()
        .await
        .expect("the file has the right one now");
    write(&file, "wrong again").expect("a password");
    client
        .tell_apart()
        .await
        .expect("what opened the door is kept");
    let shown = format!("{client:?}");
    assert!(
        !shown.contains(PASSWORD) && !shown.contains("chainlab"),
        "{shown}"
    );
    assert!(!node.log().contains(PASSWORD));

    let cookie = file.with_file_name("cookie");
    write(&cookie, format!("__cookie__:{PASSWORD}\n")).expect("a cookie");
    let mut client = RpcClient::new(node.rpc, Login::Cookie(cookie)).expect("on this machine");
    client.tell_apart().await.expect("a cookie opens it too");
}

#[tokio::test]
async fn a_wallet_s_server_is_taken_for_no_node() {
    let Some(package) = package() else {
        return;
    };
    let node = Node::start(&package, &[]).await;
    let (_, password_file) = node.client_with(PASSWORD);
    let login = Login::User {
        user: String::new(),
        password_file,
    };
    let mut client = RpcClient::new(node.wallet, login).expect("on this machine");
    let error = client.tell_apart().await.expect_err("no node");
    assert!(
        error.to_string().contains("answers as no node of"),
        "{error}"
    );
    let nowhere = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 8_332));
    let cookie = Login::Cookie("cookie".into());
    let error = RpcClient::new(nowhere, cookie).expect_err("not on this machine");
    assert_eq!(error, ClientError::NotLoopback(nowhere));
}

/// Pays from its wallet, and returns the id.
async fn pay(node: &mut Node, address: &str) -> String {
    let params = [address.into(), 1.5.into()];
    let answer = post(node, Door::WalletServer, "sendtoaddress", &params).await;
    answer["result"].as_str().expect("an id").to_owned()
}

/// What no dialect has.
async fn post(
    node: &mut Node,
    door: Door,
    method: &'static str,
    params: &[serde_json::Value],
) -> serde_json::Value {
    let params = params.to_vec();
    let answer = node
        .client
        .post(&Call {
            door,
            method,
            params,
        })
        .await
        .expect("an answer");
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert!(answer["error"].is_null(), "{answer}");
    answer
}

/// Hands all blocks of one node to another.
async fn copy_chain(from: &mut Node, to: &mut Node) {
    for height in 1..=from.height().await {
        let hash = from.ask(&bcoin().block_hash(height)).await;
        let block = from.ask(&bcoin().block(hash)).await;
        let hex: String = block.iter().map(|byte| format!("{byte:02x}")).collect();
        post(to, Door::Node, "submitblock", &[hex.into()]).await;
    }
    assert_eq!(to.height().await, from.height().await);
}
