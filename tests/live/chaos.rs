//! Eight nodes in processes of their own, killed and started again at random while they mine and
//! pay each other. At the end they agree, and nothing is lost: no key, no coin, no payment.
//!
//! It goes on for 10 s, or for as many as CHAINLAB_CHAOS_SECONDS says: 60 in .ci/run. The dice are
//! those of CHAINLAB_CHAOS_SEED; what the machine makes of them is different every time.

use crate::common::child::{Orders, Process, ports};
use crate::common::{coins, key, owner, params};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params, Txid};
use chainlab::live::disk::DiskStore;
use chainlab::node::BlockId;
use chainlab::node::check::check;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, CommandError, Payment, Question, Reply};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use std::{env, thread};
use tempfile::TempDir;

const NODES: usize = 8;

/// Nodes that each dials: one that makes all of them hang together, and two at random.
const DIALS: usize = 3;

/// Nodes that mine, each a block in 2 s on average.
const MINERS: usize = 2;
const HASHRATE: f64 = 1.0;

/// Coins that each node has from the start, of 20 each.
const COINS_EACH: usize = 30;

/// How long they may take to agree once nobody is killed any more.
const SETTLE: Duration = Duration::from_secs(30);

/// The wallet that holds a node's coins of the genesis block. Rewards, which a reorganisation may
/// take away with all that was paid from them, go to another.
const FOUNDER: &str = "founder";

fn network() -> Params {
    let mut genesis = Vec::new();
    for node in 0..NODES {
        let given = Allocation {
            owner: owner(actor(node)),
            amount: coins(20),
        };
        genesis.extend(vec![given; COINS_EACH]);
    }
    Params {
        genesis,
        ..params()
    }
}

fn actor(node: usize) -> u8 {
    u8::try_from(node + 1).expect("a few nodes")
}

struct Lab {
    dice: ChaCha20Rng,
    orders: Vec<Orders>,
    /// Those that are down start again at this time.
    nodes: Vec<Result<Process, Instant>>,
    /// Addresses that nodes have said, by node and wallet.
    wallets: BTreeMap<(usize, String), String>,
    sent: Vec<Txid>,
    kills: usize,
    _dirs: TempDir,
}

impl Lab {
    fn start(seed: u64) -> Self {
        let mut dice = ChaCha20Rng::seed_from_u64(seed);
        let dirs = tempfile::tempdir().expect("a temporary directory");
        let (addrs, params) = (ports(NODES), network());
        let orders = (0..NODES).map(|node| {
            let mut known = vec![addrs[(node + 1) % NODES]];
            while known.len() < DIALS {
                let other = addrs[below(&mut dice, NODES)];
                if other != addrs[node] && !known.contains(&other) {
                    known.push(other);
                }
            }
            let name = format!("n{node}");
            Orders {
                dir: dirs.path().join(&name),
                name,
                at: addrs[node],
                connect: known,
                wallets: vec!["till".to_owned()],
                hashrate: (node < MINERS).then_some(HASHRATE),
                params: params.clone(),
            }
        });
        let orders: Vec<Orders> = orders.collect();
        let nodes = orders.iter().map(|orders| Ok(Process::start(orders)));
        let mut lab = Self {
            dice,
            nodes: nodes.collect(),
            orders,
            wallets: BTreeMap::new(),
            sent: Vec::new(),
            kills: 0,
            _dirs: dirs,
        };
        for node in 0..NODES {
            lab.import(node);
        }
        lab
    }

    fn import(&mut self, node: usize) {
        let hex = key(actor(node))
            .to_bytes()
            .map(|byte| format!("{byte:02x}"));
        let import = Command::ImportWallet {
            name: FOUNDER.to_owned(),
            secret: hex.concat(),
            birthday: None,
        };
        self.reported(node, &import);
        let Some(Reply::Wallets(wallets)) = self.ask(node, &Question::Wallets) else {
            panic!("node {node} has no wallets");
        };
        for wallet in wallets {
            self.wallets.insert((node, wallet.name), wallet.address);
        }
    }

