//! How the screen looks: options, environment, and the file that people keep.

#![allow(
    clippy::disallowed_methods,
    reason = "the environment says what the terminal can show"
)]

use super::config::{Color, Config, ThemeName};
use super::failure::Failure;
use crate::ui::keymap::Keymap;
use crate::ui::theme::{Depth, Ground, Theme};
use clap::Args;
use std::env;

#[derive(Args)]
pub(super) struct Look {
    /// Colours for a dark or a light ground [default: dark, or as COLORFGBG says].
    #[arg(long, value_enum)]
    theme: Option<ThemeName>,
    /// How many colours to use [default: as many as the terminal says it has; none if NO_COLOR is
    /// set].
    #[arg(long, value_enum, value_name = "HOW")]
    color: Option<Color>,
    /// Draw with ASCII only, as in a locale that is not UTF-8.
    #[arg(long)]
    ascii: bool,
    /// Show the titles of a story in large letters, for a room full of people.
    #[arg(long)]
    big: bool,
    /// Draw the lines of the network with braille dots, which not every font has.
    #[arg(long, conflicts_with = "ascii")]
    braille: bool,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    no_mouse: bool,
}

/// What it all comes to.
pub(super) struct Resolved {
    pub(super) theme: Theme,
    pub(super) keymap: Keymap,
    /// Keys that actions of the table have lost to the file, in one line.
    pub(super) taken: Option<String>,
    pub(super) has_mouse: bool,
    pub(super) is_big: bool,
    /// Lines are of braille, whatever the layout says.
    pub(super) braille: bool,
}

impl Look {
    /// Options before the file, the file before the environment.
    pub(super) fn resolve(self) -> Result<Resolved, Failure> {
        let config = Config::load()?;
        let color = self.color.or(config.color).unwrap_or(Color::Auto);
        let ground = match self.theme.or(config.theme) {
            Some(ThemeName::Dark) => Ground::Dark,
            Some(ThemeName::Light) => Ground::Light,
            None => ground(variable("COLORFGBG").as_deref()),
        };
        let depth = match color {
            Color::Auto => depth(
                variable("NO_COLOR").is_some(),
                variable("COLORTERM").as_deref(),
                variable("TERM").as_deref(),
            ),
            Color::Never => Depth::None,
            Color::Sixteen => Depth::Sixteen,
            Color::Indexed => Depth::Indexed,
            Color::True => Depth::True,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(variable);
        let ascii = self.ascii || config.ascii.unwrap_or_else(|| !is_utf8(locale.as_deref()));
        Ok(Resolved {
            theme: Theme {
                depth,
                ground,
                ascii,
            },
            keymap: config.keymap,
            is_big: self.big,
            taken: config.taken,
            braille: self.braille,
            has_mouse: !self.no_mouse && config.mouse.unwrap_or(true),
        })
    }
}

/// A variable that is set, and not to nothing.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// As <https://no-color.org> and the terminals' own habits have it.
fn depth(no_color: bool, colorterm: Option<&str>, term: Option<&str>) -> Depth {
    match (colorterm, term) {
        _ if no_color => Depth::None,
        (_, None | Some("dumb")) => Depth::None,
        (Some("truecolor" | "24bit"), _) => Depth::True,
        (_, Some(term)) if term.contains("direct") => Depth::True,
        (_, Some(term)) if term.contains("256color") => Depth::Indexed,
        _ => Depth::Sixteen,
    }
}

/// COLORFGBG is `foreground;background`, of the sixteen colours; 7 and 15 are light.
fn ground(colorfgbg: Option<&str>) -> Ground {
    let background = colorfgbg.and_then(|value| value.rsplit(';').next());
    match background {
        Some("7" | "15") => Ground::Light,
        _ => Ground::Dark,
    }
}

/// Where nothing is said, terminals of today are UTF-8.
fn is_utf8(locale: Option<&str>) -> bool {
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_that_the_terminal_says_it_has() {
        let term = Some("xterm-256color");
        assert_eq!(depth(false, Some("truecolor"), term), Depth::True);
        assert_eq!(depth(false, None, term), Depth::Indexed);
        assert_eq!(depth(false, None, Some("linux")), Depth::Sixteen);
        assert_eq!(depth(false, Some("truecolor"), Some("dumb")), Depth::None);
        assert_eq!(depth(true, Some("truecolor"), term), Depth::None);
    }

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        look: Look,
    }

    #[test]
    fn braille_is_asked_for_and_goes_with_all_but_ascii() {
        let parse = |args: &[&str]| {
            let all = std::iter::once("chainlab").chain(args.iter().copied());
            <Program as clap::Parser>::try_parse_from(all).map(|program| program.look.braille)
        };
        assert_eq!(parse(&[]).ok(), Some(false));
        assert_eq!(parse(&["--braille"]).ok(), Some(true));
        assert!(parse(&["--braille", "--ascii"]).is_err());
    }

    #[test]
    fn only_a_locale_that_is_not_utf_8_asks_for_ascii() {
        assert!(is_utf8(None) && is_utf8(Some("de_DE.UTF-8")) && is_utf8(Some("C.utf8")));
        assert!(!is_utf8(Some("C")) && !is_utf8(Some("de_DE.ISO-8859-1")));
        assert_eq!(ground(Some("0;15")), Ground::Light);
        assert_eq!(ground(Some("15;default;0")), Ground::Dark);
    }
}
