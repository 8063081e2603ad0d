//! Blocks, transactions and histories, as lines: first what is known of the thing itself, a figure
//! a line, then tables of what it is made of.

use super::date::date;
use super::level::{BLOCK_FIELDS, Content, OpenTx, Proof};
use super::{history, path};
use crate::chain::{Amount, BlockHash, CompactTarget};
use crate::node::Time;
use crate::node::snapshot::{BlockDetail, TxDetail};
use crate::ui::text::{self, counted, fee_rate};
use crate::ui::widgets::list::{self, Cell, Item, Look, Target, dim, ending, long, plain, strong};
use crate::ui::widgets::subject::Subject;
use crate::ui::widgets::table::{Column, number, words};

/// Names of receivers that are told.
const NAMES_SHOWN: usize = 3;

/// Some lines that belong together.
pub(super) struct Section {
    pub title: String,
    /// Of a table; figures, a line each, have none.
    pub columns: &'static [Column],
    pub items: Vec<Item>,
}

const TXS: [Column; 6] = [
    number("#", 2),
    words("transaction", 0),
    number("amount", 0),
    words("from, to", 1),
    number("fee", 2),
    number("bytes", 3),
];

const COINS: [Column; 4] = [
    number("#", 2),
    number("amount", 0),
    words("owner", 0),
    words("made by", 1),
];

const OUTPUTS: [Column; 4] = [
    number("#", 2),
    number("amount", 0),
    words("owner", 0),
    words("address", 1),
];

/// What an opened thing shows; nothing while it is on its way.
pub(super) fn sections(subject: Subject<'_>, content: &Content) -> Vec<Section> {
    match content {
        Content::Waiting | Content::Failed(_) => Vec::new(),
        Content::Block(block) => block_sections(subject, block),
        Content::Tx(tx) => tx_sections(subject, tx),
        Content::History(history) => {
            let entries = history.entries.iter();
            let items = entries.map(|entry| history::history_item(subject, entry));
            vec![Section {
                columns: &history::HISTORY,
                ..figures(items.collect())
            }]
        }
    }
}

fn field(label: &'static str, mut cells: Vec<Cell>) -> Item {
    cells.insert(0, dim(label));
    Item::new(cells)
}

/// A whole hash, alone on its line.
fn hash_field(label: &'static str, what: &str, hash: impl ToString) -> Item {
    let hash = hash.to_string();
    field(label, vec![long(&hash, Look::Plain)]).copies(what, hash)
}

fn block_sections(subject: Subject<'_>, block: &BlockDetail) -> Vec<Section> {
    let fields = block_fields(subject, block);
    debug_assert_eq!(fields.len(), BLOCK_FIELDS);
    let txs = block.txs.iter().enumerate();
    let txs = txs.map(|(at, tx)| tx_item(subject, at, tx)).collect();
    vec![
        figures(fields),
        Section {
            title: format!("transactions {}", block.txs.len()),
            columns: &TXS,
            items: txs,
        },
    ]
}

fn block_fields(subject: Subject<'_>, block: &BlockDetail) -> Vec<Item> {
    let (info, at) = (&block.info, Time::from_block(block.info.time));
    let chip = subject.lab.chips.of(info.id);
    let name = format!("block #{} {chip}", info.id.height);
    let mut previous = hash_field("previous", "the hash of the block before", info.previous);
    if info.previous != BlockHash::ZERO {
        previous = previous.opens(Target::Block(info.previous));
    }
    let bits = plain(format!("bits {:08x}", block.bits));
    vec![
        hash_field("hash", &format!("the hash of {name}"), info.id.hash),
        field(
            "height",
            vec![
                strong(info.id.height),
                list::chip(subject.lab, info.id),
                place(subject, info.id.height, block.active),
            ],
        ),
        previous,
        hash_field("merkle root", "the merkle root", block.merkle_root),
        field(
            "time",
            vec![
                plain(text::clock(at.since(subject.lab.since))),
                plain(format!("{} UTC", date(info.time.0))),
                dim(format!("{} ago", subject.age(at))),
            ],
        ),
        field("target", vec![bits, dim(hashes_needed(block))]),
        field("nonce", vec![plain(block.nonce)]),
        field(
            "size",
            vec![plain(counted(block.bytes, "byte")), plain(count(block))],
        ),
        reward(subject, block),
    ]
}

