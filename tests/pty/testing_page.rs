//! docs/testing.md, done as it is written.

use crate::terminal::{HOMES, Screen};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fenced block of the page: what it is, and its lines.
struct Fence {
    kind: String,
    lines: Vec<String>,
}

fn fences(page: &str) -> Vec<Fence> {
    let mut fences: Vec<Fence> = Vec::new();
    let mut is_within = false;
    for line in page.lines() {
        match (line.strip_prefix("```"), is_within) {
            (Some(kind), false) => fences.push(Fence {
                kind: kind.to_owned(),
                lines: Vec::new(),
            }),
            (None, true) => fences
                .last_mut()
                .expect("it is within")
                .lines
                .push(line.to_owned()),
            (None, false) | (Some(_), true) => {}
        }
        if line.starts_with("```") {
            is_within = !is_within;
        }
    }
    fences
}

/// Does what stands after `$`, where chainlab is this one.
fn done(line: &str, dir: &Path) -> String {
    let (line, code) = match line.split_once("   # exit code ") {
        Some((line, code)) => (line, code.parse().expect("a number")),
        None => (line, 0),
    };
    let program = PathBuf::from(env!("CARGO_BIN_EXE_chainlab"));
    let place = program.parent().expect("a directory").display();
    let path = format!("{place}:{}", std::env::var("PATH").expect("it is set"));
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(dir)
        .env("PATH", path);
    for name in HOMES {
        command.env(name, dir);
    }
    let output = command.output().expect("a shell");
    let words = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy);
    let words = words.concat();
    assert_eq!(output.status.code(), Some(code), "{line}: {words}");
    words
}

/// That a line is what the page says; `...` stands for whatever is there.
fn fits(line: &str, said: &str) -> bool {
    let mut rest = line;
    let mut parts = said.split("...").map(str::trim).peekable();
    let begins = parts.peek().is_none_or(|first| line.starts_with(*first));
    begins
        && parts.all(|part| {
            let found = rest.find(part);
            rest = found.map_or("", |at| &rest[at + part.len()..]);
            found.is_some()
        })
}

#[test]
fn a_fault_goes_from_the_screen_to_ci_as_the_page_says() {
    let page = fs::read_to_string("docs/testing.md").expect("the page is there");
    let dir = tempfile::tempdir().expect("a directory");
    let mut screens: Vec<Screen> = Vec::new();
    for Fence { kind, lines } in fences(&page) {
        match kind.as_str() {
            "toml" => {
                let name = lines[0].trim_start_matches("# ").split(':').next();
                let file = dir.path().join(name.expect("a name"));
                fs::write(file, lines.join("\n") + "\n").expect("room");
            }
            "screen" => {
                let file = dir.path().join("lab.toml").display().to_string();
                let line = lines[0].replace("lab.toml", &file);
                let args: Vec<_> = line.split(' ').skip(1).collect();
                let screen = Screen::start(&args, (120, 36));
                screen.sees("AGREE");
                screens.push(screen);
            }
            "console" => console(&lines, screens[0].home()),
            other => panic!("{other} is no kind of block"),
        }
    }
    assert_eq!(screens.len(), 1);
}

fn console(lines: &[String], dir: &Path) {
    let mut lines = lines.iter().peekable();
    while let Some(line) = lines.next() {
        let command = line
            .strip_prefix("$ ")
            .unwrap_or_else(|| panic!("{line} is no command"));
        let words = done(command, dir);
        let mut told = words.lines();
        while let Some(said) = lines.next_if(|line| !line.starts_with("$ ")) {
            let found = told.any(|line| fits(line, said));
            assert!(found, "{command}: {said:?} is not in {words}");
        }
    }
}
