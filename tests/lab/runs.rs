//! Runs as files: what was saved is played again, bit for bit, and what a stranger wrote is judged.

use crate::common::run_files::{judge_run, mangled};
use crate::common::running;
use chainlab::lab::Request;
use chainlab::lab::ask::{Bend, LinkChange, Save, Saved, Ticket};
use chainlab::lab::drive::export::Export;
use chainlab::lab::drive::run_file::{self, Recorder, Replay, Run, RunHead};
use chainlab::lab::drive::{History, Level, Place, VirtualLab, VirtualOptions, play, run_hash};
use chainlab::lab::layout::{read, shipped};
use chainlab::lab::view::FirstDifference;
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::io::Command;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Duration;

/// Memory for checkpoints.
const MEMORY: u64 = 64_000_000;

const LAYOUT: &str = "partition";

fn head(seed: u64) -> RunHead {
    let text = shipped::text(LAYOUT).expect("it is built in");
    RunHead::new(LAYOUT, text, seed)
}

fn started(seed: u64, level: Level) -> History {
    let layout = read(LAYOUT, &head(seed).text).expect("it is sound");
    let options = VirtualOptions {
        seed,
        level,
        ..VirtualOptions::default()
    };
    History::new(
        VirtualLab::new(&layout, &options).expect("it can be played"),
        MEMORY,
    )
}

fn go(history: &mut History, place: &Place) {
    history.jump(place);
    while !history.run_to(place, |_| true) {}
}

fn act(draws: &mut ChaCha8Rng) -> Request {
    let ix = NodeIx(usize::try_from(draws.next_u64() % 6).expect("few"));
    match draws.next_u64() % 6 {
        0 => Request::Kill(ix),
        1 => Request::Restart(ix),
        2 => Request::Node(ix, Command::MineNow),
        3 => Request::HealAll,
        4 => Request::Note(Some("by hand".to_owned())),
        _ => Request::Link(Bend {
            from: "oslo".to_owned(),
            to: "rome".to_owned(),
            is_both_ways: true,
            change: LinkChange {
                state: Some(LinkState::Cut),
                ..LinkChange::default()
            },
        }),
    }
}

/// As [`act`], of which nodes nearly always notice something.
fn change(draws: &mut ChaCha8Rng) -> Request {
    loop {
        let change = act(draws);
        if matches!(change, Request::Kill(_) | Request::Node(..)) {
            return change;
        }
    }
}

/// What a person may do in a lab: goes on, acts, goes back and acts there, looks at another timeline. `after` is
/// called after each.
fn session(seed: u64, level: Level, mut after: impl FnMut(&mut History)) -> History {
    let mut history = started(seed, level);
    let since = history.lab().since();
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    after(&mut history);
    for nth in 0..30 {
        match draws.next_u64() % 8 {
            0..=3 => {
                let on = Duration::from_micros(draws.next_u64() % 3_000_000);
                let until = history.lab().now() + on;
                history.run(until, |_| true);
            }
            4 | 5 => history.command(Ticket(nth + 1), act(&mut draws)),
            6 => {
                let newest = u64::try_from(history.newest().as_micros()).expect("short");
                let at = Duration::from_micros(draws.next_u64() % newest.max(1));
                go(&mut history, &Place::end_of(since + at));
            }
            _ => {
                let names: Vec<_> = history.timelines().map(|one| one.id).collect();
                let nth = usize::try_from(draws.next_u64()).expect("64 bits") % names.len();
                let place = history.switch(names[nth]);
                go(&mut history, &place);
            }
        }
        after(&mut history);
    }
    let newest = history.newest_place();
    go(&mut history, &newest);
    after(&mut history);
    history
}

fn opened(text: &str) -> Run {
    run_file::read("a.run", text).expect("it can be read")
}

/// Plays all of it again.
fn replayed(run: &Run, level: Level) -> (Replay, History) {
    let lab = run.begin(VirtualOptions {
        level,
        ..VirtualOptions::default()
    });
    let mut history = History::new(lab.expect("it can be played"), MEMORY);
    let mut replay = Replay::new(run);
    // By pieces, as on a screen.
    let mut pieces = 0;
    while !replay.go_on(&mut history, |_| {
        pieces += 1;
        pieces % 5_000 != 0
    }) {}
    (replay, history)
}

