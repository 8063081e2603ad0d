//! The lines of the lab: what happened to each of its nodes, and on demand what they said, by time.

use crate::lab::LabView;
use crate::lab::observe::transcript::Spoken;
use crate::node::io::words::{Piece, Tone};
use crate::node::{NodeIx, Time};
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::widgets::message;
use crate::ui::widgets::pieces::wrap;
use crate::ui::widgets::scene::Scene;
use log::LevelFilter;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Columns of a node's name.
const NAME: usize = 12;

/// The moment and the node of a line: by these it keeps its place while others come and go.
type LineKey = (Time, NodeIx);

/// A line that was not put into words yet.
struct RawLine<'a> {
    place: LineKey,
    what: Source<'a>,
}

enum Source<'a> {
    /// The nth line of the node's log.
    Log(usize),
    /// A message.
    Said(&'a Spoken),
}

/// The lowest line in sight; `None`: the newest, whichever that is.
#[derive(Clone, Copy, Default)]
pub(super) struct Scroll(Option<LineKey>);

/// What of the lab is shown.
pub(super) struct Shown<'a> {
    scene: Scene<'a>,
    level: LevelFilter,
    entries: Vec<RawLine<'a>>,
}

impl<'a> Shown<'a> {
    /// From this level on, of nodes with this in their names: of each of them, and of the messages, at
    /// `most` so many of the newest. A frame that follows has no need to sort what is above its edge.
    pub fn new(scene: Scene<'a>, level: LevelFilter, filter: &str, most: usize) -> Self {
        let lab = scene.lab;
        let mut entries = Vec::new();
        for (ix, node) in lab.nodes.iter().enumerate() {
            if !node.name.contains(filter) {
                continue;
            }
            let ix = NodeIx(ix);
            let times = node.log.times().enumerate().rev();
            let times = times.filter(|(nth, _)| matters(lab, ix, *nth, level));
            let times = times.take(most);
            entries.extend(times.map(|(nth, at)| RawLine {
                place: (at, ix),
                what: Source::Log(nth),
            }));
        }
        if level >= LevelFilter::Trace {
            let said = lab.transcript.newest().filter_map(|said| {
                let ix = teller(said)?;
                let is_wanted = lab.node(ix)?.name.contains(filter);
                is_wanted.then_some(RawLine {
                    place: (said.at(), ix),
                    what: Source::Said(said),
                })
            });
            entries.extend(said.take(most));
        }
        // Of one moment and node the later line comes last.
        entries.reverse();
        entries.sort_by_key(|entry| entry.place);
        Self {
            scene,
            level,
            entries,
        }
    }

    /// The lowest lines down to where one is, as many as fit.
    pub fn lines(&self, scroll: Scroll, room: usize, height: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for entry in self.entries[..self.below(scroll)].iter().rev() {
            if lines.len() >= height {
                break;
            }
            lines.extend(self.entry_lines(entry, room).into_iter().rev());
        }
        lines.truncate(height);
        lines.reverse();
        if lines.is_empty() {
            let words = match self.level {
                LevelFilter::Warn => "nothing went wrong",
                _ => "nothing happened yet",
            };
            lines.push(Line::styled(format!(" {words}"), self.scene.theme.dim()));
        }
        lines
    }

    /// How many entries there are down to where one is.
    fn below(&self, Scroll(place): Scroll) -> usize {
        match place {
            None => self.entries.len(),
            Some(place) => self.entries.partition_point(|entry| entry.place <= place),
        }
    }

