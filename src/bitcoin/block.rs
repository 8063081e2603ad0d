//! Whole blocks: a header and the transactions that it commits to.
//!
//! What a peer sends as a block's body is checked against the header, and nothing else is: that its
//! coins exist, its signatures hold and its miner takes no more than is due is the node's to judge.

use super::header::Header;
use super::tx::{Found, FoundTx, Opened, Transaction, TxError, tx_error};
use crate::chain::hash::{BlockHash, Txid, sha256d};
use crate::chain::merkle;
use bitcoin_slices::{Visit, bsl};
use bytes::Bytes;
use thiserror::Error;

/// Bytes of a transaction that could be taken for two hashes of the tree.
const INNER_NODE_LEN: u64 = 64;

/// Its weight, without witnesses.
const INNER_NODE_WEIGHT: u64 = INNER_NODE_LEN * 4;

/// What a coinbase's output begins with that commits to the witnesses: OP_RETURN, 36 bytes, a mark.
const COMMITMENT: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    bytes: Bytes,
    header: Header,
    hash: BlockHash,
    /// Where the first transaction begins.
    first: usize,
    txs: Vec<FoundTx>,
}

/// Why a body is not the one that its header commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BlockFault {
    /// Other transactions, or in another order.
    #[error("its transactions are not those that the header commits to")]
    MerkleRoot,
    /// The list repeats its end, or an inner node stands as a transaction: made to look bad on its way
    /// (CVE-2012-2459, CVE-2017-12842).
    #[error("its transactions were tampered with on their way")]
    Mutated,
    /// The first transaction makes no coins, or another one does.
    #[error("its coinbase is not its first transaction alone")]
    Coinbase,
    /// Other witnesses than the coinbase commits to, or some where it commits to none.
    #[error("its witnesses are not those that it commits to")]
    Witness,
}

impl Block {
    /// From its bytes, and nothing behind them.
    ///
    /// # Errors
    /// [`TxError`]: they are no block. Whether the body is the header's is what [`Block::check`] says.
    pub fn new(bytes: Bytes) -> Result<Self, TxError> {
        let mut found = Found::default();
        let read = bsl::Block::visit(&bytes, &mut found).map_err(tx_error)?;
        if !read.remaining().is_empty() {
            return Err(TxError::Rest);
        }
        let header = Header::from_bytes(bytes.first_chunk().expect("a block has a header"));
        let len: usize = found.txs.iter().map(|tx| tx.len as usize).sum();
        Ok(Self {
            header,
            hash: header.hash(),
            first: bytes.len() - len,
            bytes,
            txs: found.txs,
        })
    }

    /// As it goes over the wire.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What it commits to.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Its hash.
    pub const fn hash(&self) -> BlockHash {
        self.hash
    }

    /// How many transactions it has.
    pub fn len(&self) -> usize {
        self.txs.len()
    }

    /// Whether it has none, which no valid block has.
    pub fn is_empty(&self) -> bool {
        self.txs.is_empty()
    }

    /// The ids of its transactions, in their order.
    pub fn txids(&self) -> impl Iterator<Item = Txid> {
        self.txs.iter().map(|tx| tx.txid)
    }

    /// Its transactions, in their order.
    pub fn txs(&self) -> impl Iterator<Item = Transaction> {
        self.txs.iter().scan(self.first, |at, tx| {
            let start = *at;
            *at += tx.len as usize;
            Some(Transaction::found(self.bytes.slice(start..*at), tx))
        })
    }

    /// Its weight, BIP 141: four million at most.
    pub fn weight(&self) -> u64 {
        let txs: u64 = self.txs.iter().map(|tx| u64::from(tx.weight)).sum();
        txs + 4 * self.first as u64
    }

    /// The height that its coinbase says, BIP 34; `None` where it says none. It is as true as the work
    /// that was done for it: on a network where that is much, it is so.
    pub fn height(&self) -> Option<u32> {
        let coinbase = self.txs().next()?.open();
        said_height(&coinbase.inputs.first()?.script)
    }

    /// Whether the header commits to this body.
    ///
    /// # Errors
    /// [`BlockFault`].
    pub fn check(&self) -> Result<(), BlockFault> {
        let txids: Vec<Txid> = self.txids().collect();
        if merkle::tree_root(&txids) != self.header.merkle_root.0 {
            return Err(BlockFault::MerkleRoot);
        }
        let is_inner = |tx: &FoundTx| u64::from(tx.weight) == INNER_NODE_WEIGHT;
        if merkle::repeats_tail(&txids) || self.txs.iter().any(is_inner) {
            return Err(BlockFault::Mutated);
        }
        let Some(coinbase) = self.txs().next().filter(|tx| tx.open().is_coinbase()) else {
            return Err(BlockFault::Coinbase);
        };
        self.check_witnesses(&coinbase)
    }

