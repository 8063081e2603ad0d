//! A screen comes to a lab of eight nodes that runs elsewhere: from the first packet to all nodes
//! seen. Beside it, the least that anybody does who wants to know as much: connect, and ask once.

use crate::doors::{Opened, waits};
use crate::labs::{Links, crowd};
use crate::ratio::{Harness, Target, timed};
use chainlab::lab::control::Client;
use chainlab::lab::{Lab, LabView};
use std::time::Duration;
use tokio::runtime::Runtime;

const NODES: usize = 8;

const ROUNDS: usize = 20;

const MOST: Duration = Duration::from_millis(300);

pub fn attach(harness: &mut Harness) {
    let opened = Opened::start(&crowd(NODES, &Links::Random, "1s"));
    waits(&opened.lab, all_seen);
    let endpoint = &opened.entry.endpoint;
    let elsewhere = Runtime::new().expect("threads");
    let [attached, asked] = harness.interleave(
        ROUNDS,
        [
            &mut || {
                let (took, lab) = timed(|| {
                    let lab = elsewhere.block_on(Lab::attach(vec![endpoint.clone()]));
                    let lab = lab.expect("it answers");
                    waits(&lab, all_seen);
                    lab
                });
                elsewhere.block_on(lab.close()).expect("it closes");
                took
            },
            &mut || {
                let (took, nodes) = timed(|| {
                    elsewhere.block_on(async {
                        let client = Client::connect(endpoint).await.expect("it answers");
                        client.status().await.expect("it answers")
                    })
                });
                assert_eq!(nodes.len(), NODES);
                took
            },
        ],
    );
    harness.report(
        "attach to eight nodes, all seen",
        &attached,
        ("connect and status", &asked),
        Target::Under(MOST),
    );
    opened.close();
}

fn all_seen(view: &LabView) -> bool {
    let seen = view.nodes.iter().filter(|node| node.snapshot.is_some());
    seen.count() == NODES
}
