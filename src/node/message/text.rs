//! Text from outside: short, and nothing in it that a terminal could take for a command.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// The longest text on the wire, in bytes.
pub const TEXT_MAX: usize = 200;

/// Printable ASCII of at most [`TEXT_MAX`] bytes. Whatever is longer or has other characters is
/// refused when it comes in, and mended when it is made here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Text(String);

impl Text {
    /// The printable part of `text`, cut to the limit.
    pub fn new(text: &str) -> Self {
        Self(text.chars().filter(is_plain).take(TEXT_MAX).collect())
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(c: &char) -> bool {
    matches!(c, ' '..='~')
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_str(&self.0);
        }
        // As a list of bytes: a decoder allocates a list as it comes, a string as it claims.
        self.0.as_bytes().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = if deserializer.is_human_readable() {
            String::deserialize(deserializer)?
        } else {
            let bytes = Vec::<u8>::deserialize(deserializer)?;
            String::from_utf8(bytes).map_err(|_| de::Error::custom("text that is not ASCII"))?
        };
        if text.len() > TEXT_MAX {
            let problem = format!("a text of {} bytes, {TEXT_MAX} are allowed", text.len());
            return Err(de::Error::custom(problem));
        }
        if !text.chars().all(|c| is_plain(&c)) {
            return Err(de::Error::custom("text with unprintable characters"));
        }
        Ok(Self(text))
    }
}
