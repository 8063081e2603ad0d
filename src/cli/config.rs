//! `chainlab config`, and the file in which people keep how the screen looks and what keys do.

use super::failure::Failure;
use super::files::read_file;
use super::output::print;
use crate::lab::drive::directories::places;
use crate::lab::paper::document::{FILE_BYTES_MAX, FileError, Section};
use crate::ui::keymap::{Action, KeyPress, Keymap, TABLE, by_action, taken_words};
use clap::{Args, ValueEnum};
use std::fmt::Write as _;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab config --path
  mkdir -p ~/.config/chainlab
  chainlab config --print > ~/.config/chainlab/config.toml";

#[derive(Args)]
#[group(required = true)]
pub(super) struct Options {
    /// Print the file as it would have to be for everything to stay as it is by default.
    #[arg(long)]
    print: bool,
    /// Print where the file is looked for.
    #[arg(long)]
    path: bool,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    if options.path {
        let path = path().ok_or_else(|| Failure::input("there is no HOME to look in"))?;
        return print(&format!("{}\n", path.display()));
    }
    print(&default_text())
}

/// What the text stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ThemeName {
    /// For text on black, or nearly black.
    Dark,
    /// For text on white, or nearly white.
    Light,
}

/// How many colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// As many as the terminal says it has.
    Auto,
    /// No colours.
    Never,
    /// The terminal's own sixteen colours.
    #[value(name = "16")]
    Sixteen,
    /// The 256 colours of xterm.
    #[value(name = "256")]
    Indexed,
    /// All colours there are.
    True,
}

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) theme: Option<ThemeName>,
    pub(super) color: Option<Color>,
    pub(super) ascii: Option<bool>,
    pub(super) mouse: Option<bool>,
    pub(super) keymap: Keymap,
    /// Keys that actions of the table have lost to the file, in one line.
    pub(super) taken: Option<String>,
}

impl Config {
    /// Reads the file, if there is one.
    pub(super) fn load() -> Result<Self, Failure> {
        let Some(path) = path().filter(|path| path.exists()) else {
            return Ok(Self::default());
        };
        let text = read_file(&path, FILE_BYTES_MAX)?;
        Self::read(&path.display().to_string(), &text).map_err(Failure::input)
    }

    fn read(file: &str, text: &str) -> Result<Self, FileError> {
        let mut document = Section::parse(file, text)?;
        let mut screen = document.part("screen")?;
        let mut keys = document.part("keys")?;
        document.finish()?;
        let themes = [("dark", ThemeName::Dark), ("light", ThemeName::Light)];
        let colors = [
            ("auto", Color::Auto),
            ("never", Color::Never),
            ("16", Color::Sixteen),
            ("256", Color::Indexed),
            ("true", Color::True),
        ];
        let (keymap, taken) = read_keys(&mut keys)?;
        let config = Self {
            theme: screen.choice("theme", &themes)?,
            color: screen.choice("color", &colors)?,
            ascii: screen.flag("ascii")?,
            mouse: screen.flag("mouse")?,
            keymap,
            taken,
        };
        screen.finish()?;
        keys.finish()?;
        Ok(config)
    }
}

/// The keys, and which of them an action of the table has no longer.
fn read_keys(keys: &mut Section<'_>) -> Result<(Keymap, Option<String>), FileError> {
    let mut changes = Vec::new();
    let mut places = Vec::new();
    for entry in TABLE {
        if let Action::Pane(_) = entry.action {
            continue;
        }
        let Some(texts) = keys.texts(entry.id, "[\"w\"]")? else {
            continue;
        };
        let mut pressed = Vec::new();
        for (text, place) in texts {
            let key = KeyPress::parse(&text).map_err(|problem| place.error(problem))?;
            pressed.push(key);
            places.push((entry.action, key, place));
        }
        changes.push((entry.action, pressed));
    }
    let (keymap, taken) = Keymap::default().with(&changes).map_err(|clash| {
        let errors = clash.actions.map(|action| {
            let is_it = |place: &&(Action, KeyPress, _)| place.0 == action && place.1 == clash.key;
            let (.., place) = places.iter().find(is_it).expect("it wants the key");
            place.error("")
        });
        // What stands first in the file has it.
        let at = |error: &FileError| (error.line, error.column);
        let is_in_order = at(&errors[0]) < at(&errors[1]);
        let (first, second) = if is_in_order { (0, 1) } else { (1, 0) };
        let [a, b] = [first, second].map(|which| by_action(clash.actions[which]).id);
        let problem = format!(
            "{b}: {} is the key of {a:?} already, in line {}",
            clash.key, errors[first].line
        );
        FileError {
            problem,
            ..errors[second].clone()
        }
    })?;
    let taken = taken_words(&taken).map(|words| format!("config.toml: {words}"));
    Ok((keymap, taken))
}

