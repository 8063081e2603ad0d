//! The hidden subcommand by which a lab starts programs of others, so that they end with it. It is not
//! among the others, so no help, manual or shell knows of it: see [`crate::live::program::guard`].

use super::failure::Failure;
use crate::live::program::guard::{GuardError, NAME, run_guard};
use std::convert::Infallible;
use std::env;
use std::ffi::OsString;

/// Does the hidden subcommand's work, if it was asked for.
pub(super) fn if_asked() -> Option<Result<Infallible, Failure>> {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let (first, others) = words.split_first()?;
    (first == NAME).then(|| run_guard(others).map_err(failure))
}

fn failure(error: GuardError) -> Failure {
    match error {
        GuardError::NotForHands => Failure::input(error),
        GuardError::System(_) => Failure::other(error),
    }
}
