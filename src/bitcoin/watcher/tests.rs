//! A watcher and the node that it watches, which is played here, message by message.

use super::*;
use crate::bitcoin::Network;
use crate::bitcoin::block::Block;
use crate::bitcoin::header::Header;
use crate::bitcoin::testing::{REGTEST, block_on, coin, coinbase, tx};
use crate::bitcoin::tx::Transaction;
use crate::bitcoin::wire::{
    CompactBlock, Frames, InvItem, InvKind, Kind, Locator, NodeAddr, Services, Version,
};
use crate::chain::Txid;
use std::collections::BTreeMap;

const START: Time = Time(1_700_000_000_000_000);
const ADDR: ([u8; 4], u16) = ([127, 0, 0, 1], 18_444);
const SERVICES: Services = Services(1 | 1 << 3);
const WITH_BLOOM: Services = Services(SERVICES.0 | Services::BLOOM.0);

/// The watcher, the clock, and what it said on each connection.
struct Stage {
    now: Time,
    watcher: Watcher,
    heard: Vec<(Role, Message)>,
    conns: BTreeMap<Role, (ConnId, Frames)>,
    next: u64,
    dials: Vec<(Duration, Role)>,
    closed: Vec<Role>,
    events: Vec<WatchEvent>,
}

impl Stage {
    fn new(mempool: bool) -> Self {
        let config = WatchConfig {
            network: Network::Regtest,
            addr: ADDR.into(),
            user_agent: "/chainlab:0.1.0/".to_owned(),
            mempool,
            seed: [1; 32],
        };
        let mut stage = Self {
            now: START,
            watcher: Watcher::new(config, START),
            heard: Vec::new(),
            conns: BTreeMap::new(),
            next: 0,
            dials: Vec::new(),
            closed: Vec::new(),
            events: Vec::new(),
        };
        stage.does(WatchInput::Tick);
        stage
    }

    /// One that both connections stand of, with a node that offers these.
    fn up(services: Services) -> Self {
        let mut stage = Self::new(false);
        stage.connects(Role::Announcements, services);
        stage.connects(Role::Headers, services);
        stage.says(Role::Announcements, Message::Headers(vec![]));
        stage.says(Role::Headers, Message::Headers(vec![]));
        stage.heard.clear();
        stage.events.clear();
        stage
    }

    fn does(&mut self, input: WatchInput) {
        self.watcher.handle(self.now, input);
        while let Some(output) = self.watcher.poll_output() {
            match output {
                WatchOutput::Dial(role) => self.dials.push((self.now.since(START), role)),
                WatchOutput::Send(conn, bytes) => self.hears(conn, &bytes),
                WatchOutput::Close(conn) => {
                    let role = self.role(conn);
                    self.conns.remove(&role);
                    self.closed.push(role);
                }
                WatchOutput::Event(event) => self.events.push(event),
            }
        }
    }

    fn role(&self, conn: ConnId) -> Role {
        let mut conns = self.conns.iter();
        *conns
            .find(|(_, (id, _))| *id == conn)
            .expect("it is open")
            .0
    }

    fn hears(&mut self, conn: ConnId, bytes: &[u8]) {
        let role = self.role(conn);
        let frames = &mut self.conns.get_mut(&role).unwrap().1;
        frames.push(bytes);
        while let Some(frame) = frames.next_frame().unwrap() {
            self.heard.push((role, Message::read(&frame).unwrap()));
        }
    }

    fn answers(&mut self, role: Role) {
        let conn = ConnId(self.next);
        self.next += 1;
        self.conns.insert(role, (conn, Frames::new(REGTEST.magic)));
        self.does(WatchInput::Connected { role, conn });
    }

    fn says(&mut self, role: Role, message: Message) {
        self.says_bytes(role, message.to_frame().to_bytes(REGTEST.magic));
    }

    fn says_bytes(&mut self, role: Role, bytes: Bytes) {
        let conn = self.conns[&role].0;
        self.does(WatchInput::Received(conn, bytes));
    }

    fn connects(&mut self, role: Role, services: Services) {
        self.answers(role);
        self.says(role, Message::Version(Box::new(version(services))));
        self.says(role, Message::Verack);
    }

    fn hangs_up(&mut self, role: Role) {
        let (conn, _) = self.conns.remove(&role).unwrap();
        self.does(WatchInput::Disconnected(
            conn,
            "it closed the connection".to_owned(),
        ));
    }

