//! Attacks by peers who have some hash rate, and the state that is left of them in memory and on
//! disk.

use crate::common::*;
use chainlab::chain::headers::{
    AHEAD_HEADERS_MAX, Origin, SIDE_BODY_BYTES_MAX, SIDE_HEADERS_PER_PEER_MAX,
};
use chainlab::chain::scan::{BranchScan, ScanStep};
use chainlab::chain::tx::TxOut;
use chainlab::chain::{
    Block, BlockTime, Cursor, Header, KeyHash, MerkleRoot, Params, RuleError, Tx,
};
use chainlab::node::chainstate::AcceptError;
use chainlab::node::check::check;
use chainlab::node::{Batch, ChainState, HeaderRecord, MemStore, Store};
use std::sync::Arc;

const HOUR_MS: u64 = 3_600_000;

/// The default lab's difficulty rule, walked without mining.
struct Clock {
    params: Params,
    cursor: Cursor,
}

impl Clock {
    fn new() -> Self {
        let params = Params::default();
        let cursor = Cursor::genesis(&params, network(&params));
        Self { params, cursor }
    }

    fn block_at(&mut self, time: BlockTime) {
        assert!(time >= self.cursor.earliest_time(), "a rule forbids that");
        let header = Header {
            version: 1,
            previous: self.cursor.hash,
            merkle_root: Default::default(),
            time,
            bits: self.cursor.next_bits(&self.params),
            nonce: 0,
        };
        self.cursor.advance(&header, header.hash(), &self.params);
    }

    fn block_after(&mut self, ms: u64) {
        self.block_at(self.cursor.time.saturating_add_ms(ms));
    }

    /// Expected hashes of the next block, against those of the genesis block.
    fn difficulty(&self) -> f64 {
        let hashes = |bits: chainlab::chain::CompactTarget| {
            let work = bits.to_target().expect("a target").work().to_u256();
            work.to_string().parse::<f64>().expect("a number")
        };
        hashes(self.cursor.next_bits(&self.params)) / hashes(self.params.genesis_bits)
    }
}

#[test]
fn a_block_that_claims_a_time_before_the_pause_does_not_freeze_the_chain() {
    for pause_ms in [60_000, HOUR_MS, 24 * HOUR_MS] {
        let mut lab = Clock::new();
        (0..60).for_each(|_| lab.block_after(5_000));
        lab.block_after(pause_ms);
        let now = lab.cursor.time;
        // The median is still from before the pause, and so may be the next block.
        lab.block_at(lab.cursor.earliest_time());
        assert!(lab.difficulty() < 8.0, "{:e} times", lab.difficulty());
        lab.block_at(now.saturating_add_ms(5_000));
        assert!(lab.difficulty() < 2.0, "{:e} times", lab.difficulty());
    }
}

#[test]
fn times_that_jump_back_and_forth_do_not_wind_the_clock() {
    let mut lab = Clock::new();
    (0..60).for_each(|_| lab.block_after(5_000));
    let mut now = lab.cursor.time;
    for turn in 0..200 {
        now = now.saturating_add_ms(5_000);
        let time = if turn % 2 == 0 {
            lab.cursor.earliest_time()
        } else {
            now.saturating_add_ms(9_000)
        };
        lab.block_at(time);
    }
    (0..12).for_each(|at| lab.block_at(now.saturating_add_ms(5_000 * (at + 1))));
    let factor = lab.difficulty();
    assert!((0.5..2.0).contains(&factor), "{factor:e} times");
}

/// Single headers on one block, all different: what costs least.
fn siblings(params: &Params, count: u64) -> Vec<Header> {
    let header = Miner::new(params).header();
    (0..count)
        .map(|tag| {
            let mut root = [0; 32];
            root[..8].copy_from_slice(&tag.to_le_bytes());
            solve(Header {
                merkle_root: MerkleRoot(root),
                ..header
            })
        })
        .collect()
}

#[test]
fn side_headers_that_were_ahead_once_count_when_they_are_overtaken() {
    let params = params();
    let mut chain = new_chain(&params);
    let count = SIDE_HEADERS_PER_PEER_MAX + 500;
    for header in siblings(&params, count as u64) {
        let _ = chain.accept_headers(Origin::Peer(1), &[header], LATE);
    }
    let mut miner = Miner::new(&params).rival(u64::MAX);
    for block in miner.mine_empty(3) {
        accept(&mut chain, &block).expect("valid");
    }
    let tree = chain.tree();
    assert_eq!(tree.side_len(), tree.side_entries().count());
    assert!(tree.side_len() <= SIDE_HEADERS_PER_PEER_MAX);
}

