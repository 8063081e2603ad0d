//! A node that cannot do everything: keys and forms that need it say why before anything is asked, and
//! all others work. Which key needs what is known by what it asks of a lab whose nodes can do all.

use crate::common::desk::three_nodes;
use crate::picture::{COLOURED, draw, lines, press, scenario, screen};
use crate::send::founder_cannot_pay;
use chainlab::chain::Amount;
use chainlab::lab::ask::{Ability, Can};
use chainlab::lab::view::{LinkView, NodeState};
use chainlab::lab::{Answer, LabView, Request};
use chainlab::link::Conditions;
use chainlab::node::NodeIx;
use chainlab::node::io::{Question, Reply, SendPlan};
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::ViewId;
use chainlab::ui::keymap::{Action, Entry, TABLE};
use chainlab::ui::viewer::{Effect, Purpose};
use std::collections::BTreeSet;
use std::sync::Arc;

const WHY: &str = "it only looks";

/// The focused node of these labs.
const FOCUS: usize = 1;

/// The scenario with a link between the first two.
fn linked() -> LabView {
    let mut lab = scenario();
    lab.links = Arc::new(vec![LinkView {
        ends: (NodeIx(0), NodeIx(FOCUS)),
        there: Conditions::default(),
        back: Conditions::default(),
        is_connected: true,
        has_met: true,
        dials: (true, false),
    }]);
    lab
}

fn lacking(lab: &LabView, ix: usize, ability: Ability) -> LabView {
    let mut lab = lab.clone();
    lab.nodes[ix].can = Can::default().without(ability, WHY);
    lab
}

/// A screen on which every key of the table does something: a link is chosen.
fn ready(lab: &LabView) -> UiState {
    let mut ui = screen(lab, (120, 36), COLOURED);
    ui.viewer.view = ViewId::Network;
    press(lab, &mut ui, "x");
    ui
}

fn said(lab: &LabView, ui: &UiState) -> String {
    let shown = lines(&draw(lab, ui));
    shown[shown.len() - 2].trim().to_owned()
}

/// What is typed into the form that an action opens.
fn filling(action: Action) -> &'static str {
    match action {
        Action::NewWallet => "z e d Enter",
        Action::Send => "b o b Tab 1 Enter",
        Action::EditLink => "2 0 0 m s Enter",
        Action::Partition | Action::AddNode => "Enter",
        other => panic!("{other:?} opens a form: say here what is typed into it"),
    }
}

/// What a node says of a payment before it is made.
fn plan(effects: &[Effect]) -> Option<UiEvent> {
    let [Effect::Ask(Request::Ask(ix, Question::PlanSend(payment)), purpose)] = effects else {
        return None;
    };
    let plan = SendPlan {
        payment: payment.clone(),
        address: payment.to.clone(),
        inputs: Vec::new(),
        change: Amount::ZERO,
        fee: Amount::ZERO,
        bytes: 226,
        chosen_by_node: false,
    };
    let answer = Ok(Answer::Node(*ix, Reply::Plan(plan)));
    Some(UiEvent::Answered(purpose.clone(), answer))
}

/// What comes of a key, with the form that it opens filled in.
fn asked(lab: &LabView, ui: &mut UiState, entry: &Entry, keys: &str) -> Vec<Effect> {
    let effects = press(lab, ui, keys);
    if ui.dialog.is_none() {
        return effects;
    }
    assert_eq!(effects, [], "{}", entry.id);
    let effects = press(lab, ui, filling(entry.action));
    match plan(&effects) {
        Some(answer) => {
            ui.update(lab, answer);
            press(lab, ui, "Enter")
        }
        None => effects,
    }
}

/// What an action asks of the lab, in the end.
fn need(effects: &[Effect]) -> Option<Ability> {
    let mut asks = effects.iter().filter_map(|effect| match effect {
        Effect::Ask(request, _) => Some(request),
        _ => None,
    });
    asks.find_map(Request::ability)
}

/// By its key, and by its name in the palette.
fn ways(entry: &Entry) -> [String; 2] {
    let letters: Vec<_> = entry.id.chars().map(String::from).collect();
    [
        entry.keys[0].to_owned(),
        format!(": {} Enter", letters.join(" ")),
    ]
}

