//! The fee that is proposed is one, wherever a payment comes from: the network's, and never less than
//! mempools take.

use crate::common::control::{Raw, cookie, hello, open_lab};
use crate::common::sim::import;
use crate::common::{ALICE, coins, owner};
use crate::shell::Shell;
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params};
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, Payment, Question, RefusalKind, Reply, SendPlan};
use chainlab::sim::{self, Sim};
use serde_json::{Value, json};
use std::fs;

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

/// A node with alice's wallet, who owns forty coins of one each.
fn alone(fee: &str, min_fee_per_kb: &str) -> (Sim, NodeIx) {
    let coin = Allocation {
        owner: owner(ALICE),
        amount: coins(1),
    };
    let params = Params {
        genesis: vec![coin; 40],
        ..sim::params()
    };
    let mut sim = Sim::new(1, params);
    let mut config = sim.config("central");
    config.fee = amount(fee);
    config.mempool.min_fee_per_kb = amount(min_fee_per_kb);
    config.wallets = vec!["bob".to_owned()];
    let ix = sim.add_node(config).expect("sound parameters");
    import(&mut sim, ix, "alice", ALICE);
    (sim, ix)
}

fn wish(how_much: &str, fee: Option<&str>) -> Payment {
    Payment {
        from: "alice".to_owned(),
        to: "bob".to_owned(),
        amount: amount(how_much),
        fee: fee.map(amount),
    }
}

fn plan(sim: &mut Sim, ix: NodeIx, wish: Payment) -> SendPlan {
    match sim.ask(ix, Question::PlanSend(wish)) {
        Ok(Reply::Plan(plan)) => plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_fee_a_payment_pays_what_is_proposed_or_the_least_for_its_size() {
    for (fee, min, how_much, wanted) in [
        ("0", "0", "0.5", "0"),
        ("0.002", "0", "0.5", "0.002"),
        ("0.002", "0.001", "0.5", "0.002"),
        ("0", "0.001", "0.5", "0.000213"),
        // Thirty coins and what comes back: 30 x 133 and 80 bytes.
        ("0.002", "0.001", "29.5", "0.00407"),
        // What the fee takes away is as much as another coin, whose bytes then cost as well.
        ("0", "0.001", "30", "0.004203"),
    ] {
        let (mut sim, ix) = alone(fee, min);
        let told = plan(&mut sim, ix, wish(how_much, None));
        assert_eq!(told.fee, amount(wanted), "{fee} {min} {how_much}");
        assert_eq!(told.payment.fee, Some(told.fee));
        // What is sent is what was told, whether the fee is said or not.
        for payment in [told.payment.clone(), wish(how_much, None)] {
            let (mut sim, ix) = alone(fee, min);
            match sim.call(ix, Command::Send(payment)) {
                Ok(Reply::Sent { plan, .. }) => assert_eq!(plan, told),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_fee_that_was_said_is_not_raised_and_all_that_there_is_cannot_be_paid() {
    let (mut sim, ix) = alone("0.002", "0.001");
    assert_eq!(
        plan(&mut sim, ix, wish("1.5", Some("0.5"))).fee,
        amount("0.5")
    );
    let refused = sim.call(ix, Command::Send(wish("0.5", Some("0.0002"))));
    let refused = refused.expect_err("below the minimum");
    assert_eq!(refused.kind, RefusalKind::Invalid);
    assert_eq!(
        refused.words,
        "pays 0.0002, 0.000213 is the least for its size"
    );
    let refused = sim.ask(ix, Question::PlanSend(wish("40", None)));
    assert_eq!(
        refused.expect_err("not enough").kind,
        RefusalKind::NotEnough
    );
}

const LAB: &str = r#"
[chain]
retarget = "fixed"
difficulty = "auto"
fee = "0.002"
min_fee_per_kb = "0.001"

[chain.genesis]
alice = "10"
bob = "10"

[[node]]
name = "central"
wallets = ["alice", "bob"]

[[step]]
do = "send"
from = "bob"
to = "alice"
amount = "1"

[[step]]
when = "height >= 1000"
note = "so that the run does not end"
"#;

#[test]
fn steps_methods_and_verbs_propose_the_same() {
    let mut shell = Shell::new();
    fs::write(shell.home().join("fees.toml"), LAB).expect("room on disk");
    shell.start(
        &["run", "fees.toml", "--headless", "--for", "10min"],
        "lab.log",
    );
    let bobs = ["wallet", "history", "bob", "--json"];
    let is_paid = |history: &Value| history[0]["spent"] == json!("1.002");
    let history = shell
        .until(&bobs, |said| said.code == 0 && is_paid(&said.json()))
        .json();
    assert_eq!(history[0]["fee"], "0.002");
    let rpc = |method| ["rpc", method, "from=alice", "to=bob", "amount=1", "--json"];
    let planned = shell.done(&rpc("plan_send")).json();
    assert_eq!(planned["plan"]["fee"], "0.002");
    let sent = shell.done(&rpc("send")).json();
    assert_eq!(sent["sent"]["plan"]["fee"], "0.002");
    let send = [
        "send", "--from", "alice", "--to", "bob", "--amount", "1", "--json",
    ];
    let sent = shell.done(&send).json();
    assert_eq!(sent["sent"]["sent"]["plan"]["fee"], "0.002");
    let sent = shell
        .done(&[&send[..], &["--fee", "0.003"]].concat())
        .json();
    assert_eq!(sent["sent"]["sent"]["plan"]["fee"], "0.003");
    let low = shell.refused(
        2,
        &[
            "send", "--from", "alice", "--to", "bob", "--amount", "1", "--fee", "0",
        ],
    );
    assert_eq!(
        low,
        "chainlab: pays 0, 0.000213 is the least for its size\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_proposes_a_fee_that_its_mempools_take() {
    let text = LAB.replace("fee = \"0.002\"\nmin", "min");
    let (lab, entry) = open_lab(&text).await;
    let least = amount("0.000213");
    assert_eq!(lab.view().fee, least);
    let mut client = Raw::at(&entry.endpoint.at).await;
    let about = client.asks(hello(&cookie(&entry.endpoint))).await;
    assert_eq!(about["result"]["fee"], json!(least));
    lab.close().await.expect("it closes");
}
