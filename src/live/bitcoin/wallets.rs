//! The wallets that a lab holds on a node's chain, kept up with that chain by JSON-RPC.

use super::acts::{ActNews, Acts, refused};
use super::own::OwnWallet;
use crate::bitcoin::pay::LabKey;
use crate::bitcoin::tx::Transaction;
use crate::bitcoin::wallet::{Balance, CoinOf, Entry, LabWallets, Planned, WalletError};
use crate::chain::Txid;
use crate::node::io::{CommandError, EventKind, Payment, RefusalKind, Reply, SendPlan};
use crate::node::snapshot::{CoinInfo, HistoryEntry, PAGE_MAX, WalletInfo};
use crate::node::wallets::{secret_hex, wallet_key};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::sleep;

/// Transactions that wait and are fetched at once, to see whether they are of a wallet.
const FETCHED: usize = 500;

/// Blocks that are gone through at once.
const BLOCKS_A_LOOK: usize = 200;

/// Payments that are kept as they were sent.
const SENT: usize = 256;

/// How often, and how long each time, a node is asked whether it has taken a payment.
const LOOKS: (u32, Duration) = (40, Duration::from_millis(50));

impl Acts {
    /// Makes the wallets of these names, once it is known how the node writes addresses.
    pub(super) async fn open_wallets(&mut self) -> Result<(), CommandError> {
        if self.wallets.is_some() {
            return Ok(());
        }
        let own = self.find_own().await?;
        let mut wallets = LabWallets::new(self.form().await?, self.network);
        let is_own = |name: &str| own.as_ref().is_some_and(|own| own.name() == name);
        for name in self.names.iter().filter(|name| !is_own(name)) {
            let added = wallets.add(name, self.key(name));
            added.map_err(refusal)?;
        }
        let made = wallets
            .names()
            .map(|name| (name, wallets.address(name).unwrap_or_default()));
        let made: Vec<(String, String)> = made.map(|(name, at)| (name.to_owned(), at)).collect();
        self.own = own;
        for (name, address) in made {
            let made = EventKind::WalletCreated { name, address };
            self.tell(ActNews::Event(made)).await;
        }
        self.wallets = Some(wallets);
        Ok(())
    }

    /// Always the same for a name, in a lab.
    fn key(&self, name: &str) -> LabKey {
        LabKey::new(wallet_key(&self.key_seed, name))
    }

    pub(super) fn held(&self) -> Result<&LabWallets, CommandError> {
        let wallets = self.wallets.as_ref();
        wallets.ok_or_else(|| refused("its wallets are not known yet"))
    }

    /// Takes in what has happened to the node's chain and mempool, as far as it is about the wallets.
    pub(super) async fn follow(&mut self) -> Result<(), CommandError> {
        self.open_wallets().await?;
        let dialect = self.client.dialect().await?;
        let info = self.client.ask(&dialect.chain_info()).await?;
        let at = self.held()?.tip().map(|tip| (tip.height, tip.hash));
        if at != Some((info.blocks, info.best)) {
            self.leave_branch(info.blocks).await?;
            self.join_branch(info.blocks).await?;
        }
        self.hear_waiting().await?;
        // Last: it may be a server of its own, without which all else is known.
        self.follow_own().await
    }

    /// Takes blocks back that are not the node's any more.
    async fn leave_branch(&mut self, blocks: u32) -> Result<(), CommandError> {
        loop {
            let Some(tip) = self.held()?.tip() else {
                return Ok(());
            };
            if tip.height <= blocks && self.hash_at(tip.height).await? == tip.hash {
                return Ok(());
            }
            if let Some(wallets) = &mut self.wallets
                && wallets.disconnect().is_none()
            {
                wallets.restart();
            }
        }
    }

    /// So many at most: the rest at the next look, so that what is asked meanwhile is answered.
    async fn join_branch(&mut self, blocks: u32) -> Result<(), CommandError> {
        // A public chain is too long to be read, and new keys have nothing on it.
        let first = if self.network.is_private() { 1 } else { blocks };
        let from = self.held()?.tip().map_or(first, |tip| tip.height + 1);
        for height in (from..=blocks).take(BLOCKS_A_LOOK) {
            let hash = self.hash_at(height).await?;
            let block = self.block(hash).await?;
            if let Some(wallets) = &mut self.wallets
                && wallets.connect(height, &block).is_err()
            {
                // Its chain has become another one in between: the next look goes back as far.
                return Ok(());
            }
        }
        Ok(())
    }

