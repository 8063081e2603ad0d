use super::*;
use proptest::prelude::*;
use serde_json::Value;

const BIP_173: &str = include_str!("../../../tests/vectors/bitcoin/bip-0173.json");
const BIP_350: &str = include_str!("../../../tests/vectors/bitcoin/bip-0350.json");
const KEY_IO: &str = include_str!("../../../tests/vectors/bitcoin/key_io.json");

fn rows(file: &str, key: &str) -> Vec<Vec<String>> {
    let file: Value = serde_json::from_str(file).expect("JSON");
    let rows = file[key].as_array().expect("rows");
    rows.iter()
        .map(|row| serde_json::from_value(row.clone()).expect("texts"))
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digits).collect()
}

/// The network of the BIPs' addresses.
fn bip_network(text: &str) -> Network {
    match text[..2].eq_ignore_ascii_case("bc") {
        true => Network::Mainnet,
        false => Network::Testnet3,
    }
}

/// A script of each kind that has an address.
fn scripts() -> Vec<Vec<u8>> {
    let mut kinds = vec![
        PaysTo::KeyHash([1; 20]).script(),
        PaysTo::ScriptHash([2; 20]).script(),
        PaysTo::WitnessKeyHash([3; 20]).script(),
        PaysTo::WitnessScriptHash([4; 32]).script(),
        PaysTo::Taproot([5; 32]).script(),
    ];
    for version in 1..=16 {
        for len in [2, 20, 40] {
            let program = &[6; 40][..len];
            kinds.push(PaysTo::Witness { version, program }.script());
        }
    }
    kinds
}

#[test]
fn addresses_of_bip_350_are_read_to_their_scripts_and_written_from_them() {
    for row in rows(BIP_350, "valid") {
        let (text, script) = (&row[0], unhex(&row[1]));
        let network = bip_network(text);
        assert_eq!(to_script(text, network).as_ref(), Ok(&script), "{text}");
        let written = of_script(&script, &network.params().addresses);
        assert_eq!(written, Some(text.to_lowercase()));
    }
}

#[test]
fn of_bip_173_only_version_0_still_holds() {
    for row in rows(BIP_173, "valid") {
        let (text, script) = (&row[0], unhex(&row[1]));
        let version = PaysTo::of(&script).witness_program().expect("has one").0;
        let expected = match version {
            0 => Ok(script),
            version => Err(AddressError::OtherChecksum { version }),
        };
        assert_eq!(to_script(text, bip_network(text)), expected, "{text}");
    }
}

#[test]
fn what_the_bips_call_invalid_is_refused_for_that_reason() {
    for row in [rows(BIP_173, "invalid"), rows(BIP_350, "invalid")].concat() {
        let (text, reason) = (&row[0], row[1].as_str());
        let refused = to_script(text, bip_network(text)).expect_err("invalid");
        let is_that = match reason {
            "Invalid human-readable part" => matches!(refused, AddressError::NoAddress { .. }),
            "Invalid checksum" => refused == AddressError::Checksum,
            "Invalid character in checksum" => matches!(refused, AddressError::Letter(_)),
            "Invalid witness version" => matches!(refused, AddressError::Version(17)),
            "Mixed case" => refused == AddressError::MixedCase,
            "Empty data section" => refused == AddressError::Empty,
            _ if reason.contains("instead of") => {
                matches!(refused, AddressError::OtherChecksum { .. })
            }
            _ if reason.contains("length") => {
                matches!(refused, AddressError::Length { .. }) || is_of_before(&refused)
            }
            _ if reason.contains("padding") => {
                refused == AddressError::Padding || is_of_before(&refused)
            }
            _ => panic!("{reason}"),
        };
        assert!(is_that, "{text}: {reason}, and it was {refused}");
    }
}

/// In BIP 173 later versions have the checksum of before BIP 350, whatever else is wrong with them.
fn is_of_before(refused: &AddressError) -> bool {
    matches!(refused, AddressError::OtherChecksum { version: 1.. })
}

#[test]
fn addresses_of_bitcoin_cores_tests_are_read_and_written() {
    for row in rows(KEY_IO, "valid") {
        let network: Network = row[0].parse().expect("a network");
        let (text, script) = (&row[1], unhex(&row[2]));
        assert_eq!(to_script(text, network).as_ref(), Ok(&script), "{text}");
        let form = network.params().addresses;
        assert_eq!(of_script(&script, &form).as_ref(), Some(text));
        if text.starts_with(form.hrp) {
            assert_eq!(to_script(&text.to_uppercase(), network), Ok(script));
        }
    }
    let file: Value = serde_json::from_str(KEY_IO).expect("JSON");
    for text in file["invalid"].as_array().expect("texts") {
        let text = text.as_str().expect("a text");
        for network in Network::ALL {
            assert!(to_script(text, network).is_err(), "{text} on {network}");
        }
    }
}

#[test]
fn every_kind_is_written_and_read_on_every_network_in_each_of_its_forms() {
    for network in Network::ALL {
        for form in network.address_forms() {
            for script in scripts() {
                let text = of_script(&script, &form).expect("has an address");
                assert_eq!(to_script(&text, network), Ok(script), "{text} on {network}");
            }
        }
    }
}

