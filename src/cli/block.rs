//! A block and a transaction, opened for people, and judged: whether the header's hash is proof of
//! work, and whether the transactions are those that the header commits to. Both are worked out
//! here, from what the node tells; neither is taken on trust.

use super::table::show_time;
use crate::chain::merkle::{MerkleProof, commitment};
use crate::chain::{Amount, CompactTarget, Header, Txid};
use crate::node::Time;
use crate::node::io::words::counted;
use crate::node::snapshot::{BlockDetail, TxDetail, TxProof};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Names of wallets by their addresses.
pub(super) type Names = BTreeMap<String, String>;

/// What comes of judging something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds(String),
    Fails(String),
    /// Not all that it takes is there.
    Open(String),
}

impl Verdict {
    fn of(holds: bool, why: String) -> Self {
        match holds {
            true => Self::Holds(why),
            false => Self::Fails(why),
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Holds(why) => format!("holds: {why}"),
            Self::Fails(why) => format!("FAILS: {why}"),
            Self::Open(why) => format!("not judged: {why}"),
        }
    }

    /// For programs: `null` where nothing was judged.
    pub(super) fn json(&self) -> Value {
        let (holds, Self::Holds(why) | Self::Fails(why) | Self::Open(why)) = (
            match self {
                Self::Holds(_) => Some(true),
                Self::Fails(_) => Some(false),
                Self::Open(_) => None,
            },
            self,
        );
        json!({ "holds": holds, "why": why })
    }
}

/// Whether the hash of the header is the block's name, and not above the target.
pub(super) fn proof_of_work(block: &BlockDetail) -> Verdict {
    let header = Header {
        version: block.version,
        previous: block.info.previous,
        merkle_root: block.merkle_root,
        time: block.info.time,
        bits: CompactTarget(block.bits),
        nonce: block.nonce,
    };
    let hash = header.hash();
    if hash != block.info.id.hash {
        return Verdict::Fails(format!("the header's hash is {hash}"));
    }
    if block.info.id.height == 0 {
        return Verdict::Open("the genesis block is given, and needs none".to_owned());
    }
    let target = match header.bits.to_target() {
        Ok(target) => target,
        Err(error) => return Verdict::Fails(error.to_string()),
    };
    let number = target.to_u256();
    Verdict::of(
        target.is_met_by(&hash),
        format!("the hash must not be above {number:064x}"),
    )
}

/// Whether the header commits to these transactions.
pub(super) fn merkle(block: &BlockDetail) -> Verdict {
    if let Some(missing) = missing_txs(block) {
        return missing;
    }
    let txids: Vec<Txid> = block.txs.iter().map(|tx| tx.txid).collect();
    let root = commitment(&txids);
    let txs = counted(txids.len(), "transaction");
    Verdict::of(root == block.merkle_root, format!("{txs} give {root}"))
}

/// Whether a proof leads from this transaction to what the header commits to.
pub(super) fn membership(block: &BlockDetail, txid: Txid) -> Verdict {
    if let Some(missing) = missing_txs(block) {
        return missing;
    }
    let txids: Vec<Txid> = block.txs.iter().map(|tx| tx.txid).collect();
    let place = txids.iter().position(|other| *other == txid);
    let index = place.and_then(|place| u32::try_from(place).ok());
    match index.and_then(|index| MerkleProof::new(&txids, index)) {
        Some(proof) => leads(&TxProof::of(&proof, txid, block.merkle_root)),
        None => Verdict::Fails("the block does not have it".to_owned()),
    }
}

/// Whether a proof leads to what the header commits to.
pub(super) fn leads(proof: &TxProof) -> Verdict {
    let hashes = match proof.steps.len() {
        1 => "1 hash leads".to_owned(),
        count => format!("{count} hashes lead"),
    };
    let (nth, count, root) = (proof.index + 1, proof.count, proof.merkle_root);
    let why = format!("{hashes} from transaction {nth} of {count} to {root}");
    Verdict::of(proof.holds, why)
}

fn missing_txs(block: &BlockDetail) -> Option<Verdict> {
    let all = block.info.txs? + 1;
    let here = block.txs.len();
    (here < all).then(|| {
        Verdict::Open(format!(
            "it needs all {all} transactions, and {here} are told"
        ))
    })
}

/// A block for people.
pub(super) fn block_text(block: &BlockDetail, names: &Names) -> String {
    let info = &block.info;
    let place = match (block.active, block.confirmations) {
        (true, count) => format!("on the chain, {}", counted(count_of(count), "confirmation")),
        (false, _) => "not on the chain".to_owned(),
    };
    let mut text = format!("block {}  {}\n", info.id.height, info.id.hash);
    let rows = [
        ("", place),
        ("bytes", block.bytes.to_string()),
        ("version", block.version.to_string()),
        ("previous", info.previous.to_string()),
        ("merkle root", block.merkle_root.to_string()),
        ("time", show_time(Time::from_block(info.time))),
        ("bits", format!("{:#010x}", block.bits)),
        ("nonce", block.nonce.to_string()),
        ("proof of work", proof_of_work(block).words()),
        ("merkle root", merkle(block).words()),
    ];
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<13}  {value}");
    }
    let all = info.txs.map_or(block.txs.len(), |txs| txs + 1);
    for (number, tx) in (1..).zip(&block.txs) {
        let _ = writeln!(text, "\ntransaction {number} of {all}");
        text.push_str(&tx_text(tx, names));
    }
    if block.txs.len() < all {
        let _ = writeln!(text, "\nand {} more", all - block.txs.len());
    }
    text
}

