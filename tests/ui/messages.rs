//! The view of messages: what nodes say to each other, as a sequence, as a list, counted; filtered,
//! scrolled, opened. The pictures are kept in `snapshots/`.

use crate::picture::{COLOURED, PLAIN, at, block, crowd, draw, lines, press, scenario, screen};
use chainlab::chain::Txid;
use chainlab::lab::LabView;
use chainlab::lab::observe::transcript::{Listener, Party};
use chainlab::node::io::{ConnId, Event, EventKind, PeerLabel};
use chainlab::node::message::{Item, MessageSummary};
use chainlab::node::{NodeIx, Time};
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::theme::Theme;
use chainlab::ui::viewer::Effect;
use ratatui::style::Modifier;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const SIZES: [(u16, u16); 5] = [(120, 36), (80, 24), (200, 60), (60, 15), (0, 0)];

const CENTRAL: usize = 0;
const WALLET: usize = 1;
const MINER: usize = 2;

/// Hears a lab of nodes with these names talk.
struct Talking {
    names: Vec<String>,
    listener: Listener,
}

impl Talking {
    fn new(lab: &LabView) -> Self {
        Self {
            names: lab.nodes.iter().map(|node| node.name.to_string()).collect(),
            listener: Listener::default(),
        }
    }

    fn tell(&mut self, node: usize, at: Time, kind: EventKind) {
        let event = Arc::new(Event { at, kind });
        let names = &self.names;
        self.listener.hear(NodeIx(node), &event, |name| {
            let known = names.iter().position(|other| **other == **name);
            known.map_or_else(
                || Party::Stranger(name.clone()),
                |ix| Party::Node(NodeIx(ix)),
            )
        });
    }

    /// One says something to another, who has it so many milliseconds later, or never.
    fn say(&mut self, ends: (usize, usize), from_ms: u64, took: Option<u64>, what: &What) {
        let (from, to) = ends;
        let peer = |node: usize| PeerLabel {
            conn: ConnId(1),
            name: self.names[node].as_str().into(),
        };
        let (command, bytes) = (what.command.to_owned(), what.bytes);
        let sent = EventKind::MessageSent {
            peer: peer(to),
            command: command.clone(),
            bytes,
            item: what.item,
            summary: what.summary.clone(),
        };
        let received = EventKind::MessageReceived {
            peer: peer(from),
            command,
            bytes,
            item: what.item,
            summary: what.summary.clone(),
        };
        self.tell(from, at(from_ms), sent);
        if let Some(took) = took {
            self.tell(to, at(from_ms) + Duration::from_millis(took), received);
        }
    }
}

/// Something that is said.
struct What {
    command: &'static str,
    bytes: usize,
    item: Option<Item>,
    summary: MessageSummary,
}

fn about(command: &'static str, bytes: usize, item: Item) -> What {
    What {
        command,
        bytes,
        item: Some(item),
        summary: MessageSummary::Items {
            count: 1,
            first: vec![item],
        },
    }
}

fn ping() -> What {
    What {
        command: "ping",
        bytes: 32,
        item: None,
        summary: MessageSummary::Nonce(7),
    }
}

/// A payment from the wallet and a block from the miner, each on its way to everybody.
pub fn talking() -> LabView {
    let mut lab = scenario();
    let mut talking = Talking::new(&lab);
    let tip = Item::Block(block(12, 0).hash);
    let tx = Item::Tx(Txid([0x3a; 32]));
    talking.say((CENTRAL, MINER), 38_000, Some(80), &ping());
    for (from, to, at) in [(MINER, CENTRAL, 39_000), (CENTRAL, WALLET, 39_241)] {
        talking.say((from, to), at, Some(80), &about("inv", 68, tip));
        talking.say((to, from), at + 80, Some(80), &about("getdata", 68, tip));
        talking.say((from, to), at + 160, Some(81), &about("block", 1_254, tip));
    }
    talking.say((WALLET, CENTRAL), 41_000, Some(80), &about("inv", 68, tx));
    talking.say(
        (CENTRAL, WALLET),
        41_080,
        Some(80),
        &about("getdata", 68, tx),
    );
    talking.say((WALLET, CENTRAL), 41_160, None, &about("tx", 223, tx));
    lab.transcript = talking.listener.transcript();
    lab
}

