//! Every method that asks for something to be done, or for something to be told: its name, its
//! parameters, what it does. One table for programs, for `chainlab rpc`, for scripts, and for
//! docs/control.md.

use super::basics::BASICS;
use super::order::Order;
use super::params::{BadParam, Params, bad, required};
use crate::chain::Amount;
use crate::lab::document::nearest;
use crate::lab::layout::{MineSpec, NodeSpec};
use crate::lab::names::parse_node_name;
use crate::lab::request::LinkChange;
use crate::lab::units::{
    parse_bandwidth, parse_duration, parse_rate, show_bandwidth, show_duration,
};
use crate::link::LinkState;
use crate::node::io::{Command, Payment};
use crate::node::mining::MiningMode;
use crate::node::snapshot::PAGE_MAX;
use serde_json::{Map, Value, json};
use std::net::{IpAddr, SocketAddr};

/// The longest caption, in characters: a line.
pub const NOTE_MAX: usize = 200;

/// A method.
#[derive(Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in the order in which people think of them.
    pub params: &'static [Param],
    /// What it does, in a sentence without its end.
    pub does: &'static str,
    /// It is about one node, and takes `node` as well.
    pub is_of_node: bool,
    read: fn(&mut Params) -> Result<Order, BadParam>,
}

/// A parameter of a method.
#[derive(Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// It can be left out.
    pub is_optional: bool,
    /// What it is, with an example.
    pub is: &'static str,
}

pub(super) const fn needs(name: &'static str, is: &'static str) -> Param {
    Param {
        name,
        is_optional: false,
        is,
    }
}

pub(super) const fn takes(name: &'static str, is: &'static str) -> Param {
    Param {
        name,
        is_optional: true,
        is,
    }
}

const fn of_node(
    name: &'static str,
    params: &'static [Param],
    does: &'static str,
    read: fn(&mut Params) -> Result<Order, BadParam>,
) -> Method {
    Method {
        name,
        params,
        does,
        is_of_node: true,
        read,
    }
}

const fn of_lab(
    name: &'static str,
    params: &'static [Param],
    does: &'static str,
    read: fn(&mut Params) -> Result<Order, BadParam>,
) -> Method {
    Method {
        is_of_node: false,
        ..of_node(name, params, does, read)
    }
}

const WALLET: Param = needs("name", "the wallet's name");
const PAYMENT: &[Param] = &[
    needs("from", "the wallet that pays"),
    needs("to", "an address, or any wallet's name"),
    needs("amount", "how much arrives, as in \"1.5\""),
    takes("fee", "what the miner gets, as in \"0.0001\" [0]"),
];
const ENDS: &[Param] = &[
    needs("from", "a node"),
    needs("to", "another node"),
    takes(
        "one_way",
        "only from the first to the second, true or false [false]",
    ),
];

