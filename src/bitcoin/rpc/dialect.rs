//! What can be asked of a node, in words that its program understands.

use super::call::Request;
use super::error::Lacks;
use super::facts::{Ban, ChainInfo, Entry, OwnBalance, Peer, Tip};
use super::list::Listed;
use super::read;
use crate::bitcoin::program::Program;
use crate::chain::Amount;
use crate::chain::hash::{BlockHash, Txid};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::net::SocketAddr;

/// How one program is asked. What is written here suits all of them, or most.
pub trait Dialect: Debug + Sync {
    /// Whose it is.
    fn program(&self) -> Program;

    /// Which network it is on, and how far its chain goes.
    fn chain_info(&self) -> Request<ChainInfo> {
        Request::new("getblockchaininfo", vec![], read::chain_info)
    }

    /// The hash of its block at a height; 0: the first one, which tells networks apart.
    fn block_hash(&self, height: u32) -> Request<BlockHash> {
        Request::new("getblockhash", vec![height.into()], read::block_hash)
    }

    /// The ends of all branches that it has.
    fn tips(&self) -> Request<Listed<Tip>> {
        Request::new("getchaintips", vec![], read::tips)
    }

    /// Its peers.
    fn peers(&self) -> Request<Listed<Peer>>;

    /// Sends a ping to each of its peers. How long it took is among [`peers`](Self::peers) later.
    fn ping(&self) -> Request<()> {
        Request::new("ping", vec![], read::done)
    }

    /// The ids of the transactions that wait.
    fn mempool(&self) -> Request<Listed<Txid>> {
        Request::new("getrawmempool", vec![], read::txids)
    }

    /// One transaction that waits.
    ///
    /// # Errors
    /// It tells of all at once only.
    fn mempool_entry(&self, id: Txid) -> Result<Request<Entry>, Lacks>;

    /// All that wait, with what is known of each: 100 MB at a full node of mainnet, which is more than
    /// is read.
    fn mempool_entries(&self) -> Request<Listed<(Txid, Entry)>>;

    /// Finds blocks, which pay to an address in the node's own form. btcd pays to the address that it
    /// was given by `--miningaddr` when it was started.
    fn mine(&self, blocks: u16, address: &str) -> Request<Listed<BlockHash>> {
        let params = vec![blocks.into(), address.into()];
        Request::new("generatetoaddress", params, read::mined)
    }

    /// Hands it a transaction; its answer is the id.
    fn send(&self, tx: &[u8]) -> Request<Txid> {
        Request::new("sendrawtransaction", vec![hex(tx).into()], read::txid)
    }

    /// Whether an answer to [`send`](Self::send) means that the transaction was taken. If not, it is
    /// among [`mempool`](Self::mempool) in a moment, or was refused.
    fn judges_before_it_answers(&self) -> bool {
        true
    }

    /// Makes a wallet where there is none.
    ///
    /// # Errors
    /// Its wallet is there from the start, or it never has one.
    fn make_wallet(&self, name: &str) -> Result<Request<()>, Lacks>;

    /// The names of its wallets.
    ///
    /// # Errors
    /// It has no list of them.
    fn wallets(&self) -> Result<Request<Listed<String>>, Lacks>;

    /// A new address of the wallet with this name; without a name, of the only one.
    ///
    /// # Errors
    /// It has no wallet.
    fn new_address(&self, wallet: Option<&str>) -> Result<Request<String>, Lacks>;

    /// What the wallet with this name holds; without a name, the only one.
    ///
    /// # Errors
    /// It has no wallet.
    fn balance(&self, wallet: Option<&str>) -> Result<Request<OwnBalance>, Lacks>;

    /// What it comes to with all that waits, where [`balance`](Self::balance) does not say.
    fn balance_with_waiting(&self) -> Option<Request<Amount>> {
        None
    }

    /// Pays so much from it, a fee of its own choice on top; its answer is the id.
    ///
    /// # Errors
    /// It has no wallet.
    fn pay(
        &self,
        wallet: Option<&str>,
        address: &str,
        amount: Amount,
    ) -> Result<Request<Txid>, Lacks>;

    /// Dials a peer, once.
    fn connect(&self, peer: SocketAddr) -> Request<()> {
        let params = vec![peer.to_string().into(), "onetry".into()];
        Request::new("addnode", params, read::done)
    }

    /// Hangs up on a peer, which it calls by this address.
    fn disconnect(&self, peer: SocketAddr) -> Request<()> {
        Request::new("disconnectnode", vec![peer.to_string().into()], read::done)
    }

    /// Lets it have peers, or hang up on all of them and dial none.
    ///
    /// # Errors
    /// It cannot.
    fn set_network_active(&self, is_active: bool) -> Result<Request<()>, Lacks>;

    /// Marks a block as against the rules: it and what follows it is left.
    fn invalidate(&self, block: BlockHash) -> Request<()> {
        Request::new("invalidateblock", vec![shown(&block)], read::done)
    }

    /// Takes such a mark back.
    fn reconsider(&self, block: BlockHash) -> Request<()> {
        Request::new("reconsiderblock", vec![shown(&block)], read::done)
    }

    /// What is to be said where [`reconsider`](Self::reconsider) does less than people expect.
    fn on_reconsider(&self) -> Option<&'static str> {
        None
    }

    /// Addresses that it talks to no more.
    ///
    /// # Errors
    /// It does not say.
    fn bans(&self) -> Result<Request<Listed<Ban>>, Lacks>;

    /// Talks to all of them again.
    ///
    /// # Errors
    /// It cannot.
    fn clear_bans(&self) -> Result<Request<()>, Lacks>;

    /// A block, as it goes over the wire.
    fn block(&self, block: BlockHash) -> Request<Vec<u8>>;

    /// A transaction, as it goes over the wire: one that waits, or wherever it is if the node keeps a
    /// list of them all.
    fn transaction(&self, id: Txid) -> Request<Vec<u8>> {
        Request::new("getrawtransaction", vec![shown(&id)], read::bytes)
    }
}

pub(super) fn shown(hash: &impl ToString) -> Value {
    json!(hash.to_string())
}

/// Coins as a number, which bcoin insists on. It is a float on its way, whose 53 bits hold every amount of
/// satoshis that there can be, so that it is read as what it was.
pub(super) fn coins(amount: Amount) -> Value {
    let text = amount.to_string();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitcoin::rpc::Sats;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn coins_are_read_as_they_are_written(sats in 0..=2_100_000_000_000_000_u64) {
            let sats = Sats::new(sats).expect("there can be so many");
            let written = coins(sats.amount()).to_string();
            prop_assert_eq!(Sats::parse_coins(&written), Ok(sats));
        }
    }

    #[test]
    fn the_least_and_the_most_are_exact() {
        for sats in [0, 1, 9, 2_099_999_999_999_999, 2_100_000_000_000_000] {
            let sats = Sats::new(sats).expect("there can be so many");
            let written = coins(sats.amount());
            assert!(written.is_number(), "{written}");
            assert_eq!(Sats::parse_coins(&written.to_string()), Ok(sats));
        }
    }
}
