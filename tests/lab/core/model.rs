//! Random requests to a lab over a driver whose nodes do nothing but answer.

use chainlab::chain::BlockHash;
use chainlab::lab::ask::{Answer, Bend, LinkChange, Request, Ticket, TrafficChange};
use chainlab::lab::core::{
    Begin, CallId, Core, End, Input, Level, LinkEnd, Moment, Output, Seen, Sight,
};
use chainlab::lab::layout::shipped::shipped;
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Layout, NodeState};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::io::{Command, CommandError, Event, EventKind, Question, RefusalKind, Reply};
use chainlab::node::{BlockId, NodeIx, Time};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Requests of a run.
const REQUESTS: u64 = 300;

/// Runs, unless `CHAINLAB_CORE_RUNS` says how many.
const RUNS: u64 = 40;

/// Nodes that take their time and lose what they were asked for when they are killed.
struct Driver {
    core: Core,
    draws: ChaCha8Rng,
    ran: Duration,
    lives: BTreeMap<NodeIx, u64>,
    /// What a node has still to answer, in the order in which it was called.
    calls: BTreeMap<NodeIx, VecDeque<(CallId, bool)>>,
    /// Nodes that are on their way up or down.
    moving: Vec<Input>,
    links: BTreeMap<(LinkEnd, LinkEnd), Conditions>,
    asked: BTreeMap<Ticket, Option<NodeIx>>,
    answered: Vec<(Ticket, Result<Answer, CommandError>)>,
    /// Hash rates that a node was told, in their order.
    told: BTreeMap<NodeIx, Vec<u64>>,
    heights: BTreeMap<NodeIx, BlockId>,
}

fn start() -> Moment {
    Moment {
        at: Time(1_000_000_000),
        ran: Duration::ZERO,
    }
}

impl Driver {
    fn new(layout: &Layout, seed: u64) -> Self {
        Self {
            core: Core::of_layout(&Begin {
                layout,
                since: start().at,
                draws: [7; 32],
                level: Level::All,
                // Every other lab sees its nodes in the other way.
                sight: match seed % 2 {
                    0 => Sight::Asked,
                    _ => Sight::Shown,
                },
                round: 0,
                plays: true,
            }),
            draws: ChaCha8Rng::seed_from_u64(seed),
            ran: Duration::ZERO,
            lives: BTreeMap::new(),
            calls: BTreeMap::new(),
            moving: Vec::new(),
            links: BTreeMap::new(),
            asked: BTreeMap::new(),
            answered: Vec::new(),
            told: BTreeMap::new(),
            heights: BTreeMap::new(),
        }
    }

    fn now(&self) -> Moment {
        Moment {
            at: start().at + self.ran,
            ran: self.ran,
        }
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("few");
        usize::try_from(self.draws.next_u64() % end).expect("few")
    }

    fn handle(&mut self, input: Input) {
        self.core.handle(self.now(), input);
        while let Some(output) = self.core.poll() {
            self.perform(output);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Call { node, id, command } => {
                let is_sound = !matches!(command, Command::Release);
                if let Command::SetHashrate(rate) = command {
                    let rate = format!("{rate}").parse().expect("whole");
                    self.told.entry(node).or_default().push(rate);
                }
                self.calls
                    .entry(node)
                    .or_default()
                    .push_back((id, is_sound));
            }
            Output::Ask { node, id, question } => {
                // What is asked for a picture is answered too, with what does not fit: it is let go.
                let is_sound = question == Question::Peers;
                self.calls
                    .entry(node)
                    .or_default()
                    .push_back((id, is_sound));
            }
            Output::Look(ix) => {
                let seen = self.seen(ix);
                self.core.handle(self.now(), Input::Facts(ix, seen));
            }
            Output::Start { node, life, .. } => {
                self.lives.insert(node, life);
                let failed = self.below(8) == 0 && life > 1;
                self.moving.push(match failed {
                    true => Input::Failed {
                        node,
                        life,
                        why: "its disk is full".into(),
                    },
                    false => Input::Started {
                        node,
                        life,
                        addr: None,
                    },
                });
            }
            Output::Kill(node) => {
                self.calls.remove(&node);
                let life = self.lives[&node];
                self.moving.push(Input::Ended {
                    node,
                    life,
                    end: End::Killed,
                });
            }
            // Nothing passes these links.
            Output::Meddle(..) => {}
            Output::SetLinks(set) => {
                let set = set.into_iter();
                self.links
                    .extend(set.map(|(from, to, conditions)| ((from, to), conditions)));
            }
            Output::Forward { .. } => panic!("there is no other process"),
            Output::Answer(ticket, answer) => self.answered.push((ticket, answer)),
            Output::Time(change) => panic!("there is no script: {change:?}"),
        }
    }

