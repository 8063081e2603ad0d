//! Wallets follow the chain: through blocks, reorganisations, conflicts and crashes.

use crate::common::*;
use crate::wallets::desk::*;
use chainlab::chain::{Amount, Params};
use chainlab::node::store::BlockId;

fn two() -> Params {
    network_of(&[("alice", 10), ("bob", 10)])
}

#[test]
fn history_counts_confirmations_and_comes_in_pages_newest_first() {
    let mut desk = Desk::new(&two(), &["alice", "bob"]);
    let first = desk.sends("alice", "bob", "1", "0.5");
    desk.mine(&[&first]);
    desk.mine_empty(2);
    let second = desk.sends("bob", "alice", "2", "0");
    let history = desk.history("alice");
    let seen: Vec<_> = history.iter().map(|e| (e.txid, e.confirmations)).collect();
    let given = history[2].txid;
    assert_eq!(seen, [(second.txid(), 0), (first.txid(), 3), (given, 4)]);
    assert_eq!((history[0].at, history[0].received), (NOW, coins(2)));
    assert_eq!(history[1].spent, amount("1.5"));
    let id = history[1].block.expect("confirmed");
    assert_eq!(id.height, 1);
    let page = |skip, limit| {
        let page = desk
            .wallets
            .history("alice", (skip, limit), desk.chain.store())
            .expect("a wallet");
        page.iter().map(|e| e.txid).collect::<Vec<_>>()
    };
    assert_eq!(page(1, 1), [first.txid()]);
    assert_eq!(page(1, 9), [first.txid(), given]);
    assert_eq!(page(3, 9), []);
    let eves = desk.wallets.history("eve", (0, 1), desk.chain.store());
    assert!(eves.is_err());
}

#[test]
fn rewards_mature_as_the_tip_rises() {
    let params = Params {
        maturity: 3,
        ..two()
    };
    let mut desk = Desk::new(&params, &["bob"]);
    desk.import("rewards", &secret_of(MINER))
        .expect("a new key");
    let mut shown = Vec::new();
    for _ in 0..5 {
        desk.mine(&[]);
        shown.push(desk.shows("rewards"));
    }
    let expected = [
        "0 ~10 +0 -0 =0",
        "0 ~20 +0 -0 =0",
        "10 ~20 +0 -0 =10",
        "20 ~20 +0 -0 =20",
        "30 ~20 +0 -0 =30",
    ];
    assert_eq!(shown, expected);
    assert!(desk.history("rewards").iter().all(|entry| entry.reward));
    // What the balance calls mature, the next block takes.
    let tx = desk.sends("rewards", "bob", "30", "0");
    desk.mine(&[&tx]);
    assert_eq!(desk.shows("rewards"), "10 ~20 +0 -0 =10");
    assert_eq!(
        desk.refused("rewards", "bob", "30", "0"),
        "rewards has 30, of which 10 can be spent now: 20 mature at height 8"
    );
}

#[test]
fn a_reorganisation_gives_back_and_takes_away() {
    let mut desk = Desk::new(&two(), &["alice", "bob"]);
    desk.import("rewards", &secret_of(MINER))
        .expect("a new key");
    let mut rival = desk.miner.rival(1);
    let paid = desk.sends("alice", "bob", "4", "1");
    desk.mine(&[&paid]);
    desk.mine_empty(1);
    assert_eq!(desk.shows("bob"), "14 ~0 +0 -0 =14");
    assert_eq!(desk.announced(), []);
    desk.reorganise(&mut rival, vec![vec![]; 3]);
    assert_eq!(desk.shows("alice"), "10 ~0 +0 -5 =5");
    assert_eq!(desk.shows("bob"), "10 ~0 +4 -0 =10");
    assert_eq!(desk.shows("rewards"), "30 ~0 +0 -0 =30");
    assert_eq!(desk.history("rewards").len(), 3);
    assert_eq!(desk.announced(), [paid.txid()], "not lost: announced again");
    assert_eq!(desk.history("alice")[0].at, NOW, "since it was sent");
    desk.mine(&[&paid]);
    assert_eq!(desk.shows("bob"), "14 ~0 +0 -0 =14");
    assert_eq!(desk.announced(), []);
}

#[test]
fn a_payment_whose_coin_is_gone_is_a_conflict_and_may_revive() {
    let mut desk = Desk::new(&two(), &["alice", "bob"]);
    let start = desk.miner.clone();
    let coin = desk.wallets.coins("alice").expect("a wallet")[0].outpoint;
    let other = desk.elsewhere("alice", coin, owner(CAROL), 0);
    let paid = desk.sends("alice", "bob", "4", "0");
    let child = desk.sends("alice", "bob", "5", "0");
    assert_eq!(
        desk.announced(),
        [paid.txid(), child.txid()],
        "parents first"
    );
    desk.mine(&[&other]);
    assert_eq!(desk.announced(), []);
    assert_eq!(desk.shows("alice"), "0 ~0 +0 -0 =0");
    assert_eq!(desk.shows("bob"), "10 ~0 +0 -0 =10");
    let history = desk.history("alice");
    let conflicts: Vec<_> = history.iter().map(|e| (e.txid, e.conflicted)).collect();
    let genesis = history[3].txid;
    assert_eq!(
        conflicts,
        [
            (child.txid(), true),
            (paid.txid(), true),
            (other.txid(), false),
            (genesis, false)
        ]
    );
    assert_eq!(history[1].spent, coins(4), "it still says what it was");
    let rival = other.txid();
    for lost in &history[..2] {
        assert_eq!(lost.conflicts_with, Some(rival));
        let why = format!("conflicts with {}", rival.short());
        assert_eq!(lost.why, Some(why));
    }
    // They are kept over a crash, and come back to life with the coin.
    desk.flush();
    desk.crash();
    assert_eq!(desk.announced(), []);
    desk.reorganise(&mut start.rival(1), vec![vec![]; 2]);
    // The other one's block is gone as well; its transaction is kept too, for it spends Alice's
    // coin. Both wait, and a block settles it.
    let announced = desk.announced();
    assert_eq!(announced.len(), 3);
    assert!(announced.contains(&paid.txid()) && announced.contains(&child.txid()));
    desk.mine(&[&paid, &child]);
    assert_eq!(desk.announced(), []);
    assert_eq!(desk.shows("bob"), "19 ~0 +0 -0 =19");
    assert_eq!(desk.shows("alice"), "1 ~0 +0 -0 =1");
}