#[test]
fn an_address_of_bcoins_regtest_is_written_anew_for_bitcoin_core() {
    let script = PaysTo::WitnessKeyHash([7; 20]).script();
    let at_bcoin = of_script(&script, &AddressForm::BCOIN_REGTEST).expect("has one");
    assert!(at_bcoin.starts_with("rb1q"), "{at_bcoin}");
    let read = to_script(&at_bcoin, Network::Regtest).expect("a form of regtest");
    let at_core = of_script(&read, &Network::Regtest.params().addresses);
    assert!(at_core.is_some_and(|text| text.starts_with("bcrt1q")));
    let old = of_script(
        &PaysTo::KeyHash([7; 20]).script(),
        &AddressForm::BCOIN_REGTEST,
    );
    assert!(old.is_some_and(|text| text.starts_with('R')));
}

#[test]
fn what_has_no_address_gets_none() {
    let key = [&[2][..], &[9; 32]].concat();
    for pays_to in [
        PaysTo::Key(&key),
        PaysTo::Data(&[1, 7]),
        PaysTo::Witness {
            version: 0,
            program: &[1; 21],
        },
        PaysTo::Other(&[0x51]),
    ] {
        assert_eq!(
            of_script(&pays_to.script(), &Network::Mainnet.params().addresses),
            None
        );
    }
}

#[test]
fn an_output_is_told_by_its_kind_and_its_address_or_its_script() {
    let form = Network::Regtest.params().addresses;
    let script = unhex("76a914fdeca3b08e38af53d7c4c60e3ad208ce5066441088ac");
    assert_eq!(
        output_words(&script, &form),
        "P2PKH n4fajahJrAuKbN7uNsKjLjQkz9Qn5ewJXQ"
    );
    assert_eq!(
        output_words(&unhex("6a0568656c6c6f"), &form),
        "data OP_RETURN 68656c6c6f"
    );
    assert_eq!(output_words(&[], &form), "other empty");
}

#[test]
fn an_address_of_another_network_is_refused_by_that_networks_name() {
    let words = |text, network| to_script(text, network).expect_err("another's").to_string();
    for (text, here, said) in [
        (
            "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo",
            Network::Regtest,
            "the address is of mainnet, here it is regtest",
        ),
        (
            "mzK2FFDEhxqHcmrJw1ysqFkVyhUULo45hZ",
            Network::Mainnet,
            "the address is of testnet3, testnet4, signet or regtest, here it is mainnet",
        ),
        (
            "tb1qcrh3yqn4nlleplcez2yndq2ry8h9ncg3qh7n54",
            Network::Regtest,
            "the address is of testnet3, testnet4 or signet, here it is regtest",
        ),
    ] {
        assert_eq!(words(text, here), said);
    }
    // Of another coin, whose addresses look like these.
    let other = Base58 {
        version: 0x30,
        owner: KeyHash([1; 20]),
    }
    .to_string();
    assert_eq!(
        words(&other, Network::Mainnet),
        "the address is of no network that is known here: its version is 48"
    );
}

#[test]
fn a_typing_error_is_called_one() {
    for text in [
        "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mp",
        "bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhw",
        "bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhb",
        "bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhV",
    ] {
        let refused = to_script(text, Network::Mainnet).expect_err("one letter is another");
        assert!(refused.to_string().contains("typing error"), "{refused}");
    }
}

#[test]
fn what_is_no_address_is_told_what_one_is_like_and_is_not_repeated() {
    let key = "5JuW2AMDYu4xVwRG9DZW18VbzQrGcd5RCgb99sS6ehJsNQXu5b9";
    for (text, said) in [
        (
            key,
            "this is no address: an address has 25 bytes behind its digits, this text has 37; or it \
               begins with bcrt1",
        ),
        (
            "",
            "this is no address: an address has 25 bytes behind its digits, this text has 0; or it \
              begins with bcrt1",
        ),
        (
            "bcrt1",
            "the address has a typing error: its checksum does not match",
        ),
        (
            "bcrt1q",
            "the address has a typing error: its checksum does not match",
        ),
    ] {
        let refused = to_script(text, Network::Regtest)
            .expect_err("no address")
            .to_string();
        assert_eq!(refused, said);
        assert!(!refused.contains(key));
    }
    let long = "1".repeat(91);
    assert_eq!(
        to_script(&long, Network::Mainnet),
        Err(AddressError::TextLength(91))
    );
}

proptest! {
    #[test]
    fn any_script_with_an_address_is_the_one_that_its_address_is_read_to(
        version in 0_u8..=16,
        program in proptest::collection::vec(any::<u8>(), 0..45),
        hash in any::<[u8; 20]>(),
        at in 0..Network::ALL.len(),
    ) {
        let network = Network::ALL[at];
        let is_length = match version {
            0 => [20, 32].contains(&program.len()),
            _ => (2..=40).contains(&program.len()),
        };
        for form in network.address_forms() {
            let script = PaysTo::Witness { version, program: &program }.script();
            let text = of_script(&script, &form);
            prop_assert_eq!(text.is_some(), is_length);
            prop_assert_eq!(text.map(|text| to_script(&text, network)), is_length.then_some(Ok(script)));
            for script in [PaysTo::KeyHash(hash).script(), PaysTo::ScriptHash(hash).script()] {
                let text = of_script(&script, &form).expect("has one");
                prop_assert_eq!(to_script(&text, network), Ok(script));
            }
        }
    }

    #[test]
    fn any_text_is_refused_in_words_or_is_an_address(text in "(bc1|tb1|bcrt1|rb1|1|m|)\\PC{0,80}") {
        for network in Network::ALL {
            match to_script(&text, network) {
                Ok(script) => prop_assert!(of_script(&script, &network.params().addresses).is_some()),
                Err(refused) => prop_assert!(!refused.to_string().is_empty()),
            }
        }
    }
}
