//! What a lab leaves to be read again: everything that is not in its nodes' own databases.
//!
//! It is one file, `lab.json`, which only its user can read: it holds the seed of all keys. It is
//! written anew under another name and then renamed, so that a crash at any moment leaves the old
//! one or the new one.
//!
//! A directory may have come from elsewhere, so nothing in the file is believed: what describes nodes
//! passes the checks that a layout passes, and what a layout does not have, those here.

use super::kept::{SavedLinks, SavedTraffic, with_traffic};
use crate::chain::hash::parse_hex;
use crate::lab::core::Core;
use crate::lab::drive::LabError;
use crate::lab::layout::roster::{Roster, Unfit, check_port};
use crate::lab::layout::{self, Layout};
use crate::lab::paper::names::check_layout_name;
use crate::lab::paper::network;
use crate::lab::spec::NodeSpec;
use crate::live::files::Dir;
use crate::node::{NodeIx, Time};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

/// The file's name.
pub(super) const FILE: &str = "lab.json";

/// Its name while it is written.
pub(super) const NEW_FILE: &str = "lab.json.new";

/// The largest file that is read, in bytes: a layout of the largest size, every link of a lab of 128
/// nodes described and cut, and room to spare.
const BYTES_MAX: usize = 32_000_000;

/// How often a lab can be opened: once a second for thirty years.
const OPENINGS_MAX: u64 = 1_000_000_000;

/// The latest time of a lab, the last that can be written as one: in the year 9999.
const TIME_MAX: Time = Time(253_402_207_200_000_000);

/// Characters of a reader's complaint that are shown: it may repeat what it complains about.
const COMPLAINT_MAX: usize = 200;

/// The form of the file that this program writes and understands.
const VERSION: u32 = 1;

/// A lab that can go on, and the layout that it was made of: as sound as one that was just read.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub(super) saved: Saved,
    pub(super) layout: Layout,
}

/// What the file says.
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
    /// Its wallets, those that were made by running included.
    pub(super) wallets: Vec<String>,
}

impl SavedNode {
    /// One that was never started.
    pub(in crate::lab::drive) fn new(spec: &NodeSpec) -> Self {
        Self {
            spec: spec.clone(),
            port: None,
            wallets: Vec::new(),
        }
    }

    /// A node as the lab can start it by itself: of other processes' nodes, which are not kept, it dials
    /// none.
    pub(super) fn of(core: &Core, ix: NodeIx) -> Self {
        let node = &core.nodes()[ix.0];
        let mut spec = node.spec().clone();
        let is_own = |name: &String| {
            let found = core.position(name);
            found.is_some_and(|ix| core.nodes()[ix.0].host().is_none())
        };
        spec.connect.retain(is_own);
        Self {
            spec,
            port: node.addr().map(|addr| addr.port()),
            wallets: core.wallets_of(ix).map(str::to_owned).collect(),
        }
    }
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

    /// Writes it into this directory. Once this returns it is on disk.
    ///
    /// # Errors
    /// [`LabError::File`]. What was there before is still there then.
    pub(super) fn write(&self, dir: &Path) -> Result<(), LabError> {
        let text = self.text();
        let written = Dir::open(dir).and_then(|dir| dir.replace_safely(FILE, NEW_FILE, &text));
        written.map_err(LabError::file(&dir.join(FILE)))
    }

    fn text(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("plain data")
    }

    /// Reads what a file says, without looking at whether it can be.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let unread = |error: serde_json::Error| {
            let words = error.to_string();
            let plain = |c: char| if c.is_control() { ' ' } else { c };
            let words: String = words.chars().map(plain).take(COMPLAINT_MAX).collect();
            format!("this is no lab: {words}")
        };
        // The version first: what else is there depends on it.
        let Versioned { version } = serde_json::from_slice(bytes).map_err(unread)?;
        let version = version.as_ref().and_then(serde_json::Value::as_u64);
        if version != Some(u64::from(VERSION)) {
            let version = version.map_or_else(|| "unknown".to_owned(), |found| found.to_string());
            return Err(format!(
                "version {version}, and this program reads version {VERSION}: \
                 open it with the program that made it"
            ));
        }
        serde_json::from_slice(bytes).map_err(unread)
    }

    /// Checks all that does not take the layout.
    fn check(&self) -> Result<(), String> {
        check_layout_name(&self.layout).map_err(|problem| format!("layout: {problem}"))?;
        if self.key_seed().is_none() {
            return Err("key_seed: not 64 hexadecimal digits".to_owned());
        }
        if self.openings > OPENINGS_MAX {
            let openings = self.openings;
            return Err(format!("openings: {openings} is more than {OPENINGS_MAX}"));
        }
        for (field, time) in [("since", self.since), ("clock", self.clock)] {
            if time > TIME_MAX {
                return Err(format!("{field}: {} is after the year 9999", time.0));
            }
        }
        if self.clock < self.since {
            return Err("clock: it is before since".to_owned());
        }
        let roster = self.check_nodes()?;
        match &self.links {
            Some(links) => links.check(&roster),
            None => Ok(()),
        }
    }

    fn check_nodes(&self) -> Result<Roster, String> {
        if self.nodes.is_empty() {
            return Err("nodes: there are none".to_owned());
        }
        let mut roster = Roster::default();
        for (at, node) in self.nodes.iter().enumerate() {
            let admitted = roster.admit_with(&node.spec, &node.wallets);
            admitted.map_err(|wrong| wrong_with(at, &wrong))?;
            if let Some(port) = node.port {
                check_port(port).map_err(|problem| format!("nodes[{at}].port: {problem}"))?;
            }
        }
        for (at, node) in self.nodes.iter().enumerate() {
            let dials = roster.dials(&node.spec);
            dials.map_err(|wrong| wrong_with(at, &wrong))?;
        }
        Ok(roster)
    }

    /// Checks that the nodes of the layout are there, in its order: they never go, and what the
    /// layout says is said of them.
    fn check_against(&self, layout: &Layout) -> Result<(), String> {
        for (at, wanted) in layout.nodes.iter().enumerate() {
            let found = self.nodes.get(at).map(|node| &node.spec.name);
            if found != Some(&wanted.name) {
                let name = &wanted.name;
                return Err(format!("nodes[{at}]: the layout has {name} here"));
            }
        }
        self.check_real(layout)
    }

    /// Checks that what is a program of others is what the layout says: none is added to a lab, and the
    /// layout is what its reader has seen.
    fn check_real(&self, layout: &Layout) -> Result<(), String> {
        for (at, node) in self.nodes.iter().enumerate() {
            let wanted = layout.nodes.get(at).and_then(|spec| spec.bitcoin.as_ref());
            if node.spec.bitcoin.as_ref() != wanted {
                return Err(format!(
                    "nodes[{at}].spec.bitcoin: the layout has another one"
                ));
            }
        }
        Ok(())
    }
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Versioned {
    version: Option<serde_json::Value>,
}