#[test]
fn coins_of_a_conflicting_payment_are_free_again() {
    let params = network_of(&[("alice", 3), ("bob", 10)]);
    let mut desk = Desk::new(&params, &["alice", "bob"]);
    let lent = desk.sends("bob", "alice", "5", "0");
    desk.mine(&[&lent]);
    let five = at(&lent, 0);
    let other = desk.elsewhere("alice", five, owner(CAROL), 0);
    let paid = desk.sends("alice", "bob", "7", "0");
    assert_eq!(paid.inputs.len(), 2);
    assert_eq!(desk.shows("alice"), "8 ~0 +0 -7 =1");
    desk.mine(&[&other]);
    assert_eq!(desk.shows("alice"), "3 ~0 +0 -0 =3");
    let next = desk.sends("alice", "bob", "3", "0");
    desk.mine(&[&next]);
    assert_eq!(desk.shows("alice"), "0 ~0 +0 -0 =0");
}

#[test]
fn a_sent_payment_outlives_every_crash_until_a_block_has_it() {
    let mut desk = Desk::new(&two(), &["alice", "bob"]);
    let start = desk.miner.clone();
    let paid = desk.sends("alice", "bob", "4", "0");
    desk.crash();
    assert_eq!(desk.announced(), [paid.txid()]);
    assert_eq!(
        desk.shows("alice"),
        "10 ~0 +0 -4 =6",
        "the mempool has it again"
    );
    // Confirmed, and the wallets' note of it lost.
    desk.mine(&[&paid]);
    desk.crash();
    assert_eq!(desk.announced(), []);
    assert_eq!(desk.history("alice")[0].confirmations, 1);
    // Confirmed and noted, then the block leaves the chain, and the note of that is lost.
    desk.flush();
    let row = format!("wallet/sent/{}", paid.txid());
    assert_eq!(desk.meta_row(&row), None);
    desk.reorganise(&mut start.rival(1), vec![vec![]; 2]);
    desk.pool.clear();
    desk.crash();
    assert_eq!(desk.announced(), [paid.txid()]);
    assert_eq!(desk.history("alice")[0].at, NOW);
    desk.flush();
    assert!(desk.meta_row(&row).is_some());
    desk.crash();
    assert_eq!(desk.announced(), [paid.txid()]);
    desk.mine(&[&paid]);
    desk.flush();
    assert_eq!(desk.shows("bob"), "14 ~0 +0 -0 =14");
}

#[test]
fn a_tip_that_nobody_knows_any_more_means_another_look_at_all_blocks() {
    let mut desk = Desk::new(&two(), &["alice", "bob"]);
    let (first, second) = (
        desk.sends("alice", "bob", "1", "0"),
        desk.sends("bob", "alice", "2", "0"),
    );
    desk.mine(&[&first]);
    desk.mine(&[&second]);
    desk.flush();
    let before = (desk.wallets.info(&Roomy), desk.history("alice"));
    let tip = BlockId {
        height: 2,
        hash: chainlab::chain::BlockHash([9; 32]),
    };
    let bytes = chainlab::chain::codec::encode(&tip);
    let rows = [("wallet/tip".to_owned(), Some(bytes))].into();
    desk.chain.put_meta(rows, false).expect("written");
    desk.crash();
    assert_eq!((desk.wallets.info(&Roomy), desk.history("alice")), before);
    assert_eq!(desk.announced(), []);
}

#[test]
fn a_reward_of_a_lost_branch_takes_what_was_paid_with_it_along() {
    let mut desk = Desk::new(&two(), &["bob"]);
    desk.import("rewards", &secret_of(MINER))
        .expect("a new key");
    let start = desk.miner.clone();
    desk.mine_empty(1);
    let paid = desk.sends("rewards", "bob", "7", "0");
    desk.reorganise(&mut start.rival(1), vec![vec![]; 2]);
    assert_eq!(desk.shows("rewards"), "20 ~0 +0 -0 =20");
    assert_eq!(desk.shows("bob"), "10 ~0 +0 -0 =10");
    assert!(desk.history("rewards")[0].conflicted);
    // The branch comes back, with the reward and so with the payment.
    let mut back = start;
    let blocks = vec![vec![]; 3];
    desk.reorganise(&mut back, blocks);
    assert_eq!(desk.announced(), [paid.txid()]);
    assert_eq!(desk.shows("rewards"), "30 ~0 +0 -7 =23");
}

#[test]
fn a_quiet_wallet_has_nothing_to_write() {
    let mut desk = Desk::new(&two(), &[]);
    desk.mine_empty(2);
    assert!(desk.wallets.flush().is_empty(), "no wallets, no rows");
    desk.create("alice").expect("a new name");
    assert!(desk.wallets.flush().is_empty(), "handed out with the key");
    desk.mine_empty(1);
    let rows = desk.wallets.flush();
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["wallet/tip"]);
    assert_eq!(
        desk.info("alice").confirmed,
        Amount::from_coins(10).expect("small")
    );
}
