//! The rounds of a lab: a temporary one can be made anew, behind the same handle and the same endpoints,
//! so that its script is played from the beginning.
//!
//! A round is all that belongs to one run from the beginning on: what is known of nodes, links, time,
//! traffic, the script. Making a lab anew is leaving that as it is and putting another round in its
//! place. Tasks of the old round, requests that are under way and watchers of nodes hold the old one:
//! what they still do, they do there, where nothing is shown from any more. None has to be found and ended
//! for the new round to be clean; they end by themselves, since their round is over.
//!
//! ```text
//! On ──(make anew)──► Clearing ──► all nodes have stopped ──► directories gone ──► the next round: On
//!  │                     └──(a node does not stop, a disk refuses)──► Stuck ──(make anew)──► Clearing
//!  └──(closed, kept)──► Over ◄── from each of them
//! ```
//!
//! What was closed stays closed: the next round is put in place under the lock of the lab's
//! directory, and only if the old one was not closed by then. So after [`Rounds::last`] there is none.
//!
//! The new round has the genesis block, the keys and the ports of the first. Its clock shows again
//! when the lab began. On a clock that went on instead, blocks would be late by the length of the old
//! round, by the rule that sets the difficulty from the genesis block's time on, and the new round
//! would not go as the old one did. No node lives while the clock is set back; how long it ran
//! ([`LabClock::ran`](crate::live::LabClock::ran)), by which tasks count, goes on.

use super::course::Course;
use super::nodes::listen;
use super::open::Ports;
use super::recording::NOT_EXPORTED;
use super::round::{Lasting, Round, fault};
use super::saved::{Saved, SavedNode};
use crate::lab::ask::{Answer, Request, ScriptChange};
use crate::lab::control::Later;
use crate::lab::core::{Core, no_script};
use crate::lab::drive::LabError;
use crate::lab::layout::resolve::REAL_IS_NOT_ADDED;
use crate::lab::spec::NodeSpec;
use crate::node::io::{CommandError, RefusalKind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is known at once.
fn ready(answer: Result<Answer, CommandError>) -> Later<'static, Result<Answer, CommandError>> {
    Box::pin(std::future::ready(answer))
}

/// The round that is on, of one lab.
pub(in crate::lab) struct Rounds {
    lasting: Arc<Lasting>,
    now: Mutex<Arc<Round>>,
}

impl Rounds {
    /// Of a lab with its first round.
    pub(in crate::lab::drive) fn new(first: Arc<Round>) -> Arc<Self> {
        Arc::new(Self {
            lasting: Arc::clone(&first.lasting),
            now: Mutex::new(first),
        })
    }

    /// What stays of the lab.
    pub(in crate::lab::drive) fn lasting(&self) -> &Lasting {
        &self.lasting
    }

    /// The round that is on, or was last.
    pub(in crate::lab::drive) fn round(&self) -> Arc<Round> {
        Arc::clone(&self.place())
    }

    /// The last round: from here on there is no other.
    pub(in crate::lab::drive) fn last(&self) -> Arc<Round> {
        // One that is just being put in place is waited for.
        let home = self.lasting.home();
        let last = self.round();
        *last.course() = Course::Over;
        drop(home);
        last.closing();
        last
    }

