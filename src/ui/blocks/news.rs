//! The last reorganisation, in words: on the message line when it is two blocks deep or more, and
//! above the tree for a while.

use crate::lab::LabView;
use crate::lab::view::Reorganisation;
use crate::node::io::words::Piece;
use crate::node::{BlockId, NodeIx, Time};
use crate::ui::text::counted;
use std::time::Duration;

/// How long it is shown above the tree.
const SHOWN_FOR: Duration = Duration::from_secs(20);

/// Nodes that are named; of more, how many.
const NAMES: usize = 4;

/// From this depth on it is told on every view: a block more or less happens all the time.
const WORTH_TELLING: usize = 2;

/// The same change of branch at one or several nodes: they left the same block behind them, at
/// about the same time. Which tips they had between differs, as blocks come one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ui) struct News {
    /// The last node's; the branch that was left, where it was longest.
    last: Reorganisation,
    /// In the order in which they changed.
    nodes: Vec<NodeIx>,
}

impl News {
    /// The newest.
    pub fn newest(lab: &LabView) -> Option<Self> {
        let mut last = lab.reorganisations.first()?.clone();
        let (fork, at) = (last.fork, last.at);
        let same = |other: &&Reorganisation| other.fork == fork && at.since(other.at) < SHOWN_FOR;
        let mut nodes = Vec::new();
        for other in lab.reorganisations.iter().filter(same).rev() {
            if !nodes.contains(&other.node) {
                nodes.push(other.node);
            }
        }
        // What each node did with its own mempool differs: the most that any of them lost counts.
        for other in lab.reorganisations.iter().filter(same) {
            last.returned = last.returned.max(other.returned);
            if other.held > last.held {
                last.held = other.held;
                last.held_why.clone_from(&other.held_why);
            }
            if other.depth > last.depth {
                (last.depth, last.old) = (other.depth, other.old);
            }
            if other.lost_count > last.lost_count {
                last.lost_count = other.lost_count;
                last.lost.clone_from(&other.lost);
            }
        }
        Some(Self { last, nodes })
    }

    /// The newest, as long as it is news.
    pub fn current(lab: &LabView) -> Option<Self> {
        let news = Self::newest(lab)?;
        (lab.now.since(news.last.at) < SHOWN_FOR).then_some(news)
    }

    /// The last block of both branches: which change it is.
    pub fn fork(&self) -> BlockId {
        self.last.fork
    }

    /// The tip that won.
    pub fn winner(&self) -> BlockId {
        self.last.new
    }

    /// When it came to the last node.
    pub fn at(&self) -> Time {
        self.last.at
    }

    /// Whether it is to be told on every view.
    pub fn is_worth_telling(&self) -> bool {
        self.last.depth >= WORTH_TELLING
    }

    fn names(&self, lab: &LabView) -> String {
        let named = self.nodes.iter().filter_map(|ix| lab.node(*ix));
        let mut names: Vec<&str> = named.map(|node| &*node.name).collect();
        let more = names.len().saturating_sub(NAMES);
        names.truncate(NAMES);
        match more {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }

    /// For the message line.
    pub fn message(&self, lab: &LabView) -> Vec<Piece> {
        let depth = self.last.depth;
        vec![
            Piece::Text(format!("reorg {depth} deep at {}: ", self.names(lab))),
            Piece::Block(self.last.new),
            Piece::Text(" won over ".to_owned()),
            Piece::Block(self.last.old),
        ]
    }

    /// For the tree: parts, of which the last can be left out.
    pub fn parts(&self, lab: &LabView, moment: &str, miner: Option<&str>) -> Vec<Vec<Piece>> {
        let last = &self.last;
        let text = |words: String| Piece::Text(words);
        let by = miner.map_or_else(String::new, |miner| format!(", mined by {miner},"));
        let mut parts = vec![
            vec![
                text(format!("reorganisation {} deep at {moment}:", last.depth)),
                Piece::Block(last.new),
                text(format!("{by} won over")),
                Piece::Block(last.old),
            ],
            vec![text(format!("at {}", self.names(lab)))],
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
}

/// Parts in lines of at most so many columns, at most so many; what has no room is left out, the
/// last part first. A block or a transaction is never torn apart.
pub(super) fn laid_out(mut parts: Vec<Vec<Piece>>, room: usize, lines: usize) -> Vec<Vec<Piece>> {
    loop {
        let laid = wrap(parts.iter().flatten(), room);
        if laid.len() <= lines || parts.pop().is_none() {
            return laid;
        }
    }
}

fn wrap<'a>(pieces: impl Iterator<Item = &'a Piece>, room: usize) -> Vec<Vec<Piece>> {
    let words = pieces.flat_map(|piece| match piece {
        Piece::Text(text) => {
            let words = text.split_whitespace();
            words.map(|word| Piece::Text(word.to_owned())).collect()
        }
        other => vec![other.clone()],
    });
    let (mut lines, mut used) = (vec![Vec::new()], 0);
    for word in words {
        let width = width(&word);
        let is_first = used == 0;
        // Signs that end a part stand at the word before them.
        let sticks = matches!(&word, Piece::Text(text) if text.starts_with([',', ';']));
        let gap = usize::from(!is_first && !sticks);
        if used + gap + width > room && !is_first {
            let word = match word {
                Piece::Text(text) => Piece::Text(text.trim_start_matches([',', ';']).to_owned()),
                other => other,
            };
            used = self::width(&word);
            lines.push(vec![word]);
            continue;
        }
        let line = lines.last_mut().expect("one from the start");
        if gap > 0 {
            line.push(Piece::Text(" ".to_owned()));
        }
        used += gap + width;
        line.push(word);
    }
    lines.retain(|line: &Vec<Piece>| line.iter().any(|piece| width(piece) > 0));
    lines
}

fn width(piece: &Piece) -> usize {
    match piece {
        Piece::Text(text) => text.chars().count(),
        // `#12 [a9]`
        Piece::Block(id) => id.height.to_string().len() + 6,
        // `tx 93ab`
        Piece::Tx(_) => 7,
    }
}
