//! The last reorganisation, in words: on the message line when it is two blocks deep or more, and
//! above the tree for a while.

use super::pieces::wrap;
use crate::lab::LabView;
use crate::lab::observe::news::News;
use crate::node::io::words::Piece;
use crate::ui::text::counted;

/// Nodes that are named; of more, how many.
const NAMES: usize = 4;

fn names(news: &News, lab: &LabView) -> String {
    let named = news.nodes.iter().filter_map(|ix| lab.node(*ix));
    let mut names: Vec<&str> = named.map(|node| &*node.name).collect();
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// For the message line.
pub(in crate::ui) fn message(news: &News, lab: &LabView) -> Vec<Piece> {
    let depth = news.last.depth;
    vec![
        Piece::Text(format!("reorg {depth} deep at {}: ", names(news, lab))),
        Piece::Block(news.last.new),
        Piece::Text(" won over ".to_owned()),
        Piece::Block(news.last.old),
    ]
}

/// For the tree: parts, of which the last can be left out.
pub(in crate::ui) fn parts(
    news: &News,
    lab: &LabView,
    moment: &str,
    miner: Option<&str>,
) -> Vec<Vec<Piece>> {
    let last = &news.last;
    let text = |words: String| Piece::Text(words);
    let by = miner.map_or_else(String::new, |miner| format!(", mined by {miner},"));
    let mut parts = vec![
        vec![
            text(format!("reorganisation {} deep at {moment}:", last.depth)),
            Piece::Block(last.new),
            text(format!("{by} won over")),
            Piece::Block(last.old),
        ],
        vec![text(format!("at {}", names(news, lab)))],
    ];
    if last.returned > 0 {
        let txs = counted(last.returned, "tx");
        let verb = if last.returned == 1 { "waits" } else { "wait" };
        parts.push(vec![text(format!("; {txs} {verb} for a block again"))]);
    }
    if last.held > 0 {
        let txs = counted(last.held, "tx");
        let why = last.held_why.as_deref().unwrap_or("not in the mempool");
        parts.push(vec![text(format!("; {txs} to be tried again: {why}"))]);
    }
    if last.lost_count > 0 {
        let mut part = vec![text(format!("; {} became invalid", last.lost_count))];
        if let Some(txid) = last.lost.first() {
            part[0] = text(format!("; {} became invalid:", last.lost_count));
            part.push(Piece::Tx(*txid));
        }
        parts.push(part);
    }
    parts
}

/// Parts in lines of at most so many columns, at most so many; what has no room is left out, the
/// last part first. A block or a transaction is never torn apart.
pub(in crate::ui) fn laid_out(
    mut parts: Vec<Vec<Piece>>,
    room: usize,
    lines: usize,
) -> Vec<Vec<Piece>> {
    loop {
        let laid = wrap(parts.iter().flatten(), room);
        if laid.len() <= lines || parts.pop().is_none() {
            return laid;
        }
    }
}
