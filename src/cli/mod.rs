//! The command line: what was asked for, and one file for each subcommand.
//!
//! [`run()`] reads the arguments and calls the subcommand. Those that open a lab (`run`, `attach`,
//! `node`) hand it to `screen`, `headless` or the terminal; the verbs (`send`, `mine`, `link` and so
//! on) are clients of the control protocol, and find what runs by `choose`.
//!
//! Exit codes: 0, all went well; 2, what was asked for or given is wrong, and another request would
//! have been done; 3, what was expected of a lab was not true; 129, the terminal was closed; 1,
//! anything else.

mod attach;
mod bitcoin;
mod block;
mod chain;
mod check;
mod choose;
mod config;
mod control;
mod events;
mod failure;
mod files;
mod group;
mod guard;
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
mod pace;
mod peers;
mod programs;
mod proxy;
mod replay;
mod rpc;
mod run;
mod runtime;
mod save;
mod screen;
mod script;
mod seeds;
mod send;
mod shell;
mod status;
mod table;
mod time;
mod timeline;
mod traffic;
mod wallet;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use output::say;
use runtime::verb;
use rustix::fs::Mode;
use std::process::ExitCode;

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
    Run(Box<run::Options>),
    /// Open the screen on what runs already, and leave that running.
    #[command(after_help = attach::EXAMPLES)]
    Attach(attach::Options),
    /// List the layouts that are built in, or print one to be changed.
    #[command(after_help = layouts::EXAMPLES)]
    Layouts(layouts::Options),
    /// Run one node in this terminal until Ctrl-C.
    #[command(after_help = node::EXAMPLES)]
    Node(node::Options),
    /// Watch a Bitcoin node: blocks, transactions, pings.
    #[command(after_help = bitcoin::EXAMPLES)]
    Bitcoin(bitcoin::Options),
    /// Bend a link between two Bitcoin nodes, one of which dials this.
    #[command(after_help = proxy::EXAMPLES)]
    Proxy(proxy::Options),
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
    /// Stop the time of a lab in virtual time, step through it, go back.
    #[command(after_help = time::EXAMPLES)]
    Time(time::Options),
    /// The timelines of a lab in virtual time: list, switch, drop.
    #[command(after_help = timeline::EXAMPLES)]
    Timeline(timeline::Options),
    /// Play a run again that was saved, or check that it is the same.
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Options),
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

/// Does what the command line says.
pub fn run() -> ExitCode {
    // The database library makes its files by this. Nothing that is made here is to be shared: what is,
    // goes to the output, and the shell makes that file.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    if let Some(guarded) = guard::if_asked() {
        let Err(failure) = guarded;
        return fail(&failure);
    }
    let matches = help::grouped(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let done = match cli.command {
        None => run::run(cli.run),
        Some(Command::Run(options)) => run::run(*options),
        Some(Command::Attach(options)) => attach::run(options),
        Some(Command::Layouts(options)) => layouts::run(&options),
        Some(Command::Node(options)) => node::run(options),
        Some(Command::Bitcoin(options)) => bitcoin::run(&options),
        Some(Command::Proxy(options)) => proxy::run(&options),
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
        Some(Command::Time(options)) => verb(options.json, time::run(&options)),
        Some(Command::Timeline(options)) => verb(options.json, timeline::run(&options)),
        Some(Command::Replay(options)) => replay::run(options),
        Some(Command::Events(options)) => verb(options.json, events::run(&options)),
        Some(Command::Rpc(options)) => verb(options.json, rpc::run(&options)),
        Some(Command::Check(options)) => check::run(&options),
        Some(Command::Config(options)) => config::run(&options),
        Some(Command::Completions(options)) => shell::completions(&options, Cli::command()),
        Some(Command::Man) => shell::man(Cli::command()),
    };
    let code = match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    };
    output::finish();
    code
}

/// Says why the program ends early.
fn fail(failure: &failure::Failure) -> ExitCode {
    if !failure.words.is_empty() {
        say(&format!("chainlab: {}", failure.words));
    }
    ExitCode::from(failure.code)
}
