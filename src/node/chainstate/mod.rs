//! The chain that a node holds: takes headers and bodies, and moves the tip to the valid branch
//! with most work.
//!
//! The hard case is a reorganisation. It is planned on a scratch view of the coins: the blocks of
//! the old branch are taken off, those of the new branch put on and checked. Only when all of it
//! holds is it written, in one commit: coins, undo data, tip, and what was learnt about headers.
//! If a block in the middle breaks a rule, nothing of the plan is written; the block and its
//! descendants are marked, and the search starts again, so the tip becomes the valid branch with
//! most work, which may be the part below the bad block. A process killed at any moment finds a
//! tip that was committed, with the coins of exactly that tip.
//!
//! What headers need alone is in [`HeaderChain`]: a light node has that and nothing else.
//!
//! A long branch is not planned in one piece: once a piece has more work than the tip it can be
//! committed, and the next piece extends it. The caller sees one [`ChainChange`] all the same.

mod accept;
mod activate;
mod filters;
mod headers;
mod kind;
mod outcome;
mod rows;
mod state;
mod takes;

pub use self::filters::KeptFilter;
pub use self::headers::HeaderChain;
pub use self::kind::{ATTACKER_PARAMS_KEY, LIGHT_PARAMS_KEY, PARAMS_KEY};
pub use self::outcome::{
    AcceptError, BlockAccepted, ChainChange, HeadersAccepted, OpenError, TipChange,
};
pub use self::state::ChainState;
pub use self::takes::TakesHeaders;
