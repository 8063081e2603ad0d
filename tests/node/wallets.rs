//! Wallets of a node: made, imported, exported, kept.

pub mod desk;

use crate::common::*;
use chainlab::chain::Params;
use chainlab::node::snapshot::WalletInfo;
use chainlab::node::wallets::{NAME_LEN_MAX, Rows, WALLETS_MAX, Wallets, wallet_key};
use chainlab::node::{Batch, MemStore, Store, StoreFault};
use desk::*;

#[test]
fn a_wallet_finds_the_coins_that_the_genesis_block_gave_its_key() {
    let params = network_of(&[("alice", 10), ("bob", 4)]);
    let desk = Desk::new(&params, &["bob", "alice", "eve"]);
    assert_eq!(desk.shows("alice"), "10 ~0 +0 -0 =10");
    assert_eq!(desk.shows("bob"), "4 ~0 +0 -0 =4");
    assert_eq!(desk.shows("eve"), "0 ~0 +0 -0 =0");
    assert_eq!(
        Vec::from_iter(desk.wallets.names()),
        ["bob", "alice", "eve"]
    );
    assert_eq!(desk.wallets.first(), Some("bob"));
    assert_eq!(desk.wallets.owner("bob"), Some(named("bob")));
    assert_eq!(desk.wallets.owner("mallory"), None);
    let [given] = &desk.history("alice")[..] else {
        panic!("one entry");
    };
    assert!(!given.reward && !given.conflicted && given.to.is_empty());
    assert_eq!((given.received, given.spent), (coins(10), coins(0)));
    assert_eq!((given.confirmations, given.fee), (1, None));
    assert_eq!(given.block, Some(desk.chain.tip()));
}

#[test]
fn keys_follow_from_the_seed_and_the_name_alone() {
    let key = |seed: u8, name| wallet_key(&[seed; 32], name).to_bytes();
    assert_eq!(key(1, "alice"), key(1, "alice"));
    assert_ne!(key(1, "alice"), key(1, "bob"));
    assert_ne!(key(1, "alice"), key(2, "alice"));
}

#[test]
fn a_key_is_there_after_a_crash_though_nothing_was_flushed() {
    let params = network_of(&[("alice", 10)]);
    let mut desk = Desk::new(&params, &["alice"]);
    desk.mine_empty(3);
    desk.import("rewards", &secret_of(MINER))
        .expect("a new key");
    let (before, secret) = (desk.wallets.info(&Roomy), desk.wallets.export("alice"));
    desk.crash();
    assert_eq!(desk.wallets.info(&Roomy), before);
    assert_eq!(desk.wallets.export("alice"), secret);
    assert_eq!(desk.shows("rewards"), "30 ~0 +0 -0 =30");
}

#[test]
fn wallets_stand_in_the_order_in_which_they_were_made_also_after_a_restart() {
    let mut desk = Desk::new(&params(), &["zoe", "alice", "mallory"]);
    desk.import("bob", &secret_of(MINER)).expect("a new key");
    desk.create("anna").expect("a new name");
    let made = ["zoe", "alice", "mallory", "bob", "anna"];
    let shown = |desk: &Desk| -> Vec<String> {
        let info = desk.wallets.info(&Roomy).into_iter();
        info.map(|wallet| wallet.name).collect()
    };
    for _ in 0..2 {
        assert_eq!(Vec::from_iter(desk.wallets.names()), made);
        assert_eq!(shown(&desk), made);
        assert_eq!(desk.wallets.first(), Some("zoe"));
        desk.crash();
    }
    desk.create("abe").expect("a new name");
    desk.crash();
    assert_eq!(shown(&desk)[4..], ["anna", "abe"]);
}

#[test]
fn wallets_of_a_store_that_knows_no_order_come_first_and_by_name() {
    let mut desk = Desk::new(&params(), &["zoe", "alice", "mallory"]);
    let mut store = desk.chain.store().clone();
    let gone = ["zoe", "alice", "mallory"].map(|name| (format!("wallet/made/{name}"), None));
    let batch = Batch {
        meta: gone.into(),
        ..Batch::default()
    };
    store.commit(batch).expect("written");
    desk.open(store);
    desk.create("bob").expect("a new name");
    desk.create("anna").expect("a new name");
    desk.crash();
    let names = Vec::from_iter(desk.wallets.names());
    assert_eq!(names, ["alice", "mallory", "zoe", "bob", "anna"]);
}