fn count_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A transaction for people.
pub(super) fn tx_text(tx: &TxDetail, names: &Names) -> String {
    let who = |address: &String| match names.get(address) {
        Some(name) => format!("{address} ({name})"),
        None => address.clone(),
    };
    let mut text = format!("  {}  {} bytes", tx.txid, tx.bytes);
    if tx.lock_time > 0 {
        let _ = write!(text, ", not before block {}", tx.lock_time);
    }
    text.push('\n');
    if tx.coinbase {
        text.push_str("  in   made by the block itself\n");
    }
    for (outpoint, coin) in &tx.inputs {
        let from = format!("{}:{}", outpoint.txid, outpoint.index);
        let _ = match coin {
            Some((amount, owner)) => {
                writeln!(text, "  in   {amount} of {}, made in {from}", who(owner))
            }
            None => writeln!(text, "  in   made in {from}"),
        };
    }
    for (amount, owner) in &tx.outputs {
        let _ = writeln!(text, "  out  {amount} to {}", who(owner));
    }
    if let Some(fee) = tx.fee.filter(|fee| *fee != Amount::ZERO) {
        let _ = writeln!(text, "  fee  {fee}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{BlockHash, MerkleRoot, Params};
    use crate::node::BlockId;
    use crate::node::snapshot::BlockInfo;

    fn tx(digit: u8) -> TxDetail {
        TxDetail {
            txid: Txid([digit; 32]),
            block: None,
            bytes: 100,
            lock_time: 0,
            coinbase: digit == 1,
            inputs: Vec::new(),
            outputs: vec![(Amount::MAX, "somebody".to_owned())],
            fee: None,
            proof: None,
        }
    }

    /// A block with a header that is solved for an easy target.
    fn block(txs: Vec<TxDetail>) -> BlockDetail {
        let txids: Vec<_> = txs.iter().map(|tx| tx.txid).collect();
        let mut header = Header {
            merkle_root: commitment(&txids),
            bits: Params::default().limit_bits,
            ..*Params::default().genesis_block().header()
        };
        while !header.meets_target() {
            header.nonce += 1;
        }
        BlockDetail {
            info: BlockInfo {
                id: BlockId {
                    height: 3,
                    hash: header.hash(),
                },
                previous: header.previous,
                time: header.time,
                txs: Some(txs.len() - 1),
                miner: None,
            },
            active: true,
            confirmations: 1,
            version: header.version,
            merkle_root: header.merkle_root,
            bits: header.bits.0,
            nonce: header.nonce,
            bytes: 300,
            txs,
        }
    }

    #[test]
    fn a_sound_block_holds_and_one_that_was_tampered_with_does_not() {
        let sound = block(vec![tx(1), tx(2), tx(3)]);
        assert!(matches!(proof_of_work(&sound), Verdict::Holds(_)));
        assert!(matches!(merkle(&sound), Verdict::Holds(_)));
        assert!(matches!(
            membership(&sound, Txid([3; 32])),
            Verdict::Holds(_)
        ));
        assert!(matches!(
            membership(&sound, Txid([9; 32])),
            Verdict::Fails(_)
        ));

        let mut other = sound.clone();
        other.txs[1].txid = Txid([7; 32]);
        assert!(matches!(merkle(&other), Verdict::Fails(_)));
        assert!(matches!(
            membership(&other, Txid([3; 32])),
            Verdict::Fails(_)
        ));
        let mut other = sound.clone();
        other.nonce += 1;
        assert!(matches!(proof_of_work(&other), Verdict::Fails(_)));
        let mut other = sound.clone();
        other.merkle_root = MerkleRoot::ZERO;
        assert!(matches!(proof_of_work(&other), Verdict::Fails(_)));
        let mut hard = sound;
        hard.bits = 0x0300_0001;
        hard.info.id.hash = BlockHash::ZERO;
        assert!(matches!(proof_of_work(&hard), Verdict::Fails(_)));
    }

    #[test]
    fn a_block_of_which_not_all_is_told_is_not_judged() {
        let mut large = block(vec![tx(1), tx(2)]);
        large.txs.pop();
        let words = "not judged: it needs all 2 transactions, and 1 are told";
        assert_eq!(merkle(&large).words(), words);
        let text = block_text(&large, &Names::new());
        assert!(text.ends_with("\nand 1 more\n"), "{text}");
    }
}
