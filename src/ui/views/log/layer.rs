//! From `tracing` to tui-logger.
//!
//! tui-logger tells lines apart by their target, and its own layer takes the target of the call,
//! which is a module. People want to know which node it was. That is a field of the span in which a
//! node lives: this layer finds it and logs under the node's name.

use crate::node::Time;
use crate::node::foreign::one_line;
use log::{LevelFilter, Record};
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Lines that are kept; older ones are forgotten.
const LINES: usize = 4_000;

/// Lines that may come between two looks.
const LINES_BETWEEN: usize = 2_000;

/// Gets ready to keep lines. To be called once, before the first one comes.
pub fn prepare() {
    tui_logger::set_default_level(LevelFilter::Trace);
    tui_logger::set_buffer_depth(LINES);
    tui_logger::set_hot_buffer_depth(LINES_BETWEEN);
}

/// Stands between a line's time and its words.
const SEPARATOR: char = '\u{1f}';

/// Whose lines are those that belong to no node.
pub(super) const LAB: &str = "lab";

/// Where lines come from that are of the lab: it has the events of which they tell.
const OF_NODES: &str = "chainlab::live::log";

/// What is recorded: [`LevelFilter`] as a number. More than is shown at first is written only once it was
/// asked for.
static RECORDED: AtomicU8 = AtomicU8::new(4);

/// What time it is in the lab, once there is one.
pub type LogTime = Arc<OnceLock<Box<dyn Fn() -> Time + Send + Sync>>>;

/// A layer that hands lines on, with the time on the lab clock, which begins later: nodes must find
/// the layer there when they begin.
pub fn layer(clock: LogTime) -> ToTuiLogger {
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
    clock: LogTime,
}

/// The node that a span belongs to.
struct Node(String);

/// A layer that remembers which spans are a node's: see [`node_of`].
pub fn node_names() -> NodeNames {
    NodeNames
}

/// See [`node_names`].
pub struct NodeNames;

impl<S> Layer<S> for NodeNames
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != "node" {
            return;
        }
        let mut text = Text::default();
        attributes.record(&mut text);
        let name = text.fields.into_iter().find(|(name, _)| *name == "name");
        if let (Some((_, name)), Some(span)) = (name, context.span(id)) {
            span.extensions_mut().insert(Node(name));
        }
    }
}

/// The node whose line it is, if a [layer](node_names) remembers them.
pub fn node_of<S>(event: &Event<'_>, context: &Context<'_, S>) -> Option<String>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut scope = context.event_scope(event).into_iter().flatten();
    scope.find_map(|span| {
        let extensions = span.extensions();
        extensions.get::<Node>().map(|node| node.0.clone())
    })
}

/// What an event says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The sentence.
    pub message: String,
    /// Everything else, by name.
    pub fields: Vec<(&'static str, String)>,
}

/// What an event says.
pub fn text_of(event: &Event<'_>) -> Text {
    let mut text = Text::default();
    event.record(&mut text);
    text
}

impl Text {
    fn put(&mut self, name: &'static str, value: String) {
        match name {
            "message" => self.message = value,
            name => self.fields.push((name, value)),
        }
    }
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }
}

impl<S> Layer<S> for ToTuiLogger
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == OF_NODES {
            return;
        }
        let level = log_level(*event.metadata().level());
        if level as usize > usize::from(RECORDED.load(Ordering::Relaxed)) {
            return;
        }
        let node = node_of(event, &context);
        let now = self.clock.get().map_or(0, |time| time().0);
        let line = format!("{now}{SEPARATOR}{}", one_line(&text_of(event).message));
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