    /// Has a node that runs do something; one that is down is not told.
    fn call(&mut self, node: usize, command: &Command) -> Option<Reply> {
        let process = self.nodes[node].as_mut().ok()?;
        let reply = process.call(command);
        Some(reply.unwrap_or_else(|why| panic!("node {node}: {command:?}: {why}")))
    }

    /// Asks a node that runs; one that is down is not asked.
    fn ask(&mut self, node: usize, question: &Question) -> Option<Reply> {
        let process = self.nodes[node].as_mut().ok()?;
        let reply = process.ask(question);
        Some(reply.unwrap_or_else(|why| panic!("node {node}: {question:?}: {why}")))
    }

    /// Makes a wallet, and notes what the node says of it.
    fn reported(&mut self, node: usize, command: &Command) {
        if let Some(Reply::Wallet(wallet)) = self.call(node, command) {
            self.wallets.insert((node, wallet.name), wallet.address);
        }
    }

    /// A payment to any wallet that there is.
    fn payment(&mut self) -> Command {
        let to = below(&mut self.dice, self.wallets.len());
        let to = self.wallets.values().nth(to).expect("below the number");
        let units = 1_000_000 * (1 + below(&mut self.dice, 300) as u64);
        Command::Send(Payment {
            from: FOUNDER.to_owned(),
            to: to.clone(),
            amount: Amount::from_units(units).expect("3 coins at most"),
            fee: Some(Amount::ZERO),
        })
    }

    fn pay(&mut self, node: usize) {
        let payment = self.payment();
        if let Ok(process) = &mut self.nodes[node] {
            let answer = process.call(&payment);
            self.note_sent(Some(answer));
        }
    }

    fn note_sent(&mut self, answer: Option<Result<Reply, CommandError>>) {
        match answer {
            Some(Ok(Reply::Sent { txid, .. })) => self.sent.push(txid),
            // Coins come back with the next block, and some are in chains as long as they may be.
            Some(Err(_)) | None => {}
            other => panic!("{other:?}"),
        }
    }

    /// Kills a node, half of the time in the middle of a payment. What it has said counts.
    fn kill(&mut self, node: usize) {
        let payment = self.payment();
        let (is_paying, moment) = (below(&mut self.dice, 2) == 0, below(&mut self.dice, 15_000));
        let pause = Duration::from_millis(below(&mut self.dice, 3_000) as u64);
        let Ok(process) = &mut self.nodes[node] else {
            return;
        };
        let number = is_paying.then(|| process.tell(&payment));
        thread::sleep(Duration::from_micros(moment as u64));
        process.kill();
        let answer = number.and_then(|number| process.answer(number, Duration::from_secs(5)));
        self.note_sent(answer);
        self.kills += 1;
        self.nodes[node] = Err(Instant::now() + pause);
    }

    fn restart(&mut self, until: Instant) {
        for (node, orders) in self.nodes.iter_mut().zip(&self.orders) {
            if node.as_ref().is_err_and(|at| *at <= until) {
                *node = Ok(Process::start(orders));
            }
        }
    }

    /// Payments a few times a second, a new wallet now and then, a kill every 1 to 3 s.
    fn rage(&mut self, time: Duration) {
        let end = Instant::now() + time;
        let mut next_kill = Instant::now() + Duration::from_secs(1);
        for round in 0.. {
            let now = Instant::now();
            if now >= end {
                return;
            }
            self.restart(now);
            let node = below(&mut self.dice, NODES);
            if now >= next_kill {
                self.kill(node);
                let pause = 1_000 + below(&mut self.dice, 2_000) as u64;
                next_kill = Instant::now() + Duration::from_millis(pause);
            } else if round % 10 == 9 {
                let name = format!("w{round}");
                self.reported(node, &Command::CreateWallet { name });
            } else {
                self.pay(node);
            }
            thread::sleep(Duration::from_millis(250));
        }
    }

