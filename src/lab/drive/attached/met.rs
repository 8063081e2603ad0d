//! A process that was met: what it says, put down as nodes of this process are.

use super::hosts::Host;
use crate::lab::control::{
    About, Client, ClientError, Endpoint, EndpointKind, EventWish, NodeEvent, Notice, Opening, Wish,
};
use crate::lab::core::{Far, HostId, Input};
use crate::lab::drive::live::round::Round;
use crate::lab::view::{LabStatus, NodeStatus, TimeNews};
use crate::live;
use crate::node::io::EventKind;
use crate::node::{BlockId, NodeIx, Time};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// How long a process may take to say how things are.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A process that has just answered.
pub(in crate::lab::drive) struct Met {
    pub(in crate::lab::drive) host: Arc<Host>,
    pub(in crate::lab::drive) client: Client,
    pub(in crate::lab::drive) opening: Opening,
    pub(in crate::lab::drive) notices: Receiver<Notice>,
}

impl Met {
    /// One that is met for the first time.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(in crate::lab::drive) async fn new(
        id: HostId,
        endpoint: Endpoint,
        runtime: &Handle,
    ) -> Result<Self, ClientError> {
        let host = Arc::new(Host::new(id, endpoint, runtime));
        let client = host.connect().await?;
        Self::listening(host, client).await
    }

    /// One that was there before.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(in crate::lab::drive) async fn again(
        host: Arc<Host>,
        before: &About,
    ) -> Result<Self, ClientError> {
        let client = host.connect_again(before).await?;
        Self::listening(host, client).await
    }

    /// What time it is there.
    pub(in crate::lab::drive) fn now(&self) -> Time {
        let about = self.client.about();
        let time = self.opening.time.as_ref();
        time.map_or(about.now, |news| about.since + news.time.at)
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
pub(in crate::lab::drive) fn begin(met: Vec<Met>, round: &Arc<Round>) -> Vec<Following> {
    let (mut all, mut statuses, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (at, met) in met.into_iter().enumerate() {
        round.is_told_time(met.client.about().now);
        let is_lab = met.client.about().kind == EndpointKind::Lab;
        let following = Following {
            host: met.host,
            client: met.client,
            notices: met.notices,
            runs: runs_of(&met.opening.lab),
            time: met.opening.time.clone(),
            is_asked: Arc::default(),
            is_time_asked: Arc::default(),
        };
        let host = &following.host;
        round.lanes().hosts.insert(host.id, Arc::clone(host));
        following.tell(round, Far::Met { is_lab });
        for status in met.opening.nodes {
            following.tell(round, Far::Introduced(status.clone()));
            statuses.push((at, status));
        }
        let news = following.untold(round, met.opening.events);
        events.extend(news.into_iter().map(|event| (at, event)));
        following.tell(round, Far::Lab(met.opening.lab));
        if let Some(news) = met.opening.time {
            following.tell(round, Far::Time(Box::new(news)));
            following.ask_time(round);
        }
        all.push(following);
    }
    events.sort_by_key(|(_, event)| event.event.at);
    let old = before(&statuses, events.iter().map(|(_, event)| &event.event.kind));
    // Chips follow from the order in which blocks are heard of.
    if let Some(first) = all.first() {
        first.tell(round, Far::Old(old));
    }
    for (at, event) in events {
        all[at].event(round, event);
    }
    for (at, status) in statuses {
        all[at].status(round, status);
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
pub(in crate::lab::drive) struct Following {
    pub(in crate::lab::drive) host: Arc<Host>,
    pub(in crate::lab::drive) client: Client,
    pub(in crate::lab::drive) notices: Receiver<Notice>,
    /// How often its lab was made anew.
    pub(in crate::lab::drive) runs: u32,
    /// How its time goes, as it was told last; `None`: by itself.
    pub(in crate::lab::drive) time: Option<TimeNews>,
    /// What its links are like was asked, and is not answered yet.
    is_asked: Arc<AtomicBool>,
    /// The same of its time.
    is_time_asked: Arc<AtomicBool>,
}

impl Following {
    /// Has core know what it was told.
    pub(in crate::lab::drive) fn take(&mut self, round: &Arc<Round>, notice: Notice) {
        match notice {
            Notice::Node(status) => self.status(round, *status),
            // Of a node that is not shown.
            Notice::Event(event) if self.find(round, &event.node).is_none() => {}
            Notice::Event(event) => {
                // As a node of this process would write it.
                tracing::info_span!("node", name = %event.node)
                    .in_scope(|| live::log_event(&event.event.kind));
                self.event(round, event);
            }
            Notice::Lab(status) => self.tell(round, Far::Lab(status)),
            Notice::Time(news) => self.time(round, *news),
            // Nothing can be added to what is known: see `listen`.
            Notice::Opening(_) => {}
            // How things are is told in any case.
            Notice::Missed(_) => {}
        }
    }

    /// Has core know what its links are like, once it has said so: nothing tells of a change. It is asked
    /// again when it has answered.
    pub(in crate::lab::drive) fn ask_links(&self, round: &Arc<Round>) {
        self.ask(&self.is_asked, round, |client| async move {
            client.links().await.ok().map(Far::Links)
        });
    }

    /// Time goes otherwise there. That it went back is told with how all is then.
    fn time(&mut self, round: &Arc<Round>, mut news: TimeNews) {
        let before = self.time.as_ref();
        let leaps = before.map(|before| before.time.leaps);
        if leaps != Some(news.time.leaps) {
            return;
        }
        self.host.say_who_moved(before, &mut news);
        self.time = Some(news.clone());
        self.tell(round, Far::Time(Box::new(news)));
        self.ask_time(round);
    }

    /// As long as it goes on it is asked again and again where it is; and once more when it was told that it
    /// stands still, for its marks.
    pub(in crate::lab::drive) fn ask_time_if_it_goes(&self, round: &Arc<Round>) {
        let time = self.time.as_ref();
        if time.is_some_and(|news| !news.time.is_paused) {
            self.ask_time(round);
        }
    }

    fn ask_time(&self, round: &Arc<Round>) {
        self.ask(&self.is_time_asked, round, |client| async move {
            let time = client.time().await.ok()??;
            Some(Far::Marked(Box::new(time)))
        });
    }

    /// Asks something of it, unless it was asked and has not answered yet.
    fn ask<F>(
        &self,
        is_asked: &Arc<AtomicBool>,
        round: &Arc<Round>,
        what: impl FnOnce(Client) -> F + Send + 'static,
    ) where
        F: Future<Output = Option<Far>> + Send,
    {
        if is_asked.swap(true, Ordering::Relaxed) {
            return;
        }
        let (client, id) = (self.client.clone(), self.host.id);
        let (is_asked, round) = (Arc::clone(is_asked), Arc::clone(round));
        let runtime = round.runtime.clone();
        runtime.spawn(async move {
            if let Ok(Some(told)) = timeout(ANSWER_MAX, what(client)).await {
                round.handle(Input::Far(id, told));
            }
            is_asked.store(false, Ordering::Relaxed);
        });
    }

    pub(in crate::lab::drive) fn tell(&self, round: &Arc<Round>, far: Far) {
        round.handle(Input::Far(self.host.id, far));
    }

    fn status(&self, round: &Arc<Round>, status: NodeStatus) {
        if let Some(snapshot) = &status.snapshot {
            round.is_told_time(snapshot.at);
        }
        self.tell(round, Far::Node(status));
    }

    /// The node that the process calls by this name.
    fn find(&self, round: &Arc<Round>, name: &str) -> Option<(NodeIx, u64)> {
        round.core().far_position(self.host.id, name)
    }

    /// Of what happened before, what has not been told already.
    fn untold(&self, round: &Arc<Round>, events: Vec<NodeEvent>) -> Vec<NodeEvent> {
        let last = |event: &NodeEvent| {
            let (ix, _) = self.find(round, &event.node)?;
            round.recent().get(&ix)?.last()
        };
        let is_news = |event: &NodeEvent| last(event).is_none_or(|last| last < event.event.at);
        events.into_iter().filter(is_news).collect()
    }

    fn event(&self, round: &Arc<Round>, event: NodeEvent) {
        if let Some((ix, life)) = self.find(round, &event.node) {
            round.happened(ix, life, None, Arc::unwrap_or_clone(event.event));
        }
    }
}

impl Round {
    /// What time it is elsewhere. A lab that only shows others goes by that; one with nodes of its own
    /// has a clock that is never set.
    fn is_told_time(&self, time: Time) {
        if !self.core().has_own_nodes() {
            self.clock.not_before(time);
        }
    }
}

/// How often a lab was made anew.
pub(in crate::lab::drive) fn runs_of(lab: &LabStatus) -> u32 {
    lab.script.as_ref().map_or(0, |script| script.runs)
}
