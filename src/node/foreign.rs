//! Words from outside: what peers, other processes and files call themselves and say.
//!
//! Such words are shown among our own, on a screen, in a log, on stderr. So three things hold for
//! them. They have no characters that cannot be seen: those are orders to a terminal, or change the
//! order in which it shows the others ([`is_hidden`]). They are one line, and no longer than there is
//! room for. And they cannot be taken for words of ours: a name is a [name](parse_node_name), or
//! stands in quotes ([`peer_name`]), as all other words do ([`quoted`]).

use std::borrow::Cow;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// The longest name of a node: it must fit into a pane's title, and into what peers are told.
pub const NODE_NAME_MAX: usize = 32;

/// Characters of a peer's name in quotes: with them and `peer` it is as long as the longest name.
const QUOTED_NAME_MAX: usize = 25;

/// Characters of other words in quotes: a refusal of ours has them all.
pub const QUOTED_MAX: usize = 120;

/// What stands where a character was that is not shown.
const INSTEAD: char = '\u{fffd}';

/// What a name begins with that is none.
const PEER: &str = "peer \"";

/// Characters that are not seen, or change how others are: category Cf of Unicode 16, the separators
/// of lines and paragraphs, and the others that by its property `Default_Ignorable_Code_Point` take no
/// room. In order.
const FORMAT: [RangeInclusive<char>; 25] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Reads the name of a node: letters, digits, and - _ . but not - or . first.
///
/// # Errors
/// Words that state the rule.
pub fn parse_node_name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.len() > NODE_NAME_MAX {
        return Err(format!("a name has 1 to {NODE_NAME_MAX} characters"));
    }
    if text.starts_with(['-', '.']) || !text.chars().all(is_plain) {
        return Err("a name has letters, digits, and - _ . but not - or . first".to_owned());
    }
    Ok(text.to_owned())
}

/// Whether a character is none that can be seen: a control character, line breaks among them, or one
/// that takes no room, breaks lines, or changes the direction in which others are read.
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    // The last range that begins at it or before: they are in order.
    let before = FORMAT.partition_point(|range| *range.start() <= c);
    let found = before.checked_sub(1).and_then(|at| FORMAT.get(at));
    c.is_control() || found.is_some_and(|range| c <= *range.end())
}

/// Lines of words, with a mark in place of each hidden character but line breaks and tabs.
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_order = |c: char| is_hidden(c) && c != '\n' && c != '\t';
    match text.contains(is_order) {
        true => Cow::Owned(text.replace(is_order, INSTEAD.encode_utf8(&mut [0; 4]))),
        false => Cow::Borrowed(text),
    }
}

/// The same in one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match text.contains(['\n', '\t', '\r']) {
        true => Cow::Owned(plain(&text.replace(['\n', '\t', '\r'], " ")).into_owned()),
        false => plain(text),
    }
}

/// Words from outside in quotes, in one line, at most `max` characters of them; what was cut off
/// leaves dots. No quotation mark is left inside: they end where they seem to.
pub fn quoted(text: &str, max: usize) -> String {
    let line = one_line(text);
    let mut kept: String = line.chars().take(max).collect();
    if line.chars().nth(max).is_some() {
        kept = kept.chars().take(max.saturating_sub(2)).collect();
        kept.push_str("..");
    }
    format!("\"{}\"", kept.replace('"', "'"))
}

/// What a peer is called that gives itself this name: by that name if it is one, and else by its words
/// in quotes, as in `peer "/Satoshi:0.7/"`.
pub fn peer_name(said: &str) -> String {
    parse_node_name(said).unwrap_or_else(|_| format!("peer {}", quoted(said, QUOTED_NAME_MAX)))
}

/// Another name for one that has this one, which another peer has already.
pub fn numbered(name: &str, number: usize) -> String {
    if name.starts_with(PEER) {
        return format!("{name} {number}");
    }
    let end = format!("-{number}");
    let kept: String = name.chars().take(NODE_NAME_MAX - end.len()).collect();
    kept + &end
}

