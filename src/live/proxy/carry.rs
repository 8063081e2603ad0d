//! One connection that is carried: two sockets, and the two directions between them.

use super::event::{ProxyEnd, Teller};
use super::way::{Direction, Talk};
use crate::bitcoin::Network;
use crate::bitcoin::passing::Way;
use crate::live::bend::{Bend, Place};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a node may take to answer that is on this machine, or a person has named.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// What carries all connections of a proxy.
pub(super) struct Carrier {
    pub(super) to: SocketAddr,
    pub(super) network: Network,
    /// The node that is dialled, as the table knows it.
    pub(super) peer: SocketAddr,
    /// That of the node that dials.
    pub(super) place: Place,
    pub(super) teller: Teller,
}

impl Carrier {
    /// Carries a connection that has come, to its end.
    pub(super) async fn carry(&self, id: u64, inbound: TcpStream) -> ProxyEnd {
        tokio::select! {
            // A link that is cut dials nowhere.
            biased;
            () = self.is_cut() => ProxyEnd::Cut,
            end = self.connect(id, inbound) => end,
        }
    }

    /// Returns once the link is cut.
    async fn is_cut(&self) {
        let mut changes = self.place.links.changes();
        while !self.place.is_cut_from(self.peer) {
            let changed = changes.changed().await;
            changed.expect("the place keeps the table");
        }
    }

    async fn connect(&self, id: u64, inbound: TcpStream) -> ProxyEnd {
        match dial(self.to).await {
            Ok((outbound, local)) => {
                self.teller.reached(id, local);
                self.talk(id, inbound, outbound).await
            }
            Err(why) => ProxyEnd::NoAnswer(why),
        }
    }

    async fn talk(&self, id: u64, inbound: TcpStream, outbound: TcpStream) -> ProxyEnd {
        // Half of all messages are answers that are waited for. Without this a few are late.
        let _ = (inbound.set_nodelay(true), outbound.set_nodelay(true));
        let (from_dialler, to_dialler) = inbound.into_split();
        let (from_dialled, to_dialled) = outbound.into_split();
        let talk = Talk::new(id, &self.teller);
        let bend = |way| self.bend(id, way);
        let mut there = Direction::new(
            (Way::There, self.network),
            (from_dialler, to_dialled),
            bend(Way::There),
            &talk,
        );
        let mut back = Direction::new(
            (Way::Back, self.network),
            (from_dialled, to_dialler),
            bend(Way::Back),
            &talk,
        );
        let over = tokio::try_join!(there.carry_all(), back.carry_all());
        talk.ended_by(over.err())
    }

    fn bend<T>(&self, id: u64, way: Way) -> Bend<T> {
        let (dials, dialled) = (self.place.own, self.peer);
        let (pair, odd) = match way {
            Way::There => ((dials, dialled), 0),
            Way::Back => ((dialled, dials), 1),
        };
        let seed = self.place.seed ^ (2 * id + odd);
        Bend::new(Some(pair), self.place.clone(), seed)
    }
}

async fn dial(to: SocketAddr) -> Result<(TcpStream, SocketAddr), String> {
    let dialled = timeout(DIAL_TIMEOUT, TcpStream::connect(to)).await;
    let late = |_| format!("nothing has come for {} s", DIAL_TIMEOUT.as_secs());
    let stream = dialled.map_err(late)?.map_err(|error| error.to_string())?;
    let local = stream.local_addr().map_err(|error| error.to_string())?;
    Ok((stream, local))
}
