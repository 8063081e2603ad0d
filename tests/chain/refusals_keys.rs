//! Keys, signatures and addresses: the honest ones always work, whatever bytes they begin with,
//! and each malformed one is refused for what it is.

use crate::common::lab::Lab;
use crate::common::*;
use chainlab::chain::address::{Address, AddressError};
use chainlab::chain::hash::sha256d;
use chainlab::chain::key::{NotASecretKey, PublicKey, SecretKey, Signature, SignatureError};
use chainlab::chain::params::Allocation;
use chainlab::chain::rules::TxError;
use chainlab::chain::{KeyHash, Params, RuleError, Tx, codec};
use primitive_types::U256;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

fn random_key(seed: u64) -> SecretKey {
    SecretKey::generate(&mut ChaCha8Rng::seed_from_u64(seed))
}

/// The order of the curve (SEC 2, 2.4.1).
fn order() -> U256 {
    let hex = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    U256::from_str_radix(hex, 16).expect("a number")
}

fn number(bytes: &[u8]) -> U256 {
    U256::from_big_endian(bytes)
}

fn signature(r: U256, s: U256) -> Signature {
    let halves = [r.to_big_endian(), s.to_big_endian()].concat();
    Signature(halves.try_into().expect("two halves of 32 bytes"))
}

/// One in 285 honest payments failed once, on leading zero bytes.
#[test]
fn signing_and_address_making_20_000_times_over_always_reads_back() {
    let odd = (0..20_000_u64).into_par_iter().filter(|seed| {
        let mut bytes = [0; 32];
        ChaCha8Rng::seed_from_u64(*seed).fill_bytes(&mut bytes);
        let key = SecretKey::from_bytes(bytes).expect("a key");
        assert_eq!(key.to_bytes(), bytes);
        let public = key.public_key();
        let hash = sha256d(&seed.to_le_bytes());
        let signature = key.sign(&hash);
        assert_eq!(public.verify(&hash, &signature), Ok(()), "{seed}");
        let (r, s) = signature.0.split_at(32);
        assert!(number(s) <= order() / 2, "{seed}");

        let version = seed.to_le_bytes()[0];
        let address = Address {
            version,
            owner: public.hash(),
        };
        let text = address.to_string();
        assert_eq!(Address::parse(&text, version), Ok(address), "{text}");

        assert_eq!(public.to_string().parse(), Ok(public));
        assert_eq!(signature.to_string().parse(), Ok(signature));
        assert_eq!(public.hash().to_string().parse(), Ok(public.hash()));
        let bytes = codec::encode(&(public, signature));
        assert_eq!(bytes.len(), 33 + 64);
        assert_eq!(codec::decode(&bytes, 97), Ok((public, signature)));
        r[0] == 0 || s[0] == 0 || public.0[1] == 0 || public.hash().0[0] == 0
    });
    // About one in 64 has such a zero somewhere, or the test tests less than it says.
    assert!(odd.count() > 200);
}

#[test]
fn honest_payments_of_random_keys_are_all_served() {
    const PAYERS: u64 = 600;
    let mut params = params();
    params.genesis = (0..PAYERS)
        .map(|seed| Allocation {
            owner: random_key(seed).public_key().hash(),
            amount: coins(1),
        })
        .collect();
    let mut lab = Lab::of(params.clone());
    let purses = made_by(&params.genesis_block(), 0, 0);
    let payments = (0..PAYERS).zip(&purses).map(|(seed, purse)| {
        let mut tx = unsigned(&[*purse], &[(BOB, 1_000)]);
        tx.sign(network(&params), &[purse.1], &[&random_key(seed)]);
        tx
    });
    lab.serves(payments.collect());
    for purse in purses {
        assert_eq!(lab.chain.coin(&purse.0), Ok(None));
    }
}

#[test]
fn what_is_not_a_private_key_is_refused() {
    let key = |number: U256| SecretKey::from_bytes(number.to_big_endian()).map(|_| ());
    let (one, max) = (U256::one(), U256::MAX);
    for number in [U256::zero(), order(), order() + one, max] {
        assert_eq!(key(number), Err(NotASecretKey), "{number}");
    }
    for number in [one, order() - one] {
        assert_eq!(key(number), Ok(()), "{number}");
    }
}

/// Alice's payment with another signature, and what is wrong with that.
fn resigned(tx: &Tx, signature: Signature) -> Tx {
    let mut tx = tx.clone();
    tx.inputs[0].signature = signature;
    tx
}

fn bad(why: SignatureError) -> TxError {
    TxError::Signature { input: 0, why }
}

