//! The tree of all blocks that a lab ever showed, against a plain model of it: what is in it, what
//! is the best branch, what is lost, and where its lines run.

use crate::picture::{at, block, change, crowd};
use chainlab::chain::BlockHash;
use chainlab::lab::observe::tree::{BLOCKS_MAX, BlockTree, SeenBlocks, TreeRow};
use chainlab::lab::view::{LabView, NodeState};
use chainlab::node::snapshot::BlockInfo;
use chainlab::node::{BlockId, NodeIx};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Blocks by number: the parent of each, and the work of its whole chain.
struct Model {
    infos: Vec<BlockInfo>,
    parents: Vec<Option<usize>>,
    work: Vec<u64>,
}

impl Model {
    /// Each block on one that came before it, with so much work of its own.
    fn new(plan: &[(usize, u64)]) -> Self {
        let mut model = Self {
            infos: vec![info(0, 0, None)],
            parents: vec![None],
            work: vec![1],
        };
        for (nth, (parent, work)) in plan.iter().enumerate() {
            let parent = parent % model.infos.len();
            let above = info(nth + 1, model.infos[parent].id.height + 1, {
                Some(model.infos[parent].id.hash)
            });
            model.infos.push(above);
            model.parents.push(Some(parent));
            model.work.push(model.work[parent] + work);
        }
        model
    }

    /// A block and all below it, from the top.
    fn chain(&self, tip: usize) -> Vec<usize> {
        std::iter::successors(Some(tip), |at| self.parents[*at]).collect()
    }

    /// A node comes to stand on a block.
    fn stand(&self, lab: &mut LabView, node: usize, tip: usize) {
        change(&mut lab.nodes[node], |node| {
            let chain = self.chain(tip).into_iter().rev();
            node.recent = chain.map(|at| self.infos[at].clone()).collect();
            node.tip = self.infos[tip].id;
            node.work = Some(self.work[tip].to_string());
        });
    }

    fn number(&self, id: BlockId) -> usize {
        let found = self.infos.iter().position(|info| info.id == id);
        found.expect("one of the model's")
    }
}

fn info(nth: usize, height: u32, previous: Option<BlockHash>) -> BlockInfo {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&(nth as u64).to_le_bytes());
    BlockInfo {
        id: BlockId {
            height,
            hash: BlockHash(hash),
        },
        previous: previous.unwrap_or(BlockHash::ZERO),
        time: at(u64::from(height) * 1_000).block_time(),
        txs: Some(0),
        miner: None,
    }
}

/// What a lab has seen so far, and the tree that it makes.
fn look(seen: &mut SeenBlocks, tree: &mut BlockTree, lab: &LabView) {
    for (ix, stand) in lab.stands().enumerate() {
        let recent = stand.snapshot.expect("it shows itself").recent.iter();
        seen.take(NodeIx(ix), recent.rev());
    }
    tree.observe(seen, lab.stands());
}

/// The row of a block.
fn row_of(rows: &[TreeRow], id: BlockId) -> usize {
    let found = rows.iter().position(|row| row.id == id);
    found.expect("every block has a row")
}

/// That the line from every block leads down to its parent, and meets no other block.
fn lines_are_whole(tree: &BlockTree) {
    let rows = tree.rows(0, usize::MAX);
    for (at, row) in rows.iter().enumerate() {
        let block = tree.block(&row.id.hash).expect("a row is of a block");
        assert_eq!(row.lane == 0, tree.is_best(&row.id.hash), "{row:?}");
        let Some(parent) = tree.parent(&block.info) else {
            continue;
        };
        let below = row_of(rows, parent.info.id);
        assert!(below > at, "parents are below children");
        for between in &rows[at + 1..below] {
            assert_ne!(
                between.lane, row.lane,
                "{between:?} is on the line of {row:?}"
            );
            assert_eq!(
                between.passing >> row.lane & 1,
                1,
                "{between:?} breaks {row:?}"
            );
        }
        let end = rows[below];
        let joins = end.joining >> row.lane & 1 == 1;
        assert!(end.lane == row.lane || joins, "{row:?} misses {end:?}");
    }
}

