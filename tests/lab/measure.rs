//! How the pace of a story is measured: captions that stand too long, stories that take too long, steps
//! that begin late or fail.

use crate::common::running::EAST_WEST;
use chainlab::lab::drive::measure::{Take, play};
use chainlab::lab::layout::read;
use chainlab::lab::script::{Cause, Pace};
use std::time::Duration;

fn take(steps: &str) -> Take {
    let mut layout = read("two.toml", &format!("{EAST_WEST}\n{steps}")).expect("a layout");
    // There is no presenter, whatever the layout says.
    layout.pace = Pace::Presenter;
    play(&layout, 1).expect("it can be played")
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn each_caption_is_timed_and_each_wait_has_its_cause() {
    let take = take(
        "[[step]]\nnote = \"one\"\n[[step]]\nafter = \"5s\"\ndo = \"mine_now\"\nnode = \"west\"\n\
         expect = \"height == 2\"\n[[step]]\nnote = \"\"\n\
         [[step]]\nwhen = \"height >= 9\"\nat_latest = \"4s\"\nnote = \"two\"\nhold = \"7s\"\n",
    );
    assert_eq!(take.problems, Vec::<String>::new());
    let steps: Vec<_> = take.captions.keys().copied().collect();
    assert_eq!(steps, [0, 3]);
    assert!(take.captions[&0] >= secs(5) && take.captions[&0] < secs(8));
    assert_eq!((take.captions[&3], &*take.late), (secs(7), &[3][..]));
    assert_eq!(take.waits[&(3, Cause::Condition)], secs(4));
    assert!(take.waits.contains_key(&(1, Cause::Request)));
    assert_eq!(take.waits[&(1, Cause::Time)], secs(5));
    assert_eq!(take.total, take.captions[&0] + secs(4) + secs(7));
}

#[test]
fn what_is_too_long_is_a_problem_that_names_its_step() {
    let steps = "[[step]]\nnote = \"stands\"\n[[step]]\nafter = \"13s\"\nnote = \"next\"\n";
    let said = "step 1, \"stands\": stood 13.0 s, more than 12.0 s";
    assert_eq!(take(steps).problems, [said]);
    let steps = "[[step]]\nnote = \"\"\n[[step]]\nafter = \"76s\"\nnote = \"late\"\n";
    let said = "the whole took 79.0 s, more than 75.0 s";
    assert_eq!(take(steps).problems, [said]);
}

#[test]
fn a_story_that_fails_or_never_ends_says_so_and_nothing_else() {
    let steps = "[[step]]\nnote = \"x\"\n[[step]]\nexpect = \"height >= 9\"\nwithin = \"20s\"\n";
    let said = "step 2, expect height >= 9: not true after 20s: height >= 9, it is 1";
    assert_eq!(take(steps).problems, [said]);
    let steps = "[[step]]\nwhen = \"height >= 9\"\nnote = \"x\"\n";
    let said = "step 1, note: x: not done in time: waits for height >= 9, it is 1";
    assert_eq!(take(steps).problems, [said]);
}
