//! What is wrong with an expression.

use std::fmt;
use thiserror::Error;

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("column {column}: {problem}")]
pub struct ExprError {
    /// The character, from 1 on.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

/// That this is wrong at this column.
pub(super) fn wrong(column: usize, problem: impl fmt::Display) -> ExprError {
    ExprError {
        column,
        problem: problem.to_string(),
    }
}
