//! Proves a whole store sound, or says what is not: replays the chain from the genesis block with
//! every check there is, and compares what comes out with what is stored. Coins and undo data
//! follow from the blocks, so they can be rebuilt; a block cannot.

use super::chainstate::{ATTACKER_PARAMS_KEY, LIGHT_PARAMS_KEY, PARAMS_KEY};
use super::store::{Batch, BlockId, HeaderRecord, Store, StoreFault};
use crate::chain::block::BlockTime;
use crate::chain::codec;
use crate::chain::coins::{CoinChanges, CoinSource, CoinView, Undo};
use crate::chain::rules::{self, ConnectError, RuleError};
use crate::chain::{Amount, Block, BlockHash, Coin, Cursor, OutPoint, Params, SigCache};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

/// Rows that one commit of a rebuild writes, so that a large repair needs little memory.
const REBUILD_ROWS: usize = 10_000;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The tip that the store names, up to which the chain was replayed.
    pub tip: BlockId,
    /// Coins that should exist there.
    pub coins: usize,
    /// Their sum.
    pub supply: Amount,
    /// What does not fit, in the order in which it was found. Empty: the store is sound.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether [`rebuild`] can mend all that is wrong.
    pub fn can_be_rebuilt(&self) -> bool {
        self.problems.iter().all(Problem::can_be_rebuilt)
    }
}

/// Something in a store that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The store names no tip or belongs to another network, or its headers make no chain.
    Chain(String),
    /// A block of the chain is missing or breaks a rule.
    Block(BlockId, String),
    /// Undo data is missing, is not what the block spent, or is that of no block on the chain.
    Undo(BlockId),
    /// A coin that should exist is missing, or differs.
    MissingCoin(OutPoint),
    /// A coin is stored that should not exist.
    ExtraCoin(OutPoint),
}

impl Problem {
    fn can_be_rebuilt(&self) -> bool {
        !matches!(self, Self::Chain(_) | Self::Block(..))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(problem) => f.write_str(problem),
            Self::Block(id, problem) => write!(f, "block {id}: {problem}"),
            Self::Undo(id) => write!(
                f,
                "block {id}: the undo data is wrong, missing or left over"
            ),
            Self::MissingCoin(at) => write!(f, "coin {}:{} is missing", at.txid, at.index),
            Self::ExtraCoin(at) => write!(f, "coin {}:{} should not exist", at.txid, at.index),
        }
    }
}

/// Replays the chain in `store` and compares headers, bodies, undo data, tip and coins, and so the supply.
///
/// Memory grows with the coins that exist, time with all that ever happened.
///
/// # Errors
/// [`StoreFault`], when the store cannot be read. What was read and does not fit is in the
/// report.
pub fn check<S: Store + ?Sized>(store: &S, params: &Params) -> Result<Report, StoreFault> {
    replay(store, params, &mut |_| ())
}

/// Writes the coins and undo data that follow from the stored blocks wherever others are stored,
/// and checks again. A large repair is several commits: one that was cut short can be run again. Blocks and headers are not touched; while one of them is at fault, nothing
/// is.
///
/// # Errors
/// [`StoreFault`], when the store cannot be read or written.
pub fn rebuild<S: Store + ?Sized>(store: &mut S, params: &Params) -> Result<Report, StoreFault> {
    let mut fixes: Vec<Fix> = Vec::new();
    let report = replay(store, params, &mut |fix| fixes.push(fix))?;
    if report.is_sound() || !report.can_be_rebuilt() {
        return Ok(report);
    }
    let mut batch = Batch::default();
    for (done, fix) in (1..).zip(fixes) {
        match fix {
            Fix::Undo(id, undo) => drop(batch.undo.insert(id, undo)),
            Fix::Coin(at, coin) => batch.coins.push((at, coin)),
        }
        if done % REBUILD_ROWS == 0 {
            store.commit(std::mem::take(&mut batch))?;
        }
    }
    batch.durable = true;
    store.commit(batch)?;
    check(store, params)
}

/// What it takes to mend a problem.
enum Fix {
    Undo(BlockId, Option<Undo>),
    Coin(OutPoint, Option<Coin>),
}

type OnFix<'a> = dyn FnMut(Fix) + 'a;

