//! The wallet that a node has by itself. Where a node runs that the lab has not started, a person has coins
//! there: it stands in for the wallet of the lab that is named after the node.
//!
//! The node knows its keys and chooses coins and fees; the lab asks what it holds, and has it pay.

use super::acts::{Acts, refused};
use crate::bitcoin::address::to_script;
use crate::bitcoin::rpc::{Listed, OwnBalance, Request};
use crate::chain::{Amount, Txid};
use crate::node::io::{CommandError, Payment, RefusalKind, Reply, SendPlan};
use crate::node::snapshot::WalletInfo;

/// A node's own wallet.
#[derive(Clone, Debug)]
pub(super) struct OwnWallet {
    /// As the lab calls it.
    name: String,
    /// As the node calls it; `None`: it has one alone.
    of: Option<String>,
    /// One of its addresses.
    address: String,
    balance: OwnBalance,
}

impl Acts {
    /// Looks for the node's own wallet, if it is to be used. None is no fault: the lab's takes its place.
    pub(super) async fn find_own(&mut self) -> Result<Option<OwnWallet>, CommandError> {
        let Some(name) = self.own_name.clone() else {
            return Ok(None);
        };
        let dialect = self.client.dialect().await?;
        let of = match dialect.wallets() {
            Err(_) => None,
            Ok(wallets) => match self.first_of(&wallets).await? {
                None => return Ok(None),
                first => first,
            },
        };
        let Ok(new_address) = dialect.new_address(of.as_deref()) else {
            return Ok(None);
        };
        // bcoin's is a server of its own, which may not run.
        let Ok(address) = self.client.ask(&new_address).await else {
            return Ok(None);
        };
        Ok(Some(OwnWallet {
            name,
            of,
            address,
            balance: OwnBalance::default(),
        }))
    }

    /// The first wallet that is loaded, if any is.
    async fn first_of(
        &mut self,
        wallets: &Request<Listed<String>>,
    ) -> Result<Option<String>, CommandError> {
        match self.client.ask(wallets).await {
            Ok(listed) => Ok(listed.items.into_iter().next()),
            // It was built or started without wallets.
            Err(error) if error.kind == RefusalKind::Refused => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks it what it holds.
    pub(super) async fn follow_own(&mut self) -> Result<(), CommandError> {
        let Some(own) = self.own.clone() else {
            return Ok(());
        };
        let dialect = self.client.dialect().await?;
        let balance = dialect.balance(own.of.as_deref()).map_err(refused)?;
        let mut balance = self.client.ask(&balance).await?;
        if let Some(with_waiting) = dialect.balance_with_waiting() {
            let all = self.client.ask(&with_waiting).await?;
            balance = balance.with_waiting(all);
        }
        if let Some(own) = &mut self.own {
            own.balance = balance;
        }
        Ok(())
    }

    /// The node's own wallet, if a payment comes from it.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.own.as_ref().is_some_and(|own| own.name == name)
    }

    /// That what is asked about a wallet is asked about one of the lab's.
    pub(super) fn check_is_labs(&self, name: &str) -> Result<(), CommandError> {
        let own = self.own.as_ref();
        match own.is_some_and(|own| own.name == name || own.address == name) {
            true => Err(refused("it is the node's own wallet: ask the node")),
            false => Ok(()),
        }
    }

    /// The same payment, to the address of the node's own wallet if it is named.
    pub(super) fn resolved(&self, payment: &Payment) -> Payment {
        let mut payment = payment.clone();
        if let Some(own) = self.own.as_ref().filter(|own| own.name == payment.to) {
            payment.to.clone_from(&own.address);
        }
        payment
    }

    /// What is known of a payment before the node makes it.
    pub(super) fn plan_own(&self, payment: &Payment) -> Result<SendPlan, CommandError> {
        if payment.fee.is_some() {
            let words = "the node's own wallet chooses the fee: leave it out";
            return Err(CommandError::new(RefusalKind::Invalid, words));
        }
        Ok(SendPlan {
            payment: payment.clone(),
            address: self.payee(&payment.to)?,
            inputs: Vec::new(),
            change: Amount::ZERO,
            fee: Amount::ZERO,
            bytes: 0,
            chosen_by_node: true,
        })
    }

    /// Where a payment goes: a wallet's address, or the address itself.
    fn payee(&self, to: &str) -> Result<String, CommandError> {
        let own = self.own.as_ref().filter(|own| own.name == to);
        let held = || self.wallets.as_ref()?.address(to);
        if let Some(address) = own.map(|own| own.address.clone()).or_else(held) {
            return Ok(address);
        }
        let invalid = |error| CommandError::new(RefusalKind::Invalid, error);
        to_script(to, self.network).map_err(invalid)?;
        Ok(to.to_owned())
    }

    /// Has the node pay.
    pub(super) async fn pay_own(&mut self, payment: &Payment) -> Result<Reply, CommandError> {
        let plan = self.plan_own(payment)?;
        let of = self.own.as_ref().and_then(|own| own.of.clone());
        let dialect = self.client.dialect().await?;
        let pay = dialect.pay(of.as_deref(), &plan.address, payment.amount);
        let txid: Txid = self.client.ask(&pay.map_err(refused)?).await?;
        Ok(self.paid(txid, plan).await)
    }
}

impl OwnWallet {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn info(&self) -> WalletInfo {
        let balance = self.balance;
        WalletInfo {
            name: self.name.clone(),
            address: self.address.clone(),
            confirmed: balance.confirmed,
            immature: balance.immature,
            incoming: balance.incoming,
            outgoing: balance.outgoing,
            spendable: balance.spendable(),
            unconfirmed: 0,
        }
    }
}