#[test]
fn reopening_counts_the_same_side_headers() {
    let params = params();
    let mut chain = new_chain(&params);
    let mut miner = Miner::new(&params);
    for block in miner.mine_empty(3) {
        accept(&mut chain, &block).expect("valid");
    }
    // Two branches of which only the headers are known: one behind, one ahead.
    let behind = Miner::new(&params).rival(7).mine_empty(2);
    let ahead = Miner::new(&params).rival(8).mine_empty(9);
    for run in [behind, ahead] {
        let run: Vec<Header> = run.iter().map(|block| *block.header()).collect();
        let taken = chain
            .accept_headers(Origin::Peer(1), &run, LATE)
            .expect("works");
        assert_eq!(taken.refused, None);
    }
    let before = (chain.tree().side_len(), chain.tree().len());
    assert_eq!(before.0, 2);
    let chain = open(chain.into_store(), &params);
    assert_eq!((chain.tree().side_len(), chain.tree().len()), before);
}

/// A store that a check calls sound can be opened.
fn sound_opens(store: MemStore, params: &Params) {
    let report = check(&store, params).expect("readable");
    let opened = ChainState::open(store, Arc::new(params.clone()), Arc::default());
    assert_eq!(
        report.is_sound(),
        opened.is_ok(),
        "{:?}, {:?}",
        report.problems,
        opened.err()
    );
}

#[test]
fn a_check_notices_whatever_keeps_a_store_from_opening() {
    let params = params();
    let mut chain = new_chain(&params);
    let blocks = Miner::new(&params).mine_empty(3);
    for block in &blocks {
        accept(&mut chain, block).expect("valid");
    }
    let side = Miner::new(&params).rival(7).mine_empty(2);
    let tip = chain.tip();
    let whole = chain.into_store();
    // A record that forgot its body.
    let mut store = whole.clone();
    let record = HeaderRecord {
        header: *blocks[2].header(),
        body_len: 0,
        failed: false,
    };
    let headers = [(tip, Some(record))].into();
    store
        .commit(Batch {
            headers,
            ..Batch::default()
        })
        .expect("works");
    sound_opens(store, &params);
    // A header off the chain without its parent.
    let mut store = whole.clone();
    let record = HeaderRecord {
        header: *side[1].header(),
        body_len: 0,
        failed: false,
    };
    let id = chainlab::node::BlockId {
        height: 2,
        hash: side[1].hash(),
    };
    let headers = [(id, Some(record))].into();
    store
        .commit(Batch {
            headers,
            ..Batch::default()
        })
        .expect("works");
    sound_opens(store, &params);
    // The body of the genesis block, which every peer may ask for.
    let mut store = whole.clone();
    let genesis = chainlab::node::BlockId {
        height: 0,
        hash: network(&params),
    };
    store
        .commit(Batch {
            bodies: [(genesis, None)].into(),
            ..Batch::default()
        })
        .expect("works");
    assert!(!check(&store, &params).expect("readable").is_sound());
    sound_opens(whole, &params);
}

#[test]
fn a_scan_that_is_done_stays_done() {
    let params = params();
    let mut miner = Miner::new(&params);
    let fork = miner.cursor.clone();
    let run: Vec<Header> = miner
        .mine_empty(4)
        .iter()
        .map(|block| *block.header())
        .collect();
    let mut scan = BranchScan::new(fork);
    let take =
        |scan: &mut BranchScan, run: &[Header]| scan.take(run, Default::default(), &params, LATE);
    assert_eq!(take(&mut scan, &run), Ok(ScanStep::More));
    assert_eq!(take(&mut scan, &run), Ok(ScanStep::Done(run[..1].to_vec())));
    // A message that was on its way.
    assert_eq!(take(&mut scan, &run[1..]), Ok(ScanStep::Done(vec![])));
}

#[test]
fn blocks_of_the_largest_size_decode_whatever_fills_them() {
    let max = 4_000_000;
    let params = Params {
        max_block_bytes: max,
        ..params()
    };
    let miner = Miner::new(&params);
    let out = TxOut {
        amount: units(1),
        owner: KeyHash([1; 20]),
    };
    let purse = genesis_coin(&params, ALICE);
    let whole = |txs: Vec<Tx>| {
        let block = miner.block(txs, |_| {});
        let bytes = chainlab::chain::codec::encode(&block);
        assert!(bytes.len() <= max as usize && bytes.len() > max as usize - 1_000);
        let back = Block::decode(&bytes, max as usize);
        assert_eq!(back.map(|back| back.hash()), Ok(block.hash()));
    };
    let mut tx = unsigned(&[purse], &[]);
    tx.outputs = vec![out; 142_830];
    whole(vec![tx]);
    let mut tx = unsigned(&[purse], &[(BOB, 1)]);
    tx.inputs = vec![tx.inputs[0].clone(); 30_070];
    whole(vec![tx]);
    let tx = unsigned(&[purse], &[(BOB, 1)]);
    whole(vec![tx; 21_618]);
    let tx = Tx {
        version: 1,
        inputs: vec![],
        outputs: vec![],
        lock_time: 0,
    };
    whole(vec![tx; 166_640]);
}

