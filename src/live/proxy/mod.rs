//! A directed link between two nodes of other programs: the one is told to dial a port of ours,
//! and what it says goes on to where the other listens, bent as links of our own nodes are.
//!
//! ```text
//! node that dials -> port -> messages -> (link) -> socket -> node that is dialled
//! node that dials <- port <- (link) <- messages <- socket <- node that is dialled
//! ```
//!
//! - Both directions are in the table of [`Links`], under the addresses that the two nodes are known by
//!   there; a change holds at once. On a straight link nothing enters a [`Link`](crate::link::Link).
//! - Whatever passes, passes as it came and in its order ([`passing`](crate::bitcoin::passing)). The end
//!   of a stream is a part of it, and comes after all else. A lost piece comes late, as in any link.
//! - A *cut* ends connections, with what they hold; new ones are accepted and closed at once, for a node
//!   waits longer before it dials again where it was refused.
//! - A *black hole* holds what it got and reads no more, so the sender is stopped by TCP, and nothing is
//!   lost when it opens. So it is also where a node does not read. A connection holds 8 MB at most, both
//!   ways together; what the system's buffers hold comes on top.
//! - A dial is answered at once, however slow the link, and in a black hole as well.
//! - The node that is dialled sees a connection from this machine, at a port that tells nothing.
//!   [`ProxyConn::local`] is that port: so the peers that it lists are matched with their links.
//!
//! A proxy listens on loopback, and goes elsewhere only where a person said so ([`Reach`]).

mod carry;
mod event;
mod said;
mod way;

pub use event::{CONNS_MAX, ProxyConn, ProxyEnd, ProxyEvent, ProxyEventKind, ProxyNews};

use super::bend::Place;
use super::clock::LabClock;
use super::failures::{ACCEPT_PAUSE, Failures};
use super::links::Links;
use super::port::Port;
use crate::bitcoin::Network;
use carry::Carrier;
use event::Teller;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What a proxy is to do.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Where the node listens that is dialled through it.
    pub to: SocketAddr,
    /// Where that may be.
    pub reach: Reach,
    /// What the link is called in the table: where the node listens that dials, or what stands for it,
    /// and where the other one does.
    pub link: (SocketAddr, SocketAddr),
    /// What links are like.
    pub links: Links,
    /// Whose messages pass.
    pub network: Network,
    /// What jitter and losses are drawn from.
    pub seed: u64,
}

/// How far a proxy may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Not beyond this machine.
    Loopback,
    /// To an address that a person has named for just that.
    Named,
}

/// Why there is no proxy.
#[derive(Debug, Error)]
pub enum ProxyError {
    /// Others than this machine could connect to it.
    #[error("a proxy listens on this machine alone, and {0} is not that")]
    ListensElsewhere(SocketAddr),
    /// It would leave this machine.
    #[error("{0} is not on this machine")]
    TargetElsewhere(SocketAddr),
    /// The system's.
    #[error("the port cannot be used: {0}")]
    Port(#[from] io::Error),
}

/// A proxy. Dropped, it is gone with all its connections.
pub struct ProxyHandle {
    /// Where the node is to dial.
    pub addr: SocketAddr,
    /// What happens.
    pub events: mpsc::Receiver<ProxyNews>,
    /// The connections as they are, by their numbers: always right, whatever was missed of the events.
    pub conns: watch::Receiver<BTreeMap<u64, ProxyConn>>,
    _guard: DropGuard,
}

/// Begins to carry what comes to this port.
///
/// # Errors
/// [`ProxyError`].
///
/// # Panics
/// Outside a runtime.
pub fn start_proxy(
    port: Port,
    config: ProxyConfig,
    clock: LabClock,
) -> Result<ProxyHandle, ProxyError> {
    let addr = port.local_addr()?;
    if !addr.ip().is_loopback() {
        return Err(ProxyError::ListensElsewhere(addr));
    }
    if config.reach == Reach::Loopback && !config.to.ip().is_loopback() {
        return Err(ProxyError::TargetElsewhere(config.to));
    }
    let listener = port.listen()?;
    let (teller, events, conns) = Teller::new(clock.clone());
    let carrier = Carrier {
        to: config.to,
        network: config.network,
        peer: config.link.1,
        place: Place {
            own: config.link.0,
            links: config.links,
            clock,
            seed: config.seed,
        },
        teller,
    };
    let token = CancellationToken::new();
    let listening = listen(Arc::new(carrier), listener, token.clone());
    tokio::spawn(until(token.clone(), listening));
    Ok(ProxyHandle {
        addr,
        events,
        conns,
        _guard: token.drop_guard(),
    })
}

async fn until(token: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = token.cancelled() => {}
        () = work => {}
    }
}

async fn listen(carrier: Arc<Carrier>, listener: TcpListener, token: CancellationToken) {
    let (mut failures, mut last) = (Failures::default(), 0);
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                last += 1;
                take(&carrier, last, (stream, from), &token);
            }
            Err(error) => {
                failures.tell(&error);
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A node has dialled.
fn take(
    carrier: &Arc<Carrier>,
    id: u64,
    (stream, from): (TcpStream, SocketAddr),
    token: &CancellationToken,
) {
    let is_full = carrier.teller.open() >= CONNS_MAX;
    carrier.teller.came(id, from);
    if is_full {
        return carrier.teller.ended(id, ProxyEnd::TooMany);
    }
    let carrier = Arc::clone(carrier);
    let carried = async move {
        let end = carrier.carry(id, stream).await;
        carrier.teller.ended(id, end);
    };
    tokio::spawn(until(token.clone(), carried));
}
