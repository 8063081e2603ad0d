//! The guard of a program, the second stage, which becomes the program, and one that stands behind the
//! guard. All are this executable.
//!
//! The guard's input is a pipe from the lab, on which nothing is sent; that it closes is the message.
//! Its output is a pipe on which it tells the lab what happens (`report`), and its errors are
//! the pipe for what the program writes. In this order:
//!
//! 1. It begins a session, so a process group too. No terminal signals it from then on, and the program
//!    has none to write to.
//! 2. It starts one that stands behind it, in a group of its own, which does nothing but wait until the
//!    guard is gone, and then kills the guard's group. It is in the guard's session, so as long as it is
//!    there no other process, and no other group, gets the guard's number. Once it has seen that the
//!    guard is its parent it says so; before that nothing is started that would have to be ended.
//! 3. It starts the second stage, from its main thread: the parent-death signal of Linux is sent when the
//!    *thread* ends that started a process.
//! 4. The second stage asks for that signal, looks whether its parent is still the guard, which could
//!    have ended before it asked, and executes the program in its place. If that fails it says so on a
//!    pipe that closes by itself when it does not.
//! 5. When the lab's pipe closes, the program ends, or the guard is asked to end by a signal, it sends
//!    SIGTERM to its group and waits for up to [`GRACE`]. On Linux it is the parent of all orphans
//!    below it, so it knows whether some are left.
//! 6. The last that it does is to kill its group, and itself with it.

use super::executable;
use super::report::Report;
use super::second::{become_program, is_child_of};
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group, setsid,
    waitpgid, waitpid,
};
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Write as _, pipe, stderr, stdin, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio, exit};
use std::time::Duration;
use thiserror::Error;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::time::timeout;

/// The hidden subcommand.
pub const NAME: &str = "guard-program";

/// What follows it for the second stage, with the guard's process number.
const SECOND: &str = "--in-place-of";

/// What follows it for the one behind, with the guard's process number.
const BEHIND: &str = "--behind";

/// How long a program may take to end when it is asked to.
pub const GRACE: Duration = Duration::from_secs(5);

/// Bytes that are read of why a program could not be started.
const WORDS_MAX: u64 = 2_000;

/// What goes wrong with a guard.
#[derive(Debug, Error)]
pub enum GuardError {
    /// A person has typed it.
    #[error("{NAME} is how a lab starts programs that end with it; it is not for hands")]
    NotForHands,
    /// The system refuses something.
    #[error("{0}")]
    System(#[from] io::Error),
}

/// What follows the name of the subcommand.
#[derive(Debug, PartialEq, Eq)]
enum Stage<'a> {
    Guard(&'a [OsString]),
    Second(i32, &'a [OsString]),
    Behind(i32),
}

/// Does what a guard does, or the second stage. When all is well it does not return: the guard kills
/// itself with its group, and the second stage becomes the program.
///
/// # Errors
/// [`GuardError`].
pub fn run_guard(arguments: &[OsString]) -> Result<Infallible, GuardError> {
    match stage(arguments).ok_or(GuardError::NotForHands)? {
        Stage::Guard(command) => guard(command),
        Stage::Behind(guard) => stand_behind(guard),
        Stage::Second(guard, command) => become_program(guard, command),
    }
}

/// The arguments of a guard for this command.
pub(super) fn arguments_for(program: &OsStr, arguments: &[OsString]) -> Vec<OsString> {
    let mut words = vec![NAME.into(), "--".into(), program.to_owned()];
    words.extend_from_slice(arguments);
    words
}

fn stage(arguments: &[OsString]) -> Option<Stage<'_>> {
    let number = |word: &OsString| word.to_str()?.parse().ok();
    match arguments {
        [behind, guard] if behind == BEHIND => Some(Stage::Behind(number(guard)?)),
        [dashes, command @ ..] if dashes == "--" && !command.is_empty() => {
            Some(Stage::Guard(command))
        }
        [second, guard, dashes, command @ ..]
            if second == SECOND && dashes == "--" && !command.is_empty() =>
        {
            Some(Stage::Second(number(guard)?, command))
        }
        _ => None,
    }
}

fn guard(command: &[OsString]) -> Result<Infallible, GuardError> {
    // A lab has just started it: it leads no group yet.
    setsid().map_err(|_| GuardError::NotForHands)?;
    adopt_orphans();
    // One thread, the main one.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(watch(command))
}

async fn watch(command: &[OsString]) -> Result<Infallible, GuardError> {
    let lab = Receiver::from_owned_fd(stdin().as_fd().try_clone_to_owned()?);
    let lab = lab.map_err(|_| GuardError::NotForHands)?;
    let _behind = start_behind().await?;
    let mut asked = Asked::new()?;
    let children = signal(SignalKind::child())?;
    let (stage, failures) = Stage2::start(command).inspect_err(|error| {
        report(&Report::Failed(error.to_string()));
    })?;
    let mut flock = Flock::new(&stage.child, children)?;
    tokio::select! {
        () = closed(lab) => {}
        () = asked.next() => {}
        () = live(failures, &mut flock) => {}
    }
    flock.end().await;
    // It does not come back from that.
    let _ = kill_process_group(getpid(), Signal::KILL);
    exit(1)
}

/// Starts the one behind, which waits for its input to close, and waits until it does so.
async fn start_behind() -> io::Result<Option<ChildStdin>> {
    let mut behind = Command::new(executable::own()?)
        .arg0("chainlab")
        .args([NAME, BEHIND, &getpid().to_string()])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stands = behind.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut stands = Receiver::from_owned_fd(OwnedFd::from(stands))?;
    timeout(GRACE, stands.read_exact(&mut [0])).await??;
    Ok(behind.stdin)
}

/// Waits until the guard is gone, and ends what it has left.
fn stand_behind(guard: i32) -> Result<Infallible, GuardError> {
    // Otherwise that number could be any other group's. The session would tell as well, but it has no
    // number where it began outside of this process's namespace.
    let guard = Pid::from_raw(guard).filter(|guard| is_child_of(*guard));
    let guard = guard.ok_or(GuardError::NotForHands)?;
    stdout().write_all(&[0]).and_then(|()| stdout().flush())?;
    let mut guards = stdin().lock();
    while guards.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
    let _ = kill_process_group(guard, Signal::KILL);
    exit(0)
}

/// Signals that ask to end. From the first moment on they do not end the guard itself.
struct Asked([SignalStream; 3]);

impl Asked {
    fn new() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// The second stage, as the guard holds it.
struct Stage2 {
    child: Child,
    /// What the program has as its input. It closes when the guard is gone, which is for programs that
    /// look at it where there is no parent-death signal.
    _input: Option<ChildStdin>,
}

impl Stage2 {
    /// Starts it. On the pipe comes why it has failed, or nothing.
    fn start(command: &[OsString]) -> io::Result<(Self, Receiver)> {
        let (failures, tells) = pipe()?;
        let output = stderr().as_fd().try_clone_to_owned()?;
        let mut child = Command::new(executable::own()?)
            .arg0("chainlab")
            .args([NAME, SECOND, &getpid().to_string(), "--"])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(tells)
            .stderr(output)
            .spawn()?;
        let failures = Receiver::from_owned_fd(OwnedFd::from(failures))?;
        let stage = Self {
            _input: child.stdin.take(),
            child,
        };
        Ok((stage, failures))
    }
}

/// All that the guard has started or was left.
struct Flock {
    program: Pid,
    children: SignalStream,
    has_program: bool,
}

impl Flock {
    fn new(child: &Child, children: SignalStream) -> io::Result<Self> {
        let number = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok(Self {
            program: number.ok_or(io::ErrorKind::InvalidData)?,
            children,
            has_program: true,
        })
    }