proptest! {
    #[test]
    fn a_tree_is_what_its_nodes_showed(
        plan in prop::collection::vec((any::<usize>(), 1_u64..4), 1..30),
        moves in prop::collection::vec((0_usize..4, any::<usize>(), any::<bool>()), 1..40),
    ) {
        let model = Model::new(&plan);
        let mut lab = crowd(4);
        let (mut seen_blocks, mut tree) = (SeenBlocks::default(), BlockTree::default());
        let (mut tips, mut seen) = (vec![0; 4], BTreeSet::new());
        for node in 0..4 {
            model.stand(&mut lab, node, 0);
        }
        for (node, tip, is_up) in moves {
            let tip = tip % model.infos.len();
            model.stand(&mut lab, node, tip);
            lab.nodes[node].state = if is_up { NodeState::Up } else { NodeState::Down };
            tips[node] = tip;
            seen.extend(model.chain(tip));
            look(&mut seen_blocks, &mut tree, &lab);
            tree.arrange();

            let rows = tree.rows(0, usize::MAX);
            let shown: BTreeSet<_> = rows.iter().map(|row| model.number(row.id)).collect();
            prop_assert_eq!(rows.len(), shown.len(), "every block once");
            seen.insert(0);
            prop_assert_eq!(&shown, &seen);
            lines_are_whole(&tree);

            let is_up = |node: &usize| lab.nodes[*node].state.is_up();
            let runs = (0..4).any(|node| is_up(&node));
            let standing = (0..4).filter(|node| is_up(node) || !runs);
            let most = standing.map(|node| model.work[tips[node]]).max();
            let best = model.number(tree.best().expect("somebody stands"));
            prop_assert_eq!(Some(model.work[best]), most);
            let on_best: BTreeSet<_> = model.chain(best).into_iter().collect();
            let held: BTreeSet<_> = tips.iter().flat_map(|tip| model.chain(*tip)).collect();
            for number in &seen {
                let hash = &model.infos[*number].id.hash;
                let block = tree.block(hash).expect("it was seen");
                prop_assert_eq!(tree.is_best(hash), on_best.contains(number));
                prop_assert_eq!(tree.is_lost(hash), !held.contains(number));
                let children = model.parents.iter().enumerate();
                let children = children.filter(|(_, parent)| **parent == Some(*number));
                let children = children.filter(|(child, _)| seen.contains(child)).count();
                prop_assert_eq!(block.children.len(), children);
            }
            for (node, tip) in tips.iter().enumerate() {
                let id = model.infos[*tip].id;
                prop_assert!(tree.standing(&id.hash).contains(&NodeIx(node)));
                for number in 0..model.infos.len() {
                    let has = model.chain(*tip).contains(&number);
                    prop_assert_eq!(tree.has(NodeIx(node), model.infos[number].id), has);
                }
            }
        }
    }
}

/// The main chain as a snapshot has it.
fn recent(tip: u32) -> Vec<BlockInfo> {
    let from = tip.saturating_sub(31);
    (from..=tip).map(main).collect()
}

fn main(height: u32) -> BlockInfo {
    BlockInfo {
        id: block(height, 0),
        previous: block(height.saturating_sub(1), 0).hash,
        time: at(u64::from(height) * 1_000).block_time(),
        txs: Some(0),
        miner: None,
    }
}

fn stand(lab: &mut LabView, node: usize, tip: u32) {
    change(&mut lab.nodes[node], |node| {
        node.recent = recent(tip);
        node.tip = block(tip, 0);
        node.work = Some(tip.to_string());
    });
}

#[test]
fn a_tree_keeps_the_highest_blocks_only() {
    let mut lab = crowd(1);
    let (mut seen_blocks, mut tree) = (SeenBlocks::default(), BlockTree::default());
    for tip in (20..=5_000).step_by(20) {
        stand(&mut lab, 0, tip);
        look(&mut seen_blocks, &mut tree, &lab);
        assert!(tree.len() <= BLOCKS_MAX);
    }
    tree.arrange();
    let most = u32::try_from(BLOCKS_MAX).expect("a number of blocks");
    assert_eq!(tree.len(), BLOCKS_MAX);
    assert_eq!(tree.floor(), 5_000 + 1 - most);
    assert_eq!(tree.rows(10, 5).len(), 5);
    assert_eq!(tree.rows(10, 5)[0].id, block(4_990, 0));
    assert!(tree.rows(BLOCKS_MAX, 5).is_empty());
    assert!(!tree.absorb(NodeIx(0), &main(3)), "there is no room for it");
    assert_eq!(tree.len(), BLOCKS_MAX);
}

