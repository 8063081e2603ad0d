//! What people and programs have a light node do.

use super::state::LightNode;
use crate::chain::{Amount, Txid};
use crate::node::commands::breaks;
use crate::node::conns::{ConnCommands, ConnTalk};
use crate::node::io::{Command, CommandError, EventKind, Payment, Reply};
use crate::node::mempool::PACKAGE_MAX;
use crate::node::store::{Store, StoreFault};
use crate::node::time::Time;
use crate::node::wallets::{Draft, Packages, Rows, WalletError, Wallets};
use std::collections::BTreeSet;

type Answer = Result<Result<Reply, CommandError>, StoreFault>;

impl<S: Store> LightNode<S> {
    /// Does what was asked.
    pub(super) fn command(&mut self, command: Command, now: Time) -> Answer {
        Ok(match command {
            Command::CreateWallet { name } => return self.create_wallet(&name, now),
            Command::ImportWallet {
                name,
                secret,
                birthday,
            } => {
                let birth = birthday.unwrap_or(0).min(self.chain.tip().height);
                let made = self.wallets.import(&name, &secret, &self.chain);
                return self.wallet_made(&name, made, birth, now);
            }
            Command::Send(payment) => return self.pay(payment, now),
            Command::AddPeer(addr) => self.add_peer(addr, now),
            Command::DropPeer(addr) => self.drop_peer(addr, now),
            Command::Ban { ip, for_ } => self.ban(ip, for_, now),
            Command::Unban(ip) => self.unban(ip),
            Command::Mine(_)
            | Command::SetHashrate(_)
            | Command::MineTo { .. }
            | Command::MineNow
            | Command::SetStrategy(_)
            | Command::Release
            | Command::Forge { .. } => Err("a light node has no blocks to build on".into()),
            Command::SetClock { ahead_ms } => Ok(self.set_clock(ahead_ms)),
            Command::FailDisk { what } => {
                self.chain.break_disk(what);
                Ok(breaks(&self.conns.config.name, what))
            }
            Command::SendRaw { .. } => Err("a light node takes no blocks by hand".into()),
            Command::LeaveOut { .. } => Err("a light node serves nothing".into()),
            Command::InvalidateBlock(_) | Command::ReconsiderBlock(_) => Err(
                "a node of chainlab goes by the rules alone, and leaves no block that holds to them"
                    .into(),
            ),
        })
    }

    /// A new key is looked for from now on: no one can have paid it before.
    pub(super) fn create_wallet(&mut self, name: &str, now: Time) -> Answer {
        let birth = self.chain.tip().height;
        let made = self.wallets.create(name, &self.chain);
        self.wallet_made(name, made, birth, now)
    }

    /// A wallet was made, or not; if so, its coins are looked for from the height `birth` on.
    fn wallet_made(
        &mut self,
        name: &str,
        made: Result<Rows, WalletError>,
        birth: u32,
        now: Time,
    ) -> Answer {
        let mut rows = match made {
            Ok(rows) => rows,
            Err(WalletError::Store(fault)) => return Err(fault),
            Err(error) => return Ok(Err(error.into())),
        };
        if let Some(owner) = self.wallets.owner(name) {
            self.look_from(owner, birth, now)?;
            rows.extend(self.wallets.flush());
        }
        // The key is safe on disk before anybody sees its address.
        self.add_rows(&mut rows);
        self.chain.put_meta(rows, true)?;
        self.is_stirred = true;
        let made = match self.wallets.wallet(name, &self.packages()) {
            Ok(made) => made,
            Err(error) => return Ok(Err(error.into())),
        };
        let event = EventKind::WalletCreated {
            name: made.name.clone(),
            address: made.address.clone(),
        };
        self.event(now, event);
        self.conns.unwritten(now);
        Ok(Ok(Reply::Wallet(made)))
    }

    /// A payment that the wallet has nothing against.
    ///
    /// # Errors
    /// [`WalletError`].
    pub(super) fn draft(&self, payment: &Payment) -> Result<Draft, WalletError> {
        let usual = self.conns.config.fee;
        let least = |bytes| self.least_fee(bytes);
        self.wallets
            .draft_with_fee(payment, &self.packages(), usual, least)
    }

    /// What is paid for so many bytes: what peers guess to be enough for the next block, at most what the
    /// configuration allows. Without peers it is what a node wants that has the same configuration.
    ///
    /// # Errors
    /// [`WalletError::FeeAboveMax`]: peers take it for more only.
    fn least_fee(&self, bytes: usize) -> Result<Amount, WalletError> {
        let config = &self.conns.config;
        let usual = config.mempool.least_fee(bytes);
        let least = self.fees.floor(bytes).unwrap_or(usual);
        let good = self.fees.next_block(bytes).unwrap_or(usual).max(least);
        match config.max_fee {
            Some(most) if most < least => Err(WalletError::FeeAboveMax { least, most }),
            Some(most) => Ok(good.min(most)),
            None => Ok(good),
        }
    }

    fn pay(&mut self, payment: Payment, now: Time) -> Answer {
        let draft = match self.draft(&payment) {
            Ok(draft) => draft,
            Err(WalletError::Store(fault)) => return Err(fault),
            Err(error) => return Ok(Err(error.into())),
        };
        let plan = draft.plan.clone();
        let tx = self.wallets.sign(draft);
        let txid = tx.txid();
        // On disk before any peer hears of it: what was announced must not be forgotten.
        let mut rows = self.wallets.sent(&tx, now);
        self.add_rows(&mut rows);
        self.chain.put_meta(rows, true)?;
        self.wallets.packages_changed();
        self.relay.announce_tx(txid, &mut self.conns.out);
        let event = EventKind::Sent {
            txid,
            from: payment.from,
            to: payment.to,
            amount: payment.amount,
        };
        self.event(now, event);
        let peers = self.conns.peers.ready();
        let wants = peers.filter(|(_, peer)| peer.version.as_ref().is_some_and(|v| v.wants_txs));
        Ok(Ok(Reply::Sent {
            txid,
            plan,
            announced_to: wants.count(),
            withheld: false,
        }))
    }

    /// What own payments build on.
    pub(super) fn packages(&self) -> OwnPackages<'_> {
        OwnPackages(&self.wallets)
    }
}

/// Own payments that wait: others' mempools are taken to have them, and to let so many build on each other
/// as ours would.
pub(super) struct OwnPackages<'a>(&'a Wallets);

impl Packages for OwnPackages<'_> {
    fn has_room_above(&self, parents: &[Txid]) -> bool {
        let mut open = parents.to_vec();
        let mut above = BTreeSet::new();
        while let Some(txid) = open.pop() {
            if above.len() >= PACKAGE_MAX {
                return false;
            }
            if above.insert(txid) {
                open.extend(self.0.waiting_parents(&txid));
            }
        }
        above.len() < PACKAGE_MAX
    }
}
