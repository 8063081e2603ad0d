//! The keys as they are: those of the table, with what the file says in place of it.

use super::actions::{Action, Entry, TABLE, by_action};
use super::press::KeyPress;
use crossterm::event::KeyCode;

/// The keys as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// In the order of the table.
    keys: Vec<(Action, Vec<KeyPress>)>,
}

/// A key that the file gave away: its action of the table has it no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The key.
    pub key: KeyPress,
    /// What it does now.
    pub by: Action,
    /// What it did.
    pub from: Action,
}

/// Two actions of one file want the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The key.
    pub key: KeyPress,
    /// The two.
    pub actions: [Action; 2],
}

impl Default for Keymap {
    fn default() -> Self {
        let press = |key: &&str| KeyPress::parse(key).expect("the table's keys are keys");
        let row = |entry: &Entry| {
            // Digits are looked up by themselves.
            let keys = match entry.action {
                Action::Pane(_) => Vec::new(),
                _ => entry.keys.iter().map(press).collect(),
            };
            (entry.action, keys)
        };
        Self {
            keys: TABLE.iter().map(row).collect(),
        }
    }
}

impl Keymap {
    /// Gives actions other keys in place of those that they have, all at once: keys can be swapped.
    /// An action that is not among them loses the keys that they take; which, is handed back.
    ///
    /// # Errors
    /// Two of them want one key.
    pub fn with(
        mut self,
        changes: &[(Action, Vec<KeyPress>)],
    ) -> Result<(Self, Vec<Taken>), Clash> {
        let wishes = || {
            let all = changes.iter();
            all.flat_map(|(action, keys)| keys.iter().map(|key| (*action, *key)))
        };
        for (at, (action, key)) in wishes().enumerate() {
            let same = |(other, of): &(Action, KeyPress)| *other != action && *of == key;
            if let Some((first, _)) = wishes().take(at).find(same) {
                let actions = [first, action];
                return Err(Clash { key, actions });
            }
        }
        let mut taken = Vec::new();
        for (by, key) in wishes() {
            let mut bound = self.keys.iter();
            let from = bound.find(|(_, keys)| keys.contains(&key));
            let from = from.map(|(from, _)| *from).or_else(|| digit(key));
            let stays = |from: &Action| changes.iter().all(|(changed, _)| changed != from);
            taken.extend(from.filter(stays).map(|from| Taken { key, by, from }));
        }
        // A file may name a key twice.
        taken.dedup();
        for (action, keys) in &mut self.keys {
            match changes.iter().find(|(changed, _)| changed == action) {
                Some((_, wanted)) => keys.clone_from(wanted),
                None => keys.retain(|key| wishes().all(|(_, wanted)| wanted != *key)),
            }
        }
        Ok((self, taken))
    }

    /// What a key does.
    pub fn action(&self, key: KeyPress) -> Option<Action> {
        let found = self.keys.iter().find(|(_, keys)| keys.contains(&key));
        found.map(|(action, _)| *action).or_else(|| digit(key))
    }

    /// The keys of an action, as people read them.
    pub fn keys_of(&self, action: Action) -> Vec<String> {
        if let Action::Pane(_) = action {
            return vec!["1-9".to_owned()];
        }
        let found = self.keys.iter().find(|(other, _)| *other == action);
        let keys = found.map_or(&[][..], |(_, keys)| keys);
        keys.iter().map(ToString::to_string).collect()
    }

    /// The first key of an action, or nothing.
    pub fn key_of(&self, action: Action) -> String {
        self.keys_of(action).into_iter().next().unwrap_or_default()
    }

    /// The first key of each of these, with space between.
    pub fn keys_for(&self, actions: &[Action]) -> String {
        let keys = actions.iter().map(|action| self.key_of(*action));
        let keys: Vec<_> = keys.filter(|key| !key.is_empty()).collect();
        keys.join(" ")
    }
}