/// Presses every key that changes something, in a lab whose nodes can do everything and in one where the
/// focused node lacks one thing at a time. Hands back what keys need.
fn keys_say_what_a_node_lacks(able: &LabView) -> BTreeSet<Ability> {
    let keys = || TABLE.iter().filter(|entry| entry.changes);
    let ways = || keys().flat_map(|entry| ways(entry).map(|keys| (entry, keys)));
    let does: Vec<_> = ways()
        .map(|(entry, keys)| asked(able, &mut ready(able), entry, &keys))
        .collect();
    let needs: BTreeSet<_> = does.iter().filter_map(|effects| need(effects)).collect();
    for ability in needs.iter().copied() {
        let lab = lacking(able, FOCUS, ability);
        for ((entry, keys), does) in ways().zip(&does) {
            let mut ui = ready(&lab);
            if need(does) != Some(ability) {
                let same = asked(&lab, &mut ui, entry, &keys);
                assert_eq!(same, *does, "{} without {ability:?}", entry.id);
                continue;
            }
            assert!(ui.is_idle(&lab, entry.action), "{}", entry.id);
            assert_eq!(press(&lab, &mut ui, &keys), [], "{}", entry.id);
            assert!(ui.dialog.is_none(), "{}", entry.id);
            let words = match ability {
                Ability::Bend => format!("wallet: {WHY}"),
                _ => WHY.to_owned(),
            };
            assert_eq!(said(&lab, &ui), words, "{}", entry.id);
        }
    }
    needs
}

#[test]
fn a_key_says_what_the_node_cannot_do_and_asks_nothing() {
    let needs = keys_say_what_a_node_lacks(&linked());
    let all = [
        Ability::Mine,
        Ability::KeepMining,
        Ability::Send,
        Ability::HoldWallets,
        Ability::Bend,
        Ability::Kill,
    ];
    assert_eq!(needs, BTreeSet::from(all));
}

#[test]
fn a_node_that_is_down_and_is_not_started_here_says_so_to_every_key() {
    let mut down = linked();
    down.nodes[FOCUS].state = NodeState::Down;
    let needs = keys_say_what_a_node_lacks(&down);
    assert_eq!(needs, BTreeSet::from([Ability::Bend, Ability::Restart]));
    let lab = lacking(&down, FOCUS, Ability::Restart);
    for key in ["w", "s", "m", "b", "+", "R"] {
        let mut ui = ready(&lab);
        assert_eq!(press(&lab, &mut ui, key), [], "{key}");
        assert_eq!(said(&lab, &ui), format!("wallet is down: {WHY}"), "{key}");
    }
}

#[test]
fn a_key_that_only_looks_needs_nothing_of_a_node() {
    let lab = linked();
    for entry in TABLE.iter().filter(|entry| !entry.changes) {
        for key in entry.keys.iter().filter(|key| **key != "1-9") {
            let effects = press(&lab, &mut ready(&lab), key);
            assert_eq!(need(&effects), None, "{key}");
        }
    }
}

#[test]
fn a_link_and_a_partition_need_every_node_that_they_are_about() {
    let lab = lacking(&linked(), 0, Ability::Bend);
    for key in ["e", "c", "B", "p"] {
        let mut ui = ready(&lab);
        assert_eq!(press(&lab, &mut ui, key), [], "{key}");
        assert_eq!(said(&lab, &ui), format!("central: {WHY}"), "{key}");
    }
    let lab = lacking(&linked(), 2, Ability::Bend);
    assert!(matches!(
        press(&lab, &mut ready(&lab), "c")[..],
        [Effect::Ask(Request::Link(_), Purpose::Tell)]
    ));
    let mut ui = ready(&lab);
    assert_eq!(press(&lab, &mut ui, "p"), []);
    assert_eq!(said(&lab, &ui), format!("miner: {WHY}"));
}

#[test]
fn a_wallet_of_a_node_that_cannot_send_is_not_offered_as_a_payer() {
    let lab = lacking(&three_nodes(), 0, Ability::Send);
    founder_cannot_pay(lab, &format!("founder is at central: {WHY}"));
}
