//! What a link does to the frames on it: when they leave, when they arrive, in which order, and
//! what becomes of them when the link changes under them.

use chainlab::link::{
    Conditions, LOSS_MAX, LOSSES_MAX, Link, LinkState, QUEUE_BYTES_MAX, RETRANSMISSION_MIN, Refused,
};
use chainlab::node::Time;
use proptest::prelude::*;
use std::time::Duration;

const START: Time = Time(1_767_225_600_000_000);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn after(ms: u64) -> Time {
    START + Duration::from_millis(ms)
}

/// Something that came out of a link, and when.
#[derive(Debug, PartialEq)]
enum Seen<T> {
    Left(Time, u64),
    Arrived(Time, T),
}

/// Looks at the link at each of its deadlines, until the given time.
fn watch<T>(link: &mut Link<T>, until: Time) -> Vec<Seen<T>> {
    let mut seen = Vec::new();
    while let Some(now) = link.deadline().filter(|at| *at <= until) {
        let before = seen.len();
        match link.take_left(now) {
            0 => {}
            bytes => seen.push(Seen::Left(now, bytes)),
        }
        while let Some(payload) = link.pop(now) {
            seen.push(Seen::Arrived(now, payload));
        }
        assert!(seen.len() > before, "a deadline for nothing at {now:?}");
    }
    seen
}

fn arrivals<T>(link: &mut Link<T>, until: Time) -> Vec<(Time, T)> {
    let arrived = |seen| match seen {
        Seen::Arrived(at, payload) => Some((at, payload)),
        Seen::Left(..) => None,
    };
    watch(link, until).into_iter().filter_map(arrived).collect()
}

const FOREVER: Time = Time(u64::MAX);

#[test]
fn a_frame_leaves_at_once_and_arrives_a_latency_later() {
    let mut link = Link::new(Conditions::latency(ms(80)), 1);
    link.push(START, 100, "hello").unwrap();
    let expected = [Seen::Left(START, 100), Seen::Arrived(after(80), "hello")];
    assert_eq!(watch(&mut link, FOREVER), expected);
    assert_eq!(link.deadline(), None);
}

#[test]
fn without_conditions_a_frame_is_there_at_once() {
    let mut link = Link::new(Conditions::default(), 1);
    link.push(START, 0, ()).unwrap();
    assert_eq!(link.pop(START), Some(()));
    assert_eq!(link.pop(START), None);
}

#[test]
fn a_narrow_link_sends_one_frame_after_the_other() {
    let narrow = Conditions {
        bandwidth: Some(10_000),
        ..Conditions::latency(ms(50))
    };
    let mut link = Link::new(narrow, 1);
    link.push(START, 1_000, 'a').unwrap();
    link.push(START, 500, 'b').unwrap();
    let expected = [
        Seen::Left(after(100), 1_000),
        Seen::Left(after(150), 500),
        Seen::Arrived(after(150), 'a'),
        Seen::Arrived(after(200), 'b'),
    ];
    assert_eq!(watch(&mut link, FOREVER), expected);
    // The line was idle meanwhile: nothing of that is saved up.
    link.push(after(1_000), 1_000, 'c').unwrap();
    assert_eq!(arrivals(&mut link, FOREVER), [(after(1_150), 'c')]);
}

#[test]
fn whoever_looks_late_changes_nothing_for_the_frames_behind() {
    let narrow = Conditions {
        bandwidth: Some(1_000),
        ..Conditions::default()
    };
    let mut link = Link::new(narrow, 1);
    (0..3).for_each(|number| link.push(START, 1_000, number).unwrap());
    assert_eq!(link.take_left(after(2_500)), 2_000);
    assert_eq!(link.pop(after(2_500)), Some(0));
    assert_eq!(link.pop(after(2_500)), Some(1));
    assert_eq!(link.pop(after(2_500)), None);
    assert_eq!(arrivals(&mut link, FOREVER), [(after(3_000), 2)]);
}

#[test]
fn bandwidth_holds_within_a_thousandth_for_small_frames_and_large_ones() {
    for bandwidth in [100, 14_400, 999_999, 12_500_000, 1_000_000_000] {
        for bytes in [24, 1_399, 1_000_000] {
            let conditions = Conditions {
                bandwidth: Some(bandwidth),
                ..Conditions::default()
            };
            let mut link = Link::new(conditions, 1);
            let count = (QUEUE_BYTES_MAX / 2 / (bytes + 64)).min(20_000);
            (0..count).for_each(|n| link.push(START, bytes, n).unwrap());
            let (last, _) = arrivals(&mut link, FOREVER).pop().unwrap();
            let took = (last - START).as_secs_f64();
            let paper = (count * bytes) as f64 / bandwidth as f64;
            // The clock has whole microseconds.
            let error = (took - paper).abs() - 1e-6;
            assert!(
                error < paper / 1_000.0,
                "{bandwidth}: {took} s for {paper} s"
            );
        }
    }
}

