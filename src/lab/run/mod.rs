//! A lab at run time: real nodes side by side in this process, on one clock and one table of links.
//!
//! [`Lab::start`](super::Lab::start) takes the ports and makes the directories, and is back before any node runs; the
//! nodes open in the background, all at once. From then on three things go on beside each other,
//! and none waits for another:
//!
//! ```text
//! a task for each node ──► Model ──► Lab::view       what is seen, whenever somebody looks
//! Lab::request ──► a task ──► node ──► Lab::answer   what is asked, and what came of it
//! a task ──► lab.json                                what is to be there after a crash
//! ```
//!
//! A temporary lab can be made anew behind the same handle: see [`rounds`].
//!
//! However a lab ends, its databases are closed: [`Lab::close`](super::Lab::close) waits for them, and so does, for a
//! while, whoever drops the lab, be it by a panic.

mod adopt;
mod attach;
mod door;
mod doors;
mod end;
mod follow;
mod hands;
mod hold;
mod home;
mod hosts;
mod kept;
mod nodes;
mod observe;
mod open;
mod perform;
mod round;
mod rounds;
mod saved;

pub use adopt::Adoption;
pub(in crate::lab) use adopt::adopt;
pub(in crate::lab) use attach::attach;
pub use doors::Control;
pub(in crate::lab) use doors::{ANYWHERE, WHOLE};
pub(in crate::lab) use open::open;
pub use saved::Kept;
