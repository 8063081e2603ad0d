//! Who is at the other end.
//!
//! 1. As soon as a connection stands, both sides send `version`: protocol, network, height, where
//!    they listen, a nonce that was never used before, and the key that names this run of the node.
//! 2. Who receives a `version` refuses another protocol or network, in words, and hangs up on
//!    itself: its own nonce, or its own key, came back.
//! 3. Otherwise it sends `verack`: its signature over the network, the other's nonce and both keys.
//!    So a peer cannot pass for another node by repeating what that one said, and the rule by which
//!    two nodes that dialled each other keep one connection cannot be turned against a third.
//! 4. With the other's valid `verack` the handshake is complete. Any other message before that, or
//!    a second `version` or `verack`, breaks the protocol.
//!
//! Of two connections between the same two nodes both sides keep the one that was dialled by the
//! node with the smaller key; if one side dialled both, the one in whose `version` it sent the
//! smaller nonce.

use super::ids::Direction;
pub use super::message::PROTOCOL;
use super::message::Version;
use crate::chain::BlockHash;
use crate::chain::codec;
use crate::chain::hash::sha256d;
use crate::chain::key::{PublicKey, SecretKey, Signature};
use serde::Serialize;
use thiserror::Error;

/// How a handshake stands.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// The nonce that we sent on this connection.
    pub nonce: u64,
    theirs: Option<Box<Version>>,
}

/// Who we are, in this run.
#[derive(Clone)]
pub struct Identity {
    key: SecretKey,
    /// The public half of the key.
    pub id: PublicKey,
    /// The genesis hash.
    pub network: BlockHash,
}

/// Why a handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// Another protocol.
    #[error("protocol {0}, this node speaks {PROTOCOL}")]
    Protocol(u32),
    /// Another genesis block.
    #[error("another network: genesis block ..{theirs}, here it is ..{ours}")]
    Network {
        /// Short hash of their genesis block.
        theirs: String,
        /// Short hash of ours.
        ours: String,
    },
    /// The node dialled itself.
    #[error("that is this node itself")]
    Itself,
    /// A second `version`.
    #[error("a second version message")]
    SecondVersion,
    /// A `verack` before the `version`.
    #[error("verack before version")]
    NoVersion,
    /// The signature does not hold: that is not the node whose key it showed.
    #[error("the verack is not signed by the key of the version")]
    NotTheKey,
}

/// What a `verack` signs; its encoding is the specification.
#[derive(Serialize)]
struct Proof {
    domain: [u8; 16],
    network: BlockHash,
    /// The nonce of whom it is sent to.
    challenge: u64,
    signer: PublicKey,
    verifier: PublicKey,
}

impl Identity {
    /// The node with this key, on a network.
    pub fn new(key: SecretKey, network: BlockHash) -> Self {
        let id = key.public_key();
        Self { key, id, network }
    }

    /// The `verack` to a node that sent this `version`.
    pub fn prove(&self, to: &Version) -> Signature {
        self.key.sign(&self.proof(to.nonce, self.id, to.id))
    }

    fn proof(&self, challenge: u64, signer: PublicKey, verifier: PublicKey) -> [u8; 32] {
        sha256d(&codec::encode(&Proof {
            domain: *b"chainlab  verack",
            network: self.network,
            challenge,
            signer,
            verifier,
        }))
    }
}

impl Handshake {
    /// On a connection on which we send this nonce.
    pub fn new(nonce: u64) -> Self {
        Self {
            nonce,
            theirs: None,
        }
    }

    /// The key that the other has shown, and not proven yet.
    pub fn claimed(&self) -> Option<&PublicKey> {
        self.theirs.as_ref().map(|theirs| &theirs.id)
    }

    /// Takes the other's `version`. `is_ours` tells nonces that this node has sent itself.
    ///
    /// # Errors
    /// [`HandshakeError`]; the connection is to be ended.
    pub fn received_version(
        &mut self,
        version: Box<Version>,
        us: &Identity,
        is_ours: impl Fn(u64) -> bool,
    ) -> Result<&Version, HandshakeError> {
        if self.theirs.is_some() {
            return Err(HandshakeError::SecondVersion);
        }
        if version.protocol != PROTOCOL {
            return Err(HandshakeError::Protocol(version.protocol));
        }
        if version.network != us.network {
            return Err(HandshakeError::Network {
                theirs: version.network.short(),
                ours: us.network.short(),
            });
        }
        if version.id == us.id || is_ours(version.nonce) {
            return Err(HandshakeError::Itself);
        }
        Ok(self.theirs.insert(version))
    }

    /// Takes the other's `verack`; with it the handshake is complete, and this is the other side.
    ///
    /// # Errors
    /// [`HandshakeError`]; the connection is to be ended.
    pub fn received_verack(
        &mut self,
        signature: &Signature,
        us: &Identity,
    ) -> Result<Box<Version>, HandshakeError> {
        let theirs = self.theirs.as_ref().ok_or(HandshakeError::NoVersion)?;
        let proof = us.proof(self.nonce, theirs.id, us.id);
        if theirs.id.verify(&proof, signature).is_err() {
            return Err(HandshakeError::NotTheKey);
        }
        Ok(self.theirs.take().expect("just seen"))
    }
}

/// One of two connections between the same two nodes, for the choice between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rival {
    /// Who dialled.
    pub direction: Direction,
    /// The nonce that we sent on it.
    pub our_nonce: u64,
    /// The nonce that the other sent on it.
    pub their_nonce: u64,
}

