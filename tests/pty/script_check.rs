//! `chainlab script check`, as it is called: what it prints, and its exit codes.

use std::fs;
use std::process::{Command, Output};
use tempfile::TempDir;

const LAB: &str = "[[node]]\nname = \"east\"\nmine = { mode = \"off\", hashrate = \"1 kH/s\" }\n\n";

fn check(dir: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
    command.args(["script", "check"]).args(args);
    command.current_dir(dir).output().expect("it starts")
}

fn with(steps: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("one.toml"), format!("{LAB}{steps}")).expect("it is written");
    dir
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_prints_how_long_captions_stand_and_what_is_waited_for() {
    let dir = with(
        "[[step]]\nnote = \"hello there\"\n[[step]]\nwhen = \"height >= 9\"\nat_latest = \"6s\"\nnote = \"bye\"\n",
    );
    let output = check(&dir, &["one.toml", "--seeds", "1..3"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = "\
one, seeds 1..3: 3 of 3 well paced

step  needs  least  median  longest  caption
   1  3.0 s  6.0 s   6.0 s    6.0 s  hello there
   2  3.0 s  3.0 s   3.0 s    3.0 s  bye
 all         9.0 s   9.0 s    9.0 s  the whole story

step  median  longest  seed  late  waits for
   2   3.0 s    3.0 s     3     3  height >= 9

longest wait: step 2 waited 3.0 s for height >= 9, with seed 3
";
    assert_eq!(text(&output.stdout), told);
    let shipped = check(&dir, &["partition", "--seeds", "7"]);
    assert_eq!(shipped.status.code(), Some(0), "{shipped:?}");
}

#[test]
fn a_story_that_is_badly_paced_is_an_exit_code_and_names_seed_and_step() {
    let dir = with("[[step]]\nnote = \"hello\"\n[[step]]\nafter = \"20s\"\nnote = \"bye\"\n");
    let output = check(&dir, &["one.toml", "--seeds", "5..6"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = "chainlab: seed 5: step 1, \"hello\": stood 20.0 s, more than 12.0 s\n\
                chainlab: seed 6: step 1, \"hello\": stood 20.0 s, more than 12.0 s\n";
    assert_eq!(text(&output.stderr), said);
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let dir = with("");
    for (args, said) in [
        (&["one.toml"][..], "one.toml: it has no [[step]]"),
        (&["none.toml"], "none.toml: "),
        (&["partitoin"], "did you mean \"partition\"?"),
        (
            &["partition", "--seeds", "9..1"],
            "the first is more than the last",
        ),
        (&["partition", "--seeds", "many"], "as in 1..60"),
    ] {
        let output = check(&dir, args);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(said), "{output:?}");
    }
}