    fn check_witnesses(&self, coinbase: &Transaction) -> Result<(), BlockFault> {
        let Some((commitment, reserved)) = committed(&coinbase.open()) else {
            // Nothing is committed to, so there must be none.
            let has_some = self.txs().any(|tx| tx.has_witness());
            return if has_some {
                Err(BlockFault::Witness)
            } else {
                Ok(())
            };
        };
        let root = self.witness_root();
        match sha256d(&[root, reserved].concat()) == commitment {
            true => Ok(()),
            false => Err(BlockFault::Witness),
        }
    }

    /// The root of the tree of ids with witnesses, in which the coinbase's is zeros.
    fn witness_root(&self) -> [u8; 32] {
        let others = self.txs().skip(1).map(|tx| Txid(tx.wtxid().0));
        let ids: Vec<Txid> = std::iter::once(Txid::ZERO).chain(others).collect();
        merkle::tree_root(&ids)
    }
}

/// What a coinbase commits its block's witnesses to, and the 32 bytes of its own witness that go into it.
/// Before that rule was there an output that looks so was one as any other.
fn committed(coinbase: &Opened) -> Option<([u8; 32], [u8; 32])> {
    let outputs = coinbase.outputs.iter().rev();
    let mut marked = outputs.filter_map(|output| output.script.strip_prefix(&COMMITMENT));
    let commitment = marked.find_map(|rest| rest.first_chunk().copied())?;
    let [reserved] = &coinbase.inputs.first()?.witness[..] else {
        return None;
    };
    Some((commitment, reserved[..].try_into().ok()?))
}

/// The number that a coinbase's script begins with: pushed with its length before it, or as one of the
/// opcodes for 1 to 16.
fn said_height(script: &[u8]) -> Option<u32> {
    let (first, rest) = script.split_first()?;
    match first {
        0x51..=0x60 => Some(u32::from(first - 0x50)),
        1..=4 => {
            let pushed = rest.get(..usize::from(*first))?;
            let (last, _) = pushed.split_last()?;
            let bytes = pushed.iter().rev();
            let number = bytes.fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
            // The highest bit is a sign.
            (last & 0x80 == 0).then_some(number)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin_test_data::blocks::mainnet_702861;

    fn block() -> Block {
        Block::new(Bytes::from_static(mainnet_702861())).unwrap()
    }

    fn bent(at: usize) -> Result<(), BlockFault> {
        let mut bytes = mainnet_702861().to_vec();
        bytes[at] ^= 1;
        Block::new(bytes.into()).unwrap().check()
    }

    #[test]
    fn a_block_of_mainnet_is_read_and_is_its_headers() {
        let block = block();
        let hash = "000000000000000000054dc93774b2e435f38c7c2be1f3dbb2e2ff8dda0b5e3a";
        assert_eq!(block.hash().to_string().len(), hash.len());
        assert_eq!(block.len(), 2_500);
        assert_eq!(block.height(), Some(702_861));
        assert_eq!(block.check(), Ok(()));
        assert!(block.weight() <= 4_000_000);
        assert_eq!(
            block.txs().map(|tx| tx.bytes().len()).sum::<usize>() + 83,
            block.bytes().len()
        );
        assert!(block.txs().map(|tx| tx.txid()).eq(block.txids()));
    }

    #[test]
    fn a_body_with_a_bent_byte_is_not_the_headers() {
        let block = block();
        let last = block.bytes().len() - 1;
        assert_eq!(bent(last), Err(BlockFault::MerkleRoot), "a lock time");
        let with_witness = block.txs().skip(1).find(Transaction::has_witness).unwrap();
        // The last byte of the last witness stands before the lock time.
        let start = with_witness.bytes().as_ptr() as usize - block.bytes().as_ptr() as usize;
        let in_witness = start + with_witness.bytes().len() - 5;
        assert_eq!(bent(in_witness), Err(BlockFault::Witness));
    }

    #[test]
    fn a_body_that_ends_early_or_goes_on_is_none() {
        let bytes = Bytes::from_static(mainnet_702861());
        let short = bytes.slice(..bytes.len() - 1);
        assert_eq!(Block::new(short), Err(TxError::Short));
        let long = [&bytes[..], &[0]].concat();
        assert_eq!(Block::new(long.into()), Err(TxError::Rest));
    }

    #[test]
    fn heights_are_read_as_coinbases_push_them() {
        for (script, height) in [
            (&[0x51][..], Some(1)),
            (&[0x60], Some(16)),
            (&[1, 17], Some(17)),
            (&[2, 0x80, 0], Some(128)),
            (&[3, 0x9d, 0xb9, 0x0a], Some(702_877)),
            (&[1, 0x80], None),
            (&[3, 1, 2], None),
            (&[], None),
        ] {
            assert_eq!(said_height(script), height, "{script:?}");
        }
    }
}
