//! The chains and stores that the figures are measured on.

use crate::common::*;
use chainlab::chain::codec;
use chainlab::chain::coins::Undo;
use chainlab::chain::headers::Origin;
use chainlab::chain::key::{PublicKey, Signature};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Block, BlockHash, Coin, OutPoint, Params, SigCache, Tx};
use chainlab::live::disk::DiskStore;
use chainlab::node::chainstate::BlockAccepted;
use chainlab::node::{Batch, BlockId, ChainState, HeaderRecord, MemStore, Store, StoreFault};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{
    fs,
    io::{self, Write},
};

/// Owners of the coins that are spent; each has its own key.
const OWNERS: usize = 200;

/// A network whose genesis block holds one coin for each payment.
pub struct Payments {
    pub params: Params,
    /// One input, two outputs each, signed.
    pub txs: Vec<Tx>,
    /// What a bare verification needs of each: key, signature, signed hash.
    pub signed: Vec<(PublicKey, Signature, [u8; 32])>,
    /// The coin that each spends.
    pub spent: Vec<Coin>,
    network: BlockHash,
}

impl Payments {
    pub fn new(count: usize) -> Self {
        let allocation = |at| Allocation {
            owner: owner(actor(at)),
            amount: coins(1),
        };
        let params = Params {
            genesis: (0..count).map(allocation).collect(),
            ..params()
        };
        let genesis = params.genesis_block();
        let mut payments = Self {
            network: genesis.hash(),
            params,
            txs: Vec::new(),
            signed: Vec::new(),
            spent: Vec::new(),
        };
        for (at, spend) in made_by(&genesis, 0, 0).into_iter().enumerate() {
            let tx = payments.payment(at, spend, 1_000);
            let hash = tx.sighash(payments.network, &[spend.1]);
            let input = &tx.inputs[0];
            payments.signed.push((input.key, input.signature, hash.0));
            payments.spent.push(spend.1);
            payments.txs.push(tx);
        }
        payments
    }

    /// Spends the coin with this number: `amount` for Bob, the rest back.
    fn payment(&self, at: usize, spend: Spend, amount: u64) -> Tx {
        let rest = spend.1.amount.units() - amount;
        let mut tx = unsigned(&[spend], &[(BOB, amount), (actor(at), rest)]);
        tx.sign(self.network, &[spend.1], &[&key(actor(at))]);
        tx
    }

    /// Another payment with the coin of the one with this number.
    pub fn rival(&self, at: usize) -> Tx {
        let spend = (self.txs[at].inputs[0].outpoint, self.spent[at]);
        self.payment(at, spend, 2_000)
    }

    /// All of it in the first block, encoded.
    pub fn block(&self) -> Vec<u8> {
        let block = Miner::new(&self.params).mine(self.txs.clone());
        codec::encode(&block)
    }

    pub fn network(&self) -> BlockHash {
        self.network
    }
}

fn actor(at: usize) -> u8 {
    u8::try_from(1 + at % OWNERS).expect("few owners")
}

/// Blocks with nothing but a coinbase, encoded.
pub fn empty_blocks(params: &Params, count: usize) -> Vec<Vec<u8>> {
    let blocks = Miner::new(params).mine_empty(count);
    blocks.iter().map(codec::encode).collect()
}

pub fn disk(dir: &Path) -> DiskStore {
    DiskStore::open(dir).expect("a directory of our own")
}

pub fn chain<S: Store>(store: S, params: &Params, sigs: &Arc<SigCache>) -> ChainState<S> {
    ChainState::open(store, Arc::new(params.clone()), Arc::clone(sigs)).expect("a sound store")
}

/// Freshly decoded, so that no id of it was computed before.
pub fn decoded(bytes: &[u8]) -> Arc<Block> {
    Arc::new(Block::decode(bytes, codec::MAX_LEN).expect("encoded by us"))
}

/// Hands in a block and says how long the chain took.
pub fn hand_in<S: Store>(chain: &mut ChainState<S>, bytes: &[u8]) -> (Duration, BlockAccepted) {
    let block = decoded(bytes);
    let start = Instant::now();
    let accepted = chain.accept_block(Origin::Peer(1), &block, LATE);
    let time = start.elapsed();
    let accepted = accepted.expect("valid");
    assert_eq!(accepted.invalid, []);
    (time, accepted)
}

/// The same for a block that extends the chain.
pub fn extend<S: Store>(chain: &mut ChainState<S>, bytes: &[u8]) -> Duration {
    let (time, accepted) = hand_in(chain, bytes);
    let change = accepted.change.expect("extends the chain");
    assert_eq!((change.disconnected.len(), change.connected.len()), (0, 1));
    time
}

/// A chain in memory of these blocks.
pub fn grown(params: &Params, blocks: &[Vec<u8>]) -> MemStore {
    let mut chain = chain(MemStore::new(), params, &Arc::default());
    for block in blocks {
        extend(&mut chain, block);
    }
    chain.into_store()
}

/// Copies a directory as it would be found on a disk: what the original had written long before
/// is written, and where it only reserved room (a journal does, 64 MB) there is a hole again.
/// Otherwise whoever syncs or shortens a file of the copy pays for the copying.
pub fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
            continue;
        }
        let bytes = fs::read(entry.path())?;
        let written = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        let mut file = fs::File::create(target)?;
        file.write_all(&bytes[..written])?;
        file.set_len(bytes.len() as u64)?;
        file.sync_all()?;
    }
    Ok(())
}

/// A store that also says how long its last commit took.
pub struct Timed<S> {
    store: S,
    last_commit: Duration,
}

impl<S> Timed<S> {
    pub fn new(store: S) -> Self {
        Self {
            store,
            last_commit: Duration::ZERO,
        }
    }

    pub fn last_commit(&self) -> Duration {
        self.last_commit
    }
}

impl<S: Store> Store for Timed<S> {
    fn place(&self) -> String {
        self.store.place()
    }

    fn tip(&self) -> Result<Option<BlockId>, StoreFault> {
        self.store.tip()
    }

    fn each_header(&self, visit: &mut dyn FnMut(BlockId, HeaderRecord)) -> Result<(), StoreFault> {
        self.store.each_header(visit)
    }

    fn body(&self, id: &BlockId) -> Result<Option<Arc<Block>>, StoreFault> {
        self.store.body(id)
    }

    fn undo(&self, id: &BlockId) -> Result<Option<Undo>, StoreFault> {
        self.store.undo(id)
    }

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, StoreFault> {
        Store::coins(&self.store, outpoints)
    }

    fn each_coin(&self, visit: &mut dyn FnMut(OutPoint, Coin)) -> Result<(), StoreFault> {
        self.store.each_coin(visit)
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.store.meta(key)
    }

    fn each_meta(
        &self,
        prefix: &str,
        visit: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), StoreFault> {
        self.store.each_meta(prefix, visit)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        let start = Instant::now();
        let committed = self.store.commit(batch);
        self.last_commit = start.elapsed();
        committed
    }

    fn sync(&mut self) -> Result<(), StoreFault> {
        self.store.sync()
    }
}