/// How many hashes it takes to find such a block.
fn hashes_needed(block: &BlockDetail) -> String {
    let Ok(target) = CompactTarget(block.bits).to_target() else {
        return String::new();
    };
    let hashes = text::rate(target.work().to_f64());
    format!("{} on average", hashes.trim_end_matches("/s"))
}

fn figures(items: Vec<Item>) -> Section {
    Section {
        title: String::new(),
        columns: &[],
        items,
    }
}

fn count(block: &BlockDetail) -> String {
    match (block.info.id.height, block.info.txs) {
        (0, _) => "the first block".to_owned(),
        (_, Some(txs)) => format!("{} and the reward", counted(txs, "transaction")),
        (_, None) => String::new(),
    }
}

/// Whether a block is on the chain, and how deep.
fn place(subject: Subject<'_>, height: u32, is_active: bool) -> Cell {
    if !is_active {
        return Cell::Words("not on the chain".to_owned(), Look::Warn);
    }
    let confirmations = usize::try_from(subject.confirmations(height)).unwrap_or(usize::MAX);
    Cell::Words(
        format!("on the chain, {}", counted(confirmations, "confirmation")),
        Look::Good,
    )
}

fn reward(subject: Subject<'_>, block: &BlockDetail) -> Item {
    let coinbase = block.txs.first().filter(|tx| tx.coinbase);
    let sum = coinbase.and_then(|tx| Amount::checked_sum(tx.outputs.iter().map(|(sum, _)| *sum)));
    let mut cells = vec![strong(
        sum.map_or_else(|| "0".to_owned(), |sum| sum.to_string()),
    )];
    let Some(miner) = &block.info.miner else {
        return field("reward", cells);
    };
    cells.extend(subject.owner(miner).map(|name| plain(format!("to {name}"))));
    cells.push(long(miner, Look::Dim));
    field("reward", cells).copies("the address of the reward", miner)
}

fn tx_item(subject: Subject<'_>, at: usize, tx: &TxDetail) -> Item {
    let paid = tx.payments().into_iter().map(|(amount, _)| *amount);
    let sum = Amount::checked_sum(paid);
    Item::new(vec![
        dim(at),
        long(tx.txid, Look::Plain),
        strong(sum.map_or_else(String::new, |sum| sum.to_string())),
        plain(parties(subject, tx)),
        plain(tx.fee.map_or_else(String::new, |fee| fee.to_string())),
        dim(tx.bytes),
    ])
    .opens(Target::Tx(tx.txid))
    .copies("the transaction's id", tx.txid)
}

/// Who pays whom, by the names of wallets; without the change that comes back.
fn parties(subject: Subject<'_>, tx: &TxDetail) -> String {
    let name = |address: &String| subject.owner(address).unwrap_or_else(|| ending(address));
    let from = tx.inputs.iter().find_map(|(_, coin)| coin.as_ref());
    let from = from.map(|(_, address)| address);
    let mut to: Vec<String> = Vec::new();
    for (_, address) in tx.payments() {
        let name = name(address);
        if Some(address) != from && !to.contains(&name) {
            to.push(name);
        }
    }
    let more = to.len().saturating_sub(NAMES_SHOWN);
    to.truncate(NAMES_SHOWN);
    let mut to = to.join(", ");
    if more > 0 {
        to += &format!(" and {more} more");
    }
    match (tx.coinbase, from) {
        (true, _) => format!("reward to {to}"),
        (false, Some(from)) if to.is_empty() => format!("{} to itself", name(from)),
        (false, Some(from)) => format!("{} to {to}", name(from)),
        (false, None) => format!("to {to}"),
    }
}

fn tx_sections(subject: Subject<'_>, tx: &OpenTx) -> Vec<Section> {
    let detail = &tx.detail;
    let least = match detail.lock_time {
        0 => "in any block".to_owned(),
        height => format!("in no block below #{height}"),
    };
    let fields = vec![
        hash_field("id", "the transaction's id", detail.txid),
        standing(subject, tx),
        field(
            "size",
            vec![plain(counted(detail.bytes, "byte")), plain(least)],
        ),
        field("fee", fee(detail)),
        field("signatures", vec![signatures(tx)]),
        field("merkle path", vec![merkle_path(tx)]),
    ];
    let mut sections = vec![figures(fields)];
    if !detail.inputs.is_empty() {
        sections.push(inputs(subject, detail));
    }
    sections.push(outputs(subject, detail));
    if let Proof::Holds(proof) = &tx.proof {
        sections.push(path::section(proof));
    }
    sections
}

