use super::*;
use crate::chain::{BlockHash, Txid};
use crate::lab::ask::{
    Access, Bend, LinkChange, Named, Request, Scope, ScriptChange, TimeChange, TrafficChange, When,
    write,
};
use crate::lab::spec::{NodeSpec, Speed};
use crate::link::{Fate, LinkState, NextMessage};
use crate::node::config::MiningMode;
use crate::node::config::{Release, Strategy};
use crate::node::io::{Command, Payment, Question, RawKind, WhichBlock};
use crate::node::message::Kind;
use crate::node::store::DiskFault;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::time::Duration;

fn payment() -> Payment {
    Payment {
        from: "alice".to_owned(),
        to: "bob".to_owned(),
        amount: "1.5".parse().expect("an amount"),
        fee: Some("0.0001".parse().expect("an amount")),
    }
}

fn commands() -> Vec<Command> {
    let name = || "eve".to_owned();
    let addr = SocketAddr::from(([127, 0, 0, 1], 3_000));
    let proposed = Payment {
        fee: None,
        ..payment()
    };
    vec![
        Command::CreateWallet { name: name() },
        Command::ImportWallet {
            name: name(),
            secret: "ab".repeat(32),
            birthday: None,
        },
        Command::ImportWallet {
            name: name(),
            secret: "ab".repeat(32),
            birthday: Some(7),
        },
        Command::Send(payment()),
        Command::Send(proposed),
        Command::Mine(MiningMode::Off),
        Command::Mine(MiningMode::On),
        Command::Mine(MiningMode::OnTx(2)),
        Command::SetHashrate(14_000.5),
        Command::MineTo { wallet: name() },
        Command::MineNow,
        Command::SetStrategy(Strategy::Honest),
        Command::SetStrategy(Strategy::Selfish(Release::Lead(2))),
        Command::Release,
        Command::Forge {
            to: name(),
            amount: payment().amount,
        },
        Command::LeaveOut { of: name() },
        Command::AddPeer(addr),
        Command::DropPeer(addr),
        Command::Ban {
            ip: addr.ip(),
            for_: Duration::from_secs(600),
        },
        Command::Unban(addr.ip()),
        Command::SetClock {
            ahead_ms: 7_200_000,
        },
        Command::SetClock { ahead_ms: -1_500 },
        Command::FailDisk {
            what: DiskFault::Full,
        },
        Command::SendRaw {
            from: name(),
            kind: RawKind::Tx,
            hex: "00ff".to_owned(),
        },
        Command::InvalidateBlock(WhichBlock::Hash(BlockHash([7; 32]))),
        Command::ReconsiderBlock(WhichBlock::Height(9)),
    ]
}

fn questions() -> Vec<Question> {
    let name = || "eve".to_owned();
    vec![
        Question::ExportWallet { name: name() },
        Question::PlanSend(payment()),
        Question::Wallets,
        Question::History {
            name: name(),
            skip: 3,
            limit: 4,
        },
        Question::Coins { of: name() },
        Question::Snapshot,
        Question::Peers,
        Question::Chain {
            from: 7,
            to: 2,
            limit: 8,
        },
        Question::Block {
            hash: BlockHash([7; 32]),
        },
        Question::BlockAt { height: 9 },
        Question::Tx {
            txid: Txid([8; 32]),
        },
        Question::Mempool { limit: 5 },
    ]
}

fn next(fate: Fate) -> Request<Named> {
    let kind = Kind::Block;
    Request::Link(Bend {
        from: "central".to_owned(),
        to: "miner".to_owned(),
        is_both_ways: false,
        change: LinkChange::to_next(NextMessage { kind, fate }),
    })
}

/// What is asked of a lab, in every form.
fn requests() -> Vec<Request<Named>> {
    let node = || Some("miner".to_owned());
    let group = |text: &str| text.split(',').map(str::to_owned).collect();
    let commands = commands().into_iter();
    let mut all: Vec<_> = commands
        .map(|command| Request::Node(node(), command))
        .collect();
    let questions = questions().into_iter();
    all.extend(questions.map(|question| Request::Ask(node(), question)));
    all.extend([
        Request::Node(None, Command::MineNow),
        Request::Labelled(node(), payment(), "double spend".to_owned()),
        Request::Kill(node()),
        Request::Kill(None),
        Request::Restart(node()),
        Request::Add(Box::new(NodeSpec::new("eve"))),
        Request::Link(Bend {
            from: "central".to_owned(),
            to: "miner".to_owned(),
            is_both_ways: false,
            change: LinkChange {
                latency: Some(Duration::from_millis(80)),
                jitter: Some(Duration::from_millis(20)),
                bandwidth: Some(None),
                loss: Some(0.1),
                state: Some(LinkState::BlackHole),
                next: None,
            },
        }),
        next(Fate::Drop),
        next(Fate::Repeat),
        next(Fate::Delay(Duration::from_millis(1_500))),
        Request::HealAll,
        Request::Partition(Vec::new()),
        Request::Partition(vec![group("a,b"), group("c")]),
        Request::Unite,
        Request::Traffic(TrafficChange::default()),
        Request::Traffic(TrafficChange {
            on: Some(true),
            rate: Some(2.5),
        }),
        Request::Note(None),
        Request::Note(Some("the miner is gone".to_owned())),
    ]);
    all.extend(ScriptChange::ALL.map(Request::Script));
    all.extend(times().map(Request::Time));
    all
}

