//! What nodes say to each other: as a sequence of arrows between columns, as a list, and counted.
//!
//! ```text
//! ╭ messages ──────────────────────────────────────────────────────────────── 1 204, follows ─╮
//! │  Sequence   List   Counts                                                                 │
//! │ time              central            wallet             miner                             │
//! │ +00:39.120           │◄───────── block #12 [a9] ──────────│                       241 ms  │
//! │ +00:39.121           │── inv #12 [a9] ──►│                │                       240 ms  │
//! ╰───────────────────────────────────────────────────────────────────────────────────────────╯
//! ```
//!
//! The newest is below, as in a log. A chosen message opens into what it says, field by field.

mod counts;
mod detail;
mod filter;
mod list;
mod place;
mod sequence;
mod state;

pub use state::MessagesView;
