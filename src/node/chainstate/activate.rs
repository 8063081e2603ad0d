//! Moving the tip: plan on scratch, check, write, or mark what is bad and look again.

use super::outcome::{Activated, ChainChange};
use super::state::ChainState;
use crate::chain::block::Block;
use crate::chain::coins::{CoinChanges, Undo};
use crate::chain::headers::HeaderId;
use crate::chain::rules::{self, ConnectError, RuleError, UndoMismatch};
use crate::node::store::{Batch, BlockId, Store, StoreFault};
use rayon::prelude::*;
use std::sync::Arc;

/// Most blocks that one plan holds in memory, unless a reorganisation needs more at once.
const PLAN_BLOCKS: usize = 256;

/// A move of the tip that was checked and can be written.
struct TipMove {
    tip: HeaderId,
    coins: CoinChanges,
    undo: Vec<(BlockId, Option<Undo>)>,
    change: ChainChange,
}

enum PlanError {
    Invalid(HeaderId, RuleError),
    Store(StoreFault),
}

impl From<StoreFault> for PlanError {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

impl<S: Store> ChainState<S> {
    /// Moves the tip to the valid branch with most work, and commits `batch` on the way.
    pub(super) fn activate(&mut self, mut batch: Batch) -> Result<Activated, StoreFault> {
        let mut done = Activated::default();
        // Each round moves the tip up in work or marks a block, so there are only so many.
        while let Some(target) = self.tree().candidate() {
            match self.plan(target, &batch) {
                Ok(plan) => {
                    let change = self.write(std::mem::take(&mut batch), plan)?;
                    done.change = Some(match done.change {
                        Some(before) => before.then(change),
                        None => change,
                    });
                }
                Err(PlanError::Invalid(id, error)) => {
                    done.invalid.push((self.tree().entry(id).hash, error));
                    self.headers.mark_failed(&mut batch, id);
                }
                Err(PlanError::Store(fault)) => return self.headers.halt_on_fault(Err(fault)),
            }
        }
        self.headers.commit(batch)?;
        Ok(done)
    }

    /// Takes off the old branch and puts on the new one, on scratch.
    fn plan(&self, target: HeaderId, batch: &Batch) -> Result<TipMove, PlanError> {
        let tip = self.tree().tip();
        let fork = self.tree().fork_point(tip, target);
        let mut leaving = self.tree().path(fork, tip);
        leaving.reverse();
        let mut coming = self.tree().path(fork, target);
        coming.truncate(self.plan_len(&coming));
        let mut view = self.coin_view();
        let mut undo = Vec::with_capacity(leaving.len() + coming.len());

        let disconnected = self.load_bodies(&leaving, batch)?;
        for (id, block) in leaving.iter().zip(&disconnected) {
            let id = self.id(*id);
            let spent = self.store().undo(&id)?;
            spent
                .ok_or(UndoMismatch)
                .and_then(|spent| rules::disconnect_block(&mut view, block, id.height, &spent))
                .map_err(|e| self.store().damaged(format!("block {id}: {e}")))?;
            undo.push((id, None));
        }
        let connected = self.load_bodies(&coming, batch)?;
        for (at, block) in coming.iter().zip(&connected) {
            let id = self.id(*at);
            let (params, network) = (self.params(), self.network());
            rules::connect_block(&mut view, block, id.height, params, network, &self.sigs)
                .map(|spent| undo.push((id, Some(spent))))
                .map_err(|error| match error {
                    ConnectError::Rule(error) => PlanError::Invalid(*at, error),
                    ConnectError::Fault(fault) => PlanError::Store(fault),
                })?;
        }
        Ok(TipMove {
            tip: *coming.last().expect("a candidate is above the fork"),
            coins: view.into_changes(),
            undo,
            change: ChainChange {
                fork: self.id(fork),
                disconnected,
                connected,
            },
        })
    }

    /// How many of the blocks to connect go into one plan: as many as it takes to have more work
    /// than the tip, so that every commit is a step up, and a good number at least.
    fn plan_len(&self, coming: &[HeaderId]) -> usize {
        let tip_work = self.tree().entry(self.tree().tip()).work;
        let heavier = |id: &HeaderId| self.tree().entry(*id).work > tip_work;
        let enough = coming.iter().position(heavier).map_or(0, |at| at + 1);
        enough.max(PLAN_BLOCKS)
    }

    fn load_bodies(&self, ids: &[HeaderId], batch: &Batch) -> Result<Vec<Arc<Block>>, StoreFault> {
        let load = |id: &HeaderId| {
            let id = self.id(*id);
            let block = match batch.bodies.get(&id) {
                Some(Some(block)) => Arc::clone(block),
                _ => self.stored_body(&id)?,
            };
            block.txids();
            Ok(block)
        };
        match ids {
            [] => Ok(Vec::new()),
            [id] => load(id).map(|block| vec![block]),
            ids => ids.par_iter().map(load).collect(),
        }
    }

    pub(super) fn stored_body(&self, id: &BlockId) -> Result<Arc<Block>, StoreFault> {
        let body = self.store().body(id)?;
        body.ok_or_else(|| {
            self.store()
                .damaged(format!("the body of block {id} is missing"))
        })
    }

    fn write(&mut self, mut batch: Batch, plan: TipMove) -> Result<ChainChange, StoreFault> {
        batch.coins = plan.coins;
        batch.undo.extend(plan.undo);
        let connected = plan.change.connected.iter().map(AsRef::as_ref);
        let noted = self.note_filters(&mut batch, connected);
        self.headers.halt_on_fault(noted)?;
        self.headers.set_tip(&mut batch, plan.tip);
        self.headers.commit(batch)?;
        Ok(plan.change)
    }
}
