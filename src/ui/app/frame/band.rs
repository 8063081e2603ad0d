//! The band for captions, in a lab with a script: it has its lines from the first frame to the last,
//! so that nothing moves when a caption comes.
//!
//! ```text
//!  ▀█▀        ▐▌                 the title of the step, with --big
//!   █ █▗▐▌▟▀▙ ▜▛▘▐▌▐▛▜▖▗▛▀▘
//!  Both halves mine on: two tips, and neither half knows of the other's.
//! ```
//!
//! When the story is over its last line is the end card.

use super::letters;
use crate::lab::LabView;
use crate::lab::script::{ScriptView, StepState, StepView};
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row};
use crate::ui::theme::Theme;
use crate::ui::viewer::{Seat, Viewer};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Lines that a caption takes at most.
const NOTE_LINES: usize = 2;

/// Columns beside a caption: a space at both ends, and one at the edge.
const SIDES: usize = 3;

/// Screens that are smaller have no room for large letters.
const LARGE: (u16, u16) = (80, 24);

/// Lines of the band: none in a lab without a script, else as many as its captions need on a screen
/// of this size.
pub fn rows(lab: &LabView, viewer: &Viewer, size: (u16, u16)) -> u16 {
    let Some(script) = &lab.script else {
        return 0;
    };
    title_rows(script, viewer, size) + note_rows(script, size)
}

fn note_rows(script: &ScriptView, size: (u16, u16)) -> u16 {
    let room = usize::from(size.0).saturating_sub(SIDES);
    let notes = script.steps.iter().filter_map(|step| step.note.as_deref());
    let is_long = |note: &str| note.chars().count() > room;
    let needs_two = size.1 >= LARGE.1 && notes.clone().any(is_long);
    if needs_two { 2 } else { 1 }
}

fn title_rows(script: &ScriptView, viewer: &Viewer, size: (u16, u16)) -> u16 {
    let has_titles = script.steps.iter().any(|step| step.title.is_some());
    match viewer.stage.is_big && has_titles {
        false => 0,
        true if has_letters(viewer, size) => letters::LINES,
        true => 1,
    }
}

fn has_letters(viewer: &Viewer, size: (u16, u16)) -> bool {
    !viewer.theme.ascii && size.0 >= LARGE.0 && size.1 >= LARGE.1
}

/// Draws the band. What stands in it is of the lab as it is now, also while the screen is held.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, script: &ScriptView) {
    let size = (frame.area().width, frame.area().height);
    let title_rows = title_rows(script, scene.viewer, size).min(area.height);
    let title = Rect {
        height: title_rows,
        ..area
    };
    let mut note = Rect {
        y: area.y + title_rows,
        height: area.height - title_rows,
        ..area
    };
    if let Some(words) = shown_step(scene, script).and_then(|step| step.title.as_deref()) {
        render_title(frame, title, scene, words);
    }
    let is_by_hand = scene.caption.is_some() && shown_step(scene, script).is_none();
    let has_room = note.height > 1 || !is_by_hand;
    // Keys are those of the picture that is held, where the story is not over yet.
    if scene.viewer.stage.has_card(script) && !scene.is_held && has_room {
        let last = Rect {
            y: note.bottom().saturating_sub(1),
            height: 1,
            ..note
        };
        note.height = note.height.saturating_sub(1);
        frame.render_widget(card(scene, script, last.width), last);
    }
    render_note(frame, note, scene);
}

/// The step whose caption is up, if it is not one that was written by hand since.
fn shown_step<'a>(scene: Scene<'_>, script: &'a ScriptView) -> Option<&'a StepView> {
    let step = script.steps.get(script.caption()?)?;
    let note = step.note.as_deref().filter(|note| !note.is_empty());
    (note == scene.caption).then_some(step)
}

/// Draws a title in large letters, or as large as they can be.
pub fn render_title(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, words: &str) {
    let spaced = || letters::spaced(words, usize::from(area.width).saturating_sub(2));
    render_large(frame, area, scene, words, spaced);
}

/// Draws a figure in large letters, or as it is.
pub fn render_figure(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, figure: &str) {
    render_large(frame, area, scene, figure, || figure.to_owned());
}

fn render_large(
    frame: &mut Frame<'_>,
    area: Rect,
    scene: Scene<'_>,
    words: &str,
    or: impl FnOnce() -> String,
) {
    let room = usize::from(area.width).saturating_sub(2);
    let has_room = area.height >= letters::LINES && !scene.theme.ascii;
    let large = has_room.then(|| letters::large(words, room)).flatten();
    put(
        frame,
        area,
        large.unwrap_or_else(|| vec![or()]),
        scene.theme.strong(),
    );
}

fn render_note(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let Some(caption) = scene.caption else {
        return;
    };
    let room = usize::from(area.width).saturating_sub(SIDES);
    let style = match scene.viewer.stage.is_big {
        true => scene.theme.strong(),
        false => scene.theme.chosen(),
    };
    let lines = lines(
        caption,
        room,
        usize::from(area.height).min(NOTE_LINES),
        scene.theme,
    );
    let padded = lines
        .into_iter()
        .map(|line| match scene.viewer.stage.is_big {
            true => line,
            false => format!(" {line} "),
        });
    put(frame, area, padded.collect(), style);
}

/// Words on so many lines at most; what is left out leaves a mark.
pub fn lines(words: &str, room: usize, count: usize, theme: Theme) -> Vec<String> {
    let mut lines = text::wrap(words, room);
    if (1..lines.len()).contains(&count) {
        let rest = lines.split_off(count - 1).join(" ");
        let kept = text::clip(vec![Span::raw(rest)], room, theme.cut());
        lines.push(kept.iter().map(|span| &*span.content).collect());
    }
    lines
}

/// Draws lines, a column from the edge.
fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<String>, style: Style) {
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        let at = Rect {
            y,
            height: 1,
            ..area
        };
        let spans = vec![Span::raw(" "), Span::styled(line, style)];
        frame.render_widget(Line::from(spans), at);
    }
}

/// That the story is over, and what can be done then, in so many columns.
pub fn card(scene: Scene<'_>, script: &ScriptView, room: u16) -> Line<'static> {
    let theme = scene.theme;
    let is_failed = |step: &StepView| matches!(step.state, StepState::Failed(_));
    let words = match script.steps.iter().position(is_failed) {
        Some(at) => format!(" the end: step {} has failed ", at + 1),
        None => " the end ".to_owned(),
    };
    let mut row = Row::new().text(0, 0, words, theme.chosen());
    let keys = [
        (1, 2, Action::ScriptRestart, "plays it again"),
        (2, 3, Action::ScriptNext, "goes on by hand"),
    ];
    let is_audience = scene.viewer.stage.seat == Seat::Audience;
    for (rank, gap, action, does) in keys.into_iter().filter(|_| !is_audience) {
        let key = Span::styled(scene.viewer.keymap.key_of(action), theme.key());
        row = row.part(rank, gap, vec![key, Span::raw(format!(" {does}"))]);
    }
    let mut spans = vec![Span::raw(" ")];
    spans.extend(row.fit_spans(usize::from(room).saturating_sub(2)));
    Line::from(spans)
}
