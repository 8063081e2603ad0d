//! The screen: what the lab looks like in a terminal, and what keys do.
//!
//! ```text
//! keys, mouse, answers ─► UiState::update(lab, event) ─► effects: ask the lab, copy, leave
//! LabView + UiState    ─► view::draw                  ─► a frame
//! ```
//!
//! Both are pure. The [loop](run()) around them waits for whatever comes first, takes all that has
//! come, and draws at most once per frame interval, not at all when nothing changed, and at once
//! after a key.

pub mod blocks;
pub mod dialog;
pub mod keymap;
pub mod letters;
pub mod lines;
pub mod log;
pub mod messages;
pub mod moved;
pub mod network;
mod run;
mod screen;
pub mod state;
pub mod text;
pub mod theme;
pub mod view;
pub mod zoom;

pub use run::{Farewell, UiError, UiOptions, run};
