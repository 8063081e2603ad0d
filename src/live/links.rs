//! What the links between nodes of this machine are like: one table for all nodes of a lab.
//!
//! A link is named by the addresses at which its two nodes listen, one entry for each direction.
//! Of a connection, the end that dialled knows both addresses from the start, and bends both
//! directions: messages that leave pass a [`Link`](crate::link::Link) before the socket, those
//! that come in pass another behind it. Both ends look at whether the pair is cut: the dialling
//! end before it dials, the other as soon as the `version` has told it who is there. A change
//! holds at once, also for connections that stand.
//!
//! A node on a table of its own can be told what its links are like in the same way; the other
//! end of them then only sees what comes of it.

use crate::link::{Conditions, ConditionsError, Fate, Fates, LinkState, NextMessage};
use crate::node::message::Kind;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The conditions of all links. Clones are the same table. As new, every link is straight: what is
/// sent arrives as fast as the machine can.
#[derive(Clone)]
pub struct Links(Arc<WatchedTable>);

struct WatchedTable {
    table: Mutex<Table>,
    /// Wakes every connection when the table changes.
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct Table {
    /// By the addresses from and to. At most one entry for each pair that was set.
    links: BTreeMap<(SocketAddr, SocketAddr), Conditions>,
    /// What is to become of the next messages, by the addresses from and to.
    fates: BTreeMap<(SocketAddr, SocketAddr), Fates>,
    /// What holds for all others.
    default: Conditions,
    /// How often it was changed.
    edition: u64,
}

impl Links {
    /// Sets one direction: what is sent by the node that listens at `from` to the one at `to`.
    ///
    /// # Errors
    /// The first condition that is out of its range; then nothing changes.
    pub fn set(
        &self,
        from: SocketAddr,
        to: SocketAddr,
        conditions: Conditions,
    ) -> Result<(), ConditionsError> {
        self.set_all([(from, to, conditions)])
    }

    /// Sets many directions at the same moment, each as (from, to, conditions).
    ///
    /// # Errors
    /// As [`Links::set`].
    pub fn set_all(
        &self,
        links: impl IntoIterator<Item = (SocketAddr, SocketAddr, Conditions)>,
    ) -> Result<(), ConditionsError> {
        let links: Vec<_> = links.into_iter().collect();
        for (_, _, conditions) in &links {
            conditions.validate()?;
        }
        let links = links
            .into_iter()
            .map(|(from, to, conditions)| ((from, to), conditions));
        let mut table = self.table();
        table.links.extend(links);
        table.edition += 1;
        drop(table);
        self.0.changes.send_replace(());
        Ok(())
    }

    /// As [`Links::set_all`], but what is like all others then counts as not set.
    ///
    /// # Errors
    /// As [`Links::set`].
    pub fn set_back(
        &self,
        links: impl IntoIterator<Item = (SocketAddr, SocketAddr, Conditions)>,
    ) -> Result<(), ConditionsError> {
        let links: Vec<_> = links.into_iter().collect();
        for (_, _, conditions) in &links {
            conditions.validate()?;
        }
        let mut table = self.table();
        for (from, to, conditions) in links {
            match conditions == table.default {
                true => table.links.remove(&(from, to)),
                false => table.links.insert((from, to), conditions),
            };
        }
        table.edition += 1;
        drop(table);
        self.0.changes.send_replace(());
        Ok(())
    }

    /// Sets what holds wherever nothing else was set.
    ///
    /// # Errors
    /// As [`Links::set`].
    pub fn set_default(&self, conditions: Conditions) -> Result<(), ConditionsError> {
        conditions.validate()?;
        let mut table = self.table();
        table.default = conditions;
        table.edition += 1;
        drop(table);
        self.0.changes.send_replace(());
        Ok(())
    }

    /// Has something become of the next message of a kind in one direction.
    pub fn meddle(&self, from: SocketAddr, to: SocketAddr, next: NextMessage) {
        self.table().fates.entry((from, to)).or_default().ask(next);
        self.0.changes.send_replace(());
    }

    /// Whether something is to become of a message in this direction.
    pub(super) fn is_meddled_with(&self, from: SocketAddr, to: SocketAddr) -> bool {
        self.table().fates.contains_key(&(from, to))
    }

    /// What becomes of a message that passes in this direction.
    pub(super) fn fate(&self, from: SocketAddr, to: SocketAddr, kind: Kind) -> Option<Fate> {
        let mut table = self.table();
        let fates = table.fates.get_mut(&(from, to))?;
        let fate = fates.take(kind);
        if fates.is_empty() {
            table.fates.remove(&(from, to));
            drop(table);
            // The others need not ask any more.
            self.0.changes.send_replace(());
        }
        fate
    }

    /// What one direction is like.
    pub fn get(&self, from: SocketAddr, to: SocketAddr) -> Conditions {
        let table = self.table();
        let set = table.links.get(&(from, to));
        set.copied().unwrap_or(table.default)
    }

    /// All directions that were set.
    pub fn all(&self) -> Vec<(SocketAddr, SocketAddr, Conditions)> {
        let table = self.table();
        let all = table.links.iter();
        all.map(|((from, to), conditions)| (*from, *to, *conditions))
            .collect()
    }

    /// A number that goes up with every change.
    pub fn edition(&self) -> u64 {
        self.table().edition
    }

    /// Whether two nodes can have no connection: it takes both directions.
    pub fn is_cut(&self, one: SocketAddr, other: SocketAddr) -> bool {
        let directions = [self.get(one, other), self.get(other, one)];
        directions.iter().any(|to| to.state == LinkState::Cut)
    }

    /// Hears of every change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No panic can leave it half changed.
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Links {
    fn default() -> Self {
        Self(Arc::new(WatchedTable {
            table: Mutex::default(),
            changes: watch::Sender::new(()),
        }))
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        f.debug_struct("Links")
            .field("default", &table.default)
            .field("links", &table.links)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn directions_are_set_one_by_one_and_a_cut_one_cuts_the_pair() {
        let links = Links::default();
        let slow = Conditions::latency(Duration::from_millis(80));
        links.set_default(slow).expect("in range");
        let cut = slow.in_state(LinkState::Cut);
        links.set(at(1), at(2), cut).expect("in range");
        assert_eq!(links.get(at(1), at(2)), cut);
        assert_eq!(links.get(at(2), at(1)), slow);
        assert!(links.is_cut(at(1), at(2)) && links.is_cut(at(2), at(1)));
        assert!(!links.is_cut(at(1), at(3)));
    }

    #[test]
    fn what_is_set_back_to_what_all_are_like_is_not_listed_any_more() {
        let links = Links::default();
        let cut = Conditions::default().in_state(LinkState::Cut);
        links.set_back([(at(1), at(2), cut)]).expect("in range");
        assert_eq!(links.all(), [(at(1), at(2), cut)]);
        let open = (at(1), at(2), Conditions::default());
        links.set_back([open]).expect("in range");
        assert_eq!((links.all(), links.is_cut(at(1), at(2))), (vec![], false));
    }

    #[test]
    fn conditions_out_of_range_change_nothing() {
        let links = Links::default();
        let changes = links.changes();
        let slow = Conditions::latency(Duration::from_millis(80));
        let endless = Conditions::latency(Duration::from_secs(61));
        let refused = links.set_all([(at(1), at(2), slow), (at(2), at(1), endless)]);
        assert_eq!(refused.expect_err("out of range").key, "latency");
        assert_eq!(links.get(at(1), at(2)), Conditions::default());
        assert!(!changes.has_changed().expect("the table is there"));
    }
}
