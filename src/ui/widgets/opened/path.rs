//! A Merkle path, hash by hash.

use super::detail::Section;
use crate::chain::merkle::MerkleStep;
use crate::node::snapshot::TxProof;
use crate::ui::text::counted;
use crate::ui::widgets::list::{Item, Look, dim, long, plain};
use crate::ui::widgets::table::{Column, number, words};

const PATH: [Column; 4] = [
    number("#", 2),
    words("paired with", 0),
    words("on its", 0),
    words("hashes to", 1),
];

/// The way from a transaction up to the root, hash by hash.
pub(super) fn section(proof: &TxProof) -> Section {
    let steps = (1..).zip(&proof.steps);
    let mut items: Vec<Item> = steps.map(|(nth, step)| step_item(nth, step)).collect();
    let count = usize::try_from(proof.count).unwrap_or(usize::MAX);
    let words = format!("with {} before it", counted(count, "transaction"));
    let root = long(proof.merkle_root, Look::Good);
    items.push(
        Item::new(vec![dim("root"), plain(words), plain(""), root])
            .copies("the merkle root", proof.merkle_root),
    );
    Section {
        title: format!("merkle path of transaction {} of {count}", proof.index + 1),
        columns: &PATH,
        items,
    }
}

fn step_item(nth: usize, step: &MerkleStep) -> Item {
    let side = match (step.is_left, step.node == step.sibling) {
        (true, true) => "itself, right",
        (true, false) => "right",
        (false, _) => "left",
    };
    Item::new(vec![
        dim(nth),
        long(step.sibling, Look::Plain),
        plain(side),
        long(step.parent, Look::Dim),
    ])
    .copies("the hash that it is paired with", step.sibling)
}
