//! A lab in virtual time on the screen: the keys and commands that move in it, the first line, the
//! timeline, what is told where time stands still, what is on its way, and what is forgotten when time goes
//! back.

mod back;
mod flights;
mod header;
mod keys;
mod line;
mod pictures;
mod scene;
mod told;
