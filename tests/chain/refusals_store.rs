//! A chain over a store that is of another network, is damaged, or fails under it: refused in
//! words, and nothing is taken any more.

use crate::common::lab::Lab;
use crate::common::*;
use chainlab::chain::coins::Undo;
use chainlab::chain::headers::Origin;
use chainlab::chain::params::ParamsError;
use chainlab::chain::rules::UndoMismatch;
use chainlab::chain::{Amount, Block, Coin, Header, OutPoint, Params};
use chainlab::node::chainstate::{AcceptError, OpenError};
use chainlab::node::store::{Batch, BlockId, HeaderRecord, StoreFault};
use chainlab::node::{ChainState, MemStore, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn damaged(problem: String) -> StoreFault {
    let place = "memory".to_owned();
    StoreFault::Damaged { place, problem }
}

fn reopen(store: MemStore, params: &Params) -> Result<(), OpenError> {
    ChainState::open(store, Arc::new(params.clone()), Arc::default()).map(|_| ())
}

fn row(store: &MemStore, block: &Block) -> (BlockId, HeaderRecord) {
    let mut found = None;
    let each = store.each_header(&mut |id, record| {
        if id.hash == block.hash() {
            found = Some((id, record));
        }
    });
    each.expect("readable");
    found.expect("stored")
}

/// A chain of three blocks, and what became of opening it after `change`.
fn after(change: impl FnOnce(&[Block], &MemStore, &mut Batch)) -> (Vec<Block>, StoreFault) {
    let mut lab = Lab::new();
    let blocks: Vec<Block> = (0..3).map(|_| lab.serves(vec![])).collect();
    let mut store = lab.chain.into_store();
    assert_eq!(reopen(store.clone(), &lab.params), Ok(()));
    let mut batch = Batch::default();
    change(&blocks, &store, &mut batch);
    store.commit(batch).expect("in memory");
    match reopen(store, &lab.params) {
        Err(OpenError::Store(fault)) => (blocks, fault),
        other => panic!("opened: {other:?}"),
    }
}

fn id(block: &Block, height: u32) -> BlockId {
    let hash = block.hash();
    BlockId { height, hash }
}

#[test]
fn a_store_of_another_network_is_refused() {
    let mut lab = Lab::new();
    lab.serves(vec![]);
    let store = lab.chain.into_store();
    let other = Params {
        maturity: 2,
        ..lab.params.clone()
    };
    let place = "memory".to_owned();
    let refused = Err(OpenError::OtherNetwork { place });
    assert_eq!(reopen(store.clone(), &other), refused);
    assert_eq!(reopen(store, &lab.params), Ok(()));
}

#[test]
fn parameters_that_make_no_network_are_refused() {
    let subsidy = Amount::MAX;
    let broken = Params {
        subsidy,
        ..params()
    };
    let Err(OpenError::Params(ParamsError { key, .. })) = reopen(MemStore::new(), &broken) else {
        panic!("opened");
    };
    assert_eq!(key, "subsidy");
}

#[test]
fn a_damaged_store_is_refused() {
    let (blocks, fault) = after(|blocks, _, batch| {
        batch.headers.insert(id(&blocks[1], 2), None);
    });
    let orphan = id(&blocks[2], 3);
    let problem = format!("header {orphan} does not fit on any other");
    assert_eq!(fault, damaged(problem));

    let (blocks, fault) = after(|blocks, _, batch| {
        batch.headers.insert(id(&blocks[2], 3), None);
    });
    let problem = format!("the tip {} has no header", id(&blocks[2], 3));
    assert_eq!(fault, damaged(problem));

    let marks: [fn(&mut HeaderRecord); 2] =
        [|record| record.body_len = 0, |record| record.failed = true];
    for mark in marks {
        let (blocks, fault) = after(|blocks, store, batch| {
            let (id, mut record) = row(store, &blocks[1]);
            mark(&mut record);
            batch.headers.insert(id, Some(record));
        });
        let tip = id(&blocks[2], 3);
        let problem = format!("the chain up to the tip {tip} is not complete");
        assert_eq!(fault, damaged(problem));
    }
}

/// What is missing is found when it is needed, and is not the new block's fault.
#[test]
fn a_missing_body_or_undo_data_halts_the_node_and_blames_no_block() {
    let lose: [fn(&mut Batch, BlockId); 2] = [
        |batch, id| drop(batch.bodies.insert(id, None)),
        |batch, id| drop(batch.undo.insert(id, None)),
    ];
    for (lost, lose) in lose.iter().enumerate() {
        let mut lab = Lab::new();
        let mut theirs = lab.miner.rival(7);
        let ours = lab.serves(vec![lab.bobs_payment()]);
        let mut store = lab.chain.into_store();
        let mut batch = Batch::default();
        lose(&mut batch, id(&ours, 1));
        store.commit(batch).expect("in memory");
        lab.chain = open(store, &lab.params);
        let [first, second] = [theirs.mine(vec![]), theirs.mine(vec![])];
        accept(&mut lab.chain, &first).expect("valid");
        let problem = match lost {
            0 => format!("the body of block {} is missing", id(&ours, 1)),
            _ => format!("block {}: {UndoMismatch}", id(&ours, 1)),
        };
        let fault = damaged(problem);
        let halted = Err(AcceptError::Store(fault.clone()));
        assert_eq!(accept(&mut lab.chain, &second), halted);
        assert_eq!(accept(&mut lab.chain, &first), halted);
        let taken = lab.chain.accept_headers(Origin::Own, &[], LATE);
        assert_eq!(taken, Err(fault.clone()));
        assert_eq!(lab.chain.sync(), Err(fault));
        assert_eq!(lab.chain.tip().hash, ours.hash());
        let entry = lab.chain.tree().find(&second.hash()).expect("known");
        assert!(!lab.chain.tree().entry(entry).failed);
    }
}

/// A memory whose commits fail while the switch is on, and that notes each tip it was given.
struct Failing {
    inner: MemStore,
    full: Arc<AtomicBool>,
    tips: Vec<BlockId>,
}

impl Failing {
    fn fault() -> StoreFault {
        StoreFault::Failed {
            place: "memory".to_owned(),
            problem: "no space left".to_owned(),
        }
    }

    fn check(&self) -> Result<(), StoreFault> {
        match self.full.load(Ordering::Relaxed) {
            true => Err(Self::fault()),
            false => Ok(()),
        }
    }
}

impl Store for Failing {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn tip(&self) -> Result<Option<BlockId>, StoreFault> {
        self.inner.tip()
    }

    fn each_header(&self, visit: &mut dyn FnMut(BlockId, HeaderRecord)) -> Result<(), StoreFault> {
        self.inner.each_header(visit)
    }

    fn body(&self, id: &BlockId) -> Result<Option<Arc<Block>>, StoreFault> {
        self.inner.body(id)
    }

    fn undo(&self, id: &BlockId) -> Result<Option<Undo>, StoreFault> {
        self.inner.undo(id)
    }

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, StoreFault> {
        Store::coins(&self.inner, outpoints)
    }

    fn each_coin(&self, visit: &mut dyn FnMut(OutPoint, Coin)) -> Result<(), StoreFault> {
        self.inner.each_coin(visit)
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.inner.meta(key)
    }

    fn each_meta(
        &self,
        prefix: &str,
        visit: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), StoreFault> {
        self.inner.each_meta(prefix, visit)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        self.check()?;
        self.tips.extend(batch.tip);
        self.inner.commit(batch)
    }

    fn sync(&mut self) -> Result<(), StoreFault> {
        self.check()
    }
}

#[test]
fn a_store_that_fails_halts_the_node_and_nothing_is_lost_after_reopening() {
    let params = params();
    let full = Arc::new(AtomicBool::new(false));
    let store = Failing {
        inner: MemStore::new(),
        full: Arc::clone(&full),
        tips: Vec::new(),
    };
    let mut chain = open(store, &params);
    let mut miner = Miner::new(&params);
    let [first, second] = [miner.mine(vec![]), miner.mine(vec![])];
    accept(&mut chain, &first).expect("valid");
    full.store(true, Ordering::Relaxed);
    let halted = Err(AcceptError::Store(Failing::fault()));
    assert_eq!(accept(&mut chain, &second), halted);
    // Room again; but what is in memory is ahead of what was written.
    full.store(false, Ordering::Relaxed);
    assert_eq!(accept(&mut chain, &second), halted);
    assert_eq!(chain.sync(), Err(Failing::fault()));

    let mut chain = open(chain.into_store(), &params);
    assert_eq!(chain.tip().hash, first.hash());
    sound(&chain);
    let accepted = accept(&mut chain, &second).expect("valid");
    assert!(accepted.change.is_some());
    assert_eq!(chain.sync(), Ok(()));
    assert_eq!(sound(&chain).tip.hash, second.hash());

    full.store(true, Ordering::Relaxed);
    assert_eq!(chain.sync(), Err(Failing::fault()));
    full.store(false, Ordering::Relaxed);
    assert_eq!(chain.sync(), Err(Failing::fault()));
}

/// A long reorganisation is written in pieces; whoever is killed between two of them must find
/// a tip with more work than the one before.
#[test]
fn a_long_reorganisation_never_writes_a_tip_with_less_work() {
    let params = params();
    let store = Failing {
        inner: MemStore::new(),
        full: Arc::default(),
        tips: Vec::new(),
    };
    let mut chain = open(store, &params);
    let mut ours = Miner::new(&params);
    let mut theirs = ours.rival(7);
    for block in ours.mine_empty(600) {
        accept(&mut chain, &block).expect("valid");
    }
    let longer = theirs.mine_empty(1_200);
    let headers: Vec<Header> = longer.iter().map(|block| *block.header()).collect();
    let taken = chain.accept_headers(Origin::Peer(1), &headers, LATE);
    assert_eq!(taken.expect("the store works").refused, None);
    for block in longer[1..].iter().rev() {
        let accepted = accept(&mut chain, block).expect("valid");
        assert_eq!(accepted.change, None);
    }
    let accepted = accept(&mut chain, &longer[0]).expect("valid");
    let change = accepted.change.expect("a reorganisation");
    assert_eq!(
        (change.disconnected.len(), change.connected.len()),
        (600, 1_200)
    );
    let heights: Vec<u32> = chain.store().tips.iter().map(|tip| tip.height).collect();
    assert!(heights.is_sorted_by(|a, b| a < b), "{heights:?}");
    // Genesis and our 600, then their 1 200 in more than one piece.
    assert!(heights.len() > 602, "{} commits", heights.len());
    assert_eq!(sound(&chain).tip.height, 1_200);
}
