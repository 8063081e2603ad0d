//! Labs as a screen sees them, made by hand, and what a screen of some size shows of them.

#![allow(dead_code, reason = "each test file uses its own part")]

use crate::common::lab_view::{heard, log};
use chainlab::chain::block::BlockTime;
use chainlab::chain::{Amount, BlockHash, Txid};
use chainlab::lab::observe::node_log::LogLine;
use chainlab::lab::observe::transcript::Transcript;
use chainlab::lab::spec::ViewSpec;
use chainlab::lab::view::{Arrival, LabView, NetworkView, NodeState, NodeView, Propagation};
use chainlab::node::config::MiningMode;
use chainlab::node::io::words::{Piece, Tone};
use chainlab::node::io::{ConnId, Direction};
use chainlab::node::message::Role;
use chainlab::node::snapshot::{
    BlockInfo, MempoolInfo, MempoolTx, MiningInfo, NodeSnapshot, PeerInfo, WalletInfo,
};
use chainlab::node::{BlockId, NodeIx, Time};
use chainlab::ui::app::frame::draw as draw_screen;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::{KeyPress, Keymap};
use chainlab::ui::theme::{Depth, Ground, Theme};
use chainlab::ui::viewer::Effect;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::sync::Arc;
use std::time::Duration;

/// When the lab of these tests began: 2026-01-01T12:00:00Z.
pub const SINCE: Time = Time(1_767_268_800_000_000);

/// A theme with all colours.
pub const COLOURED: Theme = Theme {
    depth: Depth::True,
    ground: Ground::Dark,
    ascii: false,
};

/// A theme for the poorest terminal.
pub const PLAIN: Theme = Theme {
    depth: Depth::None,
    ground: Ground::Dark,
    ascii: true,
};

/// A moment after the beginning, in ms.
pub fn at(ms: u64) -> Time {
    SINCE + Duration::from_millis(ms)
}

/// A block on the main branch, or with another `branch` a rival at the same height.
pub fn block(height: u32, branch: u8) -> BlockId {
    let mut hash =
        chainlab::chain::hash::sha256d(&[height.to_le_bytes().as_slice(), &[branch]].concat());
    // Zeros in front of the displayed hash, as proof of work makes them.
    hash[29..].fill(0);
    BlockId {
        height,
        hash: BlockHash(hash),
    }
}

pub fn txid(number: u8) -> Txid {
    Txid(chainlab::chain::hash::sha256d(&[number]))
}

pub fn coins(text: &str) -> Amount {
    text.parse().expect("an amount")
}

/// A node that runs, at a block of the main branch.
pub fn node(name: &str, port: u16, height: u32) -> NodeView {
    NodeView {
        network: "chainlab".into(),
        can: Default::default(),
        name: name.into(),
        addr: Some(([127, 0, 0, 1], port).into()),
        state: NodeState::Up,
        snapshot: Some(Arc::new(snapshot(name, port, height))),
        log: Default::default(),
        tip_changed: Some(at(39_000)),
        reorganised: None,
        sync_rate: None,
    }
}

fn snapshot(name: &str, port: u16, height: u32) -> NodeSnapshot {
    let recent = (0..=height).rev().take(32).map(|height| BlockInfo {
        id: block(height, 0),
        previous: block(height.saturating_sub(1), 0).hash,
        time: time_of(height),
        txs: Some(usize::from(height % 4 == 0)),
        miner: None,
    });
    let mut recent: Vec<_> = recent.collect();
    recent.reverse();
    NodeSnapshot {
        at: at(42_000),
        name: name.to_owned(),
        role: Role::Full,
        listen: Some(([127, 0, 0, 1], port).into()),
        tip: block(height, 0),
        tip_time: time_of(height),
        work: Some("917504".to_owned()),
        recent,
        mempool: MempoolInfo::default(),
        peers: Vec::new(),
        wallets: Vec::new(),
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
        known_addresses: 2,
        side_headers: 0,
        program: None,
        light: None,
        attack: None,
    }
}

/// Blocks came every three seconds and a bit.
fn time_of(height: u32) -> BlockTime {
    at(u64::from(height) * 3_250 + u64::from(height % 3) * 700).block_time()
}

/// Changes what was last seen of a node.
pub fn change(node: &mut NodeView, change: impl FnOnce(&mut NodeSnapshot)) {
    let snapshot = node.snapshot.as_mut().expect("it was seen");
    change(Arc::make_mut(snapshot));
}

