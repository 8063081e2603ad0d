//! Many nodes as one lab: the files that people write for it, the nodes as they run side by side,
//! and what can be seen of them.
//!
//! ```text
//! layout  ─► Lab::start ─► nodes ─► snapshots, events ─► LabView   (what a screen draws)
//!                            ▲
//!              Request ──────┘──► Answer                           (what a key asks for)
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
