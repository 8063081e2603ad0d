use super::*;
use crate::lab::drive::seeds::Sort;

fn outcome(seed: u64, failing: Option<(&str, &str)>, found: Option<u64>) -> Outcome {
    let failing = failing.map(|(kind, words)| Failing {
        sort: Sort::Unmet,
        words: words.to_owned(),
        kind: kind.to_owned(),
        step: None,
        since: Duration::ZERO,
    });
    Outcome {
        seed,
        elapsed: Duration::from_millis(1_250),
        found: found.map(Duration::from_millis),
        failing,
        summary: None,
    }
}

fn ending(find: Option<&str>, open: Option<&str>) -> Ending {
    Ending {
        lab: "two".to_owned(),
        seeds: (1, 9),
        find: find.map(str::to_owned),
        is_stopped: false,
        open: open.map(str::to_owned),
        notes: Vec::new(),
        shrunk: None,
    }
}

#[test]
fn failures_are_counted_by_kind_the_most_frequent_first() {
    let mut tally = Tally::default();
    tally.add(&outcome(1, None, None));
    tally.add(&outcome(2, Some(("a #", "a 2")), None));
    for seed in 3..6 {
        let words = format!("b {seed}");
        tally.add(&outcome(seed, Some(("b #", &words)), None));
    }
    assert_eq!(
        tally.words(&ending(None, Some("chainlab run two"))),
        "two, seeds 1..9: 1 held, 4 failed\n\
         failed, by kind:\n      3  seed 3: b 3\n      1  seed 2: a 2\n\
         to see it on the screen:\n  chainlab run two\n"
    );
    let json: Value = serde_json::from_str(&tally.json(&ending(None, None))).expect("JSON");
    let kinds = &json["summary"]["kinds"];
    assert_eq!(kinds[0]["words"], "a 2");
    assert_eq!(
        (&kinds[1]["count"], &kinds[1]["first"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(tally.first.map(|(seed, _)| seed), Some(2));
}

#[test]
fn of_too_many_kinds_the_rest_is_counted_together() {
    let mut tally = Tally::default();
    for seed in 0..KINDS_MAX as u64 + 5 {
        let kind = format!("kind {seed}");
        tally.add(&outcome(seed, Some((&kind, "words")), None));
    }
    let words = tally.words(&ending(None, None));
    assert!(words.ends_with("      5  of other kinds\n"), "{words}");
}

#[test]
fn what_is_looked_for_is_told_with_its_seed_and_time() {
    let mut tally = Tally::default();
    tally.add(&outcome(1, None, None));
    let search = ending(Some("tips == 2"), None);
    let words = "two, seeds 1..9: tips == 2 is true with none of 1\n";
    assert_eq!(tally.words(&search), words);
    tally.add(&outcome(2, None, Some(61_001)));
    let words = "two, seeds 1..9: tips == 2 is true with seed 2 at +01:01.001\n";
    assert_eq!(tally.words(&search), words);
}

#[test]
fn a_seed_is_a_line() {
    let lines = [
        (outcome(1, None, None), false, "seed 1: held, 1.2 s\n"),
        (
            outcome(2, Some(("k", "why")), None),
            false,
            "seed 2: failed, 1.2 s: why\n",
        ),
        (outcome(3, None, None), true, "seed 3: not true, 1.2 s\n"),
        (
            outcome(4, None, Some(2_000)),
            true,
            "seed 4: true at +00:02\n",
        ),
    ];
    for (outcome, is_search, wanted) in lines {
        assert_eq!(line(&outcome, is_search), wanted);
    }
    let line: Value =
        serde_json::from_str(&json_line(&outcome(2, Some(("k", "why")), None))).expect("JSON");
    assert_eq!((&line["seed"], &line["held"]), (&json!(2), &json!(false)));
    assert_eq!(
        (&line["failed"], &line["kind"]),
        (&json!(["why"]), &json!("k"))
    );
    assert_eq!(line["elapsed_ms"], json!(1_250.0));
}
