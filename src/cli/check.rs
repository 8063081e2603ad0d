//! `chainlab check`: proves the database of a node that does not run, or says what is wrong with
//! it, and mends what can be mended.
//!
//! Nothing is made where nothing is: a directory is looked at before its database is opened, which
//! would make one. To open a database is to write to it, so one that cannot be written is copied, and
//! the copy is looked at.

use super::failure::Failure;
use super::output::print;
use super::table::print_json;
use crate::lab::Scratch;
use crate::live::disk::{self, DiskStore, OpenDiskError};
use crate::live::files::{Dir, Kind, MENDED};
use crate::live::stored_params;
use crate::node::StoreFault;
use crate::node::check::{Report, check, rebuild};
use crate::node::io::words::counted;
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab check ~/.local/share/chainlab/nodes/central
  chainlab check my-lab                 every node of a lab that was kept
  chainlab check my-lab --rebuild       mends coins from the blocks

Exit codes: 0, all is sound; 1, something is wrong; 2, nothing is there.";

/// Problems that are written out.
const PROBLEMS_SHOWN: usize = 20;

#[derive(Args)]
pub(super) struct Options {
    /// A node's data directory, or that of a lab that was kept. None of its nodes may run.
    dir: PathBuf,
    /// Mend coins and undo data that do not follow from the blocks.
    #[arg(long)]
    rebuild: bool,
    /// Print JSON: an object for a node, a list for a lab.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let is_lab = is_there(&options.dir.join("lab.json"))?;
    let dirs = match is_lab {
        true => nodes_of(&options.dir)?,
        false => vec![options.dir.clone()],
    };
    for dir in &dirs {
        refuse_strangers(dir)?;
    }
    let mut findings = Vec::new();
    for dir in dirs {
        let finding = look(dir, options.rebuild)?;
        if !options.json {
            print(&finding.text())?;
        }
        findings.push(finding);
    }
    if options.json {
        let data: Vec<_> = findings.iter().map(Finding::json).collect();
        match (is_lab, data.as_slice()) {
            (false, [one]) => print_json(one)?,
            _ => print_json(&data)?,
        }
    }
    let bad = findings.iter().filter(|finding| !finding.is_sound());
    match (bad.count(), findings.len()) {
        (0, _) => Ok(()),
        (_, 1) => Err(Failure::other(format!(
            "{} is not sound",
            options.dir.display()
        ))),
        (bad, all) => Err(Failure::other(format!(
            "not sound: {bad} of {all} databases"
        ))),
    }
}

/// The directories of a kept lab's nodes, by name.
fn nodes_of(lab: &Path) -> Result<Vec<PathBuf>, Failure> {
    let nodes = lab.join("nodes");
    let unread = |error| Failure::input(format!("{}: {error}", nodes.display()));
    let place = Dir::open(lab).and_then(|lab| lab.dir("nodes"));
    let place = place.map_err(unread)?;
    let mut dirs = Vec::new();
    for name in place.names().map_err(unread)? {
        match place.find(&name).map_err(unread)?.map(|found| found.kind) {
            Some(Kind::Dir) => dirs.push(nodes.join(name)),
            Some(Kind::Other(words)) => {
                let at = nodes.join(name);
                return Err(Failure::input(format!("{}: {words}", at.display())));
            }
            Some(Kind::File) | None => {}
        }
    }
    match dirs.is_empty() {
        true => Err(no_node(&nodes)),
        false => Ok(dirs),
    }
}

/// Refuses what no node has left: opening it would make a new database of it.
fn refuse_strangers(dir: &Path) -> Result<(), Failure> {
    let is_finished = !is_there(&dir.join("creating"))?;
    match is_finished && is_there(&dir.join("chain"))? && is_there(&dir.join("lock"))? {
        true => Ok(()),
        false => Err(no_node(dir)),
    }
}

/// Whether there is something at this path, if the system lets us see.
fn is_there(path: &Path) -> Result<bool, Failure> {
    match path.try_exists() {
        Err(error) if error.kind() != ErrorKind::NotADirectory => {
            Err(Failure::other(format!("{}: {error}", path.display())))
        }
        found => Ok(found.unwrap_or(false)),
    }
}

fn no_node(dir: &Path) -> Failure {
    Failure::input(format!("{}: no node is there", dir.display()))
}

/// What there is to say about one database.
struct Finding {
    dir: PathBuf,
    outcome: Outcome,
    /// What was wrong before it was mended.
    mended: Vec<String>,
    /// What could not be mended, for it is not this user's to write, and why.
    unmended: Vec<String>,
}

enum Outcome {
    Report(Report),
    /// It cannot be read.
    Unread(String),
}

/// What is said of a directory that others can read.
const OPEN: &str = "other users can read what is in it";

