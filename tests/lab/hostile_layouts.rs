//! Layouts that are sent to harm their reader: each is refused with its place and in words, in
//! little time and memory, and none of the words has a character that cannot be seen.

use chainlab::lab::layout::read;
use chainlab::lab::paper::document::FILE_BYTES_MAX;
use chainlab::lab::paper::network;
use chainlab::node::foreign::is_hidden;

/// Characters that are orders to a terminal, or change how others are shown.
const HIDDEN: [&str; 10] = [
    "\\u0000",
    "\\u001b",
    "\\u007f",
    "\\u009b",
    "\\u200b",
    "\\u2028",
    "\\u202e",
    "\\u2066",
    "\\ufeff",
    "\\U000e0041",
];

fn refused(text: &str, words: &str) {
    let error = read("lab.toml", text).expect_err(words);
    let said = error.to_string();
    assert!(said.contains(words), "{said:.400}\n{text:.400}");
    assert!(said.starts_with("lab.toml:"), "{said:.400}");
    assert!(!said.contains(is_hidden), "{said:?}");
    assert!(said.chars().count() < 600, "{said:.1000}");
}

fn with_node(text: &str) -> String {
    format!("[[node]]\nname = \"a\"\n{text}")
}

fn named(name: &str) -> String {
    format!("[[node]]\nname = {name:?}\n")
}

#[test]
fn names_that_lead_out_of_the_lab_or_are_no_names() {
    let long = "w".repeat(100_000);
    for name in ["../../x", "/etc/passwd", "a/b", "", "a b", "ü", &long] {
        refused(&named(name), "name: ");
        refused(&with_node(&format!("wallets = [{name:?}]\n")), "wallets: ");
    }
    for name in [".", "..", ".x", "-x"] {
        refused(&named(name), "name: ");
    }
}

#[test]
fn characters_that_cannot_be_seen_are_refused_wherever_they_are_with_their_place() {
    for hidden in HIDDEN {
        for (text, place) in [
            (
                format!("[[node]]\nname = \"a{hidden}z\"\n"),
                "2:8: name: U+",
            ),
            (
                with_node(&format!("wallets = [\"x\", \"a{hidden}z\"]\n")),
                "3:17: wallets: U+",
            ),
            (
                with_node(&format!("[view]\nhint = \"a{hidden}z\"\n")),
                "4:8: hint: U+",
            ),
            (
                with_node(&format!("[[step]]\nnote = \"a{hidden}z\"\n")),
                "4:8: note: U+",
            ),
            (
                with_node(&format!("[[step]]\nexpect = \"a{hidden} > 1\"\n")),
                "4:10: expect: U+",
            ),
            (
                with_node(&format!("[view]\n\"a{hidden}z\" = 1\n")),
                "4:1: U+",
            ),
        ] {
            refused(&text, &format!("lab.toml:{place}"));
        }
        let text = format!("[genesis]\nname = \"a{hidden}z\"\n");
        let said = network::read("net.toml", &text)
            .expect_err(&text)
            .to_string();
        assert!(said.starts_with("net.toml:2:8: name: U+"), "{said}");
    }
    // As they are, and not by their numbers; in a comment they do no harm.
    let raw = "[[node]]\nname = \"a\u{202e}b\"\n";
    refused(raw, "lab.toml:2:8: name: U+202E");
    let about = format!("# \u{202e}\n{}", named("a"));
    read("lab.toml", &about).expect("a comment");
}

#[test]
fn a_caption_is_one_line() {
    for note in ["two\\nlines", "a\\tb", "a\\rb"] {
        let text = with_node(&format!("[[step]]\nnote = \"{note}\"\n"));
        refused(&text, "4:8: note: one line of at most");
    }
}

#[test]
fn numbers_beyond_all_bounds() {
    let huge = "99999999999999999999999999";
    for text in [
        "count = 18446744073709551615",
        &format!("count = {huge}"),
        "port = 65536",
        "port = 0",
        "port = -1",
        "discover = 9999999999",
        "mine = { hashrate = \"1e999 H/s\" }",
        "mine = { hashrate = \"-5 kH/s\" }",
        "mine = { hashrate = \"nan\" }",
        "[chain]\nblock_interval = \"99999999999999999999s\"",
        "[chain]\nblock_interval = \"0s\"",
        "[chain]\nmaturity = 18446744073709551615",
        "[link]\nlatency = \"-1s\"",
        "[link]\nloss = 1e999",
        "[link]\nloss = nan",
        "[view]\ncolumns = 65535",
        "[traffic]\nrate = \"1e300/s\"",
    ] {
        let text = with_node(&format!("{text}\n"));
        refused(&text, ": ");
    }
}

#[test]
fn a_file_that_is_too_large_too_deep_or_of_too_many() {
    refused(&"#".repeat(FILE_BYTES_MAX + 1), "more than");
    for depth in [1_000, 100_000] {
        let text = format!("a = {}{}", "[".repeat(depth), "]".repeat(depth));
        refused(&text, "lab.toml:1:");
        let text = format!("a = {}1{}", "{ a = ".repeat(depth), "}".repeat(depth));
        refused(&text, "lab.toml:1:");
    }
    let nodes: String = (0..600).map(|nth| named(&format!("n{nth}"))).collect();
    refused(&nodes, "a lab has at most 128 nodes");
    let steps = "[[step]]\nnote = \"x\"\n".repeat(10_000);
    refused(&with_node(&steps), "a script has at most 200 steps");
    let wallets: Vec<_> = (0..5_000).map(|nth| format!("\"w{nth}\"")).collect();
    let wallets = format!("wallets = [{}]\n", wallets.join(", "));
    refused(&with_node(&wallets), "a node has at most");
    let key = format!("{} = 1\n", "k".repeat(500_000));
    let said = read("lab.toml", &key).expect_err("no such key").to_string();
    assert!(said.starts_with("lab.toml:1:1: "), "{said:.200}");
}

#[test]
fn expressions_that_would_take_all_of_a_stack() {
    for depth in [1_000, 100_000] {
        let deep = format!("{}height > 1{}", "(".repeat(depth), ")".repeat(depth));
        let not = format!("{}height > 1", "not ".repeat(depth));
        for expression in [deep, not] {
            let text = with_node(&format!("[[step]]\nexpect = \"{expression}\"\n"));
            refused(&text, "4:10: expect: ");
        }
    }
}

#[test]
fn two_of_one_name_links_to_oneself_and_to_nobody() {
    refused(&format!("{}{}", named("a"), named("a")), "\"a\"");
    refused(&with_node("connect = [\"a\"]\n"), "a has no link to itself");
    refused(&with_node("connect = [\"b\"]\n"), "there is no node \"b\"");
    let wallets = format!(
        "{}{}",
        with_node("wallets = [\"w\"]\n"),
        "[[node]]\nname = \"b\"\nwallets = [\"w\"]\n"
    );
    refused(&wallets, "a has a wallet \"w\" already");
}

#[test]
fn a_step_that_dials_what_is_no_address() {
    for addr in [
        "0.0.0.0:1",
        "127.0.0.1:0",
        "[::ffff:0.0.0.0]:1",
        "255.255.255.255:9",
    ] {
        let step = format!("[[step]]\ndo = \"add_peer\"\nnode = \"a\"\naddr = \"{addr}\"\n");
        refused(
            &with_node(&step),
            &format!("6:8: addr: {addr} cannot be a peer: "),
        );
    }
}
