//! The lab's side of a program: the task that hears its guard, reads what it writes, and does as it is
//! told.
//!
//! The guard is a child of the lab, and its number is the group's. As long as the child is not taken
//! leave of, no other process gets that number: so the group is killed first, and the guard reaped after
//! it, and nothing else is ever hit.

use super::ending::Ending;
use super::guard::GRACE;
use super::handle::{Kept, ProgramNews, ProgramState};
use super::lines::{KEPT, Lines, Told};
use super::report::{REPORT_MAX, Report};
use crate::live::Stopwatch;
use crate::live::news::NewsSender;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use std::process::{Child, ChildStdin};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How much longer than a program's own time its guard has.
const GUARD_GRACE: Duration = Duration::from_secs(2);

/// How long what was written last is waited for: a process that has left the group may hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How long one is waited for that was killed: a disk may hold it.
const DEATH: Duration = Duration::from_secs(5);

/// How long the rest of a group that was killed is waited for.
const GONE: Duration = Duration::from_millis(500);

const READ_BYTES: usize = 64 * 1024;

/// What the lab wants of a program, the stronger the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Run,
    Stop,
    Kill,
}

/// Where is told what happens.
type Ears = (NewsSender<ProgramNews>, watch::Sender<ProgramState>);

pub(super) struct Keeper {
    guard: Child,
    group: Pid,
    /// That it closes is how the guard is told to end.
    pipe: Option<ChildStdin>,
    ears: Ears,
    kept: Kept,
    lines: Lines,
    clock: Stopwatch,
    order: Order,
    /// When all patience ends.
    kill_at: Option<Duration>,
    reports: Vec<u8>,
    ended: Option<Report>,
    is_overdue: bool,
}

/// What woke the keeper.
enum Woken {
    Report(usize),
    Output(usize),
    /// `None`: its handle is gone.
    Ordered(Option<Order>),
    Late,
    Rested,
}

impl Keeper {
    pub(super) fn new(mut guard: Child, group: Pid, ears: Ears, kept: Kept) -> Self {
        Self {
            pipe: guard.stdin.take(),
            guard,
            group,
            ears,
            kept,
            lines: Lines::default(),
            clock: Stopwatch::start(),
            order: Order::Run,
            kill_at: None,
            reports: Vec::new(),
            ended: None,
            is_overdue: false,
        }
    }

    pub(super) async fn run(
        mut self,
        mut reports: Receiver,
        mut output: Receiver,
        mut orders: watch::Receiver<Order>,
    ) {
        let (mut said, mut bytes) = (vec![0; REPORT_MAX], vec![0; READ_BYTES]);
        let (mut is_open, mut is_held) = (true, true);
        loop {
            let now = self.clock.elapsed();
            let pause = self.lines.pause(now);
            let late = self.kill_at.map(|at| at.saturating_sub(now));
            let woken = tokio::select! {
                count = reports.read(&mut said) => Woken::Report(count.unwrap_or(0)),
                order = next(&mut orders), if is_held => Woken::Ordered(order),
                () = sleep(late.unwrap_or_default()), if late.is_some() => Woken::Late,
                () = sleep(pause.unwrap_or_default()), if pause.is_some() => Woken::Rested,
                count = output.read(&mut bytes), if is_open && pause.is_none() => {
                    Woken::Output(count.unwrap_or(0))
                }
            };
            match woken {
                Woken::Report(0) => break,
                Woken::Report(count) => self.hear(&said[..count]),
                Woken::Output(0) => is_open = false,
                Woken::Output(count) => self.read(&bytes[..count]),
                Woken::Ordered(order) => {
                    is_held = order.is_some();
                    self.obey(order.unwrap_or(Order::Stop));
                }
                Woken::Late => self.kill_group(),
                Woken::Rested => {}
            }
        }
        // That pipe is the guard's alone: the guard has ended, or is about to.
        self.kill_group();
        if is_open {
            let _ = timeout(LAST_WORDS, self.read_rest(output)).await;
        }
        self.finish().await;
    }

