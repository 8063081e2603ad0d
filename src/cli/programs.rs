//! Real nodes of a layout, before anything of it starts: whether its programs may be started, which is asked in
//! plain text while there is no screen yet, and a word about what is not on this machine.

use super::failure::Failure;
use super::output::{print, say};
use crate::bitcoin::start::Plan;
use crate::lab::layout::Layout;
use crate::lab::spec::BitcoinSpec;
use crate::lab::{Consent, LabError, LabOptions, Planned};
use std::io::{IsTerminal, Read, stdin, stdout};
use std::net::SocketAddr;
use std::sync::Arc;

/// Bytes of an answer that are read.
const ANSWER_MAX: u64 = 100;

/// Whether programs may be started. Where there is no terminal to ask at, only if it was said.
pub(super) fn consent(is_allowed: bool, is_headless: bool) -> Consent {
    let can_ask = !is_headless && stdin().is_terminal() && stdout().is_terminal();
    match (is_allowed, can_ask) {
        (true, _) => Consent::Given,
        (false, true) => Consent::Asked(Arc::new(ask)),
        (false, false) => Consent::Refused,
    }
}

/// Refuses early what may not be started.
pub(super) fn check(wanted: &LabOptions) -> Result<(), Failure> {
    let names = programs(&wanted.layout);
    if matches!(wanted.programs, Consent::Refused) && !names.is_empty() {
        return Err(LabError::ProgramsRefused(names).into());
    }
    Ok(())
}

/// Says what will leave this machine.
pub(super) fn tell_outside(node: &str, at: SocketAddr) {
    say(&format!(
        "{node} is at {at}, which is not this machine: it is dialled from here, and sees this machine's address"
    ));
}

/// The nodes for which a layout starts programs.
fn programs(layout: &Layout) -> Vec<String> {
    let is_started = |spec: &BitcoinSpec| spec.program().is_some();
    let nodes = layout.nodes.iter();
    let started = nodes.filter(|node| node.bitcoin.as_ref().is_some_and(is_started));
    started.map(|node| node.name.clone()).collect()
}

/// Asks. All but a yes is a no.
fn ask(programs: &[Planned]) -> bool {
    print(&question(programs)).is_ok() && read_answer().is_some_and(|answer| is_yes(&answer))
}

/// All that would be started, and the question.
fn question(programs: &[Planned]) -> String {
    let mut text =
        "This lab starts programs of others, as this user, and without a shell:\n".to_owned();
    for (node, plan) in programs {
        text.push_str(&described(node, plan));
    }
    text.push_str("\nStart these programs? [y/N] ");
    text
}

fn described(node: &str, plan: &Plan) -> String {
    let plan = plan.to_string();
    let lines = plan.lines().map(|line| format!("  {line}\n"));
    format!("\n{node}\n{}", lines.collect::<String>())
}

/// A line of the terminal.
fn read_answer() -> Option<String> {
    let mut answer = Vec::new();
    for byte in stdin().lock().take(ANSWER_MAX).bytes() {
        match byte {
            Ok(b'\n') => break,
            Ok(byte) => answer.push(byte),
            Err(_) => return None,
        }
    }
    String::from_utf8(answer).ok()
}

fn is_yes(answer: &str) -> bool {
    let answer = answer.trim();
    answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitcoin::start::{Found, Ports, Wanted, plan};
    use std::ffi::OsString;
    use std::path::PathBuf;

    #[test]
    fn all_but_a_yes_is_a_no() {
        for yes in ["y", "Y\r", " yes "] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "n", "yess", "y n", "ja"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }

    #[test]
    fn what_is_asked_about_is_there_in_full_and_a_word_of_a_layout_draws_nothing() {
        let wanted = Wanted {
            found: Found::Command {
                program: PathBuf::from("/opt/node"),
                words: vec![
                    "--at={port}".to_owned(),
                    "a\u{1b}[2J\nStart these?".to_owned(),
                ],
            },
            folder: PathBuf::from("/tmp/lab/nodes/core"),
            ports: Ports {
                peers: 20_001,
                watch: 20_002,
                rpc: 20_003,
                wallet: 20_004,
            },
            peers: Vec::new(),
            search: OsString::from("/bin"),
            mine_to: None,
        };
        let plan = Arc::new(plan(&wanted).expect("it can be"));
        let asked = question(&[("core".to_owned(), plan)]);
        for part in [
            "\ncore\n",
            "/opt/node",
            "--at=20001",
            "PATH=/bin",
            "127.0.0.1:20001",
        ] {
            assert!(asked.contains(part), "{part}: {asked}");
        }
        assert!(!asked.contains('\u{1b}'), "{asked:?}");
        let count = |line: &str| line.starts_with("Start these");
        assert_eq!(
            asked.lines().filter(|line| count(line)).count(),
            1,
            "{asked}"
        );
        assert!(asked.ends_with("\nStart these programs? [y/N] "));
    }
}
