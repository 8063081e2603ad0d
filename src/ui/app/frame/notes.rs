//! The presenter's own screen: what the audience reads now and next, what to say meanwhile, what the
//! script waits for, and how much time has gone.
//!
//! ```text
//!  partition   notes                                        step 9 of 11
//!
//!  ▟▀▙   ▟▀▙ ▗█     of 1:15 planned
//!  █▗█ █  ▄▛ ▀█     by hand
//!
//!  now   Both halves mine on: two tips, and neither half knows of the other's.
//!
//!  say   Wait until both have seen it. Ask: who will win?
//!
//!  next  The wall falls.
//!
//!  step 9 of 11, heal: waits for height@lima >= 7, it is 6   n does it now
//!  n next   N by itself   r again   Space hold   : commands   ? help   q quit
//! ```

use super::letters;
use super::{band, footer};
use crate::lab::LabView;
use crate::lab::script::{Pace, ScriptView, StepState, StepView};
use crate::ui::app::state::UiState;
use crate::ui::keymap::{Action, by_action};
use crate::ui::text::{self, Row};
use crate::ui::theme::Theme;
use crate::ui::viewer::Seat;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Columns before the words of a part.
const LABEL: u16 = 7;

/// Lines of the caption.
const NOTE_LINES: u16 = 2;

/// Lines of the next caption.
const NEXT_LINES: u16 = 2;

/// Columns of the time in large letters, with a gap.
const TIME: u16 = 28;

/// Draws the whole screen, but for dialogs.
pub fn render(frame: &mut Frame<'_>, scene: Scene<'_>, live: &LabView, ui: &UiState) {
    let area = frame.area();
    let line = |y| Rect::new(0, y, area.width, 1);
    let script = scene.lab.script.as_deref();
    frame.render_widget(head(scene, script, area.width), line(0));
    let body = Rect::new(0, 1, area.width, area.height.saturating_sub(3));
    match script {
        Some(script) => render_story(frame, body, scene, script, live),
        None => {
            let words = "this lab has no script: there is nothing to note";
            let at = Rect::new(0, 2, area.width, 1);
            frame.render_widget(Line::raw(format!(" {words}")), at);
        }
    }
    footer::message(frame, line(area.height.saturating_sub(2)), scene, ui, false);
    frame.render_widget(keys(scene, area.width), line(area.height.saturating_sub(1)));
}

