//! What nodes are asked by JSON-RPC, and what they answer, without IO.
//!
//! The programs do not speak one language: what one says in seconds another says in microseconds, and
//! what one can do another cannot. So there is a [`Dialect`] for each, told apart by what a node
//! answers ([`first_question`], [`after_first`], [`after_second`]). A dialect makes [`Request`]s: each
//! is a [`Call`] to be sent, and knows how its answer is read.
//!
//! ```
//! use chainlab::bitcoin::rpc::{Listed, RpcError, TipStatus, dialect};
//! use chainlab::bitcoin::Program;
//! use chainlab::node::Time;
//!
//! let request = dialect(Program::Bcoin).tips();
//! assert_eq!(request.call().body(), r#"{"id":"chainlab","method":"getchaintips","params":[]}"#);
//!
//! let genesis = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
//! let tip = format!(r#"{{"height":0,"hash":"{genesis}","branchlen":0,"status":"active"}}"#);
//! let body = format!(r#"{{"result":[{tip}],"error":null,"id":"chainlab"}}"#);
//! let tips = request.answered(200, body.as_bytes(), Time::default())?;
//! assert_eq!(tips.items[0].status, TipStatus::Active);
//! # Ok::<(), RpcError>(())
//! ```
//!
//! An answer is from outside. It has at most [`ANSWER_MAX`] bytes, lists are [`Listed`] up to a number
//! that is said, numbers are in their ranges, and words have no characters that cannot be seen.

mod answer;
mod apart;
mod bcoin;
mod btcd;
mod call;
mod core;
mod decimal;
mod dialect;
mod error;
mod facts;
mod list;
mod read;

pub use answer::ANSWER_MAX;
pub use apart::{Apart, Known, after_first, after_second, dialect, first_question};
pub use call::{Call, Door, Request};
pub use decimal::{Decimal, DecimalError, Sats};
pub use dialect::Dialect;
pub use error::{Lacks, RpcError};
pub use facts::{Ban, ChainInfo, Entry, NotOneNetwork, OwnBalance, Peer, Tip, TipStatus};
pub use list::Listed;
