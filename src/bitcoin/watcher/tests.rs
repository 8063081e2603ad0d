//! A watcher and the node that it watches, which is played here, message by message.

mod asked;
mod blocks;
mod limits;
mod lines;
mod txs;

use super::*;
use crate::bitcoin::Network;
use crate::bitcoin::block::Block;
use crate::bitcoin::header::Header;
use crate::bitcoin::testing::{REGTEST, block_on, coin, coinbase, introduction, tx, version};
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
    questions: Vec<RpcQuestion>,
}

impl Stage {
    fn new(mempool: bool) -> Self {
        Self::with(mempool, false)
    }

    fn with(mempool: bool, rpc: bool) -> Self {
        let config = WatchConfig {
            network: Network::Regtest,
            addr: ADDR.into(),
            user_agent: "/chainlab:0.1.0/".to_owned(),
            mempool,
            rpc,
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
            questions: Vec::new(),
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
                WatchOutput::Ask(question) => self.questions.push(question),
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
        for message in introduction(version(services)) {
            self.says(role, message);
        }
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
