//! The numbers by which nodes, connections and requests are known, and who dialled.

use serde::{Deserialize, Serialize};

/// A node among those of a lab or of a simulation, by the order in which they were added. None is ever
/// removed, so it stays the same node, until a lab is made anew: then those that were added are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeIx(pub usize);

impl NodeIx {
    /// The number as 8 bytes, the least first, whatever the machine.
    pub fn to_bytes(self) -> [u8; 8] {
        let number = u64::try_from(self.0).expect("64 bits hold a usize");
        number.to_le_bytes()
    }
}

/// A connection, by a number that its driver never gives to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnId(pub u64);

/// A command's number, by which its caller knows the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// Who dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The other side.
    Inbound,
    /// We.
    Outbound,
}
