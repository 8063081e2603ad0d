//! How a node begins: with what its store holds.

use super::attack::Attack;
use super::chainstate::{ChainState, OpenError};
use super::config::{Config, NodeKind};
use super::conns::{Conns, FLUSH_EVERY};
use super::fees::Fees;
use super::mempool::Mempool;
use super::mining::Mining;
use super::private_chain::PrivateChain;
use super::prover::Prover;
use super::queries;
use super::relay::Relay;
use super::serve::Serve;
use super::state::Node;
use super::store::{Store, StoreFault};
use super::sync::Sync;
use super::time::Time;
use super::undone::Undone;
use super::wallets::Wallets;
use std::collections::VecDeque;

impl<S: Store> Node<S> {
    /// Opens a node over its store. It dials and mines from the first [`Input::Tick`](super::Input::Tick) on, which is
    /// due at once.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config, store: S, now: Time) -> Result<Self, OpenError> {
        let (params, sigs) = (config.params.clone(), config.sigs.clone());
        let is_attackers = config.kind == NodeKind::Attacker;
        let chain = match is_attackers {
            true => ChainState::open_attackers(store, params.clone(), sigs.clone())?,
            false => ChainState::open(store, params.clone(), sigs.clone())?,
        };
        let conns = Conns::open(config, chain.network(), chain.store(), now)?;
        let config = &conns.config;
        let mempool = Mempool::new(config.mempool.clone(), params, chain.network(), sigs);
        let wallets = Wallets::open(&chain, config.seeds.keys)?;
        let mut node = Self {
            sync: Sync::new(config.sync),
            relay: Relay::new(),
            serve: Serve::default(),
            prover: Prover::default(),
            fees: Fees::default(),
            mempool,
            wallets,
            mining: Mining::new(config.mining, config.hashrate, config.mine_to.clone()),
            private_chain: PrivateChain::new(config.strategy),
            undone: Undone::default(),
            attack: is_attackers.then(|| Attack::new(&config.seeds.run)),
            recent: VecDeque::new(),
            announce_at: now,
            announced_to: None,
            chain,
            conns,
        };
        node.resume(now)?;
        Ok(node)
    }

    /// What waits from the last run, and the wallets that there should be.
    fn resume(&mut self, now: Time) -> Result<(), StoreFault> {
        self.recent = queries::recent_blocks(&self.chain)?;
        for name in self.conns.config.wallets.clone() {
            if self.wallets.owner(&name).is_some() {
                continue;
            }
            // A name that no wallet can have is refused where the configuration is read.
            let _made = self.create_wallet(&name, now)?;
        }
        let restored = self.mempool.restore(&self.chain, now)?;
        self.apply_mempool_change(restored, None, now);
        self.submit_own(now)?;
        self.conns.flush_at = Some(now + FLUSH_EVERY);
        Ok(())
    }
}
