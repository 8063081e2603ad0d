//! `chainlab network`: networks, and the files that describe them.

use super::{Failure, print};
use crate::chain::amount::AmountError;
use crate::chain::params::Allocation;
use crate::chain::{Address, Amount, Params};
use crate::lab::paper::network;
use crate::live::stored_params;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the file by which `chainlab node --network` joins a network.
    #[command(after_help = EXAMPLES)]
    Show {
        /// A node's data directory; without it, the network that a node makes by itself.
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        /// Coins that exist from the start, in block 0, as in
        /// 1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d=10; can be given several times. That makes another
        /// network.
        #[arg(long, value_name = "ADDRESS=AMOUNT", conflicts_with = "data_dir")]
        genesis: Vec<String>,
    },
}

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab network show > my-network.toml
  chainlab network show --genesis 1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d=10
  chainlab network show --data-dir my-lab/nodes/central
  chainlab node --name central --port 3000 --network my-network.toml";

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Show {
            data_dir: None,
            genesis,
        } => print(&network::write(&founded(&genesis)?)),
        Command::Show {
            data_dir: Some(dir),
            ..
        } => match stored_params(&dir)? {
            Some(params) => print(&network::write(&params)),
            None => Err(Failure::input(format!(
                "{}: no node is there",
                dir.display()
            ))),
        },
    }
}

/// chainlab's own network, with these coins in its block 0.
fn founded(genesis: &[String]) -> Result<Params, Failure> {
    let mut params = Params::default();
    for text in genesis {
        let given = allocation(text, &params);
        let given = given.map_err(|problem| Failure::input(format!("--genesis {text}: {problem}")));
        params.genesis.push(given?);
    }
    match params.validate() {
        Ok(()) => Ok(params),
        Err(error) => Err(Failure::input(format!("--genesis: {error}"))),
    }
}

fn allocation(text: &str, params: &Params) -> Result<Allocation, String> {
    let wanted = "write ADDRESS=AMOUNT";
    let (address, amount) = text.split_once('=').ok_or(wanted)?;
    let address = Address::parse(address, params.address_version).map_err(|e| e.to_string())?;
    let amount: Amount = amount.parse().map_err(|e: AmountError| e.to_string())?;
    Ok(Allocation {
        owner: address.owner,
        amount,
    })
}
