//! `chainlab chain`: the chain of a node, a block, a transaction.

use super::block::{self, Names};
use super::choose::Choice;
use super::failure::Failure;
use super::group::{Group, unexpected};
use super::output::print;
use super::table::{Side, Table, print_json, show_time};
use crate::chain::{BlockHash, Txid};
use crate::node::Time;
use crate::node::io::{Question, RefusalKind, Reply};
use crate::node::snapshot::{BlockDetail, BlockInfo, PAGE_MAX, TxDetail};
use clap::Args;
use serde_json::json;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab chain                        the last blocks
  chainlab chain --node miner --from 100 --to 90
  chainlab chain --block 3              opened, with its proof of work judged
  chainlab chain --block 31f07ca9       by either end of its hash
  chainlab chain --tx 9c4e              a transaction, and its place in a block";

/// Blocks that are listed if it is not said how many.
const SHOWN: usize = 20;

/// Digits of a hash by which something can be found.
const DIGITS_MIN: usize = 4;

/// Digits of a whole hash.
const DIGITS: usize = 64;

#[derive(Args)]
pub(super) struct Options {
    /// The highest block to list [default: the tip].
    #[arg(long, value_name = "HEIGHT", default_value_t = u32::MAX, hide_default_value = true)]
    from: u32,
    /// The lowest block to list [default: the first].
    #[arg(
        long,
        value_name = "HEIGHT",
        default_value_t = 0,
        hide_default_value = true
    )]
    to: u32,
    /// Blocks to list, at most 500 [default: 20; with --to all down to it].
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Open this block. One of the last 500 is also found by either end of its hash.
    #[arg(long, value_name = "HASH|HEIGHT")]
    block: Option<String>,
    /// Open this transaction. One in the last 500 blocks is also found by either end of its id.
    #[arg(long, value_name = "TXID", conflicts_with = "block")]
    tx: Option<String>,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let place = Place {
        node: some_node(&group).await?,
        group,
    };
    match (&options.block, &options.tx) {
        (Some(wanted), _) => {
            let block = place.find_block(wanted).await?;
            if options.json {
                return print_json(&json!({
                    "block": block,
                    "proof_of_work": block::proof_of_work(&block).json(),
                    "merkle_root": block::merkle(&block).json(),
                }));
            }
            print(&block::block_text(&block, &place.names().await?))
        }
        (None, Some(wanted)) => place.show_tx(wanted, options.json).await,
        (None, None) => {
            let usual = if options.to == 0 { SHOWN } else { PAGE_MAX };
            let limit = options.limit.unwrap_or(usual);
            let blocks = place.blocks(options.from, options.to, limit).await?;
            match options.json {
                true => print_json(&blocks),
                false => print(&list(&blocks, &place.names().await?)),
            }
        }
    }
}

/// The node of `--node`, or the first that runs: most often all have the same chain.
async fn some_node(group: &Group) -> Result<String, Failure> {
    if let Some(chosen) = group.chosen() {
        return Ok(chosen.to_owned());
    }
    let mut nodes = group.status().await?.into_iter();
    let up = nodes.find(|status| status.state.is_up());
    let up = up.map(|status| status.node);
    up.ok_or_else(|| Failure::refused(RefusalKind::NotRunning, "no node runs"))
}

/// Whose chain is looked at.
struct Place {
    group: Group,
    node: String,
}

impl Place {
    async fn ask(&self, question: Question) -> Result<Reply, Failure> {
        self.group.ask(&self.node, &question).await
    }

    /// The names of all wallets, for their addresses.
    async fn names(&self) -> Result<Names, Failure> {
        let wallets = self.group.wallets().await?.into_iter();
        let names = wallets.map(|held| (held.wallet.address, held.wallet.name));
        Ok(names.collect())
    }

    async fn blocks(&self, from: u32, to: u32, limit: usize) -> Result<Vec<BlockInfo>, Failure> {
        match self.ask(Question::Chain { from, to, limit }).await? {
            Reply::Chain(blocks) => Ok(blocks),
            other => Err(unexpected(&other)),
        }
    }

    async fn block(&self, question: Question) -> Result<BlockDetail, Failure> {
        match self.ask(question).await? {
            Reply::Block(block) => Ok(*block),
            other => Err(unexpected(&other)),
        }
    }

    /// The block of this height or hash, or of this end of a hash.
    async fn find_block(&self, wanted: &str) -> Result<BlockDetail, Failure> {
        if let Ok(hash) = wanted.parse::<BlockHash>() {
            return self.block(Question::Block { hash }).await;
        }
        let recent = self.blocks(u32::MAX, 0, PAGE_MAX).await?;
        let tip = recent.first().map_or(0, |block| block.id.height);
        // Digits alone may be either; a height that there is comes first.
        match wanted.parse::<u32>() {
            Ok(height) if height <= tip || wanted.len() < DIGITS_MIN => {
                return self.block(Question::BlockAt { height }).await;
            }
            _ => {}
        }
        let digits = digits_of(wanted, "block")?;
        let hashes = recent.iter().map(|block| block.id.hash.to_string());
        let hashes = hashes.filter(|hash| fits(hash, &digits));
        let found = only("block", wanted, hashes)?;
        let hash = found.parse().expect("a hash that was written");
        self.block(Question::Block { hash }).await
    }