#[test]
fn jitter_spreads_evenly_over_its_range() {
    let conditions = Conditions {
        jitter: ms(40),
        ..Conditions::latency(ms(10))
    };
    let mut link = Link::new(conditions, 7);
    let count = 10_000_u64;
    let mut quarters = [0_u64; 4];
    for n in 0..count {
        // Far enough apart that none waits for the one before.
        let sent = after(1_000 * n);
        link.push(sent, 100, ()).unwrap();
        let at = arrivals(&mut link, FOREVER)[0].0;
        let extra = (at - sent)
            .checked_sub(ms(10))
            .expect("the latency at least");
        assert!(extra <= ms(40));
        let quarter = extra.as_micros() / 10_000;
        quarters[usize::try_from(quarter.min(3)).unwrap()] += 1;
    }
    for quarter in quarters {
        assert!(quarter.abs_diff(count / 4) < count / 40, "{quarters:?}");
    }
}

#[test]
fn a_lost_frame_comes_late_and_holds_up_those_behind_it() {
    let lossy = Conditions {
        loss: 0.5,
        ..Conditions::latency(ms(30))
    };
    let mut link = Link::new(lossy, 3);
    let mut late = [0_u32; 8];
    let count = 4_000_u32;
    for n in 0..count {
        // A minute apart, so that each is late by its own losses only.
        let sent = START + Duration::from_secs(60) * n;
        link.push(sent, 100, n).unwrap();
        link.push(sent, 100, n).unwrap();
        let came = arrivals(&mut link, FOREVER);
        let first = came[0].0 - sent;
        assert!(came[1].0 >= came[0].0);
        let timeouts = (first - ms(30)).as_micros() / RETRANSMISSION_MIN.as_micros();
        let losses = (timeouts + 1).ilog2();
        assert_eq!(first, ms(30) + RETRANSMISSION_MIN * (2_u32.pow(losses) - 1));
        late[usize::try_from(losses).unwrap()] += 1;
    }
    assert_eq!(late[7], 0, "more than {LOSSES_MAX} losses");
    for (losses, seen) in late[..6].iter().enumerate() {
        let paper = f64::from(count) * 0.5_f64.powi(i32::try_from(losses).unwrap() + 1);
        let error = (f64::from(*seen) - paper).abs();
        assert!(error < 5.0 * paper.sqrt(), "{late:?}");
    }
}

#[test]
fn on_a_long_link_a_lost_frame_waits_for_a_round_trip() {
    let lossy = Conditions {
        loss: LOSS_MAX,
        ..Conditions::latency(ms(500))
    };
    let mut link = Link::new(lossy, 3);
    link.push(START, 100, ()).unwrap();
    let at = arrivals(&mut link, FOREVER)[0].0;
    let late = (at - START - ms(500)).as_millis();
    assert!(
        late >= 1_000 && (late / 1_000 + 1).is_power_of_two(),
        "{late}"
    );
}

#[test]
fn a_cut_loses_everything_and_the_link_stays_severed() {
    let mut link = Link::new(Conditions::latency(ms(80)), 1);
    link.push(START, 100, ()).unwrap();
    let cut = link.conditions().in_state(LinkState::Cut);
    link.set(after(40), cut);
    assert!(link.is_severed());
    assert_eq!(link.push(after(50), 1, ()), Err(Refused::Severed));
    link.set(after(60), Conditions::default());
    assert!(link.is_severed());
    assert_eq!(link.push(after(60), 1, ()), Err(Refused::Severed));
    assert_eq!((link.deadline(), link.pop(after(1_000))), (None, None));
    assert!(Link::<()>::new(cut, 1).is_severed());
}

#[test]
fn a_black_hole_keeps_everything_until_it_closes() {
    let open = Conditions {
        bandwidth: Some(1_000),
        ..Conditions::latency(ms(80))
    };
    let mut link = Link::new(open, 1);
    link.push(START, 100, "on its way").unwrap();
    link.push(START, 100, "half gone").unwrap();
    link.set(after(150), open.in_state(LinkState::BlackHole));
    link.push(after(160), 100, "behind").unwrap();
    assert_eq!(link.take_left(after(160)), 100);
    assert_eq!(watch(&mut link, FOREVER), []);

    link.set(after(10_000), open);
    let expected = [
        Seen::Left(after(10_050), 100),
        Seen::Arrived(after(10_080), "on its way"),
        Seen::Arrived(after(10_130), "half gone"),
        Seen::Left(after(10_150), 100),
        Seen::Arrived(after(10_230), "behind"),
    ];
    assert_eq!(watch(&mut link, FOREVER), expected);
}

#[test]
fn another_latency_holds_for_what_is_on_its_way() {
    let mut link = Link::new(Conditions::latency(ms(100)), 1);
    link.push(START, 100, 'a').unwrap();
    link.set(after(50), Conditions::latency(ms(300)));
    link.push(after(50), 100, 'b').unwrap();
    assert_eq!(arrivals(&mut link, after(300)), [(after(300), 'a')]);
    link.set(after(310), Conditions::latency(ms(10)));
    assert_eq!(arrivals(&mut link, FOREVER), [(after(310), 'b')]);
}

