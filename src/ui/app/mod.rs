//! The screen as a whole: what it remembers, what keys do, what is drawn, and the loop around that.
//!
//! ```text
//! keys, mouse, answers ─► UiState::update(lab, event) ─► effects: ask the lab, copy, leave
//! LabView + UiState    ─► frame::draw                 ─► a frame
//! ```

mod act;
mod answers;
pub mod frame;
mod idle;
mod links;
mod look;
mod mouse;
mod news;
mod pace;
mod run;
mod screen;
mod stage;
mod state;
mod time;
mod update;

pub use run::{Farewell, UiError, UiOptions, run};
pub use state::{Message, UiState};
pub use update::UiEvent;
