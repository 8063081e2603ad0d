//! All blocks of a lab as a tree, and their way through it: what the screen shows at every size, and
//! what keys do there.

use crate::common::lab_view::see_blocks;
use crate::picture::{
    COLOURED, PLAIN, arrival, at, block, change, crowd, draw, lines, press, scenario, screen, txid,
};
use chainlab::chain::{BlockHash, Txid};
use chainlab::lab::LabView;
use chainlab::lab::observe::histogram::Percentiles;
use chainlab::lab::view::{Propagation, Reorganisation, Times};
use chainlab::node::NodeIx;
use chainlab::node::snapshot::BlockInfo;
use chainlab::ui::app::UiState;
use chainlab::ui::theme::Theme;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const SIZES: [(u16, u16); 6] = [(120, 36), (80, 24), (200, 60), (60, 15), (40, 12), (0, 0)];

/// A screen on which everything has room.
const ALL: (u16, u16) = (400, 120);

/// A picture at every size, of a screen that has looked at one lab after the other and then was
/// given keys.
fn pictures(name: &str, labs: &[&LabView], keys: &str) {
    let lab = labs.last().expect("a lab");
    let whole: BTreeSet<_> = [(ALL, COLOURED), (ALL, PLAIN), ((90, 120), COLOURED)]
        .into_iter()
        .flat_map(|(size, theme)| {
            crate::lint::figures(&lines(&draw(lab, &after(labs, size, theme, keys))))
        })
        .collect();
    let mut text = String::new();
    for size in SIZES {
        let what = format!("{name} at {}x{}", size.0, size.1);
        let buffer = draw(lab, &after(labs, size, COLOURED, keys));
        let shown = lines(&buffer);
        crate::lint::borders_are_closed(&buffer, &what);
        if size.0 >= 60 && size.1 >= 15 {
            crate::lint::no_figure_is_cut(&shown, &whole, &what);
        }
        text += &format!("{what}\n{}\n\n", shown.join("\n"));
        let buffer = draw(lab, &after(labs, size, PLAIN, keys));
        crate::lint::has_no_colour(&buffer, &what);
        crate::lint::is_ascii(&lines(&buffer), &what);
        if size == (80, 24) {
            text += &format!("{what}, ASCII\n{}\n\n", lines(&buffer).join("\n"));
        }
    }
    insta::assert_snapshot!(name, text);
}

fn after(labs: &[&LabView], size: (u16, u16), theme: Theme, keys: &str) -> UiState {
    let mut ui = screen(labs[0], size, theme);
    let mut last = labs[0].clone();
    for lab in labs {
        let blocks = std::mem::take(&mut last.blocks);
        last = LabView {
            blocks,
            ..(*lab).clone()
        };
        see_blocks(&mut last);
        ui.update(&last, chainlab::ui::app::UiEvent::Changed);
    }
    press(&last, &mut ui, keys);
    ui
}

/// A chain as a snapshot shows it: the main branch up to a fork, then another.
fn recent(fork: u32, branch: u8, tip: u32, miner: &str) -> Vec<BlockInfo> {
    let of = |height: u32| match height > fork {
        true => block(height, branch),
        false => block(height, 0),
    };
    let info = |height: u32| BlockInfo {
        id: of(height),
        previous: match height {
            0 => BlockHash::ZERO,
            _ => of(height - 1).hash,
        },
        time: at(u64::from(height) * 3_250 + u64::from(branch) * 400).block_time(),
        txs: Some(usize::from(height.is_multiple_of(4))),
        miner: (height > fork).then(|| format!("1{miner:A<33}")),
    };
    (0..=tip).map(info).collect()
}

fn stands(lab: &mut LabView, node: usize, fork: u32, branch: u8, tip: u32, miner: &str) {
    change(&mut lab.nodes[node], |node| {
        node.recent = recent(fork, branch, tip, miner);
        node.tip = node.recent.last().expect("a block").id;
        node.work = Some((u64::from(tip) * 65_536 + 65_536).to_string());
        let wallet = crate::picture::wallet(&node.name, "10");
        node.wallets = vec![wallet];
    });
}

