//! Where in the conversation one is: at its end, which follows, or at a message that stays.

use crate::ui::keymap::Action;

/// Where one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The chosen message; `None`: the newest, whichever that is.
    pub chosen: Option<u64>,
    /// The newest that is in sight; `None`: as above.
    bottom: Option<u64>,
}

impl Place {
    /// Whether what is new comes into sight.
    pub fn follows(self) -> bool {
        self.chosen.is_none() && self.bottom.is_none()
    }

    /// The message by which the place is known; `None`: it follows.
    pub fn anchor(self) -> Option<u64> {
        self.chosen.or(self.bottom)
    }

    /// Moves among messages, of which these are all that are shown, newest first, `height` of them
    /// at a time. Whether the key was one that moves.
    pub fn step(&mut self, all: &[u64], height: usize, action: Action) -> bool {
        let (at, low) = (self.index(all, self.chosen), self.index(all, self.bottom));
        let last = all.len().saturating_sub(1);
        let to = match action {
            Action::Up => at + 1,
            Action::Down => at.saturating_sub(1),
            Action::PageUp => at + height.max(1),
            Action::PageDown => at.saturating_sub(height.max(1)),
            Action::First => last,
            Action::Last => 0,
            _ => return false,
        };
        let to = to.min(last);
        if to == 0 {
            *self = Self::default();
            return true;
        }
        let low = low.min(to).max((to + 1).saturating_sub(height.max(1)));
        self.chosen = all.get(to).copied();
        self.bottom = all.get(low).copied();
        true
    }

    /// Chooses what is `up` lines above the lowest one in sight.
    pub fn choose(&mut self, all: &[u64], up: usize) {
        let low = self.index(all, self.bottom);
        if let Some(number) = all.get(low + up) {
            self.chosen = Some(*number);
            self.bottom = all.get(low).copied();
        }
    }

    /// The newest that is in sight: its place among those that are shown, newest first.
    pub fn low(self, all: &[u64]) -> usize {
        self.index(all, self.bottom)
    }

    /// What is forgotten meanwhile counts as the oldest.
    fn index(self, all: &[u64], number: Option<u64>) -> usize {
        let Some(number) = number else {
            return 0;
        };
        let before = all.partition_point(|other| *other > number);
        before.min(all.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_follows_and_a_chosen_message_stays_in_its_place() {
        let mut place = Place::default();
        let all: Vec<u64> = (0..100).rev().collect();
        assert!(place.step(&all, 10, Action::Up));
        assert_eq!((place.chosen, place.low(&all)), (Some(98), 0));
        for _ in 0..9 {
            place.step(&all, 10, Action::Up);
        }
        assert_eq!((place.chosen, place.low(&all)), (Some(89), 1));
        // More is said, and some of it is forgotten.
        let later: Vec<u64> = (50..200).rev().collect();
        assert_eq!((place.chosen, place.low(&later)), (Some(89), 101));
        place.step(&later, 10, Action::First);
        assert_eq!((place.chosen, place.low(&later)), (Some(50), 140));
        let forgotten: Vec<u64> = (150..300).rev().collect();
        place.step(&forgotten, 10, Action::Down);
        assert_eq!(place.chosen, Some(151));
        place.step(&forgotten, 10, Action::Last);
        assert!(place.follows());
    }

    #[test]
    fn nothing_to_choose_is_no_trouble() {
        let mut place = Place::default();
        for action in [Action::Up, Action::First, Action::PageUp, Action::Down] {
            assert!(place.step(&[], 0, action));
            assert!(place.follows());
        }
        assert!(!place.step(&[1], 5, Action::Open));
    }
}
