//! The endpoints of labs, and labs of other processes.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

#[path = "../common/mod.rs"]
mod common;

mod attach;
mod far_words;
mod flood;
mod half_closed;
mod mixed;
mod noise;
mod page;
mod refusals;
mod refusals_calls;
mod refusals_doors;
mod restart;
mod time;
mod virtual_time;
