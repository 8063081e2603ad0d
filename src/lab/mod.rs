//! Many nodes as one lab: the files that people write for it, the nodes as they run side by side,
//! and what can be seen of them.
//!
//! ```text
//! layout ─► Lab::start ─► nodes ─► snapshots, events ─► LabView   (what a screen draws)
//!                           ▲
//!            Request ───────┘──► Answer                           (what a key asks for)
//! ```
//!
//! [`Lab`] is how screens, shells and tests hold it. Behind that a [driver](drive) runs the nodes and
//! decides nothing; [`core::Core`] decides everything and does no IO. Each room uses only those above it:
//!
//! - [`paper`]: what people write. Documents with line and column, names, quantities, networks.
//! - [`spec`]: what a lab is to be made of, wherever that was read.
//! - [`ask`]: what is asked of it, and [`ask::verbs`], the one table of verbs.
//! - [`observe`]: what can be said of it by what its nodes tell.
//! - [`script`]: steps, and the expressions that they wait for.
//! - [`layout`]: all that is decided before it starts. Names are resolved here.
//! - [`view`]: what screens and programs see of it.
//! - [`core`]: all that it decides.
//! - [`control`]: the control protocol, for other programs.
//! - [`drive`]: does what core says, with real nodes, in virtual time, or in other processes.

pub mod ask;
pub mod control;
pub mod core;
pub mod drive;
mod handle;
pub mod layout;
pub mod observe;
pub mod paper;
pub mod script;
pub mod spec;
pub mod view;

pub use ask::{Answer, LinkChange, Request, Ticket, TrafficChange};
pub use drive::directories::private::Scratch;
pub use drive::{Adoption, Consent, Control, Kept, LabError, LabOptions, Outside, Planned};
pub use handle::{Heard, Hearing, Lab};
pub use layout::Layout;
pub use view::{LabView, MadeByHand, NodeState, NodeView, TrafficView};
