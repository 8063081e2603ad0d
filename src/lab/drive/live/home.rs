//! Where a lab's data is.
//!
//! ```text
//! DIR/lock          held while the lab runs
//! DIR/lab.json      see `saved`
//! DIR/nodes/NAME/   a node's database
//! ```
//!
//! A temporary lab's directory goes with the lab. If the process dies instead, the next lab that
//! starts takes it away: see [`private`].

use super::saved::{FILE, Kept, NEW_FILE};
use crate::lab::control::COOKIE_FILE;
use crate::lab::drive::LabError;
use crate::lab::drive::directories::places;
use crate::lab::drive::directories::private::{self, LOCK, lock};
use crate::live::files::{Dir, Kind, Lock, MENDED};
use std::fs::{self, DirBuilder, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const NODES: &str = "nodes";

/// What a lab makes in its directory.
const OURS: [&str; 5] = [LOCK, FILE, NEW_FILE, NODES, COOKIE_FILE];

/// What names of temporary labs' directories begin with.
const PREFIX: &str = "lab-";

/// Labs that can be kept under one name.
const KEPT_MAX: usize = 10_000;

/// A lab's directory, locked.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    is_temporary: bool,
    /// No other process has the directory while this is open.
    _lock: Lock,
}

impl Home {
    /// A new directory for a lab that leaves nothing behind. What dead labs left is removed.
    ///
    /// # Errors
    /// [`LabError::NotOurs`], or it cannot be made.
    pub(super) fn temporary() -> Result<Self, LabError> {
        Self::temporary_in(&std::env::temp_dir())
    }

    fn temporary_in(tmp: &Path) -> Result<Self, LabError> {
        let parent = private::parent_in(tmp)?;
        let (path, lock) = private::claim(&parent, PREFIX)?;
        Ok(Self {
            path,
            is_temporary: true,
            _lock: lock,
        })
    }

    /// A directory that stays, and the lab that was kept there, if there is one. The directory is
    /// made if need be. It is for its user alone: what others may do with an older one is taken from
    /// them.
    ///
    /// # Errors
    /// [`LabError`]; nothing is changed then in a directory that was there.
    pub(super) fn kept(path: &Path) -> Result<(Self, Option<Kept>), LabError> {
        let failed = |error| LabError::file(path)(error);
        let dir = match Dir::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Dir::make(path).map_err(failed)?,
            opened => opened.map_err(failed)?,
        };
        if !dir.is_ours().map_err(failed)? {
            return Err(LabError::AnotherUsers(path.to_owned()));
        }
        if Kept::read(&dir)?.is_none() {
            refuse_foreign(&dir)?;
        }
        check_nodes(&dir)?;
        let path = std::path::absolute(path).map_err(failed)?;
        let lock = match lock(&dir) {
            Ok(lock) => lock,
            Err(TryLockError::WouldBlock) => return Err(LabError::InUse(path)),
            Err(TryLockError::Error(error)) => return Err(LabError::file(&path.join(LOCK))(error)),
        };
        if dir.protect(&OURS).map_err(LabError::file(&path))? {
            tracing::warn!("{}: {MENDED}", path.display());
        }
        // No other lab writes from here on: what was looked at before may be another thing by now.
        check_nodes(&dir)?;
        let kept = Kept::read(&dir)?;
        let home = Self {
            path,
            is_temporary: false,
            _lock: lock,
        };
        Ok((home, kept))
    }

    /// The directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it goes with the lab.
    pub(super) fn is_temporary(&self) -> bool {
        self.is_temporary
    }

    /// A node's directory, which the node makes.
    pub(super) fn node(&self, name: &str) -> PathBuf {
        self.path.join(NODES).join(name)
    }

    /// Makes the directory that nodes' directories are in.
    pub(super) fn make_nodes(&self) -> Result<(), LabError> {
        let nodes = self.path.join(NODES);
        Dir::make(&nodes).map(drop).map_err(LabError::file(&nodes))
    }

    /// Removes all that nodes have stored, and the whole directory of one that is not among these. The
    /// cookies of endpoints that are open stay. No node may run in it any more.
    ///
    /// # Errors
    /// What cannot be removed.
    pub(super) fn clear_nodes(&self, names: &[&str]) -> Result<(), LabError> {
        let path = self.path.join(NODES);
        let nodes = Dir::open(&path).map_err(LabError::file(&path))?;
        for name in nodes.names().map_err(LabError::file(&path))? {
            let path = path.join(&name);
            let is_meant = names.iter().any(|wanted| *wanted == name);
            if !is_meant {
                remove(&path).map_err(LabError::file(&path))?;
                continue;
            }
            let node = nodes.dir(&name).map_err(LabError::file(&path))?;
            for name in node.names().map_err(LabError::file(&path))? {
                if name != COOKIE_FILE {
                    let path = path.join(name);
                    remove(&path).map_err(LabError::file(&path))?;
                }
            }
        }
        Ok(())
    }

    /// Leaves the directory; a temporary one is removed. No node may run in it any more.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn leave(self) -> Result<(), LabError> {
        if self.is_temporary {
            private::remove(&self.path).map_err(LabError::file(&self.path))?;
        }
        Ok(())
    }

    /// Moves all that is in it to a directory of this name among the labs that are kept, or with a
    /// number behind the name, and leaves it. No node may run in it any more.
    ///
    /// # Errors
    /// It cannot be moved; it is still here then.
    pub(super) fn keep(self, name: &str) -> Result<PathBuf, (Self, LabError)> {
        let moved = labs_dir().and_then(|labs| {
            let target = claim(&labs, name).map_err(LabError::file(&labs))?;
            transfer(&self.path, &target)?;
            Ok(target)
        });
        moved.map_err(|error| (self, error))
    }
}

