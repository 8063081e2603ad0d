//! A command of the person: their words, with ours where they left a place.

use super::parts::{Content, Plan, PlannedFile, RpcAccess, RpcLogin, local};
use super::wanted::{PlanError, Wanted};
use std::ffi::OsString;
use std::path::Path;

const PASSWORD: &str = "password";
const COOKIE: &str = "cookie";

pub(super) fn plan(wanted: &Wanted, program: &Path, words: &[String]) -> Result<Plan, PlanError> {
    let has = |place: &str| words.iter().any(|word| word.contains(place));
    if !has("{port}") {
        return Err(PlanError::NoPort);
    }
    let mut plan = wanted.bare(program);
    for word in words {
        plan.arguments.extend(filled_for_each(wanted, word)?);
    }
    let others = [
        ("{watch-port}", "the watcher", wanted.ports.watch),
        ("{rpc-port}", "RPC", wanted.ports.rpc),
        ("{wallet-port}", "its wallet's RPC", wanted.ports.wallet),
    ];
    for (place, what, port) in others {
        if has(place) {
            plan.listens.push((what, local(port)));
        }
    }
    if has("{watch-port}") {
        plan.watch = local(wanted.ports.watch);
    }
    if has("{password-file}") {
        plan.files.push(password());
    }
    plan.rpc = access(wanted, has)?;
    Ok(plan)
}

fn password() -> PlannedFile {
    PlannedFile {
        name: PASSWORD,
        content: Content::Password {
            before: "",
            after: "\n",
        },
        about: "a password for its RPC, made anew for each start",
    }
}

fn access(wanted: &Wanted, has: impl Fn(&str) -> bool) -> Result<Option<RpcAccess>, PlanError> {
    let login = match (has("{password-file}"), has("{cookie-file}")) {
        (true, true) => return Err(PlanError::TwoLogins),
        (true, false) => RpcLogin::Password(wanted.within(PASSWORD)),
        (false, true) => RpcLogin::Cookie(wanted.within(COOKIE)),
        (false, false) => return Ok(None),
    };
    let wallet = has("{wallet-port}").then(|| local(wanted.ports.wallet));
    let at = local(wanted.ports.rpc);
    let access = RpcAccess { at, wallet, login };
    Ok(has("{rpc-port}").then_some(access))
}

/// A word, once for each peer if it names one.
fn filled_for_each(wanted: &Wanted, word: &str) -> Result<Vec<OsString>, PlanError> {
    if !word.contains("{peer}") {
        return Ok(vec![filled(wanted, word, "")?]);
    }
    let peers = wanted.peers.iter().map(ToString::to_string);
    peers.map(|peer| filled(wanted, word, &peer)).collect()
}

/// A word with all places filled. What is put in is not looked at again.
fn filled(wanted: &Wanted, word: &str, peer: &str) -> Result<OsString, PlanError> {
    let (mut done, mut rest) = (OsString::new(), word);
    while let Some(at) = rest.find('{') {
        done.push(&rest[..at]);
        rest = &rest[at..];
        // A brace may stand for itself.
        let taken = match place_at(rest) {
            Some(place) => {
                done.push(value(wanted, place, peer)?);
                place.len()
            }
            None => {
                done.push("{");
                1
            }
        };
        rest = &rest[taken..];
    }
    done.push(rest);
    Ok(done)
}

/// The place with which a text begins: small letters and dashes in braces.
fn place_at(text: &str) -> Option<&str> {
    let end = text.find('}')?;
    let name = text.get(1..end)?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    is_name.then(|| &text[..=end])
}

fn value(wanted: &Wanted, place: &str, peer: &str) -> Result<OsString, PlanError> {
    let ports = wanted.ports;
    let peers = || {
        let all: Vec<String> = wanted.peers.iter().map(ToString::to_string).collect();
        all.join(",")
    };
    Ok(match place {
        "{port}" => ports.peers.to_string().into(),
        "{rpc-port}" => ports.rpc.to_string().into(),
        "{watch-port}" => ports.watch.to_string().into(),
        "{wallet-port}" => ports.wallet.to_string().into(),
        "{folder}" => wanted.folder.clone().into(),
        "{peer}" => peer.into(),
        "{peers}" => peers().into(),
        "{password-file}" => wanted.within(PASSWORD).into(),
        "{cookie-file}" => wanted.within(COOKIE).into(),
        word => {
            let word = word.to_owned();
            return Err(PlanError::NoPlace { word });
        }
    })
}
