//! The task of a node: everything that shows of it, and everything that is asked of it, passes here.

use super::acts::{ActNews, Job};
use super::shown::Shown;
use super::told::Teller;
use crate::live::LabClock;
use crate::live::end::End;
use crate::live::entry::{Answer, Entry};
use crate::live::program::{Ending, ProgramHandle, ProgramNews};
use crate::live::watch::{WatchHandle, WatchNews};
use crate::node::Time;
use crate::node::io::{CommandError, Event, EventKind, Question, RefusalKind, Reply};
use crate::node::snapshot::{NodeSnapshot, PAGE_MAX};
use std::sync::Arc;
use tokio::sync::{Notify, broadcast, mpsc, watch};

/// What is asked of a node, and what cannot wait.
pub(super) type Inboxes = (mpsc::Receiver<Entry>, mpsc::UnboundedReceiver<Entry>);

pub(super) struct Task {
    shown: Shown,
    teller: Teller,
    clock: LabClock,
    events: broadcast::Sender<Event>,
    picture: watch::Sender<Arc<NodeSnapshot>>,
    /// Does what it takes JSON-RPC for, one thing after the other; `None`: there is none.
    acts: Option<Orders>,
}

/// Where that is asked for.
pub(super) struct Orders {
    pub(super) jobs: mpsc::Sender<Job>,
    /// The chain is another: however often that was said, it is looked at once.
    pub(super) moved: Arc<Notify>,
}

impl Task {
    pub(super) fn new(
        shown: Shown,
        clock: LabClock,
        events: broadcast::Sender<Event>,
        picture: watch::Sender<Arc<NodeSnapshot>>,
        acts: Option<Orders>,
    ) -> Self {
        Self {
            shown,
            teller: Teller::default(),
            clock,
            events,
            picture,
            acts,
        }
    }

    /// Until it is told to end, or its program has ended.
    pub(super) async fn run(
        mut self,
        mut watched: WatchHandle,
        mut program: Option<ProgramHandle>,
        (mut requests, mut urgent): Inboxes,
        mut from_acts: mpsc::Receiver<ActNews>,
    ) -> End {
        self.look(&mut watched);
        loop {
            tokio::select! {
                biased;
                entry = urgent.recv() => match entry {
                    Some(Entry::Watched) => self.look(&mut watched),
                    Some(Entry::Kill) => return killed(program).await,
                    _ => return stopped(program).await,
                },
                Some(news) = next_of(program.as_mut()) => {
                    if let Some(end) = self.wrote(news) {
                        return end;
                    }
                }
                news = from_acts.recv(), if self.acts.is_some() => match news {
                    Some(news) => {
                        self.done(news);
                        self.look(&mut watched);
                    }
                    None => {
                        let _ = stopped(program).await;
                        return End::Panicked("what asks it by JSON-RPC has ended".to_owned());
                    }
                },
                Some(entry) = requests.recv() => self.take(entry),
                Some(news) = watched.events.recv() => self.happened(news),
                Ok(()) = watched.snapshots.changed() => self.look(&mut watched),
            }
        }
    }

    /// It may look different.
    fn look(&mut self, watched: &mut WatchHandle) {
        let seen = Arc::clone(&watched.snapshots.borrow_and_update());
        for block in &seen.recent {
            self.teller.learn(block.hash, block.height);
        }
        let picture = self.shown.look(&seen, self.clock.now());
        self.picture.send_replace(picture);
    }

    fn happened(&mut self, news: WatchNews) {
        match news {
            WatchNews::Event(told) => {
                for event in self.teller.events(&told) {
                    let moved = is_of_chain(&event.kind);
                    self.tell(event.at, event.kind);
                    if let Some(acts) = self.acts.as_ref().filter(|_| moved) {
                        acts.moved.notify_one();
                    }
                }
            }
            WatchNews::Missed(count) => {
                let words = format!("{count} things came too fast to be told");
                self.tell(self.clock.now(), EventKind::Seen(words));
            }
        }
    }

