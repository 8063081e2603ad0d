//! What payments are called by those who made them.

use crate::chain::Txid;
use crate::lab::paper::names::label_taken;
use crate::node::io::{CommandError, RefusalKind};
use std::collections::BTreeMap;

/// Payments that have a label: as many as a script has steps, and more by hand than anyone reads.
const LABELS_MAX: usize = 1_000;

/// The labels of payments; those without a transaction are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels(BTreeMap<String, Option<Txid>>);

impl Labels {
    /// A payment is about to be made that is to be called so.
    ///
    /// # Errors
    /// Another one is, or there are too many.
    pub(super) fn claim(&mut self, label: &str) -> Result<(), CommandError> {
        if self.0.contains_key(label) {
            return Err(CommandError::new(RefusalKind::Taken, label_taken(label)));
        }
        if self.0.len() >= LABELS_MAX {
            let words = format!("{LABELS_MAX} payments have labels already");
            return Err(CommandError::new(RefusalKind::Busy, words));
        }
        self.0.insert(label.to_owned(), None);
        Ok(())
    }

    /// The payment was made; `None`: it was not, and the label is free.
    pub(super) fn settle(&mut self, label: String, txid: Option<Txid>) {
        match txid {
            Some(txid) => self.0.insert(label, Some(txid)),
            None => self.0.remove(&label),
        };
    }

    /// The payment of this label, if it was made.
    pub(super) fn txid(&self, label: &str) -> Option<Txid> {
        self.0.get(label).copied().flatten()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