    /// Time goes on, in steps of the watcher's own.
    fn elapses(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.watcher.deadline().filter(|next| *next <= end) {
            assert!(next > self.now, "it asks for a moment again and again");
            self.now = next;
            self.does(WatchInput::Tick);
        }
        self.now = end;
    }

    fn kinds(&self, role: Role) -> Vec<Kind> {
        let of_role = self.heard.iter().filter(|(of, _)| *of == role);
        of_role.filter_map(|(_, message)| message.kind()).collect()
    }

    /// Blocks and transactions that were asked for since this was last called.
    fn asked(&mut self) -> Vec<[u8; 32]> {
        let heard = std::mem::take(&mut self.heard);
        let items = heard.into_iter().filter_map(|(_, message)| match message {
            Message::GetData(items) => Some(items),
            _ => None,
        });
        items.flatten().map(|item| item.hash).collect()
    }

    fn snapshot(&self) -> WatchSnapshot {
        self.watcher.snapshot()
    }

    fn has_told(&self, kind: &WatchEventKind) -> bool {
        self.events.iter().any(|event| event.kind == *kind)
    }

    fn tip_height(&self) -> u32 {
        self.snapshot().tip.unwrap().height.unwrap()
    }

    /// The whole way of a block, from its announcement on.
    fn mines(&mut self, block: &Block) {
        self.says(Role::Announcements, short(block));
        self.says(Role::Announcements, Message::Block(block.clone()));
        self.says(Role::Headers, Message::Headers(vec![*block.header()]));
    }

    /// A transaction's whole way.
    fn relays(&mut self, tx: &Transaction) {
        self.says(
            Role::Announcements,
            Message::Inv(vec![item(InvKind::Wtx, tx.wtxid().0)]),
        );
        self.says(Role::Announcements, Message::Tx(tx.clone()));
    }
}

fn version(services: Services) -> Version {
    Version {
        protocol: 70_016,
        services,
        time: 1_700_000_000,
        receiver: ADDR.into(),
        nonce: 77,
        user_agent: Bytes::from_static(b"/played:1/"),
        height: 5,
        relay: true,
    }
}

fn item(kind: InvKind, hash: [u8; 32]) -> InvItem {
    InvItem { kind, hash }
}

fn short(block: &Block) -> Message {
    let coinbase = block.txs().next().unwrap();
    Message::CmpctBlock(Box::new(CompactBlock {
        header: *block.header(),
        nonce: 1,
        short_ids: vec![[1; 6]; block.len() - 1],
        prefilled: vec![(0, coinbase)],
    }))
}

fn genesis() -> Header {
    REGTEST.genesis()
}

/// A chain of blocks on top of one, from this height on.
fn chain(from: &Header, height: u32, salts: &[u8]) -> Vec<Block> {
    let mut parent = *from;
    let heights = height..;
    let made = salts.iter().zip(heights).map(|(salt, height)| {
        let block = block_on(&parent, height, *salt, &[]);
        parent = *block.header();
        block
    });
    made.collect()
}

#[test]
fn the_second_connection_is_dialled_once_the_first_stands_and_each_asks_for_its_own() {
    let mut stage = Stage::new(false);
    assert_eq!(stage.dials, [(Duration::ZERO, Role::Announcements)]);
    stage.connects(Role::Announcements, SERVICES);
    assert_eq!(stage.dials.len(), 2, "{:?}", stage.dials);
    stage.connects(Role::Headers, SERVICES);
    use Kind::*;
    let greeting = [Version, WtxidRelay, SendAddrV2, Verack];
    let announcements = [&greeting[..], &[SendCmpct, GetAddr, GetHeaders, Ping]].concat();
    assert_eq!(stage.kinds(Role::Announcements), announcements);
    let headers = [&greeting[..], &[SendHeaders, GetHeaders, Ping]].concat();
    assert_eq!(stage.kinds(Role::Headers), headers);
    let relays = stage
        .heard
        .iter()
        .filter_map(|(role, message)| match message {
            Message::Version(version) => Some((*role, version.relay, version.services)),
            _ => None,
        });
    let wants = [(Role::Announcements, true), (Role::Headers, false)];
    assert!(relays.eq(wants.map(|(role, relay)| (role, relay, Services::default()))));
    let peer = stage.snapshot().peer.unwrap();
    assert_eq!((&peer.user_agent[..], peer.height), ("\"/played:1/\"", 5));
}