pub fn wallet(name: &str, holds: &str) -> WalletInfo {
    WalletInfo {
        name: name.to_owned(),
        address: format!("1{name:A<33}"),
        confirmed: coins(holds),
        immature: Amount::ZERO,
        incoming: Amount::ZERO,
        outgoing: Amount::ZERO,
        spendable: coins(holds),
        unconfirmed: 0,
    }
}

pub fn peer(number: u64, name: &str, ms: u64) -> PeerInfo {
    PeerInfo {
        conn: ConnId(number),
        name: name.to_owned(),
        addr: ([127, 0, 0, 1], 3_000).into(),
        listen: None,
        direction: Direction::Outbound,
        ready: true,
        role: Role::Full,
        user_agent: format!("/chainlab:0.1.0({name})/"),
        height: 12,
        round_trip: Some(Duration::from_millis(ms)),
        clock_ahead_ms: None,
        since: at(300),
        received_bytes: 12_345,
        sent_bytes: 2_345,
        unsent_bytes: 0,
        blocks_in_flight: 0,
        score: 0,
        watches: 0,
    }
}

pub fn waiting(number: u8) -> MempoolTx {
    MempoolTx {
        txid: txid(number),
        bytes: 226,
        fee: Some(coins("0.0001")),
        amount: Some(coins("9.9999")),
        to: [("1Nobody".to_owned(), coins("9.9999"))].into(),
        payees: 1,
        since: at(41_000),
        ancestors: 0,
        descendants: 0,
    }
}

pub fn line(ms: u64, tone: Tone, pieces: Vec<Piece>) -> LogLine {
    LogLine {
        at: at(ms),
        tone,
        pieces,
    }
}

