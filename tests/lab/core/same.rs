//! What must not change a run in virtual time: how it is cut into pieces, and what looks at it.

use chainlab::chain::SigCache;
use chainlab::lab::Layout;
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
use chainlab::lab::layout::read;
use chainlab::lab::layout::shipped::shipped;
use chainlab::lab::view::LabView;
use chainlab::node::io::{EventKind, Question};
use chainlab::node::{NodeIx, Time};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::Arc;
use std::time::Duration;

/// Long enough for the stories of these layouts to do most of what they do.
const FOR: Duration = Duration::from_secs(25);

fn layouts() -> Vec<Layout> {
    let deeds = include_str!("../guards/layouts/deeds/deeds.toml");
    let shipped = ["scenario", "partition", "double-spend"].map(|name| shipped(name).expect(name));
    let deeds = read("deeds.toml", deeds).expect("a layout");
    shipped.into_iter().chain([deeds]).collect()
}

fn lab(layout: &Layout, seed: u64, level: Level) -> VirtualLab {
    let options = VirtualOptions {
        seed,
        level,
        ..VirtualOptions::default()
    };
    VirtualLab::new(layout, &options).expect("it can be played")
}

fn end(lab: &VirtualLab) -> Time {
    lab.since() + FOR
}

/// All that a run comes to.
fn told(lab: &mut VirtualLab) -> (String, String, [u8; 32]) {
    let (summary, steps) = (lab.summary(), lab.core().steps());
    (
        format!("{summary}"),
        format!("{steps:?}"),
        lab.sim().log_hash(),
    )
}

fn straight(layout: &Layout, seed: u64, level: Level) -> VirtualLab {
    let mut lab = lab(layout, seed, level);
    assert!(lab.run_until(end(&lab), || true));
    lab
}

/// Something looks at a lab.
fn look(lab: &mut VirtualLab, draws: &mut ChaCha8Rng) {
    let nodes = u64::try_from(lab.core().layout().nodes.len()).expect("few");
    let ix = NodeIx(usize::try_from(draws.next_u64() % nodes).expect("few"));
    match draws.next_u64() % 5 {
        0 => drop(lab.view()),
        1 => drop(lab.facts()),
        2 => drop(lab.summary()),
        3 => drop(lab.sim().ask(ix, Question::Snapshot)),
        _ => drop(
            lab.facts_for(
                &"height >= 3 and balance(\"alice\") > 1"
                    .parse()
                    .expect("one"),
            ),
        ),
    }
}

#[test]
fn a_run_is_the_same_however_it_is_cut_into_pieces_and_looked_at() {
    for layout in layouts() {
        for seed in 1..=2 {
            let mut whole = straight(&layout, seed, Level::All);
            let mut draws = ChaCha8Rng::seed_from_u64(seed);
            let mut cut = lab(&layout, seed, Level::All);
            while cut.elapsed() < FOR {
                let until = cut.now() + Duration::from_micros(draws.next_u64() % 300_000);
                // Some pieces end in the middle of an instant.
                let mut left = draws.next_u64() % 2_000;
                cut.run_until(until.min(end(&cut)), || {
                    left = left.saturating_sub(1);
                    left > 0
                });
                look(&mut cut, &mut draws);
            }
            cut.run_until(end(&cut), || true);
            assert_eq!(told(&mut cut), told(&mut whole), "{} {seed}", layout.name);
            assert_eq!(cut.view(), whole.view(), "{} {seed}", layout.name);
        }
    }
}

#[test]
fn what_is_observed_changes_no_run() {
    for layout in layouts() {
        let mut stats = straight(&layout, 1, Level::Stats);
        let mut all = straight(&layout, 1, Level::All);
        assert_eq!(told(&mut stats), told(&mut all), "{}", layout.name);
        assert!(stats.view().transcript.is_empty() && !all.view().transcript.is_empty());
    }
}

#[test]
fn signatures_that_are_forgotten_cost_time_and_nothing_else() {
    let layout = shipped("partition").expect("it is built in");
    let options = VirtualOptions {
        seed: 3,
        sigs: Arc::new(SigCache::of_one()),
        ..VirtualOptions::default()
    };
    let mut forgetful = VirtualLab::new(&layout, &options).expect("it can be played");
    forgetful.run_until(end(&forgetful), || true);
    assert_eq!(
        told(&mut forgetful),
        told(&mut straight(&layout, 3, Level::Stats))
    );
}

#[test]
fn a_clone_goes_on_as_the_original_and_does_not_disturb_it() {
    for layout in layouts() {
        let mut whole = straight(&layout, 4, Level::All);
        let mut first = lab(&layout, 4, Level::All);
        first.run_until(first.since() + FOR / 3, || true);
        let mut second = first.clone();
        second.run_until(end(&second), || true);
        first.run_until(end(&first), || true);
        for mut lab in [first, second] {
            assert_eq!(told(&mut lab), told(&mut whole), "{}", layout.name);
            assert_eq!(lab.view(), whole.view(), "{}", layout.name);
        }
    }
}

/// What was looked at so many times a second is at the end what it is if it was looked at just then.
#[test]
fn a_view_is_the_same_whether_it_was_looked_at_thirty_times_a_second_or_never() {
    for layout in layouts() {
        let at_the_end: Vec<LabView> = [30, 1, 0]
            .into_iter()
            .map(|frames| {
                let mut lab = lab(&layout, 5, Level::All);
                for nth in 1..=frames * FOR.as_secs() {
                    let until = Duration::from_micros(nth * 1_000_000 / frames);
                    lab.run_until(lab.since() + until, || true);
                    drop(lab.view());
                }
                lab.run_until(end(&lab), || true);
                lab.view()
            })
            .collect();
        assert!(
            at_the_end.iter().all(|view| *view == at_the_end[2]),
            "{}",
            layout.name
        );
    }
}

fn of(text: &str) -> VirtualLab {
    let layout = read("lab.toml", text).expect("a layout");
    lab(&layout, 1, Level::All)
}

#[test]
fn what_happens_at_the_very_beginning_is_told_to_who_listens_from_then_on() {
    let mut lab = of(
        "[[node]]\nname = \"a\"\n\n[[step]]\ndo = \"create_wallet\"\nnode = \"a\"\nname = \"x\"\n",
    );
    lab.record_events();
    lab.go_on(FOR);
    let events = lab.take_events();
    let made = events
        .iter()
        .filter(|(_, event)| matches!(event.kind, EventKind::WalletCreated { .. }));
    assert_eq!(made.count(), 1);
}

#[test]
fn heal_opens_links_that_were_cut_from_the_beginning() {
    let nodes = "[[node]]\nname = \"a\"\n\n[[node]]\nname = \"b\"\nconnect = [\"a\"]\n";
    let mut lab = of(&format!(
        "[link]\nstate = \"cut\"\n\n{nodes}\n[[step]]\ndo = \"heal\"\n"
    ));
    lab.run_until(end(&lab), || true);
    assert_eq!(lab.facts().nodes[1].peers, 1);
}
