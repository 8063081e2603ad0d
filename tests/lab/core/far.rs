//! Nodes of other processes: what is said of them is shown and does nothing here, and what is asked of
//! them is told to their processes, in the words that those use.

use chainlab::lab::ask::{Answer, Bend, Can, LinkChange, Named, Request, Ticket};
use chainlab::lab::core::{
    Begin, Core, Far, FarReply, HostId, Input, Level, Moment, Output, Sight,
};
use chainlab::lab::layout::shipped::shipped;
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::view::{LabStatus, LinkStatus, NodeStatus};
use chainlab::lab::{Layout, NodeState};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::io::{Command, CommandError, ConnId, Direction, Event, EventKind, PeerLabel};
use chainlab::node::{NodeIx, Time};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const ONE: HostId = HostId(1);
const OTHER: HostId = HostId(2);

fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A lab over a driver that does nothing.
struct Lab {
    core: Core,
    ran: Duration,
    asked: u64,
}

impl Lab {
    fn new(own: &[(&str, u16)]) -> Self {
        let layout = Layout {
            nodes: Vec::new(),
            pairs: Vec::new(),
            steps: Vec::new(),
            ..shipped("scenario").expect("it is built in")
        };
        let mut core = Core::new(&Begin {
            layout: &layout,
            since: Time(0),
            draws: [1; 32],
            level: Level::All,
            sight: Sight::Shown,
            round: 0,
            plays: true,
        });
        for (name, port) in own {
            let ix = core.enter(NodeSpec::new(name), &[], Some(at(*port)));
            core.start(ix);
        }
        let mut lab = Self {
            core,
            ran: Duration::from_secs(1),
            asked: 0,
        };
        for output in lab.outputs() {
            let Output::Start { node, life, .. } = output else {
                panic!("{output:?}");
            };
            let addr = None;
            lab.handle(Input::Started { node, life, addr });
        }
        lab
    }

    fn handle(&mut self, input: Input) {
        let at = Time(0) + self.ran;
        let ran = self.ran;
        self.core.handle(Moment { at, ran }, input);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.core.poll()).collect()
    }

    fn meet(&mut self, host: HostId, is_lab: bool, nodes: &[(&str, u16)]) {
        self.handle(Input::Far(host, Far::Met { is_lab }));
        for (name, port) in nodes {
            let status = NodeStatus {
                node: (*name).to_owned(),
                can: Can::default(),
                state: NodeState::Up,
                addr: Some(at(*port)),
                snapshot: None,
            };
            self.handle(Input::Far(host, Far::Node(status)));
        }
    }

    /// A node has met another one, which it calls so.
    fn met(&mut self, node: &str, peer: &str) {
        let ix = self.core.position(node).expect("it is there");
        let life = self.core.nodes()[ix.0].life();
        let kind = EventKind::PeerUp {
            peer: PeerLabel {
                conn: ConnId(1),
                name: peer.into(),
            },
            addr: at(1),
            direction: Direction::Outbound,
        };
        let event = Arc::new(Event { at: Time(1), kind });
        let node = ix;
        self.handle(Input::Event { node, life, event });
    }

    /// What comes of a request at once.
    fn ask(&mut self, request: Request) -> Vec<Output> {
        self.asked += 1;
        self.handle(Input::Request(Ticket(self.asked), request));
        self.outputs()
    }

    /// What other processes are told for a request, and what the asker is told when they have done it.
    fn forwarded(
        &mut self,
        request: Request,
        told: FarReply,
    ) -> (Vec<(HostId, Request<Named>)>, Answered) {
        let outputs = self.ask(request);
        let [Output::Forward { id, tells }] = &outputs[..] else {
            panic!("{outputs:?}");
        };
        self.handle(Input::Forwarded(*id, told));
        (tells.clone(), answer(self.outputs()))
    }

    fn refused(&mut self, request: Request) -> String {
        answer(self.ask(request)).expect_err("it cannot be").words
    }

    /// The links that are shown, as they are each way.
    fn states(&self) -> Vec<(LinkState, LinkState)> {
        let (at, ran) = (Time(0) + self.ran, self.ran);
        let view = self.core.view(Moment { at, ran }, &[]);
        let links = view.links.iter();
        links
            .map(|link| (link.there.state, link.back.state))
            .collect()
    }
}

type Answered = Result<Answer, CommandError>;

fn answer(outputs: Vec<Output>) -> Answered {
    match <[Output; 1]>::try_from(outputs) {
        Ok([Output::Answer(_, answer)]) => answer,
        other => panic!("{other:?}"),
    }
}

