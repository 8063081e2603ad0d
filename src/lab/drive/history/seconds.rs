//! What a run was like, second by second.

use crate::lab::drive::VirtualLab;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What was known at the end of a second: of the instant in which it is over, before what is asked then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// The first bytes of [`run_hash`], as a number.
    #[serde(with = "hexadecimal")]
    pub hash: u64,
    /// Events of all nodes so far.
    pub events: u64,
}

impl Second {
    /// That which just ends in a lab; none ends between two.
    pub(super) fn ending(lab: &VirtualLab) -> Option<(usize, Self)> {
        let elapsed = lab.elapsed();
        let nth = usize::try_from(elapsed.as_secs()).ok()?;
        (nth > 0 && elapsed.subsec_nanos() == 0).then(|| (nth, Self::of(lab)))
    }

    /// What is known of a lab now.
    pub fn of(lab: &VirtualLab) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = run_hash(lab);
        Self {
            hash: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            events: lab.sim().events(),
        }
    }
}

/// The hash of all events of nodes so far, and of all that core has said: it is the same exactly if two runs
/// are.
pub fn run_hash(lab: &VirtualLab) -> [u8; 32] {
    let both = [lab.sim().log_hash(), lab.outputs_hash()].concat();
    Sha256::digest(both).into()
}

/// The same once all is done that is due in this instant: a lab may stand in its middle.
pub fn end_hash(lab: &VirtualLab) -> [u8; 32] {
    let mut end = lab.clone();
    end.finish_instant();
    run_hash(&end)
}

/// How long it is until the next second of a lab ends.
pub(super) fn until_next(elapsed: Duration) -> Duration {
    Duration::from_secs(elapsed.as_secs() + 1) - elapsed
}

/// A number as 16 hexadecimal digits.
mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{hash:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        let is_hash = text.len() == 16 && !text.starts_with('+');
        let read = u64::from_str_radix(&text, 16).ok().filter(|_| is_hash);
        read.ok_or_else(|| D::Error::custom("16 hexadecimal digits are wanted"))
    }
}