    fn seen(&self, ix: NodeIx) -> Seen {
        let tip = self.heights.get(&ix).copied().unwrap_or(BlockId {
            height: 0,
            hash: BlockHash::ZERO,
        });
        Seen {
            tip,
            target: None,
            mempool: 0,
            peers: Vec::new(),
            wallets: Vec::new(),
            path: vec![(tip, BlockHash::ZERO)],
            blocks: Vec::new(),
        }
    }

    /// One thing that nodes or time do.
    fn go_on(&mut self) {
        match self.below(4) {
            0 => {
                self.ran = self.core.deadline().max(self.ran);
                self.handle(Input::Tick);
            }
            1 if !self.moving.is_empty() => {
                let at = self.below(self.moving.len());
                let input = self.moving.remove(at);
                self.handle(input);
            }
            2 => self.find(),
            _ => self.answer_one(),
        }
    }

    fn answer_one(&mut self) {
        let waiting = self.calls.iter().filter(|(_, calls)| !calls.is_empty());
        let waiting: Vec<_> = waiting.map(|(ix, _)| *ix).collect();
        if waiting.is_empty() {
            return;
        }
        let ix = waiting[self.below(waiting.len())];
        let call = self.calls.get_mut(&ix).and_then(VecDeque::pop_front);
        let (id, is_sound) = call.expect("one waits");
        let reply = match is_sound {
            true => Ok(Reply::Done("done".to_owned())),
            false => Err(CommandError::new(RefusalKind::Fault, "no")),
        };
        self.handle(Input::Reply(id, reply));
    }

    /// A node that runs finds a block, or one of an earlier life says so too late.
    fn find(&mut self) {
        let count = self.core.layout().nodes.len();
        let ix = NodeIx(self.below(count));
        let life = self.lives.get(&ix).copied().unwrap_or(0);
        let is_late = life > 1 && self.below(3) == 0;
        let height = self.heights.get(&ix).map_or(0, |tip| tip.height) + 1;
        let mut hash = [0; 32];
        self.draws.fill_bytes(&mut hash);
        let tip = BlockId {
            height,
            hash: BlockHash(hash),
        };
        let is_up = self.state(ix).is_up();
        if is_up && !is_late {
            self.heights.insert(ix, tip);
        } else if !is_late {
            return;
        }
        let kind = EventKind::TipChanged {
            tip,
            blocks: 1,
            txs: 0,
            from: None,
        };
        let at = self.now().at;
        self.handle(Input::Event {
            node: ix,
            life: life - u64::from(is_late),
            event: Arc::new(Event { at, kind }),
        });
    }

    fn state(&self, ix: NodeIx) -> NodeState {
        let view = self.core.view(self.now(), &[]);
        view.nodes[ix.0].state.clone()
    }

    fn ask(&mut self, ticket: Ticket) {
        let count = self.core.layout().nodes.len();
        let (ix, other) = (NodeIx(self.below(count)), NodeIx(self.below(count)));
        let name = |driver: &Self, ix| driver.core.name(ix).to_owned();
        let number = u32::try_from(ticket.0).expect("few");
        let request = match self.below(12) {
            0 | 1 => Request::Node(ix, Command::SetHashrate(f64::from(number))),
            2 => Request::Node(ix, Command::Release),
            3 => Request::Ask(ix, Question::Peers),
            4 => Request::Kill(ix),
            5 | 6 => Request::Restart(ix),
            7 => Request::Link(Bend {
                from: name(self, ix),
                to: name(self, other),
                is_both_ways: self.below(2) == 0,
                change: LinkChange::to_state(LinkState::BlackHole),
            }),
            8 => Request::Partition(vec![vec![name(self, ix)]]),
            9 => Request::Unite,
            10 => Request::Add(Box::new(NodeSpec::new(&format!("n{number}")))),
            _ => match self.below(3) {
                0 => Request::HealAll,
                1 => Request::Traffic(TrafficChange {
                    on: Some(self.below(2) == 0),
                    rate: None,
                }),
                _ => Request::Note(Some(format!("{number}"))),
            },
        };
        let node = match &request {
            Request::Node(ix, Command::SetHashrate(_)) => Some(*ix),
            _ => None,
        };
        self.asked.insert(ticket, node);
        self.handle(Input::Request(ticket, request));
    }
}

