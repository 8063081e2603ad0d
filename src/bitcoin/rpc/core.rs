//! Bitcoin Core, and what is made of its source. From the source of version 31.

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
pub(super) struct Core;

/// Of `getpeerinfo`: seconds, and seconds since 1970. A ping that was not answered is left out.
const TIMES: PeerTimes = PeerTimes {
    ping_places: 6,
    zero_is_none: false,
    since_1970: true,
};

impl Dialect for Core {
    fn program(&self) -> Program {
        Program::Core
    }

    fn peers(&self) -> Request<Listed<Peer>> {
        let read = |raw: &RawValue, now: Time| read::peers(raw, now, &TIMES);
        Request::new("getpeerinfo", vec![], read)
    }

    fn mempool_entry(&self, id: Txid) -> Result<Request<Entry>, Lacks> {
        Ok(Request::new(
            "getmempoolentry",
            vec![shown(&id)],
            read::entry,
        ))
    }

    fn mempool_entries(&self) -> Request<Listed<(Txid, Entry)>> {
        Request::new("getrawmempool", vec![true.into()], |raw, _| {
            read::entries(raw, 0)
        })
    }

    fn make_wallet(&self, name: &str) -> Result<Request<()>, Lacks> {
        Ok(Request::new("createwallet", vec![name.into()], read::done))
    }

    fn wallets(&self) -> Result<Request<Listed<String>>, Lacks> {
        Ok(Request::new("listwallets", vec![], read::wallets))
    }

    fn new_address(&self, wallet: Option<&str>) -> Result<Request<String>, Lacks> {
        Ok(Request::new("getnewaddress", vec![], read::address).at(door_of(wallet)))
    }

    fn balance(&self, wallet: Option<&str>) -> Result<Request<OwnBalance>, Lacks> {
        Ok(Request::new("getbalances", vec![], read::balances).at(door_of(wallet)))
    }

    fn pay(
        &self,
        wallet: Option<&str>,
        address: &str,
        amount: Amount,
    ) -> Result<Request<Txid>, Lacks> {
        let params = vec![address.into(), coins(amount)];
        Ok(Request::new("sendtoaddress", params, read::txid).at(door_of(wallet)))
    }

    fn set_network_active(&self, is_active: bool) -> Result<Request<()>, Lacks> {
        let params = vec![is_active.into()];
        Ok(Request::new("setnetworkactive", params, read::done))
    }

    fn bans(&self) -> Result<Request<Listed<Ban>>, Lacks> {
        Ok(Request::new("listbanned", vec![], read::bans))
    }

    fn clear_bans(&self) -> Result<Request<()>, Lacks> {
        Ok(Request::new("clearbanned", vec![], read::done))
    }

    fn block(&self, block: BlockHash) -> Request<Vec<u8>> {
        Request::new("getblock", vec![shown(&block), 0.into()], read::bytes)
    }
}

fn door_of(wallet: Option<&str>) -> Door {
    wallet.map_or(Door::Node, |name| Door::WalletOf(name.to_owned()))
}
