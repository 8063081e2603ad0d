mod reading;

use super::*;
use crate::bitcoin::Network;
use crate::chain::key::Signature;
use bitcoin_slices::{Visit, bsl};
use proptest::prelude::*;
use reading::{Read, holds};
use serde_json::Value;

const SIGHASH: &str = include_str!("../../../tests/vectors/bitcoin/sighash.json");
const KNOWN: &str = include_str!("../../../tests/vectors/known.json");

/// Hundred-millionths of a coin.
fn units(units: u64) -> Amount {
    Amount::from_units(units).expect("an amount")
}

fn key(byte: u8) -> LabKey {
    LabKey::new(SecretKey::from_bytes([byte; 32]).expect("a key"))
}

/// Coins that hold so much each.
fn coins(amounts: &[u64]) -> Vec<Coin> {
    let coin = |(index, amount): (u32, &u64)| Coin {
        outpoint: OutPoint {
            txid: Txid([9; 32]),
            index,
        },
        amount: units(*amount),
    };
    (0..).zip(amounts).map(coin).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digits).collect()
}

fn order<'a>(to: &'a [u8], amount: u64, change: &'a [u8]) -> Order<'a> {
    Order {
        to,
        amount: units(amount),
        fee: Fee::Rate(FeeRate::USUAL_MIN),
        change,
    }
}

#[test]
fn the_hash_that_is_signed_is_the_published_one() {
    let rows: Vec<(String, String, usize, i32, String)> =
        serde_json::from_str(SIGHASH).expect("rows");
    assert!(rows.len() >= 6);
    for (tx, script, input, kind, hash) in rows {
        let tx = Read::of(&unhex(&tx));
        let got = tx.sighash(input, &unhex(&script), kind.cast_unsigned());
        assert_eq!(Txid(got).to_string(), hash);
    }
}

#[test]
fn signatures_in_a_block_of_mainnet_hold_over_that_hash() {
    let mut read = Read::default();
    let block = bitcoin_test_data::blocks::mainnet_702861();
    bsl::Block::visit(block, &mut read).expect("a block");
    let inputs = read
        .txs
        .iter()
        .flat_map(|tx| (0..tx.inputs.len()).map(move |at| holds(tx, at)));
    let judged: Vec<bool> = inputs.flatten().collect();
    assert!(judged.len() > 100, "{}", judged.len());
    assert!(judged.iter().all(|holds| *holds));
}

#[test]
fn the_address_of_the_first_key_is_the_known_one() {
    let known: Value = serde_json::from_str(KNOWN).expect("JSON");
    let mut one = [0; 32];
    one[31] = 1;
    let key = LabKey::new(SecretKey::from_bytes(one).expect("a key"));
    let address = key.address(&Network::Mainnet.params().addresses);
    assert!(known.to_string().contains(&address), "{address}");
}

#[test]
fn a_payment_pays_what_was_ordered_and_every_input_is_signed() {
    let (alice, bob) = (key(1), key(2));
    let coins = coins(&[30_000, 50_000, 20_000]);
    let (to, change) = (bob.script(), alice.script());
    let payment = alice
        .pay(&coins, &order(&to, 60_000, &change))
        .expect("enough");
    let tx = Read::of(&payment.bytes);
    // The largest two.
    assert_eq!(payment.spent, [coins[1].outpoint, coins[0].outpoint]);
    assert!(
        tx.inputs
            .iter()
            .map(|input| input.outpoint)
            .eq(payment.spent.clone())
    );
    assert!((0..2).all(|at| holds(&tx, at) == Some(true)));
    assert!(
        tx.inputs
            .iter()
            .all(|input| input.script.ends_with(&alice.0.public_key().0))
    );
    assert_eq!(
        (&tx.outputs[0].script, tx.outputs[0].amount),
        (&to, units(60_000))
    );
    let left = payment.change.expect("20 000 are left, but for the fee");
    assert_eq!(
        (&tx.outputs[1].script, tx.outputs[1].amount),
        (&change, left.amount)
    );
    assert_eq!(
        left.outpoint,
        OutPoint {
            txid: payment.txid,
            index: 1
        }
    );
    assert_eq!(left.amount.units() + payment.fee.units(), 20_000);
    // Two inputs and two outputs of these kinds have at most 374 bytes.
    assert_eq!(payment.fee, units(374));
    assert!(
        (370..=374).contains(&payment.bytes.len()),
        "{}",
        payment.bytes.len()
    );
    let read = bsl::Transaction::visit(&payment.bytes, &mut Read::default()).expect("parses");
    let txid: [u8; 32] = read.parsed().txid_sha2().into();
    assert_eq!(Txid(txid), payment.txid);
}

