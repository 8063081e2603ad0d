//! What is asked of the user: forms, lists and questions over everything else. Each is a [`Dialog`] in
//! a file of its own, and [`open()`] knows them all.

mod add;
mod dialog;
mod filter;
mod find;
mod form;
mod help;
mod input;
mod link;
mod list;
mod open;
mod palette;
mod partition;
mod payment;
mod quit;
mod restart;
mod script;
mod seek;
mod send;
mod timelines;
mod typed;
mod wallet;
pub mod window;

pub use dialog::{Dialog, Verdict};
pub use open::open;
