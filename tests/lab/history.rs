//! Going back is exact: a moment is the same, whichever way is gone to it.

use crate::differential::random::{Drawn, draw};
use chainlab::chain::SigCache;
use chainlab::lab::ask::Ticket;
use chainlab::lab::drive::{History, Level, Place, VirtualLab, VirtualOptions};
use chainlab::lab::layout::shipped::{playable, shipped};
use chainlab::lab::spec::TrafficSpec;
use chainlab::lab::{LabView, Layout, Request};
use chainlab::node::{NodeIx, Time};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Memory for checkpoints.
const MEMORY: u64 = 64_000_000;

/// Jumps of a run, and how many of them at least go to where a message is on its way.
const JUMPS: (usize, usize) = (50, 5);

fn lab(layout: &Layout, seed: u64) -> VirtualLab {
    lab_with(layout, seed, Arc::default())
}

fn lab_with(layout: &Layout, seed: u64, sigs: Arc<SigCache>) -> VirtualLab {
    let options = VirtualOptions {
        seed,
        sigs,
        level: Level::All,
        ..VirtualOptions::default()
    };
    VirtualLab::new(layout, &options).expect("it can be played")
}

/// A run: its layout, commands with their times, and how long it goes.
struct Run {
    layout: Layout,
    seed: u64,
    commands: Vec<(Duration, Request)>,
    lasts: Duration,
    sigs: Arc<SigCache>,
}

impl Run {
    fn of(layout: Layout, seed: u64, lasts: Duration) -> Self {
        Self {
            layout,
            seed,
            commands: Vec::new(),
            lasts,
            sigs: Arc::default(),
        }
    }

    /// One that was drawn, with payments beside its commands.
    fn drawn(seed: u64) -> Self {
        let Drawn {
            mut layout,
            commands,
        } = draw(seed);
        let fee = layout.chain.proposed_fee();
        layout.traffic = Some(TrafficSpec {
            is_on: true,
            rate: 5.0,
            ..TrafficSpec::usual(fee)
        });
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let mut at = Duration::from_secs(1);
        let mut timed = Vec::new();
        for (_, request) in commands {
            at += Duration::from_micros(draws.next_u64() % 1_500_000);
            timed.push((at, request));
        }
        assert!(timed.len() >= 10);
        Self {
            layout,
            seed,
            commands: timed,
            lasts: at + Duration::from_secs(2),
            sigs: Arc::default(),
        }
    }

    /// As it goes in a lab that knows of no past.
    fn straight(&self) -> VirtualLab {
        let mut lab = lab(&self.layout, self.seed);
        let since = lab.since();
        for (ticket, (at, request)) in (1..).zip(&self.commands) {
            lab.run_until(since + *at, || true);
            lab.request(Ticket(ticket), request.clone());
        }
        lab.run_until(since + self.lasts, || true);
        lab
    }

    fn history(&self) -> History {
        let sigs = Arc::clone(&self.sigs);
        let mut history = History::new(lab_with(&self.layout, self.seed, sigs), MEMORY);
        let since = history.lab().since();
        for (ticket, (at, request)) in (1..).zip(&self.commands) {
            assert!(history.run(since + *at, |_| true));
            history.command(Ticket(ticket), request.clone());
        }
        assert!(history.run(since + self.lasts, |_| true));
        history
    }
}

/// All that a moment comes to.
fn told(lab: &VirtualLab) -> ([u8; 32], [u8; 32], LabView) {
    (lab.sim().log_hash(), lab.outputs_hash(), lab.view())
}

fn assert_same(is: &VirtualLab, was: &VirtualLab, what: &str) {
    let (is, was) = (told(is), told(was));
    assert_eq!(is.0, was.0, "{what}: events");
    assert_eq!(is.1, was.1, "{what}: what core said");
    assert!(is.2 == was.2, "{what}: the view");
}

fn within(draws: &mut ChaCha8Rng, lasts: Duration) -> Duration {
    let micros = u64::try_from(lasts.as_micros()).expect("short");
    Duration::from_micros(draws.next_u64() % micros)
}

fn go(history: &mut History, place: &Place) {
    history.jump(place);
    let mut pieces = 0;
    // By small pieces, as on a screen.
    while !history.run_to(place, |_| {
        pieces += 1;
        pieces % 1_000 != 0
    }) {}
}

/// From here on to where a message is on its way.
fn on_to_a_flight(history: &mut History, until: Time) -> bool {
    let mut flies = false;
    history.run_to(&Place::end_of(until), |now| {
        flies = now.lab.sim().in_flight().next().is_some();
        !flies
    });
    flies
}

