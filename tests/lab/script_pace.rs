//! The pace of a script: how long captions stay, what a presenter changes, and what a pause does. The
//! engine alone, with time and facts as the tests say.

use super::script::at_height;
use crate::common::running::TEXT;
use chainlab::lab::ask::{Request, ScriptChange};
use chainlab::lab::layout::read;
use chainlab::lab::script::step::reading_time;
use chainlab::lab::script::{Pace, Script, ScriptView, Want};
use std::time::Duration;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What a screen says that it waits for.
fn waits(player: &Player) -> &str {
    player.script.view().waits_for.as_deref().unwrap_or("")
}

/// Drives a script as a lab does, ten times a second.
struct Player {
    script: Script,
    now: Duration,
    height: u32,
    /// Orders are not done any more.
    is_stuck: bool,
    /// What was done, and when, in milliseconds; captions as they are.
    done: Vec<(u128, String)>,
}

impl Player {
    fn new(steps: &str) -> Self {
        Self::at_pace(steps, Pace::Script)
    }

    fn at_pace(steps: &str, pace: Pace) -> Self {
        let layout = read("lab.toml", &format!("{TEXT}\n{steps}")).expect("a layout");
        Self {
            script: Script::new(layout.steps, pace),
            now: Duration::ZERO,
            height: 0,
            is_stuck: false,
            done: Vec::new(),
        }
    }

    /// What it does until then, and no later.
    fn go(&mut self, until: u64) -> &[(u128, String)] {
        let from = self.done.len();
        while self.now <= ms(until) {
            match self.script.next(self.now) {
                Want::Do(order) if !self.is_stuck => {
                    let what = match order {
                        Request::Note(text) => text.unwrap_or_default(),
                        Request::Kill(_) => "kill".to_owned(),
                        Request::HealAll => "heal".to_owned(),
                        other => panic!("{other:?}"),
                    };
                    self.done.push((self.now.as_millis(), what));
                    self.script.did(self.now, Ok(()));
                    continue;
                }
                Want::Facts(..) if self.script.judge(self.now, &at_height(self.height)) => continue,
                Want::Nothing => break,
                _ => {}
            }
            self.now += ms(100);
        }
        self.now = self.now.min(ms(until));
        &self.done[from..]
    }

    fn change(&mut self, change: ScriptChange) {
        let done = self.script.change(self.now, change);
        done.unwrap_or_else(|why| panic!("{change:?}: {why}"));
    }

    fn states(&self) -> Vec<&str> {
        let steps = self.view().steps.iter();
        steps.map(|step| step.state.name()).collect()
    }

    fn view(&self) -> &ScriptView {
        self.script.view()
    }
}

fn at(time: u128, what: &str) -> (u128, String) {
    (time, what.to_owned())
}

#[test]
fn reading_takes_three_seconds_or_four_tenths_a_word() {
    for (words, time) in [(0, 0), (1, 3_000), (7, 3_000), (8, 3_200), (20, 8_000)] {
        assert_eq!(reading_time(&"word ".repeat(words)), ms(time), "{words}");
    }
}

/// Four captions, of which one is empty, and orders among them.
const CAPTIONS: &str = r#"
[[step]]
note = "short"
[[step]]
do = "kill"
node = "miner"
[[step]]
note = "one two three four five six seven eight nine ten"
do = "heal"
[[step]]
note = "held"
hold = "1500ms"
[[step]]
note = ""
[[step]]
note = "last"
"#;

#[test]
fn a_caption_stays_until_it_can_have_been_read_and_other_steps_go_on() {
    let mut player = Player::new(CAPTIONS);
    let ten = "one two three four five six seven eight nine ten";
    let wanted = [
        at(0, "short"),
        at(0, "kill"),
        at(3_000, ten),
        at(3_000, "heal"),
        at(7_000, "held"),
        at(8_500, ""),
        at(8_500, "last"),
    ];
    assert_eq!(player.go(11_400), wanted);
    let view = player.view();
    assert!(!view.is_over() && !player.script.is_over());
    assert_eq!((view.current(), view.caption()), (Some(5), Some(5)));
    assert_eq!(waits(&player), "1 s more");
    player.go(11_500);
    assert!(player.script.is_over() && player.view().is_over());
    assert_eq!(player.view().planned, Some(ms(11_500)));
}

#[test]
fn a_view_says_which_caption_is_up_and_which_comes_next() {
    let mut player = Player::new(CAPTIONS);
    player.go(2_000);
    let view = player.view();
    assert_eq!((view.caption(), view.next_caption()), (Some(0), Some(2)));
    assert_eq!(view.steps[0].began, Some(ms(0)));
    assert_eq!(waits(&player), "1 s more");
    let gone = "[[step]]\nnote = \"a\"\n[[step]]\nnote = \"\"\n[[step]]\nwhen = \"height >= 1\"\nnote = \"b\"\n";
    let mut player = Player::new(gone);
    player.go(4_000);
    let view = player.view();
    assert_eq!((view.caption(), view.next_caption()), (None, Some(2)));
}

