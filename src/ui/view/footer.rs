//! The last two lines: what was said, and which keys there are.

use super::scene::Scene;
use super::steps;
use crate::ui::keymap::{Action, Context, TABLE};
use crate::ui::text::{self, Row};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

fn caption_span(scene: Scene<'_>) -> Option<Span<'static>> {
    let caption = scene.caption?;
    Some(Span::styled(format!(" {caption} "), scene.theme.chosen()))
}

/// Draws the message line: that the screen is held, a caption if it has no line of its own, what
/// was said last; else what the script waits for, or the hint.
pub fn message(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, has_caption: bool) {
    let (theme, ui) = (scene.theme, scene.ui);
    let mut spans = vec![Span::raw(" ")];
    if ui.held.is_some() {
        let key = ui.keymap.key_of(Action::Hold);
        let words = match ui.has_paused() {
            true => format!(" HELD, and the script waits: {key} goes on "),
            false => format!(" HELD: the lab goes on, {key} shows it again "),
        };
        spans.push(Span::styled(words, theme.chosen()));
        spans.push(Span::raw("  "));
    }
    let caption = caption_span(scene).filter(|_| has_caption);
    let has_caption = caption.is_some();
    if let Some(caption) = caption {
        spans.push(caption);
        spans.push(Span::raw("  "));
    }
    let room = usize::from(area.width);
    let script = scene.lab.script.as_deref();
    let step = script.and_then(|script| steps::line(scene, script, room.saturating_sub(2)));
    match (&ui.message, step, &ui.spec.hint) {
        (Some(message), ..) => {
            let style = scene.tone(message.tone);
            spans.extend(scene.pieces(&message.pieces, style));
        }
        _ if ui.held.is_some() => {}
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

/// Draws the keys that matter most here.
pub fn keys(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let context = scene.ui.context();
    let row = TABLE.iter().fold(
        Row::new().text(0, 0, "", scene.theme.text()),
        |row, entry| match entry.footer.iter().find(|(where_, _)| *where_ == context) {
            Some((_, rank)) => {
                let key = match (entry.action, context) {
                    // A pair of keys is one entry.
                    (Action::TabRight, Context::Zoom | Context::Blocks | Context::Messages) => {
                        pair(scene, Action::TabLeft, entry.action)
                    }
                    (Action::Faster, _) => pair(scene, entry.action, Action::Slower),
                    (action, _) => scene.ui.keymap.key_of(action),
                };
                let focused = scene.lab.node(scene.ui.focus);
                let is_up = focused.is_none_or(|node| node.state.is_up());
                let short = match entry.action {
                    Action::Kill if !is_up => "start",
                    Action::Partition if scene.lab.partition.is_some() => "unite",
                    Action::Find if context == Context::Blocks => "find",
                    _ => entry.short,
                };
                let spans = vec![
                    Span::styled(key, scene.theme.key()),
                    Span::raw(format!(" {short}")),
                ];
                row.part(*rank, 2, spans)
            }
            None => row,
        },
    );
    let mut line = Line::from(vec![Span::raw("")]);
    line.spans
        .extend(row.fit_spans(usize::from(area.width).saturating_sub(2)));
    // The row begins with a gap of two; one column is enough.
    frame.render_widget(line, Rect { x: area.x, ..area });
}

fn pair(scene: Scene<'_>, one: Action, other: Action) -> String {
    let keymap = &scene.ui.keymap;
    format!("{} {}", keymap.key_of(one), keymap.key_of(other))
}