#[test]
fn a_run_that_was_saved_is_the_same_again_in_all_of_its_timelines() {
    for seed in 1..=6 {
        let mut was = session(seed, Level::All, |_| {});
        let text = run_file::text(&head(seed), &was, false);
        let run = opened(&text);
        assert!(run.timelines.iter().all(|one| one.hash.is_some()));
        // What is observed is no part of it.
        let (replay, mut is) = replayed(&run, Level::Stats);
        assert_eq!(replay.difference(), None, "{seed}");
        assert!(is.lab().elapsed().is_zero(), "it is at its beginning");
        let names: Vec<_> = was.timelines().map(|one| one.id).collect();
        for name in names {
            for history in [&mut was, &mut is] {
                history.switch(name);
                let newest = history.newest_place();
                go(history, &newest);
            }
            assert_eq!(is.lab().elapsed(), was.lab().elapsed(), "{seed} {name}");
            assert_eq!(run_hash(is.lab()), run_hash(was.lab()), "{seed} {name}");
        }
    }
}

#[test]
fn what_is_put_down_as_it_happens_is_what_is_saved_at_the_end_and_is_whole_at_any_moment() {
    for seed in 1..=6 {
        let mut text = String::new();
        let mut recorder = None;
        let history = session(seed, Level::All, |history| {
            let added = match &mut recorder {
                None => {
                    let mut first = Recorder::new(history.lab().since(), false);
                    let all = first.all(&head(seed), history);
                    history.record();
                    recorder = Some(first);
                    all
                }
                Some(recorder) => recorder.follow(history.take_entries()),
            };
            text.push_str(&added);
        });
        let mut recorder = recorder.expect("it was begun");
        text.push_str(&recorder.end(history.at_newest()));
        let at_once = opened(&run_file::text(&head(seed), &history, false));
        let bit_by_bit = opened(&text);
        assert_eq!(bit_by_bit.timelines, at_once.timelines, "{seed}");
        assert_eq!(bit_by_bit.shown, at_once.shown);
        // Its writer may be killed at any byte of it.
        let first = text.find('\n').expect("lines") + 1;
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..50 {
            let rest = u64::try_from(text.len() - first).expect("64 bits");
            let end = first + usize::try_from(draws.next_u64() % rest).expect("64 bits");
            let cut = opened(&text[..end]);
            let (all, kept) = (text[..end].matches("{\"command\"").count(), &cut.timelines);
            assert!(all == 0 || kept.iter().any(|one| !one.commands.is_empty()) || all == 1);
        }
    }
}

#[test]
fn a_run_that_stands_in_the_middle_of_an_instant_is_the_same_again() {
    for seed in 1..=20 {
        let mut history = started(seed, Level::Stats);
        let until = history.lab().now() + Duration::from_secs(9);
        let mut steps = 500 + 37 * seed;
        history.run(until, |_| {
            steps -= 1;
            steps > 0
        });
        let text = run_file::text(&head(seed), &history, false);
        let (replay, _) = replayed(&opened(&text), Level::Stats);
        assert_eq!(replay.difference(), None, "{seed}");
    }
}

/// Ten minutes, with commands.
#[test]
fn ten_minutes_take_less_than_100_kb() {
    let mut history = started(7, Level::All);
    let since = history.lab().since();
    for nth in 0..60 {
        history.run(since + Duration::from_secs(10 * nth), |_| true);
        history.command(Ticket(nth + 1), Request::Node(NodeIx(0), Command::MineNow));
    }
    history.run(since + Duration::from_secs(600), |_| true);
    let text = run_file::text(&head(7), &history, false);
    println!("{} bytes", text.len());
    assert!(text.len() < 100_000, "{}", text.len());
}

