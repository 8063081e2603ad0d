//! Panes: every row has its place, nothing is hidden, and figures are short but never cut.

use crate::common::lab_view::log;
use crate::lint;
use crate::picture::{
    COLOURED, at, block, change, coins, crowd, draw, line, lines, press, scenario, screen, wallet,
    words,
};
use chainlab::lab::NodeView;
use chainlab::lab::view::NodeState;
use chainlab::node::config::{Release, Strategy};
use chainlab::node::io::words::{Piece, Tone};
use chainlab::node::snapshot::SyncInfo;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const LABELS: [&str; 7] = [
    "height",
    "blocks",
    "mempool",
    "peers",
    "mining",
    "wallets",
    "── log",
];

/// The boxes of a picture, each by the first word of its title.
pub fn boxes(buffer: &Buffer) -> Vec<(String, Rect)> {
    let area = buffer.area;
    let symbol = |x: u16, y: u16| buffer[(x, y)].symbol();
    let corners = (0..area.height).flat_map(|y| (0..area.width).map(move |x| (x, y)));
    let corners = corners.filter(|(x, y)| symbol(*x, *y) == "╭");
    let found = corners.map(|(x, y)| {
        let right = (x + 1..area.width).find(|x| symbol(*x, y) == "╮");
        let bottom = (y + 1..area.height).find(|y| symbol(x, *y) == "╰");
        let (right, bottom) = (right.expect("closed"), bottom.expect("closed"));
        let title: String = (x + 2..right).map(|x| symbol(x, y)).collect();
        let title = title.split('─').next().unwrap_or_default().trim();
        (
            title.to_owned(),
            Rect::new(x, y, right + 1 - x, bottom + 1 - y),
        )
    });
    found.collect()
}

