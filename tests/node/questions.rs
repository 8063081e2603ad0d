//! Who looks at a lab changes nothing: not what happens, not when, not what is drawn next.

use crate::common::sim::{import, latency, ms, wallet_address};
use crate::common::{ALICE, coins, owner, units};
use chainlab::chain::params::Allocation;
use chainlab::chain::{BlockHash, Params, Txid};
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, Payment, Question, Reply};
use chainlab::sim::{self, Answer, DiskConditions, Sim};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;

/// Nodes around the one in the middle, which all mine.
const AROUND: usize = 4;

/// What a disk takes for a write. Meanwhile what comes in waits, and a better job is overdue.
const SLOW: Duration = Duration::from_millis(700);

/// Times that the same things are done.
const ROUNDS: u32 = 80;

/// One event in so many is followed by a question.
const EVERY: u64 = 3;

/// Wallets: one that all nodes have, others that some or none have, and what can be no name.
const NAMES: [&str; 6] = ["alice", "alice", "edge2", "bob", "", "\u{202e}5 coins"];

/// A star: what leaves the middle is everywhere else at one moment, so that a node that does anything
/// a little earlier than otherwise is the first to draw.
fn star() -> (Sim, Vec<NodeIx>) {
    let coin = Allocation {
        owner: owner(ALICE),
        amount: coins(1),
    };
    let params = Params {
        genesis: vec![coin; 400],
        ..sim::params()
    };
    let mut sim = Sim::new(5, params);
    sim.give_disks();
    sim.set_default_link(latency(50));
    let mut config = sim.config("middle");
    config.outbound = 0;
    let mut nodes = vec![sim.add_node(config).expect("sound parameters")];
    for number in 0..AROUND {
        let mut config = sim.config(&format!("edge{number}"));
        config.outbound = 0;
        config.connect = vec![sim.address(0)];
        (config.mining, config.hashrate) = (MiningMode::On, 1_000.0);
        nodes.push(sim.add_node(config).expect("sound parameters"));
    }
    for ix in &nodes {
        import(&mut sim, *ix, "alice", ALICE);
    }
    let slow = DiskConditions {
        latency: SLOW,
        ..DiskConditions::default()
    };
    for edge in &nodes[1..] {
        sim.set_disk(*edge, slow);
    }
    (sim, nodes)
}

/// All that happens in a star while it is looked at, or is not. Two payments make a better
/// job due a second after the first, when the edges wait for a new wallet to be written.
fn history(looker: &mut Option<Looker>) -> ([u8; 32], u64) {
    let (mut sim, nodes) = star();
    let to = wallet_address(&mut sim, nodes[0], "alice");
    for round in 0..ROUNDS {
        for _ in 0..2 {
            let payment = Payment {
                from: "alice".to_owned(),
                to: to.clone(),
                amount: units(1_000),
                fee: Some(units(u64::from(round))),
            };
            sim.command(nodes[0], Command::Send(payment));
            watch(&mut sim, &nodes, ms(300), looker);
        }
        for edge in &nodes[1..] {
            let name = format!("wallet{round}");
            sim.command(*edge, Command::CreateWallet { name });
        }
        match round {
            30 => sim.crash(nodes[2]),
            40 => sim.restart(nodes[2]).expect("a sound store"),
            _ => {}
        }
        watch(&mut sim, &nodes, ms(3_400), looker);
    }
    (sim.log_hash(), sim.events())
}

fn watch(sim: &mut Sim, nodes: &[NodeIx], time: Duration, looker: &mut Option<Looker>) {
    let end = sim.now() + time;
    while sim.step_until(end) {
        if let Some(looker) = looker {
            looker.look(sim, nodes);
        }
    }
}

struct Looker {
    draws: ChaCha8Rng,
    asked: u32,
    refused: u32,
    /// Questions that were answered, by their kind.
    answered: BTreeMap<String, u32>,
    /// Blocks and payments that were shown, or not.
    hashes: Vec<BlockHash>,
    txids: Vec<Txid>,
}

