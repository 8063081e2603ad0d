//! Lines that tell how a node looks: made once for all subscribers of an endpoint.

use super::controlled::{Controlled, Edition};
use super::rpc::notice_line;
use crate::node::NodeIx;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The newest line of each node.
#[derive(Default)]
pub(super) struct StatusLines(Mutex<BTreeMap<NodeIx, (Edition, Arc<str>)>>);

impl StatusLines {
    /// The line of a node in this edition, or in a newer one.
    pub(super) fn line(
        &self,
        endpoint: &dyn Controlled,
        ix: NodeIx,
        edition: &Edition,
    ) -> Option<(Edition, Arc<str>)> {
        // Held meanwhile: the second to come waits, and need not write it again.
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = lines.get(&ix).filter(|(made, _)| made == edition) {
            return Some(made.clone());
        }
        let (edition, status) = endpoint.status_of(ix)?;
        let line: Arc<str> = notice_line("node", &status).into();
        lines.insert(ix, (edition.clone(), Arc::clone(&line)));
        Some((edition, line))
    }
}