/// All of them.
pub const METHODS: &[Method] = &[
    of_node(
        "create_wallet",
        &[WALLET],
        "makes a wallet with a new key",
        |params| {
            command(params, |params| {
                let name = required("name", params.text("name", "eve")?)?;
                Ok(Command::CreateWallet { name })
            })
        },
    ),
    of_node(
        "import_wallet",
        &[WALLET, needs("secret", "its key, 64 hexadecimal digits")],
        "makes a wallet of a key that exists, and looks for its coins",
        |params| {
            command(params, |params| {
                Ok(Command::ImportWallet {
                    name: required("name", params.text("name", "eve")?)?,
                    secret: required("secret", params.text("secret", "0f3a...")?)?,
                })
            })
        },
    ),
    of_node(
        "export_wallet",
        &[WALLET],
        "shows a wallet's key",
        |params| {
            command(params, |params| {
                let name = required("name", params.text("name", "eve")?)?;
                Ok(Command::ExportWallet { name })
            })
        },
    ),
    of_node(
        "plan_send",
        PAYMENT,
        "shows what a payment would do, and does nothing",
        |params| command(params, |params| Ok(Command::PlanSend(payment(params)?))),
    ),
    of_node(
        "send",
        PAYMENT,
        "pays; answers once the payment is safe on disk",
        |params| command(params, |params| Ok(Command::Send(payment(params)?))),
    ),
    of_node(
        "wallets",
        &[],
        "lists wallets, with what they hold",
        |params| command(params, |_| Ok(Command::Wallets)),
    ),
    of_node(
        "history",
        &[
            WALLET,
            takes("skip", "entries to leave out, from the newest [0]"),
            takes("limit", "entries to show, at most 500 [500]"),
        ],
        "tells what a wallet did, newest first",
        |params| {
            command(params, |params| {
                Ok(Command::History {
                    name: required("name", params.text("name", "eve")?)?,
                    skip: params.number("skip")?.unwrap_or(0),
                    limit: limit(params)?,
                })
            })
        },
    ),
    of_node(
        "coins",
        &[needs("of", "an address, or any wallet's name")],
        "lists unspent coins, as this node's chain has them",
        |params| {
            command(params, |params| {
                let of = required("of", params.text("of", "alice")?)?;
                Ok(Command::Coins { of })
            })
        },
    ),
    of_node(
        "mine",
        &[
            takes(
                "mode",
                "\"on\", \"off\", or \"on-tx\": while transactions wait [on]",
            ),
            takes("txs", "with on-tx: how many must wait [1]"),
        ],
        "starts or stops the miner",
        |params| command(params, mode),
    ),
    of_node(
        "set_hashrate",
        &[needs("hashrate", "in H/s, as in 14000 or \"14 kH/s\"")],
        "changes how fast the miner is",
        |params| {
            command(params, |params| {
                let rate = params.quantity("hashrate", "14 kH/s", parse_rate)?;
                Ok(Command::SetHashrate(required("hashrate", rate)?))
            })
        },
    ),
    of_node(
        "mine_to",
        &[needs("wallet", "a wallet of the node")],
        "changes the wallet that rewards go to",
        |params| {
            command(params, |params| {
                let wallet = required("wallet", params.text("wallet", "rewards")?)?;
                Ok(Command::MineTo { wallet })
            })
        },
    ),
    of_node(
        "mine_now",
        &[],
        "mines one block at full speed; answers when it is found",
        |params| command(params, |_| Ok(Command::MineNow)),
    ),
    of_node(
        "add_peer",
        &[needs("addr", "HOST:PORT")],
        "keeps a connection to an address",
        |params| command(params, |params| Ok(Command::AddPeer(addr(params)?))),
    ),
    of_node(
        "drop_peer",
        &[needs("addr", "HOST:PORT")],
        "ends the connections with an address, and does not dial it again",
        |params| command(params, |params| Ok(Command::DropPeer(addr(params)?))),
    ),
    of_node(
        "ban",
        &[
            needs("ip", "an IP address"),
            takes("for", "how long, as in \"10min\" [1d]"),
        ],
        "takes no connection from or to an IP address for a time",
        |params| {
            command(params, |params| {
                let day = std::time::Duration::from_secs(24 * 3_600);
                Ok(Command::Ban {
                    ip: required("ip", params.parsed::<IpAddr>("ip", "192.0.2.1")?)?,
                    for_: params.read("for", "10min", parse_duration)?.unwrap_or(day),
                })
            })
        },
    ),
    of_node(
        "unban",
        &[needs("ip", "an IP address")],
        "lifts a ban",
        |params| {
            command(params, |params| {
                let ip = required("ip", params.parsed::<IpAddr>("ip", "192.0.2.1")?)?;
                Ok(Command::Unban(ip))
            })
        },
    ),
    of_node("peers", &[], "lists who is connected", |params| {
        command(params, |_| Ok(Command::Peers))
    }),
    of_node(
        "chain",
        &[
            takes("from", "the highest block to show [the tip]"),
            takes("to", "the lowest block to show [0]"),
            takes("limit", "blocks to show, at most 500 [500]"),
        ],
        "lists blocks of the chain, highest first",
        |params| {
            command(params, |params| {
                Ok(Command::Chain {
                    from: params.number("from")?.unwrap_or(u32::MAX),
                    to: params.number("to")?.unwrap_or(0),
                    limit: limit(params)?,
                })
            })
        },
    ),
    of_node(
        "block",
        &[
            takes("hash", "which, 64 hexadecimal digits; or"),
            takes("height", "which, on the chain"),
        ],
        "opens a block",
        |params| command(params, block),
    ),
    of_node(
        "tx",
        &[needs("txid", "which, 64 hexadecimal digits")],
        "opens a transaction, in the mempool or a block",
        |params| {
            command(params, |params| {
                let txid = required("txid", params.parsed("txid", "0f3a...")?)?;
                Ok(Command::Tx { txid })
            })
        },
    ),
    of_node(
        "mempool",
        &[takes("limit", "transactions to show, at most 500 [500]")],
        "lists transactions that wait, best paying first",
        |params| {
            command(params, |params| {
                Ok(Command::Mempool {
                    limit: limit(params)?,
                })
            })
        },
    ),
    of_node("kill", &[], "ends a node as a crash would", |params| {
        Ok(Order::Kill(node(params)?))
    }),
    of_node("restart", &[], "starts a node that is down", |params| {
        Ok(Order::Restart(node(params)?))
    }),
    of_lab(
        "add_node",
        &[
            needs("name", "its name, unique in the lab"),
            takes("connect", "nodes that it dials, as in [\"central\"]"),
            takes("wallets", "wallets to make, as in [\"eve\"]"),
            takes("mine", "as in the method mine [off]"),
            takes("hashrate", "how fast, as in \"14 kH/s\""),
        ],
        "adds a node to the lab, and starts it",
        add_node,
    ),
    of_lab(
        "set_link",
        &[
            needs("from", "the node that sends"),
            needs("to", "the node that receives"),
            takes("latency", "as in \"80ms\""),
            takes("jitter", "as in \"20ms\""),
            takes("bandwidth", "as in \"1 MB/s\", or \"unlimited\""),
            takes("loss", "a share of frames, from 0 to 0.9"),
            takes("state", "\"open\", \"cut\", or \"black-hole\""),
            takes(
                "one_way",
                "only from the first to the second, true or false [false]",
            ),
        ],
        "changes what a link is like, at once",
        set_link,
    ),
    of_lab(
        "cut",
        ENDS,
        "cuts a link: nothing passes, and both sides know",
        |params| ends(params, LinkChange::to_state(LinkState::Cut)),
    ),
    of_lab(
        "black_hole",
        ENDS,
        "swallows all that a link carries, and tells nobody",
        |params| ends(params, LinkChange::to_state(LinkState::BlackHole)),
    ),
    of_lab(
        "heal",
        &[
            takes("from", "a node; without it, every link is healed"),
            takes("to", "another node"),
            takes(
                "one_way",
                "only from the first to the second, true or false [false]",
            ),
        ],
        "opens a link again, which is as slow as before it was cut",
        heal,
    ),
    of_lab(
        "note",
        &[takes(
            "text",
            "the caption; without it, none is shown any more",
        )],
        "shows a caption on the screen",
        note,
    ),
];

