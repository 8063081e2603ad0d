//! TEMPORARY
#![allow(missing_docs)]
use super::io::{Payment, SendPlan};
use super::snapshot::*;
use super::*;
use crate::chain::*;
use std::sync::Arc;
pub type Rows = BTreeMap<String, Option<Vec<u8>>>;
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    #[error("{0}")]
    Store(StoreFault),
    #[error("{0}")]
    X(String),
}
impl WalletError {
    pub fn unknown(_n: &str, _w: &Wallets) -> Self {
        Self::X("no".into())
    }
}
pub struct Wallets {}
pub struct Draft(SendPlan);
impl Draft {
    pub fn plan(&self) -> &SendPlan {
        &self.0
    }
}
pub fn name_like(n: &str) -> String {
    n.into()
}
impl Wallets {
    pub fn open<S: Store>(_c: &ChainState<S>, _k: [u8; 32]) -> Result<Self, StoreFault> {
        Ok(Self {})
    }
    pub fn create<S: Store>(&mut self, _n: &str, _c: &ChainState<S>) -> Result<Rows, WalletError> {
        todo!()
    }
    pub fn import<S: Store>(
        &mut self,
        _n: &str,
        _s: &str,
        _c: &ChainState<S>,
    ) -> Result<Rows, WalletError> {
        todo!()
    }
    pub fn export(&self, _n: &str) -> Result<String, WalletError> {
        todo!()
    }
    pub fn plan<S: Store>(&self, _p: &Payment, _c: &ChainState<S>) -> Result<Draft, WalletError> {
        todo!()
    }
    pub fn pay<S: Store>(
        &self,
        _p: &Payment,
        _c: &ChainState<S>,
    ) -> Result<(Arc<Tx>, SendPlan), WalletError> {
        todo!()
    }
    pub fn sent(&mut self, _t: &Arc<Tx>, _w: &str, _n: Time) -> Rows {
        todo!()
    }
    pub fn unsend(&mut self, _t: &Txid) -> Rows {
        todo!()
    }
    pub fn chain_changed<S: Store>(&mut self, _c: &ChainChange, _h: &ChainState<S>) {}
    pub fn tx_added(&mut self, _t: &Arc<Tx>, _i: Txid, _n: Time) {}
    pub fn tx_removed(&mut self, _t: &Txid) {}
    pub fn unconfirmed(&self) -> impl Iterator<Item = (&Txid, &Arc<Tx>)> {
        std::iter::empty()
    }
    pub fn flush(&mut self) -> Rows {
        Rows::new()
    }
    pub fn first(&self) -> Option<&str> {
        None
    }
    pub fn owner(&self, _n: &str) -> Option<KeyHash> {
        Some(KeyHash([1; 20]))
    }
    pub fn info(&self) -> Vec<WalletInfo> {
        vec![]
    }
    pub fn history(
        &self,
        _n: &str,
        _s: usize,
        _l: usize,
    ) -> Result<Vec<HistoryEntry>, WalletError> {
        todo!()
    }
}
