//! The last two lines: what was said, and which keys there are.

use crate::lab::LabView;
use crate::ui::app::state::UiState;
use crate::ui::app::time::told_words;
use crate::ui::keymap::{Action, Entry, TABLE, ViewId, by_action};
use crate::ui::text::{self, Row};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::steps;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

fn caption_span(scene: Scene<'_>) -> Option<Span<'static>> {
    let caption = scene.caption?;
    Some(Span::styled(format!(" {caption} "), scene.theme.chosen()))
}

fn held_span(scene: Scene<'_>) -> Option<Span<'static>> {
    let key = scene.viewer.keymap.key_of(Action::Hold);
    let words = match scene.viewer.stage.has_paused {
        true => format!(" HELD, and the script waits: {key} goes on "),
        false => format!(" HELD: the lab goes on, {key} shows it again "),
    };
    let held = Span::styled(words, scene.theme.chosen());
    scene.is_held.then_some(held)
}

/// Where time is on its way to, or what it stands still at.
fn of_time(scene: Scene<'_>) -> Option<Vec<Span<'static>>> {
    let time = scene.lab.time.as_ref()?;
    let theme = scene.theme;
    if let Some(aim) = &time.on_its_way {
        return Some(vec![Span::styled(
            format!("on its way: {aim}"),
            theme.text(),
        )]);
    }
    let told = scene.told()?;
    Some(vec![Span::styled(told_words(told), theme.strong())])
}

/// Draws the message line: that the screen is held, a caption if it has no line of its own, what
/// was said last; else what time stands still at, what the script waits for, or the hint.
pub fn message(
    frame: &mut Frame<'_>,
    area: Rect,
    scene: Scene<'_>,
    ui: &UiState,
    has_caption: bool,
) {
    let (theme, viewer) = (scene.theme, scene.viewer);
    let mut spans = vec![Span::raw(" ")];
    let caption = caption_span(scene).filter(|_| has_caption);
    let has_caption = caption.is_some();
    for span in held_span(scene).into_iter().chain(caption) {
        spans.push(span);
        spans.push(Span::raw("  "));
    }
    let room = usize::from(area.width);
    let script = scene.lab.script.as_deref();
    let step = script.and_then(|script| steps::line(scene, script, room.saturating_sub(2)));
    match (&ui.message, of_time(scene).or(step), &viewer.spec.hint) {
        (Some(message), ..) => {
            let style = scene.tone(message.tone);
            spans.extend(scene.pieces(message.pieces.iter().cloned(), style));
        }
        _ if scene.is_held => {}
        (None, Some(step), _) => spans.extend(step),
        (None, None, Some(hint)) if !has_caption => {
            spans.push(Span::styled(hint.clone(), theme.text()));
        }
        _ => {}
    }
    let key = ui.last_key.as_ref();
    let key = key.map(|(key, _)| vec![Span::styled(format!(" {key} "), theme.chosen())]);
    let key = key.unwrap_or_default();
    let left = text::clip(
        spans,
        room.saturating_sub(text::width(&key) + 1),
        theme.cut(),
    );
    frame.render_widget(text::ends(left, key, room), area);
}

/// Draws the keys that matter most here. Which, and where each stands, follows from the view and the
/// columns alone; what does nothing now is dim.
pub fn keys(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, ui: &UiState) {
    let view = scene.viewer.in_front();
    let is_virtual = scene.lab.time.is_some();
    let mut row = Row::new().text(0, 0, "", scene.theme.text());
    for entry in TABLE {
        let keys = scene.viewer.keymap.keys_for(beside(entry));
        // Without a key there is nothing to press.
        if let Some(rank) = view
            .footer(entry.action, is_virtual)
            .filter(|_| !keys.is_empty())
        {
            row = row.part(rank, 2, item(scene, ui, entry, keys));
        }
    }
    let spans = row.fit_spans(usize::from(area.width).saturating_sub(2));
    frame.render_widget(Line::from(spans), area);
}

fn item(scene: Scene<'_>, ui: &UiState, entry: &Entry, keys: String) -> Vec<Span<'static>> {
    let (lab, theme) = (scene.lab, scene.theme);
    let node = lab.node(scene.viewer.focus);
    let word = match entry.action {
        Action::Kill if node.is_some_and(|node| !node.state.is_up()) => "start",
        Action::Partition if lab.partition.is_some() => "heal",
        Action::Hold => hold_word(lab),
        Action::Find if scene.viewer.in_front() == ViewId::Blocks => "find",
        _ => entry.short,
    };
    // What stands behind a word that changes does not move.
    let columns = match entry.action {
        Action::Kill => "start".len(),
        Action::Partition => "partition".len(),
        Action::Hold => hold_columns(lab),
        _ => 0,
    };
    let (key_style, style) = match ui.is_idle(lab, entry.action) {
        true => (theme.faint(), theme.faint()),
        false => (theme.key(), theme.text()),
    };
    vec![
        Span::styled(keys, key_style),
        Span::styled(format!(" {word:<columns$}"), style),
    ]
}

/// What Space does to the picture, or to time.
pub fn hold_word(lab: &LabView) -> &'static str {
    match &lab.time {
        None => by_action(Action::Hold).short,
        Some(time) if time.is_paused => "resume",
        Some(_) => "pause",
    }
}

fn hold_columns(lab: &LabView) -> usize {
    lab.time.as_ref().map_or(0, |_| "resume".len())
}

/// The actions whose keys stand before one word.
fn beside(entry: &'static Entry) -> &'static [Action] {
    match entry.action {
        Action::Right => &[Action::Left, Action::Right],
        Action::Faster => &[Action::Faster, Action::Slower],
        Action::NextLink => &[Action::NextLink, Action::PreviousLink],
        _ => std::slice::from_ref(&entry.action),
    }
}
