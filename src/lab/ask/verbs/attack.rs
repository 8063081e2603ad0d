//! What attackers' nodes do.

use super::row::{Verb, command, needs};
use crate::lab::ask::params::required;
use crate::node::io::Command;

pub(super) const VERBS: &[Verb] = &[
    command(
        "forge",
        &[
            needs("to", "an address, or any wallet's name"),
            needs("amount", "how much arrives, as in \"1.5\""),
        ],
        "has an attacker's node pay with a coin that never existed, in the next block that it finds",
        |params| {
            Ok(Command::Forge {
                to: required("to", params.text("to", "alice")?)?,
                amount: required("amount", params.amount("amount")?)?,
            })
        },
    ),
    command(
        "leave_out",
        &[needs("of", "an address, or any wallet's name")],
        "has an attacker's node leave a wallet's payments out of what it shows light nodes, from the next block on",
        |params| {
            let of = required("of", params.text("of", "alice")?)?;
            Ok(Command::LeaveOut { of })
        },
    ),
];
