//! `chainlab run`, and `chainlab` alone: a lab on the screen.

use super::control::ControlOptions;
use super::headless::{self, HeadlessOptions};
use super::look::Look;
use super::{Failure, choose, output, read_file, runtime, say, screen};
use crate::lab::control::Place;
use crate::lab::document::{FILE_BYTES_MAX, nearest};
use crate::lab::layout::{self, shipped};
use crate::lab::names::missing;
use crate::lab::script::Pace;
use crate::lab::{Lab, LabError, LabOptions, Layout};
use crate::node::Time;
use crate::ui::state::{Seat, Stage};
use clap::{Args, CommandFactory};
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab run                          three nodes: central, wallet, miner
  chainlab run swarm                    another one, of `chainlab layouts`
  chainlab run my-lab.toml              one of your own
  chainlab run mesh --data-dir my-mesh  kept: the next start goes on from there
  chainlab run partition --big          a story, its titles in large letters
  chainlab run --seed 7 --clock 2026-01-01T12:00:00Z    for a recording
  chainlab run --headless --until 'height >= 3'         a test: exit code 0 or 3
  chainlab run my-lab.toml --headless --virtual         its script, in a moment";

#[derive(Args)]
pub(super) struct Options {
    /// A layout's name, or a file; `chainlab layouts` lists the names [default: scenario].
    #[arg(value_name = "NAME|FILE")]
    layout: Option<String>,
    /// Keep the lab here; if one was kept here before, go on with it.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The same wallets, addresses and topology for the same number.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where the lab clock starts, as in 2026-01-01T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    clock: Option<Time>,
    /// The captions of the layout's script wait for the presenter: n on the screen, or `chainlab script
    /// next`.
    #[arg(long, conflicts_with = "is_virtual")]
    manual: bool,
    /// Show the last key and what it does, for recordings.
    #[arg(long)]
    show_keys: bool,
    /// Show what can be controlled there as well; can be given several times.
    #[arg(long, value_name = "HOST:PORT|SOCKET")]
    attach: Vec<Place>,
    #[command(flatten)]
    headless: HeadlessOptions,
    #[command(flatten)]
    control: ControlOptions,
    #[command(flatten)]
    look: Look,
}

fn parse_time(text: &str) -> Result<Time, String> {
    let wanted = "write a time as in 2026-01-01T12:00:00Z";
    let time: jiff::Timestamp = text.parse().map_err(|_| wanted.to_owned())?;
    let us = u64::try_from(time.as_microsecond());
    us.map(Time).map_err(|_| format!("before 1970: {wanted}"))
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        match error.is_input() {
            true => Self::input(error),
            false => Self::other(error),
        }
    }
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let look = options.look.resolve()?;
    let (mut layout, layout_text) = choose(options.layout.as_deref())?;
    if options.manual {
        if layout.steps.is_empty() {
            let words = format!("--manual: {} has no steps to be led through", layout.name);
            return Err(Failure::input(words));
        }
        layout.pace = Pace::Presenter;
    }
    let wanted = LabOptions {
        layout,
        layout_text,
        is_layout_chosen: options.layout.is_some(),
        data_dir: options.data_dir,
        seed: options.seed,
        clock: options.clock,
        control: options.control.control(),
    };
    if options.headless.is_wanted() {
        return headless::run(&options.headless, wanted);
    }
    screen::check_terminal()?;
    let runtime = runtime()?;
    let clock = screen::start_log();
    let lab = Lab::start(wanted, runtime.handle().clone())?;
    for at in &options.attach {
        let door = choose::door_at(at)?;
        runtime.block_on(lab.attach_to(door))?;
    }
    let stage = Stage::new(Seat::Own, look.is_big, false);
    let left = screen::show(runtime, lab, &clock, look, options.show_keys, stage)?;
    if let Some(path) = left.kept {
        let path = path.display();
        say(&format!("The lab is kept in {path}. To go on with it:"));
        output::print_last(&format!("chainlab run --data-dir {path}\n"));
    }
    Ok(())
}

/// The layout of this name, or in this file, with its text.
pub(super) fn choose(wanted: Option<&str>) -> Result<(Layout, String), Failure> {
    let wanted = wanted.unwrap_or(shipped::DEFAULT);
    let is_file = wanted.contains(['/', '.']);
    let (name, text) = if is_file {
        (wanted, read_file(Path::new(wanted), FILE_BYTES_MAX)?)
    } else {
        let text = shipped::text(wanted);
        let missing = || match nearest(wanted, verbs().iter().map(String::as_str)) {
            Some(verb) if nearest(wanted, shipped::names()).is_none() => {
                format!("there is no layout {wanted:?}; did you mean chainlab {verb}?")
            }
            _ => missing("layout", wanted, shipped::names()),
        };
        (
            wanted,
            text.ok_or_else(|| Failure::input(missing()))?.to_owned(),
        )
    };
    let layout = layout::read(name, &text).map_err(Failure::input)?;
    Ok((layout, text))
}

/// The names of all subcommands.
fn verbs() -> Vec<String> {
    let command = super::Cli::command();
    let names = command.get_subcommands().map(|sub| sub.get_name());
    names.map(ToOwned::to_owned).collect()
}
