//! The log of a program without a screen: plain lines for people, or JSON for programs, on stderr.
//! What waits there for a reader is bounded; lines beyond that are dropped, and told of in a line.

use super::output;
use crate::lab::drive::seeds::is_caught;
use crate::live::panic_report;
use crate::node::foreign::{one_line, plain};
use crate::ui::views::log::{Text, node_names, node_of, text_of};
use clap::ValueEnum;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{IsTerminal, stderr};
use std::panic;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A time and a sentence.
    #[default]
    Plain,
    /// An object with `time`, `level`, `target`, `node` and `message`.
    Json,
}

/// Whose lines they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// One node's: its name need not be said each time.
    OneNode,
    /// Those of many: a line begins with the node's name.
    Many,
}

/// Logs to stderr what is of this level, unless the environment says otherwise.
pub(super) fn start(level: &str, of: Of, format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let has_colour = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = Lines {
        of,
        format,
        has_colour,
    };
    let layers = node_names().and_then(lines);
    tracing_subscriber::registry()
        .with(layers.with_filter(filter))
        .init();
    hook_panics();
}

/// A panic's words go where all others go: to write them, no thread waits.
fn hook_panics() {
    panic::set_hook(Box::new(|info| {
        // It is told where it is caught.
        if is_caught() {
            return;
        }
        tracing::error!("{}", panic_report(info));
        if std::thread::current().name() == Some("main") {
            output::finish();
        }
    }));
}

struct Lines {
    of: Of,
    format: Format,
    has_colour: bool,
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = Line {
            time: jiff::Timestamp::now(),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            node: node_of(event, &context),
            text: text_of(event),
        };
        output::log(&self.show(&line), |count| self.dropped(count));
    }
}

impl Lines {
    fn show(&self, line: &Line<'_>) -> String {
        match self.format {
            Format::Plain => line.plain(self.of, self.has_colour),
            Format::Json => line.json(),
        }
    }

    fn dropped(&self, count: u64) -> String {
        self.show(&Line {
            time: jiff::Timestamp::now(),
            level: Level::WARN,
            target: module_path!(),
            node: None,
            text: Text {
                message: format!("{count} lines were dropped here: they were not read"),
                fields: Vec::new(),
            },
        })
    }
}

struct Line<'a> {
    time: jiff::Timestamp,
    level: Level,
    target: &'a str,
    node: Option<String>,
    text: Text,
}

impl Line<'_> {
    /// `2026-01-01T12:00:00.123Z a sentence`. What is not just information says so.
    fn plain(&self, of: Of, has_colour: bool) -> String {
        let mut line = format!("{:.3} ", self.time);
        let (mark, colour) = match self.level {
            Level::ERROR => ("error: ", 31),
            Level::WARN => ("warning: ", 33),
            Level::INFO => ("", 0),
            Level::DEBUG => ("debug: ", 2),
            Level::TRACE => ("trace: ", 2),
        };
        match has_colour && colour != 0 {
            true => line.push_str(&format!("\x1b[{colour}m{mark}\x1b[0m")),
            false => line.push_str(mark),
        }
        let mut words = String::new();
        if let (Of::Many, Some(node)) = (of, &self.node) {
            let _ = write!(words, "{node}: ");
        }
        words.push_str(&self.text.message);
        for (name, value) in &self.text.fields {
            let _ = write!(words, " {name}={value}");
        }
        // A line is one line: a peer may have line breaks in its name.
        line.push_str(&one_line(&words));
        line.push('\n');
        line
    }

    fn json(&self) -> String {
        let mut line = json!({
            "time": format!("{:.3}", self.time),
            "level": self.level.as_str().to_ascii_lowercase(),
            "target": self.target,
            "node": self.node,
            "message": self.text.message,
        });
        for (name, value) in &self.text.fields {
            line[*name] = json!(value);
        }
        plain(&format!("{line}\n")).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: Level) -> Line<'static> {
        Line {
            time: "2026-01-01T12:00:00.1234Z".parse().expect("a time"),
            level,
            target: "chainlab::live::log",
            node: Some("nora".to_owned()),
            text: Text {
                message: "lost \x1b[2Jeve\nat once".to_owned(),
                fields: vec![("bytes", "7".to_owned())],
            },
        }
    }

    #[test]
    fn a_plain_line_is_a_time_and_words() {
        assert_eq!(
            line(Level::INFO).plain(Of::OneNode, true),
            "2026-01-01T12:00:00.123Z lost \u{fffd}[2Jeve at once bytes=7\n"
        );
        assert_eq!(
            line(Level::WARN).plain(Of::Many, false),
            "2026-01-01T12:00:00.123Z warning: nora: lost \u{fffd}[2Jeve at once bytes=7\n"
        );
    }

    #[test]
    fn a_line_in_json_has_all_there_is() {
        let line: serde_json::Value =
            serde_json::from_str(&line(Level::ERROR).json()).expect("JSON");
        assert_eq!(
            line,
            json!({
                "time": "2026-01-01T12:00:00.123Z", "level": "error", "node": "nora",
                "target": "chainlab::live::log", "message": "lost \x1b[2Jeve\nat once", "bytes": "7",
            })
        );
    }
}
