//! Asks peers what they have, and takes what they announce.

use super::context::Context;
use super::mode::Mode;
use super::peer::{ANSWER_MAX, ASK_AGAIN, UNANSWERED_MAX};
use super::state::Sync;
use crate::chain::BlockHash;
use crate::node::chainstate::TakesHeaders;
use crate::node::ids::ConnId;
use crate::node::message::{GETBLOCKS_MAX, Locator, Message};

/// A peer that claims so many more blocks is asked alone: what it has comes in several messages.
const LONG: u32 = 2_000;

impl Sync {
    /// Peers are asked what follows on the first of these headers that is there, since what is better
    /// is private; `None`: on the best.
    pub fn ask_from(&mut self, public: Option<[BlockHash; 2]>) {
        self.public = public;
    }

    /// Asks peers for what is to be asked, after anything has changed.
    pub fn pump<C: TakesHeaders>(&mut self, context: &mut Context<'_, C>) {
        let (now, tree) = (context.now, context.chain.tree());
        let height = tree.entry(tree.best()).height;
        let fresh = self.peers.iter().filter(|(_, peer)| !peer.was_asked);
        let fresh: Vec<(ConnId, u32)> = fresh.map(|(conn, p)| (*conn, p.claimed_height)).collect();
        // Once one has let us wait, no peer waits for another.
        let is_patient = !self.peers.values().any(|peer| peer.is_late);
        for (conn, claimed) in fresh {
            let waited = self.peers.get(&conn).map(|peer| now - peer.since);
            let is_patient = is_patient && waited.is_some_and(|waited| waited < ANSWER_MAX);
            let is_long = match self.mode {
                Mode::HeadersFirst | Mode::HeadersAlone => claimed > height.saturating_add(LONG),
                Mode::BlocksFirst => claimed > height,
            };
            if is_long && is_patient && self.headers_from.is_some() {
                continue;
            }
            if is_long {
                self.headers_from = Some(conn);
            }
            self.ask(conn, context);
        }
        let conns: Vec<ConnId> = self.peers.keys().copied().collect();
        for conn in conns {
            self.fill(conn, context);
        }
    }

    /// Asks a peer what it has beyond our chain, unless it owes that answer already.
    pub fn ask<C: TakesHeaders>(&mut self, conn: ConnId, context: &mut Context<'_, C>) {
        self.ask_by(self.mode, conn, context);
    }

    /// The same in a mode that need not be ours: what blocks first cannot follow, headers can.
    pub(super) fn ask_by<C: TakesHeaders>(
        &mut self,
        mode: Mode,
        conn: ConnId,
        context: &mut Context<'_, C>,
    ) {
        let tree = context.chain.tree();
        let headers_first = mode != Mode::BlocksFirst;
        let public = self.public.iter().flatten();
        let public = public.filter_map(|hash| tree.find(hash)).next();
        let from = if let Some(public) = public {
            public
        } else if headers_first {
            tree.best()
        } else {
            tree.tip()
        };
        // From the parent on, so that a peer with the same tip says so.
        let from = tree.parent(from).filter(|_| headers_first).unwrap_or(from);
        let have = tree.locator(from);
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        peer.was_asked = true;
        match peer.asked {
            Some(_) if !peer.is_late => return,
            // It has owed the answer since it was asked first.
            Some(_) => peer.ask_again = context.now + ASK_AGAIN,
            None => peer.expect_answer(context.now),
        }
        let stop = BlockHash::ZERO;
        let locator = Locator { have, stop };
        context.out.send(
            conn,
            match headers_first {
                true => Message::GetHeaders(locator),
                false => Message::GetBlocks(locator),
            },
        );
    }

    /// Takes announcements of blocks.
    pub fn received_inv<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        hashes: &[BlockHash],
        context: &mut Context<'_, C>,
    ) {
        let tree = context.chain.tree();
        let nothing_missing = tree.best() == tree.tip();
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let mut unknown = peer.note_announced(hashes, tree);
        match (self.mode, &unknown[..]) {
            (Mode::BlocksFirst, [_, _, ..]) => {
                peer.has_more = hashes.len() >= GETBLOCKS_MAX;
                unknown.truncate(GETBLOCKS_MAX);
                peer.queue = unknown.into();
            }
            // Its body is here, and waits for what is below it: this peer may have that.
            (_, [hash]) if self.orphans.contains(hash) => {
                self.ask_by(Mode::HeadersFirst, conn, context);
            }
            (Mode::HeadersAlone, [_, ..]) => self.ask(conn, context),
            (_, [hash]) if nothing_missing || self.mode == Mode::BlocksFirst => {
                let hash = *hash;
                self.request(conn, vec![hash], context);
            }
            (_, []) => {}
            (_, [..]) => self.ask(conn, context),
        }
        // Whatever it lists, with nothing to add at the least, is an answer to getblocks.
        if self.mode == Mode::BlocksFirst && self.answered(conn) {
            self.pump(context);
        } else {
            self.fill(conn, context);
        }
    }

    /// A peer has answered what it was asked. Whether others waited for that to be asked.
    pub(super) fn answered(&mut self, conn: ConnId) -> bool {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.asked = None;
        }
        let from = &mut self.headers_from;
        from.take_if(|from| *from == conn).is_some()
    }

    /// Time has passed. Returns peers that are to be let go, and why.
    pub fn tick<C: TakesHeaders>(
        &mut self,
        context: &mut Context<'_, C>,
    ) -> Vec<(ConnId, &'static str)> {
        let now = context.now;
        let mut overdue = Vec::new();
        let mut again = Vec::new();
        let mut is_changed = false;
        for (conn, peer) in &mut self.peers {
            let waited = peer.asked.map(|asked| now - asked);
            if peer
                .silent_since()
                .is_some_and(|since| now - since >= UNANSWERED_MAX)
            {
                overdue.push((*conn, "no answer to getheaders for 1 200 s"));
            } else if waited.is_some_and(|waited| waited >= ANSWER_MAX) && !peer.is_late {
                peer.is_late = true;
                is_changed |= self.headers_from.take_if(|from| from == conn).is_some();
            }
            // No peer waits for others for longer than one may take to answer.
            is_changed |= !peer.was_asked && now - peer.since >= ANSWER_MAX;
            if peer.ask_again <= now {
                peer.ask_again = now + ASK_AGAIN;
                again.push(*conn);
            }
        }
        let stalls = self.release_stalled(now);
        overdue.extend(stalls.overdue);
        for conn in again {
            self.ask(conn, context);
        }
        if stalls.released && self.mode == Mode::BlocksFirst {
            // Their lists have lost what the stalled peer was to send.
            self.peers
                .values_mut()
                .for_each(|peer| peer.was_asked = false);
        }
        if is_changed || stalls.released {
            self.pump(context);
        }
        overdue
    }
}
