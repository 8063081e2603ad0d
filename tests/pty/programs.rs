//! Layouts with real nodes, as they are called for: what refuses them, and what is asked before a program
//! is started.

use crate::terminal::Screen;
use portable_pty::CommandBuilder;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// A program that says that it ran.
const TELLTALE: &str = "#!/bin/sh\ntouch \"$1\"\nexec sleep 60\n";

/// Two nodes of it, beside a layout of one node that nothing is known of.
fn layouts(dir: &Path) {
    let program = dir.join("telltale");
    fs::write(&program, TELLTALE).expect("it is written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let ran = dir.join("ran");
    let node = |name: &str, other: &str| {
        format!(
            "[[node]]\nname = \"{name}\"\nkind = \"bitcoin\"\nconnect = [\"{other}\"]\n\
             program = [{program:?}, {ran:?}, \"--at={{port}}\", \"{{peer}}\"]\n"
        )
    };
    let text = node("north", "south") + &node("south", "north");
    fs::write(dir.join("two.toml"), &text).expect("it is written");
    let virtually = format!("[time]\nvirtual = true\n{text}");
    fs::write(dir.join("virtual.toml"), virtually).expect("it is written");
}

fn chainlab(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .args(arguments)
        .current_dir(dir)
        .env("HOME", dir)
        .env("TMPDIR", dir)
        .env("PATH", "/nowhere")
        .env_remove("CHAINLAB_BCOIN")
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_RUNTIME_DIR")
        .output()
        .expect("it starts")
}

#[test]
fn real_nodes_are_refused_where_time_is_not_theirs_and_programs_where_nobody_can_be_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    layouts(dir.path());
    let time = "north is a real Bitcoin node, and its time is that of the wall: it has no place in virtual time";
    let allowed = "programs of others would be started, for north, south: --allow-programs says that they may be";
    for (arguments, words) in [
        (&["run", "two.toml"][..], allowed.to_owned()),
        (&["run", "two.toml", "--headless"], allowed.to_owned()),
        (&["run", "two.toml", "--data-dir", "kept", "--headless"], allowed.to_owned()),
        (&["run", "two.toml", "--virtual"], time.to_owned()),
        (&["run", "two.toml", "--headless", "--virtual"], time.to_owned()),
        (
            &["run", "virtual.toml", "--allow-programs"],
            format!("{time}; the layout says virtual = true, and --live says no"),
        ),
        (&["script", "check", "two.toml"], format!("two.toml: {time}")),
        (
            &["run", "bitcoin", "--headless", "--virtual"],
            time.replace("north", "core"),
        ),
        (
            &["run", "regtest", "--headless", "--allow-programs"],
            "node amber: there is none of bitcoind, btcd and bcoin; Bitcoin Core is at https://bitcoincore.org/"
                .to_owned(),
        ),
    ] {
        let output = chainlab(dir.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(&words), "{arguments:?}: {said}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
    assert!(!dir.path().join("ran").exists() && !dir.path().join("kept").exists());
}

#[test]
fn before_a_program_starts_all_of_it_is_shown_and_without_a_yes_nothing_runs() {
    for answer in ["\r", "n\r", "why?\r"] {
        let home = tempfile::tempdir().expect("a directory");
        layouts(home.path());
        let ran = home.path().join("ran");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chainlab"));
        command.args(["run", "two.toml"]);
        let mut screen = Screen::spawn(command, (150, 60), &[], home);
        let text = screen.sees("Start these programs? [y/N]");
        for part in [
            "north",
            "south",
            "telltale",
            "    --at=",
            "    HOME=",
            "it dials 127.0.0.1:",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!screen.look(|screen| screen.alternate_screen()));
        screen.types(answer);
        assert_eq!(screen.ends(), 2);
        screen.sees("no program was started, as that was not wanted");
        assert!(!ran.exists());
        let left = fs::read_dir(screen.home()).expect("readable");
        let left = left.filter(|entry| {
            let name = entry.as_ref().expect("readable").file_name();
            name.to_string_lossy().starts_with("chainlab-")
        });
        for entry in left {
            let labs = fs::read_dir(entry.expect("readable").path()).expect("readable");
            assert_eq!(labs.count(), 0, "nothing of the lab is left");
        }
    }
}
