//! What a lab in virtual time keeps to go back.

use crate::{MEMORY, TURN};
use chainlab::lab::drive::{History, Level, Place, VirtualLab, VirtualOptions};
use chainlab::lab::layout::shipped::shipped;
use std::time::Duration;

/// Memory for checkpoints, in bytes.
const ROOM: u64 = 16_000_000;

/// So many minutes of virtual time, three times.
const MINUTES: u64 = 20;

fn started(name: &str, room: u64) -> History {
    let layout = shipped(name).expect("it is built in");
    let options = VirtualOptions {
        seed: 7,
        level: Level::All,
        ..VirtualOptions::default()
    };
    History::new(
        VirtualLab::new(&layout, &options).expect("it can be played"),
        room,
    )
}

/// What a history takes beside the lab where it is.
fn beside_the_lab(mut history: History, goes: Duration) -> (usize, u64) {
    let until = history.lab().now() + goes;
    // By pieces, as on a screen: checkpoints are kept between them.
    while !history.run(until, |_| true) {}
    drop(history.take_events());
    let (with, weight) = (MEMORY.current_usage(), history.weight());
    let lab = history.lab().clone();
    drop(history);
    let without = MEMORY.current_usage();
    drop(lab);
    (with.saturating_sub(without), weight)
}

#[test]
fn what_is_kept_to_go_back_is_as_much_after_an_hour_as_after_a_third_of_it() {
    let _turn = TURN.blocking_lock();
    let kept = [1, 2, 3].map(|thirds| {
        let goes = Duration::from_secs(60 * MINUTES * thirds);
        beside_the_lab(started("scenario", ROOM), goes).0
    });
    println!("after 20, 40 and 60 minutes: {kept:?} bytes");
    // What is said of it is said about.
    let room = usize::try_from(ROOM).expect("little") * 5 / 4;
    assert!(kept.iter().all(|kept| *kept < room), "{kept:?}");
}

#[test]
fn checkpoints_take_about_as_much_memory_as_is_said_of_them() {
    let _turn = TURN.blocking_lock();
    for (name, minutes) in [("scenario", 20), ("partition", 10), ("world", 4)] {
        let goes = Duration::from_secs(60 * minutes);
        let (bytes, weight) = beside_the_lab(started(name, 64_000_000), goes);
        println!("{name}: {bytes} bytes, {weight} said");
        let most = usize::try_from(weight).expect("64 bits") * 5 / 4;
        assert!(bytes <= most, "{name}: {bytes}, {weight}");
    }
}

#[test]
fn with_little_memory_the_past_can_be_gone_to_all_the_same() {
    let _turn = TURN.blocking_lock();
    let mut history = started("scenario", 1_000_000);
    let since = history.lab().now();
    while !history.run(since + Duration::from_secs(600), |_| true) {}
    assert!(history.weight() <= 1_000_000, "{}", history.weight());
    let place = Place::end_of(since + Duration::from_secs(300));
    history.jump(&place);
    while !history.run_to(&place, |_| true) {}
    assert_eq!(history.lab().now(), place.at());
}
