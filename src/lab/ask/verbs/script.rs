//! The course of a script.

use super::row::{Verb, request};
use crate::lab::ask::{Request, Scope, ScriptChange};

pub(super) const VERBS: &[Verb] = &[
    request(
        Scope::Time,
        "script_next",
        &[],
        "plays the script on to its next caption; the captions after that wait for this method too",
        |_| Ok(Request::Script(ScriptChange::Next)),
    ),
    request(
        Scope::Time,
        "script_auto",
        &[],
        "lets the script go on by itself, at its own pace",
        |_| Ok(Request::Script(ScriptChange::Auto)),
    ),
    request(
        Scope::Time,
        "script_pause",
        &[],
        "pauses the script: no step begins, and the lab goes on",
        |_| Ok(Request::Script(ScriptChange::Pause)),
    ),
    request(
        Scope::Time,
        "script_resume",
        &[],
        "ends the pause of the script",
        |_| Ok(Request::Script(ScriptChange::Resume)),
    ),
    request(
        Scope::Time,
        "script_restart",
        &[],
        "makes a temporary lab anew, with the same keys, genesis block and ports, and plays its \
         script from the beginning; answers when its nodes are up",
        |_| Ok(Request::Script(ScriptChange::Restart)),
    ),
];