    /// The transaction of this id, or of this end of an id.
    async fn find_tx(&self, wanted: &str) -> Result<Txid, Failure> {
        if let Ok(txid) = wanted.parse() {
            return Ok(txid);
        }
        let digits = digits_of(wanted, "transaction")?;
        let mut found = Vec::new();
        if let Reply::Mempool(waiting) = self.ask(Question::Mempool { limit: PAGE_MAX }).await? {
            found.extend(waiting.iter().map(|tx| tx.txid.to_string()));
        }
        for info in self.blocks(u32::MAX, 0, PAGE_MAX).await? {
            let hash = info.id.hash;
            let block = self.block(Question::Block { hash }).await?;
            found.extend(block.txs.iter().map(|tx| tx.txid.to_string()));
        }
        found.retain(|txid| fits(txid, &digits));
        found.dedup();
        let found = only("transaction", wanted, found.into_iter())?;
        Ok(found.parse().expect("an id that was written"))
    }

    async fn show_tx(&self, wanted: &str, json: bool) -> Result<(), Failure> {
        let txid = self.find_tx(wanted).await?;
        let tx: TxDetail = match self.ask(Question::Tx { txid }).await? {
            Reply::Tx(tx) => *tx,
            other => return Err(unexpected(&other)),
        };
        let verdict = match (tx.block, &tx.proof) {
            (_, Some(proof)) => Some(block::leads(proof)),
            (Some(id), None) => {
                let block = self.block(Question::Block { hash: id.hash }).await?;
                Some(block::membership(&block, txid))
            }
            (None, None) => None,
        };
        if json {
            return print_json(&json!({
                "tx": tx,
                "merkle_root": verdict.map(|verdict| verdict.json()),
            }));
        }
        let place = match (tx.block, verdict) {
            (Some(block), Some(verdict)) => format!(
                "  block        {}  {}\n  merkle root  {}\n",
                block.height,
                block.hash,
                verdict.words()
            ),
            _ => "  waits for a block\n".to_owned(),
        };
        let text = block::tx_text(&tx, &self.names().await?);
        print(&format!("transaction\n{text}{place}"))
    }
}

/// An end of a hash, as it is written.
fn digits_of(text: &str, what: &str) -> Result<String, Failure> {
    let digits = text.trim_matches('.').to_ascii_lowercase();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || !(DIGITS_MIN..DIGITS).contains(&digits.len()) {
        let shown: String = text.chars().take(DIGITS + 6).collect();
        return Err(Failure::input(format!(
            "{shown:?} is no {what}: write its {DIGITS} hexadecimal digits, or {DIGITS_MIN} or more \
             of either end"
        )));
    }
    Ok(digits)
}

fn fits(hash: &str, digits: &str) -> bool {
    hash.starts_with(digits) || hash.ends_with(digits)
}

/// The only one that was found.
fn only(
    what: &str,
    wanted: &str,
    mut found: impl Iterator<Item = String>,
) -> Result<String, Failure> {
    let Some(first) = found.next() else {
        let words = format!("no {what} of the last {PAGE_MAX} blocks begins or ends with {wanted}");
        return Err(Failure::refused(RefusalKind::Invalid, words));
    };
    match found.next() {
        None => Ok(first),
        Some(second) => Err(Failure::input(format!(
            "{wanted} is an end of several: {first} and {second}; write more digits"
        ))),
    }
}

fn list(blocks: &[BlockInfo], names: &Names) -> String {
    let mut table = Table::new(&[
        ("height", Side::Right),
        ("hash", Side::Left),
        ("time", Side::Left),
        ("payments", Side::Right),
        ("mined for", Side::Left),
    ]);
    for block in blocks {
        let miner = block.miner.as_ref();
        let miner = miner.map(|address| names.get(address).unwrap_or(address).clone());
        table.row([
            block.id.height.to_string(),
            block.id.hash.to_string(),
            show_time(Time::from_block(block.time)),
            block.txs.map_or("?".to_owned(), |txs| txs.to_string()),
            miner.unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_of_a_hash_is_four_digits_or_more() {
        for text in ["31f0", "..31F07ca9", "00000000ab"] {
            assert!(digits_of(text, "block").is_ok(), "{text}");
        }
        for text in ["", "31f", "31f07cag", &"0".repeat(64), "#12"] {
            let refused = digits_of(text, "block").expect_err(text);
            assert_eq!(refused.code, crate::cli::failure::BAD_INPUT);
        }
        assert!(fits("00ab31f0", "31f0") && fits("00ab31f0", "00ab") && !fits("00ab31f0", "ab31"));
        let several = ["aaaa".to_owned(), "bbbb".to_owned()].into_iter();
        assert!(only("block", "x", several).is_err());
    }
}
