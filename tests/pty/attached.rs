//! The screen on nodes of other processes: it shows what a lab of its own would show, outlives
//! them, and they outlive it.

use crate::terminal::{HOMES, Screen};
use std::fs::File;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const WIDE: (u16, u16) = (120, 36);

/// Processes that run beside each other, with a home of their own.
struct Machine {
    home: TempDir,
}

/// A node, killed when the test is over.
struct Process {
    child: Child,
    /// Where it listens.
    port: u16,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        Self { home }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command.args(arguments).stdin(Stdio::null());
        for name in HOMES {
            command.env(name, self.home.path());
        }
        command
    }

    /// Starts a node, and waits until it listens.
    fn node(&self, name: &str, port: u16, more: &[&str]) -> Process {
        let log = self.home.path().join(format!("{name}.log"));
        let port_text = port.to_string();
        let mut arguments = vec!["node", "--name", name, "--port", &port_text];
        arguments.extend(more);
        let mut command = self.command(&arguments);
        command.stderr(File::create(&log).expect("room on disk"));
        let child = command.spawn().expect("it starts");
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let found = wait(name, || {
            let text = said();
            let (_, after) = text.split_once("listens at 127.0.0.1:")?;
            after.split_once(',')?.0.parse().ok()
        });
        Process { child, port: found }
    }

    /// Runs a command to its end.
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }

    /// What a command prints that does what it should.
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The screen on what runs here.
    fn screen(&self, arguments: &[&str]) -> Screen {
        let home = self.home.path().to_str().expect("plain text");
        let runtime = [("XDG_RUNTIME_DIR", home)];
        Screen::with(arguments, WIDE, &runtime)
    }

    /// The tutorials' three nodes, connected.
    fn three(&self) -> [Process; 3] {
        let central = self.node("central", 0, &["--wallet", "founder"]);
        let at = format!("127.0.0.1:{}", central.port);
        let wallets = [
            "--wallet", "alice", "--wallet", "bob", "--wallet", "carol", "--wallet", "dave",
        ];
        let wallet = self.node(
            "wallet",
            0,
            &[&["--connect", at.as_str()][..], &wallets].concat(),
        );
        let miner = self.node("miner", 0, &["--connect", &at, "--wallet", "rewards"]);
        [central, wallet, miner]
    }
}

fn wait<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let since = std::time::Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(
            since.elapsed() < crate::terminal::PATIENCE,
            "waited in vain for {what}"
        );
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Waits until a pane shows what a wallet holds.
fn holds(screen: &Screen, pane: &str, wallet: &str, amount: &str) {
    let what = format!("{wallet} to hold {amount}");
    screen.waits(&what, |_| {
        screen.holds(pane, wallet).as_deref() == Some(amount)
    });
}

/// Everything in a pane that is the same whoever looks and when.
fn figures(screen: &Screen, pane: &str) -> Vec<String> {
    let height = screen.figure(pane, "height").unwrap_or_default();
    let mempool = screen.figure(pane, "mempool").unwrap_or_default();
    let blocks = screen.figure(pane, "blocks").unwrap_or_default();
    let wallets = screen.figure(pane, "wallets").unwrap_or_default();
    vec![height, mempool, blocks, wallets]
}

