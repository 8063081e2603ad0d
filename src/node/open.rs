//! How a node begins: with what its store holds.

use super::addrbook::{self, AddrBook};
use super::chainstate::{ChainState, OpenError};
use super::config::Config;
use super::gossip::Gossip;
use super::handshake::Identity;
use super::mempool::Mempool;
use super::mining::Mining;
use super::outbox::Outbox;
use super::peers::Peers;
use super::peers::strangers::Strangers;
use super::private_chain::PrivateChain;
use super::queries;
use super::random::Random;
use super::relay::Relay;
use super::serve::Serve;
use super::state::{FLUSH_EVERY, Node};
use super::store::{Store, StoreFault};
use super::sync::Sync;
use super::time::Time;
use super::undone::Undone;
use super::wallets::Wallets;
use std::collections::VecDeque;
use std::time::Duration;

impl<S: Store> Node<S> {
    /// Opens a node over its store. It dials and mines from the first [`Input::Tick`](super::Input::Tick) on, which is
    /// due at once.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config, store: S, now: Time) -> Result<Self, OpenError> {
        let (params, sigs) = (config.params.clone(), config.sigs.clone());
        let chain = ChainState::open(store, params.clone(), sigs.clone())?;
        let drift = Duration::from_millis(params.future_drift_ms);
        let us = Identity::new(Random::identity(&config.seeds.run), chain.network());
        let group_secret = Random::group_secret(&config.seeds.run);
        let mut book = AddrBook::new(config.outbound, config.listen);
        if let Some(row) = chain.store().meta(addrbook::ROW)? {
            let damaged = |e| chain.store().damaged(format!("the address book: {e}"));
            book.restore(&row, now).map_err(damaged)?;
        }
        for addr in &config.connect {
            // One that is none is refused where the configuration is read.
            let _kept = book.keep(*addr, now);
        }
        let mempool = Mempool::new(config.mempool.clone(), params, chain.network(), sigs);
        let wallets = Wallets::open(&chain, config.seeds.keys)?;
        let mut node = Self {
            peers: Peers::new(us, config.inbound_max, drift, group_secret).of(&config.name),
            strangers: Strangers::default(),
            book,
            gossip: Gossip::default(),
            sync: Sync::new(config.sync),
            relay: Relay::new(),
            serve: Serve::default(),
            mempool,
            wallets,
            mining: Mining::new(config.mining, config.hashrate, config.mine_to.clone()),
            private_chain: PrivateChain::new(config.strategy),
            undone: Undone::default(),
            random: Random::new(&config.seeds.run),
            out: Outbox::default(),
            outputs: VecDeque::new(),
            recent: VecDeque::new(),
            flush_at: None,
            announce_at: now,
            announced_to: None,
            is_dial_due: true,
            dial_at: Some(now),
            halted: None,
            config,
            chain,
        };
        node.resume(now)?;
        Ok(node)
    }

    /// What waits from the last run, and the wallets that there should be.
    fn resume(&mut self, now: Time) -> Result<(), StoreFault> {
        self.recent = queries::recent_blocks(&self.chain)?;
        for name in self.config.wallets.clone() {
            if self.wallets.owner(&name).is_some() {
                continue;
            }
            // A name that no wallet can have is refused where the configuration is read.
            let _made = self.create_wallet(&name, now)?;
        }
        let restored = self.mempool.restore(&self.chain, now)?;
        self.apply_mempool_change(restored, None, now);
        self.submit_own(now)?;
        self.flush_at = Some(now + FLUSH_EVERY);
        Ok(())
    }
}
