//! Commands that are typed.

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
