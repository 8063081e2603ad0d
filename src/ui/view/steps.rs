//! The steps of a script: in a box beside the blocks on their way, or the one that is on in a line.
//!
//! ```text
//! ╭ script ─────────────────────────────────────╮
//! │ ✓ send 1 from alice to carol                │
//! │ ▶ mine a block on miner; expect height >= 3 │
//! │ · kill miner                                │
//! ```
//!
//! Titles are cut between words: half a number would be another number.

use super::scene::Scene;
use crate::lab::script::{ScriptView, StepState, StepView};
use crate::ui::text;
use crate::ui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

/// Draws the box.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, script: &ScriptView) {
    let theme = scene.theme;
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(" script ", theme.strong()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let (room, rows) = (usize::from(inner.width), usize::from(inner.height));
    let on = on(script);
    let (mut lines, mut at) = (Vec::new(), 0);
    for (number, step) in script.steps.iter().enumerate() {
        if number == on {
            at = lines.len();
        }
        lines.push(step_line(theme, step, room));
        if let StepState::Failed(why) = &step.state {
            let words = text::wrap(why, room.saturating_sub(4)).into_iter();
            lines.extend(words.map(|words| Line::styled(format!("    {words}"), theme.bad())));
        }
    }
    // What is on stands above the middle, with what comes next below it.
    let first = at
        .saturating_sub(rows.saturating_sub(1) / 2)
        .min(lines.len().saturating_sub(rows));
    let shown: Vec<_> = lines.into_iter().skip(first).take(rows).collect();
    frame.render_widget(Paragraph::new(shown), inner);
}

/// Draws the step that is on.
pub fn render_line(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, script: &ScriptView) {
    let (at, count) = (on(script), script.steps.len());
    let Some(step) = script.steps.get(at) else {
        return;
    };
    let room = usize::from(area.width).saturating_sub(2);
    let lead = format!("step {} of {count}: ", at + 1);
    let (mark, style) = look(scene.theme, &step.state);
    let words = match &step.state {
        StepState::Failed(why) => {
            let both = format!("{lead}{}: {why}", step.what);
            let fits = both.chars().count() + 2 <= room;
            // Why it failed is more than what it was to do.
            if fits { both } else { format!("{lead}{why}") }
        }
        _ => format!("{lead}{}", step.what),
    };
    let words = brief(&words, room.saturating_sub(2), scene.theme.cut());
    let line = Line::styled(format!(" {mark} {words}"), style);
    frame.render_widget(line, area);
}

/// The step that is on, or the last one.
fn on(script: &ScriptView) -> usize {
    let last = script.steps.len().saturating_sub(1);
    script.current().unwrap_or(last)
}

fn step_line(theme: Theme, step: &StepView, room: usize) -> Line<'static> {
    let (mark, style) = look(theme, &step.state);
    let title = brief(&step.what, room.saturating_sub(2), theme.cut());
    Line::styled(format!("{mark} {title}"), style)
}

/// A mark for each state: colours alone are not seen by everybody.
fn look(theme: Theme, state: &StepState) -> (&'static str, Style) {
    match state {
        StepState::Waiting => (theme.waiting(), theme.dim()),
        StepState::Running => (theme.pointer(), theme.strong()),
        StepState::Done => (theme.done(), theme.good()),
        StepState::Skipped => (theme.done(), theme.dim()),
        StepState::Failed(_) => (theme.failed(), theme.bad()),
    }
}

/// As many whole words as there is room for.
fn brief(words: &str, room: usize, mark: &str) -> String {
    if words.chars().count() <= room {
        return words.to_owned();
    }
    let mut kept = String::new();
    for word in words.split(' ') {
        let length = kept.chars().count() + word.chars().count() + 1;
        // The mark, and a space before it.
        if length + 2 > room {
            break;
        }
        kept.push_str(word);
        kept.push(' ');
    }
    kept + mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_or_not_there() {
        assert_eq!(brief("send 1.25 coins", 15, "…"), "send 1.25 coins");
        assert_eq!(brief("send 1.25 coins", 14, "…"), "send 1.25 …");
        assert_eq!(brief("send 1.25 coins", 10, "…"), "send …");
        assert_eq!(brief("send 1.25 coins", 3, "…"), "…");
    }
}
