//! Terminals that a person would not want: frozen, far too large, with a mouse at column 0; and a thread
//! of the screen that has a bug.

use super::terminal::Screen;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;

const SIZE: (u16, u16) = (200, 60);

fn begun(variables: &[(&str, &str)]) -> Screen {
    let lab = Screen::with(&["--seed", "7"], SIZE, variables);
    lab.sees("AGREE #");
    lab
}

fn pid(screen: &Screen) -> Pid {
    let pid = screen.child.process_id().expect("it runs");
    Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("not 0")
}

#[test]
fn a_terminal_that_takes_no_output_keeps_no_signal_from_ending_the_screen() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::HUP, 129), (Signal::INT, 0)] {
        let mut lab = begun(&[]);
        lab.freezes();
        kill_process(pid(&lab), signal).expect("it is ours");
        assert_eq!(lab.ends(), code, "{signal:?}");
    }
}

#[test]
fn a_terminal_that_takes_output_again_shows_the_newest() {
    let mut lab = begun(&[]);
    lab.freezes();
    lab.types("2w");
    lab.thaws();
    lab.resizes(SIZE);
    lab.sees("new wallet on wallet");
    lab.types("\x03");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn a_mouse_report_at_column_or_line_0_is_one_at_the_edge() {
    let mut lab = begun(&[]);
    // SGR, as it is asked for; rxvt; and X10.
    for report in [
        "\x1b[<0;0;0M",
        "\x1b[<0;0;7m",
        "\x1b[<35;9;0M",
        "\x1b[32;0;0M",
    ] {
        lab.types(report);
    }
    lab.types("\x1b[M \x20\x20");
    lab.types("?");
    lab.sees("all keys");
    lab.types("\x03");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn when_the_thread_that_reads_keys_has_a_bug_that_is_said_and_the_lab_is_kept() {
    let mut lab = begun(&[("CHAINLAB_PANIC", "keys")]);
    lab.types("\x1b[24~");
    assert_eq!(lab.ends(), 1);
    assert!(lab.is_restored(), "{}", lab.text());
    let text = lab.text();
    let said = "the thread that reads keys has a bug, and ended; the lab is kept in ";
    let (_, path) = text.split_once(said).unwrap_or_else(|| panic!("{text}"));
    let path = path.lines().next().expect("a line").trim();
    assert!(Path::new(path).join("lab.json").is_file(), "{path}");
    let mut again = lab.again(&["--data-dir", path]);
    again.sees("AGREE #");
    again.types("\x03");
    assert_eq!(again.ends(), 0);
}

#[test]
fn a_terminal_of_20_000_columns_and_lines_is_drawn_as_far_as_one_can_see() {
    let mut lab = begun(&[]);
    lab.claims((20_000, 20_000));
    let words = "The terminal has 20000 columns and 20000 lines: 1000 and 500 are drawn at most";
    lab.waits(words, |_| lab.count_written(words.as_bytes()) > 0);
    // A key that comes together with a new size is only read with the next one: crossterm looks at one of
    // the two and forgets that there was another.
    let frames = || lab.count_written(b"\x1b[?2026h");
    let before = frames();
    lab.resizes(SIZE);
    lab.waits("frames of the new size", |_| frames() > before + 1);
    lab.types("?");
    lab.sees("all keys");
    lab.types("\x03");
    assert_eq!(lab.ends(), 0);
}
