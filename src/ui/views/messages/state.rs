//! The view as it is looked at: the tab, the filter, and where one is in it.

use super::filter::Filter;
use super::place::Place;
use super::{counts, detail, list, sequence};
use crate::lab::LabView;
use crate::lab::observe::transcript::Spoken;
use crate::node::Time;
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::viewer::{DialogId, Effect, Outcome};
use crate::ui::views::view::View;
use crate::ui::widgets::lines;
use crate::ui::widgets::message::{item_hash, items};
use crate::ui::widgets::scene::Scene;
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
pub struct MessagesView {
    tab: Tab,
    filter: Filter,
    place: Place,
    is_open: bool,
    /// The first line of the counts that is in sight.
    scrolled: usize,
    /// When the message was heard of by which one's place is known.
    anchored: Option<Time>,
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

impl View for MessagesView {
    fn collect(&mut self, scene: Scene<'_>, _: Option<Rect>) -> Vec<Effect> {
        self.anchor(scene.lab);
        Vec::new()
    }

    fn act(&mut self, scene: Scene<'_>, action: Action, area: Rect) -> Outcome {
        let lab = scene.lab;
        let mut outcome = Outcome::default();
        match action {
            Action::Back => outcome.is_over = !self.back(),
            Action::Left | Action::TabLeft => self.go_to(self.tab.step(Tab::ALL.len() - 1)),
            Action::Right | Action::TabRight => self.go_to(self.tab.step(1)),
            Action::Open => self.open(lab),
            Action::Copy => {
                let item = self.chosen(lab).and_then(|said| items(said).next());
                outcome.copied = item.map(|item| ("the hash".to_owned(), item_hash(&item)));
            }
            action if self.tab == Tab::Counts => self.scroll(lab, action, area),
            action => {
                let all = self.numbers(lab);
                let height = usize::from(self.parts(lab, area).lines.height);
                self.place.step(&all, height, action);
            }
        }
        self.anchor(lab);
        outcome
    }

    fn click(&mut self, scene: Scene<'_>, at: Position, area: Rect) -> Outcome {
        let lines = self.parts(scene.lab, area).lines;
        if self.tab != Tab::Counts && lines.contains(at) {
            let all = self.numbers(scene.lab);
            let up = usize::from(lines.bottom() - 1 - at.y);
            self.place.choose(&all, up);
            self.anchor(scene.lab);
        }
        Outcome::default()
    }

    fn finds(&self) -> Result<DialogId, String> {
        match self.tab {
            Tab::Counts => {
                Err("the counts are of all that was said: they have no filter".to_owned())
            }
            Tab::Sequence | Tab::List => Ok(DialogId::Filter(self.filter.text().to_owned())),
        }
    }

    fn set_filter(&mut self, filter: &str) {
        self.filter = Filter::new(filter);
    }

    /// In counts nothing can be opened or filtered.
    fn is_idle(&self, action: Action) -> bool {
        self.tab == Tab::Counts && matches!(action, Action::Open | Action::Find)
    }

    fn restart(&mut self) {
        *self = Self::default();
    }

    /// Numbers of what was said later are given again.
    fn went_back(&mut self, lab: &LabView) {
        let anchor = self.place.anchor();
        if anchor.is_some_and(|number| Self::anchored_at(lab, number) != self.anchored) {
            (self.place, self.is_open) = (Place::default(), false);
        }
        self.scrolled = self.scrolled.min(counts::len(lab).saturating_sub(1));
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
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
}

impl MessagesView {
    /// Remembers by what one's place is known.
    fn anchor(&mut self, lab: &LabView) {
        let anchor = self.place.anchor();
        self.anchored = anchor.and_then(|number| Self::anchored_at(lab, number));
    }

    /// When a message was heard of first, as long as it is remembered.
    fn anchored_at(lab: &LabView, number: u64) -> Option<Time> {
        lab.transcript.get(number).map(Spoken::at)
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

    fn nothing(&self, scene: Scene<'_>) -> String {
        if scene.lab.transcript.is_empty() {
            return "nothing was said yet".to_owned();
        }
        let words = "nothing that was said fits the filter";
        match scene.viewer.keymap.key_of(Action::Back) {
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
            let key = scene.viewer.keymap.key_of(Action::Last);
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
