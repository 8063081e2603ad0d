//! Nodes that cannot do everything: what needs it is refused for the reason that there is, whoever asks,
//! and the lab does not try it by itself.

use crate::common::running::{CENTRAL, MINER, TEXT, WALLET};
use chainlab::chain::{Amount, BlockHash};
use chainlab::lab::ask::verbs::{Verb, verbs};
use chainlab::lab::ask::{Ability, Access, Can, Request, Ticket};
use chainlab::lab::core::{
    Begin, Core, Far, HostId, Input, Level, Moment, Output, Seen, Sight, WalletSeen,
};
use chainlab::lab::layout::read;
use chainlab::lab::script::StepState;
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::view::{NodeState, NodeStatus};
use chainlab::node::io::{Command, CommandError, RefusalKind, Reply};
use chainlab::node::{BlockId, NodeIx, Time};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::time::Duration;

const WHY: &str = "it only looks";

/// Nodes that do at once what they are told.
struct Run {
    core: Core,
    ran: Duration,
    /// The end of all chains.
    height: u32,
    /// All that was to be done, but looks.
    outputs: Vec<Output>,
}

impl Run {
    /// All nodes of this layout run, and each lacks this.
    fn new(text: &str, lacking: &[(NodeIx, Ability)]) -> Self {
        let layout = read("lab.toml", text).expect("a layout");
        let core = Core::of_layout(&Begin {
            layout: &layout,
            since: Time(1_000_000_000),
            draws: [7; 32],
            level: Level::Stats,
            sight: Sight::Asked,
            round: 0,
            plays: true,
        });
        let mut run = Self {
            core,
            ran: Duration::ZERO,
            height: 1,
            outputs: Vec::new(),
        };
        for (ix, ability) in lacking {
            let can = Can::default().without(*ability, WHY);
            run.core.limit(*ix, can);
        }
        run.drain();
        run
    }

    fn all(text: &str, ability: Ability) -> Self {
        Self::new(text, &[CENTRAL, WALLET, MINER].map(|ix| (ix, ability)))
    }

    fn handle(&mut self, input: Input) {
        let (at, ran) = (Time(1_000_000_000) + self.ran, self.ran);
        self.core.handle(Moment { at, ran }, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.core.poll() {
            match &output {
                Output::Look(ix) => {
                    let seen = self.seen(*ix);
                    self.handle(Input::Facts(*ix, seen));
                    continue;
                }
                Output::Start { node, life, .. } => {
                    let (node, life, addr) = (*node, *life, None);
                    self.handle(Input::Started { node, life, addr });
                    continue;
                }
                Output::Call { id, .. } => {
                    let done = Reply::Done("done".to_owned());
                    self.handle(Input::Reply(*id, Ok(done)));
                }
                _ => {}
            }
            self.outputs.push(output);
        }
    }

    /// A node with the wallets and peers of its layout, whose wallets are rich.
    fn seen(&self, ix: NodeIx) -> Seen {
        let node = self.core.nodes()[ix.0].spec();
        let tip = BlockId {
            height: self.height,
            hash: BlockHash([7; 32]),
        };
        let rich: Amount = "10".parse().expect("an amount");
        let wallets = node.wallets.iter().map(|name| WalletSeen {
            name: name.clone(),
            address: name.clone(),
            spendable: rich,
            balance: Some(rich),
        });
        Seen {
            tip,
            target: None,
            mempool: 0,
            peers: node
                .connect
                .iter()
                .map(|name| name.as_str().into())
                .collect(),
            wallets: wallets.collect(),
            path: vec![(tip, BlockHash::ZERO)],
            blocks: Vec::new(),
        }
    }

    /// Lets so many turns go by.
    fn go_on(&mut self, turns: usize) {
        for _ in 0..turns {
            self.ran = self.core.deadline().max(self.ran);
            self.handle(Input::Tick);
        }
    }

    /// What comes of a request, and what was to be done for it.
    fn ask(&mut self, request: Request) -> (Result<(), CommandError>, Vec<Output>) {
        self.outputs.clear();
        self.handle(Input::Request(Ticket(1), request));
        let mut outputs = std::mem::take(&mut self.outputs);
        let is_answer = |output: &mut Output| matches!(output, Output::Answer(..));
        let answers: Vec<_> = outputs.extract_if(.., is_answer).collect();
        let answer = answers.into_iter().find_map(|output| match output {
            Output::Answer(_, answer) => Some(answer.map(drop)),
            _ => None,
        });
        (answer.unwrap_or(Ok(())), outputs)
    }

    fn calls(&self) -> impl Iterator<Item = (NodeIx, &Command)> {
        self.outputs.iter().filter_map(|output| match output {
            Output::Call { node, command, .. } => Some((*node, command)),
            _ => None,
        })
    }
}

/// The parameters of a verb, as the page about the control protocol has them.
fn example(verb: &Verb) -> Map<String, Value> {
    let page = include_str!("../../../docs/control.md");
    let requests = page.lines().filter_map(|line| line.strip_prefix("--> "));
    let requests = requests.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut own = requests.filter(|request| request["method"] == verb.name);
    let text = own.next().expect(verb.name)["params"].to_string();
    let text = text.replace("<status.2.addr>", "127.0.0.1:3000");
    serde_json::from_str(&text).expect("an object")
}

/// What the page says that nodes may not be able to do.
fn on_page() -> BTreeSet<&'static str> {
    let page = include_str!("../../../docs/control.md");
    let (_, rest) = page.split_once("It may be `").expect("a list");
    let list = rest.split(".\n").next().expect("it ends");
    let parts = list.split("; `");
    parts.filter_map(|part| part.split('`').next()).collect()
}

