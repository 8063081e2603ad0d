//! A run as a file: what it takes to have the same run again, bit for bit, and to see that it is the same.
//!
//! ```text
//! {"run":{"version":"0.1.0","layout":"partition","seed":7,"text":"..."}}
//! {"second":{"n":1,"hash":"5f0c...","events":311}}
//! {"command":{"at":1500000,"n":0,"do":"kill","with":{"node":"oslo"}}}
//! {"timeline":{"name":"B","of":"A","at":1200000,"n":0}}
//! {"end":{"at":90000000,"hash":"..."}}
//! ```
//!
//! Each line is one [`Line`]. What is not of the run as a whole is of the timeline that was named last, or of the
//! first. Lines are written as things happen, so a file whose writer was killed is whole up to there; its last
//! line may be cut off. What comes from a stranger is judged line by line ([`read()`]), and the layout in it as
//! any other is.

mod line;
mod read;
mod replay;
mod write;

pub use self::line::{Line, RunHead};
pub use self::read::{RunError, read};
pub use self::replay::{Difference, Replay};
pub use self::write::{Recorder, text};
pub use crate::live::NewFile as RunFile;

use super::history::Second;
use crate::lab::ask::{Named, Request, TimelineId};
use crate::lab::layout::Layout;
use crate::lab::view::Mark;
use std::time::Duration;

/// Bytes of a file: hours of a busy lab.
pub const RUN_BYTES_MAX: usize = 1_000_000;

/// Commands in all of it.
pub const COMMANDS_MAX: usize = 10_000;

/// Timelines that ever began.
pub const RUN_TIMELINES_MAX: usize = 64;

/// How long a run can be.
pub const RUN_MAX: Duration = Duration::from_secs(24 * 3_600);

/// A run that was read.
#[derive(Clone, Debug)]
pub struct Run {
    /// How it began.
    pub head: RunHead,
    /// What it was made of.
    pub layout: Layout,
    /// Its timelines, each after the one in which it began.
    pub timelines: Vec<RunTimeline>,
    /// The one that was shown at last.
    pub shown: TimelineId,
}

/// A timeline of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTimeline {
    /// Its name.
    pub id: TimelineId,
    /// Where it began; `None`: with the run.
    pub origin: Option<RunOrigin>,
    /// What was given in it by hand, in its order, also before it began.
    pub commands: Vec<RunCommand>,
    /// What it was like at the end of seconds, by their numbers, which count up.
    pub seconds: Vec<(u32, Second)>,
    /// What stood out.
    pub marks: Vec<Mark>,
    /// How far it was played, and its hash there as far as that is known.
    pub reaches: Duration,
    /// The hash of all of it.
    pub hash: Option<[u8; 32]>,
}

/// Where a timeline of a run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOrigin {
    /// In which one.
    pub of: TimelineId,
    /// When.
    pub at: Duration,
    /// So many commands are those of that one.
    pub commands: usize,
}

/// A command of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunCommand {
    /// When, since the beginning.
    pub at: Duration,
    /// What; `None`: it had a secret in it, and was left out.
    pub request: Option<Request<Named>>,
    /// It was given in an earlier timeline, and again in this one.
    pub is_again: bool,
}

impl Run {
    /// How many commands were left out, as they have secrets.
    pub fn left_out(&self) -> usize {
        let all = self.timelines.iter();
        let all = all.flat_map(|timeline| timeline.commands.iter());
        all.filter(|command| command.request.is_none()).count()
    }

    /// Whether it was written by another version than this.
    pub fn is_of_another_version(&self) -> bool {
        self.head.version != env!("CARGO_PKG_VERSION")
    }
}
