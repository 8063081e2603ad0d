//! What a link is to be like.

use crate::link::Conditions;

/// One direction of a link that is different.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSpec {
    /// The node that sends.
    pub from: String,
    /// The node that receives.
    pub to: String,
    /// What it is like.
    pub conditions: Conditions,
}