#[test]
fn the_tutorials_walk_through_three_processes_is_watched_from_a_fourth() {
    let machine = Machine::new();
    let _nodes = machine.three();
    let mut screen = machine.screen(&["attach"]);
    screen.waits("everybody to be connected", |_| {
        screen
            .figure("1 central", "peers")
            .is_some_and(|peers| peers.starts_with('2'))
    });
    machine.says(&["mine", "now", "--node", "central", "--blocks", "2"]);
    for to in ["alice", "bob"] {
        machine.says(&[
            "send", "--from", "founder", "--to", to, "--amount", "10", "--mine",
        ]);
    }
    holds(&screen, "3 wallet", "alice", "10");
    holds(&screen, "3 wallet", "bob", "10");
    for (from, to) in [("alice", "carol"), ("bob", "dave")] {
        machine.says(&["send", "--from", from, "--to", to, "--amount", "1"]);
    }
    screen.waits("both payments at the miner", |_| {
        screen.figure("2 miner", "mempool").as_deref() == Some("2 tx")
    });
    machine.says(&["mine", "now", "--node", "miner"]);
    for (wallet, amount) in [("alice", "9"), ("bob", "9"), ("carol", "1"), ("dave", "1")] {
        holds(&screen, "3 wallet", wallet, amount);
        let said = machine.says(&["wallet", "balance", wallet]);
        assert_eq!(said.trim(), amount, "{wallet}");
    }
    screen.sees("AGREE #5 ");
    screen.types("q");
    assert_eq!(screen.ends(), 0);
    assert!(screen.is_restored());
    assert!(machine.says(&["status"]).contains("all 3 agree on #5 "));
}

#[test]
fn an_attached_screen_shows_what_the_labs_own_screen_shows() {
    let machine = Machine::new();
    let mut own = machine.screen(&["run", "scenario", "--seed", "7"]);
    own.waits("the first block everywhere", |text| {
        text.contains("AGREE #") && !text.contains("AGREE #0")
    });
    own.types("3m");
    own.sees("miner does not mine");
    let mut far = machine.screen(&["attach", "--lab", "scenario"]);
    far.sees("AGREE #");
    far.types("1b");
    far.sees("central mined #");
    let panes = ["1 central", "2 wallet", "3 miner"];
    far.waits("the same as over there", |_| {
        panes
            .iter()
            .all(|pane| figures(&far, pane) == figures(&own, pane))
    });
    // What is done there is seen here.
    far.types(":note look here\r");
    own.sees("look here");
    far.types("3K");
    own.sees("DOWN");
    far.sees("DOWN");
    own.types("3K");
    far.waits("the node to be back", |text| !text.contains("DOWN"));
    // Two may watch one lab; that one dies is no business of the other, nor of the lab.
    let mut another = machine.screen(&["attach"]);
    another.sees("AGREE #");
    far.child.kill().expect("it runs");
    another.types("1b");
    another.sees("central mined #");
    own.waits("the block", |_| {
        figures(&own, "1 central") == figures(&another, "1 central")
    });
    another.types("q");
    assert_eq!(another.ends(), 0);
    // Nothing was made by hand: it does not ask.
    own.types("q");
    assert_eq!(own.ends(), 0);
    let output = machine.run(&["status"]);
    assert_eq!(
        output.status.code(),
        Some(2),
        "nothing runs, and nothing is left of it"
    );
}

#[test]
fn a_pane_recovers_when_its_process_is_killed_and_started_again() {
    let machine = Machine::new();
    let [central, _wallet, mut miner] = machine.three();
    let mut screen = machine.screen(&["attach"]);
    screen.sees("AGREE #0");
    miner.child.kill().expect("it runs");
    miner.child.wait().expect("it ended");
    screen.sees("GONE  no answer");
    screen.types("2K");
    screen.sees("miner runs elsewhere, and does not answer: start it there");
    machine.says(&["mine", "now", "--node", "central"]);
    screen.sees("AGREE #1 ");
    let port = miner.port;
    drop(miner);
    let at = format!("127.0.0.1:{}", central.port);
    let _miner = machine.node("miner", port, &["--connect", &at, "--wallet", "rewards"]);
    screen.waits("the miner to catch up", |_| {
        screen
            .figure("2 miner", "height")
            .is_some_and(|height| height.starts_with('1'))
            && !screen.text().contains("DOWN")
    });
    // The screen dies; the nodes do not notice.
    screen.child.kill().expect("it runs");
    machine.says(&["mine", "now", "--node", "miner"]);
    wait("the block everywhere", || {
        machine
            .says(&["status"])
            .contains("all 3 agree on #2 ")
            .then_some(())
    });
}
