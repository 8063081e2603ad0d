//! A [`Watcher`] on a host.

use super::host::Actor;
use crate::bitcoin::watcher::{Role, WatchConfig, WatchEvent, WatchInput, WatchOutput, Watcher};
use crate::node::Time;
use crate::node::io::{CloseReason, ConnId, Input, Output};
use bytes::Bytes;
use std::any::Any;
use std::collections::VecDeque;

/// Watches another host, which speaks Bitcoin's protocol.
#[derive(Clone)]
pub struct SimWatcher {
    watcher: Watcher,
    /// What the node is dialled for, in that order: dials of one address are answered in it.
    dials: VecDeque<Role>,
    bytes: VecDeque<(ConnId, Bytes)>,
    events: Vec<WatchEvent>,
    /// When it dials first; `None`: it has.
    begins: Option<Time>,
}

impl SimWatcher {
    /// Watches the node at the address of the configuration, from now on.
    pub fn new(config: WatchConfig, now: Time) -> Self {
        let config = WatchConfig {
            rpc: false,
            ..config
        };
        Self {
            watcher: Watcher::new(config, now),
            dials: VecDeque::new(),
            bytes: VecDeque::new(),
            events: Vec::new(),
            begins: Some(now),
        }
    }

    /// The watcher.
    pub const fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// All that it told.
    pub fn events(&self) -> &[WatchEvent] {
        &self.events
    }

    fn does(&mut self, now: Time, input: WatchInput) -> Vec<Output> {
        self.begins = None;
        self.watcher.handle(now, input);
        let mut wanted = Vec::new();
        while let Some(output) = self.watcher.poll_output() {
            match output {
                WatchOutput::Dial(role) => {
                    self.dials.push_back(role);
                    wanted.push(Output::Dial(self.watcher.config().addr));
                }
                WatchOutput::Send(conn, bytes) => self.bytes.push_back((conn, bytes)),
                WatchOutput::Close(conn) => wanted.push(Output::Close(conn, CloseReason::Asked)),
                WatchOutput::Event(event) => self.events.push(event),
                // In virtual time there is no RPC, and its configuration wants none.
                WatchOutput::Ask(_) => {}
            }
        }
        wanted
    }
}

impl Actor for SimWatcher {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        let input = match input {
            Input::Connected { conn, .. } => match self.dials.pop_front() {
                Some(role) => WatchInput::Connected { role, conn },
                // It listens nowhere.
                None => return vec![Output::Close(conn, CloseReason::Asked)],
            },
            Input::DialFailed { why, .. } => match self.dials.pop_front() {
                Some(role) => WatchInput::DialFailed { role, why },
                None => return Vec::new(),
            },
            Input::Disconnected(conn, why) => WatchInput::Disconnected(conn, why),
            // What an actor can be given beside that is of chainlab's own protocol.
            _ => WatchInput::Tick,
        };
        self.does(now, input)
    }

    fn deadline(&self) -> Option<Time> {
        self.begins.or_else(|| self.watcher.deadline())
    }

    fn received_bytes(&mut self, now: Time, conn: ConnId, bytes: &[u8]) -> Vec<Output> {
        self.does(
            now,
            WatchInput::Received(conn, Bytes::copy_from_slice(bytes)),
        )
    }

    fn poll_bytes(&mut self) -> Option<(ConnId, Bytes)> {
        self.bytes.pop_front()
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}
