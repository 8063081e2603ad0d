//! `chainlab replay --check`: whether a run is what it was.

use crate::cli::failure::Failure;
use crate::cli::output::print;
use crate::lab::drive::run_file::{Difference, Replay, Run};
use crate::lab::drive::{History, Place, VirtualOptions};
use crate::lab::paper::units::show_clock;
use crate::lab::paper::units::show_clock_ms;
use crate::node::foreign::plain;
use std::time::Duration;

/// Events of a second that are told.
const TOLD_MAX: usize = 200;

/// Memory to go back in, in bytes.
const MEMORY: u64 = 64_000_000;

pub(super) fn run(run: &Run) -> Result<(), Failure> {
    let lab = run
        .begin(VirtualOptions::default())
        .map_err(Failure::input)?;
    let mut history = History::new(lab, MEMORY);
    let mut replay = Replay::new(run);
    while replay.difference().is_none() {
        // In parts, so that what happened is not kept.
        let mut steps = 0_u32;
        let is_over = replay.go_on(&mut history, |_| {
            steps += 1;
            steps < 100_000
        });
        drop(history.take_events());
        drop(history.take_answers());
        if is_over {
            break;
        }
    }
    match replay.difference() {
        None => print(&same(run)),
        Some(difference) => {
            print(&told(run, &difference, &mut history))?;
            Err(Failure::unmet(words(&difference)))
        }
    }
}

fn same(run: &Run) -> String {
    let seconds: usize = run.timelines.iter().map(|one| one.seconds.len()).sum();
    let longest = run.timelines.iter().map(|one| one.reaches).max();
    let reaches = show_clock(longest.unwrap_or_default());
    let timelines = match run.timelines.len() {
        1 => "1 timeline".to_owned(),
        more => format!("{more} timelines"),
    };
    let end = match run.timelines.iter().any(|one| one.hash.is_some()) {
        false => "; its end was not put down",
        true => "",
    };
    format!("the same as it was, up to {reaches}: {seconds} seconds of {timelines}{end}\n")
}

fn words(difference: &Difference) -> String {
    let [after, second] = [difference.after, difference.second].map(clock);
    let timeline = difference.timeline;
    format!("not the same as it was: in timeline {timeline} from {second} on, after {after}")
}

fn clock(second: u32) -> String {
    show_clock(Duration::from_secs(second.into()))
}

/// What was put down of the second, and what happens in it now.
fn told(run: &Run, difference: &Difference, history: &mut History) -> String {
    let [begin, end] =
        [difference.after, difference.second].map(|second| Duration::from_secs(second.into()));
    let mut lines = vec![format!(
        "from {} to {} of timeline {}",
        clock(difference.after),
        clock(difference.second),
        difference.timeline
    )];
    lines.push(match &difference.was {
        Some(was) => format!("was: {} events by then, hash {:016x}", was.events, was.hash),
        None => "was: only the hash of the whole run is known".to_owned(),
    });
    let timeline = run
        .timelines
        .iter()
        .find(|one| one.id == difference.timeline);
    let is_within = |at: Duration| begin < at && at <= end;
    for mark in timeline.into_iter().flat_map(|one| &one.marks) {
        if is_within(mark.at) {
            lines.push(format!("  {} {:?}", show_clock_ms(mark.at), mark.kind));
        }
    }
    let is = &difference.is;
    lines.push(format!(
        "is: {} events by then, hash {:016x}",
        is.events, is.hash
    ));
    lines.extend(events(difference, begin, end, history));
    lines
        .iter()
        .map(|line| format!("{}\n", plain(line)))
        .collect()
}

/// What happens between two moments.
fn events(
    difference: &Difference,
    begin: Duration,
    end: Duration,
    history: &mut History,
) -> Vec<String> {
    let since = history.lab().since();
    let _ = history.switch(difference.timeline);
    let from = Place::end_of(since + begin);
    history.jump(&from);
    while !history.run_to(&from, |_| true) {}
    drop(history.take_events());
    let newest = history.newest_place().at();
    let to = Place::end_of((since + end).min(newest));
    while !history.run_to(&to, |_| true) {}
    let all = history.take_events();
    let told = all.iter().take(TOLD_MAX).map(|(ix, event)| {
        let name = history.lab().core().name(*ix);
        let at = show_clock_ms(event.at.since(since));
        format!("  {at} {name}  {}", event.kind.words())
    });
    let mut told: Vec<String> = told.collect();
    if all.len() > TOLD_MAX {
        told.push(format!("  and {} more", all.len() - TOLD_MAX));
    }
    told
}
