//! A person before a screen on the blocks of a lab that is made by hand: presses keys, has answers
//! brought or held back, and reads what the screen shows.

use crate::common::lab_view::see_blocks;
use crate::picture::{COLOURED, at, block, change, crowd, draw, lines, press, screen};
use chainlab::chain::BlockHash;
use chainlab::lab::view::NodeState;
use chainlab::lab::{Answer, LabView, Request};
use chainlab::node::NodeIx;
use chainlab::node::io::words::Piece;
use chainlab::node::io::{Question, Reply};
use chainlab::node::snapshot::BlockInfo;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::ViewId;
use chainlab::ui::viewer::{Effect, Purpose};
use std::sync::Arc;

/// A block of a branch that left the main one after a height.
pub fn info(height: u32, fork: u32, branch: u8) -> BlockInfo {
    let of = |height: u32| match height > fork {
        true => block(height, branch),
        false => block(height, 0),
    };
    BlockInfo {
        id: of(height),
        previous: match height {
            0 => BlockHash::ZERO,
            _ => of(height - 1).hash,
        },
        time: at(u64::from(height)).block_time(),
        txs: Some(0),
        miner: None,
    }
}

/// A person before a screen on the blocks of a lab, in which each node has the branch of its number.
pub struct Desk {
    pub lab: LabView,
    pub ui: UiState,
    /// Where branches leave the main one.
    pub fork: u32,
    /// By node.
    pub branches: Vec<u8>,
    /// Questions whose answers were not brought yet.
    pub waiting: Vec<(NodeIx, Question, Purpose)>,
    pub copied: Vec<String>,
}

impl Desk {
    /// Three nodes on a chain of this height.
    pub fn new(tip: u32) -> Self {
        let lab = crowd(3);
        let mut desk = Self {
            // A screen that has seen nothing else.
            ui: screen(&empty(&lab), (80, 24), COLOURED),
            lab,
            fork: u32::MAX,
            branches: vec![0; 3],
            waiting: Vec::new(),
            copied: Vec::new(),
        };
        (0..3).for_each(|node| desk.stand(node, 0, tip));
        desk.changed();
        desk.press("v v");
        desk
    }

    pub fn stand(&mut self, node: usize, branch: u8, tip: u32) {
        self.branches[node] = branch;
        let fork = self.fork;
        change(&mut self.lab.nodes[node], |node| {
            let from = tip.saturating_sub(31);
            node.recent = (from..=tip)
                .map(|height| info(height, fork, branch))
                .collect();
            node.tip = node.recent.last().expect("a block").id;
            node.work = Some(tip.to_string());
        });
    }

    pub fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask(Request::Ask(node, question), purpose) => {
                    assert!(
                        matches!(purpose, Purpose::Fetch(ViewId::Blocks, _)),
                        "{purpose:?}"
                    );
                    self.waiting.push((node, question, purpose));
                }
                Effect::Copy(text) => self.copied.push(text),
                Effect::Forget => self.waiting.clear(),
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn tell(&mut self, event: UiEvent) {
        see_blocks(&mut self.lab);
        let effects = self.ui.update(&self.lab, event);
        self.take(effects);
    }

    pub fn changed(&mut self) {
        self.tell(UiEvent::Changed);
    }

    pub fn press(&mut self, keys: &str) {
        let effects = press(&self.lab, &mut self.ui, keys);
        self.take(effects);
    }

    pub fn answers(&mut self) {
        for _ in 0..200 {
            if self.waiting.is_empty() {
                return;
            }
            let (node, question, purpose) = self.waiting.remove(0);
            let Question::Chain { from, limit, .. } = question else {
                panic!("{question:?}");
            };
            let tip = self.lab.nodes[node.0].snapshot.as_ref().expect("seen").tip;
            let branch = self.branches[node.0];
            let heights = (0..=from.min(tip.height)).rev().take(limit);
            let page = heights.map(|height| info(height, self.fork, branch));
            let reply = Answer::Node(node, Reply::Chain(page.collect()));
            self.tell(UiEvent::Answered(purpose, Ok(reply)));
        }
        panic!("it never stops asking: {:?}", self.waiting);
    }

    pub fn copies(&mut self) -> String {
        self.copied.clear();
        self.press("y");
        self.copied.pop().expect("something to copy")
    }

    /// What is typed into the line that asks for a block, and Enter.
    pub fn seek(&mut self, text: &str) {
        let letters: Vec<String> = text.chars().map(String::from).collect();
        self.press(&format!("/ {} Enter", letters.join(" ")));
    }

    pub fn text(&self) -> String {
        lines(&draw(&self.lab, &self.ui)).join("\n")
    }

    pub fn message(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Block(id) => format!("#{}", id.height),
            Piece::Tx(txid) => txid.short(),
        };
        let message = self.ui.message.as_ref();
        message.map_or_else(String::new, |message| {
            message.pieces.iter().map(piece).collect()
        })
    }
}

/// The same lab before anything was seen of it.
pub fn empty(lab: &LabView) -> LabView {
    let mut lab = lab.clone();
    for node in &mut lab.nodes {
        node.snapshot = None;
        node.state = NodeState::Starting;
    }
    lab.block_propagation = Arc::default();
    lab
}