fn look(dir: PathBuf, mends: bool) -> Result<Finding, Failure> {
    let access = disk::access(&dir)?;
    let Some(why) = access.unwritable else {
        let (outcome, mut mended) = examine(&dir, &dir, mends)?;
        if access.is_open_to_others {
            mended.push(MENDED.to_owned());
        }
        return Ok(Finding {
            dir,
            outcome,
            mended,
            unmended: Vec::new(),
        });
    };
    let scratch = Scratch::new(SCRATCH)?;
    let copy = scratch.path().join("node");
    disk::copy(&dir, &copy)?;
    let (outcome, _) = examine(&copy, &dir, false)?;
    let mut unmended = Vec::new();
    if access.is_open_to_others {
        unmended.push(format!("{OPEN}: {why}"));
    }
    if mends && !outcome.is_sound() {
        unmended.push(format!("--rebuild changes nothing here: {why}"));
    }
    if unmended.is_empty() {
        unmended.push(format!(
            "a copy was checked, and nothing would be mended here: {why}"
        ));
    }
    Ok(Finding {
        dir,
        outcome,
        mended: Vec::new(),
        unmended,
    })
}

/// What names of directories begin with in which copies are looked at.
const SCRATCH: &str = "check-";

/// Looks at the database in one directory, which is that of another or a copy of it, and mends it.
fn examine(at: &Path, dir: &Path, mends: bool) -> Result<(Outcome, Vec<String>), Failure> {
    let unread = |fault: StoreFault| match of(fault, dir) {
        damaged @ StoreFault::Damaged { .. } => {
            Ok((Outcome::Unread(damaged.to_string()), Vec::new()))
        }
        failed => Err(failed.into()),
    };
    let params = match stored_params(at) {
        Ok(Some(params)) => params,
        Ok(None) => return Err(no_node(dir)),
        Err(OpenDiskError::Store(fault)) => return unread(fault),
        Err(error) => return Err(error.into()),
    };
    let mut store = match DiskStore::open(at) {
        Ok(store) => store,
        Err(OpenDiskError::Store(fault)) => return unread(fault),
        Err(error) => return Err(error.into()),
    };
    let found = check(&store, &params);
    let mends = mends && matches!(&found, Ok(found) if !found.is_sound() && found.can_be_rebuilt());
    let (report, mended) = match (found, mends) {
        (Ok(found), true) => (rebuild(&mut store, &params), problems(&found)),
        (found, _) => (found, Vec::new()),
    };
    match report {
        Ok(report) => Ok((Outcome::Report(report), mended)),
        Err(fault) => unread(fault),
    }
}

/// A fault of a copy is one of the directory that it was made of.
fn of(fault: StoreFault, dir: &Path) -> StoreFault {
    let place = dir.display().to_string();
    match fault {
        StoreFault::Failed { problem, .. } => StoreFault::Failed { place, problem },
        StoreFault::Damaged { problem, .. } => StoreFault::Damaged { place, problem },
    }
}

impl Outcome {
    fn is_sound(&self) -> bool {
        matches!(self, Self::Report(report) if report.is_sound())
    }
}

fn problems(report: &Report) -> Vec<String> {
    report.problems.iter().map(ToString::to_string).collect()
}

impl Finding {
    fn is_sound(&self) -> bool {
        self.outcome.is_sound()
    }

    fn text(&self) -> String {
        let dir = self.dir.display();
        let mut text = self.outcome_text();
        list(&mut text, &format!("{dir}: not mended: "), &self.unmended);
        text
    }

    fn outcome_text(&self) -> String {
        let dir = self.dir.display();
        let mut text = String::new();
        list(&mut text, &format!("{dir}: mended: "), &self.mended);
        let report = match &self.outcome {
            Outcome::Unread(words) => {
                let _ = writeln!(text, "{dir}: {words}");
                let _ = writeln!(text, "{dir}: --rebuild cannot mend this");
                return text;
            }
            Outcome::Report(report) => report,
        };
        if report.is_sound() {
            let blocks = blocks(report);
            let blocks = usize::try_from(blocks).unwrap_or(usize::MAX);
            let _ = writeln!(
                text,
                "{dir}: sound: {}, {}, {} in all",
                counted(blocks, "block"),
                counted(report.coins, "coin"),
                report.supply
            );
            return text;
        }
        list(&mut text, &format!("{dir}: "), &problems(report));
        let _ = match report.can_be_rebuilt() {
            true => writeln!(text, "{dir}: --rebuild can mend this"),
            false => writeln!(
                text,
                "{dir}: --rebuild cannot mend this: blocks come from other nodes only"
            ),
        };
        text
    }

    fn json(&self) -> Value {
        let dir = self.dir.display().to_string();
        match &self.outcome {
            Outcome::Unread(words) => json!({
                "dir": dir, "sound": false, "can_be_rebuilt": false, "mended": self.mended,
                "unmended": self.unmended, "problems": [words],
            }),
            Outcome::Report(report) => json!({
                "dir": dir,
                "sound": report.is_sound(),
                "can_be_rebuilt": report.can_be_rebuilt(),
                "mended": self.mended,
                "unmended": self.unmended,
                "problems": problems(report),
                "tip": report.tip,
                "blocks": blocks(report),
                "coins": report.coins,
                "supply": report.supply,
            }),
        }
    }
}

/// Blocks of the chain, the genesis block included.
fn blocks(report: &Report) -> u64 {
    u64::from(report.tip.height) + 1
}

fn list(text: &mut String, before: &str, problems: &[String]) {
    for problem in problems.iter().take(PROBLEMS_SHOWN) {
        let _ = writeln!(text, "{before}{problem}");
    }
    if let Some(more @ 1..) = problems.len().checked_sub(PROBLEMS_SHOWN) {
        let _ = writeln!(text, "{before}and {more} more");
    }
}
