//! A lab with all that comes back with it when time goes back.

use super::place::Place;
use crate::lab::ask::{Named, Request, Ticket};
use crate::lab::control::{RecentEvents, Weight};
use crate::lab::drive::VirtualLab;
use crate::node::io::Event;
use crate::node::{NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

/// A lab at a moment, and what has happened in it lately.
#[derive(Clone)]
pub(super) struct Course {
    pub(super) lab: VirtualLab,
    /// Commands that it was given.
    pub(super) given: usize,
    /// It is in the middle of an instant.
    is_within: bool,
    /// What happened to each node last.
    pub(super) recent: Vec<RecentEvents>,
}

impl Course {
    pub(super) fn new(mut lab: VirtualLab) -> Self {
        lab.record_events();
        Self {
            lab,
            given: 0,
            is_within: false,
            recent: Vec::new(),
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.lab.elapsed()
    }

    /// Where it is.
    pub(super) fn place(&self) -> Place {
        Place {
            at: self.lab.now(),
            steps: self.is_within.then(|| self.lab.steps()),
            commands: Some(self.given),
        }
    }

    /// Whether it comes to this place when it goes on, or is there. At the end of an instant all is done that
    /// is done in its middle.
    pub(super) fn is_before(&self, place: &Place) -> bool {
        let now = self.lab.now();
        let has_room = place.commands.is_none_or(|commands| self.given <= commands);
        let is_sooner = match place.steps {
            Some(steps) => self.is_within && self.lab.steps() <= steps,
            None => true,
        };
        has_room && (now < place.at || now == place.at && is_sooner)
    }

    /// Whether it is in the middle of an instant.
    pub(super) fn is_within(&self) -> bool {
        self.is_within
    }

    /// Goes on up to the end of a moment, or as far as `goes_on` says, which is asked between any two
    /// things; whether it got there.
    pub(super) fn run(&mut self, until: Time, goes_on: impl FnMut(&VirtualLab) -> bool) -> bool {
        let is_there = self.lab.watch_until(until, goes_on);
        self.is_within = !is_there;
        is_there
    }

    /// Does all that is due at this instant.
    pub(super) fn finish_instant(&mut self) {
        self.lab.finish_instant();
        self.is_within = false;
    }

    /// Gives the lab a command, at the end of this instant. One that cannot be, as there is no such node, is
    /// answered with that.
    pub(super) fn give(&mut self, ticket: Ticket, request: Request<Named>) {
        self.lab.request_named(ticket, request);
        self.given += 1;
        self.is_within = false;
    }

    /// What has happened since this was last called.
    pub(super) fn take_events(&mut self) -> Vec<(NodeIx, Arc<Event>)> {
        let events = self.lab.take_events();
        for (ix, event) in &events {
            if Weight::of(event) == Weight::News {
                if self.recent.len() <= ix.0 {
                    self.recent.resize_with(ix.0 + 1, RecentEvents::default);
                }
                self.recent[ix.0].push(Arc::clone(event));
            }
        }
        events
    }
}
