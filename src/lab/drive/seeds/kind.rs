//! Which failures are of one kind: those whose words are the same once numbers and times are taken out of
//! them, and the values that nodes had.

use crate::lab::drive::judge::Unmet;

/// What begins the values in a verdict on an expression, after the part that they belong to.
const VALUES: [&str; 2] = [", it is ", ", they are "];

/// What kind of failure it is that a step has this to say of itself, or a run this.
pub(super) fn kind_of(unmet: &Unmet) -> String {
    match unmet {
        // What a step does is what the file says; its number is not, as soon as a step is left out.
        Unmet::Step(fault) => format!("{}: {}", fault.what, plain(&fault.why)),
        Unmet::Until(words) => plain(words),
    }
}

/// Words without values, numbers and times.
pub(super) fn plain(words: &str) -> String {
    let parts = words.split("; ").map(|part| {
        let end = VALUES.iter().filter_map(|begin| part.find(begin)).min();
        without_numbers(&part[..end.unwrap_or(part.len())])
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// A `#` in place of each number, time and hash.
fn without_numbers(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (word, after) = rest.split_at(word.unwrap_or(rest.len()));
        if word.is_empty() {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        rest = after;
        match word {
            _ if is_number(word) => {
                plain.push('#');
                rest = after_fraction(rest);
            }
            _ => push_name(&mut plain, word),
        }
    }
    plain
}

/// `12`, `12ms`, `1h30min`, `0x1f`, and the end of a hash.
fn is_number(word: &str) -> bool {
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    let is_hash = word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit());
    word.starts_with(|c: char| c.is_ascii_digit()) || is_hash && has_digit
}

/// What comes after the fraction of a number.
fn after_fraction(rest: &str) -> &str {
    let fraction = rest.strip_prefix(['.', ',']);
    let fraction = fraction.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let digits = |rest: &'_ str| rest.find(|c: char| !c.is_ascii_alphanumeric());
    match fraction {
        Some(fraction) => after_fraction(&fraction[digits(fraction).unwrap_or(fraction.len())..]),
        None => rest,
    }
}

/// `n12` is `n#`.
fn push_name(plain: &mut String, word: &str) {
    for c in word.chars() {
        match c {
            _ if !c.is_ascii_digit() => plain.push(c),
            _ if plain.ends_with('#') => {}
            _ => plain.push('#'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::script::Fault;

    #[test]
    fn numbers_times_hashes_and_values_make_no_other_kind() {
        for (one, other) in [
            (
                "not true after 10s: tips == 1, it is 2",
                "not true after 1.5min: tips == 1, it is 3",
            ),
            (
                "height >= 3, it is 2 at a; tips == 1, it is 2",
                "height >= 3, they are 1 and 2; tips == 1, it is 4",
            ),
            (
                "the time stands still at 2027-01-15T08:00:00.5Z",
                "the time stands still at 2027-02-01T11:59:59Z",
            ),
            ("block ..0a1b2c3d of n1", "block ..99aabbcc of n12"),
            ("1,000 of 7 kB", "2 of 70.25 kB"),
        ] {
            assert_eq!(plain(one), plain(other));
        }
    }

    #[test]
    fn other_words_are_another_kind() {
        for (one, other) in [
            ("alice has not enough", "bob has not enough"),
            ("tips == 1, it is 2", "branches == 1, it is 2"),
            (
                "tips == 1, it is 2",
                "tips == 1, it is 2; height > 3, it is 1",
            ),
            ("no node runs", "a is down"),
        ] {
            assert_ne!(plain(one), plain(other));
        }
        assert_eq!(plain("müde: 5 × n3, 1.5."), "müde: # × n#, #.");
    }

    #[test]
    fn a_step_is_known_by_what_it_does_and_not_by_its_number() {
        let of = |at, what: &str, why: &str| {
            let (what, why) = (what.into(), why.to_owned());
            let began = None;
            kind_of(&Unmet::Step(Fault {
                at,
                what,
                why,
                began,
            }))
        };
        let kind = of(
            3,
            "expect height@n1 >= 3",
            "not true after 10s: height@n1 >= 3, it is 2",
        );
        let moved = of(
            1,
            "expect height@n1 >= 3",
            "not true after 10s: height@n1 >= 3, it is 0",
        );
        assert_eq!(kind, moved);
        let other = of(
            3,
            "expect height@n2 >= 3",
            "not true after 10s: height@n2 >= 3, it is 2",
        );
        assert_ne!(kind, other);
    }
}