#[test]
fn another_bandwidth_holds_for_the_bytes_that_have_not_left() {
    let wide = |bandwidth| Conditions {
        bandwidth: Some(bandwidth),
        ..Conditions::default()
    };
    let mut link = Link::new(wide(1_000), 1);
    link.push(START, 1_000, 'a').unwrap();
    link.push(START, 1_000, 'b').unwrap();
    // Half of the first is left, and leaves ten times as fast.
    link.set(after(500), wide(10_000));
    assert_eq!(arrivals(&mut link, after(600)), [(after(550), 'a')]);
    link.set(after(600), wide(100));
    link.set(after(700), Conditions::default());
    assert_eq!(arrivals(&mut link, FOREVER), [(after(700), 'b')]);
}

#[test]
fn what_has_not_left_can_be_forgotten() {
    let narrow = Conditions {
        bandwidth: Some(1_000),
        ..Conditions::latency(ms(10))
    };
    let mut link = Link::new(narrow, 1);
    link.push(START, 100, 'a').unwrap();
    link.push(START, 100, 'b').unwrap();
    assert!(link.has_unsent());
    link.drop_unsent(after(150));
    assert!(!link.has_unsent());
    link.push(after(150), 0, 'c').unwrap();
    let expected = [(after(150), 'a'), (after(160), 'c')];
    assert_eq!(link.pop(after(150)), Some(expected[0].1));
    assert_eq!(arrivals(&mut link, FOREVER), expected[1..]);
}

#[test]
fn a_link_that_nobody_empties_is_full_at_its_limit() {
    let held = Conditions::default().in_state(LinkState::BlackHole);
    let mut link = Link::new(held, 1);
    link.push(START, QUEUE_BYTES_MAX * 2, 0).unwrap();
    assert_eq!(link.push(START, 1, 1), Err(Refused::Full));
    link.set(START, Conditions::default());
    assert_eq!(link.pop(START), Some(0));

    link.set(START, held);
    let taken = (0..)
        .take_while(|n| link.push(START, 0, *n).is_ok())
        .count();
    assert!(taken < QUEUE_BYTES_MAX / 50, "{taken} empty frames");
}

#[test]
fn one_seed_draws_the_same_delays() {
    let rough = Conditions {
        jitter: ms(40),
        loss: 0.3,
        ..Conditions::latency(ms(10))
    };
    let run = |seed| {
        let mut link = Link::new(rough, seed);
        (0..50).for_each(|n| link.push(after(n), 100, n).unwrap());
        arrivals(&mut link, FOREVER)
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

/// Something that happens to a link, so many µs after what happened before.
#[derive(Clone, Debug)]
enum Step {
    Push(u64, usize),
    Set(u64, Conditions),
    Look(u64),
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let state = prop_oneof![4 => Just(LinkState::Open), 1 => Just(LinkState::BlackHole)];
    let bandwidth = prop::option::of(100_u64..1_000_000);
    (
        0..500_000_u64,
        0..500_000_u64,
        bandwidth,
        0.0..LOSS_MAX,
        state,
    )
        .prop_map(|(latency, jitter, bandwidth, loss, state)| Conditions {
            latency: Duration::from_micros(latency),
            jitter: Duration::from_micros(jitter),
            bandwidth,
            loss,
            state,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let wait = 0..300_000_u64;
    prop_oneof![
        4 => (wait.clone(), 0..5_000_usize).prop_map(|(us, bytes)| Step::Push(us, bytes)),
        1 => (wait.clone(), conditions()).prop_map(|(us, to)| Step::Set(us, to)),
        2 => wait.prop_map(Step::Look),
    ]
}

proptest! {
    /// Whatever the conditions and however they change: every frame arrives, once, in order, not
    /// before it was sent, and every byte is reported to have left.
    #[test]
    fn a_stream_stays_a_stream(
        first in conditions(),
        steps in prop::collection::vec(step(), 1..80),
        seed: u64,
    ) {
        let mut link = Link::new(first, seed);
        let (mut now, mut sent, mut arrived) = (START, Vec::new(), 0);
        let (mut bytes_in, mut bytes_out) = (0, 0);
        let mut take = |link: &mut Link<usize>, sent: &[Time], now| {
            bytes_out += link.take_left(now);
            while let Some(number) = link.pop(now) {
                assert_eq!(number, arrived);
                assert!(sent[number] <= now);
                arrived += 1;
            }
        };
        for step in steps {
            let (Step::Push(us, _) | Step::Set(us, _) | Step::Look(us)) = step;
            now = now + Duration::from_micros(us);
            match step {
                Step::Push(_, bytes) => {
                    link.push(now, bytes, sent.len()).unwrap();
                    sent.push(now);
                    bytes_in += u64::try_from(bytes).unwrap();
                }
                Step::Set(_, to) => link.set(now, to),
                Step::Look(_) => take(&mut link, &sent, now),
            }
        }
        link.set(now, Conditions::default());
        // The slowest retransmission that the conditions before left behind is soon over.
        while let Some(at) = link.deadline() {
            now = now.max(at);
            take(&mut link, &sent, now);
        }
        prop_assert_eq!((arrived, bytes_out), (sent.len(), bytes_in));
        prop_assert!(!link.has_unsent());
    }
}
