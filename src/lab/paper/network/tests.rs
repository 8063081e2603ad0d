//! Files of networks.

use super::*;
use crate::chain::KeyHash;

fn refused(text: &str) -> String {
    read("net.toml", text).expect_err(text).to_string()
}

fn strange() -> Params {
    let give = |owner, units| Allocation {
        owner: KeyHash([owner; 20]),
        amount: Amount::from_units(units).expect("small"),
    };
    Params {
        genesis_time: BlockTime(1_234_567_890_123),
        block_interval_ms: 90_500,
        retarget: Retarget::Fixed,
        half_life_intervals: 288,
        genesis_bits: CompactTarget(0x1e7f_f0f0),
        limit_bits: CompactTarget(0x1f00_ffff),
        subsidy: "0.00000001".parse().expect("an amount"),
        halving_interval: 7,
        maturity: 100,
        max_block_bytes: 1_000,
        future_drift_ms: 1,
        address_version: 111,
        // Not in order, and one of them twice.
        genesis: vec![give(9, 1), give(3, 250_000_000), give(9, 1)],
    }
}

#[test]
fn a_network_reads_back_as_it_was_written() {
    for params in [Params::default(), strange()] {
        let text = write(&params);
        let back = read("net.toml", &text).expect("readable");
        assert_eq!(back, params, "{text}");
        assert_eq!(back.genesis_block().hash(), params.genesis_block().hash());
    }
}

#[test]
fn what_is_not_said_is_the_default() {
    assert_eq!(read("f", ""), Ok(Params::default()));
    assert_eq!(read("f", "[chain]\n"), Ok(Params::default()));
    let fast = read("f", "[chain]\nblock_interval = \"500ms\"\n").expect("sound");
    assert_eq!((fast.block_interval_ms, fast.future_drift_ms), (500, 1_000));
    let hard = read("f", "[chain]\ndifficulty = 1_000_000\n").expect("sound");
    let work = hard.genesis_bits.to_target().expect("a target").work();
    let hashes = u128::try_from(work.to_u256()).expect("small");
    assert!((1_000_000..1_000_100).contains(&hashes), "{hashes}");
}

#[test]
fn whatever_is_wrong_is_said_with_its_place() {
    for (row, words) in [
        (
            "subsidy = 10.5",
            "2:11: subsidy: a text in quotes, as in \"10\", is wanted here, not a value of type float",
        ),
        (
            "subsidy = \"-1\"",
            "2:11: subsidy: \"-1\" is not an amount: write digits and at most one point, as in 9.5",
        ),
        (
            "block_interval = 5",
            "2:18: block_interval: a text in quotes, as in \"5s\", is wanted here, not a value of type integer",
        ),
        (
            "block_interval = \"5\"",
            "2:18: block_interval: \"5\" is not a duration: write a number and one of us, ms, s, min, h, d, as in 5s",
        ),
        (
            "block_interval = \"7us\"",
            "2:18: block_interval: \"7us\" is finer than a millisecond",
        ),
        (
            "block_intervall = \"5s\"",
            "2:1: unknown key \"block_intervall\"; did you mean \"block_interval\"?",
        ),
        (
            "retarget = \"always\"",
            "2:12: retarget: \"always\" is neither \"asert\" nor \"fixed\"",
        ),
        (
            "maturity = 0",
            "2:12: maturity: not between 1 and 4294967295",
        ),
        (
            "maturity = 2_000_000",
            "2:1: maturity: 2000000 is not between 1 and 1000000",
        ),
        (
            "address_version = 256",
            "2:19: address_version: not between 0 and 255",
        ),
        (
            "limit_bits = \"0x1f\"",
            "2:14: limit_bits: \"0x1f\" is not 0x and eight hexadecimal digits",
        ),
        (
            "difficulty = \"auto\"",
            "2:14: difficulty: a whole number is wanted here, not a value of type string",
        ),
        (
            "difficulty = 7\ngenesis_bits = \"0x207fffff\"",
            "2:1: difficulty: genesis_bits says the same: leave out one of them",
        ),
        (
            "difficulty = 1",
            "2:1: difficulty: easier than limit_bits allows",
        ),
        (
            "future_drift = \"1d\"",
            "2:1: future_drift: 86400000 is not between 0 and 49999 (ms)",
        ),
        (
            "genesis = 7",
            "2:11: genesis: a list of tables, each under [[chain.genesis]], is wanted here, not a value of type integer",
        ),
        (
            "[[chain.genesis]]\namount = \"1\"",
            "2:1: address: is missing",
        ),
        (
            "[[chain.genesis]]\naddress = \"1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5e\"",
            "3:11: address: the address has a typing error: its checksum does not match",
        ),
        (
            "[chian]",
            "2:2: unknown key \"chian\"; did you mean \"chain\"?",
        ),
        ("subsidy = \"1\"\nsubsidy = \"2\"", "3:1: duplicate key"),
        (
            "subsidy = ",
            "2:11: string values must be quoted, expected literal string",
        ),
    ] {
        assert_eq!(
            refused(&format!("[chain]\n{row}\n")),
            format!("net.toml:{words}")
        );
    }
}