fn shown(lab: &LabView, size: (u16, u16), theme: Theme, keys: &str) -> UiState {
    let mut ui = screen(lab, size, theme);
    press(lab, &mut ui, "v v v");
    if !keys.is_empty() {
        press(lab, &mut ui, keys);
    }
    ui.update(lab, UiEvent::Changed);
    ui
}

fn text(lab: &LabView, size: (u16, u16), keys: &str) -> String {
    lines(&draw(lab, &shown(lab, size, COLOURED, keys))).join("\n")
}

fn pictures(name: &str, lab: &LabView, keys: &str) {
    let all = [((400, 120), COLOURED), ((400, 120), PLAIN)];
    let whole: BTreeSet<_> = all
        .into_iter()
        .flat_map(|(size, theme)| {
            crate::lint::figures(&lines(&draw(lab, &shown(lab, size, theme, keys))))
        })
        .collect();
    let mut pictures = String::new();
    for size in SIZES {
        let what = format!("{name} at {}x{}", size.0, size.1);
        let buffer = draw(lab, &shown(lab, size, COLOURED, keys));
        crate::lint::borders_are_closed(&buffer, &what);
        if size.0 >= 60 {
            crate::lint::no_figure_is_cut(&lines(&buffer), &whole, &what);
        }
        pictures += &format!("{what}\n{}\n\n", lines(&buffer).join("\n"));
        let plain = draw(lab, &shown(lab, size, PLAIN, keys));
        crate::lint::has_no_colour(&plain, &what);
        crate::lint::is_ascii(&lines(&plain), &what);
        if size == (80, 24) {
            pictures += &format!("{what}, ASCII\n{}\n\n", lines(&plain).join("\n"));
        }
    }
    insta::assert_snapshot!(name, pictures);
}

#[test]
fn a_conversation_is_a_sequence_of_arrows() {
    pictures("messages_sequence", &talking(), "");
}

#[test]
fn a_message_opens_into_what_it_says() {
    pictures("messages_open", &talking(), "k k Enter");
}

#[test]
fn a_conversation_is_a_list_too() {
    pictures("messages_list", &talking(), "]");
}

#[test]
fn what_was_said_is_counted_link_by_link() {
    pictures("messages_counts", &talking(), "] ]");
}

#[test]
fn of_many_nodes_those_have_a_column_who_say_most() {
    let mut lab = crowd(24);
    let mut talking = Talking::new(&lab);
    let tip = Item::Block(block(12, 0).hash);
    for n in 0..60 {
        let ends = match n % 3 {
            0 => (7, 8),
            1 => (20, 7),
            _ => (usize::try_from(n % 24).expect("small"), 23),
        };
        talking.say(ends, 30_000 + n * 100, Some(40), &about("inv", 68, tip));
    }
    lab.transcript = talking.listener.transcript();
    pictures("messages_crowd", &lab, "");
}

#[test]
fn filters_show_what_a_node_a_pair_a_command_or_a_hash_has_to_do_with() {
    let lab = talking();
    let shows = |filter: &str| {
        let mut ui = shown(&lab, (120, 36), COLOURED, "] /");
        ui.update(&lab, UiEvent::Paste(filter.to_owned()));
        press(&lab, &mut ui, "Enter");
        let lines = lines(&draw(&lab, &ui));
        lines.iter().filter(|line| line.contains("+00:")).count() - 1
    };
    // The header has a clock as well.
    assert_eq!(shows(""), 10);
    assert_eq!(shows("wallet"), 6);
    assert_eq!(shows("miner>central"), 2);
    assert_eq!(shows("miner<>central"), 4);
    assert_eq!(shows("wallet>"), 3);
    assert_eq!(shows("ping"), 1);
    assert_eq!(shows("-ping"), 9);
    assert_eq!(shows("#12"), 6);
    assert_eq!(shows("3a3a3a3a"), 3);
    assert_eq!(shows("wallet inv"), 2);
    assert_eq!(shows("nobody"), 0);
}

