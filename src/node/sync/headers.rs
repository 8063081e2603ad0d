//! Headers as they come in: judged by the chain, asked on for, or followed from far behind.

use super::super::chainstate::ChainState;
use super::super::io::ConnId;
use super::super::message::{HEADERS_MAX, Locator, Message};
use super::super::outbox::{MALICE, NUISANCE, Outbox};
use super::super::store::{Store, StoreFault};
use super::super::time::Time;
use super::{RETRY, Sync};
use crate::chain::headers::Origin;
use crate::chain::scan::{BranchScan, ScanStep};
use crate::chain::{BlockHash, Header, RuleError};

impl Sync {
    /// Takes headers from a peer.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn received_headers<S: Store>(
        &mut self,
        conn: ConnId,
        headers: Vec<Header>,
        chain: &mut ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) -> Result<(), StoreFault> {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Ok(());
        };
        let was_asked = peer.asked.take().is_some();
        let (best, known) = (peer.best, chain.tree().len());
        self.headers_from.take_if(|from| *from == conn);
        let mut is_full = headers.len() == HEADERS_MAX;
        let headers = match peer.scan.take() {
            Some(scan) if headers.first().is_some_and(|h| h.previous == scan.at()) => {
                let scanned = self.follow(conn, scan, (&headers, is_full), chain, now, out);
                // A branch is whole when it has enough work: it may go on.
                is_full = true;
                match scanned {
                    Some(whole) => whole,
                    None => return Ok(()),
                }
            }
            _ => headers,
        };
        if !headers.is_empty() {
            self.take_headers(conn, &headers, is_full, chain, now, out)?;
        }
        // To look through all peers costs too much for what nobody asked for and says nothing new.
        let is_news = self.peers.get(&conn).is_some_and(|peer| peer.best != best);
        if was_asked || is_news || chain.tree().len() != known {
            self.pump(chain, now, out);
        }
        Ok(())
    }

    fn take_headers<S: Store>(
        &mut self,
        conn: ConnId,
        headers: &[Header],
        is_full: bool,
        chain: &mut ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) -> Result<(), StoreFault> {
        let origin = Origin::Peer(conn.0);
        let accepted = chain.accept_headers(origin, headers, now.block_time())?;
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Ok(());
        };
        let taken = accepted
            .refused
            .as_ref()
            .map_or(headers.len(), |(at, _)| *at);
        let last = headers[..taken].last().map(Header::hash);
        if let Some(id) = last.and_then(|hash| chain.tree().find(&hash)) {
            let before = peer.best;
            peer.note_best(chain.tree(), id);
            // Who shows the same again and again is not asked for more of it.
            if is_full && accepted.refused.is_none() && peer.best != before {
                peer.expect_answer(now);
                self.headers_from = Some(conn);
                let have = chain.tree().locator(id);
                let stop = BlockHash::ZERO;
                out.send(conn, Message::GetHeaders(Locator { have, stop }));
            }
        }
        if let Some((at, error)) = accepted.refused {
            let rest = (&headers[at..], is_full);
            self.headers_refused(conn, rest, at, error, chain, now, out);
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "all that the cases look at")]
    fn headers_refused<S: Store>(
        &mut self,
        conn: ConnId,
        (rest, is_full): (&[Header], bool),
        at: usize,
        error: RuleError,
        chain: &ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) {
        match error {
            RuleError::LowWork => {
                let fork = chain.tree().find(&rest[0].previous);
                if let Some(fork) = fork {
                    let scan = BranchScan::new(chain.tree().cursor(fork));
                    self.follow(conn, scan, (rest, is_full), chain, now, out);
                }
            }
            RuleError::UnknownParent(_) if at == 0 => {
                out.blame(conn, NUISANCE / 5, "headers that build on nothing known");
                self.ask(conn, chain, now, out);
            }
            RuleError::UnknownParent(_) => {
                out.blame(conn, NUISANCE, "headers that do not follow one another");
            }
            RuleError::NoRoom | RuleError::TimeTooNew { .. } => {
                if let Some(peer) = self.peers.get_mut(&conn) {
                    peer.ask_again = now + RETRY;
                }
            }
            permanent => out.blame(conn, MALICE, format!("header: {permanent}")),
        }
    }

    /// Follows a branch that started far behind. Returns it when it has proven to be worth having.
    /// `is_full` is said of the message that the headers were in: its first may have been known.
    fn follow<S: Store>(
        &mut self,
        conn: ConnId,
        mut scan: BranchScan,
        (headers, is_full): (&[Header], bool),
        chain: &ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) -> Option<Vec<Header>> {
        let tree = chain.tree();
        let needed = tree.entry(tree.tip()).work;
        let step = scan.take(headers, needed, chain.params(), now.block_time());
        let end = headers.last().map(Header::hash);
        match step {
            Ok(ScanStep::Done(whole)) => return Some(whole),
            // A message that was not full, and no turn back to the start: that was all there is.
            Ok(ScanStep::More) if !is_full && end == Some(scan.at()) => {}
            Ok(ScanStep::More) => {
                let have = vec![scan.at()];
                let stop = BlockHash::ZERO;
                if let Some(peer) = self.peers.get_mut(&conn) {
                    peer.expect_answer(now);
                    peer.scan = Some(scan);
                    out.send(conn, Message::GetHeaders(Locator { have, stop }));
                }
            }
            Err(RuleError::BranchChanged { .. } | RuleError::TimeTooNew { .. }) => {
                out.blame(conn, NUISANCE, "another branch at the second asking");
            }
            Err(error) => out.blame(conn, MALICE, format!("header: {error}")),
        }
        None
    }
}
