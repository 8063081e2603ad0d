//! What programs see of a lab without a screen: what happens, line by line, and what it adds up to.

use super::telling::{Listening, Told};
use super::{Lab, Shared};
use crate::lab::ask::Known;
use crate::lab::control::NodeEvent;
use crate::lab::script::cast::Cast;
use crate::lab::script::{Expr, Facts};
use crate::lab::summary::Summary;
use std::collections::BTreeSet;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// What happens to the nodes of a lab, from when it was made on. Messages are left out.
#[derive(Debug)]
pub struct Hearing(Listening);

/// Something that was heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Something happened.
    Event(NodeEvent),
    /// So many events came faster than they were taken.
    Missed(u64),
}

impl Hearing {
    /// The next thing that happens; `None`: nothing will any more.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            match self.0.next().await {
                Ok(told) if told.is_message => {}
                Ok(told) => return Some(Heard::Event(told.event.clone())),
                Err(RecvError::Lagged(missed)) => return Some(Heard::Missed(missed)),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// What has happened already; `None`: all was heard.
    pub fn try_next(&mut self) -> Option<Heard> {
        loop {
            match self.0.try_next() {
                Ok(told) if told.is_message => {}
                Ok(told) => return Some(Heard::Event(told.event.clone())),
                Err(TryRecvError::Lagged(missed)) => return Some(Heard::Missed(missed)),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listening")
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.event.fmt(f)
    }
}

impl Lab {
    /// What happens from now on.
    pub fn hear(&self) -> Hearing {
        Hearing(self.lasting.telling.listen())
    }

    /// What the run adds up to so far.
    pub fn summary(&self) -> Summary {
        self.rounds.now().summary()
    }

    /// Makes sure that all nodes and wallets that an expression names are there, or will be when
    /// the script is played.
    ///
    /// # Errors
    /// In words, the first that is not.
    pub fn check(&self, expr: &Expr) -> Result<(), String> {
        let shared = self.rounds.now();
        let model = shared.lock();
        let cast = Cast::at_the_end(&self.lasting.layout);
        let nodes: BTreeSet<_> = model.node_names().into_iter().chain(cast.nodes()).collect();
        let wallets = model.wallets.keys().map(String::as_str);
        let wallets: BTreeSet<_> = wallets.chain(cast.wallets()).collect();
        expr.check(nodes.iter().copied(), wallets.iter().copied())
    }

    /// The nodes as they are now, without balances.
    pub fn facts(&self) -> Facts {
        self.rounds.now().lock().facts()
    }
}

impl Shared {
    fn summary(&self) -> Summary {
        let model = self.lock();
        let facts = model.facts();
        let traffic = model.nodes.iter().map(|node| node.traffic.sums());
        let traffic: Vec<_> = traffic.collect();
        let elapsed = self.elapsed();
        let name = &self.layout.name;
        let (stats, blocks) = (&model.stats, &model.propagation);
        let mut summary = Summary::new(name, elapsed, &facts, stats, blocks, &traffic);
        summary.tell_steps(model.script.as_deref());
        summary
    }
}
