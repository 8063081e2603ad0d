//! Lists, questions and small forms: keys go in, effects and a picture come out.

use crate::common::desk::{Desk, three_nodes};
use crate::common::lab_view::{node, wallet};
use chainlab::lab::{Answer, Request, TrafficChange, TrafficView};
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, Reply};
use chainlab::node::message::Role;
use chainlab::ui::keymap::{Group, ViewId};
use chainlab::ui::viewer::{DialogId, Effect, Purpose};
use std::path::PathBuf;

const SIZES: [(u16, u16); 3] = [(80, 24), (60, 15), (120, 36)];

#[test]
fn a_wallet_is_made_under_a_name_of_its_own() {
    let mut desk = Desk::new();
    desk.press("w Enter");
    desk.says("Name a wallet needs a name");
    desk.type_("eve").press("Enter");
    desk.says("there is a wallet eve already, on miner");
    desk.press("C-u").type_("a b").press("Enter");
    desk.says("\"a b\" is no name for a wallet: write 1 to 32 letters, digits, - _ or .");
    desk.press("C-u").type_("qs").press("Enter");
    let (request, purpose) = desk.asked();
    let name = "qs".to_owned();
    let wanted = Request::Node(NodeIx(1), Command::CreateWallet { name });
    assert_eq!(request, wanted, "letters are letters in a form");
    desk.says("making it...");
    desk.press("Enter");
    assert_eq!(desk.effects, [], "it is asked for once");
    desk.answer(&purpose, Err("there is a wallet qs already, on far"));
    desk.says("Name qs there is a wallet qs already, on far");
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    let made = Reply::Wallet(wallet("qs", "0"));
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), made)));
    assert!(desk.ui.dialog.is_none());
    assert!(desk.message().starts_with("new wallet qs on wallet: "));
}

#[test]
fn a_node_is_added_as_its_fields_say() {
    let mut desk = Desk::new();
    desk.press("a");
    desk.says("Name node4");
    desk.says("Connect to wallet");
    desk.press("Tab End")
        .type_(", cen")
        .press("Tab")
        .type_("20k");
    desk.press("Tab").type_("frank").press("Enter");
    let (request, purpose) = desk.asked();
    let Request::Add(spec) = request else {
        panic!("no node is added: {request:?}");
    };
    assert_eq!(spec.name, "node4");
    assert_eq!(spec.connect, ["wallet", "central"]);
    assert_eq!((spec.role, spec.mine.mode), (Role::Miner, MiningMode::On));
    assert!((spec.mine.hashrate - 20_000.0).abs() < 1.0);
    assert_eq!(spec.wallets, ["frank"]);
    desk.answer(&purpose, Err("no port is free"));
    desk.says("no port is free");
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    desk.lab.nodes.push(node("node4", &[]));
    desk.answer(&purpose, Ok(Answer::Added(NodeIx(3))));
    assert_eq!(desk.message(), "node4 is new in the lab");
}

#[test]
fn a_node_that_cannot_be_is_refused_beside_its_fields() {
    let mut desk = Desk::new();
    desk.press("a")
        .type_("miner")
        .press("Tab")
        .type_("centrl")
        .press("Tab");
    desk.type_("fast").press("Tab").type_("bob").press("Enter");
    assert_eq!(desk.effects, []);
    desk.says("there is a node miner already");
    desk.says("there is no node \"centrl\"; did you mean \"central\"?");
    desk.says("\"fast\" is not a hash rate");
    desk.says("there is a wallet bob already, on wallet");
}

#[test]
fn quitting_counts_what_would_be_lost_and_has_three_ways_out() {
    let mut lab = three_nodes();
    (lab.made_by_hand.wallets, lab.made_by_hand.payments) = (2, 3);
    let open = || {
        let mut desk = Desk::at(lab.clone(), (80, 24));
        desk.press("q");
        desk.says("temporary lab, 2 wallets, 3 payments made by hand: y quit, k keep it, Esc stay");
        desk.says("quitting deletes all its data");
        desk
    };
    let mut desk = open();
    desk.press("q");
    assert_eq!(desk.effects, [], "q is no answer");
    desk.press("y");
    assert_eq!(desk.effects, [Effect::Leave]);
    let mut desk = open();
    desk.press("Esc");
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.effects, []);
    let mut desk = open();
    desk.press("k");
    assert_eq!(desk.asked(), (Request::Keep, Purpose::Keep));
    desk.says("keeping...");
    desk.press("y k");
    assert_eq!(desk.effects, [], "not while the data moves");
    desk.answer(&Purpose::Keep, Err("the disk is full"));
    desk.says("not kept: the disk is full");
    desk.press("k");
    assert_eq!(desk.asked(), (Request::Keep, Purpose::Keep));
    let kept = Answer::Kept(PathBuf::from("/kept"));
    desk.answer(&Purpose::Keep, Ok(kept));
    assert_eq!(desk.effects, [Effect::Leave]);
}

