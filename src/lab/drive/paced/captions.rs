//! A story that waits for its readers.

use crate::live::Stopwatch;
use std::sync::Arc;
use std::time::Duration;

/// How long each caption stands on the screen at least.
const STANDS: Duration = Duration::from_secs(1);

/// The captions of a lab that goes faster than the clock on the wall: time stands still when one comes while
/// the last has not been read, and that one stays until then.
pub(super) struct Captions {
    /// The one that came last, and since when it stands.
    last: Option<Arc<str>>,
    since: Stopwatch,
    /// The one before it, while that is still shown.
    held: Option<Option<Arc<str>>>,
}

impl Captions {
    pub(super) fn new(caption: Option<&Arc<str>>) -> Self {
        Self {
            last: caption.cloned(),
            since: Stopwatch::start(),
            held: None,
        }
    }

    /// Whether this is another one than that which came last.
    pub(super) fn is_news(&self, caption: Option<&Arc<str>>) -> bool {
        self.last.as_ref() != caption
    }

    /// Another one has come; `waits`: the last one is to be read first.
    pub(super) fn came(&mut self, caption: Option<&Arc<str>>, waits: bool) {
        let is_read = self.last.is_none() || self.since.elapsed() >= STANDS;
        let last = std::mem::replace(&mut self.last, caption.cloned());
        match waits && !is_read {
            true => self.held = Some(last),
            false => self.since = Stopwatch::start(),
        }
    }

    /// Whether time stands still for one that is not read yet. When it is, the next one is shown.
    pub(super) fn holds(&mut self) -> bool {
        if self.held.is_some() && self.since.elapsed() >= STANDS {
            self.held = None;
            self.since = Stopwatch::start();
        }
        self.held.is_some()
    }

    /// Time stands still: the one that is there is shown.
    pub(super) fn release(&mut self) {
        if self.held.take().is_some() {
            self.since = Stopwatch::start();
        }
    }

    /// Which one is shown, where this one is there.
    pub(super) fn shown(&self, is: Option<Arc<str>>) -> Option<Arc<str>> {
        self.held.clone().unwrap_or(is)
    }
}