#[test]
fn a_change_is_a_coin_that_pays_again() {
    let (alice, bob) = (key(1), key(2));
    let (to, change) = (bob.script(), alice.script());
    let first = alice
        .pay(&coins(&[100_000]), &order(&to, 10_000, &change))
        .expect("enough");
    let left = first.change.expect("most of it");
    let second = alice
        .pay(&[left], &order(&to, 10_000, &change))
        .expect("enough");
    assert_eq!(
        second.spent,
        [OutPoint {
            txid: first.txid,
            index: 1
        }]
    );
    assert_eq!(holds(&Read::of(&second.bytes), 0), Some(true));
}

#[test]
fn change_that_would_be_dust_goes_to_the_miner() {
    let (alice, bob) = (key(1), key(2));
    let (to, change) = (bob.script(), alice.script());
    // Without change 192 bytes, with it 226.
    let pays = |held| {
        let paid = alice.pay(&coins(&[held]), &order(&to, 10_000, &change));
        paid.map(|paid| {
            (
                paid.fee.units(),
                paid.change.map(|left| left.amount.units()),
            )
        })
    };
    assert_eq!(pays(10_192), Ok((192, None)));
    assert_eq!(pays(10_226 + 545), Ok((771, None)));
    assert_eq!(pays(10_226 + 546), Ok((226, Some(546))));
    assert!(matches!(pays(10_191), Err(PayError::Insufficient { .. })));
}

#[test]
fn dust_is_what_bitcoin_core_calls_dust() {
    for (pays_to, least) in [
        (PaysTo::KeyHash([1; 20]), 546),
        (PaysTo::ScriptHash([1; 20]), 540),
        (PaysTo::WitnessKeyHash([1; 20]), 294),
        (PaysTo::WitnessScriptHash([1; 32]), 330),
        (PaysTo::Taproot([1; 32]), 330),
        (PaysTo::Data(&[1, 7]), 0),
    ] {
        assert_eq!(dust_limit(&pays_to.script()), units(least), "{pays_to}");
    }
}

#[test]
fn what_cannot_be_paid_is_said_in_words() {
    let alice = key(1);
    let own = alice.script();
    let words = |held: &[u64], to: &[u8], amount| {
        let paid = alice.pay(&coins(held), &order(to, amount, &own));
        paid.expect_err("cannot be paid").to_string()
    };
    assert_eq!(
        words(&[100_000], &own, 545),
        "0.00000545 is dust: nodes pass on no payment to such a script below 0.00000546"
    );
    assert_eq!(
        words(&[1_000, 2_000], &own, 3_000),
        "there are coins of 0.00003, and it takes 0.00003 and a fee of 0.0000034"
    );
    assert_eq!(
        words(&[], &own, 3_000),
        "there are coins of 0, and it takes 0.00003 and a fee of 0.00000044"
    );
    let all = COINS_MAX * COIN;
    assert_eq!(
        words(&[1], &own, all + 1),
        "there are never more than 21000000 coins"
    );
    assert_eq!(
        words(&[all, 1], &own, 1_000),
        "there are never more than 21000000 coins"
    );
    assert_eq!(
        words(&[1], &[0x51; 10_001], 1_000),
        "a script has at most 10000 bytes, this one has 10001"
    );
    let many = words(&[1_000; 700], &own, 550_000);
    assert!(many.starts_with("it takes more than 600 coins"), "{many}");
}

