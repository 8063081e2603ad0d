//! What keys do: an action in, the state and what is asked of the lab out.

use crate::picture::{
    COLOURED, at, block, change, coins, crowd, draw, lines, press, scenario, screen, txid, wallet,
};
use chainlab::chain::Amount;
use chainlab::lab::view::NodeState;
use chainlab::lab::{Answer, LabView, Request};
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, Payment, Reply, SendPlan};
use chainlab::node::message::Role;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::ViewId;
use chainlab::ui::viewer::{Effect, Purpose};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const MINER: NodeIx = NodeIx(2);

fn ui(lab: &LabView) -> UiState {
    screen(lab, (120, 36), COLOURED)
}

/// What the message line says.
fn said(lab: &LabView, ui: &UiState) -> String {
    let shown = lines(&draw(lab, ui));
    shown[shown.len() - 2].trim().to_owned()
}

fn ask(node: NodeIx, command: Command, purpose: Purpose) -> Vec<Effect> {
    vec![Effect::Ask(Request::Node(node, command), purpose)]
}

#[test]
fn the_layout_says_which_node_is_focused_and_keys_move_on() {
    let lab = scenario();
    let mut ui = ui(&lab);
    assert_eq!(ui.viewer.focus, NodeIx(1));
    for (keys, focus) in [
        ("Tab", 2),
        ("Tab", 0),
        ("S-Tab", 2),
        ("1", 0),
        ("l", 1),
        ("Right", 2),
        ("Right", 2),
        ("h", 1),
        ("g", 0),
        ("G", 2),
        ("3", 2),
    ] {
        press(&lab, &mut ui, keys);
        assert_eq!(ui.viewer.focus, NodeIx(focus), "{keys}");
    }
    press(&lab, &mut ui, "7");
    assert_eq!(said(&lab, &ui), "there is no node 7: the lab has 3 nodes");
}

#[test]
fn pages_and_arrows_follow_what_is_shown() {
    let lab = crowd(60);
    let mut ui = ui(&lab);
    press(&lab, &mut ui, "PgDn");
    let page = ui.viewer.focus.0;
    assert!((20..60).contains(&page), "{page}");
    press(&lab, &mut ui, "2");
    assert_eq!(
        ui.viewer.focus,
        NodeIx(1),
        "the second node, wherever it is"
    );
    press(&lab, &mut ui, "j");
    assert_eq!(ui.viewer.focus, NodeIx(2), "lines of a table");
    let lab = crowd(6);
    press(&lab, &mut ui, "2 j");
    assert_eq!(ui.viewer.focus, NodeIx(4), "three columns of panes");
}

#[test]
fn the_miner_is_started_stopped_and_changed() {
    let mut lab = scenario();
    let mut ui = ui(&lab);
    let on = Command::Mine(MiningMode::On);
    let tell = Purpose::Mining {
        makes_wallet: false,
    };
    assert_eq!(
        press(&lab, &mut ui, "m"),
        ask(NodeIx(1), on.clone(), tell.clone())
    );
    press(&lab, &mut ui, "3");
    let off = Command::Mine(MiningMode::Off);
    assert_eq!(press(&lab, &mut ui, "m"), ask(MINER, off, Purpose::Tell));
    assert_eq!(
        press(&lab, &mut ui, "b"),
        ask(MINER, Command::MineNow, tell)
    );
    let rate = |rate| ask(MINER, Command::SetHashrate(rate), Purpose::Rate);
    assert_eq!(press(&lab, &mut ui, "+"), rate(28_000.0));
    assert_eq!(press(&lab, &mut ui, "="), rate(28_000.0));
    assert_eq!(press(&lab, &mut ui, "-"), rate(7_000.0));
    change(&mut lab.nodes[2], |node| {
        node.wallets.clear();
        node.mining.as_mut().expect("its own").mode = MiningMode::Off;
    });
    let made = Purpose::Mining { makes_wallet: true };
    assert_eq!(press(&lab, &mut ui, "m"), ask(MINER, on, made.clone()));
    let answer = Ok(Answer::Node(
        MINER,
        Reply::Done("miner mines for miner".to_owned()),
    ));
    ui.update(&lab, UiEvent::Answered(made, answer));
    assert_eq!(
        said(&lab, &ui),
        "miner mines for miner; miner got a wallet for it"
    );
}

