//! Keys that have a meaning, but not where they stand.

use super::{FileError, Section};

impl Section<'_> {
    /// Makes sure that none of these keys is left here. They do not count as asked for.
    ///
    /// # Errors
    /// The first one, with this as what is wrong with it.
    pub fn refuse(&self, keys: &[&str], problem: &str) -> Result<(), FileError> {
        let is_one = |key: &str| keys.contains(&key);
        let left = self.table.keys().filter(|key| is_one(key.get_ref()));
        match left.min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let problem = format!("{}: {problem}", key.get_ref());
                Err(self.place.source.error(key.span().start, problem))
            }
        }
    }
}
