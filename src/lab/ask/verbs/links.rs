//! Links, and the partition of a network.

use super::row::{Param, Verb, needs, request, takes};
use crate::lab::ask::params::{BadParam, Params, bad, required};
use crate::lab::ask::{Bend, LinkChange, Named, Request, Scope};
use crate::lab::paper::names::parse_kind;
use crate::lab::paper::units::{parse_bandwidth, parse_duration, parse_preset};
use crate::link::{Conditions, Fate, HELD_MAX, LinkState, NextMessage};

const ONE_WAY: Param = takes(
    "one_way",
    "only from the first to the second, true or false [false]",
);
const ENDS: &[Param] = &[
    needs("from", "a node"),
    needs("to", "another node"),
    ONE_WAY,
];

pub(super) const VERBS: &[Verb] = &[
    request(
        Scope::Link,
        "set_link",
        &[
            needs("from", "the node that sends"),
            needs("to", "the node that receives"),
            takes(
                "preset",
                "\"lan\", \"dsl\", \"intercontinental\", \"3g\", or \"satellite\"; others override it",
            ),
            takes("latency", "as in \"80ms\""),
            takes("jitter", "as in \"20ms\""),
            takes("bandwidth", "as in \"1 MB/s\", or \"unlimited\""),
            takes("loss", "a share of frames, from 0 to 0.9"),
            takes("state", "\"open\", \"cut\", or \"black-hole\""),
            ONE_WAY,
        ],
        "changes what a link is like, at once",
        set_link,
    ),
    request(
        Scope::Link,
        "cut",
        ENDS,
        "cuts a link: nothing passes, and both sides know",
        |params| ends(params, LinkChange::to_state(LinkState::Cut)),
    ),
    request(
        Scope::Link,
        "black_hole",
        ENDS,
        "swallows all that a link carries, and tells nobody",
        |params| ends(params, LinkChange::to_state(LinkState::BlackHole)),
    ),
    request(
        Scope::Link,
        "heal",
        &[
            takes("from", "a node; without it, every link is healed"),
            takes("to", "another node"),
            ONE_WAY,
        ],
        "opens a link again, which is as slow as before it was cut",
        heal,
    ),
    request(
        Scope::Link,
        "next_message",
        &[
            needs("from", "the node that sends"),
            needs("to", "the node that receives"),
            needs("kind", "the kind of message, as in \"block\""),
            needs("what", "\"drop\", \"delay\", or \"repeat\""),
            takes("for", "how long it is delayed, as in \"5s\", at most 60 s"),
        ],
        "has the next message of a kind on a link not arrive, arrive late, or arrive twice",
        next_message,
    ),
    request(
        Scope::Lab,
        "partition",
        &[takes(
            "groups",
            "who stays together, as in [[\"a\", \"b\"], [\"c\"]]; without it, two halves",
        )],
        "partitions the network: nothing passes between the groups, of which nodes that are in none \
         make up one more; a partition before this one is over",
        |params| Ok(Request::Partition(params.groups("groups")?)),
    ),
    request(
        Scope::Lab,
        "unite",
        &[],
        "heals the partition: just what it has cut is open again",
        |_| Ok(Request::Unite),
    ),
];

fn set_link(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let change = link_change(params)?;
    let bend = ends(params, change)?;
    if change == LinkChange::default() {
        return Err(bad(
            "latency",
            "is missing, and so is everything else that could change",
        ));
    }
    Ok(bend)
}

/// What is to change of a link: `preset`, `latency`, `jitter`, `bandwidth`, `loss`, `state`, in words.
///
/// # Errors
/// The first that is wrong, or out of its range.
pub fn link_change(params: &mut Params) -> Result<LinkChange, BadParam> {
    let preset = params.read("preset", "dsl", parse_preset)?;
    let like = preset.map(LinkChange::to_preset).unwrap_or_default();
    let latency = params.read("latency", "80ms", parse_duration)?;
    let jitter = params.read("jitter", "20ms", parse_duration)?;
    let bandwidth = params.read("bandwidth", "1 MB/s", |text| match text {
        "unlimited" => Ok(None),
        text => parse_bandwidth(text).map(Some),
    })?;
    let loss = params.quantity("loss", "0.1", str::parse::<f64>)?;
    let change = LinkChange {
        latency: latency.or(like.latency),
        jitter: jitter.or(like.jitter),
        bandwidth: bandwidth.or(like.bandwidth),
        loss: loss.or(like.loss),
        state: params.read("state", "cut", parse_state)?,
        next: None,
    };
    let sound = change.apply(Conditions::default()).validate();
    sound.map_err(|error| bad(error.key, error.problem))?;
    Ok(change)
}

fn parse_state(text: &str) -> Result<LinkState, String> {
    match text {
        "open" => Ok(LinkState::Open),
        "cut" => Ok(LinkState::Cut),
        "black-hole" => Ok(LinkState::BlackHole),
        other => Err(format!(
            "{other:?} is none of \"open\", \"cut\", \"black-hole\""
        )),
    }
}

/// What is to become of the next message of a kind: `from`, `to`, `kind`, `what`, `for`.
///
/// # Errors
/// The first that is wrong.
pub fn next_message(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let from = required("from", params.text("from", "central")?)?;
    let to = required("to", params.text("to", "miner")?)?;
    let kind = required("kind", params.read("kind", "block", parse_kind)?)?;
    let what = required("what", params.text("what", "drop")?)?;
    let held = params.read("for", "5s", parse_duration)?;
    if let Some(held) = held.filter(|held| *held > HELD_MAX) {
        return Err(bad("for", format!("{held:?} is more than {HELD_MAX:?}")));
    }
    let fate = match (what.as_str(), held) {
        ("drop", None) => Fate::Drop,
        ("repeat", None) => Fate::Repeat,
        ("drop" | "repeat", Some(_)) => return Err(bad("for", "has a meaning only with delay")),
        ("delay", Some(held)) => Fate::Delay(held),
        ("delay", None) => return Err(bad("for", "is missing: say how long")),
        _ => {
            return Err(bad(
                "what",
                "\"drop\", \"delay\" or \"repeat\" is wanted here",
            ));
        }
    };
    let change = LinkChange::to_next(NextMessage { kind, fate });
    bend(from, to, false, change)
}

fn ends(params: &mut Params, change: LinkChange) -> Result<Request<Named>, BadParam> {
    let from = required("from", params.text("from", "central")?)?;
    let to = required("to", params.text("to", "miner")?)?;
    let is_one_way = params.flag("one_way")?.unwrap_or(false);
    bend(from, to, !is_one_way, change)
}

fn bend(
    from: String,
    to: String,
    is_both_ways: bool,
    change: LinkChange,
) -> Result<Request<Named>, BadParam> {
    if from == to {
        return Err(bad(
            "to",
            format!("a link is between two nodes, and {from} is one"),
        ));
    }
    Ok(Request::Link(Bend {
        from,
        to,
        is_both_ways,
        change,
    }))
}

fn heal(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let has_ends = params.has("from") || params.has("to") || params.has("one_way");
    if has_ends {
        return ends(params, LinkChange::to_state(LinkState::Open));
    }
    // So that a wrong key is told what there is.
    for key in ["from", "to", "one_way"] {
        params.text(key, "central")?;
    }
    Ok(Request::HealAll)
}
