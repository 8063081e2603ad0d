//! A lab between two things that happen.

use super::place::Place;
use crate::lab::drive::VirtualLab;
use crate::node::NodeIx;
use crate::node::io::Event;
use std::sync::Arc;

/// The lab between two things that are due.
pub struct Now<'a> {
    /// The lab.
    pub lab: &'a VirtualLab,
    /// What nodes told since the last look.
    pub new: &'a [(NodeIx, Arc<Event>)],
    pub(super) given: usize,
}

impl Now<'_> {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place {
            at: self.lab.now(),
            steps: Some(self.lab.steps()),
            commands: Some(self.given),
        }
    }
}