/// Seconds of a run in which a kill was put a microsecond later, in its text.
#[test]
fn a_run_that_was_changed_differs_in_the_second_in_which_it_was() {
    let mut history = started(3, Level::Stats);
    let since = history.lab().since();
    history.run(since + Duration::from_millis(7_300), |_| true);
    history.command(Ticket(1), Request::Kill(NodeIx(2)));
    history.run(since + Duration::from_secs(20), |_| true);
    let text = run_file::text(&head(3), &history, false);
    assert_eq!(replayed(&opened(&text), Level::Stats).0.difference(), None);
    let name = history.lab().core().name(NodeIx(2));
    let other = history.lab().core().name(NodeIx(3));
    let changed = text.replace(
        &format!("\"do\":\"kill\",\"with\":{{\"node\":\"{name}\"}}"),
        &format!("\"do\":\"kill\",\"with\":{{\"node\":\"{other}\"}}"),
    );
    assert_ne!(changed, text);
    let (replay, _) = replayed(&opened(&changed), Level::Stats);
    let difference = replay.difference().expect("it differs");
    assert_eq!((difference.second, difference.after), (8, 7));
    // So does one in whose last second something is another.
    let changed = text.replace("\"hash\":\"", "\"hash\":\"0");
    run_file::read("a.run", &changed).expect_err("too long");
    let last = text.rfind("\"hash\":\"").expect("the end") + 8;
    let digit = if text[last..].starts_with('0') {
        "1"
    } else {
        "0"
    };
    let mut changed = text.clone();
    changed.replace_range(last..=last, digit);
    let (replay, _) = replayed(&opened(&changed), Level::Stats);
    let difference = replay.difference().expect("its end differs");
    assert_eq!((difference.second, difference.was), (20, None));
}

#[test]
fn keys_that_were_imported_are_left_out_unless_they_are_asked_for() {
    let secret = "11".repeat(32);
    let mut history = started(1, Level::Stats);
    let until = history.lab().now() + Duration::from_secs(2);
    history.run(until, |_| true);
    let import = |name: &str, secret: &str| {
        let (name, secret) = (name.to_owned(), secret.to_owned());
        Request::Node(
            NodeIx(0),
            Command::ImportWallet {
                name,
                secret,
                birthday: None,
            },
        )
    };
    history.command(Ticket(1), import("eve", &secret));
    let text = run_file::text(&head(1), &history, false);
    assert!(!text.contains(&secret));
    let run = opened(&text);
    assert_eq!(run.left_out(), 1);
    replayed(&run, Level::Stats);
    let text = run_file::text(&head(1), &history, true);
    assert!(text.contains(&secret));
    let (replay, _) = replayed(&opened(&text), Level::Stats);
    assert_eq!(replay.difference(), None);
}

