use super::checkpoints::APART;
use super::*;
use crate::lab::drive::{Level, VirtualOptions};
use crate::lab::layout::shipped;

fn started(memory: u64) -> History {
    let options = VirtualOptions {
        level: Level::All,
        ..VirtualOptions::default()
    };
    let layout = shipped("scenario").expect("it is built in");
    History::new(
        VirtualLab::new(&layout, &options).expect("it can be played"),
        memory,
    )
}

/// Goes on by tenths of a second, as a lab does at the pace of the clock: there is time for checkpoints.
fn goes(history: &mut History, seconds: u64) {
    for _ in 0..seconds * 10 {
        history.cost.0 = Duration::ZERO;
        let until = history.lab().now() + Duration::from_millis(100);
        assert!(history.run(until, |_| true));
    }
}

/// The moments that are kept, and now.
fn moments(history: &History) -> Vec<Duration> {
    let mut moments = history.shown().checkpoints.moments();
    moments.push(history.lab().elapsed());
    moments
}

#[test]
fn checkpoints_are_as_far_apart_as_an_eighth_of_their_age_and_never_closer_than_a_second() {
    let mut history = started(u64::MAX);
    for _ in 0..5 {
        goes(&mut history, 61);
        let (now, moments) = (history.lab().elapsed(), moments(&history));
        for pair in moments.windows(2) {
            let most = ((now - pair[0]) / 8).max(APART) + Duration::from_millis(100);
            assert!(pair[1] - pair[0] <= most, "{pair:?} of {moments:?}");
        }
        let all = &moments[..moments.len() - 1];
        assert!(
            all.windows(2).all(|pair| pair[1] - pair[0] >= APART),
            "{all:?}"
        );
        assert!(all.len() < 60, "{}", all.len());
    }
}

#[test]
fn around_a_moment_that_was_gone_back_to_checkpoints_are_close_as_well() {
    let mut history = started(u64::MAX);
    goes(&mut history, 200);
    let since = history.lab().since();
    let place = Place::end_of(since + Duration::from_secs(60));
    history.jump(&place);
    while !history.run_to(&place, |_| true) {}
    goes(&mut history, 10);
    let near = moments(&history);
    let near = near.iter().filter(|at| (60..=70).contains(&at.as_secs()));
    assert!(near.count() >= 8, "{:?}", moments(&history));
    assert!(!history.is_newest());
}

#[test]
fn checkpoints_stay_within_their_memory_and_the_beginning_stays() {
    let mut history = started(2_000_000);
    goes(&mut history, 120);
    assert!(history.weight() <= 2_000_000, "{}", history.weight());
    assert_eq!(moments(&history)[0], Duration::ZERO);
}

#[test]
fn with_little_memory_checkpoints_are_further_apart_everywhere() {
    let mut history = started(u64::MAX);
    goes(&mut history, 1);
    let room = 9 * history.weight() / u64::try_from(moments(&history).len() - 1).expect("few");
    let mut history = started(room);
    goes(&mut history, 600);
    let (now, moments) = (history.lab().elapsed(), moments(&history));
    let ages: Vec<_> = moments.iter().map(|at| (now - *at).as_secs()).collect();
    for part in [100..400, 20..100, 1..20] {
        assert!(
            ages.iter().any(|age| part.contains(age)),
            "{part:?} of {ages:?}"
        );
    }
}
