//! What a lab does by itself, and what it shows.

use super::row::{Verb, request, takes};
use crate::lab::ask::params::{BadParam, Params, bad};
use crate::lab::ask::{Named, Request, Scope, TrafficChange};
use crate::lab::paper::units::{check_tx_rate, parse_tx_rate};
use crate::node::foreign::is_hidden;

/// The longest caption, in characters: a line.
pub const NOTE_MAX: usize = 200;

pub(super) const VERBS: &[Verb] = &[
    request(
        Scope::Lab,
        "traffic",
        &[
            takes("on", "true or false"),
            takes(
                "rate",
                "payments a second, as in 2 or \"2 tx/s\", from 0.01 to 1000",
            ),
        ],
        "starts or stops payments between all wallets, at random times; without parameters, tells \
         how they are",
        traffic,
    ),
    request(
        Scope::Lab,
        "note",
        &[takes(
            "text",
            "the caption; without it, none is shown any more",
        )],
        "shows a caption on the screen",
        note,
    ),
];

fn traffic(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let on = params.flag("on")?;
    let rate = params.quantity("rate", "2 tx/s", parse_tx_rate)?;
    let rate = rate.map(check_tx_rate).transpose();
    let rate = rate.map_err(|error| bad("rate", error))?;
    Ok(Request::Traffic(TrafficChange { on, rate }))
}

fn note(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let text = params.read("text", "the miner is gone", check_note)?;
    Ok(Request::Note(text.filter(|text| !text.is_empty())))
}

/// Reads a caption: a line.
///
/// # Errors
/// In words, what it is to be.
pub fn check_note(text: &str) -> Result<String, String> {
    if text.contains(is_hidden) || text.chars().count() > NOTE_MAX {
        return Err(format!(
            "one line of at most {NOTE_MAX} characters is wanted here"
        ));
    }
    Ok(text.to_owned())
}
