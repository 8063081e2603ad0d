//! The last messages, in chunks that are shared with those who look at them.

use super::spoken::Spoken;
use std::collections::VecDeque;
use std::sync::Arc;

/// Messages that are remembered of nodes, and as many of strangers: what a lab of three says in ten
/// minutes, 32 busy nodes in a second or two. With what the events hold of them they take a few MB.
pub const TRANSCRIPT_MAX: usize = 8_192;

/// Messages of a chunk: what is copied at most when something is said during a look.
pub(super) const CHUNK: usize = 256;

/// The last messages, by their numbers, some of which may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Chunks(VecDeque<Arc<Vec<Spoken>>>);

impl Chunks {
    pub(super) fn newest(&self) -> impl Iterator<Item = &Spoken> {
        let chunks = self.0.iter().rev();
        chunks.flat_map(|chunk| chunk.iter().rev())
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|chunk| chunk.len()).sum()
    }

    pub(super) fn push(&mut self, spoken: Spoken) {
        if self.0.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.0.push_back(Arc::new(Vec::with_capacity(CHUNK)));
        }
        let last = self.0.back_mut().expect("one was put there");
        Arc::make_mut(last).push(spoken);
        if self.0.len() > TRANSCRIPT_MAX / CHUNK {
            self.0.pop_front();
        }
    }

    /// The chunk that a message is in, if it is here, and its place there.
    fn place(&self, number: u64) -> Option<(usize, usize)> {
        let begins_later = |chunk: &Arc<Vec<Spoken>>| chunk[0].number > number;
        let chunk = self.0.partition_point(|chunk| !begins_later(chunk));
        let chunk = chunk.checked_sub(1)?;
        let found = self.0[chunk].binary_search_by_key(&number, |spoken| spoken.number);
        Some((chunk, found.ok()?))
    }

    pub(super) fn get(&self, number: u64) -> Option<&Spoken> {
        let (chunk, at) = self.place(number)?;
        self.0.get(chunk)?.get(at)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Spoken> {
        let (chunk, at) = self.place(number)?;
        Arc::make_mut(self.0.get_mut(chunk)?).get_mut(at)
    }
}