    /// Asks something of this round: it has its place in the order of things when this returns. What
    /// takes the whole lab is seen to here.
    pub(in crate::lab::drive) fn begin(
        self: &Arc<Self>,
        round: &Arc<Round>,
        request: Request,
    ) -> Later<'static, Result<Answer, CommandError>> {
        let is_own = round.core().has_own_nodes();
        if is_own && request.is_command() {
            round.record(&request);
        }
        match request {
            Request::Save(save) if is_own => ready(round.save_run(&save)),
            Request::Run { with_secrets } if is_own => ready(Ok(round.run_text(with_secrets))),
            Request::Export if is_own => ready(Err(NOT_EXPORTED.into())),
            Request::Script(ScriptChange::Restart) if is_own => {
                // It is cleared when this returns.
                let cleared = round.clear();
                let (rounds, round) = (Arc::clone(self), Arc::clone(round));
                Box::pin(async move {
                    cleared?;
                    rounds.make_anew(round).await
                })
            }
            Request::Keep if is_own => {
                let round = Arc::clone(round);
                Box::pin(async move { Ok(Answer::Kept(round.keep().await?)) })
            }
            Request::Add(spec) if spec.bitcoin.is_some() => {
                Box::pin(async { Err(REAL_IS_NOT_ADDED.into()) })
            }
            Request::Add(spec) => match round.take_port(&spec) {
                Ok(()) => {
                    let name = spec.name.clone();
                    let asked = round.ask(Request::Add(spec));
                    // One that core has not let in needs no port.
                    if round.core().position(&name).is_none() {
                        round.listeners().remove(&name);
                    }
                    Box::pin(asked.answer())
                }
                Err(error) => Box::pin(async { Err(fault(error)) }),
            },
            request => Box::pin(round.ask(request).answer()),
        }
    }

    /// Makes the lab anew, and returns when its nodes are up, or have failed to come up.
    ///
    /// # Errors
    /// Why it is not made anew. Nothing runs in it then, and it can be tried again.
    async fn make_anew(self: Arc<Self>, old: Arc<Round>) -> Result<Answer, CommandError> {
        let runtime = self.lasting.runtime.clone();
        let making = runtime.spawn(self.next(Arc::clone(&old)));
        match making.await.unwrap_or_else(|error| Err(fault(error))) {
            Ok(new) => {
                new.came_up().await;
                Ok(Answer::Done(
                    "the lab is made anew, and its story begins".to_owned(),
                ))
            }
            Err(error) => {
                {
                    let mut course = old.course();
                    if *course == Course::Clearing {
                        *course = Course::Stuck(error.words.as_str().into());
                    }
                }
                old.changed();
                Err(error)
            }
        }
    }

    /// Ends a round that is being cleared, and begins the next.
    async fn next(self: Arc<Self>, old: Arc<Round>) -> Result<Arc<Round>, CommandError> {
        old.stop_all().await.map_err(fault)?;
        let ports = Ports {
            listeners: old.listen_as_before().await.map_err(fault)?,
            proxies: old.take_proxy_ports().await.map_err(fault)?,
        };
        let runtime = self.lasting.runtime.clone();
        let turning = runtime.spawn_blocking(move || self.turn(&old, ports));
        let new = turning.await.map_err(fault)??;
        new.run();
        Ok(new)
    }

    /// Puts the next round in the place of one whose nodes have all stopped.
    fn turn(&self, old: &Round, ports: Ports) -> Result<Arc<Round>, CommandError> {
        let place = self.lasting.home();
        let over = || CommandError::from(Course::Over.words().unwrap_or_default());
        let home = place.as_ref().ok_or_else(over)?;
        if *old.course() == Course::Over {
            return Err(over());
        }
        let specs = &old.layout.nodes;
        old.close_endpoints_from(specs.len());
        let names: Vec<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
        home.clear_nodes(&names).map_err(fault)?;
        old.clock.begin_again(old.since);
        let mut saved = Saved::new("", "", &old.key_seed, old.since);
        saved.nodes = specs.iter().map(SavedNode::new).collect();
        let lasting = Arc::clone(&self.lasting);
        let new = Round::begin(lasting, old.number + 1, &saved, ports).map_err(fault)?;
        new.save_into(home).map_err(fault)?;
        *self.place() = Arc::clone(&new);
        // Nothing can go wrong any more. Those nodes that were added are gone.
        if let Err(error) = new.write_entry() {
            tracing::warn!("other programs are told of nodes that are gone: {error}");
        }
        drop(place);
        new.changed();
        Ok(new)
    }

    /// Puts a round of a lab that only shows others in the place of the one before. Whether there is
    /// to be one.
    pub(in crate::lab::drive) fn put(&self, old: &Round, new: &Arc<Round>) -> bool {
        let home = self.lasting.home();
        let is_wanted = {
            let mut course = old.course();
            let is_on = *course == Course::On;
            if is_on {
                *course = Course::Clearing;
            }
            is_on
        };
        if is_wanted {
            *self.place() = Arc::clone(new);
        }
        drop(home);
        self.lasting.changed();
        is_wanted
    }

    fn place(&self) -> MutexGuard<'_, Arc<Round>> {
        // Nothing else is done while it is held.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round {
    /// Takes the port of a node that is to be added: whether it can be had is known before it is one of
    /// the lab.
    ///
    /// # Errors
    /// [`LabError::Port`].
    fn take_port(&self, spec: &NodeSpec) -> Result<(), LabError> {
        {
            let core = self.core();
            // Core says what is wrong with a name that is taken, and another lab finds a port by itself.
            if core.position(&spec.name).is_some() || !core.has_own_nodes() {
                return Ok(());
            }
        }
        let listener = listen(spec, None)?;
        self.listeners().insert(spec.name.clone(), listener);
        Ok(())
    }

    /// Nothing starts any more, because another round begins.
    ///
    /// # Errors
    /// In words, why that cannot be.
    fn clear(self: &Arc<Self>) -> Result<(), CommandError> {
        {
            let core = self.core();
            if core.steps().steps.is_empty() {
                return Err(no_script());
            }
            if !self.is_temporary.load(Ordering::Relaxed) {
                let dir = self.dir.display();
                let words = format!("this lab is kept in {dir}: only a temporary one is made anew");
                return Err(words.into());
            }
            if let Some(far) = core.nodes().iter().find(|node| node.host().is_some()) {
                let words = "runs in another process, and cannot be made anew";
                return Err(format!("{} {words}", far.name()).into());
            }
            if let Some(real) = self.layout.nodes.iter().find(|spec| is_elsewhere(spec)) {
                let words = "runs already, and its chain is not made anew";
                return Err(format!("{} {words}", real.name).into());
            }
            if let Some((node, stranger)) = stranger(&core) {
                let words = "which is not of this lab, and would bring the old chain back";
                return Err(format!("{node} is connected with {stranger}, {words}").into());
            }
        }
        {
            let mut course = self.course();
            match &*course {
                Course::On | Course::Stuck(_) => *course = Course::Clearing,
                Course::Clearing | Course::Over => {
                    return Err(course.words().unwrap_or_default().into());
                }
            }
        }
        self.closing();
        Ok(())
    }

    /// Why nothing can be asked of this round any more, if another one takes its place.
    pub(in crate::lab::drive) fn check_on(&self) -> Result<(), CommandError> {
        let words = match &*self.course() {
            Course::On | Course::Over => return Ok(()),
            course => course.words().unwrap_or_default(),
        };
        Err(CommandError::new(RefusalKind::NotRunning, words))
    }

    /// Waits until no node is on its way up any more.
    async fn came_up(&self) {
        let mut changes = self.changes.subscribe();
        let is_starting = || self.is_starting() && !self.course().is_over();
        while is_starting() && changes.changed().await.is_ok() {}
    }
}

/// Whether a node is a program of others that the lab does not start.
fn is_elsewhere(spec: &NodeSpec) -> bool {
    let bitcoin = spec.bitcoin.as_ref();
    bitcoin.is_some_and(|bitcoin| bitcoin.program().is_none())
}

/// A node with a peer that is no node of the lab, and what it calls that. Programs of others call theirs as
/// they like.
fn stranger(core: &Core) -> Option<(String, String)> {
    let own = core.nodes().iter();
    let own = own.filter(|node| node.spec().bitcoin.is_none());
    let up = own.filter(|node| node.state().is_up());
    let seen = up.filter_map(|node| Some((node, node.shown()?)));
    let mut peers = seen.flat_map(|(node, seen)| {
        let ready = seen.peers.iter().filter(|peer| peer.ready);
        ready.map(move |peer| (node.name(), &peer.name))
    });
    let found = peers.find(|(_, peer)| core.position(peer).is_none());
    found.map(|(node, peer)| (node.to_string(), peer.clone()))
}

#[cfg(test)]
mod tests;
