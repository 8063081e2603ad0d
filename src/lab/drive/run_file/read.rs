//! Reads a run, which may come from a stranger.

use super::line::{CommandLine, EndLine, Line, RunHead, SecondLine, TimelineLine};
use super::{
    COMMANDS_MAX, RUN_BYTES_MAX, RUN_MAX, RUN_TIMELINES_MAX, Run, RunCommand, RunOrigin,
    RunTimeline,
};
use crate::chain::hash::parse_hex;
use crate::lab::ask::verbs::{unknown, verb};
use crate::lab::ask::{Named, Request, TimelineId};
use crate::lab::layout::{self, Layout};
use crate::lab::observe::marks::MARKS_MAX;
use crate::lab::script::Pace;
use crate::node::foreign::one_line;
use std::time::Duration;
use thiserror::Error;

/// What is wrong with a run's file, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}: {problem}")]
pub struct RunError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong, in words.
    pub problem: String,
}

/// Reads a run from the text of a file. A last line without an end is left out: its writer was stopped in it.
///
/// # Errors
/// [`RunError`], the first thing that is wrong.
pub fn read(file: &str, text: &str) -> Result<Run, RunError> {
    let error = |line, problem: String| RunError {
        file: one_line(file).into_owned(),
        line,
        problem: one_line(&problem).into_owned(),
    };
    if text.len() > RUN_BYTES_MAX {
        return Err(error(1, format!("more than {RUN_BYTES_MAX} bytes")));
    }
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let mut lines = (1..).zip(whole.lines());
    let first = lines.next().map_or("", |(_, line)| line);
    let (head, layout) = read_head(first).map_err(|problem| error(1, problem))?;
    let mut reader = Reader::new();
    for (number, line) in lines {
        let read = parse(line).and_then(|line| reader.take(line));
        read.map_err(|problem| error(number, problem))?;
    }
    Ok(Run {
        head,
        layout,
        shown: reader.timelines[reader.at].id,
        timelines: reader.timelines,
    })
}

fn parse(line: &str) -> Result<Line, String> {
    serde_json::from_str(line).map_err(|error| {
        let words = error.to_string();
        // The line is told already, and there is but one.
        let words = words.split(" at line 1 ").next().unwrap_or_default();
        format!("no line of a run: {words}")
    })
}

fn read_head(line: &str) -> Result<(RunHead, Layout), String> {
    let Line::Run(head) = parse(line)? else {
        return Err("a run begins with {\"run\": ...}".to_owned());
    };
    let file = format!("{}.toml", head.layout);
    let layout = layout::read(&file, &head.text).map_err(|error| format!("its layout: {error}"))?;
    if !head.live {
        layout.check_virtual()?;
    }
    let pace = if head.manual {
        Pace::Presenter
    } else {
        layout.pace
    };
    Ok((head, Layout { pace, ..layout }))
}

/// What was read so far.
struct Reader {
    timelines: Vec<RunTimeline>,
    /// The one that lines are of.
    at: usize,
    /// How many began, and commands there are in all.
    begun: usize,
    commands: usize,
    marks: usize,
}

impl Reader {
    fn new() -> Self {
        Self {
            timelines: vec![RunTimeline {
                id: TimelineId::FIRST,
                origin: None,
                commands: Vec::new(),
                seconds: Vec::new(),
                marks: Vec::new(),
                reaches: Duration::ZERO,
                hash: None,
            }],
            at: 0,
            begun: 1,
            commands: 0,
            marks: 0,
        }
    }

    fn take(&mut self, line: Line) -> Result<(), String> {
        match line {
            Line::Run(_) => Err("the run has begun already".to_owned()),
            Line::Second(second) => self.second(second),
            Line::Command(command) => self.command(command),
            Line::Timeline(timeline) => self.begin(&timeline),
            Line::Shown(id) => {
                self.at = self.find(id)?;
                Ok(())
            }
            Line::Dropped(id) => self.drop_timeline(id),
            Line::DroppedLater(dropped) => {
                let commands = &mut self.timeline().commands;
                if dropped.n > commands.len() {
                    return Err(format!("n: there are {} commands", commands.len()));
                }
                commands.truncate(dropped.n);
                Ok(())
            }
            Line::Mark(mark) => {
                self.marks += 1;
                if self.marks > MARKS_MAX {
                    return Err(format!("more than {MARKS_MAX} marks"));
                }
                self.timeline().marks.push(mark);
                Ok(())
            }
            Line::End(end) => self.end(&end),
        }
    }

    fn timeline(&mut self) -> &mut RunTimeline {
        &mut self.timelines[self.at]
    }

    fn find(&self, id: TimelineId) -> Result<usize, String> {
        let found = self.timelines.iter().position(|one| one.id == id);
        found.ok_or_else(|| format!("there is no timeline {id} by here"))
    }

