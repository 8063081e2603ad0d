//! Nodes that do not end as they should.

use super::super::rounds::Rounds;
use super::super::tests::{answer, ask, lab as open};
use super::*;
use crate::lab::ask::Request;
use crate::lab::drive::Backend;
use crate::lab::layout::shipped;
use crate::lab::view::NodeState;
use tokio::runtime::Builder;

/// A lab whose first node is down.
async fn lab() -> Arc<Rounds> {
    let (rounds, mut answers) = open(shipped::text("scenario").expect("shipped"));
    let mut changes = rounds.changes();
    while rounds.round().is_starting() {
        changes.changed().await.expect("the lab goes on");
    }
    ask(&rounds, Request::Kill(NodeIx(0)));
    answer(&mut answers).await.expect("it ran");
    rounds
}

/// Another life of that node begins, which no task sees to.
fn begin(round: &Round) -> u64 {
    let mut core = round.core();
    core.start(NodeIx(0));
    while core.poll().is_some() {}
    core.nodes()[0].life()
}

fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    runtime.block_on(test);
}

#[test]
fn a_node_whose_task_has_a_bug_has_failed_and_the_lab_closes() {
    run(async {
        let rounds = lab().await;
        let round = rounds.round();
        let opening = tokio::spawn(async move {
            let (ix, what) = (NodeIx(0), "opens");
            let life = begin(&round);
            let _duty = Duty {
                round,
                ix,
                life,
                what,
            };
            panic!("a bug");
        });
        assert!(opening.await.is_err_and(|error| error.is_panic()));
        let state = rounds.view().nodes[0].state.clone();
        let NodeState::Failed(why) = &state else {
            panic!("{state:?}");
        };
        assert_eq!(&**why, "a bug in the task that opens it; the log says more");
        rounds.close().await.expect("closes");
    });
}

#[test]
fn closing_does_not_wait_for_ever_and_says_for_what_it_waited() {
    run(async {
        let rounds = lab().await;
        let life = begin(&rounds.round());
        let stopped = rounds.round().stop_within(Duration::from_millis(1)).await;
        let words = stopped.expect_err("it never opens").to_string();
        assert!(words.contains("central (starting)"), "{words}");
        let (node, end) = (NodeIx(0), End::Stopped);
        rounds.round().handle(Input::Ended { node, life, end });
        rounds.close().await.expect("closes");
    });
}
