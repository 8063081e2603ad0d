//! What people, programs and scripts ask of a lab, and what they are told.
//!
//! A [`Request`] is about nodes by number. Where it comes from words, a row of the table of [`verbs`]
//! reads its [parameters](params) into a request about [names](Named), which are resolved later. What a node
//! must be able to do for it is an [`Ability`], and what it can do is its [`Can`].
//!
//! ```text
//! a method, a step, a command line ──► verbs ──► Request<Named> ──► resolve ──► Request ──► the lab
//! a key ────────────────────────────────────────────────────────────────────────►┘
//! ```

mod ability;
mod change;
pub mod params;
mod request;
mod time;
mod timeline;
pub mod verbs;
mod write;

pub use ability::{Ability, Can};
pub use change::{Bend, LinkChange, ScriptChange, TrafficChange};
pub use request::{Access, Answer, Known, Named, Request, Save, Saved, Scope, Ticket, pick};
pub use time::{TimeChange, When};
pub use timeline::TimelineId;
pub use write::write;
