//! Faults below the link, for testers. What becomes of single messages is with the [links](super::links).

use super::row::{Verb, command, needs};
use crate::lab::ask::params::{BadParam, Params, bad, required};
use crate::lab::paper::units::parse_ahead;
use crate::node::io::{Command, RawKind};
use crate::node::raw::{NO_HEX, parse_hex};
use crate::node::store::DiskFault;

pub(super) const VERBS: &[Verb] = &[
    command(
        "set_clock",
        &[needs(
            "by",
            "how far it is off, as in \"+2h\" or \"-30s\"; \"0s\": not at all",
        )],
        "has a node's clock be off, for what its blocks say, how it judges those of others, and what it tells peers",
        |params| {
            let ahead_ms = required("by", params.read("by", "+2h", parse_ahead)?)?;
            Ok(Command::SetClock { ahead_ms })
        },
    ),
    command(
        "fail_disk",
        &[needs("what", "\"full\" or \"failing\"")],
        "has a node's next write fail as on such a disk: the node halts",
        |params| {
            let what = required("what", params.read("what", "full", parse_fault)?)?;
            Ok(Command::FailDisk { what })
        },
    ),
    command(
        "send_raw",
        &[
            needs("from", "a peer of the node, by its name or address"),
            needs("kind", "\"block\" or \"tx\""),
            needs(
                "hex",
                "its bytes as peers send them, two hexadecimal digits each",
            ),
        ],
        "gives a node a block or transaction, valid or bent, as if it had asked a peer for it",
        send_raw,
    ),
];

fn send_raw(params: &mut Params) -> Result<Command, BadParam> {
    let from = required("from", params.text("from", "miner")?)?;
    let kind = required("kind", params.read("kind", "block", parse_kind)?)?;
    let hex = required("hex", params.text("hex", "0100...")?)?;
    match parse_hex(&hex) {
        Some(_) => Ok(Command::SendRaw { from, kind, hex }),
        None => Err(bad("hex", NO_HEX)),
    }
}

/// Reads how a disk fails.
///
/// # Errors
/// In words.
pub fn parse_fault(text: &str) -> Result<DiskFault, &'static str> {
    match text {
        "full" => Ok(DiskFault::Full),
        "failing" => Ok(DiskFault::Failing),
        _ => Err("\"full\" or \"failing\" is wanted here"),
    }
}

fn parse_kind(text: &str) -> Result<RawKind, &'static str> {
    match text {
        "block" => Ok(RawKind::Block),
        "tx" => Ok(RawKind::Tx),
        _ => Err("\"block\" or \"tx\" is wanted here"),
    }
}