fn cut(from: &str, to: &str) -> Request {
    Request::Link(bend(from, to))
}

fn bend(from: &str, to: &str) -> Bend {
    Bend {
        from: from.to_owned(),
        to: to.to_owned(),
        is_both_ways: true,
        change: LinkChange::to_state(LinkState::Cut),
    }
}

fn said(from: &str, to: &str) -> LinkStatus {
    LinkStatus {
        from: from.to_owned(),
        to: to.to_owned(),
        conditions: Conditions::default().in_state(LinkState::Cut),
    }
}

fn done(words: &str) -> Answered {
    Ok(Answer::Done(words.to_owned()))
}

#[test]
fn what_another_process_says_of_links_is_shown_and_bends_nothing_here() {
    // Two of this process, and two of another that claims to have them at the same addresses.
    let mut lab = Lab::new(&[("a", 3_000), ("b", 3_001)]);
    lab.meet(ONE, true, &[("x", 3_000), ("y", 3_001)]);
    lab.met("a", "b");
    lab.met("x", "y");
    lab.outputs();
    let told = vec![said("x", "y"), said("a", "b"), said("x", "stranger")];
    let (open, shut) = (LinkState::Open, LinkState::Cut);
    lab.handle(Input::Far(ONE, Far::Links(told)));
    // What is open and was never connected is not shown.
    assert_eq!(lab.states(), [(shut, open)]);
    assert!(lab.outputs().is_empty());
    // It says all of it each time, and no process speaks for another's nodes.
    lab.handle(Input::Far(ONE, Far::Links(Vec::new())));
    lab.meet(OTHER, true, &[]);
    lab.handle(Input::Far(OTHER, Far::Links(vec![said("x", "y")])));
    assert!(lab.states().is_empty());
}

#[test]
fn a_link_between_nodes_elsewhere_is_bent_there_in_the_words_of_each_process() {
    let mut lab = Lab::new(&[("x", 3_000)]);
    lab.meet(ONE, true, &[("x", 4_000), ("y", 4_001)]);
    lab.meet(OTHER, false, &[("z", 5_000)]);
    let (tells, answered) = lab.forwarded(cut("x-2", "y"), FarReply::Done("cut".to_owned()));
    assert_eq!(tells, [(ONE, Request::Link(bend("x", "y")))]);
    assert_eq!(answered, done("the link between x-2 and y is cut"));
    // Of two processes each does its part; a node of the other one has no name there but its address.
    let (tells, _) = lab.forwarded(cut("y", "z"), FarReply::Done(String::new()));
    let parts = [
        (ONE, Request::Link(bend("y", "127.0.0.1:5000"))),
        (OTHER, Request::Link(bend("127.0.0.1:4001", "z"))),
    ];
    assert_eq!(tells, parts);
    let words = "no";
    let (_, answered) = lab.forwarded(cut("x-2", "y"), FarReply::Refused(words.into()));
    assert_eq!(answered, Err(words.into()));
    // With one end here it is bent here.
    let outputs = lab.ask(cut("x", "y"));
    let both =
        matches!(&outputs[..], [Output::SetLinks(set), Output::Answer(..)] if set.len() == 2);
    assert!(both, "at one moment: {outputs:?}");
}

#[test]
fn what_is_asked_of_a_node_elsewhere_goes_to_its_process_by_its_own_name() {
    let mut lab = Lab::new(&[("x", 3_000)]);
    lab.meet(ONE, true, &[("x", 4_000)]);
    lab.meet(OTHER, false, &[("alone", 5_000)]);
    let (x, alone) = (NodeIx(1), NodeIx(2));
    let (tells, answered) = lab.forwarded(Request::Kill(x), FarReply::Done(String::new()));
    assert_eq!(tells, [(ONE, Request::Kill(Some("x".to_owned())))]);
    assert_eq!(answered, Ok(Answer::Killed(x)));
    // A process with one node may end before it can say so.
    let (_, answered) = lab.forwarded(Request::Kill(alone), FarReply::Ended("gone".into()));
    assert_eq!(answered, Ok(Answer::Killed(alone)));
    let (tells, answered) = lab.forwarded(Request::Restart(x), FarReply::Done(String::new()));
    assert_eq!(tells, [(ONE, Request::Restart(Some("x".to_owned())))]);
    assert_eq!(answered, Ok(Answer::Restarted(x)));
    let said = lab.refused(Request::Restart(alone));
    assert_eq!(said, "start it again where it was started");
    let outputs = lab.ask(Request::Node(x, Command::MineNow));
    assert!(matches!(outputs[..], [Output::Call { node, .. }] if node == x));
    let said = lab.refused(Request::Partition(Vec::new()));
    assert_eq!(
        said,
        "x-2 runs in another process, and a partition cannot hold for it"
    );
}

