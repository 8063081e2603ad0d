//! Which processes there are, of a group that a test has started.

use std::fs::{read, read_dir, read_to_string};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long after a lab's end a process of it may be there at most.
pub const END: Duration = Duration::from_secs(10);

/// Asks until there is an answer.
pub async fn until<T>(answer: impl Fn() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(since.elapsed() < crate::node::PATIENCE, "it does not come");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until no process of a group is left, and returns how long that took.
pub async fn until_none(group: u32) -> Duration {
    let since = Instant::now();
    loop {
        let left = alive(group);
        if left.is_empty() {
            return since.elapsed();
        }
        assert!(since.elapsed() < END, "{left:?} of {group} are left");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until no process is left that was started in a folder, or below it.
pub fn until_none_of(folder: &Path) {
    let since = Instant::now();
    loop {
        let left = started_in(folder);
        if left.is_empty() {
            return;
        }
        assert!(since.elapsed() < END, "{left:?} of {folder:?} are left");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until so many are there at least.
pub fn until_started_in(folder: &Path, count: usize) {
    let since = Instant::now();
    while started_in(folder).len() < count {
        assert!(since.elapsed() < crate::node::PATIENCE, "they do not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The word behind this one in the command line of a process that was started in this folder for this node.
pub fn word_of(folder: &Path, node: &str, name: &str) -> Option<String> {
    let node = format!("/{node}/");
    started_in(folder).into_iter().find_map(|pid| {
        let line = read(format!("/proc/{pid}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let mut words = line.split('\0').skip_while(|word| *word != name);
        let word = words.nth(1).filter(|_| line.contains(&node))?;
        Some(word.to_owned())
    })
}

/// The processes with this folder in their command lines.
pub fn started_in(folder: &Path) -> Vec<i32> {
    let all = read_dir("/proc").expect("Linux");
    let pids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let folder = folder.to_str().expect("plain letters");
    let is_of = |pid: &i32| {
        let words = read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(folder)
    };
    pids.filter(is_of).collect()
}

/// The processes of a group, or of the session with its number; one that has ended and that its parent
/// has not taken leave of is none.
pub fn alive(group: u32) -> Vec<i32> {
    let all = read_dir("/proc").expect("Linux");
    let pids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_of(*pid, group)).collect()
}

fn is_of(pid: i32, group: u32) -> bool {
    let of = || {
        let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // Behind the name, which may have anything in it: state, parent, group, session.
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let is_there = !matches!(fields[0], "Z" | "X");
        let number = group.to_string();
        Some(is_there && (fields[2] == number || fields[3] == number))
    };
    of().unwrap_or(false)
}
