//! The screen: what the lab looks like in a terminal, and what keys do.
//!
//! [`app`] has the state of the screen and the loop around it. What fills it are [`views`] and
//! [`dialogs`], which share [`widgets`]; what holds for all of them a [`viewer::Viewer`] has. Keys come from
//! the one table of the [`keymap`].
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
