//! Programs that a lab starts: from what is wanted to the exact arguments, variables and files.
//!
//! All of it is plain data that can be shown to a person before anything is started, and has no secret
//! in it: a password is made when its file is written, and stands nowhere else. What is asked for here
//! keeps a node on this machine: it listens on loopback, dials the given peers and no others, asks no
//! name, and has its home in its own folder.

mod bcoin;
mod btcd;
mod command;
mod core;
mod parts;
mod show;
#[cfg(test)]
mod tests;
mod wanted;

pub use parts::{Content, Plan, PlannedFile, RPC_USER, RpcAccess, RpcLogin};
pub use wanted::{Choice, Found, PLACES, PlanError, Ports, Wanted};

use std::collections::BTreeSet;
use std::net::SocketAddr;

/// What has to be done to start what is wanted.
///
/// # Errors
/// [`PlanError`].
pub fn plan(wanted: &Wanted) -> Result<Plan, PlanError> {
    check(wanted)?;
    match &wanted.found {
        Found::Core { bitcoind } => Ok(core::plan(wanted, bitcoind)),
        Found::Btcd { btcd } => btcd::plan(wanted, btcd),
        Found::Bcoin { node, package } => Ok(bcoin::plan(wanted, node, package)),
        Found::Command { program, words } => command::plan(wanted, program, words),
    }
}

fn check(wanted: &Wanted) -> Result<(), PlanError> {
    let elsewhere = |peer: &&SocketAddr| !peer.ip().to_canonical().is_loopback();
    if let Some(peer) = wanted.peers.iter().find(elsewhere) {
        return Err(PlanError::PeerElsewhere(*peer));
    }
    let distinct: BTreeSet<u16> = wanted.ports.all().into_iter().collect();
    if distinct.len() < wanted.ports.all().len() || distinct.contains(&0) {
        return Err(PlanError::Ports);
    }
    let mut paths = wanted.found.paths();
    paths.push(&wanted.folder);
    match paths.into_iter().find(|path| !path.is_absolute()) {
        Some(path) => Err(PlanError::Relative(path.to_owned())),
        None => Ok(()),
    }
}
