//! All keys, from the one table: those of this view first, other views in a line each. In two columns
//! where there is room, else in pages.

use super::dialog::{Dialog, Verdict};
use super::typed::{About, COMMANDS};
use super::window::{self, WindowLine};
use crate::lab::LabView;
use crate::ui::keymap::{
    Action, Group, KeyPress, PAIRS, TABLE, ViewId, ViewKey, by_action, is_of_views,
};
use crate::ui::text::{self, Row};
use crate::ui::viewer::Viewer;
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 124;

/// Columns inside from which on there are two columns of keys.
const WIDE: usize = 100;

/// Columns between the two.
const GAP: usize = 4;

/// Columns of keys, before what they do.
const KEYS: usize = 12;

/// What no key of the table does.
const OTHERS: [(&str, &str); 4] = [
    ("click", "focuses a node, twice: alone; wheel: scrolls"),
    ("Shift-drag", "selects text, as without chainlab"),
    ("in a form", "Tab moves, Enter submits, Esc leaves"),
    ("keys", "are changed in a file: chainlab config"),
];

type SpanLines = Vec<Vec<Span<'static>>>;

/// The help, and its page in sight.
#[derive(Default)]
pub struct Help {
    page: usize,
}

impl Dialog for Help {
    fn key(&mut self, lab: &LabView, viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let area = window::space(viewer.size);
        let last = pages(Scene::new(lab, viewer), area).len() - 1;
        let plain = !key.ctrl && !key.alt;
        let now = self.page.min(last);
        self.page = match key.code {
            KeyCode::Up | KeyCode::PageUp => now.saturating_sub(1),
            KeyCode::Char('k') if plain => now.saturating_sub(1),
            KeyCode::Down | KeyCode::PageDown => (now + 1).min(last),
            KeyCode::Char('j') if plain => (now + 1).min(last),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return Verdict::close(),
        };
        Verdict::stay()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let width = window::inner_width(area, WIDTH);
        let mut pages = pages(scene, area);
        let count = pages.len();
        let at = self.page.min(count - 1);
        let mut keys = vec![("any key", "closes")];
        let mut place = String::new();
        if count > 1 {
            keys.push(("PgUp PgDn", "other pages"));
            place = format!("page {} of {count}", at + 1);
        }
        let bottom = window::keys(theme, width, &keys).spans;
        let place = vec![Span::styled(place, theme.dim())];
        let mut shown: Vec<_> = pages
            .swap_remove(at)
            .into_iter()
            .map(WindowLine::new)
            .collect();
        if count > 1 {
            // The box does not change its height while one turns pages.
            shown.resize_with(window::inner_height(area), || WindowLine::new(Vec::new()));
        }
        shown.push(WindowLine::new(text::ends(bottom, place, width).spans));
        window::render(frame, area, theme, "keys", WIDTH, shown);
    }
}

/// Everything there is to read, a page after the other.
fn pages(scene: Scene<'_>, area: Rect) -> Vec<SpanLines> {
    let width = window::inner_width(area, WIDTH);
    let room = window::inner_height(area).max(1);
    let all = if width < WIDE {
        column(scene, BELOW, width)
    } else {
        let width = (width - GAP) / 2;
        let [left, right] = COLUMNS.map(|parts| column(scene, parts, width));
        beside(left, right, width + GAP)
    };
    let mut pages = vec![SpanLines::new()];
    for line in all {
        // No page begins with the air between two parts.
        match pages.last_mut() {
            Some(page) if page.len() < room => page.push(line),
            _ if line.is_empty() => {}
            _ => pages.push(vec![line]),
        }
    }
    pages
}

/// Parts below each other.
fn column(scene: Scene<'_>, parts: &[Part], width: usize) -> SpanLines {
    let mut all = SpanLines::new();
    // The notes are no view of the lab.
    let stage = &scene.viewer.stage;
    let moves_time = by_action(Action::TimeStep);
    let is_shown = |part: &&Part| match part {
        Part::Time => stage.offers(scene.lab, moves_time),
        part => !(stage.has_notes && part.is_of_views()),
    };
    for part in parts.iter().filter(is_shown) {
        if !all.is_empty() {
            all.push(Vec::new());
        }
        all.extend(part.lines(scene, width));
    }
    all
}

/// Two columns, the second this far to the right.
fn beside(left: SpanLines, right: SpanLines, indent: usize) -> SpanLines {
    let count = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let pair = |_| {
        let mut line = left.next().unwrap_or_default();
        let gap = indent.saturating_sub(text::width(&line));
        line.push(Span::raw(" ".repeat(gap)));
        line.extend(right.next().unwrap_or_default());
        line
    };
    (0..count).map(pair).collect()
}

/// What stands under a heading of its own.
#[derive(Clone, Copy)]
enum Part {
    /// Keys of the view that is shown.
    Here,
    /// Keys that change something, in whatever view.
    Act,
    /// Keys and commands that move in time, where that is virtual.
    Time,
    /// All others that do the same in every view.
    Everywhere,
    /// The other views, a line each.
    Views,
    /// What no key of the table does.
    Others,
}

/// The left column and the right one.
const COLUMNS: [&[Part]; 2] = [
    &[Part::Here, Part::Time, Part::Everywhere],
    &[Part::Act, Part::Views, Part::Others],
];

/// Where there is one column.
const BELOW: &[Part] = &[
    Part::Here,
    Part::Time,
    Part::Act,
    Part::Everywhere,
    Part::Views,
    Part::Others,
];

impl Part {
    fn is_of_views(self) -> bool {
        matches!(self, Self::Here | Self::Views)
    }