/// The method of this name.
pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// That there is no such method, with the one that was probably meant.
pub fn unknown(name: &str) -> String {
    let shown: String = name.chars().take(40).collect();
    let basics = BASICS.iter().map(|method| method.name);
    let names = basics.chain(METHODS.iter().map(|method| method.name));
    match nearest(&shown, names) {
        Some(near) => format!("there is no method {shown:?}; did you mean {near:?}?"),
        None => format!("there is no method {shown:?}"),
    }
}

impl Method {
    /// Reads parameters.
    ///
    /// # Errors
    /// [`BadParam`], the first that is wrong.
    pub fn read(&self, params: Map<String, Value>) -> Result<Order, BadParam> {
        let mut params = Params::new(params);
        let order = (self.read)(&mut params)?;
        params.finish()?;
        Ok(order)
    }
}

/// A command as the method that it is, with its parameters: what [`Method::read`] reads.
pub fn write(command: &Command) -> (&'static str, Map<String, Value>) {
    let (name, params) = match command {
        Command::CreateWallet { name } => ("create_wallet", json!({ "name": name })),
        Command::ImportWallet { name, secret } => {
            ("import_wallet", json!({ "name": name, "secret": secret }))
        }
        Command::ExportWallet { name } => ("export_wallet", json!({ "name": name })),
        Command::PlanSend(payment) => ("plan_send", json!(payment)),
        Command::Send(payment) => ("send", json!(payment)),
        Command::Wallets => ("wallets", json!({})),
        Command::History { name, skip, limit } => (
            "history",
            json!({ "name": name, "skip": skip, "limit": limit }),
        ),
        Command::Coins { of } => ("coins", json!({ "of": of })),
        Command::Mine(MiningMode::Off) => ("mine", json!({ "mode": "off" })),
        Command::Mine(MiningMode::On) => ("mine", json!({ "mode": "on" })),
        Command::Mine(MiningMode::OnTx(txs)) => ("mine", json!({ "mode": "on-tx", "txs": txs })),
        Command::SetHashrate(rate) => ("set_hashrate", json!({ "hashrate": rate })),
        Command::MineTo { wallet } => ("mine_to", json!({ "wallet": wallet })),
        Command::MineNow => ("mine_now", json!({})),
        Command::AddPeer(addr) => ("add_peer", json!({ "addr": addr })),
        Command::DropPeer(addr) => ("drop_peer", json!({ "addr": addr })),
        Command::Ban { ip, for_ } => ("ban", json!({ "ip": ip, "for": show_duration(*for_) })),
        Command::Unban(ip) => ("unban", json!({ "ip": ip })),
        Command::Peers => ("peers", json!({})),
        Command::Chain { from, to, limit } => {
            ("chain", json!({ "from": from, "to": to, "limit": limit }))
        }
        Command::Block { hash } => ("block", json!({ "hash": hash })),
        Command::BlockAt { height } => ("block", json!({ "height": height })),
        Command::Tx { txid } => ("tx", json!({ "txid": txid })),
        Command::Mempool { limit } => ("mempool", json!({ "limit": limit })),
    };
    (name, object(params))
}

