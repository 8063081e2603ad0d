//! The command line: what was asked for, and one file for each subcommand.
//!
//! Exit codes: 0, all went well; 2, what was asked for or given is wrong, and another request would
//! have been done; 3, what was expected of a lab was not true; 129, the terminal was closed; 1,
//! anything else.

#![allow(
    clippy::disallowed_types,
    reason = "this floor is where people come in"
)]

mod attach;
mod block;
mod chain;
mod check;
mod choose;
mod config;
mod control;
mod events;
mod group;
mod headless;
mod help;
mod layouts;
mod link;
mod log;
mod look;
mod mine;
mod network;
mod node;
mod output;
mod peers;
mod rpc;
mod run;
mod screen;
mod script;
mod send;
mod shell;
mod status;
mod table;
mod traffic;
mod wallet;

use crate::live::disk::OpenDiskError;
use crate::live::{Signals, StartError};
use crate::node::StoreFault;
use crate::node::chainstate::OpenError;
use crate::node::foreign::{one_line, plain};
use crate::node::io::RefusalKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use output::say;
use rustix::fs::Mode;
use serde_json::json;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How long a runtime waits at the end for what should have ended already.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Threads for all sockets: they only move bytes.
const SOCKET_THREADS: usize = 2;

const ABOUT: &str = "\
Runs a real blockchain network in one terminal: several nodes with wallets, miners and \
databases, side by side. Watch blocks walk from pane to pane, send coins, kill a node and see it \
catch up.";

const EXAMPLES: &str = "\
Examples:
  chainlab                            three nodes: central, wallet, miner
  chainlab run swarm                  twenty-four of them
  chainlab run world --virtual        in virtual time: no ports, nothing on disk
  chainlab run --data-dir my-lab      a lab that is kept
  chainlab layouts scenario > my-lab.toml
  chainlab node --name central --port 3000          one node, without a screen
  chainlab send --from alice --to bob --amount 1    in what runs elsewhere

On the screen, ? lists all keys and q quits.";

#[derive(Parser)]
#[command(
    name = "chainlab",
    version,
    about = ABOUT,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(flatten)]
    run: run::Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Open a lab on the screen; that is also what `chainlab` alone does.
    #[command(after_help = run::EXAMPLES)]
    Run(run::Options),
    /// Open the screen on what runs already, and leave that running.
    #[command(after_help = attach::EXAMPLES)]
    Attach(attach::Options),
    /// List the layouts that are built in, or print one to be changed.
    #[command(after_help = layouts::EXAMPLES)]
    Layouts(layouts::Options),
    /// Run one node in this terminal until Ctrl-C.
    #[command(after_help = node::EXAMPLES)]
    Node(node::Options),
    /// Networks, and the files that describe them.
    #[command(subcommand)]
    Network(network::Command),
    /// Say what runs, and whether its nodes agree.
    #[command(after_help = status::EXAMPLES)]
    Status(status::Options),
    /// Make, list, export and import wallets; what they hold and did.
    #[command(after_help = wallet::EXAMPLES)]
    Wallet(wallet::Options),
    /// Pay.
    #[command(after_help = send::EXAMPLES)]
    Send(send::Options),
    /// Start and stop miners, or mine blocks now.
    #[command(after_help = mine::EXAMPLES)]
    Mine(mine::Options),
    /// Show a chain, open a block or a transaction.
    #[command(after_help = chain::EXAMPLES)]
    Chain(chain::Options),
    /// Say who is connected with whom; connect, disconnect and ban.
    #[command(after_help = peers::EXAMPLES)]
    Peers(peers::Options),
    /// Make links slow, lossy or narrow, cut and heal them.
    #[command(after_help = link::EXAMPLES)]
    Link(link::Options),
    /// Have a lab make payments by itself, between all wallets.
    #[command(after_help = traffic::EXAMPLES)]
    Traffic(traffic::Options),
    /// Lead the script that a lab plays; check how one is paced.
    #[command(subcommand)]
    Script(script::Command),
    /// Say what happened, and what happens.
    #[command(after_help = events::EXAMPLES)]
    Events(events::Options),
    /// Call any method of the control protocol.
    #[command(after_help = rpc::EXAMPLES)]
    Rpc(rpc::Options),
    /// Prove a node's database, and mend what can be mended.
    #[command(after_help = check::EXAMPLES)]
    Check(check::Options),
    /// The file with the screen's settings and keys.
    #[command(after_help = config::EXAMPLES)]
    Config(config::Options),
    /// Print what a shell needs to complete commands.
    #[command(after_help = shell::EXAMPLES)]
    Completions(shell::Completions),
    /// Print the manual, for `man -l -`.
    Man,
}

/// Why the program ends early: words for people, if there are any to read them, and which exit code.
#[derive(Debug)]
struct Failure {
    words: String,
    code: u8,
    /// Of what runs, why it refuses.
    kind: Option<RefusalKind>,
}

