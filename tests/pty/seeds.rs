//! One layout with many seeds, as programs and people start it: its lines, its files, its exit codes.

use crate::terminal::Screen;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// With some seeds the miner finds a block within ten seconds, with others it does not.
const LUCK: &str = r#"# luck: a miner, and ten seconds.

[chain]
block_interval = "10s"
retarget = "fixed"

[[node]]
name = "east"

[[node]]
name = "west"
connect = ["east"]
mine = { hashrate = "1 kH/s" }

[[step]]
note = "we wait"

[[step]]
expect = "tips == 1"

[[step]]
expect = "height >= 1"
within = "7s"
"#;

struct Labs(TempDir);

impl Labs {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("luck.toml"), LUCK).expect("it is written");
        Self(dir)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command
            .args(["run", "luck.toml", "--headless", "--virtual"])
            .args(args)
            .current_dir(&self.0)
            .env("HOME", self.0.path())
            .env("XDG_RUNTIME_DIR", self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("it starts")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is there")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All lines but the last, and the summary that is the last.
fn lines(output: &Output) -> (Vec<Value>, Value) {
    let text = text(&output.stdout);
    let lines = text.lines().map(serde_json::from_str);
    let mut lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("every line is JSON");
    let mut last = lines.pop().expect("there is a summary");
    (lines, last["summary"].take())
}

/// The seeds that fail of so many.
fn failing(lines: &[Value]) -> Vec<u64> {
    let failed = lines.iter().filter(|line| line["held"] == json!(false));
    failed.filter_map(|line| line["seed"].as_u64()).collect()
}

#[test]
fn seeds_are_told_in_their_order_and_how_many_are_played_at_once_changes_nothing() {
    let labs = Labs::new();
    let one = labs.run(&["--seeds", "1..12", "--jobs", "1"]);
    let three = labs.run(&["--seeds", "1..12", "-j", "3"]);
    assert_eq!(text(&one.stdout), text(&three.stdout));
    assert_eq!((one.status.code(), three.status.code()), (Some(3), Some(3)));
    let told = text(&one.stdout);
    let seeds = told.lines().filter(|line| line.starts_with("seed "));
    let seeds: Vec<_> = seeds
        .filter_map(|line| line.split([' ', ':']).nth(1))
        .collect();
    let wanted: Vec<_> = (1..=12).map(|seed| seed.to_string()).collect();
    assert_eq!(seeds, wanted);
    // No bar where there is no terminal.
    let failed = told
        .lines()
        .filter(|line| line.contains(": failed, "))
        .count();
    assert!((1..12).contains(&failed), "{told}");
    let said = format!("chainlab: {failed} of 12 seeds failed\n");
    assert_eq!(text(&one.stderr), said);
    let headline = format!("luck, seeds 1..12: {} held, {failed} failed\n", 12 - failed);
    assert!(told.contains(&headline), "{told}");
    let kind = format!("\nfailed, by kind:\n{failed:>7}  seed ");
    assert!(told.contains(&kind), "{told}");
}

#[test]
fn a_seed_comes_out_as_when_it_is_run_alone_and_the_first_that_fails_can_be_opened() {
    let labs = Labs::new();
    let output = labs.run(&["--seeds", "1..8", "--json"]);
    let (seeds, summary) = lines(&output);
    for line in &seeds {
        let seed = line["seed"].as_u64().expect("a seed").to_string();
        let alone = labs.run(&["--seed", &seed, "--json"]);
        let (_, run) = lines(&alone);
        assert_eq!((&line["run"], &line["failed"]), (&run, &run["failed"]));
        assert_eq!(line["held"] == json!(true), alone.status.success());
    }
    let failed = failing(&seeds);
    let first = failed[0];
    assert_eq!(summary["failed"], json!(failed.len()));
    assert_eq!(summary["kinds"][0]["first"], json!(first));
    assert_eq!(summary["kinds"].as_array().map(Vec::len), Some(1));
    let open = summary["open"].as_str().expect("a command");
    let wanted = format!("chainlab run luck.toml --virtual --seed {first} --paused --at +00:0");
    assert!(open.starts_with(&wanted), "{open}");
    // It opens there: at the caption, the last that stands out before the step which fails.
    let args: Vec<&str> = open.split(' ').skip(1).collect();
    let file = labs.path("luck.toml").display().to_string();
    let args: Vec<&str> = args
        .iter()
        .map(|arg| if *arg == "luck.toml" { &file } else { *arg })
        .collect();
    let mut screen = Screen::start(&args, (100, 30));
    screen.sees("we wait");
    // The story is under way.
    screen.types("qy");
    assert_eq!(screen.ends(), 0);
}

#[test]
fn junit_has_a_case_for_each_seed_and_no_file_is_written_over() {
    let labs = Labs::new();
    let args = ["--seeds", "1..9", "--junit", "report.xml", "--json"];
    let output = labs.run(&args);
    let (seeds, _) = lines(&output);
    let failed = failing(&seeds);
    let xml = labs.read("report.xml");
    let counts = format!(
        "<testsuite name=\"luck\" tests=\"9\" failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"",
        failed.len()
    );
    assert!(xml.contains(&counts), "{xml}");
    for seed in 1..=9 {
        let case = format!("<testcase classname=\"luck\" name=\"seed {seed}\" time=\"");
        let at = xml.find(&case).unwrap_or_else(|| panic!("{case} in {xml}"));
        let rest = &xml[at..];
        let end = rest.find('>').expect("it ends");
        assert_eq!(
            rest[..end].ends_with('/'),
            !failed.contains(&seed),
            "{seed}"
        );
    }
    let why = "<failure message=\"step 3, expect height &gt;= 1: not true after 7s: height &gt;= 1, it is 0\"";
    assert_eq!(xml.matches(why).count(), failed.len(), "{xml}");
    fs::write(labs.path("report.xml"), "kept").expect("it is written");
    let again = labs.run(&args);
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    let said = "chainlab: --junit: report.xml: is there already, and is not written over\n";
    assert_eq!(
        (text(&again.stderr), text(&again.stdout)),
        (said.to_owned(), String::new())
    );
    assert_eq!(labs.read("report.xml"), "kept");
}

#[test]
fn a_seed_is_found_and_a_layout_is_shrunk_to_what_it_takes() {
    let labs = Labs::new();
    let output = labs.run(&["--seeds", "1..40", "--find", "height >= 2"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = text(&output.stdout);
    assert!(told.contains("height >= 2 is true with seed "), "{told}");
    let open = told.lines().last().expect("a command");
    assert!(
        open.starts_with("  chainlab run luck.toml --virtual --seed "),
        "{told}"
    );
    let output = labs.run(&["--seeds", "1..3", "--find", "height >= 99"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = "chainlab: height >= 99 was true with none of 3 seeds\n";
    assert_eq!(text(&output.stderr), said);

    let output = labs.run(&["--seeds", "1..12", "--shrink", "small.toml", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let (_, summary) = lines(&output);
    let shrunk = &summary["shrunk"];
    assert_eq!(shrunk["file"], "small.toml");
    assert_eq!((&shrunk["steps"], &shrunk["of"]), (&json!(1), &json!(3)));
    assert_eq!(shrunk["minimal"], json!(true));
    let (head, steps) = LUCK.split_once("[[step]]").expect("steps");
    let last = steps.rfind("[[step]]").expect("the last");
    assert_eq!(labs.read("small.toml"), format!("{head}{}", &steps[last..]));
    let open = shrunk["open"].as_str().expect("a command");
    assert!(
        open.starts_with("chainlab run small.toml --virtual --seed "),
        "{open}"
    );
}

#[test]
fn what_goes_not_together_is_refused_in_words() {
    let labs = Labs::new();
    let virtually = ["run", "luck.toml", "--headless", "--virtual"];
    let refused = |args: &[&str], said: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        let output = command.args(args).current_dir(&labs.0).output();
        let output = output.expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(text(&output.stderr).contains(said), "{args:?}: {output:?}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
    };
    refused(&["run", "luck.toml", "--seeds", "1..2"], "--headless");
    refused(
        &["run", "luck.toml", "--headless", "--seeds", "1..2"],
        "--seeds: with real nodes no two runs are alike: this needs --virtual",
    );
    for (args, said) in [
        (&["--seeds", "5..1"][..], "the first is more than the last"),
        (
            &["--seeds", "1..1000001"],
            "at most 1000000 seeds are played",
        ),
        (
            &["--seeds", "some"],
            "write the first and the last, as in 1..60",
        ),
        (&["--seeds", "1..2", "--seed", "7"], "cannot be used with"),
        (&["--seeds", "1..2", "-j", "0"], "0 is not in 1..=256"),
        (&["--jobs", "2"], "--seeds"),
        (&["--junit", "x.xml"], "--seeds"),
        (&["--find", "tips == 2"], "--seeds"),
        (&["--shrink", "x.toml"], "--seeds"),
        (
            &[
                "--seeds",
                "1..2",
                "--find",
                "tips == 2",
                "--until",
                "tips == 2",
            ],
            "cannot be used with",
        ),
        (
            &["--seeds", "1..2", "--find", "tips == 2", "--junit", "x.xml"],
            "cannot be used with",
        ),
        (
            &["--seeds", "1..2", "--find", "height@wets > 1"],
            "--find: there is no node \"wets\"; did you mean \"west\"?",
        ),
        (
            &["--seeds", "1..2", "--until", "height@wets > 1"],
            "--until: there is no node \"wets\"; did you mean \"west\"?",
        ),
        (
            &["--seeds", "1..2", "--junit", "no/such/x.xml"],
            "--junit: no/such/x.xml: No such file or directory",
        ),
        (
            &["--seeds", "1..2", "--shrink", "luck.toml"],
            "--shrink: luck.toml: is there already, and is not written over",
        ),
        (
            &["--seeds", "1..2", "--shrink", "small"],
            "write it as in small.toml",
        ),
        (
            &["--seeds", "1..2", "--manual"],
            "--manual: virtual time does not wait for a presenter",
        ),
        (
            &["--seeds", "1..2", "--clock", "2001-01-01T00:00:00Z"],
            "the clock cannot begin before the chain does",
        ),
    ] {
        if args.contains(&"--clock") {
            let genesis = LUCK.replace("[chain]", "[chain]\ngenesis_time_ms = 1_577_836_800_000");
            fs::write(labs.path("luck.toml"), genesis).expect("it is written");
        }
        refused(&[&virtually, args].concat(), said);
    }
    let none = LUCK.split_once("[[step]]").expect("steps").0;
    fs::write(labs.path("luck.toml"), none).expect("it is written");
    refused(
        &[&virtually[..], &["--seeds", "1..2", "--shrink", "x.toml"]].concat(),
        "--shrink: luck.toml has no [[step]] to leave out",
    );
    let left: Vec<_> = fs::read_dir(&labs.0).expect("a directory").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_signal_ends_it_with_what_there_is() {
    let labs = Labs::new();
    let args = ["--seeds", "1..1000000", "--junit", "report.xml"];
    let mut child = labs.command(&args).spawn().expect("it starts");
    let mut out = child.stdout.take().expect("it is piped");
    let mut some = [0; 200];
    std::io::Read::read_exact(&mut out, &mut some).expect("some seeds are told");
    let pid = i32::try_from(child.id()).expect("a process id");
    let pid = rustix::process::Pid::from_raw(pid).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it can be asked");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).expect("it reads");
    let mut errors = String::new();
    let mut err = child.stderr.take().expect("it is piped");
    std::io::Read::read_to_string(&mut err, &mut errors).expect("it reads");
    assert_eq!(child.wait().expect("it ends").code(), Some(3), "{errors}");
    let headline = rest
        .lines()
        .find(|line| line.starts_with("luck, seeds 1..1000000: "));
    let headline = headline.unwrap_or_else(|| panic!("{rest}"));
    assert!(headline.contains(": stopped after "), "{headline}");
    assert!(errors.starts_with("chainlab: stopped after "), "{errors}");
    let xml = labs.read("report.xml");
    assert!(xml.contains(" skipped=\"1\" ") && xml.ends_with("</testsuites>\n"));
}

#[test]
fn a_terminal_shows_a_bar_below_the_seeds_and_none_is_left_at_the_end() {
    let labs = Labs::new();
    let file = labs.path("luck.toml").display().to_string();
    let args = [
        "run",
        &file,
        "--headless",
        "--virtual",
        "--seeds",
        "1..4000",
    ];
    let mut screen = Screen::start(&args, (100, 30));
    screen.waits("a bar", |text| {
        let last = text.lines().rfind(|line| !line.trim().is_empty());
        last.is_some_and(|line| line.starts_with('[') && line.contains(" of 4000"))
    });
    screen.sees("luck, seeds 1..4000: ");
    screen.sees("of 4000 seeds failed");
    assert_eq!(screen.ends(), 3);
    let text = screen.text();
    assert!(!text.contains("left") && !text.contains("[=="), "{text}");
    for line in text.lines().filter(|line| line.starts_with("seed ")) {
        assert!(!line.contains('['), "{line}");
    }
}
