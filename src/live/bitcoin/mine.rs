//! A node mines: for the lab's own key, so that it takes no wallet of the node; or for the node's, where
//! that is used.

use super::acts::{ActNews, Acts, refused};
use crate::bitcoin::block::Block;
use crate::bitcoin::network::AddressForm;
use crate::bitcoin::{Network, Program};
use crate::chain::{Amount, BlockHash};
use crate::live::Stopwatch;
use crate::node::io::{CommandError, EventKind, Reply};
use crate::node::store::BlockId;
use bytes::Bytes;

impl Acts {
    pub(super) async fn mine_now(&mut self) -> Result<Reply, CommandError> {
        let since = Stopwatch::start();
        let address = self.reward_address().await?;
        let dialect = self.client.dialect().await?;
        let found = self.client.ask(&dialect.mine(1, &address)).await?;
        let hash = *found.items.last().ok_or_else(|| refused("it found none"))?;
        let body = self.block(hash).await?;
        let height = match body.height() {
            Some(height) => height,
            None => self.client.ask(&dialect.chain_info()).await?.blocks,
        };
        let block = BlockId { height, hash };
        self.tell(ActNews::Event(mined(block, &body))).await;
        Ok(Reply::Mined {
            block,
            after: since.elapsed(),
        })
    }

    /// Whom its blocks pay.
    pub(super) async fn reward_address(&mut self) -> Result<String, CommandError> {
        self.open_wallets().await?;
        if let Some(own) = &self.own {
            return Ok(own.address().to_owned());
        }
        let wallets = self.held()?;
        let first = wallets
            .names()
            .next()
            .and_then(|name| wallets.address(name));
        first.ok_or_else(|| refused("the lab has no wallet on it"))
    }

    /// How it writes addresses.
    pub(super) async fn form(&mut self) -> Result<AddressForm, CommandError> {
        let program = self.client.known().await?.program;
        Ok(match (program, self.network) {
            (Program::Bcoin, Network::Regtest) => AddressForm::BCOIN_REGTEST,
            (_, network) => network.params().addresses,
        })
    }

    pub(super) async fn block(&mut self, hash: BlockHash) -> Result<Block, CommandError> {
        let dialect = self.client.dialect().await?;
        let bytes = self.client.ask(&dialect.block(hash)).await?;
        Block::new(Bytes::from(bytes)).map_err(|error| refused(format!("its block {error}")))
    }
}

/// That a block was found here.
fn mined(block: BlockId, body: &Block) -> EventKind {
    let pays = body
        .txs()
        .next()
        .and_then(|coinbase| coinbase.open().paid());
    EventKind::Mined {
        block,
        txs: body.len().saturating_sub(1),
        reward: pays.unwrap_or(Amount::ZERO),
    }
}
