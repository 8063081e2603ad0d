//! A running node, as its owner holds it.

use super::end::End;
use super::entry::{Answer, Entry};
use super::inbox::Inbox;
use super::links::Links;
use crate::link::{Conditions, ConditionsError};
use crate::node::io::{Command, CommandError, Event, Question, RefusalKind, Reply, RequestId};
use crate::node::snapshot::NodeSnapshot;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// What a command or a question counts for in the node's inbox, in bytes: rarely more.
const REQUEST_BYTES: usize = 1_024;

/// A running node. Dropped, the node is stopped, without anybody waiting for it.
pub struct NodeHandle {
    pub(super) name: String,
    pub(super) addr: Option<SocketAddr>,
    pub(super) inbox: Requests,
    pub(super) last_request: AtomicU64,
    pub(super) snapshots: watch::Receiver<Arc<NodeSnapshot>>,
    pub(super) events: broadcast::Receiver<Event>,
    /// The same from the beginning on, until it is taken.
    pub(super) all_events: Mutex<Option<broadcast::Receiver<Event>>>,
    pub(super) ended: watch::Receiver<Option<End>>,
    pub(super) runtime: Handle,
    /// What this node is called in the table of links.
    pub(super) place: SocketAddr,
    pub(super) links: Links,
}

/// Where what is asked of a node goes.
pub(super) enum Requests {
    /// To its thread.
    Thread(Arc<Inbox<Entry>>),
    /// To its task: in their order, and what cannot wait.
    Task(mpsc::Sender<Entry>, mpsc::UnboundedSender<Entry>),
}

impl Requests {
    /// For a task, before which so many may wait, with both its ends.
    pub(super) fn of_task(
        room: usize,
    ) -> (mpsc::Receiver<Entry>, mpsc::UnboundedReceiver<Entry>, Self) {
        let (sender, requests) = mpsc::channel(room);
        let (first, urgent) = mpsc::unbounded_channel();
        (requests, urgent, Self::Task(sender, first))
    }

    /// Adds something once there is room. From one that has ended no answer comes.
    async fn push(&self, entry: Entry) {
        match self {
            Self::Thread(inbox) => drop(inbox.push(entry, REQUEST_BYTES).await),
            Self::Task(requests, _) => drop(requests.send(entry).await),
        }
    }

    /// Adds something of the owner's, ahead of all that waits; if the node has ended it is gone.
    fn push_first(&self, entry: Entry) {
        match self {
            Self::Thread(inbox) => inbox.push_first(entry),
            Self::Task(_, urgent) => drop(urgent.send(entry)),
        }
    }
}

impl NodeHandle {
    /// The node's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens, if it does.
    pub fn addr(&self) -> Option<SocketAddr> {
        self.addr
    }

    /// Has the node do something and waits for the answer.
    ///
    /// # Errors
    /// In words, the node's refusal, or that it has ended.
    pub async fn command(&self, command: Command) -> Result<Reply, CommandError> {
        self.begin_command(command).await.reply().await
    }

    /// As [`NodeHandle::command`], but returns as soon as the command has its place in the order of what
    /// the node is to do.
    pub async fn begin_command(&self, command: Command) -> Begun {
        let id = RequestId(self.last_request.fetch_add(1, Ordering::Relaxed) + 1);
        self.request(|answer| Entry::Command(id, command, answer))
            .await
    }

    /// Asks the node something, which it answers in its turn, after the commands before, and stays
    /// as it is.
    ///
    /// # Errors
    /// As of [`NodeHandle::command`].
    pub async fn ask(&self, question: Question) -> Result<Reply, CommandError> {
        self.begin_question(question).await.reply().await
    }

    /// As [`NodeHandle::ask`], but returns as [`NodeHandle::begin_command`] does.
    pub async fn begin_question(&self, question: Question) -> Begun {
        self.request(|answer| Entry::Question(question, answer))
            .await
    }

    async fn request(&self, entry: impl FnOnce(Answer) -> Entry) -> Begun {
        let (answer, answered) = oneshot::channel();
        self.inbox.push(entry(answer)).await;
        Begun {
            answered,
            ended: self.ended.clone(),
        }
    }

