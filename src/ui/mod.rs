//! The screen: what the lab looks like in a terminal, and what keys do.
//!
//! ```text
//! keys, mouse, answers ─► UiState::update(lab, event) ─► effects: ask the lab, copy, leave
//! LabView + UiState    ─► frame::draw                 ─► a frame
//! ```
//!
//! From the bottom up:
//!
//! - [`keymap`]: the one table of keys. [`text`] and [`theme`]: words, widths and colours.
//! - [`viewer`]: what holds whatever view is in front, and what a key comes to.
//! - [`widgets`]: what views and dialogs share.
//! - [`views`]: a folder for each, behind [`View`](views::View). [`dialogs`]: a file for each, behind
//!   [`Dialog`](dialogs::Dialog).
//! - [`app`]: the state of the whole, the frame around the views, and the loop.
//!
//! All but the [loop](app::run()) is pure. That waits for whatever comes first, takes all that has come, and
//! draws at most once per frame interval, not at all when nothing changed, and at once after a key.

pub mod app;
pub mod dialogs;
pub mod keymap;
pub mod text;
pub mod theme;
pub mod viewer;
pub mod views;
pub mod widgets;
