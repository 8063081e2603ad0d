//! Who waits for an answer.

use super::common::Common;
use crate::lab::ask::{Answer, Ticket};
use crate::lab::drive::Answered;
use crate::node::NodeIx;
use crate::node::io::CommandError;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Who waits for an answer.
pub(super) enum Recipient {
    /// The lab's own screen.
    Screen(Owed),
    /// A program, which is told the answer with the names in it.
    Program(oneshot::Sender<Result<serde_json::Value, CommandError>>),
}

impl Recipient {
    /// Whether it is another program.
    pub(super) fn is_program(&self) -> bool {
        matches!(self, Self::Program(_))
    }

    pub(super) fn give<'a>(
        self,
        answer: Result<Answer, CommandError>,
        name: impl Fn(NodeIx) -> &'a str,
    ) {
        match self {
            Self::Screen(mut owed) => owed.give(answer),
            Self::Program(program) => {
                // It may be gone.
                let _ = program.send(answer.map(|answer| answer.shown(name)));
            }
        }
    }
}

/// An answer that the lab's own screen gets, whatever becomes of its request: one that goes with the thread
/// that was to see to it is refused.
pub(super) struct Owed {
    ticket: Ticket,
    /// None: it was given.
    to: Option<mpsc::UnboundedSender<Answered>>,
    common: Arc<Common>,
}

impl Owed {
    pub(super) const fn new(
        ticket: Ticket,
        to: mpsc::UnboundedSender<Answered>,
        common: Arc<Common>,
    ) -> Self {
        Self {
            ticket,
            to: Some(to),
            common,
        }
    }

    fn give(&mut self, answer: Result<Answer, CommandError>) {
        if let Some(to) = self.to.take() {
            // The screen may be gone.
            let _ = to.send((self.ticket, answer.map_err(|refusal| refusal.words)));
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if self.to.is_some() {
            let over = self.common.over();
            self.give(Err(over));
        }
    }
}