#[test]
fn the_palette_runs_what_a_few_letters_name() {
    let mut desk = Desk::new();
    desk.press(":").type_("mnow").press("Enter");
    let (request, _) = desk.asked();
    assert_eq!(request, Request::Node(NodeIx(1), Command::MineNow));
    assert!(desk.ui.dialog.is_none());
    desk.press(":")
        .type_("wall clock time")
        .press("Backspace C-u");
    desk.type_("kill").press("Enter");
    assert_eq!(desk.asked().0, Request::Kill(NodeIx(1)));
    desk.press(":").type_("zzz").press("Enter");
    desk.says("nothing is called \"zzz\"");
    assert_eq!(desk.effects, []);
}

#[test]
fn every_line_of_the_palette_can_be_chosen_with_its_arrows() {
    let mut desk = Desk::at(three_nodes(), (60, 15));
    desk.press(":");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..80 {
        let lines = desk.dialog();
        let chosen = lines.iter().find(|line| line.starts_with('>'));
        seen.insert(chosen.expect("a pointer").clone());
        desk.press("Down");
    }
    // All but the digits and the palette itself, and what words are typed after: a note, a file, and faults of
    // messages, clocks and disks. In a live lab there are no keys of time.
    let table = chainlab::ui::keymap::TABLE.iter();
    let listed = table.filter(|entry| entry.group != Group::Time);
    assert_eq!(seen.len(), listed.count() - 2 + 5);
}

#[test]
fn a_note_is_shown_until_another_or_none_is_wanted() {
    let mut desk = Desk::new();
    desk.press(":").type_("note alice pays dave").press("Enter");
    let note = Some("alice pays dave".to_owned());
    assert_eq!(desk.asked(), (Request::Note(note), Purpose::Caption));
    desk.lab.caption = Some("alice pays dave".into());
    let done = Ok(Answer::Done("a caption".to_owned()));
    desk.answer(&Purpose::Caption, done);
    assert_eq!(desk.ui.message, None, "it is to be seen itself");
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.message(), "alice pays dave");
    desk.press(":").type_("not").press("Enter");
    assert!(desk.ui.dialog.is_some(), "its text is still to come");
    desk.press("Enter");
    assert_eq!(desk.asked(), (Request::Note(None), Purpose::Caption));
}

#[test]
fn while_the_screen_is_held_nothing_is_changed_but_looked_at() {
    let mut desk = Desk::new();
    desk.press("Space s");
    assert!(desk.ui.dialog.is_none());
    assert!(desk.message().contains("held: Space resumes"));
    desk.press(":").type_("new-wallet").press("Enter");
    assert!(desk.ui.dialog.is_none());
    desk.press("?");
    assert_eq!(desk.title(), "keys");
    desk.press("x :").type_("note held").press("Enter");
    let note = Some("held".to_owned());
    assert_eq!(desk.asked(), (Request::Note(note), Purpose::Caption));
    desk.lab.caption = Some("held".into());
    assert!(desk.message().contains(" held "), "{}", desk.message());
    assert_eq!(desk.effects, []);
    desk.press("Space s");
    assert_eq!(desk.title(), "send coins");
    assert_eq!(
        desk.ui.message, None,
        "that it was held is no news any more"
    );
}

