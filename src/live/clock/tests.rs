use super::*;
use std::sync::atomic::{AtomicU64, Ordering};

const START: Time = Time(1_000_000_000);

/// A clock, and the raw one that the test moves, in ms.
fn clock() -> (LabClock, Arc<AtomicU64>) {
    let ms = Arc::new(AtomicU64::new(77));
    let raw = Arc::clone(&ms);
    let raw = move || Duration::from_millis(raw.load(Ordering::Relaxed));
    (LabClock::over(START, raw), ms)
}

fn shown_ms(clock: &LabClock) -> u128 {
    clock.now().since(START).as_millis()
}

#[test]
fn it_goes_on_as_the_raw_clock_does() {
    let (clock, ms) = clock();
    assert_eq!(clock.now(), START);
    for _ in 0..10 {
        ms.fetch_add(1_500, Ordering::Relaxed);
        clock.now();
    }
    assert_eq!(shown_ms(&clock), 15_000);
}

#[test]
fn it_never_goes_backwards() {
    let (clock, ms) = clock();
    ms.fetch_add(500, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 500);
    ms.fetch_sub(400, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 500);
    ms.fetch_add(401, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 501);
}

#[test]
fn it_stands_still_while_it_is_paused() {
    let (clock, ms) = clock();
    ms.fetch_add(100, Ordering::Relaxed);
    clock.pause();
    for _ in 0..5 {
        ms.fetch_add(1_000, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 100);
    }
    assert!(clock.is_paused());
    clock.resume();
    ms.fetch_add(10, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 110);
}

#[test]
fn an_hour_in_which_nobody_could_read_it_did_not_pass() {
    let (clock, ms) = clock();
    ms.fetch_add(200, Ordering::Relaxed);
    clock.now();
    ms.fetch_add(3_600_000, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 200);
    ms.fetch_add(2_000, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 2_200);
}

/// As `clock`, with a wall clock of its own, in ms since `START`.
fn clock_and_wall() -> (LabClock, Arc<AtomicU64>, Arc<AtomicU64>) {
    let (raw_ms, wall_ms) = (Arc::new(AtomicU64::new(77)), Arc::new(AtomicU64::new(0)));
    let source = |ms: &Arc<AtomicU64>, more: Duration| -> Source {
        let ms = Arc::clone(ms);
        Arc::new(move || more + Duration::from_millis(ms.load(Ordering::Relaxed)))
    };
    let raw = source(&raw_ms, Duration::ZERO);
    let wall = source(&wall_ms, Duration::from_micros(START.0));
    (LabClock::between(START, raw, wall), raw_ms, wall_ms)
}

fn key(digit: u8) -> PublicKey {
    PublicKey([digit; 33])
}

#[test]
fn where_nodes_elsewhere_went_on_a_stopped_clock_goes_on_from_the_wall_clock_and_tells_the_leap() {
    let (clock, raw_ms, wall_ms) = clock_and_wall();
    let clock = clock.of_the_world();
    raw_ms.fetch_add(40_000, Ordering::Relaxed);
    // Somebody has put it right by a second meanwhile.
    wall_ms.fetch_add(41_000, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 41_000);
    assert_eq!(clock.read().leapt, Duration::from_secs(41));
    raw_ms.fetch_add(500, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 41_500);
    // And a wall clock that is set back takes nothing back.
    raw_ms.fetch_add(40_000, Ordering::Relaxed);
    wall_ms.fetch_sub(30_000, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 41_500);
    assert_eq!(clock.read().leapt, Duration::from_secs(41));
    assert_eq!(clock.ran(), Duration::from_millis(500));
}

#[test]
fn a_clock_that_is_ahead_of_the_wall_clock_stays_as_far_ahead() {
    let (clock, raw_ms, wall_ms) = clock_and_wall();
    let clock = clock.of_the_world();
    clock.not_before(START + Duration::from_secs(600));
    for ms in [&raw_ms, &wall_ms] {
        ms.fetch_add(40_000, Ordering::Relaxed);
    }
    assert_eq!(shown_ms(&clock), 640_000);
}