fn replay<S: Store + ?Sized>(
    store: &S,
    params: &Params,
    on_fix: &mut OnFix<'_>,
) -> Result<Report, StoreFault> {
    let genesis = params.genesis_block();
    let id = BlockId {
        height: 0,
        hash: genesis.hash(),
    };
    let mut replay = Replay {
        store,
        params,
        network: id.hash,
        coins: rules::made_coins(&genesis, 0, 0).collect(),
        aside: Vec::new(),
        report: Report {
            tip: id,
            coins: 0,
            supply: Amount::ZERO,
            problems: Vec::new(),
        },
    };
    if let Some(chain) = replay.find_chain(id)? {
        let mut cursor = Cursor::genesis(params, id.hash);
        for (id, record) in chain {
            if !replay.connect(&mut cursor, id, &record, on_fix)? {
                break;
            }
        }
        if replay.report.can_be_rebuilt() {
            replay.find_left_undo(on_fix)?;
            replay.compare_coins(on_fix)?;
            replay.find_missing_bodies()?;
        }
    }
    replay.report.coins = replay.coins.0.len();
    let amounts = replay.coins.0.values().map(|coin| coin.amount);
    replay.report.supply = Amount::checked_sum(amounts).unwrap_or(Amount::MAX);
    Ok(replay.report)
}

fn parent(id: BlockId, record: &HeaderRecord) -> Option<BlockId> {
    let height = id.height.checked_sub(1)?;
    let hash = record.header.previous;
    Some(BlockId { height, hash })
}

/// The coins that should exist after the blocks so far.
struct Coins(BTreeMap<OutPoint, Coin>);

impl FromIterator<(OutPoint, Coin)> for Coins {
    fn from_iter<I: IntoIterator<Item = (OutPoint, Coin)>>(coins: I) -> Self {
        Self(coins.into_iter().collect())
    }
}

impl CoinSource for Coins {
    type Fault = Infallible;

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, Infallible> {
        Ok(outpoints.iter().map(|at| self.0.get(at).copied()).collect())
    }
}

struct Replay<'a, S: ?Sized> {
    store: &'a S,
    params: &'a Params,
    network: BlockHash,
    coins: Coins,
    /// Headers that are not on the chain, and the genesis block: they have no undo data.
    aside: Vec<(BlockId, HeaderRecord)>,
    report: Report,
}