    fn lines(self, scene: Scene<'_>, width: usize) -> SpanLines {
        let title = match self {
            Self::Here => format!("in this view: {}", scene.viewer.in_front().name()),
            Self::Act => Group::Act.title().to_owned(),
            Self::Time => "time".to_owned(),
            Self::Everywhere => "everywhere".to_owned(),
            Self::Views => "other views".to_owned(),
            Self::Others => "besides".to_owned(),
        };
        let mut lines = vec![vec![Span::styled(title, scene.viewer.theme.strong())]];
        match self {
            Self::Here => {
                let offered = |key: &&ViewKey| {
                    let mut actions = key.actions.iter();
                    actions.any(|action| scene.viewer.stage.offers(scene.lab, by_action(*action)))
                };
                for key in scene.viewer.in_front().keys().iter().filter(offered) {
                    let keys = scene.viewer.keymap.keys_for(key.actions);
                    lines.extend(explained(scene, &keys, key.does, width));
                }
            }
            Self::Act => {
                lines.extend(listed(scene, |group| group == Group::Act, width));
                lines.extend(typed(scene, About::Program, width));
            }
            Self::Time => {
                lines.extend(listed(scene, |group| group == Group::Time, width));
                lines.extend(typed(scene, About::Time, width));
            }
            Self::Everywhere => {
                let is_wanted = |group| !matches!(group, Group::Act | Group::Time);
                lines.extend(listed(scene, is_wanted, width));
            }
            Self::Views => {
                let others = ViewId::ALL
                    .iter()
                    .filter(|view| **view != scene.viewer.in_front());
                lines.extend(others.map(|view| brief(scene, *view, width)));
            }
            Self::Others => {
                for (what, does) in OTHERS {
                    lines.extend(explained(scene, what, does, width));
                }
                lines.extend(explained(scene, "also", &alternatives(scene), width));
            }
        }
        lines
    }
}

/// What keys do that do it in every view: those of groups like this.
fn listed(scene: Scene<'_>, is_wanted: fn(Group) -> bool, width: usize) -> SpanLines {
    let mut lines = SpanLines::new();
    let pair_of = |action: Action| PAIRS.iter().find(|pair| pair.actions.contains(&action));
    for entry in TABLE {
        let is_elsewhere = !scene.viewer.stage.has_notes && is_of_views(entry.action);
        if !is_wanted(entry.group) || is_elsewhere || !scene.viewer.stage.offers(scene.lab, entry) {
            continue;
        }
        match pair_of(entry.action) {
            None => {
                let mut keys = scene.viewer.keymap.keys_of(entry.action).join(" ");
                if keys.is_empty() {
                    keys = format!(":{}", entry.id);
                }
                lines.extend(explained(scene, &keys, entry.does_in(scene.lab), width));
            }
            Some(pair) if pair.actions.first() == Some(&entry.action) => {
                let keys = scene.viewer.keymap.keys_for(pair.actions);
                lines.extend(explained(scene, &keys, pair.does, width));
            }
            Some(_) => {}
        }
    }
    lines
}

/// What the palette's commands about this do, where they mean something.
fn typed(scene: Scene<'_>, about: About, width: usize) -> SpanLines {
    let (lab, focus) = (scene.lab, scene.viewer.focus);
    let fit = COMMANDS
        .iter()
        .filter(|command| command.about == about && command.fits(lab, focus));
    let lines = fit
        .flat_map(|command| explained(scene, &format!(":{}", command.name), command.does, width));
    lines.collect()
}

/// Keys of views that have others which do the same.
fn alternatives(scene: Scene<'_>) -> String {
    let all = TABLE.iter().filter(|entry| is_of_views(entry.action));
    let keys = all.map(|entry| scene.viewer.keymap.keys_of(entry.action));
    let several = keys.filter(|keys| keys.len() > 1);
    let several: Vec<_> = several.map(|keys| keys.join(" ")).collect();
    several.join("  ")
}

/// A view in one line: its keys, as many as fit.
fn brief(scene: Scene<'_>, view: ViewId, width: usize) -> Vec<Span<'static>> {
    let name = format!("{:<KEYS$}", view.name());
    let mut row = Row::new();
    let is_named = |key: &&ViewKey| !key.short.is_empty();
    for (rank, key) in (0..).zip(view.keys().iter().filter(is_named)) {
        let keys = scene.viewer.keymap.keys_for(key.actions);
        let keys = Span::styled(keys, scene.viewer.theme.key());
        let short = Span::styled(format!(" {}", key.short), scene.viewer.theme.text());
        row = row.part(rank, 2, vec![keys, short]);
    }
    let mut line = vec![Span::styled(name, scene.viewer.theme.text())];
    line.extend(row.fit_spans(width.saturating_sub(KEYS)));
    line
}

/// A key and what it does, on as many lines as that takes.
fn explained(scene: Scene<'_>, keys: &str, does: &str, width: usize) -> SpanLines {
    let mut lines = SpanLines::new();
    let mut label = keys.to_owned();
    // Keys that were changed may take more than their columns.
    if label.chars().count() >= KEYS {
        lines.push(vec![Span::styled(label, scene.viewer.theme.key())]);
        label = String::new();
    }
    for words in window::wrap(does, width.saturating_sub(KEYS)) {
        lines.push(vec![
            Span::styled(format!("{label:<KEYS$}"), scene.viewer.theme.key()),
            Span::styled(words, scene.viewer.theme.text()),
        ]);
        label.clear();
    }
    lines
}
