//! A node's own thread: everything that happens to the node passes through here, one thing after
//! the other.

use super::clock::{LabClock, Reading};
use super::conn::Conn;
use super::end::End;
use super::entry::{Answer, Entry};
use super::inbox::Inbox;
use super::log::{Known, NodeLog};
use super::miner::Miner;
use super::stopwatch::Stopwatch;
use super::tcp::Net;
use crate::chain::key::PublicKey;
use crate::node::io::{
    Command, CommandError, ConnId, Event, Halt, Input, Output, Question, RefusalKind, RequestId,
};
use crate::node::snapshot::NodeSnapshot;
use crate::node::{Machine, Store, Time};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// The shortest time between two snapshots: a screen draws no faster.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(33);

/// Commands without an answer so far, of all callers together: more is a caller gone mad.
const COMMANDS_MAX: usize = 1_024;

/// The node, with all that it acts on.
pub(super) struct Runner<S> {
    pub(super) node: Machine<S>,
    pub(super) clock: LabClock,
    pub(super) inbox: Arc<Inbox<Entry>>,
    pub(super) net: Net,
    pub(super) miner: Miner,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) snapshots: Snapshots,
    pub(super) log: NodeLog,
    /// Open connections, but for those that wait to be taken from the inbox.
    pub(super) conns: BTreeMap<ConnId, Conn>,
    pub(super) answers: BTreeMap<RequestId, Answer>,
    /// What an output led to: the node hears of it when it has no more outputs.
    pub(super) own: VecDeque<Input>,
    /// The key of the node's run.
    pub(super) id: PublicKey,
    /// [`Peers::changes`](crate::node::peers::Peers::changes), as the clock was told of last.
    pub(super) peer_changes: u64,
    /// By how much the clock had leapt when the node was last told.
    pub(super) leapt: Duration,
    /// [`Reading::joined`] when the node was last told of the others.
    pub(super) joined: u64,
}

impl<S: Store> Runner<S> {
    /// Runs the node until it is ended, or its disk fails.
    pub(super) fn run(&mut self) -> Result<End, Halt> {
        self.handle(Input::Tick)?;
        let inbox = Arc::clone(&self.inbox);
        loop {
            let batch = inbox.wait(self.timeout());
            self.tell_sent()?;
            for entry in batch {
                match entry {
                    Entry::Stop => return self.stop(),
                    Entry::Kill => return Ok(self.kill()),
                    Entry::HelperDied(bug) => return Ok(End::Panicked(bug)),
                    entry => self.take(entry)?,
                }
            }
            let now = self.clock.now();
            if self.node.deadline().is_some_and(|deadline| deadline <= now) {
                self.handle(Input::Tick)?;
            }
            self.log.tick(now);
            self.publish();
        }
    }

    /// How long there is nothing to do, if nothing comes in.
    fn timeout(&self) -> Option<Duration> {
        let tick = self.node.deadline().map(|at| self.clock.until(at));
        let snapshot = self.snapshots.due_in();
        match (tick, snapshot) {
            (Some(tick), Some(snapshot)) => Some(tick.min(snapshot)),
            (tick, snapshot) => tick.or(snapshot),
        }
    }

    fn take(&mut self, entry: Entry) -> Result<(), Halt> {
        match entry {
            Entry::Opened {
                conn,
                direction,
                addr,
                handle,
                unseen,
            } => {
                self.conns.insert(conn, handle);
                self.handle(Input::Connected {
                    conn,
                    direction,
                    addr,
                })?;
                // From here on the node bounds how many there are: another one may be accepted.
                drop(unseen);
                Ok(())
            }
            Entry::Input(Input::Disconnected(conn, why)) => match self.conns.remove(&conn) {
                Some(_) => self.handle(Input::Disconnected(conn, why)),
                None => Ok(()),
            },
            // It was on its way when the node ended the connection.
            Entry::Input(
                Input::Received(conn, _) | Input::Progress(conn) | Input::BadFrame(conn, _),
            ) if !self.conns.contains_key(&conn) => Ok(()),
            Entry::Input(input) => self.handle(input),
            Entry::Command(id, command, answer) => self.command(id, command, answer),
            Entry::Question(question, answer) => self.answer(question, answer),
            Entry::Watched => {
                self.snapshots.is_stale = true;
                Ok(())
            }
            Entry::Stop | Entry::Kill | Entry::HelperDied(_) => {
                unreachable!("taken care of by the loop")
            }
        }
    }

    fn command(&mut self, id: RequestId, command: Command, answer: Answer) -> Result<(), Halt> {
        // A caller that does not wait any more is not answered either.
        self.answers.retain(|_, answer| !answer.is_closed());
        if self.answers.len() >= COMMANDS_MAX {
            let refusal = format!("{COMMANDS_MAX} commands wait for their answers already");
            let _ = answer.send(Err(CommandError::new(RefusalKind::Busy, refusal)));
            return Ok(());
        }
        self.answers.insert(id, answer);
        self.handle(Input::Command(id, command))
    }

