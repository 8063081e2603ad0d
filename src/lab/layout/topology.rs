//! Who dials whom, by a rule.
