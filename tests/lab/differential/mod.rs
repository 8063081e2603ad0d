//! The same lab live and in virtual time: what decides does not know which it is, so the same comes of
//! it. Miners are off, blocks come when they are asked for, and each step waits until all is quiet.
//!
//! `CHAINLAB_DIFFERENTIAL_REPEATS` is how often each is played live, 1 unless it is set; with it, ten
//! random scripts are played instead of three.

mod drivers;
mod normal;
mod player;
pub mod random;
mod requests;
mod stories;

use self::drivers::{Live, Virtual};
use self::player::{Part, play};
use self::stories::story;
use crate::common::running::TEXT;
use chainlab::lab::layout::read;
use chainlab::lab::{Layout, Request};
use std::collections::BTreeSet;
use std::sync::Mutex;
use tokio::runtime::Runtime;

const REPEATS: &str = "CHAINLAB_DIFFERENTIAL_REPEATS";

/// Labs that run at a time.
const AT_A_TIME: usize = 5;

/// Something to play, and what came of it in virtual time.
struct Case {
    name: String,
    layout: Layout,
    seed: u64,
    commands: Vec<(String, Request)>,
    wanted: Vec<Part>,
}

impl Case {
    fn new(name: String, seed: u64, layout: Layout, commands: Vec<(String, Request)>) -> Self {
        let wanted = play(Virtual::start(&layout, seed), &layout, &commands);
        Self {
            name,
            layout,
            seed,
            commands,
            wanted,
        }
    }

    /// Plays it live; in words, what is another then.
    fn play(&self, runtime: &Runtime) -> Result<(), String> {
        let live = Live::start(&self.layout, self.seed, runtime.handle().clone());
        let found = play(live, &self.layout, &self.commands);
        let mut pairs = found.iter().zip(&self.wanted).enumerate();
        if let Some((nth, (found, wanted))) = pairs.find(|(_, (found, wanted))| found != wanted) {
            return Err(self.difference(nth, found, wanted));
        }
        assert_eq!(found.len(), self.wanted.len(), "{}", self.name);
        Ok(())
    }

    fn difference(&self, nth: usize, found: &Part, wanted: &Part) -> String {
        let only = |one: &Part, other: &Part, mark| {
            let others: BTreeSet<_> = other.lines.iter().collect();
            let only = one.lines.iter().filter(|line| !others.contains(line));
            only.map(|line| format!("  {mark}: {line}\n"))
                .collect::<String>()
        };
        let lines = only(found, wanted, "live") + &only(wanted, found, "virtual");
        let lines = match lines.as_str() {
            "" => format!("  in another order:\n{found:#?}\n{wanted:#?}"),
            _ => lines,
        };
        let done = self.commands.iter().map(|(what, _)| &**what);
        let done = done.take(nth).collect::<Vec<_>>().join("; ");
        format!(
            "{}, after {}:\n{lines}  (before that: {done})\n",
            self.name, wanted.what
        )
    }
}

fn repeats() -> Option<usize> {
    let repeats = std::env::var(REPEATS).ok()?;
    Some(repeats.parse().expect("a number"))
}

/// Plays all of them live, as often as is wanted.
fn play_live(cases: &[Case]) {
    let runtime = Runtime::new().expect("a runtime");
    let turns = (0..repeats().unwrap_or(1)).flat_map(|_| cases);
    let turns = Mutex::new(turns);
    let next = || turns.lock().expect("no other has failed").next();
    let differences = std::thread::scope(|scope| {
        let work = || {
            let played = std::iter::from_fn(next).map(|case| case.play(&runtime));
            played.filter_map(Result::err).collect::<Vec<_>>()
        };
        let players: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        let ended = players.into_iter().map(|player| player.join());
        let ended = ended.flat_map(|found| found.expect("all are played"));
        ended.collect::<Vec<_>>()
    });
    let count = differences.len();
    assert!(count == 0, "{count} differ:\n{}", differences.join("\n"));
}

#[test]
fn a_shipped_story_comes_to_the_same_live_and_in_virtual_time() {
    let cases = stories::ALL.map(|(name, steps, fails_at)| {
        let case = Case::new(name.to_owned(), 1, story(name, steps), Vec::new());
        let end = &case.wanted.last().expect("an end").lines;
        let steps: Vec<_> = end
            .iter()
            .filter(|line| line.starts_with("step "))
            .collect();
        let failed = steps
            .iter()
            .position(|line| !line.contains(": Done, late: false"));
        assert_eq!(failed.map(|at| at + 1), fails_at, "{name}: {steps:#?}");
        case
    });
    play_live(&cases);
}

#[test]
fn a_random_script_comes_to_the_same_live_and_in_virtual_time() {
    let count = if repeats().is_some() { 10 } else { 3 };
    let cases = (1..=count).map(|seed| {
        let drawn = random::draw(seed);
        Case::new(format!("random {seed}"), seed, drawn.layout, drawn.commands)
    });
    play_live(&cases.collect::<Vec<_>>());
}

#[test]
fn what_is_asked_is_done_or_refused_in_the_same_words_live_and_in_virtual_time() {
    let layout = read("scenario.toml", TEXT).expect("a layout");
    let case = Case::new("requests".to_owned(), 1, layout, requests::all());
    play_live(&[case]);
}
