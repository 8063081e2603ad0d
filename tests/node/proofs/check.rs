//! Proofs that show nothing are refused, each with its reason.

use super::stage::*;
use crate::common::peer::Scene;
use crate::common::{BOB, CAROL};
use chainlab::chain::hash::sha256d;
use chainlab::chain::merkle::{MerkleProof, PathError};
use chainlab::chain::rules::{ProofError, TxError, check_proof, check_tx_len};
use chainlab::chain::{Block, Header, Tx, codec};
use std::sync::Arc;

/// A block of a coinbase and four payments, its proof for the third transaction, and a block beside it.
fn stage() -> (Arc<Block>, Arc<Block>, MerkleProof) {
    let mut scene = Scene::new();
    let payments = chain_of_payments(BOB, CAROL, 4);
    let block = brings(&mut scene, payments);
    scene.honest_brings(1);
    let proof = MerkleProof::new(block.txids(), 2).expect("it is there");
    (block, Arc::clone(&scene.chain[1]), proof)
}

fn refused(header: &Header, tx: &Tx, proof: &MerkleProof) -> String {
    check_proof(header, tx, proof)
        .expect_err("it shows nothing")
        .to_string()
}

#[test]
fn an_honest_proof_holds_for_each_transaction_of_a_block() {
    let (block, _, _) = stage();
    for (index, tx) in (0..).zip(block.txs()) {
        let proof = MerkleProof::new(block.txids(), index).expect("it is there");
        assert_eq!(check_proof(block.header(), tx, &proof), Ok(()), "{index}");
    }
}

#[test]
fn a_wrong_path_another_block_and_another_transaction_are_refused() {
    let (block, other, proof) = stage();
    let tx = &block.txs()[2];
    let elsewhere = "the path does not lead to what the header commits to";
    for level in 0..proof.siblings.len() {
        let mut wrong = proof.clone();
        wrong.siblings[level][7] ^= 1;
        assert_eq!(refused(block.header(), tx, &wrong), elsewhere);
    }
    assert_eq!(refused(other.header(), tx, &proof), elsewhere);
    assert_eq!(refused(block.header(), &block.txs()[1], &proof), elsewhere);
    let mut changed = tx.clone();
    changed.outputs[0].amount = changed.outputs[1].amount;
    assert_eq!(refused(block.header(), &changed, &proof), elsewhere);
}

#[test]
fn a_count_that_is_bent_is_refused_whether_or_not_the_tree_would_be_as_deep() {
    let (block, _, proof) = stage();
    let tx = &block.txs()[2];
    let of = |count| MerkleProof {
        count,
        ..proof.clone()
    };
    for (count, why) in [
        (0, PathError::Place { index: 2, count: 0 }),
        (2, PathError::Place { index: 2, count: 2 }),
        (
            4,
            PathError::Steps {
                steps: 3,
                needed: 2,
            },
        ),
        (6, PathError::Root),
        (8, PathError::Root),
        (
            9,
            PathError::Steps {
                steps: 3,
                needed: 4,
            },
        ),
        (
            u32::MAX,
            PathError::Steps {
                steps: 3,
                needed: 32,
            },
        ),
    ] {
        let checked = check_proof(block.header(), tx, &of(count));
        assert_eq!(checked, Err(ProofError::Path(why)), "{count}");
    }
}

#[test]
fn what_stands_first_is_the_coinbase_and_nothing_else_is() {
    let (block, _, _) = stage();
    for (index, tx) in [(0, 1), (1, 0)] {
        let proof = MerkleProof::new(block.txids(), index).expect("it is there");
        let checked = check_proof(block.header(), &block.txs()[tx], &proof);
        assert_eq!(checked, Err(ProofError::Coinbase { index }));
    }
}

/// CVE-2017-12842, both ways round: 64 bytes that are two hashes of the tree are no transaction, and the hash of
/// an inner node passes for no id, as the depth is committed to.
#[test]
fn sixty_four_bytes_are_refused() {
    let (block, _, proof) = stage();
    assert_eq!(check_tx_len(64), Err(TxError::SixtyFourBytes));
    let node: Vec<u8> = block.txids()[..2].iter().flat_map(|txid| txid.0).collect();
    assert_eq!(node.len(), 64);
    assert!(codec::decode::<Tx>(&node, 64).is_err());
    // The rest of the path from there, as of a tree of half as many.
    let txid = chainlab::chain::Txid(sha256d(&node));
    let above = MerkleProof {
        count: 3,
        index: 0,
        siblings: MerkleProof::new(block.txids(), 0)
            .expect("it is there")
            .siblings[1..]
            .to_vec(),
    };
    assert_eq!(
        above.check(txid, block.header().merkle_root),
        Err(PathError::Root)
    );
    let as_many = MerkleProof { count: 5, ..above };
    let checked = as_many.check(txid, block.header().merkle_root);
    let needed = proof.siblings.len();
    assert_eq!(checked, Err(PathError::Steps { steps: 2, needed }));
}

#[test]
fn what_could_be_in_no_block_is_refused_whatever_its_path() {
    let (block, _, proof) = stage();
    let mut nothing = block.txs()[2].clone();
    nothing.outputs.clear();
    let why = "the transaction has no outputs";
    assert_eq!(refused(block.header(), &nothing, &proof), why);
}
