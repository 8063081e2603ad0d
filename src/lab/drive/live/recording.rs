//! What is asked of a live lab by hand, kept for a file: real nodes are never the same again, but what was asked of
//! them can be asked once more, of nodes in virtual time.

use super::round::Round;
use crate::lab::ask::{Answer, Named, Request, Save, Saved, Ticket};
use crate::lab::drive::history::{Entry, Given};
use crate::lab::drive::run_file::{COMMANDS_MAX, Recorder, RunFile, RunHead};
use crate::node::Time;
use crate::node::io::CommandError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is said with each file.
const LIVE: &str =
    "blocks will be others when it is played again; its seed is the key to all of its wallets";

/// What was asked by hand.
#[derive(Default)]
pub(super) struct Recording(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    given: Vec<Given>,
    /// It has no more room: what came since is not in it.
    is_full: bool,
    to: Option<(Recorder, RunFile)>,
}

impl Recording {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// All of it, as lines of a file.
    fn entries(&self) -> Vec<Entry> {
        let all = self.given.iter().cloned().enumerate();
        all.map(|(n, given)| Entry::Command { n, given }).collect()
    }
}

impl Round {
    /// Keeps what is asked now, and puts it down if it is put down.
    pub(super) fn record(&self, request: &Request) {
        let named: Request<Named> = {
            let core = self.core();
            let named = request
                .clone()
                .of(|ix| Ok::<_, std::convert::Infallible>(Some(core.name(ix).to_owned())));
            match named {
                Ok(named) => named,
                Err(never) => match never {},
            }
        };
        let mut kept = self.recording.kept();
        if kept.given.len() == COMMANDS_MAX {
            kept.is_full = true;
            return;
        }
        let given = Given {
            at: Time(0) + self.elapsed(),
            ticket: Ticket(0),
            request: named,
            is_again: false,
            tries: 0,
        };
        let n = kept.given.len();
        kept.given.push(given.clone());
        if let Some((recorder, file)) = &mut kept.to {
            let text = recorder.follow(vec![Entry::Command { n, given }]);
            if let Err(error) = file.write(&text) {
                tracing::error!("the run is not saved any more: {error}");
                kept.to = None;
            }
        }
    }

    /// Writes the run into a file, now and from now on.
    pub(super) fn save_run(&self, save: &Save) -> Result<Answer, CommandError> {
        let Saved::Run { with_secrets } = save.what else {
            return Err(NOT_EXPORTED.into());
        };
        let path = save.path.display();
        let refused = |error| CommandError::from(format!("{path}: {error}"));
        let mut recorder = Recorder::new(Time(0), with_secrets);
        let mut kept = self.recording.kept();
        let text = recorder.begin(&self.head()) + &recorder.follow(kept.entries());
        let mut file = RunFile::create(&save.path, save.replaces).map_err(refused)?;
        file.write(&text).map_err(refused)?;
        kept.to = Some((recorder, file));
        Ok(Answer::Done(format!("the run is saved in {path}: {LIVE}")))
    }

    /// The run so far, as it would be saved.
    pub(super) fn run_text(&self, with_secrets: bool) -> Answer {
        let mut recorder = Recorder::new(Time(0), with_secrets);
        let kept = self.recording.kept();
        let text = recorder.begin(&self.head()) + &recorder.follow(kept.entries());
        Answer::Text(text + &recorder.end_at(self.elapsed()))
    }

    fn head(&self) -> RunHead {
        RunHead {
            live: true,
            round: self.number,
            ..RunHead::new(&self.layout.name, &self.layout_text, self.seed.unwrap_or(0))
        }
    }
}

/// Why there is no script of a live lab.
pub(super) const NOT_EXPORTED: &str = "a live lab is saved first: `chainlab replay` plays that again in virtual time, where it can be exported";
