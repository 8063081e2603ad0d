//! Does what core says, in its order, and tells it how late it is.

use super::hands::{Begin, Hand, Lane, Rest};
use super::nodes::listen;
use super::round::{Round, fault};
use crate::lab::ask::{Named, Request};
use crate::lab::control::ClientError;
use crate::lab::core::{CallId, End, HostId, Input, LinkEnd, Output, Told};
use crate::lab::drive::attached::Host;
use crate::lab::spec::NodeSpec;
use crate::link::Conditions;
use crate::node::NodeIx;
use crate::node::io::{Command, CommandError, Question, RefusalKind, Reply};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, TryLockError};
use std::time::Duration;
use tokio::time::sleep;

/// The shortest sleep: what is due so soon may be late by that.
const GRAIN: Duration = Duration::from_millis(1);

/// The longest sleep: the lab clock may stand still meanwhile, and go on.
const NAP: Duration = Duration::from_millis(50);

/// Tells core how late it is whenever it is to be told, until the round is over.
pub(super) async fn tick(round: Arc<Round>) {
    let ticking = async {
        loop {
            let (deadline, now) = (round.core().deadline(), round.elapsed());
            let left = deadline.saturating_sub(now);
            sleep(left.clamp(GRAIN, NAP)).await;
            let is_due = round.core().deadline() <= round.elapsed();
            if is_due && round.take_in(Input::Tick) {
                round.changed();
            }
        }
    };
    tokio::select! {
        () = ticking => {}
        () = round.over() => {}
    }
}

/// What is to be done, at once as far as it belongs together.
enum Todo {
    One(Output),
    Links(Vec<(LinkEnd, LinkEnd, Conditions)>),
}

impl Round {
    /// Does what core says, in its order: the task that told it something does, one at a time. Nothing of
    /// that is waited for.
    pub(super) fn perform(self: &Arc<Self>) {
        while self.core().has_outputs() {
            let _performs = match self.performs.try_lock() {
                Ok(performs) => performs,
                // The one that performs looks again when it is done.
                Err(TryLockError::WouldBlock) => return,
                Err(TryLockError::Poisoned(bug)) => bug.into_inner(),
            };
            while let Some(todo) = self.next_output() {
                self.act(todo);
            }
        }
    }

    fn next_output(&self) -> Option<Todo> {
        let mut core = self.core();
        let mut set = Vec::new();
        while let Some(way) = core.poll_link() {
            set.push(way);
        }
        match set.is_empty() {
            true => core.poll().map(Todo::One),
            false => Some(Todo::Links(set)),
        }
    }

    fn act(self: &Arc<Self>, todo: Todo) {
        match todo {
            Todo::Links(set) => self.set_links(set),
            Todo::One(Output::Call { node, id, command }) => {
                self.ask_node(node, id, Ask::Command(command));
            }
            Todo::One(Output::Ask { node, id, question }) => {
                self.ask_node(node, id, Ask::Question(question));
            }
            Todo::One(Output::Start { node, life, spec }) => self.start(node, life, spec),
            Todo::One(Output::Kill(ix)) => self.kill(ix),
            Todo::One(Output::Forward { id, tells }) => self.forward(id, tells),
            Todo::One(Output::Answer(ticket, answer)) => {
                self.answer(ticket, answer);
                self.changed();
            }
            // Nodes show themselves, and links were taken together.
            Todo::One(Output::Look(_) | Output::SetLink { .. }) => {}
        }
    }

    /// Where an end of a link is; `None`: nowhere yet.
    fn place(&self, end: LinkEnd) -> Option<SocketAddr> {
        match end {
            LinkEnd::Node(ix) => self.core().nodes().get(ix.0)?.addr(),
            LinkEnd::Addr(addr) => Some(addr),
        }
    }

    fn set_links(&self, set: Vec<(LinkEnd, LinkEnd, Conditions)>) {
        let set = set.into_iter().filter_map(|(from, to, conditions)| {
            // A node that listens nowhere has no connection, and its links are set when it does.
            Some((self.place(from)?, self.place(to)?, conditions))
        });
        let set: Vec<_> = set.collect();
        if let Err(error) = self.links.set_all(set) {
            tracing::error!("core wants a link to be like none can be: {error}");
        }
    }

    fn ask_node(self: &Arc<Self>, ix: NodeIx, id: CallId, ask: Ask) {
        let refusal = match self.lane_of(ix) {
            Ok((lane, whose)) => {
                let begin = match whose {
                    Whose::Own(hand) => self.begin_own(hand, id, ask),
                    Whose::Far(host, name) => self.begin_far(host, name, id, ask),
                };
                match lane.push(begin) {
                    true => return,
                    false => full(self.core().name(ix)),
                }
            }
            Err(refusal) => refusal,
        };
        self.handle(Input::Reply(id, Err(refusal)));
    }

