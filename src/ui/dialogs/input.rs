//! A line that is typed.
//!
//! A text that was proposed, and not typed, is replaced by the first letter that is, and
//! need not be deleted first. Moving in it or deleting from it makes it one's own.

use crate::node::foreign::is_hidden;
use crate::ui::keymap::KeyPress;
use crate::ui::theme::Theme;
use crossterm::event::KeyCode;
use ratatui::text::Span;
use tui_input::{Input, InputRequest};

/// The most letters of a line: twice what the longest address or list of peers has.
const LETTERS_MAX: usize = 200;

/// A line that is typed.
#[derive(Clone, Debug, Default)]
pub struct TextInput {
    input: Input,
    is_proposal: bool,
}

/// What a key did to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is another.
    Changed,
    /// The text is the same.
    Same,
    /// It was no key for a line.
    Foreign,
}

impl TextInput {
    /// With a text that the first letter replaces.
    pub fn proposing(text: impl Into<String>) -> Self {
        let mut input = Self::default();
        input.propose(text);
        input
    }

    /// With a text that is gone on with.
    pub fn holding(text: impl Into<String>) -> Self {
        Self {
            input: Input::new(text.into()),
            is_proposal: false,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Replaces the text by a proposal.
    pub fn propose(&mut self, text: impl Into<String>) {
        self.input = Input::new(text.into());
        self.is_proposal = !self.text().is_empty();
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyPress) -> Typed {
        let Some(request) = request(key) else {
            return Typed::Foreign;
        };
        if let InputRequest::InsertChar(letter) = request {
            self.insert(letter);
            return Typed::Changed;
        }
        self.is_proposal = false;
        match self.input.handle(request) {
            Some(changed) if changed.value => Typed::Changed,
            _ => Typed::Same,
        }
    }

    /// Takes pasted text, all at once, without what cannot be seen and without line breaks and space
    /// at its ends.
    ///
    /// # Errors
    /// It has more lines than one, and none is taken; or more letters than there is room for, and
    /// those are. In words.
    pub fn paste(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        if text.contains(['\n', '\r']) {
            return Err("what was pasted has several lines: this takes one".to_owned());
        }
        if text.is_empty() {
            return Ok(());
        }
        self.take_over();
        let (old, cursor) = (self.text(), self.input.cursor());
        let room = LETTERS_MAX.saturating_sub(old.chars().count());
        let mut pasted = text.chars().filter(|letter| !is_hidden(*letter));
        let mut all: String = old.chars().take(cursor).collect();
        all.extend(pasted.by_ref().take(room));
        let end = all.chars().count();
        all.extend(old.chars().skip(cursor));
        self.input = Input::new(all).with_cursor(end);
        match pasted.next() {
            None => Ok(()),
            Some(_) => Err(format!(
                "a line takes {LETTERS_MAX} letters: the end of what was pasted is left out"
            )),
        }
    }

    /// What was proposed gives way to what is typed.
    fn take_over(&mut self) {
        if std::mem::take(&mut self.is_proposal) {
            self.input.reset();
        }
    }

    fn insert(&mut self, letter: char) {
        self.take_over();
        if !is_hidden(letter) && self.text().chars().count() < LETTERS_MAX {
            self.input.handle(InputRequest::InsertChar(letter));
        }
    }

    /// The part around the cursor that fits, and the cursor's column in it.
    pub fn view(&self, theme: Theme, room: usize) -> (Span<'static>, usize) {
        // The cursor stands behind the last letter.
        let scroll = self.input.visual_scroll(room.saturating_sub(1));
        let (mut at, mut shown) = (0, String::new());
        for letter in self.text().chars() {
            let mut buffer = [0; 4];
            let width = Span::raw(&*letter.encode_utf8(&mut buffer)).width();
            if at >= scroll && at + width <= scroll + room {
                shown.push(letter);
            }
            at += width;
        }
        let style = if self.is_proposal {
            theme.chosen()
        } else {
            theme.strong()
        };
        let cursor = self.input.visual_cursor().saturating_sub(scroll);
        (
            Span::styled(shown, style),
            cursor.min(room.saturating_sub(1)),
        )
    }
}

fn request(key: KeyPress) -> Option<InputRequest> {
    use InputRequest as R;
    Some(match (key.code, key.ctrl, key.alt) {
        // Ctrl and Alt together are how some terminals tell of AltGr.
        (KeyCode::Char(letter), false, false) | (KeyCode::Char(letter), true, true) => {
            R::InsertChar(letter)
        }
        (KeyCode::Char('a'), true, false) => R::GoToStart,
        (KeyCode::Char('e'), true, false) => R::GoToEnd,
        (KeyCode::Char('u'), true, false) => R::DeleteFromStart,
        (KeyCode::Char('k'), true, false) => R::DeleteTillEnd,
        (KeyCode::Char('w'), true, false) => R::DeletePrevWord,
        // What Backspace sends in some terminals.
        (KeyCode::Backspace, ..) | (KeyCode::Char('h'), true, false) => R::DeletePrevChar,
        (KeyCode::Delete, ..) => R::DeleteNextChar,
        (KeyCode::Left, ..) => R::GoToPrevChar,
        (KeyCode::Right, ..) => R::GoToNextChar,
        (KeyCode::Home, ..) => R::GoToStart,
        (KeyCode::End, ..) => R::GoToEnd,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(input: &mut TextInput, keys: &[&str]) -> String {
        for key in keys {
            let key = KeyPress::parse(key).expect("a key");
            assert_ne!(input.key(key), Typed::Foreign, "{key}");
        }
        input.text().to_owned()
    }

    #[test]
    fn the_keys_of_a_shell_work_in_a_line() {
        let mut input = TextInput::holding("alice pays bob");
        assert_eq!(typed(&mut input, &["C-w"]), "alice pays ");
        assert_eq!(
            typed(&mut input, &["C-a", "x", "C-e", "y"]),
            "xalice pays y"
        );
        assert_eq!(typed(&mut input, &["Home", "Delete"]), "alice pays y");
        assert_eq!(typed(&mut input, &["Right", "C-k"]), "a");
        assert_eq!(typed(&mut input, &["b", "Left", "Backspace"]), "b");
        assert_eq!(typed(&mut input, &["End", "C-u"]), "");
    }

    #[test]
    fn a_letter_replaces_what_was_proposed_and_a_movement_keeps_it() {
        let mut input = TextInput::proposing("alice");
        assert_eq!(typed(&mut input, &["b", "o"]), "bo");
        let mut input = TextInput::proposing("alice");
        assert_eq!(typed(&mut input, &["End", "2"]), "alice2");
        let mut input = TextInput::proposing("alice");
        assert_eq!(typed(&mut input, &["Backspace", "e"]), "alice");
    }

    #[test]
    fn a_paste_leaves_out_what_is_no_letter_and_says_so_of_what_is_too_much() {
        let mut input = TextInput::proposing("alice");
        assert_eq!(input.paste(" mkHS9\u{1b}ne12\r\n\n"), Ok(()));
        assert_eq!(input.text(), "mkHS9ne12");
        typed(&mut input, &["Left"]);
        assert_eq!(input.paste("3"), Ok(()));
        assert_eq!(
            typed(&mut input, &["4"]),
            "mkHS9ne1342",
            "the cursor is behind it"
        );
        let why = input.paste(&"x".repeat(10_000)).expect_err("too much");
        assert_eq!(
            why,
            "a line takes 200 letters: the end of what was pasted is left out"
        );
        assert_eq!(input.text().len(), LETTERS_MAX);
    }

    #[test]
    fn a_paste_of_several_lines_is_refused_as_a_whole() {
        let mut input = TextInput::proposing("alice");
        for text in ["bob\ncarol", "\nbob\r\ncarol\n", "bob\rcarol"] {
            let why = input.paste(text).expect_err("two lines");
            assert_eq!(why, "what was pasted has several lines: this takes one");
        }
        assert_eq!(input.text(), "alice", "also what was proposed stays");
    }

    #[test]
    fn a_long_text_scrolls_inside_its_room_and_the_cursor_stays_in_sight() {
        let theme = Theme {
            depth: crate::ui::theme::Depth::None,
            ground: crate::ui::theme::Ground::Dark,
            ascii: true,
        };
        let mut input = TextInput::holding("0123456789");
        let (shown, cursor) = input.view(theme, 6);
        assert_eq!((shown.content.as_ref(), cursor), ("56789", 5));
        typed(&mut input, &["Home"]);
        let (shown, cursor) = input.view(theme, 6);
        assert_eq!((shown.content.as_ref(), cursor), ("012345", 0));
    }
}