    fn tip(&mut self, node: usize) -> BlockId {
        let top = Question::Chain {
            from: u32::MAX,
            to: 0,
            limit: 1,
        };
        match self.ask(node, &top) {
            Some(Reply::Chain(blocks)) => blocks[0].id,
            other => panic!("node {node}: {other:?}"),
        }
    }

    fn is_confirmed(&mut self, node: usize, txid: Txid) -> bool {
        let process = self.nodes[node].as_mut().expect("all run");
        match process.ask(&Question::Tx { txid }) {
            Ok(Reply::Tx(detail)) => detail.block.is_some(),
            // It has not come here yet.
            Err(_) => false,
            other => panic!("{other:?}"),
        }
    }

    /// All start, one mines what is left until all is in blocks and all agree. Returns the tip.
    fn settle(&mut self) -> BlockId {
        self.restart(Instant::now() + SETTLE);
        for node in 0..MINERS {
            self.call(node, &Command::Mine(MiningMode::Off));
        }
        let begun = Instant::now();
        let mut waiting = self.sent.clone();
        loop {
            self.call(0, &Command::MineNow);
            thread::sleep(Duration::from_millis(300));
            waiting.retain(|txid| !self.is_confirmed(0, *txid));
            let tips: Vec<BlockId> = (0..NODES).map(|node| self.tip(node)).collect();
            let is_agreed = tips.iter().all(|tip| *tip == tips[0]);
            if is_agreed && waiting.is_empty() {
                println!("settled within {:?}", begun.elapsed());
                return tips[0];
            }
            let late = begun.elapsed() > SETTLE;
            assert!(
                !late,
                "after {SETTLE:?}: not in blocks {waiting:?}, tips {tips:?}"
            );
        }
    }

    fn all_wallets_are_there(&mut self) {
        let mut found = BTreeMap::new();
        for node in 0..NODES {
            let Some(Reply::Wallets(wallets)) = self.ask(node, &Question::Wallets) else {
                panic!("node {node} has no wallets");
            };
            for wallet in wallets {
                found.insert((node, wallet.name), wallet.address);
            }
        }
        for (place, address) in &self.wallets {
            assert_eq!(found.get(place), Some(address), "{place:?}");
        }
    }

    /// Stops all, and proves what each has stored.
    fn all_stores_are_sound(self, tip: BlockId) {
        for node in self.nodes {
            let ended = node.unwrap_or_else(|_| panic!("all run")).stop();
            assert!(ended.success(), "{ended}");
        }
        let params = network();
        let mut supply = coins(20 * (NODES * COINS_EACH) as u64).units();
        supply += (1..=tip.height)
            .map(|height| params.subsidy_at(height).units())
            .sum::<u64>();
        for orders in &self.orders {
            let store = DiskStore::open(&orders.dir).expect("opens without repair");
            let report = check(&store, &params).expect("readable");
            assert_eq!(report.problems, [], "{}", orders.name);
            assert_eq!(
                (report.tip, report.supply.units()),
                (tip, supply),
                "{}",
                orders.name
            );
        }
    }
}

fn below(dice: &mut ChaCha20Rng, limit: usize) -> usize {
    usize::try_from(dice.next_u64() % limit as u64).expect("below a usize")
}

fn number(var: &str, default: u64) -> u64 {
    env::var(var).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn nodes_killed_at_random_converge_and_nothing_is_lost() {
    let (seed, seconds) = (
        number("CHAINLAB_CHAOS_SEED", u64::from(std::process::id())),
        number("CHAINLAB_CHAOS_SECONDS", 10),
    );
    println!("CHAINLAB_CHAOS_SEED={seed}, {seconds} s");
    let mut lab = Lab::start(seed);
    lab.rage(Duration::from_secs(seconds));
    let tip = lab.settle();
    let (kills, sent, wallets) = (lab.kills, lab.sent.len(), lab.wallets.len());
    println!("{kills} kills, {sent} payments, {wallets} wallets, at {tip}");
    assert!(kills > 2 && sent > 5, "nothing happened");
    lab.all_wallets_are_there();
    lab.all_stores_are_sound(tip);
}
