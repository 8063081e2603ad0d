//! What is asked of a lab in virtual time, and what it answers.

use super::VirtualLab;
use crate::lab::ask::{Answer, Named, Request, Ticket};
use crate::lab::core::Input;
use crate::node::io::{CommandError, RefusalKind};

impl VirtualLab {
    /// Asks something, at the end of this instant: all that is due now comes first. What can be
    /// answered at once is among the answers when this returns.
    pub fn request(&mut self, ticket: Ticket, request: Request) {
        self.finish_instant();
        self.handle(Input::Request(ticket, request));
        self.perform();
    }

    /// As [`VirtualLab::request`], of nodes by their names as they are then. What names none that is there is
    /// refused.
    pub fn request_named(&mut self, ticket: Ticket, request: Request<Named>) {
        self.finish_instant();
        match request.resolve(&self.core) {
            Ok(request) => self.request(ticket, request),
            Err(bad) => {
                let refusal = CommandError::new(RefusalKind::NoSuchNode, bad.to_string());
                self.answers.push((ticket, Err(refusal)));
            }
        }
    }

    /// If a request was refused, and that was not taken yet, it is taken back; whether it was.
    pub(in crate::lab::drive) fn takes_back_refusal(&mut self, ticket: Ticket) -> bool {
        let all = self.answers.len();
        self.answers
            .retain(|(of, answer)| *of != ticket || answer.is_ok());
        self.answers.len() < all
    }

    /// The answers since this was last called.
    pub fn take_answers(&mut self) -> Vec<(Ticket, Result<Answer, CommandError>)> {
        std::mem::take(&mut self.answers)
    }
}
