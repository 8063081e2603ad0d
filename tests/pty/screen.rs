//! The real program in a real terminal, driven by keys alone: what a user does, and what is on the
//! screen then, read by its labels.

use crate::terminal::Screen;
use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const WIDE: (u16, u16) = (120, 36);

/// The scenario, with everybody connected and the miner at rest.
fn scenario() -> Screen {
    let mut lab = Screen::start(&["--seed", "7"], WIDE);
    begun(&lab);
    lab.types("3m");
    lab.sees("miner does not mine");
    lab
}

/// Waits until everybody is connected and has the first block.
fn begun(lab: &Screen) -> String {
    lab.waits("the first block everywhere", |text| {
        text.contains("AGREE #") && !text.contains("AGREE #0")
    })
}

fn pid(lab: &Screen) -> Pid {
    let id = lab.child.process_id().expect("it runs");
    Pid::from_raw(i32::try_from(id).expect("a pid")).expect("not nothing")
}

/// The height in a pane.
fn height(lab: &Screen, pane: &str) -> Option<u32> {
    let figure = lab.figure(pane, "height")?;
    figure.split_whitespace().next()?.parse().ok()
}

/// The height that all panes have, once the miner rests.
fn settled(lab: &Screen) -> u32 {
    let heights = || ["1 central", "2 wallet", "3 miner"].map(|pane| height(lab, pane));
    let agree = |_: &str| {
        heights()
            .iter()
            .all(|at| at.is_some() && *at == heights()[0])
    };
    lab.waits("one height", agree);
    height(lab, "1 central").expect("a height")
}

/// Sends coins by the form.
fn sends(lab: &mut Screen, from: &str, to: &str, amount: &str) {
    lab.types("s");
    lab.sees("send coins");
    // The form opens on the second field.
    lab.types("\x1b[Z");
    lab.types(from);
    lab.types("\t");
    lab.types(to);
    lab.types("\t");
    lab.types(amount);
    lab.types("\r");
    lab.sees("Enter sends");
    lab.types("\r");
    lab.sees(&format!("sent {amount} to {to}"));
}

/// Waits until a pane shows what a wallet holds.
fn holds(lab: &Screen, pane: &str, wallet: &str, amount: &str) {
    let what = format!("{wallet} to hold {amount}");
    lab.waits(&what, |_| {
        lab.holds(pane, wallet).as_deref() == Some(amount)
    });
}

/// The same with the node for wallets a light one.
fn light_scenario(way: &str) -> (Screen, tempfile::TempDir) {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/layouts/scenario.toml");
    let text = fs::read_to_string(place).expect("it is there");
    let node = "name = \"wallet\"\n";
    assert!(text.contains(node), "{text}");
    let text = text.replace(node, &format!("{node}light = \"{way}\"\n"));
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("light-scenario.toml");
    fs::write(&file, text).expect("room on disk");
    let file = file.to_str().expect("text");
    let lab = Screen::start(&["run", file, "--seed", "7"], WIDE);
    begun(&lab);
    (lab, home)
}

/// The tutorials describe this node, and build none.
#[test]
fn the_tutorials_scenario_is_played_with_a_light_node_for_wallets() {
    for way in ["filter", "address"] {
        let (mut lab, _file) = light_scenario(way);
        lab.types("3m");
        lab.sees("miner does not mine");
        lab.types("2");
        for (wallet, amount) in [("alice", "10"), ("bob", "10")] {
            holds(&lab, "2 wallet", wallet, amount);
        }
        sends(&mut lab, "alice", "carol", "1");
        sends(&mut lab, "bob", "dave", "1");
        lab.waits("both payments at the miner", |_| {
            lab.figure("3 miner", "mempool").as_deref() == Some("2 tx")
        });
        lab.types("3b");
        lab.sees("miner mined #");
        for (wallet, amount) in [("alice", "9"), ("bob", "9"), ("carol", "1"), ("dave", "1")] {
            holds(&lab, "2 wallet", wallet, amount);
        }
        assert!(lab.text().contains("LIGHT"), "{way}: {}", lab.text());
    }
}

