//! Where time is on its way to, at full speed.

use super::recipient::Recipient;
use crate::lab::ask::TimelineId;
use crate::lab::drive::history::{Judge, Place, Watch};
use crate::lab::drive::run_file::Replay;
use crate::lab::view::Told;
use crate::node::Time;

/// Where time is on its way to: it stands still there, and who sent it is told.
pub(super) struct Errand {
    pub(super) goal: Goal,
    /// What is said of it while it lasts, and where it ends.
    pub(super) words: String,
    /// Who waits for its end; none: it is how the lab opens.
    pub(super) from: Option<Recipient>,
    /// Time goes on when it is there.
    pub(super) goes_on: bool,
    /// The commands after that place are taken back, up to this one.
    pub(super) takes_back: Option<usize>,
}

/// Where time is to go, before it has begun to.
pub(super) enum Way {
    /// To a place that was before.
    To(Place),
    /// Nowhere: another timeline comes beside this one.
    Beside(TimelineId),
    /// To this moment in another timeline.
    Over(TimelineId),
    /// To the last thing that was told before.
    Back,
    /// On from here.
    On(Goal),
}

/// What ends it.
pub(super) enum Goal {
    /// A place that was before, or is now the newest. On the way there nothing is told to others.
    Place(Place),
    /// A moment that was not before.
    Ahead(Time),
    /// The next thing that is told.
    Step(Watch),
    /// An expression that holds.
    Until(Judge),
    /// A block of this height that is found.
    Block(u32),
    /// The last thing that is told before a place.
    Back(Search),
    /// Nowhere, once it is known what was first different in the timelines that are compared.
    Compare,
    /// The beginning of a run that was played before, once all of it is played again.
    Replay(Box<Replay>),
}

/// A search for the last thing that is told in a part of the past.
pub(super) struct Search {
    pub(super) watch: Watch,
    /// The part.
    pub(super) from: Place,
    pub(super) to: Place,
    /// What was found in it so far.
    pub(super) found: Option<(Place, Told)>,
}

impl Goal {
    /// Whether what happens on the way was told already.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self, Self::Place(_) | Self::Back(_) | Self::Replay(_))
    }
}
