//! Labs of nodes that really run, the files that describe them, and their stories.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/picture.rs"]
mod picture;

mod ask;
mod bends;
mod core;
mod data;
mod deadlines;
mod differential;
mod expected;
mod expressions;
mod faults;
mod gallery;
mod guards;
mod headline;
mod history;
mod hostile_layouts;
mod kept_links;
mod lab_json;
mod labs;
mod layering;
mod layouts;
mod layouts_bitcoin;
mod layouts_mangled;
mod layouts_page;
mod layouts_played;
mod measure;
mod moving;
mod networks;
mod partition;
mod propagation;
mod refusals_layouts;
mod refusals_layouts_bitcoin;
mod refusals_layouts_nodes;
mod runs;
mod script;
mod script_pace;
mod security_page;
mod seeds;
mod stories;
mod time;
mod traffic;
