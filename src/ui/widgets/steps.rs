//! The steps of a script in words: all of them in a list, and on the message line what the one that
//! is on waits for.
//!
//! ```text
//!  step 9 of 11, heal: waits for height@lima >= 7, it is 6   n does it now
//! ```
//!
//! Lines are cut between words: half a number would be another number.

use super::scene::Scene;
use crate::lab::script::{ScriptView, StepState, StepView};
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::theme::Theme;
use crate::ui::viewer::Seat;
use ratatui::style::Style;
use ratatui::text::Span;

/// What a script waits for if that is the presenter.
const PRESENTER: &str = "n";

type Spans = Vec<Span<'static>>;

/// All steps, a line each, with more below the one that is on and those that have failed; and the
/// place of the one that is on.
pub fn list(scene: Scene<'_>, script: &ScriptView, room: usize) -> (Vec<Spans>, usize) {
    let theme = scene.theme;
    let on = on(script);
    let (mut lines, mut at) = (Vec::new(), 0);
    for (number, step) in script.steps.iter().enumerate() {
        let (mark, style) = look(theme, &step.state);
        let late = if step.is_late { " (late)" } else { "" };
        let words = format!("{}{late}", step.what);
        let words = brief(&words, room.saturating_sub(2), theme.cut());
        if number == on {
            at = lines.len();
        }
        lines.push(vec![Span::styled(format!("{mark} {words}"), style)]);
        let more = match &step.state {
            StepState::Failed(why) => Some((why.to_string(), theme.bad())),
            _ if number == on => waits(scene, script).map(|words| (words, theme.text())),
            _ => None,
        };
        if let Some((words, style)) = more {
            let below = text::wrap(&words, room.saturating_sub(4)).into_iter();
            lines.extend(below.map(|words| vec![Span::styled(format!("    {words}"), style)]));
        }
    }
    (lines, at)
}

/// Which step is on, and what it waits for; nothing once all are done.
pub fn line(scene: Scene<'_>, script: &ScriptView, room: usize) -> Option<Spans> {
    let theme = scene.theme;
    let at = script.current()?;
    let step = &script.steps[at];
    let lead = format!("step {} of {}", at + 1, script.steps.len());
    let late = if step.is_late { ", late" } else { "" };
    let (after, style) = match &step.state {
        StepState::Failed(why) => (format!(": {why}"), theme.bad()),
        _ => {
            let waits = waits(scene, script);
            (
                waits.map_or_else(String::new, |waits| format!(": {waits}")),
                theme.text(),
            )
        }
    };
    let name = name(step).map_or_else(String::new, |name| format!(", {name}"));
    let whole = format!("{lead}{name}{late}{after}");
    // What it waits for is more than what it is to do.
    let words = match whole.chars().count() <= room {
        true => whole,
        false => brief(&format!("{lead}{late}{after}"), room, theme.cut()),
    };
    let mut spans = vec![Span::styled(words, style)];
    let before = at.checked_sub(1).map(|at| &script.steps[at]);
    let was_late = before.is_some_and(|step| step.is_late) && step.state == StepState::Waiting;
    let was_late =
        was_late.then(|| vec![Span::styled(format!("step {at} came late"), theme.warn())]);
    for more in [was_late, hint(scene, script)].into_iter().flatten() {
        if text::width(&spans) + 3 + text::width(&more) <= room {
            spans.push(Span::raw("   "));
            spans.extend(more);
        }
    }
    Some(spans)
}

/// What the script waits for, in words.
pub fn waits(scene: Scene<'_>, script: &ScriptView) -> Option<String> {
    if script.is_paused {
        return Some("paused".to_owned());
    }
    let what = match script.waits_for.as_deref()? {
        PRESENTER => match scene.viewer.keymap.key_of(Action::ScriptNext) {
            key if key.is_empty() || scene.viewer.stage.seat == Seat::Audience => {
                "the presenter".to_owned()
            }
            key => key,
        },
        what => what.to_owned(),
    };
    Some(format!("waits for {what}"))
}

/// The key that has it go on.
fn hint(scene: Scene<'_>, script: &ScriptView) -> Option<Spans> {
    let viewer = scene.viewer;
    let (action, does) = match script.waits_for.as_deref() {
        _ if viewer.stage.seat == Seat::Audience || script.is_over() => return None,
        // In virtual time that key stops time, and not the script.
        _ if script.is_paused && viewer.stage.pauses() && scene.lab.time.is_none() => {
            (Action::Hold, "goes on")
        }
        _ if script.is_paused => return None,
        Some(PRESENTER) => (Action::ScriptAuto, "has it go on by itself"),
        _ => (Action::ScriptNext, "does it now"),
    };
    let key = viewer.keymap.key_of(action);
    let spans = vec![
        Span::styled(key.clone(), scene.theme.key()),
        Span::styled(format!(" {does}"), scene.theme.dim()),
    ];
    (!key.is_empty()).then_some(spans)
}

/// What a step does, in few words: a caption is not told before it is there, and what it expects is
/// said as what it waits for.
fn name(step: &StepView) -> Option<&str> {
    let does = step.what.split("; expect ").next()?;
    match does {
        _ if does.starts_with("note: ") => Some("a caption"),
        _ if does.starts_with("expect ") => None,
        does => Some(does),
    }
}

/// The step that is on, or the last one.
fn on(script: &ScriptView) -> usize {
    let last = script.steps.len().saturating_sub(1);
    script.current().unwrap_or(last)
}

/// A mark for each state: colours alone are not seen by all.
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