#[test]
fn a_block_is_announced_complete_and_connected_at_three_moments() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    let hash = block.hash();
    let tick = Duration::from_millis(10);
    stage.says(Role::Announcements, short(block));
    assert_eq!(stage.asked(), [hash.0]);
    stage.elapses(tick);
    stage.says(Role::Announcements, Message::Block(block.clone()));
    stage.elapses(tick);
    assert_eq!(stage.tip_height(), 0, "it is not connected yet");
    stage.says(Role::Headers, Message::Headers(vec![*block.header()]));
    let stages = stage.watcher.block(&hash).unwrap().stages;
    assert_eq!(
        stages,
        Stages {
            announced: Some((START, AnnouncedBy::CmpctBlock)),
            complete: Some(START + tick),
            connected: Some((START + tick + tick, ConnectedBy::Headers)),
        }
    );
    assert_eq!(stage.tip_height(), 1);
    assert_eq!(stage.watcher.height(&hash), Some(1));
}

#[test]
fn a_chain_that_was_there_before_is_read_from_its_beginning_and_has_no_times() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    stage.heard.clear();
    let blocks = chain(&genesis(), 1, &[0; 40]);
    let headers = blocks.iter().map(|block| *block.header()).collect();
    stage.says(Role::Announcements, Message::Headers(headers));
    let mut served = 0;
    loop {
        let asked = stage.asked();
        assert!(asked.len() <= 16);
        if asked.is_empty() {
            break;
        }
        for hash in asked {
            let block = blocks.iter().find(|block| block.hash().0 == hash).unwrap();
            stage.says(Role::Announcements, Message::Block(block.clone()));
            served += 1;
        }
    }
    assert_eq!((served, stage.tip_height()), (40, 40));
    let seen = stage.watcher.block(&blocks[39].hash()).unwrap();
    assert_eq!((seen.stages, seen.is_connected), (Stages::default(), true));
    // The outputs are known from the beginning: so are fees.
    let reward = blocks[0].txs().next().unwrap();
    let paid = tx(&[coin(&reward)], &[4_999_999_000]);
    stage.relays(&paid);
    let fee = stage.watcher.monitor().get(&paid.txid()).unwrap().fee;
    assert_eq!(fee.map(crate::chain::Amount::units), Some(1_000));
}

#[test]
fn a_longer_branch_is_a_reorganisation_of_its_true_depth_and_payments_wait_again() {
    let mut stage = Stage::up(SERVICES);
    let trunk = &chain(&genesis(), 1, &[0])[0];
    stage.mines(trunk);
    let payment = tx(&[coin(&trunk.txs().next().unwrap())], &[4_999_000_000]);
    stage.relays(&payment);
    let mined = block_on(trunk.header(), 2, 1, std::slice::from_ref(&payment));
    stage.mines(&mined);
    let over = chain(mined.header(), 3, &[1])[0].clone();
    stage.mines(&over);
    assert!(stage.watcher.monitor().is_empty());

    let other = chain(trunk.header(), 2, &[2, 2, 2]);
    for block in &other[..2] {
        stage.mines(block);
    }
    assert_eq!(
        stage.snapshot().tip.unwrap().hash,
        over.hash(),
        "as much work: the first stays"
    );
    stage.mines(&other[2]);
    assert_eq!(stage.snapshot().tip.unwrap().hash, other[2].hash());
    assert!(stage.has_told(&WatchEventKind::Reorganised {
        fork: trunk.hash(),
        old: over.hash(),
        new: other[2].hash(),
        depth: 2,
    }));
    assert!(stage.has_told(&WatchEventKind::TxBack {
        txid: payment.txid()
    }));
    assert!(stage.watcher.monitor().has(&payment.txid()));
    assert_eq!(stage.snapshot().stale_branches, 1);
}

#[test]
fn what_waits_is_asked_for_only_where_the_node_offers_it_or_on_request() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    assert!(!stage.kinds(Role::Announcements).contains(&Kind::Mempool));
    assert!(
        stage
            .snapshot()
            .mempool_not_asked
            .unwrap()
            .contains("service bit 4")
    );
    for (forced, services) in [(false, WITH_BLOOM), (true, SERVICES)] {
        let mut stage = Stage::new(forced);
        stage.connects(Role::Announcements, services);
        assert!(stage.kinds(Role::Announcements).contains(&Kind::Mempool));
        assert_eq!(stage.snapshot().mempool_not_asked, None);
    }
}