/// In which block, or that it waits.
fn standing(subject: Subject<'_>, tx: &OpenTx) -> Item {
    let Some(block) = tx.detail.block else {
        return field(
            "in block",
            vec![Cell::Words("none yet: it waits".to_owned(), Look::Warn)],
        );
    };
    let cells = vec![
        strong(format!("#{}", block.height)),
        list::chip(subject.lab, block),
        place(subject, block.height, tx.is_active),
        long(block.hash, Look::Dim),
    ];
    field("in block", cells)
        .opens(Target::Block(block.hash))
        .copies("the block's hash", block.hash)
}

fn fee(detail: &TxDetail) -> Vec<Cell> {
    match (detail.coinbase, detail.fee) {
        (true, _) => vec![plain("none: it is the reward of its block")],
        (false, None) => vec![dim("not known: coins that it spends are not known")],
        (false, Some(fee)) => vec![
            strong(fee),
            dim(format!(
                "{} units for a byte",
                fee_rate(fee.units(), detail.bytes)
            )),
        ],
    }
}

/// A node takes nothing into its chain or mempool before it checked it. A block of a branch with
/// less work is only kept.
fn signatures(tx: &OpenTx) -> Cell {
    let count = tx.detail.inputs.len();
    match (tx.detail.coinbase, tx.is_active) {
        (true, _) => plain("none: a reward spends no coin"),
        (false, true) => Cell::Words(format!("{count} checked by this node"), Look::Good),
        (false, false) => dim(format!("{count}, of a block that is not on the chain")),
    }
}

fn merkle_path(tx: &OpenTx) -> Cell {
    let good = |words: String| Cell::Words(words, Look::Good);
    match (tx.detail.block, &tx.proof) {
        (None, _) => dim("none before it is in a block"),
        (_, Proof::Holds(proof)) => good(match proof.steps.len() {
            0 => "0 steps, verified: it is alone in its block".to_owned(),
            steps => format!("{}, verified", counted(steps, "step")),
        }),
        (_, Proof::Fails) => Cell::Words(
            "does not lead to the root in the block's header".to_owned(),
            Look::Bad,
        ),
        (_, Proof::TooLarge) => dim("not shown: the block has too many transactions"),
        (_, Proof::Unknown | Proof::Asked) => dim("on its way"),
    }
}

/// A wallet's name, or the address.
fn owner(subject: Subject<'_>, address: &str) -> Cell {
    match subject.owner(address) {
        Some(name) => plain(name),
        None => long(address, Look::Plain),
    }
}

fn inputs(subject: Subject<'_>, detail: &TxDetail) -> Section {
    let inputs = detail.inputs.iter().enumerate();
    let items = inputs.map(|(at, (outpoint, coin))| {
        let made_by = Cell::Either {
            short: format!("..{}:{}", outpoint.txid.short(), outpoint.index),
            long: format!("{}:{}", outpoint.txid, outpoint.index),
            look: Look::Dim,
        };
        let (amount, whose) = match coin {
            Some((amount, address)) => (strong(amount), owner(subject, address)),
            None => (dim("not known"), plain("")),
        };
        let mut item = Item::new(vec![dim(at), amount, whose, made_by])
            .opens(Target::Tx(outpoint.txid))
            .copies(
                "the id of the transaction that made the coin",
                outpoint.txid,
            );
        item.whole
            .extend(coin.iter().map(|(_, address)| address.clone()));
        item
    });
    Section {
        title: format!("spends {}", counted(detail.inputs.len(), "coin")),
        columns: &COINS,
        items: items.collect(),
    }
}

fn outputs(subject: Subject<'_>, detail: &TxDetail) -> Section {
    let outputs = detail.outputs.iter().enumerate();
    let items = outputs.map(|(at, (amount, address))| {
        let name = subject.owner(address);
        let what = name
            .as_ref()
            .map_or("the address".to_owned(), |name| format!("{name}'s address"));
        let cells = vec![
            dim(at),
            strong(amount),
            plain(name.unwrap_or_default()),
            long(address, Look::Dim),
        ];
        Item::new(cells).copies(what, address)
    });
    Section {
        title: format!("makes {}", counted(detail.outputs.len(), "coin")),
        columns: &OUTPUTS,
        items: items.collect(),
    }
}
