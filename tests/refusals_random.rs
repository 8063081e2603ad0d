//! Random trees of good and bad blocks, whose bodies come in any order, against a model that
//! looks at all blocks each time.

mod common;

use chainlab::chain::{Block, RuleError};
use chainlab::node::chainstate::AcceptError;
use common::lab::Lab;
use common::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const BLOCKS: usize = 24;

struct Node {
    block: Block,
    parent: Option<usize>,
    height: u32,
    bad: bool,
    delivered: bool,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        let sides = u32::try_from(limit).expect("small");
        usize::try_from(self.0.next_u32() % sides).expect("small")
    }
}

/// A tree in which every eighth block takes too much and long branches are likely.
fn tree(dice: &mut Dice, genesis: &Miner) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut miners: Vec<Miner> = Vec::new();
    for tag in 0..BLOCKS {
        let parent = match dice.below(5) {
            0 if tag > 0 => Some(dice.below(tag)),
            1 => None,
            _ => tag.checked_sub(1 + dice.below(3)),
        };
        let mut miner = parent.map_or_else(|| genesis.clone(), |at| miners[at].clone());
        miner.tag = u64::try_from(tag).expect("small");
        let bad = dice.below(8) == 0;
        let block = miner.block(vec![], |txs| {
            let reward = &mut txs[0].outputs[0].amount;
            *reward = units(reward.units() + u64::from(bad));
        });
        miner.step(&block);
        nodes.push(Node {
            block,
            parent,
            height: miner.cursor.height,
            bad,
            delivered: false,
        });
        miners.push(miner);
    }
    nodes
}

/// Whether the block could be the tip: it and all below it are there, and good.
fn eligible(nodes: &[Node], at: usize) -> bool {
    let node = &nodes[at];
    node.delivered && !node.bad && node.parent.is_none_or(|parent| eligible(nodes, parent))
}

#[test]
fn the_tip_is_always_the_valid_branch_with_most_work_whatever_the_order() {
    for seed in 0..150 {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
        let mut lab = Lab::new();
        let mut nodes = tree(&mut dice, &lab.miner);
        for node in &nodes {
            let refused = lab.headers(&[*node.block.header()]).refused;
            assert_eq!(refused, None, "seed {seed}");
        }
        let mut left: Vec<usize> = (0..BLOCKS).collect();
        let mut tip = (0, lab.chain.tip().hash);
        while !left.is_empty() {
            let at = left.swap_remove(dice.below(left.len()));
            nodes[at].delivered = true;
            match accept(&mut lab.chain, &nodes[at].block) {
                Ok(accepted) => assert!(accepted.new, "seed {seed}"),
                Err(AcceptError::Rule(RuleError::KnownInvalid)) => {}
                Err(other) => panic!("seed {seed}: {other}"),
            }
            let best = (0..BLOCKS).filter(|at| eligible(&nodes, *at));
            let best = best.map(|at| nodes[at].height).max().unwrap_or(0);
            let now = (lab.chain.tip().height, lab.chain.tip().hash);
            if best == tip.0 {
                assert_eq!(now, tip, "seed {seed}: a tie changes nothing");
            } else {
                let is_tip = |at: &usize| nodes[*at].block.hash() == now.1;
                let at = (0..BLOCKS).find(is_tip).expect("one of the tree");
                assert_eq!(now.0, best, "seed {seed}");
                assert!(eligible(&nodes, at), "seed {seed}");
                tip = now;
            }
            if dice.below(6) == 0 {
                lab.chain = open(lab.chain.into_store(), &lab.params);
                assert_eq!(lab.chain.tip().hash, tip.1, "seed {seed}");
            }
        }
        lab.is_sound();
    }
}
