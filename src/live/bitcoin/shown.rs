//! How a node that is watched looks, as a snapshot of a node.

use super::acts::Looked;
use super::config::BitcoinConfig;
use super::peers::{WhoIs, infos};
use crate::bitcoin::watcher::{Line, WaitsShown, WatchSnapshot, WatchedBlock};
use crate::chain::Amount;
use crate::chain::block::BlockTime;
use crate::node::Time;
use crate::node::message::Role;
use crate::node::snapshot::{
    BlockInfo, MempoolInfo, MempoolTx, NodeSnapshot, PeerInfo, ProgramInfo,
};
use crate::node::store::BlockId;
use std::net::SocketAddr;
use std::sync::Arc;

/// What is known of a node beside what its watcher sees.
pub(super) struct Shown {
    name: String,
    place: SocketAddr,
    who: WhoIs,
    /// Its genesis: the tip of a chain of which nothing has come.
    genesis: WatchedBlock,
    /// As it answers when it is asked.
    pub(super) looked: Looked,
    /// How it last looked, for as long as its height is not known.
    last: Option<Arc<NodeSnapshot>>,
}

impl Shown {
    pub(super) fn new(config: &BitcoinConfig) -> Self {
        let genesis = config.network.params().genesis();
        Self {
            name: config.name.clone(),
            place: config.place,
            who: Arc::clone(&config.who),
            genesis: WatchedBlock {
                hash: genesis.hash(),
                previous: genesis.previous,
                height: Some(0),
                time: genesis.time,
                txs: None,
            },
            looked: Looked::default(),
            last: None,
        }
    }

    /// Its peers, by the names of nodes.
    pub(super) fn peers(&self, now: Time) -> Option<Vec<PeerInfo>> {
        let peers = self.looked.peers.as_ref()?;
        Some(infos(peers, &self.who, now))
    }

    /// How it looked last.
    pub(super) fn last(&self) -> Option<&Arc<NodeSnapshot>> {
        self.last.as_ref()
    }

    /// How it looks, and that this is how it looked last.
    pub(super) fn look(&mut self, seen: &WatchSnapshot, now: Time) -> Arc<NodeSnapshot> {
        let snapshot = self.snapshot(seen, now);
        self.last = Some(Arc::clone(&snapshot));
        snapshot
    }

    /// How it looks. A tip whose height is not known yet is not shown.
    pub(super) fn snapshot(&self, seen: &WatchSnapshot, now: Time) -> Arc<NodeSnapshot> {
        let tip = tip_of(seen).unwrap_or(self.genesis);
        let recent = seen.recent.iter().filter_map(info);
        let peers = self.peers(now);
        Arc::new(NodeSnapshot {
            at: now,
            name: self.name.clone(),
            role: Role::Full,
            listen: Some(self.place),
            tip: id(&tip).expect("its height is known"),
            tip_time: BlockTime::of_seconds(tip.time),
            work: seen.work.map(|work| work.to_string()),
            recent: recent.collect(),
            mempool: mempool(seen),
            peers: peers.clone().unwrap_or_default(),
            wallets: self.looked.wallets.clone(),
            mining: None,
            sync: None,
            known_addresses: seen.addresses,
            side_headers: 0,
            program: Some(Box::new(self.program(seen, peers.is_some()))),
            light: None,
            attack: None,
        })
    }

    fn program(&self, seen: &WatchSnapshot, shows_peers: bool) -> ProgramInfo {
        let peer = seen.peer.as_ref();
        let services = peer.map(|peer| peer.services.names().join(" "));
        ProgramInfo {
            network: seen.network.params().name.to_owned(),
            user_agent: peer.map(|peer| peer.user_agent.clone()),
            protocol: peer.map(|peer| peer.protocol),
            services: services.filter(|names| !names.is_empty()),
            away: away(seen),
            round_trip: seen.pings.iter().flatten().map(|(last, _)| *last).min(),
            shows_peers,
            fees_known: seen.fees_known,
            mempool_note: note(seen),
            fee_filter: seen.fee_filter.and_then(|fee| Amount::from_units(fee).ok()),
            stale_branches: seen.stale_branches,
            rpc: self
                .looked
                .program
                .clone()
                .filter(|_| seen.rpc_fault.is_none()),
            rpc_fault: seen.rpc_fault.clone(),
            faults: self.looked.faults.clone(),
        }
    }
}

/// The tip, if its height is known.
fn tip_of(seen: &WatchSnapshot) -> Option<WatchedBlock> {
    let tip = seen.tip?;
    let last = seen.recent.iter().rfind(|block| block.hash == tip.hash);
    last.copied().filter(|block| block.height.is_some())
}

fn id(block: &WatchedBlock) -> Option<BlockId> {
    Some(BlockId {
        height: block.height?,
        hash: block.hash,
    })
}

fn info(block: &WatchedBlock) -> Option<BlockInfo> {
    Some(BlockInfo {
        id: id(block)?,
        previous: block.previous,
        time: BlockTime::of_seconds(block.time),
        txs: block.txs.map(|txs| txs.saturating_sub(1)),
        miner: None,
    })
}

fn mempool(seen: &WatchSnapshot) -> MempoolInfo {
    MempoolInfo {
        count: seen.waiting,
        bytes: usize::try_from(seen.waiting_vsize).unwrap_or(usize::MAX),
        orphans: 0,
        shown: seen.best.iter().map(waits).collect(),
    }
}

fn waits(tx: &WaitsShown) -> MempoolTx {
    MempoolTx {
        txid: tx.txid,
        bytes: usize::try_from(tx.vsize).unwrap_or(usize::MAX),
        fee: tx.fee,
        amount: tx.pays,
        to: Arc::default(),
        payees: 0,
        since: tx.since,
        ancestors: 0,
        descendants: 0,
    }
}

/// Why nothing comes from it: it is watched by two connections, and the first has to stand.
fn away(seen: &WatchSnapshot) -> Option<String> {
    let [first, _] = &seen.lines;
    match first {
        Line::Up { .. } if tip_of(seen).is_none() => Some("no block of it has come yet".to_owned()),
        Line::Up { .. } => None,
        Line::Idle | Line::Dialling | Line::Connected => Some("connecting".to_owned()),
        Line::Down { why, .. } => Some(why.clone()),
    }
}

fn note(seen: &WatchSnapshot) -> Option<String> {
    let left_out = (seen.txs_left_out > 0).then(|| {
        let count = seen.txs_left_out;
        format!("{count} transactions were too many at once, and were not asked for")
    });
    seen.mempool_not_asked.map(str::to_owned).or(left_out)
}
