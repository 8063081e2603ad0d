//! Follows a branch that comes in pieces and starts far behind our tip, until it is known to have
//! more work than we have; in constant memory until then.
//!
//! The header tree refuses a branch whose end lags too far behind ([`RuleError::LowWork`]), or an
//! attacker could fill it with headers that cost nothing. A node that was on the wrong side of a
//! long partition gets just such a branch, in messages of 2 000 headers, and must follow it. As
//! in Bitcoin Core's headers presync (pull request 25717), the peer is asked twice:
//!
//! 1. *Measuring*: all rules are checked with a [`Cursor`], and nothing is kept but the hash of
//!    every n-th header, at most [`MARKS_MAX`] of them: when they are full, every second one
//!    goes and n doubles.
//! 2. When the work suffices, *collecting*: the same headers again, now kept. The marks prove
//!    that they are the same, so at most n headers are ever held without work behind them.
//!
//! What comes out is handed to the tree at once.

use super::block::{BlockTime, Header};
use super::cursor::Cursor;
use super::hash::BlockHash;
use super::params::Params;
use super::pow::Work;
use super::rules::RuleError;

/// Hashes kept of a branch that is being measured: 36 kB.
pub const MARKS_MAX: usize = 1_024;

/// Headers from one mark to the next, at first.
const FIRST_SPACING: u32 = 256;

/// A branch on its way in, from one peer.
#[derive(Clone)]
pub struct BranchScan {
    fork: Cursor,
    cursor: Cursor,
    marks: Vec<Mark>,
    spacing: u32,
    stage: Stage,
}

#[derive(Clone, Copy)]
struct Mark {
    height: u32,
    hash: BlockHash,
}

#[derive(Clone)]
enum Stage {
    Measuring,
    Collecting {
        headers: Vec<Header>,
        marks_met: usize,
    },
}

/// What to do next about a branch.
#[derive(Debug, PartialEq, Eq)]
pub enum ScanStep {
    /// Ask for headers after [`BranchScan::at`].
    More,
    /// The branch has more work than needed and is all here: for
    /// [`HeaderTree::extend`](super::headers::HeaderTree::extend). Headers that are taken after
    /// that are dropped.
    Done(Vec<Header>),
}

impl BranchScan {
    /// Of a branch that leaves the known headers at `fork`.
    pub fn new(fork: Cursor) -> Self {
        Self {
            cursor: fork.clone(),
            fork,
            marks: Vec::new(),
            spacing: FIRST_SPACING,
            stage: Stage::Measuring,
        }
    }

    /// The header after which the next ones are wanted.
    pub fn at(&self) -> BlockHash {
        self.cursor.hash
    }

    /// Takes the headers after [`BranchScan::at`]. The branch is wanted once it has more work
    /// than `needed`; from then on it is asked for a second time, from where it leaves.
    ///
    /// # Errors
    /// [`RuleError`], also [`RuleError::BranchChanged`]; the scan is then over.
    pub fn take(
        &mut self,
        headers: &[Header],
        needed: Work,
        params: &Params,
        now: BlockTime,
    ) -> Result<ScanStep, RuleError> {
        for header in headers {
            if header.previous != self.cursor.hash {
                return Err(RuleError::UnknownParent(header.previous));
            }
            let hash = self.cursor.check_next(header, params, now)?;
            self.cursor.advance(header, hash, params);
            let at = Mark {
                height: self.cursor.height,
                hash,
            };
            match &mut self.stage {
                Stage::Measuring if self.cursor.work > needed => {
                    self.marks.push(at);
                    self.collect();
                    // What follows in this message comes again.
                    return Ok(ScanStep::More);
                }
                Stage::Measuring => self.mark(at),
                // A message that was on its way when the last mark was met.
                Stage::Collecting { marks_met, .. } if *marks_met == self.marks.len() => {
                    return Ok(ScanStep::Done(Vec::new()));
                }
                Stage::Collecting { headers, marks_met } => {
                    headers.push(*header);
                    if !meets(&self.marks, marks_met, at)? {
                        continue;
                    }
                    return Ok(ScanStep::Done(std::mem::take(headers)));
                }
            }
        }
        Ok(ScanStep::More)
    }

    fn mark(&mut self, at: Mark) {
        if !(at.height - self.fork.height).is_multiple_of(self.spacing) {
            return;
        }
        self.marks.push(at);
        if self.marks.len() == MARKS_MAX {
            let mut nth = 0;
            self.marks.retain(|_| {
                nth += 1;
                nth % 2 == 0
            });
            self.spacing *= 2;
        }
    }

    fn collect(&mut self) {
        self.cursor = self.fork.clone();
        self.stage = Stage::Collecting {
            headers: Vec::new(),
            marks_met: 0,
        };
    }
}

