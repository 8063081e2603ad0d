//! The time of a lab in virtual time.

use super::row::{Verb, needs, request, takes, told};
use crate::lab::ask::params::{BadParam, Params, bad, required};
use crate::lab::ask::{Named, Request, Scope, TimeChange, TimelineId};

const EXPR: &str = "as in height >= 3 and tips == 1";
const TIMELINE: &str = "its letter, as in \"B\"";

pub(super) const VERBS: &[Verb] = &[
    request(
        Scope::Time,
        "time_pause",
        &[],
        "has time stand still",
        |_| asks(TimeChange::Pause),
    ),
    request(Scope::Time, "time_resume", &[], "lets time go on", |_| {
        asks(TimeChange::Resume)
    }),
    request(
        Scope::Time,
        "time_toggle",
        &[],
        "has time stand still if it goes, and go on if it stands still",
        |_| asks(TimeChange::Toggle),
    ),
    request(
        Scope::Time,
        "time_step",
        &[],
        "goes on to the next thing that is told, and stands still there",
        |_| asks(TimeChange::Step),
    ),
    request(
        Scope::Time,
        "time_back",
        &[],
        "goes back to the last thing that was told before, and stands still there",
        |_| asks(TimeChange::Back),
    ),
    request(
        Scope::Time,
        "time_next",
        &[],
        "goes on to the next mark, or to the newest moment, and stands still there",
        |_| asks(TimeChange::NextMark),
    ),
    request(
        Scope::Time,
        "time_prev",
        &[],
        "goes back to the mark before, and stands still there",
        |_| asks(TimeChange::PreviousMark),
    ),
    request(
        Scope::Time,
        "time_speed",
        &[needs(
            "speed",
            "how many times as fast as the clock on the wall: 5, \"1/10\", \"max\"",
        )],
        "changes how fast time goes",
        speed,
    ),
    request(
        Scope::Time,
        "time_faster",
        &[],
        "has time go at the next higher speed",
        |_| asks(TimeChange::Faster),
    ),
    request(
        Scope::Time,
        "time_slower",
        &[],
        "has time go at the next lower speed",
        |_| asks(TimeChange::Slower),
    ),
    request(
        Scope::Time,
        "time_go",
        &[needs(
            "to",
            "a time since the beginning, as in \"+01:23\" or \"83s\", or a block, as in \"#7\"",
        )],
        "goes to a moment, and stands still there",
        go,
    ),
    request(
        Scope::Time,
        "time_until",
        &[needs("expr", EXPR)],
        "goes on at full speed until an expression holds, and stands still there; answers then",
        |params| asks(TimeChange::Until(required("expr", expr(params)?)?)),
    ),
    request(
        Scope::Time,
        "time_pause_when",
        &[takes("expr", EXPR)],
        "has time stand still whenever an expression begins to hold; without one, for none any more",
        |params| asks(TimeChange::PauseWhen(expr(params)?)),
    ),
    request(
        Scope::Time,
        "time_undo",
        &[],
        "goes back to just before the last command that was given by hand, and stands still there",
        |_| asks(TimeChange::Undo),
    ),
    request(
        Scope::Time,
        "time_switch",
        &[needs("timeline", TIMELINE)],
        "shows another timeline, at the same moment if it was played so far, and time stands still there",
        |params| asks(TimeChange::Switch(timeline(params)?)),
    ),
    request(
        Scope::Time,
        "time_compare",
        &[takes("timeline", TIMELINE)],
        "holds another timeline against the one that is shown, and says what was first different; without one, \
         for none any more",
        |params| asks(TimeChange::Compare(params.parsed("timeline", "B")?)),
    ),
    request(
        Scope::Time,
        "time_drop",
        &[needs("timeline", TIMELINE)],
        "drops a timeline that is not shown",
        |params| asks(TimeChange::DropTimeline(timeline(params)?)),
    ),
    request(
        Scope::Time,
        "time_drop_later",
        &[],
        "has what was given by hand later than now not be given again",
        |_| asks(TimeChange::DropLater),
    ),
    told(
        Scope::Time,
        "time_save",
        &[takes(
            "with_secrets",
            "keys that were imported are in it [false]",
        )],
        "tells the run so far, as the text of a file that chainlab replay plays again",
        |params| {
            let with_secrets = params.flag("with_secrets")?.unwrap_or(false);
            Ok(Request::Run { with_secrets })
        },
    ),
    told(
        Scope::Time,
        "time_export",
        &[],
        "tells the layout with what was done by hand up to now as steps, and what is true now as what is expected",
        |_| Ok(Request::Export),
    ),
];

fn asks(change: TimeChange) -> Result<Request<Named>, BadParam> {
    Ok(Request::Time(change))
}

fn speed(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let speed = params.spelled("speed", "1/10")?;
    asks(TimeChange::Speed(required("speed", speed)?))
}

fn go(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let to = params.parsed("to", "+01:23")?;
    asks(TimeChange::Go(required("to", to)?))
}

fn timeline(params: &mut Params) -> Result<TimelineId, BadParam> {
    required("timeline", params.parsed("timeline", "B")?)
}

/// An expression as it is written: what it is judged by is not known here.
fn expr(params: &mut Params) -> Result<Option<String>, BadParam> {
    let expr = params.text("expr", "height >= 3")?;
    match expr {
        Some(text) if text.trim().is_empty() => Err(bad("expr", "is empty")),
        expr => Ok(expr),
    }
}
