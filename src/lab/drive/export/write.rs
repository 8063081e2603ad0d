//! Steps as a layout has them.

use super::Export;
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Named, Request, write};
use crate::lab::paper::units::{show_clock, show_duration};
use crate::lab::script::{StepSpec, in_words};
use crate::node::foreign::one_line;
use crate::node::io::Command;
use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

/// A step, or what is said of one that is none.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Its text.
    Step(String),
    /// Why there is none.
    Comment(String),
}

impl Step {
    /// One of the script, at the time when it began.
    pub(super) fn own(step: &StepSpec, began: Duration) -> Self {
        let mut text = begin(began);
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                put(&mut text, key, &quoted(&value));
            }
        };
        line("title", step.title.as_deref().map(ToOwned::to_owned));
        line("note", step.note.clone());
        line("speaker", step.speaker.clone());
        line("hold", step.hold.map(show_duration));
        if let Some(request) = &step.request {
            put_request(&mut text, request);
        }
        if let Some(expect) = &step.expect {
            put(&mut text, "expect", &quoted(&expect.expr.to_string()));
            put(&mut text, "within", &quoted(&show_duration(expect.within)));
        }
        Self::Step(text)
    }

    /// What was done by hand.
    pub(super) fn by_hand(at: Duration, request: &Request<Named>) -> Self {
        if let Request::Note(text) = request {
            let mut step = begin(at);
            put(
                &mut step,
                "note",
                &quoted(text.as_deref().unwrap_or_default()),
            );
            return Self::Step(step);
        }
        let why = match request {
            Request::Node(_, Command::ImportWallet { secret, .. })
                if key_holder(secret).is_none() =>
            {
                Some("it has a secret")
            }
            request if !request.is_step() => Some("no step can do it"),
            _ => None,
        };
        if let Some(why) = why {
            return Self::left_out(at, &in_words(request), why);
        }
        let mut text = begin(at);
        put_request(&mut text, request);
        Self::Step(text)
    }

    /// One that was not done.
    pub(super) fn left_out(at: Duration, what: &str, why: &str) -> Self {
        let line = format!("left out at {}: {what}: {why}", show_clock(at));
        Self::Comment(format!("# {}\n\n", one_line(&line)))
    }

    /// What is expected at the end.
    pub(super) fn last(at: Duration, expect: &str) -> Self {
        let mut text = begin(at);
        put(&mut text, "expect", &quoted(expect));
        put(&mut text, "within", &quoted("1s"));
        Self::Step(text)
    }

    /// The same as a comment, as it cannot be done for this reason.
    pub(super) fn as_comment(&self, why: &str) -> Self {
        let Self::Step(text) = self else {
            return self.clone();
        };
        let lines = text.lines().map(|line| format!("# {line}\n"));
        let lines: String = lines.collect();
        Self::Comment(format!("# left out: {}\n{lines}\n", one_line(why)))
    }

    pub(super) fn is_step(&self) -> bool {
        matches!(self, Self::Step(_))
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Step(text) => format!("{text}\n"),
            Self::Comment(text) => text.clone(),
        }
    }
}

fn begin(at: Duration) -> String {
    format!("[[step]]\nat = {}\n", quoted(&show_duration(at)))
}

fn put(text: &mut String, key: &str, value: &str) {
    // A text takes everything.
    let _ = writeln!(text, "{key} = {value}");
}

fn put_request(text: &mut String, request: &Request<Named>) {
    let (verb, params) = write(request);
    put(text, "do", &quoted(verb));
    for (key, value) in &params {
        if let Some(value) = toml(value) {
            put(text, key, &value);
        }
    }
}

/// A value as TOML has it; nothing of what is null.
fn toml(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null | Value::Object(_) => return None,
        Value::String(text) => quoted(text),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().filter_map(toml).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    })
}

/// A text as TOML and JSON both have it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// What the file says of itself.
pub(super) fn head(export: &Export, differs: &[String]) -> Vec<String> {
    let mut lines = vec![
        format!(
            "Made of a run by hand, up to {}. To play it as it was played then:",
            show_clock(export.to)
        ),
        format!(
            "  chainlab run {} --virtual --seed {}",
            one_line(&export.file),
            export.seed()
        ),
    ];
    if !differs.is_empty() {
        lines.push("Steps begin at looks, and so it ends otherwise than by hand:".to_owned());
        lines.extend(differs.iter().map(|line| format!("  {}", one_line(line))));
    }
    lines
}
