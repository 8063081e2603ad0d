//! What is said of a lab in a few words, and what expressions count: a node that is behind on the
//! same branch is no fork. In a lab that runs, in one that is attached, and in virtual time.

use crate::common::control::open_lab;
use crate::common::running::{begun, done, mine, until};
use chainlab::lab::drive::play;
use chainlab::lab::layout::read;
use chainlab::lab::script::StepState;
use chainlab::lab::view::headline::{Chains, Headline, Network};
use chainlab::lab::{Lab, LabView, Request};
use chainlab::node::NodeIx;
use std::time::Duration;

const A: NodeIx = NodeIx(0);
const B: NodeIx = NodeIx(1);
const C: NodeIx = NodeIx(2);

/// All connected with all. Blocks come when a test asks for them, but for the first.
const THREE: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"

[topology]
kind = "mesh"

[[node]]
name = "a"
wallets = ["gold"]
mine = { mode = "off", hashrate = "1 kH/s", to = "gold", first = "at once" }

[[node]]
name = "b"

[[node]]
name = "c"
wallets = ["silver"]
mine = { mode = "off", hashrate = "1 kH/s", to = "silver" }
"#;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first view of which this is said. A headline also changes because it has stood for long
/// enough.
async fn says(lab: &Lab, wanted: impl Fn(&Headline) -> bool) -> LabView {
    let mut changes = lab.changes();
    let said = async {
        loop {
            let view = lab.view();
            if wanted(&view.headline) {
                return view;
            }
            let due = view.headline.due.map(|due| due.since(view.now));
            let due = due.unwrap_or(PATIENCE) + Duration::from_millis(1);
            let _ = tokio::time::timeout(due, changes.changed()).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, said).await;
    found.unwrap_or_else(|_| panic!("it says {:?}", lab.view().headline))
}

fn agree(said: &Headline, height: u32) -> bool {
    let is_it = matches!(&said.chains, Chains::Agree { tip, nodes: 3 } if tip.height == height);
    is_it && said.network == Network::Whole
}

async fn holds(lab: &Lab, text: &str) {
    let expr = text.parse().expect("an expression");
    let judged = expr_judged(lab, &expr).await;
    assert_eq!(judged, Vec::<String>::new(), "{text}");
}

async fn expr_judged(lab: &Lab, expr: &chainlab::lab::script::Expr) -> Vec<String> {
    expr.judge(&lab.facts_for(expr).await).why
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_behind_on_the_same_branch_is_behind_and_a_rival_is_a_fork() {
    let (lab, entry) = open_lab(THREE).await;
    begun(&lab).await;
    let far = Lab::attach(vec![entry.endpoint]).await.expect("it answers");
    let both = [&lab, &far];
    for lab in both {
        says(lab, |said| agree(said, 1)).await;
        holds(lab, "tips == 1 and branches == 1").await;
    }
    let groups = vec![vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()]];
    done(&lab, Request::Partition(groups)).await;
    // Their side goes on, and c does not hear of it.
    for _ in 0..3 {
        mine(&lab, A).await;
    }
    let split = Network::Partition(vec![2, 1]);
    for lab in both {
        let view = says(lab, |said| {
            let on_its_way = |of: &Chains| match of {
                Chains::OnItsWay { block, at, of } => (block.height, *at, *of) == (4, 2, 3),
                _ => false,
            };
            on_its_way(&said.chains) && said.network == split
        })
        .await;
        assert_eq!(view.tips().len(), 2);
        holds(lab, "tips == 2 and branches == 1").await;
    }
    mine(&lab, C).await;
    for lab in both {
        says(lab, |said| said.chains == Chains::Fork { branches: 2 }).await;
        holds(lab, "tips == 2 and branches == 2").await;
    }
    done(&lab, Request::Unite).await;
    for lab in both {
        says(lab, |said| agree(said, 4)).await;
        holds(lab, "branches == 1").await;
    }
    // Each block has one chip, as long as the lab is there.
    let view = until(&far, |view| view.tips().len() == 1).await;
    let recent = |view: &LabView| {
        view.nodes[B.0]
            .snapshot
            .clone()
            .expect("seen")
            .recent
            .clone()
    };
    for info in recent(&view) {
        assert_eq!(view.chips.find(&info.id.hash), Some(info.id));
        assert_eq!(view.chips.of(info.id), lab.view().chips.of(info.id));
    }
    done(&lab, Request::Kill(C)).await;
    for lab in both {
        says(lab, |said| said.network == Network::Down(1)).await;
    }
    for lab in [far, lab] {
        lab.close().await.expect("it closes");
    }
}

#[test]
fn branches_are_counted_in_virtual_time_as_in_a_lab_that_runs() {
    let steps = r#"
[[step]]
when = "height >= 1"
do = "partition"
groups = [["a", "b"], ["c"]]
expect = "tips == 1 and branches == 1"
[[step]]
do = "mine_now"
node = "a"
[[step]]
do = "mine_now"
node = "a"
expect = "height@b == 3 and height@c == 1 and tips == 2 and branches == 1"
[[step]]
do = "mine_now"
node = "c"
expect = "tips == 2 and branches == 2"
[[step]]
do = "unite"
expect = "tips == 1 and branches == 1"
within = "30s"
"#;
    let layout = read("lab.toml", &format!("{THREE}{steps}")).expect("a layout");
    let played = play(&layout, 7, Duration::from_secs(120)).expect("it can be played");
    for step in &played.core().steps().steps {
        assert_eq!(step.state, StepState::Done, "{}", step.what);
    }
}
