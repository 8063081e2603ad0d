//! Labs in virtual time, made by hand.

use crate::network::scene::linked_scenario;
use crate::picture::{SINCE, at, block, draw, lines};
use chainlab::lab::LabView;
use chainlab::lab::spec::Speed;
use chainlab::lab::view::{InFlight, Mark, MarkKind, TimeView, Told};
use chainlab::node::NodeIx;
use chainlab::node::message::{Item, Kind};
use chainlab::ui::app::UiState;
use std::sync::Arc;
use std::time::Duration;

pub const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

pub const CENTRAL: NodeIx = NodeIx(0);
pub const WALLET: NodeIx = NodeIx(1);
pub const MINER: NodeIx = NodeIx(2);

/// What is said at a stop between the miner and the central node.
pub const WORDS: &str = "+00:42.300 miner -> central block #13 [4c]";

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The scenario in virtual time: it runs, as fast as on the wall.
pub fn running() -> LabView {
    let mut lab = linked_scenario();
    lab.virtual_seed = Some(5);
    lab.time = Some(TimeView {
        at: ms(42_300),
        newest: ms(42_300),
        ..TimeView::default()
    });
    lab
}

/// It stands still.
pub fn paused() -> LabView {
    let mut lab = running();
    time(&mut lab).is_paused = true;
    lab
}

/// It stands still at a block that has just come from the miner to the central node.
pub fn stopped() -> LabView {
    let mut lab = paused();
    time(&mut lab).told = Some(told(1));
    lab
}

pub fn told(number: u64) -> Told {
    Told {
        number,
        words: WORDS.into(),
        node: Some(CENTRAL),
        other: Some(MINER),
        is_elsewhere: false,
    }
}

pub fn time(lab: &mut LabView) -> &mut TimeView {
    lab.time.as_mut().expect("its time is virtual")
}

/// Goes to a moment, back or on, as the lab does: what is newest stays.
pub fn go(lab: &mut LabView, to_ms: u64) {
    lab.now = at(to_ms);
    let time = time(lab);
    if ms(to_ms) < time.at {
        time.leaps += 1;
    }
    time.at = ms(to_ms);
    time.newest = time.newest.max(time.at);
}

/// It goes at this speed.
pub fn at_speed(speed: Speed) -> LabView {
    let mut lab = running();
    time(&mut lab).speed = speed;
    lab
}

pub fn mark(at_ms: u64, kind: MarkKind) -> Mark {
    let at = ms(at_ms);
    Mark {
        at,
        kind,
        block: None,
        node: None,
    }
}

/// A message on its way.
pub fn sent(ends: (NodeIx, NodeIx), kind: Kind, way: Option<(u64, u64)>) -> InFlight {
    let item = match kind {
        Kind::Block | Kind::Inv => Some(Item::Block(block(13, 0).hash)),
        Kind::Tx => Some(Item::Tx(crate::picture::txid(9))),
        _ => None,
    };
    InFlight {
        from: ends.0,
        to: ends.1,
        kind,
        item,
        way: way.map(|(left, arrives)| (at(left), at(arrives))),
    }
}

pub fn flying(mut lab: LabView, all: Vec<InFlight>) -> LabView {
    lab.in_flight = Arc::new(all);
    lab
}

pub fn shown(lab: &LabView, ui: &UiState) -> Vec<String> {
    lines(&draw(lab, ui))
}

/// What the message line says.
pub fn said(lab: &LabView, ui: &UiState) -> String {
    let shown = shown(lab, ui);
    shown[shown.len() - 2].trim().to_owned()
}

/// The line of time, if there is one.
pub fn timeline(lab: &LabView, ui: &UiState) -> Option<String> {
    let shown = shown(lab, ui);
    let line = shown[shown.len() - 3].clone();
    line.starts_with(" +00:00").then_some(line)
}

#[test]
fn these_labs_began_when_the_others_did() {
    assert_eq!((running().since, running().now), (SINCE, at(42_300)));
}