#[test]
fn it_says_why_it_was_left_when_it_asked_what_waits() {
    let mut stage = Stage::new(true);
    stage.connects(Role::Announcements, SERVICES);
    stage.elapses(Duration::from_millis(20));
    stage.hangs_up(Role::Announcements);
    let [Line::Down { why, .. }, _] = &stage.snapshot().lines else {
        panic!("it is down");
    };
    assert_eq!(
        why,
        "it hung up 20 ms after it was asked what waits: it does not answer `mempool`"
    );
}

#[test]
fn a_node_that_is_not_there_is_dialled_again_after_a_wait_that_grows() {
    let mut stage = Stage::new(false);
    for dial in 1..9 {
        let (role, why) = (Role::Announcements, "connection refused".to_owned());
        stage.does(WatchInput::DialFailed { role, why });
        while stage.dials.len() == dial {
            stage.now = stage.watcher.deadline().unwrap();
            stage.does(WatchInput::Tick);
        }
    }
    let waits = stage
        .dials
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0).as_secs());
    assert_eq!(waits.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 60, 60]);
    // One that stood for a minute was a good one.
    stage.connects(Role::Announcements, SERVICES);
    stage.now = stage.now + Duration::from_secs(60);
    stage.hangs_up(Role::Announcements);
    let again = stage.now + Duration::from_secs(1);
    assert!(matches!(&stage.snapshot().lines[0], Line::Down { again: at, .. } if *at == again));
}

#[test]
fn pings_are_timed_and_silence_ends_the_connection() {
    let mut stage = Stage::up(SERVICES);
    stage.elapses(Duration::from_secs(25));
    assert_eq!(
        stage.snapshot().pings,
        [None, None],
        "the first is not answered"
    );
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    let ping = stage.heard.iter().find_map(|(_, message)| match message {
        Message::Ping(number) => Some(*number),
        _ => None,
    });
    stage.elapses(Duration::from_millis(42));
    stage.says(Role::Announcements, Message::Pong(ping.unwrap() ^ 1));
    assert_eq!(stage.snapshot().pings[0], None, "another number");
    stage.says(Role::Announcements, Message::Pong(ping.unwrap()));
    let time = Duration::from_millis(42);
    assert_eq!(stage.snapshot().pings[0], Some((time, time)));
    stage.elapses(Duration::from_secs(100));
    assert_eq!(stage.closed, [Role::Announcements]);
}

#[test]
fn what_a_node_may_not_send_ends_that_connection_with_words() {
    let block = &chain(&genesis(), 1, &[0])[0];
    let bent = {
        let mut bytes = block.bytes().to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        Block::new(bytes.into()).unwrap()
    };
    let mut idle = *block.header();
    while idle.meets_target(REGTEST) {
        idle.nonce += 1;
    }
    let mut stage = Stage::up(SERVICES);
    stage.says(Role::Announcements, short(block));
    stage.says(Role::Announcements, Message::Block(bent));
    stage.says(Role::Headers, Message::Headers(vec![idle]));
    assert_eq!(stage.closed, Role::ALL);
    let whys = stage.snapshot().lines.map(|line| match line {
        Line::Down { why, .. } => why,
        other => panic!("{other:?}"),
    });
    assert_eq!(
        whys,
        [
            "it sent what it may not: a block of it: its transactions are not those that the header commits to",
            "it sent what it may not: a header of it is not taken: its proof of work is not enough",
        ]
    );

    let mut stage = Stage::up(SERVICES);
    stage.says_bytes(Role::Headers, Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n"));
    assert_eq!(stage.closed, [Role::Headers]);
    stage.answers(Role::Headers);
    let own = Message::Version(Box::new(Version {
        nonce: stage.watcher.conns.values().next().unwrap().nonce,
        ..version(SERVICES)
    }));
    stage.says(Role::Headers, own);
    assert_eq!(
        stage.closed,
        [Role::Headers; 2],
        "it is this program itself"
    );
}

#[test]
fn nothing_that_was_not_asked_for_counts() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    stage.says(Role::Announcements, Message::Block(block.clone()));
    stage.says(Role::Announcements, Message::Tx(coinbase(1, 0)));
    stage.says(
        Role::Announcements,
        Message::Tx(tx(&[coin(&coinbase(1, 0))], &[1])),
    );
    assert!(stage.watcher.monitor().is_empty() && stage.watcher.block(&block.hash()).is_none());
}

