//! Deadlines that people set are judged by how long a lab has gone on since its nodes were up, and not
//! by its clock, which can be set.

use crate::common::live::LATER;
use crate::common::running::{MINER, TEXT, all_up, begun, kept_in, mine, options, start, until};
use chainlab::lab::{LabOptions, layout};
use chainlab::node::Time;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const MINUTE: Duration = Duration::from_secs(60);

/// Takes from the clock of a kept lab what a process that was killed had not put down.
fn lose_a_minute(dir: &Path) {
    let file = dir.join("lab.json");
    let mut lab: Value =
        serde_json::from_slice(&fs::read(&file).expect("kept")).expect("it is JSON");
    let clock = lab["clock"].as_u64().expect("a time");
    lab["clock"] = (clock - u64::try_from(MINUTE.as_micros()).expect("small")).into();
    fs::write(&file, lab.to_string()).expect("room on disk");
}

/// Leaves a lab in a directory, with a clock that is a minute behind its blocks.
async fn killed(dir: &Path, options: LabOptions) -> Time {
    let lab = start(options).expect("it starts");
    begun(&lab).await;
    // It has gone on for a while.
    lab.clock().not_before(lab.view().since + 10 * MINUTE);
    mine(&lab, MINER).await;
    let left_at = lab.view().now;
    lab.close().await.expect("it closes");
    lose_a_minute(dir);
    left_at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_whose_tips_put_its_clock_on_has_not_gone_on_for_as_long() {
    let dir = TempDir::new().expect("a directory");
    let left_at = killed(dir.path(), kept_in(dir.path())).await;
    let began = Instant::now();
    let lab = start(kept_in(dir.path())).expect("it goes on");
    assert_eq!(lab.elapsed(), Duration::ZERO, "its nodes are not up yet");
    let view = until(&lab, all_up).await;
    // As far as the rules ask: a tip may be ahead by 10 s.
    assert!(
        left_at.since(view.now) < Duration::from_secs(11),
        "{view:?}"
    );
    assert!(lab.elapsed() <= began.elapsed());
    assert!(lab.elapsed_at(view.now) <= lab.elapsed());
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_does_not_come_sooner_because_the_clock_is_put_on() {
    let text = format!("{TEXT}\n[[step]]\nat = \"2s\"\nnote = \"two seconds\"\n");
    let made = LabOptions {
        layout: layout::read("scenario", &text).expect("it is sound"),
        layout_text: text.clone(),
        clock: Some(LATER),
        ..options(TEXT)
    };
    let began = Instant::now();
    let lab = start(made).expect("it starts");
    until(&lab, all_up).await;
    lab.clock().not_before(LATER + MINUTE);
    until(&lab, |view| view.caption.is_some()).await;
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert!(lab.elapsed() < MINUTE);
    lab.close().await.expect("it closes");
}

pub fn headless(dir: &Path, file: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .args(["run", file, "--headless"])
        .args(args)
        .current_dir(dir)
        .env("HOME", dir)
        .env("XDG_RUNTIME_DIR", dir)
        .output()
        .expect("it starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_lab_that_goes_on_runs_for_as_long_as_it_was_asked_to() {
    let dir = TempDir::new().expect("a directory");
    let home = dir.path().join("lab");
    killed(&home, kept_in(&home)).await;
    fs::write(dir.path().join("scenario.toml"), TEXT).expect("room on disk");
    let args = [
        "--data-dir",
        "lab",
        "--for",
        "2s",
        "--until",
        "height > 1000",
    ];
    let began = Instant::now();
    let output = headless(dir.path(), "scenario.toml", &args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(began.elapsed() >= Duration::from_secs(2), "{said}");
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("not true after 2s"), "{said}");
}

/// A layout whose chain begins so much later than now.
fn dated(ahead: Duration) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let at = now.expect("after 1970") + ahead;
    TEXT.replacen(
        "[chain]",
        &format!("[chain]\ngenesis_time_ms = {}", at.as_millis()),
        1,
    )
}

#[test]
fn a_layout_that_begins_tomorrow_is_refused_with_its_line_before_anything_is_made() {
    let dir = TempDir::new().expect("a directory");
    let tomorrow = 24 * 60 * MINUTE + Duration::from_millis(500);
    fs::write(dir.path().join("late.toml"), dated(tomorrow)).expect("room on disk");
    let args = ["--data-dir", "lab", "--for", "1s"];
    let output = headless(dir.path(), "late.toml", &args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let wanted =
        "late.toml:3:1: genesis_time_ms: 24h ahead of the clock, and future_drift allows 10s";
    assert!(said.contains(wanted), "{said}");
    assert!(!dir.path().join("lab/lab.json").exists());
}

#[test]
fn a_layout_that_begins_within_the_drift_runs_and_its_time_counts_from_nothing() {
    let dir = TempDir::new().expect("a directory");
    let text = dated(Duration::from_secs(8));
    fs::write(dir.path().join("soon.toml"), text).expect("room on disk");
    let began = Instant::now();
    let output = headless(dir.path(), "soon.toml", &["--for", "1s", "--json"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(began.elapsed() >= Duration::from_secs(1), "{said}");
}

#[test]
fn a_network_that_begins_tomorrow_is_refused_with_its_line() {
    let dir = TempDir::new().expect("a directory");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let at = (now.expect("after 1970") + 24 * 60 * MINUTE).as_millis();
    let text = format!("[chain]\nsubsidy = \"1\"\ngenesis_time_ms = {at}\n");
    fs::write(dir.path().join("net.toml"), text).expect("room on disk");
    let mut child = Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .args(["node", "--name", "nora", "--port", "0"])
        .args(["--data-dir", "data", "--network", "net.toml"])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut said = String::new();
    let stderr = child.stderr.take().expect("piped");
    // One line in any case: why it does not run, or where it does.
    let read = BufReader::new(stderr).read_line(&mut said);
    if !said.contains("net.toml:3:1: genesis_time_ms: 23h ahead") {
        child.kill().expect("it runs");
        panic!("{read:?}: {said}");
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(2), "{said}");
    assert!(!dir.path().join("data").exists());
}
