//! The first line: nothing in it moves, whatever it says.

use crate::common::lab_view::heard;
use crate::picture::{
    COLOURED, at, block, change, crowd, draw, draw_as_it_is, lines, press, scenario, screen,
};
use chainlab::lab::LabView;
use chainlab::lab::view::headline::{Chains, Figures, Headline, Mining, Network};
use chainlab::lab::view::{NodeState, TrafficView};
use chainlab::node::NodeIx;
use chainlab::node::snapshot::SyncInfo;
use chainlab::ui::app::UiState;
use ratatui::style::Modifier;
use std::sync::Arc;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

const LONG: [&str; 5] = ["Lab", "Network", "Blocks", "Messages", "Log"];
const SHORT: [&str; 5] = ["Lab", "Net", "Blk", "Msg", "Log"];

/// The first line of a lab whose headline is as it is.
fn head(lab: &LabView, ui: &UiState) -> String {
    lines(&draw_as_it_is(lab, ui))[0].clone()
}

/// The column at which some words stand.
fn column(line: &str, words: &str) -> usize {
    let at = line.find(words);
    let at = at.unwrap_or_else(|| panic!("no {words:?} in {line:?}"));
    line[..at].chars().count()
}

/// All that the chains can say, with what of it is to be seen on any screen.
fn chains() -> Vec<(Chains, &'static str)> {
    let tip = |height| block(height, 0);
    vec![
        (Chains::Starting, "STARTING"),
        (Chains::NoneRuns, "NO NODE RUNS"),
        (
            Chains::Agree {
                tip: tip(12),
                nodes: 3,
            },
            "AGREE #12 [",
        ),
        (
            Chains::Agree {
                tip: tip(12_345),
                nodes: 1,
            },
            "ONE NODE",
        ),
        (
            Chains::OnItsWay {
                block: tip(13),
                at: 2,
                of: 3,
            },
            "ON ITS WAY",
        ),
        (
            Chains::OnItsWay {
                block: tip(1_234),
                at: 17,
                of: 24,
            },
            "ON ITS WAY",
        ),
        (Chains::Fork { branches: 2 }, "FORK 2 branches"),
        (Chains::Fork { branches: 12 }, "FORK 12 branches"),
    ]
}

/// All that the network can say.
fn networks() -> Vec<(Network, &'static str)> {
    vec![
        (Network::Whole, ""),
        (Network::CatchingUp(1), "CATCHING UP 1"),
        (Network::CatchingUp(12), "CATCHING UP"),
        (Network::Down(1), "DOWN 1"),
        (Network::Down(24), "DOWN 24"),
        (Network::Partition(vec![3, 3]), "PARTITION 3|3"),
        (Network::Partition(vec![16, 16]), "PARTITION"),
    ]
}

#[test]
fn its_columns_are_the_same_in_every_state() {
    for (size, starts) in [
        (SIZES[0], [1, 11, 31, 38, 47, 67]),
        (SIZES[1], [1, 14, 47, 54, 63, 91]),
        (SIZES[2], [1, 14, 47, 54, 63, 91]),
    ] {
        let [name, tabs, mode, clock, chains_at, network_at] = starts;
        let names = if size.0 < 100 { SHORT } else { LONG };
        for (name_words, lab) in [
            ("scen", scenario()),
            (
                "a-lab",
                LabView {
                    name: "a-lab-of-a-very-long-name".into(),
                    ..scenario()
                },
            ),
        ] {
            for (chains, chain_words) in chains() {
                for (network, network_words) in networks() {
                    let figures = Figures {
                        mempool: 7,
                        mining: Mining::At(14_000.0),
                    };
                    let lab = LabView {
                        headline: Headline {
                            chains: chains.clone(),
                            network: network.clone(),
                            figures,
                            due: None,
                        },
                        ..heard(&lab)
                    };
                    let line = head(&lab, &screen(&lab, size, COLOURED));
                    let at = |words: &str| column(&line, words);
                    assert_eq!(at(name_words), name, "{line}");
                    assert_eq!(at(&format!(" {} ", names.join(" "))) + 1, tabs, "{line}");
                    assert_eq!((at("LIVE"), at("+00:42")), (mode, clock), "{line}");
                    assert_eq!(at(chain_words), chains_at, "{line}");
                    if !network_words.is_empty() {
                        assert_eq!(at(network_words), network_at, "{line}");
                    }
                    if size.0 >= 120 {
                        assert_eq!(at("mempool    7"), 108, "{line}");
                    }
                    if size.0 >= 140 {
                        assert_eq!(at("14.0 kH/s"), 121, "{line}");
                    }
                }
            }
        }
    }
}

