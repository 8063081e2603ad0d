//! What may wait for answers.

use super::super::tests::lab;
use super::*;
use crate::lab::drive::Backend;
use crate::lab::drive::waiting::WAITING_MAX;

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_those_that_may_wait_are_refused_and_later_ones_are_not() {
    let (rounds, _answers) = lab("[[node]]\nname = \"central\"\n");
    let round = rounds.round();
    let mut dummies = Vec::new();
    while let Ok(ticket) = round.waiting().add(oneshot::channel().0) {
        dummies.push(ticket);
    }
    assert_eq!(dummies.len(), WAITING_MAX);
    let refused = round.ask(Request::Unite).answer().await;
    let words = refused.expect_err("there is no room").words;
    assert!(words.contains("are not done yet"), "{words}");
    drop(round.waiting().take_all());
    let done = round.ask(Request::Unite).answer().await;
    done.expect("there is room again");
    drop(round);
    rounds.close().await.expect("closes");
}
