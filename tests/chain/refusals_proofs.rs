//! Merkle proofs that must not hold.

use chainlab::chain::hash::sha256d;
use chainlab::chain::merkle::{MerkleProof, commitment, tree_root};
use chainlab::chain::{MerkleRoot, Txid};

fn txids(count: u8) -> Vec<Txid> {
    (1..=count).map(|n| Txid(sha256d(&[n]))).collect()
}

fn pair(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    sha256d(&[left, right].concat())
}

/// All lists of 1 to 17, all places, with the list, the root and the proof.
fn each_proof(mut visit: impl FnMut(&[Txid], MerkleRoot, &MerkleProof)) {
    for count in 1..=17 {
        let txids = txids(count);
        for index in 0..u32::from(count) {
            let proof = MerkleProof::new(&txids, index).expect("it is there");
            visit(&txids, commitment(&txids), &proof);
        }
    }
}

fn at(txids: &[Txid], index: u32) -> Txid {
    txids[usize::try_from(index).expect("small")]
}

#[test]
fn a_proof_for_another_txid_or_root_does_not_hold() {
    each_proof(|txids, root, proof| {
        let own = at(txids, proof.index);
        assert!(proof.holds(own, root));
        for other in txids.iter().filter(|txid| **txid != own) {
            assert!(!proof.holds(*other, root));
        }
        let bare = MerkleRoot(tree_root(txids));
        for other in [bare, MerkleRoot::ZERO, commitment(&txids[1..])] {
            assert!(!proof.holds(own, other));
        }
    });
}

#[test]
fn a_proof_with_another_place_or_count_does_not_hold() {
    each_proof(|txids, root, proof| {
        let own = at(txids, proof.index);
        for index in (0..40).chain([u32::MAX]).filter(|i| *i != proof.index) {
            let moved = MerkleProof {
                index,
                ..proof.clone()
            };
            assert!(!moved.holds(own, root), "{proof:?} at {index}");
        }
        for count in (0..40).chain([u32::MAX]).filter(|c| *c != proof.count) {
            let counted = MerkleProof {
                count,
                ..proof.clone()
            };
            assert!(!counted.holds(own, root), "{proof:?} of {count}");
        }
    });
}

#[test]
fn a_proof_with_changed_missing_or_added_siblings_does_not_hold() {
    each_proof(|txids, root, proof| {
        let own = at(txids, proof.index);
        for level in 0..proof.siblings.len() {
            let mut changed = proof.clone();
            changed.siblings[level][0] ^= 1;
            assert!(!changed.holds(own, root));
            let mut missing = proof.clone();
            missing.siblings.remove(level);
            assert!(!missing.holds(own, root));
        }
        let mut longer = proof.clone();
        for _ in 0..40 {
            longer.siblings.push([0; 32]);
            assert!(!longer.holds(own, root));
        }
    });
}

/// Of a list that nobody made: a last one that is alone must be paired with itself, or the root
/// of a smaller tree could be dressed up.
#[test]
fn a_proof_that_gives_a_lone_last_node_another_sibling_does_not_hold() {
    let [a, b, c] = [1, 2, 3].map(|n| sha256d(&[n]));
    let other = sha256d(&[4]);
    let tree = pair(pair(a, b), pair(c, other));
    let mut counted = 3_u32.to_le_bytes().to_vec();
    counted.extend(tree);
    let root = MerkleRoot(sha256d(&counted));
    let proof = MerkleProof {
        count: 3,
        index: 2,
        siblings: vec![other, pair(a, b)],
    };
    assert!(!proof.holds(Txid(c), root));
    let honest = MerkleProof {
        siblings: vec![c, pair(a, b)],
        ..proof
    };
    let list = [Txid(a), Txid(b), Txid(c)];
    assert!(honest.holds(Txid(c), commitment(&list)));
}

#[test]
fn an_inner_node_that_poses_as_a_txid_does_not_hold() {
    for count in 2..=17 {
        let txids = txids(count);
        let root = commitment(&txids);
        let [a, b] = [txids[0].0, txids[1].0];
        let node = Txid(pair(a, b));
        let honest = MerkleProof::new(&txids, 0).expect("it is there");
        let above = honest.siblings[1..].to_vec();
        for claimed in 0..=40 {
            for index in 0..claimed {
                let proof = MerkleProof {
                    count: claimed,
                    index,
                    siblings: above.clone(),
                };
                assert!(!proof.holds(node, root), "{index} of {claimed}");
            }
        }
        // A list of inner nodes has the same tree, but not the same count.
        if count == 4 {
            let nodes = [node, Txid(pair(txids[2].0, txids[3].0))];
            assert_eq!(tree_root(&nodes), tree_root(&txids));
            assert_ne!(commitment(&nodes), root);
        }
    }
}

#[test]
fn an_empty_list_proves_nothing() {
    assert_eq!(MerkleProof::new(&[], 0), None);
    let empty = MerkleProof {
        count: 0,
        index: 0,
        siblings: vec![],
    };
    assert!(!empty.holds(Txid::ZERO, commitment(&[])));
    assert!(!empty.holds(Txid(sha256d(&[1])), commitment(&txids(1))));
}