#[test]
fn a_flood_of_announcements_stays_within_limits() {
    let mut stage = Stage::up(SERVICES);
    let flood = |kind: InvKind, round: u32| {
        let items = (0..50_000_u32).map(|nth| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&(round * 50_000 + nth).to_le_bytes());
            item(kind, hash)
        });
        Message::Inv(items.collect())
    };
    for round in 0..5 {
        stage.says(Role::Announcements, flood(InvKind::Tx, round));
        stage.says(Role::Announcements, flood(InvKind::Block, 100 + round));
    }
    assert_eq!(stage.asked().len(), 1_000 + Limits::BODIES_ASKED);
    assert!(stage.snapshot().txs_left_out >= 100_000);
    let addr = |nth: u32| NodeAddr {
        time: 0,
        services: SERVICES,
        host: NodeHost::Ip(nth.to_be_bytes().into()),
        port: 8_333,
    };
    for round in 0..20 {
        let addrs = (round * 1_000..round * 1_000 + 1_000).map(addr);
        stage.says(Role::Announcements, Message::Addr(addrs.collect()));
    }
    assert_eq!(stage.snapshot().addresses, 10_000);
}

#[test]
fn after_a_disconnect_nothing_of_the_connection_is_left() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    stage.says(Role::Announcements, short(block));
    stage.says(
        Role::Announcements,
        Message::Inv(vec![item(InvKind::Tx, [9; 32])]),
    );
    stage.says(
        Role::Headers,
        Message::Inv(vec![item(InvKind::Block, [8; 32])]),
    );
    stage.hangs_up(Role::Announcements);
    stage.hangs_up(Role::Headers);
    let watcher = &stage.watcher;
    assert!(watcher.conns.is_empty() && watcher.bodies_asked.is_empty());
    assert_eq!(watcher.wanted.deadline(), None);
    // The block is asked for again once its node is back, as it is part of its chain.
    stage.elapses(Duration::from_secs(2));
    stage.connects(Role::Announcements, SERVICES);
    stage.heard.clear();
    stage.says(Role::Announcements, Message::Headers(vec![*block.header()]));
    assert_eq!(stage.asked(), [block.hash().0]);
}

#[test]
fn a_pruned_block_is_passed_over_and_the_way_goes_on() {
    let mut stage = Stage::up(SERVICES);
    let blocks = chain(&genesis(), 1, &[0; 3]);
    let headers: Vec<_> = blocks.iter().map(|block| *block.header()).collect();
    stage.says(Role::Headers, Message::Headers(headers));
    stage.does(WatchInput::Tick);
    let asked = stage.asked();
    assert_eq!(asked.len(), 3);
    stage.says(
        Role::Announcements,
        Message::NotFound(vec![item(InvKind::WitnessBlock, asked[0])]),
    );
    let payment = tx(&[coin(&blocks[1].txs().next().unwrap())], &[1_000]);
    stage.says(Role::Announcements, Message::Block(blocks[1].clone()));
    stage.relays(&payment);
    assert!(
        stage
            .watcher
            .monitor()
            .get(&payment.txid())
            .unwrap()
            .fee
            .is_some()
    );
}

#[test]
fn where_blocks_are_announced_by_hash_alone_they_are_seen_all_the_same() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    let inv = Message::Inv(vec![item(InvKind::Block, block.hash().0)]);
    stage.says(Role::Announcements, inv.clone());
    stage.elapses(Duration::from_millis(5));
    stage.says(Role::Headers, inv);
    assert_eq!(stage.asked(), [block.hash().0], "once");
    stage.says(Role::Announcements, Message::Block(block.clone()));
    let stages = stage.watcher.block(&block.hash()).unwrap().stages;
    assert_eq!(stages.announced, Some((START, AnnouncedBy::Inv)));
    assert_eq!(stages.connected.unwrap().1, ConnectedBy::Inv);
    assert_eq!(stage.tip_height(), 1);
}

