//! What nodes say to each other.
//!
//! A frame on the wire is magic ‖ command ‖ length ‖ checksum ‖ payload (see
//! [`live::wire`](crate::live::wire) for the bytes); this is the payload, by command. Names and meanings are
//! Bitcoin's; the encoding is that of [`codec`](crate::chain::codec).
//!
//! | command | says |
//! |---|---|
//! | `version`, `verack` | who I am; and the proof of it, see [`handshake`](super::handshake) |
//! | `ping`, `pong` | a number, and the same number back with the time on the sender's clock |
//! | `getaddr`, `addr` | where do you know nodes; there |
//! | `inv` | I have these |
//! | `getdata` | send me these; answered by `block`, `tx` and `notfound` |
//! | `getheaders`, `headers` | what follows after the first of these that you have; those |
//! | `getblocks` | the same, answered by an `inv` of blocks |
//! | `getcfheaders`, `cfheaders` | what filters of the blocks from a height up to a block hash to; that |
//! | `getcfilters`, `cfilters` | the filters themselves; those, or the first of them |
//! | `watch` | tell me what pays these addresses, or spends from them |
//! | `getproofs`, `proofs` | what of that stands in the blocks from a height up to a block; that, or the first of it |
//! | `feefilter` | what I ask of transactions |
//! | `reject` | what you sent was refused, and why, in words |

mod filters;
mod kind;
mod payload;
mod proofs;
pub mod summary;
mod text;
mod version;

pub use filters::{
    FILTER_HEADERS_MAX, FILTERS_BYTES, FILTERS_MAX, FilterHeaders, FilterRange, Filters,
};
pub(crate) use kind::kinds;
pub use kind::{ADDR_MAX, GETBLOCKS_MAX, HEADERS_MAX, INV_MAX, Kind, LOCATOR_MAX};
pub use payload::{FRAME_HEADER_LEN, Item, Locator, Message, MessageError, Reject};
pub use proofs::{
    FeeRates, PROOF_BLOCKS_MAX, PROOFS_BYTES, ProofPlace, ProofQuery, Proofs, ProvenTx, WATCH_MAX,
};
pub use summary::MessageSummary;
pub use text::{TEXT_MAX, Text};
pub use version::{PROTOCOL, Role, Services, Version};
