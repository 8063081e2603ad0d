//! What `chainlab node` says: plain lines, each thing once, and not a line for each of 500 blocks.

use super::program::Process;
use crate::common::hostile::really::Attackers;
use crate::common::hostile::{Attack, Behaviour};
use crate::common::params;
use std::net::{SocketAddr, TcpListener};

/// Where nobody listens.
fn nowhere() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").expect("free");
    free.local_addr().expect("bound")
}

fn with<'a>(said: &'a [String], words: &str) -> Vec<&'a String> {
    said.iter().filter(|line| line.contains(words)).collect()
}

#[test]
fn lines_are_a_time_and_a_sentence_and_a_wallet_is_told_once() {
    let home = tempfile::tempdir().expect("a directory");
    for run in ["new", "old"] {
        let wallets = ["--wallet", "alice", "--mine", "till"];
        let nora = Process::named("nora", home.path(), &wallets);
        nora.says("mined #");
        let said = nora.stops();
        let (last, lines) = said.split_last().expect("it spoke");
        assert_eq!(last, "nora has stopped; all it had is on disk");
        for line in lines {
            let (time, words) = line.split_once(' ').expect("a time");
            assert!(
                time.ends_with('Z') && time.len() == "2026-01-01T12:00:00.000Z".len(),
                "{line}"
            );
            assert!(
                !words.contains("INFO") && !words.contains("node{"),
                "{line}"
            );
            assert!(!words.starts_with(' '), "{line}");
        }
        for wallet in ["wallet alice has ", "wallet till has "] {
            assert_eq!(with(&said, wallet).len(), 1, "{run}: {said:#?}");
        }
    }
}

#[test]
fn json_has_an_object_a_line_with_the_node_and_the_level() {
    let home = tempfile::tempdir().expect("a directory");
    let json = ["--wallet", "alice", "--log-format", "json"];
    let nora = Process::with("nora", home.path(), &json, Some("debug"));
    nora.says("wallet alice has ");
    let said = nora.stops();
    let mut lines = said.iter().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert!(
            line["message"].is_string() && line["time"].is_string(),
            "{line}"
        );
        line
    });
    let of_wallet = lines.find(|line| {
        let words = line["message"].as_str();
        words.is_some_and(|words| words.starts_with("wallet alice has "))
    });
    let of_wallet = of_wallet.expect("it was told");
    assert_eq!(of_wallet["node"], "nora");
    assert_eq!(of_wallet["level"], "info");
    assert!(lines.count() > 0);
}

#[test]
fn an_address_where_nobody_listens_is_told_of_at_the_first_failure_and_not_at_each() {
    let home = tempfile::tempdir().expect("a directory");
    let nowhere = nowhere().to_string();
    let connect = ["--connect", &nowhere];
    // At the level of debug all dials are told.
    let nora = Process::with("nora", home.path(), &connect, Some("debug"));
    let words = format!("nobody at {nowhere}: ");
    for _ in 0..4 {
        nora.says(&words);
    }
    let said = nora.stops();
    let (loud, quiet): (Vec<_>, Vec<_>) = with(&said, &words)
        .into_iter()
        .partition(|line| !line.contains(" debug: "));
    assert_eq!(loud.len(), 1, "{said:#?}");
    assert!(quiet.len() >= 3, "{said:#?}");
    // As anybody sees it.
    let nora = Process::named("nora", home.path(), &connect);
    let line = nora.says(&words);
    assert!(line.contains("Connection refused"), "{line}");
}

#[test]
fn who_catches_up_with_hundreds_of_blocks_says_so_in_a_few_lines() {
    let home = tempfile::tempdir().expect("a directory");
    let mining = ["--mine", "till", "--hashrate", "2 kH/s"];
    let nora = Process::named("nora", home.path(), &mining);
    nora.says("mined #600 ");
    nora.stops();
    let nora = Process::named("nora", home.path(), &[]);
    let addr = nora.reads("listens at ");
    let otto = Process::named("otto", home.path(), &["--connect", &addr]);
    otto.says("connected to nora");
    let last = loop {
        let line = otto.says("#");
        if !line.contains("catching up: ") {
            break line;
        }
    };
    let height = last
        .split_once('#')
        .and_then(|(_, rest)| rest.split(' ').next());
    let height: u32 = height.expect("a place").parse().expect("a height");
    assert!(height >= 600, "{last}");
    let said = otto.stops();
    let lines = with(&said, "#");
    assert!(lines.len() < 10, "{lines:#?}");
    let all_but_last = &lines[..lines.len() - 1];
    assert!(
        all_but_last
            .iter()
            .all(|line| line.contains("catching up: ") && line.ends_with(" left")),
        "{lines:#?}"
    );
}

/// They wrote half a megabyte a second once.
#[test]
fn junk_of_many_strangers_is_a_few_lines_in_all() {
    let home = tempfile::tempdir().expect("a directory");
    let nora = Process::start(home.path(), &[]);
    let addr = nora.reads("listens at ").parse().expect("an address");
    let attack = Attack::of(Behaviour::Junk, 30).renewed();
    // Junk is junk on any network.
    let crowd = Attackers::new(addr, &params(), attack);
    nora.says("strangers: 1 connection without a handshake");
    crowd.until_opened(2_000);
    drop(crowd);
    let said = nora.stops();
    let lines = with(&said, "no handshake with ");
    assert!((1..=20).contains(&lines.len()), "{lines:#?}");
    let bytes: usize = said.iter().map(String::len).sum();
    assert!(bytes < 8_000, "{bytes} bytes");
}
