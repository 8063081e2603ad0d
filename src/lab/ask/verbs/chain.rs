//! What a node tells of itself, its chain and its mempool, and what it may be told of its blocks.

use super::row::{Param, Verb, command, limit, needs, question, takes};
use crate::lab::ask::params::{BadParam, Params, bad, required};
use crate::node::io::{Command, Question, WhichBlock};

/// Which block is meant.
const WHICH: &[Param] = &[
    takes("hash", "which, 64 hexadecimal digits; or"),
    takes("height", "which, on the chain"),
];

pub(super) const VERBS: &[Verb] = &[
    question(
        "snapshot",
        &[],
        "tells how the node looks at this moment",
        |_| Ok(Question::Snapshot),
    ),
    question("peers", &[], "lists who is connected", |_| {
        Ok(Question::Peers)
    }),
    question(
        "chain",
        &[
            takes("from", "the highest block to show [the tip]"),
            takes("to", "the lowest block to show [0]"),
            takes("limit", "blocks to show, at most 500 [500]"),
        ],
        "lists blocks of the chain, highest first",
        |params| {
            Ok(Question::Chain {
                from: params.number("from")?.unwrap_or(u32::MAX),
                to: params.number("to")?.unwrap_or(0),
                limit: limit(params)?,
            })
        },
    ),
    question("block", WHICH, "opens a block", |params| {
        Ok(match which(params)? {
            WhichBlock::Hash(hash) => Question::Block { hash },
            WhichBlock::Height(height) => Question::BlockAt { height },
        })
    }),
    question(
        "tx",
        &[needs("txid", "which, 64 hexadecimal digits")],
        "opens a transaction, in the mempool or a block",
        |params| {
            let txid = required("txid", params.parsed("txid", "0f3a...")?)?;
            Ok(Question::Tx { txid })
        },
    ),
    question(
        "mempool",
        &[takes("limit", "transactions to show, at most 500 [500]")],
        "lists transactions that wait, best paying first",
        |params| {
            Ok(Question::Mempool {
                limit: limit(params)?,
            })
        },
    ),
    command(
        "invalidateblock",
        WHICH,
        "has a program of others leave a block, as if it were against the rules",
        |params| Ok(Command::InvalidateBlock(which(params)?)),
    ),
    command(
        "reconsiderblock",
        WHICH,
        "has it take that back",
        |params| Ok(Command::ReconsiderBlock(which(params)?)),
    ),
];

fn which(params: &mut Params) -> Result<WhichBlock, BadParam> {
    let hash = params.parsed("hash", "0f3a...")?;
    let height = params.number("height")?;
    match (hash, height) {
        (Some(hash), None) => Ok(WhichBlock::Hash(hash)),
        (None, Some(height)) => Ok(WhichBlock::Height(height)),
        (None, None) => Err(bad("hash", "is missing, and height as well")),
        (Some(_), Some(_)) => Err(bad("height", "hash says which block already")),
    }
}
