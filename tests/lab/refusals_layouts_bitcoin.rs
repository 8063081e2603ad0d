//! What is wrong with Bitcoin nodes of a layout is said with its file, its line and its column.

use chainlab::lab::layout::read;

/// Nodes beneath the text that is tried: one of chainlab's own, one that runs, one that is started.
const NODES: &str = "
[[node]]
name = \"own\"
wallets = [\"alice\"]
[[node]]
name = \"far\"
kind = \"bitcoin\"
address = \"127.0.0.1:18444\"
[[node]]
name = \"started\"
kind = \"bitcoin\"
program = \"auto\"
wallets = [\"carol\"]
";

fn refused(text: &str) -> String {
    let refused = read("lab.toml", text).expect_err(text).to_string();
    let place = refused.strip_prefix("lab.toml:");
    place.expect("the file comes first").to_owned()
}

/// Each is a Bitcoin node with these lines below its kind and its name, which are lines 2 and 3.
fn nodes_refused(cases: &[(&str, &str)]) {
    for (lines, words) in cases {
        let text = format!("[[node]]\nkind = \"bitcoin\"\nname = \"x\"\n{lines}\n{NODES}");
        assert_eq!(refused(&text), *words, "{lines}");
    }
}

#[test]
fn a_node_runs_already_or_is_started_and_not_both_or_neither() {
    nodes_refused(&[
        (
            "",
            "1:1: address: is missing, and so is program: write address = \"127.0.0.1:18444\" for a node that \
             runs, or program = \"auto\" for one that the lab starts",
        ),
        (
            "address = \"127.0.0.1:1\"\nprogram = \"auto\"",
            "5:1: program: address says that it runs already: leave one out",
        ),
        (
            "address = \"127.0.0.1:1\"\ncount = 2",
            "5:1: count: has a meaning only with program: at one address there is one node",
        ),
        (
            "address = \"127.0.0.1:1\"\nconnect = [\"started\"]",
            "5:1: connect: has a meaning only with program: whom a node dials that runs already, its own settings \
             say",
        ),
        (
            "program = \"auto\"\nnetwork = \"testnet4\"",
            "5:1: network: what the lab starts runs on regtest",
        ),
        (
            "program = \"auto\"\nrpc = \"127.0.0.1:1\"\ncookie = \"c\"",
            "5:1: rpc: has a meaning only with address: what the lab starts, it knows how to ask",
        ),
        (
            "program = \"auto\"\ncookie = \"c\"",
            "5:1: cookie: has a meaning only with address: what the lab starts, it knows how to ask",
        ),
    ]);
}

#[test]
fn an_address_is_one_that_can_be_dialled() {
    let wanted = "write an address and a port, as in 127.0.0.1:18444";
    nodes_refused(&[
        (
            "address = \"localhost\"",
            &format!("4:11: address: {wanted}"),
        ),
        (
            "address = \"127.0.0.1\"",
            &format!("4:11: address: {wanted}"),
        ),
        (
            "address = \"127.0.0.1:0\"",
            "4:11: address: 127.0.0.1:0 cannot be a peer: no node listens on port 0",
        ),
        (
            "address = \"127.0.0.1:1\"\nnetwork = \"bitnet\"",
            "5:11: network: there is no Bitcoin network of this name: mainnet, testnet3, testnet4, signet, regtest, \
             simnet",
        ),
        (
            "address = \"127.0.0.1:1\"\n[[node]]\nkind = \"bitcoin\"\nname = \"y\"\naddress = \"127.0.0.1:1\"",
            "7:8: name: 127.0.0.1:1 is the address of x already",
        ),
    ]);
}

#[test]
fn what_opens_a_nodes_rpc_is_said_in_one_way_and_stays_on_this_machine() {
    let at = "address = \"127.0.0.1:1\"";
    let rpc = "rpc = \"127.0.0.1:2\"";
    for (lines, words) in [
        (
            "rpc = \"192.0.2.1:8332\"\ncookie = \"c\"".to_owned(),
            "5:7: rpc: 192.0.2.1:8332 is not on this machine: a password does not go over a network",
        ),
        (
            rpc.to_owned(),
            "5:1: rpc: needs what opens it: cookie = FILE, or user and password_file",
        ),
        (
            "cookie = \"c\"".to_owned(),
            "5:1: cookie: has a meaning only with rpc, where the node is asked",
        ),
        (
            format!("{rpc}\ncookie = \"c\"\nuser = \"u\""),
            "6:1: cookie: user and password_file are another way in: leave one out",
        ),
        (
            format!("{rpc}\nuser = \"u\""),
            "6:1: user: needs password_file, whose first line is the password",
        ),
        (
            format!("{rpc}\npassword_file = \"p\""),
            "6:1: password_file: needs user, whose password it has",
        ),
        (
            format!("{rpc}\nuser = \"a:b\"\npassword_file = \"p\""),
            "6:8: user: a name without a colon is wanted here",
        ),
        (
            format!("{rpc}\ncookie = \"\""),
            "6:10: cookie: a file is wanted here",
        ),
    ] {
        nodes_refused(&[(&format!("{at}\n{lines}"), words)]);
    }
}

#[test]
fn a_lab_acts_only_where_nothing_can_be_lost() {
    let rpc = "rpc = \"127.0.0.1:2\"\ncookie = \"c\"";
    let keys = "the lab holds keys only where it may act: with program, with rpc on regtest and simnet, and with \
                rpc and act = true on test networks";
    for (lines, words) in [
        (
            format!("network = \"mainnet\"\n{rpc}\nact = true"),
            "8:1: act: on mainnet a lab only looks: what is there is money".to_owned(),
        ),
        (
            "network = \"testnet4\"\nact = true".to_owned(),
            "6:1: act: has a meaning only with rpc, by which a node is told to do things"
                .to_owned(),
        ),
        (
            "wallets = [\"w\"]".to_owned(),
            format!("5:1: wallets: {keys}"),
        ),
        (
            format!("network = \"mainnet\"\n{rpc}\nwallets = [\"w\"]"),
            format!("8:1: wallets: {keys}"),
        ),
        (
            format!("network = \"signet\"\n{rpc}\nwallets = [\"w\"]"),
            format!("8:1: wallets: {keys}"),
        ),
    ] {
        let lines = format!("address = \"127.0.0.1:1\"\n{lines}");
        nodes_refused(&[(&lines, &words)]);
    }
}

#[test]
fn a_program_is_one_that_is_known_or_a_command() {
    nodes_refused(&[
        (
            "program = \"geth\"",
            "4:11: program: a program is \"auto\", \"bitcoind\", \"btcd\", \"bcoin\", or a command as a list of \
             words",
        ),
        (
            "program = 7",
            "4:11: program: a list of texts in quotes, as in [\"my-node\", \"--listen=127.0.0.1:{port}\"], is wanted \
             here, not a value of type integer",
        ),
        (
            "program = []",
            "4:11: program: a command has at least one word",
        ),
        (
            "program = [\"node\", \"--quiet\"]",
            "4:11: program: a command needs {port} in a word: where it is to listen for peers",
        ),
        (
            "program = [\"node\", \"{port}\", \"{prot}\"]",
            "4:11: program: there is no {prot} for a command; there is {port}, {rpc-port}, {watch-port}, \
             {wallet-port}, {folder}, {peer}, {peers}, {password-file}, {cookie-file}",
        ),
        (
            "program = [\"node\", \"{port}\", \"a\\u001bb\"]",
            "4:30: program: U+001B is a character that cannot be seen: leave it out",
        ),
    ]);
}

#[test]
fn each_kind_of_node_has_keys_of_its_own() {
    let own = "has a meaning only for a node of chainlab's own: this one is a program of others";
    for key in [
        "role = \"miner\"",
        "port = 3000",
        "port_required = true",
        "discover = 1",
        "sync = \"blocks-first\"",
        "mine = {}",
    ] {
        let name = key.split(' ').next().expect("a key");
        let words = format!("5:1: {name}: {own}");
        nodes_refused(&[(&format!("program = \"auto\"\n{key}"), &words)]);
    }
    for key in [
        "network = \"regtest\"",
        "address = \"127.0.0.1:1\"",
        "rpc = \"127.0.0.1:1\"",
        "cookie = \"c\"",
        "user = \"u\"",
        "password_file = \"p\"",
        "program = \"auto\"",
        "mempool = true",
        "act = true",
    ] {
        let name = key.split(' ').next().expect("a key");
        let text = format!("[[node]]\nname = \"x\"\n{key}\n{NODES}");
        let words = format!("3:1: {name}: has a meaning only with kind = \"bitcoin\"");
        assert_eq!(refused(&text), words);
    }
    let text = format!("[[node]]\nname = \"x\"\nkind = \"btc\"\n{NODES}");
    let words = "3:8: kind: \"btc\" is none of \"chainlab\", \"bitcoin\"";
    assert_eq!(refused(&text), words);
}

#[test]
fn nodes_of_different_kinds_have_no_link() {
    let strangers =
        "started is a Bitcoin node and x is one of chainlab's own: neither understands the other";
    let text = format!("[[node]]\nname = \"x\"\nconnect = [\"started\"]\n{NODES}");
    assert_eq!(refused(&text), format!("3:12: connect: {strangers}"));
    let runs = "far runs already, so its links are its own: those that the lab makes are between nodes with \
                program; chainlab proxy bends others";
    nodes_refused(&[
        (
            "program = \"auto\"\nconnect = [\"own\"]",
            "5:12: connect: x is a Bitcoin node and own is one of chainlab's own: neither understands the other",
        ),
        (
            "program = \"auto\"\nconnect = [\"far\"]",
            &format!("5:12: connect: {runs}"),
        ),
        (
            "program = \"bcoin\"\n[[node]]\nkind = \"bitcoin\"\nname = \"y\"\nprogram = \"btcd\"\nconnect = [\"x\"]",
            "9:12: connect: bcoin and btcd do not make one network: bcoin does without witnesses for its first 432 \
             blocks, and bans who sends it one before",
        ),
    ]);
    let pair =
        |between: &str| format!("[[link.pair]]\nbetween = {between}\nlatency = \"1s\"\n{NODES}");
    let words = "2:19: between: started is a Bitcoin node and own is one of chainlab's own: neither understands the \
                 other";
    assert_eq!(refused(&pair("[\"own\", \"started\"]")), words);
    let text = pair("[\"started\", \"far\"]");
    assert_eq!(refused(&text), format!("2:23: between: {runs}"));
}

#[test]
fn what_a_lab_does_by_itself_is_for_its_own_nodes() {
    let wallet = "\"carol\" is a wallet of started, which is a Bitcoin node: wallets of chainlab's own nodes are \
                  wanted here";
    for (text, words) in [
        (
            "[chain.genesis]\ncarol = \"1\"".to_owned(),
            format!("2:1: carol: {wallet}"),
        ),
        (
            "[traffic]\nwallets = [\"alice\", \"carol\"]".to_owned(),
            format!("2:21: wallets: {wallet}"),
        ),
        (
            "[topology]\nkind = \"star\"\ncenter = \"started\"".to_owned(),
            "3:10: center: started is a Bitcoin node, and its links are those of its connect".to_owned(),
        ),
        (
            "[[step]]\ndo = \"send\"\nfrom = \"alice\"\nto = \"carol\"\namount = \"1\"".to_owned(),
            "4:6: to: \"carol\" is a wallet of started, which is of another network than own".to_owned(),
        ),
        (
            "[[step]]\ndo = \"add_node\"\nname = \"x\"\nconnect = [\"started\"]".to_owned(),
            "4:11: connect: started is a Bitcoin node and x is one of chainlab's own: neither understands the other"
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(&format!("{text}\n{NODES}")), words);
    }
    let real = "[[node]]\nname = \"x\"\nkind = \"bitcoin\"\nprogram = \"auto\"\nwallets = [\"a\", \"b\"]\n";
    let words = "payments are between wallets of chainlab's own nodes, and there are none";
    assert_eq!(
        refused(&format!("[traffic]\n{real}")),
        format!("1:1: traffic: {words}")
    );
    let words =
        "makes links between chainlab's own nodes, and there are none: Bitcoin nodes have connect";
    let text = format!("[topology]\nkind = \"ring\"\n{real}");
    assert_eq!(refused(&text), format!("1:2: topology: {words}"));
}