#[test]
fn what_is_wrong_with_a_run_is_said_with_its_line() {
    let begin = serde_json::to_string(&run_file::Line::Run(head(1))).expect("it can be written");
    let kill = |at: u64, n: usize| {
        format!(
            "{{\"command\":{{\"at\":{at},\"n\":{n},\"do\":\"kill\",\"with\":{{\"node\":\"oslo\"}}}}}}"
        )
    };
    let timeline = |name: &str, at: u64, n: usize| {
        format!("{{\"timeline\":{{\"name\":\"{name}\",\"of\":\"A\",\"at\":{at},\"n\":{n}}}}}")
    };
    let second =
        |n: u64| format!("{{\"second\":{{\"n\":{n},\"hash\":\"00000000000000ff\",\"events\":1}}}}");
    let many = |line: &dyn Fn(u64) -> String, count: u64| {
        (0..count).map(line).collect::<Vec<_>>().join("\n")
    };
    let cases = [
        (String::new(), 1, "no line of a run: EOF"),
        ("{}".to_owned(), 1, "no line of a run"),
        (second(1), 1, "a run begins with"),
        (
            begin.replace("\"layout\":\"partition\"", "\"layout\":\"..\""),
            1,
            "the file: a layout's name",
        ),
        (
            begin.replace("[[node]]", "[[nod]]"),
            1,
            "its layout: partition.toml:",
        ),
        (
            begin.replace("\"seed\":1", "\"seed\":-1"),
            1,
            "invalid value",
        ),
        (format!("{begin}\n{begin}"), 2, "the run has begun already"),
        (
            format!("{begin}\n{{\"sekond\":1}}"),
            2,
            "unknown variant `sekond`",
        ),
        (
            format!("{begin}\n{}\n{}", second(2), second(2)),
            3,
            "n: second 2 is after 2",
        ),
        (
            format!("{begin}\n{}", second(86_401)),
            2,
            "n: a run has 24 hours at most",
        ),
        (
            format!("{begin}\n{}", kill(1, 1)),
            2,
            "n: there are 0 commands",
        ),
        (
            format!("{begin}\n{}\n{}", kill(9, 0), kill(8, 1)),
            3,
            "at: it is not between",
        ),
        (
            format!("{begin}\n{}", kill(u64::MAX, 0)),
            2,
            "at: a run has 24 hours at most",
        ),
        (
            format!("{begin}\n{}", kill(1, 0).replace("kill", "kil")),
            2,
            "did you mean \"kill\"?",
        ),
        (
            format!("{begin}\n{}", kill(1, 0).replace("kill", "peers")),
            2,
            "do: peers is no command",
        ),
        (
            format!("{begin}\n{}", kill(1, 0).replace("kill", "time_go")),
            2,
            "time_go: ",
        ),
        (
            format!("{begin}\n{}", kill(1, 0).replace("kill", "time_save")),
            2,
            "time_save: ",
        ),
        (
            format!("{begin}\n{}", kill(1, 0).replace("\"node\"", "\"nod\"")),
            2,
            "kill: nod",
        ),
        (
            format!("{begin}\n{}", timeline("A", 0, 0)),
            2,
            "name: A is no new timeline",
        ),
        (
            format!("{begin}\n{}", timeline("B", 1, 0)),
            2,
            "at: A was not there",
        ),
        (
            format!(
                "{begin}\n{}\n{}\n{}",
                kill(1, 0),
                second(2),
                timeline("B", 2, 0)
            ),
            4,
            "at: A was not there",
        ),
        (
            format!("{begin}\n{}", timeline("B", 0, 1)),
            2,
            "n: A has 0 commands",
        ),
        (
            format!("{begin}\n{{\"shown\":\"C\"}}"),
            2,
            "there is no timeline C by here",
        ),
        (
            format!("{begin}\n{{\"dropped\":\"A\"}}"),
            2,
            "timeline A is the one that is shown",
        ),
        (
            format!("{begin}\n{{\"dropped_later\":{{\"n\":1}}}}"),
            2,
            "n: there are 0 commands",
        ),
        (
            format!("{begin}\n{{\"end\":{{\"at\":1,\"hash\":\"00\"}}}}"),
            2,
            "hash: 64 hexadecimal",
        ),
        (
            format!(
                "{begin}\n{}",
                many(&|nth| kill(nth, usize::try_from(nth).expect("few")), 15_000)
            ),
            1,
            "more than 1000000 bytes",
        ),
        (
            format!(
                "{begin}\n{}",
                many(
                    &|nth| {
                        let name = char::from(b'B' + u8::try_from(nth % 25).expect("few"));
                        let round = if nth < 25 {
                            String::new()
                        } else {
                            (nth / 25).to_string()
                        };
                        timeline(&format!("{name}{round}"), 0, 0)
                    },
                    25
                )
            ),
            0,
            "",
        ),
    ];
    for (text, line, words) in cases {
        match run_file::read("a.run", &format!("{text}\n")) {
            Ok(_) => assert_eq!(line, 0, "{text}"),
            Err(error) => {
                assert_eq!(error.line, line, "{error}");
                assert!(error.problem.contains(words), "{error}, not {words}");
                assert!(error.to_string().starts_with("a.run:"), "{error}");
            }
        }
    }
}

/// What happens in a timeline from a moment on, played alone.
fn events(seed: u64, commands: &[(Duration, Request)], lasts: Duration) -> Vec<(NodeIx, String)> {
    let mut history = started(seed, Level::Stats);
    let since = history.lab().since();
    let mut all = Vec::new();
    for (ticket, (at, request)) in (1..).zip(commands) {
        history.run(since + *at, |_| true);
        history.command(Ticket(ticket), request.clone());
    }
    history.run(since + lasts, |_| true);
    for (ix, event) in history.take_events() {
        all.push((ix, format!("{:?} {:?}", event.at, event.kind)));
    }
    all
}

