//! The log of the whole lab: what every node says, in one column, with filters by level and node.
//!
//! tui-logger keeps the lines and draws them. It is one for the process; what is looked at, and
//! how, is kept here. Lines come in through [`layer()`].

mod layer;
mod state;

pub use layer::{LogTime, NodeNames, Text, layer, node_names, node_of, prepare, text_of};
pub use state::LogView;