    /// Answers beside the loop: the node is as it was, so no snapshot follows.
    fn answer(&self, question: Question, answer: Answer) -> Result<(), Halt> {
        let reply = self.node.ask(self.clock.now(), question)?;
        // The caller may have gone.
        let _ = answer.send(reply);
        Ok(())
    }

    fn handle(&mut self, input: Input) -> Result<(), Halt> {
        self.own.push_back(input);
        while let Some(input) = self.own.pop_front() {
            let Reading {
                time,
                leapt,
                joined,
            } = self.clock.read();
            if joined != self.joined {
                self.joined = joined;
                self.node.meet(&self.clock.neighbours());
            }
            let missed = leapt.saturating_sub(self.leapt);
            if !missed.is_zero() {
                // Before anything else: what is overdue by now may not be.
                self.leapt = leapt;
                tracing::info!("stood still for {:.1} s, and goes on", missed.as_secs_f64());
                self.give(time, Input::StoodStill(missed))?;
            }
            self.give(time, input)?;
        }
        Ok(())
    }

    fn give(&mut self, now: Time, input: Input) -> Result<(), Halt> {
        self.node.handle(now, input)?;
        self.snapshots.is_stale = true;
        while let Some(output) = self.node.poll_output() {
            self.act(output);
        }
        let changes = self.node.peers().changes();
        if std::mem::replace(&mut self.peer_changes, changes) != changes {
            self.tell_clock();
        }
        Ok(())
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Dial(addr) => self.net.dial(addr),
            Output::Send(conn, message) => {
                let sent = self.conns.get(&conn).is_none_or(|to| to.send(message));
                if !sent {
                    self.conns.remove(&conn);
                    let why = "it does not read what it is sent".to_owned();
                    self.own.push_back(Input::Disconnected(conn, why));
                }
            }
            Output::Close(conn, reason) => {
                self.conns.remove(&conn);
                tracing::debug!("ended connection {}: {reason}", conn.0);
            }
            Output::Mine(job) => {
                if let Err(error) = self.miner.set(job) {
                    tracing::error!("cannot mine: {error}");
                }
            }
            Output::Reply(id, reply) => {
                if let Some(answer) = self.answers.remove(&id) {
                    // The caller may have gone.
                    let _ = answer.send(reply);
                }
            }
            Output::Event(event) => {
                let known = Known::about(&event.kind, &self.node);
                self.log.tell(&event, known);
                // There may be no listener.
                let _ = self.events.send(event);
            }
        }
    }

    /// The clock may stand still only where all nodes stand still with it.
    fn tell_clock(&self) {
        let ready = self.node.peers().ready();
        let ids = ready.filter_map(|(_, peer)| Some(peer.version.as_ref()?.id));
        self.clock.has_peers(self.id, ids);
    }

    /// Tells the node what has left for the network.
    fn tell_sent(&mut self) -> Result<(), Halt> {
        let sent = self.conns.iter().map(|(id, conn)| (*id, conn.take_sent()));
        let sent: Vec<_> = sent.filter(|(_, bytes)| *bytes > 0).collect();
        sent.into_iter()
            .try_for_each(|(id, bytes)| self.handle(Input::Sent(id, bytes)))
    }

    fn publish(&mut self) {
        if self.snapshots.due_in() == Some(Duration::ZERO) {
            let snapshot = self.node.snapshot(self.clock.now());
            self.snapshots.publish(snapshot);
        }
    }

    fn stop(&mut self) -> Result<End, Halt> {
        self.miner.set(None).expect("resting takes no thread");
        self.node.close()?;
        Ok(End::Stopped)
    }

    fn kill(&self) -> End {
        self.net.kill();
        End::Killed
    }
}

impl<S> Drop for Runner<S> {
    fn drop(&mut self) {
        self.clock.leave(self.id);
    }
}

/// Where snapshots are published, at most every [`SNAPSHOT_INTERVAL`], only when something changed,
/// and only while they are looked at.
pub(super) struct Snapshots {
    sender: watch::Sender<Arc<NodeSnapshot>>,
    published: Stopwatch,
    is_stale: bool,
}

impl Snapshots {
    pub(super) fn new(first: NodeSnapshot) -> Self {
        Self {
            sender: watch::Sender::new(Arc::new(first)),
            published: Stopwatch::start(),
            is_stale: false,
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<NodeSnapshot>> {
        self.sender.subscribe()
    }

    /// How long until the next one is to be published; `None`: nothing to show, or nothing looks.
    fn due_in(&self) -> Option<Duration> {
        // One receiver is the handle's own, which hands out the others.
        let is_watched = self.sender.receiver_count() > 1;
        (self.is_stale && is_watched)
            .then(|| SNAPSHOT_INTERVAL.saturating_sub(self.published.elapsed()))
    }

    fn publish(&mut self, snapshot: NodeSnapshot) {
        self.sender.send_replace(Arc::new(snapshot));
        (self.published, self.is_stale) = (Stopwatch::start(), false);
    }
}
