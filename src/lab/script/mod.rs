//! What a lab is to do by itself, and what is expected of it: expressions over the state of all
//! nodes, and steps that go one after the other.

pub mod expr;

pub use self::expr::{Expr, ExprError, Facts, NodeFacts, Verdict};