#[test]
fn k_kills_and_starts_again_and_says_what_cannot_be_done_meanwhile() {
    let mut lab = scenario();
    let mut ui = ui(&lab);
    press(&lab, &mut ui, "3");
    let kill = vec![Effect::Ask(Request::Kill(MINER), Purpose::Tell)];
    assert_eq!(press(&lab, &mut ui, "K"), kill);
    lab.nodes[2].state = NodeState::Stopping;
    assert_eq!(press(&lab, &mut ui, "K"), []);
    assert_eq!(said(&lab, &ui), "miner is stopping just now");
    lab.nodes[2].state = NodeState::Down;
    for key in ["w", "s", "m", "b", "+"] {
        assert_eq!(press(&lab, &mut ui, key), [], "{key}");
        assert_eq!(said(&lab, &ui), "miner is down: K starts it again", "{key}");
        assert!(ui.dialog.is_none(), "{key}");
    }
    let restart = vec![Effect::Ask(Request::Restart(MINER), Purpose::Tell)];
    assert_eq!(press(&lab, &mut ui, "K"), restart);
    ui.update(
        &lab,
        UiEvent::Answered(Purpose::Tell, Ok(Answer::Restarted(MINER))),
    );
    assert_eq!(said(&lab, &ui), "miner runs again");
}

#[test]
fn every_result_is_said_on_the_message_line_and_forgotten_after_a_while() {
    let mut lab = scenario();
    let mut ui = ui(&lab);
    let hint = "try: s sends alice's coins, b mines a block now";
    assert_eq!(said(&lab, &ui), hint);
    let mined = Reply::Mined {
        block: block(13, 0),
        after: Duration::from_millis(41),
    };
    let purpose = Purpose::Mining {
        makes_wallet: false,
    };
    ui.update(
        &lab,
        UiEvent::Answered(purpose, Ok(Answer::Node(MINER, mined))),
    );
    let said_of = said(&lab, &ui);
    assert!(
        said_of.starts_with("miner mined #13 [") && said_of.ends_with("] in 41 ms"),
        "{said_of}"
    );
    lab.now = at(42_300 + 7_999);
    ui.update(&lab, UiEvent::Changed);
    assert_eq!(said(&lab, &ui), said_of);
    lab.now = at(42_300 + 8_000);
    ui.update(&lab, UiEvent::Changed);
    assert_eq!(said(&lab, &ui), hint);
    ui.update(
        &lab,
        UiEvent::Answered(Purpose::Tell, Err("the disk is full".to_owned())),
    );
    assert_eq!(said(&lab, &ui), "the disk is full");
}

#[test]
fn a_payment_is_reported_with_the_name_of_who_gets_it() {
    let mut lab = scenario();
    change(&mut lab.nodes[0], |node| {
        node.wallets.push(wallet("erin", "0"))
    });
    let mut ui = ui(&lab);
    let address = wallet("erin", "0").address;
    let sent = |announced_to| Reply::Sent {
        txid: txid(3),
        plan: SendPlan {
            payment: Payment {
                from: "alice".to_owned(),
                to: address.clone(),
                amount: coins("1.5"),
                fee: Some(Amount::ZERO),
            },
            address: address.clone(),
            inputs: Vec::new(),
            change: Amount::ZERO,
            fee: Amount::ZERO,
            bytes: 226,
            chosen_by_node: false,
        },
        announced_to,
        withheld: false,
    };
    let answered = |announced_to| {
        UiEvent::Answered(
            Purpose::Pay(1),
            Ok(Answer::Node(NodeIx(1), sent(announced_to))),
        )
    };
    ui.update(&lab, answered(1));
    let short = txid(3).short();
    let end = &short[4..];
    assert_eq!(said(&lab, &ui), format!("sent 1.5 to erin, tx {end}"));
    ui.update(&lab, answered(0));
    assert_eq!(
        said(&lab, &ui),
        format!("sent 1.5 to erin, tx {end}; no peer has heard of it yet")
    );
}

#[test]
fn a_held_screen_stays_and_looking_around_works_but_nothing_is_changed() {
    let mut lab = scenario();
    let mut ui = ui(&lab);
    press(&lab, &mut ui, "Space");
    change(&mut lab.nodes[0], |node| node.tip = block(13, 0));
    lab.now = at(50_000);
    let shown = lines(&draw(&lab, &ui)).join("\n");
    assert!(
        shown.contains("AGREE #12") && shown.contains("HELD   +00:42"),
        "{shown}"
    );
    assert!(shown.contains("HELD"), "{shown}");
    for key in ["w", "s", "m", "b", "+", "-", "K", "a"] {
        let held = ui.held.clone().expect("held");
        assert_eq!(press(&held, &mut ui, key), [], "{key}");
        assert!(said(&lab, &ui).ends_with("held: Space resumes"), "{key}");
        assert!(ui.dialog.is_none(), "{key}");
    }
    press(&lab, &mut ui, "3");
    assert_eq!(ui.viewer.focus, MINER);
    press(&lab, &mut ui, "Space");
    let shown = lines(&draw(&lab, &ui)).join("\n");
    assert!(
        shown.contains("FORK 2 branches") && !shown.contains("HELD"),
        "{shown}"
    );
}

