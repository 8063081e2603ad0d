//! What is held in memory, and what strangers can make a program hold, counted by the allocator: one
//! measurement at a time, as there is one count for the whole process.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

#[path = "../common/mod.rs"]
mod common;

mod bitcoin;
mod chain;
mod clone;
mod control;
mod history;
mod hostile;
mod light;
mod network;
mod wire;

use peak_alloc::PeakAlloc;
use tokio::sync::Mutex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Held by each test here as long as it runs.
static TURN: Mutex<()> = Mutex::const_new(());
