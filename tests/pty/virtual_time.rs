//! Labs in virtual time on the screen: the usual one, in a real terminal, driven by keys.

use crate::terminal::Screen;
use portable_pty::CommandBuilder;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const WIDE: (u16, u16) = (120, 36);

fn opened(args: &[&str]) -> Screen {
    let lab = Screen::start(&[&["run", "scenario", "--virtual"], args].concat(), WIDE);
    lab.waits("the first block everywhere", |text| {
        text.contains("AGREE #") && !text.contains("AGREE #0")
    });
    lab
}

/// With the miner at rest.
fn at_rest() -> Screen {
    let mut lab = opened(&[]);
    lab.types("3m");
    lab.sees("miner does not mine");
    lab
}

fn height(lab: &Screen, pane: &str) -> Option<u32> {
    let figure = lab.figure(pane, "height")?;
    figure.split_whitespace().next()?.parse().ok()
}

/// The height that all panes have.
fn settled(lab: &Screen) -> u32 {
    let heights = || ["1 central", "2 wallet", "3 miner"].map(|pane| height(lab, pane));
    lab.waits("one height", |_| {
        heights()
            .iter()
            .all(|at| at.is_some() && *at == heights()[0])
    });
    height(lab, "1 central").expect("a height")
}

#[test]
fn the_screen_opens_on_virtual_time_and_says_with_which_seed() {
    let mut lab = Screen::start(&["run", "scenario", "--virtual"], WIDE);
    lab.sees("virtual time, seed 0");
    let text = lab.sees(" x1 ");
    assert!(!text.contains("LIVE"), "{text}");
    lab.waits("the first block everywhere", |text| {
        text.contains("AGREE #1")
    });
    assert!(!lab.text().contains(":4747"), "{}", lab.text());
    // Nothing was made by hand: nothing is to be kept, and nothing is asked.
    lab.types("q");
    assert_eq!(lab.ends(), 0);
    assert!(lab.is_restored(), "{}", lab.text());
    let mut seven = opened(&["--seed", "7"]);
    seven.types("\x03");
    assert_eq!(seven.ends(), 0);
    let drawn = Screen::start(&["--virtual", "--seed", "random"], WIDE);
    let text = drawn.sees("virtual time, seed ");
    assert!(!text.contains("virtual time, seed 0 "), "{text}");
}

