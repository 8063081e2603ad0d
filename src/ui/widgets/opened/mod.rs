//! Blocks, transactions and histories of wallets, opened one upon the other over a view.

mod body;
mod date;
mod detail;
mod history;
mod level;
pub(in crate::ui) mod page;
mod path;
mod stack;

pub(in crate::ui) use body::Body;
pub(in crate::ui) use stack::Opened;
