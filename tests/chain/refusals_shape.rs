//! What must be refused without a look at any coin: transactions that are empty or malformed, and
//! bytes that are not the encoding of a block.

use crate::common::lab::Lab;
use crate::common::*;
use chainlab::chain::codec::{self, DecodeError};
use chainlab::chain::key::{PublicKey, Signature};
use chainlab::chain::rules::{TxError, check_tx_len};
use chainlab::chain::tx::TxIn;
use chainlab::chain::{Amount, Block, BlockHash, OutPoint, RuleError, Tx, Txid};

/// Alice's payment, changed before she signs it.
fn signed_by_alice(lab: &Lab, change: impl FnOnce(&mut Tx)) -> Tx {
    let mut tx = unsigned(&[lab.purse(ALICE)], &[(BOB, 1_000), (ALICE, 2_000)]);
    change(&mut tx);
    if tx.inputs.len() == 1 {
        sign(&lab.params, &mut tx, ALICE, &[lab.purse(ALICE)]);
    }
    tx
}

#[test]
fn an_empty_tx_is_refused() {
    let mut lab = Lab::new();
    let spends_nothing = signed_by_alice(&lab, |tx| tx.inputs.clear());
    lab.refuses_malformed_tx(&spends_nothing, TxError::NoInputs);
    let makes_nothing = signed_by_alice(&lab, |tx| tx.outputs.clear());
    lab.refuses_malformed_tx(&makes_nothing, TxError::NoOutputs);
    let honest = signed_by_alice(&lab, |tx| tx.outputs.truncate(1));
    lab.serves(vec![honest]);
}

#[test]
fn a_zero_value_output_is_refused() {
    let mut lab = Lab::new();
    for output in [0, 1] {
        let zero = signed_by_alice(&lab, |tx| tx.outputs[output].amount = Amount::ZERO);
        lab.refuses_malformed_tx(&zero, TxError::ZeroOutput { output });
    }
    let one = signed_by_alice(&lab, |tx| tx.outputs[1].amount = units(1));
    lab.serves(vec![one]);
}

#[test]
fn an_unknown_version_of_a_tx_is_refused() {
    let mut lab = Lab::new();
    for version in [0, 2, u32::MAX] {
        let unknown = signed_by_alice(&lab, |tx| tx.version = version);
        lab.refuses_malformed_tx(&unknown, TxError::Version(version));
        let block = lab.miner.block(vec![], |txs| txs[0].version = version);
        let error = TxError::Version(version);
        lab.refuses_body(&block, RuleError::Tx { index: 0, error });
    }
    let honest = signed_by_alice(&lab, |_| {});
    lab.serves(vec![honest]);
}

#[test]
fn an_input_that_names_no_coin_is_refused_in_a_payment() {
    let mut lab = Lab::new();
    let nothing = TxIn {
        outpoint: OutPoint::NONE,
        key: key(ALICE).public_key(),
        signature: Signature::NONE,
    };
    let mut tx = signed_by_alice(&lab, |_| {});
    tx.inputs.push(nothing.clone());
    lab.refuses_malformed_tx(&tx, TxError::NullOutPoint { input: 1 });
    // In the first place it makes the payment a coinbase, of which there is one already.
    tx.inputs.swap(0, 1);
    let block = lab.miner.block(vec![tx], |_| {});
    lab.refuses_body(&block, RuleError::ExtraCoinbase { index: 1 });
    lab.serves(vec![signed_by_alice(&lab, |_| {})]);
}

#[test]
fn a_tx_before_its_lock_time_height_is_refused() {
    let mut lab = Lab::new();
    let locked = signed_by_alice(&lab, |tx| tx.lock_time = 3);
    for height in [1, 2] {
        let block = lab
            .miner
            .block(vec![lab.bobs_payment(), locked.clone()], |_| {});
        let error = TxError::Locked {
            lock_time: 3,
            height,
        };
        lab.refuses_body(&block, RuleError::Tx { index: 2, error });
        lab.serves(vec![]);
    }
    lab.serves(vec![locked]);
    assert_eq!(lab.chain.tip().height, 3);
}

#[test]
fn a_tx_after_its_lock_time_height_is_served() {
    let mut lab = Lab::new();
    lab.serves(vec![]);
    lab.serves(vec![signed_by_alice(&lab, |tx| tx.lock_time = 1)]);
}

