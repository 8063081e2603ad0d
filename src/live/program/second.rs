//! The second stage, which becomes the program: see [`super::guard`].

use rustix::process::{Pid, getppid};
#[cfg(target_os = "linux")]
use rustix::process::{Signal, set_parent_process_death_signal};
use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, PipeWriter, Write as _, stderr, stdout};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};

/// What a shell says of a program that could not be started.
const NOT_STARTED: i32 = 126;

/// Becomes the program, with what this process has as input and errors, and the latter as output too.
pub(super) fn become_program(guard: i32, command: &[OsString]) -> ! {
    // By the time that fails, what was to be the program's output has taken its place.
    let tells = stdout().as_fd().try_clone_to_owned();
    let Err(error) = try_become(guard, command);
    if let Ok(tells) = tells {
        let _ = PipeWriter::from(tells).write_all(error.to_string().as_bytes());
    }
    exit(NOT_STARTED)
}

fn try_become(guard: i32, command: &[OsString]) -> io::Result<Infallible> {
    if !die_with(guard)? {
        return Err(io::Error::other("its guard has ended"));
    }
    let [program, arguments @ ..] = command else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let output = stderr().as_fd().try_clone_to_owned()?;
    Err(Command::new(program).args(arguments).stdout(output).exec())
}

/// Asks for SIGKILL when the guard ends; whether it was there until then.
#[cfg(target_os = "linux")]
fn die_with(guard: i32) -> io::Result<bool> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(Pid::from_raw(guard).is_some_and(is_child_of))
}

#[cfg(not(target_os = "linux"))]
fn die_with(guard: i32) -> io::Result<bool> {
    Ok(Pid::from_raw(guard).is_some_and(is_child_of))
}

/// Whether a guard is the parent of this process.
pub(super) fn is_child_of(guard: Pid) -> bool {
    getppid() == Some(guard)
}
