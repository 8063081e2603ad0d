mod made;
mod model;
mod paying;
mod walk;

use super::*;
use crate::bitcoin::address::AddressError;
use crate::bitcoin::block::BlockFault;
use crate::bitcoin::testing;
use crate::chain::{Amount, OutPoint};
use made::{MINED, Made, block_of, foreign, key, pays, spends, units};

const FORM: AddressForm = Network::Regtest.params().addresses;

/// Wallets of these names on regtest, with the keys 1, 2 and so on.
fn wallets(names: &[&str]) -> LabWallets {
    let mut wallets = LabWallets::new(FORM, Network::Regtest);
    for (at, name) in (1..).zip(names) {
        wallets.add(name, key(at)).expect("a wallet");
    }
    wallets
}

/// A chain of so many blocks, from height 1 on, all found by alice; bob is there, too.
fn mined(count: u32) -> (LabWallets, Made) {
    let mut wallets = wallets(&["alice", "bob"]);
    let mut chain = Made::new();
    for _ in 0..count {
        chain.mine(&key(1).script(), Vec::new());
        chain.give_tip(&mut wallets);
    }
    (wallets, chain)
}

fn history(wallets: &LabWallets, name: &str) -> Vec<Entry> {
    wallets.history(name).expect("a wallet").collect()
}

#[test]
fn a_reward_can_be_spent_once_its_block_has_a_hundred() {
    let (mut wallets, mut chain) = mined(99);
    let before = wallets.balance("alice").unwrap();
    assert_eq!(before.spendable, Amount::ZERO);
    assert_eq!(before.immature, units(99 * MINED));
    // The one of height 1 may be spent in the block of height 101.
    chain.mine(&foreign(), Vec::new());
    chain.give_tip(&mut wallets);
    let after = wallets.balance("alice").unwrap();
    assert_eq!(
        (after.confirmed, after.spendable),
        (units(MINED), units(MINED))
    );
    assert_eq!(after.immature, units(98 * MINED));
    wallets.disconnect();
    assert_eq!(wallets.balance("alice"), Some(before));
}

#[test]
fn a_block_has_to_follow_the_tip_and_to_be_its_headers() {
    let (mut wallets, mut chain) = mined(3);
    let tip = wallets.tip().unwrap();
    let genesis = Network::Regtest.params().genesis();
    let stray = block_of(&genesis, &[Made::coinbase(4, &foreign())]);
    let parent = genesis.hash();
    assert_eq!(
        wallets.connect(4, &stray),
        Err(ChainError::Parent {
            previous: parent,
            tip
        })
    );
    chain.mine(&foreign(), Vec::new());
    let (_, block) = chain.blocks.last().unwrap();
    assert_eq!(
        wallets.connect(5, block).unwrap_err().to_string(),
        "a block of height 5 does not follow one of height 3"
    );
    let mut bytes = block.bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let bent = Block::new(bytes.into()).unwrap();
    assert_eq!(
        wallets.connect(4, &bent),
        Err(ChainError::Fault(BlockFault::MerkleRoot))
    );
    assert_eq!(wallets.tip(), Some(tip));
    assert_eq!(wallets.connect(4, block), Ok(()));
    assert_eq!(wallets.block_at(4), Some(block.hash()));
    assert_eq!(wallets.block_at(3), Some(tip.hash));
    assert_eq!((wallets.block_at(0), wallets.block_at(5)), (None, None));
}

