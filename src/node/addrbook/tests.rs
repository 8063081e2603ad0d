use super::book::OWN_MAX;
use super::entry::{KnownAddr, State};
use super::*;
use crate::node::ids::ConnId;
use crate::node::random::Random;
use crate::node::time::Time;
use std::net::SocketAddr;
use std::time::Duration;

const NOW: Time = Time(1_000_000_000);
const CONN: ConnId = ConnId(1);

fn addr(port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], port))
}

fn random() -> Random {
    Random::new(&[1; 32])
}

fn learn(book: &mut AddrBook, addrs: &[SocketAddr]) -> Vec<SocketAddr> {
    book.learn(CONN, addr(1).ip(), addrs, NOW, &mut random())
}

#[test]
fn an_address_to_keep_is_dialled_again_ever_more_slowly_and_at_most_after_ten_seconds() {
    let mut book = AddrBook::new(0, None);
    book.keep(addr(1), NOW).expect("an address");
    let (mut now, mut pauses) = (NOW, Vec::new());
    for _ in 0..8 {
        assert_eq!(book.dials(now, &mut random()), [addr(1)]);
        assert_eq!(book.dials(now, &mut random()), [], "it is being dialled");
        book.failed(addr(1), now, &mut random());
        let next = book.deadline().expect("another try");
        pauses.push((next - now).as_millis());
        now = next;
    }
    assert!(pauses[0] >= 500 && pauses[1] >= 1_000 && pauses[2] >= 2_000);
    assert!(pauses.iter().all(|pause| *pause <= 12_500), "{pauses:?}");
    assert!(pauses[7] >= 10_000);
}

#[test]
fn who_is_thrown_out_again_and_again_is_dialled_ever_more_slowly() {
    let mut book = AddrBook::new(0, None);
    book.keep(addr(1), NOW).expect("an address");
    let (mut now, mut pauses) = (NOW, Vec::new());
    for lasted in [1, 1, 1, 60, 1] {
        book.dials(now, &mut random());
        book.reached(addr(1), CONN, now);
        now = now + Duration::from_secs(lasted);
        book.disconnected(CONN, now, &mut random());
        let next = book.deadline().expect("another try");
        pauses.push((next - now).as_millis() / 500);
        now = next;
    }
    assert_eq!(pauses, [1, 2, 4, 1, 2]);
}

#[test]
fn of_learnt_addresses_only_as_many_are_dialled_as_are_wanted() {
    let mut book = AddrBook::new(3, Some(addr(99)));
    let told: Vec<SocketAddr> = (1..=20).chain([99]).map(addr).collect();
    assert_eq!(learn(&mut book, &told).len(), 20, "all but our own");
    let dials = book.dials(NOW, &mut random());
    assert_eq!(dials.len(), 3);
    assert_eq!(book.deadline(), None);
    for (conn, dialled) in (1..).zip(&dials) {
        book.reached(*dialled, ConnId(conn), NOW);
    }
    assert_eq!(book.dials(NOW, &mut random()), []);
    book.disconnected(ConnId(2), NOW, &mut random());
    assert_eq!(book.dials(NOW, &mut random()), [], "not in the same moment");
    let next = book.deadline().expect("another dial");
    assert_eq!(book.dials(next, &mut random()).len(), 1);
    assert!(book.knows_nothing_of(ConnId(2)) && !book.knows_nothing_of(ConnId(1)));
}

#[test]
fn a_full_book_forgets_addresses_that_were_never_reached_and_no_others() {
    let mut book = AddrBook::new(2, None);
    book.keep(addr(1), NOW).expect("an address");
    learn(&mut book, &[addr(2)]);
    book.reached(addr(2), CONN, NOW);
    for port in 3..3_000 {
        learn(&mut book, &[addr(port)]);
    }
    assert_eq!(book.len(), ADDRESSES_MAX);
    assert!(book.entries.contains_key(&addr(1)) && book.entries.contains_key(&addr(2)));
}

#[test]
fn one_peer_cannot_tell_addresses_without_end() {
    let mut book = AddrBook::new(2, None);
    let mut taken = 0;
    for port in 1..8_000 {
        taken += learn(&mut book, &[addr(port)]).len();
    }
    assert_eq!(taken, ADDRESSES_PER_PEER_MAX);
}

#[test]
fn addresses_that_cannot_be_a_nodes_are_not_taken() {
    let mut book = AddrBook::new(2, None);
    let local = SocketAddr::from(([127, 0, 0, 1], 3000));
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 3000));
    let mapped = "[::ffff:127.0.0.1]:3000".parse().expect("an address");
    assert_eq!(learn(&mut book, &[local, nowhere, mapped, addr(0)]), []);
    let from = local.ip();
    assert_eq!(
        book.learn(CONN, from, &[local], NOW, &mut random()),
        [local]
    );
}

