//! What happened at a node, the newest last. Enter opens the block or the transaction of a line.

use crate::lab::observe::node_log::LogLine;
use crate::node::io::words::Piece;
use crate::ui::widgets::list::{Item, Target, log};
use crate::ui::widgets::subject::Subject;

pub(super) fn items(subject: Subject<'_>) -> Vec<Item> {
    let lines = subject.node.log_lines();
    lines.map(|line| item(subject, line)).collect()
}

fn item(subject: Subject<'_>, line: LogLine) -> Item {
    let target = line.pieces.iter().find_map(|piece| match piece {
        Piece::Block(id) => Some((Target::Block(id.hash), id.hash.to_string(), "block's hash")),
        Piece::Tx(txid) => Some((Target::Tx(*txid), txid.to_string(), "transaction's id")),
        Piece::Text(_) => None,
    });
    let words = format!("{} {:?}", line.at.0, line.pieces);
    let item = Item::new(vec![log(subject.lab, line)]);
    let item = match target {
        Some((target, whole, what)) => item.opens(target).copies(format!("the {what}"), whole),
        None => item,
    };
    item.about(words)
}
