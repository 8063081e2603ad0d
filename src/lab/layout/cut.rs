//! A layout's text with some of its steps alone.

use crate::lab::paper::document::{FileError, places};
use std::ops::Range;

/// The text of a layout, and where its steps stand in it.
#[derive(Clone, Debug)]
pub struct StepText {
    text: String,
    places: Vec<Range<usize>>,
}

impl StepText {
    /// That of a layout which was read from this text.
    ///
    /// # Errors
    /// [`FileError`]: its steps are no sections `[[step]]`, so none can be left out of the text.
    pub fn new(file: &str, text: &str) -> Result<Self, FileError> {
        Ok(Self {
            text: text.to_owned(),
            places: places(file, text, "step")?,
        })
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.places.len()
    }

    /// The text with these steps alone, in order from 0 on; all else is as it was.
    pub fn with(&self, kept: &[usize]) -> String {
        let (mut text, mut at) = (String::new(), 0);
        for (nth, place) in self.places.iter().enumerate() {
            if kept.binary_search(&nth).is_err() {
                text.push_str(self.text.get(at..place.start).unwrap_or_default());
                at = place.end;
            }
        }
        text.push_str(&self.text[at..]);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::layout::{read, shipped};

    #[test]
    fn of_each_shipped_layout_steps_can_be_left_out_of_the_text() {
        for name in shipped::names() {
            let text = shipped::text(name).expect("it is built in");
            let layout = read(name, text).expect("a layout");
            let cut = StepText::new(name, text).expect("it has sections");
            assert_eq!(cut.steps(), layout.steps.len(), "{name}");
            let all: Vec<usize> = (0..cut.steps()).collect();
            assert_eq!(cut.with(&all), text, "{name}");
            let none = read(name, &cut.with(&[])).expect("a layout without a script");
            assert_eq!((none.steps.len(), &none.about), (0, &layout.about));
            assert_eq!(none.nodes, layout.nodes, "{name}");
        }
    }
}
