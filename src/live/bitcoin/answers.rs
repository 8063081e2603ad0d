//! What is asked about a node, by its JSON-RPC.

use super::acts::{Acts, refused};
use crate::bitcoin::address::output_words;
use crate::bitcoin::block::Block;
use crate::bitcoin::network::AddressForm;
use crate::bitcoin::tx::Transaction;
use crate::chain::block::BlockTime;
use crate::chain::{Amount, BlockHash, Txid};
use crate::node::io::{CommandError, Question, Reply};
use crate::node::snapshot::{BlockDetail, BlockInfo, PAGE_MAX, TxDetail};
use crate::node::store::BlockId;
use bytes::Bytes;

/// Blocks of one answer: each is fetched as a whole, and nothing else is done meanwhile.
const CHAIN_MAX: usize = 100;

impl Acts {
    pub(super) async fn answer(&mut self, question: Question) -> Result<Reply, CommandError> {
        match question {
            Question::Block { hash } => self.opened(hash).await,
            Question::BlockAt { height } => {
                let hash = self.hash_at(height).await?;
                self.opened(hash).await
            }
            Question::Chain { from, to, limit } => self.chain(from, to, limit).await,
            Question::Tx { txid } => self.transaction(txid).await,
            Question::PlanSend(payment) => self.plan(&payment),
            Question::History { name, skip, limit } => self.history(&name, skip, limit),
            Question::Coins { of } => self.coins(&of),
            Question::ExportWallet { name } => self.secret(&name),
            Question::Peers => Err(refused("its peers are not known yet")),
            _ => Err(refused("a program of others cannot be asked that")),
        }
    }

    pub(super) async fn hash_at(&mut self, height: u32) -> Result<BlockHash, CommandError> {
        let dialect = self.client.dialect().await?;
        self.client.ask(&dialect.block_hash(height)).await
    }

    async fn opened(&mut self, hash: BlockHash) -> Result<Reply, CommandError> {
        let form = self.form().await?;
        let body = self.block(hash).await?;
        let dialect = self.client.dialect().await?;
        let tip = self.client.ask(&dialect.chain_info()).await?.blocks;
        // One that is stale has a height all the same.
        let height = body.height().unwrap_or(0);
        let is_active = height <= tip && self.hash_at(height).await? == hash;
        let id = BlockId { height, hash };
        Ok(Reply::Block(Box::new(detail(
            id,
            &body,
            is_active.then(|| (tip - height).saturating_add(1)),
            &form,
        ))))
    }

    async fn chain(&mut self, from: u32, to: u32, limit: usize) -> Result<Reply, CommandError> {
        let dialect = self.client.dialect().await?;
        let tip = self.client.ask(&dialect.chain_info()).await?.blocks;
        let mut blocks = Vec::new();
        let heights = (to..=from.min(tip)).rev().take(limit.min(CHAIN_MAX));
        for height in heights {
            let hash = self.hash_at(height).await?;
            let body = self.block(hash).await?;
            blocks.push(info(BlockId { height, hash }, &body));
        }
        Ok(Reply::Chain(blocks))
    }

    async fn transaction(&mut self, txid: Txid) -> Result<Reply, CommandError> {
        let form = self.form().await?;
        let dialect = self.client.dialect().await?;
        let bytes = self.client.ask(&dialect.transaction(txid)).await?;
        let tx = Transaction::new(Bytes::from(bytes));
        let tx = tx.map_err(|error| refused(format!("its transaction {error}")))?;
        Ok(Reply::Tx(Box::new(tx_detail(&tx, None, &form))))
    }
}

fn info(id: BlockId, body: &Block) -> BlockInfo {
    let header = body.header();
    BlockInfo {
        id,
        previous: header.previous,
        time: BlockTime::of_seconds(header.time),
        txs: Some(body.len().saturating_sub(1)),
        miner: None,
    }
}

fn detail(
    id: BlockId,
    body: &Block,
    confirmations: Option<u32>,
    form: &AddressForm,
) -> BlockDetail {
    let header = body.header();
    let txs = body.txs().take(PAGE_MAX);
    BlockDetail {
        info: info(id, body),
        active: confirmations.is_some(),
        confirmations: confirmations.unwrap_or(0),
        version: header.version.cast_unsigned(),
        merkle_root: header.merkle_root,
        bits: header.bits.0,
        nonce: u64::from(header.nonce),
        bytes: body.bytes().len(),
        txs: txs.map(|tx| tx_detail(&tx, Some(id), form)).collect(),
    }
}

/// What it spends is known by its outpoints alone.
fn tx_detail(tx: &Transaction, block: Option<BlockId>, form: &AddressForm) -> TxDetail {
    let opened = tx.open();
    let is_coinbase = opened.is_coinbase();
    let inputs = opened.inputs.iter().filter(|_| !is_coinbase);
    let outputs = opened.outputs.iter().map(|output| {
        let amount = Amount::from_units(output.value).unwrap_or(Amount::ZERO);
        (amount, output_words(&output.script, form))
    });
    TxDetail {
        txid: tx.txid(),
        block,
        bytes: tx.bytes().len(),
        lock_time: 0,
        coinbase: is_coinbase,
        inputs: inputs.map(|input| (input.spends, None)).collect(),
        outputs: outputs.collect(),
        fee: None,
        proof: None,
    }
}
