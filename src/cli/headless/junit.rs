//! What came of many seeds as JUnit XML, for what shows results of tests: a suite for the layout, a case for
//! each seed. All times are virtual, in seconds, so the same seeds write the same file.

use crate::lab::drive::seeds::{Outcome, Sort};
use crate::node::foreign::is_hidden;
use std::fmt::Write as _;
use std::time::Duration;

/// Bytes of cases that are held with all their words: of more seeds, which all fail, only their kind is told.
const WORDY_MAX: usize = 64 * 1024 * 1024;

/// A suite, as far as it is known.
pub(super) struct Suite {
    name: String,
    cases: String,
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
    time: Duration,
}

impl Suite {
    /// One without cases, of a layout.
    pub(super) fn new(layout: &str) -> Self {
        Self {
            name: escaped(layout),
            cases: String::new(),
            tests: 0,
            failures: 0,
            errors: 0,
            skipped: 0,
            time: Duration::ZERO,
        }
    }

    /// Another case.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.time += outcome.elapsed;
        let what = outcome.failing.as_ref().map(|failing| {
            let (tag, count) = match failing.sort {
                Sort::Unmet => ("failure", &mut self.failures),
                Sort::Panicked | Sort::Stuck => ("error", &mut self.errors),
            };
            *count += 1;
            let kind = escaped(&failing.kind);
            let words = match self.cases.len() < WORDY_MAX {
                true => escaped(&failing.words),
                false => kind.clone(),
            };
            format!("<{tag} message=\"{words}\" type=\"{kind}\">{words}</{tag}>")
        });
        self.case(&format!("seed {}", outcome.seed), outcome.elapsed, what);
    }

    /// So many seeds were not played any more.
    pub(super) fn skip(&mut self, seeds: u64) {
        self.skipped += 1;
        let what = format!("<skipped message=\"{seeds} seeds: the run was stopped\"/>");
        self.case("the other seeds", Duration::ZERO, Some(what));
    }

    fn case(&mut self, name: &str, time: Duration, what: Option<String>) {
        self.tests += 1;
        let (suite, time) = (&self.name, seconds(time));
        let case = format!("    <testcase classname=\"{suite}\" name=\"{name}\" time=\"{time}\"");
        let _ = match what {
            None => writeln!(self.cases, "{case}/>"),
            Some(what) => writeln!(self.cases, "{case}>\n      {what}\n    </testcase>"),
        };
    }

    /// The whole file.
    pub(super) fn text(&self) -> String {
        let Self { name, tests, .. } = self;
        let (failures, errors, skipped) = (self.failures, self.errors, self.skipped);
        let (time, cases) = (seconds(self.time), &self.cases);
        let counts = format!(
            "name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
             skipped=\"{skipped}\" time=\"{time}\""
        );
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite {counts}>\n\
             {cases}  </testsuite>\n</testsuites>\n"
        )
    }
}

/// With a dot and three digits, whatever the reader's country.
fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}

/// Words in an attribute or between tags. What cannot be in XML, and what cannot be seen, is replaced.
fn escaped(words: &str) -> String {
    let mut escaped = String::new();
    for c in words.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if is_hidden(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::drive::seeds::Failing;

    fn outcome(seed: u64, failing: Option<(Sort, &str)>) -> Outcome {
        let since = Duration::ZERO;
        let failing = failing.map(|(sort, words)| Failing {
            sort,
            words: words.to_owned(),
            kind: "a kind".to_owned(),
            step: None,
            since,
        });
        Outcome {
            seed,
            elapsed: Duration::from_millis(1_500),
            found: None,
            failing,
            summary: None,
        }
    }

    #[test]
    fn each_seed_is_a_case_with_its_virtual_time_and_why_it_failed() {
        let mut suite = Suite::new("a<b>");
        suite.add(&outcome(1, None));
        suite.add(&outcome(2, Some((Sort::Unmet, "x < 1 & \"y\"\u{1b}"))));
        suite.add(&outcome(3, Some((Sort::Panicked, "panicked: no"))));
        suite.skip(7);
        let wanted = concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<testsuites name=\"a&lt;b&gt;\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"4.500\">\n",
            "  <testsuite name=\"a&lt;b&gt;\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"4.500\">\n",
            "    <testcase classname=\"a&lt;b&gt;\" name=\"seed 1\" time=\"1.500\"/>\n",
            "    <testcase classname=\"a&lt;b&gt;\" name=\"seed 2\" time=\"1.500\">\n",
            "      <failure message=\"x &lt; 1 &amp; &quot;y&quot;\u{fffd}\" type=\"a kind\">",
            "x &lt; 1 &amp; &quot;y&quot;\u{fffd}</failure>\n",
            "    </testcase>\n",
            "    <testcase classname=\"a&lt;b&gt;\" name=\"seed 3\" time=\"1.500\">\n",
            "      <error message=\"panicked: no\" type=\"a kind\">panicked: no</error>\n",
            "    </testcase>\n",
            "    <testcase classname=\"a&lt;b&gt;\" name=\"the other seeds\" time=\"0.000\">\n",
            "      <skipped message=\"7 seeds: the run was stopped\"/>\n",
            "    </testcase>\n",
            "  </testsuite>\n</testsuites>\n",
        );
        assert_eq!(suite.text(), wanted);
    }
}
