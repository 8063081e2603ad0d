//! A bug in virtual time.

use super::*;
use crate::lab::layout::{read, shipped};
use crate::node::NodeIx;
use crate::node::io::Command;

#[tokio::test]
async fn a_bug_in_virtual_time_ends_the_lab_and_leaves_no_asker_waiting() {
    let text = shipped::text("scenario").expect("shipped");
    let layout = read("scenario", text).expect("sound");
    let started = start(
        layout,
        VirtualOptions::default(),
        RunOptions::default(),
        Control::Off,
        Handle::current(),
    );
    let (paced, mut answers) = started.expect("it starts");
    assert!(paced.view().nodes.iter().all(|node| node.state.is_up()));
    // What waits for a block waits when the bug comes, too.
    assert!(paced.with(|_| -> () { panic!("a bug") }).is_none());
    let ticket = Ticket(1);
    let request = Request::Node(NodeIx(0), Command::MineNow);
    Arc::clone(&paced).request(ticket, request);
    let (answered, answer) = answers.recv().await.expect("an answer");
    assert_eq!((answered, answer), (ticket, Err(BUG.to_owned())));
    let failed = NodeState::Failed(BUG.into());
    assert!(paced.view().nodes.iter().all(|node| node.state == failed));
    paced.close().await.expect("closes");
}
