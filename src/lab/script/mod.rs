//! What a lab is to do by itself, and what is expected of it.
//!
//! A layout's [steps](step) become a [`Script`], an [engine] without IO: it says what it
//! [wants](Want), which is a time, an answer to an [expression](expr), or a request done, and is told
//! what came of that. A [`ScriptView`] shows how far it is.

pub mod engine;
pub mod expr;
pub mod step;
pub mod view;
mod want;

pub use self::engine::Script;
pub use self::expr::{Expr, ExprError, Facts, Names, NodeFacts, Quantity, Verdict};
pub use self::step::{Expect, Start, StepSpec, in_words};
pub use self::view::{Fault, Pace, ScriptView, StepState, StepView};
pub use self::want::{Cause, Want};