#[test]
fn a_key_mines_a_block_and_the_form_sends_coins() {
    let mut lab = at_rest();
    let before = settled(&lab);
    lab.types("2s");
    lab.sees("send coins");
    lab.types("\x1b[Zalice\tcarol\t1\r");
    lab.sees("Enter sends");
    lab.types("\r");
    lab.sees("sent 1 to carol");
    lab.waits("the payment at the miner", |_| {
        lab.figure("3 miner", "mempool").as_deref() == Some("1 tx")
    });
    lab.types("3b");
    lab.sees(&format!("miner mined #{} ", before + 1));
    assert_eq!(settled(&lab), before + 1);
    lab.waits("carol's coin", |_| {
        lab.holds("2 wallet", "carol").as_deref() == Some("1")
    });
    lab.types("q");
    let asked = lab.sees("lab in virtual time, 1 payment made by hand");
    assert!(!asked.contains("keep it"), "{asked}");
    lab.types("y");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn a_partition_by_key_holds_the_block_back_until_it_is_undone() {
    let mut lab = at_rest();
    let before = settled(&lab);
    lab.types("p");
    lab.sees("partition the network");
    lab.types("\r");
    lab.sees("the network is partitioned: central, wallet | miner");
    lab.sees("PARTITION");
    lab.types("3b");
    lab.sees(&format!("miner mined #{} ", before + 1));
    assert_eq!(height(&lab, "1 central"), Some(before));
    lab.types("p");
    lab.sees("the network is whole again");
    lab.waits("one network", |text| !text.contains("PARTITION"));
    assert_eq!(settled(&lab), before + 1);
}

#[test]
fn a_node_is_killed_and_started_again_at_once() {
    let mut lab = at_rest();
    let before = settled(&lab);
    lab.types("3K");
    lab.sees("DOWN");
    lab.types("1b");
    lab.sees(&format!("central mined #{} ", before + 1));
    lab.types("3K");
    assert_eq!(settled(&lab), before + 1);
}

/// How many seconds the lab has gone on, as the header says.
fn gone_on(lab: &Screen) -> Option<u64> {
    let lines = lab.lines();
    let (_, rest) = lines.first()?.split_once(" x1 ")?;
    let (minutes, seconds) = rest.split_whitespace().next()?.split_once(':')?;
    let minutes: u64 = minutes.strip_prefix('+')?.parse().ok()?;
    Some(60 * minutes + seconds.parse::<u64>().ok()?)
}

#[test]
fn a_screen_that_is_suspended_stops_virtual_time_with_it() {
    const AWAY: Duration = Duration::from_secs(4);
    // A program is suspended only below a shell that can bring it back.
    let mut command = CommandBuilder::new("sh");
    let script = "\"$0\" run scenario --virtual; echo it is away; sleep 4; fg";
    command.args(["-mc", script, env!("CARGO_BIN_EXE_chainlab")]);
    let home = tempfile::tempdir().expect("a directory");
    let mut lab = Screen::spawn(command, WIDE, &[], home);
    let is_on = |_: &str| gone_on(&lab).is_some_and(|seconds| seconds > 0);
    lab.waits("the first second", is_on);
    let (since, before) = (Instant::now(), gone_on(&lab).expect("it goes on"));
    lab.types("\x1a");
    lab.sees("it is away");
    lab.sees(" x1 ");
    let after = gone_on(&lab).expect("it goes on");
    // Seconds are shown whole.
    let most = since.elapsed().saturating_sub(AWAY) + Duration::from_secs(1);
    assert!(
        Duration::from_secs(after - before) <= most,
        "{before} s, then {after} s"
    );
    lab.types("1b");
    lab.sees("central mined #");
    lab.types("\x03");
    assert_eq!(lab.ends(), 0);
    assert!(lab.is_restored());
}

fn chainlab(args: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
    command
        .args(args)
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .stdin(Stdio::null());
    command.output().expect("it starts")
}

#[test]
fn what_has_no_meaning_in_virtual_time_is_refused_with_a_reason() {
    for (args, words) in [
        (
            &["--virtual", "--data-dir", "here"][..],
            "--data-dir: a lab in virtual time is not on disk",
        ),
        (
            &["--virtual", "--attach", "127.0.0.1:1"],
            "--attach: real nodes cannot wait",
        ),
        (
            &["--virtual", "--headless", "--control", "7000"],
            "--control: a lab that runs as fast as it can",
        ),
        (
            &["--virtual", "--headless", "--manual"],
            "--manual: virtual time does not wait for a presenter",
        ),
        (
            &["--seed", "seven"],
            "write a number from 0 to 2^64 - 1, or random",
        ),
        // With everything right there is still a terminal to be had.
        (&["--virtual"], "the screen needs a terminal"),
    ] {
        let output = chainlab(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
}

#[test]
fn a_beginning_can_be_given_without_a_screen_and_a_seed_that_is_drawn_is_told() {
    let at = "2026-01-01T12:00:00Z";
    let args = [
        "run",
        "scenario",
        "--virtual",
        "--headless",
        "--json",
        "--for",
        "5s",
    ];
    let output = chainlab(&[&args[..], &["--clock", at]].concat());
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let first: serde_json::Value =
        serde_json::from_str(told.lines().next().expect("a line")).expect("JSON");
    let begins = 1_767_268_800_000_000_u64;
    let at = first["at"].as_u64().expect("a time");
    assert!((begins..begins + 5_000_000).contains(&at), "{first}");
    let output = chainlab(&[&args[..], &["--seed", "random"]].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let seed = told
        .trim()
        .strip_prefix("chainlab: seed ")
        .or_else(|| told.trim().strip_prefix("seed "));
    let seed = seed.unwrap_or_else(|| panic!("{told}"));
    let again = chainlab(&[&args[..], &["--seed", seed]].concat());
    assert_eq!(again.stdout, output.stdout);
}
