//! All that is below a directory.

use super::dir::{Dir, Found, Kind, named, refused};
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How deep directories of ours lie in each other: a lab, its nodes, and five levels of a database.
const DEPTH_MAX: usize = 12;

/// What a file or a directory takes by being there, in bytes: a block of the file system.
const ENTRY_BYTES: u64 = 4096;

/// Sees something in a directory, under its path from the first one on.
pub(super) type Visit<'a> = dyn FnMut(&Dir, &Path, &Found) -> io::Result<()> + 'a;

impl Dir {
    /// Copies what is there under these names into another directory, where nothing is, if that takes
    /// `max` bytes at most. Once this returns the files are on disk.
    ///
    /// # Errors
    /// The system's, or something is neither a file nor a directory.
    /// [`ErrorKind::FileTooLarge`]: it is more; nothing is copied then, but if it grew meanwhile.
    pub(crate) fn copy(&self, names: &[impl AsRef<OsStr>], to: &Path, max: u64) -> io::Result<()> {
        let too_much = || {
            let at = to.display();
            let words = format!("a copy at {at} would take more than {max} bytes");
            io::Error::new(ErrorKind::FileTooLarge, words)
        };
        let take = |left: &mut u64, bytes: u64| {
            let taken = bytes.saturating_add(ENTRY_BYTES);
            *left = left.checked_sub(taken).ok_or_else(too_much)?;
            Ok(())
        };
        let mut left = max;
        self.walk(names, &mut |_, _, found| take(&mut left, found.len))?;
        left = max;
        let copy = Self::make(to)?;
        let mut dirs = vec![PathBuf::new()];
        self.walk(names, &mut |dir, at, found| {
            let name = at.file_name().unwrap_or_default();
            match found.kind {
                Kind::Dir => {
                    Self::make(&to.join(at))?;
                    dirs.push(at.to_owned());
                    take(&mut left, found.len)
                }
                Kind::File => {
                    let mut copied = copy.create_new(at)?;
                    let mut source = dir.file(name)?.take(left.saturating_add(1));
                    take(&mut left, io::copy(&mut source, &mut copied)?)?;
                    copied.sync_all()
                }
                Kind::Other(words) => Err(refused(format!("{}: {words}", at.display()))),
            }
        })?;
        dirs.iter()
            .try_for_each(|dir| Self::open(&to.join(dir))?.sync())
    }

    /// Visits what is there under these names, and what is below them: each with the directory that
    /// it is in and its path from here on, and directories before what is in them.
    pub(super) fn walk(
        &self,
        names: &[impl AsRef<OsStr>],
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self.walk_on(Path::new(""), names, visit)
    }

    fn walk_on(&self, way: &Path, names: Vec<OsString>, visit: &mut Visit<'_>) -> io::Result<()> {
        for name in names {
            let at = way.join(&name);
            let Some(found) = self.find(&name).map_err(|error| named(&at, &error))? else {
                continue;
            };
            visit(self, &at, &found)?;
            if found.kind != Kind::Dir {
                continue;
            }
            if at.components().count() >= DEPTH_MAX {
                return Err(refused(format!("{}: too deep to be ours", at.display())));
            }
            let below = self.dir(&name).and_then(|dir| Ok((dir.names()?, dir)));
            let (names, dir) = below.map_err(|error| named(&at, &error))?;
            dir.walk_on(&at, names, visit)?;
        }
        Ok(())
    }
}
