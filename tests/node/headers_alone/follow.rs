//! A light node follows full ones: to their tip, block by block, and from one branch to another.

use super::stage::{ALICE_CONN, BOB_CONN, Follower, Source, headers, inv};
use crate::common::*;
use chainlab::chain::Block;
use chainlab::chain::headers::SIDE_WINDOW_INTERVALS;
use chainlab::node::chainstate::HeaderChain;
use chainlab::node::message::{HEADERS_MAX, Message};
use chainlab::node::{BlockId, MemStore, Store};
use std::time::Duration;

type Light = Follower<HeaderChain<MemStore>>;

/// Blocks of a miner with this tag, from the genesis block on.
fn blocks(tag: u64, count: usize) -> Vec<Block> {
    Miner::new(&params()).rival(tag).mine_empty(count)
}

fn ids(from: u32, blocks: &[Block]) -> Vec<BlockId> {
    let numbered = (from..).zip(blocks);
    let ids = numbered.map(|(height, block)| BlockId {
        height,
        hash: block.hash(),
    });
    ids.collect()
}

#[test]
fn it_gets_to_the_tip_in_full_messages_and_each_names_the_blocks_that_came() {
    let chain = blocks(1, 2 * HEADERS_MAX + 500);
    let mut alice = Source::with(&chain);
    let mut node = Light::new();
    node.meets(ALICE_CONN, alice.height());
    let changes = alice.talks_to(&mut node, ALICE_CONN, |_| {});
    assert_eq!(node.chain.tip(), alice.chain.tip());
    let lens: Vec<usize> = changes
        .iter()
        .map(|change| change.connected.len())
        .collect();
    assert_eq!(lens, [HEADERS_MAX, HEADERS_MAX, 500]);
    let mut tip = BlockId {
        height: 0,
        hash: network(&params()),
    };
    for change in &changes {
        assert_eq!((change.fork, &change.disconnected[..]), (tip, &[][..]));
        tip = *change.connected.last().expect("some");
    }
    let connected: Vec<BlockId> = changes.into_iter().flat_map(|c| c.connected).collect();
    assert_eq!(connected, ids(1, &chain));
    assert_eq!(node.blames(), []);
    let body = node.chain.store().body(&connected[7]).expect("in memory");
    assert_eq!(body, None, "nothing but headers is stored");
    assert_eq!(node.sync.progress(node.chain.tree()), None);
}

#[test]
fn an_announced_block_makes_it_ask_for_headers_and_all_who_announced_it_are_level() {
    let chain = blocks(1, 21);
    let mut alice = Source::with(&chain[..20]);
    let mut node = Light::new();
    node.meets(ALICE_CONN, 20);
    alice.talks_to(&mut node, ALICE_CONN, |_| {});
    node.meets(BOB_CONN, 20);
    node.says();
    node.hears(BOB_CONN, Message::Headers(headers(&chain[18..20])));
    alice = Source::with(&chain);
    for conn in [ALICE_CONN, BOB_CONN] {
        node.hears(conn, inv(&[chain[20].hash()]));
    }
    let changes = alice.talks_to(&mut node, ALICE_CONN, |_| {});
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].connected, ids(21, &chain[20..]));
    let tip = node.tree().tip();
    for conn in [ALICE_CONN, BOB_CONN] {
        assert!(node.sync.is_level(conn, node.tree(), tip), "{conn:?}");
    }
}

#[test]
fn announcements_of_many_blocks_that_do_not_exist_cost_one_question_at_a_time() {
    let mut node = Light::new();
    node.meets(ALICE_CONN, 0);
    assert_eq!(node.asks_for_headers(), [ALICE_CONN]);
    let made_up = blocks(7, 300);
    for block in &made_up {
        node.hears(ALICE_CONN, inv(&[block.hash()]));
    }
    let all: Vec<_> = made_up.iter().map(Block::hash).collect();
    node.hears(ALICE_CONN, inv(&all));
    assert_eq!(node.asks_for_headers(), [], "the first is not answered yet");
    node.hears(ALICE_CONN, Message::Headers(Vec::new()));
    node.hears(ALICE_CONN, inv(&all));
    assert_eq!(node.asks_for_headers(), [ALICE_CONN]);
    assert_eq!(node.waits(Duration::from_secs(130)), [], "no body is owed");
    assert_eq!(node.tree().len(), 1);
}

#[test]
fn a_reorganisation_is_told_with_its_fork_the_old_tip_first_and_the_new_blocks_from_below() {
    let mut miner = Miner::new(&params());
    let common = miner.mine_empty(5);
    let (mut ours, mut theirs) = (miner.rival(1), miner.rival(2));
    let (ours, theirs) = (ours.mine_empty(5), theirs.mine_empty(7));
    let mut node = Light::new();
    node.meets(ALICE_CONN, 10);
    let taken = [&common[..], &ours].concat();
    Source::with(&taken).talks_to(&mut node, ALICE_CONN, |_| {});
    let old = node.chain.tip();

    let as_long = Message::Headers(headers(&theirs[..5]));
    node.meets(BOB_CONN, 10);
    assert_eq!(node.hears(BOB_CONN, as_long), None, "the first one stays");
    assert_eq!(node.chain.tip(), old);
    let change = node.hears(BOB_CONN, Message::Headers(headers(&theirs[5..])));
    let change = change.expect("more work");
    assert_eq!(change.fork, ids(5, &common[4..])[0]);
    let mut left = ids(6, &ours);
    left.reverse();
    assert_eq!(change.disconnected, left);
    assert_eq!(change.connected, ids(6, &theirs));
    assert_eq!(Some(&node.chain.tip()), change.connected.last());
    assert_eq!(node.tree().side_len(), 5, "the old branch may win again");
}

/// What is told of a branch must not depend on whether that is still known.
#[test]
fn a_branch_that_lags_too_far_behind_as_it_is_left_is_told_whole_and_dropped() {
    let long = usize::try_from(SIDE_WINDOW_INTERVALS).expect("small") + 100;
    let (ours, theirs) = (blocks(1, 50), blocks(2, 50 + long));
    let mut node = Light::new();
    node.meets(ALICE_CONN, 50);
    node.hears(ALICE_CONN, Message::Headers(headers(&ours)));
    let change = node.hears(ALICE_CONN, Message::Headers(headers(&theirs)));
    let change = change.expect("more work");
    assert_eq!(change.fork.height, 0);
    let mut left = ids(1, &ours);
    left.reverse();
    assert_eq!(change.disconnected, left);
    assert_eq!(node.tree().find(&ours[49].hash()), None);
    assert_eq!(node.tree().side_len(), 0);
}