#[test]
fn what_is_said_to_be_first_different_is_the_first_event_in_which_two_timelines_differ() {
    let (mut differed, lasts) = (0, Duration::from_secs(24));
    for seed in 1..=50 {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let at = Duration::from_micros(5_000_000 + draws.next_u64() % 10_000_000);
        let later = (Duration::from_secs(16), Request::HealAll);
        let change = change(&mut draws);
        let mut history = started(seed, Level::Stats);
        let since = history.lab().since();
        history.run(since + later.0, |_| true);
        history.command(Ticket(1), later.1.clone());
        history.run(since + lasts, |_| true);
        go(&mut history, &Place::end_of(since + at));
        history.command(Ticket(2), change.clone());
        history.run(since + lasts, |_| true);
        let begun = history.take_begun().expect("a timeline begins");
        history.compare(Some(begun.of)).expect("it is there");
        while !history.keep_step(|_| true) {}
        while !history.look_for_difference(|| true) {}
        let a = events(seed, std::slice::from_ref(&later), lasts);
        let b = events(seed, &[(at, change), later], lasts);
        let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        let first = [a.get(same), b.get(same)].into_iter().flatten();
        let first = first.map(|(_, event)| event.clone()).min();
        match (
            history.first_difference().expect("they are compared"),
            first,
        ) {
            (FirstDifference::None(to), None) => assert_eq!(to, lasts),
            (FirstDifference::Found(found), Some(_)) => {
                differed += 1;
                let side = if found.happened_in == begun.of {
                    &a
                } else {
                    &b
                };
                let (ix, event) = &side[same];
                let moment = format!("{:?} ", since + found.at);
                assert!(event.starts_with(&moment), "{seed}: {event}, not {found}");
                assert_eq!(history.lab().core().name(*ix), &*found.node, "{seed}");
                let other = if found.happened_in == begun.of {
                    &b
                } else {
                    &a
                };
                if let Some(instead) = other.get(same) {
                    assert!(
                        instead.1[..moment.len()] >= event[..moment.len()],
                        "{seed}: {found}"
                    );
                }
            }
            (said, first) => panic!("{seed}: {said}, but {first:?}"),
        }
    }
    assert!(differed > 40, "{differed}");
}

#[test]
fn two_timelines_go_on_in_step_and_back() {
    let mut history = started(4, Level::Stats);
    let since = history.lab().since();
    let moment = |seconds| Place::end_of(since + Duration::from_secs(seconds));
    history.run(since + Duration::from_secs(10), |_| true);
    go(&mut history, &moment(5));
    history.command(Ticket(1), Request::Kill(NodeIx(1)));
    let begun = history.take_begun().expect("a timeline begins");
    history
        .compare(Some(begun.id))
        .expect_err("it is the one that is shown");
    history.compare(Some(begun.of)).expect("it is there");
    for seconds in [7, 30, 6, 12] {
        go(&mut history, &moment(seconds));
        while !history.keep_step(|_| true) {}
        let other = history.lab_of(begun.of).expect("it is there");
        assert_eq!(other.now(), history.lab().now());
        assert_eq!(other.core().name(NodeIx(1)), "paris");
        assert!(other.node("paris").is_some() && history.lab().node("paris").is_none());
    }
    history.drop_timeline(begun.of).expect("it is not shown");
    assert!(history.keep_step(|_| true) && history.compared().is_none());
}

