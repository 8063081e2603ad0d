//! Names of nodes: what can be one, and what is said of one that is not there.

use super::document::nearest;

/// The longest name of a node: it must fit into a pane's title, and into what peers are told.
pub const NODE_NAME_MAX: usize = 32;

/// Names that an error lists.
const SHOWN: usize = 10;

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
    if matches!(name, "." | "..") || name.chars().any(|c| c == '/' || c.is_control()) {
        let rule = "a layout's name is that of a file, without / and control characters";
        return Err(rule.to_owned());
    }
    Ok(())
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
