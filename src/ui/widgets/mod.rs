//! What views and dialogs share: the scene that they draw, lists and tables, trees of blocks, and what is
//! opened of them.

pub(in crate::ui) mod boxed;
pub(in crate::ui) mod chain;
pub(in crate::ui) mod forest;
pub(in crate::ui) mod lines;
pub(in crate::ui) mod list;
pub(in crate::ui) mod message;
pub(in crate::ui) mod opened;
pub(in crate::ui) mod pieces;
pub(in crate::ui) mod reorganisation;
pub mod scene;
pub(in crate::ui) mod steps;
pub(in crate::ui) mod subject;
pub(in crate::ui) mod table;
pub(in crate::ui) mod track;
