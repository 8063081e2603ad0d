//! Writes a run: all of it at once, or as it goes on.

use super::line::{
    CommandLine, DroppedLine, EndLine, KEYS, Line, RunHead, SecondLine, TimelineLine,
};
use super::{RUN_BYTES_MAX, RUN_MAX};
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Named, Request, TimelineId, write};
use crate::lab::drive::VirtualLab;
use crate::lab::drive::history::{Entry, Given, History, Origin, Second, TimelineInfo, end_hash};
use crate::lab::view::Mark;
use crate::node::Time;
use crate::node::io::Command;
use std::time::Duration;

/// From so many bytes on only each minute is put down, so that commands have room for a day.
const EACH_SECOND: usize = RUN_BYTES_MAX / 2;
const EACH_MINUTE: usize = RUN_BYTES_MAX / 10 * 9;
const MINUTE: u32 = 60;

/// Puts down what happens to a history.
#[derive(Debug)]
pub struct Recorder {
    since: Time,
    with_secrets: bool,
    /// Bytes so far.
    written: usize,
    /// It has no more room, and this was said.
    is_full: bool,
}

/// All of a history, as it is now, with an end.
pub fn text(head: &RunHead, history: &History, with_secrets: bool) -> String {
    let mut recorder = Recorder::new(history.lab().since(), with_secrets);
    recorder.all(head, history)
}

impl RunHead {
    /// That of a run with this seed of a layout with this text.
    pub fn new(layout: &str, text: &str, seed: u64) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            layout: layout.to_owned(),
            seed,
            clock: None,
            manual: false,
            round: 0,
            live: false,
            keys: KEYS.to_owned(),
            text: text.to_owned(),
        }
    }
}

impl Recorder {
    /// One that has put down nothing yet of a lab that began then.
    pub fn new(since: Time, with_secrets: bool) -> Self {
        Self {
            since,
            with_secrets,
            written: 0,
            is_full: false,
        }
    }

    /// How it begins.
    pub fn begin(&mut self, head: &RunHead) -> String {
        self.put(&[Line::Run(head.clone())])
    }

    /// All of it, as it is now.
    pub fn all(&mut self, head: &RunHead, history: &History) -> String {
        let mut text = self.begin(head);
        let names: Vec<_> = history.timelines().map(|one| one.id).collect();
        for timeline in history.timelines() {
            let lines = self.timeline(&timeline, &names);
            text.push_str(&self.put(&lines));
        }
        let mut last = Vec::new();
        last.push(Line::Shown(history.timeline()));
        if !names.contains(&TimelineId::FIRST) {
            last.push(Line::Dropped(TimelineId::FIRST));
        }
        text.push_str(&self.put(&last));
        text
    }

    fn timeline(&self, timeline: &TimelineInfo<'_>, names: &[TimelineId]) -> Vec<Line> {
        // One that is not there any more is not spoken of.
        let origin = timeline.origin.filter(|origin| names.contains(&origin.of));
        let mut lines = Vec::new();
        let (kept, since) = match origin {
            Some(origin) => (origin.commands, origin.at.since(self.since)),
            None => (0, Duration::ZERO),
        };
        if timeline.id != TimelineId::FIRST {
            let origin = origin.unwrap_or(Origin {
                of: TimelineId::FIRST,
                at: self.since,
                commands: 0,
            });
            lines.push(self.begun(timeline.id, &origin));
        }
        let given = timeline.commands.iter().enumerate().skip(kept);
        lines.extend(given.map(|(n, given)| self.command(n, given)));
        let seconds = (1..).zip(timeline.seconds);
        let own = seconds.filter(|(n, _)| Duration::from_secs(u64::from(*n)) > since);
        lines.extend(own.map(|(n, second)| second_line(n, *second)));
        // Marks are put down when their second is over.
        let (from, to) = (since.as_secs(), timeline.reaches.as_secs());
        let is_own = |mark: &&Mark| {
            let is_later = from == 0 || mark.at > Duration::from_secs(from);
            is_later && to > 0 && mark.at <= Duration::from_secs(to)
        };
        let marks = timeline.marks.iter().filter(is_own);
        lines.extend(marks.copied().map(Line::Mark));
        lines.push(end(timeline.reaches, &end_hash(timeline.newest)));
        lines
    }

