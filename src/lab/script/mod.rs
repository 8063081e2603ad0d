//! What a lab is to do by itself, and what is expected of it: expressions over the state of all
//! nodes, and steps that go one after the other.

pub mod engine;
pub mod expr;
pub mod step;
pub mod view;
mod want;

pub use self::engine::Script;
pub use self::expr::{Expr, ExprError, Facts, NodeFacts, Verdict};
pub use self::step::{Expect, Start, StepSpec};
pub use self::view::{Pace, ScriptView, StepState, StepView};
pub use self::want::{Cause, Want};
