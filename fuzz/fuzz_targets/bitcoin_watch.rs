//! A watcher and a node that sends whatever it likes, in an order that it likes: nothing makes it
//! panic, and what it keeps stays within its limits.

#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use chainlab::bitcoin::Network;
use chainlab::bitcoin::tree::HEADERS_KEPT_MAX;
use chainlab::bitcoin::watcher::{Role, WatchConfig, WatchInput, WatchOutput, Watcher};
use chainlab::bitcoin::wire::{CommandName, Frame, Kind, Services};
use chainlab::node::{ConnId, Time};
use common::bitcoin::testing::{introduction, version};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

const MAGIC: [u8; 4] = Network::Regtest.params().magic;

struct Scene {
    now: Time,
    watcher: Watcher,
    open: Vec<ConnId>,
    next: u64,
}

impl Scene {
    fn new(mempool: bool) -> Self {
        let config = WatchConfig {
            network: Network::Regtest,
            addr: ([127, 0, 0, 1], 18_444).into(),
            user_agent: "/fuzz/".to_owned(),
            mempool,
            rpc: false,
            seed: [0; 32],
        };
        let now = Time(1_700_000_000_000_000);
        Self {
            now,
            watcher: Watcher::new(config, now),
            open: Vec::new(),
            next: 0,
        }
    }

    fn does(&mut self, input: WatchInput) {
        self.watcher.handle(self.now, input);
        let mut dials = Vec::new();
        while let Some(output) = self.watcher.poll_output() {
            match output {
                WatchOutput::Dial(role) => dials.push(role),
                WatchOutput::Close(conn) => self.open.retain(|open| *open != conn),
                WatchOutput::Event(event) => drop(event.kind.words()),
                WatchOutput::Send(..) | WatchOutput::Ask(_) => {}
            }
        }
        dials.into_iter().for_each(|role| self.connects(role));
        if let Some(deadline) = self.watcher.deadline() {
            assert!(deadline > self.now, "it asks for a moment again and again");
        }
    }

    fn connects(&mut self, role: Role) {
        let conn = ConnId(self.next);
        self.next += 1;
        self.open.push(conn);
        self.does(WatchInput::Connected { role, conn });
        for message in introduction(version(Services(0b1101))) {
            self.says(conn, &message.to_frame());
        }
    }

    fn says(&mut self, conn: ConnId, frame: &Frame) {
        self.does(WatchInput::Received(conn, frame.to_bytes(MAGIC)));
    }

    /// One thing that happens: a message of some kind, silence, a hang-up.
    fn step(&mut self, choice: u8, bytes: &[u8]) {
        let conn = self.open.get(usize::from(choice & 1)).or(self.open.first()).copied();
        match (choice >> 1, conn) {
            (0, Some(conn)) => {
                self.open.retain(|open| *open != conn);
                self.does(WatchInput::Disconnected(conn, "gone".to_owned()));
            }
            (1, _) | (_, None) => {
                let wait = bytes.first().copied().unwrap_or(1).max(1);
                self.now = self.now + Duration::from_secs(wait.into());
                self.does(WatchInput::Tick);
            }
            (kind, Some(conn)) => {
                let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
                let frame = Frame {
                    command: CommandName::new(kind.name()),
                    payload: bytes.to_vec().into(),
                };
                self.says(conn, &frame);
            }
        }
    }
}

fuzz_target!(|input: (bool, Vec<(u8, Vec<u8>)>)| {
    let (mempool, steps) = input;
    let mut scene = Scene::new(mempool);
    scene.does(WatchInput::Tick);
    for (choice, bytes) in steps.iter().take(200) {
        scene.step(*choice, bytes);
    }
    let tree = scene.watcher.tree().expect("regtest has its first block");
    assert!(tree.len() <= HEADERS_KEPT_MAX);
    let _ = scene.watcher.snapshot();
});
