//! Nodes of several networks in one lab: tips, branches, and what is on its way are each network's.

use crate::common::coins;
use crate::picture;
use chainlab::chain::BlockHash;
use chainlab::lab::LabView;
use chainlab::lab::core::{Begin, Core, Input, Level, Moment, Sight};
use chainlab::lab::layout::read;
use chainlab::lab::view::headline::Chains;
use chainlab::node::io::{BlockStage, Event, EventKind};
use chainlab::node::snapshot::{BlockInfo, ProgramInfo};
use chainlab::node::{BlockId, NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

const TEXT: &str = r#"
[[node]]
name = "east"

[[node]]
name = "west"
connect = ["east"]

[[node]]
name = "core1"
kind = "bitcoin"
address = "127.0.0.1:18444"

[[node]]
name = "core2"
kind = "bitcoin"
address = "127.0.0.1:18445"
"#;

const EAST: NodeIx = NodeIx(0);
const WEST: NodeIx = NodeIx(1);
const CORE1: NodeIx = NodeIx(2);
const CORE2: NodeIx = NodeIx(3);

struct Scene {
    core: Core,
    ran: Duration,
}

fn block(height: u32, branch: u8) -> BlockId {
    let mut hash = [branch; 32];
    hash[..4].copy_from_slice(&height.to_le_bytes());
    BlockId {
        height,
        hash: BlockHash(hash),
    }
}

impl Scene {
    fn new() -> Self {
        let layout = read("mixed", TEXT).expect("it is sound");
        let core = Core::of_layout(&Begin {
            layout: &layout,
            since: Time(1_000_000),
            draws: [7; 32],
            level: Level::All,
            sight: Sight::Shown,
            round: 0,
            plays: true,
        });
        let mut scene = Self {
            core,
            ran: Duration::ZERO,
        };
        for node in [EAST, WEST, CORE1, CORE2] {
            let addr = None;
            let life = 1;
            scene.handle(Input::Started { node, life, addr });
        }
        scene
    }

    fn now(&self) -> Moment {
        Moment {
            at: Time(1_000_000) + self.ran,
            ran: self.ran,
        }
    }

    fn handle(&mut self, input: Input) {
        self.ran += Duration::from_millis(100);
        self.core.handle(self.now(), input);
        while self.core.poll().is_some() {}
    }

    /// A node stands on this block, which stands on the one below of the same branch.
    fn stands(&mut self, node: NodeIx, id: BlockId, away: Option<&str>) {
        let mut snapshot = picture::node("node", 3_000, id.height)
            .snapshot
            .expect("it has one");
        let seen = Arc::make_mut(&mut snapshot);
        seen.tip = id;
        seen.at = self.now().at;
        seen.recent = vec![BlockInfo {
            id,
            previous: block(id.height - 1, 0).hash,
            time: seen.tip_time,
            txs: None,
            miner: None,
        }];
        if node.0 >= CORE1.0 {
            seen.mining = None;
            seen.program = Some(Box::new(ProgramInfo {
                network: "regtest".to_owned(),
                away: away.map(str::to_owned),
                ..ProgramInfo::default()
            }));
        }
        self.handle(Input::Shown {
            node,
            life: 1,
            snapshot,
        });
    }

    fn happens(&mut self, node: NodeIx, kind: EventKind) {
        let at = self.now().at;
        let event = Arc::new(Event { at, kind });
        self.handle(Input::Event {
            node,
            life: 1,
            event,
        });
    }

    fn view(&self) -> LabView {
        self.core.view(self.now(), &[])
    }

    fn says(&mut self) -> Chains {
        // What is shown stands for a while.
        self.ran += Duration::from_secs(5);
        self.handle(Input::Tick);
        self.view().headline.chains
    }
}

#[test]
fn heights_of_one_network_say_nothing_about_another() {
    let mut scene = Scene::new();
    for node in [EAST, WEST] {
        scene.stands(node, block(12, 1), None);
    }
    for node in [CORE1, CORE2] {
        scene.stands(node, block(850_000, 2), None);
    }
    let facts = scene.core.facts();
    assert_eq!((facts.tips(), facts.branches), (1, 1), "each agrees");
    let says = scene.says();
    assert!(matches!(says, Chains::Agree { nodes: 2, .. }), "{says:?}");
    let names: Vec<_> = scene
        .view()
        .networks
        .into_iter()
        .map(|one| (one.name, one.nodes))
        .collect();
    assert_eq!(
        names,
        [
            ("chainlab".into(), vec![EAST, WEST]),
            ("regtest".into(), vec![CORE1, CORE2])
        ]
    );
    scene.stands(CORE2, block(850_000, 3), None);
    let facts = scene.core.facts();
    assert_eq!((facts.tips(), facts.branches), (2, 2), "the worst counts");
    assert_eq!(scene.says(), Chains::Fork { branches: 2 });
}

#[test]
fn a_block_is_waited_for_by_the_nodes_of_its_own_network() {
    let mut scene = Scene::new();
    for node in [CORE1, CORE2] {
        scene.stands(node, block(850_000, 2), None);
    }
    let found = block(13, 1);
    let reward = coins(10);
    scene.happens(
        EAST,
        EventKind::Mined {
            block: found,
            txs: 0,
            reward,
        },
    );
    let seen = block(850_001, 2);
    for (node, stage) in [
        (CORE1, BlockStage::Announced),
        (CORE2, BlockStage::Connected),
    ] {
        let by = "headers".to_owned();
        let txs = None;
        scene.happens(
            node,
            EventKind::BlockSeen {
                block: seen,
                stage,
                by,
                txs,
            },
        );
    }
    let view = scene.view();
    let waited: Vec<_> = view
        .block_propagation
        .iter()
        .map(|one| (one.id, one.expected.clone(), one.is_own))
        .collect();
    assert_eq!(
        waited,
        [
            (seen, vec![CORE1, CORE2], false),
            (found, vec![EAST, WEST], true)
        ],
        "the newest first, and the lower one is on its way as well"
    );
}

#[test]
fn a_node_out_of_sight_is_not_counted_with_those_that_run() {
    let mut scene = Scene::new();
    scene.stands(CORE1, block(850_000, 2), None);
    scene.stands(CORE2, block(849_000, 2), Some("it does not answer"));
    assert_eq!(scene.core.facts().tips(), 1);
    let running: Vec<_> = scene.view().running().map(|(ix, _)| ix).collect();
    assert_eq!(running, [CORE1]);
}
