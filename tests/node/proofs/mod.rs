//! Full nodes look for the payments of light ones, and prove them.

mod check;
mod flood;
mod parts;
mod stage;
mod waiting;
