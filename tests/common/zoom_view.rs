//! A person at the screen, with one node zoomed in on: presses keys, has the node's answers brought
//! or held back, and reads what the terminal shows.

#![allow(dead_code, reason = "each test file uses its own part")]

use crate::common::lab_view::log;
use crate::common::sim::{agree, import, latency, pay, until, wallet_address};
use crate::common::{ALICE, BOB, coins, owner};
use chainlab::chain::params::{Allocation, Retarget};
use chainlab::chain::{BlockTime, Params, Txid};
use chainlab::lab::observe::node_log::LogLine;
use chainlab::lab::observe::transcript::Transcript;
use chainlab::lab::view::NetworkView;
use chainlab::lab::{Answer, LabView, NodeState, NodeView, Request};
use chainlab::node::io::words::{Piece, Tone};
use chainlab::node::io::{Command, Question, Reply};
use chainlab::node::snapshot::NodeSnapshot;
use chainlab::node::{NodeIx, Time};
use chainlab::sim::{self, Sim};
use chainlab::ui::app::frame::draw;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::{KeyPress, Keymap, ViewId};
use chainlab::ui::theme::{Depth, Ground, Theme};
use chainlab::ui::viewer::{Effect, Purpose};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::sync::Arc;
use std::time::Duration;

/// Screens that people have.
pub const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 36), (200, 60)];

/// What stands behind the screen.
pub trait Lab {
    fn view(&self) -> LabView;
    fn ask(&mut self, node: NodeIx, question: Question) -> Result<Reply, String>;
}

/// The screen and who sits before it.
pub struct Desk<L> {
    pub lab: L,
    pub view: LabView,
    pub ui: UiState,
    /// Questions whose answers were not brought yet.
    pub waiting: Vec<(NodeIx, Question, Purpose)>,
    pub copied: Vec<String>,
}

impl<L: Lab> Desk<L> {
    /// Zoomed in on the first node, with all answers there.
    pub fn new(lab: L) -> Self {
        let theme = Theme {
            depth: Depth::None,
            ground: Ground::Dark,
            ascii: false,
        };
        let ui = UiState::new(theme, Keymap::default(), Default::default(), (80, 24));
        let mut desk = Self {
            view: lab.view(),
            lab,
            ui,
            waiting: Vec::new(),
            copied: Vec::new(),
        };
        desk.press("z");
        desk.answers();
        desk
    }

    fn tell(&mut self, event: UiEvent) {
        for effect in self.ui.update(&self.view, event) {
            match effect {
                Effect::Ask(Request::Ask(node, question), purpose) => {
                    self.waiting.push((node, question, purpose));
                }
                Effect::Copy(text) => self.copied.push(text),
                Effect::Forget => self.waiting.clear(),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Keys, one after the other.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.tell(UiEvent::Key(KeyPress::parse(key).expect(key)));
        }
    }

    /// The screen hears how the lab is now.
    pub fn refresh(&mut self) {
        self.view = self.lab.view();
        self.tell(UiEvent::Changed);
    }

    /// Brings all answers, also those to what is asked because of them.
    pub fn answers(&mut self) {
        for _ in 0..200 {
            if self.waiting.is_empty() {
                return;
            }
            let (node, command, purpose) = self.waiting.remove(0);
            let answer = self.lab.ask(node, command);
            self.bring(node, purpose, answer);
        }
        panic!("it never stops asking: {:?}", self.waiting);
    }

    pub fn bring(&mut self, node: NodeIx, purpose: Purpose, answer: Result<Reply, String>) {
        let answer = answer.map(|reply| Answer::Node(node, reply));
        self.tell(UiEvent::Answered(purpose, answer));
    }

    pub fn filter(&mut self, filter: &str) {
        self.ui.views.get_mut(ViewId::Zoom).set_filter(filter);
        self.refresh();
        self.answers();
    }

    /// What `y` copies.
    pub fn copies(&mut self) -> String {
        self.copied.clear();
        self.press("y");
        self.copied.pop().expect("something to copy")
    }

    /// The terminal's lines, of a screen of this size.
    pub fn screen(&mut self, size: (u16, u16)) -> Vec<String> {
        self.tell(UiEvent::Resized(size.0, size.1));
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("in memory");
        terminal
            .draw(|frame| draw(frame, &self.view, &self.ui))
            .expect("drawn");
        let buffer = terminal.backend().buffer();
        let row = |y: u16| (0..size.0).map(|x| buffer[(x, y)].symbol()).collect();
        (0..size.1).map(row).collect()
    }

    /// What the box has in it, at 80x24 if nothing else is said.
    pub fn text(&mut self) -> String {
        self.screen((80, 24)).join("\n")
    }

    /// The figure behind a label that begins a line.
    pub fn figure(&mut self, label: &str, size: (u16, u16)) -> String {
        let lines = self.screen(size);
        let found = lines.iter().find_map(|line| {
            let line = line.trim_matches(|c| c == '│' || c == ' ');
            line.strip_prefix(label).map(|rest| rest.trim().to_owned())
        });
        found.unwrap_or_else(|| panic!("no {label:?} in\n{}", lines.join("\n")))
    }
}

/// A network of real nodes in virtual time.
pub struct Network {
    pub sim: Sim,
    pub nodes: Vec<NodeIx>,
    pub down: Option<NodeIx>,
    last: Vec<Option<Arc<NodeSnapshot>>>,
}

pub fn network() -> Params {
    let allocation = |actor| Allocation {
        owner: owner(actor),
        amount: coins(10),
    };
    Params {
        genesis: [ALICE, BOB].map(allocation).to_vec(),
        retarget: Retarget::Fixed,
        ..sim::params()
    }
}

impl Network {
    /// Central, which has Alice's wallet and mines, and a neighbour with Bob's.
    pub fn new() -> Self {
        let mut sim = Sim::new(1, network());
        sim.set_default_link(latency(50));
        let mut central = sim.config("central");
        central.wallets = vec!["rewards".to_owned()];
        let central = sim.add_node(central).expect("sound parameters");
        let mut neighbour = sim.config("neighbour");
        neighbour.connect = vec![sim.address(central.0)];
        let neighbour = sim.add_node(neighbour).expect("sound parameters");
        let nodes = vec![central, neighbour];
        import(&mut sim, nodes[0], "alice", ALICE);
        import(&mut sim, nodes[1], "bob", BOB);
        let wallet = "rewards".to_owned();
        sim.call(nodes[0], Command::MineTo { wallet })
            .expect("there is such a wallet");
        sim.run_for(Duration::from_secs(10));
        Self {
            sim,
            nodes,
            down: None,
            last: Vec::new(),
        }
    }