/// What is wrong with a node, with the field that is.
fn wrong_with(node: usize, wrong: &Unfit) -> String {
    let field = match wrong.field {
        "made" => "wallets".to_owned(),
        field => format!("spec.{field}"),
    };
    let at = wrong.at.map_or_else(String::new, |at| format!("[{at}]"));
    format!("nodes[{node}].{field}{at}: {}", wrong.problem)
}

impl Kept {
    /// The lab in this directory, if there is one.
    ///
    /// # Errors
    /// [`LabError::Damaged`] and others about what it says, or it cannot be read.
    pub(super) fn read(dir: &Dir) -> Result<Option<Self>, LabError> {
        let path = dir.path().join(FILE);
        match dir.read(FILE, BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(LabError::Damaged {
                path,
                problem: error.to_string(),
            }),
            read => Self::parse(&path, &read.map_err(LabError::file(&path))?).map(Some),
        }
    }

    /// The lab that a file describes; `path` is what the file is called.
    ///
    /// # Errors
    /// [`LabError`], with the field: the first thing that is wrong.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, LabError> {
        let damaged = |problem| LabError::Damaged {
            path: path.to_owned(),
            problem,
        };
        let wrong = |source| LabError::Layout {
            path: path.to_owned(),
            source,
        };
        let saved = Saved::parse(bytes).map_err(damaged)?;
        saved.check().map_err(damaged)?;
        let mut layout = layout::read(&saved.layout, &saved.layout_text).map_err(wrong)?;
        layout.name.clone_from(&saved.layout);
        saved.check_against(&layout).map_err(damaged)?;
        let layout = with_traffic(layout, saved.traffic).map_err(damaged)?;
        let (seed, since) = (saved.key_seed().unwrap_or_default(), saved.since);
        let params = layout.params(&seed, since.block_time());
        params.validate().map_err(|error| LabError::Unsound {
            layout: layout.name.clone(),
            problem: error.to_string(),
        })?;
        let (name, text) = (&saved.layout, &saved.layout_text);
        network::check_begun(name, text, &params, since.block_time()).map_err(wrong)?;
        Ok(Self { saved, layout })
    }

    /// The file that describes it.
    pub fn text(&self) -> Vec<u8> {
        self.saved.text()
    }

    /// The names of its nodes, each of which has a directory of that name.
    pub fn node_names(&self) -> impl Iterator<Item = &str> {
        self.saved.nodes.iter().map(|node| node.spec.name.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test drives the machine")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    const TEXT: &str = "[[node]]\nname = \"central\"\n";

    fn lab() -> Saved {
        let mut saved = Saved::new("mine", TEXT, &[0xab; 32], Time(7));
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
        let place = Dir::open(dir.path()).expect("it is there");
        assert_eq!(Kept::read(&place).expect("readable"), None);
        let mut saved = lab();
        saved.write(dir.path()).expect("room on disk");
        (saved.clock, saved.openings) = (Time(8), 1);
        saved.write(dir.path()).expect("room on disk");
        let read = Kept::read(&place).expect("readable");
        assert_eq!(read.map(|kept| kept.saved), Some(saved));
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
            let place = Dir::open(dir.path()).expect("it is there");
            let said = Kept::read(&place).expect_err(text).to_string();
            let wanted = format!("{}: {problem}", path.display());
            assert!(said.starts_with(&wanted), "{said}");
            assert_eq!(fs::read_to_string(&path).expect("room on disk"), text);
        }
    }
}
