//! Plays a lab, command by command or as its own script has it, and writes down in normal form what
//! comes of it.

use super::drivers::Driver;
use super::normal::Names;
use chainlab::lab::ask::Access;
use chainlab::lab::view::LinkView;
use chainlab::lab::{LabView, Layout, NodeState, Request};
use chainlab::node::NodeIx;
use chainlab::node::io::{Event, EventKind};
use chainlab::node::snapshot::{MempoolTx, NodeSnapshot};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A step is over when nothing has happened for so long: longer than anything is on its way.
const CALM: Duration = Duration::from_secs(1);

/// What is to outlive a node's death is written by then, as a node does that once a second.
const WRITTEN: Duration = Duration::from_millis(2_500);

/// How long it may take until all is quiet: nodes that have not met for long dial every ten seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a script may take.
const STORY: Duration = Duration::from_secs(240);

/// What came of a part of a run, line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub what: String,
    pub lines: Vec<String>,
}

pub struct Player<D> {
    driver: D,
    names: Names,
    /// What happened since the last part.
    events: Vec<(NodeIx, Arc<Event>)>,
    /// When something last happened that may bring about something else.
    moved: Duration,
}

/// Plays these commands one after the other, or the layout's own script if there are none.
pub fn play<D: Driver>(driver: D, layout: &Layout, commands: &[(String, Request)]) -> Vec<Part> {
    let mut player = Player {
        driver,
        names: Names::default(),
        events: Vec::new(),
        moved: Duration::ZERO,
    };
    let mut parts = Vec::new();
    if !layout.steps.is_empty() {
        player.follow_script();
    } else {
        player.settle(CALM);
        parts.push(player.part("the beginning", Vec::new()));
    }
    for (what, request) in commands {
        // What is unwritten goes with a node.
        if matches!(request, Request::Kill(_)) {
            player.settle(WRITTEN);
        }
        let answer = player.driver.request(request.clone());
        // What was not done needs no time to be over.
        let is_done = answer.is_ok() && request.access() == Access::Write;
        if is_done {
            player.moved = player.driver.played();
        }
        player.settle(CALM);
        let answer = player.names.answer(&answer);
        parts.push(player.part(what, vec![answer]));
    }
    player.settle(CALM);
    let mut end = player.names.end(&player.driver.view());
    end.extend(player.names.summary(&player.driver.summary()));
    parts.push(player.part("the end", end));
    player.driver.close();
    parts
}

impl<D: Driver> Player<D> {
    /// Waits until the script is over.
    fn follow_script(&mut self) {
        loop {
            let view = self.look();
            let script = view.script.as_ref().expect("it has one");
            if script.is_over() {
                return;
            }
            assert!(
                self.driver.played() < STORY,
                "{}: {script:#?}",
                self.words(&view)
            );
        }
    }

    /// Waits until all agree as far as they can, and nothing has happened for so long.
    fn settle(&mut self, calm: Duration) {
        let limit = self.driver.played() + PATIENCE;
        loop {
            let view = self.look();
            let now = self.driver.played();
            match unrest(&view) {
                None if now.saturating_sub(self.moved) >= calm => return,
                None => {}
                Some(why) => assert!(now < limit, "{why}: {}", self.words(&view)),
            }
        }
    }

    fn words(&mut self, view: &LabView) -> String {
        let (driver, state) = (D::NAME, self.names.state(view));
        format!("not in time, {driver}:\n{}", state.join("\n"))
    }

    /// Goes on a little, and takes note of what is seen then.
    fn look(&mut self) -> LabView {
        self.driver.go_on();
        let events = self.driver.take_events();
        if events.iter().any(|(_, event)| moves(&event.kind)) {
            self.moved = self.driver.played();
        }
        let view = self.driver.view();
        self.names.learn(&events, &view);
        self.events.extend(events);
        view
    }

    /// What is to be said of all since the last part.
    fn part(&mut self, what: &str, mut lines: Vec<String>) -> Part {
        let view = self.driver.view();
        lines.extend(self.names.state(&view));
        let events = std::mem::take(&mut self.events);
        for (ix, node) in (0..).map(NodeIx).zip(&view.nodes) {
            let its = events.iter().filter(|(of, _)| *of == ix);
            let its = its.map(|(_, event)| &event.kind);
            let happened = self.names.events(its);
            lines.extend(happened.iter().map(|line| format!("{}: {line}", node.name)));
        }
        let what = what.to_owned();
        Part { what, lines }
    }
}

/// Whether more may follow from it.
fn moves(kind: &EventKind) -> bool {
    !kind.is_message() && !matches!(kind, EventKind::DialFailed { .. } | EventKind::Strangers(_))
}

/// Why a lab has not come to rest; `None`: it has, as far as can be seen.
fn unrest(view: &LabView) -> Option<String> {
    for node in &view.nodes {
        let name = &node.name;
        match (&node.state, &node.snapshot) {
            (NodeState::Down, _) => {}
            (NodeState::Up, Some(seen)) if seen.mining.as_ref().expect("its own").now => {
                return Some(format!("{name} mines"));
            }
            (NodeState::Up, Some(seen)) if seen.sync.is_none() => {}
            (NodeState::Up, Some(_)) => return Some(format!("{name} catches up")),
            (state, _) => return Some(format!("{name} is {state}")),
        }
    }
    view.links.iter().find_map(|link| of_link(view, link))
}

fn of_link(view: &LabView, link: &LinkView) -> Option<String> {
    let (one, other) = link.ends;
    let ends = [one, other].map(|ix| &view.nodes[ix.0]);
    let words = format!("{} - {}", ends[0].name, ends[1].name);
    let may_be = link.is_wholly_open() && ends.iter().all(|node| node.state.is_up());
    if link.is_connected != may_be {
        let state = if may_be { "not yet" } else { "still" };
        return Some(format!("{words}: {state} connected"));
    }
    if !may_be {
        return None;
    }
    let [one, other] = ends.map(|node| node.snapshot.as_deref().expect("seen above"));
    if one.tip.height != other.tip.height {
        return Some(format!("{words}: not at one height"));
    }
    let is_alike = one.tip != other.tip || waiting(one) == waiting(other);
    (!is_alike).then(|| format!("{words}: other payments wait"))
}

fn waiting(node: &NodeSnapshot) -> BTreeSet<String> {
    let shown = node.mempool.shown.iter();
    shown
        .map(|MempoolTx { txid, .. }| txid.to_string())
        .collect()
}
