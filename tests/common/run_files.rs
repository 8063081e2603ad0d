//! Files of runs, mangled: each is read or refused in words, and what is read can be played. The fuzz target of this
//! name does the same for longer.

use super::running::TEXT;
use chainlab::lab::drive::run_file::{
    self, COMMANDS_MAX, Line, RUN_MAX, RUN_TIMELINES_MAX, Replay, RunHead,
};
use chainlab::lab::drive::{History, VirtualOptions};
use std::time::Duration;

/// Longer ones are read, and not played.
const PLAYED: Duration = Duration::from_secs(3);

/// Lines of a good run, and such as are not.
const LINES: [&str; 22] = [
    r#"{"second":{"n":1,"hash":"00000000000000ff","events":1}}"#,
    r#"{"second":{"n":2,"hash":"00000000000000ff","events":1}}"#,
    r#"{"command":{"at":100000,"n":0,"do":"kill","with":{"node":"wallet"}}}"#,
    r#"{"command":{"at":100000,"n":0,"do":"restart","with":{"node":"wallet"},"again":true}}"#,
    r#"{"command":{"at":1500000,"n":1,"do":"mine_now","with":{"node":"miner"}}}"#,
    r#"{"command":{"at":1500000,"n":1,"do":"add_node","with":{"name":"eve","connect":["central"]}}}"#,
    r#"{"command":{"at":1600000,"n":2,"do":"partition","with":{"groups":[["miner"],["eve"]]}}}"#,
    r#"{"command":{"at":1700000,"n":0,"do":"send","with":{"from":"alice","to":"bob","amount":"1"}}}"#,
    r#"{"command":{"at":0,"n":0,"do":"import_wallet","left_out":true}}"#,
    r#"{"command":{"at":18446744073709551615,"n":0,"do":"heal","with":{}}}"#,
    r#"{"command":{"at":1,"n":18446744073709551615,"do":"heal","with":{}}}"#,
    r#"{"timeline":{"name":"B","of":"A","at":100000,"n":1}}"#,
    r#"{"timeline":{"name":"C","of":"B","at":1000000,"n":0}}"#,
    r#"{"timeline":{"name":"D","of":"A","at":0,"n":0}}"#,
    r#"{"shown":"A"}"#,
    r#"{"shown":"C"}"#,
    r#"{"dropped":"A"}"#,
    r#"{"dropped":"B"}"#,
    r#"{"dropped_later":{"n":0}}"#,
    r#"{"mark":{"at":"1s","kind":"fork"}}"#,
    r#"{"end":{"at":2000000,"hash":"00"}}"#,
    r#"{"end":{"at":2500000}}"#,
];

/// A run of a few of these lines.
pub fn mangled(choices: &[u8]) -> String {
    let head = RunHead::new("scenario", TEXT, 1);
    let head = RunHead {
        live: choices.first().is_some_and(|choice| choice % 5 == 0),
        ..head
    };
    let mut text = serde_json::to_string(&Line::Run(head)).expect("plain data");
    for choice in choices.iter().take(40) {
        text.push('\n');
        text.push_str(LINES[usize::from(*choice) % LINES.len()]);
    }
    text.push('\n');
    text
}

/// Reads it, and plays it if it can be read and is short.
pub fn judge_run(text: &str) {
    let run = match run_file::read("a.run", text) {
        Ok(run) => run,
        Err(error) => {
            assert!(error.line > 0 && !error.problem.is_empty());
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    assert!(run.timelines.len() <= RUN_TIMELINES_MAX);
    assert!(
        run.timelines
            .iter()
            .any(|timeline| timeline.id == run.shown)
    );
    for timeline in &run.timelines {
        assert!(timeline.commands.len() <= COMMANDS_MAX && timeline.reaches <= RUN_MAX);
        assert!(timeline.commands.is_sorted_by_key(|command| command.at));
        assert!(timeline.seconds.is_sorted_by_key(|(n, _)| *n));
    }
    if run
        .timelines
        .iter()
        .any(|timeline| timeline.reaches > PLAYED)
    {
        return;
    }
    let lab = run.begin(VirtualOptions::default()).expect("it was judged");
    let mut history = History::new(lab, 1_000_000);
    let mut replay = Replay::new(&run);
    while !replay.go_on(&mut history, |_| true) {}
    assert!(history.lab().elapsed().is_zero());
}
