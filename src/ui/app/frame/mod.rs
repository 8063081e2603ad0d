//! Drawing the whole screen: a lab and the screen's state in, a picture out. Nothing here changes
//! anything.

mod band;
mod draw;
mod footer;
mod header;
pub mod letters;
mod notes;
mod plan;

pub use draw::draw;
pub use plan::{SMALLEST, ScreenPlan};