#[test]
fn a_block_that_is_refused_leaves_nothing_behind() {
    let (mut wallets, mut chain) = mined(2);
    let before = format!("{:?}", wallets.ledger);
    let coin = testing::coin(&chain.txs(1)[0]);
    let good = spends(&[(coin, Some(&key(1)))], &[(MINED, key(2).script())]);
    let all = 21_000_000 * 100_000_000;
    let rich = spends(&[(foreign_coin(1), None)], &[(all, key(2).script())]);
    let id = rich.txid();
    chain.mine(&key(1).script(), vec![good.clone(), rich]);
    let (height, block) = chain.blocks.pop().unwrap();
    assert_eq!(
        wallets.connect(height, &block),
        Err(ChainError::TooMuch(id))
    );
    assert_eq!(format!("{:?}", wallets.ledger), before);
    let again = chain.txs(2)[0].clone();
    let id = again.txid();
    chain.mine(&key(1).script(), vec![good, again]);
    let (height, block) = chain.blocks.pop().unwrap();
    assert_eq!(wallets.connect(height, &block), Err(ChainError::Again(id)));
    assert_eq!(format!("{:?}", wallets.ledger), before);
}

/// A coin of no wallet.
fn foreign_coin(salt: u8) -> OutPoint {
    OutPoint {
        txid: Txid([salt; 32]),
        index: 0,
    }
}

#[test]
fn what_comes_in_is_incoming_then_confirmed_then_waits_again() {
    let (mut wallets, mut chain) = mined(1);
    let tx = spends(
        &[(foreign_coin(7), None)],
        &[(5_000, key(2).script()), (9, foreign())],
    );
    wallets.waits(&tx, Time(77));
    wallets.waits(&tx, Time(78));
    let waiting = Balance {
        incoming: units(5_000),
        unconfirmed: 1,
        ..Balance::default()
    };
    assert_eq!(wallets.balance("bob"), Some(waiting));
    let [entry] = &history(&wallets, "bob")[..] else {
        panic!("one entry");
    };
    assert_eq!((entry.at, entry.block, entry.fee), (Time(77), None, None));
    assert_eq!((entry.received, entry.spent), (units(5_000), Amount::ZERO));
    assert!(entry.to.is_empty(), "{:?}", entry.to);
    chain.mine(&foreign(), vec![tx.clone()]);
    chain.give_tip(&mut wallets);
    let confirmed = Balance {
        confirmed: units(5_000),
        spendable: units(5_000),
        ..Balance::default()
    };
    assert_eq!(wallets.balance("bob"), Some(confirmed));
    assert_eq!(history(&wallets, "bob")[0].block, wallets.tip());
    // Said late, after the block.
    wallets.waits(&tx, Time(79));
    assert_eq!(wallets.balance("bob"), Some(confirmed));
    wallets.disconnect();
    assert_eq!(wallets.balance("bob"), Some(waiting));
    wallets.gone(&tx.txid());
    assert_eq!(wallets.balance("bob"), Some(Balance::default()));
    assert_eq!(history(&wallets, "bob"), []);
}

#[test]
fn what_a_block_spends_otherwise_waits_no_longer_nor_what_builds_on_it() {
    let (mut wallets, mut chain) = mined(1);
    let coin = foreign_coin(7);
    let tx = spends(&[(coin, None)], &[(5_000, key(2).script())]);
    let heir = spends(
        &[(testing::coin(&tx), Some(&key(2)))],
        &[(4_000, key(1).script())],
    );
    wallets.waits(&tx, Time(1));
    wallets.waits(&heir, Time(2));
    assert_eq!(wallets.balance("alice").unwrap().incoming, units(4_000));
    chain.mine(&foreign(), vec![spends(&[(coin, None)], &[(1, foreign())])]);
    chain.give_tip(&mut wallets);
    assert_eq!(wallets.waiting().count(), 0);
    assert_eq!(wallets.balance("bob"), Some(Balance::default()));
}

