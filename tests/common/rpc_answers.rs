//! Any bytes as the answer to everything that a node of Bitcoin can be asked.

#![allow(dead_code, reason = "each test file uses its own part")]

use chainlab::bitcoin::Program;
use chainlab::bitcoin::rpc::{
    Apart, Dialect, Lacks, Listed, Request, after_first, after_second, dialect,
};
use chainlab::chain::{BlockHash, Txid};
use chainlab::node::Time;
use chainlab::node::foreign::is_hidden;
use std::fmt::Debug;

/// Longer than any error: what a node said stands in it once, in 120 characters at most.
const WORDS_MAX: usize = 400;

/// The most of a list that is kept.
const ITEMS_MAX: usize = 100_000;

/// An answer with its time.
pub struct Said<'a> {
    pub status: u16,
    pub body: &'a [u8],
    pub now: Time,
}

/// Reads it as the answer to each question of each dialect, and insists that what comes of it can be
/// shown. How many could be read.
pub fn read_all(said: &Said<'_>) -> usize {
    let apart = shown(after_first(said.status, said.body));
    let known = shown(after_second(said.status, said.body));
    if let Some(Apart::Known(known)) = &apart {
        assert!(!known.agent.contains(is_hidden), "{known:?}");
    }
    let told = usize::from(apart.is_some()) + usize::from(known.is_some());
    told + Program::ALL
        .map(|program| read_as(dialect(program), said))
        .iter()
        .sum::<usize>()
}

fn read_as(dialect: &dyn Dialect, said: &Said<'_>) -> usize {
    let peer = ([127, 0, 0, 1], 1).into();
    let (block, tx) = (BlockHash([0; 32]), Txid([0; 32]));
    [
        one(&dialect.chain_info(), said),
        one(&dialect.block_hash(0), said),
        list(&dialect.tips(), said),
        peers(dialect, said),
        list(&dialect.mempool(), said),
        list(&dialect.mempool_entries(), said),
        list(&dialect.mine(1, "x"), said),
        one(&dialect.send(&[]), said),
        one(&dialect.connect(peer), said),
        one(&dialect.block(block), said),
        one(&dialect.transaction(tx), said),
        may(dialect.mempool_entry(tx), |request| one(request, said)),
        may(dialect.wallets(), |request| list(request, said)),
        may(dialect.new_address(None), |request| one(request, said)),
        may(dialect.bans(), |request| list(request, said)),
    ]
    .iter()
    .sum()
}

fn one<T: Debug>(request: &Request<T>, said: &Said<'_>) -> usize {
    usize::from(shown(request.answered(said.status, said.body, said.now)).is_some())
}

fn list<T: Debug>(request: &Request<Listed<T>>, said: &Said<'_>) -> usize {
    let read = shown(request.answered(said.status, said.body, said.now));
    read.map_or(0, |list| {
        assert!(list.items.len() <= ITEMS_MAX && list.total() <= said.body.len());
        1
    })
}

fn peers(dialect: &dyn Dialect, said: &Said<'_>) -> usize {
    let read = dialect.peers().answered(said.status, said.body, said.now);
    for peer in read.iter().flat_map(|list| &list.items) {
        assert!(!peer.agent.contains(is_hidden) && !peer.address.contains(is_hidden));
        assert!(peer.agent.chars().count() <= 256 && peer.address.chars().count() <= 128);
    }
    list(&dialect.peers(), said)
}

fn may<T>(request: Result<Request<T>, Lacks>, read: impl FnOnce(&Request<T>) -> usize) -> usize {
    request.map_or(0, |request| read(&request))
}

/// What was read, or nothing if it was refused in words that can be shown.
fn shown<T>(read: Result<T, impl ToString>) -> Option<T> {
    read.map_err(|error| {
        let words = error.to_string();
        assert!(
            words.chars().count() < WORDS_MAX && !words.contains(is_hidden),
            "{words:?}"
        );
    })
    .ok()
}