#[test]
fn names_that_cannot_be_are_refused_in_words() {
    let mut desk = Desk::new(&params(), &["alice"]);
    let long = "x".repeat(NAME_LEN_MAX + 1);
    let rule = "is no name for a wallet: write 1 to 32 letters, digits, - _ or .";
    for name in ["", "a b", "käse", "a/b", "a\u{1b}[2J", long.as_str()] {
        let error = desk.create(name).expect_err("refused").to_string();
        assert_eq!(error, format!("{name:?} {rule}"));
    }
    desk.create("Miner_1.a-b").expect("a name");
    desk.create(&long[1..]).expect("a name");
    let error = desk.create("alice").expect_err("taken").to_string();
    assert_eq!(error, "there is a wallet \"alice\" on this node already");
    // An address of whichever network is no name.
    for version in [0, 111] {
        let network = Params {
            address_version: version,
            ..params()
        };
        // Most have 33 or 34 characters; those with many leading zero bytes are shorter.
        let mut owner = chainlab::chain::KeyHash([0; 20]);
        owner.0[19] = 1;
        let address = network.address(owner).to_string();
        let error = desk.create(&address).expect_err("an address").to_string();
        let expected = match address.len() {
            0..=NAME_LEN_MAX => format!("{address} is an address: a wallet needs another name"),
            _ => format!("{address:?} {rule}"),
        };
        assert_eq!(error, expected);
    }
    assert_eq!(desk.wallets.names().count(), 3);
}

#[test]
fn a_node_has_a_limit_of_wallets() {
    let mut desk = Desk::new(&params(), &[]);
    for number in 0..WALLETS_MAX {
        desk.create(&format!("w{number}")).expect("room");
    }
    let error = desk.create("late").expect_err("full").to_string();
    assert_eq!(error, "this node has 1000 wallets, and no room for more");
    assert_eq!(desk.wallets.info(&Roomy).len(), WALLETS_MAX);
    let error = desk.wallets.export("x").expect_err("unknown").to_string();
    assert!(error.ends_with("w7, w8, w9, and 990 more)"), "{error}");
}

#[test]
fn an_imported_key_brings_its_coins_and_its_history() {
    let params = network_of(&[("alice", 10)]);
    let mut here = Desk::new(&params, &["alice", "bob"]);
    let first = here.sends("alice", "bob", "3", "0.5");
    here.mine(&[&first]);
    let second = here.sends("bob", "alice", "1", "0");
    here.mine(&[&second]);
    let waits = here.sends("alice", "bob", "2", "0.25");
    let secret = here.wallets.export("alice").expect("a wallet");
    assert_eq!(secret.len(), 64);

    // Another node, with other wallets, knows the same blocks and the same mempool.
    let mut there = Desk::new(&params, &["carol"]);
    there.open(without_wallets(here.chain.store()));
    there.create("carol").expect("a new wallet");
    assert!(there.offer(&waits));
    there
        .import("mine", &format!(" {secret}\n"))
        .expect("a key");
    let (mine, alice) = (there.info("mine"), here.info("alice"));
    assert_eq!(alice.unconfirmed, 1);
    // The change of a payment that another node made is not this node's to spend.
    assert_eq!(mine.spendable, coins(1));
    assert_eq!(alice.spendable, amount("5.25"));
    let expected = WalletInfo {
        name: "mine".to_owned(),
        spendable: mine.spendable,
        ..alice
    };
    assert_eq!(mine, expected);
    assert_eq!(there.history("mine"), here.history("alice"));
    assert_eq!(there.history("mine").len(), 4);
}

/// The same chain, of a node that never had a wallet.
fn without_wallets(store: &MemStore) -> MemStore {
    let mut meta = Rows::new();
    let mut note = |name: &str, _: &[u8]| {
        meta.insert(name.to_owned(), None);
    };
    store.each_meta("wallet/", &mut note).expect("readable");
    let mut store = store.clone();
    let batch = Batch {
        meta,
        ..Batch::default()
    };
    store.commit(batch).expect("written");
    store
}

