//! `chainlab time`: how time goes in a lab in virtual time, and having it go elsewhere.

use super::choose::Choice;
use super::failure::Failure;
use super::output::print;
use super::save;
use super::table::{print_done, print_json};
use crate::lab::ask::{Named, Request, TimeChange, When};
use crate::lab::paper::units::show_clock_ms;
use crate::lab::script::Expr;
use crate::lab::spec::Speed;
use crate::lab::view::TimeView;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab time                          says how it is
  chainlab time pause
  chainlab time step                     on to the next thing that is told
  chainlab time speed 1/10
  chainlab time go +01:23                or to a block: '#7'
  chainlab time until 'height >= 3'      waits for that; exit code 0 or 3
  chainlab time when 'tips == 2'         stands still there whenever that begins
  chainlab time save fork.run            the run so far, to be played again
  chainlab time resume --lab partition   where several labs run";

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
    /// Have time stand still.
    Pause,
    /// Let time go on.
    Resume,
    /// Go on to the next thing that is told, and stand still there.
    Step,
    /// Go back to the last thing that was told before, and stand still there.
    Back,
    /// Go on to the next mark, or to the newest moment, and stand still there.
    Next,
    /// Go back to the mark before, and stand still there.
    Prev,
    /// Change how fast time goes.
    Speed {
        /// How many times as fast as real time: 5, 1/10, or max.
        #[arg(value_name = "X")]
        speed: Speed,
    },
    /// Go to a moment, and stand still there.
    Go {
        /// A time since the beginning, as in +01:23 or 83s, or a block, as in '#7'.
        #[arg(value_name = "WHEN")]
        to: When,
    },
    /// Go on at full speed until something is true, stand still there, and say what it was. Exit code 3
    /// if it does not come true.
    Until {
        /// What is to be true, as in 'height >= 3'; docs/layout.md has all that can be written.
        expr: Expr,
    },
    /// Stand still whenever something begins to be true.
    When {
        /// What, as in 'tips == 2'; without it, for nothing any more.
        expr: Option<Expr>,
    },
    /// Go back to just before the last command that was given by hand, and stand still there.
    Undo,
    /// Write the run so far into a new file, which `chainlab replay` plays again. Its seed is the key to
    /// all of its wallets.
    Save {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A file that is there goes.
        #[arg(long)]
        force: bool,
        /// Keys that were imported are in it.
        #[arg(long)]
        with_secrets: bool,
    },
    /// Write a new layout: what was done by hand up to now as steps, and what is true now as what is
    /// expected. It is played once before.
    Export {
        /// The file.
        #[arg(value_name = "FILE.toml")]
        file: PathBuf,
        /// A file that is there goes.
        #[arg(long)]
        force: bool,
    },
}

impl What {
    fn request(&self) -> Request<Named> {
        Request::Time(match self {
            Self::Pause => TimeChange::Pause,
            Self::Resume => TimeChange::Resume,
            Self::Step => TimeChange::Step,
            Self::Back => TimeChange::Back,
            Self::Next => TimeChange::NextMark,
            Self::Prev => TimeChange::PreviousMark,
            Self::Speed { speed } => TimeChange::Speed(*speed),
            Self::Go { to } => TimeChange::Go(*to),
            Self::Until { expr } => TimeChange::Until(expr.to_string()),
            Self::When { expr } => TimeChange::PauseWhen(expr.as_ref().map(ToString::to_string)),
            Self::Undo => TimeChange::Undo,
            Self::Export { .. } => return Request::Export,
            Self::Save { with_secrets, .. } => {
                let with_secrets = *with_secrets;
                return Request::Run { with_secrets };
            }
        })
    }
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let lab = group.lab("time is held by a lab")?;
    if let Some(what) = &options.what {
        let answer = lab.request(&what.request()).await?;
        return match (what, answer["file_text"].as_str()) {
            (What::Save { file, force, .. }, Some(text)) => {
                write(file, *force, text)?;
                print(&format!(
                    "the run is saved in {}: {}\n",
                    file.display(),
                    save::KEYS
                ))
            }
            (What::Export { file, force }, Some(text)) => write(file, *force, text),
            _ => print_done(&answer, options.json),
        };
    }
    let time = lab.time().await?;
    if options.json {
        return print_json(&time);
    }
    print(&time.map_or_else(
        || "time of this lab goes by itself\n".to_owned(),
        |time| told(&time),
    ))
}

fn write(path: &Path, replaces: bool, text: &str) -> Result<(), Failure> {
    let mut file = save::create(path, replaces)?;
    file.write(text)
        .map_err(|error| Failure::other(format!("{}: {error}", path.display())))
}

/// All that there is to say of time, line by line.
fn told(time: &TimeView) -> String {
    let mut lines = vec![format!("{}  {}", show_clock_ms(time.at), time_words(time))];
    if time.newest > time.at {
        lines.push(format!("newest: {}", show_clock_ms(time.newest)));
    }
    lines.extend(time.told.as_ref().map(|told| told.words.to_string()));
    let breakpoints = time.breakpoints.iter();
    lines.extend(breakpoints.map(|expr| format!("stands still when {expr}")));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// How time goes, in a few words.
pub(super) fn time_words(time: &TimeView) -> String {
    let speed = match (time.speed, time.reached) {
        (Speed::Max, _) => "max".to_owned(),
        (speed, Some(reached)) => format!("x{speed} ({reached})"),
        (speed, None) => format!("x{speed}"),
    };
    match (&time.on_its_way, time.is_paused) {
        (Some(words), _) => format!("on its way: {words}"),
        (None, true) if time.newest > time.at => format!("paused, back ({speed})"),
        (None, true) => format!("paused ({speed})"),
        (None, false) => speed,
    }
}