fn path() -> Option<PathBuf> {
    Some(places::settings()?.join("config.toml"))
}

/// The file that changes nothing.
fn default_text() -> String {
    let mut text = "\
# chainlab's settings. Everything here is as it is without this file: change what you like.

[screen]
theme = \"dark\"      # or \"light\"
color = \"auto\"      # or \"never\", \"16\", \"256\", \"true\"
ascii = false
mouse = true

# Letters and signs as they are, capitals with Shift; or Space, Enter, Esc, Tab, S-Tab, Left, Right,
# Up, Down, PgUp, PgDn, Home, End, Backspace, Delete, Insert, F1 to F12; C- is Ctrl, A- is Alt.
[keys]
"
    .to_owned();
    for entry in TABLE {
        if let Action::Pane(_) = entry.action {
            continue;
        }
        let keys: Vec<_> = entry.keys.iter().map(|key| format!("{key:?}")).collect();
        let row = format!("{} = [{}]", entry.id, keys.join(", "));
        let _ = writeln!(text, "{row:<34}# {}", entry.does);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_is_printed_changes_nothing() {
        let config = Config::read("config.toml", &default_text()).expect("readable");
        assert_eq!(config.keymap, Keymap::default());
        assert_eq!((config.ascii, config.mouse), (Some(false), Some(true)));
    }

    #[test]
    fn whatever_is_wrong_is_said_with_its_place() {
        for (text, words) in [
            (
                "[screen]\ntheme = \"blue\"",
                "2:9: theme: \"blue\" is none of \"dark\", \"light\"",
            ),
            (
                "[screen]\ncolour = 1",
                "2:1: unknown key \"colour\"; did you mean \"color\"?",
            ),
            (
                "[keys]\nsend = [\"d\"]\nnew-wallet = [\"A-w\", \"d\"]",
                "3:22: new-wallet: d is the key of \"send\" already, in line 2",
            ),
            (
                "[keys]\nsned = [\"p\"]",
                "2:1: unknown key \"sned\"; did you mean \"send\"?",
            ),
        ] {
            let refused = Config::read("c", text).expect_err(text).to_string();
            assert_eq!(refused, format!("c:{words}"));
        }
        let refused = Config::read("c", "[keys]\nsend = [\"ww\"]").expect_err("no key");
        let refused = refused.to_string();
        assert!(
            refused.starts_with("c:2:9: send: \"ww\" is no key: write one letter"),
            "{refused}"
        );
    }

    #[test]
    fn the_clickers_table_leads_a_story() {
        let page = include_str!("../../docs/recording.md");
        let table = page.split("```toml\n").nth(1).expect("it is there");
        let table = table.split("```").next().expect("it ends");
        let config = Config::read("config.toml", table).expect("readable");
        for (key, action) in [
            ("PgDn", Action::ScriptNext),
            ("PgUp", Action::ScriptAuto),
            ("F5", Action::ScriptRestart),
            ("Esc", Action::Back),
            ("b", Action::Hold),
            (".", Action::Hold),
            ("n", Action::ScriptNext),
            ("Space", Action::Hold),
        ] {
            let key = KeyPress::parse(key).expect("a key");
            assert_eq!(config.keymap.action(key), Some(action), "{key}");
        }
    }
    /// The parts of a page that are settings.
    fn examples(page: &str) -> impl Iterator<Item = &str> {
        let parts = page.split("```toml\n").skip(1);
        let parts = parts.map(|part| part.split("```").next().expect("a first part"));
        parts.filter(|part| part.contains("[keys]"))
    }

    #[test]
    fn every_example_of_keys_in_the_pages_is_read_as_a_file_would_be() {
        let (keys, recording) = (
            include_str!("../../docs/keys.md"),
            include_str!("../../docs/recording.md"),
        );
        assert!(examples(keys).count() > 0);
        for text in examples(keys).chain(examples(recording)) {
            let config = Config::read("config.toml", text).expect(text);
            assert_ne!(config.keymap, Keymap::default(), "{text}");
        }
    }

    #[test]
    fn a_key_of_the_file_wins_and_one_line_says_who_has_lost_it() {
        let read = |text| Config::read("config.toml", text).expect(text);
        let config = read("[keys]\nsend = [\"w\", \"x\"]");
        assert_eq!(
            config.taken.as_deref(),
            Some("config.toml: w is send, no longer new-wallet; x is send, no longer next-link")
        );
        let key = |text| KeyPress::parse(text).expect(text);
        assert_eq!(config.keymap.action(key("w")), Some(Action::Send));
        assert_eq!(read("[keys]\nsend = [\"d\"]").taken, None);
    }
}
