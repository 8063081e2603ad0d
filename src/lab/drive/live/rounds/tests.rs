//! Rounds follow each other, and leave nothing behind.

use super::super::tests::{answer, ask, lab};
use super::*;
use crate::lab::ask::TrafficChange;
use crate::lab::drive::Backend;
use crate::node::NodeIx;
use crate::node::io::Command;
use std::sync::Weak;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const TEXT: &str = r#"
[chain.genesis]
alice = "10"
bob = "10"

[[node]]
name = "central"
wallets = ["alice"]

[[node]]
name = "miner"
connect = ["central"]
wallets = ["bob"]
mine = { hashrate = "1 kH/s", first = "at once" }

[[step]]
note = "it begins"

[[step]]
when = "height >= 1000000"
note = "it ends"
"#;

/// Waits until nothing holds a round any more: no task, no watcher, no request.
async fn gone(round: Weak<Round>) {
    let look = async {
        while round.strong_count() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let gone = timeout(Duration::from_secs(60), look).await;
    gone.expect("what a round began ends with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_round_is_left_when_the_next_one_has_begun() {
    let (rounds, mut answers) = lab(TEXT);
    let network = |round: &Round| round.params.genesis_block().hash();
    let first = network(&rounds.round());
    for run in 1..=3 {
        let old = {
            let round = rounds.round();
            round.came_up().await;
            Arc::downgrade(&round)
        };
        let rate = TrafficChange {
            on: Some(true),
            rate: Some(100.0),
        };
        let asked = [
            Request::Traffic(rate),
            Request::Node(NodeIx(1), Command::MineNow),
            Request::Script(ScriptChange::Restart),
        ];
        let asked = asked.map(|request| ask(&rounds, request));
        for () in asked {
            // Each is answered, done or not.
            let _answer = answer(&mut answers).await;
        }
        {
            let now = rounds.round();
            assert_eq!((now.number, network(&now)), (run, first));
        }
        gone(old).await;
    }
    let last = Arc::downgrade(&rounds.round());
    rounds.close().await.expect("closes");
    drop(rounds);
    gone(last).await;
}
