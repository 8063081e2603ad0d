//! What stays as it is while the lab is built anew: what this program once said, in files beside this
//! one, and what it says now.
//!
//! The program writes those files: `CHAINLAB_GUARDS=write cargo test --test lab guards`. That is done
//! in a commit of its own, which names what differs and why.

#![allow(
    clippy::disallowed_methods,
    reason = "the environment says whether files are written"
)]

mod runs;

use std::fs;
use std::path::{Path, PathBuf};

fn place(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/lab/guards")
        .join(file)
}

/// Holds `now` to what a file says, line by line, or writes the file.
fn hold(file: &str, now: &[String]) {
    let path = place(file);
    let now = now.join("\n") + "\n";
    if std::env::var("CHAINLAB_GUARDS").is_ok_and(|what| what == "write") {
        fs::write(&path, now).expect("a file of this package");
        return;
    }
    let then = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    if now == then {
        return;
    }
    let pairs = then.lines().zip(now.lines());
    let differing = pairs.filter(|(then, now)| then != now);
    let shown: Vec<_> = differing
        .map(|(then, now)| format!("- {then}\n+ {now}"))
        .take(20)
        .collect();
    let [then, now] = [then, now].map(|text| text.lines().count());
    panic!("{file}: {then} lines then, {now} now\n{}", shown.join("\n"));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
