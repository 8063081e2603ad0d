//! Links of a lab that has nodes of its own and shows nodes of others: each is changed where it is.

use crate::attach::served;
use crate::common::running::{TEXT, begun, bend, done, options, refused, start, until};
use chainlab::lab::ask::LinkChange;
use chainlab::lab::{Answer, Lab, LabView, Request};
use chainlab::link::{LinkState, Preset};

fn cut(from: &str, to: &str) -> Request {
    bend(from, to, LinkChange::to_state(LinkState::Cut))
}

/// A lab with three nodes, and one that has three of its own beside those.
async fn mixed() -> (Lab, Lab) {
    let (other, entry) = served().await;
    let lab = start(options(TEXT)).expect("it starts");
    begun(&lab).await;
    lab.attach_to(entry.endpoint).await.expect("it answers");
    (lab, other)
}

/// The links of a view that are not open, by the names of their ends.
fn shut(view: &LabView) -> Vec<[String; 2]> {
    let name = |ix| view.node(ix).expect("it is there").name.to_string();
    let shut = view.links.iter().filter(|link| !link.is_wholly_open());
    shut.map(|link| [name(link.ends.0), name(link.ends.1)])
        .collect()
}

fn words(text: &str) -> Answer {
    Answer::Done(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_between_two_nodes_of_another_lab_is_bent_there() {
    let (lab, other) = mixed().await;
    let (far, theirs) = (["central-2", "miner-2"], ["central", "miner"]);
    let states = [LinkState::Cut, LinkState::BlackHole, LinkState::Open];
    for state in states {
        let said = done(&lab, bend(far[0], far[1], LinkChange::to_state(state))).await;
        let is = match state {
            LinkState::Cut => "is cut",
            LinkState::BlackHole => "is a black hole",
            LinkState::Open => "is open",
        };
        assert_eq!(
            said,
            words(&format!("the link between central-2 and miner-2 {is}"))
        );
        // There it is so when that is said, and here soon.
        let expected = |of: [&str; 2]| match state {
            LinkState::Open => Vec::new(),
            _ => vec![of.map(str::to_owned)],
        };
        assert_eq!(shut(&other.view()), expected(theirs));
        until(&lab, |view| shut(view) == expected(far)).await;
    }
    let preset = Preset::named("3g").expect("there is one");
    done(&lab, bend(far[0], far[1], LinkChange::to_preset(preset))).await;
    let of = |view: &LabView| {
        let ix = |name| view.named(name).expect("it is there");
        let ends = (ix("central"), ix("miner"));
        let link = view.links.iter().find(|link| link.ends == ends);
        link.expect("it is there").there.latency
    };
    assert_eq!(of(&other.view()), preset.conditions.latency);
    assert_ne!(of(&lab.view()), preset.conditions.latency);
    // By their addresses as well.
    let view = lab.view();
    let addr = |name: &str| {
        let node = view.node(view.named(name).expect("it is there"));
        let addr = node.and_then(|node| node.addr);
        addr.expect("it listens").to_string()
    };
    done(&lab, cut(&addr("miner-2"), &addr("central-2"))).await;
    assert_eq!(shut(&other.view()), [theirs]);
    let strangers = ["127.0.0.1:1", "127.0.0.1:2"];
    assert_eq!(
        refused(&lab, cut(strangers[0], strangers[1])).await,
        "neither 127.0.0.1:1 nor 127.0.0.1:2 is a node of this lab"
    );
    for lab in [lab, other] {
        lab.close().await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_one_end_in_this_lab_is_bent_here() {
    let (lab, other) = mixed().await;
    let said = done(&lab, cut("central", "miner-2")).await;
    assert_eq!(said, words("the link between central and miner-2 is cut"));
    let nothing: [[String; 2]; 0] = [];
    assert_eq!(shut(&other.view()), nothing);
    // These two have never met, so no link is shown; but one is shut.
    for said in ["every link is open", "every link was open already"] {
        assert_eq!(done(&lab, Request::HealAll).await, words(said));
    }
    for lab in [lab, other] {
        lab.close().await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_links_are_opened_here_and_elsewhere() {
    let (lab, other) = mixed().await;
    done(&other, cut("central", "miner")).await;
    until(&lab, |view| shut(view) == [["central-2", "miner-2"]]).await;
    done(&lab, cut("wallet", "central")).await;
    let said = done(&lab, Request::HealAll).await;
    assert_eq!(said, words("every link is open"));
    assert!(shut(&other.view()).is_empty());
    until(&lab, |view| shut(view).is_empty()).await;
    let said = done(&lab, Request::HealAll).await;
    assert_eq!(said, words("every link was open already"));
    for lab in [lab, other] {
        lab.close().await.expect("it closes");
    }
}
