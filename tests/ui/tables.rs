//! The table, its pages, and what stands below panes and tables: no node is hidden, each has one number,
//! and the groups of a partition stand apart.

use crate::lint;
use crate::panes::{boxes, pane};
use crate::picture::{
    COLOURED, arrival, block, change, crowd, draw, journey, lines, node, press, scenario, screen,
    wallet,
};
use chainlab::lab::LabView;
use chainlab::lab::layout::shipped::{names, shipped};
use chainlab::lab::spec::ViewSpec;
use chainlab::lab::view::LinkView;
use chainlab::link::Conditions;
use chainlab::node::NodeIx;
use chainlab::node::io::words::Piece;
use ratatui::layout::Rect;
use std::sync::Arc;
use std::time::Duration;

/// A lab of the nodes of a shipped layout.
fn lab_of(name: &str) -> (LabView, ViewSpec) {
    let layout = shipped(name).expect("it is shipped");
    let mut lab = crowd(0);
    lab.name = name.into();
    let nodes = layout.nodes.iter().zip(3_000..);
    lab.nodes = nodes
        .map(|(spec, port)| {
            let mut node = node(&spec.name, port, 12);
            change(&mut node, |node| {
                node.wallets = spec.wallets.iter().map(|name| wallet(name, "10")).collect();
            });
            node
        })
        .collect();
    lab.block_propagation = Arc::new(vec![journey(12, 483), journey(11, 482)]);
    if !layout.steps.is_empty() {
        lab.script = crate::views::scripted().script;
    }
    (lab, layout.view)
}

/// Halves the network.
fn halved(lab: &mut LabView) {
    let all: Vec<NodeIx> = (0..lab.nodes.len()).map(NodeIx).collect();
    let (one, other) = all.split_at(all.len() / 2);
    lab.partition = Some(Arc::new(vec![one.to_vec(), other.to_vec()]));
    let link = |ends: (usize, usize)| LinkView {
        ends: (NodeIx(ends.0), NodeIx(ends.1)),
        there: Conditions::default(),
        back: Conditions::default(),
        is_connected: false,
        has_met: true,
        dials: (true, false),
    };
    let half = one.len();
    lab.links = Arc::new(vec![link((0, 1)), link((half - 1, half)), link((0, half))]);
}

#[test]
fn no_shipped_layout_hides_a_node() {
    for name in names() {
        for size in [(80, 24), (120, 36), (200, 60)] {
            for is_halved in [false, true] {
                let (mut lab, spec) = lab_of(name);
                // One node has no other half.
                if is_halved && lab.nodes.len() > 1 {
                    halved(&mut lab);
                }
                let mut ui = screen(&lab, size, COLOURED);
                ui.viewer.spec = spec.clone();
                let buffer = draw(&lab, &ui);
                let what = format!("{name} at {size:?}, halved: {is_halved}");
                lint::borders_are_closed(&buffer, &what);
                let shown = lines(&buffer);
                for (at, node) in lab.nodes.iter().enumerate() {
                    let wanted = format!("{} {}", at + 1, node.name);
                    let has = |row: &String| row.contains(&wanted);
                    assert!(shown.iter().any(has), "{what}: {wanted}: {shown:#?}");
                }
                let propagates = |row: &String| row.contains(" block propagation ");
                assert!(shown.iter().any(propagates), "{what}: {shown:#?}");
                assert!(!shown.iter().any(|row| row.contains("page ")), "{shown:#?}");
            }
        }
    }
}

