//! Pictures of labs in virtual time, kept in `snapshots/`, and what must be true of all of them.

use super::scene::{CENTRAL, MINER, SIZES, WALLET, flying, go, mark, ms, sent, stopped, time};
use crate::network::scene::{Said, shipped, talk};
use crate::picture::{COLOURED, PLAIN, draw, lines, press, screen};
use chainlab::lab::LabView;
use chainlab::lab::spec::Speed;
use chainlab::lab::view::MarkKind;
use chainlab::node::message::Kind;
use chainlab::node::{NodeIx, Time};
use std::sync::Arc;

/// Stopped at a block that has come to the central node and goes on from there.
fn lab() -> LabView {
    let mut lab = flying(
        stopped(),
        vec![
            sent((CENTRAL, WALLET), Kind::Inv, Some((42_270, 42_350))),
            sent((MINER, CENTRAL), Kind::Tx, Some((42_230, 42_310))),
            sent((WALLET, CENTRAL), Kind::Block, Some((42_240, 42_320))),
        ],
    );
    lab.transcript = talk(&[
        Said::block((MINER.0, CENTRAL.0), 42_220, Some(42_300)),
        Said::tx((MINER.0, CENTRAL.0), 42_230, None),
        Said::block((WALLET.0, CENTRAL.0), 42_240, None),
    ]);
    let marks = [
        mark(3_000, MarkKind::Block),
        mark(9_000, MarkKind::Block),
        mark(14_000, MarkKind::Cut),
        mark(15_000, MarkKind::Hand),
        mark(21_000, MarkKind::Fork),
        mark(22_000, MarkKind::Block),
        mark(33_000, MarkKind::Heal),
        mark(34_500, MarkKind::Reorganisation),
        mark(55_000, MarkKind::Block),
    ];
    time(&mut lab).marks = Arc::new(marks.to_vec());
    time(&mut lab).newest = ms(61_000);
    lab
}

fn pictures(name: &str, lab: &LabView, keys: &str) {
    let mut text = String::new();
    for size in SIZES.into_iter().chain([(60, 15)]) {
        for theme in [COLOURED, PLAIN] {
            let mut ui = screen(lab, size, theme);
            press(lab, &mut ui, keys);
            let buffer = draw(lab, &ui);
            let what = format!("{name} at {}x{}", size.0, size.1);
            let shown = lines(&buffer);
            if theme == PLAIN {
                crate::lint::is_ascii(&shown, &what);
                crate::lint::has_no_colour(&buffer, &what);
                continue;
            }
            crate::lint::borders_are_closed(&buffer, &what);
            text += &format!("{what}\n{}\n\n", shown.join("\n"));
        }
    }
    insta::assert_snapshot!(name, text);
}

#[test]
fn the_panes() {
    pictures("time_panes", &lab(), "1");
}

#[test]
fn the_network() {
    pictures("time_network", &lab(), "1 v");
}

#[test]
fn the_messages_with_one_opened() {
    pictures("time_messages", &lab(), "v v v k Enter");
}

#[test]
fn a_world_at_full_speed() {
    let mut world = shipped("world");
    world.time = lab().time;
    go(&mut world, 55_000);
    let time = time(&mut world);
    (time.is_paused, time.told, time.speed) = (false, None, Speed::Times(50));
    (time.at, time.newest, time.reached) = (ms(61_000), ms(61_000), Some(31));
    world.now = world.since + ms(61_000);
    let links = world.links.iter().enumerate();
    let flights = links.map(|(nth, link)| {
        let kind = [Kind::Inv, Kind::Tx, Kind::Block, Kind::GetData][nth % 4];
        let mut sent = sent((NodeIx(0), NodeIx(0)), kind, None);
        (sent.from, sent.to) = link.ends;
        let left = Time(world.now.0 - 10_000 * (1 + nth as u64 % 7));
        sent.way = Some((left, left + ms(80)));
        sent
    });
    world.in_flight = Arc::new(flights.collect());
    pictures("time_world", &world, "5 v");
}

#[test]
fn the_help() {
    let mut ui = screen(&lab(), (120, 36), COLOURED);
    press(&lab(), &mut ui, "?");
    let shown = lines(&draw(&lab(), &ui)).join("\n");
    insta::assert_snapshot!("time_help", shown);
}
