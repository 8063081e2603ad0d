//! What people, programs and scripts ask of a lab, and what they are told.
//!
//! ```text
//! a method, a step, a command line ──► verbs ──► Request<Named> ──► resolve ──► Request ──► the lab
//! a key ────────────────────────────────────────────────────────────────────────►┘
//! ```

mod ability;
mod change;
pub mod params;
mod request;
pub mod verbs;

pub use ability::{Ability, Can};
pub use change::{Bend, LinkChange, ScriptChange, TrafficChange};
pub use request::{Access, Answer, Known, Named, Request, Scope, Ticket, pick, write};
