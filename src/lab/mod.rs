//! Many nodes as one lab: the files that people write for it, the nodes as they run side by side,
//! and what can be seen of them.
//!
//! ```text
//! layout  ─► Lab::start ─► nodes ─► snapshots, events ─► LabView   (what a screen draws)
//!                            ▲
//!              Request ──────┘──► Answer                           (what a key asks for)
//! ```
//!
//! Each room uses only those above it:
//!
//! ```text
//! paper      files that people write: documents, names, units, networks
//! spec       what a lab is to be made of
//! ask        what is asked of it: requests, and the table of verbs
//! observe    what can be said of it by what its nodes tell
//! script     steps, and what they expect
//! layout     all that is decided before it starts; names are resolved here
//! view       what screens and programs see of it
//! core       all that it decides, without IO
//! control    the control protocol, for other programs
//! drive      what does what core says: real nodes, virtual time, other processes
//! handle     a lab as screens and shells hold it
//! ```

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
pub use drive::{Adoption, Control, Kept, LabError, LabOptions};
pub use handle::{Heard, Hearing, Lab};
pub use layout::Layout;
pub use view::{LabView, MadeByHand, NodeState, NodeView, TrafficView};