/// What a file has taken from the table, in one line; nothing if that is nothing.
pub fn taken_words(taken: &[Taken]) -> Option<String> {
    let words = taken.iter().map(|Taken { key, by, from }| {
        let (by, from) = (by_action(*by).id, by_action(*from).id);
        format!("{key} is {by}, no longer {from}")
    });
    let words: Vec<_> = words.collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn digit(key: KeyPress) -> Option<Action> {
    let KeyCode::Char(letter) = key.code else {
        return None;
    };
    let number = letter.to_digit(10).filter(|number| *number > 0)?;
    (!key.ctrl && !key.alt).then_some(Action::Pane(u8::try_from(number).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_key_means_two_things_and_every_action_has_a_name_of_its_own() {
        let keys = TABLE.iter().flat_map(|entry| entry.keys);
        let keys: Vec<_> = keys.collect();
        let different: BTreeSet<_> = keys.iter().collect();
        assert_eq!(keys.len(), different.len());
        let ids: BTreeSet<_> = TABLE.iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), TABLE.len());
    }

    #[test]
    fn keys_read_back_as_they_are_written() {
        let keys = TABLE.iter().flat_map(|entry| entry.keys);
        for text in keys
            .chain(&["C-A-x", "F12", "C--"])
            .filter(|text| **text != "1-9")
        {
            let key = KeyPress::parse(text).expect(text);
            let shown = key.to_string();
            assert_eq!(KeyPress::parse(&shown), Ok(key));
        }
        for bad in ["", "ww", "F0", "F13", "space", "C-"] {
            assert!(KeyPress::parse(bad).is_err(), "{bad}");
        }
    }

    fn key(text: &str) -> KeyPress {
        KeyPress::parse(text).expect(text)
    }

    #[test]
    fn a_key_of_the_file_wins_and_the_action_of_the_table_loses_it() {
        let bind = |text| {
            let changes = [(Action::Send, vec![key(text)])];
            Keymap::default().with(&changes).expect("one action")
        };
        let (keymap, taken) = bind("w");
        assert_eq!(keymap.action(key("w")), Some(Action::Send));
        assert_eq!(keymap.action(key("s")), None);
        assert_eq!(keymap.key_of(Action::NewWallet), "");
        let words = taken_words(&taken);
        assert_eq!(words.as_deref(), Some("w is send, no longer new-wallet"));
        let (keymap, taken) = bind("3");
        assert_eq!(keymap.action(key("3")), Some(Action::Send));
        assert_eq!(keymap.action(key("4")), Some(Action::Pane(4)));
        let words = taken_words(&taken);
        assert_eq!(words.as_deref(), Some("3 is send, no longer pane"));
        // Of two keys one stays.
        let (keymap, _) = bind("k");
        assert_eq!(keymap.keys_of(Action::Up), ["Up"]);
        let (keymap, taken) = bind("d");
        assert_eq!(keymap.action(key("d")), Some(Action::Send));
        assert_eq!((taken_words(&taken), keymap.action(key("s"))), (None, None));
    }

    #[test]
    fn keys_can_be_swapped_and_two_actions_of_the_file_cannot_have_one() {
        let changes = |send, wallet| {
            let changes = [
                (Action::Send, vec![key(send)]),
                (Action::NewWallet, vec![key(wallet)]),
            ];
            Keymap::default().with(&changes)
        };
        let (swapped, taken) = changes("w", "s").expect("each has one");
        assert_eq!(swapped.action(key("w")), Some(Action::Send));
        assert_eq!(swapped.action(key("s")), Some(Action::NewWallet));
        assert_eq!(taken, []);
        let clash = Clash {
            key: key("d"),
            actions: [Action::Send, Action::NewWallet],
        };
        assert_eq!(changes("d", "d"), Err(clash));
    }

    /// What is on the third level, or on none, of the keyboards that people in these countries have.
    const ALTGR: [(&str, &str); 3] = [
        ("German", "@[]{}\\|~€µ²³"),
        ("French", "~#{[|`\\^@]}€¤"),
        ("Spanish", "\\|@#~€¬[]{}"),
    ];

    #[test]
    fn no_action_has_only_keys_that_need_altgr() {
        let needs_altgr = |text: &&str, signs: &str| match KeyPress::parse(text) {
            Ok(KeyPress {
                code: KeyCode::Char(sign),
                ..
            }) => signs.contains(sign),
            _ => false,
        };
        let mut offending = Vec::new();
        for (layout, signs) in ALTGR {
            for entry in TABLE {
                let is_only_listed = entry.keys.is_empty();
                if !is_only_listed && entry.keys.iter().all(|key| needs_altgr(key, signs)) {
                    offending.push((layout, entry.id));
                }
            }
        }
        assert_eq!(offending, []);
    }
}
