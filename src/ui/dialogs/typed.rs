//! Commands of the palette that words follow: `note TEXT`, `go +01:23`, `pause when height >= 3`,
//! `invalidateblock #7`.

use crate::lab::LabView;
use crate::lab::Request;
use crate::lab::ask::verbs::{NOTE_MAX, parse_fault, verb};
use crate::lab::ask::{Save, Saved, TimeChange, When};
use crate::lab::paper::units::parse_ahead;
use crate::lab::script::Expr;
use crate::lab::spec::Speed;
use crate::node::NodeIx;
use crate::node::foreign::is_hidden;
use crate::node::io::Command;
use crate::ui::viewer::Purpose;

/// A command that words follow.
pub struct TypedCommand {
    /// What it is called.
    pub name: &'static str,
    /// What follows, for the list.
    pub wants: &'static str,
    /// What it does, in words that complete "this command …".
    pub does: &'static str,
    /// It means something without any words as well.
    stands_alone: bool,
    /// It writes a file.
    writes: bool,
    /// What it is about.
    pub about: About,
    /// What it asks of the lab where this node is focused, or what is wrong with its words.
    read: fn(&str, NodeIx) -> Result<Request, String>,
}

/// What a command is about, and so where it means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The screen, whatever is on it.
    Screen,
    /// Time, where that is virtual.
    Time,
    /// A node of chainlab's own.
    Node,
    /// A node that is a program of others.
    Program,
}

/// All of them.
pub static COMMANDS: [TypedCommand; 16] = [
    TypedCommand {
        name: "note",
        wants: "TEXT",
        does: "shows a caption; without a text takes it away",
        stands_alone: true,
        writes: false,
        about: About::Screen,
        read: |words, _| Ok(Request::Note(caption(words))),
    },
    TypedCommand {
        name: "go",
        wants: "TIME",
        does: "to a moment: +01:23, 83s, #7 for a block",
        stands_alone: false,
        writes: false,
        about: About::Time,
        read: |words, _| moves(words.parse().map(|when: When| TimeChange::Go(when))),
    },
    TypedCommand {
        name: "until",
        wants: "EXPR",
        does: "at full speed until it holds: height >= 3",
        stands_alone: false,
        writes: false,
        about: About::Time,
        read: |words, _| moves(expression(words).map(TimeChange::Until)),
    },
    TypedCommand {
        name: "pause when",
        wants: "EXPR",
        does: "stops when it begins to hold; alone: no more",
        stands_alone: true,
        writes: false,
        about: About::Time,
        read: |words, _| {
            let expr = Some(words).filter(|words| !words.is_empty());
            moves(expr.map(expression).transpose().map(TimeChange::PauseWhen))
        },
    },
    TypedCommand {
        name: "speed",
        wants: "X",
        does: "time goes so fast: 5, 1/10, max",
        stands_alone: false,
        writes: false,
        about: About::Time,
        read: |words, _| moves(words.parse().map(|speed: Speed| TimeChange::Speed(speed))),
    },
    TypedCommand {
        name: "save",
        wants: "FILE",
        does: "the run into a new file, as it goes on",
        stands_alone: false,
        writes: true,
        about: About::Screen,
        read: |words, _| save(words, RUN),
    },
    TypedCommand {
        name: "export",
        wants: "FILE.toml",
        does: "a layout of what was done by hand, as steps",
        stands_alone: false,
        writes: true,
        about: About::Time,
        read: |words, _| save(words, Saved::Layout),
    },
    TypedCommand {
        name: "timeline",
        wants: "B",
        does: "shows another timeline",
        stands_alone: false,
        writes: false,
        about: About::Time,
        read: |words, _| moves(words.parse().map(TimeChange::Switch)),
    },
    TypedCommand {
        name: "compare",
        wants: "B",
        does: "another one beside this one; alone: no more",
        stands_alone: true,
        writes: false,
        about: About::Time,
        read: |words, _| {
            let with = Some(words).filter(|words| !words.is_empty());
            moves(with.map(str::parse).transpose().map(TimeChange::Compare))
        },
    },
    TypedCommand {
        name: "drop timeline",
        wants: "B",
        does: "drops one that is not shown",
        stands_alone: false,
        writes: false,
        about: About::Time,
        read: |words, _| moves(words.parse().map(TimeChange::DropTimeline)),
    },
    TypedCommand {
        name: "drop later",
        wants: "",
        does: "drops what was given by hand later than now",
        stands_alone: true,
        writes: false,
        about: About::Time,
        read: |words, _| match words {
            "" => Ok(Request::Time(TimeChange::DropLater)),
            words => Err(format!("nothing is wanted after it, not {words:?}")),
        },
    },
    TypedCommand {
        name: "next",
        wants: "drop block EAST WEST",
        does: "drops, repeats, or delays (… 5s) the next message",
        stands_alone: false,
        writes: false,
        about: About::Screen,
        read: |words, _| next_message(words),
    },
    TypedCommand {
        name: "clock",
        wants: "+2h",
        does: "has the node's clock be off; 0s: not at all",
        stands_alone: false,
        writes: false,
        about: About::Node,
        read: |words, node| {
            let ahead_ms = parse_ahead(words)?;
            Ok(Request::Node(node, Command::SetClock { ahead_ms }))
        },
    },
    TypedCommand {
        name: "disk",
        wants: "full",
        does: "has the node's next write fail; or: failing",
        stands_alone: false,
        writes: false,
        about: About::Node,
        read: |words, node| {
            let what = parse_fault(words)?;
            Ok(Request::Node(node, Command::FailDisk { what }))
        },
    },
    TypedCommand {
        name: "invalidateblock",
        wants: "#7",
        does: "has the node leave a block, as against the rules",
        stands_alone: false,
        writes: false,
        about: About::Program,
        read: |words, node| {
            Ok(Request::Node(
                node,
                Command::InvalidateBlock(words.parse()?),
            ))
        },
    },
    TypedCommand {
        name: "reconsiderblock",
        wants: "#7",
        does: "has it take that back",
        stands_alone: false,
        writes: false,
        about: About::Program,
        read: |words, node| {
            Ok(Request::Node(
                node,
                Command::ReconsiderBlock(words.parse()?),
            ))
        },
    },
];

