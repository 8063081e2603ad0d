//! Labs to be shown, made by hand: nodes with wallets that hold so much, and nothing behind them.

use chainlab::chain::{Address, Amount, BlockHash, BlockTime, KeyHash};
use chainlab::lab::core::headline::{Stand, SteadyHeadline};
use chainlab::lab::observe::ancestry::Ancestry;
use chainlab::lab::observe::chips::Chips;
use chainlab::lab::observe::node_log::{LogKeeper, LogLine, LogLines};
use chainlab::lab::observe::transcript::Transcript;
use chainlab::lab::view::NetworkView;
use chainlab::lab::{LabView, NodeState, NodeView};
use chainlab::node::config::MiningMode;
use chainlab::node::io::words::Piece;
use chainlab::node::message::Role;
use chainlab::node::snapshot::{MempoolInfo, MiningInfo, NodeSnapshot, WalletInfo};
use chainlab::node::{BlockId, NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

/// The version of addresses in these labs.
pub const VERSION: u8 = 111;

pub fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

/// The address that a wallet of this name has here.
pub fn address(name: &str) -> String {
    let mut owner = [7; 20];
    for (at, byte) in name.bytes().take(20).enumerate() {
        owner[at] = byte;
    }
    Address {
        version: VERSION,
        owner: KeyHash(owner),
    }
    .to_string()
}

/// A wallet with so much, all of it to be spent.
pub fn wallet(name: &str, holds: &str) -> WalletInfo {
    WalletInfo {
        name: name.to_owned(),
        address: address(name),
        confirmed: amount(holds),
        immature: Amount::ZERO,
        incoming: Amount::ZERO,
        outgoing: Amount::ZERO,
        spendable: amount(holds),
        unconfirmed: 0,
    }
}

/// A node that runs, with these wallets.
pub fn node(name: &str, wallets: &[(&str, &str)]) -> NodeView {
    let tip = BlockId {
        height: 12,
        hash: BlockHash([0xa9; 32]),
    };
    let wallets = wallets.iter().map(|(name, holds)| wallet(name, holds));
    let snapshot = NodeSnapshot {
        at: Time(42_000_000),
        name: name.to_owned(),
        role: Role::Full,
        listen: None,
        tip,
        tip_time: BlockTime(40_000),
        work: Some("12".to_owned()),
        recent: Vec::new(),
        mempool: MempoolInfo::default(),
        peers: Vec::new(),
        wallets: wallets.collect(),
        mining: Some(MiningInfo {
            mode: MiningMode::Off,
            hashrate: 14_000.0,
            to: None,
            height: None,
            now: false,
            expected_hashes: 70_000.0,
            found: 0,
            strategy: Default::default(),
            withheld: 0,
        }),
        sync: None,
        known_addresses: 0,
        side_headers: 0,
        program: None,
        light: None,
        attack: None,
    };
    NodeView {
        network: "chainlab".into(),
        can: Default::default(),
        name: name.into(),
        addr: None,
        state: NodeState::Up,
        snapshot: Some(Arc::new(snapshot)),
        log: Default::default(),
        tip_changed: None,
        reorganised: None,
        sync_rate: None,
    }
}

/// A lab of these nodes, 42 s old.
pub fn lab(nodes: Vec<NodeView>) -> LabView {
    LabView {
        name: "scenario".into(),
        now: Time(42_000_000),
        since: Time(0),
        wall_offset_us: 0,
        virtual_seed: None,
        time: None,
        compared: None,
        in_flight: Arc::default(),
        nodes,
        headline: Default::default(),
        chips: Arc::default(),
        blocks: Default::default(),
        block_propagation: Arc::default(),
        tx_propagation: Arc::default(),
        networks: vec![NetworkView {
            name: "chainlab".into(),
            nodes: (0..100).map(NodeIx).collect(),
            ..NetworkView::default()
        }],
        reorganisations: Arc::default(),
        links: Arc::default(),
        transcript: Transcript::default(),
        block_interval: Duration::from_secs(5),
        fee: Amount::ZERO,
        is_temporary: true,
        made_by_hand: Default::default(),
        caption: None,
        script: None,
        partition: None,
        traffic: None,
    }
}

/// A node's log of these lines.
pub fn log(lines: impl IntoIterator<Item = LogLine>) -> LogLines {
    let mut log = LogKeeper::default();
    lines.into_iter().for_each(|line| log.say(line));
    log.lines()
}

/// The lab takes note of the blocks that its nodes show.
pub fn see_blocks(lab: &mut LabView) {
    for (ix, node) in lab.nodes.iter().enumerate() {
        if let Some(snapshot) = &node.snapshot {
            lab.blocks.take(NodeIx(ix), snapshot.recent.iter().rev());
        }
    }
}

/// The lab as it is once it has heard of all that it shows: blocks have their chips, and the
/// headline says how things are.
pub fn heard(lab: &LabView) -> LabView {
    let mut chips = Chips::clone(&lab.chips);
    let snapshots = || lab.nodes.iter().filter_map(|node| node.snapshot.as_deref());
    for snapshot in snapshots() {
        snapshot.recent.iter().for_each(|info| chips.hear(info.id));
        chips.hear(snapshot.tip);
    }
    let lines = lab.nodes.iter().flat_map(NodeView::log_lines);
    for piece in lines.flat_map(|line| line.pieces) {
        if let Piece::Block(id) = piece {
            chips.hear(id);
        }
    }
    lab.block_propagation
        .iter()
        .rev()
        .for_each(|journey| chips.hear(journey.id));
    let mut ancestry = Ancestry::default();
    for info in snapshots().flat_map(|snapshot| &snapshot.recent) {
        ancestry.learn(info.id, info.previous);
    }
    let stands = lab.nodes.iter().map(Stand::from);
    let groups = lab.partition.as_deref().map(Vec::as_slice);
    let mut steady = SteadyHeadline::default();
    steady.look(lab.now, stands, groups, &ancestry);
    steady.sum(lab.now, lab.running().map(|(_, snapshot)| snapshot));
    LabView {
        headline: steady.shown(),
        chips: Arc::new(chips),
        ..lab.clone()
    }
}
