//! Which transactions are asked for.

use super::config::Limits;
use crate::bitcoin::wire::{InvItem, InvKind};
use crate::node::Time;
use std::collections::{BTreeSet, VecDeque};

/// Announced transactions that are not here yet.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    queue: VecDeque<InvItem>,
    asked: BTreeSet<[u8; 32]>,
    /// What was asked for and when, oldest first. The first has not come; of the others some have.
    order: VecDeque<([u8; 32], Time)>,
    /// How many were left out as there were too many.
    left_out: u64,
}

impl Wanted {
    /// One was announced that is not here.
    pub(super) fn announced(&mut self, item: InvItem) {
        if self.asked.contains(&item.hash) {
            return;
        }
        match self.queue.len() < Limits::TXS_QUEUED {
            true => self.queue.push_back(item),
            false => self.left_out += 1,
        }
    }

    /// Those to ask for now.
    pub(super) fn next(&mut self, has_witnesses: bool, now: Time) -> Vec<InvItem> {
        // In a bundle: asked for one by one each would cost a message.
        if self.asked.len() > Limits::TXS_ASKED / 2 {
            return Vec::new();
        }
        let room = Limits::TXS_ASKED - self.asked.len();
        let count = room.min(self.queue.len());
        let items: Vec<_> = self.queue.drain(..count).collect();
        // One can be announced twice before it is asked for.
        let new = items
            .into_iter()
            .filter(|item| self.asked.insert(item.hash));
        let asked = new.map(|item| {
            self.order.push_back((item.hash, now));
            let kind = match item.kind {
                InvKind::Tx if has_witnesses => InvKind::WitnessTx,
                kind => kind,
            };
            InvItem { kind, ..item }
        });
        asked.collect()
    }

    /// One came, or will not; whether it was asked for.
    pub(super) fn done(&mut self, ids: &[[u8; 32]]) -> bool {
        let found = ids.iter().filter(|id| self.asked.remove(*id));
        let was_asked = found.count() > 0;
        self.forget_first(|_| false);
        was_asked
    }

    /// What has not come for too long is not waited for.
    pub(super) fn give_up(&mut self, now: Time) {
        self.forget_first(|asked| now.since(asked) >= Limits::ASKED);
    }

    /// Forgets the first ones as long as they are late, or have come.
    fn forget_first(&mut self, is_late: impl Fn(Time) -> bool) {
        while let Some((id, asked)) = self.order.front()
            && (is_late(*asked) || !self.asked.contains(id))
        {
            self.asked.remove(id);
            self.order.pop_front();
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let (_, asked) = self.order.front()?;
        Some(*asked + Limits::ASKED)
    }

    /// The connection is gone.
    pub(super) fn forget(&mut self) {
        *self = Self {
            left_out: self.left_out,
            ..Self::default()
        };
    }

    pub(super) const fn left_out(&self) -> u64 {
        self.left_out
    }
}