fn writing() -> impl Iterator<Item = &'static Verb> {
    verbs().filter(|verb| verb.access() == Access::Write)
}

/// What is said: of links with the node, as they have two ends.
fn words(ability: Ability) -> String {
    match ability {
        Ability::Bend => format!("central: {WHY}"),
        _ => WHY.to_owned(),
    }
}

#[test]
fn a_verb_that_needs_what_a_node_cannot_do_is_refused_and_reaches_nothing() {
    let mut needed = BTreeSet::new();
    for verb in writing() {
        let request = verb.read(example(verb)).expect(verb.name);
        let Some(ability) = request.ability() else {
            continue;
        };
        needed.insert(ability);
        let mut run = Run::all(TEXT, ability);
        let request = request.resolve(&run.core).expect(verb.name);
        let refusal = CommandError::new(RefusalKind::Refused, words(ability));
        let refused = (Err(refusal.clone()), Vec::new());
        assert_eq!(run.ask(request.clone()), refused, "{}", verb.name);
        // All others are done.
        for other in writing() {
            let request = other.read(example(other)).expect(other.name);
            let is_other = request.ability() != Some(ability);
            let request = request.resolve(&run.core).expect(other.name);
            let (answer, _) = Run::all(TEXT, ability).ask(request);
            assert_eq!(answer != Err(refusal.clone()), is_other, "{}", other.name);
        }
    }
    let all = [
        Ability::Mine,
        Ability::KeepMining,
        Ability::Send,
        Ability::HoldWallets,
        Ability::MindPeers,
        Ability::MarkBlocks,
        Ability::Bend,
        Ability::Kill,
        Ability::Restart,
    ];
    assert_eq!(needed, BTreeSet::from(all), "each has a verb");
    let name = |ability| serde_json::to_value(ability).expect("a name");
    let names: BTreeSet<_> = all.map(name).iter().map(Value::to_string).collect();
    let names: BTreeSet<_> = names.iter().map(|name| name.trim_matches('"')).collect();
    assert_eq!(on_page(), names);
}

#[test]
fn a_step_that_needs_what_a_node_cannot_do_fails_and_says_why() {
    for verb in writing() {
        let request = verb.read(example(verb)).expect(verb.name);
        let Some(ability) = request.ability() else {
            continue;
        };
        let params = example(verb).into_iter();
        let params = params.map(|(key, value)| format!("{key} = {value}\n"));
        let params: String = params.collect();
        let text = format!("{TEXT}\n[[step]]\ndo = \"{}\"\n{params}", verb.name);
        let mut run = Run::all(&text, ability);
        run.outputs.clear();
        run.go_on(8);
        let state = &run.core.steps().steps[0].state;
        assert_eq!(*state, StepState::Failed(words(ability).into()), "{text}");
        assert_eq!(run.outputs, [], "{text}");
    }
}

/// The ways that are set, at one moment; all else is none.
fn ways(outputs: &[Output]) -> usize {
    match outputs {
        [Output::SetLinks(set)] => set.len(),
        _ => 0,
    }
}

