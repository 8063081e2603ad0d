//! How answers are read: what all dialects share, and where they differ as a parameter.

use super::decimal::{Decimal, Sats};
use super::facts::{Ban, ChainInfo, Entry, OwnBalance, Peer, Tip, TipStatus};
use super::list::{Listed, first, first_pairs};
use crate::bitcoin::network::Network;
use crate::chain::Amount;
use crate::chain::hash::{BlockHash, Txid};
use crate::node::Time;
use crate::node::foreign::one_line;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;

/// More than any node keeps open: Bitcoin Core has 125 by default.
const PEERS_MAX: usize = 1_000;
/// A node of mainnet knows some dozens.
const TIPS_MAX: usize = 1_000;
/// What a node that is attacked may have.
const BANS_MAX: usize = 1_000;
/// As many as are watched.
const MEMPOOL_MAX: usize = 100_000;
/// More blocks than are asked for at once.
const MINED_MAX: usize = 65_536;
const WALLETS_MAX: usize = 100;

/// The longest transaction, in virtual bytes: it would fill a block.
const VSIZE_MAX: u32 = 1_000_000;

/// Characters of an address: one of Tor has 62, and a port.
const ADDRESS_MAX: usize = 128;
/// Characters of a user agent, as BIP 14's messages allow.
const AGENT_MAX: usize = 256;

type Answer<T> = Result<T, String>;

/// Whatever it says: it did as it was told.
#[allow(clippy::unnecessary_wraps, reason = "one of many readers")]
pub(super) fn done(_: &RawValue, _: Time) -> Answer<()> {
    Ok(())
}

pub(super) fn block_hash(raw: &RawValue, _: Time) -> Answer<BlockHash> {
    parse(raw)
}

pub(super) fn txid(raw: &RawValue, _: Time) -> Answer<Txid> {
    parse(raw)
}

pub(super) fn txids(raw: &RawValue, _: Time) -> Answer<Listed<Txid>> {
    first(raw.get(), MEMPOOL_MAX).map_err(|error| error.to_string())
}

pub(super) fn mined(raw: &RawValue, _: Time) -> Answer<Listed<BlockHash>> {
    first(raw.get(), MINED_MAX).map_err(|error| error.to_string())
}

/// An address to pay to, in the node's own form.
pub(super) fn address(raw: &RawValue, _: Time) -> Answer<String> {
    let address: String = parse(raw)?;
    let is_one = address.len() <= ADDRESS_MAX && address.bytes().all(|b| b.is_ascii_alphanumeric());
    is_one
        .then_some(address)
        .ok_or_else(|| "it is no address".to_owned())
}

pub(super) fn wallets(raw: &RawValue, _: Time) -> Answer<Listed<String>> {
    first(raw.get(), WALLETS_MAX).map_err(|error| error.to_string())
}

/// Coins.
pub(super) fn amount(raw: &RawValue) -> Answer<Amount> {
    let sats = Sats::parse_coins(raw.get());
    sats.map(Sats::amount).map_err(|error| error.to_string())
}

/// Of one of Bitcoin Core's wallets.
pub(super) fn balances(raw: &RawValue, _: Time) -> Answer<OwnBalance> {
    #[derive(Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        mine: Mine<'a>,
    }
    #[derive(Deserialize)]
    struct Mine<'a> {
        #[serde(borrow)]
        trusted: &'a RawValue,
        #[serde(borrow)]
        untrusted_pending: &'a RawValue,
        #[serde(borrow)]
        immature: &'a RawValue,
    }
    let Said { mine } = parse(raw)?;
    Ok(OwnBalance {
        confirmed: amount(mine.trusted)?,
        immature: amount(mine.immature)?,
        incoming: amount(mine.untrusted_pending)?,
        outgoing: Amount::ZERO,
    })
}

/// Bytes, which nodes write as hexadecimal digits.
pub(super) fn bytes(raw: &RawValue, _: Time) -> Answer<Vec<u8>> {
    let text: String = parse(raw)?;
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let read = |[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    let all = rest.is_empty().then(|| pairs.iter().map(read).collect());
    all.flatten()
        .ok_or_else(|| "it is not hexadecimal".to_owned())
}

/// All names that programs have for the networks: Bitcoin Core and bcoin say `main` and `test`.
pub(super) fn chain_info(raw: &RawValue, _: Time) -> Answer<ChainInfo> {
    #[derive(Deserialize)]
    struct Said {
        chain: String,
        blocks: u32,
        bestblockhash: BlockHash,
    }
    let said: Said = parse(raw)?;
    let network = match said.chain.as_str() {
        "main" => Some(Network::Mainnet),
        "test" => Some(Network::Testnet3),
        name => name.parse().ok(),
    };
    Ok(ChainInfo {
        chain: shown(&said.chain, ADDRESS_MAX),
        network,
        blocks: said.blocks,
        best: said.bestblockhash,
    })
}

pub(super) fn tips(raw: &RawValue, _: Time) -> Answer<Listed<Tip>> {
    #[derive(Deserialize)]
    struct Said {
        height: u32,
        hash: BlockHash,
        branchlen: u32,
        status: String,
    }
    let said = first::<Said>(raw.get(), TIPS_MAX).map_err(|error| error.to_string())?;
    said.try_map(|tip| {
        Ok(Tip {
            height: tip.height,
            hash: tip.hash,
            branch: tip.branchlen,
            status: tip_status(&tip.status),
        })
    })
}

fn tip_status(word: &str) -> TipStatus {
    match word {
        "active" => TipStatus::Active,
        "valid-fork" => TipStatus::ValidFork,
        "valid-headers" => TipStatus::ValidHeaders,
        "headers-only" => TipStatus::HeadersOnly,
        "invalid" => TipStatus::Invalid,
        _ => TipStatus::Unknown,
    }
}

pub(super) fn bans(raw: &RawValue, _: Time) -> Answer<Listed<Ban>> {
    #[derive(Deserialize)]
    struct Said {
        address: String,
        banned_until: u64,
    }
    let said = first::<Said>(raw.get(), BANS_MAX).map_err(|error| error.to_string())?;
    said.try_map(|ban| {
        let address = shown(&ban.address, ADDRESS_MAX);
        Ok(Ban {
            address,
            until: ban.banned_until,
        })
    })
}

#[derive(Deserialize)]
struct PeerSaid<'a> {
    addr: String,
    #[serde(default)]
    inbound: bool,
    /// Of a peer that has not said yet bcoin says null.
    #[serde(default)]
    subver: Option<String>,
    #[serde(borrow, default)]
    pingtime: Option<&'a RawValue>,
    #[serde(borrow, default)]
    conntime: Option<&'a RawValue>,
}