#[test]
fn what_was_done_by_hand_is_exported_as_a_script_that_ends_as_it_says() {
    let (text, mut as_by_hand, mut steps) = (head(0).text, 0, 0);
    for seed in 1..=20 {
        let mut history = session(seed, Level::Stats, |_| {});
        let options = VirtualOptions {
            seed,
            ..VirtualOptions::default()
        };
        let export = Export::new(&mut history, "mine.toml", &text, &options);
        let made = export.make().expect("it can be a script");
        let layout = read("mine.toml", &made.text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(layout.steps.len(), made.steps);
        let lab = play(&layout, seed, Duration::from_secs(300)).expect("it can be played");
        let script = lab.core().steps();
        assert_eq!(script.failure(), None, "{seed}: {}", made.text);
        assert!(script.is_over());
        let said = made.text.contains("it ends otherwise than by hand");
        assert_eq!(said, !made.differs.is_empty());
        as_by_hand += usize::from(!said);
        steps += made.steps;
    }
    println!("{as_by_hand} of 20 end as they did by hand, {steps} steps in all");
    assert!(steps > 100, "{steps}");
}

#[test]
fn commands_that_were_refused_or_are_secret_are_left_out_of_a_script_with_a_comment() {
    let mut history = started(2, Level::Stats);
    let since = history.lab().since();
    history.run(since + Duration::from_millis(2_020), |_| true);
    history.command(Ticket(1), Request::Restart(NodeIx(0)));
    let secret = "11".repeat(32);
    let import = Command::ImportWallet {
        name: "eve".to_owned(),
        secret: secret.clone(),
        birthday: None,
    };
    history.command(Ticket(2), Request::Node(NodeIx(0), import));
    history.command(Ticket(3), Request::Kill(NodeIx(1)));
    history.run(since + Duration::from_secs(4), |_| true);
    let options = VirtualOptions {
        seed: 2,
        ..VirtualOptions::default()
    };
    let made = Export::new(&mut history, "mine.toml", &head(2).text, &options);
    let text = made.make().expect("it can be a script").text;
    assert!(
        text.contains("# left out at +00:02: restart oslo: oslo runs"),
        "{text}"
    );
    assert!(
        text.contains("import wallet eve on oslo: it has a secret"),
        "{text}"
    );
    assert!(!text.contains(&secret));
    assert!(
        text.contains("at = \"2050ms\"\ndo = \"kill\"\nnode = \"paris\"\n"),
        "{text}"
    );
}

#[test]
fn whatever_a_runs_file_says_it_is_read_or_refused_in_words_and_can_be_played() {
    let mut draws = ChaCha8Rng::seed_from_u64(23);
    let runs =
        std::env::var("CHAINLAB_RUN_FILES").map_or(300, |runs| runs.parse().expect("a number"));
    for _ in 0..runs {
        let mut choices = [0; 12];
        draws.fill_bytes(&mut choices);
        let length = usize::from(choices[0]) % choices.len();
        let text = mangled(&choices[..length]);
        judge_run(&text);
        let at = usize::from(choices[1]) * text.len() / 256;
        let mut bytes = text.into_bytes();
        bytes[at] = choices[2];
        judge_run(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_was_asked_of_real_nodes_is_tried_again_for_a_while_if_it_cannot_be_done_yet() {
    let begin = RunHead {
        live: true,
        ..head(1)
    };
    let begin = serde_json::to_string(&run_file::Line::Run(begin)).expect("it can be written");
    let command = |at: u64, n: usize, verb: &str| {
        format!(
            "{{\"command\":{{\"at\":{at},\"n\":{n},\"do\":\"{verb}\",\"with\":{{\"node\":\"oslo\"}}}}}}\n"
        )
    };
    // It runs until it is killed, and never is again after that.
    let lines = [
        command(1_000_000, 0, "restart"),
        command(3_100_000, 1, "kill"),
        command(9_000_000, 2, "kill"),
    ];
    let text = format!(
        "{begin}\n{}{{\"end\":{{\"at\":20000000}}}}\n",
        lines.concat()
    );
    let run = opened(&text);
    let (replay, mut history) = replayed(&run, Level::Stats);
    assert_eq!(replay.difference(), None);
    let since = history.lab().since();
    let is_up = |history: &History| history.lab().node("oslo").is_some();
    for (millis, up) in [
        (3_050, true),
        (3_200, false),
        (3_400, true),
        (8_900, true),
        (9_100, false),
        (19_900, false),
    ] {
        go(
            &mut history,
            &Place::end_of(since + Duration::from_millis(millis)),
        );
        assert_eq!(is_up(&history), up, "{millis}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_real_nodes_by_hand_is_saved_as_it_is_asked_and_played_again() {
    let lab = running::scenario();
    running::begun(&lab).await;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("live.run");
    let save = Save {
        path: path.clone(),
        replaces: false,
        what: Saved::Run {
            with_secrets: false,
        },
    };
    running::done(&lab, Request::Kill(running::MINER)).await;
    running::done(&lab, Request::Save(save.clone())).await;
    let words = running::refused(&lab, Request::Save(save)).await;
    assert!(words.contains("File exists"), "{words}");
    running::done(&lab, Request::Restart(running::MINER)).await;
    lab.close().await.expect("closes");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let run = opened(&text);
    assert!(run.head.live);
    let asked: Vec<_> = run.timelines[0]
        .commands
        .iter()
        .map(|command| command.request.clone().expect("no secret"))
        .collect();
    let miner = || Some("miner".to_owned());
    assert_eq!(asked, [Request::Kill(miner()), Request::Restart(miner())]);
    let (replay, mut history) = replayed(&run, Level::Stats);
    assert_eq!(replay.difference(), None);
    let newest = history.newest_place();
    go(&mut history, &newest);
    assert!(history.lab().node("miner").is_some());
}