#[test]
fn a_high_s_signature_is_refused() {
    let mut lab = Lab::new();
    let honest = lab.pay(ALICE, &[lab.purse(ALICE)], &[(BOB, 1_000)]);
    let (r, s) = honest.inputs[0].signature.0.split_at(32);
    let (r, s) = (number(r), number(s));
    // The twin holds for the bare equation; it would give the payment a second id.
    let twin = resigned(&honest, signature(r, order() - s));
    assert_ne!(twin.txid(), honest.txid());
    lab.refuses_spend(&twin, bad(SignatureError::HighS));
    // Both sides of the middle: the order is odd, so half of it is the last low one.
    let half = order() / 2;
    let above = resigned(&honest, signature(r, half + 1));
    lab.refuses_spend(&above, bad(SignatureError::HighS));
    let below = resigned(&honest, signature(r, half));
    lab.refuses_spend(&below, bad(SignatureError::Mismatch));
    lab.serves(vec![honest]);
}

#[test]
fn a_malformed_signature_is_refused() {
    let mut lab = Lab::new();
    let honest = lab.pay(ALICE, &[lab.purse(ALICE)], &[(BOB, 1_000)]);
    let (zero, one, n) = (U256::zero(), U256::one(), order());
    let (r, s) = honest.inputs[0].signature.0.split_at(32);
    let (r, s) = (number(r), number(s));
    let malformed = [
        (zero, s),
        (r, zero),
        (zero, zero),
        (n, s),
        (r, n),
        (n + 1, s),
        (r, n + 1),
        (U256::MAX, s),
        (r, U256::MAX),
    ];
    for (r, s) in malformed {
        let tx = resigned(&honest, signature(r, s));
        lab.refuses_spend(&tx, bad(SignatureError::MalformedSignature));
    }
    // Next to the limits they are signatures, if not Alice's.
    for (r, s) in [(one, s), (r, one), (n - 1, s), (one, one)] {
        let tx = resigned(&honest, signature(r, s));
        lab.refuses_spend(&tx, bad(SignatureError::Mismatch));
    }
    let tx = resigned(&honest, signature(r, n - 1));
    lab.refuses_spend(&tx, bad(SignatureError::HighS));
    let signed_by_bob = lab.pay(BOB, &[lab.purse(ALICE)], &[(BOB, 1_000)]);
    let tx = resigned(&honest, signed_by_bob.inputs[0].signature);
    lab.refuses_spend(&tx, bad(SignatureError::Mismatch));
    lab.serves(vec![honest]);
}

#[test]
fn a_bad_signature_on_the_second_input_is_refused_by_its_place() {
    let mut lab = Lab::of(Params {
        genesis: vec![params().genesis[0]; 3],
        ..params()
    });
    let purses = made_by(&lab.params.genesis_block(), 0, 0);
    let honest = lab.pay(ALICE, &purses, &[(BOB, 1_000)]);
    for input in 0..3 {
        let mut forged = honest.clone();
        forged.inputs[input].signature = Signature::NONE;
        let block = lab.miner.block(vec![forged], |_| {});
        let why = SignatureError::MalformedSignature;
        let error = TxError::Signature { input, why };
        lab.refuses_when_connected(&block, RuleError::Tx { index: 1, error });
    }
    lab.serves(vec![honest]);
}

/// Whoever sends coins to the hash of such bytes has lost them: no signature brings them back,
/// also not by a form of a key that some libraries take.
#[test]
fn a_malformed_key_is_refused() {
    let secrets = [key(ALICE), random_key(1), random_key(2), random_key(3)];
    assert!((2..=3).all(|tag| secrets.iter().any(|key| key.public_key().0[0] == tag)));
    let mut keys: Vec<(PublicKey, &SecretKey)> = Vec::new();
    for secret in &secrets {
        let honest = secret.public_key();
        // 5 is SEC 1's compact form, without the sign of y; 4, 6 and 7 begin longer forms.
        for tag in [0, 1, 4, 5, 6, 7, 0x82, 0xff] {
            let mut tagged = honest;
            tagged.0[0] = tag;
            keys.push((tagged, secret));
        }
    }
    // No point has the x 5, nor one that is not below the prime of the field.
    let mut off_curve = [0; 33];
    (off_curve[0], off_curve[32]) = (2, 5);
    let mut above_prime = [0xff; 33];
    above_prime[0] = 3;
    for bytes in [off_curve, above_prime] {
        keys.push((PublicKey(bytes), &secrets[0]));
    }
    keys.push((PublicKey::NONE, &secrets[0]));

    let mut params = params();
    params
        .genesis
        .extend(keys.iter().map(|(key, _)| Allocation {
            owner: key.hash(),
            amount: coins(1),
        }));
    let mut lab = Lab::of(params.clone());
    let purses = made_by(&params.genesis_block(), 0, 0);
    for ((malformed, secret), purse) in keys.iter().zip(&purses[2..]) {
        assert_eq!(purse.1.owner, malformed.hash());
        let mut tx = unsigned(&[*purse], &[(BOB, 1_000)]);
        tx.sign(network(&params), &[purse.1], &[secret]);
        tx.inputs[0].key = *malformed;
        lab.refuses_spend(&tx, bad(SignatureError::MalformedKey));
    }
    lab.serves(vec![lab.bobs_payment()]);
}

