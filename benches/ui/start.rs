//! From the command to the first picture, and to three nodes that know each other. Beside it what
//! any start of this program takes: to load it, to print its version, and to end.

use crate::ratio::{Harness, Samples, Target};
use crate::terminal::{PATIENCE, Screen};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (120, 36);

/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(1);

const STARTS: usize = 10;

pub fn start(harness: &mut Harness) {
    let mut connected = Samples::default();
    let [first, version] = harness.interleave(
        STARTS,
        [
            &mut || {
                let since = Instant::now();
                let lab = Screen::start(&["run", "scenario"], SIZE);
                let first = reached(&lab, since, "the header", |lab| {
                    lab.lines()[0].contains("chainlab  scenario")
                });
                connected.push(reached(&lab, since, "all links", are_connected));
                first
            },
            &mut || {
                let since = Instant::now();
                let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
                let status = command.arg("--version").stdout(Stdio::null()).status();
                assert!(status.expect("it runs").success());
                since.elapsed()
            },
        ],
    );
    let beside = ("chainlab --version", &version);
    let under = |ms| Target::Under(Duration::from_millis(ms));
    harness.report("start to the first frame", &first, beside, under(150));
    harness.report(
        "start to three nodes connected",
        &connected,
        beside,
        under(600),
    );
}

/// Waits for it, and says how long that was from the beginning.
fn reached(lab: &Screen, since: Instant, what: &str, is_so: fn(&Screen) -> bool) -> Duration {
    while !is_so(lab) {
        if since.elapsed() >= PATIENCE {
            panic!("waited in vain for {what}:\n{}", lab.text());
        }
        thread::sleep(LOOK);
    }
    since.elapsed()
}

/// The one in the middle has two peers, the others have one each.
fn are_connected(lab: &Screen) -> bool {
    let wanted = [("1 central", "2"), ("2 wallet", "1"), ("3 miner", "1")];
    let mut peers = wanted.iter().map(|(pane, count)| {
        let shown = lab.figure(pane, "peers");
        shown.as_deref() == Some(*count)
    });
    peers.all(|is_so| is_so)
}
