//! Hostile peers, by what they do: one description, played in virtual time ([`virtually`]) and over real
//! sockets ([`really`]), so that whatever a node learns to say is tried on it in both.
//!
//! An [`Attack`] is a crowd of connections that all do the same ([`Behaviour`]). What one connection does
//! is a [`Part`]: what it begins with, what it answers, and what it says again and again. The two
//! players only know how to do it: a player of the sim has no bytes, so it sends a message that cannot
//! be read for [`Move::Junk`], and a long one over a narrow link for [`Move::Drips`].

pub mod floods;
pub mod really;
pub mod virtually;

use chainlab::chain::key::SecretKey;
use chainlab::chain::{BlockHash, Params};
use chainlab::node::Time;
use chainlab::node::handshake::{Identity, PROTOCOL};
use chainlab::node::message::{Message, Role, Services, Text, Version};
use floods::{Flood, Loot};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often a flood goes on.
pub const PACE: Duration = Duration::from_millis(100);

/// How long one that renews its connections waits before it opens another.
pub const RENEW_AFTER: Duration = Duration::from_millis(50);

/// What each connection of an attack does.
#[derive(Clone, Copy, Debug)]
pub enum Behaviour {
    /// It says nothing at all.
    Silent,
    /// It sends the first bytes of a message, one now and then.
    Dripping,
    /// It sends bytes that are no message, and hangs up.
    Junk,
    /// It says who it is, and does not prove it.
    Half,
    /// It shakes hands like an honest peer, each time as another one, and answers pings.
    Complete,
    /// It shakes hands, and then says what a flood has to say, without end.
    Floods(Flood),
}

/// A crowd.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    pub behaviour: Behaviour,
    /// Connections at a time.
    pub connections: usize,
    /// It opens a connection anew as soon as one has ended.
    pub renews: bool,
}

impl Attack {
    /// So many connections that are opened once.
    pub fn of(behaviour: Behaviour, connections: usize) -> Self {
        Self {
            behaviour,
            connections,
            renews: false,
        }
    }

    /// The same, opened again and again.
    pub fn renewed(self) -> Self {
        Self {
            renews: true,
            ..self
        }
    }

    /// All ways in which a crowd keeps others out, by name.
    pub fn on_seats(connections: usize) -> Vec<(&'static str, Self)> {
        use Behaviour::{Complete, Dripping, Half, Junk, Silent};
        let crowd = |behaviour| Self::of(behaviour, connections);
        vec![
            ("silent", crowd(Silent)),
            ("silent, renewed", crowd(Silent).renewed()),
            ("dripping", crowd(Dripping)),
            ("dripping, renewed", crowd(Dripping).renewed()),
            ("half a handshake", crowd(Half)),
            ("half a handshake, renewed", crowd(Half).renewed()),
            ("complete", crowd(Complete)),
            ("complete, renewed", crowd(Complete).renewed()),
            ("junk, renewed", crowd(Junk).renewed()),
        ]
    }
}

/// What is to be done on a connection.
#[derive(Clone, Debug)]
pub enum Move {
    Says(Message),
    /// Bytes of a message that never comes to its end.
    Drips,
    /// Bytes that are no message.
    Junk,
    HangsUp,
}

/// One connection of an attack.
#[derive(Clone)]
pub struct Part {
    behaviour: Behaviour,
    us: Identity,
    nonce: u64,
    loot: Loot,
    /// The node has taken it.
    pub is_in: bool,
    /// What the node said when it refused it.
    pub refused: Option<String>,
    round: u32,
}

impl Part {
    /// One whom the node has never met.
    pub fn new(behaviour: Behaviour, network: BlockHash, loot: Loot) -> Self {
        static PARTS: AtomicU64 = AtomicU64::new(1);
        let number = PARTS.fetch_add(1, Ordering::Relaxed);
        let mut secret = [0x5a; 32];
        secret[24..].copy_from_slice(&number.to_be_bytes());
        let secret = SecretKey::from_bytes(secret).expect("below the order");
        Self {
            behaviour,
            us: Identity::new(secret, network),
            nonce: 1_000_000 + number,
            loot,
            is_in: false,
            refused: None,
            round: 0,
        }
    }

    /// The connection stands.
    pub fn opens(&self) -> Vec<Move> {
        match self.behaviour {
            Behaviour::Silent => Vec::new(),
            Behaviour::Dripping => vec![Move::Drips],
            Behaviour::Junk => vec![Move::Junk, Move::HangsUp],
            Behaviour::Half | Behaviour::Complete | Behaviour::Floods(_) => {
                vec![Move::Says(self.version())]
            }
        }
    }

    /// The node says something.
    pub fn hears(&mut self, message: &Message, now: Time) -> Vec<Move> {
        if let Message::Reject(reject) = message
            && reject.command.as_str() == "version"
        {
            self.refused = Some(reject.why.to_string());
        }
        if !matches!(self.behaviour, Behaviour::Complete | Behaviour::Floods(_)) {
            return Vec::new();
        }
        match message {
            Message::Version(theirs) => vec![Move::Says(Message::Verack(self.us.prove(theirs)))],
            Message::GetAddr => {
                self.is_in = true;
                Vec::new()
            }
            Message::Ping(number) => vec![Move::Says(Message::Pong(*number, now))],
            _ => Vec::new(),
        }
    }

    /// [`PACE`] has passed.
    pub fn goes_on(&mut self) -> Vec<Move> {
        let Behaviour::Floods(flood) = self.behaviour else {
            return Vec::new();
        };
        if !self.is_in {
            return Vec::new();
        }
        self.round += 1;
        let messages = (flood.says)(&self.loot, self.round);
        messages.into_iter().map(Move::Says).collect()
    }

    pub fn version(&self) -> Message {
        Message::Version(Box::new(Version {
            protocol: PROTOCOL,
            network: self.us.network,
            nonce: self.nonce,
            id: self.us.id,
            listen: None,
            height: 0,
            role: Role::Full,
            user_agent: Text::new("/hostile/"),
            services: Services::BLOCKS,
            wants_txs: true,
        }))
    }
}

/// The hash that names a network.
pub fn network(params: &Params) -> BlockHash {
    params.genesis_block().hash()
}
