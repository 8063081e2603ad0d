//! The one table of keys. What a key does, the footer, the help, the palette and the file by which
//! people change keys all come from it.

mod actions;
mod map;
mod press;
mod views;

pub use actions::{Action, Entry, Group, TABLE, by_action};
pub use map::{Clash, Keymap, Taken, taken_words};
pub use press::KeyPress;
pub use views::{PAIRS, ViewId, ViewKey, is_of_views};
