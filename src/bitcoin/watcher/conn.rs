//! One connection to the node: its handshake, its pings, and what is waited for on it.

use super::config::Limits;
use super::event::Role;
use crate::bitcoin::wire::{Frames, Services, Version};
use crate::node::{ConnId, Time, earlier};
use std::time::Duration;

/// The newest form of the protocol that is spoken here. 70017 would bring more to agree on, BIP 434.
pub(super) const PROTOCOL: u32 = 70_016;

/// Older nodes are not spoken to: Bitcoin Core does not either.
pub(super) const PROTOCOL_MIN: u32 = 31_800;

/// From here on a node may say that it takes wtxids and `addrv2`.
pub(super) const PROTOCOL_OF_WTXIDS: u32 = 70_016;

/// A connection.
#[derive(Clone)]
pub(super) struct Conn {
    pub(super) id: ConnId,
    pub(super) role: Role,
    pub(super) frames: Frames,
    /// What the node would send back if it were this program.
    pub(super) nonce: u64,
    pub(super) since: Time,
    /// What the node said that it is.
    pub(super) version: Option<Version>,
    /// Both sides know each other.
    pub(super) is_up: bool,
    /// When headers were asked for that have not come.
    pub(super) asked_headers: Option<Time>,
    /// When it was asked what waits.
    pub(super) asked_mempool: Option<Time>,
    pub(super) pings: Pings,
}

/// Pings of a connection.
#[derive(Clone, Default)]
pub(super) struct Pings {
    next: Option<Time>,
    waits: Option<(u64, Time)>,
    /// The last one that was answered.
    pub(super) last: Option<Duration>,
    /// The quickest.
    pub(super) least: Option<Duration>,
}

/// What there is to do about pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PingDue {
    Nothing,
    Send,
    GiveUp,
}

impl Conn {
    pub(super) fn new(id: ConnId, role: Role, magic: [u8; 4], nonce: u64, now: Time) -> Self {
        Self {
            id,
            role,
            frames: Frames::new(magic),
            nonce,
            since: now,
            version: None,
            is_up: false,
            asked_headers: None,
            asked_mempool: None,
            pings: Pings::default(),
        }
    }

    /// Whether the node says that it can do this.
    pub(super) fn offers(&self, services: Services) -> bool {
        let version = self.version.as_ref();
        version.is_some_and(|version| version.services.has(services))
    }

    /// Whether headers that come now are an answer. A node that is catching up itself does not give one.
    pub(super) fn awaits_headers(&self, now: Time) -> bool {
        let asked = self.asked_headers;
        asked.is_some_and(|asked| now.since(asked) < Limits::ASKED)
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let handshake = (!self.is_up).then_some(self.since + Limits::HANDSHAKE);
        earlier(handshake, self.pings.deadline())
    }

    /// Why it ended, in words, when the node ended it: what it was asked just before may be why.
    pub(super) fn why_ended(&self, said: &str, now: Time) -> String {
        let asked = self.asked_mempool.map(|asked| now.since(asked));
        match asked.filter(|after| *after < Duration::from_secs(1)) {
            Some(after) => format!(
                "it hung up {} ms after it was asked what waits: it does not answer `mempool`",
                after.as_millis()
            ),
            None if self.is_up => said.to_owned(),
            None => format!("{said}, before both sides knew each other"),
        }
    }
}

impl Pings {
    /// The first one is due.
    pub(super) fn start(&mut self, now: Time) {
        self.next = Some(now);
    }

    pub(super) fn due(&self, now: Time) -> PingDue {
        let is_over = |at: Time| at <= now;
        match (self.waits, self.next) {
            (Some((_, sent)), _) if is_over(sent + Limits::PING_TIMEOUT) => PingDue::GiveUp,
            (None, Some(next)) if is_over(next) => PingDue::Send,
            _ => PingDue::Nothing,
        }
    }

    pub(super) fn sent(&mut self, number: u64, now: Time) {
        self.waits = Some((number, now));
        self.next = Some(now + Limits::PING_EVERY);
    }

    /// An answer came; how long it took, if it was waited for.
    pub(super) fn answered(&mut self, number: u64, now: Time) -> Option<Duration> {
        let (_, sent) = self.waits.filter(|(waits, _)| *waits == number)?;
        let time = now.since(sent);
        self.waits = None;
        self.last = Some(time);
        self.least = Some(self.least.map_or(time, |least| least.min(time)));
        Some(time)
    }

    fn deadline(&self) -> Option<Time> {
        match self.waits {
            Some((_, sent)) => Some(sent + Limits::PING_TIMEOUT),
            None => self.next,
        }
    }
}