#[test]
fn a_block_whose_parent_is_missing_makes_it_ask_for_headers() {
    let mut stage = Stage::up(SERVICES);
    let blocks = chain(&genesis(), 1, &[0; 2]);
    stage.says(Role::Announcements, short(&blocks[1]));
    let asked = stage.heard.iter().find_map(|(_, message)| match message {
        Message::GetHeaders(Locator { hashes, .. }) => Some(hashes.clone()),
        _ => None,
    });
    assert_eq!(asked.unwrap(), [genesis().hash()]);
    let headers = blocks.iter().map(|block| *block.header()).collect();
    stage.says(Role::Announcements, Message::Headers(headers));
    assert_eq!(stage.tip_height(), 2);
    let stages = stage.watcher.block(&blocks[1].hash()).unwrap().stages;
    assert_eq!(stages.announced, Some((START, AnnouncedBy::CmpctBlock)));
}

#[test]
fn a_replacement_is_told_with_what_it_replaces() {
    let mut stage = Stage::up(SERVICES);
    let money = coin(&coinbase(1, 0));
    let (old, new) = (tx(&[money], &[1_000]), tx(&[money], &[900]));
    stage.relays(&old);
    stage.relays(&new);
    let why = Gone::Replaced(new.txid());
    assert!(stage.has_told(&WatchEventKind::TxGone {
        txid: old.txid(),
        why
    }));
    let waits: Vec<Txid> = stage.watcher.monitor().iter().map(|tx| tx.txid).collect();
    assert_eq!(waits, [new.txid()]);
}

/// How often headers were asked for.
fn asked_headers(stage: &Stage) -> usize {
    let asks = |message: &Message| matches!(message, Message::GetHeaders(_));
    stage
        .heard
        .iter()
        .filter(|(_, message)| asks(message))
        .count()
}

#[test]
fn headers_that_bring_nothing_new_are_not_asked_for_again() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    let blocks = chain(&genesis(), 1, &[0; 2_000]);
    let headers: Vec<_> = blocks.iter().map(|block| *block.header()).collect();
    assert_eq!(asked_headers(&stage), 1);
    stage.says(Role::Announcements, Message::Headers(headers.clone()));
    assert_eq!(asked_headers(&stage), 2, "there may be more");
    stage.says(Role::Announcements, Message::Headers(headers));
    assert_eq!(asked_headers(&stage), 2);
    let orphan = *chain(blocks[9].header(), 11, &[1, 1])[1].header();
    stage.says(Role::Announcements, Message::Headers(vec![orphan]));
    assert_eq!(asked_headers(&stage), 3);
    stage.says(Role::Announcements, Message::Headers(vec![orphan]));
    assert_eq!(asked_headers(&stage), 3, "an answer that leads nowhere");
}

#[test]
fn a_node_that_does_not_answer_for_headers_is_heard_all_the_same() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    stage.connects(Role::Headers, SERVICES);
    let ping = |stage: &Stage, role: Role| {
        let pings = stage
            .heard
            .iter()
            .rev()
            .find_map(|(of, message)| match message {
                Message::Ping(number) if *of == role => Some(*number),
                _ => None,
            });
        pings.expect("it pings")
    };
    for _ in 0..3 {
        for role in Role::ALL {
            let number = ping(&stage, role);
            stage.says(role, Message::Pong(number));
        }
        stage.elapses(Duration::from_secs(30));
    }
    let block = &chain(&genesis(), 1, &[0])[0];
    stage.says(Role::Headers, Message::Headers(vec![*block.header()]));
    let stages = stage.watcher.block(&block.hash()).unwrap().stages;
    assert_eq!(stages.connected, Some((stage.now, ConnectedBy::Headers)));
}

#[test]
fn a_public_chain_begins_with_the_first_header_and_anew_where_the_node_has_another() {
    let config = WatchConfig {
        network: Network::Testnet3,
        ..Stage::new(false).watcher.config().clone()
    };
    let mut blocks = Blocks::new(&config);
    assert!(blocks.tree().is_none() && blocks.locator().is_empty());
    let genesis = Network::Testnet3.params().genesis();
    assert_eq!(blocks.header(genesis), Ok(true));
    blocks.reach(genesis.hash());
    assert_eq!(blocks.locator(), [genesis.hash()]);
    assert_eq!(
        blocks.height(&genesis.hash()),
        None,
        "no coinbase has said it"
    );
    blocks.begin_anew();
    assert!(blocks.tree().is_none() && blocks.tip().is_none());
}
