//! What a miner does with what it finds.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a miner does with the blocks that it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// It announces them at once.
    #[default]
    Honest,
    /// It keeps them to itself, until then.
    #[serde(rename = "withhold")]
    Selfish(Release),
}

/// When the private chain is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// When a command asks for it.
    #[default]
    Asked,
    /// As soon as that undoes so many public blocks: the private branch has more work, and the
    /// public one is so long since the fork.
    Depth(u32),
    /// As soon as the private branch is so many blocks higher than the public one, and has more
    /// work.
    Lead(u32),
}

impl fmt::Display for Release {
    /// As it is written in a layout.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("asked"),
            Self::Depth(blocks) => write!(f, "depth {blocks}"),
            Self::Lead(blocks) => write!(f, "lead {blocks}"),
        }
    }
}

impl FromStr for Release {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let blocks = |number: &str| number.parse().ok().filter(|blocks| *blocks > 0);
        let read = match words[..] {
            ["asked"] => Some(Self::Asked),
            ["depth", number] => blocks(number).map(Self::Depth),
            ["lead", number] => blocks(number).map(Self::Lead),
            _ => None,
        };
        read.ok_or_else(|| {
            format!("{text:?} is none of \"asked\", \"depth 6\", \"lead 2\" (or another number)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_as_it_is_written_and_anything_else_refused_in_words() {
        for release in [Release::Asked, Release::Depth(6), Release::Lead(2)] {
            assert_eq!(release.to_string().parse(), Ok(release));
        }
        for bad in [
            "", "deep 6", "depth", "depth 0", "lead -1", "lead 2 3", "Asked",
        ] {
            let error = bad.parse::<Release>().expect_err(bad);
            assert!(error.starts_with(&format!("{bad:?} is none of")), "{error}");
        }
    }
}