fn jumps_come_to_the_same(run: &Run) {
    let what = format!("{} {}", run.layout.name, run.seed);
    let straight = run.straight();
    let mut history = run.history();
    assert_same(history.lab(), &straight, &what);
    let since = straight.since();
    let newest = history.newest_place();
    let mut draws = ChaCha8Rng::seed_from_u64(run.seed ^ 0xBAC);
    let (mut flights, mut jumps) = (0, 0);
    while jumps < JUMPS.0 || flights < JUMPS.1 {
        jumps += 1;
        assert!(jumps < 10 * JUMPS.0, "{what}: nothing is ever on its way");
        go(
            &mut history,
            &Place::end_of(since + within(&mut draws, run.lasts)),
        );
        flights += usize::from(jumps % 3 == 0 && on_to_a_flight(&mut history, newest.at()));
    }
    go(&mut history, &newest);
    assert!(history.is_newest());
    assert_same(history.lab(), &straight, &what);
}

/// Half a minute of a layout: its story, or as it goes by itself.
#[test]
fn shipped_layouts_are_the_same_after_jumps() {
    for layout in playable() {
        let nodes = u32::try_from(layout.nodes.len()).expect("few");
        let lasts = Duration::from_secs(if nodes > 12 { 8 } else { 30 });
        jumps_come_to_the_same(&Run::of(layout, 1, lasts));
    }
}

#[test]
fn random_scripts_are_the_same_after_jumps() {
    for seed in 1..=20 {
        jumps_come_to_the_same(&Run::drawn(seed));
    }
}

/// Two that share what is remembered of signatures, each in a thread of its own.
#[test]
fn a_run_beside_another_one_in_a_second_thread_is_the_same() {
    let sigs = Arc::new(SigCache::default());
    let played = || {
        let mut run = Run::drawn(11);
        run.sigs = Arc::clone(&sigs);
        let mut history = run.history();
        let newest = history.newest_place();
        let middle = history.lab().since() + run.lasts / 2;
        go(&mut history, &Place::end_of(middle));
        go(&mut history, &newest);
        told(history.lab())
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(played);
        (played(), other.join().expect("it ends"))
    });
    let alone = told(&Run::drawn(11).straight());
    assert!(one == alone && other == alone);
}

#[test]
fn every_place_between_two_things_can_be_gone_to_again() {
    let run = Run::drawn(3);
    let mut history = run.history();
    let since = history.lab().since();
    let (from, to) = (
        since + run.lasts / 3,
        since + run.lasts / 3 + Duration::from_millis(600),
    );
    history.jump(&Place::end_of(from));
    history.run_to(&Place::end_of(from), |_| true);
    let mut places = Vec::new();
    history.run_to(&Place::end_of(to), |now| {
        places.push((
            now.place(),
            now.lab.sim().log_hash(),
            now.lab.outputs_hash(),
            now.lab.steps(),
        ));
        true
    });
    assert!(places.len() > 100, "{}", places.len());
    let mut draws = ChaCha8Rng::seed_from_u64(9);
    for _ in 0..60 {
        let nth = usize::try_from(draws.next_u64() % 100_000).expect("few") % places.len();
        let (place, events, said, steps) = &places[nth];
        go(&mut history, place);
        let lab = history.lab();
        assert_eq!((lab.now(), lab.steps()), (place.at(), *steps), "{nth}");
        assert_eq!(
            (lab.sim().log_hash(), lab.outputs_hash()),
            (*events, *said),
            "{nth}"
        );
    }
}

/// As a run goes that has these commands, each at its time, and ends then.
fn straight(run: &Run, commands: &[(Duration, Request)], lasts: Duration) -> VirtualLab {
    let run = Run {
        commands: commands.to_vec(),
        layout: run.layout.clone(),
        seed: run.seed,
        sigs: Arc::clone(&run.sigs),
        lasts,
    };
    run.straight()
}

