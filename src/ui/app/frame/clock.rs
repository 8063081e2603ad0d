//! How time goes on the screen, and what time it is: the mode and the clock of the first line.
//!
//! ```text
//!  LIVE   +00:42      x1/10  +01:20      PAUSED +01:20      BACK   +01:20      x50 (31) +01:20
//! ```
//!
//! `PAUSED` and the clock have one space between them at every width: recordings wait for both.

use crate::lab::paper::units::show_clock_ms;
use crate::lab::spec::Speed;
use crate::lab::view::TimeView;
use crate::ui::text;
use crate::ui::widgets::scene::Scene;
use ratatui::style::Style;
use ratatui::text::Span;
use std::time::Duration;

type Spans = Vec<Span<'static>>;

/// How time goes, the longest way first, in so many columns.
pub fn mode(scene: Scene<'_>, width: u16) -> Vec<Spans> {
    let theme = scene.theme;
    let Some(time) = &scene.lab.time else {
        let (words, style) = match scene.is_held {
            true => ("HELD", theme.warn()),
            false => ("LIVE", theme.good()),
        };
        return vec![vec![Span::styled(words, style)]];
    };
    let style = match time.is_paused {
        true => theme.warn(),
        false => theme.good(),
    };
    let words = virtual_words(time).into_iter();
    words
        .map(|words| vec![flush(words, width, style)])
        .collect()
}

/// At the right end of its columns where they are more than the words for a mode need: next to the clock.
fn flush(words: String, width: u16, style: Style) -> Span<'static> {
    let width = match width > super::header::MODE {
        true => usize::from(width),
        false => 0,
    };
    Span::styled(format!("{words:>width$}"), style)
}

/// How virtual time goes, the longest way first.
fn virtual_words(time: &TimeView) -> Vec<String> {
    let short = match time.speed {
        _ if time.on_its_way.is_some() => "max".to_owned(),
        _ if time.is_paused && time.at < time.newest => "BACK".to_owned(),
        _ if time.is_paused => "PAUSED".to_owned(),
        Speed::Max => "max".to_owned(),
        speed => format!("x{speed}"),
    };
    let reached = time.reached.filter(|_| !time.is_paused);
    let long = reached.map(|reached| format!("{short} ({reached})"));
    long.into_iter().chain([short]).collect()
}

/// What time it is, the longest way first: while time stands still to the millisecond, after ten hours
/// without seconds.
pub fn clock(scene: Scene<'_>) -> Vec<String> {
    let since = since(scene);
    let minutes = since.as_secs() / 60;
    let short = format!("+{}h{:02}", minutes / 60, minutes % 60);
    if scene.viewer.is_wall_clock {
        return vec![scene.moment(scene.now), short];
    }
    let stands_still = scene.lab.time.as_ref().is_some_and(|time| time.is_paused);
    let exact = stands_still.then(|| show_clock_ms(since));
    let usual = [text::clock(since), short];
    exact.into_iter().chain(usual).collect()
}

/// How long the lab goes: a lab in virtual time says so itself.
fn since(scene: Scene<'_>) -> Duration {
    let time = scene.lab.time.as_ref();
    time.map_or_else(|| scene.now.since(scene.lab.since), |time| time.at)
}
