use super::*;
use proptest::prelude::*;

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digits).collect()
}

/// A script of each kind, its name, and its words.
const KINDS: [(&str, &str, &str); 9] = [
    // The first block's, whose key stands there itself.
    (
        "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec1\
         12de5c384df7ba0b8d578a4c702b6bf11d5fac",
        "P2PK",
        "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38..and 25 bytes \
         OP_CHECKSIG",
    ),
    (
        "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
        "P2PKH",
        "OP_DUP OP_HASH160 62e907b15cbf27d5425399ebf6f0fb50ebb88f18 OP_EQUALVERIFY OP_CHECKSIG",
    ),
    (
        "a914748284390f9e263a4b766a75d0633c50426eb87587",
        "P2SH",
        "OP_HASH160 748284390f9e263a4b766a75d0633c50426eb875 OP_EQUAL",
    ),
    (
        "0014751e76e8199196d454941c45d1b3a323f1433bd6",
        "P2WPKH",
        "OP_0 751e76e8199196d454941c45d1b3a323f1433bd6",
    ),
    (
        "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        "P2WSH",
        "OP_0 1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
    ),
    (
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "P2TR",
        "OP_1 79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    ),
    ("51024e73", "witness v1", "OP_1 4e73"),
    ("6a0568656c6c6f", "data", "OP_RETURN 68656c6c6f"),
    ("51ae", "other", "OP_1 OP_CHECKMULTISIG"),
];

#[test]
fn scripts_are_told_apart_and_said_in_words() {
    for (script, name, words) in KINDS {
        let script = unhex(script);
        let pays_to = PaysTo::of(&script);
        assert_eq!(pays_to.to_string(), name);
        assert_eq!(pays_to.script(), script, "{name}");
        assert_eq!(script_words(&script), words);
    }
}

#[test]
fn what_is_nearly_of_a_kind_is_not() {
    for script in [
        // A byte behind, a byte missing, a length that is another.
        "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac00",
        "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f88ac",
        "76a91562e907b15cbf27d5425399ebf6f0fb50ebb88f180088ac",
        "a914748284390f9e263a4b766a75d0633c50426eb8750087",
        // A witness program of one byte, of 41, in a longer push, and of version 17.
        "510100",
        "51290000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "004c14751e76e8199196d454941c45d1b3a323f1433bd6",
        "61024e73",
        // A key of another length than its first byte says.
        "210400000000000000000000000000000000000000000000000000000000000000 00ac",
    ] {
        let script = unhex(&script.replace(' ', ""));
        assert_eq!(PaysTo::of(&script), PaysTo::Other(&script));
    }
    let no_rules = unhex("0015751e76e8199196d454941c45d1b3a323f1433bd600");
    assert_eq!(PaysTo::of(&no_rules).to_string(), "witness v0");
}

#[test]
fn what_can_never_be_spent_is_known_by_its_bytes() {
    assert!(PaysTo::of(&[0x6a]).is_unspendable());
    assert!(PaysTo::of(&[0x51; SCRIPT_LEN_MAX + 1]).is_unspendable());
    assert!(!PaysTo::of(&[0x51; SCRIPT_LEN_MAX]).is_unspendable());
    assert!(!PaysTo::of(&[]).is_unspendable());
}

#[test]
fn opcodes_have_the_names_that_are_published() {
    for (opcode, name) in [
        (0x00, "OP_0"),
        (0x4f, "OP_1NEGATE"),
        (0x50, "OP_RESERVED"),
        (0x60, "OP_16"),
        (0x61, "OP_NOP"),
        (0x7e, "OP_CAT"),
        (0x9a, "OP_BOOLAND"),
        (0xb1, "OP_CHECKLOCKTIMEVERIFY"),
        (0xb9, "OP_NOP10"),
        (0xba, "OP_CHECKSIGADD"),
        (0xbb, "OP_UNKNOWN_bb"),
        (0xff, "OP_UNKNOWN_ff"),
    ] {
        assert_eq!(script_words(&[opcode]), name);
    }
}

#[test]
fn a_push_is_shown_however_long_its_length_is_and_where_the_script_ends_in_it() {
    for (script, words) in [
        ("", "empty"),
        ("4c02abcd51", "abcd OP_1"),
        ("4d0200abcd51", "abcd OP_1"),
        ("4e02000000abcd51", "abcd OP_1"),
        ("4c00", "(empty push)"),
        ("03abcd", "(ends in a push of 3 bytes: 2 bytes abcd)"),
        ("4b", "(ends in a push of 75 bytes: 0 bytes)"),
        (
            "4effffffff01",
            "(ends in a push of 4294967295 bytes: 1 byte 01)",
        ),
        ("51 4d01", "OP_1 (ends in the length of a push: 1 byte 01)"),
    ] {
        assert_eq!(script_words(&unhex(&script.replace(' ', ""))), words);
    }
}

#[test]
fn what_is_long_is_cut_with_a_count_of_the_rest() {
    let many = script_words(&[0x51; 100]);
    assert!(many.starts_with("OP_1 OP_1 "));
    assert!(many.ends_with("OP_1 ..and 76 bytes"), "{many}");
    let long = item_words(&[0xab; 72]);
    assert_eq!(long, format!("72 bytes {}..and 32 bytes", "ab".repeat(40)));
}

#[test]
fn a_witness_is_told_by_its_items() {
    assert_eq!(witness_words::<&[u8]>(&[]), "empty");
    assert_eq!(
        witness_words(&[&[][..], &[2, 3]]),
        "2 items: 0 bytes, 2 bytes 0203"
    );
    assert_eq!(witness_words(&[[7]]), "1 item: 1 byte 07");
    let many = witness_words(&[[1, 2, 3]; 20]);
    assert!(many.starts_with("20 items: 3 bytes 010203, "));
    assert!(many.ends_with(", ..and 4 more of 12 bytes"), "{many}");
}

#[test]
fn a_coinbase_says_its_height_and_its_text_and_no_order_to_a_terminal() {
    // Mainnet's first block, before BIP 34: a target, and a headline.
    let first = unhex(
        "04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e\
         6b206f66207365636f6e64206261696c6f757420666f722062616e6b73",
    );
    let words = coinbase_words(&first);
    assert!(
        words.starts_with("\"EThe Times 03/Jan/2009 Chancellor on brink of second bailo..\", 77 ")
    );
    assert_eq!(
        coinbase_words(&unhex("0340d10c")),
        "height 840000, 4 bytes 0340d10c"
    );
    assert_eq!(coinbase_words(&[0x52, 0]), "height 2, 2 bytes 5200");
    assert_eq!(coinbase_words(&[]), "0 bytes");
    let hostile = [&[3, 0, 0, 0x80], &b"\x1b[31m\"owned\""[..]].concat();
    let words = coinbase_words(&hostile);
    assert!(words.starts_with("\"[31m'owned'\", 16 bytes "), "{words}");
}

proptest! {
    #[test]
    fn any_bytes_are_said_in_few_words_and_are_the_script_that_they_were(
        script in proptest::collection::vec(any::<u8>(), 0..2_000),
        items in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..60),
    ) {
        prop_assert_eq!(PaysTo::of(&script).script(), script.clone());
        for words in [script_words(&script), coinbase_words(&script), witness_words(&items)] {
            prop_assert!(words.chars().count() <= WORDS_MAX);
            prop_assert!(words.chars().all(|c| c == ' ' || c.is_ascii_graphic()));
        }
    }
}

#[test]
fn the_longest_words_are_no_longer_than_is_said() {
    let pushes = [&[75][..], &[0xab; 75]].concat().repeat(50);
    let longest = script_words(&pushes);
    assert!(longest.len() <= WORDS_MAX, "{}", longest.len());
    let witness = witness_words(&vec![vec![0xab; 100_000]; 50]);
    assert!(witness.len() <= WORDS_MAX, "{}", witness.len());
}