#[test]
fn a_node_is_added_though_none_can_be_started_again() {
    let mut run = Run::all(TEXT, Ability::Restart);
    let (answer, _) = run.ask(Request::Add(Box::new(NodeSpec::new("late"))));
    assert_eq!(answer, Ok(()));
    assert!(run.core.position("late").is_some());
}

#[test]
fn a_link_or_a_partition_needs_every_node_that_it_is_about() {
    let bend = |from: &str, to: &str| {
        let verb = writing().find(|verb| verb.name == "cut").expect("a verb");
        let mut params = Map::new();
        params.insert("from".to_owned(), from.into());
        params.insert("to".to_owned(), to.into());
        verb.read(params).expect("a link")
    };
    let mut run = Run::new(TEXT, &[(MINER, Ability::Bend)]);
    for request in [
        bend("central", "miner"),
        bend("miner", "central"),
        Request::Partition(Vec::new()),
    ] {
        let request = request.resolve(&run.core).expect("they are there");
        let (answer, outputs) = run.ask(request);
        let refusal = CommandError::from(format!("miner: {WHY}"));
        assert_eq!((answer, outputs), (Err(refusal), Vec::new()));
    }
    let request = bend("central", "wallet").resolve(&run.core);
    let (answer, outputs) = run.ask(request.expect("they are there"));
    assert_eq!((answer, ways(&outputs)), (Ok(()), 2));
}

#[test]
fn the_labs_own_payments_and_its_first_block_are_of_nodes_that_can_make_them() {
    let text = format!("{TEXT}\n[traffic]\nrate = \"20 tx/s\"\n");
    let mut run = Run::new(&text, &[(WALLET, Ability::Send)]);
    run.go_on(200);
    let mut payers: BTreeSet<_> = run.calls().map(|(ix, _)| ix).collect();
    assert!(payers.remove(&CENTRAL) && !payers.contains(&WALLET));
    for (lacking, mined) in [(WALLET, 1), (MINER, 0)] {
        let mut run = Run::new(TEXT, &[(lacking, Ability::Mine)]);
        run.height = 0;
        run.go_on(8);
        let mines = |(_, command): &(NodeIx, &Command)| **command == Command::MineNow;
        assert_eq!(run.calls().filter(mines).count(), mined);
    }
}

fn told(node: &str, lacking: &[Ability]) -> NodeStatus {
    let can = lacking.iter().map(|ability| (*ability, WHY.into()));
    NodeStatus {
        node: node.to_owned(),
        state: NodeState::Up,
        addr: None,
        can: can.collect(),
        snapshot: None,
    }
}

#[test]
fn what_another_process_says_of_its_node_counts_there_and_not_for_links_of_this_one() {
    let mut run = Run::new(TEXT, &[]);
    let lab = HostId(1);
    run.handle(Input::Far(lab, Far::Met { is_lab: true }));
    let all = [Ability::Mine, Ability::Bend];
    run.handle(Input::Far(lab, Far::Node(told("far", &all))));
    let (far, _) = run.core.far_position(lab, "far").expect("it is shown");
    let mine = Request::Node(far, Command::MineNow);
    let (answer, outputs) = run.ask(mine.clone());
    assert_eq!((answer, outputs), (Err(WHY.into()), Vec::new()));
    let cut = writing().find(|verb| verb.name == "cut").expect("a verb");
    let ends = Map::from_iter([("from", "central"), ("to", "far")].map(|(key, name)| {
        let name: Value = name.into();
        (key.to_owned(), name)
    }));
    let cut = cut.read(ends).expect("a link").resolve(&run.core);
    let (answer, outputs) = run.ask(cut.expect("they are there"));
    assert_eq!((answer, ways(&outputs)), (Ok(()), 2));
    // It can once that is said no more.
    run.handle(Input::Far(lab, Far::Node(told("far", &[]))));
    let (answer, outputs) = run.ask(mine);
    assert_eq!((answer, outputs.len()), (Ok(()), 1));
    // A process of one node starts none again, whatever it says.
    let alone = HostId(2);
    run.handle(Input::Far(alone, Far::Met { is_lab: false }));
    run.handle(Input::Far(alone, Far::Node(told("solo", &[Ability::Send]))));
    let (solo, _) = run.core.far_position(alone, "solo").expect("it is shown");
    let (answer, outputs) = run.ask(Request::Restart(solo));
    let refusal = "start it again where it was started".into();
    assert_eq!((answer, outputs), (Err(refusal), Vec::new()));
}
