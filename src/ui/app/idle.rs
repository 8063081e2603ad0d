//! Keys that do nothing now, and why: what is said when one is pressed, and why it is dim in the
//! footer, come from here alone.

use super::state::UiState;
use crate::lab::ask::Ability;
use crate::lab::view::NodeState;
use crate::lab::{LabView, NodeView, Request};
use crate::node::NodeIx;
use crate::ui::keymap::{Action, ViewId, by_action};

impl UiState {
    /// Why an action that changes something does nothing now, in words.
    pub(super) fn obstacle(&self, lab: &LabView, action: Action) -> Option<String> {
        // What stops time changes something; what holds the picture does not.
        let stops = action == Action::Hold && lab.time.is_some();
        let changes = by_action(action).changes || stops;
        if let Some(words) = self.refusal(action, changes) {
            return Some(words);
        }
        match action {
            _ if !changes => None,
            Action::Partition if lab.partition.is_none() && lab.nodes.len() < 2 => {
                Some("a network of one node cannot be partitioned".to_owned())
            }
            Action::EditLink | Action::CutLink | Action::HoleLink => {
                self.no_link(lab).or_else(|| self.hindrance(lab, action))
            }
            _ => self.hindrance(lab, action),
        }
    }

    /// Why a node does not do what an action asks, in words: it cannot, or not as it is now.
    fn hindrance(&self, lab: &LabView, action: Action) -> Option<String> {
        let (request, _) = self.wish(lab, action)?;
        let ability = request.ability()?;
        let hinders = |ix: NodeIx| match lab.node(ix) {
            Some(node) => self.not_now(node, ability),
            None => Some("there is no node".to_owned()),
        };
        match &request {
            Request::Link(bend) => {
                let ends = [&bend.from, &bend.to];
                let mut ends = ends.into_iter().filter_map(|end| lab.named(end));
                ends.find_map(hinders)
            }
            Request::Partition(_) => (0..lab.nodes.len()).map(NodeIx).find_map(hinders),
            request => hinders(request.node()?),
        }
    }

    /// Whether nothing at all comes of an action now, also not an explanation that helps.
    pub fn is_idle(&self, lab: &LabView, action: Action) -> bool {
        let is_of = |ends: (_, _)| ends.0 == self.viewer.focus || ends.1 == self.viewer.focus;
        match action {
            Action::FocusNext | Action::FocusPrevious => lab.nodes.len() < 2,
            Action::NextLink | Action::PreviousLink => {
                !lab.links.iter().any(|link| is_of(link.ends))
            }
            _ if self.views.get(self.viewer.in_front()).is_idle(action) => true,
            _ => self.obstacle(lab, action).is_some(),
        }
    }

    /// What is changed is in sight, and chosen.
    fn no_link(&self, lab: &LabView) -> Option<String> {
        let key = self.viewer.keymap.key_of(Action::NextLink);
        if self.viewer.in_front() != ViewId::Network {
            let words = format!("links are changed in the Network view: {key} chooses one there");
            return Some(words);
        }
        let none = self.viewer.chosen_link(lab).is_none();
        none.then(|| format!("choose a link first: {key} goes to the next one"))
    }

    /// What a node does not do because of what or how it is.
    fn not_now(&self, node: &NodeView, ability: Ability) -> Option<String> {
        let (name, is_restart) = (&node.name, ability == Ability::Restart);
        let cannot = node.can.refusal(name, ability);
        match node.state {
            // Its links are there, whatever it does.
            _ if ability == Ability::Bend => cannot,
            NodeState::Gone => Some(format!(
                "{name} runs elsewhere, and does not answer: start it there"
            )),
            _ if cannot.is_some() => cannot,
            NodeState::Up => None,
            NodeState::Down | NodeState::Failed(_) if is_restart => None,
            NodeState::Starting => Some(format!("{name} is starting")),
            NodeState::Stopping if is_restart => Some(format!("{name} is {} just now", node.state)),
            NodeState::Down | NodeState::Failed(_) | NodeState::Stopping => {
                let key = self.viewer.keymap.key_of(Action::Kill);
                let how = match node.can.lacks(Ability::Restart) {
                    Some(why) => why.to_string(),
                    None => format!("{key} starts it again"),
                };
                Some(format!("{name} is down: {how}"))
            }
        }
    }
}
