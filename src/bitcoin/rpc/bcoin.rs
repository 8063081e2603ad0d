//! bcoin, as version 1.0.2 answers.

use super::call::{Door, Request};
use super::dialect::{Dialect, coins, shown};
use super::error::Lacks;
use super::facts::{Ban, Entry, OwnBalance, Peer};
use super::list::Listed;
use super::read::{self, PeerTimes};
use crate::bitcoin::program::Program;
use crate::chain::Amount;
use crate::chain::hash::{BlockHash, Txid};
use crate::node::Time;
use serde_json::value::RawValue;

#[derive(Debug)]
pub(super) struct Bcoin;

/// Of `getpeerinfo`: seconds, -1 before the first, and seconds since the peer connected.
const TIMES: PeerTimes = PeerTimes {
    ping_places: 6,
    zero_is_none: false,
    since_1970: false,
};

/// The account that its wallet has from the start. Without a name it makes none and fails.
const ACCOUNT: &str = "default";

const fn lacks(cannot: &'static str) -> Lacks {
    let program = Program::Bcoin;
    Lacks { program, cannot }
}

impl Dialect for Bcoin {
    fn program(&self) -> Program {
        Program::Bcoin
    }

    fn peers(&self) -> Request<Listed<Peer>> {
        let read = |raw: &RawValue, now: Time| read::peers(raw, now, &TIMES);
        Request::new("getpeerinfo", vec![], read)
    }

    fn mempool_entry(&self, id: Txid) -> Result<Request<Entry>, Lacks> {
        let params = vec![shown(&id)];
        Ok(Request::new(
            "getmempoolentry",
            params,
            read::entry_without_itself,
        ))
    }

    fn mempool_entries(&self) -> Request<Listed<(Txid, Entry)>> {
        Request::new("getrawmempool", vec![true.into()], |raw, _| {
            read::entries(raw, 1)
        })
    }

    /// It hands the transaction to its mempool and does not wait.
    fn judges_before_it_answers(&self) -> bool {
        false
    }

    fn make_wallet(&self, _: &str) -> Result<Request<()>, Lacks> {
        Err(lacks("has its wallet from the start"))
    }

    fn wallets(&self) -> Result<Request<Listed<String>>, Lacks> {
        Err(lacks("does not list its wallets"))
    }

    fn new_address(&self, _: Option<&str>) -> Result<Request<String>, Lacks> {
        let request = Request::new("getnewaddress", vec![ACCOUNT.into()], read::address);
        Ok(request.at(Door::WalletServer))
    }

    /// It counts young rewards among what is confirmed.
    fn balance(&self, _: Option<&str>) -> Result<Request<OwnBalance>, Lacks> {
        let request = Request::new("getbalance", vec![ACCOUNT.into()], |raw, _| {
            Ok(OwnBalance {
                confirmed: read::amount(raw)?,
                ..OwnBalance::default()
            })
        });
        Ok(request.at(Door::WalletServer))
    }

    fn balance_with_waiting(&self) -> Option<Request<Amount>> {
        let params = vec![ACCOUNT.into(), 0.into()];
        let request = Request::new("getbalance", params, |raw, _| read::amount(raw));
        Some(request.at(Door::WalletServer))
    }

    fn pay(&self, _: Option<&str>, address: &str, amount: Amount) -> Result<Request<Txid>, Lacks> {
        let params = vec![address.into(), coins(amount)];
        let request = Request::new("sendtoaddress", params, read::txid);
        Ok(request.at(Door::WalletServer))
    }

    fn set_network_active(&self, _: bool) -> Result<Request<()>, Lacks> {
        Err(lacks(
            "cannot leave the network and come back while it runs",
        ))
    }

    fn on_reconsider(&self) -> Option<&'static str> {
        Some(
            "bcoin only forgets the mark: its tip stays where it is, until it gets the block \
             once more",
        )
    }

    fn bans(&self) -> Result<Request<Listed<Ban>>, Lacks> {
        Ok(Request::new("listbanned", vec![], read::bans))
    }

    fn clear_bans(&self) -> Result<Request<()>, Lacks> {
        Ok(Request::new("clearbanned", vec![], read::done))
    }

    fn block(&self, block: BlockHash) -> Request<Vec<u8>> {
        Request::new("getblock", vec![shown(&block), false.into()], read::bytes)
    }
}
