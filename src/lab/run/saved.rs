//! What a lab leaves to be read again: everything that is not in its nodes' own databases.
//!
//! It is one file, `lab.json`, which only its user can read: it holds the seed of all keys. It is
//! written anew under another name and then renamed, so that a crash at any moment leaves the old
//! one or the new one.

use super::error::LabError;
use super::kept::{SavedLinks, SavedTraffic};
use crate::chain::hash::parse_hex;
use crate::lab::layout::NodeSpec;
use crate::lab::private::write_private;
use crate::node::Time;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

/// The file's name.
pub(super) const FILE: &str = "lab.json";

/// Its name while it is written.
pub(super) const NEW_FILE: &str = "lab.json.new";

/// The form of the file that this program writes and understands.
const VERSION: u32 = 1;

/// A lab that can go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Saved {
    version: u32,
    /// The layout, as people call it.
    pub(super) layout: String,
    /// Its text.
    pub(super) layout_text: String,
    /// What all wallets' keys follow from, in hexadecimal digits.
    key_seed: String,
    /// What was given as `--seed`.
    pub(super) seed: Option<u64>,
    /// How often the lab was opened: no two runs of a node may draw the same numbers.
    pub(super) openings: u64,
    /// When the lab began.
    pub(super) since: Time,
    /// What the lab clock showed last.
    pub(super) clock: Time,
    /// The nodes, those that were added included.
    pub(super) nodes: Vec<SavedNode>,
    /// Links as they were left; `None`: as the layout says, in a file of a version that did not
    /// keep them.
    #[serde(default)]
    pub(super) links: Option<SavedLinks>,
    /// Payments that the lab makes by itself, as they were left; `None`: as the layout says.
    #[serde(default)]
    pub(super) traffic: Option<SavedTraffic>,
}

/// A node of a lab that can go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedNode {
    /// What it is, with its miner as it was last.
    pub(super) spec: NodeSpec,
    /// Where it listened.
    pub(super) port: Option<u16>,
    /// Its wallets, those that were made by hand included.
    pub(super) wallets: Vec<String>,
}

impl Saved {
    /// A lab that was never opened.
    pub(super) fn new(layout: &str, layout_text: &str, key_seed: &[u8; 32], start: Time) -> Self {
        Self {
            version: VERSION,
            layout: layout.to_owned(),
            layout_text: layout_text.to_owned(),
            key_seed: key_seed.map(|byte| format!("{byte:02x}")).concat(),
            seed: None,
            openings: 0,
            since: start,
            clock: start,
            nodes: Vec::new(),
            links: None,
            traffic: None,
        }
    }

    /// What all wallets' keys follow from.
    pub(super) fn key_seed(&self) -> Option<[u8; 32]> {
        parse_hex(&self.key_seed).ok()
    }

    /// The lab in this directory, if there is one.
    ///
    /// # Errors
    /// [`LabError::Damaged`], or it cannot be read.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, LabError> {
        let path = dir.join(FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(LabError::file(&path))?,
        };
        let damaged = |problem| LabError::Damaged {
            path: path.clone(),
            problem,
        };
        let unread = |error| damaged(format!("this is no lab: {error}"));
        // The version first: what else is there depends on it.
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(unread)?;
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        if version != Some(u64::from(VERSION)) {
            let version = version.map_or_else(|| "unknown".to_owned(), |found| found.to_string());
            let problem = format!(
                "version {version}, and this program reads version {VERSION}: \
                 open it with the program that made it"
            );
            return Err(damaged(problem));
        }
        let saved: Self = serde_json::from_value(value).map_err(unread)?;
        if saved.key_seed().is_none() {
            return Err(damaged("key_seed: not 64 hexadecimal digits".to_owned()));
        }
        if saved.nodes.is_empty() {
            return Err(damaged("nodes: there are none".to_owned()));
        }
        Ok(Some(saved))
    }

    /// Writes it into this directory. Once this returns it is on disk.
    ///
    /// # Errors
    /// [`LabError::File`]. What was there before is still there then.
    pub(super) fn write(&self, dir: &Path) -> Result<(), LabError> {
        let (path, new) = (dir.join(FILE), dir.join(NEW_FILE));
        let text = serde_json::to_vec_pretty(self).expect("plain data");
        let written = write_private(&new, &text).and_then(|file| file.sync_all());
        written.map_err(LabError::file(&new))?;
        fs::rename(&new, &path).map_err(LabError::file(&path))?;
        let synced = File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(LabError::file(dir))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn lab() -> Saved {
        let mut saved = Saved::new("mine", "# mine\n", &[0xab; 32], Time(7));
        saved.nodes.push(SavedNode {
            spec: NodeSpec::new("central"),
            port: Some(3_000),
            wallets: vec!["eve".to_owned()],
        });
        saved
    }

    #[test]
    fn what_was_written_is_read_again_and_is_nobody_elses_to_read() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(Saved::read(dir.path()).expect("readable"), None);
        let mut saved = lab();
        saved.write(dir.path()).expect("room on disk");
        (saved.clock, saved.openings) = (Time(8), 1);
        saved.write(dir.path()).expect("room on disk");
        assert_eq!(Saved::read(dir.path()).expect("readable"), Some(saved));
        let mode = fs::metadata(dir.path().join(FILE))
            .expect("room on disk")
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_lab_is_refused_by_name_and_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(FILE);
        let whole = serde_json::to_string(&lab()).expect("plain data");
        let cases = [
            ("", "this is no lab: EOF while parsing"),
            (
                &whole[..whole.len() / 2],
                "this is no lab: EOF while parsing",
            ),
            ("{}", "version unknown, and this program reads version 1"),
            (
                &whole.replace("\"version\":1", "\"version\":2"),
                "version 2, and this program",
            ),
            (
                &whole.replace("abab", "abxy"),
                "key_seed: not 64 hexadecimal digits",
            ),
            (
                &whole.replace("\"since\":7", "\"since\":\"noon\""),
                "this is no lab: invalid type",
            ),
        ];
        for (text, problem) in cases {
            fs::write(&path, text).expect("room on disk");
            let said = Saved::read(dir.path()).expect_err(text).to_string();
            let wanted = format!("{}: {problem}", path.display());
            assert!(said.starts_with(&wanted), "{said}");
            assert_eq!(fs::read_to_string(&path).expect("room on disk"), text);
        }
    }
}
