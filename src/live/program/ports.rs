//! Ports on loopback for programs.
//!
//! They are below those that systems give to connections that go out (from 32 768 on Linux, 49 152
//! elsewhere): there, one of the many connections of a lab would take the port of a node that is down.
//! A port can still be taken between the choice and the program: who starts one asks [`taken`] before,
//! and when it has ended early, and chooses again.

use crate::bitcoin::start::{Plan, Ports};
use crate::live::Port;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

/// The first port that is chosen.
const FIRST: u16 = 20_000;

/// How many there are to choose from.
const COUNT: u16 = 12_768;

/// How many are tried at most: other programs have a few of them, not thousands.
const TRIES: usize = 1_000;

/// Four ports that are free now, from a place that chance says: labs beside each other seldom meet.
///
/// # Errors
/// The system has no randomness, or none was free.
pub fn choose_ports() -> io::Result<Ports> {
    let start = chance()?;
    let numbers = (0..TRIES).map(|step| number_at(start, step));
    // Held until all four are there, so that they are four.
    let held = numbers.filter_map(|number| hold(number).map(|port| (number, port)));
    let held: Vec<(u16, Port)> = held.take(4).collect();
    match held.as_slice() {
        [(peers, _), (watch, _), (rpc, _), (wallet, _)] => Ok(Ports {
            peers: *peers,
            watch: *watch,
            rpc: *rpc,
            wallet: *wallet,
        }),
        _ => Err(io::Error::other("no port on 127.0.0.1 is free")),
    }
}

/// The first of the places where it is to listen that is another program's: what for, and where.
pub fn taken(plan: &Plan) -> Option<(&'static str, SocketAddr)> {
    let mut all = plan.listens.iter();
    all.find(|(_, at)| Port::take(*at).is_err()).copied()
}

fn hold(number: u16) -> Option<Port> {
    Port::take(SocketAddr::from((Ipv4Addr::LOCALHOST, number))).ok()
}

fn number_at(start: u16, step: usize) -> u16 {
    let step = u16::try_from(step % usize::from(COUNT)).unwrap_or(0);
    FIRST + (start % COUNT + step) % COUNT
}

fn chance() -> io::Result<u16> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(u16::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_different_and_out_of_the_way_of_connections() {
        for _ in 0..20 {
            let ports = choose_ports().expect("some are free");
            let mut all = ports.all();
            all.sort_unstable();
            assert!(all.windows(2).all(|two| two[0] < two[1]), "{all:?}");
            assert!(all.iter().all(|port| (20_000..32_768).contains(port)));
        }
        assert_eq!(number_at(u16::MAX, 999), 20_000 + 65_535 % 12_768 + 999);
        assert_eq!(number_at(COUNT - 1, 1), FIRST);
    }
}