/// Removes a file, or a directory with all that is in it.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path)?.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

/// Where kept labs are.
fn labs_dir() -> Result<PathBuf, LabError> {
    let missing = || io::Error::new(ErrorKind::NotFound, "there is no HOME to keep a lab in");
    let data = places::data().ok_or_else(|| LabError::file(Path::new("$HOME"))(missing()))?;
    Ok(data.join("labs"))
}

/// Makes a directory of this name, or of the first number behind it that is free.
fn claim(labs: &Path, name: &str) -> io::Result<PathBuf> {
    Dir::make(labs)?;
    for number in 1..=KEPT_MAX {
        let target = match number {
            1 => labs.join(name),
            _ => labs.join(format!("{name}-{number}")),
        };
        match DirBuilder::new().mode(0o700).create(&target) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|()| target),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Moves a directory to an empty one; between file systems its files are copied first.
fn transfer(from: &Path, to: &Path) -> Result<(), LabError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        Err(error) => {
            let _ = fs::remove_dir(to);
            return Err(LabError::file(to)(error));
        }
        Ok(()) => return Ok(()),
    }
    let copied = Dir::open(from).and_then(|from| from.copy(&from.names()?, to, u64::MAX));
    if let Err(error) = copied {
        let _ = fs::remove_dir_all(to);
        return Err(LabError::file(to)(error));
    }
    // All is safe over there; what cannot be removed is swept up one day.
    let _ = fs::remove_dir_all(from);
    Ok(())
}

/// Refuses a directory that holds something else than a lab that never got further than its lock.
fn refuse_foreign(dir: &Dir) -> Result<(), LabError> {
    let failed = |error| LabError::file(dir.path())(error);
    for name in dir.names().map_err(failed)? {
        let entry = name.to_string_lossy().into_owned();
        let found = dir.find(&name).map_err(failed)?;
        let is_ours = match entry.as_str() {
            LOCK => found.is_none_or(|found| found.kind == Kind::File && found.len == 0),
            other => [FILE, NEW_FILE].contains(&other),
        };
        if !is_ours {
            let dir = dir.path().to_owned();
            return Err(LabError::Foreign { dir, entry });
        }
    }
    Ok(())
}

