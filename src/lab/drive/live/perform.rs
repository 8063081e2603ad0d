//! Does what core says, in its order, and tells it how late it is.

use super::lanes::Running;
use super::nodes::listen;
use super::round::{Round, fault};
use crate::lab::ask::{Named, Request};
use crate::lab::control::ClientError;
use crate::lab::core::{CallId, End, FarReply, HostId, Input, LinkEnd, Output};
use crate::lab::drive::attached::Host;
use crate::lab::drive::lane::{Rest, Todo};
use crate::lab::spec::NodeSpec;
use crate::link::Conditions;
use crate::live::NodeHandle;
use crate::node::NodeIx;
use crate::node::io::{Command, CommandError, Question, RefusalKind, Reply};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, TryLockError};
use std::time::Duration;
use tokio::sync::oneshot;
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
            while let Some(output) = self.next_output() {
                self.act(output);
            }
            self.changed();
        }
    }

    /// The lock is gone by the time that this returns.
    fn next_output(&self) -> Option<Output> {
        self.core().poll()
    }

    fn act(self: &Arc<Self>, output: Output) {
        match output {
            Output::Call { node, id, command } => self.ask_node(node, id, Ask::Command(command)),
            Output::Ask { node, id, question } => self.ask_node(node, id, Ask::Question(question)),
            Output::Start { node, life, spec } => self.start(node, life, spec),
            Output::Kill(ix) => self.kill(ix),
            Output::SetLinks(set) => self.set_links(&set),
            Output::Meddle(from, to, next) => {
                if let Some((from, to)) = self.place(from).zip(self.place(to)) {
                    self.links.meddle(from, to, next);
                }
            }
            Output::Forward { id, tells } => self.forward(id, tells),
            Output::Answer(ticket, answer) => self.answer(ticket, answer),
            // Nodes show themselves, and their time is that of the wall.
            Output::Look(_) | Output::Time(_) => {}
        }
    }

    fn place(&self, end: LinkEnd) -> Option<SocketAddr> {
        match end {
            LinkEnd::Node(ix) => self.core().nodes().get(ix.0)?.addr(),
            LinkEnd::Addr(addr) => Some(addr),
        }
    }

    fn set_links(&self, set: &[(LinkEnd, LinkEnd, Conditions)]) {
        let set: Vec<_> = {
            let core = self.core();
            let place = |end| match end {
                LinkEnd::Node(ix) => core.nodes().get(ix.0)?.addr(),
                LinkEnd::Addr(addr) => Some(addr),
            };
            // A node that listens nowhere has no connection, and its links are set when it does.
            let ways = set.iter();
            let ways = ways.filter_map(|way| Some((place(way.0)?, place(way.1)?, way.2)));
            ways.collect()
        };
        if let Err(error) = self.links.set_all(set) {
            tracing::error!("core wants a link to be like none can be: {error}");
        }
    }

    fn ask_node(self: &Arc<Self>, ix: NodeIx, id: CallId, ask: Ask) {
        if let Err(refusal) = self.try_to_ask(ix, id, ask) {
            self.handle(Input::Reply(id, Err(refusal)));
        }
    }

    fn try_to_ask(self: &Arc<Self>, ix: NodeIx, id: CallId, ask: Ask) -> Result<(), CommandError> {
        let (name, host) = {
            let core = self.core();
            let node = core.nodes().get(ix.0).ok_or_else(|| gone("the node"))?;
            (node.spec().name.clone(), node.host())
        };
        let is_room = match host {
            None => {
                let running = self.lanes().nodes.get(&ix).cloned();
                let Running { handle, lane } = running.ok_or_else(|| gone(&name))?;
                lane.push(self.begin_own(handle, id, ask))
            }
            Some(host) => {
                let host = self.lanes().hosts.get(&host).cloned();
                let host = host.ok_or_else(|| gone(&name))?;
                let lane = host.lane.clone();
                lane.push(self.begin_far(host, name.clone(), id, ask))
            }
        };
        is_room.then_some(()).ok_or_else(|| full(&name))
    }

    fn begin_own(self: &Arc<Self>, node: Arc<NodeHandle>, id: CallId, ask: Ask) -> Todo {
        let round = Arc::clone(self);
        Box::pin(async move {
            let begun = match ask {
                Ask::Command(command) => node.begin_command(command).await,
                Ask::Question(question) => node.begin_question(question).await,
            };
            drop(node);
            Rest::new(async move { round.handle(Input::Reply(id, begun.reply().await)) })
        })
    }

    fn begin_far(self: &Arc<Self>, host: Arc<Host>, name: String, id: CallId, ask: Ask) -> Todo {
        let round = Arc::clone(self);
        Box::pin(async move {
            let request = match ask {
                Ask::Command(command) => Request::Node(Some(name), command),
                Ask::Question(question) => Request::Ask(Some(name), question),
            };
            let called = host.begin(&request).await;
            Rest::new(async move {
                let reply: Result<Reply, CommandError> = match called {
                    Ok(called) => called.reply().await.map_err(CommandError::from),
                    Err(refusal) => Err(refusal),
                };
                round.handle(Input::Reply(id, reply));
            })
        })
    }

    /// Tells other processes, each in its lane, and waits for all of them.
    fn forward(self: &Arc<Self>, id: CallId, tells: Vec<(HostId, Request<Named>)>) {
        let tells = tells.into_iter();
        let answers: Vec<_> = tells
            .map(|(host, request)| self.tell(host, request))
            .collect();
        let round = Arc::clone(self);
        self.runtime.spawn(async move {
            let mut last = FarReply::Refused(fault("no process was told"));
            for answer in answers {
                last = answer
                    .await
                    .unwrap_or_else(|_| FarReply::Refused(full("the process")));
                if !matches!(last, FarReply::Done(_)) {
                    break;
                }
            }
            round.handle(Input::Forwarded(id, last));
        });
    }

    /// Tells another process something. Nothing is received if its lane is full.
    fn tell(&self, id: HostId, request: Request<Named>) -> oneshot::Receiver<FarReply> {
        let (told, answer) = oneshot::channel();
        let Some(host) = self.lanes().hosts.get(&id).map(Arc::clone) else {
            let _ = told.send(FarReply::Refused(gone("the process")));
            return answer;
        };
        let lane = host.lane.clone();
        lane.push(Box::pin(async move {
            let called = host.begin(&request).await;
            Rest::new(async move {
                let _ = told.send(match called {
                    Ok(called) => {
                        let answer = called.answer().await;
                        if answer.is_err() {
                            host.refused();
                        }
                        told_of(answer)
                    }
                    Err(refusal) => FarReply::Refused(refusal),
                });
            })
        }));
        answer
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
            self.set_links(&set);
        }
        let opening = Arc::clone(self).open(node, life, spec, listener, is_new);
        self.runtime.spawn(opening);
    }

    fn kill(self: &Arc<Self>, ix: NodeIx) {
        let Some(running) = self.lanes().nodes.get(&ix).cloned() else {
            return;
        };
        self.runtime.spawn(async move {
            // The task that watches it tells how it ended.
            running.handle.kill().await;
        });
    }
}

/// What a node is asked.
enum Ask {
    Command(Command),
    Question(Question),
}

fn gone(name: &str) -> CommandError {
    CommandError::new(RefusalKind::NotRunning, format!("{name} is down"))
}

fn full(name: &str) -> CommandError {
    let words = format!("too much is asked of {name} at once");
    CommandError::new(RefusalKind::Refused, words)
}

fn told_of(answer: Result<Value, ClientError>) -> FarReply {
    match answer {
        Ok(done) => FarReply::Done(done["done"].as_str().unwrap_or_default().to_owned()),
        Err(error @ ClientError::Ended(_)) => FarReply::Ended(error.into()),
        Err(error) => FarReply::Refused(error.into()),
    }
}
