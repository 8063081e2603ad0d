//! `chainlab script`: the scripts of layouts.

mod check;

use super::Failure;
use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Play a layout's script in virtual time with many seeds, and say how long each caption stands and
    /// what is waited for. Exit code 3 if a caption has less than its time or stands for more than 12 s,
    /// the whole takes more than 75 s, or a step fails.
    #[command(after_help = check::EXAMPLES)]
    Check(check::Options),
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(options) => check::run(&options),
    }
}
