//! Where other nodes can be reached, and whom to dial next.
//!
//! Addresses come from three sides: those that we were told to stay connected to, those that
//! others pass on (`addr`), and the port that a peer itself says it listens on. Only the first are
//! dialled in any case; of the others as many as connections are wanted. What a peer says about an
//! address proves nothing: who is there shows in the handshake after *we* dialled it. So no peer can
//! keep us from a node by claiming its address.
//!
//! A dial that fails is tried again after [`BACK_OFF_MIN`], then twice that, up to
//! [`BACK_OFF_MAX`].

mod book;
mod check;
mod entry;
mod index;

pub use self::book::{
    ADDRESSES_MAX, ADDRESSES_PER_PEER_MAX, ANSWER_MAX, AddrBook, BACK_OFF_MAX, BACK_OFF_MIN,
    LASTING, ROW,
};
pub use self::check::{NoAddress, check_addr};

#[cfg(test)]
mod tests;
