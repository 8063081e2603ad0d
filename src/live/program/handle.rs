//! A program as others hold it.

use super::ending::Ending;
use super::keeper::{Keeper, Order};
use super::{executable, guard, ports, prepare};
use crate::bitcoin::start::Plan;
use crate::live::news::NewsSender;
use rustix::process::Pid;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::{mpsc, watch};

/// What may wait to be taken.
const NEWS: usize = 1_024;

/// A program that was started. Dropped, it is asked to end.
#[derive(Debug)]
pub struct ProgramHandle {
    /// What happens. What is not taken in time is counted and dropped, but for the last.
    pub news: mpsc::Receiver<ProgramNews>,
    state: watch::Receiver<ProgramState>,
    orders: watch::Sender<Order>,
    kept: Kept,
    group: u32,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramNews {
    /// It runs, as this process.
    Started(i32),
    /// It has written a line: words from outside, cleaned.
    Line(String),
    /// So many lines were too fast to be told.
    Missed(u64),
    /// It has ended, and all its group with it. The last news.
    Ended(Ending),
}

/// How it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramState {
    /// Its guard is there.
    Starting,
    /// It runs, as this process.
    Runs(i32),
    /// It has ended.
    Ended(Ending),
}

/// Why a program is not started.
#[derive(Debug, Error)]
pub enum StartProgramError {
    /// It is none, or is not there.
    #[error("{} cannot be started: {why}", path.display())]
    NoProgram {
        /// Its path.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Another program listens where it is to listen.
    #[error("{at} ({what}) is another program's by now")]
    Port {
        /// What for.
        what: &'static str,
        /// Where.
        at: SocketAddr,
    },
    /// Its folder cannot be made, or its files not be written.
    #[error("{}: {why}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        why: io::Error,
    },
    /// The guard cannot be started.
    #[error("no guard for it can be started: {0}")]
    Guard(io::Error),
}

/// The last lines that were told.
pub(super) type Kept = Arc<Mutex<VecDeque<String>>>;

/// Writes a program's files and starts it. `own` is the executable of chainlab itself, whose hidden
/// subcommand is the guard; `None`: the one that runs.
///
/// # Errors
/// [`StartProgramError`]. What goes wrong later is an [`Ending`].
///
/// # Panics
/// Outside a runtime.
pub fn start_program(plan: &Plan, own: Option<&Path>) -> Result<ProgramHandle, StartProgramError> {
    executable::check(&plan.program).map_err(|why| StartProgramError::NoProgram {
        path: plan.program.clone(),
        why: why.to_string(),
    })?;
    if let Some((what, at)) = ports::taken(plan) {
        return Err(StartProgramError::Port { what, at });
    }
    prepare::prepare(plan).map_err(|why| StartProgramError::Folder {
        folder: plan.folder.clone(),
        why,
    })?;
    let own = own.map_or_else(executable::own, |own| Ok(own.to_owned()));
    let guard = own.and_then(|own| spawn(plan, &own));
    guard.and_then(hold).map_err(StartProgramError::Guard)
}

fn spawn(plan: &Plan, own: &Path) -> io::Result<Child> {
    Command::new(own)
        .arg0("chainlab")
        .args(guard::arguments_for(
            plan.program.as_os_str(),
            &plan.arguments,
        ))
        // The guard needs none, and hands on what it has.
        .env_clear()
        .envs(plan.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&plan.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn hold(mut guard: Child) -> io::Result<ProgramHandle> {
    let group = guard.id();
    let number = i32::try_from(group).ok().and_then(Pid::from_raw);
    let number = number.ok_or(io::ErrorKind::InvalidData)?;
    let reports = receiver(guard.stdout.take())?;
    let output = receiver(guard.stderr.take())?;
    let (tell, news) = NewsSender::new(NEWS, ProgramNews::Missed);
    let (show, state) = watch::channel(ProgramState::Starting);
    let (orders, ordered) = watch::channel(Order::Run);
    let kept = Kept::default();
    let keeper = Keeper::new(guard, number, (tell, show), Arc::clone(&kept));
    tokio::spawn(keeper.run(reports, output, ordered));
    Ok(ProgramHandle {
        news,
        state,
        orders,
        kept,
        group,
    })
}

fn receiver(pipe: Option<impl Into<OwnedFd>>) -> io::Result<Receiver> {
    let pipe = pipe.ok_or(io::ErrorKind::BrokenPipe)?;
    Receiver::from_owned_fd(pipe.into())
}

impl ProgramHandle {
    /// Asks it to end (SIGTERM); after 5 s it is killed.
    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    /// Kills it, and all that it has started, at once.
    pub fn kill(&self) {
        self.order(Order::Kill);
    }

    fn order(&self, order: Order) {
        // Once it is to be killed it is not asked any more.
        self.orders.send_if_modified(|given| {
            let is_more = order > *given;
            *given = order.max(*given);
            is_more
        });
    }

    /// How it is now.
    pub fn state(&self) -> ProgramState {
        self.state.borrow().clone()
    }

    /// Waits until it has ended, and all its group with it.
    pub async fn ended(&mut self) -> Ending {
        let ended = self
            .state
            .wait_for(|state| matches!(state, ProgramState::Ended(_)));
        match ended.await.as_deref() {
            Ok(ProgramState::Ended(ending)) => ending.clone(),
            // The runtime ends.
            _ => Ending::Stopped,
        }
    }

    /// The last lines that it wrote, of those that were told.
    pub fn last_lines(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }

    /// Its process group, which is its session and its guard's process number as well.
    pub const fn group(&self) -> u32 {
        self.group
    }
}