    fn second(&mut self, line: SecondLine) -> Result<(), String> {
        let at = moment(u64::from(line.n).saturating_mul(1_000_000), "n")?;
        let timeline = self.timeline();
        let last = timeline.seconds.last().map_or(0, |(n, _)| *n);
        if line.n <= last {
            return Err(format!("n: second {} is after {last}", line.n));
        }
        timeline.seconds.push((line.n, line.second));
        if at > timeline.reaches {
            (timeline.reaches, timeline.hash) = (at, None);
        }
        Ok(())
    }

    fn command(&mut self, line: CommandLine) -> Result<(), String> {
        self.commands += 1;
        if self.commands > COMMANDS_MAX {
            return Err(format!("more than {COMMANDS_MAX} commands"));
        }
        let at = moment(line.at, "at")?;
        let request = match line.left_out {
            true => None,
            false => Some(request(&line)?),
        };
        let timeline = self.timeline();
        let (before, after) = timeline
            .commands
            .split_at_checked(line.n)
            .ok_or_else(|| format!("n: there are {} commands by here", timeline.commands.len()))?;
        let is_late = before.last().is_some_and(|before| before.at > at);
        if is_late || after.first().is_some_and(|after| after.at < at) {
            return Err("at: it is not between the command before and the one after it".to_owned());
        }
        let command = RunCommand {
            at,
            request,
            is_again: line.again,
        };
        timeline.commands.insert(line.n, command);
        // One that is given later is no part of where it came to.
        if !line.again {
            (timeline.reaches, timeline.hash) = (timeline.reaches.max(at), None);
        }
        Ok(())
    }

    fn begin(&mut self, line: &TimelineLine) -> Result<(), String> {
        self.begun += 1;
        if self.begun > RUN_TIMELINES_MAX {
            return Err(format!("more than {RUN_TIMELINES_MAX} timelines"));
        }
        if self.timelines.iter().any(|one| one.id >= line.name) {
            return Err(format!("name: {} is no new timeline", line.name));
        }
        let at = moment(line.at, "at")?;
        let of = &self.timelines[self.find(line.of)?];
        let kept = of.commands.get(..line.n);
        let kept =
            kept.ok_or_else(|| format!("n: {} has {} commands", of.id, of.commands.len()))?;
        let is_late = kept.last().is_some_and(|last| last.at > at);
        let is_early = of.commands.get(line.n).is_some_and(|next| next.at < at);
        if is_late || is_early || of.reaches < at {
            return Err(format!("at: {} was not there with so many commands", of.id));
        }
        self.commands += kept.len();
        let is_before = |n: u32| Duration::from_secs(n.into()) <= at;
        let seconds = of.seconds.iter().take_while(|(n, _)| is_before(*n));
        let begun = RunTimeline {
            id: line.name,
            origin: Some(RunOrigin {
                of: line.of,
                at,
                commands: line.n,
            }),
            commands: kept.to_vec(),
            seconds: seconds.copied().collect(),
            // Marks are put down when their second is over.
            marks: of
                .marks
                .iter()
                .filter(|mark| mark.at <= Duration::from_secs(at.as_secs()) && at.as_secs() > 0)
                .copied()
                .collect(),
            reaches: at,
            hash: None,
        };
        self.timelines.push(begun);
        self.at = self.timelines.len() - 1;
        Ok(())
    }

    fn drop_timeline(&mut self, id: TimelineId) -> Result<(), String> {
        let nth = self.find(id)?;
        if nth == self.at {
            return Err(format!("timeline {id} is the one that is shown"));
        }
        self.timelines.remove(nth);
        self.at -= usize::from(nth < self.at);
        for timeline in &mut self.timelines {
            timeline.origin.take_if(|origin| origin.of == id);
        }
        Ok(())
    }

    fn end(&mut self, line: &EndLine) -> Result<(), String> {
        let at = moment(line.at, "at")?;
        let hash = line.hash.as_deref().map(hash).transpose()?;
        let timeline = self.timeline();
        if at < timeline.reaches {
            return Err("at: it went further before".to_owned());
        }
        (timeline.reaches, timeline.hash) = (at, hash);
        Ok(())
    }
}

/// A command as its verb reads it.
fn request(line: &CommandLine) -> Result<Request<Named>, String> {
    let verb = verb(&line.verb).ok_or_else(|| format!("do: {}", unknown(&line.verb)))?;
    let request = verb.read(line.with.clone());
    let request = request.map_err(|bad| format!("{}: {bad}", line.verb))?;
    match request.is_command() {
        true => Ok(request),
        false => Err(format!("do: {} is no command of a run", line.verb)),
    }
}

fn moment(micros: u64, key: &str) -> Result<Duration, String> {
    let at = Duration::from_micros(micros);
    let is_long = at > RUN_MAX;
    match is_long {
        true => Err(format!(
            "{key}: a run has {} hours at most",
            RUN_MAX.as_secs() / 3_600
        )),
        false => Ok(at),
    }
}

fn hash(text: &str) -> Result<[u8; 32], String> {
    let hash = parse_hex(text);
    hash.map_err(|_| "hash: 64 hexadecimal digits are wanted".to_owned())
}