impl<S: Store + ?Sized> Replay<'_, S> {
    /// The headers from above the genesis block to the tip, if there are such.
    fn find_chain(
        &mut self,
        genesis: BlockId,
    ) -> Result<Option<Vec<(BlockId, HeaderRecord)>>, StoreFault> {
        if self.store.meta(PARAMS_KEY)? != Some(codec::encode(self.params)) {
            let is_there = |key| self.store.meta(key).map(|row| row.is_some());
            let problem = if is_there(LIGHT_PARAMS_KEY)? {
                "the store is a light node's: it holds headers and no blocks"
            } else if is_there(ATTACKER_PARAMS_KEY)? {
                "the store is an attacker's: its blocks may spend coins that never existed"
            } else {
                "the store holds the chain of another network"
            };
            self.problem(problem.to_owned());
            return Ok(None);
        }
        let Some(tip) = self.store.tip()? else {
            self.problem("the store names no tip".to_owned());
            return Ok(None);
        };
        self.report.tip = tip;
        let mut headers = BTreeMap::new();
        self.store.each_header(&mut |id, record| {
            headers.insert(id, record);
        })?;
        let mut chain = Vec::new();
        let mut at = tip;
        while at != genesis {
            let record = headers.get(&at);
            let Some((record, parent)) = record.zip(record.and_then(|row| parent(at, row))) else {
                self.problem(format!("header {at} of the chain is missing"));
                return Ok(None);
            };
            chain.push((at, *record));
            at = parent;
        }
        chain.reverse();
        self.find_orphans(genesis, &headers);
        for (id, _) in &chain {
            headers.remove(id);
        }
        self.aside = headers.into_iter().collect();
        Ok(Some(chain))
    }

    /// Headers on no other: they keep a node from opening the store.
    fn find_orphans(&mut self, genesis: BlockId, headers: &BTreeMap<BlockId, HeaderRecord>) {
        for (id, record) in headers {
            let fits = |parent| parent == genesis || headers.contains_key(&parent);
            if *id != genesis && !parent(*id, record).is_some_and(fits) {
                self.problem(format!("header {id} does not fit on any other"));
            }
        }
    }

    /// Checks and connects one block. `false`: there is no going on.
    fn connect(
        &mut self,
        cursor: &mut Cursor,
        id: BlockId,
        record: &HeaderRecord,
        on_fix: &mut OnFix<'_>,
    ) -> Result<bool, StoreFault> {
        let Some(block) = self.store.body(&id)? else {
            return Ok(self.bad_block(id, "the body is missing".to_owned()));
        };
        let (changes, undo) = match self.judge(cursor, id, record, &block) {
            Ok(judged) => judged,
            Err(error) => return Ok(self.bad_block(id, error.to_string())),
        };
        if usize::try_from(record.body_len) != Ok(block.encoded_len()) {
            return Ok(self.bad_block(id, "the header's row has another length".to_owned()));
        }
        if block.hash() != id.hash || record.failed {
            return Ok(self.bad_block(id, "is not the block that was accepted".to_owned()));
        }
        for (at, coin) in changes {
            match coin {
                Some(coin) => self.coins.0.insert(at, coin),
                None => self.coins.0.remove(&at),
            };
        }
        cursor.advance(&record.header, id.hash, self.params);
        if self.store.undo(&id)?.as_ref() != Some(&undo) {
            self.report.problems.push(Problem::Undo(id));
            on_fix(Fix::Undo(id, Some(undo)));
        }
        Ok(true)
    }

    /// What a block does to the coins, and how to undo it, if it breaks no rule.
    fn judge(
        &self,
        cursor: &Cursor,
        id: BlockId,
        record: &HeaderRecord,
        block: &Block,
    ) -> Result<(CoinChanges, Undo), RuleError> {
        // Any time is past enough: only the order of times can still be wrong.
        let now = BlockTime(u64::MAX);
        cursor.check_next(&record.header, self.params, now)?;
        rules::check_block(block, self.params)?;
        rules::check_block_context(block, id.height)?;
        let sigs = SigCache::with_shards(1);
        let mut view = CoinView::new(&self.coins);
        let (params, network) = (self.params, self.network);
        let connected = rules::connect_block(&mut view, block, id.height, params, network, &sigs);
        let undo = connected.map_err(|error| match error {
            ConnectError::Rule(error) => error,
            ConnectError::Fault(never) => match never {},
        })?;
        Ok((view.into_changes(), undo))
    }

    fn find_missing_bodies(&mut self) -> Result<(), StoreFault> {
        for (id, record) in std::mem::take(&mut self.aside) {
            if record.body_len > 0 && self.store.body(&id)?.is_none() {
                self.bad_block(id, "the body is missing".to_owned());
            }
        }
        Ok(())
    }

    fn find_left_undo(&mut self, on_fix: &mut OnFix<'_>) -> Result<(), StoreFault> {
        for (id, _) in self.aside.clone() {
            if self.store.undo(&id)?.is_some() {
                self.report.problems.push(Problem::Undo(id));
                on_fix(Fix::Undo(id, None));
            }
        }
        Ok(())
    }

    fn compare_coins(&mut self, on_fix: &mut OnFix<'_>) -> Result<(), StoreFault> {
        let mut missing = self.coins.0.clone();
        let mut extra = Vec::new();
        self.store.each_coin(&mut |at, coin| {
            if missing.get(&at) == Some(&coin) {
                missing.remove(&at);
            } else if !missing.contains_key(&at) {
                extra.push(at);
            }
        })?;
        for (at, coin) in missing {
            self.report.problems.push(Problem::MissingCoin(at));
            on_fix(Fix::Coin(at, Some(coin)));
        }
        for at in extra {
            self.report.problems.push(Problem::ExtraCoin(at));
            on_fix(Fix::Coin(at, None));
        }
        Ok(())
    }

    fn problem(&mut self, problem: String) {
        self.report.problems.push(Problem::Chain(problem));
    }

    fn bad_block(&mut self, id: BlockId, problem: String) -> bool {
        self.report.problems.push(Problem::Block(id, problem));
        false
    }
}
