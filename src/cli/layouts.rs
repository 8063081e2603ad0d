//! `chainlab layouts`: the layouts that are built in, as a list, and one as a file to change.

use super::{Failure, print};
use crate::lab::layout::shipped;
use crate::lab::paper::names::missing;
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab layouts
  chainlab layouts scenario > my-lab.toml";

#[derive(Args)]
pub(super) struct Options {
    /// The layout to print; without one, all are listed.
    name: Option<String>,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    match &options.name {
        None => print(&list()),
        Some(name) => match shipped::text(name) {
            Some(text) => print(text),
            None => Err(Failure::input(missing("layout", name, shipped::names()))),
        },
    }
}

/// A line for each: its name, and the first line that it says about itself.
fn list() -> String {
    let width = shipped::names().map(str::len).max().unwrap_or(0);
    let rows = shipped::names().filter_map(shipped).map(|layout| {
        let about = layout.about.first().map_or("", String::as_str);
        let own_name = format!("{}: ", layout.name);
        let about = about.strip_prefix(&own_name).unwrap_or(about);
        format!("{:width$}  {about}\n", layout.name)
    });
    rows.collect()
}
