//! Keys that change links: the chosen one, or all between the groups of a partitioned network.

use super::{Effect, Purpose, UiState};
use crate::lab::ask::Bend;
use crate::lab::view::LinkView;
use crate::lab::{LabView, LinkChange, Request};
use crate::link::LinkState;
use crate::ui::dialog::Dialog;
use crate::ui::keymap::Action;

impl UiState {
    /// Does something with the chosen link, or with the whole network.
    pub(super) fn act_on_links(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        if action == Action::Partition {
            return self.partition_or_heal(lab);
        }
        let Some(link) = self.network.chosen(lab) else {
            return Vec::new();
        };
        match action {
            Action::CutLink => shut(lab, link, LinkState::Cut),
            Action::HoleLink => shut(lab, link, LinkState::BlackHole),
            _ => {
                self.dialog = Some(Dialog::link(lab, link));
                Vec::new()
            }
        }
    }

    fn partition_or_heal(&mut self, lab: &LabView) -> Vec<Effect> {
        if lab.partition.is_some() {
            return vec![Effect::Ask(Request::Unite, Purpose::Tell)];
        }
        self.dialog = Some(Dialog::partition(lab));
        Vec::new()
    }
}

/// To this state, both ways; from it, open again.
fn shut(lab: &LabView, link: &LinkView, state: LinkState) -> Vec<Effect> {
    let is_there = [link.there.state, link.back.state] == [state, state];
    let state = if is_there { LinkState::Open } else { state };
    let name = |ix| {
        lab.node(ix)
            .map_or_else(String::new, |node| node.name.to_string())
    };
    let bend = Bend {
        from: name(link.ends.0),
        to: name(link.ends.1),
        is_both_ways: true,
        change: LinkChange::to_state(state),
    };
    vec![Effect::Ask(Request::Link(bend), Purpose::Tell)]
}
