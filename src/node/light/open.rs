//! How a light node begins: with what its store holds.

use super::bodies::Bodies;
use super::ends::Ends;
use super::fees::Fees;
use super::incoming::Incoming;
use super::payments::Payments;
use super::proofs::Proofs;
use super::scan::Scan;
use super::state::LightNode;
use super::watchers::Watchers;
use super::words::Words;
use crate::node::FLUSH_EVERY;
use crate::node::chainstate::{HeaderChain, OpenError};
use crate::node::config::{Config, LightWay, NodeKind};
use crate::node::conns::Conns;
use crate::node::relay::Relay;
use crate::node::store::{Store, StoreFault};
use crate::node::sync::Sync;
use crate::node::time::Time;
use crate::node::wallets::Wallets;
use std::collections::BTreeSet;

impl<S: Store> LightNode<S> {
    /// Opens a light node over its store. It dials from the first [`Input::Tick`](crate::node::Input::Tick)
    /// on, which is due at once.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config, store: S, now: Time) -> Result<Self, OpenError> {
        let chain = HeaderChain::open(store, config.params.clone(), config.trunks.clone())?;
        let wallets = Wallets::open(&chain, config.seeds.keys)?;
        let way = match config.kind {
            NodeKind::Light(way) => way,
            NodeKind::Full | NodeKind::Attacker => LightWay::default(),
        };
        let conns = Conns::open(config, chain.network(), chain.store(), now)?;
        let words = Words::open(&chain)?;
        let mut scan = Scan::open(chain.store())?;
        let seen = wallets.tip().height;
        scan.rolled_back(seen);
        let mut watchers = Watchers::open(chain.store())?;
        watchers.back_to(seen);
        let mut proofs = Proofs::open(chain.store())?;
        proofs.cut(seen);
        let mut node = Self {
            sync: Sync::headers_alone(),
            relay: Relay::new(),
            wallets,
            words,
            scan,
            bodies: Bodies::default(),
            watchers,
            incoming: Incoming::default(),
            proofs,
            payments: Payments::default(),
            fees: Fees::default(),
            ends: Ends::default(),
            way,
            known_by: BTreeSet::new(),
            announce_at: now,
            is_stirred: true,
            told_unserved: None,
            told_alone: None,
            chain,
            conns,
        };
        node.resume(now)?;
        Ok(node)
    }

    /// The wallets that there should be, and the payments of the last run.
    fn resume(&mut self, now: Time) -> Result<(), StoreFault> {
        for name in self.conns.config.wallets.clone() {
            if self.wallets.owner(&name).is_none() {
                // A name that no wallet can have is refused where the configuration is read.
                let _made = self.create_wallet(&name, now)?;
            }
        }
        self.wallets.judge_sent(now);
        self.conns.flush_at = Some(now + FLUSH_EVERY);
        Ok(())
    }
}