#[test]
fn the_tutorials_scenario_is_played_by_keys_and_read_off_the_screen() {
    let mut lab = scenario();
    lab.types("2");
    for (wallet, amount) in [
        ("alice", "10"),
        ("bob", "10"),
        ("carol", "0"),
        ("dave", "0"),
    ] {
        holds(&lab, "2 wallet", wallet, amount);
    }
    let before = settled(&lab);
    sends(&mut lab, "alice", "carol", "1");
    sends(&mut lab, "bob", "dave", "1");
    lab.waits("both payments at the miner", |_| {
        lab.figure("3 miner", "mempool").as_deref() == Some("2 tx")
    });
    lab.types("3b");
    lab.sees(&format!("miner mined #{} ", before + 1));
    for (wallet, amount) in [("alice", "9"), ("bob", "9"), ("carol", "1"), ("dave", "1")] {
        holds(&lab, "2 wallet", wallet, amount);
    }
    for pane in ["1 central", "2 wallet", "3 miner"] {
        lab.waits("the block everywhere", |_| {
            height(&lab, pane) == Some(before + 1)
        });
    }
    lab.sees(&format!("AGREE #{} ", before + 1));
    let mempool = lab.figure("2 wallet", "mempool");
    assert_eq!(mempool.as_deref(), Some("0 tx"));
    // The miner dies, the chain goes on without it, and it catches up.
    lab.types("3K");
    lab.sees("DOWN");
    lab.types("1b");
    lab.sees(&format!("central mined #{} ", before + 2));
    assert_eq!(height(&lab, "3 miner"), Some(before + 1));
    lab.types("3K");
    lab.waits("the miner to catch up", |_| {
        height(&lab, "3 miner") == Some(before + 2)
    });
    lab.sees("AGREE");
    lab.types("q");
    lab.sees("temporary lab");
    lab.types("y");
    assert_eq!(lab.ends(), 0);
    assert!(lab.is_restored(), "{}", lab.text());
    assert!(!leftovers(&lab), "its data is gone");
}

/// Whether anything of a temporary lab is still there.
fn leftovers(lab: &Screen) -> bool {
    let dirs = fs::read_dir(lab.home()).expect("it is there");
    let dirs = dirs.flatten().map(|entry| entry.path());
    let labs = dirs.filter(|path| path.to_string_lossy().contains("chainlab-"));
    labs.flat_map(|dir| fs::read_dir(dir).expect("it is there"))
        .count()
        > 0
}

#[test]
fn a_stack_of_panes_plays_the_same_at_80x24() {
    let mut lab = Screen::start(&["run", "scenario"], (80, 24));
    begun(&lab);
    lab.types("3m");
    lab.sees("miner does not mine");
    lab.types("2");
    sends(&mut lab, "alice", "carol", "1");
    lab.waits("the payment at the miner", |_| {
        lab.pane("3 miner")
            .iter()
            .any(|line| line.contains("mempool   1"))
    });
    lab.types("3b");
    lab.sees("miner mined #");
    holds(&lab, "2 wallet", "carol", "1");
    holds(&lab, "2 wallet", "alice", "9");
}

#[test]
fn a_lab_that_is_kept_goes_on_where_it_was() {
    let mut lab = scenario();
    lab.types("2w");
    lab.sees("new wallet");
    lab.types("eve\r");
    lab.sees("new wallet eve on wallet: ");
    let address = |lab: &Screen| {
        let text = lab.text();
        let line = text
            .lines()
            .find(|line| line.contains("wallet eve on wallet: "))
            .unwrap_or_default();
        line.rsplit(' ')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let eve = address(&lab);
    let before = settled(&lab);
    lab.types("q");
    lab.sees("temporary lab");
    lab.types("k");
    assert_eq!(lab.ends(), 0);
    let text = lab.text();
    let command = text
        .lines()
        .find(|line| line.starts_with("chainlab run --data-dir "));
    let dir = command
        .expect("how to go on")
        .trim_start_matches("chainlab run --data-dir ");
    let again = Screen::start(&["run", "--data-dir", dir.trim()], WIDE);
    again.waits("its height", |text| {
        text.contains("1 central") && height(&again, "1 central") >= Some(before)
    });
    let mut again = again;
    again.types("2z");
    again.sees("full node with");
    again.types("]]]");
    again.sees(&eve);
    again.types("\x03");
    assert_eq!(again.ends(), 0);
    assert!(
        fs::exists(dir.trim()).expect("readable"),
        "it is still kept"
    );
}

#[test]
fn whatever_ends_it_the_terminal_is_handed_back_and_the_databases_are_closed() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::HUP, 129), (Signal::INT, 0)] {
        let mut lab = scenario();
        kill_process(pid(&lab), signal).expect("it is ours");
        assert_eq!(lab.ends(), code, "{signal:?}");
        assert!(lab.is_restored(), "{signal:?}");
        assert!(!leftovers(&lab), "{signal:?}");
    }
    let mut lab = scenario();
    lab.types("\x03");
    assert_eq!(lab.ends(), 0);
    assert!(lab.is_restored() && !leftovers(&lab));
}

