//! The verbs of the command line, with their options and parameters.

use super::hold_all;
use std::process::Command;

/// Each verb of each level with each word that it takes, as shells complete them.
fn words() -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .args(["completions", "bash"])
        .output()
        .expect("it runs");
    let script = String::from_utf8(output.stdout).expect("text");
    let mut verb = String::new();
    let mut words = Vec::new();
    for line in script.lines().map(str::trim) {
        if let Some(label) = line.strip_suffix(')') {
            verb = label.replace("__subcmd__", " ");
        }
        let taken = line
            .strip_prefix("opts=\"")
            .and_then(|rest| rest.strip_suffix('"'));
        // `help` has all verbs once more.
        if let Some(taken) = taken.filter(|_| !verb.contains(" help")) {
            let taken = taken.split_whitespace();
            words.extend(taken.map(|word| format!("{verb} {word}")));
        }
    }
    words
}

#[test]
fn every_verb_and_option_of_the_command_line_is_still_one() {
    let words = words();
    assert!(words.iter().any(|word| word == "chainlab wallet new"));
    hold_all("verbs.txt", &words);
}