#[test]
fn after_and_when_in_one_step_must_both_hold() {
    let steps = "[[step]]\nafter = \"2s\"\nwhen = \"height >= 1\"\ndo = \"heal\"\n";
    let mut player = Player::new(steps);
    player.height = 1;
    assert_eq!(player.go(3_000), [at(2_000, "heal")]);
    let mut player = Player::new(steps);
    assert_eq!(player.go(1_000), []);
    assert_eq!(waits(&player), "1 s more");
    assert_eq!(player.go(5_000), []);
    assert_eq!(waits(&player), "height >= 1, it is 0");
    assert_eq!(player.view().planned, None, "nothing says how long");
    player.height = 1;
    assert_eq!(player.go(6_000), [at(5_000, "heal")]);
}

#[test]
fn a_step_begins_at_the_latest_then_and_is_told_as_late() {
    let steps = "[[step]]\ndo = \"kill\"\nnode = \"miner\"\n[[step]]\nafter = \"1s\"\n\
                 when = \"height >= 1\"\nat_latest = \"8s\"\ndo = \"heal\"\n";
    let mut player = Player::new(steps);
    player.height = 1;
    assert_eq!(player.go(9_000), [at(0, "kill"), at(1_000, "heal")]);
    assert_eq!(player.view().late(), 0);
    let mut player = Player::new(steps);
    assert_eq!(player.view().planned, Some(ms(8_000)));
    assert_eq!(player.go(9_000), [at(0, "kill"), at(8_000, "heal")]);
    let view = player.view();
    assert!(view.is_over() && view.failure().is_none());
    assert!(view.steps[1].is_late && view.late() == 1);
    // The caption that is up has its time all the same.
    let steps = "[[step]]\nnote = \"a\"\n[[step]]\nwhen = \"height >= 1\"\nat_latest = \"1s\"\nnote = \"b\"\n";
    let mut player = Player::new(steps);
    assert_eq!(player.go(4_000), [at(0, "a"), at(3_000, "b")]);
    assert_eq!(player.view().late(), 1);
}

/// A caption, an expectation, an order in its time, the next caption, an order, the last one.
const STORY: &str = r#"
[[step]]
note = "one"
expect = "height >= 1"
within = "20s"
[[step]]
after = "5s"
do = "kill"
node = "miner"
[[step]]
when = "height >= 2"
note = "two"
expect = "height >= 3"
[[step]]
after = "2s"
do = "heal"
[[step]]
note = "three"
[[step]]
after = "4s"
do = "heal"
"#;

#[test]
fn n_waits_for_nothing_but_orders_up_to_the_next_caption() {
    let mut player = Player::new(STORY);
    assert_eq!(player.go(500), [at(0, "one")]);
    assert_eq!(waits(&player), "height >= 1, it is 0");
    player.change(ScriptChange::Next);
    // The expectation and all times are skipped, the order is done.
    assert_eq!(player.go(1_000), [at(500, "kill"), at(500, "two")]);
    let states = [
        "skipped", "done", "running", "waiting", "waiting", "waiting",
    ];
    assert_eq!(player.states(), states);
    // What comes with that caption has its own time, and so have steps without one after it.
    player.height = 3;
    assert_eq!(player.go(5_000), [at(3_000, "heal")]);
    // But no caption comes by itself any more.
    assert_eq!(player.go(60_000), []);
    assert_eq!((waits(&player), player.view().pace), ("n", Pace::Presenter));
    player.change(ScriptChange::Next);
    assert_eq!(player.go(61_000), [at(60_000, "three")]);
    // There is no next one: to the end, though the caption has not had its time.
    player.change(ScriptChange::Next);
    assert_eq!(player.go(62_000), [at(61_000, "heal")]);
    assert!(player.script.is_over() && player.view().failure().is_none());
}

#[test]
fn n_waits_for_the_order_that_is_being_done() {
    let mut player = Player::new(STORY);
    player.height = 1;
    player.go(4_900);
    player.is_stuck = true;
    assert_eq!(player.go(5_500), []);
    for _ in 0..3 {
        player.change(ScriptChange::Next);
    }
    assert_eq!(player.go(6_000), []);
    player.is_stuck = false;
    // And whatever was pressed meanwhile, it is one caption.
    assert_eq!(player.go(7_000), [at(6_000, "kill"), at(6_000, "two")]);
    player.height = 3;
    assert_eq!(player.go(30_000), [at(9_000, "heal")]);
}