#[test]
fn a_lab_without_nodes_of_its_own_has_the_lab_that_it_shows_do_what_is_for_the_whole() {
    let mut lab = Lab::new(&[]);
    lab.meet(ONE, true, &[("x", 4_000), ("y", 4_001)]);
    let whole = [
        Request::Partition(vec![vec!["x".to_owned()]]),
        Request::Unite,
        Request::HealAll,
        Request::Note(Some("here".to_owned())),
    ];
    for request in whole {
        let (tells, answered) = lab.forwarded(request.clone(), FarReply::Done("so".to_owned()));
        let there = request
            .of(|_| Ok::<_, ()>(None))
            .expect("it is about no node");
        assert_eq!(tells, [(ONE, there)]);
        assert_eq!(answered, done("so"));
    }
    assert_eq!(
        lab.refused(Request::Keep),
        "these nodes run elsewhere, and stay"
    );
    // A node that was added there is waited for until it shows.
    let outputs = lab.ask(Request::Add(Box::new(NodeSpec::new("z"))));
    let [Output::Forward { id, .. }] = outputs[..] else {
        panic!("{outputs:?}");
    };
    lab.handle(Input::Forwarded(id, FarReply::Done(String::new())));
    assert!(lab.outputs().is_empty());
    lab.meet(ONE, true, &[("z", 4_002)]);
    assert_eq!(answer(lab.outputs()), Ok(Answer::Added(NodeIx(2))));
    let outputs = lab.ask(Request::Add(Box::new(NodeSpec::new("never"))));
    let [Output::Forward { id, .. }] = outputs[..] else {
        panic!("{outputs:?}");
    };
    lab.handle(Input::Forwarded(id, FarReply::Done(String::new())));
    lab.ran = lab.core.deadline().max(Duration::from_secs(60));
    lab.handle(Input::Tick);
    let refusal = answer(lab.outputs()).expect_err("it never came");
    assert_eq!(refusal.words, "never was added, and does not show");
    // With a second one it is not clear any more which is meant.
    lab.meet(OTHER, true, &[("q", 5_000)]);
    let said = lab.refused(Request::Unite);
    assert_eq!(
        said,
        "these nodes are not of one lab: cut their links one by one"
    );
}

#[test]
fn what_a_lab_shows_beside_its_nodes_is_shown_by_one_without_nodes_only() {
    let status = LabStatus {
        caption: Some("far".into()),
        partition: Some(vec![vec!["x".to_owned()], vec!["y".to_owned()]]),
        ..LabStatus::default()
    };
    for own in [&[][..], &[("a", 3_000)]] {
        let mut lab = Lab::new(own);
        lab.meet(ONE, true, &[("x", 4_000), ("y", 4_001)]);
        lab.handle(Input::Far(ONE, Far::Lab(status.clone())));
        let (is_shown, caption) = (own.is_empty(), lab.core.caption());
        assert_eq!(caption.is_some(), is_shown);
        assert_eq!(lab.core.groups_by_name().is_some(), is_shown);
    }
}

#[test]
fn of_nodes_whose_lab_was_made_anew_nothing_is_known_but_that_they_were_there() {
    let mut lab = Lab::new(&[("a", 3_000)]);
    lab.meet(ONE, true, &[("x", 4_000)]);
    lab.handle(Input::Far(ONE, Far::Lost));
    let state = |lab: &Lab| lab.core.nodes()[1].state().clone();
    assert_eq!(state(&lab), NodeState::Gone);
    lab.handle(Input::Far(ONE, Far::Anew));
    assert_eq!(state(&lab), NodeState::Down);
    lab.meet(ONE, true, &[("x", 4_000)]);
    assert_eq!(state(&lab), NodeState::Up);
    assert_eq!(lab.core.nodes().len(), 2);
}

#[test]
fn a_lab_around_a_node_that_it_did_not_start_adds_none() {
    let mut lab = Lab::new(&[]);
    let alone = lab.core.adopt(NodeSpec::new("alone"), at(3_000));
    let said = lab.refused(Request::Add(Box::new(NodeSpec::new("late"))));
    let words = "a node can be added to a lab; start this one with chainlab node";
    assert_eq!(said, words);
    let said = lab.refused(Request::Restart(alone));
    assert_eq!(said, "start it again where it was started");
}