#[test]
fn the_groups_of_a_partition_stand_apart_in_a_table_and_move_nothing_else() {
    let (mut lab, spec) = lab_of("partition");
    let mut ui = screen(&lab, (80, 24), COLOURED);
    ui.viewer.spec = spec;
    let whole: Vec<Rect> = boxes(&draw(&lab, &ui))
        .into_iter()
        .map(|(_, area)| area)
        .collect();
    halved(&mut lab);
    let buffer = draw(&lab, &ui);
    let split: Vec<Rect> = boxes(&buffer).into_iter().map(|(_, area)| area).collect();
    assert_eq!(whole, split);
    let rows = pane(&buffer, "6 nodes");
    let letters: Vec<_> = rows[1..8]
        .iter()
        .map(|row| row.trim_start().chars().next())
        .collect();
    let letters: String = letters.into_iter().flatten().collect();
    assert_eq!(letters, "AAA─BBB", "{rows:#?}");
    assert!(
        rows[4].contains("─ cut ─ rome-lima, oslo-lima ─"),
        "{rows:#?}"
    );
    // Groups that are not neighbours are put together, and Down goes to what is below.
    lab.partition = Some(Arc::new(vec![
        vec![NodeIx(0), NodeIx(3)],
        vec![NodeIx(1), NodeIx(2), NodeIx(4), NodeIx(5)],
    ]));
    ui.viewer.focus = NodeIx(0);
    for wanted in [3, 1, 2, 4, 5, 5] {
        press(&lab, &mut ui, "j");
        assert_eq!(ui.viewer.focus, NodeIx(wanted));
    }
}

#[test]
fn what_has_no_room_on_one_page_says_which_page_it_is() {
    let lab = crowd(60);
    let mut ui = screen(&lab, (80, 24), COLOURED);
    let title = |ui: &_| lines(&draw(&lab, ui)).join("\n");
    assert!(
        title(&ui).contains("60 nodes page 1 of 2  PgDn "),
        "{}",
        title(&ui)
    );
    press(&lab, &mut ui, "PgDn");
    assert!(
        title(&ui).contains("60 nodes page 2 of 2  PgUp "),
        "{}",
        title(&ui)
    );
    assert!(title(&ui).contains("60 relay59"), "{}", title(&ui));
    // Panes on pages only where the layout insists.
    let lab = crowd(6);
    let mut ui = screen(&lab, (80, 24), COLOURED);
    ui.viewer.spec.table = Some(false);
    let shown = lines(&draw(&lab, &ui)).join("\n");
    assert!(shown.contains("page 1 of 2  PgDn"), "{shown}");
}

#[test]
fn a_node_has_one_number_on_all_pages_and_in_all_views() {
    let lab = crowd(30);
    let mut ui = screen(&lab, (60, 15), COLOURED);
    for view in ["", "v", "v", "v", "v"] {
        if !view.is_empty() {
            press(&lab, &mut ui, view);
        }
        press(&lab, &mut ui, ": 2 9 Enter");
        assert_eq!(ui.viewer.focus, NodeIx(28));
        press(&lab, &mut ui, "3");
        assert_eq!(ui.viewer.focus, NodeIx(2), "not the third of this page");
        press(&lab, &mut ui, ": 2 9 Enter z 4");
        assert_eq!(ui.viewer.focus, NodeIx(3), "in zoom, too");
        press(&lab, &mut ui, "Esc");
    }
    press(&lab, &mut ui, "v / 1 2 Enter");
    assert_eq!(ui.viewer.focus, NodeIx(11), "by its number, before relay12");
    let shown = lines(&draw(&lab, &ui)).join("\n");
    assert!(shown.contains("12 relay11"), "{shown}");
    assert!(shown.contains("keys act on 12 relay11"), "{shown}");
    press(&lab, &mut ui, ": 9 9 Enter");
    let said = ui.message.as_ref().expect("it was said").pieces.clone();
    let wanted = "there is no node 99: the lab has 30 nodes".to_owned();
    assert_eq!(said, [Piece::Text(wanted)]);
}