/// The lines within a box.
fn inside(buffer: &Buffer, area: Rect) -> Vec<String> {
    let row = |y: u16| {
        let cells = (area.x + 1..area.right() - 1).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (area.y + 1..area.bottom() - 1).map(row).collect()
}

pub fn pane(buffer: &Buffer, title: &str) -> Vec<String> {
    let boxes = boxes(buffer);
    let found = boxes.iter().find(|(found, _)| found == title);
    let (_, area) = found.unwrap_or_else(|| panic!("no {title}: {boxes:?}"));
    inside(buffer, *area)
}

/// On which line of each pane each label stands.
fn places(buffer: &Buffer) -> Vec<Vec<usize>> {
    let boxes = boxes(buffer);
    let is_pane = |title: &str| title.starts_with(|c: char| c.is_ascii_digit());
    let panes = boxes.iter().filter(|(title, _)| is_pane(title));
    let places = panes.map(|(title, area)| {
        let rows = inside(buffer, *area);
        let place = |label: &&str| {
            let starts = |row: &String| row.trim_start().starts_with(*label);
            let found: Vec<_> = (0..rows.len()).filter(|at| starts(&rows[*at])).collect();
            assert_eq!(found.len(), 1, "{label} in {title}: {rows:#?}");
            found[0]
        };
        LABELS.iter().map(place).collect()
    });
    places.collect()
}

/// What becomes of a node.
type Change = fn(&mut NodeView);

/// Everything that can become of a node, one after the other.
fn states() -> Vec<(&'static str, Change)> {
    vec![
        ("never seen", |node| {
            (node.state, node.snapshot) = (NodeState::Starting, None);
        }),
        ("stopping", |node| node.state = NodeState::Stopping),
        ("down", |node| node.state = NodeState::Down),
        ("gone", |node| node.state = NodeState::Gone),
        ("failed", |node| {
            let why = "the disk is full: /tmp/lab/nodes/relay1 has no room for another block";
            node.state = NodeState::Failed(why.into());
        }),
        ("syncing", |node| {
            change(node, |node| {
                node.sync = Some(SyncInfo {
                    target: 2_000,
                    in_flight: 16,
                });
            });
            node.sync_rate = Some(431.7);
        }),
        ("withholding", |node| {
            change(node, |node| {
                node.mining.as_mut().expect("its own").strategy = Strategy::Selfish(Release::Asked);
                node.mining.as_mut().expect("its own").withheld = 2;
                node.mining.as_mut().expect("its own").height = Some(13);
            });
        }),
        ("mining", |node| {
            change(node, |node| {
                node.mining.as_mut().expect("its own").height = Some(13);
                node.mining.as_mut().expect("its own").now = true;
            });
        }),
        ("rich", |node| {
            change(node, |node| {
                node.wallets = (0..9)
                    .map(|n| wallet(&format!("wallet{n}"), "1.23456789"))
                    .collect();
                node.mempool.count = 54_321;
            });
        }),
        ("reorganised", |node| {
            node.reorganised = Some((at(42_000), 3));
            node.tip_changed = Some(at(42_200));
        }),
        ("talkative", |node| {
            let lines = (0..50).map(|n| line(n * 800, Tone::Plain, vec![words("wallet eve made")]));
            node.log = log(lines);
        }),
    ]
}

#[test]
fn rows_of_all_panes_stand_on_one_line_whatever_a_node_does() {
    for (count, size) in [
        (3, (120, 36)),
        (6, (120, 36)),
        (3, (200, 60)),
        (9, (200, 60)),
    ] {
        let lab = crowd(count);
        let ui = screen(&lab, size, COLOURED);
        let buffer = draw(&lab, &ui);
        let (wanted, wanted_boxes) = (places(&buffer), boxes(&buffer));
        assert_eq!(wanted.len(), usize::from(count), "{count} at {size:?}");
        let first = &wanted[0];
        assert!(wanted.iter().all(|places| places == first), "{wanted:?}");
        assert_eq!(first[1], first[0] + 1, "blocks right under the height");
        for (state, become_it) in states() {
            let mut lab = lab.clone();
            become_it(&mut lab.nodes[1]);
            let buffer = draw(&lab, &screen(&lab, size, COLOURED));
            let what = format!("{state}, {count} at {size:?}");
            lint::borders_are_closed(&buffer, &what);
            assert_eq!(places(&buffer), wanted, "{what}");
            let areas = |boxes: &[(String, Rect)]| -> Vec<Rect> {
                boxes.iter().map(|(_, area)| *area).collect()
            };
            assert_eq!(areas(&boxes(&buffer)), areas(&wanted_boxes), "{what}");
        }
    }
}

#[test]
fn a_node_that_is_down_says_so_in_its_border_and_shows_nothing_that_only_was() {
    let mut lab = scenario();
    lab.nodes[1].state = NodeState::Down;
    let buffer = draw(&lab, &screen(&lab, (120, 36), COLOURED));
    let shown = lines(&buffer).join("\n");
    assert!(shown.contains("DOWN  K starts it"), "{shown}");
    let rows = pane(&buffer, "2 wallet");
    for label in ["mempool", "peers", "mining"] {
        let row = rows.iter().find(|row| row.contains(label)).expect("a row");
        let words: Vec<_> = row.split_whitespace().collect();
        assert_eq!(words, [label, "-"], "{rows:#?}");
    }
    let has = |words: &str| rows.iter().any(|row| row.contains(words));
    assert!(has("height  12  [") && has("alice 9"), "{rows:#?}");
    let mut ui = screen(&lab, (80, 24), COLOURED);
    ui.viewer.spec.table = Some(true);
    let table = lines(&draw(&lab, &ui)).join("\n");
    assert!(table.contains("DOWN  K starts it"), "{table}");
    lab.nodes[1].state = NodeState::Failed("the disk is full".into());
    let buffer = draw(&lab, &screen(&lab, (120, 36), COLOURED));
    let rows = pane(&buffer, "2 wallet");
    let log = rows
        .iter()
        .position(|row| row.contains("── log"))
        .expect("a log");
    assert_eq!(rows[log + 1].trim(), "the disk is full", "{rows:#?}");
}

#[test]
fn a_node_that_has_wallets_shows_its_first_wherever_it_is_shown() {
    let name = "a-wallet-with-a-name-that-is-long";
    for holds in ["0", "10", "1.23456789", "89999999999.99999999"] {
        for wallets in [1, 2, 40] {
            for count in [1_u16, 3, 6, 12, 24] {
                let mut lab = crowd(count);
                let last = usize::from(count) - 1;
                change(&mut lab.nodes[last], |node| {
                    node.wallets = (0..wallets)
                        .map(|n| wallet(&format!("{name}{n}"), holds))
                        .collect();
                    node.wallets[0].incoming = coins("1234.56789");
                    node.wallets[0].outgoing = coins("0.00012345");
                });
                for size in [(60, 15), (80, 24), (120, 36), (200, 60)] {
                    let mut ui = screen(&lab, size, COLOURED);
                    press(&lab, &mut ui, "G");
                    let shown = lines(&draw(&lab, &ui));
                    let what = format!("{wallets} of {count} at {size:?}");
                    let has = |row: &String| row.contains(" a-w");
                    assert!(shown.iter().any(has), "{what}: {shown:#?}");
                }
            }
        }
    }
    // As it was seen under traffic: the first wallet's figures left no room, and none was shown.
    let mut lab = scenario();
    change(&mut lab.nodes[2], |node| {
        node.wallets = vec![
            wallet("miner-rewards", "118.43219876"),
            wallet("spare", "0"),
        ];
        node.wallets[0].incoming = coins("0.09871234");
        node.wallets[0].outgoing = coins("0.07654321");
    });
    let rows = pane(&draw(&lab, &screen(&lab, (120, 36), COLOURED)), "3 miner");
    let row = rows
        .iter()
        .find(|row| row.contains("wallets"))
        .expect("a row");
    assert!(row.contains("miner-rewards ~118.4322"), "{rows:#?}");
}

#[test]
fn amounts_have_four_decimals_in_panes_and_tables_and_are_whole_in_zoom() {
    let mut lab = scenario();
    change(&mut lab.nodes[1], |node| {
        node.wallets[0].confirmed = coins("9.12345678");
    });
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut ui = screen(&lab, size, COLOURED);
        let shown = lines(&draw(&lab, &ui)).join("\n");
        assert!(shown.contains("alice ~9.1235"), "{shown}");
        ui.viewer.spec.table = Some(true);
        let shown = lines(&draw(&lab, &ui)).join("\n");
        assert!(shown.contains("alice ~9.1235"), "{shown}");
        press(&lab, &mut ui, "2 z ] ] ]");
        let shown = lines(&draw(&lab, &ui)).join("\n");
        assert!(shown.contains("9.12345678"), "{shown}");
    }
}

#[test]
fn the_newest_line_of_a_log_stands_first_and_its_time_at_the_right() {
    let mut lab = scenario();
    lab.nodes[1].log = log(vec![
        line(
            20_000,
            Tone::Plain,
            vec![
                words("block "),
                Piece::Block(block(11, 0)),
                words(" from central"),
            ],
        ),
        line(
            30_000,
            Tone::Plain,
            vec![
                words("12 blocks to "),
                Piece::Block(block(12, 0)),
                words(" from northeast"),
            ],
        ),
    ]);
    let rows = pane(&draw(&lab, &screen(&lab, (120, 36), COLOURED)), "2 wallet");
    let log = rows
        .iter()
        .position(|row| row.contains("── log"))
        .expect("a log");
    assert!(rows[log + 1].contains("12 blocks to #12 ["), "{rows:#?}");
    assert!(rows[log + 1].trim_end().ends_with(" +00:30"), "{rows:#?}");
    assert!(rows[log + 2].contains("] from central"), "{rows:#?}");
    assert!(rows[log + 2].ends_with(" +00:20"), "{rows:#?}");
}