/// How a dialect tells of times with a peer.
pub(super) struct PeerTimes {
    /// Places that a ping's time is moved by to be in microseconds.
    pub(super) ping_places: i32,
    /// Whether a ping that took no time is none.
    pub(super) zero_is_none: bool,
    /// Whether the time of the connection is seconds since 1970, or since it was made.
    pub(super) since_1970: bool,
}

pub(super) fn peers(raw: &RawValue, now: Time, times: &PeerTimes) -> Answer<Listed<Peer>> {
    let said = first::<PeerSaid<'_>>(raw.get(), PEERS_MAX).map_err(|error| error.to_string())?;
    said.try_map(|peer| {
        let ping = peer
            .pingtime
            .map(|time| number(time, times.ping_places))
            .transpose()?;
        let is_one = |ping: &u64| !(times.zero_is_none && *ping == 0);
        let conntime = peer
            .conntime
            .map(|time| number(time, 0))
            .transpose()?
            .flatten();
        let now = now.0 / 1_000_000;
        let seconds = |time: u64| {
            if times.since_1970 {
                now.saturating_sub(time)
            } else {
                time
            }
        };
        Ok(Peer {
            address: shown(&peer.addr, ADDRESS_MAX),
            socket: peer.addr.parse().ok(),
            is_inbound: peer.inbound,
            agent: shown(&peer.subver.unwrap_or_default(), AGENT_MAX),
            ping: ping.flatten().filter(is_one).map(Duration::from_micros),
            connected_for: conntime.map(|time| Duration::from_secs(seconds(time))),
        })
    })
}

/// A whole number, rounded down; none if it is below zero, which is how bcoin says that there is none.
fn number(raw: &RawValue, places: i32) -> Answer<Option<u64>> {
    use super::decimal::DecimalError::Negative;
    match Decimal::parse(raw.get()).and_then(|number| number.shifted(places)) {
        Ok((number, _)) => Ok(Some(number)),
        Err(Negative) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Deserialize)]
struct EntrySaid<'a> {
    /// bcoin and older Cores have no `vsize`, and mean it by this.
    #[serde(default)]
    size: Option<u32>,
    #[serde(default)]
    vsize: Option<u32>,
    /// Newer Cores, whose `vsize` is more where there are many signatures to check.
    #[serde(default)]
    vsize_bip141: Option<u32>,
    #[serde(borrow, default)]
    fee: Option<&'a RawValue>,
    #[serde(borrow, default)]
    fees: Option<FeesSaid<'a>>,
    time: u64,
    #[serde(default)]
    ancestorcount: Option<u32>,
    #[serde(default)]
    descendantcount: Option<u32>,
}

#[derive(Deserialize)]
struct FeesSaid<'a> {
    #[serde(borrow)]
    base: &'a RawValue,
}

/// One that counts the transaction among its ancestors and descendants, or does not say.
pub(super) fn entry(raw: &RawValue, _: Time) -> Answer<Entry> {
    entry_of(&parse(raw)?, 0)
}

/// One that does not count it.
pub(super) fn entry_without_itself(raw: &RawValue, _: Time) -> Answer<Entry> {
    entry_of(&parse(raw)?, 1)
}

pub(super) fn entries(raw: &RawValue, uncounted: u32) -> Answer<Listed<(Txid, Entry)>> {
    let said = first_pairs::<Txid, EntrySaid<'_>>(raw.get(), MEMPOOL_MAX);
    said.map_err(|error| error.to_string())?
        .try_map(|(id, entry)| Ok((id, entry_of(&entry, uncounted)?)))
}

fn entry_of(said: &EntrySaid<'_>, uncounted: u32) -> Answer<Entry> {
    let fee = said.fees.as_ref().map(|fees| fees.base).or(said.fee);
    let fee = fee.ok_or("it does not say the fee")?;
    let vsize = said.vsize_bip141.or(said.vsize).or(said.size);
    let vsize = vsize.filter(|vsize| (1..=VSIZE_MAX).contains(vsize));
    let count = |told: Option<u32>| told.map(|count| count.saturating_add(uncounted));
    Ok(Entry {
        vsize: vsize.ok_or("it says no size that a transaction can have")?,
        fee: Sats::parse_coins(fee.get()).map_err(|error| error.to_string())?,
        time: said.time,
        ancestors: count(said.ancestorcount),
        descendants: count(said.descendantcount),
    })
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Answer<T> {
    serde_json::from_str(raw.get()).map_err(|error| error.to_string())
}

/// Words of another's for one line, without what cannot be seen.
fn shown(words: &str, max: usize) -> String {
    let cut: String = words.chars().take(max).collect();
    one_line(&cut).into_owned()
}
