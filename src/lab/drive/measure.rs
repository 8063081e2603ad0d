//! The pace of a story: a layout is played in virtual time, and what stood on the screen how long, and
//! what was waited for, is held against what people can follow.

use super::VirtualLab;
use crate::lab::layout::Layout;
use crate::lab::paper::units::show_seconds;
use crate::lab::script::{Cause, Pace, ScriptView};
use std::collections::BTreeMap;
use std::time::Duration;

/// Longer no caption is to stand: nothing seems to happen.
pub const CAPTION_MAX: Duration = Duration::from_secs(12);

/// Longer no story is to take.
pub const STORY_MAX: Duration = Duration::from_secs(75);

/// How long a script is played at most.
const LIMIT: Duration = Duration::from_secs(300);

/// A story as it went with one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// The seed.
    pub seed: u64,
    /// How long each caption stood, by its step; those that came.
    pub captions: BTreeMap<usize, Duration>,
    /// How long it was waited for what, in which step.
    pub waits: BTreeMap<(usize, Cause), Duration>,
    /// Steps that began though what they waited for was not true in time.
    pub late: Vec<usize>,
    /// How long all of it took.
    pub total: Duration,
    /// What is wrong with it, in words, step by step; nothing: all is well.
    pub problems: Vec<String>,
}

/// Plays a layout with this seed.
///
/// # Errors
/// In words: it cannot be played.
pub fn play(layout: &Layout, seed: u64) -> Result<Take, String> {
    let layout = Layout {
        // There is no presenter here.
        pace: Pace::Script,
        ..layout.clone()
    };
    let mut lab = VirtualLab::seeded(&layout, seed)?;
    let mut waits = BTreeMap::new();
    while !lab.is_over() && lab.elapsed() < LIMIT {
        let since = lab.elapsed();
        let cause = lab.core().waits(since);
        lab.go_on(LIMIT);
        if let Some(cause) = cause {
            *waits.entry(cause).or_default() += lab.elapsed() - since;
        }
    }
    let (script, total) = (lab.core().steps(), lab.elapsed());
    let captions = stood(script, total);
    let late = script.steps.iter().enumerate();
    let late = late.filter(|(_, step)| step.is_late).map(|(at, _)| at);
    Ok(Take {
        seed,
        problems: problems(&layout, script, &captions, total),
        captions,
        waits,
        late: late.collect(),
        total,
    })
}

/// How long each caption stood: until the next one, or its end, or that of the script.
fn stood(script: &ScriptView, total: Duration) -> BTreeMap<usize, Duration> {
    let steps = script.steps.iter().enumerate();
    let notes = steps.filter_map(|(at, step)| {
        let note = step.note.as_ref()?;
        Some((at, !note.is_empty(), step.began?))
    });
    let notes: Vec<_> = notes.collect();
    let ends = notes.iter().skip(1).map(|(_, _, began)| *began);
    let ends = ends.chain([total]);
    let shown = notes.iter().zip(ends);
    shown
        .filter(|((_, is_caption, _), _)| *is_caption)
        .map(|((at, _, began), end)| (*at, end.saturating_sub(*began)))
        .collect()
}

fn problems(
    layout: &Layout,
    script: &ScriptView,
    captions: &BTreeMap<usize, Duration>,
    total: Duration,
) -> Vec<String> {
    // After that its captions say nothing.
    if let Some(failure) = script.failure() {
        return vec![failure];
    }
    let mut problems = Vec::new();
    for (&at, &stood) in captions {
        let (step, needed) = (&script.steps[at], layout.steps[at].reading_time());
        let note = step.note.as_deref().unwrap_or_default();
        let says = format!("step {}, {note:?}: stood {}", at + 1, show_seconds(stood));
        if stood < needed {
            problems.push(format!("{says}, and needs {}", show_seconds(needed)));
        } else if stood > CAPTION_MAX {
            problems.push(format!("{says}, more than {}", show_seconds(CAPTION_MAX)));
        }
    }
    if total > STORY_MAX {
        let (took, most) = (show_seconds(total), show_seconds(STORY_MAX));
        problems.push(format!("the whole took {took}, more than {most}"));
    }
    problems
}
