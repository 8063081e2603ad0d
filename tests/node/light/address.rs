//! By address: who is told, who lies, and what waits.

use super::stage::{Stage, WAYS};
use crate::common::*;
use chainlab::chain::Tx;
use chainlab::chain::merkle::MerkleProof;
use chainlab::node::LightWay;
use chainlab::node::io::{Command, EventKind, Question, Reply};
use chainlab::node::message::{Item, Message, ProofPlace, ProofQuery, Proofs, ProvenTx};
use chainlab::node::wallets::secret_hex;
use std::sync::Arc;
use std::time::Duration;

/// A light node with alice's wallet.
fn stage(names: &[&'static str]) -> Stage {
    let mut stage = Stage::by(LightWay::Address, names);
    stage.imports("light", "alice", ALICE);
    stage
}

/// What a full node shows is changed on its way.
fn bent(change: impl Fn(&mut Proofs)) -> impl Fn(Message) -> Option<Message> {
    move |message| {
        Some(match message {
            Message::Proofs(mut said) => {
                change(&mut said);
                Message::Proofs(said)
            }
            other => other,
        })
    }
}

/// Bob gives alice his coin of the genesis block.
fn gift(stage: &Stage) -> Tx {
    let spends = [genesis_coin(&stage.params, BOB)];
    pay(&stage.params, BOB, &spends, &[(ALICE, 1_000_000_000)])
}

#[test]
fn two_full_nodes_are_told_its_addresses_and_no_third_as_long_as_they_answer() {
    let mut stage = stage(&["central", "miner", "third", "fourth"]);
    for _ in 0..4 {
        stage.mines(Vec::new(), 2);
        stage.waits(Duration::from_secs(70));
    }
    let told = stage.info().told;
    assert_eq!(told.len(), 2);
    let heard = |message: &Message| matches!(message, Message::Watch(_) | Message::GetProofs(_));
    let heard = stage.said.iter().filter(|(_, message)| heard(message));
    assert!(
        heard
            .into_iter()
            .all(|(to, _)| told.iter().any(|name| name == to))
    );
    assert_eq!(stage.info().searched, (8, 8));
    assert_eq!(stage.info().headers, 8);
    let name = told[0].clone();
    stage.parts_from(&name);
    let told = stage.info().told;
    assert_eq!(stage.info().searching, 2, "another is told");
    assert!(
        told.len() == 3 && told.contains(&name),
        "who was told knows: {told:?}"
    );
}

#[test]
fn what_one_leaves_out_the_other_shows_in_its_place() {
    for (first, second) in [("liar", "honest"), ("honest", "liar")] {
        let mut stage = stage(&[]);
        stage.add(first);
        stage.add(second);
        stage.bends("liar", bent(|said| said.proven.clear()));
        let paid = gift(&stage);
        let later = pay(
            &stage.params,
            ALICE,
            &made_by_tx(&paid),
            &[(CAROL, 400_000_000), (ALICE, 600_000_000)],
        );
        stage.all_find(&[]);
        stage.mines(vec![paid], 3);
        stage.mines(vec![later], 3);
        stage.connects(first);
        stage.settles();
        let is_fooled = first == "liar";
        assert_eq!(
            stage.wallet("alice").confirmed,
            coins(if is_fooled { 10 } else { 16 })
        );
        assert_eq!(stage.info().searched, (6, 0));
        stage.connects(second);
        stage.settles();
        assert_eq!(stage.wallet("alice").confirmed, coins(16), "{first} first");
        assert_eq!(stage.info().searched, (6, 6));
        assert!(stage.is_with("liar"), "what is missing cannot be seen");
    }
}

#[test]
fn a_proof_that_does_not_hold_costs_its_sender_the_connection() {
    type Change = fn(&mut Proofs);
    let cases: [(&str, Change); 9] = [
        ("path", |said| {
            let proof = said.proven.first_mut().map(|proven| &mut proven.proof);
            let sibling = proof.and_then(|proof| proof.siblings.first_mut());
            sibling.expect("two transactions")[0] ^= 1;
        }),
        ("count", |said| said.proven[0].proof.count += 1),
        ("index", |said| said.proven[0].proof.index ^= 1),
        ("depth", |said| said.proven[0].proof.siblings.push([0; 32])),
        ("another block", |said| said.proven[0].block.0[0] ^= 1),
        ("twice", |said| {
            let again = said.proven[0].clone();
            said.proven.push(again);
        }),
        ("not a step further", |said| {
            said.next = Some(said.query.from)
        }),
        ("further than asked", |said| {
            said.next = Some(ProofPlace::block(100));
        }),
        ("another transaction", |said| {
            let mut tx = (*said.proven[0].tx).clone();
            tx.outputs[0].amount = coins(1);
            said.proven[0].tx = tx.into();
        }),
    ];
    for (what, change) in cases {
        let mut stage = stage(&["liar"]);
        stage.bends(
            "liar",
            bent(move |said| {
                if !said.proven.is_empty() {
                    change(said);
                }
            }),
        );
        let paid = gift(&stage);
        stage.mines(vec![paid], 2);
        assert!(!stage.is_with("liar"), "{what}");
        assert_eq!(stage.wallet("alice").confirmed, coins(10), "{what}");
        stage.add("honest");
        let blocks = stage.mined();
        stage.finds("honest", &blocks);
        stage.connects("honest");
        stage.settles();
        assert_eq!(stage.wallet("alice").confirmed, coins(20), "{what}");
    }
}

#[test]
fn a_transaction_of_others_and_proofs_that_were_not_asked_for_are_no_gifts() {
    let mut stage = stage(&["liar", "honest"]);
    let spends = [genesis_coin(&stage.params, BOB)];
    let others = pay(&stage.params, BOB, &spends, &[(CAROL, 1_000_000_000)]);
    let tx = Arc::new(others);
    for _ in 0..10 {
        if stage.is_with("liar") {
            stage.hears_from("liar", Message::Tx(Arc::clone(&tx)));
        }
    }
    assert!(!stage.is_with("liar"));
    assert_eq!(stage.info().incoming, 0);
    let query = ProofQuery {
        from: ProofPlace::block(1),
        stop: stage.params.genesis_block().hash(),
    };
    for _ in 0..10 {
        if stage.is_with("honest") {
            let (next, proven) = (None, Vec::new());
            let said = Proofs {
                query,
                next,
                proven,
            };
            stage.hears_from("honest", Message::Proofs(Box::new(said)));
        }
    }
    assert!(!stage.is_with("honest"));
}

#[test]
fn a_payment_to_it_shows_while_it_waits_and_is_settled_by_a_block() {
    let mut stage = stage(&["central", "miner"]);
    stage.imports("central", "bob", BOB);
    let sent = stage.pays_at("central", "bob", ALICE, coins(10));
    sent.expect("he has it");
    stage.settles();
    let paid = stage.waiting_at("central");
    let alice = stage.wallet("alice");
    assert_eq!((alice.confirmed, alice.incoming), (coins(10), coins(10)));
    assert_eq!(stage.info().incoming, 1);
    let refused = stage.pays("alice", CAROL, coins(15));
    assert!(refused.is_err(), "what waits is not spent: {refused:?}");
    stage.mines(paid, 1);
    let alice = stage.wallet("alice");
    assert_eq!((alice.confirmed, alice.incoming), (coins(20), coins(0)));
    assert_eq!(stage.info().incoming, 0);
}

#[test]
fn a_payment_that_waits_goes_when_a_block_spends_its_coin_otherwise() {
    let mut stage = stage(&["central", "miner"]);
    stage.imports("central", "bob", BOB);
    let waits = stage.pays_at("central", "bob", ALICE, coins(10));
    let waits = waits.expect("he has it");
    stage.settles();
    assert_eq!(stage.wallet("alice").incoming, coins(10));
    let spends = [genesis_coin(&stage.params, BOB)];
    let other = pay(
        &stage.params,
        BOB,
        &spends,
        &[(ALICE, 100_000_000), (BOB, 900_000_000)],
    );
    let rival = other.txid();
    stage.mines(vec![other], 1);
    let alice = stage.wallet("alice");
    assert_eq!((alice.confirmed, alice.incoming), (coins(11), coins(0)));
    let told = stage.events.iter().find_map(|event| match event {
        EventKind::TxDropped { txid, why } if *txid == waits => Some(why.clone()),
        _ => None,
    });
    let words = format!("a double spend: ..{} in block #1 ", rival.short());
    assert!(told.expect("told of").starts_with(&words));
}

#[test]
fn a_payment_to_it_waits_again_when_its_block_leaves_the_chain() {
    let mut stage = stage(&["central", "miner"]);
    let rival = stage.miner.rival(3);
    let paid = gift(&stage);
    stage.mines(vec![paid.clone()], 1);
    assert_eq!(stage.wallet("alice").confirmed, coins(20));
    stage.miner = rival;
    stage.mines(Vec::new(), 2);
    let alice = stage.wallet("alice");
    assert_eq!((alice.confirmed, alice.incoming), (coins(10), coins(10)));
    stage.mines(vec![paid], 1);
    let alice = stage.wallet("alice");
    assert_eq!((alice.confirmed, alice.incoming), (coins(20), coins(0)));
    assert_eq!(stage.info().incoming, 0);
}

#[test]
fn an_imported_key_is_looked_for_from_its_birthday() {
    for (way, asked) in WAYS.into_iter().zip([1, 2]) {
        looks_from_a_birthday(way, asked);
    }
}

/// Of so many peers.
fn looks_from_a_birthday(way: LightWay, asked: usize) {
    let mut stage = Stage::by(way, &["central", "miner"]);
    stage.imports("light", "alice", ALICE);
    stage.mines(Vec::new(), 6);
    let said = stage.said.len();
    let import = Command::ImportWallet {
        name: "miner".to_owned(),
        secret: secret_hex(&key(MINER)),
        birthday: Some(4),
    };
    stage.tells(import).expect("a new key");
    stage.settles();
    let starts = stage.said[said..]
        .iter()
        .filter_map(|(_, message)| match message {
            Message::GetProofs(query) => Some(query.from.height),
            Message::GetCFilters(range) => Some(range.start),
            _ => None,
        });
    assert_eq!(starts.collect::<Vec<_>>(), vec![4; asked], "{way:?}");
    let miner = stage.wallet("miner");
    let reward = stage.params.subsidy_at(1);
    let sum = miner.confirmed.checked_add(miner.immature);
    let three = chainlab::chain::Amount::checked_sum([reward; 3]);
    assert_eq!(sum, three, "of blocks 4, 5 and 6");
}

#[test]
fn a_silent_peer_gives_way_to_another() {
    let mut stage = stage(&["silent"]);
    stage.bends("silent", |message| match message {
        Message::Proofs(_) => None,
        other => Some(other),
    });
    stage.add("central");
    stage.add("miner");
    let paid = gift(&stage);
    stage.mines(vec![paid], 2);
    assert_eq!(stage.wallet("alice").confirmed, coins(10));
    stage.connects("central");
    stage.connects("miner");
    stage.waits(Duration::from_secs(30));
    assert_eq!(stage.wallet("alice").confirmed, coins(20));
    assert_eq!(stage.info().told, ["central", "miner", "silent"]);
    assert_eq!(stage.info().searching, 2);
    assert_eq!(stage.info().searched, (2, 2));
}

#[test]
fn payments_that_a_peer_makes_up_take_a_bounded_room_and_go_for_good_ones() {
    let mut stage = stage(&["liar"]);
    let paid = gift(&stage);
    let bytes = paid.encoded_len();
    for number in 0..6_000_u32 {
        let mut tx = paid.clone();
        tx.inputs[0].outpoint.txid.0[..4].copy_from_slice(&number.to_le_bytes());
        stage.hears_from("liar", Message::Tx(Arc::new(tx)));
    }
    let kept = stage.info().incoming;
    assert!(kept > 1_000 && kept * bytes <= 1_000_000, "{kept}");
    assert_eq!(stage.wallet("alice").confirmed, coins(10));
    stage.hears_from("liar", Message::Tx(Arc::new(paid.clone())));
    stage.mines(vec![paid], 1);
    assert_eq!(stage.wallet("alice").confirmed, coins(20));
    assert_eq!(stage.info().incoming, kept - 1);
}

/// Blocks with work are all that it is shown: that one transaction cannot be in two of them it cannot know.
#[test]
fn a_transaction_that_stands_in_the_chain_twice_pays_once_and_goes_with_its_branch() {
    let mut stage = stage(&[]);
    let honest = stage.miner.rival(3);
    let paid = gift(&stage);
    let blocks = [(); 2].map(|()| stage.miner.mine(vec![paid.clone()]));
    let [_, last] = &blocks;
    let (from, stop) = (ProofPlace::block(1), last.hash());
    let proven = blocks.iter().map(|block| ProvenTx {
        block: block.hash(),
        tx: Arc::new(paid.clone()),
        proof: MerkleProof::new(block.txids(), 1).expect("it is in the block"),
    });
    let said = Proofs {
        query: ProofQuery { from, stop },
        next: None,
        proven: proven.collect(),
    };
    stage.add("liar");
    stage.bends("liar", move |message| match message {
        Message::NotFound(items) if items.contains(&Item::Block(stop)) => {
            Some(Message::Proofs(Box::new(said.clone())))
        }
        other => Some(other),
    });
    stage.connects("liar");
    let headers = blocks.iter().map(|block| *block.header()).collect();
    stage.hears_from("liar", Message::Headers(headers));
    stage.settles();
    assert_eq!(stage.info().proofs, 3, "with that of the genesis block");
    let txid = paid.txid();
    let Ok(Reply::Tx(opened)) = stage.asks(Question::Tx { txid }) else {
        panic!("it is proven");
    };
    assert_eq!(
        opened.block.map(|block| block.height),
        Some(1),
        "where it stands first"
    );
    assert_eq!(stage.wallet("alice").confirmed, coins(20));
    stage.add("honest");
    stage.connects("honest");
    stage.miner = honest;
    let heavier = stage.miner.mine_empty(4);
    stage.finds("honest", &heavier);
    stage.settles();
    assert_eq!(stage.info().headers, 4);
    assert_eq!(stage.wallet("alice").confirmed, coins(10));
}
