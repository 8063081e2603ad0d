//! `chainlab script`: the scripts of layouts.

mod check;
mod lead;

use super::failure::Failure;
use super::runtime::verb;
use crate::lab::ask::ScriptChange;
use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Play a lab's script on to its next caption; the captions after that wait for this, too.
    #[command(after_help = lead::EXAMPLES)]
    Next(lead::Options),
    /// Let captions come by themselves again, at the script's own pace.
    #[command(after_help = lead::EXAMPLES)]
    Auto(lead::Options),
    /// Pause a lab's script: no step begins, and the lab goes on.
    #[command(after_help = lead::EXAMPLES)]
    Pause(lead::Options),
    /// Go on with a script that is paused.
    #[command(after_help = lead::EXAMPLES)]
    Resume(lead::Options),
    /// Make a temporary lab anew, with the same keys, genesis block and ports, and play its script from
    /// the beginning. What was done in it is lost.
    #[command(after_help = lead::EXAMPLES)]
    Restart(lead::Options),
    /// Play a layout's script in virtual time with many seeds, and say how long each caption stands and
    /// what is waited for. Exit code 3 if a caption has less than its time or stands for more than 12 s,
    /// the whole takes more than 75 s, or a step fails.
    #[command(after_help = check::EXAMPLES)]
    Check(check::Options),
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    let (change, options) = match command {
        Command::Next(options) => (ScriptChange::Next, options),
        Command::Auto(options) => (ScriptChange::Auto, options),
        Command::Pause(options) => (ScriptChange::Pause, options),
        Command::Resume(options) => (ScriptChange::Resume, options),
        Command::Restart(options) => (ScriptChange::Restart, options),
        Command::Check(options) => return check::run(&options),
    };
    verb(options.json, lead::run(change, &options))
}
