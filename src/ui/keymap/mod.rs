//! The one table of keys. What a key does, the footer, the help, the palette and the file by which
//! people change keys all come from it.

mod table;

pub use table::TABLE;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Focus the next node.
    FocusNext,
    /// Focus the one before.
    FocusPrevious,
    /// Focus or move to the left; in zoom the tab before.
    Left,
    /// To the right; in zoom the next tab.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Focus the node of this number, from 1 on.
    Pane(u8),
    /// A page back.
    PageUp,
    /// A page on.
    PageDown,
    /// The first.
    First,
    /// The last.
    Last,
    /// The focused node alone; in a list, what is chosen, opened.
    Open,
    /// The focused node alone.
    Zoom,
    /// A level up.
    Back,
    /// The tab before.
    TabLeft,
    /// The next tab.
    TabRight,
    /// The next view.
    NextView,
    /// The view before.
    PreviousView,
    /// Make a wallet.
    NewWallet,
    /// Send coins.
    Send,
    /// Start or stop the miner.
    Mine,
    /// Mine a block now.
    MineNow,
    /// Double the hash rate.
    Faster,
    /// Halve it.
    Slower,
    /// Kill the node, or start it again.
    Kill,
    /// Add a node.
    AddNode,
    /// Start or stop the payments that the lab makes by itself.
    ToggleTraffic,
    /// Release what a withholding miner keeps.
    Release,
    /// Split the network, or unite it again.
    Partition,
    /// Choose the next link of the node.
    NextLink,
    /// Choose the one before.
    PreviousLink,
    /// Change what the chosen link is like.
    EditLink,
    /// Cut the chosen link, or open it again.
    CutLink,
    /// Make the chosen link a black hole, or open it again.
    HoleLink,
    /// Hold the screen.
    Hold,
    /// Wall time or lab time.
    Clock,
    /// Look for something.
    Find,
    /// Log: show more or less.
    Level,
    /// Copy.
    Copy,
    /// All keys.
    Help,
    /// All actions, by name.
    Palette,
    /// Quit.
    Quit,
    /// Leave at once.
    Leave,
    /// Hand the terminal back until called again.
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Among the panes.
    Lab,
    /// With one node.
    Zoom,
    /// In the network.
    Network,
    /// Among the blocks.
    Blocks,
    /// In the conversation.
    Messages,
    /// In the log.
    Log,
}

/// A row of the table.
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// Its name in the file of keys.
    pub id: &'static str,
    /// Its keys, as they are unless the file says otherwise.
    pub keys: &'static [&'static str],
    /// What it does, in words that complete "this key …".
    pub does: &'static str,
    /// The word in the footer.
    pub short: &'static str,
    /// Where the footer has it, and how soon it is left out when there is no room: the higher, the
    /// sooner.
    pub footer: &'static [(Context, u8)],
    /// It changes something: not while the screen is held.
    pub changes: bool,
    /// The heading in the help.
    pub group: Group,
}

/// Headings of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What is done with a node.
    Act,
    /// What is looked at.
    Look,
    /// Everything else.
    Program,
}

impl Group {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Act => "do something with the focused node",
            Self::Look => "look around",
            Self::Program => "the program",
        }
    }
}

/// A key with what is held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPress {
    /// The key. A capital letter is a key of its own, so Shift is not counted.
    pub code: KeyCode,
    /// Ctrl.
    pub ctrl: bool,
    /// Alt.
    pub alt: bool,
}

