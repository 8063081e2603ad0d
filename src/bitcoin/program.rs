//! The programs that speak Bitcoin's protocol and are known here.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The script by which bcoin is run, for regtest and in memory. Its head says what it takes.
pub const BCOIN_SCRIPT: &str = include_str!("bcoin.js");

/// One of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Program {
    /// Bitcoin Core, `bitcoind`.
    Core,
    /// btcd, in Go.
    Btcd,
    /// bcoin, in JavaScript.
    Bcoin,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Core, Self::Btcd, Self::Bcoin];

    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "Bitcoin Core",
            Self::Btcd => "btcd",
            Self::Bcoin => "bcoin",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
