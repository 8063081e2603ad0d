//! Whether full nodes have the end of the chain that a light node is on.

use super::stage::{Stage, WAYS};
use crate::common::*;
use std::time::Duration;

#[test]
fn a_branch_that_no_full_node_serves_is_told_as_such() {
    for way in WAYS {
        let mut stage = Stage::by(way, &["one"]);
        stage.imports("light", "alice", ALICE);
        let rival = stage.miner.rival(3);
        let blocks = stage.miner.mine_empty(5);
        stage.finds("one", &blocks);
        stage.settles();
        assert_eq!(stage.info().serve_tip, (1, 0), "{way:?}");
        stage.add("other");
        stage.miner = rival;
        let shorter = stage.miner.mine_empty(3);
        stage.finds("other", &shorter);
        stage.connects("other");
        stage.waits(Duration::from_secs(20));
        assert_eq!(stage.info().serve_tip, (1, 1), "{way:?}");
        assert_eq!(stage.found_out(), [""; 0], "one has it");
        stage.parts_from("one");
        assert_eq!(stage.info().serve_tip, (0, 1), "{way:?}");
        let words = stage.found_out();
        assert!(
            words[0].starts_with("no full node serves block #5 "),
            "{words:?}"
        );
        assert_eq!(
            stage.info().headers,
            5,
            "it is the heavier one all the same"
        );
        let more = stage.miner.mine_empty(4);
        stage.finds("other", &more);
        stage.settles();
        assert_eq!(stage.info().serve_tip, (1, 0), "{way:?}");
        assert_eq!(stage.info().headers, 7);
    }
}
