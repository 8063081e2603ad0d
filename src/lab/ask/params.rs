//! Named parameters, as a request, a command line or a step of a script has them.
//!
//! They are taken out one by one, each as what it should be. Every value may be a text: on a
//! command line there is nothing else. What is left over is a mistake.

use crate::chain::Amount;
use crate::lab::paper::document::nearest;
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {problem}")]
pub struct BadParam {
    /// Which.
    pub key: String,
    /// What is wrong, in words.
    pub problem: String,
}

/// Parameters, or what is left of them.
#[derive(Clone, Debug)]
pub struct Params {
    left: Map<String, Value>,
    /// Keys that were asked for.
    known: Vec<&'static str>,
}

impl Params {
    /// All of them.
    pub fn new(all: Map<String, Value>) -> Self {
        Self {
            left: all,
            known: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.left.remove(key).filter(|value| !value.is_null())
    }

    /// A text, read by `read`; `example` is one that can be.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn read<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, BadParam> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => match read(&text) {
                Ok(value) => Ok(Some(value)),
                Err(problem) => Err(bad(key, problem)),
            },
            Some(other) => {
                let words = format!(
                    "a text is wanted here, as in {example:?}, not {}",
                    kind(&other)
                );
                Err(bad(key, words))
            }
        }
    }

    /// A text as it is.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn text(&mut self, key: &'static str, example: &str) -> Result<Option<String>, BadParam> {
        self.read(key, example, |text| Ok::<_, String>(text.to_owned()))
    }

    /// Something that is parsed from its text.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn parsed<T: FromStr>(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Result<Option<T>, BadParam>
    where
        T::Err: fmt::Display,
    {
        self.read(key, example, str::parse)
    }

    /// As [`Params::parsed`]; a number is read as its digits.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn spelled<T: FromStr>(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Result<Option<T>, BadParam>
    where
        T::Err: fmt::Display,
    {
        if let Some(value @ Value::Number(_)) = self.left.get_mut(key) {
            *value = value.to_string().into();
        }
        self.parsed(key, example)
    }

    /// An amount: a decimal text. A number is refused: numbers are rounded on their way.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn amount(&mut self, key: &'static str) -> Result<Option<Amount>, BadParam> {
        self.parsed(key, "1.5")
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn number<T: TryFrom<u64>>(&mut self, key: &'static str) -> Result<Option<T>, BadParam> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let number = match &value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64(),
            other => {
                let words = format!("a whole number is wanted here, not {}", kind(other));
                return Err(bad(key, words));
            }
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        number
            .map(Some)
            .ok_or_else(|| bad(key, format!("{value} is no whole number that fits here")))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn flag(&mut self, key: &'static str) -> Result<Option<bool>, BadParam> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(bad(key, "true or false is wanted here")),
        }
    }

    /// A number, or a text that `read` makes one of.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn quantity<E: fmt::Display>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&str) -> Result<f64, E>,
    ) -> Result<Option<f64>, BadParam> {
        match self.left.get(key).and_then(Value::as_f64) {
            Some(number) => {
                self.take(key);
                Ok(Some(number))
            }
            None => self.read(key, example, read),
        }
    }

    /// A list of texts; one text with commas is a list as well.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn texts(&mut self, key: &'static str) -> Result<Vec<String>, BadParam> {
        let wanted = || bad(key, "a list of texts is wanted here");
        match self.take(key) {
            None => Ok(Vec::new()),
            // As a program would write it.
            Some(Value::String(text)) if text.starts_with('[') => {
                serde_json::from_str(&text).map_err(|_| wanted())
            }
            Some(Value::String(text)) => {
                let parts = text.split(',').map(str::trim);
                Ok(parts
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect())
            }
            Some(Value::Array(values)) => {
                let texts = values.into_iter().map(|value| match value {
                    Value::String(text) => Ok(text),
                    _ => Err(wanted()),
                });
                texts.collect()
            }
            Some(_) => Err(wanted()),
        }
    }

    /// Lists of texts, as in `[["a", "b"], ["c"]]`; a text is as many, set apart by spaces, each
    /// with commas.
    ///
    /// # Errors
    /// [`BadParam`].
    pub fn groups(&mut self, key: &'static str) -> Result<Vec<Vec<String>>, BadParam> {
        let wanted = || {
            let words = "lists of texts are wanted here, as in [[\"a\", \"b\"], [\"c\"]]";
            bad(key, words)
        };
        let parts = |text: &str| {
            let parts = text.split(',').filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) if text.starts_with('[') => {
                serde_json::from_str(&text).map_err(|_| wanted())
            }
            Some(Value::String(text)) => Ok(text.split_whitespace().map(parts).collect()),
            Some(other @ Value::Array(_)) => serde_json::from_value(other).map_err(|_| wanted()),
            Some(_) => Err(wanted()),
        }
    }

    /// Whether this one is there.
    pub fn has(&self, key: &str) -> bool {
        self.left.get(key).is_some_and(|value| !value.is_null())
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// [`BadParam`], with the key that was probably meant.
    pub fn finish(self) -> Result<(), BadParam> {
        let Some(key) = self.left.into_iter().map(|(key, _)| key).next() else {
            return Ok(());
        };
        let words = match nearest(&key, self.known.iter().copied()) {
            Some(near) => format!("there is no such parameter; did you mean {near:?}?"),
            None if self.known.is_empty() => "there is no such parameter, and no other".to_owned(),
            None => format!(
                "there is no such parameter; there are: {}",
                self.known.join(", ")
            ),
        };
        let key = key.chars().take(40).collect();
        Err(BadParam {
            key,
            problem: words,
        })
    }
}

/// What must be there.
///
/// # Errors
/// [`BadParam`]: it is not.
pub fn required<T>(key: &'static str, value: Option<T>) -> Result<T, BadParam> {
    value.ok_or_else(|| bad(key, "is missing"))
}

/// That something is wrong with a parameter.
pub fn bad(key: &str, problem: impl fmt::Display) -> BadParam {
    BadParam {
        key: key.to_owned(),
        problem: problem.to_string(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