#[test]
fn views_follow_each_other_and_back_leads_home() {
    let lab = scenario();
    let mut ui = ui(&lab);
    for (key, view) in [
        ("v", ViewId::Network),
        ("V", ViewId::Lab),
        ("V", ViewId::Log),
        ("v", ViewId::Lab),
        ("V", ViewId::Log),
        ("Esc", ViewId::Lab),
    ] {
        press(&lab, &mut ui, key);
        assert_eq!(ui.viewer.view, view, "{key}");
    }
    press(&lab, &mut ui, "z");
    assert!(ui.viewer.is_zoomed);
    press(&lab, &mut ui, "Esc");
    assert!(!ui.viewer.is_zoomed);
    press(&lab, &mut ui, "Enter");
    assert!(ui.viewer.is_zoomed);
    press(&lab, &mut ui, "v");
    assert!(!ui.viewer.is_zoomed, "another view is looked at");
}

#[test]
fn y_copies_an_address_and_shows_it_whole() {
    let lab = scenario();
    let mut ui = ui(&lab);
    let richest = wallet("bob", "10").address;
    assert_eq!(press(&lab, &mut ui, "y"), [Effect::Copy(richest.clone())]);
    assert_eq!(said(&lab, &ui), format!("copied bob's address: {richest}"));
}

#[test]
fn q_leaves_at_once_if_nothing_would_be_lost_and_asks_otherwise() {
    let mut lab = scenario();
    assert_eq!(press(&lab, &mut ui(&lab), "q"), [Effect::Leave]);
    lab.made_by_hand.wallets = 4;
    let mut asking = ui(&lab);
    assert_eq!(press(&lab, &mut asking, "q"), []);
    assert!(asking.dialog.is_some());
    assert_eq!(
        press(&lab, &mut asking, "C-c"),
        [Effect::Leave],
        "from anywhere"
    );
    lab.is_temporary = false;
    assert_eq!(
        press(&lab, &mut ui(&lab), "q"),
        [Effect::Leave],
        "nothing is lost"
    );
}

#[test]
fn a_lab_that_was_kept_is_left_and_its_place_remembered() {
    let lab = scenario();
    let mut ui = ui(&lab);
    let kept = Ok(Answer::Kept(PathBuf::from("/labs/mine")));
    let effects = ui.update(&lab, UiEvent::Answered(Purpose::Keep, kept));
    assert_eq!(effects, [Effect::Leave]);
    assert_eq!(ui.kept, Some(PathBuf::from("/labs/mine")));
}

#[test]
fn a_click_focuses_what_is_under_it_and_a_second_one_zooms() {
    let lab = scenario();
    let mut ui = ui(&lab);
    let click = |column, row| {
        UiEvent::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    };
    ui.update(&lab, click(100, 10));
    assert_eq!(ui.viewer.focus, MINER);
    ui.update(&lab, click(5, 35));
    assert_eq!(
        (ui.viewer.focus, ui.viewer.is_zoomed),
        (MINER, false),
        "the footer is no pane"
    );
    ui.update(&lab, click(100, 10));
    assert!(ui.viewer.is_zoomed);
}

#[test]
fn keys_are_shown_for_recordings_and_go_away() {
    let mut lab = scenario();
    let mut ui = ui(&lab);
    ui.shows_keys = true;
    press(&lab, &mut ui, "Tab");
    let shown = said(&lab, &ui);
    assert!(shown.ends_with("Tab  focuses the next node"), "{shown}");
    lab.now = lab.now + Duration::from_secs(2);
    ui.update(&lab, UiEvent::Changed);
    assert!(!said(&lab, &ui).contains("Tab"), "{}", said(&lab, &ui));
}

#[test]
fn a_lab_without_nodes_takes_every_key() {
    let mut lab = scenario();
    lab.nodes.clear();
    lab.block_propagation = Arc::default();
    let mut ui = ui(&lab);
    for key in [
        "Tab", "S-Tab", "1", "j", "G", "PgDn", "m", "b", "K", "w", "y", "z", "Esc",
    ] {
        press(&lab, &mut ui, key);
    }
}

#[test]
fn a_full_node_with_wallets_is_called_that_in_zoom() {
    let mut lab = scenario();
    change(&mut lab.nodes[0], |node| node.role = Role::Wallet);
    change(&mut lab.nodes[2], |node| {
        node.role = Role::Miner;
        node.wallets.clear();
    });
    for (keys, words) in [
        ("1 z", "full node with a wallet"),
        ("2 z", "full node with 4 wallets"),
        ("3 z", "mining node"),
    ] {
        let mut ui = ui(&lab);
        press(&lab, &mut ui, keys);
        let picture = lines(&draw(&lab, &ui)).join("\n");
        assert!(picture.contains(words), "{words}: {picture}");
        assert!(!picture.contains("wallet node"), "{picture}");
    }
}
