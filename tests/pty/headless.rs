//! Labs without a screen, as programs start them: the real executable, its lines, its exit codes.

use crate::common::running::EAST_WEST;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const STEPS: &str = r#"
[[step]]
when = "height == 1"
do = "send"
from = "alice"
to = "west"
amount = "1.5"
expect = "mempool == 1"

[[step]]
do = "mine_now"
node = "east"
expect = 'height == 2 and balance("west") == "11.5"'
"#;

struct Lab {
    dir: TempDir,
    file: PathBuf,
}

impl Lab {
    fn of(text: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("two.toml");
        fs::write(&file, text).expect("it is written");
        Self { dir, file }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command
            .arg("run")
            .arg(&self.file)
            .arg("--headless")
            .args(args)
            .env("HOME", self.dir.path())
            .env("XDG_RUNTIME_DIR", self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("it starts")
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every line as JSON, and the summary that is the last.
fn lines(output: &Output) -> (Vec<Value>, Value) {
    let text = stdout(output);
    let lines = text.lines().map(serde_json::from_str);
    let mut lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("every line is JSON");
    let mut last = lines.pop().expect("there is a summary");
    (lines, last["summary"].take())
}

#[test]
fn a_lab_runs_until_what_was_asked_for_is_true() {
    let lab = Lab::of(EAST_WEST);
    let until = r#"height == 1 and tips == 1 and balance("west")@east == "10""#;
    let output = lab.run(&["--until", until]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(stderr(&output), "");
    let text = stdout(&output);
    let mined = text.lines().find(|line| line.contains("west  mined #1"));
    let mined = mined.unwrap_or_else(|| panic!("{text}"));
    let dot = mined.find('.').expect("milliseconds");
    assert!(mined.starts_with("+00:0") && dot == 6, "{mined}");
    assert!(text.contains("two ran for "), "{text}");
    assert!(text.contains("east: height 1 .."), "{text}");
}

#[test]
fn what_is_not_true_in_time_is_told_with_its_values_and_another_exit_code() {
    let lab = Lab::of(EAST_WEST);
    for how in [&["--for", "1500ms"][..], &["--for", "30s", "--virtual"]] {
        let args = [how, &["--until", "height >= 3 and tips == 1"]].concat();
        let output = lab.run(&args);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = format!(
            "chainlab: not true after {}: height >= 3, it is 1\n",
            how[1]
        );
        assert_eq!(stderr(&output), said);
    }
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_column() {
    let lab = Lab::of(EAST_WEST);
    for (args, said) in [
        (
            &["--until", "hieght >= 3"][..],
            "column 1: there is no \"hieght\"; did you mean \"height\"?",
        ),
        (
            &["--until", "height@wets > 1"],
            "there is no node \"wets\"; did you mean \"west\"?",
        ),
        (
            &["--until", "height@wets > 1", "--virtual"],
            "there is no node \"wets\"; did you mean \"west\"?",
        ),
        (&["--for", "soon"], "\"soon\" is not a duration"),
    ] {
        let output = lab.run(args);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(stderr(&output).contains(said), "{output:?}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn a_script_is_over_when_its_last_step_is_done_and_every_line_is_json() {
    let lab = Lab::of(&format!("{EAST_WEST}{STEPS}"));
    for more in [&[][..], &["--virtual"]] {
        let output = lab.run(&[&["--json", "--seed", "5"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let (events, summary) = lines(&output);
        assert!(
            events
                .iter()
                .all(|line| line["at"].is_u64() && line["kind"].is_object())
        );
        let mined = events
            .iter()
            .filter(|line| !line["kind"]["mined"].is_null());
        let mined: Vec<_> = mined.map(|line| line["node"].as_str()).collect();
        assert_eq!(mined, [Some("west"), Some("east")]);
        assert_eq!(summary["held"], true);
        assert_eq!(summary["failed"], serde_json::json!([]));
        assert_eq!(summary["tips"], 1);
        for (at, name) in ["east", "west"].into_iter().enumerate() {
            let node = &summary["nodes"][at];
            assert_eq!(
                (&node["node"], &node["height"], &node["mined"]),
                (&name.into(), &2.into(), &1.into())
            );
            assert!(node["messages"].as_u64() > Some(3) && node["bytes"].as_u64() > Some(300));
        }
        let states = summary["steps"].as_array().expect("steps").iter();
        assert!(
            states.clone().count() == 2 && states.into_iter().all(|step| step["state"] == "done")
        );
        assert_eq!(summary["propagation"]["blocks"], 2);
        assert!(summary["propagation"]["p90_ms"].as_f64() >= Some(10.0));
    }
}

#[test]
fn the_same_seed_makes_the_same_history_in_virtual_time() {
    let lab = Lab::of(&format!("{EAST_WEST}{STEPS}"));
    let run = |seed| stdout(&lab.run(&["--virtual", "--json", "--seed", seed]));
    assert_eq!(run("5"), run("5"));
    assert_ne!(run("5"), run("6"));
}

#[test]
fn a_step_that_is_not_done_in_time_is_told_with_what_it_waits_for() {
    let lab = Lab::of(&format!(
        "{EAST_WEST}\n[[step]]\nwhen = \"height >= 7\"\nnote = \"far\"\n"
    ));
    let output = lab.run(&["--for", "1500ms"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = "chainlab: step 1, note: far: not done in time: waits for height >= 7, it is 1\n";
    assert_eq!(stderr(&output), said);
}

#[test]
fn a_step_that_begins_late_is_told_and_counted_and_is_no_failure() {
    let late =
        "[[step]]\nwhen = \"height >= 7\"\nat_latest = \"1s\"\nnote = \"far\"\nhold = \"1s\"\n";
    let lab = Lab::of(&format!("{EAST_WEST}\n{late}"));
    for more in [&[][..], &["--virtual"]] {
        let output = lab.run(more);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = stdout(&output);
        assert!(
            text.contains("step 1 of 1  note: far: running, late\n"),
            "{text}"
        );
        assert!(
            text.contains("  step 1, note: far: done, began late\n"),
            "{text}"
        );
        let counted = "  1 step began before what it waited for was true\n";
        assert!(text.contains(counted), "{text}");
    }
    let output = lab.run(&["--virtual", "--json"]);
    let (_, summary) = lines(&output);
    assert_eq!(
        (&summary["late"], &summary["held"]),
        (&1.into(), &true.into())
    );
    assert_eq!(summary["steps"][0]["late"], true);
}

#[test]
fn by_hand_a_caption_after_the_first_waits_for_the_presenter() {
    let notes = "[[step]]\nnote = \"a\"\nhold = \"100ms\"\n[[step]]\nnote = \"b\"\n";
    let none = Lab::of(EAST_WEST).run(&["--manual"]);
    assert_eq!(none.status.code(), Some(2));
    let words = "--manual: two has no steps to be led through";
    assert!(stderr(&none).contains(words), "{}", stderr(&none));
    let output = Lab::of(&format!("{EAST_WEST}\n{notes}")).run(&["--manual", "--for", "1500ms"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = "chainlab: step 2, note: b: not done in time: waits for n\n";
    assert_eq!(stderr(&output), said);
}

#[test]
fn a_script_is_played_to_its_end_without_a_time_for_five_minutes_at_most() {
    let after = |time: &str| format!("{EAST_WEST}\n[[step]]\nafter = \"{time}\"\ndo = \"heal\"\n");
    let output = Lab::of(&after("4min")).run(&["--virtual"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = stdout(&output);
    assert!(text.contains("two ran for 240.0 s"), "{text}");
    let output = Lab::of(&after("6min")).run(&["--virtual"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(
        stdout(&output).contains("two ran for 300.0 s"),
        "{output:?}"
    );
    let said = "chainlab: step 1, heal all links: not done in time: waits for 60 s more\n";
    assert_eq!(stderr(&output), said);
    // Without a script it is a minute, as ever, and a presenter is not waited for.
    let output = Lab::of(EAST_WEST).run(&["--virtual"]);
    assert!(stdout(&output).contains("two ran for 60.0 s"), "{output:?}");
    let manual = "[script]\nmanual = true\n[[step]]\nnote = \"a\"\n[[step]]\nnote = \"b\"\n";
    let output = Lab::of(&format!("{EAST_WEST}\n{manual}")).run(&["--virtual"]);
    assert!(stdout(&output).contains("two ran for 6.0 s"), "{output:?}");
}

/// Reads lines until one has these words.
fn read_until(child: &mut Child, words: &str) -> BufReader<std::process::ChildStdout> {
    let mut reader = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    while reader.read_line(&mut line).expect("it reads") > 0 {
        if line.contains(words) {
            return reader;
        }
        line.clear();
    }
    panic!("it never said {words:?}");
}

#[test]
fn a_signal_ends_it_early_and_closes_all_databases() {
    let lab = Lab::of(EAST_WEST);
    let dir = lab.dir.path().join("kept");
    let kept = dir.to_str().expect("plain");
    let args = ["--json", "--until", "height >= 9", "--data-dir", kept];
    let mut child = lab.command(&args).spawn().expect("it starts");
    let mut reader = read_until(&mut child, "\"mined\"");
    let pid = i32::try_from(child.id()).expect("a process id");
    let pid = rustix::process::Pid::from_raw(pid).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it can be asked");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("it reads");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(3), "{rest}");
    let last: Value = serde_json::from_str(rest.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["summary"]["held"], false);
    assert_opens(&lab, &dir);
}

/// The lab that was kept there goes on.
fn assert_opens(lab: &Lab, dir: &Path) {
    let kept = dir.to_str().expect("plain");
    let output = lab.run(&["--until", "height == 1", "--data-dir", kept]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
