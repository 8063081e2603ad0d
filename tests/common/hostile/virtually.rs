//! An attack in virtual time: a host of the sim that opens connections to a node and plays its parts.

use super::floods::Loot;
use super::{Attack, Behaviour, Move, PACE, Part, RENEW_AFTER, network};
use crate::common::watched::Watched;
use chainlab::chain::{BlockHash, Txid};
use chainlab::link::Conditions;
use chainlab::node::io::{CloseReason, ConnId, Direction, Input, Output};
use chainlab::node::message::{INV_MAX, Item, LOCATOR_MAX, Locator, Message};
use chainlab::node::{NodeIx, Time};
use chainlab::sim::{Actor, Sim};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// How far the hosts of an attack are from the node. Not nothing: in no time an attacker could come back
/// without end at one moment.
const NEAR: Duration = Duration::from_millis(2);

/// Bytes a second of one that drips: the least that a link has.
const DRIPS: u64 = 100;

/// What an attack has come to so far.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Connections that stood.
    pub opened: usize,
    /// Those that the node has taken as peers.
    pub taken: usize,
    /// What the node said when it refused some.
    pub refusals: BTreeMap<String, usize>,
}

/// A host that attacks.
#[derive(Clone)]
pub struct Attacker {
    pub ix: NodeIx,
    pub addr: SocketAddr,
    state: Watched<State>,
}

#[derive(Clone)]
struct State {
    attack: Attack,
    network: BlockHash,
    loot: Loot,
    victim: SocketAddr,
    parts: BTreeMap<ConnId, Part>,
    /// Dials to come, by their times.
    to_dial: Vec<Time>,
    next_round: Option<Time>,
    is_over: bool,
    score: Score,
}

impl Attacker {
    /// A host that attacks a node from now on.
    pub fn new(sim: &mut Sim, node: NodeIx, attack: Attack) -> Self {
        Self::with_loot(sim, node, attack, Loot::default())
    }

    /// The same, and it knows what there is to be known of the chain.
    pub fn with_loot(sim: &mut Sim, node: NodeIx, attack: Attack, loot: Loot) -> Self {
        let now = sim.now();
        let state = Watched::new(State {
            attack,
            network: network(sim.params()),
            loot,
            victim: sim.address(node.0),
            parts: BTreeMap::new(),
            to_dial: vec![now; attack.connections],
            next_round: matches!(attack.behaviour, Behaviour::Floods(_)).then(|| now + PACE),
            is_over: false,
            score: Score::default(),
        });
        let ix = sim.add_actor(Box::new(Script(state.clone())));
        let drips = matches!(attack.behaviour, Behaviour::Dripping).then_some(DRIPS);
        let near = Conditions::latency(NEAR);
        sim.set_link(node, ix, near);
        sim.set_link(
            ix,
            node,
            Conditions {
                bandwidth: drips,
                ..near
            },
        );
        let addr = sim.address(ix.0);
        Self { ix, addr, state }
    }

    pub fn score(&self) -> Score {
        self.state.borrow().score.clone()
    }

    /// Connections that stand.
    pub fn connections(&self) -> usize {
        self.state.borrow().parts.len()
    }

    /// Opens nothing any more, and closes what stands.
    pub fn leaves(&self, sim: &mut Sim) {
        let conns: Vec<ConnId> = {
            let mut state = self.state.borrow_mut();
            (state.is_over, state.next_round) = (true, None);
            state.to_dial.clear();
            std::mem::take(&mut state.parts).into_keys().collect()
        };
        for conn in conns {
            sim.act(self.ix, Output::Close(conn, CloseReason::Asked));
        }
    }
}

struct Script(Watched<State>);

impl Actor for Script {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        self.0.borrow_mut().handle(now, input)
    }

    fn deadline(&self) -> Option<Time> {
        let state = self.0.borrow();
        let dial = state.to_dial.iter().copied().min();
        [dial, state.next_round].into_iter().flatten().min()
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(Self(self.0.apart()))
    }
}

impl State {
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        match input {
            Input::Connected {
                conn,
                direction: Direction::Outbound,
                ..
            } => {
                self.score.opened += 1;
                let part = Part::new(self.attack.behaviour, self.network, self.loot.clone());
                let moves = part.opens();
                self.parts.insert(conn, part);
                self.play(conn, moves, now)
            }
            Input::DialFailed { .. } => {
                self.again(now);
                Vec::new()
            }
            Input::Received(conn, message) => {
                let Some(part) = self.parts.get_mut(&conn) else {
                    return Vec::new();
                };
                let was_in = part.is_in;
                let moves = part.hears(&message, now);
                self.score.taken += usize::from(part.is_in && !was_in);
                self.play(conn, moves, now)
            }
            Input::Disconnected(conn, _) => {
                self.ended(conn, now);
                Vec::new()
            }
            Input::Tick => self.tick(now),
            _ => Vec::new(),
        }
    }

    fn play(&mut self, conn: ConnId, moves: Vec<Move>, now: Time) -> Vec<Output> {
        let mut outputs = Vec::new();
        for one in moves {
            outputs.push(match one {
                Move::Says(message) => Output::Send(conn, message),
                Move::Drips => Output::Send(conn, long()),
                Move::Junk => Output::Send(conn, unreadable()),
                Move::HangsUp => {
                    self.ended(conn, now);
                    Output::Close(conn, CloseReason::Asked)
                }
            });
        }
        outputs
    }

    fn ended(&mut self, conn: ConnId, now: Time) {
        if let Some(part) = self.parts.remove(&conn) {
            if let Some(why) = part.refused {
                *self.score.refusals.entry(why).or_default() += 1;
            }
            self.again(now);
        }
    }

    fn again(&mut self, now: Time) {
        if self.attack.renews && !self.is_over {
            self.to_dial.push(now + RENEW_AFTER);
        }
    }

    fn tick(&mut self, now: Time) -> Vec<Output> {
        let all = self.to_dial.len();
        self.to_dial.retain(|at| *at > now);
        let due = all - self.to_dial.len();
        let mut outputs = vec![Output::Dial(self.victim); due];
        if self.next_round.is_some_and(|at| at <= now) {
            self.next_round = Some(now + PACE);
            let conns: Vec<ConnId> = self.parts.keys().copied().collect();
            for conn in conns {
                let part = self.parts.get_mut(&conn).expect("just seen");
                let moves = part.goes_on();
                outputs.extend(self.play(conn, moves, now));
            }
        }
        outputs
    }
}

/// A message that takes long on a narrow link.
fn long() -> Message {
    Message::Inv(vec![Item::Tx(Txid([0xee; 32])); INV_MAX])
}

/// A question with one hash more than it may have, which cannot be read.
fn unreadable() -> Message {
    Message::GetHeaders(Locator {
        have: vec![BlockHash::ZERO; LOCATOR_MAX + 1],
        stop: BlockHash::ZERO,
    })
}
