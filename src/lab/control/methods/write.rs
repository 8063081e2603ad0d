//! How commands, questions and orders are written as methods: for an attached screen to send.

use crate::lab::control::order::Order;
use crate::lab::spec::NodeSpec;
use crate::lab::units::{show_bandwidth, show_duration};
use crate::node::io::{Command, Question};
use crate::node::mining::MiningMode;
use crate::node::private::Strategy;
use serde_json::{Map, Value, json};

/// A command as the method that it is, with its parameters: what
/// [`Method::read`](super::Method::read) reads.
pub fn write(command: &Command) -> (&'static str, Map<String, Value>) {
    let (name, params) = match command {
        Command::CreateWallet { name } => ("create_wallet", json!({ "name": name })),
        Command::ImportWallet { name, secret } => {
            ("import_wallet", json!({ "name": name, "secret": secret }))
        }
        Command::Send(payment) => ("send", json!(payment)),
        Command::Mine(MiningMode::Off) => ("mine", json!({ "mode": "off" })),
        Command::Mine(MiningMode::On) => ("mine", json!({ "mode": "on" })),
        Command::Mine(MiningMode::OnTx(txs)) => ("mine", json!({ "mode": "on-tx", "txs": txs })),
        Command::SetHashrate(rate) => ("set_hashrate", json!({ "hashrate": rate })),
        Command::MineTo { wallet } => ("mine_to", json!({ "wallet": wallet })),
        Command::MineNow => ("mine_now", json!({})),
        Command::SetStrategy(Strategy::Honest) => ("set_strategy", json!({ "strategy": "honest" })),
        Command::SetStrategy(Strategy::Withhold(release)) => (
            "set_strategy",
            json!({ "strategy": "withhold", "release": release.to_string() }),
        ),
        Command::Release => ("release", json!({})),
        Command::AddPeer(addr) => ("add_peer", json!({ "addr": addr })),
        Command::DropPeer(addr) => ("drop_peer", json!({ "addr": addr })),
        Command::Ban { ip, for_ } => ("ban", json!({ "ip": ip, "for": show_duration(*for_) })),
        Command::Unban(ip) => ("unban", json!({ "ip": ip })),
    };
    (name, object(params))
}

/// As [`write()`], for a question.
pub fn write_question(question: &Question) -> (&'static str, Map<String, Value>) {
    let (name, params) = match question {
        Question::ExportWallet { name } => ("export_wallet", json!({ "name": name })),
        Question::PlanSend(payment) => ("plan_send", json!(payment)),
        Question::Wallets => ("wallets", json!({})),
        Question::History { name, skip, limit } => (
            "history",
            json!({ "name": name, "skip": skip, "limit": limit }),
        ),
        Question::Coins { of } => ("coins", json!({ "of": of })),
        Question::Snapshot => ("snapshot", json!({})),
        Question::Peers => ("peers", json!({})),
        Question::Chain { from, to, limit } => {
            ("chain", json!({ "from": from, "to": to, "limit": limit }))
        }
        Question::Block { hash } => ("block", json!({ "hash": hash })),
        Question::BlockAt { height } => ("block", json!({ "height": height })),
        Question::Tx { txid } => ("tx", json!({ "txid": txid })),
        Question::Mempool { limit } => ("mempool", json!({ "limit": limit })),
    };
    (name, object(params))
}

/// As [`write()`], for any order.
pub fn write_order(order: &Order) -> (&'static str, Map<String, Value>) {
    let of_node = |name, node: &Option<String>| (name, object(json!({ "node": node })));
    match order {
        Order::Node(node, command) => on_node(write(command), node.as_deref()),
        Order::Ask(node, question) => on_node(write_question(question), node.as_deref()),
        Order::Kill(node) => of_node("kill", node),
        Order::Restart(node) => of_node("restart", node),
        Order::Add(spec) => ("add_node", object(written_node(spec))),
        Order::Link(bend) => {
            let change = bend.change;
            let link = json!({
                "from": bend.from,
                "to": bend.to,
                "one_way": !bend.is_both_ways,
                "latency": change.latency.map(show_duration),
                "jitter": change.jitter.map(show_duration),
                "bandwidth": change.bandwidth.map(written_bandwidth),
                "loss": change.loss,
                "state": change.state,
            });
            ("set_link", object(link))
        }
        Order::HealAll => ("heal", Map::new()),
        Order::Partition(groups) => ("partition", object(json!({ "groups": groups }))),
        Order::Unite => ("unite", Map::new()),
        Order::Traffic(change) => {
            let params = json!({ "on": change.on, "rate": change.rate });
            ("traffic", object(params))
        }
        Order::Note(text) => ("note", object(json!({ "text": text }))),
        Order::Script(change) => (change.method(), Map::new()),
    }
}

fn on_node(
    (name, mut params): (&'static str, Map<String, Value>),
    node: Option<&str>,
) -> (&'static str, Map<String, Value>) {
    if let Some(node) = node {
        params.insert("node".to_owned(), node.into());
    }
    (name, params)
}

fn written_node(spec: &NodeSpec) -> Value {
    let mode = match spec.mine.mode {
        MiningMode::Off => "off",
        MiningMode::On => "on",
        MiningMode::OnTx(_) => "on-tx",
    };
    json!({
        "name": spec.name,
        "connect": spec.connect,
        "wallets": spec.wallets,
        "mine": mode,
        "hashrate": spec.mine.hashrate,
    })
}

fn written_bandwidth(bandwidth: Option<u64>) -> String {
    bandwidth.map_or_else(|| "unlimited".to_owned(), show_bandwidth)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(params) => params,
        _ => unreachable!("an object was written"),
    }
}
