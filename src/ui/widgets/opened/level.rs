//! What was opened: a block, a transaction, or a wallet's history, one upon the other.
//!
//! Each asks for itself and keeps what came. When the node's tip becomes another it asks again:
//! a block for its confirmations, a history for what is new, a transaction only while it waits
//! or after a reorganisation, as finding one may take the node a while.

use crate::chain::merkle::MerkleProof;
use crate::chain::{BlockHash, Txid};
use crate::node::io::Reply;
use crate::node::snapshot::{BlockDetail, HistoryEntry, TxDetail, TxProof, WalletInfo};
use crate::node::{BlockId, Time};
use crate::ui::viewer::{Fetch, HISTORY_PAGE};
use crate::ui::widgets::list::{Cursor, Target};
use crate::ui::widgets::subject::Subject;

/// Lines of a block before its transactions.
pub(super) const BLOCK_FIELDS: usize = 9;

/// Something that was opened.
pub(super) struct Level {
    pub target: Target,
    pub content: Content,
    pub cursor: Cursor,
    /// How the node was when it was asked last.
    as_of: Option<AsOf>,
}

#[derive(PartialEq, Eq)]
struct AsOf {
    tip: BlockHash,
    reorganised: Option<Time>,
    /// For a history, what its wallet holds: that changes with every payment.
    wallet: Option<WalletInfo>,
}

/// What is known of it.
pub(super) enum Content {
    Waiting,
    Failed(String),
    Block(Box<BlockDetail>),
    Tx(Box<OpenTx>),
    History(History),
}

/// A transaction, and its place in its block.
pub(super) struct OpenTx {
    pub detail: TxDetail,
    /// Its block is on the chain.
    pub is_active: bool,
    pub proof: Proof,
}

/// Whether a transaction is what its block's header commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Unknown,
    Asked,
    /// It is: this leads from it to the root.
    Holds(Box<TxProof>),
    /// It is not.
    Fails,
    /// The node shows only a part of such a block.
    TooLarge,
}

/// What a wallet did, newest first.
#[derive(Default)]
pub(super) struct History {
    pub entries: Vec<HistoryEntry>,
    /// There are no older ones.
    pub is_whole: bool,
    /// The same as of now, as far as it came.
    fresh: Option<Vec<HistoryEntry>>,
}

impl Level {
    pub fn new(target: Target) -> Self {
        Self {
            target,
            content: Content::Waiting,
            cursor: Cursor::default(),
            as_of: None,
        }
    }

    /// A transaction of a block that is open already.
    pub fn of_block(subject: Subject<'_>, block: &BlockDetail, detail: &TxDetail) -> Self {
        let mut level = Self::new(Target::Tx(detail.txid));
        level.content = Content::Tx(Box::new(OpenTx {
            detail: detail.clone(),
            is_active: block.active,
            proof: prove(block, detail.txid),
        }));
        level.as_of = as_of(subject, &level.target);
        level
    }

    /// Asks anew for what could not be had.
    pub fn retry(&mut self) {
        if let Content::Failed(_) = self.content {
            self.content = Content::Waiting;
            self.as_of = None;
        }
    }

    /// The same was asked before and is not answered yet: asks again when it is.
    pub fn postpone(&mut self) {
        self.as_of = None;
    }

    /// The node runs again: what was asked before is not answered any more.
    pub fn restarted(&mut self) {
        self.retry();
        self.as_of = None;
        match &mut self.content {
            Content::History(history) => history.fresh = None,
            Content::Tx(tx) if tx.proof == Proof::Asked => tx.proof = Proof::Unknown,
            _ => {}
        }
    }

    /// Time went back: what is known of it may only come to be so.
    pub fn went_back(&mut self) {
        (self.content, self.as_of) = (Content::Waiting, None);
    }

    /// What has to be asked for.
    pub fn wanted(&mut self, subject: Subject<'_>) -> Option<Fetch> {
        let now = as_of(subject, &self.target);
        let is_new = now != self.as_of;
        let fetch = match (&self.target, &mut self.content) {
            (_, Content::Failed(_)) => None,
            (Target::Block(hash), _) => is_new.then_some(Fetch::Block(subject.ix, *hash)),
            (Target::Tx(txid), Content::Tx(tx)) => match tx.detail.block {
                Some(block) if !is_moved(&now, &self.as_of) || !tx.is_active => {
                    tx.wants_block(subject, block)
                }
                _ => is_new.then_some(Fetch::Tx(subject.ix, *txid)),
            },
            (Target::Tx(txid), _) => is_new.then_some(Fetch::Tx(subject.ix, *txid)),
            (Target::History(name), content) => {
                let skip = match content {
                    Content::History(history) => history.wanted(is_new, &self.cursor),
                    _ => is_new.then_some(0),
                };
                skip.map(|skip| Fetch::History {
                    node: subject.ix,
                    name: name.clone(),
                    skip,
                })
            }
        };
        if fetch.is_some() {
            self.as_of = now;
        }
        fetch
    }