/// As [`write()`], for any order.
pub fn write_order(order: &Order) -> (&'static str, Map<String, Value>) {
    let of_node = |name, node: &Option<String>| (name, object(json!({ "node": node })));
    match order {
        Order::Node(node, command) => {
            let (name, mut params) = write(command);
            if let Some(node) = node {
                params.insert("node".to_owned(), node.as_str().into());
            }
            (name, params)
        }
        Order::Kill(node) => of_node("kill", node),
        Order::Restart(node) => of_node("restart", node),
        Order::Add(spec) => ("add_node", object(written_node(spec))),
        Order::Link {
            from,
            to,
            is_both_ways,
            change,
        } => {
            let link = json!({
                "from": from,
                "to": to,
                "one_way": !is_both_ways,
                "latency": change.latency.map(show_duration),
                "jitter": change.jitter.map(show_duration),
                "bandwidth": change.bandwidth.map(written_bandwidth),
                "loss": change.loss,
                "state": change.state,
            });
            ("set_link", object(link))
        }
        Order::HealAll => ("heal", Map::new()),
        Order::Note(text) => ("note", object(json!({ "text": text }))),
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

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(params) => params,
        _ => unreachable!("an object was written"),
    }
}

fn node(params: &mut Params) -> Result<Option<String>, BadParam> {
    params.text("node", "central")
}

fn command(
    params: &mut Params,
    read: impl FnOnce(&mut Params) -> Result<Command, BadParam>,
) -> Result<Order, BadParam> {
    Ok(Order::Node(node(params)?, read(params)?))
}

fn payment(params: &mut Params) -> Result<Payment, BadParam> {
    Ok(Payment {
        from: required("from", params.text("from", "alice")?)?,
        to: required("to", params.text("to", "bob")?)?,
        amount: required("amount", params.amount("amount")?)?,
        fee: params.amount("fee")?.unwrap_or(Amount::ZERO),
    })
}