#[test]
fn a_fee_rate_that_is_a_mistake_is_refused() {
    assert_eq!(FeeRate::of(units(1_000)), Ok(FeeRate::USUAL_MIN));
    assert_eq!(FeeRate::of(units(10_000_000)), Ok(FeeRate::MAX));
    let refused = FeeRate::of(units(10_000_001)).expect_err("a coin for ten kilobytes");
    assert_eq!(refused.to_string(), "a fee rate is at most 0.1 a kilobyte");
}

#[test]
fn a_fee_that_is_named_is_paid_whatever_the_size_is_unless_it_is_a_mistake() {
    let alice = key(1);
    let own = alice.script();
    let pays = |fee| {
        let fee = Fee::Exact(units(fee));
        let order = Order {
            fee,
            ..order(&own, 10_000, &own)
        };
        alice.pay(&coins(&[9_000_000]), &order)
    };
    let paid = |fee| pays(fee).expect("enough").fee;
    assert_eq!((paid(0), paid(5_000)), (units(0), units(5_000)));
    // 226 bytes at a tenth of a coin for 1000.
    assert_eq!(paid(2_260_000), units(2_260_000));
    let refused = pays(2_260_001).expect_err("a mistake");
    assert_eq!(
        refused.to_string(),
        "a fee of 0.02260001 for 226 bytes would be taken for a mistake: 0.0226 is the most"
    );
}

#[test]
fn a_coin_that_is_named_twice_is_spent_once() {
    let alice = key(1);
    let own = alice.script();
    let twice = [coins(&[5_000]), coins(&[5_000])].concat();
    let refused = alice.pay(&twice, &order(&own, 6_000, &own));
    assert!(matches!(refused, Err(PayError::Insufficient { .. })));
}

#[test]
fn data_is_paid_for_without_an_amount() {
    let alice = key(1);
    let own = alice.script();
    let data = PaysTo::Data(&[5, b'h', b'e', b'l', b'l', b'o']).script();
    let paid = alice
        .pay(&coins(&[5_000]), &order(&data, 0, &own))
        .expect("no dust");
    assert_eq!(Read::of(&paid.bytes).outputs[0].script, data);
}

#[test]
fn a_signature_is_written_with_as_few_bytes_as_it_takes() {
    let mut short = [0; 64];
    (short[31], short[32], short[63]) = (0x80, 0x7f, 1);
    let der = draft::der_of(&Signature(short));
    let s = [&[0x7f][..], &[0; 30], &[1]].concat();
    assert_eq!(der, [&[0x30, 38, 2, 2, 0, 0x80, 2, 32][..], &s].concat());
    let nothing = draft::der_of(&Signature([0; 64]));
    assert_eq!(nothing, [0x30, 6, 2, 1, 0, 2, 1, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_lost_between_coins_outputs_and_fee(
        held in proptest::collection::vec(1_u64..200_000, 0..12),
        amount in 0_u64..400_000,
        rate in 0_u64..50_000,
        taproot in any::<bool>(),
    ) {
        let alice = key(1);
        let own = alice.script();
        let to = match taproot {
            true => PaysTo::Taproot([3; 32]).script(),
            false => key(2).script(),
        };
        let rate = FeeRate::of(units(rate)).expect("a rate");
        let order = Order { to: &to, amount: units(amount), fee: Fee::Rate(rate), change: &own };
        let coins = coins(&held);
        match alice.pay(&coins, &order) {
            Ok(paid) => {
                let tx = Read::of(&paid.bytes);
                let spent: u64 = coins
                    .iter()
                    .filter(|coin| paid.spent.contains(&coin.outpoint))
                    .map(|coin| coin.amount.units())
                    .sum();
                let outputs: u64 = tx.outputs.iter().map(|output| output.amount.units()).sum();
                prop_assert_eq!(spent, outputs + paid.fee.units());
                prop_assert!(paid.fee >= rate.fee(paid.bytes.len() as u64));
                prop_assert!((0..tx.inputs.len()).all(|at| holds(&tx, at) == Some(true)));
                prop_assert!(tx.outputs.iter().all(|output| output.amount >= dust_limit(&output.script)));
            }
            Err(PayError::Dust { least, .. }) => prop_assert!(units(amount) < least),
            Err(PayError::Insufficient { have, amount, fee }) => {
                prop_assert!(have.units() < amount.units() + fee.units());
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
