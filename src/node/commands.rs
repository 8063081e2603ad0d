//! What people and programs ask of a node. Questions are in [`queries`](super::queries).

use super::io::{Command, CommandError, EventKind, Payment, Reply, RequestId};
use super::mempool::AdmitError;
use super::mining::{MiningMode, check_hashrate};
use super::snapshot::WalletInfo;
use super::{Node, Store, StoreFault, Time};
use crate::chain::KeyHash;
use std::time::Duration;

/// Blocks at full speed that can be asked for at a time.
const NOW_MAX: usize = 1_000;

/// The longest ban that can be asked for.
const BAN_MAX: Duration = Duration::from_secs(365 * 24 * 3_600);

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
            Command::ImportWallet { name, secret } => self.import_wallet(&name, &secret, now)?,
            Command::ExportWallet { name } => {
                let secret = self.wallets.export(&name).map(Reply::Secret);
                Some(secret.map_err(CommandError::new))
            }
            Command::PlanSend(payment) => {
                let draft = self.wallets.plan(&payment, &self.chain);
                let plan = draft.map(|draft| Reply::Plan(draft.plan().clone()));
                Some(plan.map_err(CommandError::new))
            }
            Command::Send(payment) => self.pay(&payment, now)?,
            Command::Mine(mode) => self.set_mining(mode, now)?,
            Command::SetHashrate(hashrate) => match check_hashrate(hashrate) {
                Ok(hashrate) => {
                    self.mining.hashrate = hashrate;
                    done(format!("{} hashes with {hashrate} H/s", self.config.name))
                }
                Err(problem) => Self::refuse(problem),
            },
            Command::MineTo { wallet } => match self.wallets.owner(&wallet) {
                Some(_) => {
                    self.mining.to = Some(wallet.clone());
                    // The next job pays the new wallet.
                    self.mining.mempool_changed();
                    done(format!("{} mines for {wallet}", self.config.name))
                }
                None => Self::refuse(self.no_wallet(&wallet)),
            },
            Command::MineNow => {
                if self.mining.now.len() >= NOW_MAX {
                    return Ok(Self::refuse(format!(
                        "{NOW_MAX} blocks are asked for already"
                    )));
                }
                self.reward_owner(now)?;
                self.mining.now.push((id, now));
                None
            }
            Command::AddPeer(addr) => {
                if Some(addr) == self.config.listen || addr.port() == 0 {
                    return Ok(Self::refuse(format!(
                        "{addr} cannot be a peer of this node"
                    )));
                }
                self.book.keep(addr, now);
                self.is_dial_due = true;
                self.unwritten(now);
                done(format!("{} stays connected to {addr}", self.config.name))
            }
            Command::DropPeer(addr) => self.drop_peer(addr, now),
            Command::Ban { ip, for_ } => {
                self.peers.ban(ip, now + for_.min(BAN_MAX));
                let conns = self.peers.iter().filter(|(_, peer)| peer.addr.ip() == ip);
                let conns: Vec<_> = conns.map(|(conn, _)| conn).collect();
                for conn in conns {
                    self.end(conn, super::io::CloseReason::Banned, now);
                }
                done(format!(
                    "{ip} is banned for {} s",
                    for_.min(BAN_MAX).as_secs()
                ))
            }
            Command::Unban(ip) => match self.peers.unban(ip) {
                true => done(format!("{ip} is no longer banned")),
                false => Self::refuse(format!("{ip} was not banned")),
            },
            question => Some(self.question(question)?),
        })
    }

    fn create_wallet(&mut self, name: &str, now: Time) -> Result<Answer, StoreFault> {
        let rows = match self.wallets.create(name, &self.chain) {
            Ok(rows) => rows,
            Err(error) => return self.wallet_refused(error),
        };
        // The key is safe on disk before anybody sees its address.
        self.chain.put_meta(rows, true)?;
        Ok(self.wallet_made(name, now))
    }

    fn import_wallet(&mut self, name: &str, secret: &str, now: Time) -> Result<Answer, StoreFault> {
        let rows = match self.wallets.import(name, secret, &self.chain) {
            Ok(rows) => rows,
            Err(error) => return self.wallet_refused(error),
        };
        self.chain.put_meta(rows, true)?;
        for txid in self.mempool_in_order() {
            if let Some(entry) = self.mempool.get(&txid) {
                self.wallets.tx_added(&entry.tx, txid, entry.since);
            }
        }
        Ok(self.wallet_made(name, now))
    }

    fn wallet_refused(&self, error: super::wallets::WalletError) -> Result<Answer, StoreFault> {
        match error {
            super::wallets::WalletError::Store(fault) => Err(fault),
            error => Ok(Self::refuse(error)),
        }
    }

    fn wallet_made(&mut self, name: &str, now: Time) -> Answer {
        let made = self.wallet_info(name)?;
        let event = EventKind::WalletCreated {
            name: made.name.clone(),
            address: made.address.clone(),
        };
        self.event(now, event);
        self.unwritten(now);
        Some(Ok(Reply::Wallet(made)))
    }

    fn wallet_info(&self, name: &str) -> Option<WalletInfo> {
        self.wallets
            .info()
            .into_iter()
            .find(|info| info.name == name)
    }

    fn no_wallet(&self, name: &str) -> String {
        super::wallets::WalletError::unknown(name, &self.wallets).to_string()
    }

    fn pay(&mut self, payment: &Payment, now: Time) -> Result<Answer, StoreFault> {
        let (tx, plan) = match self.wallets.pay(payment, &self.chain) {
            Ok(paid) => paid,
            Err(error) => return self.wallet_refused(error),
        };
        let txid = tx.txid();
        // On disk before anybody hears of it: what was announced must not be forgotten. If the
        // mempool then refuses it, nothing was sent, and the row goes again.
        let rows = self.wallets.sent(&tx, &payment.from, now);
        self.chain.put_meta(rows, true)?;
        let offered = self.take_tx(None, tx, now)?;
        match offered {
            Ok(()) | Err(AdmitError::Known | AdmitError::Confirmed) => {}
            Err(error) => {
                let rows = self.wallets.unsend(&txid);
                self.chain.put_meta(rows, true)?;
                return Ok(Self::refuse(error));
            }
        }
        let event = EventKind::Sent {
            txid,
            from: payment.from.clone(),
            to: payment.to.clone(),
            amount: payment.amount,
        };
        self.event(now, event);
        let announced_to = self.peers.ready().count();
        Ok(Some(Ok(Reply::Sent {
            txid,
            plan,
            announced_to,
        })))
    }

    fn set_mining(&mut self, mode: MiningMode, now: Time) -> Result<Answer, StoreFault> {
        if let MiningMode::OnTx(0) = mode {
            return Ok(Self::refuse("on-tx needs at least 1 transaction"));
        }
        self.mining.mode = mode;
        let name = &self.config.name;
        let words = match mode {
            MiningMode::Off => format!("{name} does not mine"),
            MiningMode::On | MiningMode::OnTx(_) => {
                self.reward_owner(now)?;
                let to = self.mining.to.as_deref().unwrap_or_default();
                let name = &self.config.name;
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
        let name = match &self.mining.to {
            Some(name) => name.clone(),
            None => super::wallets::name_like(&self.config.name),
        };
        self.mining.to = Some(name.clone());
        if let Some(owner) = self.wallets.owner(&name) {
            return Ok(owner);
        }
        let rows = match self.wallets.create(&name, &self.chain) {
            Ok(rows) => rows,
            Err(super::wallets::WalletError::Store(fault)) => return Err(fault),
            Err(error) => unreachable!("the name {name:?} was checked: {error}"),
        };
        self.chain.put_meta(rows, true)?;
        self.wallet_made(&name, now);
        Ok(self.wallets.owner(&name).expect("just made"))
    }

    fn drop_peer(&mut self, addr: std::net::SocketAddr, now: Time) -> Answer {
        let is_it = |peer: &super::peers::Peer| peer.addr == addr || peer.listen() == Some(addr);
        let conns = self.peers.iter().filter(|(_, peer)| is_it(peer));
        let conns: Vec<_> = conns.map(|(conn, _)| conn).collect();
        let was_known = self.book.contains(&addr);
        for conn in &conns {
            self.end(*conn, super::io::CloseReason::Asked, now);
        }
        self.book.forget(addr);
        self.is_dial_due = true;
        self.unwritten(now);
        if conns.is_empty() && !was_known {
            return Self::refuse(format!("{addr} is no peer of {}", self.config.name));
        }
        done(format!("{} left {addr}", self.config.name))
    }
}

fn done(words: String) -> Answer {
    Some(Ok(Reply::Done(words)))
}