pub fn words(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

/// The lab of the tutorials' scenario, 42 seconds old: the picture in the design.
pub fn scenario() -> LabView {
    let mut central = node("central", 3_000, 12);
    change(&mut central, |node| {
        node.peers = vec![peer(1, "wallet", 160), peer(2, "miner", 160)];
        node.wallets = vec![wallet("founder", "10")];
        node.mempool = mempool(1);
    });
    central.log = log(vec![
        line(
            39_241,
            Tone::Plain,
            vec![
                words("block "),
                Piece::Block(block(12, 0)),
                words(" from miner"),
            ],
        ),
        line(
            41_080,
            Tone::Plain,
            vec![Piece::Tx(txid(7)), words(" from wallet")],
        ),
    ]);
    let mut holder = node("wallet", 3_001, 12);
    change(&mut holder, |node| {
        node.peers = vec![peer(1, "central", 160)];
        node.wallets = vec![
            wallet("alice", "9"),
            wallet("bob", "10"),
            wallet("carol", "1"),
            wallet("dave", "0"),
        ];
        node.wallets[1].outgoing = coins("1");
        node.wallets[3].incoming = coins("1");
        node.mempool = mempool(1);
    });
    holder.log = log(vec![
        line(
            39_483,
            Tone::Plain,
            vec![
                words("block "),
                Piece::Block(block(12, 0)),
                words(" from central"),
            ],
        ),
        line(
            41_000,
            Tone::Good,
            vec![words("sent 1 to dave  "), Piece::Tx(txid(7))],
        ),
    ]);
    let mut miner = node("miner", 3_002, 12);
    change(&mut miner, |node| {
        node.peers = vec![peer(1, "central", 160)];
        node.wallets = vec![wallet("rewards", "120")];
        node.mempool = mempool(1);
        node.mining.as_mut().expect("its own").mode = MiningMode::On;
        node.mining.as_mut().expect("its own").height = Some(13);
        node.mining.as_mut().expect("its own").to = Some("rewards".to_owned());
    });
    miner.log = log(vec![
        line(
            39_000,
            Tone::Good,
            vec![words("mined "), Piece::Block(block(12, 0)), words("  1 tx")],
        ),
        line(
            41_240,
            Tone::Plain,
            vec![Piece::Tx(txid(7)), words(" from central")],
        ),
    ]);
    LabView {
        name: "scenario".into(),
        now: at(42_300),
        since: SINCE,
        wall_offset_us: 0,
        virtual_seed: None,
        time: None,
        compared: None,
        in_flight: Arc::default(),
        nodes: vec![central, holder, miner],
        headline: Default::default(),
        chips: Arc::default(),
        blocks: Default::default(),
        tx_propagation: Arc::default(),
        networks: vec![NetworkView {
            name: "chainlab".into(),
            nodes: (0..100).map(NodeIx).collect(),
            ..NetworkView::default()
        }],
        reorganisations: Arc::default(),
        links: Arc::default(),
        transcript: Transcript::default(),
        block_propagation: Arc::new(vec![journey(12, 483), journey(11, 482)]),
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

fn mempool(count: u8) -> MempoolInfo {
    let shown: Vec<_> = (7..7 + count).map(waiting).collect();
    MempoolInfo {
        count: shown.len(),
        bytes: shown.iter().map(|tx| tx.bytes).sum(),
        orphans: 0,
        shown,
    }
}

/// From the miner to the central node, and from there to the third.
pub fn journey(height: u32, all_ms: u64) -> Propagation {
    let ms = Duration::from_millis;
    Propagation {
        id: block(height, 0),
        origin: NodeIx(2),
        is_own: true,
        at: at(39_000),
        expected: vec![NodeIx(0), NodeIx(1), NodeIx(2)],
        arrivals: vec![
            arrival(2, ms(0), None),
            arrival(0, ms(241), Some(2)),
            arrival(1, ms(all_ms), Some(0)),
        ],
    }
}

/// That something came to a node, from another.
pub fn arrival(node: usize, after: Duration, from: Option<usize>) -> Arrival {
    Arrival {
        node: NodeIx(node),
        after,
        from: from.map(NodeIx),
    }
}

/// A lab of so many nodes, all on the same block, some mining.
pub fn crowd(count: u16) -> LabView {
    let mut lab = scenario();
    lab.name = "swarm".into();
    lab.nodes = (0..count)
        .map(|number| {
            let mut node = node(&format!("relay{number}"), 4_000 + number, 12);
            change(&mut node, |node| {
                node.peers = (0..4).map(|n| peer(n, &format!("relay{n}"), 80)).collect();
                if number % 6 == 0 {
                    node.mining.as_mut().expect("its own").mode = MiningMode::On;
                    node.mining.as_mut().expect("its own").height = Some(13);
                    node.wallets = vec![wallet(&format!("w{number}"), "20")];
                }
            });
            node
        })
        .collect();
    let expected: Vec<_> = (0..usize::from(count)).map(NodeIx).collect();
    let arrivals = expected.iter().map(|ix| {
        arrival(
            ix.0,
            Duration::from_millis(ix.0 as u64 * 40),
            ix.0.checked_sub(1),
        )
    });
    let arrivals: Vec<_> = arrivals.collect();
    let journey = |height| Propagation {
        id: block(height, 0),
        origin: NodeIx(0),
        expected: expected.clone(),
        arrivals: arrivals.clone(),
        ..journey(height, 1)
    };
    lab.block_propagation = Arc::new((5..=12).rev().map(journey).collect());
    lab
}

/// A screen of this size on a lab, that has looked at it once.
pub fn screen(lab: &LabView, size: (u16, u16), theme: Theme) -> UiState {
    let spec = ViewSpec {
        focus: Some("wallet".to_owned()),
        hint: Some("try: s sends alice's coins, b mines a block now".to_owned()),
        ..ViewSpec::default()
    };
    let mut ui = UiState::new(theme, Keymap::default(), spec, size);
    ui.begin(lab);
    ui.update(&heard(lab), UiEvent::Changed);
    ui
}

/// Presses keys, as the table of keys writes them, one after the other.
pub fn press(lab: &LabView, ui: &mut UiState, keys: &str) -> Vec<Effect> {
    let lab = heard(lab);
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        let key = KeyPress::parse(key).expect("a key");
        effects.extend(ui.update(&lab, UiEvent::Key(key)));
    }
    effects
}

/// What the screen shows of a lab that has heard of all that is there.
pub fn draw(lab: &LabView, ui: &UiState) -> Buffer {
    draw_as_it_is(&heard(lab), ui)
}

/// What the screen shows.
pub fn draw_as_it_is(lab: &LabView, ui: &UiState) -> Buffer {
    let (width, height) = ui.viewer.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen");
    terminal
        .draw(|frame| draw_screen(frame, lab, ui))
        .expect("it draws");
    terminal.backend().buffer().clone()
}

/// Its lines, without the spaces at their ends.
pub fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content().chunks(width);
    let text =
        |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect::<String>();
    rows.map(|row| text(row).trim_end().to_owned()).collect()
}
