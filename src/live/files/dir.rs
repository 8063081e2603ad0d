//! One directory, and what is in it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the one place where files of ours are opened"
)]

use rustix::fs::{self, Access, AtFlags, FileType, Mode, OFlags};
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};

/// What is said when [`Dir::protect`] had something to mend.
pub(crate) const MENDED: &str =
    "other users could read what is in it, keys included; from now on only its user can";

/// A directory that is open.
#[derive(Debug)]
pub(crate) struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

/// A file that was not there before, and that is written to bit by bit: nothing of it waits to be written.
#[derive(Debug)]
pub struct NewFile(File);

impl NewFile {
    /// Makes it, for its user alone; `replaces`: what is there under this name goes.
    ///
    /// # Errors
    /// The system's, also if something is there.
    pub fn create(path: &Path, replaces: bool) -> io::Result<Self> {
        let name = path.file_name().and_then(OsStr::to_str);
        let name = name.ok_or_else(|| io::Error::other("no file's name"))?;
        let parent = path.parent().filter(|parent| *parent != Path::new(""));
        let dir = Dir::open(parent.unwrap_or(Path::new(".")))?;
        if replaces {
            dir.remove_if_there(name)?;
        }
        dir.create_new(name).map(Self)
    }

    /// Adds to it.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }
}

/// What is there under a name; a link is a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// What it is.
    pub(crate) kind: Kind,
    /// How long a file is, in bytes.
    pub(crate) len: u64,
    /// Who may do what with it.
    mode: Mode,
}

/// What can be in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// Something that is not opened here, in words.
    Other(&'static str),
}

impl Kind {
    fn of(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Dir,
            FileType::Symlink => Self::Other("a link, and links are not followed here"),
            FileType::Fifo => Self::Other("a pipe, and no file"),
            FileType::Socket => Self::Other("a socket, and no file"),
            _ => Self::Other("a device, and no file"),
        }
    }
}

