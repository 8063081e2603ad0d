//! `chainlab timeline`: the timelines of a lab in virtual time.

use super::choose::Choice;
use super::failure::Failure;
use super::output::print;
use super::table::{print_done, print_json};
use crate::lab::ask::{Request, TimeChange, TimelineId};
use clap::{Args, Subcommand};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab timeline                      lists them
  chainlab timeline switch A             what is done then is done in A
  chainlab timeline compare A            what is different in it
  chainlab timeline drop B";

#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
enum What {
    /// List them: where each began, and how far it goes.
    List,
    /// Show another one, at the same moment if it was played so far; time stands still there.
    Switch {
        /// Its letter, as in B.
        #[arg(value_name = "NAME")]
        timeline: TimelineId,
    },
    /// Drop one that is not shown.
    Drop {
        /// Its letter, as in B.
        #[arg(value_name = "NAME")]
        timeline: TimelineId,
    },
    /// Hold another one against the one that is shown: they go on in step, and what was first different is
    /// told. Without a name: no more.
    Compare {
        /// Its letter, as in B.
        #[arg(value_name = "NAME")]
        timeline: Option<TimelineId>,
    },
    /// Have what was given by hand later than now not be given again.
    DropLater,
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let lab = group.lab("timelines are a lab's")?;
    let change = match &options.what {
        None | Some(What::List) => None,
        Some(What::Switch { timeline }) => Some(TimeChange::Switch(*timeline)),
        Some(What::Drop { timeline }) => Some(TimeChange::DropTimeline(*timeline)),
        Some(What::Compare { timeline }) => Some(TimeChange::Compare(*timeline)),
        Some(What::DropLater) => Some(TimeChange::DropLater),
    };
    if let Some(change) = change {
        let answer = lab.request(&Request::Time(change)).await?;
        return print_done(&answer, options.json);
    }
    let time = lab.time().await?;
    let time =
        time.ok_or_else(|| Failure::other("time of this lab goes by itself: it has no timelines"))?;
    if options.json {
        return print_json(&time.timelines);
    }
    if time.timelines.is_empty() {
        return print("one: nothing was done in the past\n");
    }
    let lines = time.timelines.iter().map(|timeline| {
        let sign = if timeline.is_shown { ">" } else { " " };
        format!("{sign} {timeline}\n")
    });
    print(&lines.collect::<String>())
}
