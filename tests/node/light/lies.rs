//! Peers that lie about filters, or say nothing, and what becomes of them.

use super::stage::Stage;
use crate::common::*;
use chainlab::chain::filter::CodedSet;
use chainlab::chain::{Block, BlockFilter, FilterHash, Tx};
use chainlab::node::message::{Item, Message};
use std::time::Duration;

/// Says that the filters of all blocks from a height on have another hash.
fn other_hashes(from: u32) -> impl Fn(Message) -> Option<Message> {
    move |message| {
        Some(match message {
            Message::CFHeaders(mut said) => {
                let heights = said.range.start..;
                for (height, hash) in heights.zip(&mut said.hashes) {
                    if height == from {
                        *hash = FilterHash([9; 32]);
                    }
                }
                if said.range.start > from {
                    said.previous.0[0] ^= 1;
                }
                Message::CFHeaders(said)
            }
            other => other,
        })
    }
}

#[test]
fn of_two_who_differ_the_liar_is_let_go_and_the_honest_one_kept() {
    for first in ["liar", "honest"] {
        let second = if first == "liar" { "honest" } else { "liar" };
        let mut stage = Stage::with(&[]);
        stage.add(first);
        stage.add(second);
        stage.bends("liar", other_hashes(70));
        let blocks = stage.miner.mine_empty(100);
        stage.all_find(&blocks);
        stage.connects(first);
        stage.settles();
        stage.connects(second);
        stage.settles();
        stage.waits(Duration::from_secs(10));
        assert!(
            !stage.is_with("liar") && stage.is_with("honest"),
            "{first} first"
        );
        let info = stage.info();
        assert_eq!(info.filter_headers, 100, "{first} first");
        let words = stage.found_out();
        assert!(
            words[0].starts_with("two peers say different things about the filter of block #70 ")
        );
    }
}

#[test]
fn if_no_peer_sends_the_block_neither_is_believed_and_that_is_said() {
    let mut stage = Stage::with(&[]);
    for name in ["liar", "honest"] {
        stage.add(name);
    }
    let no_blocks = |message: Message| match message {
        Message::Block(block) => Some(Message::NotFound(vec![Item::Block(block.hash())])),
        other => Some(other),
    };
    let lie = other_hashes(7);
    stage.bends("liar", move |message| lie(message).and_then(no_blocks));
    stage.bends("honest", no_blocks);
    let blocks = stage.miner.mine_empty(20);
    stage.all_find(&blocks);
    stage.imports("light", "miner", MINER);
    stage.connects("liar");
    stage.connects("honest");
    stage.settles();
    let info = stage.info();
    assert_eq!((info.filter_headers, info.compared <= 6), (6, true));
    assert!(stage.is_with("liar") && stage.is_with("honest"));
    let words = stage.found_out().join("; ");
    assert!(
        words.contains("no peer sends the block: neither is believed"),
        "{words}"
    );
}

#[test]
fn a_filter_that_is_not_its_headers_or_leaves_out_costs_its_sender_the_connection() {
    for nonsense in [false, true] {
        let mut stage = Stage::with(&["central", "miner", "liar"]);
        stage.bends("liar", move |message| {
            Some(match message {
                Message::CFilters(mut said) => {
                    let blank = Miner::new(&params()).mine(Vec::new());
                    let bytes = match nonsense {
                        true => vec![255; 3],
                        false => BlockFilter::of(&blank).bytes().to_vec(),
                    };
                    said.filters.fill(bytes.into());
                    Message::CFilters(said)
                }
                other => other,
            })
        });
        let blocks = stage.mines(Vec::new(), 40);
        stage.imports("light", "miner", MINER);
        stage.imports("central", "miner", MINER);
        // It is asked sooner or later, as peers are drawn at random.
        for _ in 0..20 {
            stage.mines(Vec::new(), 1);
        }
        assert_eq!(blocks.len(), 40);
        assert!(!stage.is_with("liar"), "nonsense: {nonsense}");
        assert_eq!(stage.wallet("miner"), stage.wallet_at("central", "miner"));
    }
}

/// The filter of a block, but for what concerns one owner.
fn without(block: &Block, actor: u8) -> BlockFilter {
    let parties = block.txs().iter().flat_map(Tx::parties);
    let others = parties.filter(|party| *party != owner(actor));
    let set = CodedSet::new(&block.hash(), others.map(|party| party.0));
    BlockFilter::from_bytes(set.bytes()).expect("a set of its elements")
}