#[test]
fn a_fresh_node_keeps_no_more_cheap_headers_than_its_limit_and_then_takes_a_heavier_branch() {
    let params = params();
    let mut chain = new_chain(&params);
    let cheap = siblings(&params, AHEAD_HEADERS_MAX as u64 + 1);
    let (last, others) = cheap.split_last().expect("many");
    for (nth, header) in others.iter().enumerate() {
        let peer = Origin::Peer(nth as u64 / 1_000);
        let run = std::slice::from_ref(header);
        let accepted = chain.accept_headers(peer, run, LATE).expect("works");
        assert_eq!(accepted.refused, None);
    }
    assert_eq!(chain.tree().len(), AHEAD_HEADERS_MAX + 1);
    let one_more = chain.accept_headers(Origin::Peer(0), &[*last], LATE);
    let refused = one_more.expect("works").refused;
    assert_eq!(refused, Some((0, RuleError::NoRoom)));
    let honest = Miner::new(&params).mine_empty(50);
    let headers: Vec<Header> = honest.iter().map(|block| *block.header()).collect();
    let accepted = chain
        .accept_headers(Origin::Peer(1), &headers, LATE)
        .expect("works");
    assert_eq!((accepted.added.len(), accepted.refused), (50, None));
    assert_eq!(chain.tree().len(), AHEAD_HEADERS_MAX + 1);
    for block in &honest {
        accept(&mut chain, block).expect("valid");
    }
    assert_eq!(chain.tip().height, 50);
}

#[test]
fn slow_blocks_at_the_limit_leave_no_burst_behind() {
    let mut lab = Clock::new();
    // Somebody mines by hand, a block a minute, for two hours.
    (0..120).for_each(|_| lab.block_after(60_000));
    let mut burst = 0;
    // Then a miner starts, who finds an easy block at once.
    while lab.difficulty() < 0.01 {
        lab.block_after(1);
        burst += 1;
    }
    assert!(burst < 60, "{burst} blocks at once");
}

/// The header commits to the very list: no other delivery can mend it.
#[test]
fn a_header_that_commits_to_a_repeated_tail_is_remembered_as_invalid() {
    let mut lab = lab::Lab::new();
    let payment = lab.bobs_payment();
    let other = lab.pay(ALICE, &[lab.purse(ALICE)], &[(BOB, 1_000)]);
    let coinbase = lab.miner.coinbase();
    let txs = vec![coinbase, other, payment.clone(), payment];
    let block = lab.miner.assemble(txs);
    assert!(lab.headers(&[*block.header()]).refused.is_none());
    for _ in 0..2 {
        let _ = accept(&mut lab.chain, &block);
    }
    let id = lab
        .chain
        .tree()
        .find(&block.hash())
        .expect("its header holds");
    assert!(lab.chain.tree().entry(id).failed);
    lab.serves(vec![]);
}

#[test]
fn bodies_behind_one_that_never_comes_take_no_more_than_their_limit() {
    let params = Params {
        max_block_bytes: 4_000_000,
        ..params()
    };
    let mut miner = Miner::new(&params);
    let withheld = miner.mine(Vec::new());
    // As large as a block can be; what is in it is never looked at.
    let mut large = unsigned(&[genesis_coin(&params, ALICE)], &[]);
    let out = TxOut {
        amount: units(1),
        owner: KeyHash([1; 20]),
    };
    large.outputs = vec![out; 142_000];
    let mut chain = new_chain(&params);
    accept_header(&mut chain, &withheld);
    let full = loop {
        let block = Arc::new(miner.mine(vec![large.clone()]));
        accept_header(&mut chain, &block);
        match chain.accept_block(Origin::Peer(1), &block, LATE) {
            Ok(accepted) => assert!(accepted.new && accepted.change.is_none()),
            Err(refused) => break (refused, block.encoded_len() as u64),
        }
        assert!(chain.tree().side_body_bytes() <= SIDE_BODY_BYTES_MAX);
    };
    assert_eq!(full.0, AcceptError::Rule(RuleError::NoRoom));
    assert!(chain.tree().side_body_bytes() + full.1 > SIDE_BODY_BYTES_MAX);
    // The one that all wait for is always welcome, and shows that the next is bad.
    let accepted = accept(&mut chain, &withheld).expect("valid");
    assert_eq!(accepted.invalid.len(), 1);
    assert_eq!(chain.tip().hash, withheld.hash());
}

fn accept_header(chain: &mut ChainState<MemStore>, block: &Block) {
    let accepted = chain.accept_headers(Origin::Peer(1), &[*block.header()], LATE);
    assert_eq!(accepted.expect("memory").refused, None);
}
