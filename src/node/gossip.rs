//! Passes news of addresses on.
//!
//! An address that is new here is told to [`GOSSIP_TO`] peers, drawn at random; none is told it by
//! which we learnt it. The first goes at once. What follows is collected for [`GOSSIP_EVERY`] and
//! told together, so when a thousand nodes start at one moment, each sends a few long messages, and
//! not a thousand short ones. Long ones are not passed on again ([`GOSSIP_MAX`]): in such a rush
//! no node needs every address, and each asks (`getaddr`) those that it connects to.

use super::ids::ConnId;
use super::message::{ADDR_MAX, Message};
use super::outbox::Outbox;
use super::random::Random;
use super::time::Time;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// An `addr` with so few addresses is passed on: it is news, not an answer.
pub const GOSSIP_MAX: usize = 10;

/// Peers that news of an address is passed on to.
pub const GOSSIP_TO: usize = 2;

/// The pause between two messages of news.
pub const GOSSIP_EVERY: Duration = Duration::from_secs(2);

/// News that is yet to be told.
#[derive(Clone, Debug, Default)]
pub struct Gossip {
    /// With who told it, while he is there. One message holds all.
    news: BTreeMap<SocketAddr, Option<ConnId>>,
    /// When news was last told.
    told: Option<Time>,
}

impl Gossip {
    /// Addresses that were unknown here until now. What is more than one message holds is not told.
    pub fn learnt(&mut self, from: ConnId, new: &[SocketAddr]) {
        let room = ADDR_MAX.saturating_sub(self.news.len());
        let news = new.iter().take(room).map(|addr| (*addr, Some(from)));
        self.news.extend(news);
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        for from in self.news.values_mut() {
            from.take_if(|from| *from == conn);
        }
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.news.values().all(|from| *from != Some(conn))
    }

    /// Tells some of `peers` what is new, if it is time to.
    pub fn tick(
        &mut self,
        now: Time,
        peers: impl Iterator<Item = ConnId>,
        random: &mut Random,
        out: &mut Outbox,
    ) {
        if self.deadline().is_none_or(|at| now < at) {
            return;
        }
        self.told = Some(now);
        let news = std::mem::take(&mut self.news);
        let of_others = |conn: ConnId| {
            let others = news.iter().filter(move |(_, from)| **from != Some(conn));
            others.map(|(addr, _)| *addr)
        };
        let mut peers: Vec<ConnId> = peers
            .filter(|conn| of_others(*conn).next().is_some())
            .collect();
        random.draw(&mut peers, GOSSIP_TO);
        for conn in peers {
            out.send(conn, Message::Addr(of_others(conn).collect()));
        }
    }

    /// When news is to be told.
    pub fn deadline(&self) -> Option<Time> {
        if self.news.is_empty() {
            return None;
        }
        Some(self.told.map_or(Time(0), |told| told + GOSSIP_EVERY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000_000_000);
    const ALICE: ConnId = ConnId(1);
    const BOB: ConnId = ConnId(2);

    fn addr(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    fn told(gossip: &mut Gossip, now: Time) -> Vec<(ConnId, Vec<SocketAddr>)> {
        let (mut out, mut random) = (Outbox::default(), Random::new(&[1; 32]));
        gossip.tick(now, [ALICE, BOB].into_iter(), &mut random, &mut out);
        let sent = out.sends.into_iter().map(|(conn, message)| match message {
            Message::Addr(addrs) => (conn, addrs),
            other => panic!("{other:?}"),
        });
        let mut sent: Vec<_> = sent.collect();
        sent.sort();
        sent
    }

    #[test]
    fn news_goes_out_at_once_and_what_follows_together_and_never_back() {
        let mut gossip = Gossip::default();
        gossip.learnt(ALICE, &[addr(1)]);
        assert_eq!(told(&mut gossip, NOW), [(BOB, vec![addr(1)])]);
        gossip.learnt(ALICE, &[addr(2)]);
        gossip.learnt(BOB, &[addr(3)]);
        assert_eq!(told(&mut gossip, NOW), [], "not so soon");
        let next = gossip.deadline().expect("there is news");
        assert_eq!(next, NOW + GOSSIP_EVERY);
        let both = [(ALICE, vec![addr(3)]), (BOB, vec![addr(2)])];
        assert_eq!(told(&mut gossip, next), both);
        assert_eq!(gossip.deadline(), None);
    }

    #[test]
    fn news_outlives_who_told_it_and_is_bounded() {
        let mut gossip = Gossip::default();
        let many: Vec<SocketAddr> = (1..2_000).map(addr).collect();
        gossip.learnt(ALICE, &many);
        assert!(!gossip.knows_nothing_of(ALICE));
        gossip.disconnected(ALICE);
        assert!(gossip.knows_nothing_of(ALICE));
        let told = told(&mut gossip, NOW);
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|(_, addrs)| addrs.len() == ADDR_MAX));
    }
}
