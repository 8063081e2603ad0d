//! `--save`: the run of a lab as a file.

use super::failure::Failure;
use super::output::say;
use crate::lab::drive::run_file::{Recorder, RunFile, RunHead};
use crate::lab::drive::{Entry, VirtualLab};
use crate::lab::script::Pace;
use crate::lab::{LabOptions, Layout};
use crate::node::foreign::one_line;
use clap::Args;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What there is to know of each file.
pub(super) const KEYS: &str = "its seed is the key to all wallets of the run";

#[derive(Args)]
pub(super) struct SaveOptions {
    /// In virtual time: write the run into this new file, as it goes on; `chainlab replay` plays it again.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Of --save: a file that is there goes.
    #[arg(long, requires = "save")]
    force: bool,
    /// Of --save: keys that are imported are in it; if not, they are left out, and so is what follows from them.
    #[arg(long, requires = "save")]
    with_secrets: bool,
}

impl SaveOptions {
    /// That a lab can be saved, if it is to be.
    pub(super) fn check(&self, is_virtual: bool) -> Result<(), Failure> {
        match self.save.is_some() && !is_virtual {
            true => Err(Failure::input(
                "--save: this needs --virtual; what is asked of real nodes is saved with :save",
            )),
            false => Ok(()),
        }
    }

    /// The file, made, and whether keys are to be in it.
    pub(super) fn open(&self) -> Result<Option<(RunFile, bool)>, Failure> {
        let Some(path) = &self.save else {
            return Ok(None);
        };
        let file = create(path, self.force)?;
        say(&format!("{}: {KEYS}", path.display()));
        Ok(Some((file, self.with_secrets)))
    }
}

/// A new file for a run.
pub(super) fn create(path: &Path, replaces: bool) -> Result<RunFile, Failure> {
    RunFile::create(path, replaces).map_err(|error| not_made(path, &error))
}

fn not_made(path: &Path, error: &io::Error) -> Failure {
    let path = path.display().to_string();
    let path = one_line(&path);
    match error.kind() {
        ErrorKind::AlreadyExists => Failure::input(format!(
            "{path}: there is such a file already; with --force it goes"
        )),
        _ => Failure::input(format!("{path}: {error}")),
    }
}

/// How the run of a lab begins.
pub(super) fn head(layout: &Layout, text: &str, seed: u64) -> RunHead {
    RunHead {
        manual: layout.pace == Pace::Presenter,
        ..RunHead::new(&layout.name, text, seed)
    }
}

/// The run of a lab without a screen, as it is put down.
pub(super) struct SavedRun {
    recorder: Recorder,
    file: RunFile,
}

impl SavedRun {
    /// From the beginning on.
    pub(super) fn begin(
        (mut file, with_secrets): (RunFile, bool),
        wanted: &LabOptions,
        lab: &VirtualLab,
    ) -> Result<Self, Failure> {
        let mut recorder = Recorder::new(lab.since(), with_secrets);
        let head = RunHead {
            clock: wanted.clock.map(|clock| clock.0),
            manual: false,
            ..head(
                &wanted.layout,
                &wanted.layout_text,
                wanted.seed.unwrap_or(0),
            )
        };
        file.write(&recorder.begin(&head)).map_err(not_written)?;
        Ok(Self { recorder, file })
    }

    /// Puts down what is over.
    pub(super) fn follow(&mut self, lab: &VirtualLab) -> Result<(), Failure> {
        let ended = Entry::of(lab).into_iter().collect();
        let text = self.recorder.follow(ended);
        self.file.write(&text).map_err(not_written)
    }

    /// Puts down where it ends.
    pub(super) fn end(mut self, lab: &VirtualLab) -> Result<(), Failure> {
        let text = self.recorder.end(lab);
        self.file.write(&text).map_err(not_written)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn not_written(error: io::Error) -> Failure {
    Failure::other(format!("the run is not saved: {error}"))
}
