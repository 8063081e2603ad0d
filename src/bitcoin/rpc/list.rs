//! Lists that are as long as another likes.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The first of a list, and how many are not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// Those that were kept, in the order in which they were told.
    pub items: Vec<T>,
    /// How many more there were.
    pub left_out: usize,
}

/// Reads a JSON list, or an object as a list of pairs, and keeps the first `max` of it.
pub(super) struct First<T> {
    pub(super) max: usize,
    pub(super) of: PhantomData<T>,
}

impl<T> Listed<T> {
    /// All that were told of.
    pub fn total(&self) -> usize {
        self.items.len().saturating_add(self.left_out)
    }

    /// The same with others in place of these.
    ///
    /// # Errors
    /// Those of `with`.
    pub(super) fn try_map<U, E>(self, with: impl FnMut(T) -> Result<U, E>) -> Result<Listed<U>, E> {
        let left_out = self.left_out;
        let items = self.items.into_iter().map(with).collect::<Result<_, E>>()?;
        Ok(Listed { items, left_out })
    }
}

/// The first `max` of the list that a text is.
pub(super) fn first<'a, T>(text: &'a str, max: usize) -> Result<Listed<T>, serde_json::Error>
where
    First<T>: DeserializeSeed<'a, Value = Listed<T>>,
{
    let mut reader = serde_json::Deserializer::from_str(text);
    First {
        max,
        of: PhantomData,
    }
    .deserialize(&mut reader)
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for First<T> {
    type Value = Listed<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Listed<T>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for First<T> {
    type Value = Listed<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Listed<T>, A::Error> {
        let mut items = Vec::new();
        while items.len() < self.max {
            match seq.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Listed { items, left_out: 0 }),
            }
        }
        let mut left_out = 0;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            left_out += 1;
        }
        Ok(Listed { items, left_out })
    }
}

/// The first `max` pairs of the object that a text is.
pub(super) fn first_pairs<'a, K: Deserialize<'a>, V: Deserialize<'a>>(
    text: &'a str,
    max: usize,
) -> Result<Listed<(K, V)>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_map(Pairs {
        max,
        of: PhantomData,
    })
}

struct Pairs<K, V> {
    max: usize,
    of: PhantomData<(K, V)>,
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Pairs<K, V> {
    type Value = Listed<(K, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < self.max {
            match map.next_entry()? {
                Some(item) => items.push(item),
                None => return Ok(Listed { items, left_out: 0 }),
            }
        }
        let mut left_out = 0;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            left_out += 1;
        }
        Ok(Listed { items, left_out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        let listed = |text| first::<u8>(text, 2).map(|list| (list.items, list.left_out));
        assert_eq!(listed("[]").unwrap(), (vec![], 0));
        assert_eq!(listed("[1,2]").unwrap(), (vec![1, 2], 0));
        assert_eq!(listed("[1,2,[3],\"4\"]").unwrap(), (vec![1, 2], 2));
        assert!(listed("[1,300]").is_err());
        assert!(listed("{}").is_err());
        let pairs = first_pairs::<String, u8>(r#"{"a":1,"b":2,"c":3}"#, 1).unwrap();
        assert_eq!(
            (pairs.items.len(), pairs.left_out, pairs.total()),
            (1, 2, 3)
        );
    }
}
