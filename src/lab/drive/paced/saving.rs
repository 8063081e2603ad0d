//! The run of a lab in virtual time as a file, and one that is played again.

use super::errand::{Errand, Goal};
use super::recipient::Recipient;
use super::runner::Runner;
use crate::lab::ask::{Answer, Save};
use crate::lab::drive::export::Export;
use crate::lab::drive::run_file::{self, Recorder, Replay, Run, RunFile, RunHead};
use crate::lab::paper::units::show_clock;
use crate::live::threads;
use crate::node::io::CommandError;
use std::sync::Arc;

/// What is said with each file.
const KEYS: &str = "its seed is the key to all of its wallets";

/// What a lab in virtual time has to do with files of runs.
#[derive(Debug, Default)]
pub struct RunOptions {
    /// How the run begins, as it is saved.
    pub head: Option<RunHead>,
    /// It was played before, and is to be again.
    pub replay: Option<Arc<Run>>,
    /// It is saved there from the beginning on, with keys that are imported or without.
    pub save: Option<(RunFile, bool)>,
}

/// What came of an export.
fn exported(export: &Export, save: Option<&Save>) -> Result<Answer, String> {
    let made = export.make()?;
    let Some(save) = save else {
        return Ok(Answer::Text(made.text));
    };
    let path = save.path.display();
    let written =
        RunFile::create(&save.path, save.replaces).and_then(|mut file| file.write(&made.text));
    written.map_err(|error| format!("{path}: {error}"))?;
    let differs = match made.differs.len() {
        0 => "it ends as it did by hand".to_owned(),
        _ => "it ends otherwise than by hand, and says how".to_owned(),
    };
    Ok(Answer::Done(format!(
        "{path}: {} steps; {differs}",
        made.steps
    )))
}

/// The run as it is put down.
pub(super) struct Saving {
    head: Option<RunHead>,
    to: Option<(Recorder, RunFile)>,
}

impl Saving {
    pub(super) fn new(head: Option<RunHead>) -> Self {
        Self { head, to: None }
    }
}

impl Runner {
    /// Begins as it is to.
    pub(super) fn begin_run(&mut self, replay: Option<&Run>, save: Option<(RunFile, bool)>) {
        if let Some((file, with_secrets)) = save
            && let Err(error) = self.save_to(file, with_secrets)
        {
            tracing::error!("the run is not saved: {error}");
        }
        let Some(run) = replay else {
            return;
        };
        self.is_paused = true;
        self.errand = Some(Errand {
            goal: Goal::Replay(Box::new(Replay::new(run))),
            words: "a run as it was".to_owned(),
            from: None,
            goes_on: false,
            takes_back: None,
        });
    }

    /// Writes the run into a file, now and from now on.
    pub(super) fn save(&mut self, save: &Save, with_secrets: bool) -> Result<Answer, CommandError> {
        self.head()?;
        let path = save.path.display();
        let refused = |error| CommandError::from(format!("{path}: {error}"));
        let file = RunFile::create(&save.path, save.replaces).map_err(refused)?;
        self.save_to(file, with_secrets)
            .map_err(|error| CommandError::from(format!("{path}: {error}")))?;
        Ok(Answer::Done(format!("the run is saved in {path}: {KEYS}")))
    }

    fn save_to(&mut self, mut file: RunFile, with_secrets: bool) -> Result<(), CommandError> {
        let head = self.head()?;
        let mut recorder = Recorder::new(self.lab().since(), with_secrets);
        let text = recorder.all(&head, &self.history);
        file.write(&text).map_err(|error| error.to_string())?;
        self.end_file();
        self.history.record();
        drop(self.history.take_entries());
        self.saving.to = Some((recorder, file));
        Ok(())
    }

    /// The run so far, as it would be saved.
    pub(super) fn run_text(&self, with_secrets: bool) -> Result<Answer, CommandError> {
        let text = run_file::text(&self.head()?, &self.history, with_secrets);
        Ok(Answer::Text(text))
    }

    /// Makes a layout of what was done by hand: in a thread of its own, as it is played for that.
    pub(super) fn export(&mut self, recipient: Recipient, save: Option<Save>) {
        let head = match self.head() {
            Ok(head) => head,
            Err(refusal) => return self.answer(recipient, Err(refusal)),
        };
        let path = save.as_ref().map(|save| &save.path);
        let file = path.map(|path| path.display().to_string());
        let file = file.unwrap_or_else(|| format!("{}.toml", head.layout));
        let export = Export::new(&mut self.history, &file, &head.text, &self.options);
        let thread = threads::spawn("export", move || {
            let answer = exported(&export, save.as_ref()).map_err(CommandError::from);
            recipient.give(answer, |_| "");
        });
        if let Err(error) = thread {
            tracing::error!("nothing is exported: {error}");
        }
    }

    fn head(&self) -> Result<RunHead, CommandError> {
        let head = self.saving.head.as_ref();
        let head = head.ok_or("this lab was not made of a layout's text, and cannot be saved")?;
        Ok(RunHead {
            round: self.options.round,
            clock: self.options.begins.map(|begins| begins.0),
            ..head.clone()
        })
    }

    /// Writes down what has happened since.
    pub(super) fn put_down(&mut self) {
        let Some((recorder, file)) = &mut self.saving.to else {
            return;
        };
        let was_full = recorder.is_full();
        let text = recorder.follow(self.history.take_entries());
        let written = file.write(&text);
        let is_full = recorder.is_full() && !was_full;
        if let Err(error) = written {
            self.saving.to = None;
            self.cannot_save(&error.to_string());
        } else if is_full {
            self.cannot_save("the file is as large as one may be");
        }
    }

    fn cannot_save(&mut self, why: &str) {
        let at = show_clock(self.lab().elapsed());
        tracing::error!("the run is not saved from {at} on: {why}");
        let told = self.told(&format!("the run is not saved from here on: {why}"));
        self.say(told);
    }

    /// Writes down where the run is now: nothing more comes.
    pub(super) fn end_file(&mut self) {
        self.put_down();
        if let Some((mut recorder, mut file)) = self.saving.to.take() {
            let ended = file.write(&recorder.end(self.history.at_newest()));
            if let Err(error) = ended {
                self.cannot_save(&error.to_string());
            }
        }
    }

    /// What is said of a run that was played again.
    pub(super) fn replayed(replay: &Replay) -> String {
        match replay.difference() {
            None => "the run, as it was".to_owned(),
            Some(difference) => {
                let (timeline, second) = (difference.timeline, difference.second);
                let second = show_clock(std::time::Duration::from_secs(second.into()));
                format!("the run; in {timeline} it is not what it was from {second} on")
            }
        }
    }
}
