//! What a message says, in little: for people who watch the messages of a node.
//!
//! A summary is made of every message that comes and goes, so it costs next to nothing: numbers are
//! copied, of lists the first [`FIRST_MAX`] entries, and nothing is hashed or put into words. It is
//! put into words ([`MessageSummary::fields`]) only for the message that is looked at. What takes hashing
//! is not in it: of headers there is the hash of the parent and not their own.

mod fields;

use super::{
    FeeRates, FilterRange, Item, Locator, Message, ProofPlace, ProofQuery, Role, Services, Text,
};
use crate::chain::{Amount, Block, BlockHash, BlockTime, Header, KeyHash, Tx};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Entries of a list that a summary shows: as many as have a line each on a small screen.
pub const FIRST_MAX: usize = 8;

/// What a message says: all of a short one, and the beginning of a long one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageSummary {
    /// Its command says it all: `getaddr`; and `verack`, whose signature is not for people.
    #[default]
    Nothing,
    /// A `version`.
    Version(Box<VersionSummary>),
    /// The number of a `ping` or `pong`.
    Nonce(u64),
    /// An `inv`, `getdata` or `notfound`.
    Items {
        /// Things in it.
        count: usize,
        /// The first of them.
        first: Vec<Item>,
    },
    /// A `getheaders` or `getblocks`.
    Locator {
        /// Hashes in it.
        count: usize,
        /// The first: the end of the sender's chain, or its parent.
        first: Option<BlockHash>,
        /// The last one wanted; `None`: as many as there are.
        stop: Option<BlockHash>,
    },
    /// `headers`.
    Headers {
        /// Headers in it.
        count: usize,
        /// The first.
        first: Option<HeaderSummary>,
        /// The last, if there are two or more.
        last: Option<HeaderSummary>,
    },
    /// A `block`. Its own hash is the item of the message.
    Block {
        /// What its header says.
        header: HeaderSummary,
        /// The number that solves it.
        nonce: u64,
        /// Transactions in it, with the coinbase.
        txs: usize,
    },
    /// A `tx`. Its own id is the item of the message.
    Tx {
        /// Coins that it spends.
        inputs: usize,
        /// Coins that it makes.
        outputs: usize,
        /// What they are worth together; `None`: more than any amount.
        amount: Option<Amount>,
        /// The lowest height that may contain it; 0: any.
        lock_time: u32,
    },
    /// An `addr`.
    Addrs {
        /// Addresses in it.
        count: usize,
        /// The first of them.
        first: Vec<SocketAddr>,
    },
    /// A `getcfheaders` or `getcfilters`, or the answer to it.
    Filters {
        /// Of which blocks.
        range: FilterRange,
        /// Filters in the answer; `None`: it is the question.
        count: Option<usize>,
    },
    /// A `watch`.
    Watch {
        /// Addresses in it.
        count: usize,
        /// Whose the first of them are.
        first: Vec<KeyHash>,
    },
    /// A `getproofs`, or the answer to it.
    Proofs {
        /// Of which blocks.
        query: ProofQuery,
        /// Proofs in the answer; `None`: it is the question.
        count: Option<usize>,
        /// Where the rest begins.
        next: Option<ProofPlace>,
    },
    /// A `feefilter`.
    Fees(FeeRates),
    /// A `reject`.
    Reject {
        /// Command of the message that was refused.
        command: Text,
        /// What that was about.
        item: Option<Item>,
        /// Why, in words.
        why: Text,
    },
}

/// What a `version` says, but for what only proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSummary {
    /// Program and version, with the node's name.
    pub user_agent: Text,
    /// Of the messages.
    pub protocol: u32,
    /// Height of its tip.
    pub height: u32,
    /// What it is there for.
    pub role: Role,
    /// Where it can be reached.
    pub listen: Option<SocketAddr>,
    /// A number that was never used before.
    pub nonce: u64,
    /// What it does for others; `None`: not in words of chainlab.
    #[serde(default)]
    pub services: Option<Services>,
    /// Whether it wants to hear of transactions.
    #[serde(default = "yes")]
    pub wants_txs: bool,
}

const fn yes() -> bool {
    true
}

/// What a header says without being hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderSummary {
    /// The block that it builds on.
    pub previous: BlockHash,
    /// When it was made, as its miner claims.
    pub time: BlockTime,
    /// Its target, in compact form.
    pub bits: u32,
}

