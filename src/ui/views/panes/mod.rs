//! The lab: a pane for each node, or a table of many, and below them how blocks propagate, the last of
//! them, and what waits for one.

mod boxes;
mod compare;
mod groups;
mod last;
mod mempool;
mod pane;
mod plan;
mod propagation;
mod state;
mod table;

pub(in crate::ui) use plan::can_spare_a_line;
pub use plan::{Form, Plan};
pub use state::PanesView;
