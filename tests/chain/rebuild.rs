//! Coins and undo data that somebody spoilt are found by name and mended from the blocks; a block
//! that is gone cannot be, and then nothing is touched.

use crate::common::script::{CoinSet, Script, all_coins};
use crate::common::*;
use chainlab::chain::{Coin, OutPoint, Params, Txid};
use chainlab::live::disk::DiskStore;
use chainlab::node::check::{Problem, check, rebuild};
use chainlab::node::{Batch, BlockId, MemStore, Store};

/// Alice's chain of some twenty blocks, with two blocks that lost against another branch.
struct Sound<S> {
    store: S,
    params: Params,
    coins: CoinSet,
    /// The block on the chain that has Alice's last payment, and one that is not on the chain.
    paying: BlockId,
    lost: BlockId,
}

fn build<S: Store>(store: S) -> Sound<S> {
    let params = params();
    let mut chain = open(store, &params);
    let mut paying = chain.tip();
    let mut lost = chain.tip();
    for block in Script::new(&params).take(24) {
        let change = accept(&mut chain, &block).expect("valid").change;
        if change.is_some_and(|change| !change.disconnected.is_empty()) {
            continue;
        }
        if block.txs().len() > 1 {
            paying = chain.tip();
        }
    }
    let on_chain = |id: &BlockId| chain.store().undo(id).expect("readable").is_some();
    chain
        .store()
        .each_header(&mut |id, _| {
            if id.height > 0 && !on_chain(&id) {
                lost = id;
            }
        })
        .expect("readable");
    assert!(on_chain(&paying) && lost.height > 0);
    let store = chain.into_store();
    Sound {
        coins: all_coins(&store),
        store,
        params,
        paying,
        lost,
    }
}

fn on_both(story: impl Fn(&mut dyn Store, &Params, &CoinSet, [BlockId; 2])) {
    let mut memory = build(MemStore::new());
    let ids = [memory.paying, memory.lost];
    story(&mut memory.store, &memory.params, &memory.coins, ids);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut disk = build(DiskStore::open(dir.path()).expect("new"));
    story(&mut disk.store, &disk.params, &disk.coins, ids);
    // What was mended is there for the next process too.
    drop(disk.store);
    let store = DiskStore::open(dir.path()).expect("sound");
    let report = check(&store, &disk.params).expect("readable");
    assert_eq!(report.problems, []);
}

/// Spoils a sound store; what is found must be `expected`, and nothing be left of it afterwards.
fn is_found_and_mended(
    store: &mut dyn Store,
    params: &Params,
    coins: &CoinSet,
    spoil: Batch,
    expected: &[Problem],
) {
    store.commit(spoil).expect("works");
    let found = check(&*store, params).expect("readable");
    assert_eq!(found.problems, expected);
    assert!(found.can_be_rebuilt());
    let mended = rebuild(store, params).expect("works");
    assert_eq!(mended.problems, []);
    let mut after = CoinSet::new();
    store
        .each_coin(&mut |at, coin| {
            after.insert(at, coin);
        })
        .expect("readable");
    assert_eq!(&after, coins);
}

fn nobodys() -> OutPoint {
    OutPoint {
        txid: Txid([0xee; 32]),
        index: 3,
    }
}

fn richer(coin: Coin) -> Coin {
    Coin {
        amount: coins(99),
        ..coin
    }
}

#[test]
fn wrong_missing_and_extra_coins_are_found_by_name_and_mended() {
    on_both(|store, params, coins, _| {
        let (at, coin) = coins.iter().next_back().expect("there are coins");
        let spoilt = |at: OutPoint, coin: Option<Coin>| Batch {
            coins: [(at, coin)].into_iter().collect(),
            ..Batch::default()
        };
        let mut case = |spoil, problem| {
            is_found_and_mended(store, params, coins, spoil, &[problem]);
        };
        case(spoilt(*at, None), Problem::MissingCoin(*at));
        case(spoilt(*at, Some(richer(*coin))), Problem::MissingCoin(*at));
        let theft = spoilt(nobodys(), Some(richer(*coin)));
        case(theft, Problem::ExtraCoin(nobodys()));
    });
}

#[test]
fn wrong_missing_and_left_over_undo_data_is_found_by_name_and_mended() {
    on_both(|store, params, coins, [paying, lost]| {
        let right = store.undo(&paying).expect("readable").expect("there");
        let empty = chainlab::chain::coins::Undo::default();
        assert_ne!(right, empty);
        for (id, undo) in [
            (paying, None),
            (paying, Some(empty)),
            (lost, Some(right.clone())),
        ] {
            let mut spoil = Batch::default();
            spoil.undo.insert(id, undo);
            is_found_and_mended(store, params, coins, spoil, &[Problem::Undo(id)]);
        }
        assert_eq!(store.undo(&paying).expect("readable"), Some(right));
        assert_eq!(store.undo(&lost).expect("readable"), None);
    });
}

#[test]
fn all_that_is_wrong_at_once_is_mended_at_once() {
    on_both(|store, params, coins, [paying, _]| {
        let (at, _) = coins.iter().next().expect("there are coins");
        let (_, coin) = coins.iter().next_back().expect("there are coins");
        let mut spoil = Batch {
            coins: [(*at, None), (nobodys(), Some(*coin))]
                .into_iter()
                .collect(),
            ..Batch::default()
        };
        spoil.undo.insert(paying, None);
        let expected = [
            Problem::Undo(paying),
            Problem::MissingCoin(*at),
            Problem::ExtraCoin(nobodys()),
        ];
        is_found_and_mended(store, params, coins, spoil, &expected);
    });
}

#[test]
fn a_missing_block_is_reported_and_nothing_is_touched() {
    on_both(|store, params, coins, [paying, _]| {
        let (at, coin) = coins.iter().next_back().expect("there are coins");
        let block = store.body(&paying).expect("readable").expect("there");
        let mut spoil = Batch {
            coins: [(*at, None), (nobodys(), Some(*coin))]
                .into_iter()
                .collect(),
            ..Batch::default()
        };
        spoil.bodies.insert(paying, None);
        store.commit(spoil).expect("works");
        let found = check(&*store, params).expect("readable");
        let missing = Problem::Block(paying, "the body is missing".to_owned());
        assert_eq!(found.problems, [missing]);
        assert!(!found.can_be_rebuilt());
        assert_eq!(rebuild(store, params).expect("readable"), found);
        let left = store.coins(&[*at, nobodys()]).expect("readable");
        assert_eq!(left, [None, Some(*coin)], "something was touched");

        // With the block back, the rest can be mended.
        let mut mend = Batch::default();
        mend.bodies.insert(paying, Some(block));
        let expected = [Problem::MissingCoin(*at), Problem::ExtraCoin(nobodys())];
        is_found_and_mended(store, params, coins, mend, &expected);
    });
}
