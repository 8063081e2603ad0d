//! A node's sockets: accepting, dialling, and one task for each connection.
//!
//! A connection's task reads frames and brings them to the node's thread, which it waits for when
//! that is behind; and it writes what the thread has queued, and counts what really left. So
//! nothing here ever blocks the node: a peer that does not read only fills its own queue, and the
//! node or, far above its limit, the driver ends that connection. Who is let in is the node's to say, and
//! how many there are follows from its seats: here is only seen to it that those which it has not seen
//! yet, and those which it has ended, are not many either.
//!
//! ```text
//! socket -> frames -> (link) ---> inbox -> the node's thread
//! socket <- (link) <- frames <--- queue <- the node's thread
//! ```
//!
//! The links are there at the end that dialled, and only while they are bent: see
//! [`Links`](super::Links).

mod conn;
mod lingering;
mod net;

pub(in crate::live) use net::Net;

#[cfg(test)]
mod tests;
