//! Which rules an attacker's chain leaves out, and which hold on it as on any.

use crate::common::*;
use chainlab::chain::coins::CoinView;
use chainlab::chain::rules::TxError;
use chainlab::chain::{Amount, Block, Coin, OutPoint, Params, RuleError, Tx, Txid};
use chainlab::node::chainstate::{AcceptError, OpenError};
use chainlab::node::{ChainState, MemStore, Store, check};
use std::sync::Arc;

fn attackers(params: &Params) -> ChainState<MemStore> {
    let params = Arc::new(params.clone());
    ChainState::open_attackers(MemStore::new(), params, Arc::default()).expect("it is empty")
}

fn nowhere(index: u32) -> OutPoint {
    OutPoint {
        txid: Txid([0xee; 32]),
        index,
    }
}

/// Carol spends a coin that never existed.
fn conjured(params: &Params, index: u32, amount: Amount) -> Tx {
    let coin = Coin::conjured(amount, owner(CAROL));
    pay(
        params,
        CAROL,
        &[(nowhere(index), coin)],
        &[(BOB, amount.units())],
    )
}

/// Why a chain refuses a block; `None`: it is its tip.
fn refusal(state: &mut ChainState<MemStore>, block: &Block) -> Option<RuleError> {
    match accept(state, block) {
        Ok(accepted) => accepted.invalid.first().map(|(_, error)| error.clone()),
        Err(AcceptError::Rule(error)) => Some(error),
        Err(AcceptError::Store(fault)) => panic!("{fault}"),
    }
}

#[test]
fn coins_that_never_existed_or_are_spent_are_no_error_and_never_come_to_exist() {
    let params = params();
    let mut miner = Miner::new(&params);
    let purse = genesis_coin(&params, ALICE);
    let first = pay(&params, ALICE, &[purse], &[(BOB, 7)]);
    let again = pay(&params, ALICE, &[purse], &[(CAROL, 7)]);
    let mixed = {
        let coin = Coin::conjured(units(3), owner(CAROL));
        let bobs = genesis_coin(&params, BOB);
        let more = bobs.1.amount.units() + 3;
        let mut tx = unsigned(&[bobs, (nowhere(1), coin)], &[(BOB, more)]);
        sign(&params, &mut tx, BOB, &[bobs, (nowhere(1), coin)]);
        tx
    };
    let mut chain = attackers(&params);
    for txs in [
        vec![first, again],
        vec![conjured(&params, 0, coins(50)), mixed],
    ] {
        let block = miner.mine(txs);
        assert_eq!(refusal(&mut chain, &block), None);
        assert_eq!(chain.tip().hash, block.hash());
    }
    for at in [nowhere(0), nowhere(1), purse.0] {
        assert_eq!(chain.coin(&at).expect("in memory"), None);
    }

    // Left behind by a valid branch: as if it had never been.
    let mut honest = new_chain(&params);
    for block in Miner::new(&params).rival(1).mine_empty(3) {
        assert_eq!(refusal(&mut chain, &block), None);
        assert_eq!(refusal(&mut honest, &block), None);
    }
    assert_eq!(chain.tip(), honest.tip());
    let all = |chain: &ChainState<MemStore>| {
        let mut all = Vec::new();
        let each = chain
            .store()
            .each_coin(&mut |at, coin| all.push((at, coin)));
        each.map(|()| all).expect("in memory")
    };
    assert_eq!(all(&chain), all(&honest));
}

#[test]
fn all_other_rules_hold() {
    let params = params();
    let miner = Miner::new(&params);
    let mut chain = attackers(&params);
    let purse = genesis_coin(&params, ALICE);
    let mut forged = pay(&params, ALICE, &[purse], &[(BOB, 1)]);
    forged.inputs[0].signature.0[10] ^= 1;
    let stolen = pay(&params, BOB, &[purse], &[(BOB, 1)]);
    let more = pay(
        &params,
        ALICE,
        &[purse],
        &[(BOB, purse.1.amount.units() + 1)],
    );
    let reward = miner.block(vec![], |txs| {
        let amount = &mut txs[0].outputs[0].amount;
        *amount = units(amount.units() + 1);
    });
    let with = |tx: Tx| miner.block(vec![tx], |_| {});
    for block in [with(forged), with(stolen), with(more), reward] {
        assert!(refusal(&mut chain, &block).is_some());
        assert_eq!(chain.tip().height, 0);
    }
    // As much as other attackers take in one block, and a unit more.
    let txs = |more: u64| {
        let half = Amount::CONJURED_MAX.units() / 2;
        let tx = |index, amount| conjured(&params, index, units(amount));
        vec![tx(0, half), tx(1, half + more)]
    };
    let error = TxError::MissingOrSpent { input: 0 };
    let refused = Some(RuleError::Tx { index: 2, error });
    assert_eq!(refusal(&mut chain, &miner.block(txs(1), |_| {})), refused);
    assert_eq!(refusal(&mut chain, &miner.block(txs(0), |_| {})), None);
}

#[test]
fn honest_chains_and_views_take_none_of_it() {
    let params = params();
    let block = Miner::new(&params).mine(vec![conjured(&params, 0, coins(50))]);
    let error = TxError::MissingOrSpent { input: 0 };
    let refused = Some(RuleError::Tx { index: 1, error });
    assert_eq!(refusal(&mut new_chain(&params), &block), refused);
    let store = MemStore::new();
    let mut view = CoinView::new(&store);
    view.fetch(std::iter::once(nowhere(0))).expect("in memory");
    assert_eq!(view.spend(&nowhere(0)), None);
}

#[test]
fn an_attackers_directory_and_an_honest_ones_are_refused_by_the_other() {
    let params = params();
    let mut chain = attackers(&params);
    let block = Miner::new(&params).mine(vec![conjured(&params, 0, coins(50))]);
    assert_eq!(refusal(&mut chain, &block), None);
    let tip = chain.tip();
    let store = chain.into_store();
    let (shared, place) = (Arc::new(params.clone()), "memory".to_owned());
    let opened = ChainState::open(store.clone(), Arc::clone(&shared), Arc::default());
    let refused = opened.err().expect("refused");
    assert_eq!(
        refused,
        OpenError::Attacker {
            place: place.clone()
        }
    );
    let words = "memory is an attacker's: its blocks may spend coins that never existed, and no other node can \
                 run on it";
    assert_eq!(refused.to_string(), words);
    let report = check::check(&store, &params).expect("readable");
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    let words = "the store is an attacker's: its blocks may spend coins that never existed";
    assert_eq!(problems, [words]);
    let again = ChainState::open_attackers(store, Arc::clone(&shared), Arc::default());
    assert_eq!(again.expect("its own").tip(), tip);

    let honest = new_chain(&params).into_store();
    let opened = ChainState::open_attackers(honest, shared, Arc::default());
    assert_eq!(opened.err(), Some(OpenError::Honest { place }));
}