fn runs() -> u64 {
    let runs = std::env::var("CHAINLAB_CORE_RUNS");
    runs.map_or(RUNS, |text| text.parse().expect("a number"))
}

fn layout() -> Layout {
    Layout {
        steps: Vec::new(),
        traffic: None,
        ..shipped("mesh").expect("it is built in")
    }
}

#[test]
fn what_is_asked_is_answered_once_and_reaches_a_node_in_its_order() {
    for seed in 0..runs() {
        let mut driver = Driver::new(&layout(), seed);
        driver.handle(Input::Tick);
        for nth in 0..REQUESTS {
            driver.ask(Ticket(nth));
            for _ in 0..driver.below(4) {
                driver.go_on();
            }
        }
        // Nodes come to the end of what they were asked for.
        while !driver.moving.is_empty() || driver.calls.values().any(|calls| !calls.is_empty()) {
            driver.go_on();
        }
        let mut answered: Vec<_> = driver.answered.iter().map(|(ticket, _)| ticket.0).collect();
        answered.sort_unstable();
        assert!(answered.into_iter().eq(0..REQUESTS), "seed {seed}");
        for (ix, rates) in &driver.told {
            // Those that were refused at once never reached it.
            let asked = driver.asked.iter().filter(|(_, node)| **node == Some(*ix));
            let asked: Vec<_> = asked.map(|(ticket, _)| ticket.0).collect();
            assert!(rates.is_sorted() && rates.iter().all(|rate| asked.contains(rate)));
        }
    }
}

#[test]
fn a_partition_that_is_healed_leaves_the_table_as_it_was() {
    for seed in 0..runs() {
        let mut driver = Driver::new(&layout(), seed);
        driver.handle(Input::Tick);
        for nth in 0..40 {
            driver.ask(Ticket(nth));
            driver.go_on();
        }
        driver.handle(Input::Request(Ticket(40), Request::Unite));
        let states = |driver: &Driver| -> BTreeMap<_, _> {
            let set = driver.links.iter();
            let shut = set.filter(|(_, conditions)| conditions.state != LinkState::Open);
            shut.map(|(way, conditions)| (*way, *conditions)).collect()
        };
        let before = states(&driver);
        let count = driver.core.layout().nodes.len();
        for nth in 0..3 {
            let ix = NodeIx(driver.below(count));
            let name = driver.core.name(ix).to_owned();
            let ticket = Ticket(41 + nth);
            driver.handle(Input::Request(ticket, Request::Partition(vec![vec![name]])));
            assert_ne!(states(&driver), before, "seed {seed}");
        }
        driver.handle(Input::Request(Ticket(44), Request::Unite));
        assert_eq!(states(&driver), before, "seed {seed}");
    }
}

#[test]
fn nothing_is_shown_that_no_event_said() {
    for seed in 0..runs() {
        let mut driver = Driver::new(&layout(), seed);
        driver.handle(Input::Tick);
        for nth in 0..REQUESTS / 3 {
            driver.ask(Ticket(nth));
            for _ in 0..driver.below(6) {
                driver.go_on();
                let view = driver.core.view(driver.now(), &[]);
                for journey in view.block_propagation.iter() {
                    let said = driver.heights.values().map(|tip| tip.height).max();
                    assert!(Some(journey.id.height) <= said, "seed {seed}");
                }
                for (ix, node) in (0..).map(NodeIx).zip(&view.nodes) {
                    let is_known = driver.heights.contains_key(&ix);
                    assert!(is_known || node.tip_changed.is_none(), "seed {seed}");
                    assert_eq!(node.snapshot, None, "none was given");
                }
                assert!(view.transcript.is_empty() && view.reorganisations.is_empty());
            }
        }
    }
}