fn mode(params: &mut Params) -> Result<Command, BadParam> {
    let mode = params.text("mode", "on")?;
    let txs = params.number("txs")?;
    let mode = match (mode.as_deref(), txs) {
        (Some("on-tx"), txs) => MiningMode::OnTx(txs.unwrap_or(1)),
        (_, Some(_)) => return Err(bad("txs", "goes with mode \"on-tx\" only")),
        (None | Some("on"), None) => MiningMode::On,
        (Some("off"), None) => MiningMode::Off,
        (Some(other), None) => {
            return Err(bad(
                "mode",
                format!("{other:?} is none of \"on\", \"off\", \"on-tx\""),
            ));
        }
    };
    Ok(Command::Mine(mode))
}

fn limit(params: &mut Params) -> Result<usize, BadParam> {
    Ok(params.number("limit")?.unwrap_or(PAGE_MAX))
}

fn addr(params: &mut Params) -> Result<SocketAddr, BadParam> {
    required("addr", params.parsed("addr", "127.0.0.1:3000")?)
}

fn block(params: &mut Params) -> Result<Command, BadParam> {
    let hash = params.parsed("hash", "0f3a...")?;
    let height = params.number("height")?;
    match (hash, height) {
        (Some(hash), None) => Ok(Command::Block { hash }),
        (None, Some(height)) => Ok(Command::BlockAt { height }),
        (None, None) => Err(bad("hash", "is missing, and height as well")),
        (Some(_), Some(_)) => Err(bad("height", "hash says which block already")),
    }
}

fn add_node(params: &mut Params) -> Result<Order, BadParam> {
    let name = required("name", params.read("name", "eve", parse_node_name)?)?;
    let mut spec = NodeSpec::new(&name);
    spec.connect = params.texts("connect")?;
    spec.wallets = params.texts("wallets")?;
    let mine = params.read("mine", "on", |text| match text {
        "on" => Ok(MiningMode::On),
        "off" => Ok(MiningMode::Off),
        "on-tx" => Ok(MiningMode::OnTx(1)),
        other => Err(format!("{other:?} is none of \"on\", \"off\", \"on-tx\"")),
    })?;
    let hashrate = params.quantity("hashrate", "14 kH/s", parse_rate)?;
    let usual = MineSpec::default();
    spec.mine = MineSpec {
        mode: mine.unwrap_or(usual.mode),
        hashrate: hashrate.unwrap_or(usual.hashrate),
        ..usual
    };
    Ok(Order::Add(Box::new(spec)))
}

fn set_link(params: &mut Params) -> Result<Order, BadParam> {
    let change = LinkChange {
        latency: params.read("latency", "80ms", parse_duration)?,
        jitter: params.read("jitter", "20ms", parse_duration)?,
        bandwidth: params.read("bandwidth", "1 MB/s", |text| match text {
            "unlimited" => Ok(None),
            text => parse_bandwidth(text).map(Some),
        })?,
        loss: params.quantity("loss", "0.1", str::parse::<f64>)?,
        state: params.read("state", "cut", |text| match text {
            "open" => Ok(LinkState::Open),
            "cut" => Ok(LinkState::Cut),
            "black-hole" => Ok(LinkState::BlackHole),
            other => Err(format!(
                "{other:?} is none of \"open\", \"cut\", \"black-hole\""
            )),
        })?,
    };
    let order = ends(params, change)?;
    if change == LinkChange::default() {
        return Err(bad(
            "latency",
            "is missing, and so is everything else that could change",
        ));
    }
    let sound = change.apply(crate::link::Conditions::default()).validate();
    sound.map_err(|error| bad(error.key, error.problem))?;
    Ok(order)
}

fn ends(params: &mut Params, change: LinkChange) -> Result<Order, BadParam> {
    let from = required("from", params.text("from", "central")?)?;
    let to = required("to", params.text("to", "miner")?)?;
    let is_one_way = params.flag("one_way")?.unwrap_or(false);
    if from == to {
        return Err(bad(
            "to",
            format!("a link is between two nodes, and {from} is one"),
        ));
    }
    Ok(Order::Link {
        from,
        to,
        is_both_ways: !is_one_way,
        change,
    })
}

