//! Another user of the machine, for tests of who may read and write what. Only root can become one;
//! without that such a test says so, and shows nothing.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The user that nothing belongs to.
const NOBODY: u32 = 65_534;

/// A place that both users can enter, the program in it, and a directory of the other user's.
pub struct OtherUser {
    pub home: TempDir,
}

impl OtherUser {
    /// `None`: this process cannot become another user.
    pub fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can become another user");
            return None;
        }
        let home = tempfile::tempdir().expect("a directory");
        set_mode(home.path(), 0o755);
        // Where it was built may be closed to others.
        let program = home.path().join("chainlab");
        fs::copy(env!("CARGO_BIN_EXE_chainlab"), &program).expect("room on disk");
        set_mode(&program, 0o755);
        let other = Self { home };
        fs::create_dir(other.own()).expect("room on disk");
        other.give(&other.own());
        Some(other)
    }

    /// The directory that is the other user's.
    pub fn own(&self) -> PathBuf {
        self.home.path().join("own")
    }

    /// Makes all below a path the other user's.
    pub fn give(&self, path: &Path) {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
        if path.is_dir() {
            for entry in fs::read_dir(path).expect("readable").flatten() {
                self.give(&entry.path());
            }
        }
    }

    /// The program as that user runs it.
    pub fn chainlab(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.home.path().join("chainlab"));
        command.args(arguments);
        command
    }

    /// A command as that user gives it.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .uid(NOBODY)
            .gid(NOBODY)
            .current_dir(self.home.path());
        command.env_remove("RUST_LOG").env_remove("XDG_RUNTIME_DIR");
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TMPDIR"] {
            command.env(variable, self.own());
        }
        command
    }

    /// Whether that user can read a file.
    pub fn can_read(&self, path: &Path) -> bool {
        let read = self.command(Path::new("cat")).arg(path).output();
        read.expect("a system with cat").status.success()
    }
}

/// What a program printed, what it said, and its exit code.
pub fn told(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code(),
    )
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
}

/// Lets everybody read all below a path, as it was before directories were closed.
pub fn open_to_all(path: &Path) {
    if path.is_dir() {
        set_mode(path, 0o755);
        for entry in fs::read_dir(path).expect("readable").flatten() {
            open_to_all(&entry.path());
        }
    } else {
        set_mode(path, 0o644);
    }
}

/// Everything below a path, the path itself included: its permissions, and what it holds or leads to.
pub fn all_of(path: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    collect(path, &mut found);
    found
}

fn collect(path: &Path, found: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    let data = fs::symlink_metadata(path).expect("it is there");
    let holds = if data.is_symlink() {
        let target = fs::read_link(path).expect("a link");
        target.into_os_string().into_encoded_bytes()
    } else if data.is_file() {
        fs::read(path).expect("readable")
    } else {
        Vec::new()
    };
    found.insert(path.to_owned(), (data.permissions().mode(), holds));
    if data.is_dir() {
        for entry in fs::read_dir(path).expect("readable").flatten() {
            collect(&entry.path(), found);
        }
    }
}

/// What others could do with something below a path.
pub fn open_below(path: &Path) -> Vec<(PathBuf, u32)> {
    let all = all_of(path).into_iter();
    let open = all.filter(|(_, (mode, _))| mode & 0o077 != 0);
    open.map(|(path, (mode, _))| (path, mode)).collect()
}
