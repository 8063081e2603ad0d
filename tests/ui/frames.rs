//! A picture is of what is known, however often the screen was drawn before.

use crate::common::desk::Desk;
use crate::picture::draw_as_it_is;
use chainlab::lab::drive::{History, Level, Place, VirtualLab, VirtualOptions};
use chainlab::lab::layout::shipped::shipped;
use chainlab::lab::observe::tree::BlockTree;
use chainlab::lab::view::TimeView;
use chainlab::ui::app::UiEvent;
use ratatui::buffer::Buffer;
use std::time::Duration;

/// Within the story: a block has just come, another is on its way in most runs.
const FOR: Duration = Duration::from_millis(14_233);

/// Where time is gone back to.
const BACK: Duration = Duration::from_millis(6_117);

/// A view, by the keys that show it.
fn last_frame(layout: &str, key: &str, frames: u64) -> Buffer {
    let layout = shipped(layout).expect("it is built in");
    let options = VirtualOptions {
        seed: 5,
        level: Level::All,
        ..VirtualOptions::default()
    };
    let mut lab = VirtualLab::new(&layout, &options).expect("it can be played");
    let mut desk = Desk::at(lab.view(), (120, 36));
    let view = lab.view();
    desk.ui.begin(&view);
    desk.press(key);
    let mut drawn = Duration::ZERO;
    while frames > 0 && drawn < FOR {
        let until = lab.since() + drawn;
        lab.run_until(until, || true);
        frame(&mut desk, &lab);
        drawn += Duration::from_micros(1_000_000 / frames);
    }
    let until = lab.since() + FOR;
    lab.run_until(until, || true);
    frame(&mut desk, &lab)
}

/// As the loop around the screen draws one.
fn frame(desk: &mut Desk, lab: &VirtualLab) -> Buffer {
    desk.lab = lab.view();
    desk.ui.update(&desk.lab, UiEvent::Changed);
    draw_as_it_is(&desk.lab, &desk.ui)
}

#[test]
fn a_frame_is_the_same_after_thirty_one_or_no_frames_a_second() {
    for layout in ["scenario", "partition", "mesh"] {
        for key in ["Esc", "v", "v v", "v v v"] {
            let [often, seldom, never] = [30, 1, 0].map(|frames| last_frame(layout, key, frames));
            assert_eq!(often, never, "{layout}, view {key}, 30 and none");
            assert_eq!(seldom, never, "{layout}, view {key}, 1 and none");
        }
    }
}

/// A lab that can go back, as the loop around the screen shows it.
struct Held {
    desk: Desk,
    history: History,
    leaps: u64,
}

impl Held {
    fn new(layout: &str, key: &str) -> Self {
        let layout = shipped(layout).expect("it is built in");
        let options = VirtualOptions {
            seed: 5,
            level: Level::All,
            ..VirtualOptions::default()
        };
        let lab = VirtualLab::new(&layout, &options).expect("it can be played");
        let history = History::new(lab, 64_000_000);
        let mut desk = Desk::at(history.lab().view(), (120, 36));
        let view = history.lab().view();
        desk.ui.begin(&view);
        desk.press(key);
        Self {
            desk,
            history,
            leaps: 0,
        }
    }

    fn frame(&mut self) -> Buffer {
        let mut view = self.history.lab().view();
        let at = self.history.lab().elapsed();
        view.time = Some(TimeView {
            at,
            newest: at,
            is_paused: true,
            leaps: self.leaps,
            ..TimeView::default()
        });
        self.desk.lab = view;
        self.desk.ui.update(&self.desk.lab, UiEvent::Changed);
        draw_as_it_is(&self.desk.lab, &self.desk.ui)
    }

    /// On to a moment, with so many frames a second.
    fn goes(&mut self, to: Duration, frames: u64) {
        let to = whole(to);
        let since = self.history.lab().since();
        while frames > 0 && self.history.lab().elapsed() < to {
            let next = self.history.lab().elapsed() + Duration::from_micros(1_000_000 / frames);
            self.history.run(since + next.min(to), |_| true);
            self.frame();
        }
        self.history.run(since + to, |_| true);
    }

    fn goes_back(&mut self, to: Duration) {
        let place = Place::end_of(self.history.lab().since() + whole(to));
        self.history.jump(&place);
        while !self.history.run_to(&place, |_| true) {}
        self.leaps += 1;
    }
}

/// As the clock of a lab counts.
fn whole(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from(time.as_micros()).expect("short"))
}

#[test]
fn a_frame_is_the_same_whether_or_not_time_went_back_before_it() {
    let often = [("scenario", "v"), ("partition", "v v v")];
    let often = often.map(|(layout, key)| (layout, key, 30));
    let all = ["scenario", "partition", "double-spend"].into_iter();
    let all = all.flat_map(|layout| ["Esc", "v", "v v", "v v v"].map(|key| (layout, key)));
    let seldom = all.flat_map(|(layout, key)| [1, 0].map(|frames| (layout, key, frames)));
    for (layout, key, frames) in seldom.chain(often) {
        let mut straight = Held::new(layout, key);
        straight.goes(BACK, 0);
        let wanted = straight.frame();
        let mut held = Held::new(layout, key);
        held.goes(BACK * 2, frames);
        for part in [5, 2, 7, 3, 4] {
            held.goes_back(BACK / part);
            held.goes(BACK / part + BACK / 3, frames);
        }
        held.goes_back(BACK);
        let frame = held.frame();
        assert_eq!(
            frame, wanted,
            "{layout}, view {key}, {frames} frames a second"
        );
    }
}

/// A branch that lost is far below what nodes show of their chains by then.
#[test]
fn a_branch_that_lost_is_seen_though_no_screen_looked_when_it_did() {
    let layout = shipped("partition").expect("it is built in");
    let options = VirtualOptions {
        seed: 5,
        level: Level::All,
        ..VirtualOptions::default()
    };
    let mut lab = VirtualLab::new(&layout, &options).expect("it can be played");
    let until = lab.since() + Duration::from_secs(600);
    lab.run_until(until, || true);
    let view = lab.view();
    let lost = view
        .reorganisations
        .last()
        .expect("a partition was healed")
        .old;
    let mut tree = BlockTree::default();
    tree.observe(&view.blocks, view.stands());
    tree.arrange();
    assert!(tree.best().expect("a tip").height > lost.height + 32);
    assert!(tree.is_lost(&lost.hash));
}