#[test]
fn what_is_higher_takes_the_room_of_pieces_far_down() {
    let mut lab = crowd(1);
    let (mut seen_blocks, mut tree) = (SeenBlocks::default(), BlockTree::default());
    // A node that catches up is seen here and there.
    for tip in (40..=10_000).step_by(40) {
        stand(&mut lab, 0, tip);
        look(&mut seen_blocks, &mut tree, &lab);
    }
    assert_eq!(tree.len(), BLOCKS_MAX);
    for height in (9_000..9_969).rev() {
        assert!(tree.absorb(NodeIx(0), &main(height)));
    }
    tree.arrange();
    // The piece below ends at #9000, and is a part of it now.
    assert_eq!((tree.len(), tree.floor()), (BLOCKS_MAX, 8_969));
}

#[test]
fn what_lies_below_a_gap_is_not_called_lost_and_a_page_closes_it() {
    let mut lab = crowd(1);
    let (mut seen_blocks, mut tree) = (SeenBlocks::default(), BlockTree::default());
    for tip in [5, 500] {
        stand(&mut lab, 0, tip);
        look(&mut seen_blocks, &mut tree, &lab);
    }
    tree.arrange();
    assert_eq!(tree.floor(), 469);
    let fifth = |tree: &BlockTree| {
        let hash = block(5, 0).hash;
        assert!(tree.block(&hash).is_some(), "it was seen");
        (tree.is_lost(&hash), tree.is_best(&hash))
    };
    assert_eq!(fifth(&tree), (false, false), "nobody knows");
    for height in (6..469).rev() {
        assert!(tree.absorb(NodeIx(0), &main(height)));
    }
    tree.arrange();
    assert_eq!((tree.floor(), tree.len()), (0, 501));
    assert_eq!(fifth(&tree), (false, true));
}

#[test]
fn a_node_that_is_down_keeps_its_branch_but_does_not_decide() {
    let model = Model::new(&[(0, 9), (0, 1)]);
    let mut lab = crowd(2);
    model.stand(&mut lab, 0, 1);
    model.stand(&mut lab, 1, 2);
    let (mut seen_blocks, mut tree) = (SeenBlocks::default(), BlockTree::default());
    let mut stands = |lab: &LabView| {
        look(&mut seen_blocks, &mut tree, lab);
        tree.arrange();
        let is_lost = tree.is_lost(&model.infos[1].id.hash);
        (model.number(tree.best().expect("a tip")), is_lost)
    };
    assert_eq!(stands(&lab), (1, false));
    lab.nodes[0].state = NodeState::Down;
    assert_eq!(stands(&lab), (2, false));
    model.stand(&mut lab, 0, 2);
    assert_eq!(stands(&lab), (2, true));
}

#[test]
fn a_block_is_asked_of_a_node_that_has_it_or_else_of_one_that_had_it() {
    let model = Model::new(&[(0, 9), (0, 1)]);
    let mut lab = crowd(3);
    let (mut seen_blocks, mut tree) = (SeenBlocks::default(), BlockTree::default());
    let (first, second) = (model.infos[1].id, model.infos[2].id);
    for (node, tip) in [(0, 1), (1, 2), (2, 2)] {
        model.stand(&mut lab, node, tip);
    }
    look(&mut seen_blocks, &mut tree, &lab);
    assert_eq!(tree.holder(second, NodeIx(0)), Some(NodeIx(1)));
    assert_eq!(tree.holder(second, NodeIx(2)), Some(NodeIx(2)));
    for node in [1, 2] {
        model.stand(&mut lab, node, 1);
    }
    look(&mut seen_blocks, &mut tree, &lab);
    assert_eq!(tree.holder(first, NodeIx(2)), Some(NodeIx(2)));
    assert_eq!(tree.holder(second, NodeIx(0)), Some(NodeIx(1)), "it had it");
    lab.nodes[1].state = NodeState::Down;
    lab.nodes[2].state = NodeState::Down;
    look(&mut seen_blocks, &mut tree, &lab);
    assert_eq!(tree.holder(second, NodeIx(0)), None);
}
