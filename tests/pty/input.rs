//! What people get wrong on the command line or in a file: exit code 2, words that name what and
//! where, and nothing written.

use crate::common::{open, params};
use chainlab::chain::Params;
use chainlab::lab::layout::shipped::SHIPPED;
use chainlab::live::disk::DiskStore;
use chainlab::node::ChainState;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

/// Runs the program in `home`, which is also its user's home.
fn chainlab(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env_remove("RUST_LOG")
        .output()
        .expect("the program runs")
}

fn refused(home: &Path, arguments: &[&str]) -> String {
    let output = chainlab(home, arguments);
    let words = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {words}");
    assert_eq!(output.stdout, b"", "{arguments:?}");
    words
}

fn entries(dir: &Path) -> usize {
    fs::read_dir(dir).expect("readable").count()
}

#[test]
fn arguments_that_make_no_sense_are_refused_by_name() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let node = ["node", "--name", "nora", "--port", "0"];
    for (arguments, words) in [
        (&[][..], "the screen needs a terminal"),
        (
            &["nodes"],
            "there is no layout \"nodes\"; did you mean chainlab node?",
        ),
        (&["--verbose"], "unexpected argument '--verbose'"),
        (&["node"], "--name <NAME>"),
        (&["node", "--name", "nora"], "--port <PORT>"),
        (
            &["node", "--name", "nora", "--port", "70000"],
            "'70000' for '--port <PORT>'",
        ),
        (
            &["node", "--name", "../x", "--port", "0"],
            "'../x' for '--name <NAME>': a name has letters",
        ),
        (
            &["node", "--name", "", "--port", "0"],
            "a name has 1 to 32 characters",
        ),
        (&["network"], "show"),
        (
            &["network", "show", "--data-dir", "nowhere"],
            "nowhere: no node is there",
        ),
        (
            &["layouts", "scenari"],
            "there is no layout \"scenari\"; did you mean \"scenario\"?",
        ),
        (
            &["layouts", "ocean"],
            "there is no layout \"ocean\"; there are scenario, tutorial, mesh, partition, double-spend, majority, light, light-fooled, world, slow and 4 more",
        ),
    ] {
        let said = refused(home.path(), arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    for (more, words) in [
        (
            &["--connect", "127.0.0.1"][..],
            "'127.0.0.1' for '--connect <HOST:PORT>': the port is missing",
        ),
        (&["--connect", "127.0.0.1:0"], "no node listens on port 0"),
        (&["--connect", "0.0.0.0:1"], "0.0.0.0:1 cannot be a peer"),
        (
            &["--connect", "[::ffff:224.0.0.1]:3000"],
            "cannot be a peer",
        ),
        (&["--connect", "127.0.0.1:http"], "as in 127.0.0.1:3000"),
        (&["--bind", "localhost"], "'localhost' for '--bind <IP>'"),
        (
            &["--mine", "x", "--hashrate", "fast"],
            "'fast' for '--hashrate <RATE>': \"fast\" is not a hash rate",
        ),
        (
            &["--mine", "x", "--hashrate", "0"],
            "\"0\" is not a hash rate between",
        ),
        (&["--hashrate", "14k"], "--mine <WALLET>"),
        (&["--wallet", "a b"], "'a b' for '--wallet <NAME>'"),
        (&["--network", "none.toml"], "none.toml: No such file"),
    ] {
        let said = refused(home.path(), &[&node, more].concat());
        assert!(said.contains(words), "{more:?}: {said}");
    }
    assert_eq!(entries(home.path()), 0);
}

#[test]
fn a_network_file_that_is_wrong_is_refused_with_line_and_column() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("net.toml");
    for (text, words) in [
        (
            &b"[chain]\nsubsidy = 10.0\n"[..],
            "net.toml:2:11: subsidy: a text in quotes",
        ),
        (
            b"[chain]\n\nmaturitty = 1\n",
            "net.toml:3:1: unknown key \"maturitty\"; did you mean \"maturity\"?",
        ),
        (
            b"[chain]\nhalf_life = 20000\n",
            "net.toml:2:1: half_life: 20000 is not between 1 and 10000",
        ),
        (b"[chain\n", "net.toml:1:7: "),
        (b"[chain]\n# \xff\n", "net.toml:2: not text in UTF-8"),
        (
            &b"#".repeat(3_000_000),
            "net.toml:1:1: more than 2000000 bytes",
        ),
    ] {
        fs::write(&file, text).expect("written");
        let node = [
            "node",
            "--name",
            "nora",
            "--port",
            "0",
            "--network",
            "net.toml",
        ];
        let said = refused(home.path(), &node);
        assert!(said.contains(words), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(entries(home.path()), 1);
}

#[test]
fn a_directory_of_somebody_else_s_or_damaged_is_refused_by_its_name() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let dir = home.path().join("data");
    let run = || {
        refused(
            home.path(),
            &["node", "--name", "n", "--port", "0", "--data-dir", "data"],
        )
    };
    let show = || refused(home.path(), &["network", "show", "--data-dir", "data"]);
    fs::create_dir(&dir).expect("made");
    fs::write(dir.join("thesis.txt"), "years of work").expect("written");
    for said in [run(), show()] {
        assert_eq!(
            said,
            "chainlab: data holds other files and no chain: choose an empty directory\n"
        );
    }
    assert_eq!(
        fs::read(dir.join("thesis.txt")).expect("kept"),
        b"years of work"
    );
    fs::remove_dir_all(&dir).expect("removed");

    make_chain(&dir, &params());
    let journal = fs::read_dir(dir.join("chain")).expect("readable");
    let journal = journal.map(|entry| entry.expect("an entry").path());
    let journal = journal
        .filter(|path| path.extension().is_some_and(|ending| ending == "jnl"))
        .max()
        .expect("fjall has a journal");
    let mut bytes = fs::read(&journal).expect("readable");
    bytes[40] ^= 0xff;
    fs::write(&journal, &bytes).expect("written");
    for said in [run(), show()] {
        assert!(
            said.starts_with("chainlab: the database in data is damaged"),
            "{said}"
        );
    }
    assert_eq!(fs::read(&journal).expect("kept"), bytes);
}

fn make_chain(dir: &Path, params: &Params) {
    let chain: ChainState<DiskStore> = open(DiskStore::open(dir).expect("empty"), params);
    drop(chain);
}

#[test]
fn a_shown_network_is_the_same_network_for_whoever_reads_it() {
    let home = tempfile::tempdir().expect("a temporary directory");
    make_chain(&home.path().join("data"), &params());
    let shown = chainlab(home.path(), &["network", "show", "--data-dir", "data"]);
    assert!(shown.status.success());
    let text = String::from_utf8(shown.stdout).expect("text");
    let read = chainlab::lab::paper::network::read("shown", &text).expect("readable");
    assert_eq!(Arc::new(read), Arc::new(params()));
    let hash = params().genesis_block().hash().to_string();
    assert!(text.starts_with(&format!("# The network {hash}")), "{text}");

    let default = chainlab(home.path(), &["network", "show"]);
    let text = String::from_utf8(default.stdout).expect("text");
    let read = chainlab::lab::paper::network::read("shown", &text).expect("readable");
    assert_eq!(read, Params::default());
}

#[test]
fn a_network_file_that_does_not_go_with_the_directory_is_refused() {
    let home = tempfile::tempdir().expect("a temporary directory");
    make_chain(&home.path().join("data"), &params());
    fs::write(home.path().join("net.toml"), "[chain]\nmaturity = 9\n").expect("written");
    let node = ["node", "--name", "n", "--port", "0", "--data-dir", "data"];
    let said = refused(
        home.path(),
        &[&node[..], &["--network", "net.toml"]].concat(),
    );
    let hash = params().genesis_block().hash();
    let words = format!("data holds the chain of network {hash}, and net.toml describes network");
    assert!(said.contains(&words), "{said}");
}

#[test]
fn a_second_process_on_a_directory_is_refused_in_words_at_once() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let _held = DiskStore::open(&home.path().join("data")).expect("empty");
    let begun = std::time::Instant::now();
    for arguments in [
        &["node", "--name", "n", "--port", "0", "--data-dir", "data"][..],
        &["network", "show", "--data-dir", "data"],
    ] {
        let said = refused(home.path(), arguments);
        assert_eq!(said, "chainlab: data is in use by another node\n");
    }
    assert!(begun.elapsed().as_secs() < 5);
}

