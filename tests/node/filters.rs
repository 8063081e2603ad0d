//! Filters as full nodes keep and send them.

use crate::common::peer::{Fake, Scene};
use chainlab::chain::headers::Origin;
use chainlab::chain::{BlockFilter, BlockHash, FilterHeader, SigCache};
use chainlab::node::ChainState;
use chainlab::node::message::{FILTERS_MAX, FilterRange, Item, Message, Services};
use chainlab::node::store::{Batch, MemStore, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

const LIGHT: u8 = 91;

fn asks(scene: &mut Scene, peer: &Fake, message: Message) -> Message {
    drop(peer.is_told());
    peer.says(&mut scene.sim, message);
    let mut told = peer.is_told();
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

const fn range(start: u32, stop: BlockHash) -> FilterRange {
    FilterRange { start, stop }
}

#[test]
fn what_is_sent_is_what_the_blocks_say_and_hashes_to_what_was_sent_before() {
    let mut scene = Scene::with_blocks(20);
    let peer = Fake::connect(&mut scene.sim, scene.node, LIGHT);
    let version = peer.met().expect("it introduced itself");
    assert!(version.services.has(Services::FILTERS));
    let genesis = scene.node().chain().params().genesis_block();
    let blocks = std::iter::once(Arc::new(genesis)).chain(scene.chain.iter().cloned());
    let filters: Vec<_> = blocks.map(|block| BlockFilter::of(&block)).collect();
    let tip = scene.tip();

    let said = asks(&mut scene, &peer, Message::GetCFHeaders(range(0, tip)));
    let Message::CFHeaders(all) = said else {
        panic!("{said:?}")
    };
    assert_eq!(all.previous, FilterHeader::ZERO);
    let hashes: Vec<_> = filters.iter().map(BlockFilter::hash).collect();
    assert_eq!(all.hashes, hashes);
    let headers: Vec<_> = all.headers().collect();

    let said = asks(&mut scene, &peer, Message::GetCFHeaders(range(5, tip)));
    let Message::CFHeaders(some) = said else {
        panic!("{said:?}")
    };
    assert_eq!(some.previous, headers[4]);
    assert!(some.headers().eq(headers[5..].iter().copied()));

    let said = asks(&mut scene, &peer, Message::GetCFilters(range(3, tip)));
    let Message::CFilters(sent) = said else {
        panic!("{said:?}")
    };
    let read: Vec<_> = sent
        .read()
        .map(|filter| filter.expect("well-formed"))
        .collect();
    assert_eq!(read, filters[3..]);
}

#[test]
fn of_a_branch_that_was_left_its_own_filters_are_sent_and_of_what_is_not_known_none() {
    let mut scene = Scene::with_blocks(2);
    let rival = scene.miner.rival(7);
    scene.honest_brings(2);
    let left = scene.tip();
    let peer = Fake::connect(&mut scene.sim, scene.node, LIGHT);
    let before = asks(&mut scene, &peer, Message::GetCFHeaders(range(1, left)));
    // A longer branch from the second block on.
    scene.miner = rival;
    scene.chain.truncate(2);
    scene.honest.change(|manners| manners.chain.truncate(2));
    scene.honest_brings(5);
    assert_ne!(scene.tip(), left);
    let after = asks(&mut scene, &peer, Message::GetCFHeaders(range(1, left)));
    assert_eq!(after, before);
    let unknown = BlockHash([9; 32]);
    for message in [
        Message::GetCFHeaders(range(0, unknown)),
        Message::GetCFilters(range(0, unknown)),
    ] {
        let said = asks(&mut scene, &peer, message);
        assert_eq!(said, Message::NotFound(vec![Item::Block(unknown)]));
    }
}

#[test]
fn too_many_at_once_and_a_range_that_is_none_are_refused_in_words() {
    let mut scene = Scene::with_blocks(1_001);
    let peer = Fake::connect(&mut scene.sim, scene.node, LIGHT);
    let tip = scene.tip();
    for (start, is_refused) in [(1, true), (2, false), (1_002, true)] {
        let said = asks(&mut scene, &peer, Message::GetCFilters(range(start, tip)));
        match said {
            Message::Reject(reject) if is_refused => {
                let words = format!("from {start} to 1001: {FILTERS_MAX} blocks at most");
                assert_eq!(reject.why.as_str(), words);
            }
            Message::CFilters(filters) if !is_refused => {
                assert_eq!(filters.filters.len(), FILTERS_MAX);
            }
            other => panic!("{start}: {other:?}"),
        }
    }
    scene.outlives(&peer);
}

/// All filter headers of the chain.
fn headers_of(chain: &ChainState<MemStore>) -> Vec<FilterHeader> {
    let tree = chain.tree();
    let heights = 0..=chain.tip().height;
    let hashes = heights.map(|height| tree.entry(tree.active_at(height).expect("it is")).hash);
    let headers = hashes.map(|hash| chain.filter_header(&hash).expect("memory"));
    headers.map(|header| header.expect("it has one")).collect()
}

#[test]
fn a_store_of_an_earlier_version_gets_its_filters_once_when_it_is_opened() {
    let scene = Scene::with_blocks(30);
    let params = Arc::clone(scene.node().chain().params());
    let open = |store: MemStore| {
        let sigs = Arc::new(SigCache::default());
        ChainState::open(store, Arc::clone(&params), sigs).expect("it is sound")
    };
    let mut chain = open(MemStore::new());
    for block in &scene.chain {
        let accepted = chain.accept_block(Origin::Own, block, block.header().time);
        accepted.expect("it is valid");
    }
    let wanted = headers_of(&chain);
    let mut store = chain.into_store();
    // None at all, and as a crash in the midst of it leaves them.
    for kept in [0, 12] {
        let mut rows = BTreeMap::new();
        let tree: Vec<_> = scene.chain.iter().map(|block| block.hash()).collect();
        for hash in &tree[kept..] {
            rows.insert(format!("filter/{hash}"), None);
        }
        let batch = Batch {
            meta: rows,
            ..Batch::default()
        };
        store.commit(batch).expect("memory");
        let chain = open(store);
        assert_eq!(headers_of(&chain), wanted, "{kept}");
        store = chain.into_store();
    }
}