/// Which lab, and how far its story is.
fn head(scene: Scene<'_>, script: Option<&ScriptView>, width: u16) -> Line<'static> {
    let theme = scene.theme;
    let left = Row::new()
        .text(0, 0, format!(" {}", scene.lab.name), theme.strong())
        .text(1, 3, " notes ", theme.chosen());
    let mut right = Row::new();
    if let Some(script) = script {
        let count = script.steps.len();
        right = match script.current() {
            Some(at) => right.text(0, 0, format!("step {} of {count} ", at + 1), theme.strong()),
            None => right.text(0, 0, format!("{count} steps "), theme.strong()),
        };
    }
    let room = usize::from(width);
    text::ends(left.fit_spans(room), right.fit_spans(room), room)
}

fn render_story(
    frame: &mut Frame<'_>,
    area: Rect,
    scene: Scene<'_>,
    script: &ScriptView,
    live: &LabView,
) {
    let longest = longest_said(script, words_room(area));
    // What is to be said comes before large letters.
    let large = letters::LINES + 1;
    let spare = area
        .height
        .saturating_sub(longest.saturating_add(NOTE_LINES + NEXT_LINES + 3));
    let has_titles = script.steps.iter().any(|step| step.title.is_some());
    let mut rest = Rest(area);
    rest.cut(0, 1);
    let time = rest.cut(if spare >= large { letters::LINES } else { 2 }, 1);
    render_time(frame, time, scene, script, live);
    let theme = scene.theme;
    let step = script.caption().map(|at| &script.steps[at]);
    if has_titles && spare >= 2 * large {
        let mut place = rest.cut(letters::LINES, 1);
        place.x += LABEL - 1;
        place.width = place.width.saturating_sub(LABEL - 1);
        if let Some(title) = step.and_then(|step| step.title.as_deref()) {
            band::render_title(frame, place, scene, title);
        }
    }
    let now = step.and_then(|step| step.note.as_deref()).unwrap_or("-");
    let line = rest.cut(NOTE_LINES, 1);
    part(frame, line, theme, "now", now, theme.strong());
    let most = rest.0.height.saturating_sub(NEXT_LINES + 1);
    let say = rest.cut(longest.min(most), 1);
    let speaker = speaker(script).unwrap_or("-");
    part(frame, say, theme, "say", speaker, theme.text());
    let line = rest.cut(NEXT_LINES, 0);
    part(frame, line, theme, "next", &coming(script), theme.text());
    if scene.viewer.stage.has_card(script) {
        let last = Rect::new(area.x, area.bottom().saturating_sub(1), area.width, 1);
        frame.render_widget(band::card(scene, script, last.width), last);
    }
}

/// Lines of the longest text that is to be said: with room for that nothing moves when another
/// caption comes.
fn longest_said(script: &ScriptView, room: usize) -> u16 {
    let steps = script.steps.iter();
    let said = steps.filter_map(|step| step.speaker.as_deref());
    let longest = said.map(|words| text::wrap(words, room).len()).max();
    u16::try_from(longest.unwrap_or(1)).unwrap_or(u16::MAX)
}

/// What is to be said: by the last step that has begun and has anything, if no older than the
/// caption.
fn speaker(script: &ScriptView) -> Option<&str> {
    let from = script.caption().unwrap_or_default();
    let begun = |step: &&StepView| step.state != StepState::Waiting;
    let steps = script.steps.iter().skip(from).filter(begun);
    steps.filter_map(|step| step.speaker.as_deref()).next_back()
}

/// The next caption, with its title.
fn coming(script: &ScriptView) -> String {
    let Some(step) = script.next_caption().map(|at| &script.steps[at]) else {
        return "nothing more".to_owned();
    };
    let note = step.note.as_deref().unwrap_or_default();
    match &step.title {
        Some(title) => format!("{title}: {note}"),
        None => note.to_owned(),
    }
}

/// Draws the time that has gone, and beside it what is planned and what brings the next caption.
fn render_time(
    frame: &mut Frame<'_>,
    area: Rect,
    scene: Scene<'_>,
    script: &ScriptView,
    live: &LabView,
) {
    let theme = scene.theme;
    let clock = |time| text::clock(time).trim_start_matches('+').to_owned();
    let passed = scene.now.since(scene.lab.since);
    let time = Rect {
        width: TIME.min(area.width),
        ..area
    };
    band::render_figure(frame, time, scene, &clock(passed));
    let mut words = Vec::new();
    if let Some(planned) = script.planned {
        words.push((format!("of {} planned", clock(planned)), theme.text()));
    }
    // The picture may be held: what the script does meanwhile is another thing.
    let playing = live.script.as_deref().unwrap_or(script);
    words.push(match (&playing.pace, playing.is_over()) {
        (_, true) => ("the end".to_owned(), theme.strong()),
        _ if playing.is_paused => ("paused".to_owned(), theme.warn()),
        (Pace::Script, _) => ("by itself".to_owned(), theme.good()),
        (Pace::Presenter, _) => ("by hand".to_owned(), theme.good()),
    });
    if script.late() > 0 {
        let late = text::counted(script.late(), "step");
        words.push((format!("{late} came late"), theme.warn()));
    }
    for ((words, style), y) in words.into_iter().zip(area.y..area.bottom()) {
        let at = Rect::new(time.right(), y, area.width.saturating_sub(time.width), 1);
        frame.render_widget(Line::styled(words, style), at);
    }
}

/// Columns of the words of a part.
fn words_room(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(LABEL + 1))
}

/// Lines that are not given away yet.
struct Rest(Rect);

impl Rest {
    /// The uppermost of them, with a gap below.
    fn cut(&mut self, lines: u16, gap: u16) -> Rect {
        let Self(rest) = self;
        let lines = lines.min(rest.height);
        let part = Rect {
            height: lines,
            ..*rest
        };
        let used = (lines + gap).min(rest.height);
        rest.y += used;
        rest.height -= used;
        part
    }
}

/// Draws a part: what it is, and its words on as many lines as there are.
fn part(frame: &mut Frame<'_>, area: Rect, theme: Theme, label: &str, words: &str, style: Style) {
    if area.is_empty() {
        return;
    }
    let name = Rect { height: 1, ..area };
    frame.render_widget(Line::styled(format!(" {label}"), theme.dim()), name);
    let room = words_room(area);
    for (line, y) in band::lines(words, room, usize::from(area.height), theme)
        .into_iter()
        .zip(area.y..area.bottom())
    {
        let at = Rect::new(area.x + LABEL, y, area.width.saturating_sub(LABEL), 1);
        frame.render_widget(Line::styled(line, style), at);
    }
}

/// The keys that a presenter needs.
fn keys(scene: Scene<'_>, width: u16) -> Line<'static> {
    let theme = scene.theme;
    let is_audience = scene.viewer.stage.seat == Seat::Audience;
    let actions = [
        (0, Action::ScriptNext),
        (1, Action::ScriptAuto),
        (2, Action::ScriptRestart),
        (3, Action::Hold),
        (5, Action::Palette),
        (4, Action::Help),
        (0, Action::Quit),
    ];
    let mut row = Row::new();
    for (rank, action) in actions {
        let entry = by_action(action);
        if is_audience && entry.changes {
            continue;
        }
        let key = scene.viewer.keymap.key_of(action);
        let word = match action {
            Action::Hold => footer::hold_word(scene.lab),
            _ => entry.short,
        };
        let spans = vec![
            Span::styled(key, theme.key()),
            Span::raw(format!(" {word}")),
        ];
        row = row.part(rank, 3, spans);
    }
    let mut spans = vec![Span::raw(" ")];
    spans.extend(row.fit_spans(usize::from(width).saturating_sub(2)));
    Line::from(spans)
}
