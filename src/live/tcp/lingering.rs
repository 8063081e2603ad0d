//! Connections that the node has ended, and whose last words are on their way.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Connections that the node has ended and whose last words may still be on their way. One more, and
/// the first of them is over: so those that are turned away take no more sockets than this.
pub(super) const LINGERING_MAX: usize = 64;

/// Connections that have been ended, in that order; some are gone by now.
#[derive(Default)]
pub(super) struct Lingering(pub(super) Mutex<VecDeque<CancellationToken>>);

impl Lingering {
    /// One more: what ends it when there are too many.
    pub(super) fn enter(&self) -> CancellationToken {
        let token = CancellationToken::new();
        // No panic can leave it half changed.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_back(token.clone());
        let first = (all.len() > LINGERING_MAX).then(|| all.pop_front());
        drop(all);
        if let Some(first) = first.flatten() {
            first.cancel();
        }
        token
    }
}