/// What was asked for or given is wrong.
const BAD_INPUT: u8 = 2;

/// What was expected of a lab was not true.
const UNMET: u8 = 3;

/// The terminal was closed: what a shell says of a program that SIGHUP has ended.
const HUNG_UP: u8 = 129;

impl Failure {
    /// What was asked for or given is wrong.
    fn input(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            code: BAD_INPUT,
            kind: None,
        }
    }

    /// Something else is.
    fn other(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            code: 1,
            kind: None,
        }
    }

    /// What runs refuses, or would.
    fn refused(kind: RefusalKind, words: impl fmt::Display) -> Self {
        let failure = match kind.is_of_the_request() {
            true => Self::input(words),
            false => Self::other(words),
        };
        Self {
            kind: Some(kind),
            ..failure
        }
    }

    /// The terminal was closed: there is no reader any more.
    fn hung_up() -> Self {
        Self {
            words: String::new(),
            code: HUNG_UP,
            kind: None,
        }
    }

    /// What was expected of a lab was not true.
    fn unmet(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            code: UNMET,
            kind: None,
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
    // The database library makes its files by this. Nothing that is made here is to be shared: what is,
    // goes to the output, and the shell makes that file.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let matches = help::grouped(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let done = match cli.command {
        None => run::run(cli.run),
        Some(Command::Run(options)) => run::run(options),
        Some(Command::Attach(options)) => attach::run(options),
        Some(Command::Layouts(options)) => layouts::run(&options),
        Some(Command::Node(options)) => node::run(options),
        Some(Command::Network(command)) => network::run(command),
        Some(Command::Status(options)) => verb(options.json, status::run(&options)),
        Some(Command::Wallet(options)) => verb(options.json, wallet::run(&options)),
        Some(Command::Send(options)) => verb(options.json, send::run(&options)),
        Some(Command::Mine(options)) => verb(options.json, mine::run(&options)),
        Some(Command::Chain(options)) => verb(options.json, chain::run(&options)),
        Some(Command::Peers(options)) => verb(options.json, peers::run(&options)),
        Some(Command::Link(options)) => verb(options.json, link::run(&options)),
        Some(Command::Traffic(options)) => verb(options.json, traffic::run(&options)),
        Some(Command::Script(command)) => script::run(command),
        Some(Command::Events(options)) => verb(options.json, events::run(&options)),
        Some(Command::Rpc(options)) => verb(options.json, rpc::run(&options)),
        Some(Command::Check(options)) => check::run(&options),
        Some(Command::Config(options)) => config::run(&options),
        Some(Command::Completions(options)) => shell::completions(&options, Cli::command()),
        Some(Command::Man) => shell::man(Cli::command()),
    };
    let code = match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.words.is_empty() {
                say(&format!("chainlab: {}", failure.words));
            }
            ExitCode::from(failure.code)
        }
    };
    output::finish();
    code
}

/// Does what goes through the control protocol. Programs that want JSON get a refusal as JSON, too.
fn verb(json: bool, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let done = block_on(work);
    if let (
        true,
        Err(Failure {
            words,
            kind: Some(kind),
            ..
        }),
    ) = (json, &done)
    {
        table::print_json(&json!({ "error": { "kind": kind, "message": words } }))?;
    }
    done
}

/// The threads of all sockets.
fn runtime() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread()
        .worker_threads(SOCKET_THREADS)
        .thread_name("sockets")
        .enable_all()
        .build();
    built.map_err(|error| Failure::other(format!("no threads: {error}")))
}

/// Does the whole work of a command, and waits for no thread that has not ended by then.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WAIT);
    done
}

/// Waits for work that ends well. A signal asks for just that; the second one means that the disk is
/// not to be waited for.
async fn unless_signalled_again<T>(signals: &mut Signals, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        let was_signalled = signals.heard() > 0;
        tokio::select! {
            biased;
            done = &mut work => return done,
            signal = signals.next() => {
                if was_signalled {
                    say(&format!("{signal} again: not waiting for the disk"));
                    std::process::exit(1)
                }
            }
        }
    }
}

/// Prints what was asked for. That nobody reads on is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match stdout()
        .write_all(plain(text).as_bytes())
        .and_then(|()| stdout().flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}

/// The text of a file that people write, of at most `max` bytes and one, by which its reader sees
/// that it is too large.
#[allow(
    clippy::disallowed_methods,
    reason = "what a person names may be a link, or a pipe"
)]
fn read_file(path: &Path, max: usize) -> Result<String, Failure> {
    let name = path.display().to_string();
    let named = |problem: &dyn fmt::Display| format!("{}: {problem}", one_line(&name));
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
            let words = format!("{}:{line}: not text in UTF-8", one_line(&name));
            Err(Failure::input(words))
        }
    }
}