#[test]
fn a_bug_leaves_the_terminal_as_it_was_and_the_databases_closed() {
    let mut lab = Screen::with(
        &["--seed", "7", "--data-dir", "kept"],
        WIDE,
        &[("CHAINLAB_PANIC", "screen")],
    );
    begun(&lab);
    lab.types("\x1b[24~");
    assert_ne!(lab.ends(), 0);
    assert!(lab.is_restored(), "{}", lab.text());
    let written = String::from_utf8_lossy(&lab.written()).into_owned();
    assert!(
        written.contains("a bug, as CHAINLAB_PANIC asked for"),
        "{written}"
    );
    // A database that is not closed, or a lab that still has its lock, could not be opened now.
    let mut again = lab.again(&["--data-dir", "kept"]);
    begun(&again);
    again.types("\x03");
    assert_eq!(again.ends(), 0);
}

#[test]
fn bad_input_in_every_form_is_answered_beside_its_field_and_loses_nothing() {
    let mut lab = scenario();
    lab.types("2w");
    lab.sees("new wallet on wallet");
    lab.types("\r");
    lab.sees("a wallet needs a name");
    lab.types("alice\r");
    lab.sees("there is a wallet alice already, on wallet");
    lab.escapes();
    lab.types("s");
    lab.sees("send coins");
    lab.types("davy\t1,5\r");
    lab.sees("did you mean dave?");
    lab.sees("\"1,5\" is not an amount");
    lab.types("\x15dave\t\x1511\r");
    lab.sees("alice has 10, needs 11");
    lab.escapes();
    lab.types("a");
    lab.sees("add a node");
    lab.types("\x15miner\r");
    lab.sees("there is a node miner already");
    lab.escapes();
    lab.types(":");
    lab.sees("commands");
    lab.types("xyzzy");
    lab.sees("nothing is called \"xyzzy\"");
    lab.escapes();
    lab.types("/nobody");
    lab.sees("no node has \"nobody\" in its name");
    lab.escapes();
    for (wallet, amount) in [("alice", "10"), ("bob", "10")] {
        holds(&lab, "2 wallet", wallet, amount);
    }
    lab.types("q");
    assert_eq!(lab.ends(), 0, "nothing was made, nothing is asked");
}

#[test]
fn a_node_is_added_while_the_lab_runs_and_syncs() {
    let mut lab = scenario();
    let height = settled(&lab);
    lab.types("1a");
    lab.sees("add a node");
    lab.types("\x15late\r");
    lab.sees("late is new in the lab");
    lab.waits("it to catch up", |_| {
        self::height(&lab, "4 late") == Some(height)
    });
    lab.types("4b");
    lab.sees("late mined #");
    holds(&lab, "4 late", "late", "10");
}

#[test]
fn it_is_drawn_anew_at_every_size() {
    let lab = scenario();
    for size in [
        (80, 24),
        (200, 60),
        (40, 12),
        (1, 1),
        (100, 30),
        (60, 15),
        WIDE,
    ] {
        lab.resizes(size);
        thread::sleep(Duration::from_millis(30));
    }
    lab.sees("block propagation");
    lab.resizes((50, 20));
    lab.sees("chainlab needs 60x15, this is 50x20");
    lab.resizes(WIDE);
    lab.sees("1 central ─");
    // In the midst of drawing.
    for step in 0..60_u16 {
        lab.resizes((70 + step % 60, 16 + step % 30));
    }
    lab.resizes(WIDE);
    lab.waits("a whole screen", |text| {
        text.contains("q quit") && text.contains("3 miner")
    });
}

#[test]
fn without_colours_nothing_is_coloured_and_bold_remains() {
    let lab = Screen::with(&[], WIDE, &[("NO_COLOR", "1")]);
    begun(&lab);
    lab.look(|screen| {
        for y in 0..36 {
            for x in 0..120 {
                let cell = screen.cell(y, x).expect("on the screen");
                assert_eq!(
                    (cell.fgcolor(), cell.bgcolor()),
                    (vt100::Color::Default, vt100::Color::Default)
                );
            }
        }
        let bold = (0..36).flat_map(|y| (0..120).map(move |x| (y, x)));
        let bold = bold.filter(|(y, x)| screen.cell(*y, *x).is_some_and(vt100::Cell::bold));
        assert!(bold.count() > 20);
        let reversed = (0..120).filter(|x| screen.cell(0, *x).is_some_and(vt100::Cell::inverse));
        assert!(reversed.count() > 2, "the view's name");
    });
}

