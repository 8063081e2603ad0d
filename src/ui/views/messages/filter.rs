//! Which messages are shown: words that must all hold.
//!
//! | word | holds for |
//! |---|---|
//! | `wallet` | what the node says or is told |
//! | `wallet>miner` | what it says to that one; `wallet>` to any, `>miner` what that one is told |
//! | `wallet<>miner` | what the two say to each other |
//! | `inv` | that command |
//! | `31f07ca9`, `#12` | what is about a block or transaction whose hash begins or ends like this, or about a block of this height |
//! | `-ping` | whatever the word without the sign does not hold for |
//!
//! A word that is none of these holds for names and commands that contain it.

use crate::chain::{BlockHash, Txid};
use crate::lab::LabView;
use crate::lab::observe::transcript::Spoken;
use crate::node::message::{Item, Kind};
use crate::ui::widgets::message::{items, name_of};

/// Words that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    text: String,
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    is_not: bool,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// One says something to another; empty: any node.
    Pair {
        from: String,
        to: String,
        is_both_ways: bool,
    },
    Kind(Kind),
    Hash(String),
    Height(u32),
    Any(String),
}

impl Filter {
    /// Reads words.
    pub fn new(text: &str) -> Self {
        let words = text.split_whitespace().map(Word::new).collect();
        let text = text.to_owned();
        Self { text, words }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether all words hold.
    pub fn holds(&self, lab: &LabView, said: &Spoken) -> bool {
        let mut words = self.words.iter();
        words.all(|word| word.wanted.holds(lab, said) != word.is_not)
    }
}

impl Word {
    fn new(word: &str) -> Self {
        let rest = word.strip_prefix('-').filter(|rest| !rest.is_empty());
        Self {
            is_not: rest.is_some(),
            wanted: Wanted::new(rest.unwrap_or(word)),
        }
    }
}

impl Wanted {
    fn new(word: &str) -> Self {
        let pair = word.split_once("<>").map(|ends| (ends, true));
        let pair = pair.or_else(|| word.split_once('>').map(|ends| (ends, false)));
        if let Some(((from, to), is_both_ways)) = pair {
            return Self::Pair {
                from: from.to_owned(),
                to: to.to_owned(),
                is_both_ways,
            };
        }
        if let Some(kind) = Kind::from_name(word) {
            return Self::Kind(kind);
        }
        if let Some(height) = word.strip_prefix('#').and_then(|text| text.parse().ok()) {
            return Self::Height(height);
        }
        let digits = word.trim_start_matches("..").to_ascii_lowercase();
        let is_hash = digits.len() >= 4 && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        match is_hash {
            true => Self::Hash(digits),
            false => Self::Any(word.to_owned()),
        }
    }

    fn holds(&self, lab: &LabView, said: &Spoken) -> bool {
        match self {
            Self::Pair {
                from,
                to,
                is_both_ways,
            } => {
                let (one, other) = (name_of(lab, &said.from), name_of(lab, &said.to));
                let is = |name: &str, wanted: &str| wanted.is_empty() || name == wanted;
                (is(one, from) && is(other, to))
                    || (*is_both_ways && is(one, to) && is(other, from))
            }
            Self::Kind(kind) => said.kind() == Some(*kind),
            Self::Hash(digits) => {
                let mut items = items(said);
                items.any(|item| is_end_of(digits, &item)) || is_in_names(digits, lab, said)
            }
            Self::Height(height) => items(said).any(|item| match item {
                Item::Block(hash) => lab.chips.find(&hash).is_some_and(|id| id.height == *height),
                Item::Tx(_) => false,
            }),
            Self::Any(part) => is_in_names(part, lab, said),
        }
    }
}

fn is_in_names(part: &str, lab: &LabView, said: &Spoken) -> bool {
    let (from, to) = (name_of(lab, &said.from), name_of(lab, &said.to));
    [from, to, said.command()]
        .iter()
        .any(|name| name.contains(part))
}

/// Whether a hash begins or ends with these digits, without writing all of it: thousands are
/// compared for a frame.
fn is_end_of(digits: &str, item: &Item) -> bool {
    let (Item::Tx(Txid(bytes)) | Item::Block(BlockHash(bytes))) = item;
    // Hashes are shown with the last byte first.
    let digit = |at: usize| {
        let byte = bytes[bytes.len() - 1 - at / 2];
        let nibble = if at.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 15
        };
        char::from_digit(nibble.into(), 16)
    };
    let all = 2 * bytes.len();
    let fits = |from: usize| {
        (from..)
            .zip(digits.chars())
            .all(|(at, wanted)| digit(at) == Some(wanted))
    };
    digits.len() <= all && (fits(0) || fits(all - digits.len()))
}
