//! What is found, in parts.

use super::stage::*;
use crate::common::peer::{Fake, Scene};
use crate::common::{ALICE, BOB, CAROL, MINER, params};
use chainlab::chain::rules::check_proof;
use chainlab::chain::{BlockHash, Header, Params, Txid};
use chainlab::node::message::{
    Item, Message, PROOF_BLOCKS_MAX, PROOFS_BYTES, ProofPlace, ProofQuery, ProvenTx, Services,
};
use std::collections::BTreeMap;

/// Holds proofs against the headers of the scene's chain, and returns the ids.
fn hold(scene: &Scene, proven: &[ProvenTx]) -> Vec<Txid> {
    let params = scene.node().chain().params();
    let genesis = params.genesis_block();
    let blocks = scene.chain.iter().map(AsRef::as_ref);
    let headers = std::iter::once(&genesis).chain(blocks);
    let headers: BTreeMap<BlockHash, Header> = headers
        .map(|block| (block.hash(), *block.header()))
        .collect();
    let ids = proven.iter().map(|proven| {
        let header = headers.get(&proven.block).expect("a block of the chain");
        assert_eq!(check_proof(header, &proven.tx, &proven.proof), Ok(()));
        proven.tx.txid()
    });
    ids.collect()
}

/// Asks on until all is searched. Returns what was found, and how many answers that took.
fn asks_all(scene: &mut Scene, peer: &Fake, mut query: ProofQuery) -> (Vec<ProvenTx>, usize) {
    let (mut found, mut answers) = (Vec::new(), 0);
    loop {
        peer.sends(&mut scene.sim, Message::GetProofs(query));
        let mut said = Vec::new();
        for _ in 0..20 {
            scene.run_for(100);
            said.extend(peer.is_told());
            if !said.is_empty() {
                break;
            }
        }
        let mut answer = proofs(said.remove(0));
        answers += 1;
        found.append(&mut answer.proven);
        match answer.next {
            None => return (found, answers),
            Some(next) => {
                assert!(next > query.from, "each answer is a step");
                query.from = next;
            }
        }
    }
}

#[test]
fn what_pays_an_owner_or_spends_from_it_is_proven_and_nothing_else() {
    let mut scene = Scene::with_blocks(3);
    let payments = chain_of_payments(ALICE, CAROL, 2);
    let ids: Vec<Txid> = payments.iter().map(|tx| tx.txid()).collect();
    let [first, second] = <[_; 2]>::try_from(payments).expect("two");
    brings(&mut scene, vec![first]);
    scene.honest_brings(2);
    brings(&mut scene, vec![second]);
    let tip = scene.tip();
    let genesis = scene.node().chain().params().genesis_block();

    let carol = light(&mut scene, LIGHT);
    let version = carol.met().expect("it introduced itself");
    assert!(version.services.has(Services::PROOFS));
    watches(&mut scene, &carol, &[CAROL]);
    let (found, answers) = asks_all(&mut scene, &carol, query(0, tip));
    assert_eq!((hold(&scene, &found), answers), (ids.clone(), 1));

    // Alice spends, is paid back, and has her coin from the beginning.
    let alice = light(&mut scene, LIGHT + 1);
    watches(&mut scene, &alice, &[ALICE]);
    let (found, _) = asks_all(&mut scene, &alice, query(0, tip));
    let mut all = vec![genesis.txs()[0].txid()];
    all.extend(&ids);
    assert_eq!(hold(&scene, &found), all);

    // Rewards are payments; from where it is asked for.
    let miner = light(&mut scene, LIGHT + 2);
    watches(&mut scene, &miner, &[MINER]);
    let (found, _) = asks_all(&mut scene, &miner, query(4, tip));
    let rewards = scene.chain[3..].iter().map(|block| block.txids()[0]);
    assert_eq!(hold(&scene, &found), rewards.collect::<Vec<_>>());
    let peer = scene.peer(miner.at_node()).map(|peer| peer.watches);
    assert_eq!(peer, Some(0), "said by the node, which knows of it");
    let infos = scene.snapshot().peers;
    let info = infos.iter().find(|peer| peer.conn == miner.at_node());
    assert_eq!(info.map(|peer| peer.watches), Some(1));
    scene.outlives(&miner);
}

