//! Two timelines in step, as they are shown.

use super::runner::{Runner, SLICE};
use super::timelines;
use crate::lab::drive::VirtualLab;
use crate::lab::drive::history::History;
use crate::lab::view::{ComparedNode, Comparison, LabView, NodeBrief, NodeView};
use crate::live::Stopwatch;
use std::sync::Arc;

impl Runner {
    /// Brings the timeline that is compared to this moment, for a slice at most; whether it is there.
    pub(super) fn keeps_step(&mut self) -> bool {
        if self.history.compared().is_none() {
            return true;
        }
        let seen = |history: &History| {
            (
                beside(history).map(VirtualLab::now),
                history.first_difference(),
            )
        };
        let (since, before) = (Stopwatch::start(), seen(&self.history));
        let goes_on = || since.elapsed() < SLICE;
        let is_there = self.history.keep_step(|_| goes_on());
        if is_there {
            self.history.look_for_difference(goes_on);
        }
        if seen(&self.history) != before {
            self.common.changed();
        }
        is_there
    }

    /// Shows the timeline that is compared beside what is shown of the other.
    pub(super) fn show_compared(&self, view: &mut LabView) {
        let Some((comparison, beside)) = comparison(&self.history, view) else {
            return;
        };
        view.chips = Arc::new(view.chips.joined(&beside.chips));
        view.compared = Some(Arc::new(comparison));
    }
}

/// What is compared, in words.
pub(super) fn table(history: &History) -> String {
    let view = history.lab().view();
    let Some((comparison, beside)) = comparison(history, &view) else {
        return "nothing is compared".to_owned();
    };
    comparison.table(&view.chips.joined(&beside.chips))
}

/// The lab of the timeline that is compared with the one that is shown.
fn beside(history: &History) -> Option<&VirtualLab> {
    let pair = history.compared()?;
    let beside = pair.into_iter().find(|id| *id != history.timeline())?;
    history.lab_of(beside)
}

/// The comparison, and how the timeline looks that is not shown.
fn comparison(history: &History, shown: &LabView) -> Option<(Comparison, LabView)> {
    let pair = history.compared()?;
    let beside = beside(history)?.view();
    let [one, other] = match pair[0] == history.timeline() {
        true => [shown, &beside],
        false => [&beside, shown],
    };
    let sides = timelines::shown(history);
    let side = |id| sides.iter().find(|side| side.name == id).cloned();
    let comparison = Comparison {
        at: history.lab().elapsed(),
        sides: [side(pair[0])?, side(pair[1])?],
        nodes: nodes(one, other),
        chains: [one, other].map(|view| view.headline.chains.clone()),
        marks: pair.map(|id| Arc::new(history.marks_of(id))),
        first: history.first_difference()?,
    };
    Some((comparison, beside))
}

fn nodes(one: &LabView, other: &LabView) -> Vec<ComparedNode> {
    let only_there = other
        .nodes
        .iter()
        .filter(|node| one.named(&node.name).is_none());
    let all = one.nodes.iter().chain(only_there);
    let compared = all.map(|node| ComparedNode {
        name: Arc::clone(&node.name),
        sides: [one, other].map(|view| {
            let ix = view.named(&node.name)?;
            brief(view.node(ix)?)
        }),
    });
    compared.collect()
}

fn brief(node: &NodeView) -> Option<NodeBrief> {
    let snapshot = node.snapshot.as_ref()?;
    let wallets = snapshot.wallets.iter().map(|wallet| {
        let amount = wallet.confirmed.checked_add(wallet.immature);
        (wallet.name.clone(), amount.unwrap_or(wallet.confirmed))
    });
    Some(NodeBrief {
        is_up: node.state.is_up(),
        tip: snapshot.tip,
        mempool: snapshot.mempool.count,
        wallets: wallets.collect(),
    })
}
