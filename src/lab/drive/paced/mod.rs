//! A lab in virtual time that goes on as fast as the clock on the wall, for people to watch and to act in.
//!
//! It has a [thread of its own](runner) and one [control endpoint](serve) for the whole. Nothing of it is
//! on disk but what opens that.

mod backend;
mod breakpoints;
mod captions;
mod common;
mod compare;
mod controlled;
mod errand;
mod going;
mod lab;
mod looks;
mod pace;
mod recipient;
mod runner;
mod saving;
mod serve;
mod time;
mod timelines;
mod told;

pub(in crate::lab) use self::backend::start;
pub use self::saving::RunOptions;
