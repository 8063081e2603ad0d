//! Steps of a script: when each begins, what it does, and what is expected then.

use super::expr::Expr;
use crate::lab::control::methods::{key_holder, write};
use crate::lab::control::order::Order;
use crate::lab::request::LinkChange;
use crate::lab::traffic::show_tx_rate;
use crate::lab::units::show_rate;
use crate::link::LinkState;
use crate::node::io::Command;
use crate::node::mining::MiningMode;
use std::time::Duration;

/// Steps of a script: each has a line on the screen.
pub const STEPS_MAX: usize = 200;

/// How long an expectation may take to come true, unless the step says.
pub const WITHIN: Duration = Duration::from_secs(10);

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSpec {
    /// When it begins. The step before is done by then in any case.
    pub start: Start,
    /// The caption to show; an empty one takes the old one away.
    pub note: Option<String>,
    /// What is done.
    pub order: Option<Order>,
    /// What has to be true after that.
    pub expect: Option<Expect>,
}

/// When a step begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// When the one before is done.
    AtOnce,
    /// So long after the lab has started, or at once if that is past.
    At(Duration),
    /// So long after the one before was done.
    After(Duration),
    /// When this is true.
    When(Expr),
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
    /// The step in a line.
    pub fn title(&self) -> String {
        let expect = self.expect.as_ref();
        let expect = expect.map(|expect| format!("expect {}", expect.expr));
        let note = self.note.as_ref().map(|note| note_title(note));
        let order = self.order.as_ref().map(title);
        match (order, expect) {
            (Some(order), Some(expect)) => format!("{order}; {expect}"),
            (Some(words), None) | (None, Some(words)) => words,
            (None, None) => note.unwrap_or_default(),
        }
    }
}

fn note_title(text: &str) -> String {
    match text {
        "" => "no caption".to_owned(),
        text => format!("note: {text}"),
    }
}

/// What an order does, in a few words.
pub fn title(order: &Order) -> String {
    match order {
        Order::Node(node, command) => of_node(node.as_deref(), command),
        Order::Kill(node) => with_node("kill", node.as_deref()),
        Order::Restart(node) => with_node("restart", node.as_deref()),
        Order::Add(spec) => format!("add {}", spec.name),
        Order::Link(bend) => {
            let sign = if bend.is_both_ways { "-" } else { ">" };
            format!("{} {} {sign} {}", link(&bend.change), bend.from, bend.to)
        }
        Order::HealAll => "heal all links".to_owned(),
        Order::Partition(groups) => {
            let groups: Vec<_> = groups.iter().map(|group| group.join(", ")).collect();
            match groups.as_slice() {
                [] => "partition into halves".to_owned(),
                groups => format!("partition {}", groups.join(" | ")),
            }
        }
        Order::Unite => "heal".to_owned(),
        Order::Traffic(change) => {
            let rate = change.rate.map(show_tx_rate);
            let rate = rate.map_or(String::new(), |rate| format!(" at {rate}"));
            match change.on {
                Some(false) => "stop the traffic".to_owned(),
                Some(true) => format!("start the traffic{rate}"),
                None => format!("traffic{rate}"),
            }
        }
        Order::Note(text) => note_title(text.as_deref().unwrap_or_default()),
    }
}

fn with_node(verb: &str, node: Option<&str>) -> String {
    match node {
        Some(node) => format!("{verb} {node}"),
        None => verb.to_owned(),
    }
}

fn link(change: &LinkChange) -> &'static str {
    match change {
        LinkChange {
            state: Some(state),
            latency: None,
            jitter: None,
            bandwidth: None,
            loss: None,
        } => match state {
            LinkState::Open => "heal",
            LinkState::Cut => "cut",
            LinkState::BlackHole => "black hole",
        },
        _ => "change link",
    }
}

fn of_node(node: Option<&str>, command: &Command) -> String {
    let words = match command {
        Command::Send(payment) => {
            let (from, to) = (&payment.from, &payment.to);
            return format!("send {} from {from} to {to}", payment.amount);
        }
        Command::CreateWallet { name } => format!("make wallet {name}"),
        // Not its key.
        Command::ImportWallet { name, secret } => match key_holder(secret) {
            Some(of) => format!("import wallet {name} of {of}"),
            None => format!("import wallet {name}"),
        },
        Command::Mine(MiningMode::Off) => "stop mining".to_owned(),
        Command::Mine(MiningMode::On) => "start mining".to_owned(),
        Command::Mine(MiningMode::OnTx(_)) => "mine while payments wait".to_owned(),
        Command::MineNow => "mine a block".to_owned(),
        Command::SetHashrate(rate) => format!("mine at {}", show_rate(*rate)),
        Command::MineTo { wallet } => format!("mine for {wallet}"),
        other => write(other).0.replace('_', " "),
    };
    match node {
        Some(node) => format!("{words} on {node}"),
        None => words,
    }
}
