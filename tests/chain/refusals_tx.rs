//! Transactions that must be refused: somebody else's coins, coins spent twice, coins from
//! nothing, and everything that was changed after it was signed.

use crate::common::lab::Lab;
use crate::common::*;
use chainlab::chain::coins::{CoinSource, CoinView};
use chainlab::chain::hash::sha256d;
use chainlab::chain::key::SignatureError;
use chainlab::chain::rules::{ConnectError, TxError, check_spend, connect_block};
use chainlab::chain::{
    Amount, BlockHash, Coin, OutPoint, Params, RuleError, SigCache, Tx, Txid, codec,
};
use chainlab::node::{ChainState, MemStore};
use std::convert::Infallible;
use std::sync::Arc;

const MISMATCH: TxError = TxError::Signature {
    input: 0,
    why: SignatureError::Mismatch,
};

#[test]
fn spending_an_output_with_somebody_elses_key_is_refused() {
    let mut lab = Lab::new();
    let alices = lab.purse(ALICE);
    // Carol's signature is valid; it is the coin that is not hers.
    let theft = lab.pay(CAROL, &[alices], &[(CAROL, 1_000)]);
    lab.refuses_spend(&theft, TxError::WrongOwner { input: 0 });
    // Hidden behind a coin that is the thief's own: Bob adds Alice's to his.
    let theft = lab.pay(BOB, &[lab.purse(BOB), alices], &[(BOB, 1_000)]);
    let block = lab.miner.block(vec![theft], |_| {});
    let error = TxError::WrongOwner { input: 1 };
    lab.refuses_when_connected(&block, RuleError::Tx { index: 1, error });
    let honest = lab.pay(ALICE, &[alices], &[(CAROL, 1_000)]);
    lab.serves(vec![honest]);
}

#[test]
fn somebody_elses_key_is_refused_even_if_its_signature_was_seen_to_hold_before() {
    let (mut lab, sigs) = lab_with_sigs();
    let alices = lab.purse(ALICE);
    let theft = lab.pay(CAROL, &[alices], &[(CAROL, 1_000)]);
    let sighash = theft.sighash(lab.chain.network(), &[alices.1]);
    sigs.insert(&sighash, &theft.inputs[0].key, &theft.inputs[0].signature);
    lab.refuses_spend(&theft, TxError::WrongOwner { input: 0 });
    lab.serves(vec![lab.pay(ALICE, &[alices], &[(CAROL, 1_000)])]);
}

#[test]
fn only_signatures_that_hold_are_remembered_as_such() {
    let (mut lab, sigs) = lab_with_sigs();
    let (network, purse) = (lab.chain.network(), lab.purse(ALICE));
    let remembered = |tx: &Tx| {
        let sighash = tx.sighash(network, &[purse.1]);
        sigs.contains(&sighash, &tx.inputs[0].key, &tx.inputs[0].signature)
    };
    let honest = lab.pay(ALICE, &[purse], &[(BOB, 1_000)]);
    let mut forged = honest.clone();
    forged.outputs[0].amount = units(2_000);
    lab.refuses_spend(&forged, MISMATCH);
    assert!(!remembered(&forged) && !remembered(&honest));
    lab.serves(vec![honest.clone()]);
    assert!(!remembered(&forged) && remembered(&honest));
}

fn lab_with_sigs() -> (Lab, Arc<SigCache>) {
    let (mut lab, sigs) = (Lab::new(), Arc::new(SigCache::default()));
    let params = Arc::new(lab.params.clone());
    lab.chain = ChainState::open(MemStore::new(), params, Arc::clone(&sigs)).expect("empty");
    (lab, sigs)
}

#[test]
fn changing_an_outputs_amount_or_owner_after_signing_is_refused() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let signed = lab.pay(ALICE, &[purse], &[(BOB, 1_000), (ALICE, 5_000)]);
    let changes: [fn(&mut Tx); 6] = [
        |tx| tx.outputs[0].amount = units(999),
        |tx| tx.outputs[1].amount = units(5_001),
        |tx| tx.outputs[0].owner = owner(CAROL),
        |tx| tx.outputs[1].owner = owner(CAROL),
        |tx| tx.outputs.swap(0, 1),
        |tx| tx.outputs.truncate(1),
    ];
    for change in changes {
        let mut changed = signed.clone();
        change(&mut changed);
        lab.refuses_spend(&changed, MISMATCH);
    }
    lab.serves(vec![signed]);
}

