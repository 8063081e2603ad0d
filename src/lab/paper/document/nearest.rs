//! Typing errors: which of the words that are known was meant.

/// The candidate that takes the fewest changes of letters, if that is a plausible typing error.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = candidates.map(|candidate| (distance(name, candidate), candidate));
    let (distance, nearest) = distances.min()?;
    (distance <= 1 + nearest.len() / 3).then_some(nearest)
}

/// Letters to insert, drop or exchange to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    /// No key is longer; of longer words the beginning counts.
    const LETTERS: usize = 40;
    let (a, b) = (a.chars().take(LETTERS), b.chars().take(LETTERS));
    let b: Vec<char> = b.collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_near_when_a_slip_of_the_finger_lies_between() {
        let near = |name| nearest(name, ["maturity", "subsidy", "retarget"].into_iter());
        assert_eq!(near("maturty"), Some("maturity"));
        assert_eq!(near("subsidies"), Some("subsidy"));
        assert_eq!(near("reatrget"), Some("retarget"));
        assert_eq!(near("colour"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
