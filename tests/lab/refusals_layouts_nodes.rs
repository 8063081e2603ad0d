//! What is wrong with the nodes of a layout is said with its file, its line and its column.

use chainlab::lab::layout::read;

/// Two nodes, beneath the text that is tried.
const NODES: &str = "
[[node]]
name = \"central\"
wallets = [\"alice\", \"bob\"]
[[node]]
name = \"miner\"
";

fn refused(text: &str) -> String {
    let refused = read("lab.toml", text).expect_err(text).to_string();
    let place = refused.strip_prefix("lab.toml:");
    place.expect("the file comes first").to_owned()
}

#[test]
fn a_node_that_cannot_be_is_refused() {
    for (text, words) in [
        ("port = 3000", "1:1: name: is missing"),
        ("name = \"\"", "2:8: name: a name has 1 to 32 characters"),
        (
            "name = \"-x\"",
            "2:8: name: a name has letters, digits, and - _ . but not - or . first",
        ),
        (
            "name = \"x\\u001b[2J\"",
            "2:8: name: U+001B is a character that cannot be seen: leave it out",
        ),
        (
            "name = \"abcdefghijklmnopqrstuvwxyzabcde\"\ncount = 10",
            "2:8: name: a name has 1 to 32 characters",
        ),
        (
            "name = \"dark\"\nlight = \"filter\"\nattacker = true",
            "4:12: attacker: a light node has no blocks: an attacker's is a full node",
        ),
        (
            "name = \"central\"",
            "5:8: name: there is a node \"central\" already",
        ),
        (
            "name = 7",
            "2:8: name: a text in quotes, as in \"central\", is wanted here, not a value of type \
             integer",
        ),
        (
            "name = \"x\"\nmine = { strategy = \"selfish\" }",
            "3:21: strategy: \"selfish\" is none of \"honest\", \"withhold\"",
        ),
        (
            "name = \"x\"\nmine = { strategy = \"withhold\", release = \"depth 0\" }",
            "3:43: release: \"depth 0\" is none of \"asked\", \"depth 6\", \"lead 2\" (or \
             another number)",
        ),
        (
            "name = \"x\"\nmine = { release = \"asked\" }",
            "3:10: release: has a meaning only with strategy = \"withhold\"",
        ),
        (
            "name = \"x\"\nrole = \"spv\"",
            "3:8: role: \"spv\" is none of \"full\", \"wallet\", \"miner\"",
        ),
        (
            "name = \"x\"\nsync = \"fast\"",
            "3:8: sync: \"fast\" is none of \"headers-first\", \"blocks-first\"",
        ),
        (
            "name = \"x\"\nport = 0",
            "3:8: port: not between 1 and 65535",
        ),
        (
            "name = \"x\"\nport = 70000",
            "3:8: port: not between 1 and 65535",
        ),
        (
            "name = \"x\"\ncount = 2\nport = 65535",
            "4:8: port: there are not so many ports above it: the last is 65535",
        ),
        (
            "name = \"x\"\nport_required = true",
            "3:1: port_required: there is no port to insist on",
        ),
        (
            "name = \"x\"\nport = 3000\nport_required = \"yes\"",
            "4:17: port_required: true or false is wanted here, not a value of type string",
        ),
        (
            "name = \"x\"\nport = 3000\n[[node]]\nname = \"y\"\ncount = 2\nport = 2999",
            "7:8: port: 3000 is the port of x already",
        ),
        (
            "name = \"x\"\nconnect = [\"centrall\"]",
            "3:12: connect: there is no node \"centrall\"; did you mean \"central\"?",
        ),
        (
            "name = \"x\"\nconnect = [\"x\"]",
            "3:12: connect: x has no link to itself",
        ),
        (
            "name = \"x\"\nconnect = [\"miner\", \"miner\"]",
            "3:21: connect: \"miner\" is there twice",
        ),
        (
            "name = \"x\"\ndiscover = -1",
            "3:12: discover: not between 0 and 127",
        ),
    ] {
        let text = format!("[[node]]\n{text}\n{NODES}");
        assert_eq!(refused(&text), words, "{text}");
    }
}

#[test]
fn wallets_are_unique_in_a_lab() {
    let address = "1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d";
    let too_long = format!(
        "3:12: wallets: {address:?} is no name for a wallet: write 1 to 32 letters, digits, - _ or ."
    );
    let thousand = vec!["\"w\""; 1_001].join(", ");
    let crowd = format!("name = \"x\"\nwallets = [{thousand}]");
    for (text, words) in [
        (
            "name = \"x\"\nwallets = [\"a b\"]",
            "3:12: wallets: \"a b\" is no name for a wallet: write 1 to 32 letters, digits, - _ or .",
        ),
        (
            "name = \"x\"\nwallets = [\"zoe\", \"zoe\"]",
            "3:19: wallets: \"zoe\" is there twice",
        ),
        (
            "name = \"x\"\nwallets = [\"bob\"]",
            "7:21: wallets: x has a wallet \"bob\" already: names are unique in a lab",
        ),
        // Of a group each has the number behind its name, which another one may have already.
        (
            "name = \"x\"\ncount = 2\nwallets = [\"w\", \"w1\"]\n[[node]]\nname = \"y\"\nwallets = [\"w2\"]",
            "7:12: wallets: x2 has a wallet \"w2\" already: names are unique in a lab",
        ),
        // A miner without wallets gets one that is named after it.
        (
            "name = \"bob\"\nmine = {}",
            "7:21: wallets: bob has a wallet \"bob\" already: names are unique in a lab",
        ),
        (
            &format!("name = \"x\"\nwallets = [\"{address}\"]"),
            &too_long,
        ),
        (&crowd, "3:1: wallets: a node has at most 1000"),
    ] {
        let text = format!("[[node]]\n{text}\n{NODES}");
        assert_eq!(refused(&text), words, "{text}");
    }
}

#[test]
fn a_miner_that_cannot_be_is_refused() {
    for (mine, words) in [
        (
            "true",
            "4:8: mine: a table in braces, as in { hashrate = \"14 kH/s\" }, is wanted here, not a \
             value of type boolean",
        ),
        (
            "{ mode = \"maybe\" }",
            "4:17: mode: \"maybe\" is none of \"off\", \"on\", \"on-tx\"",
        ),
        (
            "{ at = 2 }",
            "4:10: at: has a meaning only with mode = \"on-tx\"",
        ),
        (
            "{ mode = \"on-tx\", at = 0 }",
            "4:31: at: not between 1 and 18446744073709551615",
        ),
        (
            "{ hashrate = 14 }",
            "4:21: hashrate: a text in quotes, as in \"14 kH/s\", is wanted here, not a value of \
             type integer",
        ),
        (
            "{ hashrate = \"fast\" }",
            "4:21: hashrate: \"fast\" is not a hash rate: write a number, and k, M or G if need be, \
             as in 14 kH/s",
        ),
        (
            "{ hashrate = \"0.0001\" }",
            "4:21: hashrate: a hash rate is between 0.001 and 1000000000000000 H/s, not 0.0001",
        ),
        (
            "{ to = \"goldd\" }",
            "4:15: to: on this node there is no wallet \"goldd\"; did you mean \"gold\"?",
        ),
        (
            "{ to = \"alice\" }",
            "4:15: to: on this node there is no wallet \"alice\"; there are: gold",
        ),
        (
            "{ first = \"soon\" }",
            "4:18: first: \"soon\" is none of \"at once\", \"in its time\"",
        ),
    ] {
        let node = format!("[[node]]\nname = \"x\"\nwallets = [\"gold\"]\nmine = {mine}\n");
        assert_eq!(refused(&format!("{node}{NODES}")), words, "{mine}");
    }
}