/// The last bit of every byte that is signed, and of every byte that is not.
#[test]
fn changing_any_byte_after_signing_is_refused() {
    const COUNTS: [std::ops::Range<usize>; 2] = [4..12, 145..153];
    let mut lab = Lab::new();
    // Low bytes that end in 1, so that the lock time and the amount can also get smaller.
    let mut signed = unsigned(&[lab.purse(ALICE)], &[(BOB, 0x0101_0101)]);
    signed.lock_time = 1;
    sign(&lab.params, &mut signed, ALICE, &[lab.purse(ALICE)]);
    let bytes = codec::encode(&signed);
    assert_eq!(bytes.len(), 185);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let Ok(tx) = codec::decode::<Tx>(&changed, changed.len()) else {
            assert!(COUNTS.iter().any(|count| count.contains(&at)), "byte {at}");
            continue;
        };
        let (block, index) = (lab.miner.block(vec![tx.clone()], |_| {}), 1);
        match at {
            0..4 => lab.refuses_malformed_tx(&tx, TxError::Version(tx.version)),
            12..48 => lab.refuses_spend(&tx, TxError::MissingOrSpent { input: 0 }),
            48..81 => lab.refuses_spend(&tx, TxError::WrongOwner { input: 0 }),
            81..145 | 153..157 | 161..181 => lab.refuses_spend(&tx, MISMATCH),
            157..161 => lab.refuses_spend(&tx, TxError::OutputsExceedInputs),
            181 => {
                assert_eq!(tx.lock_time, 0);
                lab.refuses_spend(&tx, MISMATCH);
            }
            182.. => {
                let (lock_time, height) = (tx.lock_time, 1);
                let error = TxError::Locked { lock_time, height };
                lab.refuses_body(&block, RuleError::Tx { index, error });
            }
            _ => panic!("byte {at} is part of a count and must not decode"),
        }
    }
    lab.serves(vec![signed]);
}

#[test]
fn a_signature_over_another_network_or_another_coin_is_refused() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let honest = lab.pay(ALICE, &[purse], &[(BOB, 1_000)]);
    let mut elsewhere = lab.params.clone();
    elsewhere.address_version += 1;
    let replayed = pay(&elsewhere, ALICE, &[purse], &[(BOB, 1_000)]);
    lab.refuses_spend(&replayed, MISMATCH);
    let (outpoint, coin) = purse;
    let (amount, owner) = (units(1_001), owner(BOB));
    for lie in [Coin { amount, ..coin }, Coin { owner, ..coin }] {
        let deceived = lab.pay(ALICE, &[(outpoint, lie)], &[(BOB, 1_000)]);
        lab.refuses_spend(&deceived, MISMATCH);
    }
    lab.serves(vec![honest]);
}

#[test]
fn the_signed_bytes_are_every_field_but_keys_and_signatures() {
    let params = params();
    let network = network(&params);
    let purses = [genesis_coin(&params, ALICE), genesis_coin(&params, BOB)];
    let coins = purses.map(|(_, coin)| coin);
    let mut tx = unsigned(&purses, &[(CAROL, 7), (BOB, 8)]);
    tx.lock_time = 3;
    let base = tx.sighash(network, &coins);

    let mut message = b"chainlab sighash".to_vec();
    message.extend(network.0);
    message.extend(tx.version.to_le_bytes());
    message.extend(tx.lock_time.to_le_bytes());
    message.extend(2_u64.to_le_bytes());
    for (outpoint, coin) in purses {
        message.extend(outpoint.txid.0);
        message.extend(outpoint.index.to_le_bytes());
        message.extend(coin.amount.units().to_le_bytes());
        message.extend(coin.owner.0);
    }
    message.extend(2_u64.to_le_bytes());
    for output in &tx.outputs {
        message.extend(output.amount.units().to_le_bytes());
        message.extend(output.owner.0);
    }
    assert_eq!(base.0, sha256d(&message));

    let mut seen = vec![base];
    let changes: [fn(&mut BlockHash, &mut Tx, &mut [Coin]); 16] = [
        |network, _, _| network.0[0] ^= 1,
        |_, tx, _| tx.version += 1,
        |_, tx, _| tx.lock_time += 1,
        |_, tx, _| tx.inputs[0].outpoint.txid.0[31] ^= 1,
        |_, tx, _| tx.inputs[1].outpoint.txid.0[0] ^= 1,
        |_, tx, _| tx.inputs[0].outpoint.index += 2,
        |_, tx, _| tx.inputs[1].outpoint.index += 2,
        |_, tx, _| tx.outputs[0].amount = units(9),
        |_, tx, _| tx.outputs[1].amount = units(9),
        |_, tx, _| tx.outputs[0].owner = owner(ALICE),
        |_, tx, _| tx.outputs[1].owner = owner(ALICE),
        |_, tx, _| tx.outputs.truncate(1),
        |_, _, coins| coins[0].amount = units(1),
        |_, _, coins| coins[1].amount = units(1),
        |_, _, coins| coins[0].owner = owner(CAROL),
        |_, _, coins| coins[1].owner = owner(CAROL),
    ];
    for change in changes {
        let (mut network, mut tx, mut coins) = (network, tx.clone(), coins);
        change(&mut network, &mut tx, &mut coins);
        let sighash = tx.sighash(network, &coins);
        assert!(!seen.contains(&sighash), "change {} is signed", seen.len());
        seen.push(sighash);
    }
    sign(&params, &mut tx, ALICE, &purses);
    assert_eq!(tx.sighash(network, &coins), base);
}