    /// As [`NodeHandle::command`], for callers on threads of their own: within the runtime it
    /// panics.
    ///
    /// # Errors
    /// As there.
    pub fn command_blocking(&self, command: Command) -> Result<Reply, CommandError> {
        self.runtime.block_on(self.command(command))
    }

    /// As [`NodeHandle::ask`], for callers on threads of their own: within the runtime it panics.
    ///
    /// # Errors
    /// As of [`NodeHandle::command`].
    pub fn ask_blocking(&self, question: Question) -> Result<Reply, CommandError> {
        self.runtime.block_on(self.ask(question))
    }

    /// The node as it is, again and again: a new snapshot follows a change within 33 ms.
    pub fn snapshots(&self) -> watch::Receiver<Arc<NodeSnapshot>> {
        let receiver = self.snapshots.clone();
        self.inbox.push_first(Entry::Watched);
        receiver
    }

    /// What happens from now on. A receiver that falls 1 024 events behind loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.resubscribe()
    }

    /// As [`NodeHandle::events`], and the first time that this is called what happened before that as well.
    pub fn all_events(&self) -> broadcast::Receiver<Event> {
        let first = self.all_events.lock();
        let first = first.unwrap_or_else(PoisonError::into_inner).take();
        first.unwrap_or_else(|| self.events())
    }

    /// Changes what the link to the node that listens at `peer` is like, in both directions, as
    /// this node sees them. On a shared table of [`Links`] the other node sees the same.
    ///
    /// # Errors
    /// The first condition that is out of its range; then nothing changes.
    pub fn set_link(
        &self,
        peer: SocketAddr,
        outgoing: Conditions,
        incoming: Conditions,
    ) -> Result<(), ConditionsError> {
        let (out, back) = ((self.place, peer), (peer, self.place));
        self.links
            .set_all([(out.0, out.1, outgoing), (back.0, back.1, incoming)])
    }

    /// The table that its links are in.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Has the node stop, without waiting for it.
    pub fn ask_to_stop(&self) {
        self.inbox.push_first(Entry::Stop);
    }

    /// Whether the node has ended and its directory is free again.
    pub fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Stops the node and waits until its directory is free again.
    pub async fn stop(&self) -> End {
        self.inbox.push_first(Entry::Stop);
        self.ended().await
    }

    /// Ends the node as a crash would: nothing is written any more, no connection is told. Waits
    /// until its directory is free again.
    pub async fn kill(&self) -> End {
        self.inbox.push_first(Entry::Kill);
        self.ended().await
    }

    /// Waits until the node has ended, for whatever reason.
    pub async fn ended(&self) -> End {
        end_of(self.ended.clone()).await
    }
}

async fn end_of(mut ended: watch::Receiver<Option<End>>) -> End {
    let end = ended.wait_for(Option::is_some).await;
    let end = end.ok().and_then(|end| end.clone());
    end.unwrap_or_else(|| End::Panicked("it left without a word".to_owned()))
}

/// Something that a node was asked for and has not answered yet.
#[derive(Debug)]
pub struct Begun {
    answered: oneshot::Receiver<Result<Reply, CommandError>>,
    ended: watch::Receiver<Option<End>>,
}

impl Begun {
    /// The answer.
    ///
    /// # Errors
    /// In words, the node's refusal, or that it has ended.
    pub async fn reply(self) -> Result<Reply, CommandError> {
        if let Ok(reply) = self.answered.await {
            return reply;
        }
        let end = end_of(self.ended).await;
        let kind = match &end {
            End::Stopped | End::Killed | End::Ended(_) => RefusalKind::NotRunning,
            End::Halted(_) | End::Panicked(_) => RefusalKind::Fault,
        };
        Err(CommandError::new(kind, end))
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        self.inbox.push_first(Entry::Stop);
    }
}

impl fmt::Debug for NodeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeHandle")
            .field("name", &self.name)
            .field("addr", &self.addr)
            .field("ended", &*self.ended.borrow())
            .finish_non_exhaustive()
    }
}