    fn lane_of(&self, ix: NodeIx) -> Result<(Lane, Whose), CommandError> {
        let gone =
            |name: &str| CommandError::new(RefusalKind::NotRunning, format!("{name} is down"));
        let (name, host) = {
            let core = self.core();
            let node = core.nodes().get(ix.0).ok_or_else(|| gone("the node"))?;
            (node.spec().name.clone(), node.host())
        };
        let hands = self.hands();
        match host {
            None => {
                let hand = hands.nodes.get(&ix).ok_or_else(|| gone(&name))?.clone();
                Ok((hand.lane.clone(), Whose::Own(hand)))
            }
            Some(host) => {
                let host = hands.hosts.get(&host).ok_or_else(|| gone(&name))?;
                Ok((host.lane.clone(), Whose::Far(Arc::clone(host), name)))
            }
        }
    }

    fn begin_own(self: &Arc<Self>, hand: Hand, id: CallId, ask: Ask) -> Begin {
        let round = Arc::clone(self);
        Box::pin(async move {
            let begun = match ask {
                Ask::Command(command) => hand.handle.begin_command(command).await,
                Ask::Question(question) => hand.handle.begin_question(question).await,
            };
            drop(hand);
            let rest = async move { round.handle(Input::Reply(id, begun.reply().await)) };
            Rest::new(rest)
        })
    }

    fn begin_far(self: &Arc<Self>, host: Arc<Host>, name: String, id: CallId, ask: Ask) -> Begin {
        let round = Arc::clone(self);
        Box::pin(async move {
            let request = match ask {
                Ask::Command(command) => Request::Node(Some(name), command),
                Ask::Question(question) => Request::Ask(Some(name), question),
            };
            let called = match host.client() {
                Ok(client) => Ok(client.begin(&request).await),
                Err(refusal) => Err(refusal),
            };
            let rest = async move {
                let reply: Result<Reply, CommandError> = match called {
                    Ok(called) => called.reply().await.map_err(CommandError::from),
                    Err(refusal) => Err(refusal),
                };
                round.handle(Input::Reply(id, reply));
            };
            Rest::new(rest)
        })
    }

    /// Tells other processes, each in its lane, and waits for all of them.
    fn forward(self: &Arc<Self>, id: CallId, tells: Vec<(HostId, Request<Named>)>) {
        let mut answers = Vec::new();
        for (host, request) in tells {
            let (told, answer) = tokio::sync::oneshot::channel();
            answers.push(answer);
            let Some(host) = self.hands().hosts.get(&host).map(Arc::clone) else {
                continue;
            };
            let lane = host.lane.clone();
            let is_room = lane.push(Box::pin(async move {
                let called = match host.client() {
                    Ok(client) => Ok(client.begin(&request).await),
                    Err(refusal) => Err(Told::Refused(refusal)),
                };
                let rest = async move {
                    let done = match called {
                        Ok(called) => told_of(called.answer().await),
                        Err(told) => told,
                    };
                    let _ = told.send(done);
                };
                Rest::new(rest)
            }));
            if !is_room {
                break;
            }
        }
        let round = Arc::clone(self);
        self.runtime.spawn(async move {
            let mut last = Told::Refused(fault("no process was told"));
            for answer in answers {
                last = answer
                    .await
                    .unwrap_or_else(|_| Told::Refused(full("the process")));
                if !matches!(last, Told::Done(_)) {
                    break;
                }
            }
            round.handle(Input::Forwarded(id, last));
        });
    }

    fn start(self: &Arc<Self>, node: NodeIx, life: u64, spec: Arc<NodeSpec>) {
        if self.course().is_over() {
            let end = End::Stopped;
            return self.handle(Input::Ended { node, life, end });
        }
        let listener = self.listeners().remove(&spec.name);
        let is_new = self.core().nodes()[node.0].addr().is_none();
        let listener = match (listener, is_new) {
            (None, true) => match listen(&spec, None) {
                Ok(listener) => Some(listener),
                Err(error) => {
                    let why = error.to_string().into();
                    return self.handle(Input::Failed { node, life, why });
                }
            },
            (listener, _) => listener,
        };
        if let Some(addr) = listener.as_ref().and_then(|found| found.local_addr().ok())
            && is_new
        {
            self.clock.reserve(&spec.name);
            let set = {
                let mut core = self.core();
                core.listens(node, addr);
                core.ways_of(node)
            };
            self.set_links(set);
        }
        let opening = Arc::clone(self).open(node, life, spec, listener, is_new);
        self.runtime.spawn(opening);
    }

    fn kill(self: &Arc<Self>, ix: NodeIx) {
        let Some(hand) = self.hands().nodes.get(&ix).cloned() else {
            return;
        };
        self.runtime.spawn(async move {
            // The task that watches it tells how it ended.
            hand.handle.kill().await;
        });
    }
}

/// What a node is asked.
enum Ask {
    Command(Command),
    Question(Question),
}

/// Whose lane it is.
enum Whose {
    Own(Hand),
    /// With the name that the process calls the node by.
    Far(Arc<Host>, String),
}

fn full(name: &str) -> CommandError {
    let words = format!("too much is asked of {name} at once");
    CommandError::new(RefusalKind::Refused, words)
}

fn told_of(answer: Result<Value, ClientError>) -> Told {
    match answer {
        Ok(done) => Told::Done(done["done"].as_str().unwrap_or_default().to_owned()),
        Err(error @ ClientError::Ended(_)) => Told::Ended(error.into()),
        Err(error) => Told::Refused(error.into()),
    }
}
