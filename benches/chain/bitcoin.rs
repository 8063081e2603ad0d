//! What Bitcoin's blocks cost to read, beside the crate that finds the transactions in them.

use crate::ratio::{Harness, Target, timed};
use bitcoin_slices::{Visit, Visitor, bsl};
use bitcoin_test_data::blocks::mainnet_702861;
use bytes::Bytes;
use chainlab::bitcoin::wire::{CommandName, Frame, Message};
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

fn repeated(times: usize, mut work: impl FnMut()) -> Duration {
    timed(|| (0..times).for_each(|_| work())).0
}

fn read(frame: &Frame) -> chainlab::bitcoin::Block {
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