/// A merkle proof could pass off an inner node, 64 bytes, as a transaction.
#[test]
fn a_tx_of_exactly_64_bytes_is_refused_and_cannot_even_be_written() {
    assert_eq!(check_tx_len(63), Ok(()));
    assert_eq!(check_tx_len(64), Err(TxError::SixtyFourBytes));
    assert_eq!(check_tx_len(65), Ok(()));
    let lab = Lab::new();
    let tx = signed_by_alice(&lab, |_| {});
    for inputs in 0..3 {
        for outputs in 0..6 {
            let mut tx = tx.clone();
            tx.inputs = vec![tx.inputs[0].clone(); inputs];
            tx.outputs = vec![tx.outputs[0]; outputs];
            let bytes = codec::encode(&tx);
            assert_eq!(bytes.len(), tx.encoded_len());
            assert_eq!(bytes.len(), codec::encoded_len(&tx));
            assert_ne!(bytes.len(), 64);
        }
    }
}

#[test]
fn a_truncated_block_is_refused_at_every_length() {
    let mut lab = Lab::new();
    let block = lab.miner.block(vec![lab.bobs_payment()], |_| {});
    let bytes = codec::encode(&block);
    assert_eq!(bytes.len(), block.encoded_len());
    for len in 0..bytes.len() {
        let refused = Block::decode(&bytes[..len], bytes.len()).expect_err("cut short");
        assert!(
            matches!(refused, DecodeError::Malformed(_)),
            "{len}: {refused}"
        );
    }
    let read = Block::decode(&bytes, bytes.len()).expect("whole");
    assert_eq!(read, block);
    lab.takes(&read);
}

#[test]
fn a_block_with_bytes_behind_it_or_longer_than_allowed_is_refused() {
    let mut lab = Lab::new();
    let block = lab.miner.block(vec![lab.bobs_payment()], |_| {});
    let mut bytes = codec::encode(&block);
    let len = bytes.len();
    let max = len - 1;
    let refused = Block::decode(&bytes, max);
    assert_eq!(refused, Err(DecodeError::TooLong { len, max }));
    lab.takes(&Block::decode(&bytes, len).expect("as long as allowed"));
    bytes.push(0);
    let refused = Block::decode(&bytes, len + 1);
    assert_eq!(refused, Err(DecodeError::Trailing(1)));
    bytes.extend([0; 99]);
    let refused = Block::decode(&bytes, usize::MAX);
    assert_eq!(refused, Err(DecodeError::Trailing(100)));
    // However much a caller allows, there is an end to it.
    let max = codec::MAX_LEN;
    bytes.resize(max, 0);
    let refused = Block::decode(&bytes, usize::MAX);
    assert_eq!(refused, Err(DecodeError::Trailing(max - len)));
    bytes.push(0);
    let len = bytes.len();
    let refused = Block::decode(&bytes, usize::MAX);
    assert_eq!(refused, Err(DecodeError::TooLong { len, max }));
}

/// A few bytes that promise thousands of millions of transactions cost nothing.
#[test]
fn a_count_that_the_bytes_do_not_hold_is_refused() {
    let mut lab = Lab::new();
    let block = lab.miner.block(vec![lab.bobs_payment()], |_| {});
    let bytes = codec::encode(&block);
    // The number of transactions; of the coinbase's inputs, and of its outputs.
    for at in [88, 100, 241] {
        let count: [u8; 8] = bytes[at..at + 8].try_into().expect("eight bytes");
        assert!((1..=2).contains(&u64::from_le_bytes(count)), "at {at}");
        for count in [3, 4_000_000_000, u64::MAX] {
            let mut lying = bytes.clone();
            lying[at..at + 8].copy_from_slice(&u64::to_le_bytes(count));
            let refused = Block::decode(&lying, lying.len()).expect_err("not so many");
            assert!(matches!(refused, DecodeError::Malformed(_)), "{refused}");
        }
    }
    lab.takes(&block);
}

