//! What the system says of a running program.

use crate::terminal::Screen;
use std::fs;
use std::time::Duration;

/// The unit of times in `/proc/PID/stat`: a hundredth of a second, whatever the kernel itself
/// counts in (proc(5), `USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What the program has in memory, in bytes.
pub fn resident_bytes(program: &Screen) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", id(program))).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes = kilobytes.and_then(|n| n.parse::<u64>().ok());
    kilobytes.expect("a number") * 1_024
}

/// Time that all threads of the program have run until now, those that have ended among them.
pub fn processor_time(program: &Screen) -> Duration {
    processor_time_of(id(program))
}

/// The same of any process.
pub fn processor_time_of(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
    // The name in parentheses may hold anything. After it come the state, which is field 3, and
    // user and system time, which are 14 and 15.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: u32 = times.filter_map(|n| n.parse::<u32>().ok()).sum();
    TICK * ticks
}

fn id(program: &Screen) -> u32 {
    program.child.process_id().expect("it was started")
}