    /// Where a key leads, in a list of so many lines.
    pub fn step(&self, scroll: Scroll, action: Action, height: usize) -> Scroll {
        let (count, now) = (self.entries.len(), self.below(scroll));
        let least = height.min(count);
        let to = match action {
            // Lines of one moment and node are gone over together.
            Action::Up => {
                let place = now.checked_sub(1).map(|last| self.entries[last].place);
                self.entries
                    .partition_point(|entry| Some(entry.place) < place)
            }
            Action::Down => now + 1,
            Action::PageUp => now.saturating_sub(height.max(1)),
            Action::PageDown => now + height.max(1),
            Action::First => 0,
            _ => count,
        };
        let to = to.max(least);
        let place = to.checked_sub(1).and_then(|last| self.entries.get(last));
        Scroll(place.filter(|_| to < count).map(|entry| entry.place))
    }

    fn entry_lines(&self, entry: &RawLine<'_>, room: usize) -> Vec<Line<'static>> {
        let (scene, theme) = (self.scene, self.scene.theme);
        let (at, ix) = entry.place;
        let name = text::short_name(scene.name(ix), NAME, theme.cut());
        let (tone, pieces, mark) = match &entry.what {
            Source::Log(nth) => {
                let node = scene.lab.node(ix);
                let Some(line) = node.and_then(|node| node.log.line(*nth, &node.name)) else {
                    return Vec::new();
                };
                (line.tone, line.pieces, mark(line.tone))
            }
            Source::Said(said) => (Tone::Plain, Vec::from([said_words(scene, said)]), "trace"),
        };
        let style = match entry.what {
            Source::Log(_) => scene.tone(tone),
            Source::Said(_) => theme.dim(),
        };
        let head = vec![
            Span::styled(format!(" {} ", scene.moment(at)), theme.dim()),
            Span::styled(mark, style),
            Span::styled(format!(" {name:<NAME$} "), theme.strong()),
        ];
        hung(scene, head, &pieces, style, room)
    }
}

impl Scroll {
    /// Whether one is at a line of a later time than this.
    pub fn is_after(self, now: Time) -> bool {
        self.0.is_some_and(|(at, _)| at > now)
    }

    /// Whether what is new comes into sight.
    pub fn follows(self) -> bool {
        self.0.is_none()
    }
}

/// Words behind a head, and below each other where they need more than one line.
fn hung(
    scene: Scene<'_>,
    head: Vec<Span<'static>>,
    pieces: &[Piece],
    style: Style,
    room: usize,
) -> Vec<Line<'static>> {
    let indent = text::width(&head);
    let mut head = Some(head);
    let rows = wrap(pieces.iter(), room.saturating_sub(indent));
    let rows = rows.into_iter().map(|row| {
        let blank = || vec![Span::raw(" ".repeat(indent))];
        let mut spans = head.take().unwrap_or_else(blank);
        spans.extend(scene.pieces(row, style));
        Line::from(spans)
    });
    rows.collect()
}

/// Whether a line is of this level or above it.
fn matters(lab: &LabView, ix: NodeIx, nth: usize, level: LevelFilter) -> bool {
    if level > LevelFilter::Warn {
        return true;
    }
    let node = lab.node(ix);
    let line = node.and_then(|node| node.log.line(nth, &node.name));
    line.is_some_and(|line| matches!(line.tone, Tone::Warn | Tone::Bad))
}

fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "error",
        Tone::Warn => "warn ",
        Tone::Plain | Tone::Good => "     ",
    }
}

/// Whose line a message is: the sender's, if that is a node of the lab.
fn teller(said: &Spoken) -> Option<NodeIx> {
    said.from.node().or(said.to.node())
}

/// A message in words: `says inv #12 [a9] to wallet`.
fn said_words(scene: Scene<'_>, said: &Spoken) -> Piece {
    let name = |party| message::name_of(scene.lab, party);
    let is_sent = said.from.node().is_some();
    let about = message::about(scene, said, scene.theme.dim());
    let about: String = about.iter().map(|span| &*span.content).collect();
    let about = match about.is_empty() {
        true => about,
        false => format!(" {about}"),
    };
    Piece::Text(match is_sent {
        true => format!("says {}{about} to {}", said.command(), name(&said.to)),
        false => format!("hears {}{about} from {}", said.command(), name(&said.from)),
    })
}
