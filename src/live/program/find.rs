//! Where programs are.
//!
//! `bitcoind`, `btcd` and `node` are looked for on PATH, in its absolute folders only. bcoin is a package:
//! it is where `CHAINLAB_BCOIN` says, or around the `bcoin` that is on PATH, which is a link into it.

use super::executable;
use crate::bitcoin::Program;
use crate::bitcoin::start::{Choice, Found};
use crate::live::files::Dir;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf, absolute};
use thiserror::Error;

/// The variable that names the folder of bcoin.
const BCOIN: &str = "CHAINLAB_BCOIN";

/// A package.json is a few kilobytes.
const PACKAGE_JSON_MAX: usize = 1024 * 1024;

/// Where is looked.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Folders, as in PATH.
    pub path: OsString,
    /// The folder that has node_modules/bcoin, or is that package.
    pub bcoin: Option<PathBuf>,
}

/// Why a program is not found.
#[derive(Debug, Error)]
pub enum FindError {
    /// It is not there.
    #[error("{name} is not on PATH: {}", how_to_get(.program))]
    Missing {
        /// As which it was looked for.
        name: &'static str,
        /// What it is.
        program: Program,
    },
    /// bcoin's package is not there.
    #[error("no bcoin is found: {}", how_to_get(&Program::Bcoin))]
    NoPackage,
    /// The folder that was named has none.
    #[error("{BCOIN} names {}, where neither bcoin is nor node_modules/bcoin", .0.display())]
    NoPackageThere(PathBuf),
    /// None of them.
    #[error(
        "there is none of bitcoind, btcd and bcoin; {}; {}; {}",
        how_to_get(&Program::Core), how_to_get(&Program::Btcd), how_to_get(&Program::Bcoin)
    )]
    None,
    /// The first word of a command.
    #[error("{}: {why}", path.display())]
    NoProgram {
        /// The word, or where it leads to.
        path: PathBuf,
        /// Why it cannot be started.
        why: String,
    },
    /// A command without words.
    #[error("a command has at least one word")]
    NoWords,
}

const fn how_to_get(program: &Program) -> &'static str {
    match program {
        Program::Core => "Bitcoin Core is at https://bitcoincore.org/en/download",
        Program::Btcd => "btcd is at https://github.com/btcsuite/btcd/releases",
        // Without the override what is installed has a database that does not load (tried).
        Program::Bcoin => {
            "for bcoin, install Node.js, write {\"dependencies\":{\"bcoin\":\"1.0.2\"},\"overrides\":\
             {\"leveldown\":\"6.1.1\"}} to package.json in an empty folder, run `npm install --ignore-scripts` \
             there, and name that folder by CHAINLAB_BCOIN"
        }
    }
}

impl Search {
    /// Where this user's environment says.
    pub fn of_this_user() -> Self {
        let bcoin = env::var_os(BCOIN).filter(|folder| !folder.is_empty());
        Self {
            path: env::var_os("PATH").unwrap_or_default(),
            bcoin: bcoin.map(PathBuf::from),
        }
    }

    /// A program on PATH.
    fn on_path(&self, name: &str) -> Option<PathBuf> {
        let folders = env::split_paths(&self.path);
        let mut candidates = folders
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name));
        candidates.find(|path| executable::check(path).is_ok())
    }

    fn known_on_path(&self, name: &'static str, program: Program) -> Result<PathBuf, FindError> {
        let found = self.on_path(name);
        found.ok_or(FindError::Missing { name, program })
    }

    fn bcoin(&self) -> Result<Found, FindError> {
        let package = match &self.bcoin {
            Some(folder) => {
                package_in(folder).ok_or_else(|| FindError::NoPackageThere(folder.clone()))?
            }
            None => self.package_on_path().ok_or(FindError::NoPackage)?,
        };
        let node = self.known_on_path("node", Program::Bcoin)?;
        Ok(Found::Bcoin { node, package })
    }

    /// The package around the `bcoin` on PATH, or beside it.
    fn package_on_path(&self) -> Option<PathBuf> {
        let is_there = |path: &PathBuf| path.exists();
        let mut links = env::split_paths(&self.path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("bcoin"));
        let link = links.find(is_there)?;
        let target = link.canonicalize().ok()?;
        let around = target.ancestors().skip(1).find(|folder| is_package(folder));
        let beside = || {
            let mut folders = link.ancestors().skip(1);
            folders
                .find_map(|folder| package_in(folder).or_else(|| package_in(&folder.join("lib"))))
        };
        around.map(Path::to_owned).or_else(beside)
    }
}

/// Finds a program. For `auto`, the first that is there.
///
/// # Errors
/// [`FindError`], which says how to get it.
pub fn find_program(choice: &Choice, search: &Search) -> Result<Found, FindError> {
    match choice {
        Choice::Auto => find_first(search),
        Choice::Known(program) => find_known(*program, search),
        Choice::Command(words) => find_command(words, search),
    }
}

fn find_first(search: &Search) -> Result<Found, FindError> {
    let mut found = Program::ALL
        .into_iter()
        .map(|program| find_known(program, search));
    let is_first = |found: &Result<Found, FindError>| match found {
        // A folder that was named and is wrong is said, not passed over.
        Ok(_) | Err(FindError::NoPackageThere(_)) => true,
        Err(_) => false,
    };
    found.find(is_first).unwrap_or(Err(FindError::None))
}

fn find_known(program: Program, search: &Search) -> Result<Found, FindError> {
    match program {
        Program::Core => {
            let bitcoind = search.known_on_path("bitcoind", program)?;
            Ok(Found::Core { bitcoind })
        }
        Program::Btcd => {
            let btcd = search.known_on_path("btcd", program)?;
            Ok(Found::Btcd { btcd })
        }
        Program::Bcoin => search.bcoin(),
    }
}

fn find_command(words: &[String], search: &Search) -> Result<Found, FindError> {
    let (first, others) = words.split_first().ok_or(FindError::NoWords)?;
    let unusable = |path: &Path, why: &dyn ToString| FindError::NoProgram {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let program = match first.contains('/') {
        true => absolute(first).map_err(|error| unusable(Path::new(first), &error))?,
        false => search
            .on_path(first)
            .ok_or_else(|| unusable(Path::new(first), &"it is not on PATH"))?,
    };
    executable::check(&program).map_err(|why| unusable(&program, &why))?;
    let words = others.to_vec();
    Ok(Found::Command { program, words })
}

/// A folder that has the package or is it, absolute.
fn package_in(folder: &Path) -> Option<PathBuf> {
    let folder = absolute(folder).ok()?;
    let has_it = is_package(&folder) || is_package(&folder.join("node_modules/bcoin"));
    has_it.then_some(folder)
}

fn is_package(folder: &Path) -> bool {
    let name = || -> io::Result<bool> {
        let text = Dir::open(folder)?.read(OsStr::new("package.json"), PACKAGE_JSON_MAX)?;
        let package: serde_json::Value = serde_json::from_slice(&text)?;
        Ok(package["name"] == "bcoin")
    };
    name().unwrap_or(false)
}
