//! A story that is led from a shell, and played again.

use crate::shell::Shell;
use std::fs;

/// Two nodes; the first block comes at once, and the second with the second caption.
const STORY: &str = r#"
[chain.genesis]
alice = "10"

[link]
latency = "10ms"

[[node]]
name = "east"
wallets = ["alice"]

[[node]]
name = "west"
connect = ["east"]
mine = { mode = "off", hashrate = "1 kH/s", first = "at once" }

[[step]]
note = "one block"

[[step]]
note = "two blocks"
do = "mine_now"
node = "east"

[[step]]
note = "it is over"
"#;

#[test]
fn a_story_is_led_from_a_shell_and_played_again() {
    let mut shell = Shell::new();
    let file = shell.home().join("two.toml");
    fs::write(&file, STORY).expect("room on disk");
    shell.start(&["run", "two.toml", "--headless", "--manual"], "lab.log");
    let agree = |shell: &Shell, height: &str| {
        let words = format!("all 2 agree on #{height} ");
        shell.until(&["status"], |said| said.out.contains(&words));
    };
    agree(&shell, "1");
    shell.done(&["script", "next"]);
    agree(&shell, "2");
    let said = shell.done(&["script", "pause", "--json"]).json();
    assert_eq!(said["done"], "the script is paused");
    let said = shell.run(&["script", "next"]);
    assert_ne!(said.code, 0);
    assert!(said.err.contains("resume it first"), "{said:?}");
    shell.done(&["script", "resume"]);
    shell.done(&["script", "auto"]);
    shell.done(&["wallet", "new", "eve", "--node", "west"]);
    let said = shell.done(&["script", "restart", "--lab", "two"]);
    assert_eq!(said.out, "the lab is made anew, and its story begins\n");
    agree(&shell, "1");
    shell.done(&["wallet", "new", "eve", "--node", "east"]);
    shell.done(&["script", "next"]);
    agree(&shell, "2");
    let log = fs::read_to_string(shell.home().join("lab.log")).expect("readable");
    assert_eq!(log, "", "nothing to complain about");
}
