//! What people and programs have a node do. Questions are in [`queries`](super::queries).

use super::config::MiningMode;
use super::conns::{ConnCommands, ConnTalk};
use super::io::{Command, CommandError, EventKind, Payment, RefusalKind, Reply, RequestId};
use super::mempool::AdmitError;
use super::mining::check_hashrate;
use super::store::DiskFault;
use super::wallets::{Draft, NAME_LEN_MAX, Rows, WalletError};
use super::{Node, Store, StoreFault, Time};
use crate::chain::{KeyHash, Txid};
use std::sync::Arc;

/// Blocks at full speed that can be asked for at a time.
const NOW_MAX: usize = 1_000;

/// What is said of a disk that is about to fail.
pub(super) fn breaks(name: &str, what: DiskFault) -> Reply {
    Reply::Done(format!(
        "the next write of {name} fails: {}",
        what.problem()
    ))
}

type Answer = Option<Result<Reply, CommandError>>;

impl<S: Store> Node<S> {
    /// Does what was asked. `None`: the reply comes later.
    pub(super) fn command(
        &mut self,
        id: RequestId,
        command: Command,
        now: Time,
    ) -> Result<Answer, StoreFault> {
        Ok(match command {
            Command::CreateWallet { name } => self.create_wallet(&name, now)?,
            Command::ImportWallet { name, secret, .. } => {
                self.import_wallet(&name, &secret, now)?
            }
            Command::Send(payment) => self.pay(payment, now)?,
            Command::Mine(mode) => self.set_mining(mode, now)?,
            Command::SetHashrate(hashrate) => self.set_hashrate(hashrate),
            Command::MineTo { wallet } => self.mine_to(&wallet),
            Command::MineNow => self.mine_now(id, now)?,
            Command::SetStrategy(strategy) => Some(Ok(self.set_strategy(strategy, now))),
            Command::Release => Some(self.asked_to_release(now)),
            Command::Forge { to, amount } => Some(self.forge(&to, amount, now)),
            Command::LeaveOut { of } => Some(self.leave_out(&of, now)),
            Command::AddPeer(addr) => Some(self.add_peer(addr, now)),
            Command::DropPeer(addr) => Some(self.drop_peer(addr, now)),
            Command::Ban { ip, for_ } => Some(self.ban(ip, for_, now)),
            Command::Unban(ip) => Some(self.unban(ip)),
            Command::SetClock { ahead_ms } => {
                // Another template is due.
                self.mining.mempool_changed();
                Some(Ok(self.set_clock(ahead_ms)))
            }
            Command::FailDisk { what } => {
                self.chain.break_disk(what);
                Some(Ok(breaks(&self.conns.config.name, what)))
            }
            Command::SendRaw { from, kind, hex } => {
                Some(self.send_raw(&from, (kind, &hex), now)?)
            }
            Command::InvalidateBlock(_) | Command::ReconsiderBlock(_) => refuse(
                "a node of chainlab goes by the rules alone, and leaves no block that holds to them",
            ),
        })
    }

    pub(super) fn create_wallet(&mut self, name: &str, now: Time) -> Result<Answer, StoreFault> {
        let made = self.wallets.create(name, &self.chain);
        self.wallet_made(name, made, now)
    }

    fn import_wallet(&mut self, name: &str, secret: &str, now: Time) -> Result<Answer, StoreFault> {
        let made = self.wallets.import(name, secret, &self.chain);
        self.wallet_made(name, made, now)
    }

    /// A wallet was made, or not.
    fn wallet_made(
        &mut self,
        name: &str,
        made: Result<Rows, WalletError>,
        now: Time,
    ) -> Result<Answer, StoreFault> {
        let rows = match made {
            Ok(rows) => rows,
            Err(WalletError::Store(fault)) => return Err(fault),
            Err(error) => return Ok(refuse(error)),
        };
        // The key is safe on disk before anybody sees its address.
        self.chain.put_meta(rows, true)?;
        for txid in self.mempool_in_order() {
            if let Some(entry) = self.mempool.get(&txid) {
                self.wallets.tx_added(&entry.tx, txid, entry.since);
            }
        }
        let made = match self.wallets.wallet(name, &self.mempool) {
            Ok(made) => made,
            Err(error) => return Ok(refuse(error)),
        };
        let event = EventKind::WalletCreated {
            name: made.name.clone(),
            address: made.address.clone(),
        };
        self.event(now, event);
        self.conns.unwritten(now);
        Ok(Some(Ok(Reply::Wallet(made))))
    }

    /// A payment that wallet and mempool have nothing against: what a preview shows is what is sent.
    pub(super) fn draft(
        &self,
        payment: &Payment,
        now: Time,
    ) -> Result<Result<Draft, CommandError>, StoreFault> {
        let least = |bytes| Ok(self.mempool.least_fee(bytes));
        let usual = self.conns.config.fee;
        let draft = match self
            .wallets
            .draft_with_fee(payment, &self.mempool, usual, least)
        {
            Ok(draft) => draft,
            Err(WalletError::Store(fault)) => return Err(fault),
            Err(error) => return Ok(Err(CommandError::from(error))),
        };
        match self
            .mempool
            .check(Arc::new(draft.tx.clone()), &self.chain, now)
        {
            Ok(()) => {}
            Err(AdmitError::Store(fault)) => return Err(fault),
            Err(error) => return Ok(Err(CommandError::from(error))),
        }
        let waits = |txid: &Txid| self.mempool.contains(txid);
        if self.private_chain.is_selfish() && !self.private_chain.has_room(waits) {
            let words = "too many payments are kept private: release them first";
            return Ok(Err(CommandError::new(RefusalKind::Busy, words)));
        }
        Ok(Ok(draft))
    }

