//! What nodes have answered to what expressions need to be judged.

use crate::chain::{Amount, BlockHash};
use crate::lab::script::Quantity;
use crate::node::NodeIx;
use crate::node::io::{CommandError, Question, RefusalKind, Reply};
use crate::node::snapshot::{COINS_MAX, CoinInfo};
use std::collections::BTreeMap;

/// What is known of a quantity, balances in the smallest unit; or in words why it cannot be known.
pub type Told = Result<u64, String>;

/// Something that a node is to be asked before an expression can be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Which node.
    pub node: NodeIx,
    /// What it is about.
    pub quantity: Quantity,
    /// What it is asked.
    pub question: Question,
    /// What it means that the node has nothing of that.
    pub(super) absent: Told,
    pub(super) stands: Standing,
}

/// What an answer holds for: as long as the node lives and its chain ends here. No node ever comes back to a
/// tip that it has left, because work only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) life: u64,
    pub(super) tip: BlockHash,
    pub(super) height: u32,
}

/// The last answers of nodes.
#[derive(Clone, Debug, Default)]
pub struct Answers(BTreeMap<(NodeIx, Quantity), (Standing, Told)>);

impl Unknown {
    /// What the node's answer says; `None`: nothing.
    pub fn said(&self, reply: Result<Reply, CommandError>) -> Option<Told> {
        match reply {
            Ok(Reply::Coins(coins)) => sum(&coins).map(|amount| Ok(amount.units())),
            Ok(Reply::Tx(tx)) => {
                // The node may be further on than it was seen.
                let above = |height: u32| self.stands.height.saturating_sub(height);
                let blocks = tx
                    .block
                    .map_or(0, |block| above(block.height).saturating_add(1));
                Some(Ok(blocks.into()))
            }
            Err(refusal) if refusal.kind == RefusalKind::NoSuchTx => Some(self.absent.clone()),
            _ => None,
        }
    }
}

impl Answers {
    /// What is known of this, if it still holds.
    pub fn get(&self, unknown: &Unknown) -> Option<&Told> {
        let key = (unknown.node, unknown.quantity.clone());
        let (stands, told) = self.0.get(&key)?;
        (*stands == unknown.stands).then_some(told)
    }

    /// A node has answered.
    pub fn keep(&mut self, unknown: Unknown, told: Told) {
        let key = (unknown.node, unknown.quantity);
        self.0.insert(key, (unknown.stands, told));
    }
}

/// The sum of all coins; `None`: there are more than an answer has room for.
fn sum(coins: &[CoinInfo]) -> Option<Amount> {
    let amounts = coins.iter().map(|coin| coin.amount);
    Amount::checked_sum(amounts).filter(|_| coins.len() < COINS_MAX)
}