/// Six nodes in two groups since #9: three on one branch, three on another.
pub fn split() -> LabView {
    let mut lab = crowd(6);
    lab.name = "split".into();
    for node in 0..3 {
        stands(&mut lab, node, 9, 1, 13, "relay0");
    }
    for node in 3..6 {
        stands(&mut lab, node, 9, 2, 12, "relay5");
    }
    lab.partition = Some(Arc::new(vec![
        vec![NodeIx(0), NodeIx(1), NodeIx(2)],
        vec![NodeIx(3), NodeIx(4), NodeIx(5)],
    ]));
    lab.now = at(44_300);
    lab
}

/// The same, a moment after the groups were united: the shorter branch was left.
fn united() -> LabView {
    let mut lab = split();
    for node in 3..6 {
        stands(&mut lab, node, 9, 1, 13, "relay0");
        change(&mut lab.nodes[node], |it| {
            it.wallets = vec![crate::picture::wallet(&format!("relay{node}"), "10")];
        });
    }
    lab.partition = None;
    let left = |node: usize| Reorganisation {
        node: NodeIx(node),
        at: at(46_000 + node as u64 * 100),
        fork: block(9, 0),
        old: block(12, 2),
        new: block(13, 1),
        depth: 3,
        returned: 2,
        held: 0,
        held_why: None,
        lost: vec![txid(9)],
        lost_count: 1,
    };
    lab.reorganisations = Arc::new(vec![left(4), left(5), left(3)]);
    lab.now = at(48_300);
    lab
}

/// Eight nodes, of which two are far away and one cannot say from whom it has the block.
pub fn spreading() -> LabView {
    let mut lab = crowd(8);
    let ms = Duration::from_millis;
    let expected: Vec<_> = (0..8).map(NodeIx).collect();
    let way = |height: u32, late: u64| Propagation {
        id: block(height, 0),
        origin: NodeIx(2),
        is_own: true,
        at: at(39_000),
        expected: expected.clone(),
        arrivals: vec![
            arrival(2, ms(0), None),
            arrival(0, ms(81), Some(2)),
            arrival(1, ms(84), Some(2)),
            arrival(3, ms(163), Some(0)),
            arrival(4, ms(171), Some(0)),
            arrival(6, ms(240), None),
            arrival(5, ms(250 + late), Some(3)),
        ],
    };
    let mut whole = way(11, 0);
    whole.arrivals.push(arrival(7, ms(1_330), Some(6)));
    lab.block_propagation = Arc::new(vec![way(12, 30), whole, way(10, 4)]);
    lab.networks[0].block_times = Times {
        half: Some(percentiles(163, 812)),
        all: Some(percentiles(483, 790)),
    };
    lab
}

fn percentiles(ms: u64, count: u64) -> Percentiles {
    Percentiles {
        count,
        p50: Duration::from_millis(ms),
        p90: Duration::from_millis(ms * 2),
        p99: Duration::from_millis(ms * 5),
    }
}

pub fn paying() -> LabView {
    let mut lab = spreading();
    let way = |number: u8, way: &Propagation| Propagation::<Txid> {
        id: txid(number),
        origin: way.origin,
        is_own: number == 7,
        at: way.at,
        expected: way.expected.clone(),
        arrivals: way.arrivals.clone(),
    };
    lab.tx_propagation = Arc::new(
        (7..10)
            .zip(lab.block_propagation.iter())
            .map(|(n, j)| way(n, j))
            .collect(),
    );
    lab.networks[0].tx_times = lab.networks[0].block_times;
    lab
}

#[test]
fn the_tree_of_the_scenario() {
    pictures("scenario", &[&scenario()], "v v");
}

#[test]
fn a_split_network_has_two_branches_and_says_who_stands_where() {
    pictures("split", &[&split()], "v v");
}

#[test]
fn a_branch_that_lost_stays_in_sight_and_the_reorganisation_is_told() {
    pictures("united", &[&split(), &united()], "v v");
}

#[test]
fn blocks_on_their_way_have_a_path() {
    pictures("on_their_way", &[&spreading()], "v v ] j");
    pictures("on_its_way", &[&spreading()], "v v ]");
}

#[test]
fn transactions_on_their_way_too() {
    pictures("transactions", &[&paying()], "v v [");
    pictures("no_transactions", &[&scenario()], "v v [");
}
