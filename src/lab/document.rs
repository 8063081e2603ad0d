//! TOML files that people write, read key by key, so that every complaint names the file, the
//! line, and the column.
//!
//! A [`Section`] is taken apart: each key that is understood is taken out, and what is left at the
//! end is not known, and refused with the known key that is most like it.

use std::fmt;
use std::ops::{Range, RangeInclusive};
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The largest file that is read, in bytes: a network with all the allocations that it may have.
pub const FILE_BYTES_MAX: usize = 2_000_000;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct FileError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1 on.
    pub line: usize,
    /// The character in the line, from 1 on.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

/// A file's text.
#[derive(Clone, Copy, Debug)]
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

/// A table of a file, or what is left of it.
#[derive(Debug)]
pub struct Section<'a> {
    source: Source<'a>,
    /// Where it begins.
    at: Range<usize>,
    table: DeTable<'a>,
    /// What was asked for, with the place of what was there.
    known: Vec<(&'static str, Option<Range<usize>>)>,
}

/// A value with its place.
#[derive(Debug)]
pub struct Value<'a> {
    source: Source<'a>,
    at: Range<usize>,
    key: &'static str,
    value: DeValue<'a>,
}

impl<'a> Section<'a> {
    /// All of a file.
    ///
    /// # Errors
    /// [`FileError`]: it is too large, or no TOML.
    pub fn parse(file: &'a str, text: &'a str) -> Result<Self, FileError> {
        let source = Source { file, text };
        if text.len() > FILE_BYTES_MAX {
            let problem = format!("more than {FILE_BYTES_MAX} bytes");
            return Err(source.error(0, problem));
        }
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            source.error(at, one_line(error.message()))
        })?;
        Ok(Self {
            source,
            at: table.span(),
            table: table.into_inner(),
            known: Vec::new(),
        })
    }

    /// Takes out what is under `key`.
    pub fn take(&mut self, key: &'static str) -> Option<Value<'a>> {
        let row = self.table.remove_entry(key);
        let at = row.as_ref().map(|(key, _)| key.span());
        self.known.push((key, at));
        row.map(|(_, value)| Value {
            source: self.source,
            at: value.span(),
            key,
            value: value.into_inner(),
        })
    }

    /// Takes out the section `[key]`.
    ///
    /// # Errors
    /// It is something else.
    pub fn section(&mut self, key: &'static str) -> Result<Option<Self>, FileError> {
        self.take(key).map(Value::into_section).transpose()
    }

    /// Takes out the sections `[[key]]`.
    ///
    /// # Errors
    /// They are something else.
    pub fn sections(&mut self, key: &'static str) -> Result<Vec<Self>, FileError> {
        let Some(value) = self.take(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(rows) = value.value else {
            return Err(value.wants(&format!("a list of tables, each under [[{key}]],")));
        };
        let row = |row: Spanned<DeValue<'a>>| Value {
            source: value.source,
            at: row.span(),
            key,
            value: row.into_inner(),
        };
        rows.into_iter()
            .map(|found| row(found).into_section())
            .collect()
    }

    /// Takes out a text and reads it; `example` is one that can be read.
    ///
    /// # Errors
    /// It is no text, or cannot be read.
    pub fn text<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, FileError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let DeValue::String(text) = &value.value else {
            return Err(value.wants(&format!("a text in quotes, as in {example:?},")));
        };
        match read(text) {
            Ok(read) => Ok(Some(read)),
            Err(problem) => Err(value.error(problem)),
        }
    }

    /// Takes out a whole number.
    ///
    /// # Errors
    /// It is something else, or out of range.
    pub fn number<T>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Result<Option<T>, FileError>
    where
        T: TryFrom<u64> + PartialOrd + fmt::Display,
    {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let DeValue::Integer(digits) = &value.value else {
            return Err(value.wants("a whole number"));
        };
        let number = u64::from_str_radix(digits.as_str(), digits.radix()).ok();
        let number = number.and_then(|number| T::try_from(number).ok());
        match number.filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let (min, max) = (range.start(), range.end());
                Err(value.error(format!("not between {min} and {max}")))
            }
        }
    }

    /// The error of a key that was taken out, or of the section if the key is not there.
    pub fn error_at(&self, key: &str, problem: impl fmt::Display) -> FileError {
        let found = self.known.iter().find(|(known, _)| *known == key);
        let at = found.and_then(|(_, at)| at.clone());
        let at = at.unwrap_or_else(|| self.at.clone()).start;
        self.source.error(at, format!("{key}: {problem}"))
    }

    /// Whether this key was taken out and was there.
    pub fn had(&self, key: &str) -> bool {
        let found = self.known.iter().find(|(known, _)| *known == key);
        found.is_some_and(|(_, at)| at.is_some())
    }

    /// Makes sure that nothing is left.
    ///
    /// # Errors
    /// The first key that nobody asked for.
    pub fn finish(self) -> Result<(), FileError> {
        let left = self.table.keys().min_by_key(|key| key.span().start);
        let Some(key) = left else {
            return Ok(());
        };
        let name = key.get_ref();
        let known = self.known.iter().map(|(known, _)| *known);
        let problem = match nearest(name, known.clone()) {
            Some(near) => format!("unknown key {name:?}; did you mean {near:?}?"),
            None => {
                let known: Vec<_> = known.collect();
                format!("unknown key {name:?}; known here: {}", known.join(", "))
            }
        };
        Err(self.source.error(key.span().start, problem))
    }
}