impl From<&Header> for HeaderSummary {
    fn from(header: &Header) -> Self {
        Self {
            previous: header.previous,
            time: header.time,
            bits: header.bits.0,
        }
    }
}

impl Message {
    /// What it says, in little.
    pub fn summary(&self) -> MessageSummary {
        match self {
            Self::Version(version) => MessageSummary::Version(Box::new(VersionSummary {
                user_agent: version.user_agent.clone(),
                protocol: version.protocol,
                height: version.height,
                role: version.role,
                listen: version.listen,
                nonce: version.nonce,
                services: Some(version.services),
                wants_txs: version.wants_txs,
            })),
            Self::Verack(_) | Self::GetAddr => MessageSummary::Nothing,
            Self::Ping(nonce) | Self::Pong(nonce, _) => MessageSummary::Nonce(*nonce),
            Self::Addr(addrs) => MessageSummary::Addrs {
                count: addrs.len(),
                first: beginning(addrs),
            },
            Self::Inv(items) | Self::GetData(items) | Self::NotFound(items) => {
                MessageSummary::Items {
                    count: items.len(),
                    first: beginning(items),
                }
            }
            Self::GetHeaders(locator) | Self::GetBlocks(locator) => of_locator(locator),
            Self::Headers(headers) => MessageSummary::Headers {
                count: headers.len(),
                first: headers.first().map(HeaderSummary::from),
                last: headers[1.min(headers.len())..]
                    .last()
                    .map(HeaderSummary::from),
            },
            Self::Block(block) => of_block(block),
            Self::Tx(tx) => of_tx(tx),
            Self::Reject(reject) => MessageSummary::Reject {
                command: reject.command.clone(),
                item: reject.item,
                why: reject.why.clone(),
            },
            Self::GetCFHeaders(range) | Self::GetCFilters(range) => of_filters(*range, None),
            Self::CFHeaders(said) => of_filters(said.range, Some(said.hashes.len())),
            Self::CFilters(said) => of_filters(said.range, Some(said.filters.len())),
            Self::Watch(owners) => MessageSummary::Watch {
                count: owners.len(),
                first: beginning(owners),
            },
            Self::GetProofs(query) => MessageSummary::Proofs {
                query: *query,
                count: None,
                next: None,
            },
            Self::Proofs(said) => MessageSummary::Proofs {
                query: said.query,
                count: Some(said.proven.len()),
                next: said.next,
            },
            Self::FeeFilter(rates) => MessageSummary::Fees(*rates),
        }
    }
}

const fn of_filters(range: FilterRange, count: Option<usize>) -> MessageSummary {
    MessageSummary::Filters { range, count }
}

fn beginning<T: Copy>(list: &[T]) -> Vec<T> {
    list.iter().take(FIRST_MAX).copied().collect()
}

fn of_locator(locator: &Locator) -> MessageSummary {
    MessageSummary::Locator {
        count: locator.have.len(),
        first: locator.have.first().copied(),
        stop: (locator.stop != BlockHash::ZERO).then_some(locator.stop),
    }
}

fn of_block(block: &Block) -> MessageSummary {
    let header = block.header();
    MessageSummary::Block {
        header: header.into(),
        nonce: header.nonce,
        txs: block.txs().len(),
    }
}

fn of_tx(tx: &Tx) -> MessageSummary {
    MessageSummary::Tx {
        inputs: tx.inputs.len(),
        outputs: tx.outputs.len(),
        amount: Amount::checked_sum(tx.outputs.iter().map(|out| out.amount)),
        lock_time: tx.lock_time,
    }
}

impl MessageSummary {
    /// Whether it is no longer than any that is made here: what another process says may be.
    pub fn is_bounded(&self) -> bool {
        match self {
            Self::Items { first, .. } => first.len() <= FIRST_MAX,
            Self::Addrs { first, .. } => first.len() <= FIRST_MAX,
            Self::Watch { first, .. } => first.len() <= FIRST_MAX,
            Self::Nothing
            | Self::Version(_)
            | Self::Nonce(_)
            | Self::Locator { .. }
            | Self::Headers { .. }
            | Self::Block { .. }
            | Self::Tx { .. }
            | Self::Filters { .. }
            | Self::Proofs { .. }
            | Self::Fees(_)
            | Self::Reject { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests;
