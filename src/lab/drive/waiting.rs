//! Requests that wait for their answers.

use crate::lab::ask::Ticket;
use crate::node::io::{CommandError, RefusalKind};
use std::collections::BTreeMap;

/// Requests that may wait for their answers.
pub(super) const WAITING_MAX: usize = 4_096;

/// Where the answers go that are not there yet, by the tickets of the requests.
pub(super) struct Waiting<To> {
    to: BTreeMap<Ticket, To>,
    last: u64,
}

impl<To> Default for Waiting<To> {
    fn default() -> Self {
        Self {
            to: BTreeMap::new(),
            last: 0,
        }
    }
}

impl<To> Waiting<To> {
    /// Another answer is waited for: that with this ticket. Where it was to go is given back if there is no
    /// room.
    pub(super) fn add(&mut self, to: To) -> Result<Ticket, To> {
        if self.to.len() >= WAITING_MAX {
            return Err(to);
        }
        self.last += 1;
        let ticket = Ticket(self.last);
        self.to.insert(ticket, to);
        Ok(ticket)
    }

    /// Where the answer with this ticket goes, which is there now.
    pub(super) fn take(&mut self, ticket: Ticket) -> Option<To> {
        self.to.remove(&ticket)
    }

    /// Where those were to go that are meant; they are not waited for any more.
    pub(super) fn take_those(&mut self, is_meant: impl Fn(Ticket) -> bool) -> Vec<To> {
        let meant = self.to.extract_if(.., |ticket, _| is_meant(*ticket));
        meant.map(|(_, to)| to).collect()
    }

    /// Where all of them were to go; none is waited for any more.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = To> + use<To> {
        std::mem::take(&mut self.to).into_values()
    }
}

/// That there is no room.
pub(super) fn too_many() -> CommandError {
    let words = format!("{WAITING_MAX} requests are not done yet: wait for their answers");
    CommandError::new(RefusalKind::Refused, words)
}
