//! Seeds, as people write them: from the first to the last.

use std::ops::RangeInclusive;

/// Reads `1..60`, both ends included, or one number. At most `max` are read.
pub(super) fn parse(text: &str, max: u64) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let seeds = number(first).zip(number(last.trim_start_matches('=')));
    match seeds {
        Some((first, last)) if first > last => Err("the first is more than the last".to_owned()),
        Some((first, last)) if last - first >= max => {
            Err(format!("at most {max} seeds are played"))
        }
        Some((first, last)) => Ok(first..=last),
        None => Err("write the first and the last, as in 1..60".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_from_the_first_to_the_last() {
        let parse = |text| parse(text, 10_000);
        assert_eq!(parse("1..60"), Ok(1..=60));
        assert_eq!(parse("7"), Ok(7..=7));
        assert_eq!(parse("1..=3"), Ok(1..=3));
        assert_eq!(parse("1..10000"), Ok(1..=10_000));
        for wrong in ["", "a..b", "1..", "9..3", "0..10000", "-1..3"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
