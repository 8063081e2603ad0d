//! Links of a lab that has nodes of its own and shows nodes of others: each is changed where it is.

use crate::attach::served;
use crate::common::running::{TEXT, begun, done, options, refused, start, until};
use chainlab::lab::ask::{Bend, LinkChange};
use chainlab::lab::{Answer, Lab, LabView, Request};
use chainlab::link::{LinkState, Preset};

fn bend(from: &str, to: &str, change: LinkChange) -> Request {
    Request::Link(Bend {
        from: from.to_owned(),
        to: to.to_owned(),
        is_both_ways: true,
        change,
    })
}

fn cut(from: &str, to: &str) -> Request {
    bend(from, to, LinkChange::to_state(LinkState::Cut))
}

/// A lab with three nodes, and one that has three of its own beside those.
async fn mixed() -> (Lab, Lab, String) {
    let (other, entry) = served().await;
    let lab = start(options(TEXT)).expect("it starts");
    begun(&lab).await;
    let at = entry.door.at.to_string();
    lab.attach_to(entry.door).await.expect("it answers");
    (lab, other, at)
}

/// The links of a view that are not open, by the names of their ends.
fn shut(view: &LabView) -> Vec<[String; 2]> {
    let name = |ix| view.node(ix).expect("it is there").name.to_string();
    let shut = view.links.iter().filter(|link| !link.is_wholly_open());
    shut.map(|link| [name(link.ends.0), name(link.ends.1)])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_between_two_nodes_of_another_lab_is_refused_and_nothing_is_said_to_be_cut() {
    let (lab, other, at) = mixed().await;
    let wanted = |from: &str, to: &str| {
        format!("{from} and {to} run elsewhere: change the link between them there, at {at}")
    };
    let changes = [
        LinkChange::to_state(LinkState::Cut),
        LinkChange::to_state(LinkState::BlackHole),
        LinkChange::to_state(LinkState::Open),
        LinkChange::to_preset(Preset::named("3g").expect("there is one")),
    ];
    for change in changes {
        let said = refused(&lab, bend("central-2", "miner-2", change)).await;
        assert_eq!(said, wanted("central-2", "miner-2"));
    }
    // By their addresses as well: one of them does not make it a link of this lab.
    let view = lab.view();
    let addr = |name: &str| {
        let mut nodes = view.nodes.iter();
        let found = nodes.find(|node| &*node.name == name).expect("it is there");
        found.addr.expect("it listens").to_string()
    };
    let (from, to) = (addr("miner-2"), addr("central-2"));
    assert_eq!(
        refused(&lab, cut(&from, &to)).await,
        wanted("miner-2", "central-2")
    );
    assert_eq!(
        refused(&lab, cut(&from, "wallet-2")).await,
        wanted("miner-2", "wallet-2")
    );
    let strangers = ["127.0.0.1:1", "127.0.0.1:2"];
    assert_eq!(
        refused(&lab, cut(strangers[0], strangers[1])).await,
        "neither 127.0.0.1:1 nor 127.0.0.1:2 is a node of this lab"
    );
    let nothing: [[String; 2]; 0] = [];
    assert_eq!(
        (shut(&lab.view()), shut(&other.view())),
        (nothing.to_vec(), nothing.to_vec())
    );
    // One end in this process is enough.
    let said = done(&lab, cut("central", "miner-2")).await;
    assert_eq!(
        said,
        Answer::Done("the link between central and miner-2 is cut".to_owned())
    );
    for lab in [lab, other] {
        lab.close().await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_shut_elsewhere_are_not_said_to_be_open_when_all_are_opened_here() {
    let (lab, other, at) = mixed().await;
    done(&other, cut("central", "miner")).await;
    until(&lab, |view| shut(view) == [["central-2", "miner-2"]]).await;
    done(&lab, cut("wallet", "central")).await;
    let said = done(&lab, Request::HealAll).await;
    let words = format!(
        "every link of this lab's own nodes is open; 1 link elsewhere is shut: open it there, at {at}"
    );
    assert_eq!(said, Answer::Done(words));
    assert_eq!(shut(&lab.view()), [["central-2", "miner-2"]]);
    done(&other, Request::HealAll).await;
    until(&lab, |view| shut(view).is_empty()).await;
    let said = done(&lab, Request::HealAll).await;
    assert_eq!(said, Answer::Done("every link was open already".to_owned()));
    for lab in [lab, other] {
        lab.close().await.expect("it closes");
    }
}
