//! Every verb: its name, its parameters, what it does, what it is about, and whether it only asks.
//! One table for programs, for `chainlab rpc`, for scripts, and for docs/control.md; a file for each
//! group.

mod attack;
mod basics;
mod chain;
mod faults;
mod lab;
mod links;
mod mining;
mod nodes;
mod peers;
mod row;
mod script;
mod time;
mod wallets;

pub use basics::{BASICS, Basic};
pub use faults::parse_fault;
pub use lab::{NOTE_MAX, check_note};
pub use links::link_change;
pub use row::{Param, Verb};
pub use wallets::key_holder;

use crate::lab::paper::document::nearest;

/// All groups, as people look for them.
const GROUPS: [&[Verb]; 11] = [
    wallets::VERBS,
    mining::VERBS,
    attack::VERBS,
    peers::VERBS,
    chain::VERBS,
    nodes::VERBS,
    links::VERBS,
    faults::VERBS,
    lab::VERBS,
    script::VERBS,
    time::VERBS,
];

/// All of them.
pub fn verbs() -> impl Iterator<Item = &'static Verb> + Clone {
    GROUPS.into_iter().flatten()
}

/// The verb of this name.
pub fn verb(name: &str) -> Option<&'static Verb> {
    verbs().find(|verb| verb.name == name)
}

/// That there is no such method, with the one that was probably meant.
pub fn unknown(name: &str) -> String {
    let shown: String = name.chars().take(40).collect();
    let basics = BASICS.iter().map(|method| method.name);
    if basics.clone().any(|basic| basic == name) {
        return format!("{name} is for programs that stay connected, and cannot be called here");
    }
    let names = basics.chain(verbs().map(|verb| verb.name));
    match nearest(&shown, names) {
        Some(near) => format!("there is no method {shown:?}; did you mean {near:?}?"),
        None => format!("there is no method {shown:?}"),
    }
}

#[cfg(test)]
mod tests;
