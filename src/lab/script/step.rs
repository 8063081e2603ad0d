//! Steps of a script: when each begins, what it does, and what is expected then.

use super::expr::Expr;
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{LinkChange, Named, Request, TimeChange, write};
use crate::lab::paper::units::{show_rate, show_tx_rate};
use crate::link::{Fate, LinkState};
use crate::node::config::MiningMode;
use crate::node::io::{Command, Payment};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Steps of a script: each has a line on the screen.
pub const STEPS_MAX: usize = 200;

/// How long an expectation may take to come true, unless the step says.
pub const WITHIN: Duration = Duration::from_secs(10);

/// The shortest time that a caption stays.
const READING_MIN: Duration = Duration::from_secs(3);

/// How long a word takes to be read, by people who also look at what happens.
const WORD: Duration = Duration::from_millis(400);

/// Letters of a title: in large letters, as many as a line of 120 columns has room for.
pub const TITLE_MAX: usize = 26;

/// Characters of what a presenter may say.
pub const SPEAKER_MAX: usize = 500;

/// A step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepSpec {
    /// When it begins. The step before is done by then in any case.
    pub start: Start,
    /// What stands above the caption in large letters.
    pub title: Option<Arc<str>>,
    /// The caption to show; an empty one takes the old one away.
    pub note: Option<String>,
    /// What the presenter may say meanwhile.
    pub speaker: Option<String>,
    /// How long the caption stays at least; `None`: as long as it takes to read it.
    pub hold: Option<Duration>,
    /// What is done.
    pub request: Option<Request<Named>>,
    /// What has to be true after that.
    pub expect: Option<Expect>,
}

/// When a step begins: when all that it names holds, or at the latest then. Nothing named: at once.
///
/// A step with a note also waits until the caption that is up has had its time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Start {
    /// So long after the lab has started, or at once if that is past.
    pub at: Option<Duration>,
    /// So long after the step before was done.
    pub after: Option<Duration>,
    /// When this is true.
    pub when: Option<Expr>,
    /// So long after the step before was done it begins anyway, and is told as late.
    pub at_latest: Option<Duration>,
}

/// What has to be true.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// What.
    pub expr: Expr,
    /// How long it may take.
    pub within: Duration,
}

impl StepSpec {
    /// How long its caption stays at least; none: no time.
    pub fn reading_time(&self) -> Duration {
        match (&self.note, self.hold) {
            (None, _) => Duration::ZERO,
            (Some(_), Some(hold)) => hold,
            (Some(note), None) => reading_time(note),
        }
    }

    /// What it does, in a line.
    pub fn what(&self) -> String {
        let expect = self.expect.as_ref();
        let expect = expect.map(|expect| format!("expect {}", expect.expr));
        let note = self.note.as_ref().map(|note| note_in_words(note));
        let request = self.request.as_ref().map(in_words);
        match (request, expect) {
            (Some(request), Some(expect)) => format!("{request}; {expect}"),
            (Some(words), None) | (None, Some(words)) => words,
            (None, None) => note.unwrap_or_default(),
        }
    }
}

/// How long a caption stays at least, in lab time: 3 s, or 0.4 s a word, whichever is longer. An empty
/// one is not read.
pub fn reading_time(note: &str) -> Duration {
    let words = note.split_whitespace().count();
    match u32::try_from(words).unwrap_or(u32::MAX) {
        0 => Duration::ZERO,
        words => READING_MIN.max(WORD.saturating_mul(words)),
    }
}

fn note_in_words(text: &str) -> String {
    match text {
        "" => "no caption".to_owned(),
        text => format!("note: {text}"),
    }
}

/// What a request does, in a few words.
pub fn in_words(request: &Request<Named>) -> String {
    match request {
        Request::Node(node, command) => of_node(node.as_deref(), command, write(request).0),
        Request::Labelled(_, payment, label) => format!("{}: {label}", payment_in_words(payment)),
        Request::Ask(node, _) => on_node(node.as_deref(), write(request).0.replace('_', " ")),
        Request::Kill(node) => with_node("kill", node.as_deref()),
        Request::Restart(node) => with_node("restart", node.as_deref()),
        Request::Add(spec) => format!("add {}", spec.name),
        Request::Link(bend) => {
            let sign = if bend.is_both_ways { "-" } else { ">" };
            format!("{} {} {sign} {}", link(&bend.change), bend.from, bend.to)
        }
        Request::HealAll => "heal all links".to_owned(),
        Request::Partition(groups) => {
            let groups: Vec<_> = groups.iter().map(|group| group.join(", ")).collect();
            match groups.as_slice() {
                [] => "partition into halves".to_owned(),
                groups => format!("partition {}", groups.join(" | ")),
            }
        }
        Request::Unite => "heal the partition".to_owned(),
        Request::Traffic(change) => {
            let rate = change.rate.map(show_tx_rate);
            let rate = rate.map_or(String::new(), |rate| format!(" at {rate}"));
            match change.on {
                Some(false) => "stop the traffic".to_owned(),
                Some(true) => format!("start the traffic{rate}"),
                None => format!("traffic{rate}"),
            }
        }
        Request::Note(text) => note_in_words(text.as_deref().unwrap_or_default()),
        Request::Script(change) => format!("{} of the script", change.name()),
        Request::Time(TimeChange::Pause) => "stop time".to_owned(),
        Request::Time(TimeChange::Speed(speed)) => format!("time at x{speed}"),
        other => write(other).0.replace('_', " "),
    }
}

fn with_node(verb: &str, node: Option<&str>) -> String {
    match node {
        Some(node) => format!("{verb} {node}"),
        None => verb.to_owned(),
    }
}

fn link(change: &LinkChange) -> Cow<'static, str> {
    let words = match change {
        LinkChange {
            next: Some(next), ..
        } => {
            let what = match next.fate {
                Fate::Drop => "drop",
                Fate::Delay(_) => "delay",
                Fate::Repeat => "repeat",
            };
            return format!("{what} the next {}", next.kind).into();
        }
        LinkChange {
            state: Some(state),
            latency: None,
            jitter: None,
            bandwidth: None,
            loss: None,
            next: None,
        } => match state {
            LinkState::Open => "heal",
            LinkState::Cut => "cut",
            LinkState::BlackHole => "black hole",
        },
        _ => "change link",
    };
    words.into()
}

fn of_node(node: Option<&str>, command: &Command, verb: &str) -> String {
    let words = match command {
        Command::Send(payment) => return payment_in_words(payment),
        Command::CreateWallet { name } => format!("make wallet {name}"),
        // Not its key.
        Command::ImportWallet { name, secret, .. } => match key_holder(secret) {
            Some(of) => format!("import wallet {name} of {of}"),
            None => format!("import wallet {name}"),
        },
        Command::Mine(MiningMode::Off) => "stop mining".to_owned(),
        Command::Mine(MiningMode::On) => "start mining".to_owned(),
        Command::Mine(MiningMode::OnTx(_)) => "mine while payments wait".to_owned(),
        Command::MineNow => "mine a block".to_owned(),
        Command::SetHashrate(rate) => format!("mine at {}", show_rate(*rate)),
        Command::MineTo { wallet } => format!("mine for {wallet}"),
        _ => verb.replace('_', " "),
    };
    on_node(node, words)
}

fn payment_in_words(payment: &Payment) -> String {
    let (from, to) = (&payment.from, &payment.to);
    format!("send {} from {from} to {to}", payment.amount)
}

fn on_node(node: Option<&str>, words: String) -> String {
    match node {
        Some(node) => format!("{words} on {node}"),
        None => words,
    }
}