impl KeyPress {
    /// A key by itself.
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
        }
    }

    /// Reads a key as the table writes it: `w`, `S-Tab`, `C-c`, `Space`, `F1`.
    ///
    /// # Errors
    /// It is no key, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut rest, mut key) = (text, Self::plain(KeyCode::Null));
        loop {
            match rest.split_at_checked(2) {
                Some(("C-", after)) if !after.is_empty() => (key.ctrl, rest) = (true, after),
                Some(("A-", after)) if !after.is_empty() => (key.alt, rest) = (true, after),
                _ => break,
            }
        }
        let mut letters = rest.chars();
        key.code = match (letters.next(), letters.next()) {
            (Some(letter), None) => KeyCode::Char(letter),
            _ => match NAMED.iter().find(|(name, _)| *name == rest) {
                Some((_, code)) => *code,
                None => function_key(rest).ok_or_else(|| {
                    format!(
                        "{text:?} is no key: write one letter or sign, or one of {}, F1 to F12, \
                         with C- for Ctrl or A- for Alt before it",
                        NAMED.map(|(name, _)| name).join(", ")
                    )
                })?,
            },
        };
        Ok(key)
    }
}

const NAMED: [(&str, KeyCode); 16] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("S-Tab", KeyCode::BackTab),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
];

fn function_key(name: &str) -> Option<KeyCode> {
    let number = name.strip_prefix('F')?.parse().ok()?;
    (1..=12).contains(&number).then_some(KeyCode::F(number))
}

impl From<KeyEvent> for KeyPress {
    fn from(event: KeyEvent) -> Self {
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

impl fmt::Display for KeyPress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("C-")?;
        }
        if self.alt {
            f.write_str("A-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(letter) => write!(f, "{letter}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            _ => f.write_str("?"),
        }
    }
}

/// The keys as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// In the order of the table.
    keys: Vec<(Action, Vec<KeyPress>)>,
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
    ///
    /// # Errors
    /// The action whose key has another meaning as well, and that in words.
    pub fn with(mut self, changes: Vec<(Action, Vec<KeyPress>)>) -> Result<Self, (Action, String)> {
        for (action, keys) in &changes {
            if let Some((_, bound)) = self.keys.iter_mut().find(|(other, _)| other == action) {
                bound.clone_from(keys);
            }
        }
        for (action, keys) in changes {
            for key in keys {
                let mut bound = self.keys.iter();
                let taken = bound.find(|(other, keys)| *other != action && keys.contains(&key));
                if let Some(other) = taken.map(|(other, _)| *other).or(digit(key)) {
                    let other = by_action(other).id;
                    return Err((action, format!("{key} is the key of {other:?} already")));
                }
            }
        }
        Ok(self)
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
}

fn digit(key: KeyPress) -> Option<Action> {
    let KeyCode::Char(letter) = key.code else {
        return None;
    };
    let number = letter.to_digit(10).filter(|number| *number > 0)?;
    (!key.ctrl && !key.alt).then_some(Action::Pane(u8::try_from(number).ok()?))
}

/// The table's row of an action.
pub fn by_action(action: Action) -> &'static Entry {
    let same = |entry: &&Entry| match (entry.action, action) {
        (Action::Pane(_), Action::Pane(_)) => true,
        (one, other) => one == other,
    };
    TABLE.iter().find(same).expect("every action has a row")
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

    #[test]
    fn a_key_that_is_taken_is_refused_and_a_free_one_replaces_the_old() {
        let key = |text| KeyPress::parse(text).expect(text);
        let bind = |action, text| Keymap::default().with(vec![(action, vec![key(text)])]);
        let refused = |text| bind(Action::Send, text).expect_err("taken").1;
        assert_eq!(refused("w"), "w is the key of \"new-wallet\" already");
        assert_eq!(refused("3"), "3 is the key of \"pane\" already");
        let swapped = vec![
            (Action::Send, vec![key("w")]),
            (Action::NewWallet, vec![key("s")]),
        ];
        let swapped = Keymap::default().with(swapped).expect("each has one");
        assert_eq!(swapped.action(key("w")), Some(Action::Send));
        let keymap = bind(Action::Send, "x").expect("free");
        assert_eq!(keymap.action(key("x")), Some(Action::Send));
        assert_eq!(keymap.action(key("s")), None);
        assert_eq!(keymap.action(key("3")), Some(Action::Pane(3)));
    }
}
