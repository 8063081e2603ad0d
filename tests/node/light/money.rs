//! Money that comes and goes, as a light node sees it, beside full nodes.

use super::stage::{Stage, WAYS};
use crate::common::*;
use chainlab::node::LightWay;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, EventKind, Question, RefusalKind};
use chainlab::node::message::Message;
use std::time::Duration;

#[test]
fn with_no_wallet_headers_and_filter_headers_are_all_that_it_asks_for() {
    let mut stage = Stage::with(&["central", "miner"]);
    stage.mines(Vec::new(), 30);
    let info = stage.info();
    assert_eq!(
        (info.headers, info.filter_headers, info.compared),
        (30, 30, 30)
    );
    assert!(!info.is_one_word);
    let asks = |message: &Message| matches!(message, Message::GetCFilters(_) | Message::GetData(_));
    assert!(!stage.said.iter().any(|(_, message)| asks(message)));
}

#[test]
fn it_receives_and_pays_beside_full_nodes() {
    for way in WAYS {
        it_receives_and_pays(way);
    }
}

fn it_receives_and_pays(way: LightWay) {
    let mut stage = Stage::by(way, &["central", "miner"]);
    stage.imports("light", "alice", ALICE);
    stage.imports("central", "alice", ALICE);
    assert_eq!(
        stage.wallet("alice").confirmed,
        coins(10),
        "of the genesis block"
    );
    let txid = stage.pays("alice", BOB, coins(4)).expect("she has it");
    let waits = stage.wallet("alice");
    assert_eq!((waits.outgoing, waits.unconfirmed), (coins(4), 1));
    let payment = stage.info().payments.remove(0);
    assert_eq!(payment.txid, txid);
    assert_eq!(payment.heard.len(), 2, "both have asked for it");
    assert!(payment.is_sent);
    let told = format!("payment ..{} is sent: two peers have it", txid.short());
    assert!(stage.found_out().contains(&told.as_str()));
    let paid = stage.waiting_at("miner");
    assert_eq!(paid.len(), 1);
    stage.mines(paid, 2);
    assert_eq!(stage.wallet("alice"), stage.wallet_at("central", "alice"));
    assert_eq!(stage.wallet("alice").confirmed, coins(6));
    assert_eq!(stage.info().payments, []);
    let fetched: u64 = stage.info().fetched.iter().map(|(_, count)| count).sum();
    match way {
        LightWay::Filter => assert_eq!(fetched, 1, "the block with the payment, and no other"),
        LightWay::Address => assert_eq!(fetched, 0, "it is shown what there is"),
    }
    assert_eq!(
        stage.info().proofs,
        2,
        "of the genesis block, and of the payment"
    );
}

#[test]
fn an_imported_key_is_looked_for_from_the_beginning_and_a_new_one_from_its_birth() {
    let mut stage = Stage::with(&["central", "miner"]);
    let blocks = stage.mines(Vec::new(), 3);
    let reward = made_by(&blocks[0], 0, 1);
    stage.imports("light", "miner", MINER);
    stage.imports("central", "miner", MINER);
    assert_eq!(reward.len(), 1);
    assert_eq!(stage.wallet("miner"), stage.wallet_at("central", "miner"));
    let said = stage.said.len();
    let name = "new".to_owned();
    stage.tells(Command::CreateWallet { name }).expect("a name");
    stage.mines(Vec::new(), 1);
    let starts = stage.said[said..]
        .iter()
        .filter_map(|(_, message)| match message {
            Message::GetCFilters(range) => Some(range.start),
            _ => None,
        });
    assert!(starts.into_iter().all(|start| start >= 3));
    assert_eq!(stage.wallet("miner"), stage.wallet_at("central", "miner"));
}

#[test]
fn a_reorganisation_takes_money_away_and_the_payment_waits_again() {
    for way in WAYS {
        a_reorganisation_takes_money_away(way);
    }
}

fn a_reorganisation_takes_money_away(way: LightWay) {
    let mut stage = Stage::by(way, &["central", "miner"]);
    stage.imports("light", "alice", ALICE);
    stage.imports("light", "carol", CAROL);
    let rival = stage.miner.rival(5);
    let txid = stage.pays("alice", BOB, coins(3)).expect("she has it");
    let paid = stage.waiting_at("miner");
    let spends = [genesis_coin(&stage.params, BOB)];
    let gift = pay(&stage.params, BOB, &spends, &[(CAROL, 1_000_000_000)]);
    stage.mines(vec![paid[0].clone(), gift], 2);
    assert_eq!(stage.wallet("alice").confirmed, coins(7));
    assert_eq!(stage.wallet("carol").confirmed, coins(10));
    stage.miner = rival;
    stage.mines(Vec::new(), 5);
    assert_eq!(
        stage.wallet("carol").confirmed,
        coins(0),
        "what she got is gone"
    );
    let alice = stage.wallet("alice");
    assert_eq!((alice.confirmed, alice.outgoing), (coins(10), coins(3)));
    assert_eq!(stage.info().payments[0].txid, txid);
    let reorganised = |event: &EventKind| matches!(event, EventKind::Reorganised { depth: 2, .. });
    assert!(stage.events.iter().any(reorganised));
    stage.waits(Duration::from_secs(40));
    let again = stage.waiting_at("miner");
    assert!(again.iter().any(|tx| tx.txid() == txid), "announced again");
    stage.mines(
        again.into_iter().filter(|tx| tx.txid() == txid).collect(),
        1,
    );
    assert_eq!(stage.wallet("alice").confirmed, coins(7));
}

#[test]
fn a_double_spend_is_told_of_in_words_and_the_payment_is_dropped() {
    for way in WAYS {
        a_double_spend_is_told_of_in_words(way);
    }
}

fn a_double_spend_is_told_of_in_words(way: LightWay) {
    let mut stage = Stage::by(way, &["central", "miner"]);
    stage.imports("light", "alice", ALICE);
    let txid = stage.pays("alice", BOB, coins(4)).expect("she has it");
    let spends = [genesis_coin(&stage.params, ALICE)];
    let other = pay(&stage.params, ALICE, &spends, &[(CAROL, 1_000_000_000)]);
    let rival = other.txid();
    stage.mines(vec![other], 1);
    let told = stage.events.iter().find_map(|event| match event {
        EventKind::TxDropped { txid: lost, why } => Some((*lost, why.clone())),
        _ => None,
    });
    let (lost, why) = told.expect("told of");
    assert_eq!(lost, txid);
    let words = format!("a double spend: ..{} in block #1 ", rival.short());
    assert!(why.starts_with(&words), "{why}");
    assert_eq!(stage.info().payments, []);
    let alice = stage.wallet("alice");
    assert_eq!((alice.confirmed, alice.outgoing), (coins(0), coins(0)));
}

#[test]
fn it_has_no_bodies_to_give_and_says_so_and_mines_nothing() {
    let mut stage = Stage::with(&["central", "miner"]);
    let blocks = stage.mines(Vec::new(), 1);
    let hash = blocks[0].hash();
    let item = chainlab::node::message::Item::Block(hash);
    let answers = stage.hears_from("central", Message::GetData(vec![item]));
    assert_eq!(answers, [Message::NotFound(vec![item])]);
    for command in [Command::Mine(MiningMode::On), Command::MineNow] {
        let refused = stage.tells(command).expect_err("refused");
        assert_eq!(refused.words, "a light node has no blocks to build on");
    }
    let refused = stage
        .asks(Question::Block { hash })
        .expect_err("it has none");
    assert_eq!(refused.kind, RefusalKind::NoSuchBlock);
}