impl<'a> Value<'a> {
    fn into_section(self) -> Result<Section<'a>, FileError> {
        if let DeValue::Table(table) = self.value {
            return Ok(Section {
                source: self.source,
                at: self.at,
                table,
                known: Vec::new(),
            });
        }
        let wanted = format!("a table, under [{}],", self.key);
        Err(self.wants(&wanted))
    }

    /// The error of a value of another type than wanted.
    fn wants(&self, wanted: &str) -> FileError {
        let found = self.value.type_str();
        self.error(format!(
            "{wanted} is wanted here, not a value of type {found}"
        ))
    }

    /// The error of this value.
    pub fn error(&self, problem: impl fmt::Display) -> FileError {
        let problem = format!("{}: {problem}", self.key);
        self.source.error(self.at.start, problem)
    }
}

impl Source<'_> {
    fn error(&self, at: usize, problem: String) -> FileError {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        FileError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem,
        }
    }
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("; ")
}

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
    fn a_complaint_names_file_line_and_column() {
        let section = |text| Section::parse("my.toml", text);
        let broken = section("a = 1\n  b = [\n")
            .expect_err("no TOML")
            .to_string();
        assert_eq!(broken, "my.toml:2:8: unclosed array, expected `]`");
        let mut open = section("a = 1\n\n  bb = 2.5\n").expect("TOML");
        assert_eq!(open.number("a", 0..=5_u8), Ok(Some(1)));
        let wrong = open.number("bb", 0..=5_u8).expect_err("a float");
        let words = "my.toml:3:8: bb: a whole number is wanted here, not a value of type float";
        assert_eq!(wrong.to_string(), words);
    }

    #[test]
    fn a_key_that_is_left_is_unknown_and_the_nearest_known_one_is_named() {
        let complaint = |text| {
            let mut section = Section::parse("f", text).expect("TOML");
            section.take("latency");
            section.take("jitter");
            section.finish().expect_err("unknown").to_string()
        };
        assert_eq!(
            complaint("jitter = 1\nlatencie = 2"),
            r#"f:2:1: unknown key "latencie"; did you mean "latency"?"#
        );
        assert_eq!(
            complaint("zebra = 1\ncolour = 2"),
            r#"f:1:1: unknown key "zebra"; known here: latency, jitter"#
        );
    }

    #[test]
    fn numbers_are_held_within_their_range() {
        for (text, read) in [
            ("n = 0", Some(0)),
            ("n = 0x1f", Some(31)),
            ("n = 1_000", None),
            ("n = 256", None),
            ("n = -1", None),
            ("n = 99999999999999999999999", None),
        ] {
            let mut section = Section::parse("f", text).expect("TOML");
            let number = section.number::<u8>("n", 0..=200);
            assert_eq!(number.ok().flatten(), read, "{text}");
        }
    }

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