    /// Takes leave of those in the group that have ended, and of the program, which may have left it;
    /// whether others are left.
    fn reap(&mut self) -> bool {
        if self.has_program
            && let Ok(Some((_, status))) = waitpid(Some(self.program), WaitOptions::NOHANG)
        {
            self.program_has_ended(status);
        }
        loop {
            match waitpgid(getpid(), WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.program => self.program_has_ended(status),
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return true,
                Err(_) => return self.has_program,
            }
        }
    }

    fn program_has_ended(&mut self, status: WaitStatus) {
        self.has_program = false;
        let code = status.exit_status().map(Report::Exited);
        let signal = status.terminating_signal().map(Report::Signalled);
        if let Some(ended) = code.or(signal) {
            report(&ended);
        }
    }

    async fn until_program_has_ended(&mut self) {
        while self.reap() && self.has_program {
            self.children.recv().await;
        }
    }

    async fn until_all_have_ended(&mut self) {
        while self.reap() {
            self.children.recv().await;
        }
    }

    /// Asks all to end, and waits for a while.
    async fn end(&mut self) {
        // The guard is in it, and has its own ear for this signal.
        let _ = kill_process_group(getpid(), Signal::TERM);
        self.signal_program(Signal::TERM);
        let in_time = timeout(GRACE, self.until_all_have_ended()).await;
        if in_time.is_err() && self.has_program {
            report(&Report::Killing);
            self.signal_program(Signal::KILL);
        }
    }

    /// It may have left the group. A child that was not taken leave of is the one that has its number.
    fn signal_program(&self, signal: Signal) {
        if self.has_program {
            let _ = kill_process(self.program, signal);
        }
    }
}

/// Until the program has ended, with what is told of it.
async fn live(mut failures: Receiver, flock: &mut Flock) {
    let mut why = Vec::new();
    // A pipe within the machine: what cannot be read has closed.
    let _ = (&mut failures).take(WORDS_MAX).read_to_end(&mut why).await;
    match why.is_empty() {
        true => report(&Report::Started(flock.program.as_raw_nonzero().get())),
        false => report(&Report::Failed(String::from_utf8_lossy(&why).into_owned())),
    }
    flock.until_program_has_ended().await;
}

/// Until a pipe has closed. What may come on it is no matter.
async fn closed(mut pipe: Receiver) {
    let mut bytes = [0; 64];
    while pipe.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
}

/// Tells the lab, which may be gone.
fn report(report: &Report) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{report}").and_then(|()| out.flush());
}

#[cfg(target_os = "linux")]
fn adopt_orphans() {
    // Without it the group is killed all the same.
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
}

#[cfg(not(target_os = "linux"))]
const fn adopt_orphans() {}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn all_stages_are_told_from_what_a_person_types() {
        let guard = arguments_for(OsStr::new("/bin/x"), &words("--in-place-of 1"));
        let command = words("/bin/x --in-place-of 1");
        assert_eq!(stage(&guard[1..]), Some(Stage::Guard(&command)));
        let second = words("--in-place-of 7 -- /bin/x");
        let command = words("/bin/x");
        assert_eq!(stage(&second), Some(Stage::Second(7, &command)));
        assert_eq!(stage(&words("--behind 7")), Some(Stage::Behind(7)));
        for typed in [
            "--behind",
            "--behind x",
            "--behind 7 8",
            "",
            "--",
            "--help",
            "/bin/x",
            "--in-place-of x -- y",
            "--in-place-of 7 --",
        ] {
            assert_eq!(stage(&words(typed)), None, "{typed}");
        }
        assert_eq!(stage(&[]), None);
    }
}