#[test]
fn a_long_chain_is_searched_in_parts_and_each_says_where_the_rest_begins() {
    let blocks = PROOF_BLOCKS_MAX as usize * 2 + 300;
    let mut scene = Scene::with_blocks(blocks);
    let last = brings(&mut scene, chain_of_payments(BOB, CAROL, 1));
    let peer = light(&mut scene, LIGHT);
    watches(&mut scene, &peer, &[CAROL]);
    let tip = scene.tip();
    let first = proofs(asks(&mut scene, &peer, query(1, tip)));
    let wanted = ProofPlace::block(1 + PROOF_BLOCKS_MAX);
    assert_eq!((first.next, first.proven.len()), (Some(wanted), 0));
    let (found, answers) = asks_all(&mut scene, &peer, query(1, tip));
    assert_eq!((found.len(), found[0].block), (1, last.hash()));
    assert!((3..=6).contains(&answers), "{answers}");
}

#[test]
fn a_block_with_more_than_fits_into_a_message_is_shown_in_parts() {
    let params = Params {
        max_block_bytes: 4_000_000,
        ..params()
    };
    let payments = payments(&params, (BOB, CAROL), 2_500, 0);
    let mut scene = Scene::of(params, |_| {});
    let ids: Vec<Txid> = payments.iter().map(|tx| tx.txid()).collect();
    brings(&mut scene, payments);
    let peer = light(&mut scene, LIGHT);
    watches(&mut scene, &peer, &[CAROL]);
    let tip = scene.tip();
    let first = proofs(asks(&mut scene, &peer, query(1, tip)));
    let bytes: usize = first.proven.iter().map(ProvenTx::encoded_len).sum();
    assert!(bytes <= PROOFS_BYTES, "{bytes}");
    let shown = u32::try_from(first.proven.len()).expect("few");
    // The coinbase pays another.
    let wanted = ProofPlace {
        height: 1,
        tx: 1 + shown,
    };
    assert_eq!(first.next, Some(wanted));
    let (found, answers) = asks_all(&mut scene, &peer, query(1, tip));
    assert_eq!(hold(&scene, &found), ids);
    assert!(answers > 1);
}

#[test]
fn what_is_not_here_and_what_is_no_range_is_said_and_costs_nothing() {
    let mut scene = Scene::with_blocks(4);
    let peer = light(&mut scene, LIGHT);
    let tip = scene.tip();
    let said = asks(&mut scene, &peer, query(0, tip));
    let Message::Reject(reject) = said else {
        panic!("{said:?}")
    };
    assert_eq!(reject.why.as_str(), "no addresses were named with `watch`");
    watches(&mut scene, &peer, &[CAROL]);
    let unknown = BlockHash([9; 32]);
    let said = asks(&mut scene, &peer, query(0, unknown));
    assert_eq!(said, Message::NotFound(vec![Item::Block(unknown)]));
    let said = asks(&mut scene, &peer, query(5, tip));
    let Message::Reject(reject) = said else {
        panic!("{said:?}")
    };
    assert_eq!(reject.why.as_str(), "from 5 to 4: there is no such block");
    assert_eq!(scene.score_of(peer.at_node()), Some(0));
    scene.outlives(&peer);
}

#[test]
fn a_branch_that_was_left_between_two_parts_is_searched_to_its_end_as_it_was() {
    let mut scene = Scene::with_blocks(2);
    let rival = scene.miner.rival(7);
    let block = brings(&mut scene, chain_of_payments(BOB, CAROL, 1));
    scene.honest_brings(1);
    let left = scene.tip();
    let peer = light(&mut scene, LIGHT);
    watches(&mut scene, &peer, &[CAROL]);
    let before = asks(&mut scene, &peer, query(3, left));
    // A longer branch without the payment, and what was asked is asked on.
    scene.miner = rival;
    scene.chain.truncate(2);
    scene.honest.change(|manners| manners.chain.truncate(2));
    scene.honest_brings(5);
    let after = asks(&mut scene, &peer, query(3, left));
    assert_eq!(after, before);
    assert_eq!(proofs(after).proven[0].block, block.hash());
    let tip = scene.tip();
    let now = proofs(asks(&mut scene, &peer, query(3, tip)));
    assert_eq!((now.proven.len(), now.next), (0, None));
}
