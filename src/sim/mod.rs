//! Virtual time: many nodes in one thread, a network between them, one seed for one history.
//!
//! A [`Sim`] drives real [`Node`](crate::node::Node)s by their contract, as the live drivers do, but its
//! clock only moves from one thing that is due to the next. There is no thread and no
//! other source of chance than the seed: what happened, as [`Sim::log_hash`] sums it up, is the same
//! in every run, bit for bit.
//!
//! - *Hosts* have an address each, in 10.0.0.0/8, so that bans mean something. On a host runs a
//!   node, which can [crash](Sim::crash) and [start again](Sim::restart) with what its store
//!   holds; or an [`Actor`], which is a script that says what it likes, also in another protocol: a
//!   [`SimWatcher`] watches one that speaks Bitcoin.
//! - *[Links](crate::link)* join any two hosts, with conditions of their own in each direction.
//! - *[Disks](Sim::give_disks)*, if nodes are given any, can be slow or full, fail, and lose power.
//! - *Miners* draw the time of a find and then really solve the block, see [`Scale`].
//!
//! ```
//! use chainlab::sim::{self, Sim};
//! use std::time::Duration;
//!
//! let mut sim = Sim::new(1, sim::params());
//! assert_eq!(sim.address(0).to_string(), "10.0.0.1:4747");
//! sim.run_for(Duration::from_secs(60));
//! assert_eq!(sim.events(), 0);
//! ```
//!
//! When it is not run, the clock stands still, as in a lab that is suspended. A lab whose clock
//! went on while nothing was done is [`Sim::leap`].

mod agenda;
mod disk;
mod ends;
mod host;
mod hosts;
mod log;
mod miner;
mod net;
mod scale;
mod seeds;
mod watch;
mod world;

pub use disk::{DiskConditions, SimStore};
pub use ends::DIAL_TIMEOUT;
pub use host::Actor;
pub use net::InFlight;
pub use scale::{REAL_HASHES, Scale, params};
pub use watch::SimWatcher;
pub use world::{Answer, HOSTS_MAX, Sim};