/// Whether `a` is to be kept rather than `b`. The other side comes to the same answer.
pub fn is_kept(a: Rival, b: Rival, ours: PublicKey, theirs: PublicKey) -> bool {
    let dialled_by = |rival: Rival| match rival.direction {
        Direction::Outbound => (ours, rival.our_nonce),
        Direction::Inbound => (theirs, rival.their_nonce),
    };
    dialled_by(a) < dialled_by(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::message::{Role, Services, Text};

    fn node(secret: u8) -> Identity {
        let key = SecretKey::from_bytes([secret; 32]).expect("a key");
        Identity::new(key, BlockHash([7; 32]))
    }

    fn version(of: &Identity, nonce: u64) -> Box<Version> {
        Box::new(Version {
            protocol: PROTOCOL,
            network: of.network,
            nonce,
            id: of.id,
            listen: None,
            height: 0,
            role: Role::Full,
            user_agent: Text::new("/test/"),
            services: Services::BLOCKS,
            wants_txs: true,
        })
    }

    const NOT_OURS: fn(u64) -> bool = |_| false;

    #[test]
    fn two_nodes_learn_who_the_other_is() {
        let (alice, bob) = (node(1), node(2));
        let (mut at_alice, mut at_bob) = (Handshake::new(10), Handshake::new(20));
        let seen = at_alice.received_version(version(&bob, 20), &alice, NOT_OURS);
        let from_alice = alice.prove(seen.expect("the same network"));
        let seen = at_bob.received_version(version(&alice, 10), &bob, NOT_OURS);
        let from_bob = bob.prove(seen.expect("the same network"));
        let met = at_alice.received_verack(&from_bob, &alice).expect("Bob");
        assert_eq!(met.id, bob.id);
        let met = at_bob.received_verack(&from_alice, &bob).expect("Alice");
        assert_eq!(met.id, alice.id);
    }

    #[test]
    fn who_repeats_anothers_version_cannot_sign_for_it() {
        let (alice, bob, mallory) = (node(1), node(2), node(3));
        let mut at_alice = Handshake::new(10);
        let seen = at_alice.received_version(version(&bob, 20), &alice, NOT_OURS);
        seen.expect("it looks like Bob");
        let forged = mallory.prove(&version(&alice, 10));
        let refused = at_alice.received_verack(&forged, &alice);
        assert_eq!(refused.err(), Some(HandshakeError::NotTheKey));
        // What Bob signed for Mallory is of no use either.
        let borrowed = bob.prove(&version(&mallory, 10));
        let refused = at_alice.received_verack(&borrowed, &alice);
        assert_eq!(refused.err(), Some(HandshakeError::NotTheKey));
    }

    #[test]
    fn other_networks_protocols_and_oneself_are_refused_in_words() {
        let us = node(1);
        let refusal = |change: fn(&mut Version), ours: fn(u64) -> bool| {
            let mut theirs = version(&node(2), 20);
            change(&mut theirs);
            let mut handshake = Handshake::new(10);
            let refused = handshake.received_version(theirs, &us, ours);
            refused.expect_err("refused").to_string()
        };
        assert_eq!(
            refusal(|v| v.network = BlockHash([8; 32]), NOT_OURS),
            "another network: genesis block ..08080808, here it is ..07070707"
        );
        assert_eq!(
            refusal(|v| v.protocol = 9, NOT_OURS),
            "protocol 9, this node speaks 3"
        );
        assert_eq!(
            refusal(|_| {}, |nonce| nonce == 20),
            "that is this node itself"
        );
        assert_eq!(
            refusal(|v| v.id = node(1).id, NOT_OURS),
            "that is this node itself"
        );
    }

    #[test]
    fn a_second_version_and_a_verack_out_of_turn_are_refused() {
        let (alice, bob) = (node(1), node(2));
        let mut at_alice = Handshake::new(10);
        let early = at_alice.received_verack(&Signature::NONE, &alice);
        assert_eq!(early.err(), Some(HandshakeError::NoVersion));
        let first = at_alice.received_version(version(&bob, 20), &alice, NOT_OURS);
        first.expect("Bob");
        let second = at_alice.received_version(version(&bob, 21), &alice, NOT_OURS);
        assert_eq!(second.err(), Some(HandshakeError::SecondVersion));
    }

    #[test]
    fn both_sides_keep_the_same_connection() {
        use Direction::{Inbound, Outbound};
        let (alice, bob) = (node(1).id, node(2).id);
        let mirrored = |rival: Rival| Rival {
            direction: match rival.direction {
                Inbound => Outbound,
                Outbound => Inbound,
            },
            our_nonce: rival.their_nonce,
            their_nonce: rival.our_nonce,
        };
        let rival = |direction, our_nonce, their_nonce| Rival {
            direction,
            our_nonce,
            their_nonce,
        };
        for (a, b) in [
            (rival(Outbound, 1, 2), rival(Inbound, 3, 4)),
            (rival(Outbound, 9, 2), rival(Outbound, 3, 4)),
            (rival(Inbound, 1, 8), rival(Inbound, 3, 4)),
        ] {
            let ours = is_kept(a, b, alice, bob);
            assert_ne!(ours, is_kept(b, a, alice, bob), "one of the two");
            assert_eq!(ours, is_kept(mirrored(a), mirrored(b), bob, alice));
        }
    }
}