    pub fn mine(&mut self, blocks: usize) {
        for _ in 0..blocks {
            let mined = self.sim.call(self.nodes[0], Command::MineNow);
            mined.expect("it mines");
        }
        let nodes = self.nodes.clone();
        until(&mut self.sim, Duration::from_secs(60), "all agree", |sim| {
            agree(sim, &nodes)
        });
    }

    /// Alice pays Bob.
    pub fn pay(&mut self, amount: &str, fee: &str) -> Txid {
        let bob = wallet_address(&mut self.sim, self.nodes[1], "bob");
        let (amount, fee) = (amount.parse().expect("coins"), fee.parse().expect("coins"));
        match pay(&mut self.sim, self.nodes[0], "alice", &bob, amount, fee) {
            Ok(Reply::Sent { txid, .. }) => txid,
            other => panic!("{other:?}"),
        }
    }

    pub fn crash(&mut self) {
        self.last = self
            .view()
            .nodes
            .into_iter()
            .map(|node| node.snapshot)
            .collect();
        self.sim.crash(self.nodes[0]);
        self.down = Some(self.nodes[0]);
    }

    pub fn snapshot(&self, nth: usize) -> NodeSnapshot {
        let node = self.sim.node(self.nodes[nth]).expect("it runs");
        node.snapshot(self.sim.now())
    }
}

impl Lab for Network {
    fn view(&self) -> LabView {
        let nodes = self.nodes.iter().enumerate().map(|(nth, ix)| {
            let is_down = self.down == Some(*ix);
            let snapshot = match is_down {
                true => self.last[nth].clone(),
                false => Some(Arc::new(self.snapshot(nth))),
            };
            let name = &snapshot.as_ref().expect("seen").name;
            let tip = snapshot.as_ref().expect("seen").tip;
            let line = LogLine {
                at: self.sim.now(),
                tone: Tone::Good,
                pieces: vec![Piece::Text("mined ".to_owned()), Piece::Block(tip)],
            };
            NodeView {
                network: "chainlab".into(),
                can: Default::default(),
                name: name.as_str().into(),
                addr: Some(self.sim.address(nth)),
                state: match is_down {
                    true => NodeState::Down,
                    false => NodeState::Up,
                },
                log: log([line]),
                snapshot,
                tip_changed: None,
                reorganised: None,
                sync_rate: None,
            }
        });
        lab_view(
            self.sim.now(),
            self.sim.params().genesis_time,
            nodes.collect(),
        )
    }

    fn ask(&mut self, node: NodeIx, question: Question) -> Result<Reply, String> {
        if self.down == Some(self.nodes[node.0]) {
            return Err("central is down".to_owned());
        }
        let answer = self.sim.ask(self.nodes[node.0], question);
        answer.map_err(|error| error.to_string())
    }
}

pub fn lab_view(now: Time, since: BlockTime, nodes: Vec<NodeView>) -> LabView {
    LabView {
        name: "test".into(),
        now,
        since: Time::from_block(since),
        wall_offset_us: 0,
        virtual_seed: None,
        time: None,
        compared: None,
        in_flight: Arc::default(),
        nodes,
        headline: Default::default(),
        chips: Arc::default(),
        blocks: Default::default(),
        block_propagation: Arc::default(),
        tx_propagation: Arc::default(),
        networks: vec![NetworkView {
            name: "chainlab".into(),
            nodes: (0..100).map(NodeIx).collect(),
            ..NetworkView::default()
        }],
        reorganisations: Arc::default(),
        links: Arc::default(),
        transcript: Transcript::default(),
        block_interval: Duration::from_secs(5),
        fee: coins(0),
        is_temporary: true,
        made_by_hand: Default::default(),
        caption: None,
        script: None,
        partition: None,
        traffic: None,
    }
}