#[test]
fn a_poor_terminal_gets_plain_characters() {
    let lab = Screen::with(&[], WIDE, &[("LC_ALL", "C"), ("LANG", "C")]);
    let text = begun(&lab);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn it_is_suspended_and_comes_back_and_no_time_has_passed_for_the_lab() {
    // Job control takes a shell: the system stops nothing that nobody could start again.
    let mut shell = CommandBuilder::new("/bin/sh");
    shell.args(["-i"]);
    let home = tempfile::tempdir().expect("a directory");
    let mut lab = Screen::spawn(shell, WIDE, &[("PS1", "ready> "), ("ENV", "")], home);
    lab.sees("ready>");
    lab.types(concat!(env!("CARGO_BIN_EXE_chainlab"), " --seed 7\r"));
    begun(&lab);
    let since = Instant::now();
    lab.types("\x1a");
    lab.waits("the shell again", |text| {
        text.contains("topped") || text.contains("uspended")
    });
    assert!(lab.is_restored(), "{}", lab.text());
    thread::sleep(Duration::from_secs(4));
    lab.types("fg\r");
    let text = lab.waits("the screen again", |text| {
        text.contains("AGREE #") && text.contains("q quit")
    });
    let clock = text
        .find("LIVE   +00:")
        .and_then(|at| text[at + 11..at + 13].parse::<u64>().ok());
    let (shown, ran) = (clock.expect("a clock"), since.elapsed().as_secs());
    assert!(
        shown <= ran,
        "{shown} s on the clock, {ran} s since it was suspended"
    );
    assert!(!text.contains("lost"), "{text}");
    lab.types("\x03");
    lab.waits("the shell", |text| text.matches("ready>").count() == 3);
    lab.types("exit\r");
    assert_eq!(lab.ends(), 0);
    assert!(lab.is_restored());
}

#[test]
fn bad_input_ends_with_words_and_exit_code_2() {
    for (arguments, words) in [
        (
            &["run", "scenari"][..],
            "there is no layout \"scenari\"; did you mean \"scenario\"?",
        ),
        (&["run", "missing.toml"], "missing.toml: No such file"),
        (
            &["--clock", "noon"],
            "write a time as in 2026-01-01T12:00:00Z",
        ),
        (&["--color", "pink"], "invalid value 'pink'"),
        (&["--data-dir", "/proc"], "/proc: not empty, and no lab"),
    ] {
        let mut lab = Screen::start(arguments, WIDE);
        let code = lab.ends();
        let text = lab.text();
        assert!(text.contains(words), "{arguments:?}: {text}");
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(lab.is_restored());
    }
}

#[test]
fn the_log_names_nodes_and_is_filtered_by_level_and_node() {
    let mut lab = scenario();
    lab.types("V");
    lab.sees("log, info and above");
    let is_mined = |line: &str| line.contains(" miner ") && line.contains("mined #1 ");
    lab.waits("the first block in the log", |text| {
        text.lines().any(is_mined)
    });
    lab.types("/");
    lab.types("wall");
    lab.types("\r");
    let text = lab.sees("of nodes with \"wall\"");
    let lines = text.lines().filter(|line| line.contains(" +00:"));
    let lines: Vec<_> = lines.filter(|line| line.starts_with('│')).collect();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.contains(" wallet ")),
        "{text}"
    );
    lab.types("L");
    lab.sees("log, debug and above");
    lab.escapes();
    lab.escapes();
    lab.sees("block propagation");
}

#[test]
fn keys_are_changed_by_a_file_and_a_wrong_one_is_named() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("chainlab");
    fs::create_dir_all(&dir).expect("made");
    fs::write(dir.join("config.toml"), "[keys]\nquit = [\"x\"]\n").expect("written");
    let at = home.path().to_string_lossy().into_owned();
    let mut lab = Screen::with(&[], WIDE, &[("XDG_CONFIG_HOME", &at)]);
    lab.sees("x quit");
    lab.types("x");
    assert_eq!(lab.ends(), 0);
    fs::write(dir.join("config.toml"), "[keys]\nquti = [\"x\"]\n").expect("written");
    let mut lab = Screen::with(&[], WIDE, &[("XDG_CONFIG_HOME", &at)]);
    assert_eq!(lab.ends(), 2);
    assert!(
        lab.text().contains("did you mean \"quit\"?"),
        "{}",
        lab.text()
    );
}
