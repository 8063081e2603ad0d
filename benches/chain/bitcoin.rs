//! What Bitcoin's blocks cost to read, beside the crate that finds the transactions in them.

use crate::common::bitcoin::testing::{REGTEST, block_on, introduction, version};
use crate::ratio::{Harness, Target, timed};
use bitcoin_slices::{Visit, Visitor, bsl};
use bitcoin_test_data::blocks::mainnet_702861;
use bytes::Bytes;
use chainlab::bitcoin::watcher::{Role, WatchConfig, WatchInput, WatchOutput, Watcher};
use chainlab::bitcoin::wire::{CommandName, Frame, Frames, HEADERS_MAX, Message, Services};
use chainlab::bitcoin::{Block, Network};
use chainlab::node::{ConnId, Time};
use std::collections::{BTreeMap, VecDeque};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

/// Bytes of blocks.
const BYTES: usize = 100_000_000;

/// A block of mainnet, again and again, to messages with all ids, beside the crate and the same ids.
pub fn bitcoin(harness: &mut Harness) {
    let times = harness.size(BYTES / mainnet_702861().len() + 1, 1);
    let payload = Bytes::from_static(mainnet_702861());
    let frame = Frame {
        command: CommandName::new("block"),
        payload,
    };
    let [ours, checked, crates] = harness.interleave(
        5,
        [
            &mut || repeated(times, || drop(black_box(read(&frame)))),
            &mut || repeated(times, || assert_eq!(read(&frame).check(), Ok(()))),
            &mut || repeated(times, || drop(black_box(crates_own()))),
        ],
    );
    let name = format!(
        "read {} MB of blocks with their ids",
        times * frame.payload.len() / 1_000_000
    );
    let beside = "bitcoin_slices with the same ids";
    harness.report(&name, &ours, (beside, &crates), Target::RateAtLeast(0.5));
    let name = "the same, both Merkle roots checked";
    harness.report(name, &checked, (beside, &crates), Target::TimesAtMost(4.0));
}

/// How much longer the long chain is.
const TIMES: usize = 8;

/// A private chain is read from its beginning: of a chain eight times as long in eight times the time.
pub fn reads(harness: &mut Harness) {
    let len = harness.size(500, 20);
    let [short, long] = [len, TIMES * len].map(chain);
    let [of_short, of_long] =
        harness.interleave(5, [&mut || read_chain(&short), &mut || read_chain(&long)]);
    let name = format!("a watcher reads {} blocks", long.len());
    let beside = format!("{len} of them");
    let target = Target::TimesAtMost(2.0 * TIMES as f64);
    harness.report(&name, &of_long, (&beside, &of_short), target);
}

fn chain(len: usize) -> Vec<Block> {
    let mut parent = REGTEST.genesis();
    let heights = 1..=u32::try_from(len).expect("few");
    let made = heights.map(|height| {
        let block = block_on(&parent, height, 0, &[]);
        parent = *block.header();
        block
    });
    made.collect()
}

/// Both sides of a connection to a node that has this chain, until all of it has been read.
fn read_chain(blocks: &[Block]) -> Duration {
    let by_hash: BTreeMap<_, _> = blocks.iter().map(|block| (block.hash().0, block)).collect();
    let config = WatchConfig {
        network: Network::Regtest,
        addr: ([127, 0, 0, 1], 18_444).into(),
        user_agent: "/bench/".to_owned(),
        mempool: false,
        rpc: false,
        seed: [0; 32],
    };
    let (now, conn) = (Time(1_700_000_000_000_000), ConnId(0));
    let mut watcher = Watcher::new(config, now);
    let role = Role::Announcements;
    watcher.handle(now, WatchInput::Connected { role, conn });
    let mut says: VecDeque<_> = introduction(version(Services::WITNESS)).into();
    let (mut heard, mut left) = (Frames::new(REGTEST.magic), blocks);
    timed(|| {
        while let Some(message) = says.pop_front() {
            let bytes = message.to_frame().to_bytes(REGTEST.magic);
            watcher.handle(now, WatchInput::Received(conn, bytes));
            while let Some(output) = watcher.poll_output() {
                if let WatchOutput::Send(_, bytes) = output {
                    heard.push(&bytes);
                }
            }
            while let Ok(Some(frame)) = heard.next_frame() {
                match Message::read(&frame) {
                    Ok(Message::GetHeaders(_)) => {
                        let (next, rest) = left.split_at(left.len().min(HEADERS_MAX));
                        left = rest;
                        let headers = next.iter().map(|block| *block.header()).collect();
                        says.push_back(Message::Headers(headers));
                    }
                    Ok(Message::GetData(items)) => {
                        let asked = items.iter().map(|item| by_hash[&item.hash].clone());
                        says.extend(asked.map(Message::Block));
                    }
                    _ => {}
                }
            }
        }
        let read = watcher.blocks().filter(|(_, seen)| seen.body.is_some());
        assert_eq!(read.count(), blocks.len());
    })
    .0
}

fn repeated(times: usize, mut work: impl FnMut()) -> Duration {
    timed(|| (0..times).for_each(|_| work())).0
}

fn read(frame: &Frame) -> Block {
    match Message::read(frame) {
        Ok(Message::Block(block)) => block,
        other => panic!("{other:?}"),
    }
}

struct Ids(Vec<[u8; 32]>);

impl Visitor for Ids {
    fn visit_transaction(&mut self, tx: &bsl::Transaction<'_>) -> ControlFlow<()> {
        self.0.push(tx.txid_sha2().into());
        ControlFlow::Continue(())
    }
}

fn crates_own() -> Vec<[u8; 32]> {
    let mut ids = Ids(Vec::new());
    bsl::Block::visit(mainnet_702861(), &mut ids).expect("it is a block");
    ids.0
}
