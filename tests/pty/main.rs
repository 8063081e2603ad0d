//! The real program, in real terminals and shells.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/other_user.rs"]
mod other_user;
#[path = "../common/shell.rs"]
mod shell;
#[path = "../common/terminal.rs"]
mod terminal;

mod attached;
mod bent;
mod check;
mod far_words;
mod headless;
mod hostile;
mod input;
mod light;
mod programs;
mod proposed_fee;
mod refusal_kinds;
mod screen;
mod script_check;
mod script_lead;
mod seeds;
mod story;
mod terminals;
mod testing_page;
mod time;
mod time_keys;
mod tutorial;
mod typed;
mod verbs;
mod virtual_time;
