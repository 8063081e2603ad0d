//! Whom a node connects with, and whom it does not.

use super::row::{Verb, command, needs, takes};
use crate::lab::ask::params::{BadParam, Params, bad, required};
use crate::lab::paper::units::parse_duration;
use crate::node::addrbook::check_addr;
use crate::node::io::Command;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How long a ban lasts, unless it is said.
const DAY: Duration = Duration::from_secs(24 * 3_600);

pub(super) const VERBS: &[Verb] = &[
    command(
        "add_peer",
        &[needs("addr", "HOST:PORT")],
        "keeps a connection to an address",
        |params| Ok(Command::AddPeer(peer(params)?)),
    ),
    command(
        "drop_peer",
        &[needs("addr", "HOST:PORT")],
        "ends the connections with an address, and does not dial it again",
        |params| Ok(Command::DropPeer(addr(params)?)),
    ),
    command(
        "ban",
        &[
            needs("ip", "an IP address"),
            takes("for", "how long, as in \"10min\" [1d]"),
        ],
        "takes no connection from or to an IP address for a time",
        |params| {
            Ok(Command::Ban {
                ip: required("ip", params.parsed::<IpAddr>("ip", "192.0.2.1")?)?,
                for_: params.read("for", "10min", parse_duration)?.unwrap_or(DAY),
            })
        },
    ),
    command(
        "unban",
        &[needs("ip", "an IP address")],
        "lifts a ban",
        |params| {
            let ip = required("ip", params.parsed::<IpAddr>("ip", "192.0.2.1")?)?;
            Ok(Command::Unban(ip))
        },
    ),
];

fn peer(params: &mut Params) -> Result<SocketAddr, BadParam> {
    let addr = addr(params)?;
    check_addr(addr).map_err(|error| bad("addr", error))?;
    Ok(addr)
}

fn addr(params: &mut Params) -> Result<SocketAddr, BadParam> {
    required("addr", params.parsed("addr", "127.0.0.1:3000")?)
}
