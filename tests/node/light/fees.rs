//! What a light node pays for its payments to be taken.

use super::stage::{Stage, WAYS};
use crate::common::*;
use chainlab::chain::Amount;
use chainlab::node::LightWay;
use chainlab::node::io::{Question, Reply};
use chainlab::node::message::Message;

/// Alice's wallet, with peers whose mempools want so many units for 1 000 bytes: at least, and for the
/// next block.
fn stage(way: LightWay, max_fee: Option<Amount>, wants: &[(&'static str, u64, u64)]) -> Stage {
    let mut stage = Stage::with_config(way, &[], |config| config.max_fee = max_fee);
    for (name, floor, next_block) in wants.iter().copied() {
        stage.add(name);
        stage.bends(name, move |message| {
            Some(match message {
                Message::FeeFilter(mut rates) => {
                    (rates.floor, rates.next_block) = (units(floor), units(next_block));
                    Message::FeeFilter(rates)
                }
                other => other,
            })
        });
        stage.connects(name);
    }
    stage.settles();
    stage.imports("light", "alice", ALICE);
    stage
}

fn fee(stage: &Stage) -> Result<(Amount, usize), String> {
    let payment = chainlab::node::io::Payment {
        from: "alice".to_owned(),
        to: stage.params.address(owner(BOB)).to_string(),
        amount: coins(1),
        fee: None,
    };
    match stage.asks(Question::PlanSend(payment)) {
        Ok(Reply::Plan(plan)) => Ok((plan.fee, plan.bytes)),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.words),
    }
}

#[test]
fn it_pays_the_median_of_what_peers_guess_for_the_next_block() {
    for way in WAYS {
        let wants = [
            ("a", 1_000, 2_000),
            ("b", 1_000, 3_000),
            ("liar", 1_000, 900_000_000),
        ];
        let stage = stage(way, None, &wants);
        let (paid, bytes) = fee(&stage).expect("she has it");
        let bytes = u64::try_from(bytes).expect("short");
        assert_eq!(paid, units((3 * bytes).div_ceil(1)), "{way:?}");
    }
}

#[test]
fn it_pays_no_more_than_its_configuration_allows_and_says_so_if_that_is_too_little() {
    let most = Some(units(100));
    let (paid, _) = fee(&stage(LightWay::Filter, most, &[("a", 10, 9_000)])).expect("she has it");
    assert_eq!(paid, units(100));
    let refused = fee(&stage(LightWay::Filter, most, &[("a", 5_000, 9_000)]));
    let words = refused.expect_err("none would take it");
    assert!(
        words.starts_with("peers take it from a fee of 0.0000")
            && words.ends_with("on, and this node pays 0.000001 at most: give the fee"),
        "{words}"
    );
}
