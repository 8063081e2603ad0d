//! What a screen can show of an attacker's node alone.

use serde::{Deserialize, Serialize};

/// What it is up to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttackInfo {
    /// Forged payments that its next block is to have.
    pub forged: usize,
    /// Addresses that it leaves out of filters and proofs.
    pub left_out: Vec<String>,
}
