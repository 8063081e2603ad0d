//! Commands that are drawn: each can be done, and what comes of it does not depend on which message is
//! first.
//!
//! Two branches may meet only if one of them has more work, or if no node has less than both: a node that
//! is behind would take the one of which it hears first. And each payer has one coin, then the change of
//! it: which of several coins is spent is a matter of hashes.

use chainlab::chain::Amount;
use chainlab::lab::Layout;
use chainlab::lab::Request;
use chainlab::lab::ask::{Bend, LinkChange};
use chainlab::lab::layout::read;
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, Payment};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;
use std::fmt;

/// Commands of a script, before all is mended at its end.
const LENGTH: usize = 11;

/// What each payer has.
const COINS: u64 = 10;

/// A command, with nodes by their numbers.
#[derive(Clone, Debug, PartialEq)]
enum Deed {
    Mine(usize),
    Pay { from: usize, to: String, coins: u64 },
    Wallet(usize, String),
    Cut(Pair),
    Open(Pair),
    Kill(usize),
    Restart(usize),
    Partition(Vec<Vec<usize>>),
    Unite,
    Heal,
}

type Pair = (usize, usize);

/// A lab as far as it is known from what is done.
#[derive(Clone)]
struct World {
    names: Vec<String>,
    /// Pairs of nodes that are to be connected.
    links: Vec<Pair>,
    cut: BTreeSet<Pair>,
    groups: Option<Vec<Vec<usize>>>,
    is_up: Vec<bool>,
    /// The ends of their chains: the height, and who found it.
    tips: Vec<(u32, usize)>,
    left: Vec<u64>,
    wallets: Vec<String>,
}

/// A lab, and what is done to it.
pub struct Drawn {
    pub layout: Layout,
    pub commands: Vec<(String, Request)>,
}

/// The lab and the commands of a seed.
pub fn draw(seed: u64) -> Drawn {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let layout = layout(&mut draws);
    let world = World::of(&layout);
    loop {
        let mut at = world.clone();
        let mut deeds = Vec::new();
        while deeds.len() < LENGTH {
            let deed = at.draw(&mut draws);
            if at.can(&deed) && at.take(&deed) {
                deeds.push(deed);
            }
        }
        let ends = at.ends();
        if has_all(&deeds) && ends.iter().all(|deed| at.take(deed)) {
            let deeds = deeds.iter().chain(&ends);
            let commands = deeds.map(|deed| (world.words(deed), world.request(deed)));
            return Drawn {
                commands: commands.collect(),
                layout,
            };
        }
    }
}

fn has_all(deeds: &[Deed]) -> bool {
    let kinds: [fn(&Deed) -> bool; 4] = [
        |deed| matches!(deed, Deed::Cut(_)),
        |deed| matches!(deed, Deed::Kill(_)),
        |deed| matches!(deed, Deed::Pay { .. }),
        |deed| matches!(deed, Deed::Heal | Deed::Unite),
    ];
    kinds.iter().all(|is_such| deeds.iter().any(is_such))
}

fn below(draws: &mut ChaCha8Rng, count: usize) -> usize {
    let count = u64::try_from(count).expect("few");
    usize::try_from(draws.next_u64() % count).expect("few")
}

