//! What is drawn of the network, and how it is looked at.

use super::flights::Flights;
use super::look::Usual;
use super::web::Laid;
use crate::lab::LabView;
use crate::lab::view::LinkView;
use crate::node::NodeIx;
use crate::ui::widgets::scene::Scene;

/// Both ends of a link, the lower number first.
pub(super) type Ends = (NodeIx, NodeIx);

/// What is drawn, and how it is looked at.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub scene: Scene<'a>,
    pub usual: Usual,
    pub chosen: Option<Ends>,
    pub flights: &'a Flights,
    pub laid: Option<&'a Laid>,
    pub is_table: bool,
}

impl<'a> Sight<'a> {
    pub fn chosen_link(self) -> Option<&'a LinkView> {
        let links = &self.scene.lab.links;
        links.iter().find(|link| self.chosen == Some(link.ends))
    }

    pub fn links_of(self, ix: NodeIx) -> impl Iterator<Item = &'a LinkView> {
        links_of(self.scene.lab, ix)
    }

    /// The letter of a node's group, in a network that is split.
    pub fn group(self, ix: NodeIx) -> Option<char> {
        let groups = self.scene.lab.partition.as_ref()?;
        let at = groups.iter().position(|group| group.contains(&ix))?;
        ('A'..='Z').nth(at)
    }
}

/// The links of a node.
pub(super) fn links_of(lab: &LabView, ix: NodeIx) -> impl Iterator<Item = &LinkView> {
    let links = lab.links.iter();
    links.filter(move |link| link.ends.0 == ix || link.ends.1 == ix)
}
