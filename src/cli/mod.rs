//! The command line: what was asked for, and one file for each subcommand.
//!
//! Exit codes: 0, all went well; 2, what was asked for or given is wrong; 1, anything else.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this floor is where people come in"
)]

mod layouts;
mod network;
mod node;

use crate::live::StartError;
use crate::live::disk::OpenDiskError;
use crate::node::StoreFault;
use crate::node::chainstate::OpenError;
use clap::{Parser, Subcommand};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;

const ABOUT: &str = "\
Runs a real blockchain network in one terminal (in the making).

What works so far is one node in a terminal; start several and they find each other. The lab that
runs and shows many of them comes next.";

const EXAMPLES: &str = "\
Examples:
  chainlab node --name central --port 3000
  chainlab node --name miner --port 3001 --connect 127.0.0.1:3000 --mine rewards
  chainlab network show > my-network.toml
  chainlab layouts scenario > my-lab.toml";

#[derive(Parser)]
#[command(name = "chainlab", version, about = ABOUT, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run one node in this terminal until Ctrl-C.
    #[command(after_help = node::EXAMPLES)]
    Node(node::Options),
    /// Networks, and the files that describe them.
    #[command(subcommand)]
    Network(network::Command),
    /// List the layouts that are built in, or print one as a file to change.
    #[command(after_help = layouts::EXAMPLES)]
    Layouts(layouts::Options),
}

/// Why the program ends early: words for people, and which exit code.
#[derive(Debug)]
struct Failure {
    words: String,
    is_input: bool,
}

impl Failure {
    /// What was asked for or given is wrong.
    fn input(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            is_input: true,
        }
    }

    /// Something else is.
    fn other(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            is_input: false,
        }
    }
}

impl From<StoreFault> for Failure {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Damaged { .. } => Self::input(fault),
            StoreFault::Failed { .. } => Self::other(fault),
        }
    }
}

impl From<OpenDiskError> for Failure {
    fn from(error: OpenDiskError) -> Self {
        match error {
            OpenDiskError::Store(fault) => fault.into(),
            _ => Self::input(error),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Disk(error) => error.into(),
            StartError::Chain(OpenError::Store(fault)) => fault.into(),
            StartError::Chain(error) => Self::input(error),
            error @ (StartError::System(_) | StartError::Panicked(_)) => Self::other(error),
        }
    }
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        None => print(&format!(
            "chainlab {}: {ABOUT}\n",
            env!("CARGO_PKG_VERSION")
        )),
        Some(Command::Node(options)) => node::run(options),
        Some(Command::Network(command)) => network::run(command),
        Some(Command::Layouts(options)) => layouts::run(&options),
    };
    let Err(failure) = done else {
        return ExitCode::SUCCESS;
    };
    say(&format!("chainlab: {}", failure.words));
    ExitCode::from(if failure.is_input { 2 } else { 1 })
}

/// Prints what was asked for. That nobody reads on is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match stdout()
        .write_all(text.as_bytes())
        .and_then(|()| stdout().flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}

/// Says something beside the output. The terminal may be gone already.
fn say(words: &str) {
    let _ = writeln!(stderr(), "{words}");
}

/// The text of a file that people write, of at most `max` bytes and one, by which its reader sees
/// that it is too large.
fn read_file(path: &Path, max: usize) -> Result<String, Failure> {
    let named = |problem: &dyn fmt::Display| format!("{}: {problem}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| Failure::input(named(&error)))?;
    file.take(max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::other(named(&error)))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // A character that the limit cut in two is no fault of the text's.
        Err(error) if error.as_bytes().len() > max => Ok(" ".repeat(max + 1)),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good]
                .split(|byte| *byte == b'\n')
                .count();
            let words = format!("{}:{line}: not text in UTF-8", path.display());
            Err(Failure::input(words))
        }
    }
}