    fn obey(&mut self, order: Order) {
        if order <= self.order {
            return;
        }
        self.order = order;
        match order {
            Order::Run => {}
            Order::Stop => {
                self.pipe = None;
                self.kill_at = Some(self.clock.elapsed() + GRACE + GUARD_GRACE);
            }
            Order::Kill => self.kill_group(),
        }
    }

    /// Kills all at once, guard and program. The guard is still ours, so the number is.
    fn kill_group(&mut self) {
        self.kill_at = None;
        // If it has not made its group yet it is alone.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = kill_process(self.group, Signal::KILL);
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.reports.extend_from_slice(bytes);
        while let Some(end) = self.reports.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.reports.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if let Ok(report) = line.trim_end().parse() {
                self.heard(report);
            }
        }
        // None is so long: a guard of ours has not said that.
        if self.reports.len() > 2 * REPORT_MAX {
            self.reports.clear();
        }
    }

    fn heard(&mut self, report: Report) {
        match report {
            Report::Started(pid) => {
                self.ears.1.send_replace(ProgramState::Runs(pid));
                self.ears.0.tell(ProgramNews::Started(pid));
            }
            Report::Killing => self.is_overdue = true,
            Report::Failed(_) => self.ended = Some(report),
            Report::Exited(_) | Report::Signalled(_) => {
                // Why it could not be started says more.
                self.ended.get_or_insert(report);
            }
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        self.lines.feed(bytes, self.clock.elapsed());
        self.tell_lines();
    }

    async fn read_rest(&mut self, mut output: Receiver) {
        let mut bytes = vec![0; READ_BYTES];
        while let Ok(count @ 1..) = output.read(&mut bytes).await {
            self.read(&bytes[..count]);
        }
    }

    fn tell_lines(&mut self) {
        while let Some(told) = self.lines.poll() {
            match told {
                Told::Line(line) => {
                    self.keep(&line);
                    self.ears.0.tell(ProgramNews::Line(line));
                }
                Told::Missed(count) => self.ears.0.miss(count),
            }
        }
    }

    fn keep(&self, line: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line.to_owned());
    }

    async fn finish(mut self) {
        self.lines.finish();
        self.tell_lines();
        let ending = self.ending();
        let Self {
            mut guard,
            group,
            ears: (news, state),
            ..
        } = self;
        // Killed, it ends at once, unless the system holds it: then that thread alone waits.
        let reaped = tokio::task::spawn_blocking(move || guard.wait());
        let _ = timeout(DEATH, reaped).await;
        let _ = timeout(GONE, until_gone(group)).await;
        state.send_replace(ProgramState::Ended(ending.clone()));
        news.tell_last(ProgramNews::Ended(ending)).await;
    }

    fn ending(&self) -> Ending {
        match (&self.ended, self.order) {
            (Some(Report::Failed(why)), _) => Ending::NotStarted(why.clone()),
            (_, Order::Kill) => Ending::Killed,
            (_, Order::Stop) if self.is_overdue || self.ended.is_none() => Ending::Overdue,
            (_, Order::Stop) => Ending::Stopped,
            (Some(Report::Exited(code)), Order::Run) => Ending::Exited(*code),
            (Some(Report::Signalled(signal)), Order::Run) => Ending::Signalled(*signal),
            (_, Order::Run) => Ending::GuardLost,
        }
    }
}

/// What is wanted next; `None`: its handle is gone.
async fn next(orders: &mut watch::Receiver<Order>) -> Option<Order> {
    orders.changed().await.ok()?;
    Some(*orders.borrow_and_update())
}

/// Waits until no process has this group, so that its ports and files are free. One that has ended and
/// that its new parent does not take leave of is not waited for long.
async fn until_gone(group: Pid) {
    while test_kill_process_group(group).is_ok() {
        sleep(Duration::from_millis(5)).await;
    }
}