fn layout(draws: &mut ChaCha8Rng) -> Layout {
    let nodes = 3 + below(draws, 3);
    let kind = ["ring", "line", "mesh"][below(draws, 3)];
    let numbers = || 0..nodes;
    let genesis: String = numbers()
        .map(|ix| format!("payer{ix} = \"{COINS}\"\n"))
        .collect();
    let nodes: String = numbers()
        .map(|ix| {
            let wallets = format!("wallets = [\"gold{ix}\", \"payer{ix}\", \"till{ix}\"]");
            format!("[[node]]\nname = \"n{ix}\"\n{wallets}\nmine = {{ hashrate = \"1 kH/s\", mode = \"off\" }}\n\n")
        })
        .collect();
    let text = format!(
        "[chain]\nblock_interval = \"5s\"\nretarget = \"fixed\"\n\n[chain.genesis]\n{genesis}\n\
         [link]\nlatency = \"20ms\"\n\n[topology]\nkind = \"{kind}\"\n\n{nodes}"
    );
    read("random.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

impl World {
    fn of(layout: &Layout) -> Self {
        let names: Vec<_> = layout.nodes.iter().map(|node| node.name.clone()).collect();
        let find = |name: &String| names.iter().position(|node| node == name);
        let nodes = layout.nodes.iter().enumerate();
        let links = nodes.flat_map(|(ix, node)| {
            let dialled = node.connect.iter();
            dialled.map(move |name| (find(name).expect("a node"), ix))
        });
        let count = layout.nodes.len();
        Self {
            links: links.collect(),
            cut: BTreeSet::new(),
            groups: None,
            is_up: vec![true; count],
            tips: vec![(0, 0); count],
            left: vec![COINS; count],
            wallets: (0..count).map(|ix| format!("till{ix}")).collect(),
            names,
        }
    }

    fn draw(&self, draws: &mut ChaCha8Rng) -> Deed {
        let node = below(draws, self.names.len());
        let link = self.links[below(draws, self.links.len())];
        match below(draws, 16) {
            0..5 => Deed::Mine(node),
            5..8 => Deed::Pay {
                from: node,
                to: self.wallets[below(draws, self.wallets.len())].clone(),
                coins: 1 + u64::try_from(below(draws, 3)).expect("few"),
            },
            8 => Deed::Wallet(node, format!("new{}", self.wallets.len())),
            9 => Deed::Cut(link),
            10 => Deed::Open(link),
            11 => Deed::Kill(node),
            12 => Deed::Restart(node),
            13 => {
                let side = |nodes: &[usize]| nodes.to_vec();
                let all: Vec<_> = (0..self.names.len()).collect();
                let (one, other) = all.split_at(1 + below(draws, all.len() - 1));
                Deed::Partition(vec![side(one), side(other)])
            }
            14 => Deed::Unite,
            _ => Deed::Heal,
        }
    }

    /// Whether it can be done, and does something.
    fn can(&self, deed: &Deed) -> bool {
        match deed {
            Deed::Mine(ix) | Deed::Wallet(ix, _) => self.is_up[*ix],
            Deed::Kill(ix) => {
                self.is_up.iter().filter(|is_up| **is_up).count() > 2 && self.is_up[*ix]
            }
            Deed::Restart(ix) => !self.is_up[*ix],
            Deed::Pay { from, coins, .. } => self.is_up[*from] && self.left[*from] >= *coins,
            Deed::Cut(link) => self.is_open(*link),
            Deed::Open(link) => self.cut.contains(link) && !self.is_between(*link),
            Deed::Partition(_) => self.groups.is_none(),
            Deed::Unite => self.groups.is_some(),
            Deed::Heal => self.groups.is_some() || !self.cut.is_empty(),
        }
    }

    /// Does it. `false`: it is not certain what comes of it.
    fn take(&mut self, deed: &Deed) -> bool {
        let before = self.clone();
        match deed {
            Deed::Mine(ix) => self.tips[*ix] = (self.tips[*ix].0 + 1, *ix),
            Deed::Pay { from, coins, .. } => self.left[*from] -= coins,
            Deed::Wallet(_, name) => self.wallets.push(name.clone()),
            Deed::Cut(link) => drop(self.cut.insert(*link)),
            Deed::Open(link) => drop(self.cut.remove(link)),
            Deed::Kill(ix) => self.is_up[*ix] = false,
            Deed::Restart(ix) => self.is_up[*ix] = true,
            Deed::Partition(groups) => self.groups = Some(groups.clone()),
            Deed::Unite => self.groups = None,
            Deed::Heal => {
                self.groups = None;
                self.cut.clear();
            }
        }
        let is_certain = self.meet();
        if !is_certain {
            *self = before;
        }
        is_certain
    }

    /// What is still to be done for all nodes to agree.
    fn ends(&self) -> Vec<Deed> {
        let down = (0..self.names.len()).filter(|ix| !self.is_up[*ix]);
        let mut ends: Vec<_> = down.map(Deed::Restart).collect();
        ends.extend(self.can(&Deed::Heal).then_some(Deed::Heal));
        ends.push(Deed::Mine(0));
        ends
    }

    /// Nodes that can reach each other agree on the branch with most work. `false`: a node may choose.
    fn meet(&mut self) -> bool {
        for start in 0..self.names.len() {
            let near = self.reached(start);
            let best = near.iter().map(|ix| self.tips[*ix].0).max();
            let at_best = near.iter().filter(|ix| Some(self.tips[**ix].0) == best);
            let at_best: Vec<_> = at_best.copied().collect();
            let tips: BTreeSet<_> = at_best.iter().map(|ix| self.tips[*ix]).collect();
            if tips.len() > 1 && at_best.len() < near.len() {
                return false;
            }
            if let (1, Some(tip)) = (tips.len(), tips.first()) {
                near.iter().for_each(|ix| self.tips[*ix] = *tip);
            }
        }
        true
    }

    fn reached(&self, start: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut next = vec![start];
        while let Some(at) = next.pop().filter(|at| self.is_up[*at]) {
            if reached.insert(at) {
                let open = self.links.iter().filter(|link| self.is_open(**link));
                let ends = open.filter_map(|(one, other)| match at {
                    at if at == *one => Some(*other),
                    at if at == *other => Some(*one),
                    _ => None,
                });
                next.extend(ends.filter(|ix| self.is_up[*ix] && !reached.contains(ix)));
            }
        }
        reached
    }

    fn is_open(&self, link: Pair) -> bool {
        !self.cut.contains(&link) && !self.is_between(link)
    }

    /// Whether it is the partition that keeps it shut.
    fn is_between(&self, (one, other): Pair) -> bool {
        let mut groups = self.groups.iter().flatten();
        groups.any(|group| group.contains(&one) != group.contains(&other))
    }

    fn words(&self, deed: &Deed) -> String {
        Words(self, deed).to_string()
    }

    fn request(&self, deed: &Deed) -> Request {
        let bend = |(one, other): &Pair, state| {
            Request::Link(Bend {
                from: self.names[*one].clone(),
                to: self.names[*other].clone(),
                is_both_ways: true,
                change: LinkChange::to_state(state),
            })
        };
        let node = |ix: &usize, command| Request::Node(NodeIx(*ix), command);
        match deed {
            Deed::Mine(ix) => node(ix, Command::MineNow),
            Deed::Pay { from, to, coins } => {
                let payment = Payment {
                    from: format!("payer{from}"),
                    to: to.clone(),
                    amount: Amount::from_coins(*coins).expect("few"),
                    fee: Some(Amount::ZERO),
                };
                node(from, Command::Send(payment))
            }
            Deed::Wallet(ix, name) => node(ix, Command::CreateWallet { name: name.clone() }),
            Deed::Cut(link) => bend(link, LinkState::Cut),
            Deed::Open(link) => bend(link, LinkState::Open),
            Deed::Kill(ix) => Request::Kill(NodeIx(*ix)),
            Deed::Restart(ix) => Request::Restart(NodeIx(*ix)),
            Deed::Partition(groups) => {
                let names =
                    |group: &Vec<usize>| group.iter().map(|ix| self.names[*ix].clone()).collect();
                Request::Partition(groups.iter().map(names).collect())
            }
            Deed::Unite => Request::Unite,
            Deed::Heal => Request::HealAll,
        }
    }
}

struct Words<'a>(&'a World, &'a Deed);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |ix: &usize| &self.0.names[*ix];
        match self.1 {
            Deed::Mine(ix) => write!(f, "mine at {}", name(ix)),
            Deed::Pay { from, to, coins } => write!(f, "{} pays {coins} to {to}", name(from)),
            Deed::Wallet(ix, wallet) => write!(f, "make {wallet} at {}", name(ix)),
            Deed::Cut((one, other)) => write!(f, "cut {} - {}", name(one), name(other)),
            Deed::Open((one, other)) => write!(f, "open {} - {}", name(one), name(other)),
            Deed::Kill(ix) => write!(f, "kill {}", name(ix)),
            Deed::Restart(ix) => write!(f, "restart {}", name(ix)),
            Deed::Partition(groups) => write!(f, "partition {groups:?}"),
            Deed::Unite => write!(f, "unite"),
            Deed::Heal => write!(f, "heal"),
        }
    }
}