/// What is asked of time, in every form.
fn times() -> [TimeChange; 17] {
    let expr = || "height >= 3".to_owned();
    [
        TimeChange::Pause,
        TimeChange::Resume,
        TimeChange::Toggle,
        TimeChange::Step,
        TimeChange::Back,
        TimeChange::NextMark,
        TimeChange::PreviousMark,
        TimeChange::Speed(Speed::Over(10)),
        TimeChange::Speed(Speed::Max),
        TimeChange::Faster,
        TimeChange::Slower,
        TimeChange::Go(When::At(Duration::from_millis(51_411))),
        TimeChange::Go(When::Block(7)),
        TimeChange::Until(expr()),
        TimeChange::PauseWhen(Some(expr())),
        TimeChange::PauseWhen(None),
        TimeChange::Undo,
    ]
}

#[test]
fn every_request_is_a_verb_that_reads_it_back() {
    for request in requests() {
        let (name, params) = write(&request);
        let verb = verb(name).expect("in the table");
        assert_eq!(verb.read(params), Ok(request.clone()));
        assert_eq!(verb.access(), request.access(), "{name}");
        // Every link is as many.
        let scope = match request {
            Request::HealAll => Scope::Link,
            _ => request.scope(),
        };
        assert_eq!(verb.scope, scope, "{name}");
    }
}

/// Parameters with which a verb can be read.
fn enough(verb: &Verb) -> Map<String, Value> {
    let value = |name: &str| match name {
        "amount" => json!("1.5"),
        "hashrate" => json!(5),
        "secret" => json!("ab".repeat(32)),
        "strategy" => json!("honest"),
        "addr" => json!("127.0.0.1:3000"),
        "ip" => json!("127.0.0.1"),
        "txid" => json!("ab".repeat(32)),
        "height" => json!(7),
        "latency" => json!("80ms"),
        "speed" => json!(5),
        "timeline" => json!("B"),
        "kind" if verb.name == "next_message" => json!("inv"),
        "kind" => json!("block"),
        "what" if verb.name == "next_message" => json!("drop"),
        "what" => json!("full"),
        "by" => json!("2h"),
        "hex" => json!("00"),
        "to" if verb.name == "time_go" => json!("+01:23"),
        name => json!(name),
    };
    let needed = verb.params.iter().filter(|param| !param.is_optional);
    let needed = needed.map(|param| param.name);
    let one_of_several: &[_] = match verb.name {
        "block" | "invalidateblock" | "reconsiderblock" => &["height"],
        "set_link" => &["latency"],
        "heal" => &["from", "to"],
        _ => &[],
    };
    let all = needed.chain(one_of_several.iter().copied());
    all.map(|name| (name.to_owned(), value(name))).collect()
}

#[test]
fn a_verb_makes_what_its_row_says_of_scope_and_access() {
    for verb in verbs() {
        let request = verb.read(enough(verb)).expect(verb.name);
        assert_eq!(verb.scope, request.scope(), "{}", verb.name);
        assert_eq!(verb.access(), request.access(), "{}", verb.name);
    }
    let asks = verbs().filter(|verb| verb.access() == Access::Read);
    let asks: Vec<_> = asks.map(|verb| verb.name).collect();
    assert_eq!(
        asks,
        [
            "export_wallet",
            "plan_send",
            "wallets",
            "history",
            "coins",
            "snapshot",
            "peers",
            "chain",
            "block",
            "tx",
            "mempool",
            "time_save",
            "time_export",
        ]
    );
}

#[test]
fn what_is_wrong_with_a_request_for_time_is_said_with_its_parameter() {
    for (name, params, wrong) in [
        ("time_speed", json!({}), "speed: is missing"),
        (
            "time_speed",
            json!({"speed": 101}),
            "speed: a speed is a number from 1 to 100, 1/2 to 1/100, or max; not \"101\"",
        ),
        (
            "time_speed",
            json!({"speed": 0.5}),
            "speed: a speed is a number",
        ),
        ("time_speed", json!({"spede": 5}), "speed: is missing"),
        (
            "time_go",
            json!({"to": "soon"}),
            "to: a time since the beginning is wanted, as in +01:23 or 83s",
        ),
        (
            "time_go",
            json!({"to": 83}),
            "to: a text is wanted here, as in \"+01:23\", not a number",
        ),
        ("time_until", json!({}), "expr: is missing"),
        ("time_until", json!({"expr": " "}), "expr: is empty"),
        ("time_pause_when", json!({"expr": ""}), "expr: is empty"),
        (
            "time_pause",
            json!({"now": true}),
            "now: there is no such parameter",
        ),
    ] {
        let Value::Object(params) = params else {
            panic!("an object")
        };
        let read = verb(name).expect("in the table").read(params);
        let said = read.expect_err(name).to_string();
        assert!(said.starts_with(wrong), "{said}");
    }
}

#[test]
fn no_two_verbs_have_one_name() {
    let names = verbs().map(|verb| verb.name);
    let names: Vec<_> = names.chain(BASICS.iter().map(|basic| basic.name)).collect();
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "{name}");
    }
}

#[test]
fn every_parameter_of_the_table_is_taken_and_no_other() {
    for verb in verbs() {
        let read = verb.read(Map::new());
        let missing = verb.params.iter().find(|param| !param.is_optional);
        if let (Some(missing), Err(error)) = (missing, &read) {
            assert_eq!(error.key, missing.name, "{}", verb.name);
        }
        for param in verb.params {
            let wrong = Map::from_iter([(param.name.to_owned(), json!({"no": "such"}))]);
            let error = verb.read(wrong).expect_err("an object");
            let first = verb.params.iter().position(|first| first.name == error.key);
            assert!(first.is_some(), "{}: {error}", verb.name);
        }
        let unknown = Map::from_iter([("zzz".to_owned(), json!("1"))]);
        assert!(verb.read(unknown).is_err(), "{}", verb.name);
    }
}
