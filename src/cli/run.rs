//! `chainlab run`, and `chainlab` alone: a lab on the screen.

use super::control::ControlOptions;
use super::failure::Failure;
use super::files::read_file;
use super::headless::{self, HeadlessOptions};
use super::look::Look;
use super::output::say;
use super::pace::TimeOptions;
use super::runtime::runtime;
use super::save::SaveOptions;
use super::screen::{self, Screen};
use super::{choose, help, output, programs, save};
use crate::lab::control::EndpointAddr;
use crate::lab::drive::run_file::RunFile;
use crate::lab::drive::{Level, RunOptions, VirtualOptions};
use crate::lab::layout::{self, shipped};
use crate::lab::paper::document::{FILE_BYTES_MAX, nearest};
use crate::lab::paper::names::missing;
use crate::lab::script::Pace;
use crate::lab::spec::OpeningTime;
use crate::lab::{Lab, LabError, LabOptions, Layout, Outside};
use crate::live;
use crate::node::Time;
use crate::ui::viewer::{Seat, Stage};
use clap::Args;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use tokio::runtime::Handle;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab run                          three nodes: central, wallet, miner
  chainlab run swarm                    another one, of `chainlab layouts`
  chainlab run my-lab.toml              one of your own
  chainlab run mesh --data-dir my-mesh  kept: the next start goes on from there
  chainlab run partition --big          a story, its titles in large letters
  chainlab run --seed 7 --clock 2026-01-01T12:00:00Z    for a recording
  chainlab run --headless --until 'height >= 3'         a test: exit code 0 or 3
  chainlab run regtest                  three real Bitcoin nodes, if you say yes
  chainlab run world --virtual          in virtual time: no disk, no ports
  chainlab run partition --virtual --paused --pause-at 'tips == 2'
  chainlab run my-lab.toml --headless --virtual         its script, in a moment
  chainlab run my-lab.toml --headless --virtual --seeds 1..1000 --junit r.xml
  chainlab run partition --headless --virtual --seeds 1..99 --find 'tips == 3'
  chainlab run my.toml --headless --virtual --seeds 1..99 --shrink small.toml";

#[derive(Args)]
pub(super) struct Options {
    /// A layout's name, or a file; `chainlab layouts` lists the names [default: scenario].
    #[arg(value_name = "NAME|FILE")]
    layout: Option<String>,
    /// Keep the lab here; if one was kept here before, go on with it.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The same wallets, addresses and topology for the same number; in virtual time the same history,
    /// with 0 if nothing is said. `random` draws one and tells it.
    #[arg(long, value_name = "N|random")]
    seed: Option<Seed>,
    /// Where the lab clock starts, as in 2026-01-01T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    clock: Option<Time>,
    /// The captions of the layout's script wait for the presenter: n on the screen, or `chainlab script
    /// next`.
    #[arg(long)]
    manual: bool,
    /// Show the last key and what it does, for recordings.
    #[arg(long)]
    show_keys: bool,
    /// Show what can be controlled there as well; can be given several times.
    #[arg(long, value_name = "HOST:PORT|SOCKET")]
    attach: Vec<EndpointAddr>,
    /// Start the programs that the layout asks for, without a question before.
    #[arg(long)]
    allow_programs: bool,
    #[command(flatten)]
    headless: HeadlessOptions,
    #[command(flatten)]
    time: TimeOptions,
    #[command(flatten)]
    save: SaveOptions,
    #[command(flatten)]
    control: ControlOptions,
    #[command(flatten)]
    look: Look,
}

/// What chance follows from.
#[derive(Clone, Copy, Debug)]
enum Seed {
    /// This.
    Number(u64),
    /// One that is drawn.
    Random,
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "random" {
            return Ok(Self::Random);
        }
        let number = text.parse().map(Self::Number);
        number.map_err(|_| "write a number from 0 to 2^64 - 1, or random".to_owned())
    }
}

