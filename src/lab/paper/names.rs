//! Names of nodes: what can be one, and what is said of one that is not there.

pub use crate::node::foreign::{NODE_NAME_MAX, parse_node_name};

use super::document::nearest;
use crate::node::foreign::is_hidden;
use crate::node::message::Kind;

/// Names that an error lists.
const SHOWN: usize = 10;

/// The longest name of a layout: that of its file, on most systems.
const LAYOUT_NAME_MAX: usize = 255;

/// Makes sure that this can be what a layout is called: it becomes the name of a directory, and stands
/// at the top of the screen.
///
/// # Errors
/// Words that state the rule.
pub fn check_layout_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > LAYOUT_NAME_MAX {
        return Err(format!("a layout's name has 1 to {LAYOUT_NAME_MAX} bytes"));
    }
    if matches!(name, "." | "..") || name.chars().any(|c| c == '/' || is_hidden(c)) {
        let rule =
            "a layout's name is that of a file, without / and characters that cannot be seen";
        return Err(rule.to_owned());
    }
    Ok(())
}

/// The longest label of a payment, in characters: it stands in expressions and in a line of steps.
const LABEL_MAX: usize = 32;

/// Reads what a payment is to be called: it stands in quotes in expressions.
///
/// # Errors
/// Words that state the rule.
pub fn check_label(text: &str) -> Result<String, String> {
    let is_bounded = (1..=LABEL_MAX).contains(&text.chars().count());
    let is_seen = !text.contains(is_hidden) && text.trim() == text;
    match is_bounded && is_seen && !text.contains('"') {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "a label has 1 to {LABEL_MAX} characters, none of them a quote, on one line"
        )),
    }
}

/// Reads the kind of a message, by its command.
///
/// # Errors
/// In words: there is none, and which one was probably meant.
pub fn parse_kind(name: &str) -> Result<Kind, String> {
    let known = Kind::ALL.into_iter().map(Kind::name);
    Kind::from_name(name).ok_or_else(|| missing("kind of message", name, known))
}

/// That a label is that of another payment.
pub fn label_taken(label: &str) -> String {
    format!("another payment is labelled {label:?}")
}

/// That there is no such thing: the one that was probably meant, or those that there are.
pub fn missing<'a>(what: &str, name: &str, there: impl Iterator<Item = &'a str> + Clone) -> String {
    let name: String = name.chars().take(NODE_NAME_MAX + 1).collect();
    if let Some(near) = nearest(&name, there.clone()) {
        return format!("there is no {what} {name:?}; did you mean {near:?}?");
    }
    let names: Vec<_> = there.clone().take(SHOWN).collect();
    match (names.len(), there.count()) {
        (0, _) => format!("there is no {what} {name:?}, and no other"),
        (shown, all) if shown < all => {
            let names = names.join(", ");
            format!(
                "there is no {what} {name:?}; there are {names} and {} more",
                all - shown
            )
        }
        _ => format!(
            "there is no {what} {name:?}; there are: {}",
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_what_can_stand_in_quotes_and_be_seen() {
        for label in ["x", "double spend", "ü-1 (first)", &"n".repeat(LABEL_MAX)] {
            assert_eq!(check_label(label), Ok(label.to_owned()));
        }
        let long = "n".repeat(LABEL_MAX + 1);
        for none in ["", " ", "a ", "say \"x\"", "a\nb", "a\u{202e}b", &long] {
            assert!(check_label(none).is_err(), "{none:?}");
        }
    }

    #[test]
    fn who_is_missing_is_said_with_who_was_meant_or_who_is_there() {
        let said = |name, there: &[&str]| missing("node", name, there.iter().copied());
        assert_eq!(
            said("centrl", &["wallet", "central"]),
            r#"there is no node "centrl"; did you mean "central"?"#
        );
        assert_eq!(
            said("zebra", &["wallet", "central"]),
            r#"there is no node "zebra"; there are: wallet, central"#
        );
        assert_eq!(
            said("zebra", &[]),
            r#"there is no node "zebra", and no other"#
        );
        let many = ["n"; 13];
        assert!(said("zebra", &many).ends_with(", n and 3 more"));
    }
}