#[test]
fn block_propagation_has_a_column_a_node_and_says_what_is_cut_off() {
    let (mut lab, spec) = lab_of("partition");
    let ms = Duration::from_millis;
    let mut way = journey(12, 0);
    way.origin = NodeIx(0);
    way.expected = (0..6).map(NodeIx).collect();
    way.arrivals = vec![arrival(0, ms(0), None), arrival(1, ms(60), Some(0))];
    lab.block_propagation = Arc::new(vec![way]);
    halved(&mut lab);
    let mut ui = screen(&lab, (120, 36), COLOURED);
    ui.viewer.spec = spec;
    let rows = pane(&draw(&lab, &ui), "block propagation");
    let words = |row: &str| {
        row.split("  ")
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(&rows[0]),
        [
            "found by",
            "at",
            "oslo",
            "paris",
            "rome",
            "lima",
            "quito",
            "cusco",
            "everywhere"
        ]
    );
    let cells = words(&rows[1]);
    assert_eq!(cells[1..4], ["oslo", "+00:39", "found it"], "{rows:#?}");
    assert!(cells[4].ends_with(" 60 ms"), "{rows:#?}");
    assert_eq!(
        cells[5..],
        ["-", "cut off", "cut off", "cut off", "2 of 6"],
        "{rows:#?}"
    );
    // A column each begins where its name does.
    let column = |row: &str, word: &str| row.find(word).map(|at| row[..at].chars().count());
    assert_eq!(column(&rows[0], "lima"), column(&rows[1], "cut off"));
    let mut other = lab.clone();
    other.nodes[5].network = "regtest".into();
    let ways = Arc::make_mut(&mut other.block_propagation);
    ways[0].expected.retain(|ix| ix.0 != 5);
    let rows = pane(&draw(&other, &ui), "block propagation");
    let cells = words(&rows[1]);
    let why = "what goes through one network is kept from no other";
    assert_eq!(cells[5..], ["-", "cut off", "cut off", "2 of 5"], "{why}");
    ui.viewer.size = (80, 24);
    let rows = pane(&draw(&lab, &ui), "block propagation");
    assert!(rows[0].contains("]  oslo   paris ▇▇▇ 60"), "{rows:#?}");
    assert!(rows[0].trim_end().ends_with("not at 3 4 5 6"), "{rows:#?}");
}

#[test]
fn three_nodes_leave_room_for_the_last_blocks_and_for_what_waits() {
    let mut lab = scenario();
    change(&mut lab.nodes[2], |node| {
        node.tip = block(12, 1);
        let last = node.recent.last_mut().expect("it has blocks");
        last.id = block(12, 1);
    });
    for size in [(120, 36), (200, 60)] {
        let ui = screen(&lab, size, COLOURED);
        let buffer = draw(&lab, &ui);
        let empty = lines(&buffer).iter().filter(|row| row.is_empty()).count();
        assert!(empty <= 1, "{:#?}", lines(&buffer));
        let blocks = pane(&buffer, "blocks").join("\n");
        assert!(blocks.contains("│ ●") || blocks.contains("● │"), "{blocks}");
        assert!(
            blocks.contains("●─┘"),
            "both branches begin at one block: {blocks}"
        );
        let waiting = pane(&buffer, "mempool").join("\n");
        assert!(
            waiting.contains("9.9999") && waiting.contains("0.0001"),
            "{waiting}"
        );
        assert!(waiting.contains("3 of 3"), "{waiting}");
    }
}

#[test]
fn where_names_are_long_they_are_cut_and_no_amount_is() {
    let mut lab = crowd(0);
    lab.nodes = (0..40)
        .map(|nth| {
            let mut node = node(&format!("a-relay{nth:02}"), 3_000 + nth, 12);
            change(&mut node, |node| node.wallets = vec![wallet("gold", "50")]);
            node
        })
        .collect();
    for size in [(80, 24), (80, 50), (120, 36)] {
        let ui = screen(&lab, size, COLOURED);
        let shown = lines(&draw(&lab, &ui));
        assert!(shown[2].contains("wallets"), "{shown:#?}");
        assert!(shown[3].contains("gold 50"), "{shown:#?}");
    }
}
