//! Everything that a lab decides, without IO: plain data goes in and comes out, and a driver does the
//! rest, whatever its nodes are.
//!
//! ```text
//!               Input                                 Output
//! a request ───────────────►┌──────┐  Call, Ask, Look ──────────► a node, and its answer comes back
//! what happens to nodes ───►│ Core │  Start, Kill, SetLinks ────► the driver
//! their answers, the time ─►└──────┘  Answer ───────────────────► its asker
//!                              └────► view, summary: changes nothing
//! ```
//!
//! A driver gives what happened by [`Core::handle`], does what [`Core::poll`] says in this order, and
//! comes back at [`Core::deadline`] with [`Input::Tick`]. What it did is done when it asks for more:
//! an answer that is there at once is given before time goes on.
//!
//! Decisions rest on what is asked for at moments of core's own ([`Output::Look`]), never on what was
//! made for a picture: looking changes no run. Twenty times a second, counted from the beginning, core
//! has the first block mined if it is time, and lets the script go on; payments come just when they are
//! due. For each of these it looks at all nodes first, if it goes by them. Nodes that cannot be asked
//! without waiting show themselves instead ([`Sight::Shown`]), and core goes by what it was last shown.

mod answers;
mod errands;
mod facts;
mod far;
mod first;
pub mod headline;
mod hosts;
mod io;
mod labels;
mod links;
mod links_shown;
mod links_state;
mod lives;
mod marks;
mod networks;
mod node;
mod observe;
mod partition;
pub(in crate::lab) mod partition_state;
mod requests;
mod script;
mod script_state;
mod seen;
mod state;
pub mod summary;
pub mod traffic;
mod traffic_pay;
mod traffic_state;
mod turns;
mod view;
mod work;

pub use self::answers::{Answers, Told, Unknown};
pub use self::facts::JustSeen;
pub use self::io::{
    CallId, End, Far, FarReply, HostId, Input, Level, LinkEnd, Moment, Output, Sight,
};
pub use self::node::Node;
pub(in crate::lab) use self::script::no_script;
pub use self::seen::{Seen, WalletSeen};
pub use self::state::{Begin, Core};
