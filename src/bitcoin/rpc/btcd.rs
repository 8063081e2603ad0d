//! btcd, from the source of version 0.26.

use super::call::Request;
use super::dialect::{Dialect, shown};
use super::error::Lacks;
use super::facts::{Ban, Entry, OwnBalance, Peer};
use super::list::Listed;
use super::read::{self, PeerTimes};
use crate::bitcoin::program::Program;
use crate::chain::Amount;
use crate::chain::hash::{BlockHash, Txid};
use crate::node::Time;
use serde_json::value::RawValue;
use std::net::SocketAddr;

#[derive(Debug)]
pub(super) struct Btcd;

/// Of `getpeerinfo`: microseconds, 0 before the first, and seconds since 1970.
const TIMES: PeerTimes = PeerTimes {
    ping_places: 0,
    zero_is_none: true,
    since_1970: true,
};

const fn lacks(cannot: &'static str) -> Lacks {
    let program = Program::Btcd;
    Lacks { program, cannot }
}

const NO_WALLET: Lacks = lacks("has no wallet");

impl Dialect for Btcd {
    fn program(&self) -> Program {
        Program::Btcd
    }

    fn peers(&self) -> Request<Listed<Peer>> {
        let read = |raw: &RawValue, now: Time| read::peers(raw, now, &TIMES);
        Request::new("getpeerinfo", vec![], read)
    }

    fn mempool_entry(&self, _: Txid) -> Result<Request<Entry>, Lacks> {
        Err(lacks(
            "tells of all transactions that wait at once, not of one",
        ))
    }

    fn mempool_entries(&self) -> Request<Listed<(Txid, Entry)>> {
        Request::new("getrawmempool", vec![true.into()], |raw, _| {
            read::entries(raw, 0)
        })
    }

    fn mine(&self, blocks: u16, _: &str) -> Request<Listed<BlockHash>> {
        Request::new("generate", vec![blocks.into()], read::mined)
    }

    fn make_wallet(&self, _: &str) -> Result<Request<()>, Lacks> {
        Err(NO_WALLET)
    }

    fn wallets(&self) -> Result<Request<Listed<String>>, Lacks> {
        Err(NO_WALLET)
    }

    fn new_address(&self, _: Option<&str>) -> Result<Request<String>, Lacks> {
        Err(NO_WALLET)
    }

    fn balance(&self, _: Option<&str>) -> Result<Request<OwnBalance>, Lacks> {
        Err(NO_WALLET)
    }

    fn pay(&self, _: Option<&str>, _: &str, _: Amount) -> Result<Request<Txid>, Lacks> {
        Err(NO_WALLET)
    }

    fn disconnect(&self, peer: SocketAddr) -> Request<()> {
        let params = vec!["disconnect".into(), peer.to_string().into()];
        Request::new("node", params, read::done)
    }

    fn set_network_active(&self, _: bool) -> Result<Request<()>, Lacks> {
        Err(lacks(
            "cannot leave the network and come back while it runs",
        ))
    }

    fn bans(&self) -> Result<Request<Listed<Ban>>, Lacks> {
        Err(lacks("does not tell whom it has banned"))
    }

    fn clear_bans(&self) -> Result<Request<()>, Lacks> {
        Err(lacks(
            "takes no ban back while it runs: start it with --nobanning",
        ))
    }

    fn block(&self, block: BlockHash) -> Request<Vec<u8>> {
        Request::new("getblock", vec![shown(&block), 0.into()], read::bytes)
    }
}
