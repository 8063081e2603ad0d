//! The first line of a lab in virtual time.

use super::scene::{SIZES, at_speed, go, ms, paused, running, shown, time};
use crate::picture::{COLOURED, press, scenario, screen};
use chainlab::lab::LabView;
use chainlab::lab::spec::Speed;

fn head(lab: &LabView, size: (u16, u16)) -> String {
    shown(lab, &screen(lab, size, COLOURED))[0].clone()
}

/// Where words stand.
fn column(line: &str, words: &str) -> usize {
    let at = line.find(words);
    let at = at.unwrap_or_else(|| panic!("no {words:?} in {line:?}"));
    line[..at].chars().count()
}

/// Back in its past.
fn back() -> LabView {
    let mut lab = paused();
    go(&mut lab, 10_250);
    lab
}

fn slow_to_keep_up() -> LabView {
    let mut lab = at_speed(Speed::Times(50));
    time(&mut lab).reached = Some(31);
    lab
}

fn on_its_way() -> LabView {
    let mut lab = paused();
    time(&mut lab).on_its_way = Some("reorg_depth >= 1".into());
    lab
}

#[test]
fn it_says_how_time_goes() {
    for (lab, words) in [
        (running(), "x1 "),
        (at_speed(Speed::Times(100)), "x100 "),
        (at_speed(Speed::Over(10)), "x1/10 "),
        (at_speed(Speed::Over(100)), "x1/100 "),
        (at_speed(Speed::Max), "max "),
        (on_its_way(), "max "),
        (paused(), "PAUSED +00:42"),
        (back(), "BACK "),
        (slow_to_keep_up(), "x50 "),
        (scenario(), "LIVE "),
    ] {
        for size in SIZES {
            let line = head(&lab, size);
            assert!(line.contains(&format!(" {words}")), "{words}: {line}");
        }
    }
}

#[test]
fn paused_and_the_clock_have_one_space_between_them_at_every_width() {
    for width in 72..=220 {
        let mut lab = paused();
        go(&mut lab, 10_411);
        time(&mut lab).newest = ms(10_411);
        let line = head(&lab, (width, 30));
        assert!(line.contains(" PAUSED +00:10"), "{width}: {line}");
        assert_eq!(line.contains("+00:10.411"), width >= 160, "{width}: {line}");
        // While it goes the clock has seconds.
        time(&mut lab).is_paused = false;
        let line = head(&lab, (width, 30));
        assert!(line.contains(" +00:10 "), "{width}: {line}");
    }
}

#[test]
fn what_is_reached_is_said_where_there_is_room() {
    let lab = slow_to_keep_up();
    assert!(head(&lab, (200, 60)).contains(" x50 (31) +00:42"));
    for size in [(80, 24), (120, 36)] {
        let line = head(&lab, size);
        assert!(line.contains(" x50    +00:42"), "{line}");
    }
    let mut paused = lab;
    time(&mut paused).is_paused = true;
    assert!(!head(&paused, (200, 60)).contains("(31)"));
}

#[test]
fn its_columns_are_those_of_a_live_lab_and_the_same_in_every_mode() {
    let slow = [
        Speed::Times(1),
        Speed::Over(100),
        Speed::Times(100),
        Speed::Max,
    ];
    let mut labs: Vec<_> = slow.into_iter().map(at_speed).collect();
    labs.extend([paused(), back(), slow_to_keep_up(), on_its_way()]);
    for size in [
        (80, 24),
        (100, 30),
        (120, 36),
        (159, 40),
        (160, 40),
        (200, 60),
    ] {
        let live = head(&scenario(), size);
        let first = head(&labs[0], size);
        for words in ["AGREE", "+00:"] {
            let wanted = column(&first, words);
            if size.0 < 160 {
                assert_eq!(wanted, column(&live, words), "{size:?} {words}");
            }
            for lab in &labs {
                let line = head(lab, size);
                assert_eq!(column(&line, words), wanted, "{size:?} {line}");
            }
        }
        for name in ["scenario", "Lab"] {
            assert_eq!(column(&first, name), column(&live, name), "{size:?}");
        }
    }
}

#[test]
fn the_clock_is_the_labs_own_and_times_of_day_are_shown_on_demand() {
    let mut lab = paused();
    time(&mut lab).at = ms(3_723_411);
    time(&mut lab).newest = ms(3_723_411);
    assert!(head(&lab, (120, 36)).contains("PAUSED +1:02:03 "));
    assert!(head(&lab, (200, 60)).contains("PAUSED +1:02:03.411"));
    time(&mut lab).at = ms(36_000_000);
    time(&mut lab).newest = ms(36_000_000);
    assert!(head(&lab, (120, 36)).contains("PAUSED +10h00"));
    let mut ui = screen(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "T");
    assert!(shown(&lab, &ui)[0].contains("PAUSED 12:00:42"));
}