impl Seed {
    /// The number. One that is drawn is short enough to be typed again.
    fn resolve(self) -> Result<u64, Failure> {
        match self {
            Self::Number(seed) => Ok(seed),
            Self::Random => {
                let drawn =
                    live::seeds().map_err(|error| Failure::other(LabError::Randomness(error)))?;
                let [a, b, c, d, ..] = drawn.run;
                Ok(u64::from(u32::from_le_bytes([a, b, c, d])))
            }
        }
    }
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

impl Options {
    /// That nothing is asked of a lab in virtual time that has no meaning there.
    fn check_virtual(&self, layout: &Layout) -> Result<(), Failure> {
        let is_headless = self.headless.is_wanted();
        self.time.check(layout, is_headless)?;
        self.headless.check_seeds(self.time.is_virtual(layout))?;
        let no_place = layout.check_virtual().err();
        let words = match () {
            () if !self.time.is_virtual(layout) => return Ok(()),
            () if let Some(words) = &no_place => words,
            () if self.data_dir.is_some() => {
                "--data-dir: a lab in virtual time is not on disk: the same layout, seed and keys make it \
                 again"
            }
            () if !self.attach.is_empty() => {
                "--attach: real nodes cannot wait, and a lab in virtual time does: it is shown alone"
            }
            () if is_headless && self.control.is_chosen() => {
                "--control: a lab that runs as fast as it can is over before it can be asked anything; \
                 with a screen it can be"
            }
            () if is_headless && self.manual => {
                "--manual: virtual time does not wait for a presenter; with a screen it does"
            }
            () => return Ok(()),
        };
        match self.time.is_asked_for() {
            true => Err(Failure::input(words)),
            false => Err(Failure::input(format!(
                "{words}; the layout says virtual = true, and --live says no"
            ))),
        }
    }
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let (mut layout, layout_text) = choose(options.layout.as_deref())?;
    options.check_virtual(&layout)?;
    let is_virtual = options.time.is_virtual(&layout);
    options.save.check(is_virtual)?;
    let look = options.look.resolve()?;
    if options.manual {
        lead_by_hand(&mut layout)?;
    }
    let seed = options.seed.map(Seed::resolve).transpose()?;
    let drawn = seed.filter(|_| matches!(options.seed, Some(Seed::Random)));
    let wanted = LabOptions {
        layout,
        layout_text,
        is_layout_chosen: options.layout.is_some(),
        data_dir: options.data_dir,
        seed,
        clock: options.clock,
        control: options.control.control(),
        programs: programs::consent(options.allow_programs, options.headless.is_wanted()),
        outside: Outside::telling(programs::tell_outside),
    };
    programs::check(&wanted)?;
    if options.headless.is_wanted() {
        if let Some(seed) = drawn {
            say(&format!("seed {seed}"));
        }
        let save = options.save.open()?;
        return headless::run(&options.headless, wanted, is_virtual, save);
    }
    screen::check_terminal()?;
    let save = options.save.open()?;
    let runtime = runtime()?;
    let (time, handle) = (screen::start_log(), runtime.handle().clone());
    let (lab, notice) = match is_virtual {
        true => {
            let notice = format!("virtual time, seed {}", seed.unwrap_or(0));
            let time = options.time.opening(&wanted.layout);
            (start_virtual(wanted, time, save, handle)?, Some(notice))
        }
        false => {
            let notice = drawn.map(|seed| format!("seed {seed}"));
            (Lab::start(wanted, handle)?, notice)
        }
    };
    for at in &options.attach {
        let endpoint = choose::endpoint_at(at)?;
        runtime.block_on(lab.attach_to(endpoint))?;
    }
    let screen = Screen {
        time,
        stage: Stage::new(Seat::Own, look.is_big, false),
        look,
        shows_keys: options.show_keys,
        notice,
    };
    let left = screen::show(runtime, lab, screen)?;
    if let Some(path) = left.kept {
        tell_kept(&path);
    }
    Ok(())
}

fn tell_kept(path: &Path) {
    let path = path.display();
    say(&format!("The lab is kept in {path}. To go on with it:"));
    output::print_last(&format!("chainlab run --data-dir {path}\n"));
}

fn lead_by_hand(layout: &mut Layout) -> Result<(), Failure> {
    if layout.steps.is_empty() {
        let words = format!("--manual: {} has no steps to be led through", layout.name);
        return Err(Failure::input(words));
    }
    layout.pace = Pace::Presenter;
    Ok(())
}

/// A lab in virtual time, for a screen.
fn start_virtual(
    wanted: LabOptions,
    time: OpeningTime,
    save: Option<(RunFile, bool)>,
    runtime: Handle,
) -> Result<Lab, LabError> {
    let seed = wanted.seed.unwrap_or(0);
    let options = VirtualOptions {
        seed,
        begins: wanted.clock,
        level: Level::All,
        round: 0,
        time,
        ..VirtualOptions::default()
    };
    let run = RunOptions {
        head: Some(save::head(&wanted.layout, &wanted.layout_text, seed)),
        replay: None,
        save,
    };
    Lab::start_run(wanted.layout, options, run, wanted.control, runtime)
}

/// The layout of this name, or in this file, with its text.
pub(super) fn choose(wanted: Option<&str>) -> Result<(Layout, String), Failure> {
    let wanted = wanted.unwrap_or(shipped::DEFAULT);
    let is_file = wanted.contains(['/', '.']);
    let (name, text) = if is_file {
        (wanted, read_file(Path::new(wanted), FILE_BYTES_MAX)?)
    } else {
        let text = shipped::text(wanted);
        let missing = || match nearest(wanted, help::names()) {
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