/// Holds a header against the next mark. `true`: it was the last.
fn meets(marks: &[Mark], met: &mut usize, at: Mark) -> Result<bool, RuleError> {
    let next = marks[*met];
    if at.height < next.height {
        return Ok(false);
    }
    if at.hash != next.hash {
        return Err(RuleError::BranchChanged { height: at.height });
    }
    *met += 1;
    Ok(*met == marks.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::headers::HeaderTree;
    use crate::chain::headers::Origin;
    use crate::chain::headers::testing::{LATE, branch, easy_params};

    const PEER: Origin = Origin::Peer(1);

    /// Our chain of `len` blocks, and a branch from its genesis block that has one more.
    fn partitioned(len: usize) -> (Params, HeaderTree, Vec<Header>) {
        let params = easy_params();
        let mut tree = HeaderTree::new(&params);
        let ours = branch(&mut tree.cursor(tree.genesis()), &params, len, 1);
        let theirs = branch(&mut tree.cursor(tree.genesis()), &params, len + 1, 2);
        let ids = tree.extend(Origin::Own, &ours, LATE, &params).added;
        ids.iter().for_each(|id| tree.set_body(*id, 1));
        tree.set_tip(ids[len - 1]);
        (params, tree, theirs)
    }

    #[test]
    fn a_longer_branch_from_far_behind_gets_in_though_each_piece_is_refused() {
        let (params, mut tree, theirs) = partitioned(1_500);
        let refused = tree.extend(PEER, &theirs[..500], LATE, &params).refused;
        assert_eq!(refused, Some((0, RuleError::LowWork)));
        let needed = tree.entry(tree.tip()).work;
        let mut scan = BranchScan::new(tree.cursor(tree.genesis()));
        let mut asked = 0;
        let whole = loop {
            asked += 1;
            let after = theirs.iter().position(|header| header.hash() == scan.at());
            let from = after.map_or(0, |at| at + 1);
            let piece = &theirs[from..theirs.len().min(from + 400)];
            match scan.take(piece, needed, &params, LATE).expect("honest") {
                ScanStep::More => {}
                ScanStep::Done(whole) => break whole,
            }
        };
        assert_eq!(asked, 8, "four messages, twice");
        assert_eq!(whole, theirs);
        let extended = tree.extend(PEER, &whole, LATE, &params);
        assert_eq!((extended.added.len(), extended.refused), (1_501, None));
    }

    #[test]
    fn a_branch_that_never_gets_heavy_leaves_nothing_but_few_marks() {
        let params = easy_params();
        let tree = HeaderTree::new(&params);
        let mut cursor = tree.cursor(tree.genesis());
        let mut scan = BranchScan::new(cursor.clone());
        let needed = tree.cursor(tree.genesis()).next_bits(&params);
        let needed = needed.to_target().expect("a target").work();
        let needed = needed.saturating_mul(10_000_000);
        for _ in 0..60 {
            let piece = branch(&mut cursor, &params, 5_000, 3);
            let step = scan.take(&piece, needed, &params, LATE).expect("valid");
            assert_eq!(step, ScanStep::More);
            assert!(scan.marks.len() < MARKS_MAX);
        }
        assert_eq!(scan.spacing, 2 * FIRST_SPACING);
        let heights: Vec<u32> = scan.marks.iter().map(|mark| mark.height).collect();
        assert_eq!(heights[..2], [512, 1_024]);
    }

    #[test]
    fn another_branch_at_the_second_asking_is_noticed_at_the_next_mark() {
        let (params, tree, theirs) = partitioned(1_000);
        let needed = tree.entry(tree.tip()).work;
        let mut scan = BranchScan::new(tree.cursor(tree.genesis()));
        let more = scan.take(&theirs, needed, &params, LATE).expect("honest");
        assert_eq!(more, ScanStep::More);
        assert_eq!(scan.at(), tree.entry(tree.genesis()).hash);
        let other = branch(&mut tree.cursor(tree.genesis()), &params, 1_001, 4);
        let refused = scan.take(&other, needed, &params, LATE);
        let height = FIRST_SPACING;
        assert_eq!(refused, Err(RuleError::BranchChanged { height }));
    }

    #[test]
    fn a_header_that_breaks_a_rule_or_does_not_follow_ends_the_scan() {
        let (params, tree, theirs) = partitioned(10);
        let needed = tree.entry(tree.tip()).work;
        let mut scan = BranchScan::new(tree.cursor(tree.genesis()));
        let gap = scan.take(&theirs[1..], needed, &params, LATE);
        assert_eq!(gap, Err(RuleError::UnknownParent(theirs[0].hash())));
        let mut wrong = theirs[0];
        wrong.version = 7;
        let refused = scan.take(&[wrong], needed, &params, LATE);
        assert_eq!(refused, Err(RuleError::Version(7)));
    }
}
