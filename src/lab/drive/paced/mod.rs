//! A lab in virtual time that goes on as fast as the clock on the wall, for people to watch and to act in.
//!
//! It has a [thread of its own](runner) and one [control endpoint](serve) for the whole. Nothing of it is
//! on disk but what opens that.

mod backend;
mod common;
mod controlled;
mod lab;
mod runner;
mod serve;

pub(in crate::lab) use self::backend::start;
