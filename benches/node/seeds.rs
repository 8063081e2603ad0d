//! What a second job brings: the same seeds, two at once and one after the other.

use crate::ratio::{Harness, Target, timed};
use chainlab::lab::drive::seeds::{Came, Desk, Jobs, Plan, play};
use chainlab::lab::layout::shipped::shipped;
use std::time::Duration;

/// No story takes so long.
const LIMIT: Duration = Duration::from_secs(300);

pub fn seeds(harness: &mut Harness) {
    let count = harness.size(24, 2);
    let last = u64::try_from(count).expect("few");
    let (mut two, mut one) = (|| run(last, 2), || run(last, 1));
    let [two, one] = harness.interleave(5, [&mut two, &mut one]);
    let name = format!("`partition` with {count} seeds, two at once");
    let most = Target::TimesAtMost(0.65);
    harness.report(&name, &two, ("one after the other", &one), most);
}

/// How long it takes to play so many seeds.
fn run(last: u64, jobs: u16) -> Duration {
    let plan = Plan {
        layout: shipped("partition").expect("it is built in"),
        begins: None,
        limit: LIMIT,
        until: None,
        find: None,
    };
    let work = move |seed, desk: &Desk| play(&plan, seed, desk);
    timed(|| {
        let mut jobs = Jobs::start(1..=last, jobs, work).expect("threads");
        loop {
            match jobs.next(LIMIT) {
                Came::Of(_, outcome) => assert_eq!(outcome.failing, None),
                Came::Nothing => panic!("it takes too long"),
                Came::All => return,
            }
        }
    })
    .0
}