    /// What has happened since.
    pub fn follow(&mut self, entries: Vec<Entry>) -> String {
        let mut text = String::new();
        for entry in entries {
            let lines = self.entry(entry);
            text.push_str(&self.put(&lines));
        }
        text
    }

    fn entry(&self, entry: Entry) -> Vec<Line> {
        match entry {
            Entry::Second { n, second, marks } => {
                let marks = marks.into_iter().map(Line::Mark);
                marks.chain([second_line(n, second)]).collect()
            }
            Entry::Command { n, given } => vec![self.command(n, &given)],
            Entry::Begun { id, origin, again } => {
                let again = (origin.commands..).zip(&again);
                let again = again.map(|(n, given)| self.command(n, given));
                [self.begun(id, &origin)].into_iter().chain(again).collect()
            }
            Entry::Left { at, hash } => vec![end(at, &hash)],
            Entry::Shown(id) => vec![Line::Shown(id)],
            Entry::Dropped(id) => vec![Line::Dropped(id)],
            Entry::DroppedLater { n } => vec![Line::DroppedLater(DroppedLine { n })],
        }
    }

    /// Where the lab is at its newest moment: the last thing to be put down.
    pub fn end(&mut self, lab: &VirtualLab) -> String {
        self.put(&[end(lab.elapsed(), &end_hash(lab))])
    }

    /// How far real nodes went: the last thing to be put down.
    pub fn end_at(&mut self, at: Duration) -> String {
        let end = EndLine {
            at: micros(at),
            hash: None,
        };
        self.put(&[Line::End(end)])
    }

    fn begun(&self, name: TimelineId, origin: &Origin) -> Line {
        Line::Timeline(TimelineLine {
            name,
            of: origin.of,
            at: micros(origin.at.since(self.since)),
            n: origin.commands,
        })
    }

    fn command(&self, n: usize, given: &Given) -> Line {
        let left_out = !self.with_secrets && has_secret(&given.request);
        let (verb, params) = write(&given.request);
        Line::Command(CommandLine {
            at: micros(given.at.since(self.since)),
            n,
            verb: verb.to_owned(),
            with: if left_out { Default::default() } else { params },
            again: given.is_again,
            left_out,
        })
    }

    /// The text of lines, as far as there is room for them.
    fn put(&mut self, lines: &[Line]) -> String {
        let mut text = String::new();
        for line in lines {
            if self.is_full || !self.has_room(line) {
                continue;
            }
            let line = serde_json::to_string(line).unwrap_or_default() + "\n";
            self.is_full = self.written + line.len() > RUN_BYTES_MAX;
            if !self.is_full {
                self.written += line.len();
                text.push_str(&line);
            }
        }
        text
    }

    fn has_room(&self, line: &Line) -> bool {
        match line {
            Line::Second(second) => {
                let is_short = u64::from(second.n) <= RUN_MAX.as_secs();
                let is_wanted = second.n % MINUTE == 0 && self.written < EACH_MINUTE;
                is_short && (self.written < EACH_SECOND || is_wanted)
            }
            Line::Mark(_) => self.written < EACH_SECOND,
            _ => true,
        }
    }

    /// Whether it has no more room: what comes now is not in it.
    pub fn is_full(&self) -> bool {
        self.is_full
    }
}

fn end(at: Duration, hash: &[u8]) -> Line {
    Line::End(EndLine {
        at: micros(at),
        hash: Some(in_hex(hash)),
    })
}

fn second_line(n: u32, second: Second) -> Line {
    Line::Second(SecondLine { n, second })
}

fn in_hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Whether a key is written out in a request, and not named by the wallet that has it.
fn has_secret(request: &Request<Named>) -> bool {
    match request {
        Request::Node(_, Command::ImportWallet { secret, .. }) => key_holder(secret).is_none(),
        _ => false,
    }
}
