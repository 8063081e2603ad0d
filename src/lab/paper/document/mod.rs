//! TOML files that people write, read key by key, so that every complaint names the file, the
//! line, and the column.
//!
//! A [`Section`] is taken apart: each key that is understood is taken out, and what is left at the
//! end is not known, and refused with the known key that is most like it.

mod elsewhere;
mod nearest;
mod places;
mod value;

pub use self::nearest::nearest;
pub use self::places::places;
pub use self::value::{Position, Value};

use crate::node::foreign::{hidden_in, one_line};
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::ops::RangeInclusive;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

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
    /// Where it begins, and its key; the file as a whole has none.
    place: Position<'a>,
    table: DeTable<'a>,
    /// What was asked for, with the place of what was there.
    known: Vec<(&'static str, Option<usize>)>,
}

impl<'a> Section<'a> {
    /// All of a file.
    ///
    /// # Errors
    /// [`FileError`]: it is too large, no TOML, or has characters in it that cannot be seen.
    pub fn parse(file: &'a str, text: &'a str) -> Result<Self, FileError> {
        let source = Source { file, text };
        if text.len() > FILE_BYTES_MAX {
            let problem = format!("more than {FILE_BYTES_MAX} bytes");
            return Err(source.error(0, problem));
        }
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            source.error(at, joined(error.message()))
        })?;
        source.is_seen(table.get_ref())?;
        let (at, key) = (table.span().start, Cow::Borrowed(""));
        Ok(Self::new(Position { source, at, key }, table.into_inner()))
    }

    fn new(place: Position<'a>, table: DeTable<'a>) -> Self {
        Self {
            place,
            table,
            known: Vec::new(),
        }
    }

    /// Takes out what is under `key`.
    pub fn take(&mut self, key: &'static str) -> Option<Value<'a>> {
        let row = self.table.remove_entry(key);
        let at = row.as_ref().map(|(key, _)| key.span().start);
        self.known.push((key, at));
        row.map(|(_, value)| Value::new(self.place.source, Cow::Borrowed(key), value))
    }

    /// Takes out the section `[key]`.
    ///
    /// # Errors
    /// It is something else.
    pub fn section(&mut self, key: &'static str) -> Result<Option<Self>, FileError> {
        let wanted = format!("a table, under [{}],", self.heading(key));
        let value = self.take(key);
        value.map(|value| value.into_section(&wanted)).transpose()
    }

    /// Takes out the section `[key]`; without one, what it would be if it were there and empty.
    ///
    /// # Errors
    /// It is something else.
    pub fn part(&mut self, key: &'static str) -> Result<Self, FileError> {
        let place = Position {
            key: Cow::Borrowed(key),
            ..self.place
        };
        let found = self.section(key)?;
        Ok(found.unwrap_or_else(|| Self::new(place, DeTable::new())))
    }

    /// Takes out the sections `[[key]]`.
    ///
    /// # Errors
    /// They are something else.
    pub fn sections(&mut self, key: &'static str) -> Result<Vec<Self>, FileError> {
        let Some(value) = self.take(key) else {
            return Ok(Vec::new());
        };
        let heading = self.heading(key);
        if !matches!(value.value, DeValue::Array(_)) {
            return Err(value.wants(&format!("a list of tables, each under [[{heading}]],")));
        }
        let wanted = format!("a table, under [[{heading}]],");
        let rows = value.rows().into_iter();
        rows.map(|row| row.into_section(&wanted)).collect()
    }

    /// What stands in brackets above a section of this one.
    fn heading(&self, key: &str) -> String {
        match &*self.place.key {
            "" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        }
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
        let value = self.take(key);
        value.map(|value| value.text(example, read)).transpose()
    }

    /// Takes out a text, with its place.
    ///
    /// # Errors
    /// It is no text.
    pub fn word(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Result<Option<(String, Position<'a>)>, FileError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let word = value.text(example, |text| Ok::<_, Infallible>(text.to_owned()))?;
        Ok(Some((word, value.place)))
    }

    /// Takes out a text that is one of the choices, and what it stands for.
    ///
    /// # Errors
    /// It is something else.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, FileError> {
        let example = choices.first().map_or("", |(name, _)| *name);
        self.text(key, example, |text| {
            let found = choices.iter().find(|(name, _)| *name == text);
            found.map(|(_, choice)| *choice).ok_or_else(|| {
                let names: Vec<_> = choices
                    .iter()
                    .map(|(name, _)| format!("{name:?}"))
                    .collect();
                format!("{text:?} is none of {}", names.join(", "))
            })
        })
    }

    /// Takes out a list of texts, each with its place.
    ///
    /// # Errors
    /// It is something else.
    pub fn texts(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Result<Option<Vec<(String, Position<'a>)>>, FileError> {
        let value = self.take(key);
        value.map(|value| value.texts(example)).transpose()
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
        let value = self.take(key);
        value.map(|value| value.number(range)).transpose()
    }

    /// Takes out a number that need not be whole.
    ///
    /// # Errors
    /// It is something else.
    pub fn fraction(&mut self, key: &'static str) -> Result<Option<f64>, FileError> {
        self.take(key).map(|value| value.fraction()).transpose()
    }

    /// Takes out `true` or `false`.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&mut self, key: &'static str) -> Result<Option<bool>, FileError> {
        self.take(key).map(|value| value.flag()).transpose()
    }

    /// All that is left, whatever the keys are, in the order of the file: each with its key, the
    /// place of the key, and the value.
    pub fn into_rows(mut self) -> Vec<(String, Position<'a>, Value<'a>)> {
        self.take_rows()
    }

    /// As [`Section::into_rows`], of a section that is still asked about what was taken before.
    pub fn take_rows(&mut self) -> Vec<(String, Position<'a>, Value<'a>)> {
        let source = self.place.source;
        let row = |(name, value): (Spanned<DeString<'a>>, _)| {
            let (at, key) = (name.span().start, name.into_inner());
            let place = Position {
                source,
                at,
                key: key.clone(),
            };
            let name = key.clone().into_owned();
            (name, place, Value::new(source, key, value))
        };
        let table = std::mem::take(&mut self.table);
        let mut rows: Vec<_> = table.into_iter().map(row).collect();
        rows.sort_by_key(|(_, place, _)| place.at);
        rows
    }

    /// The error of a key that was taken out, or of the section if the key is not there.
    pub fn error_at(&self, key: &str, problem: impl fmt::Display) -> FileError {
        let found = self.known.iter().find(|(known, _)| *known == key);
        let at = found.and_then(|(_, at)| *at).unwrap_or(self.place.at);
        self.place.source.error(at, format!("{key}: {problem}"))
    }

    /// All keys that were asked for.
    pub fn asked(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.known.iter().map(|(known, _)| *known)
    }

    /// Whether this key was taken out and was there.
    pub fn had(&self, key: &str) -> bool {
        let found = self.known.iter().find(|(known, _)| *known == key);
        found.is_some_and(|(_, at)| at.is_some())
    }

    /// Makes sure that nothing is left.
    ///
    /// # Errors
    /// The first key that was not asked for.
    pub fn finish(&self) -> Result<(), FileError> {
        let left = self.table.keys().min_by_key(|key| key.span().start);
        let Some(key) = left else {
            return Ok(());
        };
        let name = key.get_ref();
        let known = self.asked();
        let problem = match nearest(name, known.clone()) {
            Some(near) => format!("unknown key {name:?}; did you mean {near:?}?"),
            None => {
                let known: Vec<_> = known.collect();
                format!("unknown key {name:?}; known here: {}", known.join(", "))
            }
        };
        Err(self.place.source.error(key.span().start, problem))
    }
}

impl Source<'_> {
    /// Insists that all keys and texts can be seen as they are: a name may end up in a title, a caption
    /// in a line of the screen. Comments may have what they like.
    fn is_seen(self, table: &DeTable<'_>) -> Result<(), FileError> {
        for (key, value) in table {
            if let Some(problem) = hidden_in(key.get_ref()) {
                return Err(self.error(key.span().start, problem));
            }
            self.is_value_seen(key.get_ref(), value)?;
        }
        Ok(())
    }

    /// As deep as the file could be read: its parser has a limit.
    fn is_value_seen(self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<(), FileError> {
        match value.get_ref() {
            DeValue::String(text) => match hidden_in(text) {
                Some(problem) => Err(self.error(value.span().start, format!("{key}: {problem}"))),
                None => Ok(()),
            },
            DeValue::Array(rows) => rows.iter().try_for_each(|row| self.is_value_seen(key, row)),
            DeValue::Table(table) => self.is_seen(table),
            _ => Ok(()),
        }
    }

    fn error(&self, at: usize, problem: String) -> FileError {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        FileError {
            // A file's name may have line breaks, and would begin a line of ours.
            file: one_line(self.file).into_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem,
        }
    }
}

fn joined(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("; ")
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
}
