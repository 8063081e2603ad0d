//! Values of a file, each with its place and its key, read as the type that is wanted.

use super::{FileError, Section, Source};
use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::DeValue;

/// A place in a file, kept for what can only be judged later.
#[derive(Clone, Debug)]
pub struct Position<'a> {
    pub(super) source: Source<'a>,
    /// In bytes from the file's beginning.
    pub(super) at: usize,
    /// What a complaint begins with.
    pub(super) key: Cow<'a, str>,
}

/// A value with its place.
#[derive(Debug)]
pub struct Value<'a> {
    pub(super) place: Position<'a>,
    pub(super) value: DeValue<'a>,
}

impl Position<'_> {
    /// The error of what is here.
    pub fn error(&self, problem: impl fmt::Display) -> FileError {
        let problem = format!("{}: {problem}", self.key);
        self.error_alone(problem)
    }

    /// As [`Position::error`], without the key.
    pub fn error_alone(&self, problem: String) -> FileError {
        self.source.error(self.at, problem)
    }
}

impl<'a> Value<'a> {
    pub(super) fn new(source: Source<'a>, key: Cow<'a, str>, value: Spanned<DeValue<'a>>) -> Self {
        let at = value.span().start;
        Self {
            place: Position { source, at, key },
            value: value.into_inner(),
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Position<'a> {
        &self.place
    }

    /// A text, read; `example` is one that can be.
    ///
    /// # Errors
    /// It is no text, or cannot be read.
    pub fn text<T, E: fmt::Display>(
        &self,
        example: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, FileError> {
        let DeValue::String(text) = &self.value else {
            return Err(self.wants(&format!("a text in quotes, as in {example:?},")));
        };
        read(text).map_err(|problem| self.place.error(problem))
    }

    /// A list of texts, each with its place.
    ///
    /// # Errors
    /// It is something else.
    pub fn texts(self, example: &str) -> Result<Vec<(String, Position<'a>)>, FileError> {
        let wanted = format!("a list of texts in quotes, as in {example},");
        if !matches!(self.value, DeValue::Array(_)) {
            return Err(self.wants(&wanted));
        }
        let rows = self.rows().into_iter().map(|row| match row.value {
            DeValue::String(text) => Ok((text.into_owned(), row.place)),
            _ => Err(row.wants(&wanted)),
        });
        rows.collect()
    }

    /// What a list holds; nothing if it is none.
    pub(super) fn rows(self) -> Vec<Self> {
        let (Position { source, key, .. }, DeValue::Array(rows)) = (self.place, self.value) else {
            return Vec::new();
        };
        rows.into_iter()
            .map(|row| Self::new(source, key.clone(), row))
            .collect()
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is something else, or out of range.
    pub fn number<T>(&self, range: RangeInclusive<T>) -> Result<T, FileError>
    where
        T: TryFrom<u64> + PartialOrd + fmt::Display,
    {
        let DeValue::Integer(digits) = &self.value else {
            return Err(self.wants("a whole number"));
        };
        let number = u64::from_str_radix(digits.as_str(), digits.radix()).ok();
        let number = number.and_then(|number| T::try_from(number).ok());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (min, max) = (range.start(), range.end());
                self.place.error(format!("not between {min} and {max}"))
            })
    }

    /// A whole number, or `None` for the word that leaves it open.
    ///
    /// # Errors
    /// It is something else, or out of range.
    pub fn number_or<T>(&self, range: RangeInclusive<T>, word: &str) -> Result<Option<T>, FileError>
    where
        T: TryFrom<u64> + PartialOrd + fmt::Display,
    {
        match &self.value {
            DeValue::String(text) if text == word => Ok(None),
            DeValue::Integer(_) => self.number(range).map(Some),
            DeValue::String(text) => {
                let problem = format!("a whole number or {word:?} is wanted here, not {text:?}");
                Err(self.place.error(problem))
            }
            _ => Err(self.wants(&format!("a whole number or {word:?}"))),
        }
    }

    /// A number that need not be whole.
    ///
    /// # Errors
    /// It is something else.
    pub fn fraction(&self) -> Result<f64, FileError> {
        let number = match &self.value {
            DeValue::Float(digits) => digits.as_str().parse().ok(),
            DeValue::Integer(digits) if digits.radix() == 10 => digits.as_str().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wants("a number, as in 0.1,"))
    }

    /// Yes or no.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self) -> Result<bool, FileError> {
        match self.value {
            DeValue::Boolean(flag) => Ok(flag),
            _ => Err(self.wants("true or false")),
        }
    }

    /// A value as JSON has it, to be judged as what it should be.
    ///
    /// # Errors
    /// It is a date, a table, or a number that fits no type.
    pub fn to_json(&self) -> Result<serde_json::Value, FileError> {
        json(&self.value).map_err(|()| {
            let wanted = "a text, a number, true or false, or a list of those";
            self.wants(wanted)
        })
    }

    /// A table; `wanted` says how one is written.
    ///
    /// # Errors
    /// It is something else.
    pub fn into_section(self, wanted: &str) -> Result<Section<'a>, FileError> {
        match self.value {
            DeValue::Table(table) => Ok(Section::new(self.place, table)),
            _ => Err(self.wants(wanted)),
        }
    }

    /// The error of a value of another type than wanted.
    pub(super) fn wants(&self, wanted: &str) -> FileError {
        let found = self.value.type_str();
        self.place.error(format!(
            "{wanted} is wanted here, not a value of type {found}"
        ))
    }
}

fn json(value: &DeValue<'_>) -> Result<serde_json::Value, ()> {
    use serde_json::{Number, Value as Json};
    Ok(match value {
        DeValue::String(text) => Json::String(text.clone().into_owned()),
        DeValue::Boolean(flag) => Json::Bool(*flag),
        DeValue::Integer(digits) => {
            let number = i64::from_str_radix(digits.as_str(), digits.radix());
            Json::Number(number.map_err(|_| ())?.into())
        }
        DeValue::Float(digits) => {
            let number = digits.as_str().parse().ok();
            Json::Number(number.and_then(Number::from_f64).ok_or(())?)
        }
        DeValue::Array(rows) => {
            let rows = rows.iter().map(|row| json(row.get_ref()));
            Json::Array(rows.collect::<Result<_, ()>>()?)
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return Err(()),
    })
}
