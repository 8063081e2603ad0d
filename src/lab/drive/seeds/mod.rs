//! One layout, many seeds: a run of each, on several threads, and what came of them in the order of the
//! seeds.
//!
//! ```text
//! Plan ──(seed)──► play ──► Outcome      the same alone and among others
//!                    ▲          │
//!      Jobs: a thread each,     └──► kind: which of them fail in the same way
//!      with a cache of its own       opening: where to look at one on the screen
//!                                    shrink: the fewest steps with which it still comes out so
//! ```
//!
//! A panic, or a time that does not go on, is what came of its seed, and the others go on.

mod caught;
mod finder;
mod jobs;
mod kind;
mod opening;
mod play;
mod shrink;

pub use self::caught::{caught, is_caught};
pub use self::jobs::{Came, Desk, JOBS_MAX, Jobs};
pub use self::opening::opening;
pub use self::play::{Failing, Outcome, Plan, Sort, play};
pub use self::shrink::{Aim, Shrinking, Smallest};
