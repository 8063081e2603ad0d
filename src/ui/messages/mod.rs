//! What nodes say to each other: as a sequence of arrows between columns, as a list, and counted.
//!
//! ```text
//! ╭ messages ──────────────────────────────────────────────────────────────── 1 204, follows ─╮
//! │  Sequence   List   Counts                                                                 │
//! │ time              central            wallet             miner                             │
//! │ +00:39.120           │◄───────── block #12 [a9] ──────────│                       241 ms  │
//! │ +00:39.121           │── inv #12 [a9] ──►│                │                       240 ms  │
//! ╰───────────────────────────────────────────────────────────────────────────────────────────╯
//! ```
//!
//! The newest is below, as in a log. A chosen message opens into what it says, field by field.

mod counts;
mod detail;
mod filter;
mod list;
mod place;
mod sequence;
pub(in crate::ui) mod words;

use super::keymap::Action;
use super::moved::Moved;
use super::state::Effect;
use super::text;
use super::view::scene::Scene;
use crate::lab::LabView;
use crate::lab::observe::transcript::Spoken;
use crate::node::io::words::Tone;
use crate::ui::lines;
use filter::{Filter, item_hash, items};
use place::Place;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// How the conversation is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Sequence,
    List,
    Counts,
}

/// The view, as it is looked at.
#[derive(Default)]
pub struct MessagesPane {
    tab: Tab,
    filter: Filter,
    place: Place,
    is_open: bool,
    /// The first line of the counts that is in sight.
    scrolled: usize,
}

/// Where things are in the view.
struct Parts {
    tabs: Rect,
    head: Rect,
    lines: Rect,
    detail: Option<Rect>,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Sequence, Self::List, Self::Counts];

    fn name(self) -> &'static str {
        match self {
            Self::Sequence => "Sequence",
            Self::List => "List",
            Self::Counts => "Counts",
        }
    }

    fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self);
        Self::ALL[(at.unwrap_or_default() + by) % Self::ALL.len()]
    }
}

impl MessagesPane {
    /// Takes in what the lab shows; says what is to be asked.
    pub fn collect(&mut self, _lab: &LabView) -> Vec<Effect> {
        Vec::new()
    }

    /// Takes a key, in an area of this size.
    pub fn act(&mut self, lab: &LabView, action: Action, area: Rect) -> Moved {
        let mut moved = Moved::default();
        match action {
            Action::Back => moved.is_over = !self.back(),
            Action::Left | Action::TabLeft => self.go_to(self.tab.step(Tab::ALL.len() - 1)),
            Action::Right | Action::TabRight => self.go_to(self.tab.step(1)),
            Action::Find if self.tab == Tab::Counts => {
                let words = "the counts are of all that was said: they have no filter";
                moved.said = Some((Tone::Warn, words.to_owned()));
            }
            Action::Find => moved.filter = Some(self.filter.text().to_owned()),
            Action::Open => self.open(lab),
            Action::Copy => {
                let item = self.chosen(lab).and_then(|said| items(said).next());
                moved.copied = item.map(|item| ("the hash".to_owned(), item_hash(&item)));
            }
            action if self.tab == Tab::Counts => self.scroll(lab, action, area),
            action => {
                let all = self.numbers(lab);
                let height = usize::from(self.parts(lab, area).lines.height);
                self.place.step(&all, height, action);
            }
        }
        moved
    }

    /// Takes a click.
    pub fn click(&mut self, lab: &LabView, at: Position, area: Rect) -> Moved {
        let lines = self.parts(lab, area).lines;
        if self.tab != Tab::Counts && lines.contains(at) {
            let all = self.numbers(lab);
            let up = usize::from(lines.bottom() - 1 - at.y);
            self.place.choose(&all, up);
        }
        Moved::default()
    }

    /// Shows only what fits a filter.
    pub fn set_filter(&mut self, filter: &str) {
        self.filter = Filter::new(filter);
    }

    /// Whether it shows counts, in which nothing can be opened or filtered.
    pub fn is_counted(&self) -> bool {
        self.tab == Tab::Counts
    }

    /// Whether something on it moves, so that the next frame is another one.
    pub fn is_moving(&self, _lab: &LabView) -> bool {
        false
    }

    fn go_to(&mut self, tab: Tab) {
        (self.tab, self.scrolled) = (tab, 0);
    }

    /// Goes up one level, if there is one.
    fn back(&mut self) -> bool {
        if self.is_open {
            self.is_open = false;
            return true;
        }
        if !self.place.follows() {
            self.place = Place::default();
            return true;
        }
        let had_filter = !self.filter.text().is_empty();
        if had_filter {
            self.set_filter("");
        }
        had_filter
    }

    /// Opens the chosen message, which stays chosen then; again: closes it.
    fn open(&mut self, lab: &LabView) {
        if self.tab == Tab::Counts {
            return;
        }
        self.is_open = !self.is_open;
        if self.is_open && self.place.chosen.is_none() {
            let all = self.numbers(lab);
            self.place.choose(&all, 0);
        }
    }

