//! What holds for a screen whatever view is in front, and what a key or a click comes to.
//!
//! Views and dialogs are given the lab and the [`Viewer`], and hand back an [`Outcome`].

mod effect;
mod fetch;
mod outcome;
mod stage;

pub use effect::{Effect, Purpose};
pub use fetch::{Fetch, HISTORY_PAGE};
pub use outcome::{DialogId, Outcome};
pub use stage::{Seat, Stage};

use super::keymap::{Keymap, ViewId};
use super::theme::Theme;
use crate::lab::LabView;
use crate::lab::spec::ViewSpec;
use crate::lab::view::LinkView;
use crate::node::NodeIx;
use std::collections::BTreeMap;

/// The person in front of the screen: what is wanted, and what is looked at.
pub struct Viewer {
    /// How everything looks.
    pub theme: Theme,
    /// What keys do.
    pub keymap: Keymap,
    /// Columns and lines of the screen.
    pub size: (u16, u16),
    /// What the layout wants to see.
    pub spec: ViewSpec,
    /// The view under zoom and dialogs.
    pub view: ViewId,
    /// The focused node is shown alone, over the view.
    pub is_zoomed: bool,
    /// The node that keys act on.
    pub focus: NodeIx,
    /// The ends of the chosen link.
    pub link: Option<(NodeIx, NodeIx)>,
    /// Times are those of the day, not since the lab began.
    pub is_wall_clock: bool,
    /// How a story is told here.
    pub stage: Stage,
    /// Who paid last with the form, by the node on which it was opened.
    pub last_payers: BTreeMap<NodeIx, String>,
    /// The last number that a question of a form got.
    edition: u64,
}

impl Viewer {
    /// A person in front of a screen of this size, who wants to see what the layout says.
    pub fn new(theme: Theme, keymap: Keymap, spec: ViewSpec, size: (u16, u16)) -> Self {
        Self {
            theme,
            keymap,
            size,
            spec,
            view: ViewId::default(),
            is_zoomed: false,
            focus: NodeIx(0),
            link: None,
            is_wall_clock: false,
            stage: Stage::default(),
            last_payers: BTreeMap::new(),
            edition: 0,
        }
    }

    /// The view that is seen: that of one node, if it is shown over the others.
    pub fn in_front(&self) -> ViewId {
        match self.is_zoomed {
            true => ViewId::Zoom,
            false => self.view,
        }
    }

    /// The link that was chosen, as it is.
    pub fn chosen_link<'a>(&self, lab: &'a LabView) -> Option<&'a LinkView> {
        let mut links = lab.links.iter();
        links.find(|link| self.link == Some(link.ends))
    }

    /// A number that no question of a form had before.
    pub fn next_edition(&mut self) -> u64 {
        self.edition += 1;
        self.edition
    }

    /// Forgets what belongs to the run of a lab that was made anew, and focuses as at the beginning.
    pub fn restart(&mut self, lab: &LabView) {
        self.is_zoomed = false;
        self.link = None;
        self.last_payers.clear();
        self.stage.has_paused = false;
        let last = lab.nodes.len().saturating_sub(1);
        self.focus = self
            .wanted_focus(lab)
            .unwrap_or(self.focus)
            .min(NodeIx(last));
    }

    /// Time of the lab went back: nodes that are new may not be there any more.
    pub fn went_back(&mut self, lab: &LabView) {
        self.stage.went_back();
        let last = lab.nodes.len().saturating_sub(1);
        if self.focus.0 > last {
            self.focus = NodeIx(last);
            self.is_zoomed = false;
        }
    }

    /// The node that the layout wants to be focused.
    pub fn wanted_focus(&self, lab: &LabView) -> Option<NodeIx> {
        self.spec.focus.as_deref().and_then(|name| lab.named(name))
    }
}