#[test]
fn n_ends_the_time_of_a_caption_and_of_the_last_one() {
    let mut player = Player::new("[[step]]\nnote = \"a\"\n[[step]]\nnote = \"b\"\n");
    assert_eq!(player.go(1_000), [at(0, "a")]);
    player.change(ScriptChange::Next);
    assert_eq!(player.go(2_000), [at(1_000, "b")]);
    player.change(ScriptChange::Next);
    player.go(2_000);
    assert!(player.script.is_over());
    for change in ScriptChange::ALL {
        let said = player.script.change(ms(3_000), change);
        assert_eq!(said, Err("the script is over".to_owned()));
    }
}

#[test]
fn auto_gives_the_pace_back() {
    let mut player = Player::new(CAPTIONS);
    player.go(500);
    player.change(ScriptChange::Next);
    assert_eq!(player.go(20_000).len(), 2);
    player.change(ScriptChange::Auto);
    let rest = [at(20_000, "held"), at(21_500, ""), at(21_500, "last")];
    assert_eq!(player.go(30_000), rest);
    assert_eq!(player.view().pace, Pace::Script);
}

#[test]
fn while_it_is_paused_nothing_begins_and_all_times_are_later_by_as_much() {
    let mut player = Player::new(CAPTIONS);
    player.go(1_000);
    player.change(ScriptChange::Pause);
    player.change(ScriptChange::Pause);
    assert_eq!(player.go(11_000), []);
    assert!(player.view().is_paused);
    let said = player.script.change(ms(11_000), ScriptChange::Next);
    assert_eq!(
        said,
        Err("the script is paused: resume it first".to_owned())
    );
    player.change(ScriptChange::Resume);
    assert!(!player.view().is_paused);
    assert_eq!(player.go(12_900), []);
    assert_eq!(player.go(13_000).len(), 2, "two seconds were left of three");
    // Its own beginning is told by the lab's clock.
    assert_eq!(player.view().steps[2].began, Some(ms(13_000)));
    for (steps, before) in [
        ("[[step]]\nat = \"5s\"\ndo = \"heal\"\n", 5_000),
        ("[[step]]\nafter = \"5s\"\ndo = \"heal\"\n", 5_000),
        (
            "[[step]]\nwhen = \"height >= 1\"\nat_latest = \"5s\"\ndo = \"heal\"\n",
            5_000,
        ),
    ] {
        let mut player = Player::new(steps);
        player.go(2_000);
        player.change(ScriptChange::Pause);
        player.go(9_000);
        player.change(ScriptChange::Resume);
        assert_eq!(player.go(30_000), [at(before + 7_000, "heal")], "{steps}");
    }
}

#[test]
fn an_expectation_has_as_much_more_time_as_the_pause_was_long() {
    let mut player = Player::new("[[step]]\nexpect = \"height >= 1\"\nwithin = \"3s\"\n");
    player.go(1_000);
    player.change(ScriptChange::Pause);
    player.go(60_000);
    assert_eq!(player.states(), ["running"]);
    player.change(ScriptChange::Resume);
    player.go(61_900);
    assert_eq!(player.states(), ["running"]);
    player.go(62_000);
    assert_eq!(player.states(), ["failed"]);
}

#[test]
fn a_pause_keeps_the_presenters_pace() {
    let mut player = Player::new(STORY);
    player.change(ScriptChange::Next);
    player.go(100);
    player.change(ScriptChange::Pause);
    player.change(ScriptChange::Resume);
    assert_eq!(player.view().pace, Pace::Presenter);
}

#[test]
fn by_hand_the_first_caption_comes_by_itself_and_no_other() {
    let mut player = Player::at_pace(STORY, Pace::Presenter);
    player.height = 9;
    let wanted = [at(0, "one"), at(5_000, "kill")];
    assert_eq!(player.go(60_000), wanted);
    assert_eq!(waits(&player), "n");
    player.change(ScriptChange::Next);
    let wanted = [at(60_000, "two"), at(62_000, "heal")];
    assert_eq!(player.go(90_000), wanted);
}

#[test]
fn a_script_alone_cannot_begin_again() {
    let mut player = Player::new(STORY);
    let said = player.script.change(ms(0), ScriptChange::Restart);
    let why = said.expect_err("its lab would have to");
    assert!(why.contains("a lab that is made anew"), "{why}");
}

#[test]
fn a_layout_can_ask_for_the_presenter() {
    let pace = |part: &str| {
        let text = format!("{TEXT}\n{part}");
        read("lab.toml", &text).expect("a layout").pace
    };
    assert_eq!(pace(""), Pace::Script);
    assert_eq!(pace("[script]\nmanual = false\n"), Pace::Script);
    assert_eq!(pace("[script]\nmanual = true\n"), Pace::Presenter);
}