#[test]
fn keys_that_are_none_or_taken_are_refused_and_not_repeated() {
    let mut desk = Desk::new(&params(), &["alice"]);
    let refusal = |desk: &mut Desk, secret: &str| {
        let refused = desk.import("new", secret);
        refused.expect_err("refused").to_string()
    };
    let short = refusal(&mut desk, "12ab");
    let rule = "not a private key: it takes 64 hexadecimal digits, not these";
    assert_eq!(short, format!("{rule} 4 characters"));
    let not_hex = refusal(&mut desk, &"g".repeat(64));
    assert_eq!(not_hex, format!("{rule} 64 characters"));
    for out_of_range in ["0", "f"] {
        let error = refusal(&mut desk, &out_of_range.repeat(64));
        let expected = "not a private key: it is zero, or not below the order of the curve";
        assert_eq!(error, expected);
    }
    let secret = desk.wallets.export("alice").expect("a wallet");
    let taken = refusal(&mut desk, &secret);
    assert_eq!(taken, "the wallet \"alice\" has this key already");
    // The other way round: the key that a name would get was imported under another.
    let bobs = Desk::new(&params(), &["bob"]).wallets.export("bob");
    desk.import("robert", &bobs.expect("a wallet"))
        .expect("a new key");
    let error = desk.create("bob").expect_err("taken").to_string();
    assert_eq!(error, "the wallet \"robert\" has this key already");
    assert_eq!(Vec::from_iter(desk.wallets.names()), ["alice", "robert"]);
}

#[test]
fn rows_that_make_no_sense_are_named_and_nothing_is_overwritten() {
    let params = network_of(&[("alice", 10)]);
    let mut desk = Desk::new(&params, &["alice"]);
    let sent = desk.sends("alice", "alice", "3", "0.5");
    desk.mine_empty(1);
    desk.flush();
    let sent_key = format!("wallet/sent/{}", sent.txid());
    let genesis_key = format!("wallet/tx/{:016x}", 0);
    let spoil = |key: &str, value: Option<Vec<u8>>| {
        let mut store = desk.chain.store().clone();
        let meta = [(key.to_owned(), value)].into();
        let batch = Batch {
            meta,
            ..Batch::default()
        };
        store.commit(batch).expect("written");
        match Wallets::open(&open(store, &params), SEED) {
            Err(StoreFault::Damaged { problem, .. }) => problem,
            other => panic!("{:?}", other.map(|_| "opened")),
        }
    };
    for key in ["wallet/key/alice", sent_key.as_str(), genesis_key.as_str()] {
        assert!(desk.meta_row(key).is_some(), "{key}");
        let expected = format!("the row {key} of a wallet makes no sense");
        assert_eq!(spoil(key, Some(vec![1, 2, 3])), expected);
    }
    for key in ["wallet/tx/zz", "wallet/key/eve", "wallet/sent/00"] {
        let expected = format!("the row {key} of a wallet makes no sense");
        assert_eq!(spoil(key, Some(vec![0; 32])), expected);
    }
    let made = "the row wallet/made/alice of a wallet makes no sense";
    assert_eq!(spoil("wallet/made/alice", Some(vec![])), made);
    let nobody = desk.meta_row("wallet/made/alice");
    let problem = spoil("wallet/made/eve", nobody);
    assert_eq!(problem, "the row wallet/made/eve is of no wallet");
    let problem = spoil("wallet/tip", Some(vec![1]));
    assert_eq!(problem, "the row wallet/tip makes no sense");
    let problem = spoil("wallet/tip", None);
    assert_eq!(problem, "there are wallets, and no row wallet/tip");
    let twice = desk.meta_row(&genesis_key);
    let problem = spoil(&format!("wallet/tx/{:016x}", 1), twice.clone());
    assert!(problem.ends_with("contradicts others"), "{problem}");
    let problem = spoil("wallet/key/alice", None);
    assert!(problem.ends_with("contradicts others"), "{problem}");
}
