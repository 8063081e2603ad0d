//! Keys that do nothing now, and why: what is said when one is pressed, and why it is dim in the
//! footer, come from here alone.

use super::{UiState, View};
use crate::lab::view::NodeState;
use crate::lab::{LabView, NodeView};
use crate::ui::keymap::{Action, by_action};

impl UiState {
    /// Why an action that changes something does nothing now, in words.
    pub(super) fn obstacle(&self, lab: &LabView, action: Action) -> Option<String> {
        let changes = by_action(action).changes;
        if let Some(words) = self.refusal(action, changes) {
            return Some(words);
        }
        match action {
            _ if !changes => None,
            Action::ScriptNext | Action::ScriptAuto | Action::ScriptRestart => None,
            Action::Partition => {
                let is_alone = lab.partition.is_none() && lab.nodes.len() < 2;
                is_alone.then(|| "a network of one node cannot be partitioned".to_owned())
            }
            Action::EditLink | Action::CutLink | Action::HoleLink => self.no_link(lab),
            Action::NewWallet
            | Action::Send
            | Action::Mine
            | Action::MineNow
            | Action::Faster
            | Action::Slower
            | Action::Release
            | Action::Kill => match lab.node(self.focus) {
                Some(node) => self.not_now(node, action),
                None => Some("there is no node".to_owned()),
            },
            _ => None,
        }
    }

    /// Whether nothing at all comes of an action now, also not an explanation that helps.
    pub fn is_idle(&self, lab: &LabView, action: Action) -> bool {
        let is_of = |ends: (_, _)| ends.0 == self.focus || ends.1 == self.focus;
        match action {
            Action::FocusNext | Action::FocusPrevious => lab.nodes.len() < 2,
            Action::NextLink | Action::PreviousLink => {
                !lab.links.iter().any(|link| is_of(link.ends))
            }
            Action::Open | Action::Find if self.zoom.is_none() && self.view == View::Messages => {
                self.messages.is_counted()
            }
            _ => self.obstacle(lab, action).is_some(),
        }
    }

    /// What is changed is in sight, and chosen.
    fn no_link(&self, lab: &LabView) -> Option<String> {
        let key = self.keymap.key_of(Action::NextLink);
        if self.view != View::Network || self.zoom.is_some() {
            let words = format!("links are changed in the Network view: {key} chooses one there");
            return Some(words);
        }
        let none = self.network.chosen(lab).is_none();
        none.then(|| format!("choose a link first: {key} goes to the next one"))
    }

    /// What a node does not do because of how it is.
    fn not_now(&self, node: &NodeView, action: Action) -> Option<String> {
        let (name, is_kill) = (&node.name, action == Action::Kill);
        match node.state {
            NodeState::Up => None,
            NodeState::Gone => Some(format!(
                "{name} runs elsewhere, and does not answer: start it there"
            )),
            NodeState::Down | NodeState::Failed(_) if is_kill => None,
            NodeState::Starting => Some(format!("{name} is starting")),
            NodeState::Stopping if is_kill => Some(format!("{name} is {} just now", node.state)),
            NodeState::Down | NodeState::Failed(_) | NodeState::Stopping => {
                let key = self.keymap.key_of(Action::Kill);
                Some(format!("{name} is down: {key} starts it again"))
            }
        }
    }
}
