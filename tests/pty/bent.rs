//! The real program in a terminal: the network is partitioned by a key, both sides mine, it heals, and
//! what the screen says of it is true.

use crate::terminal::Screen;
use std::fs;

/// Four who are all connected. Blocks come when a test asks for them, but for the first.
const MESH: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"

[topology]
kind = "mesh"

[[node]]
name = "ada"
mine = { mode = "off", hashrate = "1 kH/s", first = "at once" }

[[node]]
name = "ben"

[[node]]
name = "cleo"
mine = { mode = "off", hashrate = "1 kH/s" }

[[node]]
name = "dan"
"#;

/// A lab of four on the screen, whom all have the first block.
fn four() -> (Screen, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("four.toml");
    fs::write(&file, MESH).expect("room");
    let lab = Screen::start(&["run", file.to_str().expect("plain")], (120, 36));
    lab.sees("AGREE #1 ");
    (lab, dir)
}

/// The node of this number finds blocks up to this height.
fn mines(lab: &mut Screen, (number, name): (u8, &str), heights: std::ops::RangeInclusive<u32>) {
    lab.types(&number.to_string());
    for height in heights {
        lab.types("b");
        lab.sees(&format!("{name} mined #{height} "));
    }
}

/// The height and the chip's colour that a node has in the graph.
fn tip_of(lab: &Screen, node: &str) -> (String, vt100::Color) {
    // Beside the graph there is a panel.
    let graph = |line: &String| line.chars().take(80).collect::<String>();
    let lines: Vec<_> = lab.lines().iter().map(graph).collect();
    let is_title = |line: &String| line.contains(&format!(" {node} ─"));
    let y = lines.iter().position(is_title).expect("its box") + 1;
    let title: Vec<char> = lines[y - 1].chars().collect();
    let name: Vec<char> = node.chars().collect();
    let x = title.windows(name.len()).position(|part| part == name);
    let x = x.expect("it was found");
    let below: Vec<char> = lines[y].chars().collect();
    let hash = (0..=x)
        .rev()
        .find(|at| below[*at] == '#')
        .expect("a height");
    let height = below[hash..]
        .iter()
        .take_while(|sign| **sign != ' ')
        .collect();
    let chip = (hash..below.len())
        .find(|at| below[*at] == '[')
        .expect("a chip");
    let cell = |at: usize| u16::try_from(at).expect("on the screen");
    let colour = lab.look(|screen| {
        let cell = screen.cell(cell(y), cell(chip)).expect("on the screen");
        cell.bgcolor()
    });
    (height, colour)
}

#[test]
fn a_key_splits_the_network_both_sides_differ_and_the_depth_that_is_told_is_the_true_one() {
    let (mut lab, _dir) = four();
    lab.types("v");
    lab.sees("network  4 nodes");
    lab.types("p");
    lab.sees("partition the network");
    lab.types("\r");
    lab.sees("the network is partitioned: ada, ben | cleo, dan");
    lab.sees("PARTITION 2|2");
    mines(&mut lab, (1, "ada"), 2..=5);
    mines(&mut lab, (3, "cleo"), 2..=3);
    // Blocks on their way are named as well: it is the nodes' own tips that count.
    lab.waits("two tips, and each side on one", |text| {
        let tips = ["ada", "ben", "cleo", "dan"].map(|node| tip_of(&lab, node).0);
        text.contains("FORK 2 branches") && tips == ["#5", "#5", "#3", "#3"]
    });
    let tips = ["ada", "ben", "cleo", "dan"].map(|node| tip_of(&lab, node));
    assert_eq!(
        (&tips[0], &tips[2]),
        (&tips[1], &tips[3]),
        "each side agrees"
    );
    assert_eq!((tips[0].0.as_str(), tips[2].0.as_str()), ("#5", "#3"));
    assert_ne!(tips[0].1, tips[2].1, "the sides' tips have the same colour");

    lab.types("p");
    lab.sees("the network is whole again");
    lab.sees("AGREE #5 ");
    lab.types("v");
    // Two blocks were left behind, at both nodes of the side that lost.
    lab.sees("reorganisation 2 deep at ");
    let text = lab.text();
    let told = text
        .lines()
        .find(|line| line.contains("reorganisation 2 deep"));
    let told = told.expect("it was seen");
    assert!(told.contains("cleo") && told.contains("dan"), "{told}");
    assert!(!told.contains("3 deep"), "{told}");
    assert_eq!(text.matches(" lost ").count(), 2, "{text}");
    lab.types("q");
    lab.ends();
}

#[test]
fn a_link_is_cut_and_opened_by_a_key_and_given_figures_in_a_form() {
    let (mut lab, _dir) = four();
    lab.types("v");
    lab.sees("network  4 nodes");
    lab.types("c");
    lab.sees("choose a link");
    lab.types("x");
    lab.sees("link ada - ");
    lab.types("c");
    lab.sees("is cut");
    lab.waits("the connection to be gone", |text| {
        text.contains("not connected")
    });
    lab.types("c");
    lab.sees("is open");
    lab.types("e");
    lab.sees("Direction");
    // Whatever the form proposes goes first.
    lab.types(&"\x7f".repeat(12));
    lab.types("nonsense\r");
    lab.sees("is not a duration");
    lab.types(&"\x7f".repeat(12));
    lab.types("70ms\r");
    lab.waits("the new latency, both ways", |text| {
        text.lines()
            .any(|line| line.contains("latency") && line.matches("70 ms").count() == 2)
    });
    lab.types("q");
    lab.ends();
}