    async fn hear_waiting(&mut self) -> Result<(), CommandError> {
        let dialect = self.client.dialect().await?;
        let listed = self.client.ask(&dialect.mempool()).await?;
        let is_whole = listed.left_out == 0;
        let waiting: BTreeSet<Txid> = listed.items.into_iter().collect();
        let gone = self
            .held()?
            .waiting()
            .filter(|txid| !waiting.contains(txid));
        let absent: BTreeSet<Txid> = gone.filter(|_| is_whole).collect();
        // A block may have come between two answers: what is gone is so twice in a row.
        let before = std::mem::replace(&mut self.absent, absent.clone());
        for txid in absent.intersection(&before).copied().collect::<Vec<_>>() {
            if !self.send_again(txid).await
                && let Some(wallets) = &mut self.wallets
            {
                wallets.gone(&txid);
            }
        }
        self.heard.retain(|txid| waiting.contains(txid));
        let news = waiting.difference(&self.heard).copied().take(FETCHED);
        for txid in news.collect::<Vec<_>>() {
            let found = self.client.ask(&dialect.transaction(txid)).await;
            // It may be in a block by now; otherwise it is asked for again at the next look.
            if let Ok(bytes) = found {
                self.takes(txid, bytes);
            }
        }
        Ok(())
    }

    /// A transaction waits at the node.
    fn takes(&mut self, txid: Txid, bytes: Vec<u8>) {
        self.heard.insert(txid);
        let now = self.client.now();
        let tx = Transaction::new(Bytes::from(bytes)).ok();
        if let (Some(wallets), Some(tx)) = (&mut self.wallets, tx) {
            wallets.waits(&tx, now);
        }
    }

    pub(super) fn infos(&self) -> Vec<WalletInfo> {
        let Some(wallets) = &self.wallets else {
            return Vec::new();
        };
        let info = |name: &str| {
            let balance = wallets.balance(name).unwrap_or_default();
            info(name, wallets.address(name).unwrap_or_default(), balance)
        };
        let own = self.own.iter().map(OwnWallet::info);
        own.chain(wallets.names().map(info)).collect()
    }

    pub(super) async fn make_wallet(&mut self, name: &str) -> Result<Reply, CommandError> {
        self.open_wallets().await?;
        if self.is_own(name) {
            let name = name.to_owned();
            return Err(refusal(WalletError::Exists { name }));
        }
        let key = self.key(name);
        if let Some(wallets) = &mut self.wallets {
            wallets.add(name, key).map_err(refusal)?;
            // It may have been paid before: in an earlier life of the node.
            wallets.restart();
        }
        self.heard.clear();
        self.follow().await?;
        let infos = self.infos();
        let made = infos.into_iter().find(|wallet| wallet.name == name);
        let made = made.ok_or_else(|| refused("it was not made"))?;
        let (name, address) = (made.name.clone(), made.address.clone());
        let told = EventKind::WalletCreated { name, address };
        self.tell(ActNews::Event(told)).await;
        Ok(Reply::Wallet(made))
    }

    /// Coins are those of the payer.
    fn shown(&self, planned: Planned) -> Result<SendPlan, CommandError> {
        let payer = self.held()?.address(&planned.payment.from);
        let payer = payer.unwrap_or_default();
        let inputs = planned.inputs.iter().map(|input| coin(*input, &payer));
        Ok(SendPlan {
            inputs: inputs.collect(),
            payment: Payment {
                fee: Some(planned.fee),
                ..planned.payment
            },
            address: planned.address,
            change: planned.change,
            fee: planned.fee,
            bytes: usize::try_from(planned.bytes).unwrap_or(usize::MAX),
            chosen_by_node: false,
        })
    }

    pub(super) fn plan(&self, payment: &Payment) -> Result<Reply, CommandError> {
        if self.is_own(&payment.from) {
            return Ok(Reply::Plan(self.plan_own(payment)?));
        }
        let payment = &self.resolved(payment);
        let planned = self.held()?.plan(payment).map_err(refusal)?;
        Ok(Reply::Plan(self.shown(planned)?))
    }

    /// Pays, by a transaction that is signed here.
    pub(super) async fn pay(&mut self, payment: &Payment) -> Result<Reply, CommandError> {
        self.follow().await?;
        if self.is_own(&payment.from) {
            return self.pay_own(payment).await;
        }
        let payment = &self.resolved(payment);
        let (planned, signed) = self.held()?.pay(payment).map_err(refusal)?;
        let dialect = self.client.dialect().await?;
        self.client.ask(&dialect.send(&signed.bytes)).await?;
        // From here on it may be paid, whatever is heard of it.
        self.takes(signed.txid, signed.bytes.clone());
        self.keep(signed.txid, signed.bytes.clone());
        if !dialect.judges_before_it_answers() {
            self.until_it_waits(signed.txid).await?;
        }
        let plan = self.shown(planned)?;
        Ok(self.paid(signed.txid, plan).await)
    }

    /// A payment is on its way: it is told, and is so whatever the node answers from here on.
    pub(super) async fn paid(&mut self, txid: Txid, plan: SendPlan) -> Reply {
        let payment = &plan.payment;
        let sent = EventKind::Sent {
            txid,
            from: payment.from.clone(),
            to: payment.to.clone(),
            amount: payment.amount,
        };
        self.tell(ActNews::Event(sent)).await;
        // What could not be asked is asked again at the next look.
        let _ = self.follow().await;
        Reply::Sent {
            txid,
            plan,
            announced_to: self.peer_count,
            withheld: false,
        }
    }

