//! Many seeds: each comes out as it does alone, is found where it was said to be, and a fault that was planted
//! is found again in the smallest layout.

use chainlab::lab::drive::seeds::{
    Aim, Came, Desk, Jobs, Outcome, Plan, Shrinking, Sort, opening, play,
};
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
use chainlab::lab::layout::{self, StepText, shipped};
use chainlab::lab::script::Expr;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(300);

/// Twelve steps, two of which together keep the last from coming true: a link is cut, and a block is found
/// behind it.
const PLANTED: &str = r#"# two nodes, and a fault.

[[node]]
name = "east"

[[node]]
name = "west"
connect = ["east"]
mine = { mode = "off", hashrate = "1 kH/s" }

[[step]]
note = "one"

# At first nothing is wrong.
[[step]]
expect = "tips == 1"

[[step]]
note = "two"
do = "cut"
from = "east"
to = "west"

[[step]]
after = "1s"
note = "three"

# Its own comment.
[[step]]
expect = "height == 0"

[[step]]
note = "four"

[[step]]
do = "mine_now"      # here
node = "west"

[[step]]
note = "five"

# A comment that stands alone.

[[step]]
expect = "height@west == 1"

[[step]]
after = "2s"
note = "six"

[[step]]
expect = "tips == 1"
within = "3s"

[[step]]
note = "never"

[view]
focus = "west"
"#;

/// All that is left of it.
const LEFT: &str = r#"# two nodes, and a fault.

[[node]]
name = "east"

[[node]]
name = "west"
connect = ["east"]
mine = { mode = "off", hashrate = "1 kH/s" }

[[step]]
note = "two"
do = "cut"
from = "east"
to = "west"

[[step]]
do = "mine_now"      # here
node = "west"

# A comment that stands alone.

[[step]]
expect = "tips == 1"
within = "3s"

[view]
focus = "west"
"#;

fn plan_of(text: &str) -> Plan {
    Plan {
        layout: layout::read("two.toml", text).expect("a layout"),
        begins: None,
        limit: MINUTES,
        until: None,
        find: None,
    }
}

fn partition() -> Plan {
    plan_of(shipped::text("partition").expect("it is built in"))
}

fn looking_for(expr: &str) -> Plan {
    Plan {
        find: Some(expr.parse().expect("an expression")),
        ..partition()
    }
}

fn alone(plan: &Plan, seed: u64) -> Outcome {
    play(plan, seed, &Desk::default()).expect("it is not stopped")
}

/// The lab of a plan at a moment.
fn at(plan: &Plan, seed: u64, since: Duration) -> VirtualLab {
    let options = VirtualOptions {
        seed,
        ..VirtualOptions::default()
    };
    let mut lab = VirtualLab::new(&plan.layout, &options).expect("it can be played");
    lab.run_until(lab.since() + since, || true);
    lab
}