impl Looker {
    fn new(seed: u64) -> Self {
        Self {
            draws: ChaCha8Rng::seed_from_u64(seed),
            asked: 0,
            refused: 0,
            answered: BTreeMap::new(),
            hashes: vec![BlockHash([7; 32])],
            txids: vec![Txid([7; 32])],
        }
    }

    /// Now and then asks any node anything.
    fn look(&mut self, sim: &Sim, nodes: &[NodeIx]) {
        if self.draw(EVERY) == 0 {
            let (ix, question) = (self.one_of(nodes), self.question());
            let kind = format!("{question:?}");
            let kind = kind.split(|c: char| !c.is_alphanumeric()).next();
            let kind = kind.expect("a name").to_owned();
            self.asked += 1;
            let answer = sim.ask(ix, question);
            self.heard(kind, answer);
        }
    }

    fn heard(&mut self, kind: String, answer: Answer) {
        match &answer {
            Ok(Reply::Chain(blocks)) => {
                self.hashes.extend(blocks.iter().map(|block| block.id.hash))
            }
            Ok(Reply::Mempool(waiting)) => self.txids.extend(waiting.iter().map(|tx| tx.txid)),
            Ok(Reply::Block(block)) => self.txids.extend(block.txs.iter().map(|tx| tx.txid)),
            _ => {}
        }
        match answer {
            Ok(_) => *self.answered.entry(kind).or_default() += 1,
            Err(_) => self.refused += 1,
        }
    }

    fn draw(&mut self, limit: u64) -> u64 {
        self.draws.next_u64() % limit
    }

    fn size(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("64 bits");
        usize::try_from(self.draw(limit)).expect("64 bits")
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.size(all.len())].clone()
    }

    fn name(&mut self) -> String {
        self.one_of(&NAMES).to_owned()
    }

    fn height(&mut self) -> u32 {
        let far = self.draw(8) == 0;
        let near = u32::try_from(self.draw(30)).expect("small");
        if far { u32::MAX - near } else { near }
    }

    fn limit(&mut self) -> usize {
        let far = self.draw(8) == 0;
        let near = self.size(600);
        if far { usize::MAX - near } else { near }
    }

    fn question(&mut self) -> Question {
        match self.draw(12) {
            0 => Question::ExportWallet { name: self.name() },
            1 => Question::PlanSend(Payment {
                from: self.name(),
                to: self.name(),
                amount: units(self.draw(300_000_000)),
                fee: None,
            }),
            2 => Question::Wallets,
            3 => Question::History {
                name: self.name(),
                skip: self.limit(),
                limit: self.limit(),
            },
            4 => Question::Coins { of: self.name() },
            5 => Question::Snapshot,
            6 => Question::Peers,
            7 => Question::Chain {
                from: self.height(),
                to: self.height(),
                limit: self.limit(),
            },
            8 => Question::Block {
                hash: self.one_of(&self.hashes.clone()),
            },
            9 => Question::BlockAt {
                height: self.height(),
            },
            10 => Question::Tx {
                txid: self.one_of(&self.txids.clone()),
            },
            _ => Question::Mempool {
                limit: self.limit(),
            },
        }
    }
}

#[test]
fn a_thousand_random_questions_between_events_leave_the_log_as_it_was() {
    let unseen = history(&mut None);
    for seed in 0..3 {
        let mut looker = Some(Looker::new(seed));
        let seen = history(&mut looker);
        let looker = looker.expect("it looked");
        let (asked, refused) = (looker.asked, looker.refused);
        println!(
            "{asked} questions, {refused} refused, {:?}",
            looker.answered
        );
        assert!(asked >= 1_000 && refused >= 100);
        assert_eq!(looker.answered.len(), 12, "every kind has an answer");
        assert_eq!(seen, unseen, "seed {seed}");
    }
}
