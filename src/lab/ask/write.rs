//! How requests are written: as the verbs that read them back.

use super::change::{Bend, ScriptChange};
use super::request::{Named, Request};
use super::time::TimeChange;
use crate::lab::paper::units::{show_ahead, show_bandwidth, show_duration};
use crate::lab::spec::NodeSpec;
use crate::link::{Fate, NextMessage};
use crate::node::config::{MiningMode, Strategy};
use crate::node::io::{Command, Question};
use serde_json::{Map, Value, json};

/// A request as the name of its verb and parameters that [`Verb::read`](super::verbs::Verb::read) makes
/// the same request of.
///
/// This is a match and no part of the table, so that the compiler says what has no verb.
/// [`Request::Keep`] and [`Request::Save`] have none: files are those of who has the lab's own screen.
pub fn write(request: &Request<Named>) -> (&'static str, Map<String, Value>) {
    let (name, params) = match request {
        Request::Node(node, command) => of_node(node, written_command(command)),
        Request::Labelled(node, payment, label) => {
            let mut params = json!(payment);
            params["label"] = json!(label);
            of_node(node, ("send", params))
        }
        Request::Ask(node, question) => of_node(node, written_question(question)),
        Request::Kill(node) => ("kill", json!({ "node": node })),
        Request::Restart(node) => ("restart", json!({ "node": node })),
        Request::Add(spec) => ("add_node", written_node(spec)),
        Request::Link(bend) => match bend.change.next {
            Some(next) => ("next_message", written_next(bend, next)),
            None => ("set_link", written_link(bend)),
        },
        Request::HealAll => ("heal", json!({})),
        Request::Partition(groups) => ("partition", json!({ "groups": groups })),
        Request::Unite => ("unite", json!({})),
        Request::Traffic(change) => {
            let params = json!({ "on": change.on, "rate": change.rate });
            ("traffic", params)
        }
        Request::Note(text) => ("note", json!({ "text": text })),
        Request::Script(ScriptChange::Next) => ("script_next", json!({})),
        Request::Script(ScriptChange::Auto) => ("script_auto", json!({})),
        Request::Script(ScriptChange::Pause) => ("script_pause", json!({})),
        Request::Script(ScriptChange::Resume) => ("script_resume", json!({})),
        Request::Script(ScriptChange::Restart) => ("script_restart", json!({})),
        Request::Time(change) => written_time(change),
        Request::Keep => ("keep", json!({})),
        Request::Save(save) => (
            "save",
            json!({ "path": save.path, "replaces": save.replaces }),
        ),
        Request::Export => ("time_export", json!({})),
        Request::Run { with_secrets } => ("time_save", json!({ "with_secrets": with_secrets })),
    };
    match params {
        Value::Object(params) => (name, params),
        _ => unreachable!("an object was written"),
    }
}

fn written_link(bend: &Bend) -> Value {
    let change = bend.change;
    json!({
        "from": bend.from,
        "to": bend.to,
        "one_way": !bend.is_both_ways,
        "latency": change.latency.map(show_duration),
        "jitter": change.jitter.map(show_duration),
        "bandwidth": change.bandwidth.map(written_bandwidth),
        "loss": change.loss,
        "state": change.state,
    })
}

fn written_next(bend: &Bend, next: NextMessage) -> Value {
    let (what, held) = match next.fate {
        Fate::Drop => ("drop", None),
        Fate::Delay(held) => ("delay", Some(show_duration(held))),
        Fate::Repeat => ("repeat", None),
    };
    json!({
        "from": bend.from,
        "to": bend.to,
        "kind": next.kind.name(),
        "what": what,
        "for": held,
    })
}

