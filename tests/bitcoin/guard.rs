//! A program ends with its lab, however that ends.

use crate::processes::{END, alive, until_none};
use crate::stand_in::{Lab, own, plan_of, role, running, start, until_ready};
use chainlab::live::program::{Ending, ProgramHandle, ProgramNews, ProgramState, start_program};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::{create_dir, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::{TempDir, tempdir};

fn folder() -> TempDir {
    tempdir().expect("a folder")
}

fn pid(number: impl TryInto<i32>) -> Pid {
    let number = number.try_into().ok().expect("a number");
    Pid::from_raw(number).expect("a process")
}

fn signal(number: impl TryInto<i32>, signal: Signal) {
    kill_process(pid(number), signal).expect("it is there");
}

/// All news until the last.
async fn all_news(program: &mut ProgramHandle) -> Vec<ProgramNews> {
    let mut news = Vec::new();
    while let Some(one) = program.news.recv().await {
        news.push(one);
    }
    news
}

#[tokio::test]
async fn a_program_runs_out_of_the_terminal_s_reach_and_is_stopped() {
    let folder = folder();
    let mut program = start(&plan_of("sleep", &["180"], folder.path()));
    let sleeps = running(&program).await;
    let group = alive(program.group());
    let of_guard = "the guard, the one behind, and the program in its second stage's place";
    assert_eq!(group.len(), 3, "{of_guard}");
    assert!(group.contains(&sleeps));
    let session = rustix::process::getsid(Some(pid(sleeps))).expect("it is there");
    assert_eq!(session, pid(program.group()));
    program.stop();
    assert_eq!(program.ended().await, Ending::Stopped);
    until_none(program.group()).await;
    assert_eq!(program.state(), ProgramState::Ended(Ending::Stopped));
    let news = all_news(&mut program).await;
    let expected = [
        ProgramNews::Started(sleeps),
        ProgramNews::Ended(Ending::Stopped),
    ];
    assert_eq!(news, expected);
}

#[tokio::test]
async fn a_program_is_killed_at_once_with_all_that_it_has_started() {
    let folder = folder();
    let mut program = start(&role("parent", folder.path()));
    until_ready(&program).await;
    assert_eq!(alive(program.group()).len(), 5);
    let since = Instant::now();
    program.kill();
    assert_eq!(program.ended().await, Ending::Killed);
    assert!(since.elapsed() < Duration::from_secs(4));
    until_none(program.group()).await;
}

#[tokio::test]
async fn how_a_program_ends_by_itself_is_told() {
    let folder = folder();
    let mut program = start(&role("three", folder.path()));
    assert_eq!(program.ended().await, Ending::Exited(3));
    for (number, ending) in [
        (Signal::SEGV, Ending::Signalled(11)),
        (Signal::TERM, Ending::Signalled(15)),
    ] {
        let mut program = start(&plan_of("sleep", &["180"], folder.path()));
        signal(running(&program).await, number);
        assert_eq!(program.ended().await, ending);
        until_none(program.group()).await;
    }
}

#[tokio::test]
async fn what_a_program_leaves_behind_ends_with_it() {
    let folder = folder();
    let mut program = start(&role("leaves", folder.path()));
    assert_eq!(program.ended().await, Ending::Exited(0));
    until_none(program.group()).await;
}

#[tokio::test]
async fn a_program_that_does_not_listen_is_killed_after_five_seconds() {
    let folder = folder();
    let mut program = start(&role("deaf", folder.path()));
    until_ready(&program).await;
    let since = Instant::now();
    program.stop();
    assert_eq!(program.ended().await, Ending::Overdue);
    let took = since.elapsed();
    assert!(took > Duration::from_secs(4) && took < END, "{took:?}");
    until_none(program.group()).await;
}

#[tokio::test]
async fn a_handle_that_is_dropped_ends_its_program() {
    let folder = folder();
    let program = start(&role("parent", folder.path()));
    until_ready(&program).await;
    let group = program.group();
    drop(program);
    until_none(group).await;
}

#[tokio::test]
async fn a_flood_is_bounded_and_does_not_hold_up_the_end() {
    let folder = folder();
    let mut program = start(&role("flood", folder.path()));
    running(&program).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let since = Instant::now();
    program.stop();
    assert_eq!(program.ended().await, Ending::Stopped);
    assert!(since.elapsed() < Duration::from_secs(4));
    assert!(program.last_lines().len() <= 100);
    let news = all_news(&mut program).await;
    assert!(news.len() <= 1_030, "{}", news.len());
    let missed = news.iter().filter_map(|one| match one {
        ProgramNews::Missed(count) => Some(*count),
        _ => None,
    });
    // Read for two seconds at least, told for a few lines.
    assert!(missed.sum::<u64>() > 500_000);
    assert_eq!(news.last(), Some(&ProgramNews::Ended(Ending::Stopped)));
}

#[tokio::test]
async fn a_program_gets_two_variables_its_folder_and_no_more() {
    let folder = folder();
    let plan = plan_of("env", &[], folder.path());
    let mut program = start(&plan);
    assert_eq!(program.ended().await, Ending::Exited(0));
    let home = format!("HOME={}", folder.path().display());
    let path = format!("PATH={}", std::env::var("PATH").expect("one"));
    let mut lines = program.last_lines();
    lines.sort();
    assert_eq!(lines, [home, path]);
}

#[tokio::test]
async fn what_a_program_says_is_cleaned_and_what_it_makes_is_its_user_s() {
    let folder = folder();
    let mut program = start(&role("shown", folder.path()));
    assert_eq!(program.ended().await, Ending::Exited(0));
    let lines = program.last_lines();
    let here = folder.path().canonicalize().expect("it is there");
    for line in [
        format!("in {}", here.display()).as_str(),
        "this is an error",
        "\u{fffd}[2J\u{fffd}no orders",
    ] {
        assert!(lines.iter().any(|told| told == line), "{line}: {lines:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_named() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    write(at("text"), "echo no shell").expect("a file");
    write(at("script"), "#!/nowhere/at-all\n").expect("a file");
    write(at("plain"), "#!/bin/true\n").expect("a file");
    create_dir(at("folder")).expect("a folder");
    for name in ["text", "script"] {
        set_permissions(at(name), PermissionsExt::from_mode(0o700)).expect("it is ours");
    }
    for (name, why) in [
        ("nothing", "there is no such file"),
        ("text/nothing", "there is no such file"),
        ("plain", "it may not be executed"),
        ("folder", "it is no file"),
        (
            "text",
            "it begins neither as a program nor with #! and what runs it",
        ),
    ] {
        let mut plan = plan_of("sleep", &[], &at("home"));
        plan.program = at(name);
        let error = start_program(&plan, Some(own())).expect_err(name);
        let words = format!("{} cannot be started: {why}", at(name).display());
        assert_eq!(error.to_string(), words);
    }
    assert!(!at("home").exists(), "nothing is made for nothing");
    let mut plan = plan_of("sleep", &[], &at("home"));
    plan.program = at("script");
    let ending = start(&plan).ended().await;
    let words = "it could not be started: No such file or directory (os error 2)";
    assert_eq!(ending.to_string(), words);
    plan.folder = at("text");
    let error = start_program(&plan, Some(own())).expect_err("a file");
    assert!(error.to_string().contains("text: "), "{error}");
    plan = plan_of("sleep", &[], &at("home"));
    let error = start_program(&plan, Some(Path::new("/nowhere"))).expect_err("no guard");
    assert!(
        error
            .to_string()
            .starts_with("no guard for it can be started"),
        "{error}"
    );
}

#[tokio::test]
async fn after_a_lab_that_is_killed_none_is_left() {
    for program in ["sleep", "deaf", "parent"] {
        let folder = folder();
        let lab = Lab::start(program, folder.path());
        signal(lab.pid(), Signal::KILL);
        until_none(lab.group).await;
    }
}

#[tokio::test]
async fn after_a_guard_that_is_killed_none_is_left() {
    for program in ["sleep", "deaf", "parent"] {
        let folder = folder();
        let lab = Lab::start(program, folder.path());
        signal(lab.group, Signal::KILL);
        let took = until_none(lab.group).await;
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
    let folder = folder();
    let mut program = start(&plan_of("sleep", &["180"], folder.path()));
    running(&program).await;
    signal(program.group(), Signal::KILL);
    assert_eq!(program.ended().await, Ending::GuardLost);
}

#[tokio::test]
async fn after_a_lab_and_a_guard_that_are_killed_at_once_none_is_left() {
    for program in ["sleep", "deaf", "parent"] {
        let folder = folder();
        let lab = Lab::start(program, folder.path());
        // Nothing runs in between: neither can act on the other's end.
        for number in [lab.pid(), lab.group] {
            signal(number, Signal::STOP);
        }
        for number in [lab.pid(), lab.group] {
            signal(number, Signal::KILL);
        }
        let took = until_none(lab.group).await;
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
}

/// As when all of this name are killed, `pkill -9 chainlab`.
#[tokio::test]
async fn a_program_ends_although_all_that_look_after_it_are_killed() {
    for program in ["sleep", "deaf"] {
        let folder = folder();
        let lab = Lab::start(program, folder.path());
        let mut others = alive(lab.group);
        others.retain(|number| *number != lab.program);
        others.push(i32::try_from(lab.pid()).expect("a number"));
        for number in &others {
            signal(*number, Signal::STOP);
        }
        for number in &others {
            signal(*number, Signal::KILL);
        }
        until_none(lab.group).await;
    }
}

#[tokio::test]
async fn ctrl_c_does_not_reach_a_program_before_its_lab_has_decided() {
    let folder = folder();
    let lab = Lab::start("sleep", folder.path());
    // As a terminal does.
    kill_process_group(pid(lab.pid()), Signal::INT).expect("it is there");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(alive(lab.group).len(), 3);
    drop(lab);
}

#[tokio::test]
async fn a_guard_that_is_asked_to_end_ends_its_program() {
    let folder = folder();
    for number in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut program = start(&plan_of("sleep", &["180"], folder.path()));
        running(&program).await;
        signal(program.group(), number);
        assert_eq!(program.ended().await, Ending::Signalled(15));
        until_none(program.group()).await;
    }
}

#[tokio::test]
async fn a_guard_that_is_stopped_is_not_waited_for() {
    let folder = folder();
    let mut program = start(&plan_of("sleep", &["180"], folder.path()));
    running(&program).await;
    signal(program.group(), Signal::STOP);
    program.stop();
    program.kill();
    assert_eq!(program.ended().await, Ending::Killed);
    until_none(program.group()).await;
}

#[test]
fn a_second_stage_without_its_guard_starts_nothing() {
    let stage = Command::new(own())
        .args([
            "guard-program",
            "--in-place-of",
            "1",
            "--",
            "/bin/sleep",
            "180",
        ])
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(stage.status.code(), Some(126));
    assert_eq!(
        String::from_utf8_lossy(&stage.stdout),
        "its guard has ended"
    );
}

fn refused(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("it is not for hands"), "{said}");
}

/// A container may be entered so.
#[test]
fn where_its_session_and_its_parent_have_no_number_it_is_not_for_hands_either() {
    let outside = || {
        let mut outside = Command::new("unshare");
        outside.args(["--user", "--map-root-user", "--pid", "--fork"]);
        outside
    };
    match outside().arg("true").output() {
        Ok(output) if output.status.success() => {}
        other => {
            eprintln!("skipped: no namespace can be made here: {other:?}");
            return;
        }
    }
    refused(
        outside()
            .arg(own())
            .args(["guard-program", "--behind", "1"]),
    );
}

#[test]
fn the_subcommand_is_not_for_hands_and_nowhere_listed() {
    for words in [
        &["guard-program"][..],
        &["guard-program", "--", "/bin/sleep", "180"],
        &["guard-program", "--behind", "1"],
    ] {
        refused(Command::new(own()).args(words));
    }
    for words in [
        &["--help"][..],
        &["man"],
        &["completions", "bash"],
        &["completions", "zsh"],
    ] {
        let output = Command::new(own()).args(words).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!said.contains("guard"), "{words:?}");
    }
}

#[tokio::test]
async fn many_programs_end_beside_each_other() {
    let folder = folder();
    let start_one = |number: u32| {
        let home = folder.path().join(number.to_string());
        start(&plan_of("sleep", &["180"], &home))
    };
    let programs: Vec<ProgramHandle> = (0..12).map(start_one).collect();
    for program in &programs {
        running(program).await;
    }
    programs.iter().for_each(ProgramHandle::stop);
    for mut program in programs {
        assert_eq!(program.ended().await, Ending::Stopped);
        until_none(program.group()).await;
    }
}
