//! From `tracing` to tui-logger.
//!
//! tui-logger tells lines apart by their target, and its own layer takes the target of the call,
//! which is a module. People want to know which node it was. That is a field of the span in which a
//! node lives: this layer finds it and logs under the node's name.

use crate::live::LabClock;
use crate::node::Time;
use log::{LevelFilter, Record};
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Stands between a line's time and its words.
const SEPARATOR: char = '\u{1f}';

/// Whose lines are those that belong to no node.
const LAB: &str = "lab";

/// What is recorded: [`LevelFilter`] as a number. Every message of every node is a trace: they are
/// written only once somebody has asked to see them.
static RECORDED: AtomicU8 = AtomicU8::new(4);

/// A layer that hands lines on, with the time on the lab clock, which begins later: nodes must find
/// the layer there when they begin.
pub fn layer(clock: Arc<OnceLock<LabClock>>) -> ToTuiLogger {
    ToTuiLogger { clock }
}

/// Records this much from now on, if it is more than before.
pub(super) fn record(level: LevelFilter) {
    let level = u8::try_from(level as usize).unwrap_or(u8::MAX);
    RECORDED.fetch_max(level, Ordering::Relaxed);
}

/// A line's time and words.
pub(super) fn split(line: &str) -> (Time, &str) {
    let parts = line.split_once(SEPARATOR);
    let parsed = parts.and_then(|(at, words)| Some((Time(at.parse().ok()?), words)));
    parsed.unwrap_or((Time(0), line))
}

/// See [`layer`].
pub struct ToTuiLogger {
    clock: Arc<OnceLock<LabClock>>,
}

/// The node that a span belongs to.
struct Node(String);

impl<S> Layer<S> for ToTuiLogger
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut name = Find {
            field: "name",
            found: None,
        };
        if attributes.metadata().name() != "node" {
            return;
        }
        attributes.record(&mut name);
        if let (Some(name), Some(span)) = (name.found, context.span(id)) {
            span.extensions_mut().insert(Node(name));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let level = log_level(*event.metadata().level());
        if level as usize > usize::from(RECORDED.load(Ordering::Relaxed)) {
            return;
        }
        let mut words = Find {
            field: "message",
            found: None,
        };
        event.record(&mut words);
        let mut scope = context.event_scope(event).into_iter().flatten();
        let node = scope.find_map(|span| {
            let extensions = span.extensions();
            extensions.get::<Node>().map(|node| node.0.clone())
        });
        let now = self.clock.get().map_or(0, |clock| clock.now().0);
        let mut line = format!("{now}{SEPARATOR}");
        line.push_str(&words.found.unwrap_or_default());
        tui_logger::Drain::new().log(
            &Record::builder()
                .level(level)
                .target(node.as_deref().unwrap_or(LAB))
                .args(format_args!("{line}"))
                .build(),
        );
    }
}

fn log_level(level: Level) -> log::Level {
    match level {
        Level::ERROR => log::Level::Error,
        Level::WARN => log::Level::Warn,
        Level::INFO => log::Level::Info,
        Level::DEBUG => log::Level::Debug,
        Level::TRACE => log::Level::Trace,
    }
}

/// Finds a field's text.
struct Find {
    field: &'static str,
    found: Option<String>,
}

impl Visit for Find {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.field {
            self.found = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == self.field {
            let mut text = String::new();
            let _ = write!(text, "{value:?}");
            self.found = Some(text);
        }
    }
}