#[test]
fn the_book_survives_a_restart() {
    let mut book = AddrBook::new(2, None);
    learn(&mut book, &[addr(1), addr(2)]);
    let row = book.flush().expect("changed");
    assert_eq!(book.flush(), None);
    let mut again = AddrBook::new(2, None);
    again.restore(&row, NOW).expect("what was written");
    assert_eq!(again.len(), 2);
    assert_eq!(again.dials(NOW, &mut random()).len(), 2);
}

#[test]
fn who_asks_is_told_a_part_and_only_once() {
    let mut book = AddrBook::new(2, None);
    let told: Vec<SocketAddr> = (1..=900).map(addr).collect();
    learn(&mut book, &told);
    let other = ConnId(2);
    let answer = book.answer(other, Some(addr(7)), &mut random());
    assert_eq!(answer.len(), ANSWER_MAX);
    assert!(!answer.contains(&addr(7)), "it knows its own address");
    assert_eq!(book.answer(other, None, &mut random()), []);
    book.disconnected(other, NOW, &mut random());
    assert!(book.knows_nothing_of(other));
}

/// The index against a walk through the book, under random operations.
#[test]
fn the_index_says_what_a_walk_through_the_book_would() {
    for seed in 0..50 {
        let mut random = Random::new(&[seed; 32]);
        let mut book = AddrBook::new(3, None);
        let mut now = NOW;
        for step in 0..300 {
            let at = addr(1 + u16::try_from(random.below(12)).expect("small"));
            let conn = ConnId(u64::try_from(random.below(5)).expect("small"));
            match random.below(8) {
                0 => book.keep(at, now).expect("an address"),
                1 => book.forget(at),
                2 => drop(book.learn(conn, at.ip(), &[at], now, &mut random)),
                3 => drop(book.dials(now, &mut random)),
                4 => book.reached(at, conn, now),
                5 => book.failed(at, now, &mut random),
                6 => book.disconnected(conn, now, &mut random),
                _ => now = now + Duration::from_millis(700),
            }
            let context = format!("seed {seed}, step {step}");
            let count = |is_so: &dyn Fn(&KnownAddr) -> bool| {
                book.entries.values().filter(|e| is_so(e)).count()
            };
            let connected = |entry: &KnownAddr| matches!(entry.state, State::Connected(_));
            let learnt = count(&|e| !e.is_kept && connected(e));
            let dialling = count(&|e| !e.is_kept && e.state == State::Dialling);
            assert_eq!(book.index.connected, learnt, "{context}");
            assert_eq!(book.index.dialling, dialling, "{context}");
            let room = 3_usize.saturating_sub(learnt + dialling) > 0;
            let waits = |e: &&KnownAddr| e.state == State::Idle && (e.is_kept || room);
            let waiting = book.entries.values().filter(waits);
            let due = |entry: &KnownAddr| match entry.is_kept {
                true => entry.next_try,
                false => entry.next_try.max(book.next_dial),
            };
            let first = waiting.map(due).min();
            assert_eq!(book.deadline(), first, "{context}");
            let stands = |e: &KnownAddr| e.state == State::Connected(conn);
            assert_eq!(
                book.index.connected_by(conn).len(),
                count(&stands),
                "{context}"
            );
        }
    }
}

#[test]
fn who_leads_us_back_to_ourselves_everywhere_does_not_fill_our_memory() {
    let mut book = AddrBook::new(2, None);
    for port in 1..500 {
        learn(&mut book, &[addr(port)]);
        book.is_own(addr(port), NOW, &mut random());
        book.failed(addr(port), NOW, &mut random());
    }
    assert_eq!(book.own.len(), OWN_MAX);
    assert!(!book.contains(&addr(1)) && book.contains(&addr(400)));
    assert!(book.deadline().is_some_and(|at| at > NOW), "dialled later");
}

#[test]
fn a_thousand_addresses_that_refuse_at_once_are_not_all_tried_at_once() {
    let mut book = AddrBook::new(8, None);
    let told: Vec<SocketAddr> = (1..=900).map(addr).collect();
    learn(&mut book, &told);
    let (mut now, mut tried) = (NOW, 0);
    while now < NOW + Duration::from_secs(10) {
        for dialled in book.dials(now, &mut random()) {
            tried += 1;
            book.failed(dialled, now, &mut random());
        }
        let next = book.deadline().expect("another dial");
        assert!(next > now, "time goes on");
        now = next;
    }
    assert!((90..=104).contains(&tried), "{tried} in ten seconds");
}