    fn pay(&mut self, payment: Payment, now: Time) -> Result<Answer, StoreFault> {
        let draft = match self.draft(&payment, now)? {
            Ok(draft) => draft,
            Err(error) => return Ok(Some(Err(error))),
        };
        let plan = draft.plan.clone();
        let tx = self.wallets.sign(draft);
        let txid = tx.txid();
        let withheld = self.private_chain.is_selfish();
        if withheld {
            let waits = |txid: &Txid| self.mempool.contains(txid);
            self.private_chain.hold_tx(txid, waits);
        }
        if let Err(error) = self.take_tx(None, Arc::clone(&tx), now)? {
            self.private_chain.forget_tx(&txid);
            return Ok(refuse(error));
        }
        // On disk before anybody hears of it, for what managers left to be sent goes out only after
        // this: what was announced must not be forgotten.
        let rows = self.wallets.sent(&tx, now);
        self.chain.put_meta(rows, true)?;
        let event = EventKind::Sent {
            txid,
            from: payment.from,
            to: payment.to,
            amount: payment.amount,
        };
        self.event(now, event);
        let announced_to = match withheld {
            true => 0,
            false => self.conns.peers.ready().count(),
        };
        Ok(Some(Ok(Reply::Sent {
            txid,
            plan,
            announced_to,
            withheld,
        })))
    }

    fn set_hashrate(&mut self, hashrate: f64) -> Answer {
        match check_hashrate(hashrate) {
            Ok(hashrate) => {
                self.mining.hashrate = hashrate;
                done(format!(
                    "{} hashes with {hashrate} H/s",
                    self.conns.config.name
                ))
            }
            Err(problem) => refuse(CommandError::new(RefusalKind::Invalid, problem)),
        }
    }

    fn mine_to(&mut self, wallet: &str) -> Answer {
        match self.wallets.wallet(wallet, &self.mempool) {
            Ok(wallet) => {
                // The next job pays the new wallet.
                self.mining.mempool_changed();
                let words = format!("{} mines for {}", self.conns.config.name, wallet.name);
                self.mining.to = Some(wallet.name);
                done(words)
            }
            Err(error) => refuse(error),
        }
    }

    fn mine_now(&mut self, id: RequestId, now: Time) -> Result<Answer, StoreFault> {
        if self.mining.now.len() >= NOW_MAX {
            let words = format!("{NOW_MAX} blocks are asked for already");
            return Ok(refuse(CommandError::new(RefusalKind::Busy, words)));
        }
        self.reward_owner(now)?;
        self.mining.now.push_back((id, now));
        Ok(None)
    }

    fn set_mining(&mut self, mode: MiningMode, now: Time) -> Result<Answer, StoreFault> {
        if let MiningMode::OnTx(0) = mode {
            let words = "on-tx needs at least 1 transaction";
            return Ok(refuse(CommandError::new(RefusalKind::Invalid, words)));
        }
        self.mining.mode = mode;
        let name = &self.conns.config.name;
        let words = match mode {
            MiningMode::Off => format!("{name} does not mine"),
            MiningMode::On | MiningMode::OnTx(_) => {
                self.reward_owner(now)?;
                let to = self.mining.to.as_deref().unwrap_or_default();
                let name = &self.conns.config.name;
                match mode {
                    MiningMode::OnTx(least) => {
                        format!("{name} mines for {to} when {least} transactions wait")
                    }
                    _ => format!("{name} mines for {to}"),
                }
            }
        };
        self.event(now, EventKind::Mining(words.clone()));
        Ok(done(words))
    }

    /// Who gets the reward: the wallet that was named, else the first; one named after the node is
    /// made if there is none.
    pub(super) fn reward_owner(&mut self, now: Time) -> Result<KeyHash, StoreFault> {
        if self.mining.to.is_none() {
            self.mining.to = self.wallets.first().map(ToOwned::to_owned);
        }
        let name = self.mining.to.clone();
        let name = name.unwrap_or_else(|| wallet_name_for(&self.conns.config.name));
        if self.wallets.owner(&name).is_none() {
            self.create_wallet(&name, now)?;
        }
        if let Some(owner) = self.wallets.owner(&name) {
            self.mining.to = Some(name);
            return Ok(owner);
        }
        // No wallet can have the name that was configured: the first there is, or a plain one.
        self.mining.to = self.wallets.first().map(ToOwned::to_owned);
        let name = self
            .mining
            .to
            .get_or_insert_with(|| "miner".to_owned())
            .clone();
        if self.wallets.owner(&name).is_none() {
            self.create_wallet(&name, now)?;
        }
        Ok(self.wallets.owner(&name).expect("it was there, or is made"))
    }
}

/// A name that a wallet can have, like the node's.
fn wallet_name_for(node: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = node.chars().map(plain).take(NAME_LEN_MAX).collect();
    if name.is_empty() {
        "miner".to_owned()
    } else {
        name
    }
}

fn refuse(problem: impl Into<CommandError>) -> Answer {
    Some(Err(problem.into()))
}

fn done(words: String) -> Answer {
    Some(Ok(Reply::Done(words)))
}
