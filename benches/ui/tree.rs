//! The tree of all blocks: what a frame and a key cost when it is as full as it gets, beside the same of
//! a tree of few blocks. Only what is in sight is drawn, so both cost about as much.

use crate::blocks_desk::Desk;
use crate::common::lab_view::heard;
use crate::picture::{crowd, draw_as_it_is};
use crate::ratio::{Harness, Samples, shown, timed};
use chainlab::ui::app::UiEvent;
use chainlab::ui::keymap::KeyPress;

/// Nodes, of which every fourth is on a branch of its own.
const NODES: u16 = 32;

/// Heights of a tree that is full, and of a small one.
const FULL: u32 = 5_000;
const FEW: u32 = 100;

const ROUNDS: usize = 200;

/// How many times as much the full one may cost.
const MOST: f64 = 4.0;

pub fn tree(harness: &mut Harness) {
    let (mut full, mut few) = (grown(FULL), grown(FEW));
    let frame = |desk: &Desk| timed(|| drop(draw_as_it_is(&desk.lab, &desk.ui))).0;
    let frames = harness.interleave(ROUNDS, [&mut || frame(&full), &mut || frame(&few)]);
    report(harness, "a frame of the full tree", &frames);
    let down = KeyPress::parse("j").expect("a key");
    let press = |desk: &mut Desk| timed(|| desk.tell(UiEvent::Key(down))).0;
    let keys = harness.interleave(ROUNDS, [&mut || press(&mut full), &mut || press(&mut few)]);
    report(harness, "a key in the full tree", &keys);
}

fn grown(heights: u32) -> Desk {
    let mut desk = Desk::new(12);
    desk.lab = crowd(NODES);
    desk.branches = vec![0; usize::from(NODES)];
    desk.fork = heights - heights / 5;
    for tip in (20..=heights).step_by(20) {
        for node in 0..usize::from(NODES) {
            desk.stand(node, u8::from(node % 4 == 0), tip);
        }
        desk.changed();
    }
    desk.changed();
    desk.tell(UiEvent::Resized(200, 60));
    desk.lab = heard(&desk.lab);
    desk
}

fn report(harness: &mut Harness, name: &str, [full, few]: &[Samples; 2]) {
    let times = full.median().as_secs_f64() / few.median().as_secs_f64();
    let verdict = harness.judge(name, times < MOST);
    println!(
        "{name}, {NODES} nodes, {FULL} heights: p50 {} | {FEW} heights: p50 {} | {times:.2} times | \
         under {MOST} | {verdict}",
        shown(full.median()),
        shown(few.median()),
    );
}