#[test]
fn a_command_in_the_past_begins_a_timeline_in_which_later_ones_are_given_again() {
    let run = Run::drawn(5);
    let mut history = run.history();
    let (all, since) = (run.commands.len(), history.lab().since());
    let at = run.commands[3].0 + Duration::from_micros(1);
    go(&mut history, &Place::end_of(since + at));
    assert_eq!(history.commands_ahead(), all - 4);
    let note = Request::Note(Some("here".to_owned()));
    history.command(Ticket(99), note.clone());
    let begun = history.take_begun().expect("a timeline begins");
    assert_eq!(
        (begun.id.to_string(), begun.again),
        ("B".to_owned(), all - 4)
    );
    assert!(history.is_newest());
    assert!(history.run(since + run.lasts, |_| true));
    let mut commands = run.commands.clone();
    commands.insert(4, (at, note));
    assert_same(history.lab(), &straight(&run, &commands, run.lasts), "B");
    // The old one is as it was, also after the new one has gone on.
    let place = history.switch(begun.of);
    go(&mut history, &place);
    assert_same(history.lab(), &run.straight(), "A");
}

#[test]
fn what_was_given_later_can_be_left_out() {
    let run = Run::drawn(5);
    let mut history = run.history();
    let (all, since) = (run.commands.len(), history.lab().since());
    let at = run.commands[3].0 + Duration::from_micros(1);
    go(&mut history, &Place::end_of(since + at));
    assert_eq!(history.drop_later(), all - 4);
    assert_eq!(history.commands_ahead(), 0);
    assert!(history.run(since + run.lasts, |_| true));
    assert_same(
        history.lab(),
        &straight(&run, &run.commands[..4], run.lasts),
        "B",
    );
    assert_eq!(history.timelines().len(), 2);
}

#[test]
fn a_timeline_in_which_nothing_was_changed_is_as_its_parent_and_one_with_a_cut_is_up_to_the_cut() {
    let run = Run::drawn(8);
    let mut history = run.history();
    let since = history.lab().since();
    let at = run.lasts / 2;
    go(&mut history, &Place::end_of(since + at));
    // Words on the screen change nothing that nodes do.
    history.command(Ticket(99), Request::Note(None));
    assert!(history.run(since + run.lasts, |_| true));
    let events: Vec<_> = history
        .timelines()
        .map(|one| one.seconds.last().map(|second| second.events))
        .collect();
    assert_eq!(events[0], events[1]);
    assert_eq!(
        history.lab().sim().log_hash(),
        run.straight().sim().log_hash()
    );
    go(&mut history, &Place::end_of(since + at));
    history.command(Ticket(100), Request::Kill(NodeIx(0)));
    assert!(history.run(since + run.lasts, |_| true));
    let seconds: Vec<_> = history
        .timelines()
        .map(|one| one.seconds.to_vec())
        .collect();
    let cut = usize::try_from(at.as_secs()).expect("few");
    assert_eq!(seconds[0][..cut], seconds[2][..cut]);
    assert_ne!(seconds[0][cut..], seconds[2][cut..]);
}

#[test]
fn of_more_than_eight_timelines_the_oldest_goes_and_any_that_is_left_can_be_shown() {
    let run = Run::drawn(2);
    let mut history = run.history();
    let since = history.lab().since();
    for nth in 0..10 {
        go(&mut history, &Place::end_of(since + run.lasts / 2));
        history.command(Ticket(100 + nth), Request::Note(Some(format!("{nth}"))));
        history.run(since + run.lasts, |_| true);
        let begun = history.take_begun().expect("one begins");
        assert_eq!(begun.dropped.is_some(), nth >= 7, "{nth}");
    }
    assert!(history.weight() <= MEMORY, "{}", history.weight());
    let names: Vec<_> = history.timelines().map(|one| one.id).collect();
    assert_eq!(names.len(), 8);
    for name in names {
        let place = history.switch(name);
        go(&mut history, &place);
        assert_eq!(history.lab().elapsed(), run.lasts, "{name}");
    }
    let shown = history.timeline();
    history.drop_timeline(shown).expect_err("it is shown");
}

#[test]
fn a_command_that_was_taken_back_never_happens_when_time_goes_on() {
    let mut run = Run::of(
        shipped("scenario").expect("it is built in"),
        7,
        Duration::from_secs(9),
    );
    run.layout.steps.clear();
    run.commands = vec![
        (
            Duration::from_secs(4),
            Request::Note(Some("first".to_owned())),
        ),
        (
            Duration::from_secs(6),
            Request::Note(Some("a slip".to_owned())),
        ),
    ];
    let mut history = run.history();
    let (place, to) = history.before_last_command().expect("there are two");
    go(&mut history, &place);
    assert_eq!(
        history.lab().core().caption().map(|words| &**words),
        Some("first")
    );
    history.take_back(to);
    let until = history.lab().since() + run.lasts;
    history.run(until, |_| true);
    assert!(history.is_newest());
    run.commands.pop();
    assert_same(history.lab(), &run.straight(), "without the slip");
}
