//! Two timelines beside each other.

use super::TimelineView;
use super::headline::Chains;
use crate::chain::Amount;
use crate::lab::ask::TimelineId;
use crate::lab::observe::chips::Chips;
use crate::lab::observe::marks::Mark;
use crate::lab::paper::units::{show_clock, show_clock_ms};
use crate::node::BlockId;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Two timelines at one moment: the first is the one from which the other came, or the older one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The moment.
    pub at: Duration,
    /// The two.
    pub sides: [TimelineView; 2],
    /// The nodes, in their order, first those of the first.
    pub nodes: Vec<ComparedNode>,
    /// What is said of the chains of each.
    pub chains: [Chains; 2],
    /// What stands out in each.
    pub marks: [Arc<Vec<Mark>>; 2],
    /// What was first different.
    pub first: FirstDifference,
}

/// A node in both timelines.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedNode {
    /// Its name.
    pub name: Arc<str>,
    /// What it is like in each; `None`: it is not in that one.
    pub sides: [Option<NodeBrief>; 2],
}

/// A node in a few figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeBrief {
    /// It runs.
    pub is_up: bool,
    /// The end of its chain.
    pub tip: BlockId,
    /// Transactions that wait there.
    pub mempool: usize,
    /// Its wallets, with what each has in blocks.
    pub wallets: Vec<(String, Amount)>,
}

/// What was first different.
#[derive(Clone, Debug, PartialEq)]
pub enum FirstDifference {
    /// Nothing, up to this moment.
    None(Duration),
    /// It is looked for, and has come so far.
    Searching(Duration),
    /// This.
    Found(Box<Different>),
}

/// An event that happened in one timeline, and in the other not then.
#[derive(Clone, Debug, PartialEq)]
pub struct Different {
    /// When.
    pub at: Duration,
    /// At which node.
    pub node: Arc<str>,
    /// In which timeline.
    pub happened_in: TimelineId,
    /// What, in words.
    pub words: Arc<str>,
    /// The other one.
    pub other: TimelineId,
    /// When it happened in that one; `None`: not by then.
    pub later: Option<Duration>,
    /// How far that was looked at.
    pub looked_to: Duration,
}

impl ComparedNode {
    /// Whether it is another in one than in the other.
    pub fn differs(&self) -> bool {
        self.sides[0] != self.sides[1]
    }
}

impl Comparison {
    /// Whether anything that it shows is another in one than in the other.
    pub fn differs(&self) -> bool {
        self.chains[0] != self.chains[1] || self.nodes.iter().any(ComparedNode::differs)
    }

    /// The place of the one that is shown, on which keys act.
    pub fn shown(&self) -> usize {
        usize::from(self.sides[1].is_shown)
    }

    /// As a table in words, with the chips of blocks.
    pub fn table(&self, chips: &Chips) -> String {
        let mut lines = vec![format!("at {}  {}", show_clock(self.at), self.first)];
        lines.extend(self.sides.iter().map(|side| format!("  {side}")));
        for node in &self.nodes {
            let sign = if node.differs() { "#" } else { " " };
            let [one, other] =
                [&node.sides[0], &node.sides[1]].map(|side| brief(side.as_ref(), chips));
            lines.push(
                format!("{sign} {:<12} {one:<40} {other}", node.name)
                    .trim_end()
                    .to_owned(),
            );
        }
        let sign = if self.chains[0] == self.chains[1] {
            " "
        } else {
            "#"
        };
        let [one, other] = [0, 1].map(|at| chains_words(&self.chains[at], chips));
        lines.push(
            format!("{sign} {:<12} {one:<40} {other}", "chains")
                .trim_end()
                .to_owned(),
        );
        lines.join("\n")
    }
}

fn brief(node: Option<&NodeBrief>, chips: &Chips) -> String {
    let Some(node) = node else {
        return "-".to_owned();
    };
    if !node.is_up {
        return "down".to_owned();
    }
    let mut words = format!("#{} {}", node.tip.height, chips.of(node.tip));
    if node.mempool > 0 {
        words += &format!("  {} wait", node.mempool);
    }
    for (name, amount) in &node.wallets {
        words += &format!("  {name} {amount}");
    }
    words
}

/// What is said of chains, in words.
pub fn chains_words(chains: &Chains, chips: &Chips) -> String {
    match chains {
        Chains::Starting => "starting".to_owned(),
        Chains::Agree { tip, .. } => format!("AGREE #{} {}", tip.height, chips.of(*tip)),
        Chains::OnItsWay { block, at, of } => {
            format!("#{} {} at {at} of {of}", block.height, chips.of(*block))
        }
        Chains::Fork { branches } => format!("FORK {branches} branches"),
        Chains::NoneRuns => "no node runs".to_owned(),
    }
}

impl fmt::Display for FirstDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None(to) => write!(f, "no difference up to {}", show_clock(*to)),
            Self::Searching(to) => {
                write!(f, "looking for the first difference: {}", show_clock(*to))
            }
            Self::Found(different) => write!(f, "first difference: {different}"),
        }
    }
}

impl fmt::Display for Different {
    /// `+01:21.411 at cusco. In A: block #7 [8c] from oslo; in B it had not come by +02:10`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, other) = (show_clock_ms(self.at), self.other);
        write!(
            f,
            "{at} at {}. In {}: {}; in {other} ",
            self.node, self.happened_in, self.words
        )?;
        match self.later {
            Some(later) => write!(f, "at {}", show_clock_ms(later)),
            None => write!(f, "not by {}", show_clock(self.looked_to)),
        }
    }
}
