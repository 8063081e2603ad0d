//! The control protocol: a lab, or a node, as other programs see and drive it.
//!
//! It is JSON-RPC 2.0, one object a line, over TCP and over a Unix socket. A client says `hello`
//! with the cookie; before that nothing is answered. Then it calls methods, of which most are [verbs](super::ask::verbs), in any number at
//! once: answers come as they are ready. One that has subscribed is told what happens beside that.
//!
//! ```text
//! client ──► {"jsonrpc":"2.0","id":1,"method":"hello","params":{"version":1,"cookie":"..."}}
//!        ◄── {"jsonrpc":"2.0","id":1,"result":{...}}                   an About
//!        ──► {"jsonrpc":"2.0","id":2,"method":"subscribe","params":{"events":"news"}}
//!        ◄── {"jsonrpc":"2.0","id":2,"result":{...}}                   an Opening
//!        ◄── {"jsonrpc":"2.0","method":"event","params":{...}}         a Notice, again and again
//! ```
//!
//! The hard case is a client that does not read. Nothing is kept for it: the events that it misses
//! are counted and left out, of a node it is told the newest state only. What a client can make the
//! server hold is one line of its own, its requests that are being done, and one line that it does
//! not take; all three are bounded, and so is the number of clients.

mod believed;
mod bus;
mod client;
mod conn;
mod controlled;
mod cookie;
mod data;
mod feed;
mod guests;
mod heard;
pub mod limits;
mod reader;
pub mod rpc;
mod server;
mod status_lines;

pub(in crate::lab) use bus::{
    EventBus, RecentEvents, Subscription, WantsMessages, WantsTime, Weight,
};
pub use client::{Called, Client, ClientError};
pub(in crate::lab) use controlled::{Controlled, Edition, Later, Refusal};
pub use cookie::FILE as COOKIE_FILE;
pub use data::{
    About, Cookie, Endpoint, EndpointAddr, EndpointKind, EventWish, NodeEvent, Notice, Opening,
    VERSION, VERSION_BEFORE, Wish,
};
pub(in crate::lab) use server::{Bound, Server};