/// Makes sure that nodes' directories are in the lab's own: what a link leads to is not. What is in
/// them, the nodes look at.
fn check_nodes(dir: &Dir) -> Result<(), LabError> {
    let failed = |path: &str, problem: &dyn std::fmt::Display| LabError::Damaged {
        path: dir.path().join(path),
        problem: problem.to_string(),
    };
    if dir.find(NODES).map_err(|e| failed(NODES, &e))?.is_none() {
        return Ok(());
    }
    let nodes = dir.dir(NODES).map_err(|e| failed(NODES, &e))?;
    for name in nodes.names().map_err(|e| failed(NODES, &e))? {
        let at = format!("{NODES}/{}", name.to_string_lossy());
        if let Some(found) = nodes.find(&name).map_err(|e| failed(&at, &e))?
            && let Kind::Other(words) = found.kind
        {
            return Err(failed(&at, &words));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test drives the machine")]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn parent(tmp: &Path) -> PathBuf {
        tmp.join(format!("chainlab-{}", rustix::process::getuid().as_raw()))
    }

    #[test]
    fn a_temporary_directory_is_ours_alone_and_goes() {
        let tmp = tempfile::tempdir().expect("a directory");
        let home = Home::temporary_in(tmp.path()).expect("a home");
        let path = home.path().to_owned();
        assert_eq!(path.parent(), Some(&*parent(tmp.path())));
        let mode = fs::metadata(&path)
            .expect("room on disk")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(home.is_temporary());
        home.leave().expect("room on disk");
        assert!(!path.exists());
    }

    #[test]
    fn what_nodes_stored_goes_and_what_opens_their_endpoints_stays() {
        let tmp = tempfile::tempdir().expect("a directory");
        let elsewhere = tmp.path().join("elsewhere");
        fs::create_dir(&elsewhere).expect("room on disk");
        fs::write(elsewhere.join("thesis.txt"), "years of work").expect("room on disk");
        let home = Home::temporary_in(tmp.path()).expect("a home");
        home.make_nodes().expect("room on disk");
        for name in ["central", "dora"] {
            let node = home.node(name);
            fs::create_dir_all(node.join("blocks")).expect("room on disk");
            fs::write(node.join("blocks/1"), "a block").expect("room on disk");
            fs::write(node.join(COOKIE_FILE), "secret").expect("room on disk");
            // What a link leads to is not the lab's.
            std::os::unix::fs::symlink(&elsewhere, node.join("link")).expect("room on disk");
        }
        home.clear_nodes(&["central", "never started"])
            .expect("they go");
        let left = fs::read_dir(home.node("central")).expect("it is there");
        let left: Vec<_> = left
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        assert_eq!(left, [COOKIE_FILE]);
        assert!(!home.node("dora").exists());
        assert!(elsewhere.join("thesis.txt").exists());
        home.leave().expect("room on disk");
    }

    #[test]
    fn what_a_dead_lab_left_is_swept_up_and_a_living_ones_data_is_not() {
        let tmp = tempfile::tempdir().expect("a directory");
        let living = Home::temporary_in(tmp.path()).expect("a home");
        let dead = parent(tmp.path()).join("lab-1-dead");
        fs::create_dir_all(dead.join("nodes/central")).expect("room on disk");
        fs::write(dead.join(LOCK), "").expect("room on disk");
        let other = parent(tmp.path()).join("notes");
        fs::create_dir(&other).expect("room on disk");
        let new = Home::temporary_in(tmp.path()).expect("a home");
        assert!(!dead.exists());
        assert!(living.path().exists() && new.path().exists() && other.exists());
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_not_trusted() {
        let tmp = tempfile::tempdir().expect("a directory");
        fs::create_dir(parent(tmp.path())).expect("room on disk");
        fs::set_permissions(parent(tmp.path()), fs::Permissions::from_mode(0o777))
            .expect("room on disk");
        let refused = Home::temporary_in(tmp.path()).expect_err("refused");
        assert!(matches!(refused, LabError::NotOurs(_)), "{refused}");
    }

    #[test]
    fn a_directory_with_something_else_in_it_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("thesis.txt"), "years of work").expect("room on disk");
        let refused = Home::kept(dir.path()).expect_err("refused").to_string();
        let wanted = format!(
            "{}: not empty, and no lab: \"thesis.txt\" is there; name a new directory or an empty one",
            dir.path().display()
        );
        assert_eq!(refused, wanted);
        assert_eq!(fs::read_dir(dir.path()).expect("room on disk").count(), 1);
    }

    #[test]
    fn two_labs_cannot_have_one_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("new/lab");
        let (first, saved) = Home::kept(&path).expect("a home");
        assert_eq!(saved, None);
        let refused = Home::kept(&path).expect_err("refused").to_string();
        assert!(
            refused.ends_with("lab: a lab runs here already"),
            "{refused}"
        );
        first.leave().expect("room on disk");
        assert!(Home::kept(&path).is_ok());
    }

    #[test]
    fn a_kept_lab_takes_the_first_name_that_is_free() {
        let dir = tempfile::tempdir().expect("a directory");
        let names = ["mesh", "mesh-2", "mesh-3"].map(|name| dir.path().join(name));
        for name in names {
            assert_eq!(claim(dir.path(), "mesh").expect("room on disk"), name);
        }
    }
}
