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
mod tests {
    use super::*;
    use crate::chain::BlockHash;
    use crate::lab::ask::{Bend, LinkChange};
    use crate::link::{Fate, NextMessage};
    use crate::node::io::WhichBlock;
    use crate::node::message::Kind;
    use crate::node::store::DiskFault;
    use std::time::Duration;

    fn asked(line: &str) -> Result<Request, String> {
        let (command, words) = TypedCommand::of(line).expect(line);
        command.ask(words, NodeIx(2)).map(|(request, _)| request)
    }

    #[test]
    fn lines_are_read_as_they_are_meant_and_what_is_wrong_is_said() {
        let time = |change| Ok(Request::Time(change));
        assert_eq!(asked("go #7"), time(TimeChange::Go(When::Block(7))));
        assert_eq!(
            asked("speed 1/10"),
            time(TimeChange::Speed(Speed::Over(10)))
        );
        let expr = "reorg_depth >= 1".to_owned();
        assert_eq!(
            asked("until reorg_depth >= 1"),
            time(TimeChange::Until(expr.clone()))
        );
        assert_eq!(
            asked("pause when  reorg_depth >= 1"),
            time(TimeChange::PauseWhen(Some(expr)))
        );
        assert_eq!(asked("pause when"), time(TimeChange::PauseWhen(None)));
        assert_eq!(asked("note"), Ok(Request::Note(None)));
        let block = WhichBlock::Height(7);
        assert_eq!(
            asked("invalidateblock #7"),
            Ok(Request::Node(NodeIx(2), Command::InvalidateBlock(block)))
        );
        let hash = "0a".repeat(32);
        let block = WhichBlock::Hash(BlockHash([10; 32]));
        assert_eq!(
            asked(&format!("reconsiderblock {hash}")),
            Ok(Request::Node(NodeIx(2), Command::ReconsiderBlock(block)))
        );
        let of_node = |command| Ok(Request::Node(NodeIx(2), command));
        let ahead_ms = -30_000;
        assert_eq!(asked("clock -30s"), of_node(Command::SetClock { ahead_ms }));
        let what = DiskFault::Failing;
        assert_eq!(asked("disk failing"), of_node(Command::FailDisk { what }));
        let (kind, held) = (Kind::Block, Duration::from_secs(5));
        let fate = Fate::Delay(held);
        let late = Bend {
            from: "east".to_owned(),
            to: "west".to_owned(),
            is_both_ways: false,
            change: LinkChange::to_next(NextMessage { kind, fate }),
        };
        assert_eq!(
            asked("next delay block east west 5s"),
            Ok(Request::Link(late))
        );
        assert_eq!(asked("note hi"), Ok(Request::Note(Some("hi".to_owned()))));
        for (line, what, replaces) in [
            ("save a b.run", RUN, false),
            ("save! a b.run", RUN, true),
            ("export! a b.run", Saved::Layout, true),
        ] {
            let path = "a b.run".into();
            let save = Save {
                path,
                replaces,
                what,
            };
            assert_eq!(asked(line), Ok(Request::Save(save)));
        }
        let switch = TimeChange::Switch("B".parse().expect("a name"));
        assert_eq!(asked("timeline b"), time(switch));
        assert_eq!(asked("compare"), time(TimeChange::Compare(None)));
        assert_eq!(asked("drop later"), time(TimeChange::DropLater));
        for (line, words) in [
            ("go ", "a time since the beginning is wanted"),
            ("go soon", "not \"soon\""),
            ("go #x", "the height of a block is wanted"),
            ("speed 101", "a number from 1 to 100"),
            ("save ", "the name of a file is wanted"),
            ("timeline 2", "the name of a timeline is wanted"),
            ("drop later than", "nothing is wanted after it"),
            ("invalidateblock 7", "by its height as in #7"),
            ("invalidateblock #x", "not \"#x\""),
            ("clock soon", "soon"),
            ("clock +800d", "a year off at most"),
            ("disk half", "\"full\" or \"failing\""),
            ("next drop blok east west", "did you mean \"block\"?"),
            (
                "next drop block east west 5s",
                "has a meaning only with delay",
            ),
            ("next delay block east west", "for: is missing"),
            ("next drop block east", "to: is missing"),
            ("next drop block east west 5s more", "drop, delay or repeat"),
        ] {
            let why = asked(line).expect_err(line);
            assert!(why.contains(words), "{line}: {why}");
        }
        for line in ["until ", "until height@", "pause when 3 >"] {
            asked(line).expect_err(line);
        }
    }

    #[test]
    fn what_is_only_begun_or_goes_on_otherwise_is_no_command() {
        for line in [
            "go", "speed", "until", "pause", "notes", "going", "speedy 3", "go! 3s", "saved",
        ] {
            assert!(TypedCommand::of(line).is_none(), "{line}");
        }
    }
}