#[test]
fn spending_an_output_twice_in_one_tx_is_refused() {
    let mut lab = Lab::new();
    let (alices, bobs) = (lab.purse(ALICE), lab.purse(BOB));
    for (spends, input) in [
        (vec![alices, alices], 1),
        (vec![alices, bobs, alices], 2),
        (vec![bobs, alices, alices, bobs], 2),
    ] {
        let twice = lab.pay(ALICE, &spends, &[(ALICE, 2_000)]);
        lab.refuses_malformed_tx(&twice, TxError::DuplicateInput { input });
    }
    lab.serves(vec![lab.pay(ALICE, &[alices], &[(ALICE, 2_000)])]);
}

#[test]
fn spending_an_output_twice_in_one_block_is_refused() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let to_bob = lab.pay(ALICE, &[purse], &[(BOB, 1_000)]);
    let to_carol = lab.pay(ALICE, &[purse], &[(CAROL, 1_000)]);
    let block = lab.miner.block(vec![to_bob.clone(), to_carol], |_| {});
    let error = TxError::MissingOrSpent { input: 0 };
    lab.refuses_when_connected(&block, RuleError::Tx { index: 2, error });
    lab.serves(vec![to_bob]);
}

#[test]
fn spending_an_output_twice_across_blocks_is_refused() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let first = lab.serves(vec![lab.pay(ALICE, &[purse], &[(BOB, 1_000)])]);
    // Alice's own coin comes second, so that the place is told right.
    let bobs = made_by(&first, 1, 1)[0];
    let again = lab.pay(ALICE, &[bobs, purse], &[(CAROL, 1_000)]);
    lab.refuses_spend(&again, TxError::MissingOrSpent { input: 1 });
    lab.serves(vec![]);
    lab.refuses_spend(&again, TxError::MissingOrSpent { input: 1 });
    lab.serves(vec![lab.pay(BOB, &[bobs], &[(CAROL, 1_000)])]);
    assert_eq!(lab.chain.coin(&purse.0), Ok(None));
    assert_eq!(lab.chain.coin(&bobs.0), Ok(None));
}

#[test]
fn spending_an_output_that_does_not_exist_or_not_yet_is_refused() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let parent = lab.pay(ALICE, &[purse], &[(BOB, 1_000)]);
    let coin = Coin {
        amount: units(1_000),
        owner: owner(BOB),
        height: 1,
        coinbase: false,
    };
    let txid = parent.txid();
    let child = |index| lab.pay(BOB, &[(OutPoint { txid, index }, coin)], &[(CAROL, 900)]);
    let (child, beyond) = (child(0), child(1));
    let missing = |index| RuleError::Tx {
        index,
        error: TxError::MissingOrSpent { input: 0 },
    };
    let too_early = lab.miner.block(vec![child.clone(), parent.clone()], |_| {});
    lab.refuses_when_connected(&too_early, missing(1));
    let no_such_output = lab.miner.block(vec![parent.clone(), beyond], |_| {});
    lab.refuses_when_connected(&no_such_output, missing(2));
    // All zeros is a name like any other, unless the index says that nothing is named.
    let nowhere = OutPoint {
        txid: Txid::ZERO,
        index: 0,
    };
    let from_nowhere = lab.pay(BOB, &[(nowhere, coin)], &[(CAROL, 900)]);
    lab.refuses_spend(&from_nowhere, TxError::MissingOrSpent { input: 0 });
    lab.serves(vec![parent, child]);
}