    fn scroll(&mut self, lab: &LabView, action: Action, area: Rect) {
        let height = usize::from(self.parts(lab, area).lines.height);
        let last = counts::len(lab).saturating_sub(height);
        let at = self.scrolled;
        let to = match action {
            Action::Up => at.saturating_sub(1),
            Action::Down => at + 1,
            Action::PageUp => at.saturating_sub(height),
            Action::PageDown => at + height,
            Action::First => 0,
            Action::Last => last,
            _ => at,
        };
        self.scrolled = to.min(last);
    }

    /// What is shown, newest first.
    fn shown<'a>(&'a self, lab: &'a LabView) -> impl Iterator<Item = &'a Spoken> {
        let all = lab.transcript.newest();
        all.filter(|said| self.filter.holds(lab, said))
    }

    fn numbers(&self, lab: &LabView) -> Vec<u64> {
        self.shown(lab).map(|said| said.number).collect()
    }

    fn chosen<'a>(&'a self, lab: &'a LabView) -> Option<&'a Spoken> {
        match self.place.chosen {
            Some(number) => lab.transcript.get(number),
            None => self.shown(lab).next(),
        }
    }

    /// Those in sight, oldest first.
    fn in_sight<'a>(&'a self, lab: &'a LabView, height: usize) -> Vec<&'a Spoken> {
        let mut seen: Vec<_> = if self.place.follows() {
            self.shown(lab).take(height).collect()
        } else {
            let all: Vec<_> = self.shown(lab).collect();
            let numbers: Vec<_> = all.iter().map(|said| said.number).collect();
            let low = self.place.low(&numbers);
            // At the oldest there is no less to see than anywhere else.
            let low = low.min(all.len().saturating_sub(height));
            all.into_iter().skip(low).take(height).collect()
        };
        seen.reverse();
        seen
    }

    fn parts(&self, lab: &LabView, area: Rect) -> Parts {
        let inner = Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        };
        let line = |y: u16, height: u16| Rect {
            y: inner.y + y.min(inner.height),
            height: height.min(inner.height.saturating_sub(y)),
            ..inner
        };
        let open = self
            .place
            .chosen
            .and_then(|number| lab.transcript.get(number));
        let open = open.filter(|_| self.is_open && self.tab != Tab::Counts);
        let detail = open.map_or(0, |said| {
            detail::lines_of(said, usize::from(inner.width)).min(inner.height / 2)
        });
        let rest = inner.height.saturating_sub(2 + detail);
        Parts {
            tabs: line(0, 1),
            head: line(1, 1),
            lines: line(2, rest),
            detail: (detail > 0).then(|| line(2 + rest, detail)),
        }
    }

    /// Draws it.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let (lab, theme) = (scene.lab, scene.theme);
        let block = Block::bordered()
            .border_set(theme.border())
            .border_style(theme.dim())
            .title(Line::from(self.title(scene, area.width)));
        frame.render_widget(block.title(scene.focus_title()), area);
        let parts = self.parts(lab, area);
        frame.render_widget(self.tabs(scene), parts.tabs);
        let height = usize::from(parts.lines.height);
        let room = usize::from(parts.lines.width);
        let (head, mut lines) = match self.tab {
            Tab::Counts => counts::table(scene, self.scrolled, height, room),
            Tab::Sequence => {
                let seen = self.in_sight(lab, height);
                sequence::diagram(scene, &seen, self.place.chosen, room)
            }
            Tab::List => {
                let seen = self.in_sight(lab, height);
                list::table(scene, &seen, self.place.chosen, room)
            }
        };
        if lines.is_empty() {
            lines.push(Line::styled(self.nothing(scene), theme.dim()));
        }
        frame.render_widget(head, parts.head);
        lines::put(frame.buffer_mut(), parts.lines, lines);
        let open = self
            .place
            .chosen
            .and_then(|number| lab.transcript.get(number));
        if let (Some(area), Some(said)) = (parts.detail, open) {
            detail::render(frame, area, scene, said);
        }
    }

    fn nothing(&self, scene: Scene<'_>) -> String {
        if scene.lab.transcript.is_empty() {
            return "nothing was said yet".to_owned();
        }
        let words = "nothing that was said fits the filter";
        match scene.ui.keymap.key_of(Action::Back) {
            key if key.is_empty() => words.to_owned(),
            key => format!("{words}: {key} drops it"),
        }
    }

    fn title(&self, scene: Scene<'_>, width: u16) -> Vec<Span<'static>> {
        let theme = scene.theme;
        let mut words = " messages".to_owned();
        if !self.filter.text().is_empty() && self.tab != Tab::Counts {
            words += &format!(", \"{}\"", self.filter.text());
        }
        if !self.place.follows() && self.tab != Tab::Counts {
            let key = scene.ui.keymap.key_of(Action::Last);
            words += &format!(", stands still: {key} follows");
        }
        words.push(' ');
        let room = usize::from(width).saturating_sub(2);
        text::clip(vec![Span::styled(words, theme.strong())], room, theme.cut())
    }

    fn tabs(&self, scene: Scene<'_>) -> Line<'static> {
        let tabs = Tab::ALL.map(|tab| {
            let style = match tab == self.tab {
                true => scene.theme.chosen(),
                false => scene.theme.dim(),
            };
            Span::styled(format!(" {} ", tab.name()), style)
        });
        Line::from(tabs.to_vec())
    }
}