#[test]
fn a_lab_stands_still_only_as_long_as_all_peers_of_its_nodes_do() {
    let (clock, ms) = clock();
    let (alice, bob, stranger) = (key(1), key(2), key(3));
    let stopped = |shown| {
        ms.fetch_add(40_000, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), shown);
    };
    clock.join("alice", alice);
    clock.join("bob", bob);
    clock.has_peers(alice, [bob].into_iter());
    stopped(0);
    clock.has_peers(alice, [bob, stranger].into_iter());
    stopped(40_000);
    clock.has_peers(alice, [bob].into_iter());
    stopped(40_000);
    clock.has_peers(bob, [stranger].into_iter());
    clock.leave(bob);
    stopped(40_000);
}

#[test]
fn a_clock_that_was_paused_catches_up_when_it_goes_on_if_others_went_on() {
    let (clock, ms) = clock();
    let clock = clock.of_the_world();
    clock.pause();
    ms.fetch_add(1_000, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 0);
    ms.fetch_add(40_000, Ordering::Relaxed);
    clock.resume();
    assert_eq!(shown_ms(&clock), 41_000);
    assert_eq!(clock.read().leapt, Duration::from_secs(41));
}

#[test]
fn how_long_it_ran_is_neither_what_it_was_set_to_nor_what_it_stood_still() {
    let (clock, ms) = clock();
    let pass = |add| ms.fetch_add(add, Ordering::Relaxed);
    pass(1_000);
    assert_eq!(clock.ran(), Duration::from_secs(1));
    clock.not_before(START + Duration::from_secs(86_400));
    clock.pause();
    pass(700);
    clock.resume();
    pass(3_600_000);
    assert_eq!(clock.ran(), Duration::from_secs(1));
    pass(250);
    assert_eq!(clock.ran(), Duration::from_millis(1_250));
}

#[test]
fn a_clock_that_begins_again_is_as_new_but_for_how_long_it_ran() {
    let (clock, ms) = clock();
    clock.reserve("nora");
    ms.fetch_add(1_000, Ordering::Relaxed);
    clock.not_before(START + Duration::from_secs(86_400));
    clock.pause();
    clock.begin_again(START);
    assert_eq!((clock.now(), clock.is_paused()), (START, false));
    assert_eq!(clock.neighbours(), Arc::default());
    ms.fetch_add(250, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 250);
    assert_eq!(clock.ran(), Duration::from_millis(1_250));
}

#[test]
fn it_goes_on_from_a_tip_that_is_ahead_and_ignores_one_that_is_behind() {
    let (clock, ms) = clock();
    clock.not_before(START + Duration::from_secs(60));
    assert_eq!(shown_ms(&clock), 60_000);
    clock.not_before(START);
    ms.fetch_add(5, Ordering::Relaxed);
    assert_eq!(shown_ms(&clock), 60_005);
}

#[test]
fn a_sleep_ends_at_the_deadline_and_a_paused_one_looks_again() {
    let (clock, ms) = clock();
    let deadline = START + Duration::from_millis(20);
    assert_eq!(clock.until(deadline), Duration::from_millis(20));
    clock.pause();
    assert_eq!(clock.until(deadline), PAUSED_SLEEP);
    clock.resume();
    ms.fetch_add(20, Ordering::Relaxed);
    assert_eq!(clock.until(deadline), Duration::ZERO);
}

#[test]
fn several_threads_see_one_clock_and_the_heartbeat_keeps_it_going() {
    let clock = LabClock::starting_at(START);
    let reader = |clock: LabClock| {
        std::thread::spawn(move || {
            let mut last = clock.now();
            for _ in 0..10_000 {
                let now = clock.now();
                assert!(last <= now);
                last = now;
            }
        })
    };
    let readers: Vec<_> = (0..4).map(|_| reader(clock.clone())).collect();
    readers
        .into_iter()
        .for_each(|reader| reader.join().expect("no panic"));
    // Longer than a gap, with nobody but the heartbeat to read it.
    let before = clock.now();
    threads::rest(GAP + HEARTBEAT);
    assert!(clock.now().since(before) >= GAP, "{:?}", clock.now());
}