/// Whatever decodes is the one encoding of what it decodes to: no id has a second form.
#[test]
fn no_changed_byte_decodes_to_the_same_block() {
    let mut lab = Lab::new();
    let block = lab.miner.block(vec![lab.bobs_payment()], |_| {});
    let bytes = codec::encode(&block);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x80;
        if let Ok(other) = Block::decode(&changed, changed.len()) {
            assert_ne!(other, block, "byte {at}");
            assert_eq!(codec::encode(&other), changed, "byte {at}");
        }
    }
    lab.takes(&block);
}

#[test]
fn a_coinbase_with_two_inputs_or_with_a_key_is_refused() {
    let mut lab = Lab::new();
    let refused = RuleError::Tx {
        index: 0,
        error: TxError::CoinbaseInput,
    };
    let second = TxIn {
        outpoint: OutPoint {
            txid: Txid::ZERO,
            index: 0,
        },
        key: PublicKey::NONE,
        signature: Signature::NONE,
    };
    let twice = lab
        .miner
        .block(vec![], |txs| txs[0].inputs.push(second.clone()));
    lab.refuses_body(&twice, refused.clone());
    let mut key = PublicKey::NONE;
    key.0[32] = 1;
    let keyed = lab.miner.block(vec![], |txs| txs[0].inputs[0].key = key);
    lab.refuses_body(&keyed, refused);
    // Without an input, or with one that names something, it is no coinbase at all.
    let none = lab.miner.block(vec![], |txs| txs[0].inputs.clear());
    lab.refuses_body(&none, RuleError::NoCoinbase);
    let named = lab.miner.block(vec![], |txs| txs[0].inputs[0] = second);
    lab.refuses_body(&named, RuleError::NoCoinbase);
    // The signature's place is the miner's to use.
    let tagged = lab.miner.rival(u64::MAX).block(vec![], |_| {});
    lab.takes(&tagged);
}

#[test]
fn a_coinbase_with_a_zero_output_or_an_overflowing_sum_is_refused() {
    let mut lab = Lab::new();
    let in_coinbase = |error| RuleError::Tx { index: 0, error };
    let with = |lab: &Lab, amounts: &[Amount]| {
        lab.miner.block(vec![], |txs| {
            let out = txs[0].outputs[0];
            let output = |amount: &Amount| chainlab::chain::tx::TxOut {
                amount: *amount,
                ..out
            };
            txs[0].outputs = amounts.iter().map(output).collect();
        })
    };
    let zero = with(&lab, &[units(1), Amount::ZERO]);
    lab.refuses_body(&zero, in_coinbase(TxError::ZeroOutput { output: 1 }));
    let too_much = with(&lab, &[Amount::MAX, units(1)]);
    lab.refuses_body(&too_much, in_coinbase(TxError::AmountOverflow));
    let nothing = with(&lab, &[]);
    lab.takes(&nothing);
    assert_eq!(lab.is_sound(), coins(20));
}

/// Only what the header's hash commits to is the block's own fault.
#[test]
fn what_another_delivery_or_a_later_time_may_mend_is_not_permanent() {
    let bits = EASY;
    let (expected, got) = (bits, bits);
    let (claimed, allowed) = (coins(2), coins(1));
    let error = TxError::NoInputs;
    for passing in [
        RuleError::TimeTooNew { ahead_ms: 1 },
        RuleError::UnknownParent(BlockHash::ZERO),
        RuleError::LowWork,
        RuleError::NoRoom,
        RuleError::BranchChanged { height: 1 },
        RuleError::RepeatedTail,
        RuleError::MerkleRoot,
    ] {
        assert!(!passing.is_permanent(), "{passing}");
    }
    for permanent in [
        RuleError::NoTransactions,
        RuleError::Version(2),
        RuleError::Bits { expected, got },
        RuleError::ProofOfWork,
        RuleError::TimeTooOld,
        RuleError::InvalidAncestor(BlockHash::ZERO),
        RuleError::KnownInvalid,
        RuleError::HeightLimit,
        RuleError::TooLarge { len: 2, max: 1 },
        RuleError::NoCoinbase,
        RuleError::ExtraCoinbase { index: 1 },
        RuleError::CoinbaseHeight { height: 2, got: 1 },
        RuleError::CoinbaseAmount { claimed, allowed },
        RuleError::Tx { index: 1, error },
    ] {
        assert!(permanent.is_permanent(), "{permanent}");
    }
}