/// The text of these bytes with their checksum behind them.
fn base58check(payload: &[u8]) -> String {
    let checksum = sha256d(payload);
    bs58::encode([payload, &checksum[..4]].concat()).into_string()
}

#[test]
fn an_address_with_a_bad_checksum_is_refused() {
    let text = params().address(owner(ALICE)).to_string();
    let bytes = bs58::decode(&text).into_vec().expect("Base58");
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let changed = bs58::encode(changed).into_string();
        // A changed version byte, too: the checksum covers it.
        assert_eq!(Address::parse(&changed, 0), Err(AddressError::Checksum));
    }
    // What people do: one letter wrong, or two in a row swapped. (The first two are left alone:
    // they decide the length.)
    let letters: Vec<char> = text.chars().collect();
    for at in 3..letters.len() {
        let mut typed = letters.clone();
        typed[at] = if typed[at] == 'x' { 'y' } else { 'x' };
        let typed: String = typed.iter().collect();
        assert_eq!(Address::parse(&typed, 0), Err(AddressError::Checksum));
        let mut swapped = letters.clone();
        swapped.swap(at - 1, at);
        let swapped: String = swapped.iter().collect();
        if swapped != text {
            assert_eq!(Address::parse(&swapped, 0), Err(AddressError::Checksum));
        }
    }
    assert_eq!(Address::parse(&text, 0).map(|a| a.owner), Ok(owner(ALICE)));
}

#[test]
fn an_address_with_another_networks_version_byte_is_refused() {
    let address = params().address(owner(ALICE));
    for got in 0..=255 {
        let elsewhere = Address {
            version: got,
            ..address
        };
        let parsed = Address::parse(&elsewhere.to_string(), 111);
        if got == 111 {
            assert_eq!(parsed, Ok(elsewhere));
        } else {
            let expected = 111;
            assert_eq!(parsed, Err(AddressError::Version { expected, got }));
        }
    }
}

#[test]
fn an_address_of_a_wrong_length_is_refused() {
    assert_eq!(Address::parse("", 0), Err(AddressError::Length(0)));
    for len in (0..=40).filter(|len| *len != 21) {
        let text = base58check(&vec![7; len]);
        let refused = Address::parse(&text, 7);
        assert_eq!(refused, Err(AddressError::Length(len + 4)));
    }
    // Leading zeros are digits too: one more or one less is another length.
    let text = base58check(&[0; 21]);
    let nobody = KeyHash([0; 20]);
    assert_eq!(Address::parse(&text, 0).map(|a| a.owner), Ok(nobody));
    let longer = Address::parse(&format!("1{text}"), 0);
    assert_eq!(longer, Err(AddressError::Length(26)));
    let shorter = Address::parse(&text[1..], 0);
    assert_eq!(shorter, Err(AddressError::Length(24)));
    // Too long to be looked at: Base58 takes time that grows with the square.
    let refused = |len: usize| Address::parse(&"1".repeat(len), 0);
    assert_eq!(refused(64), Err(AddressError::Length(64)));
    assert_eq!(refused(65), Err(AddressError::TextLength(65)));
    assert_eq!(refused(1_000_000), Err(AddressError::TextLength(1_000_000)));
    let long = Address::parse(&"0".repeat(65), 0);
    assert_eq!(long, Err(AddressError::TextLength(65)));
}

#[test]
fn an_address_with_letters_outside_base58_is_refused() {
    let text = params().address(owner(ALICE)).to_string();
    for letter in ['0', 'O', 'I', 'l', ' ', '-', 'é', '\0'] {
        let odd = text.replacen(&text[5..6], &letter.to_string(), 1);
        assert_eq!(Address::parse(&odd, 0), Err(AddressError::NotBase58));
    }
}