    /// What its program says; how the node has ended, if it has.
    fn wrote(&self, news: ProgramNews) -> Option<End> {
        let now = self.clock.now();
        let kind = match news {
            ProgramNews::Started(_) => EventKind::Seen("its program runs".to_owned()),
            ProgramNews::Line(line) => EventKind::Wrote(line),
            ProgramNews::Missed(count) => {
                EventKind::Wrote(format!("({count} lines more, too fast to be told)"))
            }
            ProgramNews::Ended(ending) => return Some(end_of(&ending)),
        };
        self.tell(now, kind);
        None
    }

    fn done(&mut self, news: ActNews) {
        match news {
            ActNews::Looked(looked) => {
                // Each fault is told once.
                for fault in &looked.faults {
                    if !self.shown.looked.faults.contains(fault) {
                        self.tell(self.clock.now(), EventKind::Seen(fault.clone()));
                    }
                }
                self.shown.looked = looked;
            }
            ActNews::Event(kind) => self.tell(self.clock.now(), kind),
        }
    }

    fn take(&self, entry: Entry) {
        match entry {
            Entry::Command(_, command, answer) => self.job(Job::Command(command, answer)),
            Entry::Question(question, answer) => self.answer(question, answer),
            // There is neither a thread nor a connection of a node of its own.
            _ => {}
        }
    }

    /// What is seen is answered from that; else the node is asked.
    fn answer(&self, question: Question, answer: Answer) {
        let seen = self.shown.last().cloned();
        let reply = match (&question, seen) {
            (Question::Snapshot, Some(seen)) => Reply::Snapshot(Box::new((*seen).clone())),
            (Question::Wallets, Some(seen)) => Reply::Wallets(seen.wallets.clone()),
            (Question::Peers, Some(seen)) if seen.shows_peers() => Reply::Peers(seen.peers.clone()),
            (Question::Mempool { limit }, Some(seen)) => {
                let shown = seen.mempool.shown.iter().take((*limit).min(PAGE_MAX));
                Reply::Mempool(shown.cloned().collect())
            }
            _ => return self.job(Job::Question(question, answer)),
        };
        // The asker may have gone.
        let _ = answer.send(Ok(reply));
    }

    /// Has JSON-RPC do it.
    fn job(&self, job: Job) {
        let (why, job) = match &self.acts {
            Some(acts) => match acts.jobs.try_send(job) {
                Ok(()) => return,
                Err(full) => ("too much is asked of it at once", full.into_inner()),
            },
            None => (
                "it takes JSON-RPC, which the layout does not name for it",
                job,
            ),
        };
        job.refuse(CommandError::new(RefusalKind::Refused, why));
    }

    fn tell(&self, at: Time, kind: EventKind) {
        // Without a listener nothing is missed.
        let _ = self.events.send(Event { at, kind });
    }
}

const fn is_of_chain(kind: &EventKind) -> bool {
    use crate::node::io::BlockStage::Connected;
    matches!(
        kind,
        EventKind::BlockSeen {
            stage: Connected,
            ..
        } | EventKind::Reorganised { .. }
    )
}

/// What a program says next; of none nothing, ever.
async fn next_of(program: Option<&mut ProgramHandle>) -> Option<ProgramNews> {
    match program {
        Some(program) => program.news.recv().await,
        None => std::future::pending().await,
    }
}

async fn stopped(program: Option<ProgramHandle>) -> End {
    if let Some(mut program) = program {
        program.stop();
        program.ended().await;
    }
    End::Stopped
}

async fn killed(program: Option<ProgramHandle>) -> End {
    if let Some(mut program) = program {
        program.kill();
        program.ended().await;
    }
    End::Killed
}

fn end_of(ending: &Ending) -> End {
    match ending {
        Ending::Killed => End::Killed,
        wanted if wanted.is_wanted() => End::Stopped,
        other => End::Ended(other.to_string()),
    }
}