impl TypedCommand {
    /// The command that a line begins with, and the words after it.
    pub fn of(line: &str) -> Option<(&'static Self, &str)> {
        COMMANDS.iter().find_map(|command| {
            let rest = line.strip_prefix(command.name)?;
            let is_meant = match rest.chars().next() {
                None => command.stands_alone,
                Some(FORCE) => command.writes,
                Some(next) => next == ' ',
            };
            is_meant.then_some((command, rest.trim()))
        })
    }

    /// What it asks with these words where this node is focused, and why.
    ///
    /// # Errors
    /// They are not such as it takes, in words.
    pub fn ask(&self, words: &str, focus: NodeIx) -> Result<(Request, Purpose), String> {
        let request = (self.read)(words, focus)?;
        let purpose = match &request {
            Request::Note(_) => Purpose::Caption,
            // What is set then is not seen anywhere else.
            Request::Time(TimeChange::PauseWhen(_))
            | Request::Node(..)
            | Request::Link(_)
            | Request::Save(_) => Purpose::Tell,
            _ => Purpose::Time,
        };
        Ok((request, purpose))
    }

    /// Whether it means something in this lab, where this node is focused.
    pub fn fits(&self, lab: &LabView, focus: NodeIx) -> bool {
        match self.about {
            About::Screen => true,
            About::Time => lab.time.is_some(),
            About::Node | About::Program => {
                let node = lab.nodes.get(focus.0);
                let seen = node.and_then(|node| node.snapshot.as_ref());
                let is_program = self.about == About::Program;
                seen.is_some_and(|seen| seen.program.is_some() == is_program)
            }
        }
    }

    /// Whether it is the one that says when time is to stop.
    pub fn sets_breakpoints(&self) -> bool {
        self.name == "pause when"
    }
}

/// What is to become of the next message of a kind, from a node to another.
fn next_message(words: &str) -> Result<Request, String> {
    const KEYS: [&str; 5] = ["what", "kind", "from", "to", "for"];
    let words: Vec<&str> = words.split_whitespace().collect();
    if words.len() > KEYS.len() {
        return Err(
            "drop, delay or repeat, the kind, from, to, and for a delay how long".to_owned(),
        );
    }
    let params = KEYS.into_iter().zip(words);
    let params = params.map(|(key, word)| (key.to_owned(), word.into()));
    let verb = verb("next_message").expect("it is in the table");
    let request = verb.read(params.collect());
    request
        .and_then(|request| request.of(|_| unreachable!("it is about a link")))
        .map_err(|error| error.to_string())
}

/// A caption, which may be empty: that takes the old one away.
fn caption(words: &str) -> Option<String> {
    let shown = words.chars().filter(|c| !is_hidden(*c));
    let shown: String = shown.take(NOTE_MAX).collect();
    Some(shown).filter(|caption| !caption.is_empty())
}

/// What stands right after the name of a command that writes a file, if one that is there may go.
const FORCE: char = '!';

/// The run, without keys.
const RUN: Saved = Saved::Run {
    with_secrets: false,
};

fn save(words: &str, what: Saved) -> Result<Request, String> {
    let forced = words.strip_prefix(FORCE).map(str::trim_start);
    let replaces = forced.is_some();
    match forced.unwrap_or(words) {
        "" => Err("the name of a file is wanted".to_owned()),
        path => Ok(Request::Save(Save {
            path: path.into(),
            replaces,
            what,
        })),
    }
}

fn moves(change: Result<TimeChange, String>) -> Result<Request, String> {
    change.map(Request::Time)
}

/// An expression as it is written. Whether its nodes are there the lab says.
fn expression(words: &str) -> Result<String, String> {
    match words.parse::<Expr>() {
        Ok(_) => Ok(words.to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

#[cfg(test)]
mod tests;
