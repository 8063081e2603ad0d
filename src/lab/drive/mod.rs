//! What drives a lab: it does what [core](super::core) says, and decides nothing.
//!
//! ```text
//!                  ┌─ live          nodes in this process: threads, sockets, disks, the lab clock
//! Lab ─► Backend ──┤    + attached  nodes of other processes, over the control protocol
//!                  └─ paced         virtual time at the pace of a screen; history has it go back
//! play, tests ────── virtual_time   virtual time, as fast as it can
//! ```
//!
//! - `live` and `paced` are what [`Lab`](super::Lab) holds, by one trait (`backend`); `attached` is how
//!   a live lab has nodes of other processes; [`VirtualLab`] needs no runtime and no disk.
//! - What they share: control endpoints (`endpoint`), the order of what is asked of one node (`lane`),
//!   requests that wait for their answers (`waiting`).
//! - Where things are: [`directories`] of the user, and the [`registry`] of what runs.
//! - [`seeds`] plays a layout with many seeds; a run without a screen, live or virtual, is [judged](Judge)
//!   by one rule.
//! - [`measure`] plays a layout many times, and says how its story is paced.

pub(in crate::lab) mod attached;
mod backend;
mod consent;
pub mod directories;
mod endpoint;
mod error;
pub mod export;
mod history;
mod judge;
mod lane;
pub(in crate::lab) mod live;
pub mod measure;
pub(in crate::lab) mod paced;
pub mod registry;
pub mod run_file;
pub mod seeds;
mod trial;
mod virtual_time;
mod waiting;

pub use self::backend::LabOptions;
pub(in crate::lab) use self::backend::{Answered, Answers, Backend};
pub use self::consent::{Consent, Outside, Planned};
pub use self::endpoint::Control;
pub use self::error::LabError;
pub use self::history::{
    Begun, Entry, Given, History, Now, Origin, Place, Second, TimelineInfo, run_hash,
};
pub use self::judge::{Judge, Unmet};
pub use self::live::{Adoption, Kept};
pub use self::paced::RunOptions;
pub use self::trial::Trial;
pub use self::virtual_time::{VirtualLab, VirtualOptions, play};
pub use super::core::Level;
