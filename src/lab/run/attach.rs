//! Nodes that run in other processes, shown and controlled as if they ran here.
//!
//! A task for each process ([`follow`](super::follow)) subscribes, and puts down what it is told in the same way as nodes of
//! this process are watched. When the other side goes away its nodes are down; the task tries
//! again until it is back, and begins anew.

use super::follow::{follow_all, runs_of};
use super::hand::{Hand, Host};
use super::model::Node;
use super::rounds::Rounds;
use super::{Lasting, Shared, Standing};
use crate::lab::control::{
    About, Client, ClientError, Door, EventWish, Kind, LabStatus, NodeEvent, NodeStatus, Notice,
    Opening, Wish,
};
use crate::lab::handle::Answers;
use crate::lab::layout::{Layout, NODES_MAX};
use crate::lab::partition::Partition;
use crate::lab::spec::NodeSpec;
use crate::lab::view::NodeState;
use crate::lab::{LabError, network};
use crate::live::{self, LabClock, NOWHERE};
use crate::node::io::EventKind;
use crate::node::io::words::Tone;
use crate::node::{BlockId, NodeIx, Time};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;

/// How long a process may take to say how things are.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Makes a lab of what runs behind these doors.
pub(in crate::lab) async fn attach(
    doors: Vec<Door>,
    runtime: Handle,
) -> Result<(Arc<Rounds>, Answers), LabError> {
    let mut met = Vec::new();
    for door in doors {
        met.push(Met::new(door).await?);
    }
    let first = met.first().expect("there is a door");
    let about = first.client.about();
    let file = format!("the network at {}", first.host.door().at);
    let params = network::read(&file, &about.network_file).map_err(|error| LabError::Strange {
        at: first.host.door().at.clone(),
        problem: error.to_string(),
    })?;
    let name = match &met[..] {
        [only] => only.client.about().name.clone(),
        _ => "attached".to_owned(),
    };
    let mut layout = Layout::around(&name, &params);
    layout.view = about.view.clone();
    layout.chain.fee = about.fee;
    let since = met.iter().map(|met| met.client.about().since).min();
    // What is shown goes on while this process is stopped.
    let clock = LabClock::starting_at(about.now).of_the_world();
    let (answered, answers) = mpsc::unbounded_channel();
    let params = Arc::new(params);
    let mut lasting = Lasting::around(Standing::Attached, layout, params, clock, runtime, answered);
    lasting.since = since.unwrap_or(lasting.since);
    let rounds = Rounds::new(Arc::new(Shared::around(Arc::new(lasting), 0)));
    let first = rounds.round();
    follow_all(begin(met, &first), &rounds, &first);
    Ok((rounds, answers))
}

/// Shows what runs behind another door as well.
///
/// # Errors
/// [`LabError`].
pub(super) async fn attach_to(rounds: &Arc<Rounds>, door: Door) -> Result<(), LabError> {
    let met = Met::new(door).await?;
    let at = met.client.place().clone();
    let shared = rounds.round();
    follow_all(begin(vec![met], &shared), rounds, &shared);
    // Only now: a lab that shows others is not made anew, and one that is goes on without them.
    match shared.lock().course.words() {
        Some(problem) => Err(LabError::Strange { at, problem }),
        None => Ok(()),
    }
}

/// A process that has just answered.
pub(super) struct Met {
    host: Arc<Host>,
    pub(super) client: Client,
    pub(super) opening: Opening,
    notices: Receiver<Notice>,
}

impl Met {
    async fn new(door: Door) -> Result<Self, ClientError> {
        let host = Arc::new(Host::new(door));
        let client = host.connect().await?;
        Self::listening(host, client).await
    }

    /// One that was there before.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn again(host: Arc<Host>, before: &About) -> Result<Self, ClientError> {
        let client = host.connect_again(before).await?;
        Self::listening(host, client).await
    }

    async fn listening(host: Arc<Host>, client: Client) -> Result<Self, ClientError> {
        // A screen shows what nodes say to each other as well.
        let wish = Wish {
            events: EventWish::All,
            ..Wish::default()
        };
        let subscribing = client.subscribe(wish);
        let late = |_| ClientError::Ended(client.place().clone());
        let (opening, notices) = timeout(ANSWER_MAX, subscribing).await.map_err(late)??;
        Ok(Self {
            host,
            client,
            opening,
            notices,
        })
    }
}

