//! A story that is led from a shell, and played again.

use crate::common::running::EAST_WEST;
use crate::shell::Shell;
use std::fs;

/// The second block comes with the second caption.
const STORY: &str = r#"
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
    fs::write(&file, [EAST_WEST, STORY].concat()).expect("room on disk");
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
