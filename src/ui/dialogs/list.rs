//! A list of which one line is chosen, and the part of it that is in sight.

use crate::ui::keymap::KeyPress;
use crossterm::event::KeyCode;
use std::ops::Range;

/// Lines that a page key goes.
const PAGE: usize = 8;

/// Which line is chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct List {
    chosen: usize,
}

impl List {
    /// That of which this line is chosen.
    pub fn at(chosen: usize) -> Self {
        Self { chosen }
    }

    /// The chosen line of so many.
    pub fn chosen(self, count: usize) -> usize {
        self.chosen.min(count.saturating_sub(1))
    }

    /// Moves, if the key moves in lists. Letters do not: they are typed.
    pub fn key(&mut self, key: KeyPress, count: usize) -> bool {
        let (now, last) = (self.chosen(count), count.saturating_sub(1));
        self.chosen = match (key.code, key.ctrl) {
            (KeyCode::Up | KeyCode::BackTab, _) | (KeyCode::Char('p'), true) => {
                now.checked_sub(1).unwrap_or(last)
            }
            (KeyCode::Down | KeyCode::Tab, _) | (KeyCode::Char('n'), true) => {
                if now == last {
                    0
                } else {
                    now + 1
                }
            }
            (KeyCode::PageUp, _) => now.saturating_sub(PAGE),
            (KeyCode::PageDown, _) => (now + PAGE).min(last),
            _ => return false,
        };
        true
    }

    /// Another list is shown: back to its first line.
    pub fn reset(&mut self) {
        self.chosen = 0;
    }

    /// The lines in sight where so many fit: the chosen one is among them.
    pub fn window(self, count: usize, room: usize) -> Range<usize> {
        let before = self.chosen(count).saturating_sub(room / 2);
        let from = before.min(count.saturating_sub(room));
        from..(from + room).min(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_line_is_always_in_sight_and_no_room_is_wasted() {
        for count in 0..12_usize {
            for chosen in 0..count.max(1) {
                for room in 1..6 {
                    let window = List { chosen }.window(count, room);
                    assert_eq!(window.len(), count.min(room));
                    assert!(count == 0 || window.contains(&chosen));
                }
            }
        }
    }

    #[test]
    fn a_list_goes_round() {
        let mut list = List::default();
        let up = KeyPress::plain(KeyCode::Up);
        assert!(list.key(up, 3));
        assert_eq!(list.chosen(3), 2);
        assert!(list.key(KeyPress::plain(KeyCode::Down), 3));
        assert_eq!(list.chosen(3), 0);
        assert!(list.key(up, 0), "of an empty one nothing is chosen");
        assert!(!list.key(KeyPress::plain(KeyCode::Char('j')), 3));
    }
}