#[test]
fn a_node_is_found_by_a_part_of_its_name() {
    let mut desk = Desk::new();
    desk.press("/").type_("xyz").press("Enter");
    desk.says("no node has \"xyz\" in its name");
    desk.press("C-u").type_("e").press("Down Enter");
    assert_eq!(
        (desk.ui.viewer.focus, desk.ui.dialog.is_none()),
        (NodeIx(1), true)
    );
    desk.press("/").type_("mi").press("Enter");
    assert_eq!(desk.ui.viewer.focus, NodeIx(2));
    desk.press("/").type_("c").press("Esc");
    assert_eq!(desk.ui.viewer.focus, NodeIx(2));
}

#[test]
fn line_breaks_at_the_ends_of_a_paste_are_dropped_and_inner_ones_refuse_it() {
    let why = "what was pasted has several lines: this takes one";
    let mut desk = Desk::new();
    desk.press("w").paste("\r\neve\n\n");
    desk.says("Name eve");
    desk.paste("frank\nnora");
    desk.says(&format!("Name eve {why}"));
    desk.type_("2");
    assert!(!desk.words().contains(why), "it is said once");
    desk.says("Name eve2");
    // What has no field to say it beside says it on the message line.
    for (keys, title) in [(":", "commands"), ("/", "go to a node"), ("V /", "filter")] {
        let mut desk = Desk::new();
        desk.press(keys).paste("zz\nyy");
        assert_eq!((desk.title(), desk.message().as_str()), (title, why));
        assert!(!desk.words().contains("zz"));
    }
}

#[test]
fn ten_kilobytes_that_are_pasted_are_one_edit_and_what_is_too_much_is_said() {
    let mut desk = Desk::new();
    desk.press("w").paste(&"x".repeat(10_000));
    desk.says("a line takes 200 letters: the end of what was pasted is left out");
    desk.press("Enter");
    assert_eq!(desk.effects, []);
    desk.says("is no name for a wallet");
}

#[test]
fn the_filter_stands_below_what_it_filters_and_leaves_with_either_key() {
    let mut desk = Desk::new();
    desk.press("V /").type_("min");
    desk.says("filter: min");
    let (rows, cursor) = desk.lines();
    assert_eq!(cursor.y + 4, u16::try_from(rows.len()).expect("few"));
    desk.press("Enter");
    assert!(desk.ui.dialog.is_none());
    desk.press("/ Esc");
    assert!(desk.ui.dialog.is_none());
    let finds = desk.ui.views.get(ViewId::Log).finds();
    assert_eq!(finds, Ok(DialogId::Filter(String::new())));
}

#[test]
fn every_dialog_is_whole_at_every_size_and_shows_what_it_asks_for() {
    let dialogs: [(&str, &[&str]); 7] = [
        (
            "s",
            &[
                "From",
                "To",
                "Amount",
                "Fee",
                "Enter shows",
                "Tab",
                "Esc leaves",
            ],
        ),
        ("w", &["Name", "Enter makes it", "Esc leaves"]),
        (
            "a",
            &[
                "Name",
                "Connect to",
                "Mines at",
                "Wallet",
                "Enter adds it",
                "Esc",
            ],
        ),
        (
            "q",
            &["temporary lab, 1 payment made by hand: y quit, k keep it, Esc stay"],
        ),
        (":", &["new-wallet", "w", "makes a wallet", "Enter does it"]),
        ("?", &["in this view: Lab", "any key closes"]),
        ("/", &["node:", "1 central", "3 miner", "Enter goes there"]),
    ];
    let mut lab = three_nodes();
    lab.made_by_hand.payments = 1;
    for (size, (key, labels)) in SIZES
        .into_iter()
        .flat_map(|size| dialogs.map(|dialog| (size, dialog)))
    {
        let mut desk = Desk::at(lab.clone(), size);
        desk.press(key);
        for label in labels {
            desk.says(label);
        }
    }
}

#[test]
fn t_starts_the_traffic_and_stops_it_when_there_is_some() {
    let mut desk = Desk::new();
    let wish = |on| {
        let change = TrafficChange {
            on: Some(on),
            rate: None,
        };
        (Request::Traffic(change), Purpose::Tell)
    };
    desk.press("t");
    assert_eq!(desk.asked(), wish(true));
    desk.lab.traffic = Some(TrafficView {
        is_on: true,
        rate: 1.0,
        sent: 3,
        failed: 0,
    });
    desk.press("t");
    assert_eq!(desk.asked(), wish(false));
}
