//! Floods: what a peer can say without end that costs it nothing, or little.

use crate::common::peer::nothing;
use crate::common::{Miner, solve};
use chainlab::chain::tx::{TX_VERSION, TxIn, TxOut};
use chainlab::chain::{Amount, Block, BlockHash, Header, OutPoint, Tx, Txid};
use chainlab::node::Time;
use chainlab::node::message::{
    ADDR_MAX, HEADERS_MAX, INV_MAX, Item, Locator, Message, Reject, Text,
};
use std::net::SocketAddr;
use std::sync::Arc;

/// What an attacker knows of the chain, so that what it says looks right.
#[derive(Clone, Debug, Default)]
pub struct Loot {
    /// The node's chain from height 1 on.
    pub chain: Vec<Arc<Block>>,
}

/// A flood, by its name.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    pub name: &'static str,
    /// What is said in a round of that number.
    pub says: fn(&Loot, u32) -> Vec<Message>,
}

/// Messages of a round, of those that are short.
const ROUND: u32 = 50;

/// Each of them is tried on a node by several peers at once.
pub const FLOODS: [Flood; 16] = [
    Flood {
        name: "pings",
        says: |_, round| numbers(round).map(|n| Message::Ping(n.into())).collect(),
    },
    Flood {
        name: "pongs that nobody asked for",
        says: |_, round| {
            let pong = |n: u32| Message::Pong(n.into(), Time(u64::from(n)));
            numbers(round).map(pong).collect()
        },
    },
    Flood {
        name: "questions for addresses",
        says: |_, round| numbers(round).map(|_| Message::GetAddr).collect(),
    },
    Flood {
        name: "addresses where nobody is",
        says: |_, round| {
            let addr = |n: usize| {
                let [.., a, b] = n.to_be_bytes();
                let [.., c] = round.to_be_bytes();
                SocketAddr::from(([10, 200u8.wrapping_add(c) | 128, a, b], 4_747))
            };
            vec![Message::Addr((0..ADDR_MAX).map(addr).collect())]
        },
    },
    Flood {
        name: "transactions that do not exist, announced",
        says: |_, round| vec![Message::Inv(invented(round, |hash| Item::Tx(Txid(hash))))],
    },
    Flood {
        name: "blocks that do not exist, announced",
        says: |_, round| {
            vec![Message::Inv(invented(round, |hash| {
                Item::Block(BlockHash(hash))
            }))]
        },
    },
    Flood {
        name: "a known block, announced",
        says: |loot, round| numbers(round).map(|_| Message::Inv(last(loot))).collect(),
    },
    Flood {
        name: "questions for a known block",
        says: |loot, round| {
            numbers(round)
                .map(|_| Message::GetData(last(loot)))
                .collect()
        },
    },
    Flood {
        name: "questions for what does not exist",
        says: |_, round| {
            vec![Message::GetData(invented(round, |hash| {
                Item::Block(BlockHash(hash))
            }))]
        },
    },
    Flood {
        name: "answers that nobody asked for",
        says: |_, round| {
            vec![Message::NotFound(invented(round, |hash| {
                Item::Tx(Txid(hash))
            }))]
        },
    },
    Flood {
        name: "questions for all headers",
        says: |_, round| {
            numbers(round)
                .map(|_| Message::GetHeaders(from_the_start()))
                .collect()
        },
    },
    Flood {
        name: "questions for all blocks",
        says: |_, round| {
            numbers(round)
                .map(|_| Message::GetBlocks(from_the_start()))
                .collect()
        },
    },
    Flood {
        name: "known headers",
        says: |loot, _| {
            let known = loot.chain.iter().map(|block| *block.header());
            vec![Message::Headers(known.take(HEADERS_MAX).collect())]
        },
    },
    Flood {
        name: "new headers beside the chain",
        says: |loot, round| numbers(round).filter_map(|n| sibling(loot, n)).collect(),
    },
    Flood {
        name: "transactions whose parents do not exist",
        says: |_, round| numbers(round).map(orphan).collect(),
    },
    Flood {
        name: "refusals of what was never sent",
        says: |_, round| {
            let reject = |n: u32| {
                Message::Reject(Box::new(Reject {
                    command: Text::new("block"),
                    item: Some(Item::Block(BlockHash(nothing(n)))),
                    why: Text::new("I do not like it"),
                }))
            };
            numbers(round).map(reject).collect()
        },
    },
];

fn numbers(round: u32) -> impl Iterator<Item = u32> {
    let first = round.wrapping_mul(ROUND);
    (0..ROUND).map(move |number| first.wrapping_add(number))
}

fn invented(round: u32, item: impl Fn([u8; 32]) -> Item) -> Vec<Item> {
    let most = u32::try_from(INV_MAX).expect("few");
    let first = round.wrapping_mul(most);
    let numbers = (0..most).map(|number| first.wrapping_add(number));
    numbers.map(|number| item(nothing(number))).collect()
}

fn last(loot: &Loot) -> Vec<Item> {
    let last = loot.chain.last().map(|block| Item::Block(block.hash()));
    last.into_iter().collect()
}

fn from_the_start() -> Locator {
    Locator {
        have: Vec::new(),
        stop: BlockHash::ZERO,
    }
}

/// A header with all its work that competes with one of the chain.
fn sibling(loot: &Loot, number: u32) -> Option<Message> {
    let count = u32::try_from(loot.chain.len()).expect("short");
    let at = usize::try_from(number.checked_rem(count)?).expect("64 bits");
    let header = *loot.chain.get(at)?.header();
    let header = solve(Header {
        time: header.time.saturating_add_ms(u64::from(number % 900) + 1),
        ..header
    });
    Some(Message::Headers(vec![header]))
}

fn orphan(number: u32) -> Message {
    let outpoint = OutPoint {
        txid: Txid(nothing(number)),
        index: 0,
    };
    Message::Tx(Arc::new(Tx {
        version: TX_VERSION,
        inputs: vec![TxIn {
            outpoint,
            key: crate::common::key(crate::common::BOB).public_key(),
            signature: chainlab::chain::key::Signature([1; 64]),
        }],
        outputs: vec![TxOut {
            amount: Amount::from_units(1_000).expect("an amount"),
            owner: crate::common::owner(crate::common::BOB),
        }],
        lock_time: 0,
    }))
}

/// Headers of so many blocks that build on each other and have all their work, from a miner's place on.
pub fn branch(miner: &Miner, tag: u64, len: usize) -> Vec<Header> {
    let mut rival = miner.rival(tag);
    let blocks = rival.mine_empty(len);
    blocks.iter().map(|block| *block.header()).collect()
}
