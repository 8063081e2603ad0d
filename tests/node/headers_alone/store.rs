//! What a light node has on disk: the same tip after a restart, also of one that was killed at any
//! moment, and a directory that is another node's is refused.

use super::stage::{ALICE_CONN, Follower, Source, headers, light};
use crate::common::*;
use chainlab::chain::coins::Undo;
use chainlab::chain::headers::Origin;
use chainlab::chain::{Block, Coin, OutPoint, Params};
use chainlab::node::chainstate::{HeaderChain, LIGHT_PARAMS_KEY, OpenError};
use chainlab::node::store::{Batch, BlockId, HeaderRecord, StoreFault};
use chainlab::node::{ChainState, MemStore, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Light = Follower<HeaderChain<MemStore>>;

fn open_full(store: MemStore, params: &Params) -> Option<OpenError> {
    ChainState::open(store, Arc::new(params.clone()), Arc::default()).err()
}

fn open_light(store: MemStore, params: &Params) -> Option<OpenError> {
    HeaderChain::open(store, Arc::new(params.clone()), Arc::default()).err()
}

#[test]
fn the_chain_and_its_branches_are_there_after_a_restart() {
    let params = params();
    let mut miner = Miner::new(&params);
    let trunk = miner.mine_empty(300);
    let side = Miner::new(&params).rival(5).mine_empty(20);
    let mut node = Light::new();
    node.meets(ALICE_CONN, 300);
    Source::with(&trunk).talks_to(&mut node, ALICE_CONN, |_| {});
    let taken = node
        .chain
        .accept_headers(Origin::Peer(9), &headers(&side), LATE);
    assert_eq!(taken.expect("in memory").refused, None);
    let (tip, known) = (node.chain.tip(), node.chain.tree().len());
    let mut chain = light(node.chain.store().clone(), &params);
    assert_eq!((chain.tip(), chain.tree().len()), (tip, known));
    assert_eq!(chain.tree().side_len(), 20);
    let next = miner.mine(Vec::new());
    let taken = chain.accept_headers(Origin::Peer(1), &[*next.header()], LATE);
    let change = taken.expect("in memory").change.expect("more work");
    assert_eq!((change.fork, change.disconnected), (tip, vec![]));
    assert_eq!(chain.tip().hash, next.hash());
}

/// A memory of which what each commit leaves is kept.
#[derive(Clone, Default)]
pub struct Watched {
    pub inner: MemStore,
    pub left: Arc<Mutex<Vec<MemStore>>>,
}

impl Store for Watched {
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
        self.inner.commit(batch)?;
        self.left.lock().expect("whole").push(self.inner.clone());
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreFault> {
        self.inner.sync()
    }
}

/// Two branches take turns, in runs of seven; after each commit the process may be gone.
#[test]
fn a_node_killed_between_any_two_commits_has_the_tip_of_the_last() {
    let params = params();
    let store = Watched::default();
    let left = Arc::clone(&store.left);
    let mut chain = light(store, &params);
    let mut tips = vec![chain.tip()];
    let mut miners = [1, 2].map(|tag| Miner::new(&params).rival(tag));
    for round in 0..40 {
        let run = headers(&miners[round % 2].mine_empty(7 + round % 5));
        let taken = chain.accept_headers(Origin::Peer(1), &run, LATE);
        assert_eq!(taken.expect("in memory").refused, None);
        tips.push(chain.tip());
    }
    let left = left.lock().expect("whole");
    assert_eq!(left.len(), tips.len(), "one commit for each message");
    for (store, tip) in left.iter().zip(tips) {
        let chain = light(store.clone(), &params);
        assert_eq!(chain.tip(), tip);
        let best = chain.tree().entry(chain.tree().best());
        assert_eq!(best.work, chain.tree().entry(chain.tree().tip()).work);
    }
}

#[test]
fn small_things_are_written_in_the_commit_that_takes_headers() {
    let params = params();
    let store = Watched::default();
    let left = Arc::clone(&store.left);
    let mut chain = light(store, &params);
    let run = headers(&Miner::new(&params).mine_empty(3));
    let mut batch = Batch::default();
    let taken = chain.take_headers(&mut batch, Origin::Own, &run, LATE);
    assert!(taken.expect("in memory").change.is_some());
    batch.meta.insert("proof".to_owned(), Some(vec![7]));
    chain.commit(batch).expect("in memory");
    let meta = BTreeMap::from([("other".to_owned(), Some(vec![8]))]);
    chain.put_meta(meta, false).expect("in memory");
    let left = left.lock().expect("whole");
    let proofs = left
        .iter()
        .map(|store| store.meta("proof").expect("in memory"));
    let proofs: Vec<_> = proofs.collect();
    assert_eq!(proofs, [None, Some(vec![7]), Some(vec![7])]);
    assert_eq!(light(left[1].clone(), &params).tip().height, 3);
}

#[test]
fn a_directory_of_the_other_kind_is_refused_in_words_and_left_as_it_is() {
    let params = params();
    let mut full = new_chain(&params);
    let block = Miner::new(&params).mine(Vec::new());
    accept(&mut full, &block).expect("valid");
    let full = full.into_store();
    let mut chain = light(MemStore::new(), &params);
    chain
        .accept_headers(Origin::Own, &[*block.header()], LATE)
        .expect("in memory");
    let place = || "memory".to_owned();

    let refused = open_light(full.clone(), &params).expect("refused");
    assert_eq!(refused, OpenError::FullNode { place: place() });
    let words = "memory is a full node's: it holds blocks, and a light node keeps none";
    assert_eq!(refused.to_string(), words);
    assert_eq!(open_full(full, &params), None);

    let store = chain.into_store();
    let refused = open_full(store.clone(), &params).expect("refused");
    assert_eq!(refused, OpenError::LightNode { place: place() });
    let words = "memory is a light node's: it holds headers and no blocks, and a full node cannot run on it";
    assert_eq!(refused.to_string(), words);
    let report = chainlab::node::check::check(&store, &params).expect("readable");
    let problem = "the store is a light node's: it holds headers and no blocks";
    assert_eq!(report.problems.len(), 1);
    assert_eq!(report.problems[0].to_string(), problem);
    let other = Params {
        maturity: 2,
        ..params.clone()
    };
    let refused = OpenError::OtherNetwork { place: place() };
    assert_eq!(open_light(store.clone(), &other), Some(refused));
    assert_eq!(open_light(store, &params), None);
}

#[test]
fn a_damaged_store_of_headers_is_refused() {
    let params = params();
    let blocks = Miner::new(&params).mine_empty(3);
    let id = |at: usize, height| BlockId {
        height,
        hash: blocks[at].hash(),
    };
    let after = |change: &dyn Fn(&mut Batch)| {
        let mut chain = light(MemStore::new(), &params);
        let taken = chain.accept_headers(Origin::Own, &headers(&blocks), LATE);
        assert_eq!(taken.expect("in memory").refused, None);
        let mut store = chain.into_store();
        let mut batch = Batch::default();
        change(&mut batch);
        store.commit(batch).expect("in memory");
        open_light(store, &params).map(|error| error.to_string())
    };
    let damaged = |problem: String| Some(format!("the database in memory is damaged: {problem}"));
    assert_eq!(after(&|_| {}), None);
    let refused = after(&|batch| {
        batch.headers.insert(id(1, 2), None);
    });
    let problem = format!("header {} does not fit on any other", id(2, 3));
    assert_eq!(refused, damaged(problem));
    let refused = after(&|batch| {
        batch.headers.insert(id(2, 3), None);
    });
    assert_eq!(
        refused,
        damaged(format!("the tip {} has no header", id(2, 3)))
    );
    let refused = after(&|batch| drop(batch.meta.insert(LIGHT_PARAMS_KEY.to_owned(), None)));
    let words = "memory holds the chain of another network";
    assert_eq!(refused.as_deref(), Some(words));
}