/// All that it says of hashes is honest, so nothing contradicts it but the block.
#[test]
fn a_filter_that_leaves_out_one_element_under_an_honest_filter_header_hides_no_payment() {
    for lone in [false, true] {
        let full: &[&'static str] = if lone {
            &["liar"]
        } else {
            &["central", "liar"]
        };
        let mut stage = Stage::with(full);
        stage.imports("light", "alice", ALICE);
        let spends = [genesis_coin(&stage.params, BOB)];
        let gift = pay(&stage.params, BOB, &spends, &[(ALICE, 1_000_000_000)]);
        let block = stage.miner.clone().mine(vec![gift.clone()]);
        let bent = without(&block, ALICE);
        assert_eq!(bent.len() + 1, BlockFilter::of(&block).len());
        stage.bends("liar", move |mut message| {
            if let Message::CFilters(said) = &mut message {
                let heights = said.range.start..;
                let first = heights
                    .zip(&mut said.filters)
                    .find(|(height, _)| *height == 1);
                if let Some((_, filter)) = first {
                    *filter = bent.bytes().to_vec().into();
                }
            }
            Some(message)
        });
        assert_eq!(stage.mines(vec![gift], 1), [block]);
        stage.waits(Duration::from_secs(60));
        let was_asked = stage.said.iter().any(|(to, message)| {
            *to == "liar" && matches!(message, Message::GetCFilters(range) if range.start == 1)
        });
        assert_eq!(stage.is_with("liar"), !was_asked, "lone: {lone}");
        assert!(was_asked || !lone);
        // With no honest peer it knows that it does not know.
        let (coins_seen, filters) = (stage.wallet("alice").confirmed, stage.info().filters);
        assert_eq!(
            (coins_seen, filters),
            if lone { (coins(10), 0) } else { (coins(20), 1) }
        );
    }
}

#[test]
fn a_peer_that_never_answers_costs_time_and_no_more() {
    let mut stage = Stage::with(&["central", "miner", "silent"]);
    stage.bends("silent", |message| match message {
        Message::CFHeaders(_) | Message::CFilters(_) | Message::Block(_) => None,
        other => Some(other),
    });
    stage.imports("light", "alice", ALICE);
    stage.imports("central", "alice", ALICE);
    for _ in 0..6 {
        let spends = [genesis_coin(&stage.params, BOB)];
        let gift = pay(&stage.params, BOB, &spends, &[(ALICE, 1_000_000_000)]);
        let txs = if stage.miner.next_height() == 1 {
            vec![gift]
        } else {
            Vec::new()
        };
        stage.mines(txs, 1);
    }
    stage.waits(Duration::from_secs(90));
    assert_eq!(stage.wallet("alice"), stage.wallet_at("central", "alice"));
    assert_eq!(stage.wallet("alice").confirmed, coins(20));
    assert!(stage.is_with("silent"));
    let info = stage.info();
    assert_eq!((info.filter_headers, info.filters), (6, 6));
}

#[test]
fn the_word_of_one_peer_is_taken_and_shown_as_such_until_a_second_comes() {
    let mut stage = Stage::with(&["central"]);
    stage.imports("light", "miner", MINER);
    stage.mines(Vec::new(), 9);
    let info = stage.info();
    assert!(info.is_one_word);
    assert_eq!(
        (info.filter_headers, info.compared, info.filters),
        (9, 0, 9)
    );
    assert!(
        stage.wallet("miner").immature > coins(0) || stage.wallet("miner").confirmed > coins(0)
    );
    stage.add("second");
    let blocks = stage.mined();
    stage.finds("second", &blocks);
    stage.connects("second");
    stage.settles();
    let info = stage.info();
    assert!(!info.is_one_word);
    assert_eq!(info.compared, 9);
}

#[test]
fn a_body_that_is_not_its_headers_costs_the_connection_and_another_is_asked() {
    let mut stage = Stage::with(&["central", "miner", "liar"]);
    stage.bends("liar", |message| {
        Some(match message {
            Message::Block(block) => {
                let mut txs = block.txs().to_vec();
                txs[0].lock_time += 1;
                let bent = Block::new(*block.header(), txs);
                Message::Block(std::sync::Arc::new(bent))
            }
            other => other,
        })
    });
    stage.imports("light", "miner", MINER);
    stage.imports("central", "miner", MINER);
    for _ in 0..12 {
        stage.mines(Vec::new(), 1);
    }
    assert!(!stage.is_with("liar"));
    assert_eq!(stage.wallet("miner"), stage.wallet_at("central", "miner"));
}