fn heal(params: &mut Params) -> Result<Order, BadParam> {
    let has_ends = params.has("from") || params.has("to") || params.has("one_way");
    if has_ends {
        return ends(params, LinkChange::to_state(LinkState::Open));
    }
    // So that a wrong key is told what there is.
    for key in ["from", "to", "one_way"] {
        params.text(key, "central")?;
    }
    Ok(Order::HealAll)
}

fn note(params: &mut Params) -> Result<Order, BadParam> {
    let text = params.read("text", "the miner is gone", check_note)?;
    Ok(Order::Note(text.filter(|text| !text.is_empty())))
}

/// Reads a caption: a line.
///
/// # Errors
/// In words, what it is to be.
pub fn check_note(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) || text.chars().count() > NOTE_MAX {
        return Err(format!(
            "one line of at most {NOTE_MAX} characters is wanted here"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{BlockHash, Txid};
    use std::time::Duration;

    fn commands() -> Vec<Command> {
        let name = || "eve".to_owned();
        let addr = SocketAddr::from(([127, 0, 0, 1], 3_000));
        let pay = Payment {
            from: "alice".to_owned(),
            to: "bob".to_owned(),
            amount: "1.5".parse().expect("an amount"),
            fee: "0.0001".parse().expect("an amount"),
        };
        vec![
            Command::CreateWallet { name: name() },
            Command::ImportWallet {
                name: name(),
                secret: "ab".repeat(32),
            },
            Command::ExportWallet { name: name() },
            Command::PlanSend(pay.clone()),
            Command::Send(pay),
            Command::Wallets,
            Command::History {
                name: name(),
                skip: 3,
                limit: 4,
            },
            Command::Coins { of: name() },
            Command::Mine(MiningMode::Off),
            Command::Mine(MiningMode::On),
            Command::Mine(MiningMode::OnTx(2)),
            Command::SetHashrate(14_000.5),
            Command::MineTo { wallet: name() },
            Command::MineNow,
            Command::AddPeer(addr),
            Command::DropPeer(addr),
            Command::Ban {
                ip: addr.ip(),
                for_: Duration::from_secs(600),
            },
            Command::Unban(addr.ip()),
            Command::Peers,
            Command::Chain {
                from: 7,
                to: 2,
                limit: 8,
            },
            Command::Block {
                hash: BlockHash([7; 32]),
            },
            Command::BlockAt { height: 9 },
            Command::Tx {
                txid: Txid([8; 32]),
            },
            Command::Mempool { limit: 5 },
        ]
    }

    #[test]
    fn every_command_is_a_method_that_reads_it_back() {
        for command in commands() {
            let (name, mut params) = write(&command);
            let method = method(name).expect("in the table");
            assert!(method.is_of_node);
            let order = method.read(params.clone()).expect("readable");
            assert_eq!(order, Order::Node(None, command.clone()));
            params.insert("node".to_owned(), "miner".into());
            let order = method.read(params).expect("readable");
            assert_eq!(order, Order::Node(Some("miner".to_owned()), command));
        }
    }

    #[test]
    fn every_parameter_of_the_table_is_taken_and_no_other() {
        for method in METHODS {
            let mut params = Params::new(Map::new());
            let read = (method.read)(&mut params);
            let missing = method.params.iter().find(|param| !param.is_optional);
            if let (Some(missing), Err(error)) = (missing, &read) {
                assert_eq!(error.key, missing.name, "{}", method.name);
            }
            for param in method.params {
                let wrong = Map::from_iter([(param.name.to_owned(), json!({"no": "such"}))]);
                let error = method.read(wrong).expect_err("an object");
                let first = method
                    .params
                    .iter()
                    .position(|first| first.name == error.key);
                assert!(first.is_some(), "{}: {error}", method.name);
            }
            let unknown = Map::from_iter([("zzz".to_owned(), json!("1"))]);
            assert!(method.read(unknown).is_err(), "{}", method.name);
        }
    }
}
