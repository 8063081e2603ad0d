//! Where a user's things are, by the XDG base directories
//! (<https://specifications.freedesktop.org/basedir-spec/latest/>).

use std::env;
use std::path::PathBuf;

/// Where chainlab keeps data that stays; `None`: there is no HOME.
pub fn data() -> Option<PathBuf> {
    base("XDG_DATA_HOME", ".local/share")
}

/// Where chainlab's settings are; `None`: there is no HOME.
pub fn settings() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config")
}

/// Where running labs are put down; `None`: the system has no such place for this user.
pub fn runtime() -> Option<PathBuf> {
    Some(absolute("XDG_RUNTIME_DIR")?.join("chainlab"))
}

/// A directory of chainlab's in the one that the variable names, or else in this one at home. The
/// specification has relative paths ignored.
fn base(variable: &str, at_home: &str) -> Option<PathBuf> {
    let base = absolute(variable);
    let base = base.or_else(|| absolute("HOME").map(|home| home.join(at_home)));
    Some(base?.join("chainlab"))
}

fn absolute(variable: &str) -> Option<PathBuf> {
    let dir = env::var_os(variable).map(PathBuf::from);
    dir.filter(|dir| dir.is_absolute())
}
