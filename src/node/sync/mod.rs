//! Gets the chain: who has what, headers first, then bodies from many peers at once.
//!
//! - A new peer is asked what follows our best header (`getheaders`). While one peer hands over a
//!   long chain, others that claim one are not asked for the same; they are asked when that peer is
//!   done, or takes too long ([`ANSWER_MAX`]).
//! - Headers are judged by the chain's rules, and only then are bodies asked for, from every peer
//!   whose best header lies on the same branch; see [`download`].
//! - A branch that starts far behind and comes in several messages is followed with a
//!   [`BranchScan`](crate::chain::scan::BranchScan), one at a time for each peer.
//! - A block that is announced when nothing is missing is asked for at once, without its header:
//!   `inv`, `getdata`, `block` is the shortest way through a network. If its parent turns out to be
//!   unknown, the body waits ([`orphans`]) and headers are asked for: the tip is never there before
//!   its ancestors.
//! - [`SyncMethod::BlocksFirst`](super::SyncMethod::BlocksFirst) is how the tutorials do it: `getblocks`, and the same downloader is
//!   fed by the `inv` that answers.
//! - A light node ([`Sync::headers_alone`]) does all that and asks for no body: an announced block makes
//!   it ask for headers.
//!
//! No peer is believed: who never answers, stalls or lies costs a time-out, not the sync.

mod ask;
mod context;
pub mod download;
mod headers;
mod mode;
pub mod orphans;
mod peer;
mod state;
mod window;

pub use context::Context;
pub use peer::{ANSWER_MAX, ASK_AGAIN, SILENCE_MAX, UNANSWERED_MAX};
pub use state::{Delivered, Sync};