/// Whether a process can call a peer this: as [`peer_name`], [`numbered`] or not, or by its address.
pub fn is_peer_name(name: &str) -> bool {
    let in_quotes = |rest: &str| {
        let (said, number) = rest.rsplit_once('"')?;
        let number = number.strip_prefix(' ').unwrap_or(number);
        let is_number = number.len() <= 6 && number.chars().all(|c| c.is_ascii_digit());
        let is_said = said.chars().count() <= QUOTED_NAME_MAX && !said.contains('"');
        (is_number && is_said && !said.contains(is_hidden)).then_some(())
    };
    parse_node_name(name).is_ok()
        || name.parse::<SocketAddr>().is_ok()
        || name.strip_prefix(PEER).and_then(in_quotes).is_some()
}

/// What is wrong with a text of people's that has a hidden character; `None`: it has none, line
/// breaks and tabs aside.
pub fn hidden_in(text: &str) -> Option<String> {
    let is_hidden = |c: &char| is_hidden(*c) && !matches!(c, '\n' | '\r' | '\t');
    let found = text.chars().find(is_hidden)?;
    let code = u32::from(found);
    Some(format!(
        "U+{code:04X} is a character that cannot be seen: leave it out"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_a_title_a_file_and_a_command_line() {
        for name in ["a", "node-1", "_x", "A.b_C-9", &"x".repeat(NODE_NAME_MAX)] {
            assert_eq!(parse_node_name(name), Ok(name.to_owned()));
        }
        for name in [
            "",
            "-x",
            ".x",
            "a b",
            "a/b",
            "ü",
            &"x".repeat(NODE_NAME_MAX + 1),
        ] {
            assert!(parse_node_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn whatever_a_peer_calls_itself_it_is_called_in_few_characters_and_not_in_our_words() {
        for (said, shown) in [
            ("miner", "miner"),
            ("", r#"peer """#),
            ("/Satoshi:0.7/", r#"peer "/Satoshi:0.7/""#),
            (
                "mined #7 ..abcd with 1 payment",
                r#"peer "mined #7 ..abcd with 1 .." "#.trim_end(),
            ),
            (r#"x" connected"#, r#"peer "x' connected""#),
            ("127.0.0.1:3000", r#"peer "127.0.0.1:3000""#),
            ("a\nb\u{202e}c\u{9b}d", "peer \"a b\u{fffd}c\u{fffd}d\""),
        ] {
            let name = peer_name(said);
            assert_eq!(name, shown);
            assert!(is_peer_name(&name), "{name}");
            assert!(is_peer_name(&numbered(&name, 12)), "{name}");
        }
        let long = peer_name(&"w".repeat(200));
        assert_eq!(long.chars().count(), NODE_NAME_MAX);
        assert_eq!(numbered(&"w".repeat(32), 100).len(), NODE_NAME_MAX);
        for name in [
            "",
            "two words",
            "peer \"a\" b",
            "peer \"a\"b\"",
            "peer \"a\u{200b}\"",
        ] {
            assert!(!is_peer_name(name), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_marked_and_everything_else_stays() {
        for c in "\0\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200e}\u{2028}\u{2029}\u{202a}\
                  \u{202e}\u{2060}\u{2066}\u{2069}\u{3164}\u{fe0f}\u{feff}\u{fffb}\u{1d173}\u{e0041}"
            .chars()
        {
            assert!(is_hidden(c), "{c:?}");
            assert_eq!(plain(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
            assert!(hidden_in(&format!("a{c}b")).is_some(), "{c:?}");
        }
        let seen = "aé漢字 ─…♥🦀 שלום \u{301}\u{fffd}";
        assert!(!seen.contains(is_hidden));
        assert_eq!(plain("two\n\tlines"), "two\n\tlines");
        assert_eq!(one_line("two\r\n\tlines"), "two   lines");
        assert_eq!(hidden_in("two\n\tlines"), None);
        let said = hidden_in("\u{202e}").expect("it turns what follows");
        assert_eq!(
            said,
            "U+202E is a character that cannot be seen: leave it out"
        );
    }

    #[test]
    fn what_is_looked_up_is_in_order() {
        assert!(FORMAT.is_sorted_by(|one, next| one.end() < next.start()));
        for range in &FORMAT {
            assert!(
                is_hidden(*range.start()) && is_hidden(*range.end()),
                "{range:?}"
            );
        }
    }

    #[test]
    fn words_in_quotes_end_where_they_seem_to() {
        assert_eq!(quoted("no \"more\"\nroom", 40), "\"no 'more' room\"");
        assert_eq!(quoted("abcdefgh", 5), "\"abc..\"");
        assert_eq!(quoted("abcde", 5), "\"abcde\"");
    }
}
