//! Asks for filter headers, and takes what peers say.

use super::kinds::{Compare, Dispute, Heard, Place};
use super::state::{Words, row};
use crate::chain::BlockHash;
use crate::chain::headers::HeaderTree;
use crate::node::chainstate::HeaderChain;
use crate::node::ids::ConnId;
use crate::node::light::ask::{Asked, Tools};
use crate::node::message::{FILTER_HEADERS_MAX, FilterHeaders, FilterRange, Message};
use crate::node::outbox::MALICE;
use crate::node::store::{Store, StoreFault};
use crate::node::wallets::Rows;

impl Words {
    /// Asks what is to be asked.
    pub fn pump(&mut self, tree: &HeaderTree, tools: &mut Tools<'_>) {
        if self.dispute.is_some() || self.rest_until.is_some() {
            return;
        }
        let end = tree.entry(tree.tip()).height;
        if self.asked.is_none() && self.taken() < end {
            let start = self.taken() + 1;
            let most = u32::try_from(FILTER_HEADERS_MAX).unwrap_or(u32::MAX);
            let stop = end.min(self.taken().saturating_add(most));
            let busy: Vec<ConnId> = self.compare.iter().map(|of| of.asked.conn).collect();
            // Better who is not being asked already; but if there is one alone, that one.
            let conn = self.peers.draw(&busy, tools.random);
            if let Some(conn) = conn.or_else(|| self.peers.draw(&[], tools.random)) {
                self.asked = Some(ask(conn, (start, stop), tree, tools));
            }
        }
        if self.compare.is_none() && self.compared() < self.taken() {
            let not: Vec<ConnId> = self.source.into_iter().collect();
            if let Some(conn) = self.peers.draw(&not, tools.random) {
                let top = self.taken();
                self.compare_with(conn, (0, top), tree, tools);
            }
        }
    }

    /// Asks a peer for its filter header at the height `high`.
    fn compare_with(
        &mut self,
        conn: ConnId,
        (low, high): (u32, u32),
        tree: &HeaderTree,
        tools: &mut Tools<'_>,
    ) {
        self.compare = Some(Compare {
            asked: ask(conn, (high, high), tree, tools),
            top: high,
            low,
            high: high.saturating_add(1),
        });
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn received<S: Store>(
        &mut self,
        conn: ConnId,
        said: &FilterHeaders,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<Option<Heard>, StoreFault> {
        let is_it = |asked: &Asked| asked.conn == conn && asked.range == said.range;
        if self.asked.as_ref().is_some_and(is_it) {
            self.asked = None;
            self.peers.answered(conn);
            return self.take(conn, said, chain, tools).map(Some);
        }
        if let Some(compare) = self.compare.take_if(|compare| is_it(&compare.asked)) {
            self.peers.answered(conn);
            return self.compared_with(compare, said, chain, tools).map(Some);
        }
        Ok(self.peers.was_owed(conn).then_some(Heard::Nothing))
    }

    fn take<S: Store>(
        &mut self,
        conn: ConnId,
        said: &FilterHeaders,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<Heard, StoreFault> {
        let tree = chain.tree();
        let stop = tree.find(&said.range.stop);
        let Some(stop) = stop.filter(|id| tree.is_active(*id)) else {
            return Ok(Heard::Nothing);
        };
        let count = tree.entry(stop).height - self.taken();
        if u32::try_from(said.hashes.len()) != Ok(count) {
            tools
                .out
                .blame(conn, MALICE, "other filter headers than it was asked for");
            return Ok(Heard::Nothing);
        }
        if said.previous != self.taken.header {
            // It has heard other things of what was taken before: which of the two is right, shows.
            let top = self.taken();
            if top == 0 {
                tools
                    .out
                    .blame(conn, MALICE, "another filter of the genesis block");
            } else if self.compare.is_none() {
                self.compare_with(conn, (0, top), tree, tools);
            } else {
                self.peers.has_not(conn, tools.now);
            }
            return Ok(Heard::Nothing);
        }
        let mut rows = Rows::new();
        for (height, header) in (said.range.start..).zip(said.headers()) {
            let id = chain.id(tree.ancestor(stop, height));
            rows.insert(row(&id.hash), Some(header.0.to_vec()));
            self.taken = Place { id, header };
        }
        self.source = Some(conn);
        self.note_places(&mut rows);
        Ok(Heard::Rows(rows))
    }

    fn compared_with<S: Store>(
        &mut self,
        mut compare: Compare,
        said: &FilterHeaders,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<Heard, StoreFault> {
        let (conn, tree) = (compare.asked.conn, chain.tree());
        let height = said.range.start;
        let (Some(theirs), [_]) = (said.headers().next(), &said.hashes[..]) else {
            tools
                .out
                .blame(conn, MALICE, "other filter headers than it was asked for");
            return Ok(Heard::Nothing);
        };
        let ours = self.place(height, chain)?;
        if theirs == ours.header && height == compare.top {
            if height > self.compared() {
                self.compared = ours;
            }
            let mut rows = Rows::new();
            self.note_places(&mut rows);
            return Ok(Heard::Rows(rows));
        }
        if theirs == ours.header {
            compare.low = height;
        } else {
            compare.high = height;
            let before = self.place(height.saturating_sub(1), chain)?;
            if said.previous == before.header {
                let dispute = Dispute {
                    block: ours.id,
                    other: Some(conn),
                    theirs,
                    ours: ours.header,
                    before,
                };
                self.dispute = Some(dispute);
                return Ok(Heard::Disputed(ours.id));
            }
            if height <= 1 {
                tools
                    .out
                    .blame(conn, MALICE, "another filter of the genesis block");
                return Ok(Heard::Nothing);
            }
        }
        if compare.high <= compare.low + 1 {
            // What it says now is not what it said before.
            tools
                .out
                .blame(conn, MALICE, "filter headers that contradict each other");
            return Ok(Heard::Nothing);
        }
        let middle = compare.low + (compare.high - compare.low) / 2;
        compare.asked = ask(conn, (middle, middle), tree, tools);
        self.compare = Some(compare);
        Ok(Heard::Nothing)
    }
}

fn ask(conn: ConnId, (start, stop): (u32, u32), tree: &HeaderTree, tools: &mut Tools<'_>) -> Asked {
    let stop = tree
        .active_at(stop)
        .map_or(BlockHash::ZERO, |id| tree.entry(id).hash);
    let range = FilterRange { start, stop };
    tools.out.send(conn, Message::GetCFHeaders(range));
    let at = tools.now;
    Asked { conn, range, at }
}
