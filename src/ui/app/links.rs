//! What keys ask of the chosen link.

use crate::lab::ask::Bend;
use crate::lab::view::LinkView;
use crate::lab::{LabView, LinkChange, Request};
use crate::link::LinkState;
use crate::ui::keymap::Action;

/// What an action asks of a link, both ways: what a form does is still to be said.
pub(super) fn bend(lab: &LabView, link: &LinkView, action: Action) -> Request {
    let name = |ix| {
        lab.node(ix)
            .map_or_else(String::new, |node| node.name.to_string())
    };
    Request::Link(Bend {
        from: name(link.ends.0),
        to: name(link.ends.1),
        is_both_ways: true,
        change: match action {
            Action::CutLink => shut(link, LinkState::Cut),
            Action::HoleLink => shut(link, LinkState::BlackHole),
            _ => LinkChange::default(),
        },
    })
}

/// To this state; from it, open again.
fn shut(link: &LinkView, state: LinkState) -> LinkChange {
    let is_there = [link.there.state, link.back.state] == [state, state];
    LinkChange::to_state(if is_there { LinkState::Open } else { state })
}