    /// Takes an answer, if it is one to what this asked.
    pub fn fetched(&mut self, subject: Subject<'_>, fetch: &Fetch, reply: Result<Reply, String>) {
        let reply = match reply {
            Ok(reply) => reply,
            Err(why) => return self.failed(subject, fetch, why),
        };
        match (&self.target, fetch, reply) {
            (Target::Block(hash), Fetch::Block(_, asked), Reply::Block(block)) if hash == asked => {
                if let Content::Waiting | Content::Failed(_) = self.content {
                    // The first transaction, below the header.
                    self.cursor = Cursor::at(BLOCK_FIELDS);
                }
                self.content = Content::Block(block);
            }
            (Target::Tx(txid), Fetch::Tx(_, asked), Reply::Tx(detail)) if txid == asked => {
                let proof = match (&self.content, &detail.proof) {
                    // A light node has the proof, and no block to find it in.
                    (_, Some(proof)) => Proof::of(proof.clone()),
                    (Content::Tx(tx), None) if tx.detail.block == detail.block => tx.proof.clone(),
                    _ => Proof::Unknown,
                };
                self.content = Content::Tx(Box::new(OpenTx {
                    detail: *detail,
                    is_active: true,
                    proof,
                }));
            }
            (Target::Tx(txid), Fetch::Block(_, hash), Reply::Block(block)) => {
                if let Content::Tx(tx) = &mut self.content
                    && tx.detail.block.is_some_and(|id| id.hash == *hash)
                {
                    tx.proof = prove(&block, *txid);
                }
            }
            (
                Target::History(name),
                Fetch::History {
                    name: asked, skip, ..
                },
                Reply::History(page),
            ) if name == asked => {
                if !matches!(self.content, Content::History(_)) {
                    self.content = Content::History(History::default());
                }
                if let Content::History(history) = &mut self.content {
                    history.take(*skip, page);
                }
            }
            _ => {}
        }
    }

    fn failed(&mut self, subject: Subject<'_>, fetch: &Fetch, why: String) {
        let is_mine = match (&self.target, fetch) {
            (Target::Block(hash), Fetch::Block(_, asked)) => hash == asked,
            (Target::Tx(txid), Fetch::Tx(_, asked)) => txid == asked,
            (Target::History(name), Fetch::History { name: asked, .. }) => name == asked,
            _ => false,
        };
        // What was seen before a node went down stays to be looked at.
        let is_shown = !matches!(self.content, Content::Waiting | Content::Failed(_));
        if is_mine && (subject.is_up() || !is_shown) {
            self.content = Content::Failed(why);
        }
    }
}

impl Proof {
    /// A way that leads elsewhere is none.
    fn of(proof: Box<TxProof>) -> Self {
        match proof.holds {
            true => Self::Holds(proof),
            false => Self::Fails,
        }
    }
}

impl OpenTx {
    fn wants_block(&mut self, subject: Subject<'_>, block: BlockId) -> Option<Fetch> {
        if self.proof != Proof::Unknown {
            return None;
        }
        self.proof = Proof::Asked;
        Some(Fetch::Block(subject.ix, block.hash))
    }
}

impl History {
    /// How many entries to leave out of the next question.
    fn wanted(&mut self, is_new: bool, cursor: &Cursor) -> Option<usize> {
        if is_new {
            self.fresh = Some(Vec::new());
            return Some(0);
        }
        if let Some(fresh) = &self.fresh {
            // The next page of what is read anew; nothing, while the first is on its way.
            return (!fresh.is_empty()).then_some(fresh.len());
        }
        let is_near = cursor.place() + HISTORY_PAGE / 2 >= self.entries.len();
        (is_near && !self.is_whole).then_some(self.entries.len())
    }

    fn take(&mut self, skip: usize, page: Vec<HistoryEntry>) {
        let is_last = page.len() < HISTORY_PAGE;
        match &mut self.fresh {
            Some(fresh) if skip == fresh.len() => {
                fresh.extend(page);
                if is_last || fresh.len() >= self.entries.len() {
                    self.entries = self.fresh.take().unwrap_or_default();
                    self.is_whole = is_last;
                }
            }
            None if skip == self.entries.len() => {
                self.entries.extend(page);
                self.is_whole = is_last;
            }
            // An answer to an older question.
            _ => {}
        }
    }
}

fn as_of(subject: Subject<'_>, target: &Target) -> Option<AsOf> {
    let snapshot = subject.snapshot?;
    let wallet = match target {
        Target::History(name) => snapshot.wallets.iter().find(|wallet| wallet.name == *name),
        Target::Block(_) | Target::Tx(_) => None,
    };
    Some(AsOf {
        tip: snapshot.tip.hash,
        reorganised: subject.node.reorganised.map(|(at, _)| at),
        wallet: wallet.cloned(),
    })
}

/// Whether blocks were left behind in between.
fn is_moved(now: &Option<AsOf>, before: &Option<AsOf>) -> bool {
    match (now, before) {
        (Some(now), Some(before)) => now.reorganised != before.reorganised,
        _ => true,
    }
}

/// Works out the way from a transaction to its block's root, and goes it.
fn prove(block: &BlockDetail, txid: Txid) -> Proof {
    let txids: Vec<Txid> = block.txs.iter().map(|tx| tx.txid).collect();
    if block.info.txs.map(|txs| txs + 1) != Some(txids.len()) {
        return Proof::TooLarge;
    }
    let at = txids.iter().position(|other| *other == txid);
    let at = at.and_then(|at| u32::try_from(at).ok());
    match at.and_then(|at| MerkleProof::new(&txids, at)) {
        Some(proof) => Proof::of(TxProof::of(&proof, txid, block.merkle_root).into()),
        None => Proof::Fails,
    }
}
