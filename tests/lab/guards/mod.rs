//! What stays as it is while the lab is built anew: what this program once said, in files beside this
//! one, and what it says now.
//!
//! The program writes those files: `CHAINLAB_GUARDS=write cargo test --test lab guards`. That is done
//! in a commit of its own, which names what differs and why.

#![allow(
    clippy::disallowed_methods,
    reason = "the environment says whether files are written"
)]

mod layouts;
mod methods;
mod runs;
mod verbs;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn place(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/lab/guards")
        .join(file)
}

/// What a file says; `None`: it has just been written, with what is so `now`.
fn said(file: &str, now: &[String]) -> Option<Vec<String>> {
    let path = place(file);
    if std::env::var("CHAINLAB_GUARDS").is_ok_and(|what| what == "write") {
        fs::write(&path, now.join("\n") + "\n").expect("a file of this package");
        return None;
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    Some(text.lines().map(str::to_owned).collect())
}

/// Insists that all is as a file says, line by line.
fn hold(file: &str, now: &[String]) {
    let Some(then) = said(file, now) else { return };
    let pairs = then.iter().zip(now).filter(|(then, now)| then != now);
    let shown = pairs.map(|(then, now)| format!("- {then}\n+ {now}"));
    let shown: Vec<_> = shown.take(20).collect();
    let is_equal = shown.is_empty() && then.len() == now.len();
    let (before, now) = (then.len(), now.len());
    let shown = shown.join("\n");
    assert!(is_equal, "{file}: {before} lines then, {now} now\n{shown}");
}

/// Insists that all that a file says is so, whatever else there is.
fn hold_all(file: &str, now: &[String]) {
    let Some(then) = said(file, now) else { return };
    let now: BTreeSet<_> = now.iter().collect();
    let missing: Vec<_> = then
        .iter()
        .filter(|line| !now.contains(line))
        .map(String::as_str)
        .collect();
    assert!(
        missing.is_empty(),
        "{file}: not so any more:\n{}",
        missing.join("\n")
    );
}
