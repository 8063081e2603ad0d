//! The connections of an endpoint, and their seats.

use super::controlled::Controlled;
use super::cookie::Issued;
use super::limits::{SILENT_MAX, UNGREETED_MAX};
use super::status_lines::StatusLines;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// What the connections of an endpoint have in common.
pub(super) struct Context {
    pub(super) endpoint: Arc<dyn Controlled>,
    pub(super) cookie: Issued,
    pub(super) lines: Arc<StatusLines>,
    pub(super) seats: Arc<Semaphore>,
    pub(super) guests: Mutex<Guests>,
}

/// Connections of an endpoint.
#[derive(Default)]
pub(super) struct Guests {
    /// Those that have not said `hello`, by the socket that they came to.
    ungreeted: BTreeMap<Socket, Ungreeted>,
    /// All others, to end them with the endpoint.
    greeted: Vec<Guest>,
    last: u64,
    is_over: bool,
}

/// Which of an endpoint's sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Socket {
    Tcp,
    Unix,
}

type Guest = (u64, AbortHandle);

/// Connections that have not said `hello`, oldest first.
#[derive(Default)]
struct Ungreeted {
    /// Nothing has come from them.
    silent: VecDeque<Guest>,
    /// Something has, and no `hello`.
    others: VecDeque<Guest>,
}

impl Ungreeted {
    fn take(&mut self, number: u64) -> Option<Guest> {
        let take = |guests: &mut VecDeque<Guest>| {
            let at = guests.iter().position(|(other, _)| *other == number)?;
            guests.remove(at)
        };
        take(&mut self.silent).or_else(|| take(&mut self.others))
    }
}

/// Gives a seat to one more. If all are taken the oldest of the others loses its own.
fn seat(guests: &mut VecDeque<Guest>, max: usize, guest: Guest) {
    while guests.len() >= max {
        if let Some((_, oldest)) = guests.pop_front() {
            oldest.abort();
        }
    }
    guests.push_back(guest);
}

impl Context {
    /// Gives a seat to one more, which `begin` begins, as the number that it gets.
    pub(super) fn seat(&self, socket: Socket, begin: impl FnOnce(u64) -> AbortHandle) {
        if let Some(mut guests) = self.guests() {
            guests.last += 1;
            let number = guests.last;
            let guest = (number, begin(number));
            let ungreeted = guests.ungreeted.entry(socket).or_default();
            seat(&mut ungreeted.silent, SILENT_MAX, guest);
        }
    }

    /// All connections; `None`: the endpoint is shut.
    fn guests(&self) -> Option<MutexGuard<'_, Guests>> {
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        (!guests.is_over).then_some(guests)
    }

    /// Something has come from a connection, which may be its `hello` or not.
    pub(super) fn spoke(&self, number: u64) {
        let Some(mut guests) = self.guests() else {
            return;
        };
        for ungreeted in guests.ungreeted.values_mut() {
            if let Some(guest) = ungreeted.take(number) {
                seat(&mut ungreeted.others, UNGREETED_MAX, guest);
            }
        }
    }

    /// A connection has said `hello`.
    pub(super) fn greeted(&self, number: u64) {
        if let Some(mut guests) = self.guests() {
            let mut ungreeted = guests.ungreeted.values_mut();
            let guest = ungreeted.find_map(|ungreeted| ungreeted.take(number));
            guests.greeted.extend(guest);
        }
    }

    /// A connection has ended.
    pub(super) fn left(&self, number: u64) {
        if let Some(mut guests) = self.guests() {
            guests.ungreeted.values_mut().for_each(|ungreeted| {
                ungreeted.take(number);
            });
            guests.greeted.retain(|(other, _)| *other != number);
        }
    }

    /// The endpoint is shut: all connections end.
    pub(super) fn end(&self) {
        let Some(mut guests) = self.guests() else {
            return;
        };
        guests.is_over = true;
        let ungreeted = std::mem::take(&mut guests.ungreeted).into_values();
        let ungreeted = ungreeted.flat_map(|ungreeted| [ungreeted.silent, ungreeted.others]);
        let greeted = guests.greeted.drain(..);
        let all = ungreeted.flatten().chain(greeted);
        all.for_each(|(_, task)| task.abort());
    }
}