#[test]
fn outputs_larger_than_inputs_are_refused() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let all = purse.1.amount.units();
    let one_more = lab.pay(ALICE, &[purse], &[(BOB, all - 1), (ALICE, 2)]);
    lab.refuses_spend(&one_more, TxError::OutputsExceedInputs);
    let exactly = lab.pay(ALICE, &[purse], &[(BOB, all - 1), (ALICE, 1)]);
    lab.serves(vec![exactly]);
    assert_eq!(lab.is_sound(), coins(20 + 10));
}

#[test]
fn an_amount_above_the_maximum_is_refused_and_so_is_a_sum() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let max = Amount::MAX.units();
    let overflowing = lab.pay(ALICE, &[purse], &[(BOB, max), (BOB, 1)]);
    lab.refuses_malformed_tx(&overflowing, TxError::AmountOverflow);
    // 2^64 more than what Alice has: a sum that wraps would look honest.
    let wrapping: Vec<_> = [(BOB, max), (BOB, max), (BOB, u64::MAX - max - max + 1)].into();
    let wrapping = lab.pay(ALICE, &[purse], &wrapping);
    lab.refuses_malformed_tx(&wrapping, TxError::AmountOverflow);
    // Exactly the maximum is an amount; only nobody has it.
    let rich = lab.pay(ALICE, &[purse], &[(BOB, max - 1), (BOB, 1)]);
    lab.refuses_spend(&rich, TxError::OutputsExceedInputs);
    // Above it there is nothing to refuse: it is not even read.
    let mut bytes = codec::encode(&lab.pay(ALICE, &[purse], &[(BOB, max)]));
    let honest = codec::decode::<Tx>(&bytes, bytes.len()).expect("the maximum");
    assert_eq!(honest.outputs[0].amount, Amount::MAX);
    bytes[153..161].copy_from_slice(&(max + 1).to_le_bytes());
    let refused = codec::decode::<Tx>(&bytes, bytes.len()).expect_err("above the maximum");
    assert!(refused.to_string().contains("amount is above the maximum"));
    lab.serves(vec![lab.pay(ALICE, &[purse], &[(BOB, 1_000)])]);
}

/// More coins than can exist, which no network of valid parameters ever holds.
struct Riches(Amount);

impl CoinSource for Riches {
    type Fault = Infallible;

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, Infallible> {
        let coin = Coin {
            amount: self.0,
            owner: owner(ALICE),
            height: 0,
            coinbase: false,
        };
        Ok(vec![Some(coin); outpoints.len()])
    }
}

#[test]
fn a_sum_of_inputs_or_of_fees_that_overflows_is_refused() {
    let params = params();
    let spend = |index| OutPoint {
        txid: Txid([7; 32]),
        index,
    };
    let riches = |amount| Riches(amount).coins(&[spend(0), spend(1)]).expect("never");
    let both: Vec<Coin> = riches(Amount::MAX).into_iter().flatten().collect();
    let spends = [(spend(0), both[0]), (spend(1), both[1])];
    let tx = pay(&params, ALICE, &spends, &[(BOB, 1)]);
    let spent = check_spend(&tx, &both, 1, &params);
    assert_eq!(spent, Err(TxError::AmountOverflow));

    let tx = pay(&params, ALICE, &spends[..1], &[(BOB, 1)]);
    let connect = |subsidy| {
        let params = Params {
            subsidy: units(subsidy),
            ..params.clone()
        };
        let block = Miner::new(&params).block(vec![tx.clone()], |_| {});
        let source = Riches(Amount::MAX);
        let mut view = CoinView::new(&source);
        let sigs = no_sigs();
        connect_block(
            &mut view,
            &block,
            1,
            &params,
            network(&self::params()),
            &sigs,
        )
        .map(|_| ())
    };
    assert_eq!(connect(1), Ok(()));
    let error = TxError::AmountOverflow;
    let refused = RuleError::Tx { index: 1, error };
    assert_eq!(connect(2), Err(ConnectError::Rule(refused)));
}
