use super::super::caught::caught;
use super::*;
use std::sync::atomic::AtomicU64;

const SOON: Duration = Duration::from_secs(20);

fn all<T: Send + 'static>(mut jobs: Jobs<T>) -> Vec<(u64, T)> {
    let mut told = Vec::new();
    loop {
        match jobs.next(SOON) {
            Came::Of(seed, came) => told.push((seed, came)),
            Came::Nothing => panic!("it takes too long"),
            Came::All => return told,
        }
    }
}

#[test]
fn what_came_is_told_in_the_order_of_the_seeds_whichever_is_faster() {
    let slow_at_first = |seed: u64, _: &Desk| {
        if seed.is_multiple_of(7) {
            threads::rest(Duration::from_millis(20));
        }
        Some(seed * 2)
    };
    for jobs in [1, 2, 5] {
        let told = all(Jobs::start(7..=40, jobs, slow_at_first).expect("threads"));
        let wanted: Vec<_> = (7..=40).map(|seed| (seed, seed * 2)).collect();
        assert_eq!(told, wanted);
    }
    let told = all(Jobs::start(u64::MAX..=u64::MAX, 2, |seed, _| Some(seed)).expect("threads"));
    assert_eq!(told, [(u64::MAX, u64::MAX)]);
}

#[test]
fn a_seed_that_panics_is_told_of_and_the_others_go_on() {
    let every_third = |seed: u64, _: &Desk| {
        Some(caught(|| {
            assert!(!seed.is_multiple_of(3), "seed {seed} is bad");
            seed
        }))
    };
    let told = all(Jobs::start(1..=6, 2, every_third).expect("threads"));
    let bad = |seed| Err(format!("seed {seed} is bad"));
    let wanted = [Ok(1), Ok(2), bad(3), Ok(4), Ok(5), bad(6)];
    let told: Vec<_> = told.into_iter().map(|(_, came)| came).collect();
    assert_eq!(told, wanted);
}

#[test]
fn once_stopped_what_has_come_is_told_and_nothing_else_begins() {
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    let work = move |seed: u64, desk: &Desk| {
        counted.fetch_add(1, Ordering::Relaxed);
        while seed == 2 && !desk.is_stopped() {
            threads::rest(Duration::from_millis(1));
        }
        (seed != 2).then_some(seed)
    };
    let mut jobs = Jobs::start(1..=1_000_000, 2, work).expect("threads");
    assert_eq!(jobs.next(SOON), Came::Of(1, 1));
    // The second seed never ends, so the others wait for it, up to a limit.
    let full = || begun.load(Ordering::Relaxed) > AHEAD_MAX;
    for _ in 0..2_000 {
        if full() {
            break;
        }
        threads::rest(Duration::from_millis(10));
    }
    threads::rest(Duration::from_millis(50));
    assert_eq!(begun.load(Ordering::Relaxed), AHEAD_MAX + 1);
    jobs.stop();
    let rest = all(jobs);
    assert_eq!(rest.first(), Some(&(3, 3)));
    assert_eq!(rest.len() as u64, AHEAD_MAX - 1);
}

#[test]
fn a_job_checks_signatures_on_its_own_thread() {
    let threads_of = |_: u64, _: &Desk| Some(rayon::current_num_threads());
    let told = all(Jobs::start(1..=4, 2, threads_of).expect("threads"));
    assert!(told.iter().all(|(_, count)| *count == 1), "{told:?}");
}
