//! The time of a lab, held from a shell.

use crate::common::control::opened;
use crate::common::running::{TEXT, begun};
use crate::shell::{Said, Shell};
use chainlab::lab::control::Cookie;
use chainlab::lab::drive::{Level, VirtualOptions};
use chainlab::lab::spec::OpeningTime;
use chainlab::lab::{Control, Lab, layout};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::runtime::Handle;

/// A lab of this process, and what the shell says to be understood by it.
struct Held {
    shell: Shell,
    lab: Lab,
    at: [String; 4],
}

impl Held {
    async fn new() -> Self {
        let options = VirtualOptions {
            seed: 7,
            level: Level::All,
            time: OpeningTime {
                limit: Some(Duration::from_secs(3_600)),
                ..OpeningTime::default()
            },
            ..VirtualOptions::default()
        };
        let layout = layout::read("scenario", TEXT).expect("it is sound");
        let lab = Lab::start_virtual(layout, options, Control::Anywhere, Handle::current());
        let lab = lab.expect("it starts");
        let endpoint = opened(&lab).await.endpoint;
        begun(&lab).await;
        let Cookie::File(cookie) = &endpoint.cookie else {
            panic!("its cookie is in a file")
        };
        let at = [
            "--at".to_owned(),
            endpoint.at.to_string(),
            "--cookie".to_owned(),
            cookie.display().to_string(),
        ];
        let shell = Shell::new();
        Self { shell, lab, at }
    }

    fn run(&self, args: &[&str]) -> Said {
        let at = self.at.iter().map(String::as_str);
        let args: Vec<_> = args.iter().copied().chain(at).collect();
        self.shell.run(&args)
    }

    fn done(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(
            (said.code, said.err.as_str()),
            (0, ""),
            "{args:?}: {said:?}"
        );
        said.out
    }

    fn refused(&self, args: &[&str]) -> (i32, String) {
        let said = self.run(args);
        assert_ne!(said.code, 0, "{args:?}: {said:?}");
        (said.code, said.err)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_held_moved_and_told_from_a_shell() {
    let held = Held::new().await;
    held.done(&["time", "pause"]);
    let said = held.done(&["time"]);
    assert!(said.contains("  paused (x1)\n"), "{said}");
    held.done(&["time", "speed", "1/10"]);
    held.done(&["time", "go", "10s"]);
    held.done(&["time", "go", "+00:00.5"]);
    let said = held.done(&["time"]);
    assert!(
        said.starts_with("+00:00.500  paused, back (x1/10)\n"),
        "{said}"
    );
    assert!(said.contains("newest: +"), "{said}");
    held.done(&["time", "when", "tips == 2"]);
    let said = held.done(&["time"]);
    assert!(said.contains("stands still when tips == 2\n"), "{said}");
    held.done(&["time", "when"]);
    let time = held.run(&["time", "--json"]).json();
    assert_eq!(
        (&time["at"], &time["speed"]),
        (&"500ms".into(), &"1/10".into())
    );
    assert_eq!(time["breakpoints"], serde_json::json!([]));
    for what in ["step", "back", "prev", "next"] {
        held.done(&["time", what]);
    }
    let said = held.done(&["mine", "now", "--node", "miner"]);
    assert!(said.contains("waits: the lab is paused"), "{said}");
    held.done(&["time", "until", "height >= 2"]);
    held.done(&["time", "undo"]);
    held.lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_come_true_has_exit_code_3_and_what_cannot_be_has_2() {
    let held = Held::new().await;
    held.done(&["time", "pause"]);
    let (code, said) = held.refused(&["time", "until", "height >= 9"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("limit"), "{said}");
    for (args, words) in [
        (&["time", "until", "height >="][..], "height >="),
        (&["time", "until", "height@nora >= 1"], "nora"),
        (&["time", "when", "heigth >= 1"], "height"),
        (
            &["time", "go", "soon"],
            "a time since the beginning is wanted",
        ),
        (
            &["time", "speed", "fast"],
            "a speed is a number from 1 to 100",
        ),
    ] {
        let (code, said) = held.refused(args);
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
    held.lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_followed_tell_how_time_goes_and_go_on_when_it_went_back() {
    let held = Held::new().await;
    held.done(&["time", "pause"]);
    let file = held.shell.home().join("events");
    let follow = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command
            .args(args)
            .args(&held.at)
            .stdin(Stdio::null())
            .stdout(fs::File::create(&file).expect("room on disk"))
            .stderr(Stdio::null());
        command.spawn().expect("it runs")
    };
    let mut following = follow(&["events", "--all", "--wait"]);
    let told = |words: &str| {
        for _ in 0..600 {
            let text = fs::read_to_string(&file).expect("readable");
            if text.contains(words) {
                return text;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{words}: {:?}", fs::read_to_string(&file));
    };
    told("#1");
    held.done(&["time", "go", "10s"]);
    held.done(&["time", "go", "+00:00.5"]);
    told("+00:00.500 time     paused, back (x1)");
    held.done(&["rpc", "kill", "node=central"]);
    held.done(&["rpc", "restart", "node=central"]);
    held.done(&["time", "go", "+00:30"]);
    told("+00:30.000 time     paused (x1)");
    following.kill().expect("it runs");
    following.wait().expect("it ran");
    held.lab.close().await.expect("closes");
}

#[test]
fn time_is_not_told_to_nodes_that_have_none_to_give() {
    let shell = Shell::new();
    let live = "the time of real nodes goes by itself: this needs --virtual";
    let fast = "with --headless virtual time goes as fast as it can";
    for (args, option, words) in [
        (&["--speed", "5"][..], "--speed", live),
        (&["--paused"], "--paused", live),
        (&["--at", "83s"], "--at", live),
        (&["--pause-at", "tips == 2"], "--pause-at", live),
        (
            &["--virtual", "--headless", "--speed", "max"],
            "--speed",
            fast,
        ),
        (&["--virtual", "--headless", "--at", "+01:23"], "--at", fast),
        (
            &["--virtual", "--pause-at", "height@nora >= 1"],
            "--pause-at",
            "nora",
        ),
        (
            &["--virtual", "--pause-at", "height >="],
            "--pause-at",
            "height >=",
        ),
        (
            &["--virtual", "--speed", "101"],
            "--speed",
            "a speed is a number",
        ),
        (
            &["--virtual", "--at", "#7"],
            "--at",
            "a time since the beginning",
        ),
        (&["--virtual", "--live"], "--live", "cannot be used with"),
    ] {
        let args = [&["run", "scenario"], args].concat();
        let said = shell.refused(2, &args);
        assert!(
            said.contains(option) && said.contains(words),
            "{args:?}: {said}"
        );
    }
    // A layout may say the same.
    let text = format!("[time]\nvirtual = true\nlimit = \"10s\"\n{TEXT}");
    fs::write(shell.home().join("held.toml"), text).expect("room on disk");
    let said = shell.refused(2, &["run", "held.toml", "--data-dir", "kept"]);
    assert!(said.contains("--live"), "{said}");
    let said = shell.refused(2, &["run", "held.toml", "--at", "11s"]);
    assert!(said.contains("later than the limit"), "{said}");
    let said = shell.refused(2, &["run", "held.toml", "--live", "--paused"]);
    assert!(said.contains(live), "{said}");
    let said = shell.done(&["run", "held.toml", "--headless", "--until", "height >= 1"]);
    assert!(said.out.contains("#1"), "it is played at once: {said:?}");
}
