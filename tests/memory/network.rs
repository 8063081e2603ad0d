//! What a peer's claims and silence can make a node hold.

use crate::common::raw::*;
use crate::common::*;
use crate::{MEMORY, TURN};
use chainlab::chain::Params;
use chainlab::chain::params::Allocation;
use chainlab::node::message::{Item, Message};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_claimed_length_takes_no_memory() {
    let _turn = TURN.blocking_lock();
    let stage = Stage::new(params());
    let mut honest = stage.meet(ALICE);
    let magic: [u8; 4] = network(&stage.params).0[..4]
        .try_into()
        .expect("four bytes");
    let most = u32::try_from(chainlab::chain::rules::max_block_len(&stage.params)).expect("few");
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let mut crowd = Vec::new();
    for _ in 0..50 {
        let mut one = stage.dial();
        // As long as a block may be, and only the first bytes of it.
        let claim = frame(magic, b"block\0\0\0\0\0\0\0", most, [0; 4], &[0; 100]);
        one.writes(&claim);
        crowd.push(one);
    }
    honest.is_served(1);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(
        taken < 50 * 300_000,
        "{taken} bytes for 50 claims of {most}"
    );
    drop(crowd);
    honest.is_served(2);
}

#[test]
fn a_peer_that_asks_for_a_lot_and_never_reads() {
    let _turn = TURN.blocking_lock();
    // A genesis block of 280 kB, to be asked for again and again.
    let given = |_| Allocation {
        owner: owner(ALICE),
        amount: units(1),
    };
    let params = Params {
        genesis: (0..10_000).map(given).collect(),
        ..params()
    };
    let stage = Stage::with_haste(params, HASTE);
    let mut honest = stage.meet(ALICE);
    let mut deaf = stage.meet(BOB);
    let own = deaf.stream.local_addr().expect("a socket");
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let genesis = Item::Block(network(&stage.params));
    deaf.sends(&Message::GetData(vec![genesis; 2_000]));
    let begun = Instant::now();
    let (mut number, mut most) = (0, 0);
    loop {
        let peers = stage.peers();
        let Some(peer) = peers.iter().find(|peer| peer.addr == own) else {
            break;
        };
        most = most.max(peer.unsent_bytes);
        number += 1;
        honest.is_served(number);
        thread::sleep(Duration::from_millis(10));
        assert!(begun.elapsed() < PATIENCE, "it is still served");
    }
    assert!(
        (1_500_000..2_500_000).contains(&most),
        "{most} bytes unsent"
    );
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken < 20_000_000, "{taken} bytes");
    honest.is_served(0);
    let mut again = stage.meet(BOB);
    again.is_served(1);
}