#[test]
fn of_programs_of_others_it_is_not_said_that_none_mines() {
    let mut lab = scenario();
    lab.headline.figures.mining = Mining::Off;
    let line = head(&lab, &screen(&lab, (160, 40), COLOURED));
    assert!(line.contains("no miner"), "{line}");
    change(&mut lab.nodes[0], |node| {
        (node.mining, node.program) = (None, Some(Box::default()));
    });
    let mut ui = screen(&lab, (160, 40), COLOURED);
    let line = head(&lab, &ui);
    assert!(!line.contains("no miner"), "{line}");
    press(&lab, &mut ui, "1 z");
    let zoom = lines(&draw(&lab, &ui))[1].clone();
    assert!(zoom.contains("Bitcoin node"), "{zoom}");
}

#[test]
fn views_zoom_wall_time_and_a_held_screen_move_nothing() {
    let lab = scenario();
    for size in SIZES {
        let mut ui = screen(&lab, size, COLOURED);
        let first = lines(&draw(&lab, &ui))[0].clone();
        let names = if size.0 < 100 { SHORT } else { LONG };
        let columns = |line: &str| {
            let words = names.iter().copied().chain(["AGREE #12"]);
            words.map(|words| column(line, words)).collect::<Vec<_>>()
        };
        for keys in [
            "v", "v", "v", "v", "v", "z", "]", "Enter", "Esc", "T", "Space",
        ] {
            press(&lab, &mut ui, keys);
            let line = lines(&draw(&lab, &ui))[0].clone();
            assert_eq!(columns(&line), columns(&first), "{keys}: {line}");
        }
        let line = lines(&draw(&lab, &ui))[0].clone();
        assert!(line.contains("HELD   12:00:42 "), "{line}");
    }
}

#[test]
fn zoom_has_no_tab_but_a_border_that_names_it_and_the_tab_beneath_stays_marked() {
    let lab = scenario();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "v v z");
    let buffer = draw(&lab, &ui);
    let shown = lines(&buffer);
    let x = column(&shown[0], "Blocks");
    let marked = buffer[(u16::try_from(x).expect("a screen"), 0)].modifier;
    assert!(marked.contains(Modifier::REVERSED), "{}", shown[0]);
    assert!(!shown[0].contains("Zoom"), "{}", shown[0]);
    assert!(shown[1].starts_with("╭ zoom 2 wallet"), "{}", shown[1]);
}

#[test]
fn it_says_what_the_chains_and_the_network_say() {
    let words = |lab: &LabView| {
        let line = lines(&draw(lab, &screen(lab, (120, 36), COLOURED)))[0].clone();
        let from = |at: usize, to: usize| {
            let part: String = line.chars().skip(at).take(to - at).collect();
            part.trim_end().to_owned()
        };
        (from(63, 91), from(91, 108))
    };
    let says = |lab: &LabView, chains: &str, network: &str| {
        let (said, of_network) = words(lab);
        assert!(said.starts_with(chains), "{said:?}, not {chains:?}");
        assert_eq!(of_network, network, "beside {said:?}");
    };
    let mut lab = scenario();
    says(&lab, "AGREE #12 [", "");
    // A node that is behind on the same branch is no fork: the miner is a block ahead.
    let ahead = crate::picture::node("miner", 3_002, 13).snapshot;
    lab.nodes[2].snapshot.clone_from(&ahead);
    says(&lab, "ON ITS WAY #13 [", "");
    assert!(words(&lab).0.ends_with("] 1/3"), "{:?}", words(&lab));
    // One that lacks more than the newest block catches up.
    lab.nodes[1].snapshot = crate::picture::node("wallet", 3_001, 9).snapshot;
    says(&lab, "ON ITS WAY #13 [", "CATCHING UP 1");
    // A rival is a fork.
    lab.nodes[1].snapshot.clone_from(&ahead);
    change(&mut lab.nodes[1], |node| {
        node.tip = block(13, 1);
        let own = node.recent.last_mut().expect("a chain");
        own.id = block(13, 1);
    });
    says(&lab, "FORK 2 branches", "");
    lab.partition = Some(Arc::new(vec![vec![NodeIx(0), NodeIx(2)], vec![NodeIx(1)]]));
    says(&lab, "FORK 2 branches", "PARTITION 2|1");
    lab.partition = None;
    lab.nodes[1].state = NodeState::Down;
    says(&lab, "ON ITS WAY #13 [", "DOWN 1");
    lab.nodes[0].state = NodeState::Failed("no room".into());
    says(&lab, "ONE NODE #13 [", "DOWN 2");
    lab.nodes[2].state = NodeState::Starting;
    says(&lab, "STARTING", "DOWN 2");
    lab.nodes[2].state = NodeState::Down;
    says(&lab, "NO NODE RUNS", "DOWN 3");
}

