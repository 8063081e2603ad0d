//! A port that is taken, before anything is accepted there.

#![allow(
    clippy::disallowed_types,
    reason = "here ports are taken, also outside of a runtime"
)]

use std::io;
use std::net::{SocketAddr, TcpListener};

/// A port that is taken.
#[derive(Debug)]
pub struct Port(TcpListener);

impl Port {
    /// Takes one; 0: any.
    ///
    /// # Errors
    /// The system's.
    pub fn take(at: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(at)?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    /// Where it is.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Accepts from now on.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn listen(self) -> io::Result<tokio::net::TcpListener> {
        tokio::net::TcpListener::from_std(self.0)
    }
}