    /// Keeps a payment as it was sent; the oldest go.
    fn keep(&mut self, txid: Txid, bytes: Vec<u8>) {
        if self.sent.len() >= SENT {
            self.sent.pop_front();
        }
        self.sent.push_back((txid, bytes));
    }

    /// A payment whose block was left behind waits again, or so it should: bcoin with an empty mempool
    /// forgets it. Whether the node has it now.
    async fn send_again(&mut self, txid: Txid) -> bool {
        // Once: what it does not take any more spends what is spent.
        let place = self.sent.iter().position(|(sent, _)| *sent == txid);
        let Some((_, bytes)) = place.and_then(|at| self.sent.remove(at)) else {
            return false;
        };
        let Ok(dialect) = self.client.dialect().await else {
            return false;
        };
        let sent = self.client.ask(&dialect.send(&bytes)).await;
        let waits = sent.is_ok() && self.until_it_waits(txid).await.is_ok();
        if waits {
            self.keep(txid, bytes);
            let words = format!("payment ..{} was sent again", txid.short());
            self.tell(ActNews::Event(EventKind::Seen(words))).await;
        }
        waits
    }

    async fn until_it_waits(&mut self, txid: Txid) -> Result<(), CommandError> {
        let dialect = self.client.dialect().await?;
        let (looks, each) = LOOKS;
        for _ in 0..looks {
            let waiting = self.client.ask(&dialect.mempool()).await?.items;
            if waiting.contains(&txid) {
                return Ok(());
            }
            sleep(each).await;
        }
        Err(refused(format!(
            "it has not taken the payment ..{}, and does not say why",
            txid.short()
        )))
    }

    pub(super) fn history(
        &self,
        name: &str,
        skip: usize,
        limit: usize,
    ) -> Result<Reply, CommandError> {
        self.check_is_labs(name)?;
        let wallets = self.held()?;
        let entries = wallets.history(name).ok_or_else(|| no_wallet(name))?;
        let tip = wallets.tip().map_or(0, |tip| tip.height);
        let page = entries.skip(skip).take(limit.min(PAGE_MAX));
        Ok(Reply::History(page.map(|one| entry(one, tip)).collect()))
    }

    pub(super) fn coins(&self, of: &str) -> Result<Reply, CommandError> {
        self.check_is_labs(of)?;
        let wallets = self.held()?;
        // By its name, or by its address.
        let is_it = |name: &&str| *name == of || wallets.address(name).as_deref() == Some(of);
        let name = wallets.names().find(is_it).ok_or_else(|| no_wallet(of))?;
        let owner = wallets.address(name).unwrap_or_default();
        let coins = wallets.coins(name).into_iter();
        Ok(Reply::Coins(coins.map(|one| coin(one, &owner)).collect()))
    }

    pub(super) fn secret(&self, name: &str) -> Result<Reply, CommandError> {
        self.check_is_labs(name)?;
        let key = self.held()?.key(name).ok_or_else(|| no_wallet(name))?;
        Ok(Reply::Secret(secret_hex(key.secret())))
    }
}

fn no_wallet(name: &str) -> CommandError {
    let words = format!("there is no wallet {name:?} of the lab on this node");
    CommandError::new(RefusalKind::NoSuchWallet, words)
}

/// What its no is to those who asked.
fn refusal(error: WalletError) -> CommandError {
    let kind = match &error {
        WalletError::Exists { .. } | WalletError::KeyTaken { .. } => RefusalKind::Taken,
        WalletError::Unknown { .. } => RefusalKind::NoSuchWallet,
        WalletError::Empty { .. } | WalletError::Short { .. } | WalletError::NotYet { .. } => {
            RefusalKind::NotEnough
        }
        WalletError::Full | WalletError::SmallCoins { .. } => RefusalKind::Refused,
        _ => RefusalKind::Invalid,
    };
    CommandError::new(kind, error)
}

fn info(name: &str, address: String, balance: Balance) -> WalletInfo {
    WalletInfo {
        name: name.to_owned(),
        address,
        confirmed: balance.confirmed,
        immature: balance.immature,
        incoming: balance.incoming,
        outgoing: balance.outgoing,
        spendable: balance.spendable,
        unconfirmed: balance.unconfirmed,
    }
}

fn coin(coin: CoinOf, owner: &str) -> CoinInfo {
    CoinInfo {
        outpoint: coin.outpoint,
        amount: coin.amount,
        owner: owner.to_owned(),
        height: coin.height,
        coinbase: coin.coinbase,
    }
}

fn entry(entry: Entry, tip: u32) -> HistoryEntry {
    HistoryEntry {
        txid: entry.txid,
        block: entry.block,
        confirmations: entry
            .block
            .map_or(0, |block| tip.saturating_sub(block.height) + 1),
        at: entry.at,
        reward: entry.coinbase,
        received: entry.received,
        spent: entry.spent,
        fee: entry.fee,
        to: entry.to,
        conflicted: false,
        conflicts_with: None,
        why: None,
    }
}
