//! `chainlab script next` and its like: leads the script that a lab plays.

use super::super::choose::Choice;
use super::super::failure::Failure;
use super::super::table::print_done;
use crate::lab::ask::{Request, ScriptChange};
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab script next      on to the next caption, which then waits for this
  chainlab script auto      captions come by themselves again
  chainlab script pause     no step begins, until: chainlab script resume
  chainlab script restart   the whole story again, in a lab made anew
  chainlab script next --lab partition    where several labs run";

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(change: ScriptChange, options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let lab = group.lab("a script is played by a lab")?;
    let answer = lab.request(&Request::Script(change)).await?;
    print_done(&answer, options.json)
}
