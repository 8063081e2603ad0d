//! Where programs are found, and what is said of one that is not there.

use chainlab::bitcoin::Program;
use chainlab::bitcoin::start::{Choice, Found};
use chainlab::live::program::{FindError, Search, find_program};
use std::env::{self, join_paths};
use std::fs::{create_dir_all, set_permissions, write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

/// Folders with programs that are none.
struct Machine {
    dir: TempDir,
    search: Search,
}

impl Machine {
    fn new(folders: &[&str]) -> Self {
        let dir = tempdir().expect("a folder");
        let path = join_paths(folders.iter().map(|name| dir.path().join(name)));
        let path = path.expect("a PATH");
        let search = Search { path, bcoin: None };
        Self { dir, search }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let at = self.at(name);
        create_dir_all(at.parent().expect("a folder")).expect("a folder");
        write(&at, text).expect("a file");
        set_permissions(&at, PermissionsExt::from_mode(mode)).expect("it is ours");
        at
    }

    fn program(&self, name: &str) -> PathBuf {
        self.file(name, "#!/bin/true\n", 0o755)
    }

    fn package(&self, folder: &str) {
        self.file(
            &format!("{folder}/package.json"),
            r#"{"name":"bcoin"}"#,
            0o644,
        );
    }

    fn find(&self, choice: &Choice) -> Result<Found, FindError> {
        find_program(choice, &self.search)
    }

    fn says(&self, choice: &Choice) -> String {
        self.find(choice).expect_err("it is not there").to_string()
    }
}

fn command(words: &[&str]) -> Choice {
    Choice::Command(words.iter().map(|word| (*word).to_owned()).collect())
}

const BCOIN: Choice = Choice::Known(Program::Bcoin);

#[test]
fn the_first_on_path_that_can_be_started_is_taken() {
    let machine = Machine::new(&["a", "b", "c"]);
    machine.file("a/bitcoind", "#!/bin/true\n", 0o644);
    create_dir_all(machine.at("b/bitcoind")).expect("a folder");
    let bitcoind = machine.program("c/bitcoind");
    let found = machine
        .find(&Choice::Known(Program::Core))
        .expect("it is there");
    assert_eq!(found, Found::Core { bitcoind });
}

#[test]
fn auto_is_core_then_btcd_then_bcoin() {
    let machine = Machine::new(&["bin"]);
    let says = machine.says(&Choice::Auto);
    assert!(
        says.starts_with("there is none of bitcoind, btcd and bcoin; "),
        "{says}"
    );
    for way in [
        "bitcoincore.org",
        "github.com/btcsuite/btcd",
        "npm install",
        "CHAINLAB_BCOIN",
    ] {
        assert!(says.contains(way), "{way}: {says}");
    }
    machine.package("lib/node_modules/bcoin");
    machine.program("lib/node_modules/bcoin/bin/bcoin");
    create_dir_all(machine.at("bin")).expect("a folder");
    symlink(
        "../lib/node_modules/bcoin/bin/bcoin",
        machine.at("bin/bcoin"),
    )
    .expect("a link");
    machine.program("bin/node");
    let auto = || machine.find(&Choice::Auto).expect("one is there");
    assert_eq!(auto().program(), Some(Program::Bcoin));
    machine.program("bin/btcd");
    assert_eq!(auto().program(), Some(Program::Btcd));
    machine.program("bin/bitcoind");
    assert_eq!(auto().program(), Some(Program::Core));
}

#[test]
fn one_that_is_missing_is_named_with_how_to_get_it() {
    let machine = Machine::new(&["bin"]);
    assert_eq!(
        machine.says(&Choice::Known(Program::Core)),
        "bitcoind is not on PATH: Bitcoin Core is at https://bitcoincore.org/en/download"
    );
    let says = machine.says(&Choice::Known(Program::Btcd));
    assert!(says.starts_with("btcd is not on PATH: "), "{says}");
    assert!(
        machine
            .says(&BCOIN)
            .starts_with("no bcoin is found: for bcoin, install Node.js")
    );
    let mut machine = machine;
    machine.package("own/node_modules/bcoin");
    machine.search.bcoin = Some(machine.at("own"));
    assert!(machine.says(&BCOIN).starts_with("node is not on PATH: "));
}

#[test]
fn bcoin_is_the_package_that_is_named_or_the_folder_around_it() {
    let mut machine = Machine::new(&["bin"]);
    let node = machine.program("bin/node");
    machine.package("own/node_modules/bcoin");
    for folder in ["own", "own/node_modules/bcoin"] {
        let package = machine.at(folder);
        machine.search.bcoin = Some(package.clone());
        let node = node.clone();
        let found = machine.find(&BCOIN).expect("it is there");
        assert_eq!(found, Found::Bcoin { node, package });
    }
    machine.file("other/package.json", r#"{"name":"else"}"#, 0o644);
    machine.search.bcoin = Some(machine.at("other"));
    let other = machine.at("other");
    let words = format!(
        "CHAINLAB_BCOIN names {}, where neither bcoin is nor node_modules/bcoin",
        other.display()
    );
    assert_eq!(machine.says(&BCOIN), words);
    // It was named: nothing else is taken for it.
    assert_eq!(machine.says(&Choice::Auto), words);
}

#[test]
fn bcoin_is_found_around_the_link_on_path_or_beside_it() {
    for (link, package) in [
        (
            "../lib/node_modules/bcoin/bin/bcoin",
            "lib/node_modules/bcoin",
        ),
        ("../else/bcoin/bin/bcoin", "else/bcoin"),
    ] {
        let machine = Machine::new(&["bin"]);
        machine.program("bin/node");
        machine.package(package);
        machine.program(&format!("{package}/bin/bcoin"));
        symlink(link, machine.at("bin/bcoin")).expect("a link");
        let found = machine.find(&BCOIN).expect("it is there");
        let Found::Bcoin { package: at, .. } = found else {
            panic!("{found:?}");
        };
        let expected = machine.at(package).canonicalize().expect("it is there");
        assert_eq!(at, expected);
    }
    // A script that is no link, as some managers of packages have it.
    let machine = Machine::new(&["prefix/bin"]);
    machine.program("prefix/bin/node");
    machine.program("prefix/bin/bcoin");
    machine.package("prefix/lib/node_modules/bcoin");
    let found = machine.find(&BCOIN).expect("it is there");
    let Found::Bcoin { package, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!(package, machine.at("prefix/lib"));
}

#[test]
fn a_command_is_found_by_its_first_word() {
    let machine = Machine::new(&["bin"]);
    let program = machine.program("bin/coind");
    let words = vec!["-x".to_owned(), "{port}".to_owned()];
    let expected = Found::Command { program, words };
    let path = machine.at("bin/coind");
    for first in ["coind", path.to_str().expect("text")] {
        let found = machine.find(&command(&[first, "-x", "{port}"]));
        assert_eq!(found.expect("it is there"), expected);
    }
    assert_eq!(
        machine.says(&command(&["nothing"])),
        "nothing: it is not on PATH"
    );
    let says = machine.says(&command(&["/nowhere/coind"]));
    assert_eq!(says, "/nowhere/coind: there is no such file");
    assert_eq!(
        machine.says(&command(&[])),
        "a command has at least one word"
    );
    let relative = machine.says(&command(&["./nothing"]));
    let here = env::current_dir().expect("a folder").join("nothing");
    assert_eq!(
        relative,
        format!("{}: there is no such file", here.display())
    );
}

#[test]
fn folders_of_path_that_depend_on_where_one_is_are_passed_over() {
    // From here this one does lead to programs.
    let here = env::current_dir().expect("a folder");
    let up = "../".repeat(here.components().count());
    let bin = format!("{up}bin");
    assert!(Path::new(&bin).join("sleep").exists());
    let relative = ["", ".", &bin];
    let path = join_paths(relative.map(Path::new)).expect("a PATH");
    let search = Search { path, bcoin: None };
    let choice = command(&["sleep"]);
    let error = find_program(&choice, &search).expect_err("it is nowhere");
    assert_eq!(error.to_string(), "sleep: it is not on PATH");
}