#[test]
fn a_port_that_is_taken_is_no_fault_of_the_arguments() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
    let port = taken.local_addr().expect("bound").port().to_string();
    let output = chainlab(home.path(), &["node", "--name", "nora", "--port", &port]);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("cannot listen at 127.0.0.1:{port}: ")),
        "{said}"
    );
}

#[test]
fn help_and_version_say_what_there_is() {
    let home = tempfile::tempdir().expect("a temporary directory");
    for (arguments, words) in [
        (&["--version"][..], "chainlab 0.1.0"),
        (&["--help"], "chainlab node --name central --port 3000"),
        (&["node", "--help"], "--connect <HOST:PORT>"),
        (&["run", "--help"], "chainlab run swarm"),
        (&["completions", "bash"], "_chainlab()"),
        (&["completions", "fish"], "complete -c chainlab"),
        (&["man"], ".TH chainlab-run"),
        (&["config", "--print"], "new-wallet = [\"w\"]"),
        (&["config", "--path"], "chainlab/config.toml"),
    ] {
        let output = chainlab(home.path(), arguments);
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).expect("text");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert_eq!(entries(home.path()), 0);
}

#[test]
fn the_built_in_layouts_are_listed_and_printed_as_files_to_change() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let said = |arguments: &[&str]| {
        let output = chainlab(home.path(), arguments);
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let list = said(&["layouts"]);
    let rows: Vec<_> = list.lines().collect();
    let first = "scenario           the three nodes of \"Building Blockchain in Go, part 7\".";
    assert_eq!(rows[0], first);
    for (name, text) in SHIPPED {
        assert_eq!(said(&["layouts", name]), text);
        assert!(rows.iter().any(|row| row.starts_with(name)), "{name}");
    }
    assert_eq!(rows.len(), SHIPPED.len());
    assert_eq!(entries(home.path()), 0);
}