#[test]
fn a_node_too_far_below_to_know_is_behind_if_it_says_so_itself() {
    let mut lab = scenario();
    for at in [0, 2] {
        lab.nodes[at].snapshot = crate::picture::node("ahead", 3_000, 60).snapshot;
    }
    lab.nodes[1].snapshot = crate::picture::node("wallet", 3_001, 3).snapshot;
    change(&mut lab.nodes[1], |node| {
        node.sync = Some(SyncInfo {
            target: 60,
            in_flight: 1,
        });
    });
    let line = |lab: &LabView| lines(&draw(lab, &screen(lab, (120, 36), COLOURED)))[0].clone();
    assert!(line(&lab).contains("CATCHING UP 1"), "{}", line(&lab));
    assert!(line(&lab).contains("] 2/3"), "{}", line(&lab));
    change(&mut lab.nodes[1], |node| node.sync = None);
    assert!(line(&lab).contains("FORK 2 branches"), "{}", line(&lab));
}

#[test]
fn sums_are_of_what_runs_and_stand_where_there_is_room() {
    let mut lab = scenario();
    change(&mut lab.nodes[0], |node| {
        node.mining.as_mut().expect("its own").height = Some(13);
        node.mining.as_mut().expect("its own").hashrate = 7_000.0;
        node.mempool.shown.push(crate::picture::waiting(9));
        node.mempool.count = 2;
    });
    lab.traffic = Some(TrafficView {
        is_on: true,
        rate: 20.0,
        sent: 3,
        failed: 0,
    });
    let head = |width| lines(&draw(&lab, &screen(&lab, (width, 36), COLOURED)))[0].clone();
    assert!(!head(119).contains("mempool"), "{}", head(119));
    assert!(head(120).ends_with("mempool    2"), "{}", head(120));
    assert!(
        head(140).ends_with("mempool    2 21.0 kH/s"),
        "{}",
        head(140)
    );
    assert!(head(200).ends_with("20 tx/s"), "{}", head(200));
}

#[test]
fn on_a_narrow_screen_tabs_and_what_is_said_stay_to_the_last() {
    let mut lab = crowd(9);
    lab.partition = Some(Arc::new(vec![vec![NodeIx(0)], vec![NodeIx(1)]]));
    for width in 60..200 {
        let line = lines(&draw(&lab, &screen(&lab, (width, 24), COLOURED)))[0].clone();
        let names = if width < 100 { SHORT } else { LONG };
        assert!(line.contains(&names.join(" ")), "{width}: {line}");
        assert!(line.contains("AGREE #12 ["), "{width}: {line}");
        assert!(line.contains("PARTITION 1|1"), "{width}: {line}");
        assert!(
            line.chars().count() <= usize::from(width),
            "{width}: {line}"
        );
    }
}

#[test]
fn the_clock_fits_its_field_after_days() {
    let mut lab = scenario();
    for (s, words) in [(42, "+00:42"), (7_207, "+2:00:07"), (100_000, "+27h46")] {
        lab.now = at(s * 1_000);
        let line = lines(&draw(&lab, &screen(&lab, (80, 24), COLOURED)))[0].clone();
        assert_eq!(column(&line, words), 38, "{line}");
        assert_eq!(column(&line, "AGREE"), 47, "{line}");
    }
}
