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
pub mod document;
pub mod drive;
mod error;
mod handle;
pub mod headline;
pub mod layout;
pub mod measure;
pub mod names;
pub mod network;
pub mod observe;
pub mod partition;
pub mod places;
mod private;
pub mod regions;
pub mod script;
pub mod spec;
pub mod summary;
pub mod traffic;
pub mod units;
pub mod view;

pub use ask::{Answer, LinkChange, Request, Ticket, TrafficChange};
pub use drive::live::{Adoption, Control, Kept};
pub use error::LabError;
pub use handle::{Heard, Hearing, Lab, LabOptions};
pub use layout::Layout;
pub use private::Scratch;
pub use view::{LabView, MadeByHand, NodeState, NodeView, TrafficView};
