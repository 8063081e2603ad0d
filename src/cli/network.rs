//! `chainlab network`: networks, and the files that describe them.

use super::{Failure, print};
use crate::chain::Params;
use crate::lab::network;
use crate::live::stored_params;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the file by which `chainlab node --network` joins a network.
    Show {
        /// A node's data directory; without it, the network that a node makes by itself.
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Show { data_dir: None } => print(&network::write(&Params::default())),
        Command::Show {
            data_dir: Some(dir),
        } => match stored_params(&dir)? {
            Some(params) => print(&network::write(&params)),
            None => Err(Failure::input(format!(
                "{}: no node is there",
                dir.display()
            ))),
        },
    }
}