impl Dir {
    /// Opens a directory, also through a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            fd: fs::open(path, flags, Mode::empty())?,
            path: path.to_owned(),
        })
    }

    /// Opens a directory, which is made if it is not there, with all that lead to it.
    pub(crate) fn make(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Self::open(path)
    }

    /// Where it is, as it was named.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it belongs to the user of this process.
    pub(crate) fn is_ours(&self) -> io::Result<bool> {
        let owner = fs::fstat(&self.fd)?.st_uid;
        Ok(owner == rustix::process::geteuid().as_raw())
    }

    /// Whether other users may do anything with it.
    pub(crate) fn is_open_to_others(&self) -> io::Result<bool> {
        let mode = Mode::from_raw_mode(fs::fstat(&self.fd)?.st_mode);
        Ok(mode.intersects(others()))
    }

    /// A directory in this one.
    pub(crate) fn dir(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let name = name.as_ref();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => Ok(Self {
                fd,
                path: self.path.join(name),
            }),
            Err(error) => Err(self.why(name, error.into())),
        }
    }

    /// What is there under this name, if anything is.
    pub(crate) fn find(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Found>> {
        match fs::statat(&self.fd, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(found(&stat))),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What is in it, in the order of names.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// A file that is there, to read. Between slashes there may be names of directories.
    pub(crate) fn file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.open_as(path.as_ref(), OFlags::RDONLY)
    }

    /// All that a file holds, if that is not more than `max` bytes.
    pub(crate) fn read(&self, path: impl AsRef<Path>, max: usize) -> io::Result<Vec<u8>> {
        let (file, mut bytes) = (self.file(path)?, Vec::new());
        let limit = u64::try_from(max).unwrap_or(u64::MAX);
        let too_long = || refused(format!("more than {max} bytes"));
        if file.metadata()?.len() > limit {
            return Err(too_long());
        }
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        match bytes.len() > max {
            true => Err(too_long()),
            false => Ok(bytes),
        }
    }

    /// A file that is there, to write to.
    pub(crate) fn writable(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.open_as(path.as_ref(), OFlags::WRONLY)
    }

    /// A file that is locked and never read or written, made if it is not there.
    pub(crate) fn lock_file(&self, name: &'static str) -> io::Result<File> {
        self.open_as(name.as_ref(), OFlags::WRONLY | OFlags::CREATE)
    }

    /// A new file.
    ///
    /// # Errors
    /// The system's, also if something is there, be it a link to nothing.
    pub(crate) fn create_new(&self, name: impl AsRef<Path>) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        self.open_as(name.as_ref(), flags)
    }

    /// Writes a new file in place of what may be there. It is not on disk yet.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<File> {
        // One that a crash left may have other permissions.
        self.remove_if_there(name)?;
        let mut file = self.create_new(name)?;
        file.write_all(bytes)?;
        Ok(file)
    }

    /// Writes a file under another name first, so that it is never there by halves. It is not on
    /// disk yet.
    pub(crate) fn replace(&self, name: &str, meanwhile: &str, bytes: &[u8]) -> io::Result<()> {
        self.write(meanwhile, bytes)?;
        Ok(fs::renameat(&self.fd, meanwhile, &self.fd, name)?)
    }

    /// As [`Dir::replace`]: whatever crashes, the old file is there or the new one, and once this
    /// returns it is the new one.
    pub(crate) fn replace_safely(
        &self,
        name: &str,
        meanwhile: &str,
        bytes: &[u8],
    ) -> io::Result<()> {
        self.write(meanwhile, bytes)?.sync_all()?;
        fs::renameat(&self.fd, meanwhile, &self.fd, name)?;
        self.sync()
    }

    /// Removes a file, or a link.
    pub(crate) fn remove_if_there(&self, name: &str) -> io::Result<()> {
        match fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What was made and removed in it is on disk once this returns.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(fs::fsync(&self.fd)?)
    }

    /// Makes sure that what is there under these names is a file, or a directory with nothing but
    /// such in it, however deep.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] names the first that is something else; or the system's.
    pub(crate) fn check(&self, names: &[impl AsRef<OsStr>]) -> io::Result<()> {
        self.walk(names, &mut |_, at, found| match found.kind {
            Kind::File | Kind::Dir => Ok(()),
            Kind::Other(words) => Err(refused(format!("{}: {words}", at.display()))),
        })
    }

    /// Takes from other users what they may do with this directory and with what is there under
    /// these names, however deep; whether they could get in before. Links are left alone: a
    /// [`Dir::check`] that is to hold comes after this.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn protect(&self, names: &[impl AsRef<OsStr>]) -> io::Result<bool> {
        let mode = Mode::from_raw_mode(fs::fstat(&self.fd)?.st_mode);
        let was_open = mode.intersects(others());
        if was_open {
            fs::fchmod(&self.fd, mode.difference(others()))?;
        }
        // From here on no other user can put a link there. What was looked at before may be one by now.
        self.walk(names, &mut |dir, at, found| {
            let is_one = matches!(found.kind, Kind::File | Kind::Dir);
            if is_one && found.mode.intersects(others()) {
                let mode = found.mode.difference(others());
                let name = at.file_name().unwrap_or_default();
                let done = fs::chmodat(&dir.fd, name, mode, AtFlags::empty());
                done.map_err(|error| named(at, &error.into()))?;
            }
            Ok(())
        })?;
        Ok(was_open)
    }

    /// Why this directory, or something that is there under these names, cannot be written, if that
    /// is so.
    ///
    /// # Errors
    /// The system's, when it is asked.
    pub(crate) fn why_not_writable(
        &self,
        names: &[impl AsRef<OsStr>],
    ) -> io::Result<Option<io::Error>> {
        let to_fill = Access::WRITE_OK | Access::EXEC_OK;
        let allowed = |dir: &Self, name: &OsStr, kind| {
            let access = match kind {
                Kind::Dir => to_fill,
                _ => Access::WRITE_OK,
            };
            fs::accessat(&dir.fd, name, access, AtFlags::EACCESS)
        };
        if let Err(error) = allowed(self, OsStr::new("."), Kind::Dir) {
            return Ok(Some(error.into()));
        }
        let mut why = None;
        self.walk(names, &mut |dir, at, found| {
            let name = at.file_name().unwrap_or_default();
            if let (None, Err(error)) = (&why, allowed(dir, name, found.kind)) {
                why = Some(named(at, &error.into()));
            }
            Ok(())
        })?;
        Ok(why)
    }

    /// Bytes that its file system still has room for.
    pub(crate) fn room(&self) -> io::Result<u64> {
        let system = fs::fstatvfs(&self.fd)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }

    fn open_as(&self, path: &Path, flags: OFlags) -> io::Result<File> {
        let mut within = None;
        let mut steps = path.components().peekable();
        while let Some(Component::Normal(name)) = steps.next() {
            let dir = within.as_ref().unwrap_or(self);
            match steps.peek() {
                Some(_) => within = Some(dir.dir(name)?),
                None => return dir.open_here(name, flags),
            }
        }
        Err(ErrorKind::InvalidInput.into())
    }

    fn open_here(&self, name: &OsStr, flags: OFlags) -> io::Result<File> {
        let careful = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = fs::openat(&self.fd, name, flags | careful, Mode::RUSR | Mode::WUSR);
        let fd = opened.map_err(|error| self.why(name, error.into()))?;
        match found(&fs::fstat(&fd)?).kind {
            Kind::File => Ok(File::from(fd)),
            Kind::Dir => Err(refused("a directory, and no file".to_owned())),
            Kind::Other(words) => Err(refused(words.to_owned())),
        }
    }

    /// Why something could not be opened: what it is says more than the system does.
    fn why(&self, name: &OsStr, error: io::Error) -> io::Error {
        match self.find(name) {
            Ok(Some(Found {
                kind: Kind::Other(words),
                ..
            })) => refused(words.to_owned()),
            _ => error,
        }
    }
}

fn others() -> Mode {
    Mode::RWXG | Mode::RWXO
}

fn found(stat: &fs::Stat) -> Found {
    Found {
        kind: Kind::of(FileType::from_raw_mode(stat.st_mode)),
        len: u64::try_from(stat.st_size).unwrap_or(0),
        mode: Mode::from_raw_mode(stat.st_mode),
    }
}

/// That something is not what is opened here.
pub(super) fn refused(words: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, words)
}

pub(super) fn named(at: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", at.display()))
}

/// What a descriptor that is open leads to, as something to write to.
pub(crate) fn opened(fd: OwnedFd) -> impl Write + Send + 'static {
    File::from(fd)
}