#[test]
fn a_payment_on_one_that_is_gone_does_not_count_in_whichever_order_they_are_told() {
    let (mut wallets, _) = mined(1);
    let tx = spends(&[(foreign_coin(7), None)], &[(5_000, key(2).script())]);
    let heir = spends(
        &[(testing::coin(&tx), Some(&key(2)))],
        &[(4_000, key(1).script())],
    );
    wallets.waits(&heir, Time(1));
    assert_eq!(wallets.balance("alice").unwrap().unconfirmed, 0);
    wallets.waits(&tx, Time(2));
    assert_eq!(wallets.balance("alice").unwrap().incoming, units(4_000));
    assert_eq!(history(&wallets, "bob").len(), 2);
    let last = pays(testing::coin(&heir), Some(&key(1)), &key(2).script(), 3_000);
    wallets.waits(&last, Time(3));
    assert_eq!(wallets.balance("bob").unwrap().incoming, units(8_000));
    wallets.gone(&tx.txid());
    assert_eq!(wallets.balance("alice").unwrap().unconfirmed, 0);
    assert_eq!(wallets.balance("bob"), Some(Balance::default()));
}

#[test]
fn the_later_of_two_that_spend_one_coin_has_replaced_the_earlier() {
    let (mut wallets, _) = mined(1);
    let low = pays(foreign_coin(7), None, &key(2).script(), 5_000);
    let high = pays(foreign_coin(7), None, &key(2).script(), 4_000);
    wallets.waits(&low, Time(1));
    wallets.waits(&high, Time(2));
    assert!(wallets.waiting().eq([high.txid()]));
    assert_eq!(wallets.balance("bob").unwrap().incoming, units(4_000));
}

#[test]
fn names_and_keys_are_taken_once_and_the_room_for_them_ends() {
    let mut wallets = wallets(&["alice"]);
    let mut words = |name: &str, byte| wallets.add(name, key(byte)).unwrap_err().to_string();
    assert_eq!(
        words("alice", 9),
        "there is a wallet \"alice\" on this node already"
    );
    assert_eq!(
        words("carol", 1),
        "the wallet \"alice\" has this key already"
    );
    assert_eq!(
        words("al ice", 9),
        "\"al ice\" is no name for a wallet: write 1 to 32 letters, digits, - _ or ."
    );
    assert_eq!(
        words("bc1sw50qgdz25j", 9),
        "bc1sw50qgdz25j is an address: a wallet needs another name"
    );
    for byte in 2..=64 {
        wallets.add(&format!("w{byte}"), key(byte)).expect("room");
    }
    assert_eq!(wallets.add("last", key(65)), Err(WalletError::Full));
    assert_eq!(wallets.names().count(), 64);
    assert_eq!(wallets.address("alice"), Some(key(1).address(&FORM)));
    assert_eq!(wallets.address("last"), None);
}

#[test]
fn a_chain_that_is_taken_back_whole_and_taken_again_is_the_same() {
    let (mut wallets, chain) = mined(5);
    let (all, balance) = (history(&wallets, "alice"), wallets.balance("alice"));
    for left in (1..=5).rev() {
        assert_eq!(wallets.disconnect().map(|block| block.height), Some(left));
    }
    assert_eq!((wallets.disconnect(), wallets.tip()), (None, None));
    assert_eq!(wallets.balance("alice"), Some(Balance::default()));
    for (height, block) in &chain.blocks {
        wallets.connect(*height, block).expect("the next");
    }
    assert_eq!(history(&wallets, "alice"), all);
    wallets.restart();
    assert_eq!(
        (wallets.tip(), history(&wallets, "alice")),
        (None, Vec::new())
    );
    for (height, block) in &chain.blocks {
        wallets.connect(*height, block).expect("the next");
    }
    assert_eq!(wallets.balance("alice"), balance);
}

#[test]
fn an_address_of_another_network_is_refused_in_words() {
    let (wallets, _) = mined(101);
    let request = paying::request("alice", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", 1_000);
    let refused = wallets.plan(&request).unwrap_err();
    assert!(matches!(
        &refused,
        WalletError::Payee {
            address: AddressError::OtherNetwork { .. },
            ..
        }
    ));
    assert_eq!(
        refused.to_string(),
        "cannot pay \"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\": no wallet of that name on this node \
         (there are alice, bob), and the address is of mainnet, here it is regtest"
    );
}
