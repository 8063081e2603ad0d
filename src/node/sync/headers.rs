//! Headers as they come in: judged by the chain, asked on for, or followed from far behind.

use super::context::Context;
use super::state::Sync;
use crate::chain::headers::Origin;
use crate::chain::scan::{BranchScan, ScanStep};
use crate::chain::{BlockHash, Header, RuleError};
use crate::node::chainstate::{TakesHeaders, TipChange};
use crate::node::ids::ConnId;
use crate::node::message::{HEADERS_MAX, Locator, Message};
use crate::node::outbox::{MALICE, NUISANCE};
use crate::node::store::StoreFault;
use std::time::Duration;

/// The pause after headers for which there was no room, or that came from the future.
const RETRY: Duration = Duration::from_secs(10);

impl Sync {
    /// Takes headers from a peer. Returns how they moved the tip, if they did: a full node's waits
    /// for bodies.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn received_headers<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        headers: Vec<Header>,
        context: &mut Context<'_, C>,
    ) -> Result<Option<TipChange>, StoreFault> {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Ok(None);
        };
        let was_asked = peer.asked.take().is_some();
        let (best, known) = (peer.best, context.chain.tree().len());
        self.headers_from.take_if(|from| *from == conn);
        let mut is_full = headers.len() == HEADERS_MAX;
        let headers = match peer.scan.take() {
            Some(scan) if headers.first().is_some_and(|h| h.previous == scan.at()) => {
                let scanned = self.follow(conn, scan, (&headers, is_full), context);
                // A branch is whole when it has enough work: it may go on.
                is_full = true;
                match scanned {
                    Some(whole) => whole,
                    None => return Ok(None),
                }
            }
            _ => headers,
        };
        let change = match &headers[..] {
            [] => None,
            headers => self.take_headers(conn, headers, is_full, context)?,
        };
        if change.is_some() {
            self.look_up_announced(context.chain.tree());
        }
        // To look through all peers costs too much for what was not asked for and says nothing new.
        let is_news = self.peers.get(&conn).is_some_and(|peer| peer.best != best);
        if was_asked || is_news || context.chain.tree().len() != known {
            self.pump(context);
        }
        Ok(change)
    }

    fn take_headers<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        headers: &[Header],
        is_full: bool,
        context: &mut Context<'_, C>,
    ) -> Result<Option<TipChange>, StoreFault> {
        let origin = Origin::Peer(conn.0);
        let time = context.block_time();
        let accepted = (context.chain).accept_headers(origin, headers, time)?;
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Ok(accepted.change);
        };
        let taken = accepted
            .refused
            .as_ref()
            .map_or(headers.len(), |(at, _)| *at);
        let last = headers[..taken].last().map(Header::hash);
        if let Some(id) = last.and_then(|hash| context.chain.tree().find(&hash)) {
            let before = peer.best;
            peer.note_best(context.chain.tree(), id);
            // Who shows the same again and again is not asked for more of it.
            if is_full && accepted.refused.is_none() && peer.best != before {
                peer.expect_answer(context.now);
                self.headers_from = Some(conn);
                let have = context.chain.tree().locator(id);
                let stop = BlockHash::ZERO;
                context
                    .out
                    .send(conn, Message::GetHeaders(Locator { have, stop }));
            }
        }
        if let Some((at, error)) = accepted.refused {
            let rest = (&headers[at..], is_full);
            self.headers_refused(conn, rest, at, error, context);
        }
        Ok(accepted.change)
    }

    fn headers_refused<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        (rest, is_full): (&[Header], bool),
        at: usize,
        error: RuleError,
        context: &mut Context<'_, C>,
    ) {
        match error {
            RuleError::LowWork => {
                let fork = context.chain.tree().find(&rest[0].previous);
                if let Some(fork) = fork {
                    let scan = BranchScan::new(context.chain.tree().cursor(fork));
                    self.follow(conn, scan, (rest, is_full), context);
                }
            }
            RuleError::UnknownParent(_) if at == 0 => {
                context
                    .out
                    .blame(conn, NUISANCE / 5, "headers that build on nothing known");
                self.ask(conn, context);
            }
            RuleError::UnknownParent(_) => {
                context
                    .out
                    .blame(conn, NUISANCE, "headers that do not follow one another");
            }
            RuleError::NoRoom | RuleError::TimeTooNew { .. } => {
                if let Some(peer) = self.peers.get_mut(&conn) {
                    peer.ask_again = context.now + RETRY;
                }
            }
            permanent => context
                .out
                .blame(conn, MALICE, format!("header: {permanent}")),
        }
    }

    /// Follows a branch that started far behind. Returns it when it has proven to be worth having.
    /// `is_full` is said of the message that the headers were in: its first may have been known.
    fn follow<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        mut scan: BranchScan,
        (headers, is_full): (&[Header], bool),
        context: &mut Context<'_, C>,
    ) -> Option<Vec<Header>> {
        let tree = context.chain.tree();
        let needed = tree.entry(tree.tip()).work;
        let step = scan.take(
            headers,
            needed,
            context.chain.params(),
            context.block_time(),
        );
        let end = headers.last().map(Header::hash);
        match step {
            Ok(ScanStep::Done(whole)) => return Some(whole),
            // A message that was not full, and no turn back to the start: that was all there is.
            Ok(ScanStep::More) if !is_full && end == Some(scan.at()) => {}
            Ok(ScanStep::More) => {
                let have = vec![scan.at()];
                let stop = BlockHash::ZERO;
                if let Some(peer) = self.peers.get_mut(&conn) {
                    peer.expect_answer(context.now);
                    peer.scan = Some(scan);
                    context
                        .out
                        .send(conn, Message::GetHeaders(Locator { have, stop }));
                }
            }
            Err(RuleError::BranchChanged { .. } | RuleError::TimeTooNew { .. }) => {
                context
                    .out
                    .blame(conn, NUISANCE, "another branch at the second asking");
            }
            Err(error) => context.out.blame(conn, MALICE, format!("header: {error}")),
        }
        None
    }
}