/// First who is there with which wallets, then what happened to them, then how they look now: a
/// block's way leads through several processes, and blocks that are older than what was seen of the
/// chain would be no news.
pub(super) fn begin(met: Vec<Met>, shared: &Shared) -> Vec<Following> {
    let (mut all, mut statuses, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (at, met) in met.into_iter().enumerate() {
        shared.is_told_time(met.client.about().now);
        let following = Following {
            host: met.host,
            client: met.client,
            notices: met.notices,
            runs: runs_of(&met.opening.lab),
            is_asked: Arc::default(),
        };
        for status in met.opening.nodes {
            following.introduce(shared, &status);
            statuses.push((at, status));
        }
        let news = following.untold(shared, met.opening.events);
        events.extend(news.into_iter().map(|event| (at, event)));
        following.lab(shared, met.opening.lab);
        all.push(following);
    }
    events.sort_by_key(|(_, event)| event.event.at);
    let old = before(&statuses, events.iter().map(|(_, event)| &event.event.kind));
    // Chips follow from the order in which blocks are heard of.
    shared.change(|model| old.into_iter().for_each(|id| model.hear(id)));
    for (at, event) in events {
        all[at].event(shared, event);
    }
    for (at, status) in statuses {
        all[at].status(shared, status);
    }
    all
}

/// The blocks that nodes show and that are below all that is told of, the lowest first: a lab heard of
/// them in that order.
fn before<'a>(
    statuses: &[(usize, NodeStatus)],
    told: impl Iterator<Item = &'a EventKind>,
) -> Vec<BlockId> {
    let heights = told.filter_map(|event| match event {
        EventKind::TipChanged { tip: block, .. }
        | EventKind::Mined { block, .. }
        | EventKind::Withheld { block, .. } => Some(block.height),
        _ => None,
    });
    let first = heights.min().unwrap_or(u32::MAX);
    let snapshots = statuses
        .iter()
        .filter_map(|(_, node)| node.snapshot.as_ref());
    let shown = snapshots.flat_map(|snapshot| &snapshot.recent);
    let old = shown.map(|info| info.id).filter(|id| id.height < first);
    let mut old: Vec<_> = old.collect();
    old.sort_by_key(|id| id.height);
    old
}

/// A process that is listened to.
pub(super) struct Following {
    pub(super) host: Arc<Host>,
    pub(super) client: Client,
    pub(super) notices: Receiver<Notice>,
    /// How often its lab was made anew.
    pub(super) runs: u32,
    /// What its links are like was asked, and is not answered yet.
    is_asked: Arc<AtomicBool>,
}

impl Following {
    /// Puts down what it was told.
    pub(super) fn take(&self, shared: &Shared, notice: Notice) {
        match notice {
            Notice::Node(status) => self.status(shared, *status),
            // Of a node that is not shown.
            Notice::Event(event) if self.find(shared, &event.node).is_none() => {}
            Notice::Event(event) => {
                // As a node of this process would write it.
                tracing::info_span!("node", name = %event.node)
                    .in_scope(|| live::log_event(&event.event.kind));
                self.event(shared, event);
            }
            Notice::Lab(status) => self.lab(shared, status),
            // How things are is told in any case.
            Notice::Missed(_) => {}
        }
    }

    /// Puts down what its links are like, once it has said so: nobody tells of a change. It is asked
    /// again when it has answered.
    pub(super) fn ask_links(&self, shared: &Arc<Shared>) {
        if self.is_asked.swap(true, Ordering::Relaxed) {
            return;
        }
        let (client, host) = (self.client.clone(), Arc::clone(&self.host));
        let (is_asked, shared) = (Arc::clone(&self.is_asked), Arc::clone(shared));
        let runtime = shared.runtime.clone();
        runtime.spawn(async move {
            if let Ok(Ok(told)) = timeout(ANSWER_MAX, client.links()).await {
                shared.change(|model| model.links_told(&host, told));
            }
            is_asked.store(false, Ordering::Relaxed);
        });
    }

    /// The node that the process calls by this name.
    fn find(&self, shared: &Shared, name: &str) -> Option<(NodeIx, u64)> {
        let model = shared.lock();
        let mut nodes = model.nodes.iter().enumerate();
        let found = nodes.find(|(_, node)| {
            let host = node.host.as_ref();
            host.is_some_and(|host| Arc::ptr_eq(host, &self.host)) && node.spec.name == name
        });
        found.map(|(ix, node)| (NodeIx(ix), node.life))
    }

    /// Groups by the names that the process gives its nodes.
    fn places(&self, shared: &Shared, groups: &[Vec<String>]) -> Vec<Vec<NodeIx>> {
        let group = |group: &Vec<String>| {
            let found = group.iter().filter_map(|name| self.find(shared, name));
            found.map(|(ix, _)| ix).collect()
        };
        groups.iter().map(group).collect()
    }

