//! The one table of commands: whatever has a place, a limit or a word for each goes by it.

use super::filters::{FILTER_HEADERS_MAX, FILTERS_BYTES};
use super::proofs::{PROOF_LEN_MAX, PROOFS_BYTES, WATCH_MAX};
use crate::chain::Params;
use crate::chain::filter::filter_bytes_max;
use crate::chain::rules::max_block_len;

/// Entries of one `inv`, `getdata` or `notfound`.
pub const INV_MAX: usize = 2_000;

/// Headers of one `headers`, as in Bitcoin.
pub const HEADERS_MAX: usize = 2_000;

/// Hashes of an `inv` that answers `getblocks`, as in Bitcoin.
pub const GETBLOCKS_MAX: usize = 500;

/// Addresses of one `addr`, as in Bitcoin.
pub const ADDR_MAX: usize = 1_000;

/// Hashes of a locator: it grows with the logarithm of the height, so no honest one is longer.
pub const LOCATOR_MAX: usize = 101;

/// Makes the `Kind` of a protocol: a variant for each message, with its name on the wire.
macro_rules! kinds {
    ($($kind:ident $name:literal,)*) => {
        /// What a message is, without what it says. Ordered as in the table of this module.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each is a variant of Message, and explained there")]
        pub enum Kind {
            $($kind,)*
        }

        impl Kind {
            /// All of them, in their order.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// Its command on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The kind with this command; `None`: there is no such command.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|kind| kind.name() == name)
            }
        }

        impl std::fmt::Display for Kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

pub(crate) use kinds;

kinds! {
    Version "version",
    Verack "verack",
    Ping "ping",
    Pong "pong",
    GetAddr "getaddr",
    Addr "addr",
    Inv "inv",
    GetData "getdata",
    NotFound "notfound",
    GetHeaders "getheaders",
    Headers "headers",
    GetBlocks "getblocks",
    Block "block",
    Tx "tx",
    Reject "reject",
    GetCFHeaders "getcfheaders",
    CFHeaders "cfheaders",
    GetCFilters "getcfilters",
    CFilters "cfilters",
    Watch "watch",
    GetProofs "getproofs",
    Proofs "proofs",
    FeeFilter "feefilter",
}

impl Kind {
    /// Its place in [`Kind::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The longest payload that it may have on a network, in bytes.
    pub fn max_len(self, params: &Params) -> usize {
        match self {
            Self::Version | Self::Reject => 512,
            Self::Verack => 64,
            Self::Ping => 8,
            Self::Pong => 16,
            Self::GetAddr => 0,
            Self::Addr => 8 + ADDR_MAX * 22,
            Self::Inv | Self::GetData | Self::NotFound => 8 + INV_MAX * 36,
            Self::GetHeaders | Self::GetBlocks => 8 + (LOCATOR_MAX + 1) * 32,
            Self::Headers => 8 + HEADERS_MAX * 88,
            Self::Block | Self::Tx => max_block_len(params),
            Self::GetCFHeaders | Self::GetCFilters => 36,
            Self::CFHeaders => 36 + 32 + 8 + FILTER_HEADERS_MAX * 32,
            Self::CFilters => {
                let longest = usize::try_from(filter_bytes_max(params)).unwrap_or(usize::MAX);
                36 + 8 + FILTERS_BYTES.max(longest.saturating_add(5))
            }
            Self::Watch => 8 + WATCH_MAX * 20,
            Self::GetProofs => 40,
            Self::Proofs => {
                let longest = max_block_len(params) + PROOF_LEN_MAX;
                40 + 9 + 8 + PROOFS_BYTES.max(longest)
            }
            Self::FeeFilter => 16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_command_and_at_its_place() {
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(kind.index(), at, "{kind}");
        }
    }

    #[test]
    fn a_command_that_is_none_has_no_kind() {
        for name in ["", "sendheaders", "GETADDR", "reject ", "rejec", "other"] {
            assert_eq!(Kind::from_name(name), None, "{name:?}");
        }
    }
}
