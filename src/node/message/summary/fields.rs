//! What a message says, in words for a screen.

use super::{HeaderSummary, MessageSummary, VersionSummary};
use crate::chain::Amount;
use crate::node::foreign::quoted;
use crate::node::message::{Item, ProofPlace, Role, TEXT_MAX, Text};
use std::fmt;

impl MessageSummary {
    /// Its fields for a screen, each with its name and its value in full.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Version(version) => version_fields(version),
            Self::Nonce(nonce) => vec![field("nonce", nonce)],
            Self::Items { count, first } => {
                listed("items", *count, first.iter().map(|item| item_field(*item)))
            }
            Self::Locator { count, first, stop } => {
                let stop = stop.map_or_else(|| "none".to_owned(), |hash| hash.to_string());
                let first = first.map(|hash| field("first", hash));
                let ends = first.into_iter().chain([("stop", stop)]);
                [field("hashes", count)].into_iter().chain(ends).collect()
            }
            Self::Headers { count, first, last } => {
                let mut fields = vec![field("headers", count)];
                for header in first.iter().chain(last) {
                    fields.extend(header_fields(header));
                }
                fields
            }
            Self::Block { header, nonce, txs } => {
                let mut fields = Vec::from(header_fields(header));
                fields.extend([field("nonce", nonce), field("txs", txs)]);
                fields
            }
            Self::Tx {
                inputs,
                outputs,
                amount,
                lock_time,
            } => vec![
                field("inputs", inputs),
                field("outputs", outputs),
                ("amount", amount_or_more(*amount)),
                field("lock time", lock_time),
            ],
            Self::Addrs { count, first } => {
                let addrs = first.iter().map(|addr| field("address", addr));
                listed("addresses", *count, addrs)
            }
            Self::Filters { range, count } => {
                let range = [field("from", range.start), field("to", range.stop)];
                let count = count.map(|count| field("filters", count));
                range.into_iter().chain(count).collect()
            }
            Self::Watch { count, first } => {
                let owners = first.iter().map(|owner| field("owner", owner));
                listed("addresses", *count, owners)
            }
            Self::Proofs { query, count, next } => {
                let from = [place("from", query.from), field("to", query.stop)];
                let count = count.map(|count| field("proofs", count));
                let next = next.map(|next| place("next", next));
                from.into_iter().chain(count).chain(next).collect()
            }
            Self::Fees(rates) => vec![
                field("floor", format_args!("{} for 1 000 bytes", rates.floor)),
                field(
                    "next block",
                    format_args!("{} for 1 000 bytes", rates.next_block),
                ),
            ],
            Self::Reject { command, item, why } => {
                let mut fields = vec![field("command", said(command))];
                fields.extend(item.map(item_field));
                fields.push(field("why", said(why)));
                fields
            }
        }
    }
}

type Field = (&'static str, String);

fn field(name: &'static str, value: impl fmt::Display) -> Field {
    (name, value.to_string())
}

/// A block, and a transaction in it unless that is the first.
fn place(name: &'static str, place: ProofPlace) -> Field {
    match place.tx {
        0 => field(name, place.height),
        tx => field(name, format_args!("{}, transaction {tx}", place.height)),
    }
}

fn amount_or_more(amount: Option<Amount>) -> String {
    amount.map_or_else(
        || "more than any amount".to_owned(),
        |amount| amount.to_string(),
    )
}

/// Words of the sender's: in full, and in quotes.
fn said(text: &Text) -> String {
    quoted(text.as_str(), TEXT_MAX)
}

/// A list: how long it is, its beginning, and how much was left out.
fn listed(name: &'static str, count: usize, first: impl Iterator<Item = Field>) -> Vec<Field> {
    let mut fields = vec![field(name, count)];
    fields.extend(first);
    let more = (count + 1).saturating_sub(fields.len());
    if more > 0 {
        fields.push(field("more", more));
    }
    fields
}

fn item_field(item: Item) -> Field {
    match item {
        Item::Tx(txid) => field("tx", txid),
        Item::Block(hash) => field("block", hash),
    }
}

fn header_fields(header: &HeaderSummary) -> [Field; 3] {
    [
        field("previous", header.previous),
        field("time", format_args!("{} ms", header.time.0)),
        field("bits", format_args!("{:08x}", header.bits)),
    ]
}

fn version_fields(version: &VersionSummary) -> Vec<Field> {
    let role = match version.role {
        Role::Full => "full",
        Role::Miner => "miner",
        Role::Wallet => "wallet",
    };
    let listen = version.listen;
    let services = version.services;
    let mut fields = vec![
        field("user agent", said(&version.user_agent)),
        field("protocol", version.protocol),
        field("height", version.height),
        field("role", role),
        (
            "listen",
            listen.map_or_else(|| "nowhere".to_owned(), |addr| addr.to_string()),
        ),
        field("nonce", version.nonce),
    ];
    fields.extend(services.map(|services| field("serves", services)));
    if !version.wants_txs {
        fields.push(field("transactions", "not wanted"));
    }
    fields
}
