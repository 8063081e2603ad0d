//! Timelines that were played before, in another process maybe.

use super::given::{Commands, Given};
use super::{History, Second};
use crate::lab::ask::TimelineId;

/// A timeline that was played before.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its name.
    pub id: TimelineId,
    /// All that was given in it by hand, in its order.
    pub commands: Vec<Given>,
    /// What it was like at the end of seconds, by their numbers.
    pub was: Vec<(u32, Second)>,
}

impl History {
    /// The timeline that is shown, of which nothing was played yet, is one that was played before.
    pub fn plan(&mut self, planned: Planned) {
        self.last = self.last.max(planned.id);
        let shown = self.shown_mut();
        shown.id = planned.id;
        shown.commands = Commands::new(planned.commands);
        shown.was = planned.was;
    }

    /// Has one begin here that was played before; its commands up to here are those that were given.
    pub fn begin_as(&mut self, planned: Planned) {
        self.begin(false);
        self.begun = None;
        self.plan(planned);
    }

    /// The first second of what is shown that has ended otherwise than it did before, and how.
    pub fn first_unlike(&self) -> Option<(u32, Second)> {
        self.shown().unlike
    }
}
