//! The log: above what happened to the nodes of the lab, with filters by level and node, below what the
//! program itself has to say.
//!
//! The lab's lines come from the view of the lab, as all that is shown of it. The program's come in
//! through [`layer()`], from wherever in the process they are written.

mod layer;
mod merged;
mod program;
mod state;

pub use layer::{LogTime, NodeNames, Text, layer, node_names, node_of, prepare, text_of};
pub use state::LogView;
