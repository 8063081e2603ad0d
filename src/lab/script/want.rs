//! What a script needs to go on, and what it waits for.

use super::expr::Expr;
use crate::lab::ask::{Named, Request};
use std::time::Duration;

/// What a script needs to go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// That it is so late. It is asked again twice a second meanwhile, for what it shows.
    Until(Duration),
    /// [`Facts`](super::Facts) to judge this by, again whenever something has changed, and at the latest then.
    Facts(Expr, Option<Duration>),
    /// That this is done.
    Do(Request<Named>),
    /// A [`ScriptChange`](crate::lab::ask::ScriptChange): it waits for the presenter, or is paused.
    Change,
    /// Nothing: it is over.
    Nothing,
}

/// What kind of thing a script waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A time that its steps say, or that a caption needs.
    Time,
    /// The presenter.
    Presenter,
    /// What a step begins with.
    Condition,
    /// The end of a request.
    Request,
    /// What a step expects.
    Expectation,
}
