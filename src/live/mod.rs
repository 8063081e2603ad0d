//! The machine under a node: real sockets, threads, files, and time.
//!
//! [`spawn`] starts a node: it opens the database and then runs the loop that the node's contract
//! asks for, on a thread of the node's own, because it checks blocks and reads the disk there and
//! must hold up nothing else. Sockets belong to the runtime; messages are read and written there,
//! and cross over through a bounded queue. A miner is a second thread, there once it is needed.
//!
//! ```text
//! sockets --+                            +--> queues of the connections --> sockets
//! miner   --+--> inbox --> node.handle --+--> miner
//! callers --+     (bounded)              +--> replies, events, snapshots
//! ```
//!
//! Questions of callers come by the inbox as well, in order with commands, and go to `node.ask`: no
//! snapshot follows them.
//!
//! The parts, in order: `start` and `run` are the thread and its loop, [`NodeHandle`] is how others
//! hold it, `machine` and [`disk`] are what it runs on, `tcp` and [`wire`] its sockets, [`Links`] what
//! those are bent by, `miner` the second thread. [`rpc`] asks nodes of other programs, [`program`] starts
//! them, and [`proxy`] bends the links between them. For the whole process there are [`clock`], `files`,
//! [`Output`], [`Signals`] and [`threads`]: what may block, and the files that allow it for themselves.
//!
//! A node ends by itself when its disk fails ([`End::Halted`]) or when it has a bug
//! ([`End::Panicked`]); both end that node alone.

mod bend;
pub mod bitcoin;
pub mod clock;
mod conn;
pub mod disk;
mod end;
mod entry;
mod failures;
pub(crate) mod files;
mod handle;
mod inbox;
mod links;
mod log;
mod machine;
mod miner;
mod news;
mod output;
mod port;
pub mod program;
pub mod proxy;
pub mod rpc;
mod run;
mod signals;
mod start;
mod stopwatch;
mod tcp;
pub mod threads;
mod watch;
pub mod wire;

pub use clock::LabClock;
pub use end::End;
pub use files::NewFile;
pub use handle::{Begun, NodeHandle};
pub use links::Links;
pub use log::log_event;
pub use machine::{raise_open_files, seeds, stored_params};
pub use output::{Output, OutputError, panic_report};
pub use port::Port;
pub use signals::{HANGUP, Signals};
pub use start::{NOWHERE, StartError, spawn, spawn_on};
pub use stopwatch::Stopwatch;
pub use watch::{WatchHandle, WatchNews, watch_node};
