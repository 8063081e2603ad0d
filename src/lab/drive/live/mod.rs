//! Real nodes side by side in this process, on one clock and one table of links.
//!
//! [`Lab::start`](crate::lab::Lab::start) takes the ports and makes the directories, and is back before any node
//! runs; the nodes open in the background, all at once. From then on these go on beside each other, and
//! none waits for another:
//!
//! ```text
//! a task for each node ──► what happens, how it looks ─┐
//! Lab::request ────────────────────────────────────────┼─► Core ──► done by the task that told it something,
//! a task ──► how late it is ───────────────────────────┘    │         in order: a lane for each node and process
//! Lab::view ◄───────────────────────────────────────────────┘
//! a task ──► lab.json                what is to be there after a crash
//! ```
//!
//! Core is locked for as long as it takes to tell it something, and nothing is waited for, read or
//! written meanwhile, nor while what it says is done: that is put into lanes, and tasks. A temporary lab can be made anew behind the same handle: see [`rounds`].
//!
//! However a lab ends, its databases are closed: [`Lab::close`](crate::lab::Lab::close) waits for them, and so does, for a
//! while, what drops the lab, be it a panic.

mod adopt;
mod backend;
mod between;
mod bitcoin;
mod controlled;
mod course;
mod end;
mod endpoints;
mod home;
mod kept;
mod lanes;
mod nodes;
mod observe;
mod open;
mod passed;
mod perform;
mod programs;
mod proxies;
mod recording;
pub(in crate::lab::drive) mod round;
pub(in crate::lab::drive) mod rounds;
mod save;
mod saved;
mod serve;
#[cfg(test)]
mod tests;

pub use adopt::Adoption;
pub(in crate::lab) use adopt::adopt;
pub(in crate::lab) use open::open;
pub use saved::Kept;