#[test]
fn a_seed_comes_out_alone_as_it_does_among_others() {
    let plan = partition();
    let shared = plan.clone();
    let work = move |seed, desk: &Desk| play(&shared, seed, desk);
    let mut jobs = Jobs::start(1..=6, 2, work).expect("threads");
    let mut seeds = Vec::new();
    loop {
        match jobs.next(MINUTES) {
            Came::Of(seed, outcome) => {
                let one = alone(&plan, seed);
                assert_eq!(outcome.summary, one.summary, "seed {seed}");
                assert_eq!(
                    (outcome.elapsed, &outcome.failing),
                    (one.elapsed, &None),
                    "seed {seed}"
                );
                seeds.push(seed);
            }
            Came::Nothing => panic!("it takes too long"),
            Came::All => break,
        }
    }
    assert_eq!(seeds, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn what_is_looked_for_is_true_where_it_was_found_and_not_before() {
    for (expr, seed) in [
        ("tips == 2", 1),
        ("reorg_depth@oslo >= 1 or reorg_depth@lima >= 1", 2),
    ] {
        let plan = looking_for(expr);
        let found = alone(&plan, seed).found.expect("it comes true");
        let expr: Expr = expr.parse().expect("an expression");
        let just_before = found.saturating_sub(Duration::from_micros(1));
        for (since, holds) in [(found, true), (just_before, false)] {
            let mut lab = at(&plan, seed, since);
            let facts = lab.facts_for(&expr);
            assert_eq!(expr.holds(&facts), holds, "{expr} at {since:?}");
        }
    }
    let never = alone(&looking_for("height >= 1000"), 1);
    assert_eq!((never.found, never.failing), (None, None));
    // The run is the same as without a search.
    assert_eq!(never.summary, alone(&partition(), 1).summary);
}

#[test]
fn a_seed_opens_at_the_last_mark_before_its_failing_step_or_just_before_that() {
    let mut plan = partition();
    let last = plan.layout.steps.last_mut().expect("steps");
    last.expect.as_mut().expect("an expectation").expr = "height >= 1000".parse().expect("one");
    let failing = alone(&plan, 3).failing.expect("it is not true");
    assert_eq!(failing.step, Some(plan.layout.steps.len() - 1));
    assert_eq!(failing.sort, Sort::Unmet);
    let opens = opening(&plan, 3, failing.since);
    assert!(opens < failing.since, "{opens:?} is not before {failing:?}");
    let options = VirtualOptions {
        seed: 3,
        level: Level::All,
        ..VirtualOptions::default()
    };
    let mut lab = VirtualLab::new(&plan.layout, &options).expect("it can be played");
    lab.run_until(lab.since() + failing.since, || true);
    let marks = lab.core().marks().iter().map(|mark| mark.at);
    let before = marks.filter(|at| *at < failing.since).max();
    assert_eq!(Some(opens), before);
    // Two nodes at which nothing happens have no marks.
    let plan =
        plan_of("[[node]]\nname = \"a\"\n[[step]]\nafter = \"5s\"\nexpect = \"height == 1\"\n");
    let failing = alone(&plan, 1).failing.expect("it is not true");
    assert_eq!(failing.since, Duration::from_secs(5));
    assert_eq!(
        opening(&plan, 1, failing.since),
        Duration::from_micros(4_999_999)
    );
}

#[test]
fn a_fault_that_was_planted_is_all_that_is_left_of_a_layout() {
    let plan = plan_of(PLANTED);
    let failing = alone(&plan, 7).failing.expect("it was planted");
    let words = "step 11, expect tips == 1: not true after 3s: tips == 1, it is 2";
    assert_eq!(failing.words, words);
    let steps = StepText::new("two.toml", PLANTED).expect("it has steps");
    assert_eq!(steps.steps(), 12);
    let shrinking = Shrinking {
        file: "small.toml".to_owned(),
        steps,
        plan,
        seed: 7,
        aim: Aim::Fails(failing.kind.clone()),
    };
    let mut told = Vec::new();
    let smallest = shrinking.smallest(&Desk::default(), |_, left| told.push(left));
    assert_eq!((smallest.steps, smallest.is_minimal), (3, true));
    assert_eq!(smallest.text, LEFT);
    assert_eq!(
        (told[0], told.is_sorted_by(|one, next| one >= next)),
        (12, true)
    );
    let again = alone(&plan_of(&smallest.text), 7)
        .failing
        .expect("it is there");
    assert_eq!(again.kind, failing.kind);
}

#[test]
fn what_is_looked_for_needs_the_steps_that_bring_it_about() {
    let find = Some("tips == 2".parse().expect("an expression"));
    let plan = Plan {
        find,
        ..plan_of(PLANTED)
    };
    let shrinking = Shrinking {
        file: "small.toml".to_owned(),
        steps: StepText::new("two.toml", PLANTED).expect("it has steps"),
        plan,
        seed: 7,
        aim: Aim::Found,
    };
    let smallest = shrinking.smallest(&Desk::default(), |_, _| {});
    let layout = layout::read("small.toml", &smallest.text).expect("a layout");
    // With the last step alone the script is over before its block is found.
    let steps: Vec<_> = layout.steps.iter().map(|step| step.what()).collect();
    assert_eq!(steps, ["cut east - west", "mine a block on west"]);
}