    fn status(&self, shared: &Shared, status: NodeStatus) {
        let (ix, _) = match self.find(shared, &status.node) {
            Some(found) => found,
            None if shared.lock().nodes.len() >= NODES_MAX => return,
            None => shared.add_far(&self.host, &status),
        };
        if let Some(snapshot) = &status.snapshot {
            shared.is_told_time(snapshot.at);
        }
        let now = shared.clock.now();
        let went = shared.change(|model| {
            let node = &mut model.nodes[ix.0];
            // Nodes in virtual time know each other by addresses that are nowhere else.
            let within = status.snapshot.as_ref().and_then(|seen| seen.listen);
            node.is_addressed = status.addr.is_some();
            node.addr = status.addr.or(within).unwrap_or(node.addr);
            let was_up = node.state.is_up();
            if status.state.is_up() && !was_up {
                let words = match node.state {
                    NodeState::Gone => "answers again",
                    _ => "started again",
                };
                if node.life > 0 {
                    node.say(now, Tone::Good, words);
                }
                node.life += 1;
                node.handle = Some(Hand::Far(self.client.clone(), status.node.as_str().into()));
            }
            match &status.state {
                NodeState::Failed(why) if node.state != status.state => {
                    node.say(now, Tone::Bad, &**why);
                }
                NodeState::Down if node.life > 0 && node.state != NodeState::Down => {
                    node.say(now, Tone::Bad, "went down");
                }
                _ => {}
            }
            let life = node.life;
            let went = was_up && !status.state.is_up();
            if status.state.is_up() {
                node.state = NodeState::Up;
            } else {
                model.ended(ix, status.state);
            }
            match status.snapshot {
                Some(snapshot) if model.nodes[ix.0].state.is_up() => model.seen(ix, life, snapshot),
                // How it looked last.
                snapshot => {
                    let node = &mut model.nodes[ix.0];
                    node.snapshot = snapshot.or(node.snapshot.take());
                    if let Some(snapshot) = node.snapshot.clone() {
                        model.learn(&snapshot);
                    }
                }
            }
            went
        });
        if went {
            shared.overheard().left(ix, now);
        }
    }

    /// A node, before anything is known to have happened to it.
    fn introduce(&self, shared: &Shared, status: &NodeStatus) {
        let unseen = NodeStatus {
            snapshot: None,
            ..status.clone()
        };
        self.status(shared, unseen);
        if let Some((ix, _)) = self.find(shared, &status.node) {
            shared.lock().nodes[ix.0]
                .snapshot
                .clone_from(&status.snapshot);
        }
    }

    /// Of what happened before, what has not been told already.
    fn untold(&self, shared: &Shared, events: Vec<NodeEvent>) -> Vec<NodeEvent> {
        let last = |event: &NodeEvent| {
            let (ix, _) = self.find(shared, &event.node)?;
            shared.lock().nodes[ix.0].recent.last()
        };
        let is_news = |event: &NodeEvent| last(event).is_none_or(|last| last < event.event.at);
        events.into_iter().filter(is_news).collect()
    }

    fn event(&self, shared: &Shared, event: NodeEvent) {
        if let Some((ix, life)) = self.find(shared, &event.node) {
            shared.happened(ix, life, Arc::unwrap_or_clone(event.event));
        }
    }

    /// Nodes that run alone have no screen, and a lab of this process has its own.
    fn lab(&self, shared: &Shared, status: LabStatus) {
        if shared.standing == Standing::Own || self.client.about().kind == Kind::Node {
            return;
        }
        let groups = status.partition.as_ref();
        let groups = groups.map(|groups| self.places(shared, groups));
        shared.change(|model| {
            model.partition = groups.map(Partition::new);
            model.far_payments = status.traffic;
            model.caption = status.caption;
            model.script = status.script;
        });
    }
}

impl Shared {
    /// Whether this lab is there to show just this process.
    pub(super) fn shows_only(&self, host: &Arc<Host>) -> bool {
        let model = self.lock();
        self.standing == Standing::Attached && model.nodes.iter().all(|node| node.is_of(host))
    }

    fn add_far(&self, host: &Arc<Host>, status: &NodeStatus) -> (NodeIx, u64) {
        self.change(|model| {
            let mut node = Node::new(NodeSpec::new(&status.node), NOWHERE);
            node.host = Some(Arc::clone(host));
            // Two processes may each have a node of this name.
            let taken = (2..).map(|number| format!("{}-{number}", status.node));
            let names = std::iter::once(status.node.clone()).chain(taken);
            let mut free = names.filter(|name| model.named(name).is_none());
            node.name = free.next().expect("there is always another number").into();
            node.state = NodeState::Down;
            model.nodes.push(node);
            (NodeIx(model.nodes.len() - 1), 0)
        })
    }

    /// What time it is elsewhere. A lab that only shows others goes by that; one with nodes of its own
    /// has a clock that is never set.
    fn is_told_time(&self, time: Time) {
        if self.standing == Standing::Attached {
            self.clock.not_before(time);
        }
    }

    /// A process does not answer any more. Its nodes may run: as long as it may be found again, and then
    /// tells what came to them meanwhile, they are waited for.
    pub(super) fn lost(&self, host: &Arc<Host>) {
        let now: Time = self.clock.now();
        let gone = self.change(|model| {
            let gone = model.nodes_of(host);
            for ix in &gone {
                let node = &mut model.nodes[ix.0];
                if node.state.is_up() {
                    node.say(now, Tone::Bad, "does not answer any more");
                }
                node.ended(NodeState::Gone);
            }
            gone
        });
        let mut overheard = self.overheard();
        for ix in gone {
            overheard.left(ix, now);
        }
    }

    /// A process that does not answer was looked for in vain: its nodes do not run any more, as far as one
    /// can see from here.
    pub(super) fn not_found(&self, host: &Arc<Host>) {
        self.change(|model| {
            for ix in model.nodes_of(host) {
                model.left(ix);
            }
        });
    }
}
