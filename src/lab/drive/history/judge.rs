//! Judges an expression between any two things that happen.

use crate::lab::core::JustSeen;
use crate::lab::drive::VirtualLab;
use crate::lab::script::Expr;
use crate::node::NodeIx;
use crate::node::io::Event;
use std::sync::Arc;

/// An expression, and how nodes look to it. What it looks at is another by nothing: it may look in the
/// middle of an instant.
pub(in crate::lab::drive) struct Judge {
    expr: Expr,
    seen: JustSeen,
    /// The nodes that ran when it last looked.
    up: Vec<bool>,
    held: bool,
}

impl Judge {
    /// One that has looked at a lab once.
    pub(in crate::lab::drive) fn new(expr: Expr, lab: &VirtualLab) -> Self {
        let mut judge = Self {
            expr,
            seen: lab.core().just_seen(),
            up: Vec::new(),
            held: false,
        };
        judge.look_again(lab);
        judge
    }

    /// Whether it held when it last looked.
    pub(in crate::lab::drive) fn holds(&self) -> bool {
        self.held
    }

    /// Looks at all nodes, after something was done that it did not see; whether it holds now and did not
    /// before.
    pub(in crate::lab::drive) fn look_again(&mut self, lab: &VirtualLab) -> bool {
        let nodes = lab.core().nodes();
        self.up = nodes.iter().map(|node| node.state().is_up()).collect();
        for ix in (0..nodes.len()).map(NodeIx) {
            self.look_at(lab, ix);
        }
        self.judge(lab)
    }

    /// Whether it holds now and did not before. Only nodes that told something since the last look are
    /// looked at again.
    pub(in crate::lab::drive) fn begins_to_hold(
        &mut self,
        lab: &VirtualLab,
        new: &[(NodeIx, Arc<Event>)],
    ) -> bool {
        let up = lab.core().nodes().iter();
        let up = up.map(|node| node.state().is_up());
        if !up.eq(self.up.iter().copied()) {
            return self.look_again(lab);
        }
        let mut told: Vec<NodeIx> = new.iter().map(|(ix, _)| *ix).collect();
        told.dedup();
        for ix in &told {
            self.look_at(lab, *ix);
        }
        !told.is_empty() && self.judge(lab)
    }

    fn judge(&mut self, lab: &VirtualLab) -> bool {
        let facts = lab.facts_seen(&self.expr, &mut self.seen);
        let held = std::mem::replace(&mut self.held, self.expr.holds(&facts));
        self.held && !held
    }

    fn look_at(&mut self, lab: &VirtualLab, ix: NodeIx) {
        let seen = lab.look_at(ix, |block| self.seen.knows(block));
        self.seen.see(ix, seen);
    }
}