#[test]
fn a_chosen_message_stays_chosen_while_more_is_said_and_the_end_follows_again() {
    let lab = talking();
    let mut ui = shown(&lab, (120, 36), COLOURED, "] k k");
    let chosen = |ui: &UiState, lab: &LabView| {
        let buffer = draw(lab, ui);
        let is_chosen = |y: u16| {
            let cell = &buffer[(4, y)];
            cell.modifier.contains(Modifier::REVERSED)
        };
        let rows = 3..buffer.area.height - 3;
        let lines = lines(&buffer);
        rows.filter(|y| is_chosen(*y))
            .map(|y| lines[usize::from(y)].clone())
            .next()
    };
    let before = chosen(&ui, &lab).expect("a chosen line");
    assert!(
        before.contains("inv") && before.contains("+00:41.000"),
        "{before}"
    );
    let mut later = lab.clone();
    let mut talking = Talking::new(&lab);
    for n in 0..40 {
        talking.say((CENTRAL, MINER), 42_000 + n, Some(1), &ping());
    }
    // The same conversation, longer.
    let mut whole = Talking::new(&lab);
    std::mem::swap(&mut whole, &mut talking);
    later.transcript = {
        let mut again = Talking::new(&lab);
        for said in lab
            .transcript
            .newest()
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            let (Some(from), Some(to)) = (said.from.node(), said.to.node()) else {
                panic!("nodes of the lab");
            };
            let what = What {
                command: "inv",
                bytes: said.bytes(),
                item: said.item(),
                summary: MessageSummary::Nothing,
            };
            let from_ms = said.at().since(at(0)).as_millis();
            let from_ms = u64::try_from(from_ms).expect("small");
            again.say((from.0, to.0), from_ms, Some(1), &what);
        }
        for n in 0..40 {
            again.say((CENTRAL, MINER), 42_000 + n, Some(1), &ping());
        }
        again.listener.transcript()
    };
    ui.update(&later, UiEvent::Changed);
    let after = chosen(&ui, &later).expect("still there");
    assert!(after.contains("+00:41.000"), "{after}");
    assert!(text(&later, (120, 36), "] k k").contains("stands still: G follows"));
    press(&later, &mut ui, "G");
    assert_eq!(chosen(&ui, &later), None);
    let seen = lines(&draw(&later, &ui)).join("\n");
    assert!(seen.contains("+00:42.039"), "{seen}");
}

#[test]
fn left_and_right_change_tabs_as_in_blocks_and_zoom() {
    let lab = talking();
    let mut ui = screen(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "v v v");
    let focus = ui.viewer.focus;
    let chosen = |ui: &UiState| {
        let buffer = draw(&lab, ui);
        let is_chosen = |x: &u16| buffer[(*x, 2)].modifier.contains(Modifier::REVERSED);
        let letters = (0..80).filter(is_chosen).map(|x| buffer[(x, 2)].symbol());
        letters.collect::<String>().trim().to_owned()
    };
    let mut seen = vec![chosen(&ui)];
    for key in ["Right", "l", "Right", "h", "C-Right", "C-Left", "]", "["] {
        press(&lab, &mut ui, key);
        seen.push(chosen(&ui));
    }
    assert_eq!(
        seen,
        [
            "Sequence", "List", "Counts", "Sequence", "Counts", "Sequence", "Counts", "Sequence",
            "Counts"
        ]
    );
    assert_eq!(ui.viewer.focus, focus, "the focus stays");
}

#[test]
fn a_hash_is_copied_and_escape_leads_out_step_by_step() {
    let lab = talking();
    let mut ui = shown(&lab, (120, 36), COLOURED, "");
    let effects = press(&lab, &mut ui, "y");
    let hash = Txid([0x3a; 32]).to_string();
    assert!(effects.contains(&Effect::Copy(hash)));
    press(&lab, &mut ui, "k Enter");
    let opened = lines(&draw(&lab, &ui)).join("\n");
    assert!(
        opened.contains("sent +00:41.080, received +00:41.160: 80 ms"),
        "{opened}"
    );
    press(&lab, &mut ui, "Esc");
    assert!(
        !lines(&draw(&lab, &ui))
            .join("\n")
            .contains("received +00:41")
    );
    press(&lab, &mut ui, "Esc");
    assert!(!lines(&draw(&lab, &ui)).join("\n").contains("stands still"));
    press(&lab, &mut ui, "Esc");
    assert!(
        lines(&draw(&lab, &ui))
            .join("\n")
            .contains("block propagation")
    );
}
