//! Scripts and witnesses in words: opcodes by name, pushes in hexadecimal. What is long is cut, with a
//! count of what is left out, so whatever a peer sends takes no more room than [`WORDS_MAX`].

use super::opcode::{self, Part};
use crate::node::foreign;

/// Bytes that are shown of a push or an item of a witness: a compressed key with a few to spare.
const BYTES_SHOWN: usize = 40;

/// Parts that are shown of a script: the keys of fifteen with all that stands around them.
const PARTS_SHOWN: usize = 24;

/// Items that are shown of a witness.
const ITEMS_SHOWN: usize = 16;

/// Characters of text that are shown of a coinbase's script, and how many make a text of bytes that can
/// be read.
const TEXT_SHOWN: usize = 60;
const TEXT_MIN: usize = 4;

/// Bytes of the longest number that is taken for a height: three are enough for 160 years, and before
/// BIP 34 the target stood there, in four.
const HEIGHT_LEN: usize = 3;

/// Characters of the longest words for a script or a witness.
pub const WORDS_MAX: usize = 4_000;

/// A script in words, as in `OP_DUP OP_HASH160 89ab.. OP_EQUALVERIFY OP_CHECKSIG`. An input's shows what
/// the script that it spends asks for: a signature and a key, say.
pub fn script_words(script: &[u8]) -> String {
    if script.is_empty() {
        return "empty".to_owned();
    }
    let mut words = Vec::new();
    let mut left = script;
    while let Some((part, rest)) = opcode::first_part(left) {
        if words.len() == PARTS_SHOWN {
            words.push(format!("..and {}", bytes(left.len())));
            break;
        }
        words.push(part_words(part));
        left = rest;
    }
    words.join(" ")
}

/// The script of a coinbase, which is true of nothing and holds what its miner likes: the height of the
/// block, if it begins with one (BIP 34), text that is found in it, and its bytes.
pub fn coinbase_words(script: &[u8]) -> String {
    let height = height(script).map(|height| format!("height {height}, "));
    let text = text(script).map(|text| format!("{}, ", foreign::quoted(&text, TEXT_SHOWN)));
    format!(
        "{}{}{}",
        height.unwrap_or_default(),
        text.unwrap_or_default(),
        item_words(script)
    )
}

/// A witness in words: how many items, and of each how many bytes and which.
pub fn witness_words<T: AsRef<[u8]>>(items: &[T]) -> String {
    let count = match items.len() {
        0 => return "empty".to_owned(),
        1 => "1 item".to_owned(),
        count => format!("{count} items"),
    };
    let (shown, left) = items.split_at(items.len().min(ITEMS_SHOWN));
    let mut words: Vec<String> = shown.iter().map(|item| item_words(item.as_ref())).collect();
    if !left.is_empty() {
        let more = left.iter().map(|item| item.as_ref().len()).sum();
        words.push(format!("..and {} more of {}", left.len(), bytes(more)));
    }
    format!("{count}: {}", words.join(", "))
}

/// Bytes in words: how many, and which, in hexadecimal.
pub fn item_words(item: &[u8]) -> String {
    match item {
        [] => bytes(0),
        _ => format!("{} {}", bytes(item.len()), hex(item)),
    }
}

fn part_words(part: Part<'_>) -> String {
    match part {
        Part::Op(opcode) => opcode::name(opcode),
        Part::Push([]) => "(empty push)".to_owned(),
        Part::Push(pushed) => hex(pushed),
        Part::Broken { of: None, there } => {
            format!("(ends in the length of a push: {})", item_words(there))
        }
        Part::Broken {
            of: Some(of),
            there,
        } => {
            format!("(ends in a push of {}: {})", bytes(of), item_words(there))
        }
    }
}

/// In hexadecimal, cut.
fn hex(all: &[u8]) -> String {
    let (shown, left) = all.split_at(all.len().min(BYTES_SHOWN));
    let mut hex: String = shown.iter().map(|byte| format!("{byte:02x}")).collect();
    if !left.is_empty() {
        hex += &format!("..and {}", bytes(left.len()));
    }
    hex
}

fn bytes(count: usize) -> String {
    match count {
        1 => "1 byte".to_owned(),
        _ => format!("{count} bytes"),
    }
}

/// The height that a coinbase's script begins with.
fn height(script: &[u8]) -> Option<u32> {
    match opcode::first_part(script)?.0 {
        Part::Op(opcode) => opcode::number(opcode).map(u32::from),
        // A number in little-endian order, whose highest bit is its sign.
        Part::Push(number) if (1..=HEIGHT_LEN).contains(&number.len()) => {
            let is_negative = number.last().is_some_and(|last| last & 0x80 != 0);
            let bytes = number.iter().rev();
            let height = bytes.fold(0, |sum, byte| sum << 8 | u32::from(*byte));
            (!is_negative).then_some(height)
        }
        _ => None,
    }
}

/// What can be read in a coinbase's script, which has text beside numbers.
fn text(script: &[u8]) -> Option<String> {
    // No coinbase that a node takes has more than 100 bytes.
    let start = script.iter().take(2 * TEXT_SHOWN).copied().map(char::from);
    let plain: String = start
        .map(|c| match c.is_ascii_graphic() || c == ' ' {
            true => c,
            false => '\n',
        })
        .collect();
    let texts = plain.split('\n').map(str::trim);
    let texts: Vec<&str> = texts.filter(|text| text.len() >= TEXT_MIN).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}
