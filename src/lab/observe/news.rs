//! Reorganisations as news: the same change of branch at several nodes is told as one.

use super::reorganisation::Reorganisation;
use crate::node::{NodeIx, Time};
use std::time::Duration;

/// How long a reorganisation is news. Nodes that make the same one within this time make it together.
const NEWS_FOR: Duration = Duration::from_secs(20);

/// From this depth on it is told on every view: a block more or less happens all the time.
const WORTH_TELLING: usize = 2;

/// The same change of branch at one or several nodes: they left the same block behind them, at
/// about the same time. Which tips they had between differs, as blocks come one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The last node's; the branch that was left, where it was longest, and the most that any node
    /// did with its payments.
    pub last: Reorganisation,
    /// In the order in which they changed.
    pub nodes: Vec<NodeIx>,
}

impl News {
    /// The newest of these, which are in the order in which they were heard of, newest first.
    pub fn newest(all: &[Reorganisation]) -> Option<Self> {
        let mut last = all.first()?.clone();
        let (fork, at) = (last.fork, last.at);
        let same = |other: &&Reorganisation| other.fork == fork && at.since(other.at) < NEWS_FOR;
        let mut nodes = Vec::new();
        for other in all.iter().filter(same).rev() {
            if !nodes.contains(&other.node) {
                nodes.push(other.node);
            }
        }
        // What each node did with its own mempool differs: the most that any of them lost counts.
        for other in all.iter().filter(same) {
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
    pub fn current(all: &[Reorganisation], now: Time) -> Option<Self> {
        Self::newest(all).filter(|news| now.since(news.last.at) < NEWS_FOR)
    }

    /// Whether it is to be told on every view.
    pub fn is_worth_telling(&self) -> bool {
        self.last.depth >= WORTH_TELLING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::BlockHash;
    use crate::node::BlockId;

    fn block(height: u32) -> BlockId {
        let hash = BlockHash([7; 32]);
        BlockId { height, hash }
    }

    fn at(s: u64) -> Time {
        Time(0) + Duration::from_secs(s)
    }

    fn reorganised(node: usize, s: u64, depth: usize, lost_count: usize) -> Reorganisation {
        Reorganisation {
            node: NodeIx(node),
            at: at(s),
            fork: block(9),
            old: block(9 + u32::try_from(depth).expect("low")),
            new: block(20),
            depth,
            returned: 0,
            held: 0,
            held_why: None,
            lost: Vec::new(),
            lost_count,
        }
    }

    #[test]
    fn the_same_change_of_branch_at_several_nodes_is_one_and_the_most_that_was_lost_counts() {
        let elsewhere = Reorganisation {
            fork: block(8),
            ..reorganised(4, 31, 5, 5)
        };
        let all = [
            reorganised(2, 32, 1, 0),
            elsewhere,
            reorganised(1, 30, 3, 2),
            reorganised(2, 29, 2, 0),
            // Too long ago.
            reorganised(3, 12, 4, 9),
        ];
        let news = News::newest(&all).expect("there is some");
        assert_eq!(news.nodes, [NodeIx(2), NodeIx(1)]);
        assert_eq!((news.last.at, news.last.old), (at(32), block(12)));
        assert_eq!((news.last.depth, news.last.lost_count), (3, 2));
        assert!(news.is_worth_telling());
        assert_eq!(News::current(&all, at(51)).as_ref(), Some(&news));
        assert_eq!(News::current(&all, at(52)), None);
        assert_eq!(News::newest(&[]), None);
    }
}
