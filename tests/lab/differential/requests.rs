//! Requests of every kind, many of which are refused: what is said is the same, too.

use crate::common::running::{CENTRAL, MINER, WALLET, bend, create, payment};
use chainlab::lab::Request;
use chainlab::lab::ask::{LinkChange, ScriptChange, TrafficChange};
use chainlab::lab::spec::NodeSpec;
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, Payment, Question};
use std::time::Duration;

/// The node that is added.
const EXTRA: NodeIx = NodeIx(3);

/// What is asked of the three nodes of the tutorials, one after the other.
pub fn all() -> Vec<(String, Request)> {
    let send = |node, from: &str, to: &str, coins| {
        Request::Node(node, Command::Send(payment(from, to, coins)))
    };
    let groups = |groups: &[&[&str]]| {
        let named = |group: &&[&str]| group.iter().map(|name| (*name).to_owned()).collect();
        Request::Partition(groups.iter().map(named).collect())
    };
    let mine = |node| Request::Node(node, Command::MineNow);
    let latency = |millis| LinkChange {
        latency: Some(Duration::from_millis(millis)),
        ..LinkChange::default()
    };
    let import = |name: &str, secret: &str| Command::ImportWallet {
        name: name.to_owned(),
        secret: secret.to_owned(),
        birthday: None,
    };
    let extra = |name: &str| {
        let mut spec = NodeSpec::new(name);
        spec.connect = vec!["central".to_owned()];
        Request::Add(Box::new(spec))
    };
    let coins = |of: &str| Question::Coins { of: of.to_owned() };
    let dear = Payment {
        fee: Some("0.5".parse().expect("an amount")),
        ..payment("bob", "zoe", 2)
    };
    let mine_to = |wallet: &str| Command::MineTo {
        wallet: wallet.to_owned(),
    };
    let asked = [
        // Wallets and payments.
        send(WALLET, "alice", "carol", 100),
        send(WALLET, "zed", "carol", 1),
        send(WALLET, "alice", "zed", 1),
        send(CENTRAL, "alice", "carol", 1),
        Request::Node(CENTRAL, create("alice")),
        Request::Node(CENTRAL, create("")),
        Request::Node(CENTRAL, create("zoe")),
        Request::Node(CENTRAL, import("copy", "bob")),
        Request::Node(CENTRAL, import("other", "not a key")),
        Request::Ask(WALLET, Question::PlanSend(dear.clone())),
        Request::Node(WALLET, Command::Send(dear)),
        send(WALLET, "alice", "zoe", 1),
        Request::Ask(MINER, coins("zoe")),
        Request::Ask(MINER, coins("zed")),
        Request::Node(MINER, mine_to("zed")),
        Request::Node(WALLET, mine_to("carol")),
        mine(WALLET),
        Request::Ask(MINER, coins("zoe")),
        // Nodes.
        Request::Restart(CENTRAL),
        Request::Kill(MINER),
        Request::Kill(MINER),
        mine(MINER),
        Request::Ask(MINER, Question::Wallets),
        Request::Kill(NodeIx(9)),
        extra("central"),
        // A partition, a node that comes to one of its sides, and the end of it.
        groups(&[&["central", "nobody"]]),
        groups(&[&["central", "wallet", "miner"]]),
        groups(&[]),
        groups(&[&["wallet"]]),
        Request::Restart(MINER),
        extra("extra"),
        mine(EXTRA),
        bend("central", "wallet", LinkChange::to_state(LinkState::Open)),
        bend("wallet", "extra", LinkChange::to_state(LinkState::Cut)),
        Request::Unite,
        Request::Unite,
        // Links.
        bend("central", "nobody", LinkChange::to_state(LinkState::Cut)),
        bend("central", "miner", latency(30)),
        bend("central", "miner", latency(61_000)),
        bend("miner", "central", LinkChange::to_state(LinkState::Cut)),
        Request::HealAll,
        Request::HealAll,
        // The lab.
        Request::Note(Some("A caption.".to_owned())),
        Request::Note(None),
        Request::Traffic(TrafficChange::default()),
        Request::Script(ScriptChange::Pause),
        mine(MINER),
    ];
    let told = asked.into_iter().map(|asked| (format!("{asked:?}"), asked));
    told.collect()
}
