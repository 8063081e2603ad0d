//! `chainlab replay`: a run that was saved, again.

mod check;

use super::control::ControlOptions;
use super::failure::Failure;
use super::files::read_file;
use super::look::Look;
use super::output::say;
use super::runtime::runtime;
use super::save::SaveOptions;
use super::screen::{self, Screen};
use crate::lab::Lab;
use crate::lab::drive::run_file::{self, RUN_BYTES_MAX, Run};
use crate::lab::drive::{Level, RunOptions, VirtualOptions};
use crate::lab::spec::{OpeningTime, Speed};
use crate::ui::viewer::{Seat, Stage};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab run partition --virtual --save fork.run
  chainlab replay fork.run               on the screen, from its beginning
  chainlab replay fork.run --check       exit code 0 if it is as it was, else 3
  chainlab replay fork.run --save again.run --speed 10";

#[derive(Args)]
pub(super) struct Options {
    /// The file, as --save, :save or `chainlab time save` wrote it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Without a screen: play it as fast as it goes, and say whether all is as it was. Exit code 3 if it is
    /// not; then the first second that differs is told, and what happens in it.
    #[arg(long, conflicts_with_all = ["save", "speed"])]
    check: bool,
    /// How many times as fast as real time it goes on the screen, as in 5, 1/10, or max.
    #[arg(long, value_name = "X")]
    speed: Option<Speed>,
    /// Show the last key and what it does, for recordings.
    #[arg(long)]
    show_keys: bool,
    #[command(flatten)]
    save: SaveOptions,
    #[command(flatten)]
    control: ControlOptions,
    #[command(flatten)]
    look: Look,
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let text = read_file(&options.file, RUN_BYTES_MAX)?;
    let name = options.file.display().to_string();
    let run = run_file::read(&name, &text).map_err(Failure::input)?;
    let notes = notes(&run);
    notes.iter().for_each(|note| say(note));
    match options.check {
        true => check::run(&run),
        false => show(options, run, notes),
    }
}

/// What there is to be said of a run first.
fn notes(run: &Run) -> Vec<String> {
    let mut notes = Vec::new();
    if run.is_of_another_version() {
        let (was, is) = (&run.head.version, env!("CARGO_PKG_VERSION"));
        let was = crate::node::foreign::one_line(was);
        notes.push(format!(
            "this run is of version {was}, and this is {is}: it may differ"
        ));
    }
    if run.head.live {
        notes.push("real nodes did this: what was asked is the same, blocks are others".to_owned());
    }
    match run.left_out() {
        0 => {}
        1 => notes
            .push("1 command was left out, as it has a secret: what follows differs".to_owned()),
        more => notes.push(format!(
            "{more} commands were left out, as they have secrets: what follows differs"
        )),
    }
    notes
}

fn show(options: Options, run: Run, notes: Vec<String>) -> Result<(), Failure> {
    screen::check_terminal()?;
    let look = options.look.resolve()?;
    let save = options.save.open()?;
    let runtime = runtime()?;
    let (time, handle) = (screen::start_log(), runtime.handle().clone());
    let said = OpeningTime::from(&run.layout.time);
    let virtually = run.options(VirtualOptions {
        level: Level::All,
        time: OpeningTime {
            speed: options.speed.unwrap_or(said.speed),
            is_paused: true,
            ..said
        },
        ..VirtualOptions::default()
    });
    let seed = run.head.seed;
    let (layout, run) = (
        run.layout.clone(),
        RunOptions {
            head: Some(run.head.clone()),
            replay: Some(Arc::new(run)),
            save,
        },
    );
    let lab = Lab::start_run(layout, virtually, run, options.control.control(), handle)?;
    let notice = notes.into_iter().next();
    let screen = Screen {
        time,
        stage: Stage::new(Seat::Own, look.is_big, false),
        look,
        shows_keys: options.show_keys,
        notice: Some(notice.unwrap_or_else(|| format!("a run that was saved, seed {seed}"))),
    };
    screen::show(runtime, lab, screen).map(drop)
}