fn of_node(node: &Named, (name, mut params): (&'static str, Value)) -> (&'static str, Value) {
    if let Some(node) = node {
        params["node"] = node.as_str().into();
    }
    (name, params)
}

fn written_time(change: &TimeChange) -> (&'static str, Value) {
    match change {
        TimeChange::Pause => ("time_pause", json!({})),
        TimeChange::Resume => ("time_resume", json!({})),
        TimeChange::Toggle => ("time_toggle", json!({})),
        TimeChange::Step => ("time_step", json!({})),
        TimeChange::Back => ("time_back", json!({})),
        TimeChange::NextMark => ("time_next", json!({})),
        TimeChange::PreviousMark => ("time_prev", json!({})),
        TimeChange::Speed(speed) => ("time_speed", json!({ "speed": speed })),
        TimeChange::Faster => ("time_faster", json!({})),
        TimeChange::Slower => ("time_slower", json!({})),
        TimeChange::Go(when) => ("time_go", json!({ "to": when.to_string() })),
        TimeChange::Until(expr) => ("time_until", json!({ "expr": expr })),
        TimeChange::PauseWhen(expr) => ("time_pause_when", json!({ "expr": expr })),
        TimeChange::Undo => ("time_undo", json!({})),
        TimeChange::Switch(id) => ("time_switch", json!({ "timeline": id })),
        TimeChange::Compare(with) => ("time_compare", json!({ "timeline": with })),
        TimeChange::DropTimeline(id) => ("time_drop", json!({ "timeline": id })),
        TimeChange::DropLater => ("time_drop_later", json!({})),
    }
}

fn written_command(command: &Command) -> (&'static str, Value) {
    match command {
        Command::CreateWallet { name } => ("create_wallet", json!({ "name": name })),
        Command::ImportWallet {
            name,
            secret,
            birthday,
        } => {
            let mut params = json!({ "name": name, "secret": secret });
            if let Some(birthday) = birthday {
                params["birthday"] = json!(birthday);
            }
            ("import_wallet", params)
        }
        Command::Send(payment) => ("send", json!(payment)),
        Command::Mine(MiningMode::Off) => ("mine", json!({ "mode": "off" })),
        Command::Mine(MiningMode::On) => ("mine", json!({ "mode": "on" })),
        Command::Mine(MiningMode::OnTx(txs)) => ("mine", json!({ "mode": "on-tx", "txs": txs })),
        Command::SetHashrate(rate) => ("set_hashrate", json!({ "hashrate": rate })),
        Command::MineTo { wallet } => ("mine_to", json!({ "wallet": wallet })),
        Command::MineNow => ("mine_now", json!({})),
        Command::SetStrategy(Strategy::Honest) => ("set_strategy", json!({ "strategy": "honest" })),
        Command::SetStrategy(Strategy::Selfish(release)) => (
            "set_strategy",
            json!({ "strategy": "withhold", "release": release.to_string() }),
        ),
        Command::Release => ("release", json!({})),
        Command::Forge { to, amount } => ("forge", json!({ "to": to, "amount": amount })),
        Command::LeaveOut { of } => ("leave_out", json!({ "of": of })),
        Command::SetClock { ahead_ms } => ("set_clock", json!({ "by": show_ahead(*ahead_ms) })),
        Command::FailDisk { what } => ("fail_disk", json!({ "what": what })),
        Command::SendRaw { from, kind, hex } => (
            "send_raw",
            json!({ "from": from, "kind": kind, "hex": hex }),
        ),
        Command::AddPeer(addr) => ("add_peer", json!({ "addr": addr })),
        Command::DropPeer(addr) => ("drop_peer", json!({ "addr": addr })),
        Command::Ban { ip, for_ } => ("ban", json!({ "ip": ip, "for": show_duration(*for_) })),
        Command::Unban(ip) => ("unban", json!({ "ip": ip })),
        Command::InvalidateBlock(block) => ("invalidateblock", json!(block)),
        Command::ReconsiderBlock(block) => ("reconsiderblock", json!(block)),
    }
}

fn written_question(question: &Question) -> (&'static str, Value) {
    match question {
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
    }
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
